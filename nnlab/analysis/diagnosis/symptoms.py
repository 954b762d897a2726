"""What is measured of a run before anything is said about it: losses, gradients, updates and the state of its units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from nnlab.analysis.weights.parameters import layer_norms, update_ratio
from nnlab.core.records import Array
from nnlab.train.history import Rows
from nnlab.train.updates import Run

MOST_POINTS = 1_000  # training points that units are looked at on, evenly chosen
FLAT_TANH = 0.975  # |a| beyond which tanh' is under a twentieth of its largest value
FLAT_SIGMOID = 0.0125  # a (1 - a) under a twentieth of 1/4
MOST_SHARE = 0.9  # a unit is saturated where it is flat on so many of the points


@dataclass(frozen=True)
class Symptoms:
    """Numbers of one moment. Layers count from 0 here; `silent` and `flat` are shares of each hidden layer's units.

    `norms`: length of the whole training loss's gradient by each layer's weights. `signal`: the same of a typical single
    example, which stays large at a place where the examples' gradients cancel. `moved`: |update| / |weights| of the last
    update, NaN where it is not known. `silent`: zero on every training point (ReLU). `flat`: tanh or sigmoid with nearly no
    slope on nine tenths of the points. NaN where the activation cannot be so. `rows`: the curves up to now.
    """

    norms: Array
    signal: Array
    moved: float
    silent: Array
    flat: Array
    rows: Rows
    learnt: bool

    @property
    def train_loss(self) -> float:
        """The training loss as last measured."""
        return float(self.rows[-1, 2])

    @property
    def fall(self) -> float:
        """Share of the training loss that was lost over the last half of the updates; 0 where there are too few."""
        step = self.rows[-1, 0]
        before = self.rows[np.searchsorted(self.rows[:, 0], step / 2, side="right") - 1]
        return float(1 - self.rows[-1, 2] / before[2]) if before[2] > 0 and step > before[0] else 0.0


def symptoms(run: Run) -> Symptoms:
    """Measure `run` as it is."""
    rows = run.history.rows
    rows = rows[rows[:, 0] <= run.step]
    silent, flat = _units(run)
    moved = update_ratio(run.learner)
    return Symptoms(
        norms=layer_norms(run.learner, run.learner.full_gradient()),
        signal=layer_norms(run.learner, run.learner.example_gradient()),
        moved=float(moved.max()) if run.learner.before is not None else math.nan,
        silent=silent,
        flat=flat,
        rows=rows,
        learnt=_learnt(run, rows),
    )


def _learnt(run: Run, rows: Rows) -> bool:
    """Whether there is little left to learn: 95 of 100 training points right, or a tenth of the first loss."""
    accuracy = run.metrics.get("train_accuracy", 0.0)
    loss = run.metrics.get("train_loss", math.inf)
    return accuracy >= 0.95 or bool(len(rows) and loss < rows[0, 2] / 10)


def _units(run: Run) -> tuple[Array, Array]:
    """Share of silent ReLU units and of flat tanh or sigmoid units of each hidden layer; NaN for other activations."""
    learner, data = run.learner, run.dataset
    points = data.x[~data.is_test]
    points = points[:: max(1, -(-len(points) // MOST_POINTS))]
    layers = learner.activations(torch.tensor(points, dtype=learner.flat.dtype, device=learner.device))[1:-1]
    silent, flat = np.full(len(layers), np.nan), np.full(len(layers), np.nan)
    for i, (block, a) in enumerate(zip(learner.blocks[:-1], layers, strict=True)):
        if block.activation == "relu":
            silent[i] = float((a == 0).all(1).double().mean())
        elif block.activation in ("tanh", "sigmoid"):
            level = a.abs() > FLAT_TANH if block.activation == "tanh" else a * (1 - a) < FLAT_SIGMOID
            flat[i] = float((level.double().mean(1) >= MOST_SHARE).double().mean())
    return silent, flat
