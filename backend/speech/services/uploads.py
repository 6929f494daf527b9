"""Taking in a recording: look into it, check the wishes, keep the file, queue the job."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Literal, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import MAX_TITLE, NO_NUL, folded_title, title_of_file
from backend.engines import audio
from backend.engines.choosing import choose_transcriber
from backend.engines.choosing_diarizer import choose_diarizer
from backend.jobs import services as jobs
from backend.live.commands import Command, Input, execute
from backend.speech.models import RevisionKind, Transcript
from backend.speech.services import diarizing, revisions
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import visible

MAX_HOTWORDS: Final = 500
MAX_SPEAKERS: Final = 20
KIND: Final = "transcription"
_WRITES: Final = {KIND: RevisionKind.BATCH, diarizing.KIND: RevisionKind.SPEAKERS}


class SpeakerCounts(BaseModel):
    """How many people speak: exactly, or between two limits. 0 means: find out."""

    speakers: int = Field(default=0, ge=0, le=MAX_SPEAKERS)
    min_speakers: int = Field(default=0, ge=0, le=MAX_SPEAKERS)
    max_speakers: int = Field(default=0, ge=0, le=MAX_SPEAKERS)

    @model_validator(mode="after")
    def _speakers_are_possible(self) -> Self:
        if self.speakers and (self.min_speakers or self.max_speakers):
            raise ValueError("Give either the number of speakers or its limits.")
        if self.max_speakers and self.min_speakers > self.max_speakers:
            raise ValueError("min_speakers is larger than max_speakers.")
        return self


class Options(SpeakerCounts):
    """How a recording may be transcribed. `language` "" means: find out."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    language: str = Field(default="", max_length=8, pattern=r"^[a-z-]*$")
    task: Literal["transcribe", "translate"] = "transcribe"
    hotwords: str = Field(default="", max_length=MAX_HOTWORDS, pattern=NO_NUL)
    model: str = Field(default="", max_length=100)
    diarize: bool = False


class Wishes(Options):
    """What a user may ask for with a recording."""

    title: str = Field(default="", max_length=MAX_TITLE)


def read_wishes(values: dict[str, Any]) -> Wishes:
    """The values of a form, checked against what the engine that answers here can do."""
    try:
        wishes = Wishes.model_validate({**values, "language": str(values.get("language", "")).lower()})
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for item in error.errors(include_url=False, include_input=False):
            fields.setdefault(str(item["loc"][0]) if item["loc"] else "speakers", []).append(item["msg"])
        raise AppError("invalid", "Some values are not valid.", fields=fields) from None
    check(wishes)
    return wishes


def check(options: Options) -> None:
    """Raise `AppError("unsupported_option")` for what the engine that answers here cannot do."""
    engine = choose_transcriber(options.model).engine
    if options.language and options.language not in engine.languages:
        raise AppError("unsupported_option", f"{engine.name} here does not know the language {options.language!r}.")
    if options.task == "translate" and not engine.can_translate:
        raise AppError("unsupported_option", f"{engine.name} here cannot translate.")
    if options.hotwords and not engine.can_use_hotwords:
        raise AppError("unsupported_option", f"{engine.name} here does not take hotwords.")
    if options.diarize:
        choose_diarizer()


def take_in(
    user: User, upload: Path, wishes: Wishes, *, name: str, key: str | None = None, kind: str = KIND
) -> dict[str, Any]:
    """Keep the file at `upload`, which is moved, and queue the work on it: `{"transcript", "job"}`.

    `name` is what the user calls the file, `kind` that of the job: transcription, or only finding the speakers.
    With a `key` the first answer is kept and given again. Raises `AppError` for what is not audio, and
    `limit_reached` when too many of the user's jobs wait.
    """
    found = audio.probe(upload, max_seconds=settings.CONFIG.max_audio_hours * 3600)
    title = visible(wishes.title) if wishes.title else visible(title_of_file(name))

    def create(owner: User, _: Input) -> dict[str, Any]:
        with _moved(upload) as ident:
            job = jobs.submit(owner=owner, kind=kind, title=title, subject=f"transcript:{ident}")
            transcript = Transcript.objects.create(
                id=ident,
                job=job,
                title=title,
                folded_title=folded_title(title),
                options=wishes.model_dump(exclude={"title"}),
                language=wishes.language,
                duration_s=found.duration_s,
                media_type=found.media_type,
                created_at=timezone.now(),
            )
            revisions.begin(transcript, job, _WRITES[kind], transcript.options)
        described = jobs.describe(job)
        return {"transcript": describe(transcript, described), "job": described}

    command = Command("transcript.create", Input, create, "POST", "api/transcripts", "speech", status=201)
    return execute(command, user, {}, key=key, scopes=None)


@contextmanager
def _moved(upload: Path) -> Iterator[UUID]:
    """The upload in a directory of its own; gone again if the block fails."""
    ident = uuid4()
    directory = Path(settings.MEDIA_ROOT) / str(ident)
    directory.mkdir(parents=True)
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, directory, ignore_errors=True)
        # A rename where both are on one disk, which is so unless a deployment says otherwise.
        shutil.move(upload, directory / "source")
        yield ident
        undo.pop_all()
