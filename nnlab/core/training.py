"""How a run trains: descent (optimiser, rate, schedule, decay, clipping), and around it loss, batches, penalties, stop rule."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, SerializeAsAny

from nnlab.core.fields import Spec, named, param
from nnlab.core.kinds import OptimizerSpec, ScheduleSpec, pick
from nnlab.core.registries import LOSSES, OPTIMIZERS, SCHEDULES


class Descent(Spec):
    """How one group of parameters is updated: all of a network, one player of a GAN, a block with its own rate, a racer."""

    optimizer: Annotated[SerializeAsAny[OptimizerSpec], BeforeValidator(pick(OPTIMIZERS, "kind"))] = param(
        {"kind": "sgd"},
        label="Optimiser",
        live=True,
        help="The rule that turns gradients into updates. A new one starts with an empty memory.",
        validate_default=True,
    )
    learning_rate: float = param(
        0.03,
        ge=1e-6,
        le=10,
        log=True,
        label="Learning rate",
        live=True,
        help="How large a step each update takes.",
    )
    schedule: Annotated[SerializeAsAny[ScheduleSpec], BeforeValidator(pick(SCHEDULES, "kind"))] = param(
        {"kind": "constant"},
        label="Schedule",
        live=True,
        help="How the learning rate changes from epoch to epoch.",
        validate_default=True,
    )
    weight_decay: float = param(
        0.0,
        ge=0,
        le=1,
        label="Weight decay",
        live=True,
        widget="number",
        step=0.001,
        help="Shrinks the weights at each update, as the optimiser defines it. Biases are left out.",
    )
    clip_norm: float = param(
        0.0,
        ge=0,
        le=100,
        label="Clip gradient norm",
        live=True,
        widget="number",
        step=0.1,
        help="Shortens the gradient to at most this length; 0 is off.",
    )


class Stop(Spec):
    """When a run stops by itself; 0 switches a rule off."""

    epochs: int = param(
        0,
        ge=0,
        le=1_000_000,
        label="Stop after",
        unit="epochs",
        live=True,
        widget="number",
        help="Stop after this many epochs; 0 means no limit.",
    )
    target_loss: float = param(
        0.0,
        ge=0,
        le=100,
        label="Target loss",
        live=True,
        widget="number",
        step=0.01,
        help="Stop once the test loss falls to this value; 0 is off.",
    )
    patience: int = param(
        0,
        ge=0,
        le=100_000,
        label="Patience",
        unit="epochs",
        live=True,
        widget="number",
        help="Early stopping: stop when the test loss has not improved for this many epochs; 0 is off.",
    )


class Training(Descent):
    """The descent of the run, its loss, batches, penalties and the stop rule."""

    control_order: ClassVar[tuple[str, ...]] = (
        "loss", "optimizer", "learning_rate", "schedule", "batch_size", "l1", "l2", "weight_decay", "clip_norm", "stop",
    )  # fmt: skip

    loss: Annotated[str, AfterValidator(named(LOSSES))] = param(
        "cross_entropy",
        label="Loss",
        live=True,
        choices=(
            ("cross_entropy", "Cross-entropy"),
            ("mse", "Mean squared error"),
            ("mae", "Mean absolute error"),
            ("huber", "Huber"),
            ("hinge", "Hinge"),
        ),
        help="The number that training minimises.",
    )
    batch_size: int = param(
        10,
        ge=1,
        le=20_000,
        label="Batch size",
        unit="examples",
        live=True,
        widget="batch",
        help="Examples in one update: 1 is stochastic gradient descent, all of them is batch gradient descent.",
    )
    l1: float = param(
        0.0,
        ge=0,
        le=10,
        label="L1 penalty",
        live=True,
        widget="number",
        step=0.001,
        help="Adds this times the sum of |weights| to the loss; drives weights to zero. Biases are left out.",
    )
    l2: float = param(
        0.0,
        ge=0,
        le=10,
        label="L2 penalty",
        live=True,
        widget="number",
        step=0.001,
        help="Adds half of this times the sum of squared weights to the loss. Biases are left out.",
    )
    stop: Stop = param(Stop(), label="Stop rule", live=True, help="When the run stops by itself.")
