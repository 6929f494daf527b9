"""A Whisper model in memory: loaded once, shared by whoever hears with it."""

import os
import threading
from functools import cache
from typing import Any, Final, Protocol

from django.conf import settings

from backend.core.errors import AppError

# More CPU threads do not help a model of this kind.
USEFUL_THREADS: Final = 4
_loading: Final = threading.Lock()


class Knowing(Protocol):
    """What a model knows, whoever works with it."""

    model: str
    languages: tuple[str, ...]
    can_translate: bool


def checked_language(engine: Knowing, language: str, task: str) -> str:
    """The language to ask for. An English-only model hears everything as English and says so.

    Raises `AppError("unsupported_option")` for what the model cannot do.
    """
    if task == "translate" and not engine.can_translate:
        raise AppError("unsupported_option", f"The model {engine.model} knows English only and cannot translate.")
    if language and language not in engine.languages:
        raise AppError("unsupported_option", f"The model {engine.model} does not know the language {language!r}.")
    return language if engine.can_translate else "en"


def load_model(path: os.PathLike[str]) -> Any:
    """The model in that directory, loaded once per process, however many engines hear with it.

    Raises `AppError("engine_failed")` for a directory that holds no model.
    """
    config = settings.CONFIG
    threads = config.whisper_threads or min(USEFUL_THREADS, len(os.sched_getaffinity(0)))
    with _loading, failures():
        return _load(os.fspath(path), config.whisper_device, config.whisper_compute_type, threads)


@cache
def _load(path: str, device: str, compute_type: str, threads: int) -> Any:
    import ctranslate2
    from faster_whisper import WhisperModel

    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    if compute_type == "default" and device == "cpu":
        compute_type = "int8"
    return WhisperModel(path, device=device, compute_type=compute_type, cpu_threads=threads)


class failures:  # noqa: N801 (used like a function)
    """What CTranslate2 raises becomes an error with a code."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RuntimeError | ValueError):
            raise AppError("engine_failed", f"faster-whisper failed: {error}") from error
