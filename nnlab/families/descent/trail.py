"""The path of the racers: one row a step, thinned so that a long race takes no more memory than a short one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnlab.core.records import Array

MOST = 480  # rows; beyond, every second one goes and the stride doubles
COLUMNS = 3  # x, y, height


class Trail:
    """Rows (racers, 3) of float32: x, y and height at steps 0, stride, 2 stride …, and where the racers are now."""

    def __init__(self, racers: int) -> None:
        self._rows: NDArray[np.float32] = np.zeros((MOST + 1, racers, COLUMNS), np.float32)
        self._n = 0
        self.stride = 1
        self._last: tuple[int, NDArray[np.float32]] = (0, self._rows[0])

    def add(self, step: int, places: Array, heights: Array) -> None:
        """The racers at `step`; steps come one after the other."""
        row = np.empty((len(heights), COLUMNS), np.float32)
        row[:, :2], row[:, 2] = places, heights
        self._last = (step, row)
        if step % self.stride:
            return
        if self._n == MOST:
            kept = self._rows[:MOST:2].copy()
            self._n, self.stride = len(kept), 2 * self.stride
            self._rows[: self._n] = kept
            if step % self.stride:
                return
        self._rows[self._n] = row
        self._n += 1

    def all(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Steps (n,) and rows (n, racers, 3); the present ends them."""
        steps = np.arange(self._n) * self.stride
        rows = self._rows[: self._n]
        step, row = self._last
        if not self._n or steps[-1] != step:
            steps, rows = np.append(steps, step), np.concatenate([rows, row[None]])
        return steps.astype(np.int32), rows.copy()

    def state(self) -> dict[str, Array]:
        """Everything that later rows depend on."""
        step, row = self._last
        return {
            "trail": self._rows[: self._n].copy(),
            "trail_now": row.copy(),
            "trail_steps": np.array([step, self.stride], np.int64),
        }

    def restore(self, state: Mapping[str, Array]) -> None:
        """Back to `state()`."""
        rows = state["trail"]
        self._n = len(rows)
        self._rows[: self._n] = rows
        step, self.stride = (int(v) for v in state["trail_steps"])
        self._last = (step, np.asarray(state["trail_now"], np.float32).copy())
