"""Gradients, histograms, confusion, warp and the formula against numpy, scikit-learn, autograd and arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

from nnlab.analysis.probe import probe
from nnlab.analysis.weights.parameters import BINS, weights_of
from nnlab.core.errors import UnknownName
from nnlab.core.experiment import experiment
from nnlab.train.run import advance, edit, seek, start


def _by_hand(flat, run):
    """Logits of a tanh network with [W b] rows in `flat`, differentiable."""
    points = torch.tensor(run.data.inputs[~run.data.is_test])
    a = points
    for block in run.learner.blocks:
        rows = flat[block.start :].as_strided((block.fan_out, block.fan_in + 1), (block.stride, 1), block.start)
        a = a @ rows[:, :-1].t() + rows[:, -1]
        if block is not run.learner.blocks[-1]:
            a = torch.tanh(a)
    return a[:, 0]


def test_gradients_are_autograds_of_the_whole_training_loss_with_penalties(trained):
    run = trained((4, "tanh"), (2, "tanh"), l2=0.05)
    flat = run.learner.flat.clone().requires_grad_()
    labels = torch.tensor(run.data.targets[~run.data.is_test])
    loss = torch.nn.functional.binary_cross_entropy_with_logits(_by_hand(flat, run), labels)
    squares = sum(
        flat[b.start :].as_strided((b.fan_out, b.fan_in), (b.stride, 1), b.start).square().sum()
        for b in run.learner.blocks
    )
    (loss + 0.05 / 2 * squares).backward()
    found = probe(run.learner, ["gradients"])["gradients"]
    assert np.allclose(found, flat.grad.numpy(), atol=1e-6)
    norms = probe(run.learner, ["gradient_norms"])["gradient_norms"]
    for block, norm in zip(run.learner.blocks, norms, strict=True):
        assert norm == pytest.approx(np.linalg.norm(weights_of(flat.grad.numpy(), block)), abs=1e-6)


@pytest.mark.parametrize("kind", ["sgd", "adam", "momentum"])
def test_the_update_ratio_is_that_of_the_very_last_update(trained, kind):
    run = trained((4, "tanh"), optimizer={"kind": kind})
    before = run.learner.flat.clone()
    advance(run, steps=1)
    after, block = run.learner.flat.numpy(), run.learner.blocks[0]
    moved = np.linalg.norm(weights_of(after, block) - weights_of(before.numpy(), block))
    expected = moved / np.linalg.norm(weights_of(before.numpy(), block))
    assert probe(run.learner, ["gradient_norms"])["update_ratio"][0] == pytest.approx(expected, rel=1e-5)


def test_the_update_ratio_is_zero_where_no_update_is_known(trained):
    run = trained((4, "tanh"))
    edit(run, 0, 3.0)
    assert not probe(run.learner, ["gradient_norms"])["update_ratio"].any()
    seek(run, 0)
    assert not probe(run.learner, ["gradient_norms"])["update_ratio"].any()


def test_histograms_count_every_weight_once_in_its_bin(trained):
    run = trained((6, "tanh"), (5, "tanh"))
    found = probe(run.learner, ["histograms", "weights", "gradients"])
    for kind, flat in enumerate(("weights", "gradients")):
        for i, block in enumerate(run.learner.blocks):
            low, high = found["hist_ranges"][i, kind]
            values = weights_of(found[flat], block).ravel()
            counts = found[f"hist_{flat}"][i]
            assert low == -high
            assert counts.sum() == block.fan_in * block.fan_out
            cells = np.minimum(((values - low) / (high - low) * BINS).astype(int), BINS - 1)
            assert (
                np.abs(np.bincount(cells, minlength=BINS) - counts).sum() <= 2
            )  # a value on an edge may fall either way


def test_the_range_of_a_histogram_stays_until_it_does_not_fit(trained):
    run = trained((4, "tanh"))
    first = probe(run.learner, ["histograms"])["hist_ranges"][:, 0, 1]
    for _ in range(5):
        advance(run, steps=3)
        assert np.array_equal(probe(run.learner, ["histograms"])["hist_ranges"][:, 0, 1], first)
    edit(run, 0, 50.0)
    wide = probe(run.learner, ["histograms"])["hist_ranges"][0, 0, 1]
    assert 50 <= wide <= 100
    assert 2 * math.log2(wide) == pytest.approx(round(2 * math.log2(wide)), abs=1e-5)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_confusion_matrix_is_scikit_learns(trained, classes):
    data = {"kind": "circle"} if classes == 2 else {"kind": "blobs", "n_classes": classes, "noise": 40}
    run = trained((4, "tanh"), data=data, steps=100)
    shown = run.learner.outputs(torch.tensor(run.data.inputs)).numpy()
    taken = (shown[:, 0] > 0).astype(int) if classes == 2 else shown.argmax(1)
    found = probe(run.learner, ["confusion"])["confusion"]
    for i, chosen in enumerate((~run.data.is_test, run.data.is_test)):
        expected = confusion_matrix(run.data.targets[chosen], taken[chosen], labels=range(classes))
        assert np.array_equal(found[i], expected)
    right = np.trace(found[1]) / found[1].sum()
    assert right == pytest.approx(run.learner.evaluate("test")["accuracy"], abs=1e-6)


def test_a_confusion_matrix_is_of_a_sample_while_training_goes_on_and_of_all_at_rest(trained):
    run = trained((4, "tanh"), data={"kind": "circle", "samples": 1000}, steps=20)
    run.learner.part = 40
    moving = probe(run.learner, ["confusion"], whole=False)
    assert moving["confusion"].sum(axis=(1, 2)).tolist() == [120, 120] and moving["confusion_of"].tolist() == [500, 500]
    rest = probe(run.learner, ["confusion"])
    assert rest["confusion"].sum(axis=(1, 2)).tolist() == [500, 500] == rest["confusion_of"].tolist()


@pytest.mark.parametrize("units", [[0, 2], [3, 1, 0]])
def test_the_warp_is_the_activations_of_the_chosen_units(trained, units):
    run = trained((4, "tanh"), (2, "tanh"), data={"samples": 1000})  # 400 of them are shown
    found = probe(run.learner, ["warp"], {"warp": {"layer": 1, "units": units}})
    assert found["warp"].shape == (21, 21, len(units))
    assert found["warp_points"].shape == (400, len(units))
    corners = torch.tensor([[-6.0, -6.0], [6.0, -6.0], [-6.0, 6.0]])
    expected = run.learner.activations(corners)[1][units].t().numpy()
    assert np.allclose([found["warp"][0, 0], found["warp"][0, 20], found["warp"][20, 0]], expected, atol=1e-6)
    points = run.learner.activations(torch.tensor(run.data.inputs[np.arange(400) * 1000 // 400]))[1][units].t().numpy()
    assert np.allclose(found["warp_points"], points, atol=1e-6)


@pytest.mark.parametrize(
    "wanted", [{}, {"layer": 99, "units": [0, 1]}, {"layer": 1, "units": [50, 51]}, {"units": "x"}]
)
def test_a_warp_that_is_not_there_shows_units_that_are(trained, wanted):
    run = trained((4, "tanh"), (3, "tanh"))
    found = probe(run.learner, ["warp"], {"warp": wanted})["warp"]
    assert found.shape == (21, 21, 2)
    assert np.ptp(found) > 0


def test_a_layer_of_one_unit_is_warped_onto_a_line(trained):
    run = trained((1, "tanh"))
    found = probe(run.learner, ["warp"])["warp"]
    assert np.ptp(found[..., 0]) > 0
    assert not found[..., 1].any()


def test_the_formula_of_a_neuron_adds_up(trained):
    run = trained((2, "tanh"), (1, "relu"))
    values = [0.5, -1.0, 0.25, 1.5, 0.5, -0.75, 2.0, -3.0, 0.125, 4.0, -1.0]  # [[w w b] x 2, [w w b], [w b]]
    for i, value in enumerate(values):
        edit(run, i, value)
    at = [1.0, 2.0]
    first = math.tanh(0.5 * 1 - 1.0 * 2 + 0.25)
    second = math.tanh(1.5 * 1 + 0.5 * 2 - 0.75)
    z = 2 * first - 3 * second + 0.125
    found = probe(run.learner, ["formula"], {"formula": {"neuron": [2, 0], "at": at}})
    assert found["formula_inputs"].tolist() == pytest.approx([first, second], abs=1e-6)
    assert found["formula_weights"].tolist() == [2.0, -3.0]
    assert found["formula"].tolist() == pytest.approx([2, 0, 1, 2, 0.125, z, max(z, 0)], abs=1e-6)
    output = 4.0 * max(z, 0) - 1.0
    last = probe(run.learner, ["formula"], {"formula": {"neuron": [3, 0], "at": at}})["formula"]
    assert last.tolist() == pytest.approx([3, 0, 1, 2, -1.0, output, 1 / (1 + math.exp(-output))], abs=1e-6)
    unit = probe(run.learner, ["formula"], {"formula": {"neuron": [1, 1], "at": at}})["formula"]
    assert unit.tolist() == pytest.approx([1, 1, 1, 2, -0.75, 1.75, second], abs=1e-6)


@pytest.mark.parametrize("norm", ["batch", "layer"])
@pytest.mark.parametrize("neuron", [[1, 2], [2, 1]])
def test_the_formula_of_a_normalised_neuron_adds_up(trained, norm, neuron):
    run = trained((4, "tanh"), (3, "sigmoid"), model={"norm": norm})
    layer, unit = neuron
    start = run.learner.norms[layer - 1].start
    units = run.learner.norms[layer - 1].units
    edit(run, start + unit, 1.5)
    edit(run, start + units + unit, -0.25)
    found = probe(run.learner, ["formula"], {"formula": {"neuron": neuron, "at": [1.0, -2.0]}})
    mean, deviation, gain, shift = found["formula_norm"].tolist()
    z, a = found["formula"].tolist()[5:]
    bent = gain * (z - mean) / deviation + shift
    assert (gain, shift) == (1.5, -0.25)
    assert deviation > 0 and mean != 0
    assert a == pytest.approx(math.tanh(bent) if layer == 1 else 1 / (1 + math.exp(-bent)), abs=1e-5)
    assert probe(run.learner, ["formula"], {"formula": {"neuron": [3, 0]}})["formula_norm"].tolist() == [0, 1, 1, 0]


def test_the_formula_of_a_perceptron_ends_in_a_step():
    unit = {"family": "neuron", "unit": "perceptron", "w1": 2, "w2": -1, "b": 0.5}
    run = start(experiment({"data": {"kind": "gaussians"}, "model": unit, "training": {"batch_size": 1}}))
    for at, z, a in (([1.0, 1.0], 1.5, 1.0), ([-1.0, 1.0], -2.5, -1.0)):
        found = probe(run.learner, ["formula"], {"formula": {"at": at}})
        assert found["formula"].tolist() == [1, 0, *at, 0.5, z, a]


@pytest.mark.parametrize("neuron", [[0, 0], [1, 9], [7, 0]])
def test_the_formula_of_no_neuron_is_empty(trained, neuron):
    assert probe(trained((2, "tanh")).learner, ["formula"], {"formula": {"neuron": neuron, "at": [0, 0]}}) == {}


def test_probe_merges_and_leaves_out_what_the_learner_does_not_offer(trained):
    run = trained((4, "tanh"), data={"kind": "plane"}, loss="mse")
    found = probe(run.learner, ["boundary", "weights", "confusion"])
    assert set(found) == {"boundary", "boundary_unit", "weights"}


def test_an_unknown_offer_is_answered_with_the_nearest_known_one(trained):
    with pytest.raises(UnknownName, match="did you mean 'boundary'"):
        probe(trained((2, "tanh")).learner, ["boundery"])
