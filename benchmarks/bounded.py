"""The longest single call into a learner, an analysis, a study or a replay, for every family at its largest legal size.

Nothing may hold a worker for longer than about a frame, or the other runs of that worker stand still. Time is the processor's, so
that a busy machine does not count. A family's figure is the worst of all sorts of calls, each at its 99th percentile.
"""

from __future__ import annotations

import inspect
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from benchmarks import Row, row
from nnlab.analysis.analysis import ON_REQUEST, ONCE, offers, studies
from nnlab.analysis.diagnosis.diagnose import diagnosing
from nnlab.analysis.probe import begin
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch, plain
from nnlab.core.registries import ANALYSES, FAMILIES, STUDIES
from nnlab.live.worker import engine
from nnlab.live.worker.frames import ENOUGH_S
from nnlab.train.run import Run, advance, checkpoint, seek, seeking, start, stepping

BAR_MS = 20.0
MOST_SLICES = 120  # of one study: more would measure the same again
POINTS = {"kind": "circle", "samples": 5_000, "train_share": 90}
WIDE = {
    "family": "mlp",
    "layers": [{"units": 64}] * 8,
    "features": ["x", "y", "x2", "y2", "xy", "sin_x", "sin_y", "cos_x", "r"],
}
# The convolutional network with as many parameters and pictures as there may be, and with as much work for a picture.
MILLION: dict[str, Any] = {
    "data": {"kind": "glyphs", "samples": 20_000},
    "model": {
        "family": "cnn",
        "blocks": [
            {"kind": "conv", "channels": 16},
            {"kind": "pool"},
            {"kind": "conv", "channels": 39},
            {"kind": "pool"},
            {"kind": "dense", "units": 512},
        ],
    },
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.001, "batch_size": 32},
}
WORK: dict[str, Any] = {
    "data": {"kind": "glyphs"},
    "model": {
        "family": "cnn",
        "blocks": [{"kind": "conv", "channels": 59}, {"kind": "residual", "channels": 59}, {"kind": "pool"}],
    },
    "training": {"learning_rate": 0.001, "batch_size": 32},
}
# Kinds of a family whose costs lie elsewhere than those of its largest experiment.
OTHERS: dict[str, dict[str, dict[str, Any]]] = {
    "cnn": {"a million parameters": MILLION, "most work": WORK},
    "mlp": {
        "plain": {"data": POINTS, "model": WIDE, "training": {"batch_size": 20_000}},
        "classes": {
            "data": {"kind": "arms", "n_classes": 5, "samples": 5_000, "train_share": 90},
            "model": {**WIDE, "dropout": 0.5},
            "training": {"batch_size": 10, "optimizer": {"kind": "muon"}},
        },
    },
    "neuron": {
        "perceptron": {
            "data": {"kind": "gaussians", "samples": 5_000, "noise": 50, "train_share": 90},
            "model": {"family": "neuron", "unit": "perceptron"},
            "training": {"batch_size": 1},
        },
        "linear": {
            "data": {"kind": "line", "samples": 500, "noise": 50, "outlier": 10},
            "model": {"family": "neuron", "unit": "linear"},
            "training": {"loss": "mae", "batch_size": 500},
        },
    },
}


