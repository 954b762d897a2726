"""The maps of all stages of a network for one picture, and how much each channel carries of its answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import Analysis
from nnlab.analysis.pictures.shown import shown, switched_off
from nnlab.core.records import Array
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.stages import ConvStage, Stage

SCALES = ("map", "layer", "network")


def wall(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """What one picture becomes, stage by stage, from itself (stage 0) to the numbers before softmax (the last).

    "wall_plan" (stages, 4) int32: channels, height, width, side of the kernels (0 where there are none). "wall_maps" uint8: all
    maps, stage after stage, channel after channel, from low to high of the option "scale": of each map, of its layer or of
    the network. "wall_ranges" (channels of all stages, 2) float32: lowest and highest value of each map.
    "wall_shares", as many float32: activation × gradient of the answer, summed over a map, as part of the sum of its stage's
    sizes, -1…1. "wall_kernels" uint8: of each channel of a convolution the kernel for the input channel where it is largest, 128 = 0.
    "wall_answer" (2, classes) float32: probabilities, and those with nothing switched off; "wall_class" (2,) int32: what it
    answers, and what is right (-1: nobody knows). "wall_place" (2,) int32: 0 training or 1 test and the row there, -1 of a drawing. "wall_picture" (C, H, W) uint8.
    """
    picture, target, place = shown(learner, options)
    off, module = switched_off(learner, options), learner.module
    with learner.used(), torch.enable_grad():
        stages = module.walk(picture.detach().requires_grad_(), off)
        after = learner.likely(stages[-1])[0]
        taken = int(after.argmax())
        gradients = torch.autograd.grad(_score(stages[-1], taken), stages[:-1], allow_unused=True)
    with torch.inference_mode():
        before = learner.likely(learner.walk(picture)[-1])[0] if off else after
        maps = [_as_maps(stage.detach()[0]) for stage in stages]
        shares = [_shares(m, g) for m, g in zip(maps, (*gradients, None), strict=True)]
        ranges = [torch.stack((m.flatten(1).amin(1), m.flatten(1).amax(1)), 1) for m in maps]
        scale = options.get("scale")
        low_high = _scales(ranges, scale if isinstance(scale, str) and scale in SCALES else "layer")
        painted = [_painted(m, r) for m, r in zip(maps, low_high, strict=True)]
        kernels = [None, *(_kernels(stage) for _, stage in module.chain())]
    return {
        "wall_plan": np.array(
            [[*m.shape, 0 if k is None else k.shape[-1]] for m, k in zip(maps, kernels, strict=True)], np.int32
        ),
        "wall_maps": torch.cat([p.flatten() for p in painted]).cpu().numpy(),
        "wall_ranges": torch.cat(ranges).float().cpu().numpy(),
        "wall_shares": torch.cat(shares).float().cpu().numpy(),
        "wall_kernels": np.concatenate(
            [np.zeros(0, np.uint8), *(k.cpu().numpy().ravel() for k in kernels if k is not None)]
        ),
        "wall_answer": torch.stack((after, before)).float().cpu().numpy(),
        "wall_class": np.array([taken, target], np.int32),
        "wall_place": np.array(place, np.int32),
        "wall_picture": (picture.detach()[0].clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy(),
    }


def _score(logits: Tensor, taken: int) -> Tensor:
    """What speaks for the class: its own number, of two classes with one output the output or its negative."""
    if logits.shape[1] == 1:
        return logits[0, 0] if taken else -logits[0, 0]
    return logits[0, taken]


def _as_maps(stage: Tensor) -> Tensor:
    """Units without a place, (units,), as maps of one pixel, (units, 1, 1)."""
    return stage if stage.dim() == 3 else stage.view(-1, 1, 1)


def _shares(maps: Tensor, gradient: Tensor | None) -> Tensor:
    """(channels,): each one's part of the answer to the first order, of the sum of all parts' sizes (Montavon et al. 2018, eq. 6)."""
    if gradient is None:
        return torch.zeros(len(maps), device=maps.device, dtype=maps.dtype)
    parts = (maps * _as_maps(gradient[0])).flatten(1).sum(1)
    return parts / parts.abs().sum().clamp(min=1e-12)


def _scales(ranges: list[Tensor], scale: str) -> list[Tensor]:
    """The low and high end of each map's colours, (channels, 2) a stage; the picture keeps 0…1, a stage never below 0 begins there."""
    if scale == "layer":
        ranges = [torch.stack((r[:, 0].min(), r[:, 1].max())).expand_as(r) for r in ranges]
    elif scale == "network":
        low, high = (f(torch.stack([f(r) for r in ranges[1:]])) for f in (torch.min, torch.max))
        ranges = [torch.stack((low, high)).expand_as(r) for r in ranges]
    found = []
    for r in ranges:
        most = r.abs().amax(1)
        found.append(torch.stack((-most if (r[:, 0] < 0).any() else torch.zeros_like(most), most), 1))
    found[0] = torch.tensor((0.0, 1.0), device=found[0].device).expand_as(found[0])
    return found


def _painted(maps: Tensor, low_high: Tensor) -> Tensor:
    """Bytes (channels, h, w): signed maps have 0 at 127.5, others at 0."""
    low, high = low_high[:, 0].view(-1, 1, 1), low_high[:, 1].view(-1, 1, 1)
    return ((maps - low) / (high - low).clamp(min=1e-12) * 255).round().clamp(0, 255).to(torch.uint8)


def _kernels(stage: Stage) -> Tensor | None:
    """(out, k, k) bytes of a convolution: for each output the kernel of the input where it is longest; 128 is 0."""
    if not isinstance(stage, ConvStage):
        return None
    weights = stage.weight.detach()
    strongest = weights.flatten(2).norm(dim=2).argmax(1)
    chosen = weights[torch.arange(len(weights), device=weights.device), strongest]
    most = chosen.flatten(1).abs().amax(1).view(-1, 1, 1).clamp(min=1e-12)
    return (128 + 127 * chosen / most).round().to(torch.uint8)


WALL = Analysis(
    wall,
    (
        "wall_plan",
        "wall_maps",
        "wall_ranges",
        "wall_shares",
        "wall_kernels",
        "wall_answer",
        "wall_class",
        "wall_place",
        "wall_picture",
    ),
    CnnLearner,
)
