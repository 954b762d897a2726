"""What learners of pictures share: bytes become numbers channels-last, and training pictures may be changed at random."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.core.forms import Pictures
from nnlab.core.rng import seed_of
from nnlab.families.cnn.augment import augmented
from nnlab.families.cnn.spec import Convolutional
from nnlab.families.module_learner import ModuleLearner


class PicturesLearner(ModuleLearner):
    """See `ModuleLearner`. Pictures and kernels lie channels-last in memory, which the convolutions of a CPU like best."""

    @property
    def spec(self) -> Convolutional:
        """The network's specification."""
        spec = self.experiment.model
        if not isinstance(spec, Convolutional):
            raise TypeError(f"The model must be convolutional; got {type(spec).__name__}.")
        return spec

    @property
    def form(self) -> Pictures:
        """Height, width and channels of the pictures."""
        form = self.data.form
        if not isinstance(form, Pictures):
            raise TypeError(f"The data must be pictures; got {form.name}.")
        return form

    def encode(self, inputs: Tensor) -> Tensor:
        """Bytes or 0…1 (n, channels, height, width) -> 0…1, channels-last; a single channel is so by its strides alone."""
        last = torch.channels_last
        encoded = inputs.contiguous(memory_format=last).to(self.dtype, memory_format=last)  # bytes are moved faster
        return encoded if inputs.is_floating_point() else encoded.div_(self._white)

    def _load(self) -> None:
        super()._load()
        self._white = torch.tensor(255.0, dtype=self.dtype, device=self.device)  # a number would be wrapped each time

    def _configure(self) -> None:
        super()._configure()
        self._changes_pictures = not self.spec.augment.off

    def prepared(self, inputs: Tensor, step: int, start: int) -> Tensor:
        if not self._changes_pictures:
            return inputs
        generator = torch.Generator(self.device).manual_seed(seed_of(self.experiment.seed, "augment", step, start))
        return augmented(inputs, self.spec.augment, generator)

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if self.experiment.training.loss == "cross_entropy" and outputs.shape[1] > 1:
            return F.cross_entropy(outputs, targets.long(), reduction="none")  # no table of zeros and ones in between
        return super().criterion(outputs, targets)
