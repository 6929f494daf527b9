import pytest


@pytest.fixture(autouse=True)
def _live(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("asyncio"):
        request.getfixturevalue("live_loop")


@pytest.fixture(autouse=True)
def _impatient_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare positions more often than in production, so that tests of lost events end sooner."""
    monkeypatch.setattr("consumers.hub.RECONCILE_S", 0.5)
    monkeypatch.setattr("consumers.hub.BEAT_S", 0.3)
