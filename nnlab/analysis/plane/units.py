"""What single neurons do: a small map of each over the plane, and the sum inside one of them with its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.plane.grid import SIDE, pass_of, to_bytes
from nnlab.core.records import Array
from nnlab.families.learner import Learner
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.layout import NormBlock, bias_of, gain_and_shift, weight_of
from nnlab.families.mlp.module import EPS

BOUNDED = frozenset({"tanh", "sigmoid", "sine"})  # stay within -1…1 by themselves
FEW = 48  # maps up to which each is 25 x 25; beyond, 20 x 20
PART = 16  # maps in a frame
BRIGHT = 0.98  # an unbounded activation is shown on the scale of this quantile of its size


def neurons(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "neurons" (k, s, s) uint8: hidden and output units in order of layer, at most 16 in turn with "neurons_first".

    `options["all_neurons"]`: all at once, for a frame that no other follows.
    """
    total = sum(b.fan_out for b in learner.blocks)
    first, last = 0, total
    if total > PART and not options.get("all_neurons"):
        first, last = _turn(learner, total)
    step = SIDE // (25 if total <= FEW else 20)
    pictures = np.empty((last - first, SIDE // step, SIDE // step), np.uint8)
    _draw(learner, first, last, step=step, out=pictures)
    found: dict[str, Array] = {"neurons": pictures}
    return found | {"neurons_first": np.array([first], np.int32)} if total > PART else found


def maps(learner: Learner) -> Array:
    """All hidden and output units over the whole plane, (k, 100, 100) uint8."""
    found = np.empty((sum(b.fan_out for b in learner.blocks), SIDE, SIDE), np.uint8)
    _draw(learner, 0, len(found), step=1, out=found)
    return found


def feature_maps(learner: Learner) -> Array:
    """The inputs over the plane, (n_features, 25, 25) uint8."""
    values = pass_of(learner).layers(learner)[0].view(-1, SIDE, SIDE)
    return to_bytes(values[:, 2::4, 2::4], _brightness(values))


def unit_map(learner: Learner, where: Any) -> Array | None:
    """The map of unit [layer, unit], (100, 100) uint8; None where there is no such unit."""
    try:
        layer, unit = (int(i) for i in where)
    except (TypeError, ValueError):
        return None
    layers = pass_of(learner).layers(learner)
    if not (0 <= layer < len(layers) and 0 <= unit < len(layers[layer])):
        return None
    values, scale = _layer(learner, layer, unit, unit + 1)
    picture: Array = to_bytes(values, scale)[0]
    return picture


@torch.no_grad()
def formula(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """Neuron `options["neuron"]` = [layer, unit] at `options["at"]` = [x, y], as numbers.

    "formula_inputs" and "formula_weights" (fan_in,), "formula" (7,) = layer, unit, x, y, bias, z, a: the sum of inputs times
    weights plus bias is z, and a is what the unit gives, the output unit through the function of its block; "formula_norm"
    (4,) = mean, deviation, gain, shift: gain (z - mean) / deviation + shift goes into that function. {} for no such unit.
    """
    layer, unit = (int(i) for i in options.get("neuron") or (len(learner.blocks), 0))
    if not (1 <= layer <= len(learner.blocks) and 0 <= unit < learner.blocks[layer - 1].fan_out):
        return {}
    x, y = (float(v) for v in options.get("at") or (0.0, 0.0))
    point = torch.tensor([[x, y]], dtype=learner.flat.dtype, device=learner.device)
    block, layers = learner.blocks[layer - 1], learner.activations(point)
    inputs = layers[layer - 1][:, 0]
    start = block.start + unit * block.stride
    weights = learner.flat[start : start + block.fan_in]
    bias = learner.flat[block.bias + unit * block.bias_stride]
    z = torch.dot(weights, inputs) + bias
    a = layers[layer][unit, 0] if layer < len(learner.blocks) else _squashed(layers[-1][:, 0], block.activation)[unit]
    facts = [layer, unit, x, y, *(float(v) for v in (bias, z, a))]
    return {
        "formula_norm": np.array(_normalisation(learner, layer, unit, inputs), np.float32),
        "formula_inputs": inputs.cpu().numpy().astype(np.float32),
        "formula_weights": weights.cpu().numpy().astype(np.float32),
        "formula": np.array(facts, np.float32),
    }


def _normalisation(learner: Learner, layer: int, unit: int, inputs: Tensor) -> list[float]:
    """Mean, deviation, gain and shift of a hidden unit: of its layer's sums, or of the batches so far; 0, 1, 1, 0 without."""
    norms: tuple[NormBlock, ...] = getattr(learner, "norms", ())
    if layer > len(norms):
        return [0.0, 1.0, 1.0, 0.0]
    norm, block = norms[layer - 1], learner.blocks[layer - 1]
    gain, shift = gain_and_shift(learner.flat, norm)
    running: Tensor | None = getattr(learner, "running", None)
    if running is not None and getattr(learner.experiment.model, "norm", "") == "batch":
        first = sum(n.units for n in norms[: layer - 1])
        mean, variance = running[:, first + unit]
    else:
        variance, mean = torch.var_mean(
            weight_of(learner.flat, block) @ inputs + bias_of(learner.flat, block), correction=0
        )
    return [float(mean), float((variance + EPS).sqrt()), float(gain[unit]), float(shift[unit])]


def _squashed(z: Tensor, activation: str) -> Tensor:
    """What the output layer makes of its sums (n_outputs,)."""
    return torch.softmax(z, 0) if activation == "softmax" else ACTIVATIONS[activation].function(z)


def _turn(learner: Learner, total: int) -> tuple[int, int]:
    """First and one past the last of the maps whose turn it is; the parts are of equal size, as nearly as can be."""
    shared, parts = pass_of(learner), -(-total // PART)
    turn = shared.turn % parts
    shared.turn = turn + 1
    return turn * total // parts, (turn + 1) * total // parts


def _draw(learner: Learner, first: int, last: int, *, step: int, out: Array) -> None:
    """Maps `first` to `last` of all hidden and output units, every `step`-th point of the plane, into `out`."""
    begin = 0
    for layer, block in enumerate(learner.blocks, start=1):
        low, high = max(first, begin), min(last, begin + block.fan_out)
        if low < high:
            values, scale = _layer(learner, layer, low - begin, high - begin)
            sample = values if step == 1 else values[:, step // 2 :: step, step // 2 :: step]
            to_bytes(sample, scale, out=out[low - first : high - first])
        begin += block.fan_out


def _layer(learner: Learner, layer: int, first: int, last: int) -> tuple[Tensor, Tensor | None]:
    """Units of one layer (k, SIDE, SIDE) and the scale they are shown on (k, 1, 1), None where they stay within -1…1."""
    shared = pass_of(learner)
    if layer == len(learner.blocks):
        shown = shared.shown(learner)[first:last].reshape(-1, SIDE, SIDE)
        return (shown * 2 - 1 if learner.dataset.n_classes > 2 else shown), None
    values = shared.layers(learner)[layer][first:last].reshape(-1, SIDE, SIDE)
    bounded = layer > 0 and learner.blocks[layer - 1].activation in BOUNDED
    skip = getattr(learner.experiment.model, "skip", False)  # what is skipped adds up
    return values, (None if bounded and not skip else _brightness(values))


def _brightness(values: Tensor) -> Tensor:
    """A high quantile of the size of each map, (k, 1, 1).

    It is taken from every eighth row and column: 144 of the 10,000 points, each frame the same. By numpy, whose calls on
    so few numbers take a third of torch's time.
    """
    sample = np.abs(values[:, 4::8, 4::8].cpu().numpy()).reshape(len(values), -1)
    rank = round(BRIGHT * sample.shape[1]) - 1
    high = np.maximum(np.partition(sample, rank, axis=1)[:, rank], 1e-6)
    return torch.from_numpy(high).to(values.device).view(-1, 1, 1)
