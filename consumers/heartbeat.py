"""What happens on a socket by the clock: pings, its lease, and the end of its token."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from consumers import protocol
from consumers.protocol import Close

if TYPE_CHECKING:
    from consumers.connection import Connection


async def keep_alive(socket: "Connection") -> None:
    """Ping, renew the lease on the socket's place, warn of the token's end and close at it. For a signed-in socket."""
    warned_for: datetime | None = None
    while not socket.closing and socket.principal is not None:
        expires_at = socket.principal.expires_at
        left = seconds_until(expires_at)
        if left is not None and left <= 0:
            await socket.close_with(Close.UNAUTHENTICATED, "The token has expired.")
            return
        if left is not None and left <= protocol.EXPIRY_WARNING_S and warned_for != expires_at:
            warned_for = expires_at
            socket.send_frame(protocol.AuthExpiring(in_s=left))
        await asyncio.sleep(_next_look(left))
        socket.send_frame(protocol.ServerPing())
        await socket.renew_place()


def seconds_until(moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - datetime.now(UTC)).total_seconds(), 3)


def _next_look(left: float | None) -> float:
    if left is None:
        return protocol.HEARTBEAT_S
    warning_in = left - protocol.EXPIRY_WARNING_S
    return max(0.05, min(protocol.HEARTBEAT_S, warning_in if warning_in > 0 else left))
