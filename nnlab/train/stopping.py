"""When a run ends by itself: after so many epochs, at a target, or once the watched metric has stopped getting better.

The rules are looked at when an epoch ends and depend on nothing but the numbers of the run, so a replay stops where the
first pass did. Pressing play after a stop goes on from there (`proceed`): the epochs count anew, patience starts afresh, and
a target that has been reached is no longer asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from nnlab.core.metrics import Metric
from nnlab.core.say import Told, tell
from nnlab.core.training import Stop


@dataclass(frozen=True)
class Watch:
    """What the stop rule remembers: part of the state of a run, so it travels in snapshots and checkpoints.

    `since`: the epoch from which epochs count. `best`, `best_epoch`: the best value of the metric and when; None before the
    first. `metric`: the name of what was watched last; where test examples come or go, the best of the other loss is no
    longer compared with. `reached`: the target that was met already. `stop`: why the run ended; None while it goes on.
    """

    since: int = 0
    best: float | None = None
    best_epoch: int = 0
    metric: str = ""
    reached: float = 0.0
    stop: Told | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Watch:
        """From `plain()`."""
        return cls(**{**value, "stop": Told(**value["stop"]) if value["stop"] else None})


def needs_metric(stop: Stop) -> bool:
    """Whether the rule asks for the watched metric at the end of each epoch."""
    return stop.target_loss > 0 or stop.patience > 0


def after_epoch(
    watch: Watch, stop: Stop, *, epoch: int, measured: tuple[Metric, float] | None, unit: str = "epoch"
) -> Watch:
    """The rule at the end of an epoch: `epoch` passes are done, and what was measured, None if it was not asked for.

    `unit`: the word for a pass; on a surface, where no examples are passed through, it is a step.
    """
    label = ""
    if measured is not None:
        metric, value = measured
        if watch.metric not in ("", metric.name):
            watch = replace(watch, best=None, best_epoch=epoch)
        watch = replace(watch, metric=metric.name)
        sign, label = -1 if metric.better == "higher" else 1, metric.label
        if math.isfinite(value) and (watch.best is None or sign * value < sign * watch.best):
            watch = replace(watch, best=value, best_epoch=epoch)
        reached = sign * value <= sign * stop.target_loss
        if stop.target_loss > 0 and reached and watch.reached != stop.target_loss:
            told = tell("stop.target", unit=unit, metric=label, value=value, target=stop.target_loss)
            return replace(watch, reached=stop.target_loss, stop=told)
    if stop.epochs and epoch - watch.since >= stop.epochs:
        count = stop.epochs if watch.since else epoch
        return replace(watch, stop=tell("stop.epochs", unit=unit, count=count, again=watch.since > 0))
    waited = epoch - max(watch.best_epoch, watch.since)
    if stop.patience and waited >= stop.patience:
        told = tell(
            "stop.patience", unit=unit, metric=label, waited=waited, best=watch.best, best_epoch=watch.best_epoch
        )
        return replace(watch, stop=told)
    return watch


def proceed(watch: Watch, epoch: int) -> Watch:
    """Going on after a stop: the rule counts from here."""
    return replace(watch, since=epoch, best_epoch=epoch, best=None, stop=None)


def after_change(watch: Watch, old: Stop, new: Stop, epoch: int) -> Watch:
    """A changed rule starts afresh; a stop it no longer asks for is lifted."""
    if old == new:
        return watch
    since = 0 if new.epochs > epoch else epoch
    return Watch(since=since, best_epoch=epoch)
