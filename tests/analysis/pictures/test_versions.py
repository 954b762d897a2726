"""The versions of a training picture against what the network is given when it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.pictures.versions import COUNT, VERSIONS, versions
from nnlab.core.experiment import experiment, patch
from nnlab.train.run import Run, advance, change, start
from nnlab.train.updates import order
from tests.studies import finished

TURNED = {"shift": 10, "rotation": 20, "flip": 50, "scale": 10, "noise": 10, "cut_out": 20}


def made(*, batch: int = 16, steps: int = 0, augment: dict[str, Any] = TURNED) -> Run:
    value = {
        "data": {"kind": "digits8", "samples": 100},
        "model": {"family": "cnn", "blocks": [{"kind": "conv", "channels": 2}], "augment": augment},
        "training": {"learning_rate": 0.01, "batch_size": batch},
    }
    run = start(experiment(value))
    advance(run, steps=steps)
    return run


def of(run: Run, split: str = "train", example: int = 0) -> dict[str, Any]:
    return finished(versions(run, {"split": split, "example": example}))[0]


def given(run: Run, updates: int) -> list[tuple[int, int, torch.Tensor]]:
    """Step, place in the epoch of the first, and pictures (n, C, H, W): all that the module gets while it is trained on."""
    found: list[tuple[int, int, torch.Tensor]] = []
    now = [0, 0]
    accumulate = run.learner.accumulate

    def watched(start: int, stop: int, **more: Any) -> None:
        now[:] = more["step"], start
        accumulate(start, stop, **more)

    run.learner.accumulate = watched  # type: ignore[method-assign]
    hook = run.learner.module.register_forward_pre_hook(  # type: ignore[attr-defined]
        lambda module, inputs: found.append((*now, inputs[0].detach().clone())) if module.training else None  # type: ignore[func-returns-value, arg-type]
    )
    advance(run, steps=updates)
    hook.remove()
    return found


@pytest.mark.parametrize(("batch", "steps", "part"), [(16, 0, None), (16, 3, None), (80, 2, 32), (30, 4, 13)])
def test_they_are_what_the_network_is_given_in_the_epochs_to_come(batch: int, steps: int, part: int | None) -> None:
    run = made(batch=batch, steps=steps)
    if part:
        run.learner.part = part
    row = 41
    told = of(run, example=row)
    assert told["versions"].shape == (COUNT, 1, 8, 8) and told["version_place"].tolist() == [0, row]
    in_epoch = -(-run.n // batch)
    seen = {(step, begin): pictures for step, begin, pictures in given(run, in_epoch * (COUNT + 1))}
    for version, (step, epoch) in zip(told["versions"], told["version_updates"], strict=True):
        place = int((order(run, int(epoch)) == row).nonzero())
        (picture,) = [
            p[place - begin] for (at, begin), p in seen.items() if at == step and begin <= place < begin + len(p)
        ]
        np.testing.assert_array_equal(version, (picture.clamp(0, 1) * 255).round().numpy().astype(np.uint8))
    assert len({v.tobytes() for v in told["versions"]}) == COUNT, "each is another one"
    assert np.all(np.diff(told["version_updates"][:, 1]) == 1)


def test_they_are_what_the_learner_says_of_its_batch() -> None:
    run = made(batch=1)
    told = of(run, example=5)
    picture = torch.as_tensor(run.data.parts["train"][0][5:6])
    learner: Any = run.learner
    for version, (step, epoch) in zip(told["versions"], told["version_updates"], strict=True):
        begin = int((order(run, int(epoch)) == 5).nonzero())
        expected = learner.augmented(picture, int(step), begin)[0]
        np.testing.assert_array_equal(version, (expected.clamp(0, 1) * 255).round().numpy().astype(np.uint8))


def test_test_pictures_drawings_and_a_run_without_augmentation_have_none() -> None:
    run = made()
    assert of(run, "test", 3)["versions"].shape == (0, 1, 8, 8)
    assert of(run, "test", 3)["version_place"].tolist() == [1, 3]
    drawing = {"drawing": np.ones((8, 8), np.uint8), "split": "train"}
    assert finished(versions(run, drawing))[0]["versions"].shape == (0, 1, 8, 8)
    change(run, patch(run.experiment, {f"model.augment.{name}": 0 for name in TURNED}))
    assert of(run)["versions"].shape == (0, 1, 8, 8)
    change(run, patch(run.experiment, {"model.augment.rotation": 180}))
    assert of(run)["versions"].shape == (COUNT, 1, 8, 8)


def test_it_comes_in_slices_and_leaves_the_run_as_it_was() -> None:
    run = made(steps=2)
    before = run.learner.flat.clone(), run.step, run.offset
    assert VERSIONS.offered(run.learner)
    _, told = finished(VERSIONS(run, {"split": "train", "example": 0}))
    assert len(told) == COUNT - 1
    assert torch.equal(run.learner.flat, before[0]) and (run.step, run.offset) == before[1:]
