"""One honest percentage and the time left, from stages that do not take equally long. Pure: time is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Before so much of a stage is done, or has been watched for so long, its speed says nothing.
MIN_SHARE: Final = 0.02
MIN_SECONDS: Final = 0.5


@dataclass(slots=True)
class Progress:
    """`weights` gives each stage its share of the whole, in the order in which they run."""

    weights: Mapping[str, float] = field(default_factory=dict)
    stage: str = ""
    unit: str = ""
    done: float = 0.0
    total: float = 0.0
    percent: float = 0.0
    eta_s: float | None = None
    _since: float = 0.0
    _first: float = 0.0

    def update(self, done: float, total: float, stage: str, unit: str, now: float) -> None:
        """Take a report of the work; `now` in seconds of a clock that only rises. The percentage never falls."""
        if stage != self.stage:
            self._since, self._first = now, done
        self.stage, self.unit = stage, unit
        self.total = max(total, 0.0)
        self.done = min(max(done, 0.0), self.total)
        share = self.done / self.total if self.total else 0.0
        self.percent = max(self.percent, min(self._percent(share), 100.0))
        self.eta_s = self._time_left(now)

    def _percent(self, share: float) -> float:
        whole = sum(self.weights.values())
        if self.stage not in self.weights or not whole:
            return 100.0 * share
        before = 0.0
        for name, weight in self.weights.items():
            if name == self.stage:
                return 100.0 * (before + weight * share) / whole
            before += weight
        return 0.0

    def _time_left(self, now: float) -> float | None:
        moved = self.done - self._first
        elapsed = now - self._since
        if elapsed < MIN_SECONDS or not self.total or moved / self.total < MIN_SHARE:
            return None
        stage_left = elapsed * (self.total - self.done) / moved
        weight = self.weights.get(self.stage)
        if not weight:
            return stage_left
        # Later stages are taken to run at the speed that this one's weight promises.
        names = list(self.weights)
        later = sum(self.weights[name] for name in names[names.index(self.stage) + 1 :])
        stage_whole = elapsed * self.total / moved
        return stage_left + stage_whole * later / weight
