"""The changes of an experiment that can be taken back, and made again. No torch."""

from __future__ import annotations

from typing import Any

from nnlab.core.experiment import Experiment, at, changed

MOST = 100  # changes that can be taken back
DRAG_S = 0.8  # changes of the same fields that follow one another so soon are one: a slider or a point that is dragged


class Past:
    """The experiments before and after the present one, `now`."""

    def __init__(self, now: Experiment) -> None:
        self.now = now
        self._before: list[Experiment] = []
        self._after: list[Experiment] = []
        self._fields: tuple[str, ...] = ()  # that were changed last
        self._at = 0.0

    @property
    def before(self) -> Experiment | None:
        """What taking the last change back leads to; None where there is none."""
        return self._before[-1] if self._before else None

    @property
    def after(self) -> Experiment | None:
        """What making the change again leads to; None where none was taken back."""
        return self._after[-1] if self._after else None

    def take(self, new: Experiment, at_s: float) -> None:
        """The experiment was changed to `new`, at the time `at_s` in seconds."""
        fields = changed(self.now, new)
        if not fields:
            return
        dragged = fields == self._fields and at_s - self._at <= DRAG_S and _continuous(self.now, new, fields)
        if not dragged:
            self._before = [*self._before, self.now][-MOST:]
        self._after.clear()
        self.now, self._fields, self._at = new, fields, at_s
        if self._before[-1] == new:  # dragged, and put back
            self._before.pop()
            self._fields = ()

    def moved(self, to: Experiment) -> None:
        """The history of the run has led past changes, back or forth; one that it has led to otherwise is a step of its own."""
        if to == self.before:
            self.back()
        elif to == self.after:
            self.forth()
        elif to != self.now:
            self._before = [*self._before, self.now][-MOST:]
            self._after.clear()
            self.now, self._fields = to, ()

    def back(self) -> None:
        """The last change was taken back."""
        self._after.append(self.now)
        self.now, self._fields = self._before.pop(), ()

    def forth(self) -> None:
        """The change was made again."""
        self._before.append(self.now)
        self.now, self._fields = self._after.pop(), ()


def _continuous(old: Experiment, new: Experiment, fields: tuple[str, ...]) -> bool:
    """Whether what has changed can be dragged: numbers, or one edited example whose place in its list stays."""
    return all(_dragged(at(old, path), at(new, path)) for path in fields)


def _dragged(old: Any, new: Any) -> bool:
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and sum(a != b for a, b in zip(old, new, strict=True)) == 1
    return isinstance(old, float) and isinstance(new, float)