class Calls:
    """Processor seconds of single calls, by the sort of call; of a generator at most so many slices."""

    def __init__(self, most: int = MOST_SLICES) -> None:
        self._most = most
        self.taken: dict[str, list[float]] = defaultdict(list)

    def call(self, sort: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What `function` returns."""
        began = time.thread_time()
        try:
            return function(*arguments, **named)
        finally:
            self.taken[sort].append(time.thread_time() - began)

    def slices(self, sort: str, work: Any) -> None:
        """Every slice of a generator is a call."""
        for _ in range(self._most):
            if self.call(sort, next, work, self) is self:
                return
        work.close()

    def worst(self, share: float = 99.0) -> dict[str, float]:
        """Milliseconds of each sort at that percentile, the longest first."""
        found = {sort: 1e3 * float(np.percentile(taken, share)) for sort, taken in self.taken.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def session(value: dict[str, Any], rounds: int = 10, most: int = MOST_SLICES) -> Calls:
    """A run of the experiment `value`, and everything that a worker may be asked to do with it."""
    run = start(experiment(value))
    everything(run, Calls(most), 1)  # fills caches
    calls = Calls(most)
    everything(run, calls, rounds)
    return calls


def everything(run: Run, calls: Calls, rounds: int) -> None:
    """Each sort of call some times."""
    train(run, calls, 6 * rounds)
    look(run, calls, rounds)
    ask(run, calls)
    travel(run, calls, rounds)
    judge(run, calls, rounds)
    keep(run, calls, rounds)
    alter(run, calls, rounds)


def train(run: Run, calls: Calls, pieces: int) -> None:
    """Pieces of training, each with the snapshot and the measurement that fall to it."""
    for _ in range(pieces):
        if run.stopped:
            break
        calls.call("advance", advance, run, 1e-9)
    for _ in range(pieces // 6):
        advance(run, 1e-9)
        calls.slices("measure", run.evaluation.measuring())
        calls.slices("exact metrics", run.evaluation.whole())


def look(run: Run, calls: Calls, frames: int) -> None:
    """Frames with everything that is watched, every analysis alone, the scene and the diagnosis."""
    watched = [n for n in offers(run.learner) if ANALYSES.load(n).every_s not in (ON_REQUEST, ONCE)]
    usual = [n for n in watched if ANALYSES.load(n).every_s == 0]
    costly = [n for n in watched if n not in usual]
    for _ in range(frames):
        advance(run, 1e-9)
        costly = costly[-1:] + costly[:-1]  # each in turn is the first, which is always begun
        names = [*usual, *costly]
        _, slow, _ = calls.call("frame", begin, run.learner, names, {}, whole=False, enough_s=ENOUGH_S)
        for name, work in slow.items():
            calls.slices(name, work)
        calls.slices("diagnosis", diagnosing(run, share=0))
    for name in offers(run.learner):
        for _ in range(3):
            result = calls.call(name, ANALYSES.load(name).asked, run.learner, {})
            if inspect.isgenerator(result):
                calls.slices(name, result)
    for _ in range(3):
        calls.call("scene", engine.scene, run)


def ask(run: Run, calls: Calls) -> None:
    """Every study that this run can be asked."""
    offered = studies(run.learner)
    for sort, options in [*((name, {}) for name in offered), ("landscape, path", {"plane": "path"})]:
        name = sort.partition(",")[0]
        if name not in offered:
            continue
        work = STUDIES.load(name)(run, {"changes": {"seed": 1}} if name == "twin" else options)
        try:
            if name == "twin":  # it begins by opening another run, which takes as long as opening takes
                next(work)
            calls.slices(sort, work)
        except Refused:
            calls.taken.pop(sort, None)


def travel(run: Run, calls: Calls, times: int) -> None:
    """Back and forth through the history, and steps of every unit."""
    first, last = run.span
    for i in range(times):
        calls.slices("seek", seeking(run, first + (last - first) * (i % 3) // 3))
    seek(run, last)
    for unit in ("batch", "epoch", "phase"):
        for n in (1, 1, -1, 1):
            calls.slices(f"step, {unit}", stepping(run, unit, n))
    seek(run, run.span[1])


def judge(run: Run, calls: Calls, times: int) -> None:
    """Ends of epochs where a stop rule waits for exact figures: on the way there, in phases, and with a change meanwhile."""
    old = run.experiment
    engine.change(run, patch(old, {"training.stop": {"patience": 100_000}}))
    for i in range(times):
        calls.slices("step, judged", stepping(run, "epoch", 1))
        calls.slices("step, judged phases", stepping(run, "phase", 4))
        spec = patch(run.experiment, {"training.l2": 1e-5 * (i % 2)})
        calls.call("change, judged", engine.change, run, spec)
    engine.change(run, old)


def keep(run: Run, calls: Calls, times: int) -> None:
    """Checkpoints, and the learner's own state."""
    for _ in range(times):
        calls.call("checkpoint", checkpoint, run)
        state = calls.call("state", run.learner.state)
        calls.call("restore", run.learner.restore, state)


def alter(run: Run, calls: Calls, times: int) -> None:
    """Live fields changed in turn, as a slider does it."""
    for i in range(times):
        for sort, changes in live_changes(run, i):
            try:
                spec = patch(run.experiment, changes)
            except Refused:
                continue
            if (load := engine.loading(run, experiment=plain(spec), attachment=None)) is not None:
                load.run()  # a worker does that in a thread of its own
            calls.call(f"change, {sort}", engine.change, run, spec)


def live_changes(run: Run, i: int) -> Iterable[tuple[str, dict[str, Any]]]:
    """A field of the training, one of the model and one of the data."""
    yield "training", {"training.l2": 1e-4 * (i % 2), "training.learning_rate": 0.001 + 1e-4 * i}
    fields = type(run.experiment.model).model_fields
    if "dropout" in fields:
        yield "model", {"model.dropout": 0.1 + 0.05 * (i % 3)}
    elif "racers" in fields:
        yield "model", {"model.racers.0.learning_rate": 0.01 + 1e-3 * i}
    if "noise" in type(run.experiment.data).model_fields:
        yield "data", {"data.noise": 5 * (i % 10)}


def longest(family: str) -> tuple[float, str]:
    """Milliseconds of the family's longest call at the 99th percentile, and which it is."""
    found: dict[str, float] = {}
    for kind, value in {"": FAMILIES.load(family).largest(), **OTHERS.get(family, {})}.items():
        for sort, ms in session(value).worst().items():
            found[f"{sort} ({kind})" if kind else sort] = ms
    sort = max(found, key=lambda name: found[name])
    return found[sort], sort


def rows() -> list[Row]:
    """One row a family."""
    torch.set_num_threads(1)
    found = []
    for family in FAMILIES:
        ms, sort = longest(family)
        how = f"processor time, one thread; the longest is: {sort}"
        name = f"Longest call, {family} at its largest, 99th percentile"
        found.append(row(name, ms, unit="ms", bar=f"≤ {BAR_MS:g}", how=how))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in FAMILIES:
        for kind, value in {"largest": FAMILIES.load(name).largest(), **OTHERS.get(name, {})}.items():
            print(f"{name}, {kind}")
            for sort, ms in itertools.islice(session(value).worst().items(), 12):
                print(f"  {ms:8.2f} ms  {sort}")
