"""The systemd units, as systemd itself reads them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.stack import REPOSITORY
from tests.needs import needs

pytestmark = needs("systemd-analyze")

UNITS = ["daphne.service", "celeryworker.service"]
MOST_EXPOSED = 20  # of 100; a service without any protection has 95


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """All units with a Python that exists on this machine: systemd looks for it."""
    for source in [*REPOSITORY.glob("*.service"), *REPOSITORY.glob("ops/*.socket")]:
        text = source.read_text().replace("/opt/stentor/.venv/bin/python", sys.executable)
        (tmp_path / source.name).write_text(text)
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("name", [*UNITS, "daphne.socket"])
def test_systemd_finds_no_fault_in_the_unit(units: Path, name: str) -> None:
    verified = analyze("verify", "--man=no", "--recursive-errors=no", str(units / name))
    assert verified.returncode == 0, verified.stderr
    assert not verified.stderr


@pytest.mark.parametrize("name", UNITS)
def test_the_service_is_hardly_exposed(units: Path, name: str) -> None:
    rated = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(units / name))
    assert rated.returncode == 0, rated.stdout


@pytest.mark.parametrize("name", UNITS)
def test_the_commands_of_the_unit_exist(name: str) -> None:
    lines = (REPOSITORY / name).read_text().splitlines()
    commands = [line.partition("=")[2].split() for line in lines if line.startswith(("ExecStart=", "ExecStartPre="))]
    for command in commands:
        arguments = [part for part in command[1:] if not part.startswith("$")]
        shown = subprocess.run(
            [sys.executable, *arguments[:2], "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        assert shown.returncode == 0, shown.stderr
        for option in (part for part in arguments[2:] if part.startswith("--")):
            assert option in shown.stdout
