"""Transfer learning against plain torch: who begins with what, who learns at which rate, and what is kept on disk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.families.transfer import store
from nnlab.families.transfer.learner import source_of
from nnlab.families.transfer.module import from_vector, vector_of
from nnlab.families.transfer.spec import Transfer
from nnlab.train.run import Run, advance, advance_phase, start, step_by
from tests.families.by_hand import batches
from tests.families.cnn.networks import network, with_weights

BLOCKS = [
    {"kind": "conv", "channels": 3},
    {"kind": "batch_norm"},
    {"kind": "pool", "size": 4, "stride": 4},
    {"kind": "dense", "units": 6},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cache of its own for each test."""
    monkeypatch.setenv(store.VARIABLE, str(tmp_path))
    store.forget()
    yield tmp_path / "sources"
    store.forget()


def spec(**changes: Any) -> Any:
    return patch(experiment(Transfer.example()), {"model.blocks": BLOCKS, **changes})


def ready(value: Any) -> Run:
    """At step 0, its source learned."""
    run = start(value)
    advance(run, steps=0)
    assert run.learner.ready and run.step == 0
    return run


def stages(net: Any) -> list[Any]:
    return [stage for _, stage in net.chain()]


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_a_layer_is_called_by_its_network_and_its_stage():
    titles = [block.title for block in start(spec()).learner.blocks]
    assert titles[0] == "From scratch · Conv 1" and titles[-1] == "Frozen random · Answer"
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("kept", [0, 1, 2, 4, 16])
def test_kept_blocks_begin_as_the_sources_and_all_others_alike(kept):
    run = ready(spec(**{"model.kept": kept}))
    learner: Any = run.learner
    nets = dict(learner.module.nets())
    source = stages(learner.source)
    for name, net in nets.items():
        for i, (stage, first) in enumerate(zip(stages(net), stages(nets["scratch"]), strict=True)):
            copied = i < min(kept, 4) and name in ("tuned", "frozen")
            assert same(stage, source[i] if copied else first)
    assert not same(stages(nets["scratch"])[0], source[0])  # it has learned


def test_each_network_learns_as_it_would_alone_and_what_is_frozen_stays(double):
    rates = {"model.conv_rate": 0.5, "model.dense_rate": 0.25, "model.head_rate": 4.0}
    run = ready(spec(**rates, **{"training.optimizer": {"kind": "momentum"}, "training.learning_rate": 0.02}))
    learner: Any = run.learner
    alone = {}
    for name, net in learner.module.nets():
        module = with_weights(network(run.experiment.model.blocks, run.experiment.data.form, 10), net)
        for mine, theirs in zip(module.buffers(), net.buffers(), strict=False):
            mine.copy_(theirs)
        alone[name] = module
    first = {name: vector_of(net) for name, net in learner.module.nets()}
    inputs, targets = learner.examples("train")
    lr, seen = run.lr, [rows for *_, rows in batches(run, 8)]
    for name, module in alone.items():
        groups = []
        module.train()
        layers = [m for m in module.modules() if list(m.parameters(recurse=False))]
        assert len(layers) == 4
        for i, layer in enumerate(layers):
            still = name in ("frozen", "random") and i < 3
            factor = 4.0 if i == 3 else 1.0 if name == "scratch" else (0.5, 0.5, 0.25)[i]
            if still:
                layer.requires_grad_(False).eval()
            else:
                groups.append({"params": list(layer.parameters()), "lr": lr * factor})
        optimiser = torch.optim.SGD(groups, lr=lr, momentum=run.experiment.training.optimizer.momentum)
        for rows in seen:
            optimiser.zero_grad()
            F.cross_entropy(module(inputs[rows]), targets[rows].long()).backward()
            optimiser.step()
    advance(run, steps=len(seen))
    for name, net in learner.module.nets():
        for mine, theirs in zip(net.parameters(), alone[name].parameters(), strict=True):
            torch.testing.assert_close(
                mine, theirs.to(mine.dtype), rtol=0, atol=1e-9, msg=lambda text, name=name: f"{name}: {text}"
            )
    for name in ("frozen", "random"):
        own = stages(learner.module.net(name))[:4]
        n = sum(v.numel() for stage in own for v in stage.state_dict().values())
        assert torch.equal(vector_of(learner.module.net(name))[:n], first[name][:n])  # running statistics, too


def test_drift_is_the_distance_as_part_of_the_size(folder):
    run = ready(spec())
    learner: Any = run.learner
    before = {name: [p.detach().clone() for p in net.parameters()] for name, net in learner.module.nets()}
    assert all(value == 0 for values in learner.drift().values() for value in values)
    advance(run, steps=5)
    found = learner.drift()
    assert found["frozen"][:-1] == found["random"][:-1] == [0.0] * 3 and found["frozen"][-1] > 0
    for name, net in learner.module.nets():
        now = [p.detach() for p in net.parameters()]
        then = before[name]
        wanted = [
            float(
                torch.cat([(now[i] - then[i]).flatten() for i in pair]).norm()
                / torch.cat([then[i].flatten() for i in pair]).norm()
            )
            for pair in ((0, 1), (2, 3), (4, 5), (6, 7))
        ]
        assert found[name] == pytest.approx(wanted, rel=1e-4, abs=1e-7)


