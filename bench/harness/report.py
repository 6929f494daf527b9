"""Progress on stderr, one flat JSON object as the last line of stdout, and figures made from samples."""

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

_began = time.monotonic()


def progress(text: str) -> None:
    print(f"[{time.monotonic() - _began:6.1f} s] {text}", file=sys.stderr, flush=True)


def finish(name: str, figures: dict[str, object], errors: Sequence[str]) -> NoReturn:
    """Print the result and end the process: with 1 where an event was lost, repeated or out of order."""
    for error in errors[:20]:
        progress(f"ERROR {error}")
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load_1m": round(os.getloadavg()[0], 2)}
    result = {
        "bench": name,
        **figures,
        **machine,
        "seconds": round(time.monotonic() - _began, 1),
        "errors": len(errors),
    }
    print(json.dumps(result), flush=True)
    sys.exit(1 if errors else 0)


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all samples do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def rounded(value: float) -> float:
    """Three significant digits, or whole numbers."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))
