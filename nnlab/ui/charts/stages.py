"""The stages of a convolutional network and its classes, for charts."""

from __future__ import annotations

from nnlab.core.experiment import Experiment
from nnlab.core.forms import Answer, Pictures
from nnlab.families.cnn.shapes import Stage, stages
from nnlab.families.cnn.spec import Cnn


def stages_of(spec: Experiment) -> tuple[Stage, ...]:
    """The stages of a convolutional network, from the picture to the answer."""
    model, frame = spec.model, spec.data.form
    if not (isinstance(model, Cnn) and isinstance(frame, Pictures)):
        raise TypeError(f"The model must be a Cnn of pictures; got {type(model).__name__}.")
    return stages(model.blocks, frame, Answer(classes=spec.data.classes).outputs)


def classes_of(spec: Experiment) -> tuple[str, ...]:
    """The names of the classes; numbers where they have none."""
    known: tuple[str, ...] = getattr(spec.data, "class_names", ())
    return known or tuple(str(c) for c in range(spec.data.classes))
