"""What every registered dataset promises, whoever wrote it; a new line in the registry is tested by being there."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.parts import DataSpec
from nnlab.core.experiment import changed, experiment, is_live
from nnlab.core.fields import Control, controls
from nnlab.core.links import from_link, to_link
from nnlab.core.registries import DATASETS
from nnlab.data.points import edits, upload
from nnlab.data.points.download import to_csv
from nnlab.data.points.edits import ADDED, LIMIT
from nnlab.data.points.spec import PlaneSpec
from nnlab.data.tables.rows import read_csv
from tests.strategies import parts

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILE = ("a,b,kind\n" + "".join(f"{i % 17},{i * i % 23},{'xyz'[i % 3]}\n" for i in range(120))).encode()

OWN_HEIGHT = {"line"}  # the target of a point is its height in the plane

PLANE = [kind for kind in DATASETS if issubclass(DATASETS.load(kind), PlaneSpec)]
every = pytest.mark.parametrize("kind", PLANE)


def filled(kind: str, **fields) -> PlaneSpec:
    """A specification with points in it: a drawn set gets some, an uploaded one a file."""
    if kind == "upload":
        return upload.keep(read_csv(FILE)).model_copy(update=fields)
    if kind == "drawn":
        points = [(i % 11 - 5.0, i % 7 - 3.0, float(i % 2)) for i in range(60)]
        fields = {"added": tuple(points), **fields}
    return DATASETS.load(kind).model_validate({"kind": kind, **fields})


def same(a, b) -> bool:
    """Whether two datasets hold the same points in the same order."""
    names = ("x", "y", "is_test", "ids")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def check(spec: DataSpec) -> None:
    """What must hold for the arrays of any dataset, an empty one too."""
    data = spec.load()
    n = len(data.ids)
    assert (data.inputs.shape, data.targets.shape, data.is_test.shape) == ((n, 2), (n,), (n,))
    assert (data.inputs.dtype, data.targets.dtype, data.is_test.dtype, data.ids.dtype) == (np.float32, np.float32, bool, np.int64)
    assert np.isfinite(data.inputs).all()
    assert np.isfinite(data.targets).all()
    assert np.abs(data.inputs).max(initial=0) <= LIMIT == data.limit
    assert len(set(data.ids.tolist())) == n
    assert np.all(np.diff(data.ids) > 0)
    assert (data.task, data.n_classes) == (spec.task, spec.classes)
    if data.task == "class":
        assert 2 <= data.n_classes <= 5
        assert set(data.targets.tolist()) <= set(range(data.n_classes))
    else:
        assert (data.n_classes, data.n_outputs) == (1, 1)


@every
def test_its_tag_alone_is_a_valid_specification_that_loads(kind):
    spec = DATASETS.load(kind)(kind=kind)
    assert isinstance(spec, PlaneSpec)
    check(spec)


def test_whatever_is_not_points_of_the_plane_has_a_task_of_its_own():
    others = [DATASETS.load(kind)(kind=kind) for kind in DATASETS if kind not in PLANE]
    assert [spec.task for spec in others] == ["descent"] * len(others)
    assert all(spec.load().task == spec.task for spec in others)


@every
def test_it_holds_points_of_every_class_in_both_sets(kind):
    spec = filled(kind, train_share=50)
    check(spec)
    data = spec.load()
    assert len(data.ids) >= 60
    for rows in (data.is_test, ~data.is_test):
        assert rows.sum() >= 10
        if data.task == "class":
            assert len(set(data.targets[rows].tolist())) == data.n_classes
        else:
            assert data.targets[rows].std() > 0.1
            assert np.abs(data.targets[rows]).max() <= (LIMIT if kind in OWN_HEIGHT else 2)


@every
def test_the_same_specification_gives_the_same_points(kind):
    first = filled(kind).load()
    from nnlab.data.points.spec import _load

    _load.cache_clear()
    assert same(first, filled(kind).load())


@every
def test_another_seed_gives_another_set(kind):
    assert not same(filled(kind, train_share=60, seed=1).load(), filled(kind, train_share=60, seed=2).load())


@every
def test_noise_changes_it(kind):
    if "noise" not in DATASETS.load(kind).model_fields:
        assert kind in ("drawn", "upload")
        return
    clean, noisy = filled(kind).load(), filled(kind, noise=40).load()
    assert not (np.array_equal(clean.inputs, noisy.inputs) and np.array_equal(clean.targets, noisy.targets))
    assert np.array_equal(clean.is_test, noisy.is_test)
    check(filled(kind, noise=50, test_noise=0))


@every
def test_edits_are_honoured(kind):
    spec = filled(kind)
    before = spec.load()
    first, second = before.ids[:2].tolist()
    spec = edits.remove(edits.add(edits.move(spec, second, -2.5, 3.25), 1.5, -0.5, 1), first)
    check(spec)
    after = spec.load()
    assert first not in after.ids
    assert after.inputs[after.ids == second].tolist() == [[-2.5, 3.25]]
    target = -0.5 if kind in OWN_HEIGHT else 1
    assert (after.inputs[-1].tolist(), after.targets[-1], after.ids[-1] >= ADDED) == ([1.5, -0.5], target, True)
    assert edits.restore(spec).load().ids.tolist() == ([] if kind == "drawn" else before.ids.tolist())


@every
def test_all_of_its_points_can_be_removed(kind):
    spec = filled(kind)
    spec = spec.model_copy(update={"removed": tuple(spec.load().ids.tolist())})
    check(spec)
    assert len(spec.load().ids) == 0


def extremes(control: Control) -> list:
    """The values at which a field is most likely to break."""
    if control.kind == "choice":
        return list(control.choices)
    return [v for v in (control.lower, control.upper) if v is not None]


@every
def test_it_loads_at_the_extremes_of_every_field(kind):
    tried = 0
    for control in controls(DATASETS.load(kind)):
        if kind == "upload" and control.name == "n_classes":
            continue  # the file says how many
        for value in extremes(control):
            number = int(value) if control.kind == "int" else value
            check(filled(kind, **{control.name: number}))
            tried += 1
    assert tried >= 4


@every
@settings(max_examples=25)
@given(data=st.data())
def test_it_loads_for_random_values_of_its_fields(kind, data):
    spec = DATASETS.load(kind).model_validate(data.draw(parts(DATASETS.load(kind), kind=kind)))
    check(spec)
    assert to_csv(spec.load()).count("\n") >= len(spec.load().ids)


@every
def test_it_survives_a_link(kind):
    loss = "mse" if filled(kind).task == "number" else "cross_entropy"
    spec = edits.move(filled(kind), int(filled(kind).load().ids[3]), 0.125, 0.25)
    made = experiment({"data": spec.model_dump(), "model": {"family": "mlp"}, "training": {"loss": loss}})
    again = from_link(to_link(made))
    assert again == made
    assert same(again.data.load(), spec.load())


@every
def test_every_control_has_a_label_and_a_help_in_sentences(kind):
    for control in controls(DATASETS.load(kind)):
        assert control.param.label[0].isupper() or control.param.label.startswith("y >")
        assert control.param.help.endswith(".")
        assert control.default is not None or control.name == "test_noise"


@every
def test_its_slider_fields_have_two_bounds(kind):
    open_ended = [
        c.name for c in controls(DATASETS.load(kind)) if c.kind in ("int", "float") and None in (c.lower, c.upper)
    ]
    assert open_ended == []


@every
def test_samples_noise_and_edits_change_without_a_restart(kind):
    spec = experiment({"data": {"kind": kind}, "model": {"family": "mlp"}, "training": {"loss": "mse"}})
    live = {"samples", "noise", "test_noise", "train_share", "seed", "moved", "removed", "added"}
    for name in live & set(type(spec.data).model_fields):
        assert is_live(spec, f"data.{name}")
    assert changed(spec, spec) == ()


@every
def test_it_loads_in_a_small_part_of_a_second_at_its_largest(kind):
    largest = {c.name: int(c.upper or 0) for c in controls(DATASETS.load(kind)) if c.name == "samples"}
    fields = {**largest, "noise": 50} if largest else {}
    spec = filled(kind, **fields)
    spec.load()
    taken = []
    for seed in range(3):
        start = time.process_time()
        spec.model_copy(update={"seed": seed + 10}).load()
        taken.append(time.process_time() - start)
    # Against drawing the raw numbers; a loop over points in Python costs hundreds of times as much.
    start = time.process_time()
    for _ in range(20):
        np.random.default_rng(0).random((5_000, 6))
    reference = (time.process_time() - start) / 20
    assert min(taken) < 60 * reference


@every
def test_it_says_in_one_sentence_what_it_is(kind):
    text = (DATASETS.load(kind).__doc__ or "").strip()
    assert len(text) > 20
    assert text.endswith(".")


@every
def test_it_is_documented(kind):
    assert f"`{kind}`" in (DOCS / "add-a-dataset.md").read_text()
