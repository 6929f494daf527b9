"""docker-compose.yml, read as Compose reads it: every reference resolves, every family has its worker."""

import re

import pytest
import yaml

from backend.core.queues import WORKER_FAMILIES
from tests.e2e.stack import REPOSITORY

TEXT = (REPOSITORY / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_exist_and_can_be_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert SERVICES[other]["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_stays_is_watched(name: str) -> None:
    assert SERVICES[name]["restart"] == "no" or "healthcheck" in SERVICES[name]


def test_every_queue_family_has_a_worker_and_there_is_one_scheduler() -> None:
    workers = [service["command"] for service in SERVICES.values() if "run_workers" in service.get("command", [])]
    families = [command[command.index("--families") + 1] for command in workers]
    assert sorted(families) == sorted(WORKER_FAMILIES)
    assert sum("--without-beat" not in command for command in workers) == 1


def test_every_volume_is_declared_and_used() -> None:
    mounted = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "/"))
    }
    assert mounted == set(COMPOSE["volumes"])


def test_every_variable_is_explained_in_the_example() -> None:
    example = (REPOSITORY / "ops" / "compose.env.example").read_text()
    explained = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) == explained


def test_no_secret_has_a_value_in_the_file() -> None:
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{name}:?" in TEXT
        assert not re.search(rf"\$\{{{name}:-", TEXT)
