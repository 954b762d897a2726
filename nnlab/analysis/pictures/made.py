"""A picture made to excite a channel (Erhan et al. 2009), and what a second network says about it.

Such a picture shows what the numbers answer to, and need not look like anything. So it never comes alone: a second network of the same
design, trained from other initial weights, says what it takes it for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.diagnosis.trial import UNSTOPPED
from nnlab.analysis.pictures.unit import Unit, frozen, result, sums, unit_of
from nnlab.core.experiment import patch
from nnlab.core.records import Array, Split
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.module import CnnModule
from nnlab.train.run import Run, advance
from nnlab.train.updates import build

MOST, WORK = 1_000, 6e10  # updates of the second network, and operations: some seconds of one core
LONGEST_S, SLICE_S = 20.0, 0.004  # of processor time; a second network that takes longer is asked as it is then
STEPS, RATE, JITTER, SMOOTH = (
    160,
    0.04,
    2,
    0.25,
)  # of the ascent: how far a step goes, pixels, weight of the total variation
POOLED = ("pool", "global_pool", "dropout")  # stages that keep the channels of the one before
TESTED = 1_000  # pictures on which both are compared
LEARNING, MAKING = 0.8, 0.95  # the progress when each is done


def made(run: Run, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """A picture that excites a channel as much as gradient ascent from grey can, and what this and a second network say about it.

    `stage` and `channel` name it, as in the analysis `favourites`; of the answer, a channel is a class. What grows is the mean of its
    map before the activation, the highest cells first, and of a class the log of its odds; the picture is shifted a little at each
    step, and pixels are drawn towards their neighbours. The second network has the same design, data and settings, another seed, and as many updates as this one has made, at most 1000.
    "made_picture" (C, H, W) uint8. "made_likely" (2, classes) float32: what either says. "made_right" (2,) float32: the share of up to 1000
    test pictures that either gets right. "made_updates" (2,) int32: that either has made. "made_values" (2,) float32: the largest value in
    the channel's map for the grey that it began with, and for the picture. "made_unit" (2,) int32: stage and channel as they were taken.
    """
    learner, updates = run.learner, run.step
    if not isinstance(learner, CnnLearner):
        raise TypeError(f"The learner must be a CnnLearner; got {type(learner).__name__}.")
    unit, module = unit_of(learner, options), frozen(learner.module)
    yield 0.0
    other = build(patch(run.experiment, {**UNSTOPPED, "seed": _another(run.experiment.seed)}), run.data)
    other.look = math.inf  # nobody looks at its curves: to measure it would make a slice longer
    second = other.learner
    if not isinstance(second, CnnLearner):
        raise TypeError(f"The second learner must be a CnnLearner; got {type(second).__name__}.")
    wanted, spent_s = min(updates, MOST, max(1, int(WORK // max(1, second.flops())))), 0.0
    yield 0.0
    while other.step < wanted and not other.stopped and spent_s < LONGEST_S:
        began = time.thread_time()
        advance(other, SLICE_S, steps=wanted - other.step)
        spent_s += time.thread_time() - began
        yield LEARNING * other.step / wanted
    grey, x = yield from _ascent(learner, module, unit)
    first_right = yield from _right(learner, module)
    second_right = yield from _right(second, second.module.eval())
    with torch.no_grad(), second.used(), learner.used():
        likely = [one.likely(of(x))[0] for one, of in ((learner, module), (second, second.module))]
        values = [float(result(module, one, unit.stage)[0, unit.channel].max()) for one in (grey, x)]
    return {
        "made_picture": (x[0] * 255).round().to(torch.uint8).cpu().numpy(),
        "made_likely": torch.stack(likely).float().cpu().numpy(),
        "made_right": np.array([first_right, second_right], np.float32),
        "made_updates": np.array([updates, other.step], np.int32),
        "made_values": np.array(values, np.float32),
        "made_unit": np.array(unit, np.int32),
    }


def _another(seed: int) -> int:
    return seed + 1 if seed < 1_000 else seed - 1


def _score(found: Tensor, unit: Unit, *, answer: bool) -> Tensor:
    """What is to grow: of a channel the mean of its map, the highest cells first; of a class, how far it leads (its log odds)."""
    if answer and len(found) > 1:
        others = torch.arange(len(found), device=found.device) != unit.channel
        return found[unit.channel] - found[others].logsumexp(0)
    cells = found[unit.channel].flatten()
    spread = cells.detach().std(correction=0).clamp(min=1e-6)
    return (torch.softmax(cells.detach() / spread, 0) * cells).sum()


def _ascent(learner: CnnLearner, module: CnnModule, unit: Unit) -> Generator[float, None, tuple[Tensor, Tensor]]:
    """The grey picture (1, C, H, W) that it begins with, and the one where it ends, in whole bytes.

    Where no pixel of the grey moves the channel, it goes on from noise. Channels that are pooled are those of the stage before.
    """
    form, stages = learner.form, learner.stages
    generator = torch.Generator().manual_seed(learner.experiment.seed)
    most = min(JITTER, min(form.height, form.width) // 8)
    shifts = torch.randint(-most, most + 1, (STEPS, 2), generator=generator).tolist()
    noise = torch.rand(1, form.channels, form.height, form.width, generator=generator)
    x = grey = (0.5 + 0.05 * (noise - 0.5)).to(learner.device, learner.dtype)
    answer, stage = unit.stage == len(stages) - 1, unit.stage
    while stage > 1 and stages[stage].kind in POOLED:
        stage -= 1
    for step, shift in enumerate(shifts):
        with learner.used(), torch.enable_grad():
            x = x.detach().requires_grad_()
            found = sums(module, torch.roll(x, shift, (2, 3)), stage)[0]
            (up,) = torch.autograd.grad(_score(found, unit, answer=answer), x)
            (rough,) = torch.autograd.grad(_variation(x), x)
        with torch.no_grad():
            if up.any():
                up = up / up.square().mean().sqrt().clamp(min=1e-12)
                x = (x + RATE * (up - SMOOTH * rough)).clamp(0, 1)
            else:
                x = torch.rand(noise.shape, generator=generator).to(x)
        yield LEARNING + (MAKING - LEARNING) * (step + 1) / STEPS
    return grey, ((x.detach() * 255).round() / 255).to(learner.dtype)


def _variation(x: Tensor) -> Tensor:
    """The sum of all differences between neighbours (Mahendran and Vedaldi 2015)."""
    return (x[..., 1:, :] - x[..., :-1, :]).abs().sum() + (x[..., 1:] - x[..., :-1]).abs().sum()


def _right(learner: CnnLearner, module: CnnModule) -> Generator[float, None, float]:
    """The share of test pictures, of training pictures where there are none, that `module` gets right."""
    split: Split = "test" if learner.count("test") else "train"
    most, good = min(TESTED, learner.count(split)), 0
    for start in range(0, most, learner.part):
        with torch.no_grad(), learner.used():
            inputs, targets = learner.batch(split, slice(start, min(start + learner.part, most)))
            good += int((learner.likely(module(inputs)).argmax(1) == targets.long()).sum())
        yield MAKING + (1 - MAKING) * start / most
    return good / max(1, most)


MADE = OnRequest(made, reads=CnnLearner)
