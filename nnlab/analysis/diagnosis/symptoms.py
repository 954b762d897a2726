"""What is measured of a run before anything is said about it: gradients, updates and the state of its units, in slices."""

from __future__ import annotations

import math
from collections.abc import Collection, Generator
from dataclasses import dataclass, field

import numpy as np
import torch

from nnlab.analysis.shared import gradient_rows
from nnlab.analysis.weights.parameters import layer_norms, update_ratio
from nnlab.core.records import Array
from nnlab.families.learner import Learner
from nnlab.families.readings import OnPlane
from nnlab.families.sampling import sample
from nnlab.train.updates import Run

MOST_POINTS = 1_000  # training points that units are looked at on
SINGLE = 16  # examples whose own gradients are looked at
AT_ONCE = 4
FLAT_TANH = 0.975  # |a| beyond which tanh' is under a twentieth of its largest value
FLAT_SIGMOID = 0.0125  # a (1 - a) under a twentieth of 1/4
MOST_SHARE = 0.9  # a unit is saturated where it is flat on so many of the points
RECENT = 21  # measurements
LAST = 5  # of them, for the level of now: single measurements are noisy
NOTHING: Array = np.empty(0)


@dataclass
class Symptoms:
    """Numbers of one moment. Layers count from 0 here; `silent` and `flat` are shares of each hidden layer's units.

    `norms`: length of the training loss's gradient by each layer's weights. `signal`: the same of a typical single
    example, which stays large at a place where the examples' gradients cancel. `moved`: |update| / |weights| of the last
    update, NaN where it is not known. `silent`: zero on every training point (ReLU). `flat`: tanh or sigmoid with nearly no
    slope on nine tenths of the points. NaN where the activation cannot be so. `length`: of all weights, divided by what it was
    at the start, NaN where that is no longer known. `steps`, `epochs`, `train_loss`, `test_loss`: the curves up to now.
    """

    steps: Array
    epochs: Array
    train_loss: Array
    test_loss: Array
    learnt: bool
    norms: Array = field(default_factory=lambda: NOTHING)
    signal: Array = field(default_factory=lambda: NOTHING)
    moved: float = math.nan
    silent: Array = field(default_factory=lambda: NOTHING)
    flat: Array = field(default_factory=lambda: NOTHING)
    length: float = math.nan

    @property
    def recent(self) -> Array:
        """The last training losses."""
        return self.train_loss[-RECENT:]

    @property
    def present(self) -> float:
        """The training loss of now: the mean of the last few."""
        return float(self.train_loss[-LAST:].mean())

    @property
    def rough(self) -> float:
        """How far the recent loss moves from one measurement to the next, as a share of it; 0 where there is none to compare."""
        loss = self.recent
        return float(np.abs(np.diff(loss)).mean() / loss.mean()) if len(loss) > 1 and loss.mean() > 0 else 0.0

    @property
    def up(self) -> float:
        """Share of all that movement that goes up: near 0 where the loss falls, 1/2 where it goes nowhere."""
        moves = np.diff(self.recent)
        return float(moves[moves > 0].sum() / np.abs(moves).sum()) if np.abs(moves).sum() > 0 else 0.0

    @property
    def fall(self) -> float:
        """Share of the training loss that was lost over the last half of the updates; 0 where there are too few."""
        half = np.searchsorted(self.steps, self.steps[-1] / 2, side="right") - 1
        before = self.train_loss[half]
        return float(1 - self.train_loss[-1] / before) if before > 0 and self.steps[-1] > self.steps[half] else 0.0

    @property
    def trend(self) -> float:
        """As `fall`, from the mean over the fifth tenth of the updates to that over the last tenth; NaN where one has none."""
        share = self.steps / max(1.0, float(self.steps[-1]))
        before, now = (self.train_loss[(share > end - 0.1) & (share <= end)] for end in (0.5, 1.0))
        return float(1 - now.mean() / before.mean()) if len(before) and before.mean() > 0 else math.nan


def measuring(run: Run, needs: Collection[str]) -> Generator[None, None, Symptoms]:
    """Measure what `needs` names of `run` as it is."""
    learner, rows = run.learner, run.history.rows
    rows = rows[rows[:, 0] <= run.step]
    past = len(rows)
    train_loss, test_loss = (run.history.column(name)[:past] for name in ("train_loss", "test_loss"))
    found = Symptoms(rows[:, 0], rows[:, 1], train_loss, test_loss, _learnt(run))
    if "norms" in needs:
        found.norms = layer_norms(learner, learner.gradient(gradient_rows(learner)))
        yield
    if "signal" in needs:
        found.signal = yield from _signal(learner)
    if "moved" in needs and learner.before is not None:
        found.moved = float(update_ratio(learner).max(initial=0.0))
    if "length" in needs:
        found.length = _length(run)
    if "units" in needs and isinstance(learner, OnPlane):
        found.silent, found.flat = _units(learner)
        yield
    return found


def _learnt(run: Run) -> bool:
    """Whether there is little left to learn: 95 of 100 training examples right, or a tenth of the first loss."""
    losses = run.history.column("train_loss")
    loss = run.metrics.get("train_loss", math.inf)
    return run.metrics.get("train_accuracy", 0.0) >= 0.95 or bool(len(losses) and loss < losses[0] / 10)


def _length(run: Run) -> float:
    """The weights' length beside that of the earliest snapshot, where that is the start."""
    start = run.timeline.before(0)
    flat = start.state.get("flat")
    if start.step or flat is None:
        return math.nan
    began = float(np.linalg.norm(flat))
    return float(run.learner.flat.norm()) / began if began > 0 else math.nan


def _signal(learner: Learner) -> Generator[None, None, Array]:
    """Length of a typical example's gradient in each layer, from the mean square of some examples' own."""
    n = learner.count("train")
    chosen = torch.arange(min(SINGLE, n), device=learner.device) * n // max(1, min(SINGLE, n))
    total = torch.zeros_like(learner.flat)
    for part in torch.split(chosen, AT_ONCE):
        total += learner.example_gradient(part).square() * (len(part) / max(1, len(chosen)))
        yield
    return layer_norms(learner, total.sqrt())


def _units(learner: Learner) -> tuple[Array, Array]:
    """Share of silent ReLU units and of flat tanh or sigmoid units of each hidden layer; NaN for other activations.

    Nothing where the model's blocks are not its layers of activations.
    """
    if not isinstance(learner, OnPlane):
        return NOTHING, NOTHING
    points = learner.data.parts["train"][0]
    rows = sample(learner, "train", min(MOST_POINTS, learner.part))
    points = points if isinstance(rows, slice) else points[rows.cpu().numpy()]
    layers = learner.activations(torch.tensor(points, dtype=learner.flat.dtype, device=learner.device))[1:-1]
    hidden = learner.blocks[:-1]
    if len(hidden) != len(layers):  # another kind of network, whose blocks are not what it activates
        return NOTHING, NOTHING
    silent, flat = np.full(len(layers), np.nan), np.full(len(layers), np.nan)
    for i, (block, a) in enumerate(zip(hidden, layers, strict=True)):
        if block.activation == "relu":
            silent[i] = float((a == 0).all(1).double().mean())
        elif block.activation in ("tanh", "sigmoid"):
            level = a.abs() > FLAT_TANH if block.activation == "tanh" else a * (1 - a) < FLAT_SIGMOID
            flat[i] = float((level.double().mean(1) >= MOST_SHARE).double().mean())
    return silent, flat
