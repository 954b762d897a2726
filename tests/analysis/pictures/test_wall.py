"""What the wall, one number and the mistakes say of a network of pictures, against other ways to get the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from nnlab.analysis.analysis import finished
from nnlab.analysis.pictures.cell import CELL, cell
from nnlab.analysis.pictures.mistakes import MISTAKES
from nnlab.analysis.pictures.wall import WALL, wall
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.train.run import Run, advance, edit, start

BLOCKS = [
    {"kind": "conv", "channels": 4, "kernel": 3, "activation": "tanh"},
    {"kind": "pool"},
    {"kind": "conv", "channels": 6, "kernel": 2, "stride": 2, "padding": "1", "dilation": 2},
    {"kind": "batch_norm"},
    {"kind": "dropout", "rate": 0.3},
    {"kind": "dense", "units": 5},
]


def trained(*blocks: dict[str, Any], **data: Any) -> Run:
    value = {
        "data": {"kind": "digits8", "samples": 300} | data,
        "model": {"family": "cnn", "blocks": list(blocks or BLOCKS)},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
    }
    run = start(experiment(value))
    advance(run, epochs=2)
    return run


@pytest.fixture(scope="module")
def run() -> Run:
    return trained()


def parts(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The arrays of a wall, stage by stage."""
    stages, first, byte, kernel = [], 0, 0, 0
    for channels, height, width, side in found["wall_plan"]:
        size, weights = channels * height * width, channels * side * side
        stages.append(
            {
                "maps": found["wall_maps"][byte : byte + size].reshape(channels, height, width),
                "ranges": found["wall_ranges"][first : first + channels],
                "shares": found["wall_shares"][first : first + channels],
                "kernels": found["wall_kernels"][kernel : kernel + weights].reshape(channels, side, side),
            }
        )
        first, byte, kernel = first + channels, byte + size, kernel + weights
    return stages


def hooked(run: Run, picture: torch.Tensor) -> dict[str, torch.Tensor]:
    """What every stage gives, by torch's own hooks."""
    found: dict[str, torch.Tensor] = {}
    module = run.learner.module.eval()
    hooks = [
        stage.register_forward_hook(lambda _m, _i, out, name=name: found.__setitem__(name, out.detach()))
        for name, stage in module.chain()
    ]
    with torch.no_grad():
        module(picture)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize("scale", ["map", "layer", "network"])
def test_every_map_is_that_of_torchs_own_hooks_within_a_byte(run: Run, scale: str) -> None:
    found = wall(run.learner, {"split": "test", "example": 7, "scale": scale})
    picture, target = run.learner.batch("test", slice(7, 8))
    assert (found["wall_picture"] == (picture[0] * 255).round().numpy()).all()
    assert found["wall_class"][1] == int(target[0])
    stages = parts(found)
    true = hooked(run, picture)
    everything = np.concatenate([t.numpy().ravel() for t in true.values()])
    for stage, (name, maps) in zip(stages[1:], true.items(), strict=True):
        values = maps[0].reshape(len(stage["ranges"]), -1).numpy()
        assert stage["ranges"] == pytest.approx(np.stack([values.min(1), values.max(1)], 1), abs=1e-5)
        most = {
            "map": np.abs(values).max(1, keepdims=True),
            "layer": np.abs(values).max(),
            "network": np.abs(everything).max(),
        }[scale]
        low = {
            "map": -most * (values.min() < 0),
            "layer": -most * (values.min() < 0),
            "network": -most * (everything.min() < 0),
        }[scale]
        shown = low + (most - low) * stage["maps"].reshape(values.shape) / 255
        assert np.abs(shown - values).max() <= (most - low).max() / 255 * 0.51 + 1e-6, name


def test_shares_are_activation_times_gradient_of_the_answer(run: Run) -> None:
    found = wall(run.learner, {"example": 3})
    stages = parts(found)
    picture, _ = run.learner.batch("test", slice(3, 4))
    module, taken = run.learner.module.eval(), int(found["wall_class"][0])
    step = 1e-3
    for at, (name, _) in enumerate(module.chain(), 1):
        if at == len(stages) - 1:
            continue
        values = module.walk(picture)[at].detach().double()
        flat = values.view(values.shape[1], -1)
        parts_of = []
        for channel in range(len(flat)):  # how the score moves where one channel grows by a thousandth of itself
            scores = []
            for sign in (-1, 1):
                moved = values.clone()
                moved[:, channel] *= 1 + sign * step
                x: Any = moved.float()
                for later, (_, stage) in enumerate(module.chain(), 1):
                    if later > at:
                        x = stage(x)
                scores.append(float(x.detach()[0, taken]))
            parts_of.append((scores[1] - scores[0]) / (2 * step))
        expected = np.array(parts_of) / max(1e-12, np.abs(parts_of).sum())
        assert stages[at]["shares"] == pytest.approx(expected, abs=0.02), name
    assert found["wall_answer"][0] == pytest.approx(torch.softmax(module(picture)[0], 0).detach().numpy(), abs=1e-6)


