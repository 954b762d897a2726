"""What is measured of a run: a seeded sample of each split as large as its cost allows, and the whole splits.

A sample is sized once by what its evaluation takes; a split that is cheap enough is measured whole, as small ones are. What
takes longer than a few milliseconds is a generator: it yields between its slices, while the weights stand still. The exact
figures are taken where a run rests and where a stop rule waits for them.
"""

from __future__ import annotations

import time
from collections.abc import Generator

from torch import Tensor

from nnlab.core.metrics import Metric, watched
from nnlab.core.records import SPLITS, Split
from nnlab.families.learner import ALL, Learner, Rows
from nnlab.families.sampling import sample

FIRST = 128  # examples of the first try, and of the sample of a model that takes several slices for them
ENOUGH_S = 0.002  # of processor time for one split: a larger sample is not tried
FAIR, FAIR_S = (
    512,
    0.025,
)  # test examples: of 128 a share of right answers strays by four points; for them more time is given
Measuring = Generator[None, None, dict[str, float]]


class Evaluation:
    """The samples of one learner and the metrics as last measured. `exact` says whether they are those of whole splits."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.metrics: dict[str, float] = {}
        self.exact = False
        self._cheap: dict[Split, int] = {}  # examples whose evaluation was tried and found cheap
        self._enough: dict[Split, int] = {}  # as many as are never exceeded
        self.rows: dict[Split, Rows] = {}
        self.renew()

    def renew(self) -> None:
        """Samples of the learner's present examples; what was found about their cost holds, and is not measured again."""
        for split in SPLITS:
            self.rows[split] = sample(self.learner, split, self._size(split))

    @property
    def sampled(self) -> dict[str, int]:
        """How many examples the metrics were measured on, for each split that was not measured whole."""
        if self.exact:
            return {}
        return {split: len(rows) for split, rows in self.rows.items() if isinstance(rows, Tensor)}

    @property
    def quick(self) -> bool:
        """Whether the samples are measured in one slice."""
        return all(self._counted(split, rows) <= self._at_once for split, rows in self.rows.items())

    def measuring(self) -> Measuring:
        """The metrics on the samples, in slices; kept in `metrics` at the end."""
        values = {}
        for split, rows in self.rows.items():
            values[split] = yield from self._means(split, rows)
        self.metrics = self._named(values)
        self.exact = not any(isinstance(rows, Tensor) for rows in self.rows.values())
        return self.metrics

    def whole(self) -> Measuring:
        """The metrics on all examples, in slices; kept in `metrics` at the end."""
        values = {}
        for split in SPLITS:
            values[split] = yield from self._means(split, ALL)
        self.metrics, self.exact = self._named(values), True
        return self.metrics

    def judged(self) -> Generator[None, None, tuple[Metric, float]]:
        """The metric that stop rules look at, on all of its examples, in slices."""
        metric = watched(self.learner.metrics, tested=self.learner.count("test") > 0)
        values = self.learner.gauges() if not metric.split else (yield from self._means(metric.split, ALL))
        return metric, values.get(metric.measured_as, float("nan"))

    @property
    def _at_once(self) -> int:
        return 3 * self.learner.part  # a forward pass costs a third of an update

    def _counted(self, split: Split, rows: Rows) -> int:
        return len(rows) if isinstance(rows, Tensor) else self.learner.count(split)

    def _means(self, split: Split, rows: Rows) -> Measuring:
        n, at_once = self._counted(split, rows), self._at_once
        if n <= at_once:
            return self.learner.evaluate(split, rows)
        total: dict[str, float] = {}
        for first in range(0, n, at_once):
            stop = min(first + at_once, n)
            part = self.learner.evaluate(split, rows[first:stop] if isinstance(rows, Tensor) else slice(first, stop))
            for name, value in part.items():
                total[name] = total.get(name, 0.0) + value * (stop - first) / n
            if stop < n:
                yield
        return total

    def _named(self, values: dict[Split, dict[str, float]]) -> dict[str, float]:
        gauges = self.learner.gauges()
        found = {}
        for metric in self.learner.metrics:
            known = values[metric.split] if metric.split else gauges
            if metric.measured_as in known:
                found[metric.name] = known[metric.measured_as]
        return found

    def _size(self, split: Split) -> int:
        """The first size that is not cheap, or all examples."""
        n, size = self.learner.count(split), max(FIRST, self._cheap.get(split, FIRST))
        while split not in self._enough and size < n:
            at_once = min(size, self._at_once)
            cost_s = self._cost_s(split, at_once) * size / at_once
            fair = split == "test" and size < FAIR and 2 * cost_s < FAIR_S
            if fair or (size <= self._at_once and cost_s < ENOUGH_S):
                self._cheap[split] = size = 2 * size
            else:
                self._enough[split] = size
        return min(self._enough.get(split, n), n)

    def _cost_s(self, split: Split, size: int) -> float:
        rows, costs = sample(self.learner, split, size), []
        for _ in range(2):  # the first call also allocates
            began = time.thread_time()
            self.learner.evaluate(split, rows)
            costs.append(time.thread_time() - began)
        return min(costs)
