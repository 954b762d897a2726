"""Backpropagation number by number: one batch forward, its loss, the gradient back, the update, and the loss after it.

The record holds the numbers of the equations written out by hand (`equations`), and beside each derivative two independent
ones: autograd's, and the central finite difference (L(w + h) - L(w - h)) / 2h. All in float64 from the run's own weights.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.mlp import equations
from nnlab.analysis.mlp.equations import Values
from nnlab.analysis.weights.landscape import Study
from nnlab.core.errors import Refused
from nnlab.core.records import Array
from nnlab.core.say import say
from nnlab.families.learner import Learner
from nnlab.families.losses import loss_of
from nnlab.families.mlp.engine import trace
from nnlab.families.mlp.features import features
from nnlab.families.mlp.layout import hidden_matrices, weight_mask
from nnlab.families.mlp.spec import MLP
from nnlab.optim.penalties import CLIP_EPS
from nnlab.optim.phases import Place, update
from nnlab.train.updates import Run, order

MAX_PARAMETERS = 500  # of which each is shown, and moved twice for its finite difference
MAX_EXAMPLES = 1_000
STEP = 1e-5  # of a finite difference: its error is about STEP**2 from the curve and 1e-16 / STEP from rounding
TOLERANCE = 1e-4  # to which the three derivatives agree
KINK = 1e-3  # between the slopes on both sides of a weight: more is a corner in the loss
AT_ONCE = 20  # finite differences between two reports of the progress
REACH = 1e6  # of typed inputs and targets


@dataclass(frozen=True)
class Examples:
    """Points (n, 2), labels (n,) and ids (n,) as typed (id -1: only asked for here), features (k, n), and targets (n_outputs, n) as the loss takes them."""

    points: Values
    labels: Values
    ids: Values
    features: Values
    targets: Values


def backprop(run: Run, options: Mapping[str, Any]) -> Study:
    """Every number of the next update of `run`.

    Options: none for the batch that the run takes next; "example": i for the i-th of that batch alone; "inputs": [x, y]
    with "target" (a number, or a class) for an example of one's own.

    Returns float64 arrays. U hidden and output units in order, P parameters in the order of `flat`, n examples:
    "points" (n, 2), "labels" (n,), "ids" (n,), "inputs" (features, n), "targets" (n_outputs, n); "z", "a", "da" = dL/da, "slope" =
    f'(z) and "delta" = dL/dz (U, n), NaN where a function has no such number (softmax has no slope of its own);
    "losses" (n,), "loss" (1,); "weights", "gradient" by hand, "autograd", "difference" (P,), "kink" (P,): 1 where the
    loss has a corner and so no derivative; "error" (2,): how far autograd and differences are from it at most, corners
    left out; "used" (P,): the gradient after penalties and clipping; "change" (P,), "loss_after" (1,), "a_after" (U, n);
    "part.<name>" and "quantity.<name>" (P,): the terms of the update rule, a quantity NaN where it has no part in it; "at" (4,): step, epoch, learning rate, n.
    """
    learner = run.learner
    _check(run)
    examples = _examples(run, options)
    flat = learner.flat.detach().cpu().numpy().astype(np.float64)
    passed = equations.forward(flat, learner.blocks, examples.features)
    loss = run.experiment.training.loss
    back = equations.backward(flat, learner.blocks, passed, targets=examples.targets, loss=loss)
    losses = equations.losses(passed, examples.targets, loss)
    record: dict[str, Array] = {
        "points": examples.points,
        "labels": examples.labels,
        "ids": examples.ids,
        "inputs": examples.features,
        "targets": examples.targets,
        "z": np.concatenate(passed.z),
        "a": np.concatenate(passed.a),
        "da": np.concatenate(back.da),
        "slope": np.concatenate(back.slope),
        "delta": np.concatenate(back.delta),
        "losses": losses,
        "loss": losses.mean(keepdims=True),
        "weights": flat,
        "gradient": back.gradient,
        "autograd": autograd(learner, flat, examples),
        "at": np.array([run.step, run.epoch, run.lr, len(losses)], float),
    }
    record |= yield from _differences(learner, flat, examples, back.gradient)
    smooth = record["kink"] == 0
    record["error"] = np.array(
        [np.abs(record[name] - back.gradient)[smooth].max(initial=0) for name in ("autograd", "difference")]
    )
    return record | _update(run, flat, examples, back.gradient)


def autograd(learner: Learner, flat: Values, examples: Examples) -> Values:
    """The same gradient by torch's automatic differentiation in float64."""
    loss = loss_of(learner.experiment, learner.data.answer)
    with torch.inference_mode(False), torch.enable_grad():
        weights = torch.tensor(flat, requires_grad=True)
        z = trace(weights, learner.blocks, torch.tensor(examples.features))[0][-1]
        (found,) = torch.autograd.grad(loss.mean(z, torch.tensor(examples.targets)), weights)
    gradient: Values = found.numpy()
    return gradient


