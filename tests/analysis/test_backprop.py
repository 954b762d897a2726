"""The numbers of backpropagation: by hand, by autograd and by finite differences; and the update that the run really takes."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import numpy as np
import pytest
import torch

from nnlab.analysis.mlp.backprop import TOLERANCE, backprop
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.mlp.spec import Activation
from nnlab.train.run import Run, advance, change, edit, reset, start

ACTIVATIONS = get_args(Activation)
POINTS = [(1.0, 0.5, 0), (-2.0, 1.5, 1), (0.3, -1.2, 1), (2.1, 2.2, 0)]
TASKS: dict[str, dict[str, Any]] = {
    "a number": {"labels": "numbers"},
    "two classes": {"n_classes": 2},
    "three classes": {"n_classes": 3},
}
LOSSES = {task: LOSSES_OF["number" if task == "a number" else "class"] for task in TASKS}


def run_of(task: str = "a number", *, layers: int = 1, activation: str = "tanh", batch: int = 4, **more: Any) -> Run:
    points = [(x, y, 0.4 * label - 0.3 if task == "a number" else label) for x, y, label in POINTS]
    if task == "three classes":
        points[2] = (*points[2][:2], 2)
    return start(
        experiment(
            {
                "seed": 3,
                "data": {"kind": "drawn", "added": points, **TASKS[task]},
                "model": {
                    "family": "mlp",
                    "layers": [{"units": n, "activation": activation} for n in (4, 3, 2)[:layers]],
                    "init": "uniform",
                    **more.pop("model", {}),
                },
                "training": {"loss": "mse", "learning_rate": 0.1, "batch_size": batch, **more},
            }
        )
    )


def record_of(run: Run, **options: Any) -> dict[str, Any]:
    study = backprop(run, options)
    shares = []
    while True:
        try:
            shares.append(next(study))
        except StopIteration as stop:
            assert shares == sorted(shares) and all(0 < s <= 1 for s in shares)
            return stop.value


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_by_hand_by_autograd_and_by_differences_are_the_same(activation, task):
    for loss, layers, batch in itertools.product(LOSSES[task], (0, 1, 2, 3), (1, 4)):
        record = record_of(run_of(task, layers=layers, activation=activation, batch=batch, loss=loss))
        where = f"{loss}, {layers} layers, batch of {batch}"
        assert record["gradient"] == pytest.approx(record["autograd"], abs=1e-12), where
        smooth = record["kink"] == 0
        assert record["difference"][smooth] == pytest.approx(record["gradient"][smooth], abs=1e-8), where
        assert smooth.mean() > 0.9, where
        assert record["error"].max() < TOLERANCE, where


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("task", TASKS)
def test_the_update_is_the_one_that_the_run_takes(task, kind, monkeypatch):
    # In the float64 of the study: RMSprop divides by a small root, so that float32's rounding of a gradient would count fully.
    monkeypatch.setitem(MLPLearner.__init__.__kwdefaults__, "dtype", torch.float64)
    run = run_of(task, layers=2, batch=3, optimizer={"kind": kind}, l2=0.01, weight_decay=0.02, clip_norm=0.5)
    for _ in range(5):  # the fourth example makes a partial batch, and the optimiser remembers
        record = record_of(run)
        before = run.learner.flat.clone()
        advance(run, steps=1)
        moved = (run.learner.flat - before).numpy()
        assert moved.dtype == np.float64
        assert moved == pytest.approx(record["change"], rel=1e-9, abs=1e-12)
        assert sum(v for k, v in record.items() if k.startswith("part.")) == pytest.approx(record["change"], abs=1e-12)


def test_the_loss_after_the_update_is_the_loss_that_the_run_then_has():
    run = run_of(layers=3, loss="huber")
    record = record_of(run)
    assert record["loss"][0] == pytest.approx(run.metrics["train_loss"], abs=1e-6)
    advance(run, steps=1)
    assert record["loss_after"][0] == pytest.approx(run.learner.evaluate("train")["loss"], abs=1e-6)
    assert record_of(run)["a"] == pytest.approx(record_of(run)["a"])


def test_forward_numbers_are_those_of_the_network():
    run = run_of("three classes", layers=2, loss="cross_entropy")
    record = record_of(run)
    points = torch.tensor(record["points"], dtype=torch.float32)
    layers = [layer.clone().numpy() for layer in run.learner.activations(points)]
    assert record["inputs"] == pytest.approx(layers[0], abs=1e-6)
    assert record["a"][:7] == pytest.approx(np.concatenate(layers[1:3]), abs=1e-6)
    assert record["z"][7:] == pytest.approx(layers[3], abs=1e-6)
    shown = run.learner.outputs(points).numpy()
    assert shown == pytest.approx(record["a"][7:].T, abs=1e-6)


def test_each_delta_is_what_comes_back_times_the_slope():
    record = record_of(run_of("two classes", layers=3, activation="sigmoid"))
    assert record["da"] * record["slope"] == pytest.approx(record["delta"], abs=1e-15)


def test_a_sum_worked_out_on_paper():
    # z = 0.5*1 - 0.25*2 = 0, a = sigmoid(0) = 0.5; y = 2a = 1; target 0: L = 1, dL/dy = 2,
    # dL/dv = 2*0.5 = 1, delta = 2*2*0.25 = 1, so dL/dw = (1, 2), dL/db = 1; with rate 0.1 v goes from 2 to 1.9.
    run = start(
        experiment(
            {
                "data": {"kind": "drawn", "labels": "numbers", "added": [(1, 2, 0)]},
                "model": {
                    "family": "mlp",
                    "layers": [{"units": 1, "activation": "sigmoid"}],
                    "weights": [0.5, -0.25, 0, 2, 0],
                },
                "training": {"loss": "mse", "learning_rate": 0.1},
            }
        )
    )
    record = record_of(run)
    assert record["z"].ravel().tolist() == [0, 1] and record["a"].ravel().tolist() == [0.5, 1]
    assert record["loss"].tolist() == [1]
    assert record["delta"].ravel().tolist() == [1, 2]
    assert record["gradient"].tolist() == [1, 2, 1, 1, 2]
    assert record["change"] == pytest.approx(-0.1 * record["gradient"], abs=1e-9)


def test_weights_that_are_given_are_where_the_run_starts_and_where_reset_leads():
    given = [0.1 * i for i in range(13)]
    run = run_of(layers=0, model={"layers": [{"units": 3, "activation": "tanh"}], "weights": given})
    first = run.learner.flat.tolist()
    assert first == pytest.approx(given)
    advance(run, steps=3)
    reset(run)
    assert run.learner.flat.tolist() == first


def test_weights_of_another_shape_are_left_alone():
    run = run_of(model={"weights": [1.0, 2.0]})
    assert torch.equal(run.learner.flat, run_of().learner.flat)


@pytest.mark.parametrize("weights", [[float("nan")], [1e7], ["one"], [0.0] * 501])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(Refused, match="weights"):
        run_of(model={"weights": weights})


def test_a_dead_relu_gets_no_gradient():
    run = run_of(layers=1, activation="relu", batch=1)
    block = run.learner.blocks[0]
    edit(run, block.bias, -50.0)
    record = record_of(run)
    assert record["a"][0] == record["slope"][0] == record["delta"][0] == 0
    assert not record["gradient"][: block.fan_in + 1].any()
    assert not record["difference"][: block.fan_in + 1].any()


def test_a_corner_of_the_loss_is_said_and_not_counted_as_an_error():
    run = run_of(layers=1, activation="relu", batch=1)
    for i in range(3):
        edit(run, i, 0.0)  # z of the first neuron is exactly 0: left of it the slope is 0, right of it 1
    record = record_of(run)
    assert record["kink"][:3].any()
    assert record["error"].max() < 1e-8


@pytest.mark.parametrize("example", [0, 1, 2, 3])
def test_the_batch_is_the_mean_of_its_examples(example):
    run = run_of("three classes", layers=2)
    alone, whole = [record_of(run, example=i) for i in range(4)], record_of(run)
    assert np.mean([one["gradient"] for one in alone], 0) == pytest.approx(whole["gradient"], abs=1e-12)
    assert alone[example]["a"][:, 0] == pytest.approx(whole["a"][:, example])
    assert alone[example]["loss"][0] == pytest.approx(whole["losses"][example])


def test_an_example_of_ones_own():
    run = run_of("two classes", layers=1, loss="cross_entropy")
    record = record_of(run, inputs=[1.0, 0.5], target=0)
    same = next(record_of(run, example=i) for i in range(4) if record_of(run, example=i)["points"][0, 0] == 1.0)
    assert record["gradient"] == pytest.approx(same["gradient"], abs=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"example": 4}, "from 0 to 3; got 4"),
        ({"example": True}, "from 0 to 3; got True"),
        ({"inputs": [1, 2], "target": 2}, "from 0 to 1; got 2"),
        ({"inputs": [1, 2]}, "from 0 to 1; got None"),
        ({"inputs": [1, "two"], "target": 0}, "two numbers"),
        ({"inputs": [1, float("nan")], "target": 0}, "two numbers"),
        ({"inputs": "12", "target": 0}, "two numbers"),
    ],
)
def test_what_cannot_be_an_example_is_refused_with_a_sentence(options, words):
    with pytest.raises(Refused, match=words):
        record_of(run_of("two classes"), **options)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model.dropout": 0.5}, "without dropout"),
        ({"model.norm": "layer"}, "without dropout, normalisation"),
        ({"model.layers": [{"units": 64, "activation": "tanh"}] * 2}, "at most 500"),
        ({"data.added": []}, "nothing to learn"),
    ],
)
def test_a_network_that_is_not_written_out_is_refused_with_a_sentence(changes, words):
    run = run_of()
    change(run, patch(run.experiment, changes))
    with pytest.raises(Refused, match=words):
        record_of(run)


def test_looking_changes_nothing():
    run, other = run_of(layers=2, optimizer={"kind": "adam"}), run_of(layers=2, optimizer={"kind": "adam"})
    for _ in range(3):
        record_of(run)
        advance(run, steps=1)
        advance(other, steps=1)
    assert torch.equal(run.learner.flat, other.learner.flat)
