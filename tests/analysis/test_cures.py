"""Each rule beside `test_causes.py`'s: three runs where it speaks and its remedy helps, three near it where it is silent.

"Helps" is measured: the treated run beside one that was left alone, after the same number of epochs.
"""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

from nnlab.analysis.diagnosis.diagnose import diagnose
from nnlab.core.experiment import experiment
from nnlab.core.registries import RULES_OF_DIAGNOSIS
from nnlab.train.run import start
from tests.analysis.remedies import cure, watched
from tests.analysis.test_causes import ILL

ADAM = {"optimizer": {"kind": "adam"}, "learning_rate": 0.01}
CROSSED = [[float(a), float(b), int(a * b > 0)] for a in (-3, -2, -1, 1, 2, 3) for b in (-3, -1, 1, 3)]
FOUR = [[2, 2, 1], [2, -2, 0], [-2, -2, 1], [-2, 2, 0]]
STRAY = [[2.5, 2, 1], [4.5, -4.5, 0], [2, 4, 1], [0, -1.5, 0], [1, 2.5, 1], [-4, -4, 0], [-1, 0, 0], [-3, -3, 1]]
APART = STRAY[:-1]  # a line separates them
QUICK = {"learning_rate": 0.3, "optimizer": {"kind": "momentum"}}


def mlp(data, *units, act="tanh", model=None, **training):
    """An experiment with so many units in each layer; `data` is its kind or its fields."""
    shape = [{"units": count, "activation": act} for count in units]
    data = {"kind": data} if isinstance(data, str) else data
    return {"data": data, "model": {"family": "mlp", "layers": shape, **(model or {})}, "training": training}


def large(data, *units, act="relu", scale=10.0, **training):
    """Weights that are drawn too large."""
    return mlp(data, *units, act=act, model={"init_scale": scale}, **training)


def normed(data, *units, batch, act="tanh", norm="batch", **training):
    """Fifty training examples under a normalisation."""
    return mlp(data | {"samples": 100}, *units, act=act, model={"norm": norm}, batch_size=batch, **training)


def line(rate, *, batch=500, optimizer="sgd", loss="mse", **data):
    """A linear unit on twenty points."""
    chosen = {"learning_rate": rate, "batch_size": batch, "optimizer": {"kind": optimizer}, "loss": loss}
    unit = {"family": "neuron", "unit": "linear", "w1": 0.5, "b": 0.5}
    return {"data": {"kind": "line", "samples": 20, "noise": 20, **data}, "model": unit, "training": chosen}


def perceptron(data, **model):
    """Rosenblatt's, from weights of zero."""
    data = {"kind": "drawn", "added": data} if isinstance(data, list) else data
    unit = {"family": "neuron", "unit": "perceptron", "w1": 0, "w2": 0, "b": 0, **model}
    return {"data": data, "model": unit, "training": {"batch_size": 1, "learning_rate": 0.02}}


def kind(name, **fields):
    """A dataset with other fields than usual."""
    return {"kind": name, **fields}


