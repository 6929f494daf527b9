"""Commands by socket: the frame's type names the command, the same service function that REST calls."""

from typing import Any

from backend.accounts.tokens import Principal
from backend.live import commands
from consumers.protocol import CommandFrame


def run(principal: Principal, frame: CommandFrame) -> dict[str, Any]:
    """Run a command for a socket's user; raises `AppError`. Blocking: call it in a thread."""
    command = commands.find(frame.type)
    return commands.execute(command, principal.user, frame.data, key=frame.key, scopes=principal.scopes)
