"""The real board with some views, fed by hand: with the messages of the real worker, in which a test says some of the values."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from nnlab.core.records import Quantised
from nnlab.core.registries import ANALYSES
from nnlab.live.messages import protocol, wire
from nnlab.live.worker import engine
from nnlab.live.worker.hosted import Hosted
from nnlab.views.view import described
from tests.browser.stage import Stage
from tests.browser.views.live import Live
from tests.browser.views.net import Net

PHASES = {"z", "a", "a_mean", "losses", "loss", "grad", "delta"}  # numbers of the phases, see `Learner.phase`
PAINTED = """() => new Promise(done => { // a busy browser tells the board late which views are in sight: our observer is told after its own
  const seen = new IntersectionObserver(() => { seen.disconnect(); requestAnimationFrame(() => requestAnimationFrame(done)); });
  seen.observe(document.body);
})"""


class Bench:
    """`scene` and `frame` speak to the board as a worker would, `tell` as the server."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.page, self.number, self.seq = stage, stage.page, 0, 0
        self.get, self.until = stage.get, stage.until
        self.hosted = Hosted(engine, lambda *_: None)  # type: ignore[arg-type]

    def open(self, *views: str) -> Bench:
        given = described(views)
        self.stage.mount({"views": given})
        self.get("listen()")
        in_tabs = sum(view["place"] == "tab" for view in given)
        self.until("nnlab.board.views.length === arg", len(given) - in_tabs + min(1, in_tabs))
        return self

    def say(self, message: bytes) -> None:
        """A message of the worker."""
        self.get("say(arg)", base64.b64encode(message).decode())

    def tell(self, text: str) -> None:
        """A text of the server."""
        self.get("tell(arg)", text)

    def scene(self, net: Net | Live, **said: Any) -> None:
        """The scene of a run; `said` are values of its header that are a test's own."""
        self.number += 1
        self.hosted.run = net.settled()
        self.hosted.frames.scene_number = self.number
        self.hosted.frames.replaced()
        self.say(reworded(self.hosted.frames.scene(self.hosted.run), said, {}))

    def frame(self, net: Net | Live, arrays: dict[str, Any] | None = None, **said: Any) -> None:
        """A frame at rest with what the run gives and `arrays`; `said` are values of its header."""
        self.seq += 1
        self.hosted.run = net.settled()
        shown = engine.probe(net.run.learner, net.watched)
        place = {"step": self.seq, "span": [0, said.get("step", self.seq)], "epoch": 1, "batch": 0, "batches": 10}
        self.say(reworded(self.hosted.frame(), place | said, {**shown, **known(arrays or {})}))
        self.page.evaluate(PAINTED)

    def answer(self, arrays: dict[str, Any] | None = None, *, ask: int = -1, error: str = "") -> None:
        """The answer to one of the requests so far."""
        asked = self.sent("ask")[ask]
        head = {"type": "answer", "id": asked["id"], "name": asked["name"], **({"error": error} if error else {})}
        self.say(wire.pack(head, arrays, exact=True))
        self.page.evaluate(PAINTED)

    def sent(self, name: str) -> list[Any]:
        """The arguments of all commands `name` so far; each command is one that the server takes."""
        found = self.get("sent")
        for _, _, text, packed in found:
            protocol.parse(base64.b64decode(packed) if packed else text)
        return [argument for known, argument, *_ in found if known == name]


def known(arrays: dict[str, Any]) -> dict[str, Any]:
    """The arrays, all of which some analysis or phase gives."""
    names = {name for analysis in ANALYSES for name in ANALYSES.load(analysis).arrays} | PHASES
    if unknown := arrays.keys() - names:
        raise KeyError(f"An array must be one that a worker sends; got {', '.join(unknown)}.")
    return arrays


def reworded(message: bytes, said: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    """A worker's message with other values in its header, and other arrays beside its own."""
    header, own = wire.unpack(message)
    ranges = {line["name"]: (line["low"], line["high"]) for line in header.pop("arrays") if "low" in line}
    if unknown := said.keys() - header.keys():
        raise KeyError(f"What is said must be a value of the header; got {', '.join(unknown)}.")
    whole = {
        name: Quantised(np.asarray(array), *ranges[name]) if name in ranges else array for name, array in own.items()
    }
    return wire.pack(header | said, {**whole, **arrays})
