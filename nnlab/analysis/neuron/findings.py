"""The findings of one neuron, each by the number that its view shows: a rate beyond the limit, and a perceptron without a line.

`beyond`: on the squared error of all examples at once plain descent ends higher with each step beyond a rate of 2 / lambda_max
(LeCun et al. 1998, section 4.3), which is known before the loss has risen. `cycle`: where no line separates the points the
perceptron's weights stay bounded and never rest (Block and Levin 1970), which is no divergence; whether they have come back is
known exactly (`Tally`), and so is what the other rules get right of the same points.
"""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, rounded
from nnlab.analysis.diagnosis.symptoms import RECENT, Symptoms
from nnlab.analysis.neuron.rows import margin_of
from nnlab.analysis.neuron.surfaces import curvature
from nnlab.core.say import tell
from nnlab.families.neuron.learner import RULES, NeuronLearner
from nnlab.train.updates import Run

LIMIT, SOFT_LIMIT = 1.0, 0.995  # of 2 / lambda_max
HIGHEST = 10.0  # rate that can be chosen
BETTER, SOFT_BETTER = 0.03, 0.02  # of the training points: what another rule gets right beyond the perceptron's mean


def beyond(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The rate in force beside its limit."""
    one = run.learner
    if not isinstance(one, NeuronLearner) or not run.n:
        return None
    limit = float(curvature(one)[2])
    if limit <= 0 or run.lr <= (SOFT_LIMIT if active else LIMIT) * limit:
        return None
    remedy = Remedy({"training.learning_rate": min(rounded(limit / 2), HIGHEST)}, "restart_rate", "reset")
    return found("beyond", remedy, rate=run.lr, limit=limit)


def _on_the_bowl(run: Run) -> bool:
    """Plain descent of a linear unit on the mean squared error of all examples at once."""
    training, unit = run.experiment.training, getattr(run.experiment.model, "unit", "")
    plain = training.optimizer.kind == "sgd" and not training.clip_norm and run.batch_size >= run.n
    return isinstance(run.learner, NeuronLearner) and unit == "linear" and training.loss == "mse" and plain


BEYOND = Rule("beyond", beyond, applies=_on_the_bowl, certain=True)


def cycle(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """After how many epochs the weights repeat (0: not yet), the mistakes so far, and the rule that gets more points right."""
    one = run.learner
    if not isinstance(one, NeuronLearner) or not run.n or margin_of(one).gamma > 0:
        return None
    period, mistakes = one.tally.period, one.tally.mistakes
    own = float(run.history.column("train_accuracy")[: len(seen.steps)][-RECENT:].mean())
    right = {name: one.right_with(one.weights[i]) / run.n for i, name in enumerate(RULES) if i != one.lead}
    best = max(right, key=lambda name: right[name])
    if run.epoch < 1 or right[best] < own + (SOFT_BETTER if active else BETTER):
        return Finding(tell("cycle", period=period, mistakes=mistakes))
    return found("cycle", Remedy({"model.rule": best}, "another_rule"), period=period, mistakes=mistakes)


def _perceptron(run: Run) -> bool:
    """The perceptron's own rule is the one that is shown."""
    unit, rule = (getattr(run.experiment.model, name, "") for name in ("unit", "rule"))
    return isinstance(run.learner, NeuronLearner) and unit == rule == RULES[0]


CYCLE = Rule("cycle", cycle, applies=_perceptron)