def test_a_channel_that_is_off_gives_what_zeroed_weights_give_and_the_answer_before_stays(run: Run) -> None:
    whole = wall(run.learner, {"example": 5})
    found = wall(run.learner, {"example": 5, "off": [[3, 2], [99, 0], "no", [3, 77], [0, 0]]})
    module = run.learner.module.eval()
    picture, _ = run.learner.batch("test", slice(5, 6))
    x: Any = picture
    with torch.no_grad():
        for at, (_, stage) in enumerate(module.chain(), 1):
            x = stage(x)
            if at == 3:
                x[:, 2] = 0
    assert found["wall_answer"][0] == pytest.approx(torch.softmax(x[0], 0).numpy(), abs=1e-6)
    assert found["wall_answer"][1] == pytest.approx(whole["wall_answer"][0], abs=1e-6)
    assert (parts(found)[3]["maps"][2] == parts(found)[3]["maps"][2].flat[0]).all()


def test_a_kernel_is_that_of_the_input_channel_where_it_is_longest(run: Run) -> None:
    stages = parts(wall(run.learner, {}))
    weight = next(stage for name, stage in run.learner.module.chain() if name == "conv2").weight.detach()
    for channel, shown in enumerate(stages[3]["kernels"]):
        strongest = weight[channel, int(weight[channel].flatten(1).norm(dim=1).argmax())].numpy()
        assert shown == pytest.approx(128 + 127 * strongest / np.abs(strongest).max(), abs=0.51)


def test_a_drawing_stands_in_the_place_of_an_example_and_nobody_knows_its_class(run: Run) -> None:
    drawing = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    found = wall(run.learner, {"drawing": drawing})
    assert (found["wall_picture"][0] == drawing).all() and found["wall_class"][1] == -1
    other = wall(run.learner, {"drawing": np.zeros((3, 3), np.uint8)})
    assert other["wall_class"][1] >= 0  # of another size: as if it had not been given


@pytest.mark.parametrize("options", [{"example": -1}, {"example": 10**9}, {"split": "?"}, {"scale": 3}, {"off": 7}])
def test_options_that_make_no_sense_count_as_not_given(run: Run, options: dict[str, Any]) -> None:
    assert wall(run.learner, options)["wall_answer"][0].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("stage", [1, 3])
def test_one_number_is_torchs_own_convolution_at_every_place(run: Run, stage: int) -> None:
    picture, _ = run.learner.batch("test", slice(2, 3))
    chain = dict(run.learner.module.eval().chain())
    layer = chain["conv1" if stage == 1 else "conv2"]
    inputs = run.learner.walk(picture)[stage - 1]
    stride, pad, dilation = (1, 1, 1) if stage == 1 else (2, 1, 2)
    with torch.no_grad():
        truth = F.conv2d(inputs, layer.weight, layer.bias, stride, pad, dilation)[0]
    for channel, row, column in [(0, 0, 0), (1, 1, 0), (3, truth.shape[1] - 1, truth.shape[2] - 1)]:
        found = cell(run.learner, {"example": 2, "stage": stage, "channel": channel, "row": row, "column": column})
        bias, total, after, torchs, *_ = found["cell_facts"]
        assert total == pytest.approx(float(truth[channel, row, column]), abs=1e-5)
        assert torchs == pytest.approx(total, abs=1e-5)
        assert bias + (found["cell_patch"] * found["cell_kernel"]).sum() == pytest.approx(total, abs=1e-5)
        assert after == pytest.approx(float(layer.act(truth[channel, row, column])), abs=1e-6)
        assert found["cell_map"] == pytest.approx(truth[channel].numpy(), abs=1e-5)
        assert found["cell_at"].tolist() == [stage, channel, row, column]


def test_a_weight_that_is_set_at_its_place_is_the_one_of_the_kernel() -> None:
    run = trained()
    found = cell(run.learner, {"stage": 3, "channel": 4})
    place = int(found["cell_places"][1, 0, 1])
    edit(run, place, 0.125)
    again = cell(run.learner, {"stage": 3, "channel": 4})["cell_kernel"]
    assert again[1, 0, 1] == 0.125
    changed = again != found["cell_kernel"]
    assert changed.sum() == 1


def test_a_network_without_a_convolution_has_no_cell_and_says_so() -> None:
    run = trained({"kind": "dense", "units": 4})
    with pytest.raises(Refused, match="no convolution"):
        CELL.asked(run.learner, {})


@pytest.mark.parametrize("order", ["wrong", "sure"])
def test_mistakes_are_those_of_a_ranking_of_all(run: Run, order: str) -> None:
    found = finished(MISTAKES.asked(run.learner, {"count": 48, "order": order}))  # type: ignore[arg-type]
    inputs, targets = run.learner.examples("test")
    with torch.no_grad():
        likely = torch.softmax(run.learner.module.eval()(inputs), 1).numpy()
    right = likely[np.arange(len(likely)), targets.long().numpy()]
    wrong = likely.argmax(1) != targets.numpy()
    assert 0 < wrong.sum() < 48, "not so many are wrong"
    expected = np.sort(right[wrong]) if order == "wrong" else np.sort(right[~wrong])[::-1][: len(found["mistake_rows"])]
    assert found["mistake_sure"][:, 0] == pytest.approx(expected, abs=1e-6)
    assert found["mistake_count"].tolist() == [int((likely.argmax(1) != targets.numpy()).sum()), len(likely)]
    rows = found["mistake_rows"]
    assert (found["mistake_pictures"] == run.learner.data.parts["test"][0][rows]).all()
    assert found["mistake_classes"][:, 0].tolist() == targets[torch.as_tensor(rows).long()].long().tolist()


def test_the_wall_is_offered_to_networks_of_pictures_alone(run: Run) -> None:
    plane = start(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}}))
    assert WALL.offered(run.learner) and not WALL.offered(plane.learner)
