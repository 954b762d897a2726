"""The activations: each with its derivative, and what ten layers of it do to a signal and to a gradient.

Weights are drawn as at the start of a network, N(0, 1 / fan_in) for Xavier and N(0, 2 / fan_in) for He, for square layers
(Glorot and Bengio 2010; He et al. 2015), times a scale. Derivatives and the gradient going back are autograd's.
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from nnlab.analysis.analysis import ON_REQUEST, Analysis
from nnlab.analysis.neuron.rows import plain
from nnlab.analysis.options import choice, number
from nnlab.core.records import Array
from nnlab.core.rng import seed_of
from nnlab.families.learner import Learner
from nnlab.families.mlp.activations import ACTIVATIONS

DEPTH, WIDTH, EXAMPLES = 10, 128, 300
REACH, PLACES = 5.0, 161  # of the curves
BINS = 48
SPREADS = {"xavier": 1.0, "he": 2.0}
Layers = tuple[list[Tensor], list[Tensor], list[Tensor]]
FLAT = 0.01  # a slope below which next to nothing passes back
SCALES, SEEDS = (0.1, 5.0), (0, 2**31 - 1)


def activations(learner: Learner, options: dict[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """Curves of all activations, and ten layers of one of them.

    Options: "activation" a name of `ACTIVATIONS`, "init" "xavier" or "he", "scale" 0.1…5, "seed". "activations" (k, 2, 161): f
    and f' on [-5, 5] in the order of `ACTIVATIONS`; "layers" (11, 48): share of the values in each bin, the input first,
    within "layer_ranges" (11, 2); "layer_facts" (11, 4): mean, standard deviation, share of units with next to no slope,
    root mean square of the gradient that arrives there when one of size 1 is sent back from the top.
    """
    drawn = plain(curves().numpy())
    yield 0.1
    name, spread = choice(options, "activation", ACTIVATIONS, "tanh"), choice(options, "init", SPREADS, "xavier")
    scale, seed = number(options, "scale", 1.0, SCALES), int(number(options, "seed", 0, SEEDS))
    signals, slopes, gradients = yield from through(name, spread=SPREADS[spread], scale=scale, seed=seed)
    ranges = [_range(signal) for signal in signals]
    counts = [torch.histc(s, BINS, low, high) / s.numel() for s, (low, high) in zip(signals, ranges, strict=True)]
    facts = [
        [s.mean().item(), s.std().item(), flat.double().mean().item(), g.square().mean().sqrt().item()]
        for s, flat, g in zip(signals, slopes, gradients, strict=True)
    ]
    found = {"layers": torch.stack(counts).numpy(), "layer_ranges": ranges, "layer_facts": facts}
    return {"activations": drawn} | {key: plain(value) for key, value in found.items()}


@functools.cache
def curves() -> Tensor:
    """f and f' of every activation on [-5, 5]: (k, 2, 161)."""
    found = []
    for activation in ACTIVATIONS.values():
        x = torch.linspace(-REACH, REACH, PLACES, dtype=torch.float64, requires_grad=True)
        with torch.enable_grad():
            y = activation.function(x) + 0 * x  # the identity gives its input back, which has no history
            (slope,) = torch.autograd.grad(y.sum(), x)
        found.append(torch.stack([y.detach(), slope]))
    return torch.stack(found)


def through(name: str, *, spread: float, scale: float, seed: int) -> Generator[float, None, Layers]:
    """Signals, places without slope, and gradients at the input and after each of ten layers, each (examples, width)."""
    generator = torch.Generator().manual_seed(seed_of(seed, "activations"))

    def draw(rows: int) -> Tensor:
        return torch.randn(rows, WIDTH, generator=generator, dtype=torch.float64)

    signals, slopes = [draw(EXAMPLES)], [torch.zeros(EXAMPLES, WIDTH, dtype=torch.bool)]
    layers: list[tuple[Tensor, Tensor]] = []  # what comes in, what goes out: a graph for each layer
    for i in range(DEPTH):
        with torch.enable_grad():
            given = signals[-1].requires_grad_()
            z = given @ (draw(WIDTH) * (scale * (spread / WIDTH) ** 0.5))
            a = ACTIVATIONS[name].function(z) + 0 * z
            (slope,) = torch.autograd.grad(a.sum(), z, retain_graph=True)
        layers.append((given, a))
        signals.append(a.detach())
        slopes.append(slope.abs() < FLAT)
        yield 0.1 + 0.05 * i
    gradients = [draw(EXAMPLES)]
    for i, (given, a) in enumerate(reversed(layers)):
        gradients.insert(0, *torch.autograd.grad(a, given, grad_outputs=gradients[0]))
        yield 0.6 + 0.03 * i
    return [s.detach() for s in signals], slopes, gradients


def _range(signal: Tensor) -> tuple[float, float]:
    """Symmetric, four standard deviations about zero or the largest value, whichever is nearer."""
    reach = min(4 * float(signal.square().mean().sqrt()), float(signal.abs().max()))
    return (-reach, reach) if reach > 0 else (-1.0, 1.0)


ACTIVATIONS_THROUGH = Analysis(
    activations, ("activations", "layers", "layer_ranges", "layer_facts"), every_s=ON_REQUEST
)
