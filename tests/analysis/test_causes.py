"""What is found about rate, penalty, dropout and split: three runs where it is so and the remedy helps, and healthy ones."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.analysis.diagnosis.diagnose import diagnose
from nnlab.core.experiment import experiment
from nnlab.core.forms import Answer, Points
from nnlab.data.points.circle import Circle
from nnlab.data.points.upload import keep
from nnlab.data.tables.rows import Rows
from nnlab.train import loading
from nnlab.train.run import start
from tests.analysis.remedies import cure, watched

SMALL = {"family": "mlp"}
EIGHTS = {"family": "mlp", "layers": [{"units": 8}, {"units": 8}]}
EPOCHS = 60


def spec(data, model=SMALL, **training):
    return {"data": data, "model": model, "training": training}


def circle(model=SMALL, **training):
    return spec({"kind": "circle"}, model, **training)


def spiral(**training):
    return spec({"kind": "spiral"}, EIGHTS, **training)


ILL = {
    "bouncing": [
        circle(learning_rate=3),
        spiral(learning_rate=10),
        circle(learning_rate=1, optimizer={"kind": "adam"}),
    ],
    "overshooting": [
        spiral(learning_rate=0.3, l2=10, loss="mse", batch_size=30),
        circle(learning_rate=0.3, l2=5),
        circle(learning_rate=1.5, weight_decay=1),
    ],
    "shrunk": [circle(l1=1.0), circle(l2=0.3), circle(weight_decay=1.0)],
    "dropped": [
        circle(SMALL | {"dropout": 0.9}),
        circle(SMALL | {"dropout": 0.7}),
        spec({"kind": "xor"}, EIGHTS | {"dropout": 0.8}),
    ],
    "missing": [spec({"kind": kind, "samples": 20, "train_share": 10}) for kind in ("circle", "gaussians", "moons")],
}
WELL = [
    circle(),
    circle(l2=0.003),
    circle(l1=0.001),
    circle(weight_decay=0.01),
    circle(EIGHTS | {"dropout": 0.2}),
    circle(batch_size=1),
    circle(learning_rate=0.3),
    spiral(optimizer={"kind": "adam"}, learning_rate=0.01),
    spiral(optimizer={"kind": "momentum"}, learning_rate=0.1),
    spec({"kind": "gaussians", "noise": 50}, batch_size=1, learning_rate=0.1),
    spec({"kind": "plane"}, loss="mse"),
    spec({"kind": "gaussians", "noise": 40}, {"family": "neuron", "unit": "perceptron"}, batch_size=1, learning_rate=1),
    spec({"kind": "drawn", "added": [[1, 1, 0], [-1, -1, 0], [1, -1, 1], [-1, 1, 1]]}),
]


@pytest.mark.parametrize(("code", "which"), [(code, i) for code, values in ILL.items() for i in range(len(values))])
def test_the_cause_is_named_first_and_its_remedy_helps_within_the_same_time(code, which):
    run = start(experiment(ILL[code][which]))
    watched(run, EPOCHS)
    found = diagnose(run, share=0)
    assert found and found[0].code == code, found
    assert not {"vanishing", "exploding", "saturated", "dead"} & {f.code for f in found}
    metric = "test_loss" if code == "missing" else "train_loss"  # what is missing shows where nothing was learnt
    before = run.metrics[metric]
    cure(run, found[0])
    watched(run, EPOCHS)
    assert code not in {f.code for f in diagnose(run, share=0)}
    assert run.metrics[metric] < (0.97 * before if np.isfinite(before) else np.inf)


@pytest.mark.parametrize("value", WELL)
def test_nothing_of_the_sort_is_said_about_a_healthy_run(value):
    run = start(experiment(value))
    for epochs in (1, 2, 7, 20, 30):
        watched(run, epochs)
        assert not set(ILL) & {f.code for f in diagnose(run, share=0)}, run.epoch


def test_a_file_with_its_own_split_is_not_told_to_change_the_share():
    inputs = np.array([[0, 0], [1, 1], [2, 0], [0, 2]], np.float32)
    is_test = np.array([False, False, True, True])
    answer = Answer("class", 2, ("oak", "elm"))
    rows = Rows(inputs, np.array([0, 0, 1, 0], np.float32), Points(), answer, is_test)
    run = start(experiment({"data": keep(rows).model_dump(mode="json"), "model": SMALL}))
    watched(run, 3)
    (finding,) = (f for f in diagnose(run, share=0) if f.code == "missing")
    assert finding.told.values == {"name": "elm", "split": "train", "count": 2}
    assert not finding.remedy and finding.label is None


def test_examples_that_take_long_to_load_are_not_loaded_for_a_remedy(monkeypatch):
    run = start(experiment(ILL["missing"][0]))
    watched(run, 3)
    monkeypatch.setattr(loading, "HEAVY", 1)
    loaded = []
    monkeypatch.setattr(Circle, "load", loaded.append)
    (finding,) = (f for f in diagnose(run, share=0) if f.code == "missing")
    assert not loaded and not finding.remedy and finding.label is None
