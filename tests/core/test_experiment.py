"""The specification: what it accepts and refuses, how it is patched, and what restarts a run."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, changed, experiment, is_live, patch, plain, restarts
from tests.strategies import damaged, experiments, hostile

SMALL = {"data": {"kind": "circle"}, "model": {"family": "mlp"}}


def made(**changes):
    return patch(experiment(SMALL), changes)


def refused(value) -> dict[str, str]:
    """The problems of a value that must be refused, by field."""
    with pytest.raises(Refused) as error:
        experiment(value)
    return {p.field: p.message for p in error.value.problems}


def test_two_names_are_enough_for_an_experiment():
    spec = experiment(SMALL)
    assert (spec.data.kind, spec.model.family, spec.training.optimizer.kind) == ("circle", "mlp", "sgd")


def test_an_experiment_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        experiment(SMALL).seed = 3


@given(experiments())
def test_every_valid_experiment_is_accepted_and_its_plain_values_give_it_back(value):
    spec = experiment(value)
    assert experiment(json.loads(json.dumps(plain(spec)))) == spec


@given(experiments())
def test_plain_values_leave_out_what_is_default(value):
    spec = experiment(value)
    assert len(json.dumps(plain(spec))) <= len(spec.model_dump_json())
    assert plain(experiment(SMALL)) == {"version": 1, **SMALL}


def test_all_problems_are_named_at_once():
    problems = refused(
        {
            "seed": -1,
            "data": {"kind": "circle", "noise": 51, "colour": "red"},
            "model": {"family": "mlp", "layers": [{"units": 4}, {"units": 65}]},
            "training": {"learning_rate": float("nan"), "loss": "foo"},
        }
    )
    assert set(problems) == {
        "seed",
        "data.noise",
        "data.colour",
        "model.layers.1.units",
        "training.learning_rate",
        "training.loss",
    }
    assert problems["data.noise"] == "data.noise must be less than or equal to 50; got 51."
    assert problems["data.colour"] == "data.colour is not a field of this experiment."


def test_an_unknown_name_is_answered_with_the_nearest_known_one():
    problems = refused({**SMALL, "training": {"optimizer": {"kind": "adan"}}})
    assert "did you mean 'adam'?" in problems["training.optimizer"]


@pytest.mark.parametrize("missing", ["data", "model"])
def test_a_missing_part_is_named(missing):
    assert refused({k: v for k, v in SMALL.items() if k != missing}) == {missing: f"{missing} is missing."}


def test_parts_that_do_not_fit_together_are_refused():
    problems = refused({**SMALL, "data": {"kind": "plane"}})
    assert "mse, mae, huber" in problems["training.loss"]
    assert "got cross_entropy" in problems["training.loss"]
    assert "training.optimizer" in refused(
        {"data": {"kind": "xor"}, "model": {"family": "mlp", "layers": []}, "training": {"optimizer": {"kind": "muon"}}}
    )


def test_a_bad_formula_is_refused_with_its_own_sentence():
    problems = refused({**SMALL, "data": {"kind": "formula", "f": "sni(x)"}})
    assert problems == {"data.f": "`sni` at character 1 is not a function nnlab knows; did you mean sin?"}


def test_a_text_or_list_of_the_wrong_size_is_refused_in_good_english():
    with pytest.raises(Refused) as info:
        experiment({"data": {"kind": "formula", "f": "x" * 201}, "model": {"family": "mlp", "features": []}})
    told = [problem.message for problem in info.value.problems]
    assert any(" must have at most 200 characters; got 'xxx" in words for words in told)
    assert any(" must have at least 1 item; got " in words for words in told)


@pytest.mark.parametrize(
    "number",
    [10**5000, -(10**5000), float("inf"), float("-inf"), float("nan")],
    ids=["huge", "huge-negative", "infinite", "minus-infinite", "nan"],
)
def test_a_number_beyond_all_bounds_is_refused_in_a_short_sentence(number):
    problems = refused({**SMALL, "seed": number})
    assert len(problems["seed"]) < 160


def test_deep_nesting_is_refused():
    deep: dict[str, object] = {}
    for _ in range(50_000):
        deep = {"a": deep}
    assert refused({**SMALL, "training": deep})
    assert refused({**SMALL, "data": deep})
    assert refused(deep)


@given(hostile())
@settings(max_examples=400)
def test_any_value_is_refused_in_sentences_or_is_an_experiment(value):
    try:
        spec = experiment(value)
    except Refused as error:
        assert error.problems
        assert all(p.message.endswith((".", "?")) and len(p.message) < 700 for p in error.problems)
    else:
        assert isinstance(spec, Experiment)


@given(damaged())
def test_what_is_accepted_is_a_fixed_point(value):
    try:
        spec = experiment(value)
    except Refused:
        assert True
    else:
        assert experiment(plain(spec)) == spec


def test_thousands_of_problems_are_counted_and_not_listed():
    unknown = {f"k{i}": 1 for i in range(40)}
    with pytest.raises(Refused, match="300 more fields are wrong") as error:
        experiment({**SMALL, "model": {"family": "mlp", "layers": [unknown] * 8}})
    assert len(str(error.value)) < 2_000
    assert refused({**SMALL, **{f"k{i}": 1 for i in range(5_000)}}) == {
        "": "A part of an experiment must have at most 50 fields; got 5002."
    }
    assert len(refused({**SMALL, "data": {"kind": "circle", "added": [["a", "b", "c"]] * 2_000}})) <= 3


# patch


def test_a_dotted_field_is_replaced():
    assert made(**{"training.learning_rate": 0.1}).training.learning_rate == 0.1


def test_a_field_of_one_layer_is_replaced():
    spec = made(**{"model.layers.1.activation": "relu"})
    assert [layer.activation for layer in spec.model.layers] == ["tanh", "relu"]


def test_a_whole_part_is_replaced():
    adam = {"kind": "adam"}
    spec = made(**{"training.optimizer": adam, "training.optimizer.beta1": 0.5})
    assert adam == {"kind": "adam"}
    assert (spec.training.optimizer.kind, spec.training.optimizer.beta1) == ("adam", 0.5)


@pytest.mark.parametrize(
    "path",
    ["", "seeds", "data.f", "model.layers.2.units", "model.layers.-1.units", "model.layers.x", "seed.x", "." * 99],
)
def test_a_field_that_is_not_there_is_refused(path):
    with pytest.raises(Refused, match="There is no field"):
        made(**{path: 1})


def test_a_patch_out_of_range_is_refused_and_leaves_the_old_one_alone():
    spec = experiment(SMALL)
    with pytest.raises(Refused, match=r"training\.batch_size must be"):
        patch(spec, {"training.batch_size": 0})
    assert spec == experiment(SMALL)


# changed, is_live, restarts


@pytest.mark.parametrize(
    ("path", "value", "live"),
    [
        ("training.learning_rate", 0.1, True),
        ("training.batch_size", 5, True),
        ("training.loss", "mse", True),
        ("training.optimizer", {"kind": "adam"}, True),
        ("training.stop.epochs", 7, True),
        ("data.noise", 10, True),
        ("data.samples", 50, True),
        ("data.added", [[1, 1, 0]], True),
        ("model.dropout", 0.5, True),
        ("model.layers.0.activation", "relu", True),
        ("model.layers.1.activation", "sine", True),
        ("model.layers.0.units", 3, False),
        ("model.layers", [{"units": 4}], False),
        ("model.features", ["x"], False),
        ("model.init", "he", False),
        ("seed", 1, False),
        ("data", {"kind": "plane"}, False),
        ("data", {"kind": "xor"}, False),
    ],
)
def test_what_can_change_live_does_not_restart(path, value, live):
    old = experiment({**SMALL, "training": {"loss": "mae"}})
    new = patch(old, {path: value})
    assert len(changed(old, new)) == 1
    assert changed(old, new)[0].startswith(path)
    assert restarts(old, new) is not live


def test_another_number_of_classes_restarts():
    old = experiment({**SMALL, "data": {"kind": "blobs"}})
    assert restarts(old, patch(old, {"data.n_classes": 4}))


def test_a_parameter_of_the_optimiser_is_live_and_named_in_full():
    old = made(**{"training.optimizer": {"kind": "adam"}})
    new = patch(old, {"training.optimizer.beta1": 0.5})
    assert changed(old, new) == ("training.optimizer.beta1",)
    assert is_live(old, "training.optimizer.beta1")


@given(experiments())
def test_nothing_differs_from_itself(value):
    spec = experiment(value)
    assert changed(spec, experiment(value)) == ()
    assert not restarts(spec, spec)


@given(experiments(), experiments())
def test_any_two_experiments_can_be_compared(one, other):
    a, b = experiment(one), experiment(other)
    assert (changed(a, b) == ()) == (a == b)
    assert isinstance(restarts(a, b), bool)
