"""The real board in a real Chromium, fed by a numpy network instead of a server; what it sends is recorded."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from nnlab.core.paths import root
from nnlab.live.messages.wire import pack
from nnlab.views.view import described

Floats = np.ndarray[Any, np.dtype[np.float64]]
LIMIT = 6.0
FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "sine": np.sin,
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(0),
}
FEATURES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "x": lambda x, y: x,
    "y": lambda x, y: y,
    "x2": lambda x, y: x * x,
    "xy": lambda x, y: x * y,
    "r": np.hypot,
}


@dataclass
class Net:
    """A multilayer perceptron in numpy with the parameters in the order of the contract: [weights, bias] row by row."""

    layers: list[int]
    activation: str = "tanh"
    features: tuple[str, ...] = ("x", "y")
    classes: int = 2
    seed: int = 0
    norm: str = "none"  # where it is not, gains and shifts stand behind the weights; the pictures here do not use them
    flat: Floats = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        parts = []
        for block in self.blocks():
            table = rng.normal(0, 1 / np.sqrt(block["fan_in"]), (block["fan_out"], block["fan_in"] + 1))
            table[:, -1] = rng.normal(0, 0.6, block["fan_out"])
            parts.append(table.ravel())
        for units in self.layers if self.norm != "none" else []:
            parts += [rng.normal(1, 0.2, units), rng.normal(0, 0.3, units)]
        self.flat = np.concatenate(parts)

    @property
    def outputs(self) -> int:
        return self.classes if self.classes > 2 else 1

    def blocks(self) -> list[dict[str, Any]]:
        widths = [len(self.features), *self.layers, self.outputs]
        squash = "softmax" if self.classes > 2 else "sigmoid" if self.classes == 2 else "linear"
        bends = [self.activation] * len(self.layers) + [squash]
        found, start = [], 0
        for i, (fan_in, fan_out, bend) in enumerate(zip(widths, widths[1:], bends, strict=False)):
            name = "output" if i == len(self.layers) else f"hidden {i + 1}"
            found.append(
                dict(name=name, fan_in=fan_in, fan_out=fan_out, start=start, stride=fan_in + 1)
                | dict(bias=start + fan_in, bias_stride=fan_in + 1, activation=bend)
            )
            start += fan_out * (fan_in + 1)
        return found

    def activations(self, points: Floats) -> list[Floats]:
        """Features first, then every layer after its activation, each (units, n)."""
        a = np.stack([FEATURES[name](points[:, 0], points[:, 1]) for name in self.features])
        found = [a]
        for b in self.blocks():
            table = self.flat[b["start"] : b["start"] + b["fan_out"] * b["stride"]].reshape(b["fan_out"], -1)
            a = FUNCTIONS[b["activation"]](table[:, :-1] @ a + table[:, -1:])
            found.append(a)
        return found

    def maps(self, side: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        units = np.concatenate(self.activations(grid(side))[1:])
        if self.classes == 2:
            units[-1] = 2 * units[-1] - 1
        return np.rint((np.clip(units, -1, 1) + 1) * 127.5).astype(np.uint8).reshape(-1, side, side)

    def points(self, n: int = 200) -> Floats:
        rng = np.random.default_rng(1)
        radius, angle = rng.uniform(0, 5, n), rng.uniform(0, 2 * np.pi, n)
        label = np.floor(radius / 5.0001 * max(2, self.classes))
        return np.stack([radius * np.cos(angle), radius * np.sin(angle), label, rng.random(n) < 0.5], 1)

    def facts(self) -> dict[str, Any]:
        return {
            "parameters": len(self.flat),
            "flops": 6 * len(self.flat) * 10,
            "features": list(self.features),
            "blocks": self.blocks(),
            "norms": self.norms(),
        }

    def norms(self) -> list[dict[str, Any]]:
        """Gain of each hidden layer at start, its shift behind it."""
        if self.norm == "none":
            return []
        last = self.blocks()[-1]
        starts = last["start"] + last["fan_out"] * last["stride"] + np.cumsum([0, *(2 * n for n in self.layers)])
        return [
            dict(name=f"norm of hidden {i + 1}", start=int(s), units=n)
            for i, (s, n) in enumerate(zip(starts, self.layers, strict=False))
        ]

    def experiment(self) -> dict[str, Any]:
        layers = [{"units": n, "activation": self.activation} for n in self.layers]
        model = {"family": "mlp", "features": list(self.features), "layers": layers, "norm": self.norm, "skip": False}
        return {
            "version": 1,
            "seed": 0,
            "data": {"kind": "circle"},
            "model": model,
            "training": {"optimizer": {"kind": "sgd"}},
        }


def grid(side: int) -> Floats:
    """(side², 2) centres of the cells of the plane, row 0 = lowest y."""
    line = -LIMIT + 2 * LIMIT * (np.arange(side) + 0.5) / side
    y, x = np.meshgrid(line, line, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], 1)


class Bench:
    """A page with the real board and some views; `scene` and `frame` speak to it as the server would."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.number, self.seq = page, url, 0, 0

    def open(self, *views: str, dark: bool = False) -> Bench:
        self.page.goto(f"{self.url}/bench.html{'?dark' if dark else ''}")
        self.page.wait_for_function("() => window.ready")
        self.page.evaluate("views => window.start(views)", described(views))
        self.page.wait_for_function("n => window.nnlab.board.views.length === n", arg=len(views))
        return self

    def say(self, header: dict[str, Any], arrays: dict[str, Any]) -> None:
        self.page.evaluate("text => window.say(text)", base64.b64encode(pack(header, arrays)).decode())

    def scene(self, net: Net) -> None:
        self.number += 1
        names = [f"class {i}" for i in range(net.classes)] if net.classes > 1 else []
        header = {"type": "scene", "scene": self.number, "experiment": net.experiment(), "facts": net.facts()}
        header |= {
            "task": "regression" if net.classes == 1 else "classification",
            "classes": net.classes,
            "limit": LIMIT,
        }
        header |= {"axis_names": ["x", "y"], "class_names": names, "shape": json.dumps(net.layers)}
        points = net.points().astype(np.float32)
        self.say(header, {"points": points, "ids": np.arange(len(points)), "history": np.zeros((0, 6), np.float32)})

    def frame(self, net: Net, arrays: dict[str, Any] | None = None, **header: Any) -> None:
        self.seq += 1
        side = 25 if sum(net.layers) + net.outputs <= 48 else 20
        given = {"weights": net.flat.astype(np.float32), "neurons": net.maps(side)} | (arrays or {})
        plain = {
            "type": "frame",
            "scene": self.number,
            "seq": self.seq,
            "step": self.seq,
            "epoch": 1,
            "batch": 0,
            "batches": 10,
        }
        plain |= {
            "phase": "",
            "playing": False,
            "version": 0,
            "lr": 0.03,
            "findings": [],
            "stopped": "",
            "span": [0, self.seq],
            "speed": 0,
        }
        plain |= {"metrics": {"train_loss": 0.5, "test_loss": 0.6, "train_accuracy": 0.8, "test_accuracy": 0.7}}
        self.say(plain | {"rate": {"epochs_s": 0, "steps_s": 0}} | header, given)
        self.page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def sent(self, name: str) -> list[Any]:
        """The arguments of all commands `name` so far."""
        return self.page.evaluate("name => window.sent.filter(c => c[0] === name).map(c => c[1])", name)

    def notes(self) -> list[str]:
        """Errors of the page; Chromium's word on a ResizeObserver that changed a size is none."""
        return self.page.evaluate("() => window.errors.filter((e) => !e.startsWith('ResizeObserver loop'))")


