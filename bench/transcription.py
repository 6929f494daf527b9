"""`python -m bench.transcription`: the whole path of a transcription against the bare engine on the same recording.

The whole path: upload over HTTP, a Celery worker, and each chunk stored and streamed to a socket as it is finished;
measured is the work, from `started` to `completed`. The bare engine: a script that calls faster-whisper for the same
recording and stores nothing, piece by piece as Stentor does it; a third figure is for leaving the cutting to the
library, in one call. Both have the model loaded (the first turn of each does not count), run on the same core
and take turns. `cpu_ratio_to_bare` compares the CPU time of the two processes, which other programs disturb less. The
model is the tiny Whisper of the tests, beside which everything else weighs more than beside a
large one.
"""

import asyncio
import json
import sys
import wave
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median
from subprocess import Popen
from typing import Any, Final

import httpx
import numpy as np

from bench.harness.listener import Listener
from bench.harness.place import REPOSITORY, Place, Server, cpu_seconds
from bench.harness.report import finish, progress, rounded

FIXTURES: Final = REPOSITORY / "tests" / "fixtures" / "tiny-whisper"
CHUNK_S: Final = 8.0  # this model wants short pieces
REPEAT: Final = 2
ROUNDS: Final = 5
RATE: Final = 16_000
PAUSE_S: Final = 1.0
WITHIN_S: Final = 600.0


def make_recording(path: Path) -> float:
    """All of the tiny Whisper's test recordings, one after the other with pauses; its length in seconds."""
    from faster_whisper.audio import decode_audio

    pause = np.zeros(int(PAUSE_S * RATE), np.int16)
    parts: list[Any] = []
    for file in sorted((FIXTURES / "tests").glob("*.[wf]*")):
        parts += [(decode_audio(str(file)) * 32767).astype(np.int16), pause]
    samples = np.concatenate(parts * REPEAT)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return len(samples) / RATE


class Job:
    """One upload, followed by a socket on its job and one on its transcript."""

    def __init__(self, server: Server, token: str) -> None:
        self._server, self._token = server, token
        self._ended = asyncio.Event()
        self._last: dict[str, Any] = {}
        self.segments = 0
        self.words = 0
        self.errors: list[str] = []

    async def run(self, path: Path) -> float:
        """Seconds from started to completed."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(base_url=self._server.url, headers=headers, timeout=60) as client:
            with path.open("rb") as file:
                answer = await client.post("/api/transcripts/", files={"file": file}, data={"language": "en"})
            answer.raise_for_status()
            made = answer.json()
            job, transcript = made["job"]["id"], made["transcript"]["id"]
            await self._follow(f"job:{job}", f"transcript:{transcript}")
            whole = (await client.get(f"/api/transcripts/{transcript}")).raise_for_status().json()
        if self._last["status"] != "completed":
            self.errors.append(f"the job ended as {self._last['status']}: {self._last['error']}")
        self.words = sum(len(segment["words"]) for segment in whole["segments"])
        self.segments = len(whole["segments"])
        began, ended = (datetime.fromisoformat(self._last[name]) for name in ("started_at", "finished_at"))
        return (ended - began).total_seconds()

    async def _follow(self, *topics: str) -> None:
        sockets = [Listener(self._server.ws_url, self._token, topic, self._seen) for topic in topics]
        for socket in sockets:
            await socket.open()
        listening = [asyncio.create_task(socket.listen()) for socket in sockets]
        await asyncio.wait_for(self._ended.wait(), WITHIN_S)
        for socket in sockets:
            socket.cut()
            self.errors += socket.errors
        await asyncio.gather(*listening)

    def _seen(self, _: Listener, frame: dict[str, Any], __: float) -> None:
        if frame["topic"].startswith("job:"):
            self._last = frame["data"]
            if self._last["status"] not in ("queued", "started"):
                self._ended.set()


def ask(engine: "Popen[str]", how: str, path: Path) -> dict[str, Any]:
    assert engine.stdin is not None
    assert engine.stdout is not None
    engine.stdin.write(f"{how} {path}\n")
    answer: dict[str, Any] = json.loads(engine.stdout.readline())
    return answer


def main() -> None:
    settings = {
        "WHISPER_MODEL": str(FIXTURES / "model"),
        "TRANSCRIBER": "faster-whisper",
        "TRANSCRIBE_CHUNK_S": str(CHUNK_S),
        "WHISPER_THREADS": "1",
        "WHISPER_COMPUTE_TYPE": "int8",
    }
    with Place(pinned=True, **settings) as place:
        path = place.home / "recording.wav"
        seconds = make_recording(path)
        people = place.people(1, jobs=0)
        server = place.serve("daphne")
        worker = ["-m", "celery", "--quiet", "-A", "backend.celery", "worker", "--queues", "batch_queue"]
        worker += ["--concurrency", "1", "--without-gossip", "--without-mingle"]
        workers = place.start("worker", [sys.executable, *worker])
        engine = place.helper("bare_engine", settings["WHISPER_MODEL"], str(CHUNK_S))
        assert engine.stdout is not None
        engine.stdout.readline()
        errors, rounds = compete(lambda: Job(server, people.tokens[0]), workers.pid, engine, path)
    finish("transcription", {**figures(rounds), "audio_s": rounded(seconds), "rounds": ROUNDS}, errors)


def compete(
    make_job: Callable[[], Job], worker: int, engine: "Popen[str]", path: Path
) -> tuple[list[str], list[dict[str, float]]]:
    """The figures of each round, and what went wrong."""
    rounds, errors = [], []
    for turn in range(ROUNDS + 1):
        job = make_job()
        bare = ask(engine, "pieces", path)
        used = cpu_seconds(worker)
        stentor = asyncio.run(job.run(path))
        used = cpu_seconds(worker) - used
        whole = ask(engine, "whole", path)
        errors += job.errors
        if turn:
            rounds.append({"stentor_s": stentor, "bare_s": bare["seconds"], "bare_whole_s": whole["seconds"]})
            rounds[-1] |= {"stentor_cpu_s": used, "bare_cpu_s": bare["cpu_s"]}
            rounds[-1] |= {"words": job.words, "bare_words": bare["words"]}
        progress(f"round {turn}: Stentor {stentor:.2f} s ({job.words} words), bare {bare}, in one call {whole}")
    return errors, rounds


def figures(rounds: list[dict[str, float]]) -> dict[str, object]:
    return {
        "ratio_to_bare": rounded(median(one["stentor_s"] / one["bare_s"] for one in rounds)),
        "cpu_ratio_to_bare": rounded(median(one["stentor_cpu_s"] / one["bare_cpu_s"] for one in rounds)),
        "ratio_to_bare_in_one_call": rounded(median(one["stentor_s"] / one["bare_whole_s"] for one in rounds)),
        **{key: rounded(median(one[key] for one in rounds)) for key in rounds[0]},
    }


if __name__ == "__main__":
    main()
