"""A transcript as a text that other domains may read."""

from uuid import UUID

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.live.references import Referenced
from backend.speech.services import transcripts
from backend.speech.services.exports import as_text
from backend.speech.services.schemas import describe_whole


def read(user: User, ident: str) -> Referenced:
    """The shown text, with the names of its speakers. Raises `AppError("not_found")`."""
    try:
        transcript = transcripts.get(user, UUID(ident))
    except ValueError:
        raise AppError("not_found", "There is no such transcript, or it is not yours to see.") from None
    return Referenced(transcript.title, as_text(describe_whole(transcript)).strip())
