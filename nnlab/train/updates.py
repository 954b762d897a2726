"""A run and how it moves: updates, epochs, phases. No clock and no history here, so that a replay takes the same path.

Everything is done in pieces that take a few milliseconds: some updates, a part of a large batch, or a slice of the evaluation
that a stop rule waits for at the end of an epoch.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import torch

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment
from nnlab.core.metrics import Metric
from nnlab.core.records import Array, Examples
from nnlab.core.registries import LEARNERS
from nnlab.core.rng import seed_of
from nnlab.core.say import Told, say, tell
from nnlab.families.learner import Learner
from nnlab.train.branches import Branches
from nnlab.train.evaluation import Evaluation, Measuring
from nnlab.train.history import History
from nnlab.train.loading import examples
from nnlab.train.stopping import Watch, after_change, after_epoch, needs_metric, proceed
from nnlab.train.timeline import Edit, Proceed, Snapshot, Timeline, limit_of

NOTHING = tell("stop.nothing")
LARGEST = 3e38  # of float32, rounded down
Judging = Generator[None, None, tuple[Metric, float]]


@dataclass(eq=False)
class Run:
    """One model, its clock and its history. `offset` is how many examples of this epoch it has learnt from.

    `done`: examples of the present batch whose gradient has been added up, for which of the `moves`. `phase`: "" or the phase of the present batch
    that was done last. `half`: the state before a batch that is under way. `judging`: the evaluation that the stop rule
    waits for; `measuring`: that of the samples, where it takes several slices. `good`: after divergence, the step that `recover` goes back to. `clock_s`: processor time of all updates.
    """

    experiment: Experiment
    data: Examples
    learner: Learner
    evaluation: Evaluation
    history: History
    n: int
    step: int = 0
    epoch: int = 0
    offset: int = 0
    done: int = 0
    move: int = 0
    phase: str = ""
    batch_size: int = 0  # never more than there are examples
    lr: float = 0.0
    watch: Watch = field(default_factory=Watch)
    diverged: bool = False
    good: int = 0
    timeline: Timeline = field(default_factory=Timeline)
    branches: Branches = field(default_factory=Branches)
    half: dict[str, Array] | None = None
    judging: Judging | None = None
    measuring: Measuring | None = None
    stale: bool = True  # whether the weights have changed since the metrics were measured
    clock_s: float = 0.0
    pace: int = 4  # updates between two readings of the clock
    held: bool = False  # whether the last call to `advance` was for so many updates, and not for so much time
    look: float = 0.0  # when to measure next, on the clock of `advance`
    look_cost_s: float = 0.0  # of the measurement that is under way
    preparation: Generator[Any, None, None] | None = None  # what comes before the first update, where it is under way

    @property
    def metrics(self) -> dict[str, float]:
        """As last measured; see `Evaluation`."""
        return self.evaluation.metrics

    @property
    def stopped(self) -> Told | None:
        """Why the run has ended; None while it can go on."""
        if self.diverged:
            return tell("stop.diverged", step=self.step, good=self.good)
        return self.watch.stop if self.n else NOTHING

    @property
    def batches(self) -> int:
        """Batches in an epoch, the last partial one included."""
        return -(-self.n // self.batch_size) if self.n else 0

    @property
    def batch(self) -> int:
        """Index of the next batch in this epoch."""
        return -(-self.offset // self.batch_size) if self.n else 0

    @property
    def place(self) -> float:
        """Where it stands, in epochs."""
        return self.epoch + (self.offset / self.n if self.n else 0.0)

    @property
    def left(self) -> int:
        """Updates until this epoch ends."""
        return -(-(self.n - self.offset) // self.batch_size) if self.n else 0

    def limit_history(self, most_bytes: int) -> None:
        """At most so many bytes for snapshots and branches, and never more than the number of parameters allows."""
        self.timeline.limit = min(most_bytes, limit_of(self.learner.flat.numel()))
        self.branches.fit(self.timeline)

    @property
    def least_history(self) -> int:
        """Bytes of one snapshot, which any history holds."""
        return self.timeline.least

    @property
    def course(self) -> int:
        """How often it went back and on in another way, or returned to a branch."""
        return self.branches.course

    @property
    def span(self) -> tuple[int, int]:
        """First and last step that `seek` can reach."""
        return self.timeline.first, self.timeline.last


def build(experiment: Experiment, data: Examples | None = None) -> Run:
    """A run at its initial weights, with nothing in its history; `data` are its examples where another run has them."""
    data = examples(experiment.data) if data is None else data
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    learner: Learner = LEARNERS.load(experiment.model.family)(experiment, data, device)
    history = History([metric.name for metric in learner.metrics])
    run = Run(experiment, data, learner, Evaluation(learner), history, data.count("train"))
    run.timeline.limit = limit_of(learner.flat.numel())
    begin_epoch(run)
    return run


def begin_epoch(run: Run) -> None:
    """Take the order and learning rate of the present epoch; called again after anything they depend on has changed."""
    training = run.experiment.training
    run.batch_size = min(training.batch_size, run.n)
    run.lr = training.learning_rate * training.schedule.factor(run.epoch)
    moved(run)
    if run.n:
        run.learner.shuffle(order(run), run.epoch)


def order(run: Run, epoch: int | None = None) -> torch.Tensor:
    """The order in which this epoch takes the training examples (n,), or another one."""
    epoch = run.epoch if epoch is None else epoch
    generator = torch.Generator().manual_seed(seed_of(run.experiment.seed, "order", epoch))
    return torch.randperm(run.n, generator=generator)


# ---- pieces of work --------------------------------------------------------------------------------------------------
def updates(run: Run, count: int, *, remember: bool = False) -> bool:
    """One piece of work: at most `count` updates, not beyond this epoch, or less; True where an epoch has ended.

    `remember`: keep the weights before the last of them in `learner.before`.
    """
    moved(run)
    if run.judging is not None:
        return _judge(run)
    if run.batch_size > run.learner.part:
        return _part(run)
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
    return end_of_batch(run)


def _part(run: Run) -> bool:
    """The gradient of the next part of a large batch, and behind the last one the step with it: in turn for each of the moves."""
    stop = min(run.offset + run.batch_size, run.n)
    if run.half is None:
        run.half, run.done, run.move = run.learner.state(), 0, 0
    if run.offset + run.done < stop and not gather(run, stop):
        return False
    take_step(run)
    if run.move < len(run.learner.moves):
        return False
    run.half, run.done, run.move = None, 0, 0
    run.step += 1
    run.offset = stop
    return end_of_batch(run)


def take_step(run: Run) -> None:
    """The step with the gradient of all parts."""
    if run.move == 0:
        run.learner.before = run.learner.flat.clone()
    run.learner.update(run.lr, run.step, run.move)
    run.done, run.move = 0, run.move + 1


def gather(run: Run, stop: int) -> bool:
    """Add the next part of the batch up to `stop` to the gradient; whether it was the last."""
    start = run.offset + run.done
    last = min(start + run.learner.part, stop)
    share = (last - start) / (stop - run.offset)
    run.learner.accumulate(start, last, share=share, step=run.step, first=run.done == 0, move=run.move)
    run.done = last - run.offset
    return last == stop


def drop_batch(run: Run) -> None:
    """Back to before a batch that is under way: what comes next would not be its other half."""
    if run.half is not None:
        run.learner.restore(run.half)
    run.half, run.phase, run.done, run.move = None, "", 0, 0


def end_of_batch(run: Run) -> bool:
    """Whether this was the last batch of the epoch and the next has begun; else the stop rule's evaluation may have begun."""
    if run.offset < run.n or run.n == 0:
        return False
    if needs_metric(run.experiment.training.stop):
        run.judging = run.evaluation.judged()
        return False
    _end_of_epoch(run, None)
    return True


