"""How fast the probability of an answer falls when pixels are removed in order of importance (Petsiuk et al. 2018): of one picture,
and over many test pictures beside pixels in random order, which is the test of a method.

A picture's answer is the class that the network takes it for, be it right or wrong: a map says what an answer rests on.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nnlab.analysis.analysis import OnRequest, told
from nnlab.analysis.options import whole
from nnlab.analysis.pictures.methods import METHODS, Looked, looked, maps
from nnlab.analysis.pictures.unit import frozen
from nnlab.core.errors import Refused
from nnlab.core.records import SPLITS, Array, Split
from nnlab.core.rng import seed_of
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.sampling import sample

SHARES = 21  # points of a curve, from nothing to everything removed
ORDERS = 10  # random ones a picture
MOST = 200  # pictures of a test
NORMAL = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


def curves(
    learner: Any, module: nn.Module, at: Looked, found: list[Array], place: tuple[int, int]
) -> Generator[None, None, Array]:
    """(4 + 10, 21) float32: the probability of the class with growing shares of the pixels set to the ground, by each map of `found`
    the most important ones first, then in random orders, which are those of the picture at `place` (number of its split, row)."""
    generator = torch.Generator().manual_seed(seed_of(learner.experiment.seed, "deletion", place[0] + 1, place[1]))
    orders = [torch.tensor(-m.ravel()).argsort(stable=True) for m in found]
    pixels = found[0].size
    orders += [torch.randperm(pixels, generator=generator) for _ in range(ORDERS)]
    ranks = torch.empty(len(orders), pixels, dtype=torch.long)
    ranks.scatter_(1, torch.stack(orders), torch.arange(pixels).expand(len(orders), -1))
    ranks = ranks.view(-1, 1, *at.picture.shape[2:]).to(at.picture.device)
    counts = (torch.linspace(0, 1, SHARES) * pixels).round().long().to(at.picture.device)
    cases = torch.cartesian_prod(torch.arange(len(orders)), torch.arange(SHARES))
    known = []
    for some in torch.split(cases, max(1, learner.part)):
        known.append(_without(learner, module, at, ranks[some[:, 0]] < counts[some[:, 1]].view(-1, 1, 1, 1)))
        yield
    return torch.cat(known).view(len(orders), SHARES).float().cpu().numpy()


@torch.no_grad()
def _without(learner: Any, module: nn.Module, at: Looked, gone: Tensor) -> Tensor:
    """(n,): the probability of the class without the pixels of each mask (n, 1, H, W)."""
    pictures = torch.where(gone, torch.full_like(at.picture, at.ground), at.picture)
    likely: Tensor = learner.likely(module(pictures.contiguous(memory_format=torch.channels_last)))
    return likely[:, at.taken]


def deletion(run: Any, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """Over `count` test pictures (training pictures where there are none for a test), a seeded sample, for each method of `METHODS`.

    "deletion_areas" (n, 5) float32: the mean of each deletion curve, and of all random ones. "deletion_better" (4, 3) float32: the
    share of pictures on which the method's area is below that of the random ones, and both ends of its 95 % interval (Wilson 1927);
    a picture on which the map is 0 everywhere does not count as better, and a method that marks nothing on any of them has NaN.
    "deletion_marked" (4,) float32: the share on which the map is not 0 everywhere.
    "deletion_all" (4,) float32: the share on which it is below each of the ten. "deletion_rows" (n,) int32: places in the split;
    "deletion_right" (n,) uint8: 1 = answered right. "deletion_at" (4,) int32: step, 0 training or 1 test, pictures in that split,
    and how many of those tested were answered right.
    """
    learner, step = run.learner, run.step
    split: Split = "test" if learner.count("test") else "train"
    count = whole(options, "count", MOST, (1, MOST))
    if not learner.count(split):
        raise Refused.because(say("There are no pictures to test the methods on."), "count")
    some = sample(learner, split, count)
    rows = torch.arange(learner.count(split)) if isinstance(some, slice) else some.cpu()
    pictures, targets = learner.batch(split, rows.to(learner.device))
    module, number, total = frozen(learner.module), SPLITS.index(split), learner.count(split)
    yield 0.0
    areas, all_of, marked, right = [], [], [], []
    for i, row in enumerate(rows.tolist()):
        at = looked(learner, module, pictures[i : i + 1])
        found, _ = yield from told(maps(learner, module, at), i / len(rows))
        drawn = yield from told(curves(learner, module, at, found, (number, row)), (i + 0.5) / len(rows))
        if not np.isfinite(drawn).all():
            raise Refused.because(say("The weights are no longer numbers, so there is nothing to test."), "count")
        area = drawn.mean(1)
        areas.append(np.append(area[: len(METHODS)], area[len(METHODS) :].mean()))
        all_of.append(area[: len(METHODS)] < area[len(METHODS) :].min())
        marked.append([bool(m.any()) for m in found])
        right.append(at.taken == int(targets[i]))
    has = np.array(marked)
    table = np.array(areas, np.float32)
    return {
        "deletion_areas": table,
        "deletion_better": better(table, has),
        "deletion_all": np.where(has.any(0), (np.array(all_of) & has).mean(0), np.nan).astype(np.float32),
        "deletion_marked": has.mean(0).astype(np.float32),
        "deletion_rows": rows.to(torch.int32).numpy(),
        "deletion_right": np.array(right, np.uint8),
        "deletion_at": np.array([step, number, total, sum(right)], np.int32),
    }


def better(areas: Array, has: Array) -> Array:
    """(4, 3) float32, see `deletion`: of areas (n, 5) and whether each map marks anything (n, 4)."""
    hits, n = ((areas[:, :-1] < areas[:, -1:]) & has).sum(0), len(areas)
    found = [
        (int(hits[i]) / n, *wilson(int(hits[i]), n)) if has[:, i].any() else (math.nan,) * 3 for i in range(len(hits))
    ]
    return np.array(found, np.float32)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `hits` of `n` cases were seen (Wilson 1927)."""
    share, z2 = hits / n, NORMAL**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


DELETION = OnRequest(deletion, CnnLearner)
