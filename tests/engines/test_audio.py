"""Audio files of all kinds, made by PyAV here."""

from contextlib import suppress

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.errors import AppError
from backend.engines import audio
from tests.fixtures import media

HOUR = 3600.0
KINDS = [
    ("mp3", "mp3", "audio/mpeg", False),
    ("aac", "mp4", "audio/mp4", False),
    ("libopus", "ogg", "audio/ogg", False),
    ("libopus", "webm", "audio/webm", False),
    ("flac", "flac", "audio/flac", False),
    ("pcm_s16le", "wav", "audio/wav", False),
    ("aac", "mp4", "video/mp4", True),
    ("libopus", "matroska", "video/webm", True),
]


def decoded(path, tmp_path, **options) -> np.ndarray:
    target = tmp_path / "samples.pcm"
    audio.decode(path, target, max_seconds=options.pop("max_seconds", HOUR), **options)
    return audio.open_samples(target)


def refused(call) -> str:
    with pytest.raises(AppError) as error:
        call()
    return error.value.code


@pytest.mark.parametrize(("codec", "container", "media_type", "picture"), KINDS)
def test_a_file_becomes_its_samples(tmp_path, codec, container, media_type, picture):
    rate = 48_000 if codec == "libopus" else 44_100
    path = media.encode(
        tmp_path / "file", media.tone(3, rate=rate), codec=codec, container=container, rate=rate, picture=picture
    )

    found = audio.probe(path, max_seconds=HOUR)
    samples = decoded(path, tmp_path)

    assert found.media_type == media_type
    assert found.duration_s is None or abs(found.duration_s - 3) < 0.2
    assert abs(len(samples) / media.RATE - 3) < 0.2
    loudest = np.fft.rfft(samples[8000:24000].astype(float))
    assert abs(int(np.argmax(np.abs(loudest))) - 440) <= 2


def test_a_recording_at_16_khz_keeps_every_sample(tmp_path):
    samples = media.samples_of(media.RECORDINGS / "03_digits_m3.flac")

    assert np.array_equal(decoded(media.RECORDINGS / "03_digits_m3.flac", tmp_path), samples)


def test_an_empty_file_is_told_from_a_broken_one(tmp_path):
    empty, broken = tmp_path / "empty", tmp_path / "broken"
    empty.touch()
    broken.write_bytes(np.random.default_rng(1).bytes(20_000))

    assert refused(lambda: audio.probe(empty, max_seconds=HOUR)) == "empty_file"
    assert refused(lambda: audio.probe(broken, max_seconds=HOUR)) == "unreadable_audio"


def test_a_text_has_no_audio_track(tmp_path):
    path = tmp_path / "letter"
    path.write_text("Dear Sir or Madam,\n" * 100)

    assert refused(lambda: audio.probe(path, max_seconds=HOUR)) in {"no_audio_track", "unreadable_audio"}


def test_a_film_without_sound_has_no_audio_track(tmp_path):
    path = tmp_path / "film"
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))

    assert refused(lambda: audio.probe(path, max_seconds=HOUR)) == "no_audio_track"


@pytest.mark.parametrize("tag", [b"drms", b"enca", b"aavd"])
def test_a_protected_file_is_named_as_such(tmp_path, tag):
    path = media.encode(tmp_path / "file", media.tone(2), codec="aac", container="mp4")
    path.write_bytes(path.read_bytes().replace(b"mp4a", tag))

    assert refused(lambda: audio.probe(path, max_seconds=HOUR)) == "protected_audio"


def test_a_file_that_claims_ten_hours_is_refused_before_decoding(tmp_path):
    path = media.claims_ten_hours(tmp_path / "file")

    assert refused(lambda: audio.probe(path, max_seconds=4 * HOUR)) == "audio_too_long"


def test_the_length_limit_holds_for_what_is_decoded(tmp_path):
    path = media.wav(tmp_path / "file", media.tone(20))

    assert refused(lambda: decoded(path, tmp_path, max_seconds=5)) == "audio_too_long"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nfile://{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{other}'\n",
    ],
)
def test_a_playlist_cannot_make_the_server_read_another_file(tmp_path, text):
    other = media.encode(tmp_path / "other.mp3", media.tone(2), codec="mp3", container="mp3")
    path = tmp_path / "list"
    path.write_text(text.format(other=other))

    assert refused(lambda: audio.probe(path, max_seconds=HOUR)) == "unreadable_audio"
    assert refused(lambda: decoded(path, tmp_path)) == "unreadable_audio"


def test_a_file_that_breaks_off_gives_what_is_there(tmp_path):
    path = media.encode(tmp_path / "file", media.tone(10), codec="mp3", container="mp3")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert 4 < len(decoded(path, tmp_path)) / media.RATE < 6


def test_a_scratch_costs_only_what_it_hit(tmp_path):
    path = media.encode(tmp_path / "file", media.tone(10), codec="mp3", container="mp3")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)

    assert 8.5 < len(decoded(path, tmp_path)) / media.RATE < 10.5


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["mp3", "flac", "wav", "mp4"]), st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path, kind, data):
    codec = {"wav": "pcm_s16le", "mp4": "aac"}.get(kind, kind)
    original = tmp_path / f"original.{kind}"
    if not original.exists():
        media.encode(original, media.tone(1), codec=codec, container=kind)
    content = bytearray(original.read_bytes())
    spots = st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=20)
    for at, value in data.draw(spots):
        content[at] = value
    path = tmp_path / "file"
    path.write_bytes(content)
    (tmp_path / "samples.pcm").unlink(missing_ok=True)

    with suppress(AppError):
        decoded(path, tmp_path)


def test_a_header_without_sound_is_unreadable(tmp_path):
    path = media.wav(tmp_path / "file", media.tone(1))
    path.write_bytes(path.read_bytes()[:44])

    assert refused(lambda: decoded(path, tmp_path)) in {"unreadable_audio", "empty_file"}


def test_a_cover_picture_does_not_make_a_film(tmp_path):
    path = tmp_path / "song"
    with av.open(str(path), "w", format="mp3") as output:
        sound, cover = output.add_stream("mp3", rate=16000), output.add_stream("png", rate=1)
        sound.layout = "mono"
        cover.width = cover.height = 16
        cover.pix_fmt = "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(media.tone(1)[None], format="s16", layout="mono")
        frame.sample_rate = 16000
        converter = av.AudioResampler(format="s16p", layout="mono", rate=16000, frame_size=576)
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        output.mux([*cover.encode(picture), *cover.encode(None)])
        for piece in [*converter.resample(frame), *converter.resample(None)]:
            output.mux(sound.encode(piece))
        output.mux(sound.encode(None))

    assert audio.probe(path, max_seconds=HOUR).media_type == "audio/mpeg"


def test_progress_rises_to_one(tmp_path):
    shares: list[float] = []
    path = media.encode(tmp_path / "file", media.tone(10), codec="mp3", container="mp3")

    decoded(path, tmp_path, report=shares.append)

    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 10


def test_what_was_decoded_completely_is_kept(tmp_path):
    path = media.wav(tmp_path / "file", media.tone(2))
    decoded(path, tmp_path)
    path.write_bytes(b"no longer a recording")

    assert len(decoded(path, tmp_path)) == 2 * media.RATE


def test_stopping_in_the_middle_leaves_nothing_that_looks_complete(tmp_path):
    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.3:
            raise Stopped

    path = media.wav(tmp_path / "file", media.tone(10))
    with pytest.raises(Stopped):
        decoded(path, tmp_path, report=stop)

    assert [file.name for file in tmp_path.iterdir()] == ["file"]
