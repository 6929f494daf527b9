"""`python -m backend.core.stack.child PID_FILE COMMAND…`: become the command, with three things arranged before.

Its process id is on record, it ends when the supervisor ends, and it may open as many connections as the system allows.
"""

import os
import resource
import sys
from pathlib import Path

from backend.core.stack.lineage import die_with_parent

OPEN_FILES = 65_536


def main(pid_file: str, *command: str) -> None:
    die_with_parent()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    # In one step: whoever reads it finds the old number or the new one, never half a file.
    fresh = Path(f"{pid_file}.new")
    fresh.write_text(f"{os.getpid()}\n")
    fresh.replace(pid_file)
    os.execvp(command[0], command)  # noqa: S606 (the command comes from our own configuration)


if __name__ == "__main__":
    main(*sys.argv[1:])
