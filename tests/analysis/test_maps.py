"""Maps over the plane against an nn.Module that computes them the plain way."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks import reference
from nnlab.analysis.analysis import offers
from nnlab.analysis.plane import grid, units
from nnlab.analysis.plane.grid import SIDE, pass_of, plane
from nnlab.analysis.probe import probe
from nnlab.core.experiment import experiment, patch
from nnlab.core.registries import ANALYSES
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.module_learner import ModuleLearner
from nnlab.train.run import advance, change, start

MODULES = reference.ACTIVATIONS


def _hooked(run):
    """The network as torch.nn builds it, and what forward hooks see of each activation over the plane."""
    layers: list[nn.Module] = []
    for block in run.learner.blocks:
        linear = nn.Linear(block.fan_in, block.fan_out)
        rows = run.learner.flat[block.start :].as_strided((block.fan_out, block.fan_in + 1), (block.stride, 1))
        with torch.no_grad():
            linear.weight.copy_(rows[:, :-1])
            linear.bias.copy_(rows[:, -1])
        layers.append(linear)
        if block is not run.learner.blocks[-1]:
            layers.append(MODULES[block.activation]())
    network = nn.Sequential(*layers)
    seen: list[torch.Tensor] = []
    for module in layers[1::2]:
        module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    with torch.no_grad():
        z = network(plane(6.0, side=100, device=torch.device("cpu")))
    return seen, z


def _levels(values):
    return np.floor(np.clip(values, -1, 1).astype(np.float64) * 127.5 + 128).clip(0, 255)


def _close(found, expected, by=1):
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= by


def test_the_plane_runs_from_the_lower_left_cell_to_the_upper_right_one():
    points = plane(6.0, side=100, device=torch.device("cpu")).view(100, 100, 2)
    assert points[0, 0].tolist() == pytest.approx([-5.94, -5.94])
    assert points[0, -1].tolist() == pytest.approx([5.94, -5.94])
    assert points[-1, 0].tolist() == pytest.approx([-5.94, 5.94])
    assert plane(6.0, side=21, device=torch.device("cpu"), edges=True)[0].tolist() == [-6, -6]


@pytest.mark.usefixtures("either_tanh")
@pytest.mark.parametrize(
    ("loss", "shown"), [("cross_entropy", lambda z: torch.tanh(z / 2)), ("mse", torch.tanh), ("hinge", lambda z: z)]
)
def test_the_boundary_is_the_output_of_the_plain_network(trained, loss, shown):
    run = trained((4, "tanh"), (2, "tanh"), loss=loss, steps=300)
    _, z = _hooked(run)
    found = probe(run.learner, ["boundary"])["boundary"]
    assert found.dtype == np.uint8
    _close(found, _levels(shown(z[:, 0]).reshape(100, 100).numpy()))
    assert len(np.unique(found)) > 20


def test_a_regression_is_shown_on_a_fixed_range(trained):
    run = trained((4, "relu"), data={"kind": "plane"}, loss="mse", model={"init_scale": 4.0}, steps=0)
    _, z = _hooked(run)
    _close(probe(run.learner, ["boundary"])["boundary"], _levels(z[:, 0].reshape(100, 100).numpy()))


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "hinge"])
def test_several_classes_are_coded_as_class_and_confidence(trained, loss):
    run = trained((6, "tanh"), data={"kind": "blobs", "n_classes": 4}, loss=loss, steps=200)
    found = probe(run.learner, ["boundary"])["boundary"].ravel()
    p = run.learner.outputs(plane(6.0, side=100, device=torch.device("cpu"))).numpy()
    assert (found // 32 == p.argmax(1)).mean() > 0.999
    confidence = np.floor(31 * (p.max(1) - 0.25) / 0.75)
    assert np.abs(found % 32 - confidence).max() <= 1
    assert len(set(found // 32)) >= 3


@pytest.mark.usefixtures("either_tanh")
@pytest.mark.parametrize("activation", sorted(MODULES))
def test_the_neurons_maps_are_what_module_hooks_see(trained, activation):
    run = trained((4, activation), (3, activation))
    seen, z = _hooked(run)
    hidden = torch.cat(seen, 1).t().reshape(-1, 100, 100).numpy()
    if activation not in units.BOUNDED:
        hidden = hidden / np.sort(np.abs(hidden[:, 4::8, 4::8]).reshape(7, -1))[:, 140].reshape(-1, 1, 1)
    shown = torch.tanh(z / 2).t().reshape(1, 100, 100).numpy()
    _close(units.maps(run.learner), _levels(np.concatenate([hidden, shown])))
    thumbs = probe(run.learner, ["neurons"])["neurons"]
    assert np.array_equal(thumbs, units.maps(run.learner)[:, 2::4, 2::4])


def test_an_unbounded_unit_is_divided_by_about_its_98th_percentile(trained):
    run = trained((5, "relu"))
    hidden = _hooked(run)[0][0].numpy()
    scale = np.percentile(np.abs(hidden), 98, axis=0)
    full = units.maps(run.learner)[:5].reshape(5, -1).T
    alive = scale > 0.1
    assert np.abs(full - _levels(hidden / scale))[:, alive].max() < 20  # 144 of 10,000 points decide


@pytest.mark.parametrize("model", [{"norm": "batch"}, {"norm": "layer"}, {"skip": True}, {"dropout": 0.5}])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_networks_of_every_kind_and_activation_show_what_the_learner_says(trained, model, activation):
    run = trained((4, activation), (4, activation), model=model)
    points = plane(6.0, side=100, device=torch.device("cpu"))
    found = probe(run.learner, ["boundary", "neurons"])
    _close(found["boundary"], _levels(run.learner.outputs(points)[:, 0].reshape(100, 100).numpy()))
    for mine, theirs in zip(pass_of(run.learner).layers(run.learner), run.learner.activations(points), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


def test_a_focus_shows_that_unit_on_the_whole_plane(trained):
    run = trained((4, "tanh"), (2, "relu"))
    every = units.maps(run.learner)
    for layer, unit, row in ((1, 3, 3), (2, 0, 4), (3, 0, 6)):
        found = probe(run.learner, ["boundary"], {"boundary": {"focus": [layer, unit]}})
        assert np.array_equal(found["boundary"], every[row])
        assert found["boundary_unit"].tolist() == [layer, unit]
    feature = probe(run.learner, ["boundary"], {"boundary": {"focus": [0, 1]}})["boundary"]
    assert (np.diff(feature[:, 0].astype(int)) >= 0).all()
    assert len(np.unique(feature[0])) == 1


@pytest.mark.parametrize("focus", [[9, 0], [1, 99], [-1, 0], "x", [1], {}])
def test_a_focus_that_is_not_there_shows_the_output(trained, focus):
    run = trained((4, "tanh"))
    found = probe(run.learner, ["boundary"], {"boundary": {"focus": focus}})["boundary"]
    assert probe(run.learner, ["boundary"], {"boundary": {"focus": focus}})["boundary_unit"].tolist() == [-1, -1]
    assert np.array_equal(found, probe(run.learner, ["boundary"])["boundary"])


def test_many_neurons_come_in_turn_and_all_of_them_come(trained):
    run = trained(*[(8, "tanh")] * 6)
    every = units.maps(run.learner)[:, 2::5, 2::5]
    whole = np.zeros_like(every)
    firsts = []
    for _ in range(4):
        found = probe(run.learner, ["neurons"], whole=False)
        first = int(found["neurons_first"][0])
        firsts.append(first)
        assert len(found["neurons"]) <= 16
        whole[first : first + len(found["neurons"])] = found["neurons"]
    assert np.array_equal(whole, every)
    assert firsts == [0, 12, 24, 36]
    at_once = probe(run.learner, ["neurons"])
    assert np.array_equal(at_once["neurons"], every)
    assert at_once["neurons_first"].tolist() == [0]


def test_maps_follow_the_weights_and_a_changed_activation(trained):
    run = trained((4, "tanh"))
    before = probe(run.learner, ["neurons"])["neurons"]
    advance(run, steps=200)
    after = probe(run.learner, ["neurons"])["neurons"]
    assert not np.array_equal(before, after)
    change(run, patch(run.experiment, {"model.layers.0.activation": "sigmoid"}))
    assert probe(run.learner, ["neurons"])["neurons"][:4].min() >= 127


def test_learners_of_different_sizes_do_not_disturb_each_other(trained):
    small, large = trained((4, "tanh"), (2, "tanh")), trained(*[(16, "gelu")] * 4)
    first = [probe(r.learner, ["boundary", "neurons"]) for r in (small, large)]
    again = [probe(r.learner, ["boundary", "neurons"]) for r in (small, large)]
    for one, other in zip(first, again, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)
    _, z = _hooked(small)
    _close(again[0]["boundary"], _levels(torch.tanh(z / 2)[:, 0].reshape(100, 100).numpy()))


def test_a_diverged_network_is_drawn_without_a_warning(trained):
    run = trained((4, "relu"))
    with torch.inference_mode():
        run.learner.flat.fill_(float("nan"))
    assert probe(run.learner, ["boundary", "neurons"])["neurons"].shape == (5, 25, 25)


def test_input_maps_show_the_inputs(trained):
    run = trained((2, "tanh"), model={"features": ["x", "x2", "sin_x"]})
    found = probe(run.learner, ["input_maps"])["input_maps"]
    assert found.shape == (3, 25, 25)
    assert (np.diff(found[0, 0].astype(int)) >= 0).all()
    assert found[1].min() >= 127


@pytest.mark.usefixtures("either_tanh")
def test_the_surface_is_the_output_from_border_to_border(trained):
    run = trained((4, "tanh"))
    found = probe(run.learner, ["surface"])["surface"]
    corner = run.learner.outputs(torch.tensor([[6.0, -6.0]]))[0, 0]
    assert found.dtype == np.float32
    assert found[0, -1] == pytest.approx(float(corner), abs=1e-6)


def test_the_surface_of_several_classes_is_the_winners_probability(trained):
    run = trained((4, "tanh"), data={"kind": "blobs", "n_classes": 3})
    found = probe(run.learner, ["surface"])
    p = run.learner.outputs(torch.tensor([[-6.0, 6.0]]))[0]
    assert found["surface"][-1, 0] == pytest.approx(float(p.max()), abs=1e-6)
    assert found["surface_class"][-1, 0] == int(p.argmax())


class Wide(ModuleLearner):
    """A module on the plane that answers with tensors of its own, beyond -1 and 1, made in inference mode."""

    def make(self) -> nn.Module:
        return nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1))

    @torch.inference_mode()
    def outputs(self, points: Tensor) -> Tensor:
        self.given = 10 * self.module(points)
        return self.given

    @torch.inference_mode()
    def activations(self, points: Tensor) -> list[Tensor]:
        hidden = self.module[:2](points)
        self.kept = [points.t(), hidden.t(), self.module[2](hidden).t()]
        return self.kept


@pytest.mark.parametrize("bands", [1, 3])
def test_what_a_learner_answers_is_its_own_whoever_looks_at_it(bands, monkeypatch):
    for where in ("boundary", "units"):
        monkeypatch.setattr(f"nnlab.analysis.plane.{where}.bands_of", lambda learner: bands)
    spec = experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})
    learner = Wide(spec, spec.data.load(), torch.device("cpu"))
    for name in offers(learner):
        for options in ({}, {"focus": [1, 2]}):
            probe(learner, [name], {name: options})
    points = plane(learner.data.plane.limit, side=100, device=learner.device)
    assert learner.outputs(points).abs().max() > 1
    shown = probe(learner, ["boundary"])["boundary"]
    wanted = _levels(learner.outputs(points).clamp(-1, 1).view(100, 100).numpy())
    _close(shown, wanted)
    one = learner.outputs(points)
    learner.outputs = lambda points: one[: len(points)]  # type: ignore[method-assign]
    probe(learner, ["boundary", "neurons", "surface"])
    assert one.abs().max() > 1


def test_no_analysis_of_the_plane_asks_which_family_it_looks_at():
    folder = Path(grid.__file__).parent
    found = {path.name: re.findall(r"families\.(\w+)\.(\w+)", path.read_text()) for path in folder.glob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {"units.py": [("mlp", "activations")]}


class Fresh(TorchDispatchMode):
    """The bytes of each result in memory of its own."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        given = {t.untyped_storage().data_ptr() for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)}
        made = [t for t in tree_leaves(result) if isinstance(t, torch.Tensor)]
        self.found += [t.nbytes for t in made if t.untyped_storage().data_ptr() not in given]
        return result


def test_the_maps_of_a_frame_take_no_memory_of_their_size():
    """Blocks of 40 kB, made and freed sixty times a second, leave holes in the heap that no later one fits."""
    learner = start(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})).learner
    names = [name for name in offers(learner) if ANALYSES.load(name).every_s == 0]
    probe(learner, names, whole=False)
    with Fresh() as fresh:
        probe(learner, names, whole=False)
    assert {"boundary", "neurons"} <= set(names) and fresh.found
    assert max(fresh.found) < SIDE * SIDE * 4
