"""The training engine against the usual loop: speed on the same batches in one run, and equality of the weights.

A row's speed is the median over alternating rounds of (time of the reference's epoch) / (time of ours), shuffling
included in both. Both are processor time of one thread, so that other programs on the machine do not lengthen the longer one. The reference asks for the loss of every batch, as tutorials do; ours evaluates it once a frame, which
costs as much as three to five steps.
"""

from __future__ import annotations

import itertools
import statistics
import time
from typing import Any

import numpy as np
import torch

from benchmarks import Row, reference, row
from nnlab.core.experiment import LOSSES_OF, Experiment, experiment
from nnlab.core.records import Dataset
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.mlp.spec import MLP

ROUNDS = 15
CPU = torch.device("cpu")
STEPS = 200


def specification(units: tuple[int, ...], *, optimiser: str, batch: int, **model: Any) -> Experiment:
    """Units of the hidden layers, tanh, cross-entropy."""
    layers = [{"units": n, "activation": "tanh"} for n in units]
    return experiment(
        {
            "data": {"kind": "circle"},
            "model": {"family": "mlp", "layers": layers, **model},
            "training": {"optimizer": {"kind": optimiser}, "batch_size": batch},
        }
    )


def dataset(task: str = "classification", classes: int = 2) -> Dataset:
    """TensorFlow Playground's default task: 250 training points, two classes by radius (or a smooth target)."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-6, 6, (500, 2)).astype(np.float32)
    radius = np.hypot(x[:, 0], x[:, 1])
    y = np.sin(radius) if task == "regression" else np.floor(radius / radius.max() * classes * 0.999)
    return Dataset(
        x=x,
        y=y.astype(np.float32),
        is_test=np.arange(500) % 2 == 1,
        ids=np.arange(500),
        task="regression" if task == "regression" else "classification",
        n_classes=classes,
    )


def speed(spec: Experiment) -> float:
    """How many times faster an epoch is than the reference's, the median of alternating rounds."""
    points = dataset()
    ours = MLPLearner(spec, points, CPU)
    model = spec.model
    if not isinstance(model, MLP):
        raise TypeError("The model must be an MLP.")
    module = reference.network(model, points.n_outputs, flat=ours.flat, blocks=ours.blocks)
    x, y = torch.tensor(points.x[~points.is_test]), torch.tensor(points.y[~points.is_test])
    batch = spec.training.batch_size
    loader = reference.loader(x, y, batch=batch, generator=torch.Generator().manual_seed(0))
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function(spec.training.loss, points)
    order, ratios = torch.Generator().manual_seed(0), []
    for _ in range(ROUNDS):
        start = time.process_time()
        reference.epoch(module, loader, loss=loss, optimisers=optimisers, experiment=spec)
        middle = time.process_time()
        for _ in range(REPEATS):
            ours.shuffle(torch.randperm(len(x), generator=order))
            ours.steps(0, len(x), batch=batch, lr=0.03, step=0, count=len(x))
        ratios.append((middle - start) / (time.process_time() - middle) * REPEATS)
    return statistics.median(ratios)


REPEATS = 5  # epochs of ours a round, so that both sides of a ratio take about as long


def speeds() -> list[Row]:
    """One row for each network and optimiser."""
    cases: list[tuple[str, tuple[int, ...], int, str, dict[str, Any]]] = [
        ("[2-4-2-1]", (4, 2), 10, "≥ 9", {}),
        ("six layers of 8", (8,) * 6, 10, "≥ 7", {}),
        ("[64, 64]", (64, 64), 32, "≥ 7", {}),
        ("[2-4-2-1] with dropout", (4, 2), 10, "≥ 2", {"dropout": 0.2}),
        ("[8, 8] with layer norm", (8, 8), 10, "≥ 2", {"norm": "layer"}),
        ("[8, 8] with batch norm", (8, 8), 10, "≥ 2", {"norm": "batch"}),
        ("[8, 8] with skips", (8, 8), 10, "≥ 2", {"skip": True}),
    ]
    found = []
    for (name, units, batch, bar, model), optimiser in itertools.product(cases, ("sgd", "adam")):
        value = speed(specification(units, optimiser=optimiser, batch=batch, **model))
        how = f"batch {batch}, 250 points; DataLoader + nn.Module + torch.optim + .item() in the same run, median of {ROUNDS}"
        found.append(row(f"Engine, {name}, {optimiser}", value, unit="times", bar=bar, how=how))
    return found


