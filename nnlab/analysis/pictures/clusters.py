"""What a stage of a network makes of many pictures: as points of two planes, and in clusters beside the classes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from nnlab.analysis.analysis import OnRequest, told
from nnlab.analysis.embedding.clusters import agreement, clustered, purity
from nnlab.analysis.embedding.components import Components, components, first_two
from nnlab.analysis.embedding.tsne import began, similarities, squared, tsne
from nnlab.analysis.options import choice, number, whole
from nnlab.core.errors import Refused
from nnlab.core.records import SPLITS, Array, Split
from nnlab.core.rng import seed_of
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.sampling import sample

FEWEST, MOST = 5, 400  # the eigenvectors of more take longer than one call may
LONG, KEPT = 2_000, 50  # of a stage with more numbers, t-SNE is given so many components
HELD = 16_000_000  # numbers of one stage in memory at a time, 64 MB; of larger stages fewer pictures are taken
UPDATES = (250, 2_000)
MOST_CLUSTERS = 20
BEFORE = 0.3  # part of the work, about, that is over where t-SNE begins


def clusters(run: Any, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """The activations of `stage` (its name, the input's is "input") for `count` pictures of `split`, a seeded sample.

    "clusters_points" (n, 4) float32: the first two principal components, and t-SNE's two numbers with `perplexity` after at most
    `updates`. "clusters_share" (2,) float32: these components' parts of the variance. "clusters_group" (n,) int32: cluster of k-means
    on the activations, `clusters` of them (0: as many as there are classes). "clusters_classes" (n, 2) int32: right, answered.
    "clusters_rows" (n,) int32: places in the split; "clusters_pictures" (n, C, H, W) uint8. "clusters_match" (stages, 2) float32:
    of every stage the purity of its clusters, and their adjusted Rand index. "clusters_at" (7,) int32: step, number of the stage,
    its numbers a picture, pictures in the split, clusters, components that t-SNE was given (0: the activations themselves), updates that were asked for.
    "clusters_fit" (2,) float32: the perplexity that was taken, which cannot exceed a third of the other pictures, and t-SNE's divergence.
    """
    learner = run.learner
    names = [stage.name for stage in learner.stages]
    stage = choice(options, "stage", names, names[-2])
    split: Any = choice(options, "split", SPLITS, "test" if learner.count("test") else "train")
    count = whole(options, "count", 300, (1, MOST))
    k = whole(options, "clusters", 0, (0, MOST_CLUSTERS)) or max(2, learner.data.answer.classes)
    perplexity = number(options, "perplexity", 30.0, (2, 100))
    updates = whole(options, "updates", 1_000, UPDATES)
    rows = _rows(learner, split, count)
    seed = seed_of(learner.experiment.seed, "clusters") % 2**31
    step, classes = run.step, _classes(learner, split, rows)
    yield 0.0
    match, one = np.zeros((len(names), 2), np.float32), _One()
    for i, name in enumerate(names):
        numbers = yield from _numbers(learner, split, rows, i, BEFORE * i / len(names))
        if not np.isfinite(numbers).all():
            raise Refused.because(say("The weights are no longer numbers, so there is nothing to compare."), "stage")
        parts = yield from told(components(numbers), BEFORE * (i + 0.3) / len(names))
        group = yield from told(clustered(parts.scores, k, seed), BEFORE * (i + 0.6) / len(names))
        match[i] = purity(group, classes), agreement(group, classes)
        if name == stage:
            one = _One(i, numbers.shape[1], parts, group)
    if not one.parts.scores.shape[1]:
        reason = "All {count} pictures give the same numbers at this stage: there is nothing to tell them apart by."
        raise Refused.because(say(reason, count=len(rows)), "stage")
    answered = yield from _answers(learner, split, rows)
    long = one.numbers > LONG
    given = one.parts.scores[:, :KEPT] if long else one.parts.scores
    fitting = min(perplexity, (len(rows) - 1) / 3)
    near = yield from told(similarities(squared(given), fitting), BEFORE)
    points, divergence = yield from _scaled(tsne(near, began(given, seed), updates))
    share = np.zeros(2, np.float32)
    share[: min(2, len(one.parts.share))] = one.parts.share[:2]
    facts = [step, one.stage, one.numbers, learner.count(split), k, long * KEPT, updates]
    return {
        "clusters_points": np.concatenate((first_two(one.parts.scores), points), 1).astype(np.float32),
        "clusters_share": share,
        "clusters_group": one.group.astype(np.int32),
        "clusters_classes": np.stack((classes, answered), 1).astype(np.int32),
        "clusters_rows": rows.astype(np.int32),
        "clusters_pictures": np.asarray(learner.data.parts[split][0][rows], np.uint8),
        "clusters_match": match,
        "clusters_at": np.array(facts, np.int32),
        "clusters_fit": np.array([fitting, divergence], np.float32),
    }


class _One(NamedTuple):
    """The chosen stage: its place, its numbers a picture, their components and clusters."""

    stage: int = 0
    numbers: int = 0
    parts: Components = Components(np.zeros((0, 0)), np.zeros(0))
    group: Array = np.zeros(0, np.int32)


def _rows(learner: Any, split: Split, count: int) -> Array:
    """Places in the split; raises `Refused` where there are too few."""
    largest = max(int(np.prod(stage.shape)) for stage in learner.stages)
    some = sample(learner, split, max(FEWEST, min(count, HELD // largest)))
    rows = np.arange(learner.count(split)) if isinstance(some, slice) else some.cpu().numpy()
    if min(len(rows), count) < FEWEST:
        reason = "At least {fewest} pictures are needed to compare them; there are {got}."
        raise Refused.because(say(reason, fewest=FEWEST, got=min(len(rows), count)), "count")
    return rows


def _classes(learner: Any, split: Split, rows: Array) -> Array:
    return np.asarray(learner.data.parts[split][1])[rows].astype(np.int64).ravel()


def activations(learner: Any, split: Split, rows: Array, stage: int) -> Array:
    """(n, numbers) float32: what the stage of this number makes of the pictures in these rows, channel by channel."""
    with torch.inference_mode():
        inputs, _ = learner.batch(split, torch.as_tensor(rows, device=learner.device))
        found = learner.walk(inputs)[stage].reshape(len(rows), -1)
        return np.asarray(found.float().cpu().numpy())


def _numbers(learner: Any, split: Split, rows: Array, stage: int, share: float) -> Generator[float, None, Array]:
    """`activations` in slices."""
    found = []
    for start in range(0, len(rows), learner.part):
        found.append(activations(learner, split, rows[start : start + learner.part], stage))
        yield share
    return np.concatenate(found)


def _answers(learner: Any, split: Split, rows: Array) -> Generator[float, None, Array]:
    """(n,): the classes that the network takes the pictures for."""
    found = []
    for start in range(0, len(rows), learner.part):
        with torch.inference_mode(), learner.used():
            inputs, _ = learner.batch(split, torch.as_tensor(rows[start : start + learner.part], device=learner.device))
            found.append(learner.likely(learner.module(inputs)).argmax(1).cpu().numpy())
        yield BEFORE
    return np.concatenate(found)


def _scaled(work: Generator[float, None, Any]) -> Generator[float, None, Any]:
    """What `work`, the last part, returns; how far it is counts from where it begins."""
    while True:
        try:
            share = next(work)
        except StopIteration as end:
            return end.value
        yield BEFORE + (1 - BEFORE) * share


CLUSTERS = OnRequest(clusters, CnnLearner)
