"""A small real network in numpy that speaks like a worker: enough to test the browser side without torch or processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.core.records import Quantised
from nnlab.live.messages.wire import pack

Floats = NDArray[np.float64]
LIMIT = 6.0


def plane(side: int) -> Floats:
    """The centres of side x side cells, row 0 at y_min."""
    at = (np.arange(side) + 0.5) / side * 2 * LIMIT - LIMIT
    x, y = np.meshgrid(at, at)
    return np.stack([x.ravel(), y.ravel()], axis=1)


@dataclass
class FakeRun:
    """Two features, tanh layers, plain gradient descent on half squared error, 500 points of a ring in a ring."""

    widths: tuple[int, ...] = (2, 4, 2, 1)
    seed: int = 0
    step: int = 0
    version: int = 0
    scene_number: int = 1
    playing: bool = False
    speed: float = 0.0
    restarted: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=lambda: {"learning_rate": 0.03})

    def __post_init__(self) -> None:
        rng = np.random.default_rng(7)
        label = np.arange(500) % 2
        radius = np.where(label == 1, rng.uniform(0, 2.5, 500), rng.uniform(3.5, 5.5, 500))
        angle = rng.uniform(0, 2 * np.pi, 500)
        self.x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        self.y = label.astype(float)
        self.test = np.arange(500) >= 250
        self.ids = np.arange(500)
        self.order = np.random.default_rng(1).permutation(250)
        self.draw()

    def draw(self) -> None:
        """The initial weights of this seed, and an empty past."""
        rng = np.random.default_rng(self.seed)
        self.layers = [
            rng.normal(0, 1 / np.sqrt(a), (b, a + 1)) for a, b in zip(self.widths, self.widths[1:], strict=False)
        ]
        self.step, self.history = 0, []
        self.past: dict[int, list[Floats]] = {}
        self.remember()

    def activations(self, x: Floats) -> list[Floats]:
        found = [x]
        for w in self.layers:
            found.append(np.tanh(found[-1] @ w[:, :-1].T + w[:, -1]))
        return found

    def gradient(self, x: Floats, y: Floats) -> list[Floats]:
        a = self.activations(x)
        delta = (a[-1] - (2 * y - 1)[:, None]) * (1 - a[-1] ** 2) / len(x)
        found = []
        for i in range(len(self.layers) - 1, -1, -1):
            found.insert(0, np.concatenate([delta.T @ a[i], delta.sum(0)[:, None]], axis=1))
            delta = (delta @ self.layers[i][:, :-1]) * (1 - a[i] ** 2)
        return found

    def advance(self, updates: int) -> None:
        train = np.flatnonzero(~self.test)
        for _ in range(updates):
            at = self.step % 25
            rows = train[np.random.default_rng(self.step // 25).permutation(len(train))[at * 10 : at * 10 + 10]]
            for w, g in zip(self.layers, self.gradient(self.x[rows], self.y[rows]), strict=True):
                w -= self.settings["learning_rate"] * g
            self.step += 1
            if self.step % 25 == 0:
                self.remember()

    def metrics(self) -> dict[str, float]:
        out = self.activations(self.x)[-1][:, 0]
        loss, right = 0.5 * (out - (2 * self.y - 1)) ** 2, (out > 0) == (self.y > 0.5)
        return {
            f"{s}_{n}": float(v[m].mean())
            for n, v in (("loss", loss), ("accuracy", right))
            for s, m in (("train", ~self.test), ("test", self.test))
        }

    def remember(self) -> None:
        self.past[self.step] = [w.copy() for w in self.layers]
        m = self.metrics()
        self.history.append(
            [self.step, self.step / 25, m["train_loss"], m["test_loss"], m["train_accuracy"], m["test_accuracy"]]
        )

    def seek(self, step: int) -> None:
        nearest = max(s for s in self.past if s <= max(step, min(self.past)))
        self.layers, self.step = [w.copy() for w in self.past[nearest]], nearest

    def facts(self) -> dict[str, Any]:
        blocks, start = [], 0
        for i, w in enumerate(self.layers):
            out, columns = w.shape
            blocks.append(
                {
                    "name": f"layer {i + 1}",
                    "fan_in": columns - 1,
                    "fan_out": out,
                    "start": start,
                    "stride": columns,
                    "bias": start + columns - 1,
                    "bias_stride": columns,
                    "activation": "tanh",
                }
            )
            start += w.size
        return {"parameters": start, "flops": 6 * start * 10, "features": ["x", "y"], "blocks": blocks}

    def experiment(self) -> dict[str, Any]:
        layers = [{"units": n, "activation": "tanh"} for n in self.widths[1:-1]]
        return {
            "version": 1,
            "seed": self.seed,
            "data": {"kind": "circle"},
            "model": {"family": "mlp", "features": ["x", "y"], "layers": layers},
            "training": dict(self.settings),
        }

    def scene(self) -> bytes:
        points = np.stack([*self.x.T, self.y, self.test], axis=1).astype(np.float32)
        maps = np.clip(plane(25).T / LIMIT, -1, 1).reshape(2, 25, 25)
        header = {
            "type": "scene", "scene": self.scene_number, "experiment": self.experiment(), "task": "classification", "classes": 2, "limit": LIMIT,
            "axis_names": ["x", "y"], "axis_scales": [[0, 1], [0, 1]], "target_scale": [0, 1], "class_names": ["outside", "inside"], "facts": self.facts(),
        }  # fmt: skip
        arrays = {
            "history": np.asarray(self.history, np.float32),
            "points": points,
            "ids": self.ids.astype(np.int32),
            "feature_maps": self.bytes_of(maps),
        }
        return pack(header, arrays)

    def frame(self, seq: int, offers: list[str], options: dict[str, Any]) -> bytes:
        header = {
            "type": "frame", "scene": self.scene_number, "seq": seq, "step": self.step, "epoch": self.step // 25, "batch": self.step % 25, "batches": 25,
            "phase": "", "playing": self.playing, "version": self.version, "lr": self.settings["learning_rate"], "metrics": self.metrics(),
            "rate": {"epochs_s": 60.0, "steps_s": 1500.0}, "findings": self.findings, "stopped": "", "span": [min(self.past), max(self.past)],
            "speed": self.speed, "restarted": self.restarted,
        }  # fmt: skip
        self.restarted = False
        makers = {
            "boundary": self.boundary,
            "neurons": self.neurons,
            "weights": self.weights,
            "gradients": self.gradients,
        }
        arrays: dict[str, Any] = {}
        for name in offers:
            arrays |= makers.get(name, lambda options: {})(options)
        return pack(header, arrays)

    @staticmethod
    def bytes_of(maps: Floats) -> NDArray[np.uint8]:
        return np.round((np.clip(maps, -1, 1) + 1) * 127.5).astype(np.uint8)

    def boundary(self, options: dict[str, Any]) -> dict[str, Any]:
        layer, unit = options.get("focus") or (len(self.layers), 0)
        found = self.activations(plane(100))[layer][:, unit].reshape(100, 100)
        shown = np.array(options.get("focus") or (-1, -1), np.int32)
        return {"boundary": Quantised(self.bytes_of(found if layer else found / LIMIT), -1, 1), "boundary_unit": shown}

    def neurons(self, options: dict[str, Any]) -> dict[str, Any]:
        maps = np.concatenate([a.T for a in self.activations(plane(25))[1:]]).reshape(-1, 25, 25)
        if len(maps) <= 16:
            return {"neurons": self.bytes_of(maps)}
        first = self.step % len(maps)
        rows = (first + np.arange(16)) % len(maps)
        return {"neurons": self.bytes_of(maps[rows]), "neurons_first": np.array([first], np.int32)}

    def weights(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"weights": np.concatenate([w.ravel() for w in self.layers]).astype(np.float32)}

    def gradients(self, options: dict[str, Any]) -> dict[str, Any]:
        train = ~self.test
        return {
            "gradients": np.concatenate([g.ravel() for g in self.gradient(self.x[train], self.y[train])]).astype(
                np.float32
            )
        }
