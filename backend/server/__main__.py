"""`python -m backend.server`: serve Stentor over HTTP and WebSocket."""

import argparse
import os
import socket
import sys
import tempfile

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

from backend.server.serving import Server  # isort: skip  (installs Twisted's reactor before anything imports it)

from django.conf import settings

from backend.asgi import application
from backend.core import health
from backend.live.waiting import end_all
from consumers.drain import drain

FIRST_ACTIVATED_FD = 3
FORM_FIELDS_MB = 1
# Twisted's own 50 refuse some of two hundred who come in the same moment.
BACKLOG = 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m backend.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--unix-socket", help="listen on this path instead of host and port")
    parser.add_argument("--fd", type=int, help="listen on this inherited file descriptor instead")
    parser.add_argument("--drain-s", type=float, default=10.0, help="how long clients may take to leave")
    return parser.parse_args()


def _endpoint(arguments: argparse.Namespace) -> str:
    fd = arguments.fd
    if fd is None and os.environ.get("LISTEN_PID") == str(os.getpid()):
        fd = FIRST_ACTIVATED_FD  # systemd opened the socket
    if fd is not None:
        return f"fd:fileno={fd}"
    if arguments.unix_socket:
        return f"unix:{_escaped(arguments.unix_socket)}:mode=660:backlog={BACKLOG}"
    return f"tcp:port={arguments.port}:interface={_escaped(arguments.host.strip('[]'))}:backlog={BACKLOG}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", r"\:").replace("=", r"\=")


def _tell_systemd(state: str) -> None:
    """Send a state to systemd where it started this process (`Type=notify`)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(state.encode())


async def _say_goodbye(timeout_s: float) -> None:
    health.start_draining()
    _tell_systemd("STOPPING=1")
    end_all()
    await drain(timeout_s)


def main() -> None:
    arguments = _arguments()
    # Twisted spools request bodies to temporary files: on the disk that is meant for uploads.
    tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)
    server = Server(
        application,
        [_endpoint(arguments)],
        drain=_say_goodbye,
        on_listening=lambda: _tell_systemd("READY=1"),
        drain_s=arguments.drain_s,
        max_body=(settings.CONFIG.max_upload_mb + FORM_FIELDS_MB) * 1024**2,
    )
    server.run()
    sys.exit(1 if server.failed else 0)


if __name__ == "__main__":
    main()
