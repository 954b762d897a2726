"""The state of a neuron beside its weights, which a replay restores: path, table, mistakes, pocket, cycle.

The perceptron's updates are summed exactly: in units of the learning rate each one is plus or minus a point, and points on
the grid of thousandths that the mouse can reach are whole numbers of it (others add up in float64, almost always without
rounding). So weights that repeat are equal bit by bit, and Brent's algorithm (1980) finds the length of the cycle with one
stored state.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnlab.core.records import Array

Values = NDArray[np.float64]
TABLE = 24  # examples in the table of updates
LARGEST = 3e38  # of float32, rounded down
TRACE = 256  # places of the path
COLUMNS = 9  # of the table: example, x, y, t, z, mistake, w1, w2, b afterwards


class Trace:
    """The weights of all rows at evenly thinned moments: column 0 is the number of examples seen since it began."""

    def __init__(self, width: int) -> None:
        self.values = np.zeros((TRACE, 1 + width))
        self.counts = np.array([0, 1, 0])  # places kept, stride, moments seen

    def clear(self, weights: Values) -> None:
        """Begin at `weights`."""
        self.counts[:] = 0, 1, 0
        self.add(0, weights)

    def add(self, examples: int, weights: Values) -> None:
        """One more moment; where there is no room, every second one goes and the stride doubles."""
        length, stride, seen = self.counts
        self.counts[2] += 1
        if seen % stride:
            return
        if length == TRACE:
            self.values[: TRACE // 2] = self.values[::2]
            self.counts[:2] = TRACE // 2, stride * 2
            length = TRACE // 2
            if seen % (stride * 2):
                return
        self.values[length, 0] = examples
        self.values[length, 1:] = weights.ravel()
        self.counts[0] = length + 1

    def plain(self) -> Array:
        """A copy for a snapshot: half as long in float32, and finite as long as the weights are."""
        return np.clip(self.values, -LARGEST, LARGEST).astype(np.float32)

    @property
    def rows(self) -> Values:
        """(n, 1 + width): what is kept."""
        return self.values[: self.counts[0]]


class Tally:
    """The perceptron rule's bookkeeping, counted from the last change of points, learning rate or weights."""

    names = ("counts", "origin", "sum", "unit", "tortoise", "pocket", "table")

    def __init__(self, size: int) -> None:
        # mistakes, examples, -, -, right ones of the pocket, passes, power, lap, period, mistakes in pass, begun inside a pass
        self.counts = np.zeros(11, np.int64)
        self.origin, self.sum, self.tortoise, self.pocket = (np.zeros(size) for _ in range(4))
        self.unit = np.ones(1)
        self.grain = 1.0  # steps of the points' grid in 1; 1 where they lie on none
        self.table = np.zeros((TABLE, COLUMNS))

    def begin(self, weights: Values, lr: float, *, inside: bool) -> None:
        """Count from here; `inside`: some points of this pass were looked at before."""
        self.counts[:] = 0
        self.counts[[4, 6, 10]] = -1, 1, inside
        self.origin[:], self.unit[0] = weights, lr
        self.sum[:] = 0
        self.tortoise[:] = 0
        self.pocket[:] = weights
        self.table[:] = 0

    @property
    def mistakes(self) -> int:
        """Updates so far."""
        return int(self.counts[0])

    @property
    def examples(self) -> int:
        """Points looked at so far."""
        return int(self.counts[1])

    @property
    def period(self) -> int:
        """Epochs after which the weights repeat; 0 while they have not, or while no mistake was made."""
        return max(0, int(self.counts[8]))

    @property
    def settled(self) -> bool:
        """Whether a whole pass went by without a mistake."""
        return bool(self.counts[5] > 0 and self.counts[8] < 0)

    def right(self) -> None:
        """One more example that was right."""
        self.counts[1] += 1

    def wrong(self, update: Values) -> Values:
        """One more mistake, `update` = t x; the weights after it."""
        self.counts[[0, 1, 9]] += 1
        self.sum += np.rint(update * self.grain) if self.grain > 1 else update
        weights: Values = self.origin + self.unit[0] * self.sum / self.grain
        return weights

    def keep(self, weights: Values, right: int) -> None:
        """Put weights into the pocket if they classify more training points correctly than those in it.

        Gallant 1990 checks only lines that have lasted (his ratchet); with few points every new line can be checked.
        """
        if right > self.counts[4]:
            self.counts[4] = right
            self.pocket[:] = weights

    def end_pass(self) -> None:
        """A pass over the points in their fixed order has ended: have the weights repeated?"""
        if self.counts[10]:  # the next pass is the first whole one
            self.counts[[9, 10]] = 0
            self.tortoise[:] = self.sum
            return
        self.counts[5] += 1
        quiet, self.counts[9] = self.counts[9] == 0, 0
        if quiet:
            self.counts[8] = -1
        if self.counts[8]:
            return
        self.counts[7] += 1
        if np.array_equal(self.sum, self.tortoise):
            self.counts[8] = self.counts[7]
        elif self.counts[7] == self.counts[6]:
            self.tortoise[:] = self.sum
            self.counts[6:8] = 2 * self.counts[6], 0

    def note(self, row: tuple[float, ...]) -> None:
        """One line of the table, newest last."""
        self.table[:-1] = self.table[1:]
        self.table[-1] = row

    def state(self) -> dict[str, Array]:
        """A copy of everything."""
        return {f"tally.{name}": getattr(self, name).copy() for name in self.names}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Back to `state()`."""
        for name in self.names:
            getattr(self, name)[:] = state[f"tally.{name}"]