# code -> epochs before the finding is asked for, the runs that have it, and as many near it that have not
CASES = {
    "diverged": (
        20,
        [
            mlp("plane", 8, act="linear", loss="mse", learning_rate=10),
            mlp("multi_gaussian", 8, 8, act="linear", loss="mse", learning_rate=1),
            mlp("plane", 16, act="relu", loss="mse", learning_rate=1),
        ],
        [mlp("plane", 8, act="linear", loss="mse"), mlp("circle", 8, learning_rate=1), line(0.23)],
    ),
    "exploding": (
        0,
        [large("circle", *[16] * 6, scale=5), large("xor", *[16] * 6, scale=4), large("circle", *[16] * 4, act="gelu")],
        [
            large("circle", *[16] * 6, scale=1),
            large("circle", *[16] * 6, scale=5, clip_norm=1),  # clipped already
            large("spiral", 8, act="tanh", scale=2),
        ],
    ),
    "dead": (
        30,
        [
            mlp("circle", 6, 4, act="relu", **QUICK),
            mlp("circle", 8, 8, 8, act="relu", **QUICK),
            mlp("xor", 8, 8, 8, act="relu", **QUICK),
        ],
        [mlp("circle", 8, 8, 8, act="relu"), mlp("xor", 6, act="leaky_relu", **QUICK), mlp("circle", 6, 4, **QUICK)],
    ),
    "vanishing": (
        20,
        [
            mlp("circle", *[8] * 8, act="sigmoid"),
            mlp("xor", *[6] * 6, act="sigmoid"),
            mlp("circle", 6, 4, model={"init": "zeros"}),
        ],
        [mlp("circle", *[8] * 6), mlp("xor", 8, act="sigmoid"), mlp("spiral", *[8] * 6, act="relu")],
    ),
    "saturated": (
        16,
        [large("circle", 8, 8, act="tanh"), large("xor", 8, 8, act="tanh"), large("arms", 8, 8, act="tanh")],
        [mlp("circle", 8, 8), large("xor", 8, 8, act="tanh", scale=2), large("circle", 8, 8)],  # ReLU, last
    ),
    "overfitting": (
        150,
        [mlp(kind(name, samples=60, noise=50), 32, 32, act="relu", **ADAM) for name in ("gaussians", "xor", "circle")],
        [
            mlp("circle", 32, 32, act="relu", **ADAM),
            mlp(kind("gaussians", samples=60, noise=50), 2, l2=0.1, **ADAM),
            mlp(kind("xor", samples=500, noise=50), 4),
        ],
    ),
    "slow": (
        20,
        [
            mlp("circle", 4, 2, learning_rate=1e-5),
            mlp("xor", 8, learning_rate=1e-6),
            mlp("moons", 4, 2, optimizer={"kind": "adam"}, learning_rate=1e-6),
        ],
        [mlp("circle", 4, 2), mlp("spiral", 8, 8), mlp("moons", 4, 2, **ADAM)],
    ),
    "beyond": (
        20,
        [line(0.2375), line(0.3, centre=4, scale=2), line(1, samples=100, noise=50)],
        [
            line(0.23),
            line(0.3, batch=4),
            line(0.3, optimizer="adam"),
        ],  # the limit is that of plain descent on all points
    ),
    "cycle": (
        20,
        [perceptron(FOUR), perceptron(STRAY), perceptron(kind("circle", samples=100), order="shuffled")],
        [perceptron(APART), perceptron(APART, order="shuffled"), perceptron(FOUR, rule="logistic")],
    ),
    "few": (
        20,
        [
            normed(kind("circle"), 8, 8, batch=2),
            normed(kind("xor"), 8, 8, 8, batch=49, act="relu", learning_rate=1),  # the last batch has one
            normed(kind("xor"), *[8] * 6, batch=1, act="relu", learning_rate=0.1),
        ],
        [
            normed(kind("circle"), 8, 8, batch=10),
            normed(kind("circle"), 8, 8, batch=2, norm="layer"),
            normed(kind("xor"), 8, 8, batch=1, learning_rate=0.1),  # it learns all the same
        ],
    ),
    "simple": (
        80,
        [
            mlp("circle"),
            mlp("circle", 2, learning_rate=0.1),
            mlp("xor", 1, learning_rate=0.1),
            mlp("multi_gaussian", 1, loss="mse", **ADAM),
            mlp("circle", 4, act="linear"),
        ],
        [
            mlp(kind("gaussians", noise=50), 1, learning_rate=0.1),  # the classes overlap
            mlp("spiral", 8, 8),  # a plateau, which it leaves
            mlp("multi_gaussian", 8, 8, loss="mse", **ADAM),
            mlp("circle", 4, 2, l2=0.03),
            mlp("multi_gaussian", 8, loss="mse", learning_rate=1e-5),
        ],
    ),
    "untested": (
        20,
        [
            mlp(kind("drawn", added=CROSSED), 4, 2),
            mlp(kind("line", train_share=100), 4, loss="mse"),
            mlp(kind("drawn", labels="numbers", added=[[a, b, a * b / 10] for a, b, _ in CROSSED]), 4, loss="mse"),
        ],
        [mlp("circle", 4, 2), mlp(kind("drawn", added=FOUR), 4, 2), line(0.03, train_share=100)],
    ),
}
LOWER, HIGHER = operator.lt, operator.gt
MEASURES = {"overfitting": ("test_loss", LOWER), "cycle": ("train_accuracy", HIGHER)}
SPOKEN = [pytest.param(code, i, id=f"{code} {i + 1}") for code, case in CASES.items() for i in range(len(case[1]))]
SILENT = [pytest.param(code, i, id=f"{code} {i + 1}") for code, case in CASES.items() for i in range(len(case[2]))]


def findings(run):
    """By their codes, in order."""
    return {f.code: f for f in diagnose(run, share=0)}


@pytest.mark.parametrize(("code", "which"), SPOKEN)
def test_the_remedy_does_better_than_leaving_the_run_alone(code, which):
    epochs, runs, _ = CASES[code]
    treated, alone = (start(experiment(runs[which])) for _ in range(2))
    watched(treated, epochs)
    found = findings(treated)
    assert next(iter(found)) == code, found
    finding = found[code]
    assert finding.remedy and finding.label is not None
    cure(treated, finding)
    watched(treated, max(epochs, 30))
    watched(alone, treated.epoch)
    again = findings(treated).get(code)
    assert again is None or again.remedy != finding.remedy, "it is in force already"
    if code == "untested":
        assert "test_loss" not in alone.metrics and math.isfinite(treated.metrics["test_loss"])
        return
    metric, better = MEASURES.get(code, ("train_loss", LOWER))
    with_it, without = treated.metrics[metric], alone.metrics[metric]
    clearly = 0.97 if better is LOWER else 1.03
    assert np.isfinite(with_it)
    assert alone.diverged or better(with_it, clearly * without)


@pytest.mark.parametrize(("code", "which"), SILENT)
def test_a_run_near_it_is_not_told_so(code, which):
    epochs, _, runs = CASES[code]
    run = start(experiment(runs[which]))
    for share in (0.0, 0.1, 0.5, 1.0):
        watched(run, round(share * max(epochs, 20)) - run.epoch)
        assert code not in findings(run), run.epoch


def test_every_rule_of_a_network_has_its_cases():
    assert set(RULES_OF_DIAGNOSIS) - set(CASES) - set(ILL) == {"left"}  # of a race: test_race_numbers.py
    assert all(min(len(spoken), len(silent)) >= 3 for _, spoken, silent in CASES.values())
