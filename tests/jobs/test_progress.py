"""The percentage and the time left."""

from hypothesis import given
from hypothesis import strategies as st

from backend.jobs.progress import Progress


def test_without_stages_the_percentage_is_the_share():
    progress = Progress()
    progress.update(30, 120, "counting", "", now=0)
    assert progress.percent == 25.0


def test_stages_count_by_their_weight():
    progress = Progress(weights={"decoding": 10, "transcribing": 90})
    progress.update(1, 1, "decoding", "s", now=0)
    assert progress.percent == 10.0
    progress.update(50, 100, "transcribing", "s", now=1)
    assert progress.percent == 55.0


def test_the_time_left_follows_the_speed_of_the_stage():
    progress = Progress(weights={"decoding": 10, "transcribing": 90})
    progress.update(0, 100, "transcribing", "s", now=0)
    progress.update(25, 100, "transcribing", "s", now=10)
    assert progress.eta_s == 30.0


def test_the_time_left_includes_later_stages():
    progress = Progress(weights={"decoding": 50, "transcribing": 50})
    progress.update(0, 100, "decoding", "s", now=0)
    progress.update(50, 100, "decoding", "s", now=10)
    assert progress.eta_s == 10 + 20


def test_no_time_is_promised_before_the_speed_is_known():
    progress = Progress()
    progress.update(1, 1000, "counting", "", now=0)
    assert progress.eta_s is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.floats(-10, 1e6), st.floats(-10, 1e6), st.floats(0, 100)),
        max_size=40,
    )
)
def test_the_percentage_never_falls_and_stays_within_bounds(reports):
    progress = Progress(weights={"a": 1, "b": 5, "c": 94})
    now, before = 0.0, 0.0
    for stage, done, total, step in reports:
        now += step
        progress.update(done, total, stage, "", now)
        assert before <= progress.percent <= 100.0
        assert progress.eta_s is None or progress.eta_s >= 0
        before = progress.percent
