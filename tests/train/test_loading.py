"""Large examples are loaded once, in a thread where that is wanted, and those that were loaded last are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnlab.core.experiment import experiment
from nnlab.core.records import SPLITS
from nnlab.data.points.circle import Circle
from nnlab.families.module_learner import ModuleLearner
from nnlab.train import loading
from nnlab.train.loading import examples, to_load
from nnlab.train.run import advance, change, seek, start


class Linear(ModuleLearner):
    """A module on points."""

    def make(self) -> nn.Module:
        return nn.Linear(2, 1)


@pytest.fixture(autouse=True)
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The noise of each dataset that is loaded; from 100 points on they are large."""
    noted: list[int] = []
    load = Circle.load

    def noting(self: Circle) -> Any:
        noted.append(self.noise)
        return load(self)

    monkeypatch.setattr(Circle, "load", noting)
    monkeypatch.setattr(loading, "HEAVY", 199)
    loading._KEPT.clear()
    return noted


def circle(samples: int = 100, noise: int = 0) -> Any:
    return experiment({"data": {"kind": "circle", "samples": samples, "noise": noise}, "model": {"family": "mlp"}})


def test_few_examples_are_loaded_where_they_are_needed_and_not_kept(loads: list[int]) -> None:
    few = circle(60).data
    assert to_load(few) is None
    assert len(examples(few)) == len(examples(few)) == 60
    assert loads == [0, 0]


def test_a_thread_loads_many_and_whoever_needs_them_next_finds_them(loads: list[int]) -> None:
    many = circle().data
    thread = to_load(many)
    assert thread is not None and loads == []
    thread.start()
    assert len(thread.outcome.result(10)) == 100
    thread.join()
    assert to_load(circle().data) is None
    assert examples(circle().data) is thread.outcome.result()
    assert loads == [0]


def test_the_thread_also_copies_the_splits_and_a_network_takes_them_as_they_lie(loads: list[int]) -> None:
    spec = circle()
    thread = to_load(spec.data)
    assert thread is not None
    thread.run()
    found = examples(spec.data)
    assert "parts" in vars(found)
    for split in SPLITS:
        inputs, targets = found.parts[split]
        assert np.array_equal(inputs, found.inputs[found.rows(split)])
        assert np.array_equal(targets, found.targets[found.rows(split)])
    learner = Linear(spec, found, torch.device("cpu"))
    assert learner._parts["train"][0].data_ptr() == found.parts["train"][0].ctypes.data


def test_the_last_two_are_kept(loads: list[int]) -> None:
    for noise in (5, 10, 5, 15, 5, 10):
        examples(circle(noise=noise).data)
    assert loads == [5, 10, 15, 5, 10]


def test_what_went_wrong_is_told_once_and_the_next_try_loads_again(
    loads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Circle, "load", lambda self: 1 / 0)
        thread = to_load(circle().data)
        assert thread is not None
        thread.start()
        thread.join()
    assert to_load(circle().data) is None, "it is known how that ends"
    with pytest.raises(ZeroDivisionError):
        examples(circle().data)
    assert len(examples(circle().data)) == 100
    assert loads == [0]


def test_going_back_and_forth_over_a_change_of_the_examples_loads_nothing(loads: list[int]) -> None:
    run = start(circle())
    advance(run, steps=10)
    change(run, circle(noise=20))
    advance(run, steps=10)
    for step in (5, 15, 3, 20):
        seek(run, step)
        assert run.experiment.data.noise == (0 if step < 10 else 20)
    assert loads == [0, 20]
