"""`python -m bench.harness.people COUNT JOBS`: people with access tokens, and jobs that all of them may watch.

Prints `{"tokens": [...], "jobs": [...]}`. It runs as a process of its own, so that no
benchmark has to set up Django in the process that measures.
"""

import json
import sys

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from backend.accounts import tokens
    from backend.accounts.models import User
    from backend.jobs.models import Job

    names = [f"person-{number}" for number in range(int(sys.argv[1]))]
    User.objects.bulk_create(
        User(username=name, email=f"{name}@example.org", password="!", cuid=name) for name in names
    )
    people = list(User.objects.order_by("pk"))
    now = timezone.now()
    times = {"created_at": now, "queued_at": now, "sent_at": now}
    jobs = []
    for _ in range(int(sys.argv[2])):
        # Started by nobody: only a benchmark touches it.
        job = Job.objects.create(owner=people[0], kind="transcription", queue="batch_queue", title="Benchmark", **times)
        job.viewers.set(people[1:])
        jobs.append(str(job.id))
    access = [tokens.token_pair(person)["access"] for person in people]
    print(json.dumps({"tokens": access, "jobs": jobs}))


if __name__ == "__main__":
    main()
