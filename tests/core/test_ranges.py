"""The header `Range`."""

from hypothesis import given
from hypothesis import strategies as st

from backend.core.ranges import ByteRange, Unsatisfiable, parse_range


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_a_range_never_leaves_the_file(start, end, size):
    try:
        found = parse_range(f"bytes={start}-{end}", size)
    except Unsatisfiable:
        assert start >= size
        return
    assert found == (None if end < start else ByteRange(start, min(end + 1, size)))


@given(st.text(max_size=40))
def test_any_header_is_survived(header):
    try:
        found = parse_range(header, 100)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.end <= 100


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_the_last_bytes_are_those_at_the_end(length, size):
    try:
        found = parse_range(f"bytes=-{length}", size)
    except Unsatisfiable:
        assert 0 in (length, size)
        return
    assert found == ByteRange(max(0, size - length), size)
    assert found.length == min(length, size) > 0
