"""A few pictures of the source and of the target, one a class as far as they go: those that a network learns from and those that test it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.transfer.layers import waited
from nnlab.core.records import Array, Examples, Split
from nnlab.families.transfer.learner import TransferLearner
from nnlab.train.preparing import loaded

MOST = 12  # of each
SOURCE = 200  # pictures of the source that these are taken from: all of them would take a while


def samples(run: Any, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """ "samples_source", "samples_train" and "samples_test" (n, C, H, W) uint8: of the source, and of the target's two splits; each
    class once before any comes twice.
    """
    learner: TransferLearner = run.learner
    source = learner.spec.source_data
    some = type(source).model_validate({**source.model_dump(), "samples": SOURCE})
    data = yield from waited(loaded(some), 0.5)
    return {
        "samples_source": _picked(data, "train"),
        "samples_train": _picked(learner.data, "train"),
        "samples_test": _picked(learner.data, "test"),
    }


def _picked(data: Examples, split: Split) -> Array:
    pictures, targets = data.parts[split]
    classes = np.asarray(targets).ravel()
    nth = np.zeros(len(classes), np.int64)  # how many of its class come before it
    for name in np.unique(classes):
        own = classes == name
        nth[own] = np.arange(own.sum())
    rows = np.lexsort((classes, nth))[:MOST]
    return np.asarray(pictures[rows], np.uint8)


SAMPLES = OnRequest(samples, TransferLearner)