def test_the_state_holds_the_source_so_that_a_later_step_needs_no_store(folder):
    run = ready(spec())
    advance(run, steps=3)
    state = {name: np.array(value) for name, value in run.learner.state().items()}
    wanted = vector_of(run.learner.source)
    store.forget()
    for file in folder.glob("*"):
        file.unlink()
    fresh = start(run.experiment).learner
    assert not fresh.ready
    fresh.restore(state)
    assert fresh.ready and torch.equal(vector_of(fresh.source), wanted)
    assert torch.equal(fresh.flat, run.learner.flat)


def test_the_source_is_learned_once_and_found_on_disk_by_its_digest(folder, monkeypatch):
    first = ready(spec())
    (file,) = folder.glob("*.npz")
    store.forget()
    again = start(first.experiment)
    assert again.learner.ready
    assert torch.equal(again.learner.flat, first.learner.flat)
    assert again.learner.curve[-1][0] == first.experiment.model.source_updates
    file.write_bytes(file.read_bytes()[:100])
    store.forget()
    assert not start(first.experiment).learner.ready  # a damaged file is as none
    assert ready(first.experiment).learner.ready
    monkeypatch.setattr(store, "MOST_FILES", 2)
    for seed in (1, 2, 3):
        ready(patch(first.experiment, {"seed": seed}))
    assert len(list(folder.glob("*"))) == 2


@pytest.mark.parametrize(
    ("path", "value", "other"),
    [
        ("seed", 1, True), ("model.source", "small", True), ("model.source_updates", 7, True), ("model.source_samples", 120, True),
        ("model.init", "xavier", True), ("model.kept", 1, False), ("model.head_rate", 2.0, False), ("data.per_class", 2, False),
        ("training.learning_rate", 0.1, False),
    ],
)  # fmt: skip
def test_a_digest_is_of_what_the_source_depends_on(path, value, other):
    one, two = spec(), spec(**{path: value})
    assert (store.digest_of(one.model, one.seed) != store.digest_of(two.model, two.seed)) is other


def test_without_a_folder_nothing_is_written(folder, monkeypatch):
    monkeypatch.setenv(store.VARIABLE, "")
    ready(spec())
    assert store.folder() is None and not folder.exists()


def test_what_comes_first_is_done_in_slices_and_a_step_or_a_phase_waits_for_it():
    run = start(spec())
    seen = set()
    for _ in range(10_000):
        assert advance(run, 1e-4) == 0 or run.learner.ready
        seen.add(run.learner.done)
        if run.learner.ready:
            break
    assert seen >= {1, 2, 3, 4, 5} and run.learner.ready
    for ask in (lambda one: step_by(one, "batch", 2), advance_phase):
        store.forget()
        for file in store.folder().glob("*"):
            file.unlink()
        run = start(spec())
        assert not run.learner.ready
        ask(run)
        assert run.learner.ready and (run.step == 2 or run.phase == "forward")


def test_the_source_is_learned_as_its_own_experiment_says():
    value = spec(**{"model.source_updates": 60})
    run = ready(value)
    alone: Any = start(source_of(value)).learner
    before = alone.evaluate("train")["loss"]
    from_vector(alone.module, torch.tensor(np.asarray(run.learner.module.get_buffer("origin"))))
    assert alone.evaluate("train")["loss"] < before - 0.3
    assert run.learner.curve[-1][1] == pytest.approx(alone.evaluate("test")["accuracy"])


def test_pictures_of_another_size_and_networks_too_large_for_four_are_refused_in_a_sentence():
    with pytest.raises(Refused, match="must be as large as those of the target; got 28 × 28 and 8 × 8"):
        spec(**{"data": {"kind": "digits8"}})
    with pytest.raises(Refused, match="Four networks learn at once"):
        spec(**{"model.blocks": [{"kind": "dense", "units": 400}]})


def test_few_pictures_of_each_class_train_and_the_test_set_stays():
    few, all_ = (
        experiment(
            {**Transfer.example(), "data": {"kind": "glyphs", "strokes": 0, "samples": 400, "per_class": n}}
        ).data
        for n in (3, 0)
    )
    assert few.sizes() == (30, all_.sizes()[1])
    found, whole = few.load(), all_.load()
    train = found.targets[~found.is_test]
    assert np.bincount(train.astype(int)).tolist() == [3] * 10
    assert np.array_equal(found.inputs[found.is_test], whole.inputs[whole.is_test])
