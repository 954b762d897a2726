"""Every registered analysis on every family that offers it: documented arrays, finite, and the learner as it was before."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.analysis.probe import probe
from nnlab.core.experiment import experiment
from nnlab.core.registries import ANALYSES, FAMILIES
from nnlab.train.run import advance, start

BLOCKS = 3  # layers with weights in the networks below
# name -> {array: (dtype, shape)}, as in the table of docs/architecture.md; None where it depends on the task.
ARRAYS = {
    "boundary": {"boundary": ("uint8", (100, 100)), "boundary_unit": ("int32", (2,))},
    "neurons": {"neurons": ("uint8", (None, 25, 25))},
    "weights": {"weights": ("float32", (None,))},
    "gradients": {"gradients": ("float32", (None,))},
    "histograms": {
        "hist_weights": ("float32", (BLOCKS, 40)),
        "hist_gradients": ("float32", (BLOCKS, 40)),
        "hist_ranges": ("float32", (BLOCKS, 2, 2)),
    },
    "gradient_norms": {"gradient_norms": ("float32", (BLOCKS,)), "update_ratio": ("float32", (BLOCKS,))},
    "confusion": {"confusion": ("float32", (2, None, None))},
    "warp": {"warp": ("float32", (21, 21, 2)), "warp_points": ("float32", (60, 2))},
    "surface": {"surface": ("float32", (50, 50))},
    "formula": {
        "formula_inputs": ("float32", (None,)),
        "formula_weights": ("float32", (None,)),
        "formula": ("float32", (7,)),
        "formula_norm": ("float32", (4,)),
    },
}
MODELS = {
    "plain": {},
    "batch norm": {"norm": "batch"},
    "layer norm and skip": {"norm": "layer", "skip": True},
    "dropout": {"dropout": 0.3},
    "unbounded": {"layers": [{"units": 4, "activation": "relu"}, {"units": 3, "activation": "gelu"}]},
}
DATA = {
    "two classes": ({"kind": "circle"}, "cross_entropy"),
    "three classes": ({"kind": "blobs"}, "cross_entropy"),
    "numbers": ({"kind": "plane"}, "mse"),
}
OPTIONS = {"neuron": [1, 0], "at": [1.0, -2.0], "warp": {"layer": 1, "units": [0, 1]}}


NETWORKS = [f for f in FAMILIES if "layers" in FAMILIES.load(f).model_fields]  # the others have views of their own


@pytest.fixture(params=[(f, m, d) for f in NETWORKS for m in MODELS for d in DATA], ids=" / ".join)
def run(request):
    family, model, data = request.param
    layers = [{"units": 4, "activation": "tanh"}, {"units": 3, "activation": "sigmoid"}]
    spec, loss = DATA[data]
    made = start(
        experiment(
            {
                "data": {**spec, "samples": 60},
                "model": {"family": family, "layers": layers, **MODELS[model]},
                "training": {"loss": loss, "optimizer": {"kind": "adam"}},
            }
        )
    )
    advance(made, steps=25)
    return made


def _frozen(learner):
    arrays = {name: np.asarray(value).tobytes() for name, value in learner.state().items()}
    return arrays | {"grad": learner.grad.numpy().tobytes()}


def _fits(shape, documented):
    return len(shape) == len(documented) and all(d in (None, n) for n, d in zip(shape, documented, strict=True))


@pytest.mark.parametrize("name", list(ARRAYS))
def test_an_analysis_gives_the_documented_arrays_and_leaves_the_learner_alone(run, name):
    learner = run.learner
    if name not in learner.offers:
        assert probe(learner, [name], OPTIONS) == {}
        return
    before = _frozen(learner)
    found = probe(learner, [name], OPTIONS)
    assert _frozen(learner) == before
    assert set(found) - {"surface_class"} == set(ARRAYS[name])
    for key, (dtype, shape) in ARRAYS[name].items():
        assert found[key].dtype == dtype
        assert _fits(found[key].shape, shape), f"{key} is {found[key].shape}, documented {shape}"
        assert np.isfinite(found[key]).all()


def test_all_analyses_of_a_frame_at_once_give_what_each_gives_alone(run):
    names = [name for name in ARRAYS if name in run.learner.offers]
    together = probe(run.learner, names, OPTIONS)
    for name in names:
        for key, value in probe(run.learner, [name], OPTIONS).items():
            assert np.array_equal(together[key], value)


def test_asking_does_not_change_what_comes_next(run):
    other = start(run.experiment)
    for _ in range(30):
        advance(other, steps=1)
        probe(other.learner, [name for name in ARRAYS if name in other.learner.offers], OPTIONS)
    advance(run, steps=5)
    assert _frozen(other.learner)["flat"] == _frozen(run.learner)["flat"]


def test_every_analysis_that_a_frame_of_a_network_can_carry_is_tested_here():
    frames = {name for name in ANALYSES if name in set().union(*(_offered(family) for family in NETWORKS))}
    assert frames == set(ARRAYS)


def _offered(family):
    made = start(experiment({"data": {"kind": "circle"}, "model": {"family": family}}))
    return made.learner.offers
