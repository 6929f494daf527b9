"""The addresses, envelope and words of the service that this one replaces."""

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.accounts import services
from backend.jobs.models import Job
from backend.jobs.running import running
from backend.speech.models import Transcript
from backend.speech.services import diarizing, editing, passes
from backend.speech.services.uploads import Options
from tests.fixtures import media
from tests.speech.conftest import RECORDING, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
SPELLINGS = ["batchtranscription", "batchTranscription", "BATCHTRANSCRIPTION"]


@pytest.fixture
def client(owner, tiny_whisper) -> APIClient:
    _, secret = services.create_key(user=owner, name="the old client", scopes=["speech"])
    return APIClient(headers={"X-API-KEY": secret})


def create(client, spelling: str = SPELLINGS[0], end: str = "createJob"):
    file = SimpleUploadedFile("audio.m4a", RECORDING.read_bytes())
    return client.post(f"/api/{spelling}/{end}", {"audioFile": file}, format="multipart")


def result(client, ident, spelling: str = SPELLINGS[1]):
    return client.get(f"/api/{spelling}/result", {"job_uuid": ident})


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("end", ["createJob", "createjob/"])
def test_a_job_is_created_under_every_spelling(client, spelling, end):
    answer = create(client, spelling, end)

    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "job_uuid": str(Job.objects.get().id),
            "status": "Votre demande est dans la file d'attente",
        },
        "status": "success",
    }


def test_the_result_follows_the_job_to_its_text(client):
    ident = create(client).json()["data"]["job_uuid"]
    assert result(client, ident).json() == {"status": "success", "data": {"job_id": ident, "status": "PENDING"}}

    work(ident)

    data = result(client, ident).json()["data"]
    assert data == {"job_id": ident, "status": "COMPLETED", "transcription": media.text_of(RECORDING.name)}


@pytest.mark.parametrize(("status", "word"), [("started", "STARTED"), ("failed", "FAILED"), ("cancelled", "CANCELLED")])
def test_every_state_has_its_word(client, status, word):
    ident = create(client).json()["data"]["job_uuid"]
    Job.objects.update(status=status)

    assert result(client, ident).json()["data"] == {"job_id": ident, "status": word}


@pytest.mark.parametrize("method", ["delete", "post"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_deleting_cancels_the_job(client, method, spelling):
    ident = create(client).json()["data"]["job_uuid"]

    answer = getattr(client, method)(f"/api/{spelling}/delete/{ident}")

    assert answer.status_code == 200
    assert answer.json() == {"status": "success", "data": {"job_id": ident, "status": "CANCELLED"}}
    assert result(client, ident).json()["data"]["status"] == "CANCELLED"


def test_deleting_by_get_is_refused_and_changes_nothing(client):
    ident = create(client).json()["data"]["job_uuid"]

    answer = client.get(f"/api/batchTranscription/delete/{ident}")

    assert answer.status_code == 405
    assert answer.json()["status"] == "error"
    assert Job.objects.get().status == "queued"


@pytest.mark.parametrize("ident", [str(UUID(int=7)), "7a85ed93", "' OR 1=1"])
def test_an_unknown_job_is_an_error_in_the_old_envelope(client, ident):
    answer = result(client, ident)

    assert answer.status_code == 404
    assert set(answer.json()) == {"status", "message"}
    assert answer.json()["status"] == "error"


def test_a_missing_parameter_is_an_error_in_the_old_envelope(client):
    answer = client.get("/api/batchtranscription/result")

    assert answer.status_code == 400
    assert "job_uuid" in answer.json()["message"]


def test_a_file_that_is_not_audio_is_an_error_in_the_old_envelope(client):
    file = SimpleUploadedFile("audio.m4a", b"not audio at all" * 99)
    answer = client.post("/api/batchtranscription/createJob", {"audioFile": file}, format="multipart")

    assert answer.status_code == 422
    assert answer.json() == {"status": "error", "message": "The file cannot be read as audio or video"}


def test_a_missing_file_is_named(client):
    answer = client.post("/api/batchtranscription/createJob", {}, format="multipart")

    assert answer.status_code == 400
    assert answer.json()["status"] == "error"


def test_without_a_key_or_token_nothing_works(client, as_user, owner):
    answer = create(APIClient())

    assert answer.status_code == 401
    assert answer.json()["status"] == "error"
    assert create(as_user(owner)).status_code == 200


def send_for(client, path: str, **fields):
    file = SimpleUploadedFile("audio.m4a", RECORDING.read_bytes())
    answer = client.post(f"/api/{path}/createJob", {"audioFile": file, **fields}, format="multipart")
    assert answer.status_code == 200, answer.json()
    return answer.json()["data"]["job_uuid"]


def test_the_turns_of_a_recording_are_found_without_its_text(client):
    ident = send_for(client, "diarization", speakers="1")
    assert client.get("/api/diarization/result", {"job_uuid": ident}).json()["data"]["status"] == "PENDING"

    with running(ident) as claimed:
        diarizing.run(claimed)

    data = client.get("/api/Diarization/Result/", {"job_uuid": ident}).json()["data"]
    assert (data["job_id"], data["status"]) == (ident, "COMPLETED")
    assert {turn["speaker"] for turn in data["turns"]} == {"S1"}
    assert all(0 <= turn["start"] < turn["end"] < 9 for turn in data["turns"])
    assert "transcription" not in data


def test_a_batch_job_may_ask_for_both(client):
    ident = send_for(client, "batchTranscription", diarize="true", speakers="1")

    work(ident)

    data = result(client, ident).json()["data"]
    assert data["transcription"] == media.text_of(RECORDING.name)
    assert {turn["speaker"] for turn in data["turns"]} == {"S1"}


def test_a_job_is_not_found_under_the_address_of_another_kind(client):
    ident = send_for(client, "diarization")

    assert result(client, ident).status_code == 404
    assert client.post(f"/api/batchTranscription/delete/{ident}").status_code == 404
    assert client.post(f"/api/diarization/delete/{ident}").json()["data"]["status"] == "CANCELLED"


def test_the_text_of_a_job_is_the_one_that_it_wrote(client, owner):
    ident = create(client).json()["data"]["job_uuid"]
    work(ident)
    transcript = Transcript.objects.get()
    work(passes.transcribe_again(owner, transcript.pk, Options())["job"]["id"])
    editing.edit(owner, transcript.pk, 1, text="Something else.", speaker=None, version=None)

    assert result(client, ident).json()["data"]["transcription"] == media.text_of(RECORDING.name)
