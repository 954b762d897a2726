"""Which pixels an answer rests on, by four methods, each with its own test: the deletion curve beside a random one.

The methods: `methods.py`. Deletion: `deletion.py`. Randomised weights: Adebayo et al. 2018.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from nnlab.analysis.analysis import ON_REQUEST, Analysis, Result
from nnlab.analysis.pictures.deletion import curves
from nnlab.analysis.pictures.methods import METHODS, looked, maps
from nnlab.analysis.pictures.shown import shown
from nnlab.analysis.pictures.unit import frozen
from nnlab.core.records import Array
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.flat import seeded

NOT_ASKED = 2.0  # no correlation is so large


def why(learner: Any, options: dict[str, Any]) -> Result:
    """The picture that is looked at, and the class that the network answers.

    "why_maps" (4, H, W) float32: the importance of each pixel by `METHODS`, on the method's own grid, highest where it speaks for the
    class. "why_curves" (4, 21): the probability of the class with so many pixels removed, most important first; "why_random"
    (10, 21): in random orders. "why_area" (5,): means of the curves, the random ones last. "why_facts" (4,) float32: the class, its
    probability, and of integrated gradients the sum and what it should be. "why_agree" (4,): rank correlation with the maps of
    the same network with randomised upper layers (options["randomise"]), whose maps are "why_maps" then; 2 without.
    """
    return _why(learner, options)


def _why(learner: Any, options: dict[str, Any]) -> Generator[None, None, dict[str, Array]]:
    one, module = shown(learner, options), frozen(learner.module)
    at = looked(learner, module, one.picture)
    found, total = yield from maps(learner, module, at)
    agree = np.full(len(METHODS), NOT_ASKED, np.float32)
    if options.get("randomise") is True:
        other, _ = yield from maps(learner, _randomised(module), at)
        with warnings.catch_warnings(action="ignore"):  # a map that is the same everywhere has no ranks
            pairs = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(found, other, strict=True)]
        agree, found = np.nan_to_num(np.array(pairs, np.float32)), other
    drawn = yield from curves(learner, module, at, found, one.place)
    own, chance = drawn[: len(METHODS)], drawn[len(METHODS) :]
    return {
        "why_maps": np.stack(found),
        "why_curves": own,
        "why_random": chance,
        "why_area": np.append(own.mean(1), chance.mean()).astype(np.float32),
        "why_facts": np.array([at.taken, float(at.likely[at.taken]), *total], np.float32),
        "why_agree": agree,
    }


def _randomised(module: Any) -> nn.Module:
    """A copy whose output and whose last stage with weights before it were drawn anew, each as widely spread as before."""
    made: nn.Module = copy.deepcopy(module)
    weights = [p for p in made.parameters() if p.dim() > 1]
    with torch.no_grad(), seeded(0, "randomise"):
        for one in weights[-2:]:
            one.copy_(torch.randn(tuple(one.shape)) * one.std())
    return made


WHY = Analysis(
    why,
    ("why_maps", "why_curves", "why_random", "why_area", "why_facts", "why_agree"),
    CnnLearner,
    every_s=ON_REQUEST,
)
