"""The receptive field as it is measured: which pixels move a channel (Luo et al. 2016), beside those that it can see by construction."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import ON_REQUEST, Analysis, Result
from nnlab.analysis.pictures.unit import Box, Unit, box, frozen, places, result, unit_of
from nnlab.core.errors import Refused
from nnlab.core.records import Array, Split
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.module import CnnModule
from nnlab.families.flat import seeded
from nnlab.families.sampling import sample

PICTURES = 64  # over which the gradient of the chosen channel is averaged
FEW, CHANNELS = 16, 6  # pictures and channels of every other stage
SHARE = 0.9  # of all that moves a channel


def sight(learner: Any, options: dict[str, Any]) -> Result:
    """The mean size of d a / d x over 64 pictures, where a is the middle cell of the chosen channel's map (`stage`, `channel`).

    Of pictures in colour the three are added up. "sight_heat" (H, W) float32: adds up to 1, or is 0 where nothing moves the cell.
    "sight_boxes" (3, 4) int32: top, left, bottom, right (exclusive) of what it can see by construction, of the smallest square in the
    middle of that with 90 % of the heat, and of the same before the first update; all 0 where there is none. "sight_lines" (2, stages)
    float32, the picture left out: the side of the box of each stage's middle cell, and of the square with 90 %, over six of its
    channels and 16 pictures; 0 where none is moved. "sight_facts" (3,) float32: pictures, pictures in which the cell is moved at
    all, and the share of the heat in the square. "sight_unit" (4,) int32: stage, channel, row and column of the cell.
    """
    split: Split = "test" if learner.count("test") else "train"
    if not learner.count(split):
        raise Refused.because(say("There are no examples of this part to look at."), "split")
    rows = sample(learner, split, PICTURES)
    inputs = learner.batch(split, rows)[0][:PICTURES]
    return _sight(learner, unit_of(learner, options), inputs)


def _sight(learner: Any, unit: Unit, inputs: Tensor) -> Generator[float, None, dict[str, Array]]:
    module = frozen(learner.module)
    row, column = (n // 2 for n in places(learner, unit.stage))
    own = box(learner, unit.stage, row, column)
    with seeded(learner.experiment.seed, "weights"):  # as when the run began
        young = learner.make().to(learner.device, learner.dtype)
    yield 0.0
    heat, moved = yield from _heat(learner, module, [unit], inputs, (0.0, 0.3))
    before, _ = yield from _heat(learner, frozen(young), [unit], inputs, (0.3, 0.6))
    lines = []
    count = len(learner.stages) - 1
    for stage in range(1, count + 1):
        channels = learner.stages[stage].shape[0]
        some = [Unit(stage, c) for c in sorted({int(c) for c in np.linspace(0, channels - 1, CHANNELS)})]
        theory = box(learner, stage, *(n // 2 for n in places(learner, stage)))
        progress = tuple(0.6 + 0.4 * i / count for i in (stage - 1, stage))
        seen, _ = yield from _heat(learner, module, some, inputs[:FEW], (progress[0], progress[1]))
        lines.append((_side(theory), _side(square(seen, theory))))
    inner = square(heat, own)
    top, left, bottom, right = inner
    return {
        "sight_heat": heat.astype(np.float32),
        "sight_boxes": np.array([own, inner, square(before, own)], np.int32),
        "sight_lines": np.array(lines, np.float32).T.copy(),
        "sight_facts": np.array([len(inputs), moved, heat[top:bottom, left:right].sum()], np.float32),
        "sight_unit": np.array([*unit, row, column], np.int32),
    }


def _heat(
    learner: Any, module: CnnModule, units: Sequence[Unit], inputs: Tensor, progress: tuple[float, float]
) -> Generator[float, None, tuple[Array, int]]:
    """Of units of one stage: the mean size of the gradient by each pixel (H, W), each unit's share of 1 alike; and pictures that move one."""
    stage = units[0].stage
    row, column = (n // 2 for n in places(learner, stage))
    total = np.zeros((len(units), *inputs.shape[2:]))
    moved, done, pieces = 0, 0, torch.split(inputs, learner.part)
    for piece in pieces:
        with learner.used(), torch.enable_grad():
            x = piece.detach().clone().requires_grad_()
            maps = result(module, x, stage)
        for k, unit in enumerate(units):
            cell = maps[:, unit.channel] if maps.dim() == 2 else maps[:, unit.channel, row, column]
            (found,) = torch.autograd.grad(cell.sum(), x, retain_graph=True)
            sizes = found.abs().sum(1)
            total[k] += sizes.double().sum(0).cpu().numpy()
            moved += int((sizes.flatten(1).amax(1) > 0).sum())
            done += 1
            yield progress[0] + (progress[1] - progress[0]) * done / (len(pieces) * len(units))
    each = total.sum((1, 2), keepdims=True)
    shares = np.divide(total, each, out=np.zeros_like(total), where=each > 0)
    return shares.sum(0) / max(1, int((each > 0).sum())), moved


def square(heat: Array, within: Box, share: float = SHARE) -> Box:
    """The smallest square in the middle of a box, to half a pixel, that holds this share of the heat; all 0 where there is none.

    What reaches beyond the picture is cut off.
    """
    whole = heat.sum()
    if whole <= 0:
        return 0, 0, 0, 0
    top, left, bottom, right = within
    upto = np.pad(heat.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    high, wide = heat.shape
    for side in range(1, max(bottom - top, right - left)):
        found = []
        for y in {(top + bottom - side) // 2, -((side - top - bottom) // 2)}:
            for x in {(left + right - side) // 2, -((side - left - right) // 2)}:
                y0, x0, y1, x1 = max(0, y), max(0, x), min(high, y + side), min(wide, x + side)
                found.append((upto[y1, x1] - upto[y0, x1] - upto[y1, x0] + upto[y0, x0], (y0, x0, y1, x1)))
        mass, best = max(found)
        if mass >= share * whole:
            return best
    return within


def _side(of: Box) -> int:
    return max(of[2] - of[0], of[3] - of[1])


SIGHT = Analysis(
    sight,
    ("sight_heat", "sight_boxes", "sight_lines", "sight_facts", "sight_unit"),
    CnnLearner,
    every_s=ON_REQUEST,
)
