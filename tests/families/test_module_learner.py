"""What a family gets for being a torch module, against loops written by hand with torch.optim in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from benchmarks.reference import PaperLion
from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, at, experiment, patch
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import FAMILIES, LOSSES, OPTIMIZERS
from nnlab.core.rng import seed_of
from nnlab.core.training import Descent
from nnlab.families.flat import flatten, seeded
from nnlab.families.losses import MeanSquared
from nnlab.families.module_learner import ModuleLearner
from nnlab.optim.factory import torch_optimizers
from nnlab.train.run import Run, advance, advance_phase, change, checkpoint, resume, seek, start
from tests.synthetic import ConvLearner, Letter, Mirror, synthetic

__all__ = ["synthetic"]
pytestmark = pytest.mark.usefixtures("synthetic")


@pytest.fixture(autouse=True)
def double(monkeypatch) -> None:
    """In float64 the comparison is one of equations and not of rounding."""
    monkeypatch.setitem(ModuleLearner.__init__.__kwdefaults__, "dtype", torch.float64)


def spec_of(family: str, **changes: Any) -> Experiment:
    """The example of a family, with dotted fields replaced."""
    return patch(experiment(FAMILIES.load(family).example()), changes)


# ---- the same by hand --------------------------------------------------------------------------------------------------
def conv(spec: Any) -> nn.Sequential:
    """The network of `Conv`, its weights drawn from the stream that every run draws them from."""
    torch.manual_seed(seed_of(spec.seed, "weights"))
    c = spec.model.channels
    return nn.Sequential(
        nn.Conv2d(1, c, 3),
        nn.BatchNorm2d(c),
        nn.Tanh(),
        nn.Flatten(),
        nn.Dropout(spec.model.dropout),
        nn.Linear(c * 36, 3),
    ).double()


def perceptron(spec: Any) -> nn.Sequential:
    torch.manual_seed(seed_of(spec.seed, "weights"))
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 12), nn.Tanh(), nn.Linear(12, 3)).double()


def letter(spec: Any) -> nn.Module:
    torch.manual_seed(seed_of(spec.seed, "weights"))
    return Letter().double()


def optimisers(descent: Descent, parameters: list[Tensor], last: Tensor) -> list[Optimizer]:
    """torch's for a descent: decay reaches what has two dimensions or more; the network's last matrix is no hidden one."""
    weights = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() <= 1]
    lr, decay = descent.learning_rate, descent.weight_decay
    if descent.optimizer.kind == "lion":
        settings = descent.optimizer.model_dump(exclude={"kind"})
        return [PaperLion([{"params": weights, "weight_decay": decay}, {"params": others}], lr, **settings)]
    hidden = [w for w in weights if w is not last]
    return torch_optimizers(descent.optimizer, weights=weights, others=others, hidden=hidden, lr=lr, weight_decay=decay)


def batches(run: Run, steps: int) -> Iterator[tuple[int, int, int, Tensor]]:
    """Update, epoch, place in the epoch and examples of each batch, by the documented stream of orders."""
    n, size, step, epoch = run.n, run.batch_size, 0, 0
    while step < steps:
        generator = torch.Generator().manual_seed(seed_of(run.experiment.seed, "order", epoch))
        order = torch.randperm(n, generator=generator)
        for first in range(0, n, size):
            if step < steps:
                yield step, epoch, first, order[first : first + size]
                step += 1
        epoch += 1


def pictures(run: Run, split: str) -> tuple[Tensor, Tensor]:
    """Inputs 0…1 and classes."""
    rows = run.data.rows(split)  # type: ignore[arg-type]
    return torch.tensor(run.data.inputs[rows]).double() / 255, torch.tensor(run.data.targets[rows]).long()


Loss = Callable[[Tensor, Tensor], Tensor]


def by_hand(
    run: Run,
    module: nn.Module,
    examples: tuple[Tensor, Tensor],
    *,
    steps: int,
    loss: Loss,
    groups: list[tuple[str, list[Tensor]]],
) -> nn.Module:
    """The loop that every tutorial has, with random numbers from the stream of each step."""
    spec, (inputs, targets) = run.experiment, examples
    weights = [p for p in module.parameters() if p.dim() > 1]
    moved = [(at(spec, path), own, optimisers(at(spec, path), own, weights[-1])) for path, own in groups]
    for step, epoch, first, rows in batches(run, steps):
        module.train().zero_grad()
        torch.manual_seed(seed_of(spec.seed, "step", step, first))
        penalty = sum(spec.training.l1 * w.abs().sum() + spec.training.l2 / 2 * w.square().sum() for w in weights)
        (loss(module(inputs[rows]), targets[rows]) + penalty).backward()
        for descent, parameters, optimisers_ in moved:
            if descent.clip_norm:
                nn.utils.clip_grad_norm_(parameters, descent.clip_norm)
            for optimiser in optimisers_:
                for group in optimiser.param_groups:
                    group["lr"] = descent.learning_rate * descent.schedule.factor(epoch)
                optimiser.step()
    return module.eval()


def flat(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


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


ITSELF: dict[str, Loss] = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "cross_entropy": F.binary_cross_entropy_with_logits,
}


@pytest.mark.parametrize("name", LOSSES_OF["itself"])
def test_what_is_asked_for_itself_is_held_against_its_input_by_every_loss_that_is_offered(name):
    run = start(spec_of("mirror", **{"training.loss": name}))
    torch.manual_seed(seed_of(run.experiment.seed, "weights"))
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.Tanh(), nn.Linear(5, 64)).double()
    advance(run, steps=15)
    given = torch.tensor(run.data.inputs[~run.data.is_test]).double() / 255
    groups = [("training", list(module.parameters()))]
    by_hand(run, module, (given, given.flatten(1)), steps=15, loss=ITSELF[name], groups=groups)
    torch.testing.assert_close(run.learner.flat, flat(module), rtol=0, atol=1e-9)
    with torch.no_grad():
        wanted = float(ITSELF[name](module(given), given.flatten(1)))
    assert run.learner.evaluate("train") == {"loss": pytest.approx(wanted)}


class Quartic(MeanSquared):
    """A loss from somewhere else."""

    def distance(self, output: Tensor, targets: Tensor, reduction: str) -> Tensor:
        found = (output - targets) ** 4
        return found if reduction == "none" else found.mean()


def test_a_registered_loss_can_be_named_by_a_family_and_is_trained_with(monkeypatch):
    monkeypatch.setitem(LOSSES._lines, "quartic", f"{__name__}:Quartic")
    plain = {**FAMILIES.load("mirror").example(), "training": {"loss": "quartic", "batch_size": 10}}
    with pytest.raises(Refused, match=r"Loss must be one of mse, .*; got quartic"):
        experiment(plain)
    monkeypatch.setattr(Mirror, "losses", {"itself": ("quartic",)})
    run = start(experiment(plain))
    inputs, targets = run.learner.batch("test")
    with torch.no_grad():
        wanted = ((run.learner.module(inputs) - targets.flatten(1)) ** 4).mean()
    assert run.learner.evaluate("test")["loss"] == pytest.approx(float(wanted))
    advance(run, steps=20)
    assert run.learner.evaluate("test")["loss"] < wanted


# ---- what is read ------------------------------------------------------------------------------------------------------
ARRAYS = ("inputs", "targets", "is_test", "ids")
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
def arrays(run: Run) -> dict[str, bytes]:
    return {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()}


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


def test_what_is_not_trained_stays_and_has_no_place_among_the_weights():
    run = start(spec_of("thawed"))
    learner: Any = run.learner
    first, body = learner.module[1].weight, learner.module[3].weight
    before = first.clone(), body.detach().clone()
    assert len(learner.flat) == 12 * 17 + 3 * 13
    advance(run, steps=10)
    assert torch.equal(first, before[0]) and torch.equal(body.detach(), before[1])
    head = learner.flat[learner.groups[0].part].double()
    assert float(learner.objective()(head)) == pytest.approx(learner.evaluate("train")["loss"])


def test_a_live_switch_that_changes_the_groups_leaves_the_memory_of_those_that_stay():
    run = start(spec_of("thawed"))
    learner: Any = run.learner
    advance(run, steps=10)
    memory = {name: array for name, array in learner.state().items() if name.startswith("0.")}
    assert len(memory) > 1  # of Adam, of the head
    assert not change(run, patch(run.experiment, {"model.frozen": False}))
    assert {f"1.{name[2:]}" for name in memory} <= learner.state().keys()
    assert all(np.array_equal(learner.state()[f"1.{name[2:]}"], array) for name, array in memory.items())
    body = learner.flat[: 12 * 17].clone()
    advance(run, steps=10)
    assert not torch.equal(learner.flat[: 12 * 17], body)
    there, weights = arrays(run), learner.flat.clone()
    assert not change(run, patch(run.experiment, {"model.frozen": True}))
    advance(run, steps=5)
    assert torch.equal(learner.flat[: 12 * 17], weights[: 12 * 17]) and not torch.equal(learner.flat, weights)
    end = arrays(run)
    for step, wanted in ((5, None), (25, end), (20, None), (25, end)):
        seek(run, step)
        assert wanted is None or arrays(run) == wanted
    assert there != end


def test_a_run_without_examples_is_taken_in_parts_once_it_has_some():
    empty = spec_of("conv", **{"data.count": 2})
    none = replace(empty.data.load(), **{name: getattr(empty.data.load(), name)[:0] for name in ARRAYS})
    learner: Any = ConvLearner(empty, none, torch.device("cpu"))
    many = spec_of("conv", **{"data.count": 300})
    learner.set(many, many.data.load())
    fresh = ConvLearner(many, many.data.load(), torch.device("cpu"))
    assert (learner.part, learner.flops()) == (fresh.part, fresh.flops())


def test_random_numbers_that_no_module_draws_are_those_of_the_step_and_none_are_drawn_where_it_is_used():
    spec = spec_of("blur")
    runs = []
    for other in (1, 2):  # what a process has drawn before is nobody's business
        torch.manual_seed(other)
        runs.append(start(spec))
        advance(runs[-1], steps=20)
    assert arrays(runs[0]) == arrays(runs[1])
    learner: Any = runs[0].learner
    inputs, targets = learner.batch("test")
    wanted = float(F.mse_loss(learner.module.eval()(inputs), targets.flatten(1)).detach())
    learner.module.train()
    assert learner.evaluate("test")["loss"] == pytest.approx(wanted)
    learner.module.always = True
    first, gradient = learner.evaluate("test"), learner.gradient()
    torch.rand(3)
    assert learner.evaluate("test") == first != {"loss": pytest.approx(wanted)}
    assert torch.equal(learner.gradient(), gradient)


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
