"""Where recordings are cut, for any speech."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.engines.chunks import Span, cut

WINDOW = 512
LONGEST = 100 * WINDOW
SILENCE = 40 * WINDOW


@st.composite
def recordings(draw):
    """Spans of speech and pauses, and how likely speech is in each window."""
    gaps = draw(st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 200_000)), max_size=20))
    spans, here = [], 0
    for pause, length in gaps:
        spans.append(Span(here + pause, here + pause + length))
        here = spans[-1].end
    windows = -(-here // WINDOW)
    seed = draw(st.lists(st.floats(0, 1), min_size=1, max_size=50))
    return spans, [seed[index % len(seed)] for index in range(windows)]


def pieces_of(recording):
    spans, probabilities = recording
    return cut(spans, probabilities, longest=LONGEST, silence=SILENCE, window=WINDOW)


@given(recordings())
@settings(deadline=None)
def test_no_chunk_is_longer_than_allowed(recording):
    assert all(0 < piece.length <= LONGEST for piece in pieces_of(recording))


@given(recordings())
@settings(deadline=None)
def test_chunks_are_in_order_and_do_not_overlap(recording):
    assert all(left.end <= right.start for left, right in pairwise(pieces_of(recording)))


@given(recordings())
@settings(deadline=None)
def test_all_speech_is_in_a_chunk(recording):
    pieces = pieces_of(recording)
    for span in recording[0]:
        inside = sum(max(0, min(span.end, piece.end) - max(span.start, piece.start)) for piece in pieces)
        assert inside == span.length


@given(recordings())
@settings(deadline=None)
def test_chunks_begin_and_end_with_speech(recording):
    spans = recording[0]
    for piece in pieces_of(recording):
        assert any(span.start <= piece.start < span.end for span in spans)
        assert any(span.start < piece.end <= span.end for span in spans)


def test_short_spans_are_joined():
    spans = [Span(0, 10 * WINDOW), Span(15 * WINDOW, 30 * WINDOW)]

    assert cut(spans, [1.0] * 30, longest=LONGEST, silence=SILENCE, window=WINDOW) == [Span(0, 30 * WINDOW)]


def test_a_long_silence_ends_a_chunk():
    spans = [Span(0, 10 * WINDOW), Span(60 * WINDOW, 70 * WINDOW)]

    assert cut(spans, [1.0] * 70, longest=LONGEST, silence=SILENCE, window=WINDOW) == spans


def test_speech_without_a_pause_is_cut_where_it_is_quietest():
    likely = [1.0] * 150
    likely[80] = 0.4

    first, second = cut([Span(0, 150 * WINDOW)], likely, longest=LONGEST, silence=SILENCE, window=WINDOW)

    assert first.end == second.start == 80 * WINDOW + WINDOW // 2
