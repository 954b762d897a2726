"""The training engine against the usual loop: speed on the same batches in one run, and equality of the weights.

A row's speed is the median over alternating rounds of (time of the reference's epoch) / (time of ours), shuffling
included in both, on one thread. The reference asks for the loss of every batch, as tutorials do. Each network has two rows:
by processor time the steps alone, which other programs on the machine do not lengthen; by the clock our epoch ends with
the loss of all training examples as well, which the page shows.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import Row, reference, row
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.forms import Answer, Target
from nnlab.core.parts import LOSSES_OF
from nnlab.core.records import Examples
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.features import features
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


def dataset(target: Target = "class", classes: int = 2) -> Examples:
    """TensorFlow Playground's default task: 250 training points, two classes by radius (or a smooth target)."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-6, 6, (500, 2)).astype(np.float32)
    radius = np.hypot(x[:, 0], x[:, 1])
    y = np.sin(radius) if target == "number" else np.floor(radius / radius.max() * classes * 0.999)
    is_test, ids = np.arange(500) % 2 == 1, np.arange(500)
    return Examples(x, y.astype(np.float32), is_test, ids, answer=Answer(target, classes))


def speed(spec: Experiment) -> tuple[float, float]:
    """How many times faster an epoch is than the reference's, by processor time and by the clock with the loss at its end."""
    points = dataset()
    ours = MLPLearner(spec, points, CPU)
    module = _module(spec, points, ours)
    x, y = (torch.tensor(a[~points.is_test]) for a in (points.inputs, points.targets))
    batch = spec.training.batch_size
    loader = reference.loader(x, y, batch=batch, generator=torch.Generator().manual_seed(0))
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function(spec.training.loss, points)
    order = torch.Generator().manual_seed(0)

    def theirs() -> None:
        reference.epoch(module, loader, loss=loss, optimisers=optimisers, experiment=spec)

    def epochs(*, watched: bool) -> None:
        for _ in range(REPEATS):
            ours.shuffle(torch.randperm(len(x), generator=order))
            ours.steps(0, len(x), batch=batch, lr=0.03, step=0, count=len(x))
            if watched:
                ours.evaluate("train")

    ratios = []
    for _ in range(ROUNDS):
        processor, clock = _times(theirs)
        alone, _ = _times(partial(epochs, watched=False))
        _, seen = _times(partial(epochs, watched=True))
        ratios.append((processor / alone * REPEATS, clock / seen * REPEATS))
    by_processor, by_clock = zip(*ratios, strict=True)
    return statistics.median(by_processor), statistics.median(by_clock)


def _times(call: Callable[[], None]) -> tuple[float, float]:
    """Processor time and time by the clock in seconds."""
    processor, clock = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - processor, time.perf_counter() - clock


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
        by_processor, by_clock = speed(specification(units, optimiser=optimiser, batch=batch, **model))
        how = f"batch {batch}, 250 points; DataLoader + nn.Module + torch.optim + .item() in the same run, median of {ROUNDS} alternating rounds"
        name = f"{name}, {optimiser}"
        found += [
            row(f"Engine, {name}", by_processor, unit="times", bar=bar, how=f"processor time, steps alone; {how}"),
            row(
                f"Engine by the clock, {name}",
                by_clock,
                unit="times",
                bar=bar,
                how=f"by the clock, ours with the loss of all training examples after each epoch; {how}",
            ),
        ]
    return found


def difference(spec: Experiment, points: Examples, *, dtype: torch.dtype, steps: int = STEPS) -> float:
    """Largest difference of a weight from the reference's after `steps` updates on the same batches; 0 is equal bit by bit."""
    ours = MLPLearner(spec, points, CPU, dtype=dtype)
    expected = marched(spec, points, ours, steps=steps)
    lr, n, batch = spec.training.learning_rate, ours.n_train, spec.training.batch_size
    for done, order in orders(n, batch, steps):
        ours.shuffle(order)
        ours.steps(0, n, batch=batch, lr=lr, step=done, count=steps - done)
    # Where both have diverged alike they are equal; where only one has, nothing is.
    same = torch.eq(ours.flat, expected) | (ours.flat.isnan() & expected.isnan())
    return float((ours.flat - expected).abs().masked_fill(same, 0).nan_to_num(nan=torch.inf).max())


def apart(spec: Experiment, points: Examples) -> float:
    """How far the reference parts from itself in float32 when the examples inside each batch come in another order."""
    start = MLPLearner(spec, points, CPU)
    forwards, backwards = (marched(spec, points, start, turned=turned) for turned in (False, True))
    return float((forwards - backwards).abs().max())


