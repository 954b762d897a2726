"""One neuron: Novikoff's bound on many separable sets, slopes against autograd, curvature against the full Hessian."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks import Row, row
from nnlab.analysis.neuron.margin import margin
from nnlab.analysis.neuron.surfaces import curvature
from nnlab.core.experiment import experiment
from nnlab.families.neuron.learner import NeuronLearner
from nnlab.families.neuron.memory import Tally
from nnlab.families.neuron.slopes import SLOPES
from nnlab.families.neuron.smooth import COSTS
from nnlab.train.run import start

SETS = 500


def rows() -> list[Row]:
    """The figures of the page One neuron."""
    beyond, closest = bound(SETS)
    how = f"{SETS} random separable sets of 8 to 30 points; the closest used {closest:.0%} of what Novikoff allows"
    slopes = "each of the eight slopes at 400 places, derivative of the mean cost"
    return [
        row("perceptron: sets that exceed the mistake bound", beyond, unit="", bar="≤ 0", how=how),
        row("slopes of one neuron beside autograd", slopes_beside_autograd(), unit="", bar="≤ 1e-05", how=slopes),
        row("2/λmax of the linear unit beside the full Hessian", limits(), unit="", bar="≤ 1e-05", how="relative"),
    ]


def bound(sets: int) -> tuple[int, float]:
    """Sets in which the perceptron made more mistakes than (R / gamma)^2, and the largest share of it that was used."""
    beyond, closest = 0, 0.0
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        points = rng.uniform(-6, 6, (8 + seed % 23, 2)).round(3)
        side = points @ rng.normal(size=2) + rng.uniform(-2, 2)
        x, t = np.column_stack([points, np.ones(len(points))]), np.where(side > 0, 1.0, -1.0)
        keep = np.abs(side) > 0.15
        found = margin(x[keep], t[keep])
        made = mistakes(x[keep], t[keep])
        allowed = (found.radius / found.gamma) ** 2
        beyond += made > allowed
        closest = max(closest, made / allowed)
    return beyond, closest


def mistakes(x: np.ndarray, t: np.ndarray) -> int:
    """Mistakes of the perceptron rule until a whole pass is right."""
    tally, w = Tally(3), np.zeros(3)
    tally.begin(w, 1.0, inside=False)
    before = -1
    while tally.mistakes != before:
        before = tally.mistakes
        for point, target in zip(x, t, strict=True):
            if target * (w @ point) <= 0:
                w = tally.wrong(target * point)
    return tally.mistakes


def slopes_beside_autograd() -> float:
    """The largest difference."""
    rng = np.random.default_rng(0)
    worst = 0.0
    for name, slope in SLOPES.items():
        z = rng.normal(0, 4, 400)
        t = rng.normal(0, 3, 400) if slope.low is None else np.where(rng.random(400) > 0.5, 1.0, slope.low)
        tensor = torch.tensor(z, requires_grad=True)
        COSTS[name](tensor, torch.tensor(t)).backward()  # type: ignore[no-untyped-call]
        expected = tensor.grad.numpy() * 400 if tensor.grad is not None else np.nan
        worst = max(worst, float(np.abs(slope.slope(z, t) - expected).max()))
    return worst


def limits() -> float:
    """The largest relative difference of 2 / lambda_max over ten sets of points."""
    worst = 0.0
    for seed in range(10):
        data = {"kind": "line", "samples": 30, "noise": 20, "seed": seed, "centre": seed / 2 - 2}
        unit = {"family": "neuron", "unit": "linear"}
        learner = start(experiment({"data": data, "model": unit, "training": {"loss": "mse"}})).learner
        assert isinstance(learner, NeuronLearner)
        hessian = torch.autograd.functional.hessian(learner.objective(), learner.flat.clone())  # type: ignore[no-untyped-call]
        expected = 2 / float(torch.linalg.eigvalsh(hessian)[-1])
        worst = max(worst, abs(float(curvature(learner)[2]) / expected - 1))
    return worst