def _differences(
    learner: Learner, flat: Values, examples: Examples, gradient: Values
) -> Generator[float, None, dict[str, Array]]:
    """Central finite differences of the loss (P,), and where the loss has a corner between the two sides."""
    blocks, loss = learner.blocks, learner.experiment.training.loss

    def at(weights: Values) -> float:
        passed = equations.forward(weights, blocks, examples.features)
        return float(equations.losses(passed, examples.targets, loss).mean())

    here, moved = at(flat), flat.copy()
    difference, kink = np.zeros_like(flat), np.zeros_like(flat)
    for i, value in enumerate(flat):
        h = STEP * max(1.0, abs(float(value)))
        moved[i] = value + h
        above = at(moved)
        moved[i] = value - h
        below = at(moved)
        moved[i] = value
        difference[i] = (above - below) / (2 * h)
        corner = abs((above - here) - (here - below)) / h > KINK
        kink[i] = corner and abs(difference[i] - gradient[i]) > TOLERANCE
        if i % AT_ONCE == AT_ONCE - 1:
            yield (i + 1) / len(flat)
    return {"difference": difference, "kink": kink}


def _update(run: Run, flat: Values, examples: Examples, gradient: Values) -> dict[str, Array]:
    """What the optimiser makes of the gradient, and what the network says of the same examples afterwards."""
    learner, training = run.learner, run.experiment.training
    mask = weight_mask(torch.tensor(flat), learner.blocks).numpy()
    used = gradient + training.l2 * mask * flat + training.l1 * mask * np.sign(flat)
    if training.clip_norm:
        used = used * min(1.0, training.clip_norm / (float(np.linalg.norm(used)) + CLIP_EPS))
    memory = {k.removeprefix("rule."): v for k, v in learner.state().items() if k.startswith("rule.")}
    matrices = hidden_matrices(learner.blocks)
    place = Place(flat, used, mask, memory, run.lr, training.weight_decay, matrices)
    made = update(training.optimizer, place)
    passed = equations.forward(flat + made.total, learner.blocks, examples.features)
    after = equations.losses(passed, examples.targets, training.loss).mean(keepdims=True)
    found: dict[str, Array] = {"used": used, "change": made.total, "loss_after": after}
    found["a_after"] = np.concatenate(passed.a)
    found |= {f"part.{part.name}": part.array for part in made.parts}
    return found | {f"quantity.{q.name}": q.array for q in made.quantities}


def _check(run: Run) -> None:
    """Refuse networks whose numbers are not those of the equations, or are too many to look at."""
    model, size = run.experiment.model, run.learner.flat.numel()
    if not isinstance(model, MLP) or not model.plain:
        reason = (
            "Only networks without dropout, normalisation and skip connections can show every number; switch them off."
        )
        raise Refused.because(say(reason))
    if size > MAX_PARAMETERS:
        reason = (
            "To show every number, the network must have at most {most} weights and biases; got {got}. Choose fewer "
            "layers or neurons."
        )
        raise Refused.because(say(reason, most=MAX_PARAMETERS, got=size))
    if not bool(torch.isfinite(run.learner.flat).all()):
        raise Refused.because(say("The weights are infinite or not a number: go back to the last good step first."))


def _examples(run: Run, options: Mapping[str, Any]) -> Examples:
    """The examples that `options` name."""
    if "inputs" in options or "target" in options:
        return _typed(run, options)
    if not run.n:
        reason = "There is nothing to learn from: no training examples are left. Add some, or raise the training share."
        raise Refused.because(say(reason))
    example, size = options.get("example"), min(run.batch_size, run.n - run.offset)
    if example is None and size > MAX_EXAMPLES:
        reason = "To show every number, the batch must have at most {most:,} examples; got {got:,}. Choose a smaller batch, or one example."
        raise Refused.because(say(reason, most=MAX_EXAMPLES, got=size), "batch_size")
    rows = order(run)[run.offset : run.offset + size].numpy()
    if example is not None:
        if isinstance(example, bool) or not isinstance(example, int) or not 0 <= example < len(rows):
            reason = "The example must be a whole number from 0 to {last}; got {got}."
            raise Refused.because(say(reason, last=len(rows) - 1, got=str(example)[:20]), "example")
        rows = rows[[example]]
    data = run.data
    chosen = np.flatnonzero(~data.is_test)[rows]
    return _prepared(run, data.inputs[chosen], data.targets[chosen], data.ids[chosen])


def _typed(run: Run, options: Mapping[str, Any]) -> Examples:
    """One example from typed numbers."""
    inputs, target, data = options.get("inputs"), options.get("target"), run.data.answer
    if not (isinstance(inputs, list | tuple) and len(inputs) == 2 and all(_is_number(v) for v in inputs)):
        reason = "The inputs must be two numbers, x and y; got {got}."
        raise Refused.because(say(reason, got=str(inputs)[:40]), "inputs")
    if data.kind == "class" and not (_is_number(target) and target in range(data.classes)):
        reason = "The target must be a class from 0 to {last}; got {got}."
        raise Refused.because(say(reason, last=data.classes - 1, got=str(target)[:20]), "target")
    if not _is_number(target):
        raise Refused.because(say("The target must be a number; got {got}.", got=str(target)[:20]), "target")
    return _prepared(run, np.array([inputs], float), np.array([target], float), np.array([-1]))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= REACH


def _prepared(run: Run, points: Array, labels: Array, ids: Array) -> Examples:
    loss = loss_of(run.experiment, run.data.answer)
    model = run.experiment.model
    if not isinstance(model, MLP):
        raise TypeError(f"The model must be an MLP; got {type(model).__name__}.")
    x, y = points.astype(np.float64), labels.astype(np.float64)
    found = features(torch.tensor(x), model.features).numpy()
    return Examples(x, y, ids.astype(np.float64), found, loss.targets(torch.tensor(y)).t().numpy())


BACKPROP = OnRequest(backprop, when=lambda learner: isinstance(learner.experiment.model, MLP))
