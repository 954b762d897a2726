"""What several analyses of one frame have in common is computed once: the weights stand still meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import torch

from nnlab.families.learner import Learner, Rows
from nnlab.families.sampling import sample

Value = TypeVar("Value")
_FRAMES: WeakKeyDictionary[Learner, dict[str, Any]] = WeakKeyDictionary()


@contextmanager
def shared(learner: Learner) -> Iterator[None]:
    """While it lasts, the weights stay, so that all analyses share what they have in common."""
    _FRAMES[learner] = {}
    try:
        yield
    finally:
        _FRAMES.pop(learner, None)


def once(learner: Learner, name: str, compute: Callable[[], Value]) -> Value:
    """What `compute` gives, computed once while `shared` lasts."""
    frame = _FRAMES.get(learner)
    if frame is None:
        return compute()
    if name not in frame:
        frame[name] = compute()
    found: Value = frame[name]
    return found


def gradient(learner: Learner) -> torch.Tensor:
    """The gradient of the training loss, flat, on as many training examples as one call may take; see `gradient_rows`."""
    return once(learner, "gradient", lambda: learner.gradient(gradient_rows(learner)))


def gradient_rows(learner: Learner) -> Rows:
    """The training examples that `gradient` is taken on."""
    return sample(learner, "train", learner.part)
