"""OpenAI's audio API in process: what is refused with which error, and the shapes of the answers."""

import json
import math
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.test import APIClient

from backend.accounts import services
from backend.core.errors import AppError
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.live.openai.streaming import WAIT_S, patience
from backend.speech.api import openai_shapes as shapes
from backend.speech.api.openai_languages import name_of
from backend.speech.api.openai_waiting import tell, wait_for_end
from backend.speech.models import Transcript
from backend.speech.services.schemas import describe_whole
from tests.fixtures import media
from tests.speech.conftest import RECORDING

database = [pytest.mark.django_db(transaction=True), pytest.mark.database]


class TestRefusals:
    pytestmark = database

    @pytest.fixture
    def client(self, as_user, owner, tiny_whisper):
        return as_user(owner)

    @staticmethod
    def send(client, address="transcriptions", content=None, **fields):
        file = SimpleUploadedFile("talk.mp3", RECORDING.read_bytes() if content is None else content)
        return client.post(f"/v1/audio/{address}", {"file": file, "model": "whisper-1", **fields}, format="multipart")

    @pytest.mark.parametrize(
        ("address", "fields", "status", "code", "param"),
        [
            ("transcriptions", {"response_format": "docx"}, 400, "invalid", "response_format"),
            ("transcriptions", {"timestamp_granularities[]": "letter"}, 400, "invalid", "timestamp_granularities"),
            ("transcriptions", {"language": "not a code"}, 400, "invalid", "language"),
            ("transcriptions", {"language": "tlh"}, 400, "unsupported_option", None),
            ("transcriptions", {"model": "voxtral"}, 404, "not_found", "model"),
            ("transcriptions", {"content": b""}, 400, "empty_file", None),
            ("transcriptions", {"content": b"%PDF-1.7 " * 500}, 400, "unreadable_audio", None),
            ("translations", {}, 400, "unsupported_option", None),
            ("translations", {"response_format": "diarized_json"}, 400, "invalid", "response_format"),
        ],
    )
    def test_an_error_is_in_the_envelope_and_names_the_field(self, client, address, fields, status, code, param):
        answer = self.send(client, address, **fields)

        error = answer.json()["error"]
        assert answer.status_code == status
        assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
        assert error["message"]
        assert not Transcript.objects.exists()

    def test_a_file_is_required(self, client):
        answer = client.post("/v1/audio/transcriptions", {"model": "whisper-1"}, format="multipart")

        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")

    def test_a_body_that_is_no_form_is_a_bad_request(self, client):
        assert client.post("/v1/audio/transcriptions", {}, format="json").status_code == 400

    def test_a_file_in_the_place_of_a_word_is_taken_for_none(self, client):
        answer = self.send(client, response_format=SimpleUploadedFile("a", b"b"), language="tlh")

        assert answer.json()["error"]["code"] == "unsupported_option"

    def test_a_recording_that_is_too_large(self, client, configure):
        configure(max_upload_mb=1)

        answer = self.send(client, content=bytes(1_200_000))

        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    def test_a_wrong_key(self, db):
        answer = self.send(APIClient(headers={"Authorization": "Bearer wrong"}))

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["error"]["code"] == "invalid_api_key"
        assert answer.json()["error"]["type"] == "authentication_error"

    def test_a_key_needs_the_scope(self, owner, tiny_whisper):
        _, secret = services.create_key(user=owner, name="a program", scopes=["jobs"])

        answer = self.send(APIClient(headers={"Authorization": f"Bearer {secret}"}))

        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")

    def test_past_the_quota_a_client_learns_when_to_come_back(self, client, upload, owner, configure):
        upload(owner)
        configure(max_queued_jobs_per_user=1)

        answer = self.send(client)

        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert answer.json()["error"]["code"] == "rate_limit_exceeded"
        assert "X-Should-Retry" not in answer


class TestModels:
    pytestmark = database

    def test_the_list_holds_the_alias_and_what_is_installed(self, as_user, owner, tiny_whisper):
        answer = as_user(owner).get("/v1/models").json()

        assert answer["object"] == "list"
        assert [model["id"] for model in answer["data"]][:2] == ["whisper-1", media.MODEL.parent.name]
        assert answer["data"][1] == {**answer["data"][0], "id": media.MODEL.parent.name}

    def test_one_that_is_not_there(self, as_user, owner, tiny_whisper):
        answer = as_user(owner).get("/v1/models/gpt-9")

        assert (answer.status_code, answer.json()["error"]["param"]) == (404, "model")

    def test_another_engine_has_a_model_too(self, as_user, owner, configure):
        configure(transcriber="pocketsphinx")
        assert as_user(owner).get("/v1/models/en-us").json()["created"] == 0


