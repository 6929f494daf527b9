"""`python -m bench.harness.metronome TOPIC COUNT PER_S BYTES`: publishes COUNT events at an even pace, then ends.

Each carries `{"n", "t", "fill"}`: its number, the time just before it was published, and BYTES of padding.
"""

import sys
import time

import django


def main() -> None:
    topic, count, per_s, size = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    django.setup()
    from backend.live.publish import publish_now

    fill = "x" * size
    # Connections and the announcing thread come with the first event; it is not one of those that count.
    publish_now("job:warm-up", "progress", {})
    time.sleep(0.5)
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / per_s - time.monotonic()))
        publish_now(topic, "progress", {"n": number, "t": time.time(), "fill": fill})
    # Announced by a thread of this process, which ends with it.
    time.sleep(1.0)
    print("published", flush=True)


if __name__ == "__main__":
    main()
