"""How fast this machine is, for the bars of times: they were set on one processor and are scaled for the others.

The measure is the plain way in torch to draw all neurons of a network, with nothing of nnlab in it: small products, elementwise
functions, copies and Python, which is what frames, pages and training are made of too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

SIDE = 100  # of the map of a neuron
LAYERS = ((2, 8), *((8, 8),) * 5, (8, 1))
SET_ON_MS = 2.28  # what `drawing` of these layers took on the Intel processor with AVX-512 that the bars were set on


@cache
def slowness() -> float:
    """How many times as long this machine takes as the one that the bars of times were set on; at least 1."""
    torch.set_num_threads(1)
    draw = drawing((fan_in, fan_out, nn.Tanh()) for fan_in, fan_out in LAYERS)
    return max(1.0, best_ms(draw) / SET_ON_MS)


def best_ms(call: Callable[[], object], repeats: int = 10, calls: int = 5) -> float:
    """Best of some short repeats, in ms."""
    best = float("inf")
    for _ in range(repeats):
        call()
        began = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - began) / calls * 1e3)
    return best


def drawing(layers: Iterable[tuple[int, int, nn.Module]]) -> Callable[[], None]:
    """The usual way: a forward hook on each activation, then every neuron's map on its own. Layers: (inputs, units, activation)."""
    seen: list[Tensor] = []
    modules: list[nn.Module] = []
    for fan_in, fan_out, activation in layers:
        modules += [nn.Linear(fan_in, fan_out), activation]
        activation.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    network = nn.Sequential(*modules)
    line = torch.linspace(-6, 6, SIDE)
    points = torch.cartesian_prod(line, line)

    def draw() -> None:
        seen.clear()
        with torch.no_grad():
            network(points)
        pictures = []
        for layer in seen:
            for unit in range(layer.shape[1]):
                values = ((layer[:, unit] + 1) * 127.5).clamp(0, 255).to(torch.uint8)
                pictures.append(values.reshape(SIDE, SIDE).numpy())
        np.stack(pictures)

    return draw
