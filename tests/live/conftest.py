import pytest


@pytest.fixture(autouse=True)
def _live(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("asyncio"):
        request.getfixturevalue("live_loop")
