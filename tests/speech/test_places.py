"""Places for live recordings: as many as the server has, with an honest estimate for whoever finds none."""

import pytest

from backend.core.errors import AppError
from backend.core.redis_pools import sync_redis
from backend.speech.services.recordings import places


@pytest.fixture(autouse=True)
def _two_places(settings) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"live_sessions": 2})


def test_a_full_server_says_so_and_when_to_come_back() -> None:
    places.take("one")
    places.take("two")
    with pytest.raises(AppError) as refused:
        places.take("three")
    assert refused.value.code == "server_full"
    assert 0 < (refused.value.retry_after_s or 0) <= places.USUAL_S


def test_a_place_that_was_given_back_can_be_taken() -> None:
    places.take("one")
    places.take("two")
    places.leave("one")
    places.take("three")


def test_a_recording_that_goes_on_keeps_its_place() -> None:
    places.take("one")
    places.take("two")
    places.take("two")
    places.renew("one")


def test_the_estimate_learns_how_long_recordings_last(monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(places.time, "time", lambda: now[0])
    places.take("first")
    now[0] += 20
    places.leave("first")
    places.take("one")
    now[0] += 8
    places.take("two")
    with pytest.raises(AppError) as refused:
        places.take("three")
    assert refused.value.retry_after_s == pytest.approx(12.0)


def test_the_place_of_a_recording_that_nobody_works_on_becomes_free(monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(places.time, "time", lambda: now[0])
    places.take("one")
    places.take("two")
    now[0] += places.LEASE_S + 1
    places.take("three")


def test_a_place_that_was_lost_with_redis_is_taken_again() -> None:
    places.take("one")
    sync_redis().flushall()
    places.renew("one")
    places.take("two")
    with pytest.raises(AppError):
        places.take("three")
