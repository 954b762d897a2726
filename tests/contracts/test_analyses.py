"""Every registered analysis on every family that can be asked: the declared arrays, finite, and the learner as it was before."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from nnlab.analysis.analysis import Analysis, offers
from nnlab.analysis.probe import begin, finished, probe
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.records import Quantised
from nnlab.core.registries import ANALYSES, FAMILIES
from nnlab.train.run import advance, start
from tests.contracts.conftest import EVERY, spec_of

BLOCKS = 3  # layers with weights in the networks below
# name -> {array: (dtype, shape)}, as in docs/reference/analyses.md; None where it depends on the task.
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
    "confusion": {"confusion": ("float32", (2, None, None)), "confusion_of": ("int32", (2,))},
    "warp": {"warp": ("float32", (21, 21, 2)), "warp_points": ("float32", (60, 2))},
    "surface": {"surface": ("float32", (50, 50))},
    "input_maps": {"input_maps": ("uint8", (2, 25, 25))},
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
OPTIONS = {"formula": {"neuron": [1, 0], "at": [1.0, -2.0]}, "warp": {"layer": 1, "units": [0, 1]}}


@pytest.fixture(params=[(m, d) for m in MODELS for d in DATA], ids=" / ".join)
def run(request):
    model, data = request.param
    layers = [{"units": 4, "activation": "tanh"}, {"units": 3, "activation": "sigmoid"}]
    spec, loss = DATA[data]
    made = start(
        experiment(
            {
                "data": {**spec, "samples": 60},
                "model": {"family": "mlp", "layers": layers, **MODELS[model]},
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
    if name not in offers(learner):
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
    names = [name for name in ARRAYS if name in offers(run.learner)]
    together = probe(run.learner, names, OPTIONS)
    for name in names:
        for key, value in probe(run.learner, [name], OPTIONS).items():
            assert np.array_equal(together[key], value)


def test_asking_does_not_change_what_comes_next(run):
    other = start(run.experiment)
    for _ in range(30):
        advance(other, steps=1)
        probe(other.learner, [name for name in ARRAYS if name in offers(other.learner)], OPTIONS)
    advance(run, steps=5)
    assert _frozen(other.learner)["flat"] == _frozen(run.learner)["flat"]


def test_a_network_is_offered_every_analysis_of_the_table(run):
    left_out = {"confusion"} if run.data.answer.kind == "number" else set()
    assert set(offers(run.learner)) & set(ARRAYS) == set(ARRAYS) - left_out


# ---- whatever the family -----------------------------------------------------------------------------------------------
@pytest.fixture(params=EVERY, scope="module")
def young(request, synthetic):
    """A young run of every family, not to be trained further."""
    made = start(spec_of(request.param))
    advance(made, steps=30)
    return made


def numbers(array):
    return array.bytes_ if isinstance(array, Quantised) else array


def test_what_is_offered_gives_what_is_declared_and_leaves_the_learner_as_it_was(young):
    learner, wrong = young.learner, {}
    for name in offers(learner):
        before, analysis = _frozen(learner), ANALYSES.load(name)
        found = probe(learner, [name])
        holds = {
            "untouched": _frozen(learner) == before,
            "declared": bool(found) and set(found) <= set(analysis.arrays),
            "finite": all(np.isfinite(numbers(array)).all() for array in found.values()),
            "of a browser's types": {numbers(a).dtype.name for a in found.values()} <= {"uint8", "int32", "float32"},
        }
        if not all(holds.values()):
            wrong[name] = [what for what, good in holds.items() if not good]
    assert wrong == {}


def test_what_is_not_offered_is_empty_in_a_frame_and_refused_on_request(young):
    learner = young.learner
    others = [name for name in ANALYSES if not ANALYSES.load(name).offered(learner)]
    assert sorted([*others, *offers(learner)]) == sorted(ANALYSES)
    assert probe(learner, others) == {}
    for name in others:
        with pytest.raises(Refused, match="cannot show this"):
            ANALYSES.load(name).asked(learner, {})


def test_what_comes_on_request_is_what_a_frame_brings(young):
    learner, wrong = young.learner, []
    for name in offers(learner):
        result = ANALYSES.load(name).asked(learner, {})
        asked = finished(result) if inspect.isgenerator(result) else result
        brought = probe(learner, [name])
        if set(asked) != set(brought) or any(not np.array_equal(numbers(asked[k]), numbers(brought[k])) for k in asked):
            wrong.append(name)
    assert wrong == []


def test_work_in_slices_is_begun_and_not_done_where_a_frame_is_made(young):
    names = offers(young.learner)
    at_once, slow, begun = begin(young.learner, names, {}, whole=True)
    assert begun == set(names)
    assert all(inspect.isgenerator(work) for work in slow.values())
    declared = {name: set(ANALYSES.load(name).arrays) for name in names}
    assert set(at_once) <= set().union(*(declared[name] for name in names if name not in slow))
    for name, work in slow.items():
        assert set(finished(work)) <= declared[name]


def test_a_frame_that_has_taken_its_time_begins_one_costly_analysis_each_time(young):
    names = offers(young.learner)
    costly = {name for name in names if ANALYSES.load(name).every_s}
    _, _, begun = begin(young.learner, names, {}, whole=True, enough_s=0.0)
    assert begun >= set(names) - costly and len(begun & costly) == min(1, len(costly))


def test_every_analysis_is_declared_whole_and_no_two_give_the_same_array():
    analyses = [ANALYSES.load(name) for name in ANALYSES]
    assert all(isinstance(analysis, Analysis) and analysis.arrays for analysis in analyses)
    arrays = [array for analysis in analyses for array in analysis.arrays]
    assert len(arrays) == len(set(arrays))


def test_every_analysis_is_offered_to_some_family(synthetic):
    offered = {name for which in EVERY for name in offers(start(spec_of(which)).learner)}
    assert offered == set(ANALYSES)
    assert len(FAMILIES) <= len(EVERY)
