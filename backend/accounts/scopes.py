"""What an API key can be allowed to do."""

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "chat": "Read, write and delete conversations, have messages answered",
    "documents": "Upload, read and delete documents",
    "jobs": "See, cancel and repeat jobs",
    "prompts": "Run prompts over documents, read and delete the results",
    "speech": "Upload recordings, read, change and delete transcripts",
}