PAGE = """<!doctype html><meta charset=utf-8><title>bench</title><link rel=icon href="data:,">
<style>body{margin:16px;background:var(--st-background-color);
--st-background-color:#fff;--st-secondary-background-color:#f0f2f6;--st-text-color:#31333f;--st-primary-color:#e0453a;--st-font:"DejaVu Sans",sans-serif}
.dark{--st-background-color:#0e1117;--st-secondary-background-color:#262730;--st-text-color:#fafafa}</style><body>
<script type=module>
import board from "/assets/board/component.js"; import { decode } from "/assets/board/wire.js";
if (location.search === "?dark") document.body.classList.add("dark");
window.sent = []; window.errors = []; window.changed = 0;
addEventListener("error", (e) => errors.push(e.message)); addEventListener("unhandledrejection", (e) => errors.push(String(e.reason)));
const complain = console.error; console.error = (...a) => { errors.push(a.map(String).join(" ")); complain(...a); };
window.start = (views) => {
  board({ data: { views }, parentElement: document.body, setTriggerValue: () => { window.changed += 1; } });
  nnlab.board.socket = { send: (name, argument) => sent.push([name, argument]), ack: () => {}, close: () => {}, bytes: 0 };
};
window.say = (text) => nnlab.board._receive(decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
window.tell = (message) => nnlab.board._text(message);
window.ready = true;
</script>"""


class _Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/bench.html":
            return self.answer(PAGE.encode(), "text/html")
        if path == "/vendor/plotly.min.js":
            import plotly

            script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
            return self.answer(script.read_bytes(), "text/javascript")
        super().do_GET()

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def assets_url() -> Iterator[str]:
    handler = functools.partial(_Files, directory=str(root()))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def bench(chromium: Browser, assets_url: str) -> Iterator[Bench]:
    context = chromium.new_context(viewport={"width": 1000, "height": 900})
    made = Bench(context.new_page(), assets_url)
    yield made
    errors = made.notes()
    context.close()
    assert errors == []


@pytest.fixture
def net() -> Net:
    return Net([4, 2])


@pytest.fixture
def make_net() -> Callable[..., Net]:
    return Net


__all__ = ["Bench", "Net", "json"]


@pytest.fixture
def shown(bench: Any, net: Any) -> Any:
    """The network diagram with its first frame."""
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    return bench
