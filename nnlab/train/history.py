"""The history of a run's losses and accuracies, thinned so that it never grows beyond a screenful."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

LIMIT = 1_500  # rows; a curve is drawn on some 600 pixels, so this is two rows a pixel
METRICS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
Rows = NDArray[np.float64]


class Curves:
    """Rows (step, epoch, train_loss, test_loss, train_accuracy, test_accuracy) in order of step; NaN where there is none.

    The first row always stays. Once `LIMIT` rows are full every second one goes, and from then on rows lie at least
    `_gap` updates apart; the newest row is always the last.
    """

    def __init__(self, rows: Rows | None = None) -> None:
        self._rows = np.empty((LIMIT, 2 + len(METRICS)))
        self._n = 0
        self._gap = 0.0
        if rows is not None:
            kept = np.asarray(rows, np.float64).reshape(-1, 2 + len(METRICS))[:LIMIT]
            self._n = len(kept)
            self._rows[: self._n] = kept
            self._gap = self._usual_gap()

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> Rows:
        """(n, 6), a copy."""
        return self._rows[: self._n].copy()

    def since(self, step: int, most: int) -> Rows:
        """The rows after `step`, at most `most` of them, evenly chosen."""
        first = int(np.searchsorted(self._rows[: self._n, 0], step, side="right"))
        stride = max(1, -(-(self._n - first) // most))
        return self._rows[first : self._n : stride].copy()

    def add(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """One more row; one at the step of the last row replaces it, and so does one too close to its neighbours."""
        row = (step, epoch, *(metrics.get(name, np.nan) for name in METRICS))
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

    def last_below(self, train_loss: float) -> int | None:
        """The newest step whose training loss was a number not above `train_loss`."""
        good = np.flatnonzero(self._rows[: self._n, 2] <= train_loss)
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
