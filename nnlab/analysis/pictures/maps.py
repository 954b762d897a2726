"""What one stage of a network makes of one picture, number by number: the wall shows the same in bytes, and live."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.options import choice
from nnlab.analysis.pictures.shown import shown, switched_off
from nnlab.core.errors import Refused
from nnlab.core.records import SPLITS, Array
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.stages import ConvStage


def maps(run: Any, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """The maps of `stage` (its name; the picture's is "input") for one picture, named as for the wall: `split` and `example`, or a
    `drawing`; and with the same channels `off`, if any.

    "maps_values" (channels, height, width) float32: what the stage gives, after its activation; units without a place are
    (units, 1, 1), and those of the answer are the numbers before softmax. "maps_filters" (channels, inputs, k, k) float32 of a
    convolution, (0, 0, 0, 0) of others. "maps_off" (channels,) uint8: 1 = switched off. "maps_answer" (classes,) float32: the
    probabilities. "maps_at" (6,) int32: step, number of the stage, 0 training or 1 test (-1: a drawing), row, pictures in that
    split, right class (-1: nobody knows).
    """
    learner = run.learner
    names = [stage.name for stage in learner.stages]
    stage = choice(options, "stage", names, names[1])
    at, step = names.index(stage), run.step
    picture, target, (split, row) = shown(learner, options)
    off = switched_off(learner, options)
    yield 0.0
    with torch.inference_mode():
        results = learner.walk(picture, off)
        values = results[at][0].float().cpu().numpy()
        likely = learner.likely(results[-1])[0].float().cpu().numpy()
    if not (np.isfinite(values).all() and np.isfinite(likely).all()):
        raise Refused.because(say("The weights are no longer numbers, so there is nothing to show."), "stage")
    silent = np.zeros(len(values), np.uint8)
    silent[list(off.get(stage, ()))] = 1
    of = learner.count(SPLITS[split]) if split >= 0 else 0
    return {
        "maps_values": np.ascontiguousarray(values if values.ndim == 3 else values.reshape(-1, 1, 1)),
        "maps_filters": filters(learner.module.get_submodule(stage)) if at else np.zeros((0,) * 4, np.float32),
        "maps_off": silent,
        "maps_answer": likely,
        "maps_at": np.array([step, at, split, row, of, target], np.int32),
    }


def filters(stage: Any) -> Array:
    """(channels, inputs, k, k) float32: the weights of a convolution; (0, 0, 0, 0) of another stage."""
    if not isinstance(stage, ConvStage):
        return np.zeros((0,) * 4, np.float32)
    return np.ascontiguousarray(stage.weight.detach().float().cpu().numpy())


MAPS = OnRequest(maps, CnnLearner)
