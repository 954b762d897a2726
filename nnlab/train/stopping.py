"""When a run ends by itself: after so many epochs, at a target loss, or once the test loss has stopped falling.

The rules are looked at when an epoch ends and depend on nothing but the numbers of the run, so a replay stops where the
first pass did. Pressing play after a stop goes on from there (`proceed`): the epochs count anew, patience starts afresh, and
a target that has been reached is no longer asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnlab.core.experiment import Stop


@dataclass(frozen=True)
class Watch:
    """What the stop rule remembers: part of the state of a run, so it travels in snapshots and checkpoints.

    `since`: the epoch from which epochs count. `best`, `best_epoch`: the lowest test loss and when. `reached`: the target
    that was met already. `sentence`: why the run ended; "" while it goes on.
    """

    since: int = 0
    best: float = math.inf
    best_epoch: int = 0
    reached: float = 0.0
    sentence: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON values (infinity is None)."""
        return {**self.__dict__, "best": self.best if math.isfinite(self.best) else None}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Watch:
        """From `plain()`."""
        return cls(**{**value, "best": math.inf if value["best"] is None else value["best"]})


def needs_loss(stop: Stop) -> bool:
    """Whether the rule asks for the test loss at the end of each epoch."""
    return stop.target_loss > 0 or stop.patience > 0


def after_epoch(watch: Watch, stop: Stop, *, epoch: int, loss: float, unit: str = "epoch") -> Watch:
    """The rule at the end of an epoch: `epoch` passes are done and the test loss is `loss` (NaN if not asked for).

    `unit`: the word for a pass; on a surface, where no examples are passed through, it is a step.
    """
    if loss < watch.best:
        watch = replace(watch, best=loss, best_epoch=epoch)
    if stop.target_loss > 0 and loss <= stop.target_loss and watch.reached != stop.target_loss:
        sentence = f"Stopped: the test loss has reached {loss:.4g}, and the target is {stop.target_loss:.4g}."
        return replace(watch, reached=stop.target_loss, sentence=sentence)
    if stop.epochs and epoch - watch.since >= stop.epochs:
        more = f"another {_counted(stop.epochs, unit)}" if watch.since else _counted(epoch, unit)
        return replace(watch, sentence=f"Stopped after {more}, as the stop rule says.")
    waited = epoch - max(watch.best_epoch, watch.since)
    if stop.patience and waited >= stop.patience:
        best = f"{watch.best:.4g} in epoch {watch.best_epoch}" if math.isfinite(watch.best) else "never a number"
        return replace(
            watch, sentence=f"Stopped: the test loss has not improved for {_counted(waited, unit)} (best: {best})."
        )
    return watch


def proceed(watch: Watch, epoch: int) -> Watch:
    """Going on after a stop: the rule counts from here."""
    return replace(watch, since=epoch, best_epoch=epoch, best=math.inf, sentence="")


def after_change(watch: Watch, old: Stop, new: Stop, epoch: int) -> Watch:
    """A changed rule starts afresh; a stop it no longer asks for is lifted."""
    if old == new:
        return watch
    since = 0 if new.epochs > epoch else epoch
    return Watch(since=since, best_epoch=epoch)


def _counted(n: int, unit: str) -> str:
    return f"1 {unit}" if n == 1 else f"{n} {unit}s"
