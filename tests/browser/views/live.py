"""A run of any experiment in the real engine, for the bench: it is shown as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nnlab.core.experiment import Experiment
from nnlab.live.worker import engine


@dataclass
class Live:
    """`watched` are the analyses that its frames carry."""

    spec: Experiment
    watched: tuple[str, ...]
    run: engine.Run = field(init=False)

    def __post_init__(self) -> None:
        self.run = engine.start(self.spec)

    def settled(self) -> engine.Run:
        return self.run

    def on(self, steps: int) -> Live:
        """So many updates further."""
        if steps:
            engine.advance(self.run, 60.0, steps=steps)
        return self

    def answer(self, name: str, **options: Any) -> dict[str, Any]:
        """What the worker answers to a request."""
        work = engine.answer(self.run, name, options)
        if isinstance(work, dict):
            return work
        try:
            while True:
                next(work)
        except StopIteration as stop:
            return dict(stop.value)
