"""A run and how it moves: updates, epochs, phases. No clock and no history here, so that a replay takes the same path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment
from nnlab.core.records import Array, Dataset
from nnlab.core.registries import LEARNERS
from nnlab.core.rng import seed_of
from nnlab.families.learner import PHASES, Learner, Phase, Split
from nnlab.train.history import Curves
from nnlab.train.stopping import Watch, after_change, after_epoch, needs_loss, proceed
from nnlab.train.timeline import Edit, Proceed, Snapshot, Timeline

NOTHING = "There is nothing to learn from: no training points are left. Add some, or raise the training share."

LARGEST = 3e38  # of float32, rounded down
SPLITS: tuple[Split, ...] = ("train", "test")


@dataclass(eq=False)
class Run:
    """One network, its clock and its history. `offset` is how many examples of this epoch the network has seen.

    `phase`: "" or the phase of the present batch that was done last. `metrics`: losses and accuracies when they were
    last measured. `good`: after divergence, the step that `recover` goes back to.
    """

    experiment: Experiment
    dataset: Dataset
    learner: Learner
    n: int
    step: int = 0
    epoch: int = 0
    offset: int = 0
    phase: Phase | Literal[""] = ""
    batch_size: int = 0  # never more than there are examples
    lr: float = 0.0
    watch: Watch = field(default_factory=Watch)
    diverged: bool = False
    good: int = 0
    history: Curves = field(default_factory=Curves)
    metrics: dict[str, float] = field(default_factory=dict)
    timeline: Timeline = field(default_factory=Timeline)
    half: dict[str, Array] | None = None  # the state before a batch that is shown phase by phase
    pace: int = 4  # updates between two looks at the clock
    look: float = 0.0  # when to measure next, on the clock of `advance`

    @property
    def stopped(self) -> str:
        """Why the run has ended, in a sentence; "" while it can go on."""
        if self.diverged:
            return (
                f"Training diverged: after {self.step:,} updates the weights or the loss are no longer numbers. "
                f"Go back to step {self.good:,}, the last good one, and lower the learning rate."
            )
        return self.watch.sentence if self.n else NOTHING

    @property
    def batches(self) -> int:
        """Batches in an epoch, the last partial one included."""
        return -(-self.n // self.batch_size) if self.n else 0

    @property
    def batch(self) -> int:
        """Index of the next batch in this epoch."""
        return -(-self.offset // self.batch_size) if self.n else 0

    @property
    def left(self) -> int:
        """Updates until this epoch ends."""
        return -(-(self.n - self.offset) // self.batch_size) if self.n else 0

    @property
    def span(self) -> tuple[int, int]:
        """First and last step that `seek` can reach."""
        return self.timeline.first, self.timeline.last


def build(experiment: Experiment, dataset: Dataset | None = None) -> Run:
    """A run at its initial weights, with nothing in its history."""
    dataset = dataset or experiment.data.load()
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    learner = LEARNERS.load(experiment.model.family)(experiment, dataset, device)
    run = Run(experiment, dataset, learner, _train_points(dataset))
    begin_epoch(run)
    return run


def begin_epoch(run: Run) -> None:
    """Take the order and learning rate of the present epoch; called again after anything they depend on has changed."""
    training = run.experiment.training
    run.batch_size = min(training.batch_size, run.n)
    run.lr = training.learning_rate * training.schedule.factor(run.epoch)
    if run.n:
        run.learner.shuffle(order(run))


def order(run: Run) -> torch.Tensor:
    """The order in which this epoch takes the training examples (n,)."""
    generator = torch.Generator().manual_seed(seed_of(run.experiment.seed, "order", run.epoch))
    return torch.randperm(run.n, generator=generator)


def updates(run: Run, count: int, *, remember: bool = False) -> bool:
    """`count` updates, at most as many as are left in this epoch; True where they end it.

    `remember`: keep the weights before the last of them in `learner.before`.
    """
    learner, n, size, lr = run.learner, run.n, run.batch_size, run.lr
    learner.before = None
    if remember:
        if count > 1:
            _, run.offset = learner.steps(run.offset, n, batch=size, lr=lr, step=run.step, count=count - 1)
            run.step += count - 1
        learner.before = learner.flat.clone()
        count = 1
    _, run.offset = learner.steps(run.offset, n, batch=size, lr=lr, step=run.step, count=count)
    run.step += count
    return _end_of_epoch(run)


def phase(run: Run) -> dict[str, Array]:
    """The next phase of the present batch, with its numbers; the update ends the batch and, if it is the last, the epoch."""
    done = PHASES.index(run.phase) + 1 if run.phase in PHASES[:-1] else 0
    if done == 0:
        run.half = run.learner.state()
    run.phase = PHASES[done]
    stop = min(run.offset + run.batch_size, run.n)
    if run.phase == "update":
        run.learner.before = run.learner.flat.clone()
    numbers = run.learner.phase(PHASES[done], run.offset, stop, run.lr, run.step)
    if run.phase == "update":
        run.half = None
        run.step += 1
        run.offset = stop
        _end_of_epoch(run)
    return numbers


def finish_batch(run: Run) -> int:
    """Do the remaining phases of a batch that is shown phase by phase; updates done (0 or 1)."""
    begun = run.half is not None
    while run.half is not None:
        phase(run)
    run.phase = ""
    return int(begun)


def abandon_batch(run: Run) -> None:
    """Back to before a batch that is shown phase by phase: what comes next would not be its other half."""
    if run.half is not None:
        run.learner.restore(run.half)
    run.half, run.phase = None, ""


def apply(run: Run, what: Experiment | Edit | Proceed) -> None:
    """A live change, an edited parameter or "go on", at the present place."""
    run.learner.before = None
    if isinstance(what, Edit):
        with torch.inference_mode():
            run.learner.flat[what.index] = what.value
        return
    if isinstance(what, Proceed):
        run.watch = proceed(run.watch, run.epoch)
        return
    old = run.experiment.training.stop
    adopt(run, what)
    run.watch = after_change(run.watch, old, what.training.stop, run.epoch)
    if run.offset >= run.n:
        run.epoch += int(run.n > 0)
        run.offset = 0
    begin_epoch(run)


def adopt(run: Run, experiment: Experiment) -> None:
    """Take over the live fields of `experiment`; weights and place stay."""
    dataset = run.dataset if experiment.data == run.experiment.data else experiment.data.load()
    run.learner.set(experiment, dataset)
    run.experiment, run.dataset, run.n = experiment, dataset, _train_points(dataset)


def snapshot(run: Run) -> Snapshot:
    """Everything that determines what comes next."""
    state = run.half or run.learner.state()
    names = run.timeline.names(state)
    values = tuple(state[name] for name in names)
    place = (run.step, run.timeline.seen, run.epoch, run.offset)
    return Snapshot(*place, run.experiment, run.watch, names, values)


def restore(run: Run, found: Snapshot) -> None:
    """Exactly back to a snapshot."""
    run.half, run.phase = None, ""
    if run.experiment is not found.experiment and run.experiment != found.experiment:
        adopt(run, found.experiment)
    run.learner.restore(found.state)
    run.learner.before = None
    run.step, run.epoch, run.offset, run.watch = found.step, found.epoch, found.offset, found.watch
    run.timeline.seen = found.events
    begin_epoch(run)


def measure(run: Run) -> dict[str, float]:
    """Losses and accuracies at the present weights, kept in `run.metrics`."""
    found = {}
    for split in SPLITS:
        for name, value in run.learner.evaluate(split).items():
            found[f"{split}_{name}"] = value
    run.metrics = found
    return found


def check_index(run: Run, index: int, value: float) -> None:
    """Refuse an edit of a parameter that is not there, or to something that is not a number."""
    size = run.learner.flat.numel()
    if not 0 <= index < size:
        raise Refused.because(f"A parameter's place must be 0 to {size - 1}; got {index}.")
    if not abs(value) <= LARGEST:
        raise Refused.because(f"A parameter must be a number between -{LARGEST:g} and {LARGEST:g}; got {value}.")


def _end_of_epoch(run: Run) -> bool:
    if run.offset < run.n:
        return False
    run.epoch += 1
    run.offset = 0
    stop = run.experiment.training.stop
    if run.n and (stop.epochs or needs_loss(stop)):
        loss = _held_out_loss(run) if needs_loss(stop) else np.nan
        unit = "step" if run.dataset.task == "descent" else "epoch"
        run.watch = after_epoch(run.watch, stop, epoch=run.epoch, loss=loss, unit=unit)
    begin_epoch(run)
    return True


def is_finite(run: Run) -> bool:
    """Whether all weights, and the losses as last measured, are numbers."""
    losses = [value for name, value in run.metrics.items() if name.endswith("_loss")]
    return bool(torch.isfinite(run.learner.flat).all()) and bool(np.isfinite(losses).all())


def _held_out_loss(run: Run) -> float:
    """The test loss; of the training points where there are no others."""
    found = run.learner.evaluate("test") or run.learner.evaluate("train")
    return found["loss"]


def _train_points(dataset: Dataset) -> int:
    return int((~dataset.is_test).sum())
