"""`python -m bench.harness.bare_engine MODEL CHUNK_S`: the bare library, as a script of a few lines would use it.

For each file named on stdin it prints how long `faster-whisper` took: decoding, voice detection, and a call for each
piece of speech of at most CHUNK_S seconds, with the options that Stentor uses; nothing is stored or sent. With the
word `whole` in front of the name it is one call for the whole file, in which the library cuts by itself.
"""

import json
import sys
import time
from typing import Any


def main() -> None:
    from faster_whisper import WhisperModel

    directory, chunk_s = sys.argv[1], float(sys.argv[2])
    model = WhisperModel(directory, device="cpu", compute_type="int8", cpu_threads=1)
    print("ready", flush=True)
    for line in sys.stdin:
        how, path = line.split(maxsplit=1)
        began, used = time.perf_counter(), time.process_time()
        found = _whole(model, path.strip()) if how == "whole" else _pieces(model, path.strip(), chunk_s)
        figures = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - used}
        print(json.dumps({**figures, "words": sum(len(segment.words) for segment in found)}), flush=True)


def _pieces(model: Any, path: str, chunk_s: float) -> list[Any]:
    from faster_whisper.audio import decode_audio
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    samples = decode_audio(path)
    found = []
    for piece in get_speech_timestamps(samples, VadOptions(max_speech_duration_s=chunk_s)):
        found += _hear(model, samples[piece["start"] : piece["end"]])
    return found


def _whole(model: Any, path: str) -> list[Any]:
    return _hear(model, path, vad_filter=True)


def _hear(model: Any, what: Any, **more: Any) -> list[Any]:
    options = {"beam_size": 5, "word_timestamps": True, "condition_on_previous_text": False, "temperature": [0.0]}
    segments, _ = model.transcribe(what, language="en", **options, **more)
    return list(segments)


if __name__ == "__main__":
    main()
