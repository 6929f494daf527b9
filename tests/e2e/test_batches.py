"""Batches on real processes, with a model server on loopback: live tables, faults, fair turns, the older service."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.browser import frozen
from tests.e2e.stack import Stack, chat_env, wait_for
from tests.e2e.table import Analyst, Table
from tests.fixtures.upstream import Script, Upstream
from tests.prompts.spreadsheets import DECODE, by_libreoffice

pytestmark = pytest.mark.e2e

AT_ONCE = 4


@pytest.fixture(scope="module")
def fragile(upstream: Upstream) -> Iterator[Stack]:
    """A Stentor of this module's own: its processes are killed."""
    with Stack("work", env={**chat_env(upstream), "PROMPT_CELLS": str(AT_ONCE)}) as running:
        yield running


@pytest.fixture(scope="module")
def owner(fragile: Stack) -> Analyst:
    return Analyst(fragile, "owner")


@pytest.fixture(scope="module")
def teammate(fragile: Stack) -> Analyst:
    return Analyst(fragile, "teammate")


@pytest.fixture(scope="module")
def stranger(fragile: Stack) -> Analyst:
    return Analyst(fragile, "stranger")


@pytest.fixture(scope="module")
def names(owner: Analyst) -> list[str]:
    return owner.add_documents(60)


@pytest.fixture(autouse=True)
def asked(upstream: Upstream) -> list[dict[str, Any]]:
    """The requests of this test at the upstream."""
    assert upstream.wait_until_closed()
    upstream.scripts.clear()
    upstream.requests.clear()
    return upstream.requests


def slow(upstream: Upstream, count: int, seconds: float = 0.1) -> None:
    """Have so many answers take a while."""
    upstream.scripts.extend([Script(before_s=seconds)] * count)


def about(asked: list[dict[str, Any]]) -> Counter[str]:
    """How often each document was asked about."""
    return Counter(request["messages"][-1]["content"] for request in asked)


def test_a_table_fills_before_everybodys_eyes(
    owner: Analyst, teammate: Analyst, upstream: Upstream, names: list[str]
) -> None:
    upstream.scripts.extend([Script(status=400, error={"message": "no"}), Script(status=500)])
    slow(upstream, 40, 0.05)
    ident = owner.begin(names[:20], prompts=2)
    owner.call("POST", f"/api/batches/{ident}/share", {"user": "teammate"})
    with Table(owner, ident) as mine, Table(teammate, ident) as shared:
        assert [mine.to_end(), shared.to_end()] == ["completed"] * 2
    assert mine.states == shared.states
    assert mine.count == {"d": 39, "f": 1}
    assert mine.faults + shared.faults == []
    assert owner.texts(ident).count("Hello you!") == 39
    assert mine.batch["totals"] == owner.batch(ident)["totals"]


@pytest.mark.parametrize("name", ["work", "web", "redis"])
def test_whatever_is_killed_each_cell_is_stored_once(
    owner: Analyst, fragile: Stack, upstream: Upstream, asked: list[dict[str, Any]], names: list[str], name: str
) -> None:
    slow(upstream, 90, 0.15)
    ident = owner.begin(names)
    with Table(owner, ident) as table:
        table.read(lambda: table.count["d"] >= 10)
        fragile.wait_restarted(name, fragile.kill(name))
        assert table.to_end(90) == "completed"
        assert table.count == {"d": 60}
        assert table.faults == []
    assert owner.texts(ident) == ["Hello you!"] * 60
    found = owner.batch(ident)
    assert (found["totals"]["done"], found["totals"]["completion_tokens"]) == (60, 60 * 7)
    # Only what was being asked in that moment may have been asked again.
    again = {prompt: count for prompt, count in about(asked).items() if count > 1}
    assert len(again) <= (2 * AT_ONCE if name == "work" else AT_ONCE)
    assert set(again.values()) <= {2}


def test_cancelling_from_elsewhere_hangs_up_and_keeps_what_is_done(
    owner: Analyst, upstream: Upstream, names: list[str]
) -> None:
    upstream.scripts.extend([Script()] * 5)
    upstream.scripts.extend([Script(words=["x"] * 600, pause_s=0.1)] * 20)
    ident = owner.begin(names)
    with Table(owner, ident) as table:
        table.read(lambda: table.count["d"] == 5)
        owner.call("POST", f"/api/jobs/{ident}/cancel")
        assert table.to_end(15) == "cancelled"
    assert upstream.wait_until_closed(15)
    assert Counter(owner.texts(ident)) == {"Hello you!": 5, None: 55}
    upstream.scripts.clear()
    owner.call("POST", f"/api/jobs/{ident}/run-again")
    with Table(owner, ident) as table:
        assert table.to_end() == "completed"
    assert owner.texts(ident) == ["Hello you!"] * 60


