import pytest

from backend.engines import choosing
from tests.fixtures import media


@pytest.fixture
def configure(settings):
    """Set values of the configuration; the engines are made anew by them."""

    def change(**values):
        settings.CONFIG = settings.CONFIG.model_copy(update=values)
        choosing._make.cache_clear()

    yield change
    choosing._make.cache_clear()


@pytest.fixture
def tiny_whisper(configure):
    """The tiny Whisper as the configured model, with chunks of eight seconds."""
    configure(transcriber="auto", whisper_model=str(media.MODEL), transcribe_chunk_s=8.0, whisper_threads=1)
