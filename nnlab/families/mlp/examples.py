"""Training and test examples on the device, in the order of the epoch, and prepared views of its batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nnlab.core.records import SPLITS, Examples, Split
from nnlab.families.learner import ALL, Rows
from nnlab.families.losses import Loss
from nnlab.families.mlp.engine import PlainEngine
from nnlab.families.mlp.features import features
from nnlab.families.mlp.module import ModuleEngine

Engine = PlainEngine | ModuleEngine
WINDOW = 256  # batches whose views are prepared at once: more would cost memory, fewer time


class Part(NamedTuple):
    """Examples as rows of features with a last column of ones (n, k + 1), and their targets (n, n_outputs)."""

    rows: Tensor
    targets: Tensor


class Batch(NamedTuple):
    """Some training examples: features (n, k) and targets (n, n_outputs)."""

    inputs: Tensor
    targets: Tensor


class OnDevice:
    """The examples of one dataset as a network takes them; `order` is the epoch's order of the training examples."""

    def __init__(
        self, data: Examples, names: Sequence[str], *, loss: Loss, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._parts: dict[Split, Part] = {}
        self._gathered: dict[Split, tuple[Tensor, Part]] = {}
        for split in SPLITS:
            points, labels = (torch.tensor(array, dtype=dtype, device=device) for array in data.parts[split])
            self._parts[split] = Part(with_ones(features(points.view(-1, 2), names)), loss.targets(labels))
        self.train = self._parts["train"]
        self.n_train = len(self.train.rows)
        self.order = torch.arange(self.n_train, device=device)
        # Engines take features without the column of ones, and side by side in memory, as everyone else has them.
        self._inputs = self.train.rows[:, :-1].contiguous()
        self._ordered = Batch(self._inputs.clone(), self.train.targets.clone())

    def part(self, split: Split, rows: Rows = ALL) -> Part:
        """Some examples of `split`, in the order of the dataset. The same sample comes again and again, so one is kept."""
        whole = self._parts[split]
        if isinstance(rows, slice):
            return whole if rows == ALL else Part(whole.rows[rows], whole.targets[rows])
        kept = self._gathered.get(split)
        if kept is None or kept[0] is not rows:
            kept = self._gathered[split] = rows, Part(whole.rows[rows], whole.targets[rows])
        return kept[1]

    @torch.no_grad()
    def shuffle(self, order: Tensor) -> None:
        """Gather the training examples in `order` (n_train,) into the buffers that all views look at."""
        self.order = order.to(self.train.rows.device)
        torch.index_select(self._inputs, 0, self.order, out=self._ordered.inputs)
        torch.index_select(self.train.targets, 0, self.order, out=self._ordered.targets)

    def slice(self, start: int, stop: int) -> Batch:
        """Views of the examples order[start:stop]."""
        return Batch(self._ordered.inputs[start:stop], self._ordered.targets[start:stop])


class Batches:
    """The batches of an epoch as one engine wants them, `WINDOW` prepared at a time and kept from epoch to epoch."""

    def __init__(self, examples: OnDevice, engine: Engine) -> None:
        self._examples, self._engine = examples, engine
        self._views: dict[tuple[int, int], Any] = {}

    def at(self, start: int, stop: int) -> Any:
        """The batch order[start:stop]."""
        found = self._views.get((start, stop))
        return found if found is not None else self._prepare(start, stop)

    @torch.inference_mode(False)
    def _prepare(self, start: int, stop: int) -> Any:
        """This batch and the next ones of its size. Outside inference mode, so that any mode may write its buffers."""
        if len(self._views) >= WINDOW:
            self._views.clear()
        size, n = stop - start, self._examples.n_train
        for first in range(start, min(n, start + size * (WINDOW - len(self._views))), size):
            last = min(first + size, n)
            self._views[first, last] = self._engine.batch(*self._examples.slice(first, last))
        return self._views[start, stop]


def with_ones(columns: Tensor) -> Tensor:
    """Features (k, n) -> rows (n, k + 1), the last column ones."""
    return torch.cat([columns, torch.ones_like(columns[:1])]).t().contiguous()
