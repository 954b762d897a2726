"""The study of clusters: activations beside hooks of plain torch, numbers beside scikit-learn's, and every case that has no picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from nnlab.analysis.pictures import clusters
from nnlab.analysis.pictures.clusters import CLUSTERS, activations
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.train.run import Run, advance, start
from nnlab.ui.topics.cnn_presets import PRESETS
from tests.families.cnn.networks import network, with_weights

BLOCKS = [
    {"kind": "conv", "channels": 6},
    {"kind": "pool"},
    {"kind": "residual", "channels": 5},
    {"kind": "dense", "units": 16},
]
FEW = {"count": 60, "perplexity": 8, "updates": 250}


def made(blocks: list[dict[str, Any]] = BLOCKS, epochs: int = 3, **data: Any) -> Run:
    value = {
        "data": {"kind": "digits8", "samples": 500, **data},
        "model": {"family": "cnn", "blocks": blocks},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
    }
    run = start(experiment(value))
    advance(run, epochs=epochs)
    return run


@pytest.fixture(scope="module")
def run() -> Run:
    return made()


def asked(run: Run, **options: Any) -> dict[str, Any]:
    work, shares = CLUSTERS(run, {**FEW, **options}), []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as end:
            assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
            return dict(end.value)


def test_the_activations_are_what_hooks_of_the_same_network_in_plain_torch_see(run: Run) -> None:
    learner: Any = run.learner
    plain = with_weights(network(learner.spec.blocks, learner.form, 10), learner.module).eval()
    statistics = [buffer for buffer in plain.buffers() if buffer.dim()]
    for mine, theirs in zip(statistics, learner.module.buffers(), strict=True):
        mine.copy_(theirs)
    seen: list[Any] = []
    for layer in plain:
        layer.register_forward_hook(lambda _, __, out: seen.append(out.detach().flatten(1).numpy()))
    rows = np.array([0, 3, 7, 20])
    pictures = torch.as_tensor(learner.data.parts["test"][0][rows]).double() / 255
    plain(pictures)
    assert activations(learner, "test", rows, 0) == pytest.approx(pictures.flatten(1).numpy(), abs=1e-6)
    assert len(seen) == len(learner.stages) - 1
    for i, expected in enumerate(seen, 1):
        assert activations(learner, "test", rows, i) == pytest.approx(expected, abs=1e-4)


def test_every_number_is_that_of_scikit_learn_on_the_same_activations(run: Run) -> None:
    found = asked(run, stage="dense1", split="test", count=90)
    rows = found["clusters_rows"]
    numbers = activations(run.learner, "test", rows, 4).astype(float)
    step, stage, width, available, k, kept, updates = found["clusters_at"]
    assert (step, stage, width, available, k, kept, updates) == (run.step, 4, 16, run.learner.count("test"), 10, 0, 250)
    reference = PCA(2).fit(numbers)
    expected = reference.transform(numbers)
    expected *= np.sign(expected[np.abs(expected).argmax(0), [0, 1]])
    assert found["clusters_points"][:, :2] == pytest.approx(expected, abs=1e-3 * np.abs(expected).max())
    assert found["clusters_share"] == pytest.approx(reference.explained_variance_ratio_, abs=1e-4)
    pictures, targets = run.learner.data.parts["test"]
    right, answered = found["clusters_classes"].T
    assert (right == targets[rows]).all() and (found["clusters_pictures"] == pictures[rows]).all()
    assert (answered == run.learner.answers("test", torch.as_tensor(rows)).numpy()).all()
    group = found["clusters_group"]
    spread = sum(((numbers[group == c] - numbers[group == c].mean(0)) ** 2).sum() for c in range(10))
    assert spread < 1.03 * KMeans(10, n_init=10, random_state=0).fit(numbers).inertia_
    assert found["clusters_match"][4, 1] == pytest.approx(adjusted_rand_score(right, group), abs=1e-6)
    pure = sum(np.bincount(right[group == c]).max() for c in range(10)) / len(right)
    assert found["clusters_match"][4, 0] == pytest.approx(pure)


def test_what_is_told_of_a_stage_does_not_depend_on_which_one_is_looked_at(run: Run) -> None:
    one, other = asked(run, stage="input"), asked(run, stage="dense1")
    assert (one["clusters_match"] == other["clusters_match"]).all()
    assert one["clusters_match"].shape == (len(run.learner.stages), 2)
    assert one["clusters_at"][1] == 0 and one["clusters_at"][2] == 64


def test_training_parts_the_classes_which_random_weights_do_not() -> None:
    before, after = asked(made(epochs=0), stage="dense1"), asked(made(epochs=10), stage="dense1")
    assert after["clusters_match"][4, 1] > before["clusters_match"][4, 1] + 0.1
    assert after["clusters_match"][0] == pytest.approx(before["clusters_match"][0])


def test_the_same_seed_gives_the_same_points_and_another_one_others(run: Run) -> None:
    one, again = asked(run), asked(run)
    assert all((one[name] == again[name]).all() for name in one)
    other = start(patch(run.experiment, {"seed": 5}))
    assert set(asked(other)["clusters_rows"]) != set(one["clusters_rows"])


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_stage_of_every_preset_can_be_looked_at(name: str) -> None:
    run = start(patch(PRESETS[name].experiment, {"data.samples": 400}))
    for stage in run.learner.stages if name == "glyphs" else run.learner.stages[-2:]:
        found = asked(run, stage=stage.name, count=20, clusters=3)
        assert all(np.isfinite(value).all() for value in found.values())
        long = int(np.prod(stage.shape)) > clusters.LONG
        assert found["clusters_at"][5] == (clusters.KEPT if long else 0)
        assert found["clusters_fit"][0] == pytest.approx(min(8, 19 / 3))


def test_pictures_of_one_class_are_clustered_too(run: Run) -> None:
    one = start(run.experiment)
    one.learner.data.parts["test"][1][:] = 4
    found = asked(one)
    assert found["clusters_match"][:, 0] == pytest.approx(1) and set(found["clusters_classes"][:, 0]) == {4}


def test_of_large_stages_fewer_pictures_are_taken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "HELD", 30 * 6 * 8 * 8)
    assert len(asked(run)["clusters_rows"]) == 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 3}, "At least 5 pictures are needed to compare them; there are 3."),
        ({"stage": "conv7"}, "The stage must be"),
        ({"count": 401}, "The count must be a whole number from 1 to 400"),
        ({"perplexity": "many"}, "The perplexity must be"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(run: Run, options: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words.replace(".", r"\.")):
        asked(run, **options)


def test_a_stage_that_is_dead_and_weights_that_are_no_numbers_are_told_in_a_sentence() -> None:
    run = made(epochs=0)
    with torch.no_grad():
        run.learner.flat.fill_(-1)
    with pytest.raises(Refused, match="give the same numbers at this stage"):
        asked(run, stage="conv1")
    with torch.no_grad():
        run.learner.flat.fill_(float("nan"))
    with pytest.raises(Refused, match="no longer numbers"):
        asked(run)


def test_asking_changes_nothing_of_the_run(run: Run) -> None:
    before = {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()}
    asked(run)
    assert {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()} == before
