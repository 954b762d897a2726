"""The convolutional network in training, and what can be read of it: every stage, with channels switched off, and its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.experiment import Experiment
from nnlab.core.forms import Pictures
from nnlab.core.records import Examples
from nnlab.core.rng import seed_of
from nnlab.families.cnn.augment import augmented
from nnlab.families.cnn.module import CnnModule, Off
from nnlab.families.cnn.shapes import Stage, stages
from nnlab.families.cnn.spec import Cnn
from nnlab.families.cnn.stages import CERTAIN
from nnlab.families.module_learner import ModuleLearner

FASTER = (
    2.5  # channels-last, with pooling before the activation, a picture takes that much less than `cost` counts, about
)


class CnnLearner(ModuleLearner):
    """See `ModuleLearner`. Pictures and kernels lie channels-last in memory, which the convolutions of a CPU like best."""

    module: CnnModule

    @property
    def spec(self) -> Cnn:
        """The network's specification."""
        spec = self.experiment.model
        if not isinstance(spec, Cnn):
            raise TypeError(f"The model must be a Cnn; got {type(spec).__name__}.")
        return spec

    @property
    def form(self) -> Pictures:
        """Height, width and channels of the pictures."""
        form = self.data.form
        if not isinstance(form, Pictures):
            raise TypeError(f"The data must be pictures; got {form.name}.")
        return form

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Name, kind, shape and cost of every stage, the input first."""
        return stages(self.spec.blocks, self.form, self.data.answer.outputs)

    def make(self) -> nn.Module:
        return CnnModule(self.spec, self.form, self.data.answer.outputs)

    def set(self, experiment: Experiment, data: Examples) -> None:
        if isinstance(experiment.model, Cnn):
            self.module.take(experiment.model)
        super().set(experiment, data)

    def encode(self, inputs: Tensor) -> Tensor:
        """Bytes or 0…1 (n, channels, height, width) -> 0…1, channels-last; a single channel is so by its strides alone."""
        last = torch.channels_last
        encoded = inputs.contiguous(memory_format=last).to(self.dtype, memory_format=last)  # bytes are moved faster
        return encoded if inputs.is_floating_point() else encoded.div_(self._white)

    def _load(self) -> None:
        super()._load()
        self._white = torch.tensor(255.0, dtype=self.dtype, device=self.device)  # a number would be wrapped each time

    # ---- training ----------------------------------------------------------------------------------------------------
    def _configure(self) -> None:
        super()._configure()
        self._changes_pictures = not self.spec.augment.off
        self._draws = not {type(stage) for _, stage in self.module.chain()} <= CERTAIN

    def _price(self) -> None:
        super()._price()
        self.part = int(self.part * FASTER)

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

    def prepared(self, inputs: Tensor, step: int, start: int) -> Tensor:
        if not self._changes_pictures:
            return inputs
        generator = torch.Generator(self.device).manual_seed(seed_of(self.experiment.seed, "augment", step, start))
        return augmented(inputs, self.spec.augment, generator)

    def augmented(self, pictures: Tensor, step: int, start: int = 0) -> Tensor:
        """What update `step` makes of pictures (n, channels, height, width) 0…1, were they its batch from `start` of the epoch on."""
        return self.prepared(self.encode(pictures), step, start)

    def seen(self, start: int, stop: int, step: int) -> tuple[Tensor, Tensor]:
        """The pictures that update `step` learns from, as it sees them, and their targets: places `start` to `stop` of the epoch."""
        inputs, targets = self.batch("train", self._order[start:stop])
        return self.prepared(inputs, step, start), targets

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if self.experiment.training.loss == "cross_entropy" and outputs.shape[1] > 1:
            return F.cross_entropy(outputs, targets.long(), reduction="none")  # no table of zeros and ones in between
        return super().criterion(outputs, targets)

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