def _judge(run: Run) -> bool:
    if run.judging is None:
        return False
    try:
        next(run.judging)
    except StopIteration as stop:
        run.judging = None
        _end_of_epoch(run, stop.value)
        return True
    return False


def _end_of_epoch(run: Run, measured: tuple[Metric, float] | None) -> None:
    run.epoch += 1
    run.offset = 0
    rule = run.experiment.training.stop
    if rule.epochs or measured is not None:
        unit = run.experiment.model.pass_name
        run.watch = after_epoch(run.watch, rule, epoch=run.epoch, measured=measured, unit=unit)
    begin_epoch(run)


# ---- what happens at a place -------------------------------------------------------------------------------------------
def apply(run: Run, what: Experiment | Edit | Proceed) -> None:
    """A live change, an edited parameter or "go on", at the present place.

    Where an epoch has ended and the stop rule's evaluation is under way, that begins anew: it judges what was made of the run.
    """
    run.learner.before, run.judging = None, None
    moved(run)
    if isinstance(what, Edit):
        with torch.inference_mode():
            run.learner.flat[what.index] = what.value
    elif isinstance(what, Proceed):
        run.watch = proceed(run.watch, run.epoch)
    else:
        old = run.experiment.training.stop
        adopt(run, what)
        run.watch = after_change(run.watch, old, what.training.stop, run.epoch)
        run.offset = min(run.offset, run.n)
        begin_epoch(run)
    end_of_batch(run)