def difference(spec: Experiment, points: Dataset, *, dtype: torch.dtype, steps: int = STEPS) -> float:
    """Largest difference of a weight from the reference's after `steps` updates on the same batches."""
    ours = MLPLearner(spec, points, CPU, dtype=dtype)
    if not isinstance(spec.model, MLP):
        raise TypeError("The model must be an MLP.")
    module = reference.network(spec.model, points.n_outputs, flat=ours.flat, blocks=ours.blocks)
    x = torch.tensor(points.x[~points.is_test]).to(dtype)
    y = torch.tensor(points.y[~points.is_test]).to(dtype)
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function(spec.training.loss, points)
    batch, lr, done, generator = spec.training.batch_size, spec.training.learning_rate, 0, torch.Generator()
    while done < steps:
        order = torch.randperm(len(x), generator=generator.manual_seed(done))
        ours.shuffle(order)
        count, _ = ours.steps(0, len(x), batch=batch, lr=lr, step=done, count=steps - done)
        batches = [(x[i], y[i]) for i in torch.split(order, batch)[:count]]
        reference.epoch(module, batches, loss=loss, optimisers=optimisers, experiment=spec)
        done += count
    return float((ours.flat - reference.flattened(module)).abs().max())


def pair(activation: str, loss: str, optimiser: str) -> Experiment:
    """[2-5-4-1] with one activation, loss and optimiser, at a rate at which the optimiser learns."""
    rate = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "lion": 0.001}.get(optimiser, 0.01)
    layers = [{"units": n, "activation": activation} for n in (5, 4)]
    training = {"loss": loss, "optimizer": {"kind": optimiser}, "batch_size": 30, "learning_rate": rate}
    return experiment({"data": {"kind": "circle"}, "model": {"family": "mlp", "layers": layers}, "training": training})


def cases() -> list[tuple[str, str, str]]:
    """Every activation with every loss, each with three optimisers in turn, so that all pairs of the three occur."""
    kinds = list(OPTIMIZERS)
    pairs = itertools.product(ACTIVATIONS, LOSSES_OF["classification"])
    return [(a, loss, kinds[(i + shift) % len(kinds)]) for i, (a, loss) in enumerate(pairs) for shift in (0, 3, 6)]


def equalities() -> list[Row]:
    """The weights after 200 steps, as equations (float64) and as trained (float32).

    Rounding in float32 grows where an equation jumps or divides by almost nothing: hinge and MAE at their kinks, Lion's
    sign, AdaGrad's 1e-10. There two right programs part, so that row counts the cases which stay together.
    """
    points, chosen = dataset(), cases()
    exact = {case: difference(pair(*case), points, dtype=torch.float64) for case in chosen}
    rounded = [difference(pair(*case), points, dtype=torch.float32) for case in chosen]
    worst = max(exact, key=lambda case: exact[case])
    how = f"{len(chosen)} cases of activation × loss × optimiser, {STEPS} steps of [2-5-4-1], against autograd + torch.optim"
    largest = row(
        "Engine, weights, float64",
        exact[worst],
        unit="",
        bar="≤ 1e-6",
        how=f"largest difference; {how}; worst: {', '.join(worst)}",
    )
    largest["value"] = float(f"{exact[worst]:.1e}")  # a row keeps four decimals, which would show 0
    share = sum(d <= 1e-6 for d in rounded) / len(rounded)
    return [largest, row("Engine, weights, float32", share, unit="", bar="≥ 1", how=f"share within 1e-6; {how}")]


def rows() -> list[Row]:
    """Speed and equality."""
    torch.set_num_threads(1)
    return speeds() + equalities()
