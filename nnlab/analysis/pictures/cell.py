"""One number of one map, taken apart: the patch it looks at, the kernel, and the sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.analysis.analysis import ON_REQUEST, Analysis
from nnlab.analysis.options import whole
from nnlab.analysis.pictures.shown import shown
from nnlab.core.errors import Refused
from nnlab.core.records import Array
from nnlab.core.say import say
from nnlab.families.arrays import copied
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.stages import ConvStage


def cell(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """The output cell at `row` and `column` of the map `channel` of the convolution `stage`, for the picture that is looked at.

    "cell_patch" and "cell_kernel" (in, k, k) float32, 0 where the patch reaches beyond the picture; "cell_places" (in, k, k) int32:
    where each weight stands in the vector of all. "cell_facts" (6,) float32: bias, weighted sum with it, what the activation
    makes of it, `F.conv2d`'s own sum, and the row and column of the patch's upper left corner in the input's maps (less than 0
    in the padding). "cell_map" (H, W) float32: the whole map before its activation. "cell_inputs" (in, h, w) float32.
    "cell_shape" (4,) int32: kernel, stride, padding, dilation. "cell_at" (4,) int32: stage, channel, row and column as they were taken.
    """
    chain = list(learner.module.chain())
    convolutions = [i for i, (_, stage) in enumerate(chain, 1) if isinstance(stage, ConvStage)]
    if not convolutions:
        raise Refused.because(say("This network has no convolution to look into."), "stage")
    number = options.get("stage")
    number = number if isinstance(number, int) and number in convolutions else convolutions[0]
    stage: ConvStage = chain[number - 1][1]
    k, (stride, _, wide) = stage.weight.shape[-1], stage.options
    picture = shown(learner, options).picture
    with torch.inference_mode(), learner.used():
        inputs = learner.walk(picture)[number - 1]
        out = stage.sums(inputs)[0]
        channel = whole(options, "channel", 0, (0, 1_000)) % out.shape[0]
        row, column = (
            whole(options, n, 0, (0, 10_000)) % s for n, s in zip(("row", "column"), out.shape[1:], strict=True)
        )
        padded = F.pad(inputs[0], (stage.before, stage.behind) * 2)
        reach = wide * (k - 1) + 1
        patch = padded[:, row * stride : row * stride + reach : wide, column * stride : column * stride + reach : wide]
        kernel, bias = stage.weight.detach()[channel], stage.bias.detach()[channel]
        total = (patch.double() * kernel.double()).sum() + bias.double()
        after = stage.act(total.to(out.dtype))
    top, left = row * stride - stage.before, column * stride - stage.before
    facts = [float(bias), float(total), float(after), float(out[channel, row, column]), top, left]
    return {
        "cell_patch": copied(patch.float()),
        "cell_kernel": copied(kernel.float()),
        "cell_places": _places(stage.weight.detach(), channel),
        "cell_facts": np.array(facts, np.float32),
        "cell_map": out[channel].float().cpu().numpy(),
        "cell_inputs": copied(inputs[0].float()),
        "cell_shape": np.array([k, stride, stage.before, wide], np.int32),
        "cell_at": np.array([number, channel, row, column], np.int32),
    }


def _places(weight: Tensor, channel: int) -> Array:
    """Where the weights (in, k, k) of a channel stand in the flat vector, of which `weight` is a view."""
    strides = weight.stride()
    grids = np.meshgrid(*(np.arange(n) for n in weight.shape[1:]), indexing="ij")
    places = (
        weight.storage_offset() + channel * strides[0] + sum(g * s for g, s in zip(grids, strides[1:], strict=True))
    )
    return np.asarray(places, np.int32)


CELL = Analysis(
    cell,
    ("cell_patch", "cell_kernel", "cell_places", "cell_facts", "cell_map", "cell_inputs", "cell_shape", "cell_at"),
    CnnLearner,
    every_s=ON_REQUEST,
)