def adopt(run: Run, experiment: Experiment) -> None:
    """Take over the live fields of `experiment`; weights and place stay."""
    data = run.data if experiment.data == run.experiment.data else examples(experiment.data)
    run.learner.set(experiment, data)
    if data is not run.data:
        run.evaluation.renew()
    run.experiment, run.data, run.n = experiment, data, data.count("train")


def snapshot(run: Run) -> Snapshot:
    """Everything that determines what comes next."""
    state = run.half or run.learner.state()
    names = run.timeline.names(state)
    values = tuple(state[name] for name in names)
    place = (run.step, run.timeline.seen, run.epoch, run.offset)
    return Snapshot(*place, run.experiment, run.watch, names, values, run.clock_s)


def restore(run: Run, found: Snapshot) -> None:
    """Exactly back to a snapshot."""
    run.half, run.phase, run.done, run.move, run.judging = None, "", 0, 0, None
    if run.experiment is not found.experiment and run.experiment != found.experiment:
        adopt(run, found.experiment)
    run.learner.restore(found.state)
    run.learner.before = None
    run.step, run.epoch, run.offset, run.watch = found.step, found.epoch, found.offset, found.watch
    run.clock_s = found.clock_s
    run.timeline.seen = found.events
    begin_epoch(run)
    end_of_batch(run)


def moved(run: Run) -> None:
    """The weights are others now: what was measured is out of date."""
    run.stale, run.measuring = True, None


def measured(run: Run) -> bool:
    """A slice of measuring the present weights on the samples of `Evaluation`; True where it is done."""
    run.measuring = run.evaluation.measuring() if run.measuring is None else run.measuring
    try:
        next(run.measuring)
    except StopIteration:
        run.measuring, run.stale = None, False
    return not run.stale


def check_index(run: Run, index: int, value: float) -> None:
    """Refuse an edit of a parameter that is not there, or to something that is not a number."""
    size = run.learner.flat.numel()
    if not 0 <= index < size:
        raise Refused.because(say("A parameter's place must be 0 to {last}; got {index}.", last=size - 1, index=index))
    if not abs(value) <= LARGEST:
        told = "A parameter must be a number between -{limit:g} and {limit:g}; got {value}."
        raise Refused.because(say(told, limit=LARGEST, value=value))


def is_finite(run: Run) -> bool:
    """Whether all weights, and the losses as last measured, are numbers."""
    losses = [run.metrics[m.name] for m in run.learner.metrics if m.better and m.name in run.metrics]
    low, high = run.learner.flat.aminmax()  # NaN where one is; a tenth of what isfinite takes, which every slice pays
    return all(math.isfinite(number) for number in (float(low), float(high), *losses))
