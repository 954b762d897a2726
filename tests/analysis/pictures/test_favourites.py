"""The pictures that excite a channel most against a ranking of all of them, and their frames against what has a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.analysis import finished
from nnlab.analysis.pictures import favourites as module_of
from nnlab.analysis.pictures.favourites import FAVOURITES
from nnlab.core.errors import Refused
from nnlab.train.run import Run
from tests.analysis.pictures.trained import BLOCKS, stage_by_stage, trained


@pytest.fixture(scope="module")
def run() -> Run:
    return trained()


def asked(run: Run, **options: Any) -> dict[str, Any]:
    return dict(finished(FAVOURITES.asked(run.learner, options)))  # type: ignore[arg-type]


def of_all(run: Run, stage: int, channel: int) -> tuple[Any, Any, Any]:
    """Of all pictures, training ones first: the map of the channel, the class, the picture's bytes."""
    learner = run.learner
    parts = [learner.examples(split) for split in ("train", "test")]  # type: ignore[attr-defined]
    with torch.no_grad():
        maps = torch.cat([stage_by_stage(run, inputs)[stage][:, channel] for inputs, _ in parts])
    classes = torch.cat([targets for _, targets in parts]).long()
    pictures = np.concatenate([learner.data.parts[split][0] for split in ("train", "test")])
    return maps.reshape(len(maps), -1).numpy(), classes.numpy(), pictures


@pytest.mark.parametrize(("stage", "channel"), [(1, 2), (3, 4), (4, 1), (6, 3), (7, 9)])
@pytest.mark.parametrize("order", ["most", "least"])
def test_favourites_are_those_of_a_ranking_of_all(run: Run, stage: int, channel: int, order: str) -> None:
    found = asked(run, stage=stage, channel=channel, order=order)
    maps, classes, pictures = of_all(run, stage, channel)
    highest = maps.max(1)
    expected = np.sort(highest)[:9] if order == "least" else np.sort(highest)[::-1][:9]
    assert found["liked_values"] == pytest.approx(expected, abs=1e-5)
    split, row = found["liked_places"].T
    place = row + np.where(split == 1, run.learner.count("train"), 0)
    assert len(set(place)) == 9
    assert highest[place] == pytest.approx(expected, abs=1e-5)
    assert (found["liked_pictures"] == pictures[place]).all()
    assert (found["liked_classes"] == classes[place]).all()
    assert found["liked_examples"].tolist() == [300, 300]
    assert found["liked_unit"].tolist() == [stage, channel]
    assert found["liked_range"] == pytest.approx([highest.min(), highest.max()], abs=1e-5)
    top = [i for i in np.argsort(-highest, kind="stable")[:50] if highest[i] > highest.min()]
    close = abs(found["liked_shares"][0] - np.bincount(classes[top], minlength=10)).sum()
    assert close <= 2, "two pictures at the edge of the fifty may be alike to the last bit of a float"
    assert (found["liked_shares"][1] == np.bincount(classes, minlength=10)).all()


@pytest.mark.parametrize(("stage", "channel"), [(1, 0), (2, 3), (3, 4)])
def test_a_frame_holds_exactly_what_can_move_the_cell_of_the_maximum(run: Run, stage: int, channel: int) -> None:
    found = asked(run, stage=stage, channel=channel)
    linear = trained(*positive(BLOCKS[:stage]), steps=0)
    with torch.no_grad():
        linear.learner.flat.abs_()
    maps, _, _ = of_all(run, stage, channel)
    side = round(maps.shape[1] ** 0.5)
    split, row = found["liked_places"].T
    for k, place in enumerate(row + np.where(split == 1, run.learner.count("train"), 0)):
        y, x = divmod(int(maps[place].argmax()), side)
        picture = torch.rand(1, 1, 8, 8, requires_grad=True)
        (gradient,) = torch.autograd.grad(stage_by_stage(linear, picture)[stage][0, channel, y, x], picture)
        rows, columns = np.nonzero(gradient[0, 0].numpy())
        assert found["liked_boxes"][k].tolist() == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]


def positive(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same windows without anything that hides a pixel: linear, and means instead of maxima."""
    made = {"conv": {"activation": "linear"}, "pool": {"mode": "average"}}
    return [{**block, **made.get(block["kind"], {})} for block in blocks]


def test_of_a_part_only_its_pictures_are_looked_at(run: Run) -> None:
    found = asked(run, split="test")
    assert set(found["liked_places"][:, 0]) == {1}
    assert found["liked_examples"].tolist() == [run.learner.count("test")] * 2
    with pytest.raises(Refused, match="split"):
        asked(run, split="all of them")


def test_of_many_pictures_a_sample_is_looked_at_and_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_of, "MOST", 100)
    found = asked(run)
    assert found["liked_examples"].tolist()[1] == 300 and 98 <= found["liked_examples"][0] <= 100
    assert found["liked_shares"][1].sum() == found["liked_examples"][0]


def test_a_channel_that_nothing_excites_has_no_favourites() -> None:
    run = trained({"kind": "conv", "channels": 3}, steps=0)
    stage = dict(run.learner.module.chain())["conv1"]  # type: ignore[attr-defined]
    with torch.no_grad():
        stage.bias[1] = -100
    found = asked(run, stage=1, channel=1)
    assert found["liked_shares"][0].sum() == 0 and found["liked_range"].tolist() == [0, 0]


def test_a_run_that_trains_meanwhile_is_asked_as_it_was_at_the_beginning() -> None:
    run, still = trained(), trained()
    work = FAVOURITES.asked(run.learner, {"stage": 3})
    next(work)  # type: ignore[arg-type]
    with torch.no_grad():
        run.learner.flat.mul_(-1)
    found = dict(finished(work))  # type: ignore[arg-type]
    assert found["liked_values"] == pytest.approx(asked(still, stage=3)["liked_values"], abs=1e-5)


@pytest.mark.parametrize("options", [{"stage": 0}, {"stage": "3"}, {"stage": 99}, {"channel": -1}, {"channel": 64}])
def test_a_unit_that_is_not_there_counts_as_not_given(run: Run, options: dict[str, Any]) -> None:
    assert asked(run, **options)["liked_unit"].tolist() == [5, 0], "dropout is the last stage with places"
