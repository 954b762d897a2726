"""What a family gets for being a torch module, against loops written by hand with torch.optim in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.experiment import patch
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.flat import flatten, seeded
from nnlab.train.run import Run, advance, advance_phase, change, checkpoint, resume, seek, start
from tests.families.by_hand import arrays, by_hand, conv, flat, letter, perceptron, pictures, spec_of
from tests.synthetic import synthetic

__all__ = ["synthetic"]
pytestmark = pytest.mark.usefixtures("synthetic", "double")


# ---- three kinds of network --------------------------------------------------------------------------------------------
SETTINGS: list[dict[str, Any]] = [
    {},
    {"training.l1": 0.01, "training.l2": 0.1, "training.weight_decay": 0.05, "training.clip_norm": 0.2},
    {"training.schedule": {"kind": "step", "every": 1, "gamma": 0.5}, "training.batch_size": 60},
]


@pytest.mark.parametrize("setting", SETTINGS, ids=["plain", "penalties and clipping", "schedule"])
@pytest.mark.parametrize(
    "kind", [kind for kind in OPTIMIZERS if kind != "muon"]
)  # torch's own takes no kernels of four dimensions
def test_a_convolution_with_batch_norm_and_dropout_is_trained_as_by_hand(kind, setting):
    run = start(spec_of("conv", **{"training.optimizer": {"kind": kind}, "training.learning_rate": 0.01, **setting}))
    module = conv(run.experiment)
    advance(run, steps=25)  # beyond the third epoch, whose last batch is a small one
    groups = [("training", list(module.parameters()))]
    by_hand(run, module, pictures(run, "train"), steps=25, loss=F.cross_entropy, groups=groups)
    # A bias before a batch norm has no gradient but rounding, which rules that divide by its size make large.
    torch.testing.assert_close(run.learner.flat, flat(module), rtol=0, atol=1e-6)
    norm: Any = module[1]
    state = run.learner.state()
    np.testing.assert_allclose(state["buffer.1.running_mean"], norm.running_mean.numpy(), atol=1e-6)
    np.testing.assert_allclose(state["buffer.1.running_var"], norm.running_var.numpy(), atol=1e-9)
    assert state["buffer.1.num_batches_tracked"] == 25
    for split in ("train", "test"):
        inputs, targets = pictures(run, split)
        with torch.no_grad():
            z = module(inputs)
        found = run.learner.evaluate(split)
        assert found["loss"] == pytest.approx(float(F.cross_entropy(z, targets)), abs=1e-6)
        assert found["accuracy"] == pytest.approx(float((z.argmax(1) == targets).double().mean()))
        assert torch.equal(run.learner.answers(split), z.argmax(1))


@pytest.mark.parametrize("body", ["momentum", "adamw", "muon"])
@pytest.mark.parametrize("head", ["adam", "sgd"])
def test_two_descents_move_their_own_parameters_by_their_own_rules_rates_and_clipping(body, head):
    changes = {
        "training.optimizer": {"kind": body},
        "training.schedule": {"kind": "exponential", "gamma": 0.9},
        "training.clip_norm": 0.3,
        "training.weight_decay": 0.02,
        "training.l2": 0.01,
        "model.head": {"optimizer": {"kind": head}, "learning_rate": 0.05, "clip_norm": 0.1, "weight_decay": 0.1},
        "model.head.schedule": {"kind": "step", "every": 2, "gamma": 0.1},
    }
    run = start(spec_of("two_descents", **changes))
    module = perceptron(run.experiment)
    advance(run, steps=25)
    groups = [("training", list(module[1].parameters())), ("model.head", list(module[3].parameters()))]
    by_hand(run, module, pictures(run, "train"), steps=25, loss=F.cross_entropy, groups=groups)
    torch.testing.assert_close(run.learner.flat, flat(module), rtol=0, atol=1e-7 if body == "muon" else 1e-9)


def test_a_sequence_is_answered_at_each_of_its_places():
    run = start(spec_of("recurrent", **{"training.optimizer": {"kind": "adam"}, "training.learning_rate": 0.02}))
    module = letter(run.experiment)
    advance(run, steps=25)

    def loss(z: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(z.transpose(1, 2), targets)  # classes second, as torch wants them

    rows = ~run.data.is_test
    examples = torch.tensor(run.data.inputs[rows]), torch.tensor(run.data.targets[rows])
    by_hand(run, module, examples, steps=25, loss=loss, groups=[("training", list(module.parameters()))])
    torch.testing.assert_close(run.learner.flat, flat(module), rtol=0, atol=1e-9)
    with torch.no_grad():
        assert run.learner.evaluate("train")["loss"] == pytest.approx(float(loss(module(examples[0]), examples[1])))
    assert set(run.metrics) == {"train_loss", "test_loss"}


# ---- what is read ------------------------------------------------------------------------------------------------------
FAMILIES_HERE = ["conv", "two_descents", "recurrent", "game", "mirror", "blur", "thawed"]


@pytest.fixture(params=FAMILIES_HERE)
def run(request) -> Run:
    made = start(spec_of(request.param, **{"training.l2": 0.05, "training.l1": 0.01}))
    advance(made, steps=13)
    return made


def test_the_gradient_is_that_of_finite_differences_with_its_penalties(run):
    learner: Any = run.learner
    found, eps = learner.gradient(), 1e-6

    def total() -> float:
        w = torch.cat([learner.flat[group.part] * learner.mask[group.part] for group in learner.groups])
        return learner.evaluate("train")["loss"] + 0.025 * float(w.square().sum()) + 0.01 * float(w.abs().sum())

    for index in range(0, len(learner.flat), 7):
        kept = learner.flat[index].item()
        learner.flat[index] = kept + eps
        above = total()
        learner.flat[index] = kept - eps
        slope = (above - total()) / (2 * eps)
        learner.flat[index] = kept
        assert found[index].item() == pytest.approx(slope, abs=1e-7)


def test_the_objective_of_a_group_is_the_loss_with_only_its_parameters_moved(run):
    learner: Any = run.learner
    for i, group in enumerate(learner.groups):
        own = learner.flat[group.part].clone()
        moved = own * 1.1 + 0.01
        told = learner.losses_at(moved.unsqueeze(0), "train", group=i)
        penalty = 0.025 * float((learner.mask[group.part] * moved).square().sum())
        assert float(learner.objective(group=i)(moved)) == pytest.approx(float(told) + penalty, rel=1e-9)
        assert torch.equal(learner.flat[group.part], own)
        parts = [learner.objective(group=i)(moved, slice(at, at + 25)) for at in range(0, run.n, 25)]
        assert float(sum(parts)) == pytest.approx(float(told) + penalty, rel=1e-9)


def test_weights_and_their_gradients_are_views_into_one_vector(run):
    module, learner = run.learner.module, run.learner
    trained = [p for p in module.parameters() if p.requires_grad]
    places = [p.data_ptr() - learner.flat.data_ptr() for p in trained]
    assert places == sorted(places) and all(0 <= place < 8 * len(learner.flat) for place in places)
    for block in learner.blocks:
        weight = dict(module.named_parameters())[
            f"{block.name}.weight" if not block.name.startswith("cells") else block.name
        ]
        view = learner.flat.as_strided((block.fan_out, block.fan_in), (block.stride, 1), block.start)
        assert torch.equal(view, weight.reshape(block.fan_out, -1))
    assert learner.mask.sum() == sum(p.numel() for p in trained if p.dim() > 1)


# ---- exactness ---------------------------------------------------------------------------------------------------------
def test_a_checkpoint_goes_on_exactly(run):
    other = resume(run.experiment, checkpoint(run))
    for each in (run, other):
        advance(each, steps=17)
    assert arrays(run) == arrays(other)


def test_going_back_and_forth_is_exact_with_running_statistics_and_dropout(run):
    seen = {}
    for _ in range(40):
        seen[run.step] = arrays(run)
        advance(run, steps=1)
    for step in (13, 50, 27, 14, 38):
        seek(run, step)
        assert arrays(run) == seen[step]


def test_phases_are_updates(run):
    other = resume(run.experiment, checkpoint(run))
    for _ in range(3):
        told = [advance_phase(other) for _ in other.learner.phases]
        assert [name for name, _ in told] == list(other.learner.phases)
        assert all(array.dtype == np.float32 for _, numbers in told for array in numbers.values())
    advance(run, steps=3)
    assert arrays(run) == arrays(other)


def test_reading_in_the_middle_of_an_epoch_does_not_disturb_training(run):
    other = resume(run.experiment, checkpoint(run))
    for _ in range(5):
        run.learner.evaluate("test"), run.learner.gradient(), run.learner.objective()
        advance(run, steps=1)
    advance(other, steps=5)
    assert arrays(run) == arrays(other)


def test_a_new_optimiser_starts_fresh_and_other_settings_keep_its_memory():
    run = start(spec_of("two_descents", **{"training.optimizer": {"kind": "momentum"}}))
    advance(run, steps=5)
    before = run.learner.state()
    change(run, patch(run.experiment, {"training.optimizer.momentum": 0.5, "model.head.learning_rate": 0.2}))
    assert all(np.array_equal(before[name], array) for name, array in run.learner.state().items())
    change(run, patch(run.experiment, {"model.head.optimizer": {"kind": "rmsprop"}}))
    after = run.learner.state()
    assert np.array_equal(before["0.velocity"], after["0.velocity"]) and before["0.velocity"].any()
    assert not after["1.squares"].any() and "1.mean" not in after
    assert np.array_equal(before["flat"], after["flat"])


def test_bytes_become_numbers_from_nothing_to_one_only_where_they_are_needed():
    run = start(spec_of("conv"))
    inputs, _ = run.learner.batch("train", slice(0, 4))
    rows = run.data.inputs[~run.data.is_test][:4]
    assert inputs.dtype == torch.float64
    np.testing.assert_allclose(inputs.numpy(), rows / 255, rtol=1e-12)
    assert run.learner._parts["train"][0].dtype == torch.uint8


def test_a_path_that_leads_to_no_descent_is_found_out():
    run = start(spec_of("two_descents"))
    group = run.learner.groups[0]
    with pytest.raises(TypeError, match=r"must lead to a Descent; got Patches at 'data'"):
        run.learner.descent(type(group)("body", group.part, "data"))


# ---- one vector --------------------------------------------------------------------------------------------------------
def test_flattening_keeps_values_names_layers_and_masks_what_has_one_dimension():
    module = nn.Sequential(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2, bias=False))
    before = [p.detach().clone() for p in module.parameters()]
    found = flatten(module)
    assert all(torch.equal(p, q) for p, q in zip(module.parameters(), before, strict=True))
    assert [(b.name, b.fan_in, b.fan_out, b.start, b.bias) for b in found.blocks] == [
        ("0", 8, 3, 0, 24),
        ("3", 12, 2, 33, -1),
    ]
    assert found.mask.tolist() == [1.0] * 24 + [0.0] * 9 + [1.0] * 24
    found.values.zero_()
    assert not any(p.any() for p in module.parameters())
    assert [(m.start, m.rows, m.columns) for m in found.matrices(slice(0, 57))] == [(0, 3, 8)]


def test_a_seeded_stretch_leaves_torchs_own_generator_as_it_was():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seeded(1, "weights"):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with seeded(1, "weights"):
        assert torch.equal(torch.rand(3), first)
    with seeded(1, "order"):
        assert not torch.equal(torch.rand(3), first)
