"""`python -m bench.harness.working JOB STEPS EVERY_S`: works on a waiting job as a worker does, reporting progress.

Prints one JSON object at the end: when each step was reported.
"""

import json
import sys
import time

import django


def main() -> None:
    job, steps, every_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    django.setup()
    from backend.jobs.running import running

    made = {}
    with running(job) as run:
        began = time.monotonic()
        for step in range(1, steps + 1):
            time.sleep(max(0.0, began + step * every_s - time.monotonic()))
            made[step] = time.time()
            run.progress(step, steps, stage="working", unit="steps")
    # The announcing thread ends with this process.
    time.sleep(1.0)
    print(json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
