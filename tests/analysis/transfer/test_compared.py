"""What is told of transfer learning, against its formulas, against the run itself, and by measuring who wins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.transfer import UPDATES, measured
from nnlab.analysis.analysis import finished
from nnlab.analysis.transfer.compared import few, kept, learned
from nnlab.analysis.transfer.layers import alike, layers
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.families.transfer.module import Plan, body
from nnlab.families.transfer.spec import EXPECTED, Transfer
from nnlab.train.run import Run, advance, start
from nnlab.ui.topics.transfer_presets import PRESETS


@pytest.fixture(scope="module")
def run() -> Run:
    """Some updates on."""
    made = start(patch(experiment(Transfer.example()), {"model.source_updates": 30, "data.samples": 300}))
    advance(made, steps=12)
    return made


def all_of(work: Any) -> dict[str, Any]:
    return dict(finished(work))


def test_likeness_is_linear_cka():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 5)), rng.normal(size=(30, 8))
    x, y = x - x.mean(0), y - y.mean(0)
    wanted = np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    a, b = torch.tensor(x), torch.tensor(y)
    assert alike(a @ a.t(), b @ b.t()) == pytest.approx(wanted)
    q = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64))[0]
    assert alike(a @ a.t(), (3 * a @ q) @ (3 * a @ q).t()) == pytest.approx(1)  # turned and scaled


def test_layers_are_compared_on_the_targets_pictures_and_the_source_is_read_with_its_own_output(run):
    learner: Any = run.learner
    found = all_of(layers(run, {}))
    pictures = learner.batch("test", slice(0, 200))[0]

    def features(net: Any) -> list[Any]:
        out, x = [], pictures
        for stage in body(net):
            x = stage(x)
            out.append(x.flatten(1).double() - x.flatten(1).double().mean(0))
        return out

    with torch.no_grad(), learner.used():
        learner.source.eval()
        before, after = features(learner.source), features(learner.module.net("tuned"))
    wanted = [
        [
            float(np.linalg.norm(b.T @ a) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)))
            for b in map(np.asarray, after)
        ]
        for a in map(np.asarray, before)
    ]
    np.testing.assert_allclose(found["layers_cka"], wanted, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found["layers_own"][1], np.diag(found["layers_cka"]), rtol=1e-4)
    np.testing.assert_allclose(found["layers_own"][2], 1, rtol=1e-4)  # what is frozen is the source's
    data = learner.spec.source_data.load()
    inputs, targets = (torch.as_tensor(part) for part in data.parts["test"])
    with torch.no_grad():
        x = learner.encode(inputs)
        own = learner.source(x).argmax(1)
        for stage in body(learner.module.net("tuned")):
            x = stage(x)
        mixed = learner.source.get_submodule("output")(x).argmax(1)
    right = [float((one == targets.long()).float().mean()) for one in (own, mixed)]
    assert found["layers_source"].tolist() == pytest.approx([*right, len(inputs)])


@pytest.mark.parametrize(
    ("name", "plan"), [("scratch", Plan(0, 0)), ("tuned", Plan(3, 0)), ("frozen", Plan(3, 3)), ("random", Plan(0, 3))]
)
def test_a_network_by_itself_learns_what_it_learns_beside_the_others(run, name, plan):
    alone = start(run.experiment)
    advance(alone, steps=9)
    assert alone.learner.ready
    n = min(500, alone.data.count("test"))
    wanted = alone.learner.evaluate("test", slice(0, n))[f"accuracy_{name}"]
    work = learned(run.experiment, run.learner, plan, 0, 9, (0, 1))
    assert finished(work) == pytest.approx(wanted, abs=1.5 / n)  # another order of sums may turn one picture


def test_over_blocks_and_over_pictures(run):
    found = all_of(kept(run, {"updates": 5, "seeds": 2}))
    assert found["kept_blocks"].tolist() == [0, 1, 3] and found["kept_accuracy"].shape == (2, 3, 2)
    assert np.array_equal(found["kept_accuracy"][0, 0], found["kept_accuracy"][1, 0])
    seeds = [finished(learned(run.experiment, run.learner, Plan(1, 1), seed, 5, (0, 1))) for seed in (0, 1)]
    assert found["kept_accuracy"][1, 1].tolist() == pytest.approx(seeds)
    told = all_of(few(run, {"updates": 2, "seeds": 1}))
    assert told["few_accuracy"].shape == (3, 5, 1) and told["few_updates"].tolist() == [2]
    one = patch(run.experiment, {"data.per_class": 5})
    assert told["few_accuracy"][2, 2, 0] == pytest.approx(finished(learned(one, run.learner, Plan(3, 3), 0, 2, (0, 1))))


@pytest.mark.parametrize(
    "options", [{"updates": 0}, {"updates": True}, {"updates": 10_000}, {"seeds": "5"}, {"seeds": 0}]
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(run, options):
    with pytest.raises(Refused, match="must be 1 to"):
        finished(kept(run, options))
    fresh = start(patch(run.experiment, {"seed": 77}))
    for study in (kept, few, layers):
        with pytest.raises(Refused, match="Press Play first"):
            finished(study(fresh, {}))


@pytest.mark.slow
def test_letters_help_with_digits_of_unseen_fonts_and_hinder_with_drawn_ones():
    digits = measured(PRESETS["digits"].experiment, UPDATES["digits"])
    for name in ("tuned", "frozen"):
        gain = digits[name].mean() - digits["scratch"].mean()
        assert gain > 2 * max(digits[name].std(ddof=1), digits["scratch"].std(ddof=1))
    assert digits["random"].mean() < digits["scratch"].mean()
    drawn = measured(PRESETS["drawn"].experiment, UPDATES["drawn"])
    lost = (
        drawn["scratch"] - drawn["frozen"]
    )  # on the same seeds: one hard draw of pictures makes the frozen ones stray by itself
    assert lost.mean() > 2 * lost.std(ddof=1) / np.sqrt(len(lost))
    assert drawn["scratch"].mean() > drawn["tuned"].mean()
    for name, found in (("digits", digits), ("drawn", drawn)):
        spec: Any = PRESETS[name].experiment
        _, updates, told = EXPECTED[spec.model.source, spec.data.kind, getattr(spec.data, "what", "")]
        assert updates == UPDATES[name]
        for course, mean, _ in told:
            assert found[course].mean() == pytest.approx(mean, abs=0.05)