def test_failed_cells_alone_are_asked_again(
    owner: Analyst, upstream: Upstream, asked: list[dict[str, Any]], names: list[str]
) -> None:
    upstream.scripts.extend([Script(), Script(status=400, error={"message": "no"}), Script()])
    ident = owner.begin(names[:6])
    with Table(owner, ident) as table:
        assert table.to_end() == "completed"
        assert table.count == {"d": 5, "f": 1}
        owner.call("POST", f"/api/batches/{ident}/retry-failed")
        table.read(lambda: table.count == {"d": 6} and table.batch["job"]["status"] == "completed")
    assert len(asked) == 7


def test_fifty_batches_of_three_users_are_done_in_fair_turns(
    owner: Analyst, teammate: Analyst, stranger: Analyst, fragile: Stack, upstream: Upstream, names: list[str]
) -> None:
    """Somebody with forty batches keeps those with five waiting no longer than if everybody had five."""
    slow(upstream, 100, 0.2)
    few = {user: user.add_documents(2) for user in (teammate, stranger)}
    with frozen(fragile, "work"):
        mine = [owner.begin(names[:2]) for _ in range(40)]
        theirs = [(user, user.begin(few[user])) for _ in range(5) for user in few]
        ranks = [user.batch(ident)["job"]["queue_rank"] for user, ident in theirs]
        assert (sorted(ranks), owner.batch(mine[-1])["job"]["queue_rank"]) == ([2, 3, 5, 6, 8, 9, 11, 12, 14, 15], 50)
    wait_for(lambda: all(owner.batch(ident)["job"]["status"] == "completed" for ident in mine), "the forty", 120)
    jobs = [user.batch(ident)["job"] for user, ident in theirs]
    assert {job["status"] for job in jobs} == {"completed"}
    last = max(job["finished_at"] for job in jobs)
    first = sum(owner.batch(ident)["job"]["finished_at"] < last for ident in mine)
    assert first <= 15, f"{first} of the forty were done before the ten"


def test_clients_of_the_older_service_work_unchanged(
    owner: Analyst, stranger: Analyst, fragile: Stack, names: list[str], tmp_path: Path
) -> None:
    key = owner.call("POST", "/api/keys/", {"name": "old", "scopes": ["prompts"]}, status=201)["key"]
    token = httpx.post(
        f"{fragile.url}/api/token", json={"cuid": "OWNER"}, headers={"X-API-KEY": key}, timeout=30
    ).json()
    client = httpx.Client(
        base_url=fragile.url, headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=20
    )
    order = {"cuid": "OWNER", "scope": {"ic01_list": names[:2]}, "prompts": [{"name": "p", "value": "=1+1 or text?"}]}
    with client:
        made = client.post("/api/batch", json=order).json()
        assert (made["status"], made["queue_rank"]) == ("queued", -1)
        address = f"/api/batch/{made['job_id']}"
        wait_for(lambda: client.get(address).json()["status"] == "completed", "the batch is done")
        (tmp_path / "results.json").write_text(client.get(f"{address}/file").text)
    subprocess.run([sys.executable, "-c", DECODE], cwd=tmp_path, check=True)
    lines = by_libreoffice(tmp_path / f"{made['job_id']}.xlsx", tmp_path)["Results"]
    assert [line[-1] for line in lines[1:]] == ["Hello you!"] * 2
    stranger.call("GET", address, status=404)


def test_a_worker_that_is_told_to_stop_hands_its_batches_on(
    owner: Analyst, fragile: Stack, upstream: Upstream, names: list[str]
) -> None:
    slow(upstream, 70, 0.15)
    ident = owner.begin(names)
    with Table(owner, ident) as table:
        table.read(lambda: table.count["d"] >= 5)
        began = time.monotonic()
        fragile.restart("work")
        assert time.monotonic() - began < 60
        assert table.to_end(60) == "completed"
    assert owner.texts(ident) == ["Hello you!"] * 60
    assert owner.batch(ident)["job"]["error"] is None
