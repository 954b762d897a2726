"""One number of one map, taken apart: the patch it looks at, the kernel, and the sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from nnlab.analysis.analysis import ON_REQUEST, Analysis
from nnlab.analysis.options import whole
from nnlab.analysis.pictures.shown import shown
from nnlab.core.errors import Refused
from nnlab.core.records import Array
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner


def cell(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """The output cell at `row` and `column` of the map `channel` of the convolution `stage`, for the picture that is looked at.

    "cell_patch" and "cell_kernel" (in, k, k) float32, 0 where the patch reaches beyond the picture; "cell_places" (in, k, k) int32:
    where each weight stands in the vector of all. "cell_facts" (6,) float64: bias, weighted sum with it, what the activation
    makes of it, `F.conv2d`'s own sum, and the row and column of the patch's upper left corner in the input's maps (less than 0
    in the padding). "cell_map" (H, W) float32: the whole map before its activation. "cell_inputs" (in, h, w) float32.
    "cell_shape" (4,) int32: kernel, stride, padding, dilation.
    """
    convolutions = learner.module.convolutions()
    if not convolutions:
        raise Refused.because(say("This network has no convolution to look into."), "stage")
    stage = options.get("stage")
    stage = stage if stage in convolutions else min(convolutions)
    layer, bend = convolutions[stage]
    picture, _ = shown(learner, options)
    with torch.inference_mode(), learner.used():
        inputs = learner.module.walk(picture)[stage - 1]
        out = layer(inputs)[0]
        channel = whole(options, "channel", 0, (0, 1_000)) % out.shape[0]
        row, column = (whole(options, n, 0, (0, 10_000)) % s for n, s in zip(("row", "column"), out.shape[1:], strict=True))
        (k, _), (stride, _), (pad, _), (wide, _) = layer.kernel_size, layer.stride, layer.padding, layer.dilation
        top, left = row * stride - pad, column * stride - pad
        padded = F.pad(inputs[0], (pad, pad, pad, pad))
        reach = wide * (k - 1) + 1
        patch = padded[:, row * stride : row * stride + reach : wide, column * stride : column * stride + reach : wide]
        kernel = layer.weight[channel]
        bias = layer.bias[channel] if layer.bias is not None else torch.zeros((), device=out.device)
        total = (patch.double() * kernel.double()).sum() + bias.double()
        after = bend(total.to(out.dtype))
    facts = [float(bias), float(total), float(after), float(out[channel, row, column]), top, left]
    return {
        "cell_patch": patch.float().cpu().numpy(),
        "cell_kernel": kernel.float().cpu().numpy(),
        "cell_places": learner.places(stage, channel),
        "cell_facts": np.array(facts, np.float64),
        "cell_map": out[channel].float().cpu().numpy(),
        "cell_inputs": inputs[0].float().cpu().numpy(),
        "cell_shape": np.array([k, stride, pad, wide], np.int32),
        "cell_at": np.array([stage, channel, row, column], np.int32),
    }


CELL = Analysis(
    cell,
    ("cell_patch", "cell_kernel", "cell_places", "cell_facts", "cell_map", "cell_inputs", "cell_shape", "cell_at"),
    CnnLearner,
    every_s=ON_REQUEST,
)
