"""How long recordings and transcripts are kept is a setting; by default they stay until they are deleted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.jobs.models import Job
from backend.speech.models import Transcript
from backend.speech.services import retention

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def keep(settings):
    def set_to(**days) -> None:
        settings.CONFIG = settings.CONFIG.model_copy(update=days)

    return set_to


def aged(transcript: Transcript, days: float) -> Transcript:
    Job.objects.filter(pk=transcript.job_id).update(finished_at=timezone.now() - timedelta(days=days))
    return transcript


def test_everything_is_kept_where_nothing_is_set(finished, owner) -> None:
    transcript = aged(finished(owner), 5000)
    retention.purge()
    assert transcript.source.is_file()


def test_a_recording_goes_when_its_days_are_over_and_its_text_stays(finished, owner, as_user, read_log, keep) -> None:
    old, young = aged(finished(owner), 8), aged(finished(owner), 6)
    keep(keep_audio_days=7)
    retention.purge()
    assert not old.source.exists()
    assert young.source.is_file()
    data = as_user(owner).get(f"/api/transcripts/{old.pk}").json()
    assert data["segments"]
    assert data["has_audio"] is False
    assert as_user(owner).get(f"/api/transcripts/{old.pk}/audio").status_code == 404
    assert read_log(old.topic)[-1] == {
        "event": "details",
        "data": {**read_log(old.topic)[-1]["data"], "has_audio": False},
    }


def test_with_no_days_at_all_a_recording_goes_when_the_work_on_it_has_ended(finished, upload, owner, keep) -> None:
    done = finished(owner)
    waiting = Transcript.objects.get(pk=upload(owner)["transcript"]["id"])
    keep(keep_audio_days=0)
    retention.purge()
    assert not done.source.exists()
    assert waiting.source.is_file()


def test_a_transcript_goes_with_everything_when_its_days_are_over(finished, owner, keep) -> None:
    old, young = aged(finished(owner), 31), aged(finished(owner), 29)
    keep(keep_transcripts_days=30)
    retention.purge()
    assert list(Transcript.objects.all()) == [young]
    assert not old.directory.exists()
