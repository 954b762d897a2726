"""What can be chosen about a single neuron. No torch here: the server draws the controls from it."""

from __future__ import annotations

from typing import Any, Literal

from nnlab.core.errors import Problem
from nnlab.core.fields import param
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.say import say
from nnlab.core.training import Training

Unit = Literal["sigmoid", "perceptron", "linear"]
Rule = Literal["perceptron", "delta", "logistic"]
FAR = 30.0  # no start lies further out than this


class Neuron(ModelSpec):
    """One neuron, z = w1 x + w2 y + b: nothing of it is hidden."""

    family: Literal["neuron"]
    unit: Unit = param(
        "sigmoid",
        label="Unit",
        choices=(("perceptron", "Perceptron"), ("linear", "Linear unit"), ("sigmoid", "Sigmoid neuron")),
        help="What the neuron turns its weighted sum into: a sign, the sum itself, or a probability.",
    )
    rule: Rule = param(
        "perceptron",
        label="Learning rule",
        choices=(("perceptron", "Perceptron rule"), ("delta", "Delta rule"), ("logistic", "Logistic loss")),
        help="The rule that the large numbers show; the other two learn from the same points.",
    )
    order: Literal["shuffled", "fixed"] = param(
        "fixed",
        label="Order of the points",
        live=True,
        choices=(("fixed", "Always the same"), ("shuffled", "Shuffled in each epoch")),
        help="With a fixed order, nnlab detects a cycle, because the weights repeat exactly.",
    )
    bias: bool = param(
        True,
        label="Bias",
        help="Lets the line miss the origin. Without it, weight space is a plane and can be drawn.",
    )
    scaled: bool = param(
        False,
        label="Feature scaling",
        help="Uses (x − mean) / standard deviation instead of x: the valley of the squared error becomes round.",
    )
    race: bool = param(
        False,
        label="Three batch sizes at once",
        help="One linear unit learns after every example, one after each mini-batch, one after each epoch.",
    )
    mini: int = param(
        8, ge=2, le=1000, label="Mini-batch", unit="examples", live=True, help="Examples in one mini-batch of the race."
    )
    w1: float = param(
        1.0, ge=-FAR, le=FAR, label="First weight at the start", widget="number", step=0.1, help="w1 (w) at step 0."
    )
    w2: float = param(
        -1.0, ge=-FAR, le=FAR, label="Second weight at the start", widget="number", step=0.1, help="w2 at step 0."
    )
    b: float = param(0.0, ge=-FAR, le=FAR, label="Bias at the start", widget="number", step=0.1, help="b at step 0.")

    @classmethod
    def example(cls) -> dict[str, Any]:
        data = {"kind": "gaussians", "samples": 100, "noise": 20}
        return {"data": data, "model": {"family": "neuron"}, "training": {"batch_size": 10}}

    @classmethod
    def largest(cls) -> dict[str, Any]:
        data = {"kind": "gaussians", "samples": 5_000, "train_share": 90, "noise": 20}
        return {"data": data, "model": {"family": "neuron"}, "training": {"batch_size": 20_000}}

    def losses_for(self, data: DataSpec) -> tuple[str, ...]:
        """Of a sigmoid neuron the two that are compared."""
        return ("cross_entropy", "mse") if self.unit == "sigmoid" else super().losses_for(data)

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        problems = []
        if self.unit == "linear" and data.kind != "line":
            reason = "The data of a linear unit must be points along a line; got {got}. Choose Line."
            problems.append(Problem("data", say(reason, got=data.kind)))
        if self.unit != "linear" and (data.target, data.classes) != ("class", 2):
            got = say("{count} classes", count=data.classes) if data.target == "class" else say("numbers")
            problems.append(Problem("data", say("The data of this neuron must have two classes; got {got}.", got=got)))
        return problems + self._check_training(training)

    def _check_training(self, training: Training) -> list[Problem]:
        problems = []
        compared = self.unit != "linear" or self.race
        if compared and training.optimizer.kind != "sgd":
            reason = "Optimiser must be sgd where neurons are compared; got {got}."
            problems.append(Problem("training.optimizer", say(reason, got=training.optimizer.kind)))
        if compared and training.weight_decay:
            reason = "Weight decay must be 0 where neurons are compared; got {got:g}."
            problems.append(Problem("training.weight_decay", say(reason, got=training.weight_decay)))
        if training.optimizer.kind == "muon":
            reason = "Optimiser must not be muon: one neuron has no hidden weight matrix. Choose another one."
            problems.append(Problem("training.optimizer", say(reason)))
        one_by_one = self.unit == "perceptron" or (self.unit == "linear" and self.race)
        if one_by_one and training.batch_size != 1:
            reason = "Batch size must be 1, because this unit learns point by point; got {got}."
            problems.append(Problem("training.batch_size", say(reason, got=training.batch_size)))
        return problems
