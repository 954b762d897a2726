"""A network of the real engine, and beside it the same in numpy: what a view draws can be checked against the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch

from nnlab.core.experiment import Experiment, experiment
from nnlab.live.worker import engine

Floats = np.ndarray[Any, np.dtype[np.float64]]
FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "sine": np.sin,
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(0),
}
FEATURES: dict[str, Callable[[Floats, Floats], Floats]] = {"x": lambda x, y: x, "y": lambda x, y: y}


def data_of(classes: int) -> dict[str, Any]:
    """A dataset with so many classes; 1: its targets are numbers."""
    kind = {1: "plane", 2: "circle"}.get(classes, "blobs" if classes <= 5 else "many_heaps")
    return {"kind": kind, "samples": 200, **({"n_classes": classes} if classes > 2 else {})}


@dataclass
class Net:
    """A multilayer perceptron whose parameters lie in `flat`: a row [weights, bias] a neuron, gains and shifts behind them."""

    layers: list[int]
    activation: str = "tanh"
    features: tuple[str, ...] = ("x", "y")
    classes: int = 2
    seed: int = 0
    norm: str = "none"
    flat: Floats = field(init=False)
    watched: ClassVar[tuple[str, ...]] = ("weights", "neurons")

    def __post_init__(self) -> None:
        self.run = engine.start(self.spec())
        self.facts = self.run.learner.facts()
        rng = np.random.default_rng(self.seed)
        self.flat = np.zeros(self.facts["parameters"])
        for block in self.blocks:
            table = self.table(block)
            table[:, :-1] = rng.normal(0, 1 / np.sqrt(block["fan_in"]), (block["fan_out"], block["fan_in"]))
            table[:, -1] = rng.normal(0, 0.6, block["fan_out"])
        for norm in self.facts["norms"]:
            self.flat[norm["start"] :][: norm["units"]] = rng.normal(1, 0.2, norm["units"])
            self.flat[norm["start"] + norm["units"] :][: norm["units"]] = rng.normal(0, 0.3, norm["units"])

    def spec(self) -> Experiment:
        layers = [{"units": n, "activation": self.activation} for n in self.layers]
        model = {"family": "mlp", "features": list(self.features), "layers": layers, "norm": self.norm}
        training = {"loss": "mse"} if self.classes == 1 else {}
        return experiment({"data": data_of(self.classes), "model": model, "training": training})

    @property
    def outputs(self) -> int:
        return self.classes if self.classes > 2 else 1

    @property
    def blocks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.facts["blocks"]
        return found

    def table(self, block: dict[str, Any]) -> Floats:
        """The rows [weights, bias] of a layer: a view into `flat`."""
        whole = self.flat[block["start"] : block["start"] + block["fan_out"] * block["stride"]]
        return whole.reshape(block["fan_out"], -1)

    def activations(self, points: Floats) -> list[Floats]:
        """Features first, then every layer after its activation, each (units, n)."""
        found = [np.stack([FEATURES[name](points[:, 0], points[:, 1]) for name in self.features])]
        for block in self.blocks:
            table = self.table(block)
            found.append(FUNCTIONS[block["activation"]](table[:, :-1] @ found[-1] + table[:, -1:]))
        return found

    def points(self) -> Floats:
        """x, y, target and whether it tests, of every example (n, 4)."""
        data = self.run.data
        return np.column_stack((data.inputs, data.targets, data.is_test)).astype(float)

    def settled(self) -> engine.Run:
        """The engine's run with the weights of `flat`."""
        with torch.no_grad():
            self.run.learner.flat.copy_(torch.from_numpy(self.flat))
        self.run.stale = True
        return self.run
