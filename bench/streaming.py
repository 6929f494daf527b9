"""`python -m bench.streaming`: live transcription, the engine alone and through the whole of Stentor.

The tiny Whisper of the tests hears its twelve recordings, whose words and times are known exactly. First the engine
alone, in steps of 1.0 s and 0.5 s, with the computation left out (the clock is the sound) and counted; beside it
stand the figures of the public whisper_streaming on the same model and recordings. Then the same in real time
through socket, Redis and worker: `through_stentor_later_s` is by how much later a word is settled for somebody who
reads along. At last more and more people speak at once, until a word is settled too late.
"""

import asyncio
import json
import sys
from statistics import fmean
from typing import Any, Final

from bench.harness.bare_listening import Recording, Tally, tiny_recordings
from bench.harness.place import REPOSITORY, Place, Server
from bench.harness.report import finish, progress, rounded
from bench.harness.speaker import Speaker

MODEL: Final = REPOSITORY / "tests" / "fixtures" / "tiny-whisper" / "model"
CROWDS: Final = (2, 4, 6, 8, 10, 12, 14, 16, 20)
# A word must be settled so soon after its end, on average, and nobody may be so far behind.
SOON_S: Final = 1.5
BEHIND_S: Final = 3.0
SETTINGS: Final = {
    "WHISPER_MODEL": str(MODEL),
    "TRANSCRIBER": "faster-whisper",
    "WHISPER_THREADS": "1",
    "WHISPER_COMPUTE_TYPE": "int8",
    "LIVE_STEP_S": "0.5",
    "LIVE_SESSIONS": str(max(CROWDS)),
    "SOCKETS_PER_USER": "100",
}
# Measured on the same model and recordings, computation left out; "counted" was not.
WHISPER_STREAMING: Final = {"1": (0.017, 1.45, 1.98), "0.5": (0.006, 0.77, 1.03)}


def main() -> None:
    with Place(pinned=False, **SETTINGS) as place:
        bare = bare_figures(place)
        people = place.people(1, jobs=0)
        server = place.serve("daphne")
        options = ["--queues", "streaming_queue", "--concurrency", str(max(CROWDS)), "--without-gossip"]
        place.start("worker", [sys.executable, "-m", "celery", "--quiet", "-A", "backend.celery", "worker", *options])
        recordings = tiny_recordings()
        whole, errors = asyncio.run(through_stentor(server, people.tokens[0], recordings))
        crowd, more = asyncio.run(fill(server, people.tokens[0], recordings))
    later = whole["commit_mean_s"] - bare["0.5"]["counted"]["commit_mean_s"]
    figures: dict[str, object] = {
        **flat(bare),
        **{f"stentor_{name}": rounded(value) for name, value in whole.items() if name != "passes"},
        "through_stentor_later_s": rounded(later),
        "sessions_at_once": crowd,
    }
    finish("streaming", figures, [*errors, *more, *verdicts(bare, later)])


def bare_figures(place: Place) -> dict[str, Any]:
    """Of each step: `left_out` and `counted`."""
    progress("the engine alone")
    found: dict[str, Any] = json.loads(place.run("-m", "bench.harness.bare_listening", "1", "0.5").splitlines()[-1])
    for step, figures in found.items():
        progress(f"steps of {step} s: {figures}; whisper_streaming: WER, mean, p95 {WHISPER_STREAMING[step]}")
    return found


async def through_stentor(
    server: Server, token: str, recordings: list[Recording]
) -> tuple[dict[str, float], list[str]]:
    """One after the other in real time. The first is spoken twice: the model is loaded once."""
    progress(f"through Stentor, {sum(len(one.samples) for one in recordings) / 16000:.0f} s of speech in real time")
    tally, errors = Tally(), list[str]()
    await Speaker(server.ws_url, token).speak(recordings[0])
    for recording in recordings:
        speaker = Speaker(server.ws_url, token)
        await speaker.speak(recording)
        tally.add(recording, speaker.reading)
        errors += speaker.errors
    figures = tally.figures()
    progress(f"through Stentor: {figures}")
    return figures, errors


async def fill(server: Server, token: str, recordings: list[Recording]) -> tuple[int, list[str]]:
    """The largest crowd that is heard in time."""
    best, errors = 0, list[str]()
    longest = sorted(recordings, key=lambda one: len(one.samples))[-3]
    # Every process of the worker loads its model before anything is measured.
    await asyncio.gather(*(Speaker(server.ws_url, token).speak(recordings[0]) for _ in range(max(CROWDS))))
    for size in CROWDS:
        speakers = [Speaker(server.ws_url, token) for _ in range(size)]
        await asyncio.gather(*(one.speak(longest) for one in speakers))
        tally = Tally()
        for one in speakers:
            tally.add(longest, one.reading)
            errors += one.errors
        mean, behind = fmean(tally.latencies), max(one.behind_s for one in speakers)
        progress(f"{size} at once: a word is settled after {mean:.2f} s, at most {behind:.1f} s behind")
        if mean > SOON_S or behind > BEHIND_S:
            break
        best = size
    return best, errors


def flat(bare: dict[str, Any]) -> dict[str, object]:
    return {
        f"step_{step}_{how}_{name}": rounded(value)
        for step, ways in bare.items()
        for how, figures in ways.items()
        for name, value in figures.items()
    }


def verdicts(bare: dict[str, Any], later: float) -> list[str]:
    """What the promises of the README would not hold."""
    faults = []
    for step, (wer, mean, p95) in WHISPER_STREAMING.items():
        ours = bare[step]["left_out"]
        for name, limit in (("wer", wer), ("commit_mean_s", mean), ("commit_p95_s", p95)):
            if ours[name] > limit:
                faults.append(f"steps of {step} s: {name} is {ours[name]:.3f}, whisper_streaming has {limit}")
        if ours["broken"]:
            faults.append(f"steps of {step} s: {ours['broken']} settled words changed")
    if later > 0.15:
        faults.append(f"through Stentor a word is settled {later:.3f} s later")
    return faults


if __name__ == "__main__":
    main()
