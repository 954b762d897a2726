"""The convolutional network in training, and what can be read of it: every stage, with channels switched off, and its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from nnlab.core.experiment import Experiment
from nnlab.core.records import Examples
from nnlab.families.cnn.module import CnnModule, Off
from nnlab.families.cnn.pictures import PicturesLearner
from nnlab.families.cnn.shapes import Stage, stages, title_within
from nnlab.families.cnn.spec import Convolutional
from nnlab.families.cnn.stages import CERTAIN

FASTER = (
    2.5  # channels-last, with pooling before the activation, a picture takes that much less than `cost` counts, about
)


class CnnLearner(PicturesLearner):
    """One convolutional network; see `PicturesLearner`."""

    module: CnnModule

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Name, kind, shape and cost of every stage, the input first."""
        return stages(self.spec.blocks, self.form, self.data.answer.outputs)

    def make(self) -> nn.Module:
        return CnnModule(self.spec, self.form, self.data.answer.outputs)

    def titled(self, layer: str) -> str:
        return title_within(self.stages, layer)

    def set(self, experiment: Experiment, data: Examples) -> None:
        if isinstance(experiment.model, Convolutional):
            self.module.take(experiment.model)
        super().set(experiment, data)

    # ---- training ----------------------------------------------------------------------------------------------------
    def _configure(self) -> None:
        super()._configure()
        self._draws = not {type(stage) for _, stage in self.module.chain()} <= CERTAIN

    def _price(self) -> None:
        super()._price()
        self.part = int(self.part * FASTER)
        self.second_order = type(self).second_order * (1 if self.single else FASTER)  # in float64 nothing is faster

    @contextmanager
    def learning(self, step: int, *names: str | int) -> Iterator[None]:
        """Without random numbers where no stage draws any: to seed them would take a twentieth of a small network's update."""
        if self._draws:
            with super().learning(step, *names):
                yield
            return
        self._mode(train=True)
        with torch.enable_grad():
            yield

    def augmented(self, pictures: Tensor, step: int, start: int = 0) -> Tensor:
        """What update `step` makes of pictures (n, channels, height, width) 0…1, were they its batch from `start` of the epoch on."""
        return self.prepared(self.encode(pictures), step, start)

    def seen(self, start: int, stop: int, step: int) -> tuple[Tensor, Tensor]:
        """The pictures that update `step` learns from, as it sees them, and their targets: places `start` to `stop` of the epoch."""
        inputs, targets = self.batch("train", self._order[start:stop])
        return self.prepared(inputs, step, start), targets

    # ---- what is read ------------------------------------------------------------------------------------------------
    @torch.no_grad()
    def walk(self, inputs: Tensor, off: Off | None = None, *, sums: bool = False) -> list[Tensor]:
        """See `CnnModule.walk`, of the network as it is used."""
        with self.used():
            return self.module.walk(inputs, off, sums=sums)

    def layers(self, inputs: Tensor, off: Off | None = None) -> Mapping[str, Tensor]:
        """Pictures (n, channels, height, width) -> the result of every stage (n, …) by its name, "input" first, "output" last."""
        return dict(zip(self.module.names, self.walk(inputs, off), strict=True))

    @torch.no_grad()
    def likely(self, logits: Tensor) -> Tensor:
        """Logits (n, outputs) -> the probability of each class (n, classes)."""
        shown = self._loss.shown(logits.t())
        return torch.cat([1 - shown, 1 + shown], 1) / 2 if shown.shape[1] == 1 else shown

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "stages": [asdict(stage) for stage in self.stages]}
