"""What people do with jobs, by service, REST and admin."""

import threading
import time
import uuid
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test import Client

from backend.core.errors import AppError
from backend.jobs import services
from backend.jobs.errors import JobFailed
from backend.jobs.models import DeadLetter, Job, Status
from backend.jobs.running import running
from backend.live.models import OutboxRow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def submit(user, title="nap"):
    return services.submit(owner=user, kind="sleep", title=title)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="backend.accounts.backends.UsernameOrEmailBackend")
    return client


def ranks(*jobs):
    return [services.describe(Job.objects.get(pk=job.pk))["queue_rank"] for job in jobs]


def test_waiting_jobs_are_ranked_from_one(owner, teammate):
    assert ranks(submit(owner), submit(teammate), submit(owner)) == [1, 2, 3]


def test_a_job_that_starts_has_no_rank_and_the_others_move_up(owner):
    first, second = submit(owner), submit(owner)
    with running(first.id):
        assert ranks(first, second) == [-1, 1]


def test_cancelling_a_waiting_job_moves_the_others_up(owner):
    first, second = submit(owner), submit(owner)
    services.cancel(owner, first.id)
    assert ranks(first, second) == [-1, 1]


def test_too_many_waiting_jobs_are_refused(owner, settings):
    settings.CONFIG = settings.CONFIG.model_copy(update={"max_queued_jobs_per_user": 2})
    submit(owner)
    submit(owner)
    with pytest.raises(AppError) as error:
        submit(owner)
    assert error.value.code == "limit_reached"


def test_a_job_that_is_rolled_back_leaves_nothing_to_send(owner):
    with suppress(ZeroDivisionError), transaction.atomic():
        submit(owner)
        raise ZeroDivisionError
    assert (Job.objects.count(), OutboxRow.objects.count()) == (0, 0)


def test_cancelling_twice_is_the_same_as_once(owner):
    job = submit(owner)
    assert services.cancel(owner, job.id).fence == services.cancel(owner, job.id).fence


def test_a_completed_job_can_be_neither_cancelled_nor_run_again(owner):
    job = submit(owner)
    with running(job.id):
        pass
    for change in (services.cancel, services.run_again):
        with pytest.raises(AppError) as error:
            change(owner, job.id)
        assert error.value.code == "conflict"


def test_a_failed_job_runs_again_with_fresh_attempts(owner):
    job = submit(owner)
    with running(job.id):
        raise JobFailed("internal", "no")
    job = services.run_again(owner, job.id)
    assert (job.status, job.error, job.attempt_limit - job.attempt) == (Status.QUEUED, None, 3)
    with running(job.id):
        pass
    assert Job.objects.get(pk=job.pk).status == Status.COMPLETED


def test_rest_lists_only_jobs_that_one_may_see(owner, teammate, stranger):
    job = submit(owner)
    services.share(owner, job.id, teammate)
    counts = [signed_in(user).get("/api/jobs").json()["count"] for user in (owner, teammate, stranger)]
    assert counts == [1, 1, 0]


@pytest.mark.parametrize("path", ["/api/jobs/{}", "/api/jobs/{}/"])
def test_rest_gives_one_job_with_and_without_a_final_slash(owner, path):
    job = submit(owner)
    answer = signed_in(owner).get(path.format(job.id))
    assert answer.json()["id"] == str(job.id)


@pytest.mark.parametrize(("person", "status"), [("owner", 200), ("teammate", 403), ("stranger", 404)])
def test_only_the_owner_may_cancel(owner, teammate, stranger, person, status):
    job = submit(owner)
    services.share(owner, job.id, teammate)
    user = {"owner": owner, "teammate": teammate, "stranger": stranger}[person]
    answer = signed_in(user).post(f"/api/jobs/{job.id}/cancel", content_type="application/json")
    assert answer.status_code == status


def test_a_job_that_does_not_exist_is_a_problem_document(owner):
    answer = signed_in(owner).get(f"/api/jobs/{uuid.uuid4()}")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_idempotency_key_gives_the_first_answer_again(owner):
    job = submit(owner)
    client = signed_in(owner)
    first = client.post(f"/api/jobs/{job.id}/cancel", headers={"Idempotency-Key": "k"}, content_type="application/json")
    services.run_again(owner, job.id)
    again = client.post(f"/api/jobs/{job.id}/cancel", headers={"Idempotency-Key": "k"}, content_type="application/json")
    assert first.json() == again.json()
    assert Job.objects.get(pk=job.pk).status == Status.QUEUED


def test_a_key_that_was_used_for_another_command_is_refused(owner):
    job = submit(owner)
    client = signed_in(owner)
    client.post(f"/api/jobs/{job.id}/cancel", headers={"Idempotency-Key": "k"}, content_type="application/json")
    answer = client.post(
        f"/api/jobs/{job.id}/run-again", headers={"Idempotency-Key": "k"}, content_type="application/json"
    )
    assert answer.json()["code"] == "conflict"


def test_a_removed_job_is_gone(owner):
    job = submit(owner)
    services.remove(job)
    assert not Job.objects.exists()


def test_a_job_that_somebody_else_has_removed_meanwhile_stays_removed(owner, read_log):
    submit(owner)
    for seen in [Job.objects.get(), Job.objects.get()]:
        services.remove(seen)
    told = [event["event"] for event in read_log(f"user:{owner.pk}")]
    assert told.count("job_removed") == 1


def test_a_job_that_is_removed_while_somebody_waits_to_cancel_it_is_not_there(owner):
    job = submit(owner)
    codes = []

    def cancel():
        try:
            services.cancel(owner, job.pk)
        except AppError as error:
            codes.append(error.code)
        finally:
            connection.close()

    thread = threading.Thread(target=cancel)
    with transaction.atomic():
        services.remove(job)
        thread.start()
        time.sleep(0.3)  # it has found the job, and waits for it
    thread.join()
    assert codes == ["not_found"]


def test_the_admin_lists_dead_letters_and_runs_them_again(owner, admin_client):
    job = submit(owner)
    with running(job.id):
        raise JobFailed("engine_failed", "It broke.")
    page = admin_client.get("/admin/jobs/deadletter/")
    assert "engine_failed: It broke." in page.content.decode()
    admin_client.post("/admin/jobs/deadletter/", {"action": "run_again", "_selected_action": [str(job.id)]})
    assert Job.objects.get(pk=job.pk).status == Status.QUEUED
    assert not DeadLetter.objects.filter(status=Status.FAILED).exists()
