"""The loss on planes and lines against the plain loop: copy the weights in, evaluate, next."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlab.analysis.weights.landscape import barrier, landscape, line, weights_of
from nnlab.core.errors import Refused
from nnlab.core.experiment import patch
from nnlab.families.learner import Learner
from nnlab.families.sampling import sample
from nnlab.train.run import advance, change, edit, seek
from tests.studies import finished


def loop(run, weights, split="train"):
    """The loss at each of `weights`, by `evaluate` and nothing else."""
    kept, found = run.learner.flat.clone(), []
    for one in weights:
        run.learner.flat.copy_(torch.tensor(one))
        found.append(run.learner.evaluate(split)["loss"])
    run.learner.flat.copy_(kept)
    return np.array(found)


MODELS = {
    "plain": {},
    "deep": {"layers": [{"units": 8, "activation": "relu"}] * 4},
    "skip": {"skip": True, "layers": [{"units": 6, "activation": "gelu"}] * 3},
    "skip from the features": {"skip": True, "layers": [{"units": 2, "activation": "silu"}] * 2},
    "batch norm": {"norm": "batch"},
    "layer norm and skip": {"norm": "layer", "skip": True},
    "dropout": {"dropout": 0.4},
    "no hidden layer": {"layers": []},
    "sine": {"layers": [{"units": 4, "activation": "sine"}, {"units": 3, "activation": "leaky_relu"}]},
}
TASKS = {
    "two classes": ({"kind": "circle"}, "cross_entropy"),
    "hinge": ({"kind": "circle"}, "hinge"),
    "three classes": ({"kind": "blobs"}, "cross_entropy"),
    "three classes, hinge": ({"kind": "blobs"}, "hinge"),
    "three classes, distance": ({"kind": "blobs"}, "mse"),
    "numbers": ({"kind": "plane"}, "huber"),
}


@pytest.mark.usefixtures("either_tanh")
@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize("task", list(TASKS))
def test_many_networks_at_once_have_the_losses_that_each_has_alone(trained, model, task):
    data, loss = TASKS[task]
    run = trained((4, "tanh"), (3, "sigmoid"), data=data, model=MODELS[model], loss=loss)
    rng = np.random.default_rng(0)
    weights = run.learner.flat.numpy() + rng.normal(0, 0.3, (60, run.learner.flat.numel())).astype(np.float32)
    for split in ("train", "test"):
        found = run.learner.losses_at(torch.tensor(weights), split).numpy()
        assert np.allclose(found, loop(run, weights, split), rtol=1e-5, atol=1e-6)


def test_examples_that_do_not_fit_into_the_buffers_are_taken_in_tiles(trained, monkeypatch):
    run = trained((16, "tanh"), (8, "tanh"), data={"samples": 400})
    monkeypatch.setattr("nnlab.families.mlp.stack.CACHED", 16 * 70)
    weights = run.learner.flat.numpy() * np.linspace(-1, 2, 9, dtype=np.float32)[:, None]
    assert run.learner.portion("train") == (1, 67)  # three tiles of the 200 points
    found = run.learner.losses_at(torch.tensor(weights), "train").numpy()
    assert np.allclose(found, loop(run, weights), rtol=1e-5)


@pytest.mark.usefixtures("either_tanh")
@pytest.mark.parametrize("plane", ["random", "path"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_landscape_equals_the_plain_loop(trained, plane, split):
    run = trained((6, "tanh"), (4, "tanh"), steps=200)
    found, _ = finished(landscape(run, {"plane": plane, "resolution": 15, "split": split, "extent": 1.5}))
    origin = found["origin"]
    basis = np.linalg.pinv(found["project"]).T
    b, a = np.meshgrid(found["axes"][1], found["axes"][0], indexing="ij")
    weights = (origin + a.reshape(-1, 1) * basis[0] + b.reshape(-1, 1) * basis[1]).astype(np.float32)
    assert np.allclose(found["landscape"].ravel(), loop(run, weights, split), rtol=0, atol=1e-5)
    assert found["landscape"].shape == (15, 15)
    assert found["here"][0] == pytest.approx(run.learner.evaluate(split)["loss"], abs=1e-5)


def test_a_random_plane_reaches_as_far_as_the_extent_says(trained):
    run = trained((3, "tanh"), steps=20)
    for extent in (1, 2):
        found, _ = finished(landscape(run, {"plane": "random", "resolution": 15, "extent": extent}))
        for axis in found["axes"]:
            np.testing.assert_allclose(axis, np.linspace(-extent, extent, 15), rtol=1e-6, atol=1e-7)


def test_twice_the_extent_shows_twice_the_width_around_the_same_middle_of_the_path(trained):
    run = trained((3, "tanh"), steps=100)
    once, twice = (
        finished(landscape(run, {"plane": "path", "resolution": 15, "extent": extent}))[0]["axes"] for extent in (1, 2)
    )
    np.testing.assert_allclose(np.ptp(twice, axis=1), 2 * np.ptp(once, axis=1), rtol=1e-5)
    np.testing.assert_allclose(twice.mean(1), once.mean(1), atol=1e-5)


def test_the_finest_resolution_is_computed_cell_by_cell(trained):
    run = trained((1, "tanh"), steps=20, data={"samples": 20})
    found, _ = finished(landscape(run, {"plane": "random", "resolution": 101}))
    assert found["landscape"].shape == (101, 101) and found["axes"].shape == (2, 101)
    assert np.isfinite(found["landscape"]).all()
    basis = np.linalg.pinv(found["project"]).T
    cells = [(0, 0), (0, 100), (50, 50), (77, 13), (100, 100)]
    weights = np.stack(
        [found["origin"] + found["axes"][0, j] * basis[0] + found["axes"][1, i] * basis[1] for i, j in cells]
    )
    shown = [found["landscape"][cell] for cell in cells]
    assert np.allclose(shown, loop(run, weights.astype(np.float32)), atol=1e-5)


@pytest.mark.parametrize("resolution", [14, 102])
def test_a_resolution_beyond_the_ends_is_refused(trained, resolution):
    with pytest.raises(Refused, match=f"resolution must be from 15 to 101; got {resolution}"):
        finished(landscape(trained((3, "tanh"), steps=5), {"resolution": resolution}))


@pytest.mark.parametrize("plane", ["random", "path"])
def test_the_middle_of_a_random_plane_and_the_end_of_the_path_are_the_present_weights(trained, plane):
    run = trained((6, "tanh"), steps=100)
    found, _ = finished(landscape(run, {"plane": plane, "resolution": 15}))
    assert np.allclose(found["path"][-1], 0, atol=1e-9)
    assert found["path_loss"][-1] == pytest.approx(2 * [found["here"][0]], abs=1e-6)
    assert found["path_steps"][-1] == found["step"][0] == run.step
    if plane == "random":
        assert found["landscape"][7, 7] == pytest.approx(found["here"][0], abs=1e-6)


def test_each_place_of_the_path_has_its_true_loss_and_the_planes_below_it(trained):
    run = trained((5, "tanh"), steps=300)
    steps, weights = weights_of(run)
    found, _ = finished(landscape(run, {"plane": "path", "resolution": 15}))
    assert np.array_equal(found["path_steps"], steps)
    assert np.allclose(found["path_loss"][:, 0], loop(run, weights.astype(np.float32)), atol=1e-5)
    basis = np.linalg.pinv(found["project"]).T
    below = found["origin"] + found["path"] @ basis
    assert np.allclose(found["path_loss"][:, 1], loop(run, below.astype(np.float32)), atol=2e-5)
    aside = np.linalg.norm(weights - below, axis=1)
    share = 1 - (aside**2).sum() / (np.linalg.norm(weights - found["origin"], axis=1) ** 2).sum()
    assert found["explained"].sum() == pytest.approx(share, abs=1e-4)


def test_the_path_lies_inside_the_picture_of_its_plane(trained):
    run = trained((5, "tanh"), steps=400)
    found, _ = finished(landscape(run, {"plane": "path", "resolution": 15}))
    for axis in (0, 1):
        assert found["axes"][axis][0] < found["path"][:, axis].min()
        assert found["axes"][axis][-1] > found["path"][:, axis].max()


def test_a_run_that_has_not_moved_has_a_landscape_around_its_first_weights(trained):
    run = trained((4, "tanh"), steps=0)
    found, _ = finished(landscape(run, {"plane": "path", "resolution": 15}))
    assert found["path"].shape == (1, 2)
    assert not found["explained"].any()
    assert np.isfinite(found["landscape"]).all() and np.ptp(found["landscape"]) > 0


@pytest.mark.parametrize("study", [landscape, line])
def test_progress_rises_to_one_and_the_network_stays_as_it_was(trained, study):
    run = trained((4, "tanh"), steps=60)
    before = run.learner.flat.clone(), run.step, run.learner.grad.clone()
    _, told = finished(study(run, {}))
    assert told == sorted(told)
    assert min(told) >= 0 and told[-1] == 1
    assert torch.equal(before[0], run.learner.flat) and torch.equal(before[2], run.learner.grad)
    assert before[1] == run.step


def test_training_between_the_slices_does_not_move_the_landscape(trained):
    calm, busy = (trained((6, "tanh"), (4, "tanh"), steps=80) for _ in range(2))
    options = {"plane": "path", "resolution": 25}
    wanted, _ = finished(landscape(calm, options))
    study = landscape(busy, options)
    while True:
        try:
            next(study)
        except StopIteration as stop:
            found = stop.value
            break
        advance(busy, steps=3)
    assert busy.step > calm.step
    assert set(found) == set(wanted)
    for name in wanted:
        assert np.array_equal(found[name], wanted[name]), name


def test_a_large_network_is_not_told_to_the_browser(trained):
    run = trained((64, "relu"), (64, "relu"), steps=5)
    found, _ = finished(landscape(run, {"resolution": 15}))
    assert run.learner.flat.numel() > 4_000
    assert "origin" not in found and "project" not in found


def test_a_place_in_the_past_has_only_the_path_up_to_it(trained):
    run = trained((4, "tanh"), steps=200)
    seek(run, 100)
    steps, weights = weights_of(run)
    assert steps[-1] == 100 and (np.diff(steps) > 0).all()
    assert np.allclose(weights[-1], run.learner.flat.numpy())


def test_a_long_path_is_thinned_and_keeps_its_ends(trained, monkeypatch):
    monkeypatch.setattr("nnlab.analysis.weights.landscape.MAX_PATH", 12)
    run = trained((4, "tanh"), steps=400)
    steps, _ = weights_of(run)
    assert len(steps) == 12
    assert (steps[0], steps[-1]) == (run.timeline.first, run.step)


def test_a_family_without_a_batched_loss_takes_the_plain_loop(trained, monkeypatch):
    run = trained((4, "tanh"), steps=50)
    fast, _ = finished(landscape(run, {"resolution": 15}))
    monkeypatch.setattr(type(run.learner), "losses_at", Learner.losses_at)
    monkeypatch.setattr(type(run.learner), "portion", Learner.portion)
    before = run.learner.flat.clone()
    slow, told = finished(landscape(run, {"resolution": 15}))
    assert np.allclose(fast["landscape"], slow["landscape"], atol=1e-5)
    assert torch.equal(run.learner.flat, before)
    assert len(told) > 10


# ---- lines ------------------------------------------------------------------------------------------------------------
def test_a_line_goes_from_one_place_of_the_run_to_another(trained):
    run = trained((4, "tanh"), steps=200)
    found, _ = finished(line(run, {"from": 0, "to": run.step}))
    first = run.timeline.before(0).state["flat"]
    last = run.learner.flat.numpy()
    weights = first + found["alpha"][:, None] * (last - first)
    for split in ("train", "test"):
        assert np.allclose(found[split], loop(run, weights.astype(np.float32), split), atol=2e-5)
    assert found["ends"].tolist() == [0, 200]
    assert found["apart"][0] == pytest.approx(
        2 * np.linalg.norm(last - first) / (np.linalg.norm(first) + np.linalg.norm(last)), rel=1e-5
    )


def test_a_line_to_kept_weights_ends_at_their_loss(trained):
    run, other = (trained((4, "tanh"), steps=n) for n in (30, 300))
    found, _ = finished(line(run, {"from": run.step, "weights": other.learner.flat.numpy()}))
    at_one = np.interp(1.0, found["alpha"], found["train"])
    assert at_one == pytest.approx(other.learner.evaluate("train")["loss"], abs=1e-5)
    assert found["ends"].tolist() == [30, -1]


def test_the_barrier_is_the_highest_rise_above_the_chord():
    alpha = np.linspace(-0.25, 1.25, 61)
    straight = 1 + 2 * alpha
    assert barrier(alpha, straight) == pytest.approx(0, abs=1e-12)
    hill = np.maximum(0, 1 - np.abs(alpha - 0.5) / 0.25)
    assert barrier(alpha, straight + 3 * hill) == pytest.approx(3)
    outside = np.where((alpha < -0.01) | (alpha > 1.01), 50.0, 0.0)
    assert barrier(alpha, straight + outside) == pytest.approx(0, abs=1e-12)
    valley = -hill
    assert barrier(alpha, straight + valley) == pytest.approx(0, abs=1e-12)
    assert np.isnan(barrier(alpha, np.where(alpha > 0.5, np.inf, 1.0)))


# ---- refusals ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"resolution": 3}, "from 15 to 101; got 3"),
        ({"resolution": 1000}, "from 15 to 101; got 1000"),
        ({"resolution": "many"}, "got many"),
        ({"extent": 0}, "extent must be from 0.01 to 100; got 0"),
        ({"extent": float("nan")}, "got nan"),
        ({"plane": "curved"}, "plane must be random or path; got 'curved'"),
        ({"split": "all"}, "split must be train or test; got 'all'"),
        ({"seed": -1}, "seed must be from 0"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_a_sentence(trained, options, sentence):
    with pytest.raises(Refused, match=sentence):
        finished(landscape(trained((3, "tanh"), steps=5), options))


@pytest.mark.parametrize("study", [landscape, line])
def test_weights_that_are_no_longer_numbers_get_a_sentence(trained, study):
    run = trained((3, "tanh"), steps=5)
    with torch.inference_mode():
        run.learner.flat[2] = torch.nan
    with pytest.raises(Refused, match="Go back to the last good step"):
        finished(study(run, {}))


def test_no_test_points_get_a_sentence(trained):
    run = trained((3, "tanh"), steps=5)
    ids = [int(i) for i in run.data.ids[run.data.is_test]]
    change(run, patch(run.experiment, {"data.removed": ids}))
    with pytest.raises(Refused, match="must be test points to measure the loss on; got none"):
        finished(landscape(run, {"split": "test"}))


@pytest.mark.parametrize("weights", ["AAAA", 3, np.zeros(4), np.zeros((4, 4)), None])
def test_kept_weights_of_another_shape_get_a_sentence(trained, weights):
    with pytest.raises(Refused, match="as many as this network has"):
        finished(line(trained((3, "tanh"), steps=5), {"weights": weights}))


def test_a_loss_beyond_all_numbers_is_shown_as_it_is(trained):
    run = trained((3, "relu"), steps=5, data={"kind": "plane"}, loss="mse")
    edit(run, 0, 1e30)
    edit(run, len(run.learner.flat) - 2, 1e30)
    found, _ = finished(landscape(run, {"resolution": 15}))
    assert not np.isfinite(found["landscape"]).all()
    assert found["landscape"].shape == (15, 15)


@pytest.mark.parametrize("study", [landscape, line])
def test_of_too_many_examples_a_sample_stands_for_all(trained, study):
    run = trained((6, "tanh"), data={"samples": 500})
    whole, _ = finished(study(run, {}))
    assert whole["examples"].tolist() == [250, 250]
    run.learner.part = 5
    found, _ = finished(study(run, {}))
    assert found["examples"].tolist() == [120, 250]
    rows = sample(run.learner, "train", 120)
    now = found["here"][0] if study is landscape else found["train"][list(found["alpha"]).index(1)]
    assert now == pytest.approx(run.learner.evaluate("train", rows)["loss"], rel=1e-5)
    assert now != pytest.approx(run.learner.evaluate("train")["loss"], rel=1e-5)
