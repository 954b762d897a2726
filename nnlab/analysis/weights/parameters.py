"""The parameters and their gradients: as they are, as histograms, and as one number a layer."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch import Tensor

from nnlab.analysis.analysis import COSTLY_S, Analysis, Result, finished
from nnlab.analysis.shared import gradient
from nnlab.core.records import Array
from nnlab.families.learner import Block, Learner

BINS = 40
MANY = (
    100_000  # parameters up to which all of them go with a frame, and beyond which their histograms are taken in slices
)
SMALLEST = 2.0**-40  # range of a histogram of zeros
ROOM = 4.0  # a range is kept while the largest value fills at least a quarter of it

_RANGES: WeakKeyDictionary[Learner, dict[tuple[int, int], float]] = WeakKeyDictionary()


def weights(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "weights": all parameters, flat float32."""
    return {"weights": _array(learner.flat)}


def gradients(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "gradients": of the training loss with its penalties, flat float32."""
    return {"gradients": _array(gradient(learner))}


def histograms(learner: Learner, options: dict[str, Any]) -> Result:
    """Counts of the weights and of their gradients in 40 bins, a row a layer, biases left out.

    "hist_weights", "hist_gradients" (n_blocks, 40) float32; "hist_ranges" (n_blocks, 2, 2): low and high of both. A range is
    symmetric, a power of the square root of two, and stays until the values have outgrown it or shrunk to a quarter.
    """
    work = _counting(learner)
    return work if learner.flat.numel() > MANY else finished(work)


def _counting(learner: Learner) -> Generator[None, None, dict[str, Array]]:
    """A layer at a time."""
    held = _RANGES.setdefault(learner, {})
    ranges = np.empty((len(learner.blocks), 2, 2), np.float32)
    counts = np.empty((2, len(learner.blocks), BINS), np.float32)
    for kind, flat in enumerate((_array(learner.flat), _array(gradient(learner)))):
        for i, block in enumerate(learner.blocks):
            values = weights_of(flat, block).ravel()
            reach = held[i, kind] = _range(values, held.get((i, kind), 0.0))
            counts[kind, i] = np.histogram(values, BINS, range=(-reach, reach))[0]
            ranges[i, kind] = -reach, reach
            yield
    return {"hist_weights": counts[0], "hist_gradients": counts[1], "hist_ranges": ranges}


def gradient_norms(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "gradient_norms" (n_blocks,): length of the gradient of each layer's weights, over the training set, or a sample of it.

    "update_ratio" (n_blocks,): length of the last update of the weights divided by their length before it (about 0.001 is
    usual); 0 where no update was made since the last edit or jump.
    """
    return {
        "gradient_norms": layer_norms(learner, gradient(learner)),
        "update_ratio": update_ratio(learner),
    }


def layer_norms(learner: Learner, flat: Tensor) -> Array:
    """L2 norm of each layer's weights in a vector laid out like `flat`, (n_blocks,) float32."""
    values = _array(flat)
    with np.errstate(over="ignore"):  # of a run that diverges
        return np.array([np.linalg.norm(weights_of(values, b)) for b in learner.blocks], np.float32)


def update_ratio(learner: Learner) -> Array:
    """|change of the weights| / |weights| of the last update, (n_blocks,) float32."""
    if learner.before is None:
        return np.zeros(len(learner.blocks), np.float32)
    moved = layer_norms(learner, learner.flat - learner.before)
    size = layer_norms(learner, learner.before)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(size > 0, moved / np.maximum(size, np.float32(1e-30)), 0).astype(np.float32)


def weights_of(flat: Array, block: Block) -> Array:
    """View (fan_out, fan_in) of a layer's weights in a flat vector."""
    step = flat.itemsize
    return np.lib.stride_tricks.as_strided(
        flat[block.start :], (block.fan_out, block.fan_in), (block.stride * step, step), writeable=False
    )


def _range(values: Array, held: float) -> float:
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max()) if len(finite) else 0.0
    if held and held / ROOM <= largest <= held:
        return held
    if largest <= SMALLEST:
        return held or SMALLEST
    return float(2 ** (math.ceil(2 * math.log2(largest * 1.2)) / 2))


def _array(values: Tensor) -> Array:
    found: Array = values.detach().cpu().numpy().astype(np.float32)
    return found


def _has_layers(learner: Learner) -> bool:
    return bool(learner.blocks)


def _few(learner: Learner) -> bool:
    return learner.flat.numel() <= MANY  # more would fill every frame and cannot be drawn


WEIGHTS = Analysis(weights, ("weights",), when=_few)
GRADIENTS = Analysis(gradients, ("gradients",), every_s=COSTLY_S, when=_few)
HISTOGRAMS = Analysis(histograms, ("hist_weights", "hist_gradients", "hist_ranges"), every_s=COSTLY_S, when=_has_layers)
GRADIENT_NORMS = Analysis(gradient_norms, ("gradient_norms", "update_ratio"), every_s=COSTLY_S, when=_has_layers)
