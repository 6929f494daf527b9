"""Tests of programs that a machine may lack: where they cannot be installed, the summary names test and reason."""

import os
import shutil

import pytest

# Debian keeps servers where only root looks for programs.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def path_of(program: str) -> str | None:
    return shutil.which(program, path=SEARCH)


def needs(program: str) -> pytest.MarkDecorator:
    """Mark for tests that start `program`; `make test` installs it where it may."""
    reason = f"{program} is not installed, and this user may not install it"
    return pytest.mark.skipif(path_of(program) is None, reason=reason)
