"""The numbers of a stage's maps beside hooks of the same network in plain torch, and what there is to say where there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.analysis import finished
from nnlab.analysis.pictures.maps import MAPS
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.train.run import Run, advance, start
from nnlab.ui.topics.cnn_presets import PRESETS
from tests.families.cnn.networks import network, with_weights

BLOCKS = [
    {"kind": "conv", "channels": 6},
    {"kind": "pool"},
    {"kind": "residual", "channels": 5},
    {"kind": "dense", "units": 16},
]


@pytest.fixture(scope="module")
def run() -> Run:
    value = {
        "data": {"kind": "digits8", "samples": 500},
        "model": {"family": "cnn", "blocks": BLOCKS},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
    }
    made = start(experiment(value))
    advance(made, epochs=2)
    return made


def asked(run: Run, **options: Any) -> dict[str, Any]:
    return dict(finished(MAPS(run, options)))


def plain(run: Run) -> tuple[Any, list[Any]]:
    """The same network in layers of torch, and what their hooks have seen."""
    learner: Any = run.learner
    made = with_weights(network(learner.spec.blocks, learner.form, 10), learner.module).eval()
    statistics = [buffer for buffer in made.buffers() if buffer.dim()]
    for mine, theirs in zip(statistics, learner.module.buffers(), strict=True):
        mine.copy_(theirs)
    seen: list[Any] = []
    for layer in made:
        layer.register_forward_hook(lambda _, __, out: seen.append(out.detach()[0].numpy()))
    return made, seen


def test_every_number_is_the_one_that_a_hook_of_plain_torch_sees(run: Run) -> None:
    learner: Any = run.learner
    made, seen = plain(run)
    picture = torch.as_tensor(learner.data.parts["test"][0][7:8]).double() / 255
    answer = torch.softmax(made(picture)[0], 0).detach().numpy()
    assert asked(run, stage="input", example=7)["maps_values"] == pytest.approx(picture[0].numpy(), abs=1e-6)
    for i, expected in enumerate(seen, 1):
        name = learner.stages[i].name
        found = asked(run, stage=name, split="test", example=7)
        values = found["maps_values"]
        assert values.dtype == np.float32 and values.shape == (*expected.shape, 1, 1)[:3]
        assert values == pytest.approx(expected.reshape(values.shape), abs=1e-4), name
        assert found["maps_answer"] == pytest.approx(answer, abs=1e-5)
        right = int(learner.data.parts["test"][1][7])
        assert list(found["maps_at"]) == [run.step, i, 1, 7, learner.count("test"), right]


def test_the_filters_are_the_weights_and_other_stages_have_none(run: Run) -> None:
    weight = run.learner.module.get_submodule("conv1").weight.detach().numpy()  # type: ignore[attr-defined]
    found = asked(run)  # the first stage behind the picture
    assert (found["maps_filters"] == weight).all() and found["maps_filters"].shape == (6, 1, 3, 3)
    for stage in ("input", "pool1", "dense1", "output"):
        assert asked(run, stage=stage)["maps_filters"].size == 0


def test_it_is_the_picture_of_the_wall_with_its_channels_off(run: Run) -> None:
    drawing = np.zeros((8, 8), np.uint8)
    drawing[2:6, 3] = 255
    found = asked(run, stage="input", drawing=drawing)
    assert (found["maps_values"][0] == drawing / 255).all() and list(found["maps_at"][2:]) == [-1, 0, 0, -1]
    before, after = asked(run, stage="conv1"), asked(run, stage="conv1", off=[[1, 2]])
    assert list(after["maps_off"]) == [0, 0, 1, 0, 0, 0] and not after["maps_off"][[0, 1]].any()
    assert not after["maps_values"][2].any() and (after["maps_values"][3] == before["maps_values"][3]).all()
    train = asked(run, split="train", example=-1)["maps_at"]
    assert train[2] == 0 and train[3] == train[4] - 1 == run.learner.count("train") - 1


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_stage_of_every_preset_can_be_looked_at(name: str) -> None:
    run = start(patch(PRESETS[name].experiment, {"data.samples": 200}))
    for stage in run.learner.stages:  # type: ignore[attr-defined]
        values = asked(run, stage=stage.name)["maps_values"]
        assert values.shape == (*stage.shape, 1, 1)[:3] and np.isfinite(values).all()


def test_what_cannot_be_shown_is_told_in_a_sentence(run: Run) -> None:
    with pytest.raises(Refused, match="The stage must be"):
        asked(run, stage="conv7")
    one = start(run.experiment)
    with torch.no_grad():
        one.learner.flat.fill_(float("nan"))
    with pytest.raises(Refused, match="no longer numbers"):
        asked(one)


def test_asking_changes_nothing_of_the_run(run: Run) -> None:
    before = {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()}
    asked(run, off=[[1, 2]])
    assert {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()} == before
