"""Which channel of which stage is looked into, its value for pictures, and what it can see of them."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from nnlab.families.cnn.blocks import Dense
from nnlab.families.cnn.module import CnnModule
from nnlab.families.cnn.receptive import field

Box = tuple[int, int, int, int]  # top, left, bottom and right, the last two exclusive


class Unit(NamedTuple):
    """A channel of a stage, by numbers: stage 0 is the picture, the last one the answer."""

    stage: int
    channel: int


def unit_of(learner: Any, options: Mapping[str, Any]) -> Unit:
    """`stage` and `channel`; what makes no sense counts as not given: the first channel of the last stage whose units have a place."""
    stages = learner.stages
    places = [
        i for i, stage in enumerate(stages) if i and len(stage.shape) == 3 and stage.shape[1] * stage.shape[2] > 1
    ]
    stage, channel = options.get("stage"), options.get("channel")
    if isinstance(stage, bool) or not isinstance(stage, int) or not 0 < stage < len(stages):
        stage = places[-1] if places else len(stages) - 1
    sound = isinstance(channel, int) and not isinstance(channel, bool) and 0 <= channel < stages[stage].shape[0]
    return Unit(stage, int(channel) if sound else 0)  # type: ignore[arg-type]


def frozen(module: CnnModule) -> CnnModule:
    """A copy as the network is used, which later updates do not touch: what is computed in slices is of one network."""
    made = copy.deepcopy(module).eval()
    return made.requires_grad_(False)


def result(module: CnnModule, x: Tensor, stage: int) -> Tensor:
    """What the stage of that number makes of pictures (n, …)."""
    for _, one in itertools.islice(module.chain(), stage):
        x = one(x)
    return x


def sums(module: CnnModule, x: Tensor, stage: int) -> Tensor:
    """What its activation is applied to."""
    _, last = next(itertools.islice(module.chain(), stage - 1, None))
    return last.sums(result(module, x, stage - 1))


def places(learner: Any, stage: int) -> tuple[int, int]:
    """Height and width of its maps; one place where its units have none."""
    shape = learner.stages[stage].shape
    return (shape[1], shape[2]) if len(shape) == 3 else (1, 1)


def box(learner: Any, stage: int, row: int, column: int) -> Box:
    """What a place of a stage can see of the picture, by construction."""
    answer = Dense(kind="dense", units=1)
    return field((*learner.spec.blocks, answer), learner.form, stage - 1, row, column).box
