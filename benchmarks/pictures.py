"""What the cards of the sets of pictures say: chance, a linear model and a small CNN on the split of each set, and how long it loads.

`OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.pictures [KIND ...]` prints a line for each set and each value of the field that
its figures depend on, all other fields at their defaults; `pens` says how well drawn digits are read by what glyphs have taught.
The numbers go into `figures` of the files in nnlab/data/pictures/ by hand.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from nnlab.core.fields import controls
from nnlab.core.records import Examples
from nnlab.core.registries import DATASETS
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.spec import PicturesSpec, _loaded

EPOCHS = 12
BATCH = 32
RATE = 3e-3
C = 0.1  # of the linear model: the inverse of its L2 penalty
SEEDS = (0,)  # of the CNN, whose accuracy is the mean over them


def kinds() -> list[str]:
    """The sets that have figures: all but a user's own pictures."""
    every = {kind: DATASETS.load(kind) for kind in DATASETS}
    return [kind for kind, cls in every.items() if issubclass(cls, PicturesSpec) and cls.listed]


def variants(kind: str) -> Iterator[tuple[str, PicturesSpec]]:
    """Every value of the field on which the figures of a set depend, "" for none, with the specification."""
    cls: type[PicturesSpec] = DATASETS.load(kind)
    values = next((c.choices for c in controls(cls) if c.name == cls.varies), ("",))
    for value in values:
        yield value, cls.model_validate({"kind": kind, **({cls.varies: value} if value else {})})


def chance(data: Examples) -> float:
    """The share of the most frequent class among the test pictures."""
    counts = np.bincount(data.targets[data.is_test].astype(int))
    return float(counts.max() / counts.sum())


def linear(data: Examples) -> float:
    """Logistic regression over pixels of 0…1, after 100 iterations at most."""
    x, y = data.inputs.reshape(len(data), -1) / np.float32(255), data.targets.astype(int)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model = LogisticRegression(C=C, max_iter=100).fit(x[~data.is_test], y[~data.is_test])
    return float(model.score(x[data.is_test], y[data.is_test]))


def network(data: Examples) -> nn.Module:
    """conv8–pool–conv16–pool–fc, of 3 × 3 kernels with ReLU."""
    channels, height, width = data.inputs.shape[1:]
    features = 16 * (height // 4) * (width // 4)
    first, second = nn.Conv2d(channels, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
    pools = nn.MaxPool2d(2), nn.MaxPool2d(2)
    last = nn.Linear(features, data.answer.classes)
    return nn.Sequential(first, nn.ReLU(), pools[0], second, nn.ReLU(), pools[1], nn.Flatten(), last)


def tensors(data: Examples, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Tensor, Tensor]:
    """Inputs of 0…1 and classes of some rows."""
    return torch.tensor(data.inputs[rows]).float() / 255, torch.tensor(data.targets[rows]).long()


def trained(data: Examples, seed: int = 0) -> nn.Module:
    """The network after `EPOCHS` epochs of Adam on the training pictures."""
    torch.manual_seed(seed)
    model = network(data)
    x, y = tensors(data, ~data.is_test)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(x)), BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return model


def accuracy(model: nn.Module, data: Examples) -> float:
    """Share of the test pictures that a network tells right."""
    x, y = tensors(data, data.is_test)
    with torch.inference_mode():
        return float((model(x).argmax(1) == y).float().mean())


def cnn(data: Examples) -> float:
    """The small network, over `SEEDS`."""
    return float(np.mean([accuracy(trained(data, seed), data) for seed in SEEDS]))


def measured(data: Examples) -> Figures:
    """The figures of a card."""
    return Figures(*(round(measure(data), 3) for measure in (chance, linear, cnn)))


def load_s(spec: PicturesSpec) -> float:
    """Seconds of one load, with nothing kept from another."""
    _loaded.cache_clear()
    start = time.perf_counter()
    spec.load()
    return time.perf_counter() - start


def pens() -> Iterator[str]:
    """How well a network that has learned from glyphs, with and without drawn digits among them, tells drawn digits."""
    drawn = DATASETS.load("strokes")(kind="strokes", seed=9).load()
    for share in (0.0, 40.0):
        data = DATASETS.load("glyphs")(kind="glyphs", strokes=share).load()
        told = [(accuracy(model, data), accuracy(model, drawn)) for model in (trained(data, seed) for seed in SEEDS)]
        glyphs, digits = np.mean(told, axis=0)
        yield f"glyphs, {share:g} % drawn: glyphs {glyphs:.3f}, drawn digits {digits:.3f}"


def main(names: list[str]) -> int:
    """Print a line for each variant of the sets `names`, or of all."""
    torch.set_num_threads(1)
    for kind in [name for name in names if name != "pens"] or ([] if names else kinds()):
        for value, spec in variants(kind):
            seconds = load_s(spec)
            print(f"{kind} {value}: {measured(spec.load())}, loaded in {seconds:.2f} s", flush=True)
    for line in pens() if not names or "pens" in names else ():
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
