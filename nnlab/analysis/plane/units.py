"""Single neurons: a small map of each over the plane, and the weighted sum of one of them with its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import ONCE, Analysis
from nnlab.analysis.plane.grid import SIDE, bands_of, pass_of, plane, to_bytes
from nnlab.core.records import Array
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.readings import OnPlane
from nnlab.families.scratch import Scratch

BOUNDED = frozenset({"tanh", "sigmoid", "sine"})  # stay within -1…1 by themselves
FEW = 48  # maps up to which each is 25 x 25; beyond, 20 x 20
PART = 16  # maps in a frame
INPUT_SIDE = 25
OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {"softmax": partial(torch.softmax, dim=0), "step": torch.sign}
SHOWN = Scratch()
BRIGHT = 0.98  # an unbounded activation is shown on the scale of this quantile of its size


def neurons(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "neurons" (k, s, s) uint8: hidden and output units in order of layer, at most 16 in turn with "neurons_first".

    `options["whole"]`: all at once, for a frame that no other follows.
    """
    total = sum(b.fan_out for b in learner.blocks)
    first, last = 0, total
    if total > PART and not options.get("whole"):
        first, last = _turn(learner, total)
    side = 25 if total <= FEW else 20
    pictures = np.empty((last - first, side, side), np.uint8)
    _draw(learner, first, last, side=side, out=pictures)
    found: dict[str, Array] = {"neurons": pictures}
    return found | {"neurons_first": np.array([first], np.int32)} if total > PART else found


def maps(learner: Any) -> Array:
    """All hidden and output units over the whole plane, (k, 100, 100) uint8."""
    found = np.empty((sum(b.fan_out for b in learner.blocks), SIDE, SIDE), np.uint8)
    _draw(learner, 0, len(found), side=SIDE, out=found)
    return found


