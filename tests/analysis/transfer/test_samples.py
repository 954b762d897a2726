"""The small pictures of the source and of the target."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.analysis.analysis import finished
from nnlab.analysis.transfer.samples import MOST, SAMPLES
from nnlab.core.experiment import experiment, patch
from nnlab.families.transfer.spec import Transfer
from nnlab.train.run import start


@pytest.mark.parametrize("source", ["capitals", "strokes"])
def test_there_are_some_of_each_and_no_class_comes_twice_before_all_have_come(source: str) -> None:
    run = start(patch(experiment(Transfer.example()), {"model.source": source}))
    found = finished(SAMPLES(run, {}))
    assert list(found) == ["samples_source", "samples_train", "samples_test"]
    for array in found.values():
        pictures = np.asarray(array)
        assert pictures.dtype == np.uint8 and pictures.shape == (MOST, 1, 28, 28) and pictures.max() > 150
    inputs, targets = run.learner.data.parts["train"]
    rows = [next(i for i, own in enumerate(inputs) if (own == one).all()) for one in np.asarray(found["samples_train"])]
    assert sorted(int(targets[i]) for i in rows[:10]) == list(range(10))
