"""How near the engine's weights come to those of nn.Module + autograd + torch.optim on the same batches.

In float64 both ways are the same equations and their weights agree to 1e-9. In float32 no two ways to compute agree bit by
bit on every processor, because the matrix library picks its kernels by processor and by where a buffer lies; so the engine
is held against the float64 result and must be about as near to it as torch's own float32 run is. Kinks (ReLU, hinge, MAE),
signs (Lion) and small divisors (RMSprop, Adam) blow single roundings up, now in one run and now in the
other: one case proves little, a median over many cases proves much.
"""

from __future__ import annotations

import copy
import itertools
import statistics
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import Row, reference, row
from benchmarks.engine import CPU, dataset, module_of
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.forms import Target
from nnlab.core.parts import LOSSES_OF
from nnlab.core.records import Examples
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.features import features
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.mlp.spec import MLP

EXACT_STEPS, STEPS = 60, 200
UNIT = 2**-23  # of float32: what one rounding of a number near 1 is about

Case = tuple[str, str, str]  # activation, loss, optimiser


def pair(activation: str, loss: str, optimiser: str, *, target: Target = "class", classes: int = 2) -> Experiment:
    """[2-5-4-n] with one activation, loss and optimiser, at a rate at which the optimiser learns."""
    rate = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "lion": 0.001}.get(optimiser, 0.01)
    layers = [{"units": n, "activation": activation} for n in (5, 4)]
    data: dict[str, Any] = {"kind": "circle"}
    if target == "number":
        data, rate = {"kind": "plane"}, rate / 10  # faster, linear units diverge
    elif classes > 2:
        data = {"kind": "blobs", "n_classes": classes}
    training = {"loss": loss, "optimizer": {"kind": optimiser}, "batch_size": 30, "learning_rate": rate}
    return experiment({"data": data, "model": {"family": "mlp", "layers": layers}, "training": training})


def cases(target: Target = "class") -> list[Case]:
    """Every activation with every loss, each with three optimisers in turn, so that all pairs of the three occur."""
    kinds = list(OPTIMIZERS)
    pairs = itertools.product(ACTIVATIONS, LOSSES_OF[target])
    return [(a, loss, kinds[(i + shift) % len(kinds)]) for i, (a, loss) in enumerate(pairs) for shift in (0, 3, 6)]


def difference(spec: Experiment, points: Examples, *, steps: int) -> float:
    """Largest difference of a weight from the reference's after `steps` updates in float64."""
    ours = MLPLearner(spec, points, CPU, dtype=torch.float64)
    theirs = trained(module_of(spec, points, ours), spec, points, steps=steps)
    return _largest(_trained(ours, spec, steps=steps), reference.flattened(theirs))


def excess(spec: Experiment, points: Examples, *, steps: int) -> float:
    """How many times as far from the float64 run's weights the engine's float32 run ends as torch's own float32 run.

    A distance is the largest of any weight, plus one rounding of the largest weight.
    """
    ours = MLPLearner(spec, points, CPU)
    module = module_of(spec, points, ours)
    exact = reference.flattened(trained(copy.deepcopy(module).double(), spec, points, steps=steps))
    theirs = reference.flattened(trained(module, spec, points, steps=steps))
    rounding = UNIT * max(1.0, float(exact.abs().max()))
    return (_largest(_trained(ours, spec, steps=steps), exact) + rounding) / (_largest(theirs, exact) + rounding)


def gradient_excess(spec: Experiment, points: Examples, *, steps: int) -> float:
    """The same of the gradient of one batch at the same weights: the median over the batches of an epoch.

    The weights are torch's after `steps` updates. A distance is relative to the gradient's length, plus one rounding.
    """
    ours = MLPLearner(spec, points, CPU)
    module = trained(module_of(spec, points, ours), spec, points, steps=steps)
    exact = copy.deepcopy(module).double()
    ours.flat.copy_(reference.flattened(module))
    size, found = spec.training.batch_size, []
    for i in torch.split(torch.arange(ours.n_train), size):
        wanted, theirs = (_gradient(m, spec, points, i) for m in (exact, module))
        ours.step(int(i[0]), int(i[-1]) + 1, 0.0, 0)
        near = [float((g - wanted).norm() / wanted.norm()) + UNIT for g in (ours.grad, theirs)]
        found.append(near[0] / near[1])
    return statistics.median(found)


