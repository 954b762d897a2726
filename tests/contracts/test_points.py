"""What every registered set of points of the plane promises beside that: two sets, a seed, noise, edits by mouse, a download."""

from __future__ import annotations

import time

import numpy as np
import pytest

from nnlab.core.experiment import experiment, is_live
from nnlab.core.fields import controls
from nnlab.core.links import from_link, to_link
from nnlab.core.registries import DATASETS
from nnlab.data.points import upload
from nnlab.data.points.download import to_csv
from nnlab.data.points.edits import ADDED, LIMIT
from nnlab.data.points.spec import PlaneSpec, _load
from nnlab.data.tables.rows import read_csv
from tests.examples import assert_whole, same

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


def in_plane(spec: PlaneSpec) -> None:
    """What holds for points beside what holds for any examples."""
    data = assert_whole(spec)
    assert data.plane.limit == LIMIT
    assert (data.targets.dtype, data.answer.kind in ("class", "number")) == (np.float32, True)
    assert np.all(np.diff(data.ids) > 0)
    assert data.answer.classes <= 5, "points have at most five classes: there are five marks and colours"


@every
def test_it_holds_points_of_every_class_in_both_sets(kind):
    spec = filled(kind, train_share=50)
    in_plane(spec)
    data = spec.load()
    assert len(data) >= 60
    for rows in (data.is_test, ~data.is_test):
        assert rows.sum() >= 10
        if data.answer.kind == "class":
            assert len(set(data.targets[rows].tolist())) == data.answer.classes
        else:
            assert data.targets[rows].std() > 0.1
            assert np.abs(data.targets[rows]).max() <= (LIMIT if kind in OWN_HEIGHT else 2)


@every
def test_the_same_specification_gives_the_same_points_without_what_is_remembered(kind):
    first = filled(kind).load()
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
    in_plane(filled(kind, noise=50, test_noise=0))


@every
def test_edits_are_honoured(kind):
    spec = filled(kind)
    before = spec.load()
    first, second = before.ids[:2].tolist()
    spec = spec.edited("move", id=second, x=-2.5, y=3.25).edited("add", x=1.5, y=-0.5, label=1)
    spec = spec.edited("remove", id=first)
    in_plane(spec)
    after = spec.load()
    assert first not in after.ids
    assert after.inputs[after.ids == second].tolist() == [[-2.5, 3.25]]
    target = -0.5 if kind in OWN_HEIGHT else 1
    assert (after.inputs[-1].tolist(), after.targets[-1], after.ids[-1] >= ADDED) == ([1.5, -0.5], target, True)
    restored = spec.edited("restore")
    assert restored.load().ids.tolist() == ([] if kind == "drawn" else before.ids.tolist())
    assert {name for name in type(spec).model_fields if getattr(spec, name) != getattr(restored, name)} <= {*spec.edits}


@every
def test_all_of_its_points_can_be_removed(kind):
    spec = filled(kind)
    spec = spec.model_copy(update={"removed": tuple(spec.load().ids.tolist())})
    in_plane(spec)
    assert len(spec.load()) == 0


@every
def test_it_loads_filled_at_the_extremes_of_every_number(kind):
    tried = 0
    for control in controls(DATASETS.load(kind)):
        if kind == "upload" and control.name == "n_classes":
            continue  # the file says how many
        for value in (control.lower, control.upper):
            if value is not None:
                in_plane(filled(kind, **{control.name: int(value) if control.kind == "int" else value}))
                tried += 1
    assert tried >= 4


@every
def test_its_download_has_a_line_for_every_point(kind):
    spec = filled(kind)
    assert (spec.downloads, spec.download()) == ("csv", to_csv(spec.load()))
    assert spec.download().count("\n") == 1 + len(spec.load())


@every
def test_an_edited_point_survives_a_link(kind):
    loss = "mse" if filled(kind).target == "number" else "cross_entropy"
    spec = filled(kind).edited("move", id=int(filled(kind).load().ids[3]), x=0.125, y=0.25)
    made = experiment({"data": spec.model_dump(), "model": {"family": "mlp"}, "training": {"loss": loss}})
    again = from_link(to_link(made))
    assert again == made
    assert same(again.data.load(), spec.load())


@every
def test_samples_noise_and_edits_change_without_a_restart(kind):
    spec = experiment({"data": {"kind": kind}, "model": {"family": "mlp"}, "training": {"loss": "mse"}})
    live = {"samples", "noise", "test_noise", "train_share", "seed", *spec.data.edits}
    assert [name for name in live & set(type(spec.data).model_fields) if not is_live(spec, f"data.{name}")] == []


@pytest.mark.alone
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
