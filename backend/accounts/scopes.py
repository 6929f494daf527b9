"""What an API key can be allowed to do."""

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "chat": "Read, write and delete conversations, have messages answered",
    "jobs": "See, cancel and repeat jobs",
    "speech": "Upload recordings, read, change and delete transcripts",
}
