"""A sample of a split where all examples would take too long: the same one for whoever asks, for it is drawn by the run's seed."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from nnlab.core.records import Split
from nnlab.core.rng import seed_of
from nnlab.families.learner import ALL, Learner, Rows

_SAMPLES: WeakKeyDictionary[Learner, dict[tuple[Split, int], tuple[int, Tensor]]] = WeakKeyDictionary()


def sample(learner: Learner, split: Split, most: int) -> Rows:
    """At most `most` examples of a split, in the order of the dataset; all of them where there are no more."""
    n = learner.count(split)
    if n <= most:
        return ALL
    kept = _SAMPLES.setdefault(learner, {})
    if (split, most) not in kept or kept[split, most][0] != n:
        generator = torch.Generator().manual_seed(seed_of(learner.experiment.seed, "sample", split))
        rows = torch.randperm(n, generator=generator)[:most].sort().values
        kept[split, most] = n, rows.to(learner.device)
    return kept[split, most][1]
