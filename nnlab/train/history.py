"""The history of a run's metrics, thinned so that it never grows beyond a screenful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LIMIT = 1_500  # rows; a curve is drawn on some 600 pixels, so this is two rows a pixel
Rows = NDArray[np.float64]


class History:
    """Rows (step, epoch, then the metrics `names`) in order of step; NaN where there is none.

    The first row always stays. Once `LIMIT` rows are full every second one goes, and from then on rows lie at least
    `_gap` updates apart; the newest row is always the last.
    """

    def __init__(self, names: Sequence[str], rows: Rows | None = None) -> None:
        self.names = tuple(names)
        self._rows = np.empty((LIMIT, 2 + len(self.names)))
        self._n = 0
        self._gap = 0.0
        if rows is not None:
            kept = np.asarray(rows, np.float64).reshape(-1, self._rows.shape[1])[:LIMIT]
            self._n = len(kept)
            self._rows[: self._n] = kept
            self._gap = self._usual_gap()

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> Rows:
        """(n, 2 + metrics), a copy."""
        return self._rows[: self._n].copy()

    def column(self, name: str) -> Rows:
        """One metric (n,), a copy; NaN throughout where the run has no such metric."""
        if name not in self.names:
            return np.full(self._n, np.nan)
        return self._rows[: self._n, 2 + self.names.index(name)].copy()

    def since(self, step: int, most: int) -> Rows:
        """The rows after `step`, at most `most` of them, evenly chosen."""
        first = int(np.searchsorted(self._rows[: self._n, 0], step, side="right"))
        stride = max(1, -(-(self._n - first) // most))
        return self._rows[first : self._n : stride].copy()

    def add(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """One more row; one at the step of the last row replaces it, and so does one too close to its neighbours."""
        row = (step, epoch, *(metrics.get(name, np.nan) for name in self.names))
        n = self._n
        again = n > 0 and self._rows[n - 1, 0] >= step
        crowded = n > 2 and self._rows[n - 1, 0] - self._rows[n - 2, 0] < self._gap
        if again or crowded:
            n -= 1
        elif n == LIMIT:
            n = self._thin()
        self._rows[n] = row
        self._n = n + 1

    def truncate(self, step: int) -> None:
        """Forget every row after `step`."""
        self._n = int(np.searchsorted(self._rows[: self._n, 0], step, side="right"))

    def last_within(self, name: str, limit: float, better: Literal["lower", "higher", ""]) -> int | None:
        """The newest step at which the metric `name` was a number not worse than `limit`."""
        values = self.column(name)
        good = np.flatnonzero(values >= limit if better == "higher" else values <= limit)
        return int(self._rows[good[-1], 0]) if len(good) else None

    def _thin(self) -> int:
        kept = self._rows[: self._n : 2]
        self._rows[: len(kept)] = kept.copy()
        self._n = len(kept)
        self._gap = self._usual_gap()
        return self._n

    def _usual_gap(self) -> float:
        """The spacing that fills half of the limit over the present length; 0 while there is room."""
        if self._n < LIMIT // 2:
            return 0.0
        return float(self._rows[self._n - 1, 0] - self._rows[0, 0]) / (LIMIT // 2)
