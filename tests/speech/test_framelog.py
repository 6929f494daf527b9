"""The frames of a recording on disk: each once and in order, whatever became of those who wrote them."""

import pytest

from backend.speech.services.recordings.framelog import FrameLog, MissingFrame, next_number, payloads


def test_frames_are_read_in_the_order_in_which_they_were_written(tmp_path) -> None:
    with FrameLog(tmp_path, 1) as log:
        assert [log.append(number, bytes([number]) * number) for number in range(4)] == [True] * 4
    assert list(payloads(tmp_path)) == [b"", b"\x01", b"\x02\x02", b"\x03\x03\x03"]
    assert next_number(tmp_path) == 4


def test_a_frame_that_comes_twice_is_written_once(tmp_path) -> None:
    with FrameLog(tmp_path, 1) as log:
        assert log.append(0, b"one")
        assert not log.append(0, b"one")
    assert list(payloads(tmp_path)) == [b"one"]


def test_a_frame_after_a_missing_one_is_refused(tmp_path) -> None:
    with FrameLog(tmp_path, 1) as log, pytest.raises(MissingFrame):
        log.append(1, b"two")


def test_the_next_attempt_goes_on_after_a_frame_that_was_cut_off_by_a_crash(tmp_path) -> None:
    with FrameLog(tmp_path, 1) as log:
        log.append(0, b"one")
        log.append(1, b"cut off")
    path = tmp_path / "00000001"
    path.write_bytes(path.read_bytes()[:-3])
    with FrameLog(tmp_path, 2) as log:
        assert log.next_number == 1
        log.append(1, b"two")
    assert list(payloads(tmp_path)) == [b"one", b"two"]


def test_what_a_worker_given_up_for_dead_still_writes_counts_once(tmp_path) -> None:
    with FrameLog(tmp_path, 1) as dead:
        dead.append(0, b"one")
        dead.flush()
        with FrameLog(tmp_path, 2) as heir:
            heir.append(1, b"two")
            dead.append(1, b"two")
            dead.append(2, b"three")
            heir.append(2, b"three")
            heir.append(3, b"four")
    assert list(payloads(tmp_path)) == [b"one", b"two", b"three", b"four"]


def test_a_recording_without_frames_begins_at_zero(tmp_path) -> None:
    assert next_number(tmp_path / "nothing") == 0
    assert list(payloads(tmp_path / "nothing")) == []