class TestWaiting:
    pytestmark = database

    @pytest.fixture
    def taken(self, upload, owner, tiny_whisper) -> Transcript:
        return Transcript.objects.select_related("job__owner").get(pk=upload(owner)["transcript"]["id"])

    @pytest.fixture
    def ended(self, taken, request) -> Transcript:
        status, error = request.param
        jobs.end(Job.objects.get(pk=taken.job_id), status, error)
        return taken

    @pytest.fixture
    def deleted(self, taken) -> Transcript:
        jobs.remove(taken.job)
        return taken

    async def test_a_job_that_goes_on_is_not_waited_for_too_long(self, taken, live_loop):
        assert not await wait_for_end(taken.job_id, 0.2)

    @pytest.mark.parametrize(
        ("ended", "code"),
        [
            ((Status.FAILED, {"code": "engine_failed", "message": "It broke."}), "engine_failed"),
            ((Status.FAILED, {"code": "of an older release", "message": "It broke."}), "engine_failed"),
            ((Status.CANCELLED, None), "conflict"),
        ],
        indirect=["ended"],
    )
    async def test_a_bad_end_is_an_error(self, ended, code, live_loop):
        with pytest.raises(AppError) as caught:
            await wait_for_end(ended.job_id, 30)
        assert caught.value.code == code

    async def test_a_transcript_that_was_deleted_is_an_error(self, deleted, live_loop):
        with pytest.raises(AppError, match="deleted"):
            await wait_for_end(deleted.job_id, 30)

    async def test_a_stream_says_that_the_work_goes_on(self, taken, live_loop, monkeypatch):
        monkeypatch.setattr("backend.speech.api.openai_waiting.STREAM_S", 0.5)
        monkeypatch.setattr("backend.speech.api.openai_waiting.SILENCE_S", 0.2)

        told = [piece async for piece in tell(taken.job_id, taken.pk, list)]

        assert len(told) > 2
        assert set(told[:-1]) == {b": listening\n\n"}
        error = json.loads(told[-1].removeprefix(b"data: "))["error"]
        assert (error["type"], error["code"]) == ("server_error", "timeout")
        assert str(taken.pk) in error["message"]

    @pytest.mark.parametrize(
        ("told", "seconds"), [("", WAIT_S), ("600", 590), ("99999", WAIT_S), ("3", 1), ("nonsense", WAIT_S)]
    )
    def test_the_answer_comes_before_the_client_gives_up(self, told, seconds):
        request = RequestFactory().post("/", headers={"X-Stainless-Read-Timeout": told})
        assert patience(Request(request)) == seconds


class TestShapes:
    pytestmark = database

    @pytest.fixture
    def whole(self, finished, owner) -> dict:
        return describe_whole(finished(owner))

    def test_the_text_of_a_transcript_is_that_of_its_segments(self, whole):
        text = media.text_of(RECORDING.name)
        assert shapes.as_json(whole) == {"text": text, "usage": {"type": "duration", "seconds": 8}}
        deltas = [shapes.delta(one["text"], first=one["id"] == 1)["delta"] for one in whole["segments"]]
        assert "".join(deltas) == shapes.done(whole)["text"] == text

    @pytest.mark.parametrize(
        ("granularities", "names"),
        [({"segment"}, {"segments"}), ({"word"}, {"words"}), ({"word", "segment"}, {"words", "segments"})],
    )
    def test_verbose_json_has_what_was_asked_for(self, whole, granularities, names):
        shape = shapes.as_verbose_json(whole, granularities)
        assert set(shape) - {"task", "language", "duration", "text", "usage"} == names

    def test_a_segment_has_all_fields_of_openai(self, whole):
        shape = shapes.as_verbose_json(whole, {"segment"})
        first, before = shape["segments"][0], whole["segments"][0]
        words = [word["p"] for word in before["words"]]
        assert first == {
            "id": 0,
            "seek": round(before["start"] * 100),
            "start": before["start"],
            "end": before["end"],
            "text": before["text"],
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": pytest.approx(sum(map(math.log, words)) / len(words), abs=0.001),
            "compression_ratio": pytest.approx(
                len(before["text"].encode()) / len(zlib.compress(before["text"].encode())), abs=0.001
            ),
            "no_speech_prob": 0.0,
        }

    def test_the_models_of_openais_client_accept_every_shape(self, whole):
        from openai.types import audio

        for model, shape in (
            (audio.Transcription, shapes.as_json(whole)),
            (audio.TranscriptionVerbose, shapes.as_verbose_json(whole, {"word", "segment"})),
            (audio.TranslationVerbose, shapes.as_verbose_json(whole, {"segment"})),
            (audio.TranscriptionDiarized, shapes.as_diarized_json(whole)),
            (audio.TranscriptionTextDeltaEvent, shapes.delta("word", first=True)),
            (audio.TranscriptionTextDoneEvent, shapes.done(whole)),
            *((audio.TranscriptionTextSegmentEvent, one) for one in shapes.speaker_segments(whole)),
        ):
            known = model.model_validate(shape)
            assert set(known.model_extra) <= {"task", "usage"}, model

    def test_a_recording_without_words_is_an_empty_text(self, whole):
        silent = {**whole, "segments": [], "language": "", "duration_s": None}
        assert shapes.as_verbose_json(silent, {"word", "segment"})["text"] == ""

    def test_a_word_that_cannot_be_has_a_logarithm(self, whole):
        segment = {**whole["segments"][0], "words": [], "confidence": 0.0}
        shape = shapes.as_verbose_json({**whole, "segments": [segment]}, {"segment"})
        assert shape["segments"][0]["avg_logprob"] < -5

    def test_speakers_have_their_names(self, whole):
        speakers = [
            {"label": "S1", "name": "Ada", "merged_into": ""},
            {"label": "S2", "name": "", "merged_into": "S1"},
            {"label": "S3", "name": "", "merged_into": ""},
        ]
        segments = [{**whole["segments"][0], "speaker": label} for label in ("S1", "S2", "S3", "")]
        shape = shapes.as_diarized_json({**whole, "speakers": speakers, "segments": segments})
        assert [segment["speaker"] for segment in shape["segments"]] == ["Ada", "Ada", "S3", ""]

    def test_a_translation_is_english_whatever_was_spoken(self, whole):
        translated = {**whole, "language": "de", "options": {**whole["options"], "task": "translate"}}
        assert shapes.as_verbose_json(translated, {"word"})["language"] == "english"


@pytest.mark.parametrize(
    ("code", "name"), [("en", "english"), ("de", "german"), ("zh", "chinese"), ("yue", "cantonese"), ("xx", "xx")]
)
def test_languages_have_english_names(code, name):
    assert name_of(code) == name


def test_every_language_of_whisper_has_a_name():
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert [code for code in _LANGUAGE_CODES if name_of(code) == code] == []