@torch.no_grad()
def input_maps(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "input_maps" (n_features, 25, 25) uint8: what the network is given over the plane, on the scale of each feature."""
    values = learner.activations(plane(learner.data.plane.limit, side=INPUT_SIDE, device=learner.device, edges=True))[0]
    values = values.view(-1, INPUT_SIDE, INPUT_SIDE)
    scale = torch.quantile(values.abs().flatten(1), BRIGHT, dim=1).clamp(min=1e-6).view(-1, 1, 1)
    return {"input_maps": to_bytes(values, scale)}


def unit_of(learner: Any, where: Any) -> tuple[int, int] | None:
    """[layer, unit] of a unit that is there, layer 0 the features; None for any other value."""
    try:
        layer, unit = (int(i) for i in where)
    except (TypeError, ValueError, OverflowError):
        return None
    widths = [learner.blocks[0].fan_in, *(b.fan_out for b in learner.blocks)]
    return (layer, unit) if 0 <= layer < len(widths) and 0 <= unit < widths[layer] else None


def unit_map(learner: Any, unit: tuple[int, int]) -> Array:
    """The map of a unit that is there, (100, 100) uint8."""
    values, scale = _layer(learner, *unit, unit[1] + 1)
    picture: Array = to_bytes(values, scale)[0]
    return picture


def unit_values(learner: Any, points: Tensor, unit: tuple[int, int]) -> Tensor:
    """What a unit gives at `points` (n, 2): (1, n), of an output unit what the screen shows."""
    layer, i = unit
    if layer < len(learner.blocks):
        found: Tensor = learner.activations(points)[layer][i : i + 1]
        return found
    return _shown(learner, learner.outputs(points).t()[i : i + 1]).clamp(-1, 1)


def unit_picture(learner: Any, values: Tensor, layer: int) -> Array:
    """The map of a unit of `layer` from its values (1, SIDE * SIDE)."""
    whole = values.view(1, SIDE, SIDE)
    picture: Array = to_bytes(whole, None if _bounded(learner, layer) else _brightness(whole))[0]
    return picture


@torch.no_grad()
def formula(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """Neuron `options["neuron"]` = [layer, unit] at `options["at"]` = [x, y], as numbers.

    "formula_inputs" and "formula_weights" (fan_in,), "formula" (7,) = layer, unit, x, y, bias, z, a: the sum of inputs times
    weights plus bias is z, and a is what the unit gives, the output unit through the function of its block; "formula_norm"
    (4,) = mean, deviation, gain, shift: gain (z - mean) / deviation + shift goes into that function. {} for no such unit.
    """
    found = unit_of(learner, options.get("neuron", (len(learner.blocks), 0)))
    if found is None or found[0] == 0:  # a feature is no sum
        return {}
    (layer, unit), (x, y) = found, _point(options.get("at"))
    point = torch.tensor([[x, y]], dtype=learner.flat.dtype, device=learner.device)
    block, layers = learner.blocks[layer - 1], learner.activations(point)
    inputs = layers[layer - 1][:, 0]
    start = block.start + unit * block.stride
    weights = learner.flat[start : start + block.fan_in]
    bias = learner.flat[block.bias + unit * block.bias_stride]
    z = torch.dot(weights, inputs) + bias
    a = layers[layer][unit, 0] if layer < len(learner.blocks) else _squashed(layers[-1][:, 0], block.activation)[unit]
    normalisation = getattr(learner, "normalisation", None)
    norm = normalisation(layer, unit, inputs) if normalisation else (0.0, 1.0, 1.0, 0.0)
    facts = [layer, unit, x, y, *(float(v) for v in (bias, z, a))]
    return {
        "formula_norm": np.array(norm, np.float32),
        "formula_inputs": inputs.cpu().numpy().astype(np.float32),
        "formula_weights": weights.cpu().numpy().astype(np.float32),
        "formula": np.array(facts, np.float32),
    }


def _point(where: Any) -> tuple[float, float]:
    """A place of the plane; its middle for anything else."""
    try:
        x, y = (float(v) for v in where)
    except (TypeError, ValueError, OverflowError):
        return 0.0, 0.0
    return x, y


def _squashed(z: Tensor, activation: str) -> Tensor:
    """What the output layer makes of its sums (n_outputs,)."""
    function = OUTPUTS.get(activation) or ACTIVATIONS[activation].function
    return function(z)


def _written_out(learner: Any) -> bool:
    """Whether every unit is a known function of a sum of weighted inputs and a bias."""
    known = OUTPUTS.keys() | ACTIVATIONS.keys()
    return bool(learner.blocks) and all(b.activation in known and b.bias >= 0 for b in learner.blocks)


def _turn(learner: Any, total: int) -> tuple[int, int]:
    """First and one past the last of the maps whose turn it is; the parts are of equal size, as nearly as can be."""
    shared, parts = pass_of(learner), -(-total // PART)
    turn = shared.turn % parts
    shared.turn = turn + 1
    return turn * total // parts, (turn + 1) * total // parts


def _draw(learner: Any, first: int, last: int, *, side: int, out: Array) -> None:
    """Maps `first` to `last` of all hidden and output units, (side, side) points of the plane each, into `out`."""
    coarse = _coarse(learner, side) if bands_of(learner) > 1 else None
    begin = 0
    for layer, block in enumerate(learner.blocks, start=1):
        low, high = max(first, begin), min(last, begin + block.fan_out)
        if low < high:
            values, scale = _layer(learner, layer, low - begin, high - begin, coarse)
            step = len(values[0]) // side
            sample = values if step == 1 else values[:, step // 2 :: step, step // 2 :: step]
            to_bytes(sample, scale, out=out[low - first : high - first])
        begin += block.fan_out


@torch.no_grad()
def _coarse(learner: Any, side: int) -> list[Tensor]:
    """The layers of a large network on as few points as its thumbnails have, what the screen shows in place of the last."""
    points = plane(learner.data.plane.limit, side=side, device=learner.device)
    layers = [a.clone() for a in learner.activations(points)[:-1]]
    return [*layers, learner.outputs(points).t().clamp(-1, 1)]


def _layer(
    learner: Any, layer: int, first: int, last: int, coarse: list[Tensor] | None = None
) -> tuple[Tensor, Tensor | None]:
    """Units of one layer (k, side, side) and the scale they are shown on (k, 1, 1), None where they stay within -1…1."""
    passed, output = pass_of(learner), layer == len(learner.blocks)
    full = passed.shown if output else lambda of: passed.layers(of)[layer]
    rows = full(learner) if coarse is None else coarse[layer]
    side = math.isqrt(rows.shape[1])
    values = rows[first:last].reshape(-1, side, side)
    if output:
        return _shown(learner, values), None
    return values, (None if _bounded(learner, layer) else _brightness(values))


def _shown(learner: Any, shown: Tensor) -> Tensor:
    """What an output unit shows, on -1…1: of several classes in memory that the next call overwrites, else `shown` itself."""
    if learner.data.answer.classes <= 2:
        return shown
    return torch.mul(shown, 2, out=SHOWN.take(shown.numel(), shown).view(shown.shape)).sub_(1)


def _bounded(learner: Any, layer: int) -> bool:
    """Whether the units of a layer stay within -1…1 by themselves."""
    if layer == len(learner.blocks):
        return True
    skip = getattr(learner.experiment.model, "skip", False)  # what is skipped adds up
    return layer > 0 and learner.blocks[layer - 1].activation in BOUNDED and not skip


def _brightness(values: Tensor) -> Tensor:
    """A high quantile of the size of each map (k, side, side), as (k, 1, 1).

    It is taken from every eighth row and column of a large one: 144 of 10,000 points, each frame the same. By numpy, whose
    calls on so few numbers take a third of torch's time.
    """
    step = max(1, values.shape[1] // 12)
    sample = np.abs(values[:, step // 2 :: step, step // 2 :: step].cpu().numpy()).reshape(len(values), -1)
    rank = round(BRIGHT * sample.shape[1]) - 1
    high = np.maximum(np.partition(sample, rank, axis=1)[:, rank], 1e-6)
    return torch.from_numpy(high).to(values.device).view(-1, 1, 1)


NEURONS = Analysis(neurons, ("neurons", "neurons_first"), OnPlane)
INPUT_MAPS = Analysis(input_maps, ("input_maps",), OnPlane, ONCE)
FORMULA = Analysis(
    formula, ("formula_norm", "formula_inputs", "formula_weights", "formula"), OnPlane, when=_written_out
)