def trained(module: nn.Sequential, spec: Experiment, points: Examples, *, steps: int) -> nn.Sequential:
    """`module` after `steps` updates by torch alone, in its own dtype."""
    x, y = _examples(module, spec, points)
    batch = spec.training.batch_size
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function(spec.training.loss, points)
    for done, order in orders(len(x), batch, steps):
        batches = [(x[i], y[i]) for i in torch.split(order, batch)[: steps - done]]
        reference.epoch(module, batches, loss=loss, optimisers=optimisers, experiment=spec)
    return module


def orders(n: int, batch: int, steps: int) -> Iterator[tuple[int, Tensor]]:
    """The updates done before each epoch, and the epoch's order of the examples."""
    generator = torch.Generator()
    for done in range(0, steps, -(-n // batch)):
        yield done, torch.randperm(n, generator=generator.manual_seed(done))


def _trained(ours: MLPLearner, spec: Experiment, *, steps: int) -> Tensor:
    """The engine's weights after `steps` updates."""
    lr, n, batch = spec.training.learning_rate, ours.n_train, spec.training.batch_size
    for done, order in orders(n, batch, steps):
        ours.shuffle(order)
        ours.steps(0, n, batch=batch, lr=lr, step=done, count=steps - done)
    return ours.flat


def _gradient(module: nn.Sequential, spec: Experiment, points: Examples, chosen: Tensor) -> Tensor:
    """Autograd's gradient of one batch, in the order of the engine's flat vector."""
    x, y = _examples(module, spec, points)
    module.zero_grad()
    loss = reference.loss_function(spec.training.loss, points)(module(x[chosen]), y[chosen])
    torch.autograd.backward(loss + reference.penalty(spec, module))
    return reference.flattened(module, gradient=True)


def _examples(module: nn.Sequential, spec: Experiment, points: Examples) -> tuple[Tensor, Tensor]:
    """Features (n, k) and labels (n,) of the training examples in the module's dtype."""
    chosen, dtype = ~points.is_test, next(module.parameters()).dtype
    names = spec.model.features if isinstance(spec.model, MLP) else ()
    x = features(torch.tensor(points.inputs[chosen]).to(dtype), names).t().contiguous()
    return x, torch.tensor(points.targets[chosen]).to(dtype)


def _largest(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max())


def rows() -> list[Row]:
    """The weights as equations (float64) and as trained (float32)."""
    torch.set_num_threads(1)
    how = "of [2-5-4-n] against autograd + torch.optim"
    exact = {case: difference(pair(*case), dataset(), steps=EXACT_STEPS) for case in cases()}
    worst = max(exact, key=lambda case: exact[case])
    largest = row(
        "Engine, weights, float64",
        exact[worst],
        unit="",
        bar="≤ 1e-9",
        how=f"largest difference; {len(exact)} cases of activation × loss × optimiser, {EXACT_STEPS} steps {how}; worst: {', '.join(worst)}",
    )
    found = _excesses()
    middle, most = statistics.quantiles(found, n=20)[9], max(found)
    told = (
        f"distance from the float64 run's weights over the distance of torch's own float32 run; 95th percentile of {len(found)} cases of "
        f"activation × loss × optimiser (two classes: every one, four classes and regression: three optimisers each), {STEPS} steps "
        f"{how}; median {middle:.2f}, largest {most:.3g}"
    )
    ninety_fifth = statistics.quantiles(found, n=20)[-1]
    return [largest, row("Engine, weights, float32", ninety_fifth, unit="times torch's distance", bar="≤ 2", how=told)]


def _excesses() -> list[float]:
    """`excess` of all cases."""
    every = itertools.product(ACTIVATIONS, LOSSES_OF["class"], OPTIMIZERS)
    found = [excess(pair(*case), dataset(), steps=STEPS) for case in every]
    more: tuple[tuple[Target, int], ...] = (("class", 4), ("number", 1))
    for target, classes in more:
        others = dataset(target, classes)
        found += [excess(pair(*case, target=target, classes=classes), others, steps=STEPS) for case in cases(target)]
    return found