def marched(
    spec: Experiment, points: Examples, start: MLPLearner, *, steps: int = STEPS, turned: bool = False
) -> Tensor:
    """The reference's weights after `steps` updates from the weights of `start`; `turned`: each batch back to front."""
    module, dtype, batch = _module(spec, points, start), start.flat.dtype, spec.training.batch_size
    chosen = spec.model.features if isinstance(spec.model, MLP) else ()
    x = features(torch.tensor(points.inputs[~points.is_test]).to(dtype), chosen).t().contiguous()
    y = torch.tensor(points.targets[~points.is_test]).to(dtype)
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function(spec.training.loss, points)
    for done, order in orders(len(x), batch, steps):
        parts = [i.flip(0) if turned else i for i in torch.split(order, batch)[: steps - done]]
        batches = [(x[i], y[i]) for i in parts]
        reference.epoch(module, batches, loss=loss, optimisers=optimisers, experiment=spec)
    return reference.flattened(module)


def orders(n: int, batch: int, steps: int) -> Iterator[tuple[int, Tensor]]:
    """The updates done before each epoch, and the epoch's order of the examples."""
    generator = torch.Generator()
    for done in range(0, steps, -(-n // batch)):
        yield done, torch.randperm(n, generator=generator.manual_seed(done))


def _module(spec: Experiment, points: Examples, start: MLPLearner) -> nn.Sequential:
    if not isinstance(spec.model, MLP):
        raise TypeError("The model must be an MLP.")
    return reference.network(spec.model, points.answer.outputs, flat=start.flat, blocks=start.blocks)


Case = tuple[str, str, str]  # activation, loss, optimiser


def pair(activation: str, loss: str, optimiser: str, *, target: Target = "class", classes: int = 2) -> Experiment:
    """[2-5-4-n] with one activation, loss and optimiser, at a rate at which the optimiser learns."""
    rate = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "lion": 0.001}.get(optimiser, 0.01)
    layers = [{"units": n, "activation": activation} for n in (5, 4)]
    training = {"loss": loss, "optimizer": {"kind": optimiser}, "batch_size": 30, "learning_rate": rate}
    data: dict[str, Any] = {"kind": "plane" if target == "number" else "circle"}
    if classes > 2:
        data = {"kind": "blobs", "n_classes": classes}
    return experiment({"data": data, "model": {"family": "mlp", "layers": layers}, "training": training})


def cases(target: Target = "class") -> list[Case]:
    """Every activation with every loss, each with three optimisers in turn, so that all pairs of the three occur."""
    kinds = list(OPTIMIZERS)
    pairs = itertools.product(ACTIVATIONS, LOSSES_OF[target])
    return [(a, loss, kinds[(i + shift) % len(kinds)]) for i, (a, loss) in enumerate(pairs) for shift in (0, 3, 6)]


def equalities() -> list[Row]:
    """The weights after 200 steps, as equations (float64) and as trained (float32)."""
    points, chosen = dataset(), cases()
    how = f"{STEPS} steps of [2-5-4-n], against autograd + torch.optim"
    exact = {case: difference(pair(*case), points, dtype=torch.float64) for case in chosen}
    worst = max(exact, key=lambda case: exact[case])
    largest = row(
        "Engine, weights, float64",
        exact[worst],
        unit="",
        bar="≤ 1e-6",
        how=f"largest difference; {len(chosen)} cases of activation × loss × optimiser, {how}; worst: {', '.join(worst)}",
    )
    rounded = [
        difference(pair(*case), points, dtype=torch.float32)
        for case in itertools.product(ACTIVATIONS, LOSSES_OF["class"], OPTIMIZERS)
    ]
    more: tuple[tuple[Target, int], ...] = (("class", 4), ("number", 1))
    for target, classes in more:
        others = dataset(target, classes)
        rounded += [
            difference(pair(*case, target=target, classes=classes), others, dtype=torch.float32) for case in cases(target)
        ]
    same = sum(d == 0 for d in rounded)
    themselves = [apart(pair(*case), points) for case in chosen]
    beyond = sum(not d <= 1e-6 for d in themselves)
    told = (
        f"largest difference; all {len(rounded)} cases of activation × loss × optimiser (two classes: every one, four classes "
        f"and regression: three optimisers each), {how}; {same} of them equal bit by bit. For scale: torch against itself, the "
        f"examples inside each batch back to front, is further apart than 1e-6 in {beyond} of {len(themselves)}"
    )
    found = [largest, row("Engine, weights, float32", max(rounded), unit="", bar="≤ 1e-6", how=told)]
    for one in found:
        one["value"] = float(
            f"{max(exact.values()) if one is largest else max(rounded):.1e}"
        )  # a row keeps four decimals
    return found


def rows() -> list[Row]:
    """Speed and equality."""
    torch.set_num_threads(1)
    return speeds() + equalities()
