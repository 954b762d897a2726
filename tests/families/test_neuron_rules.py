"""The perceptron rule, its bound, its circle and its pocket, against straightforward reimplementations and a margin by SVM."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from sklearn.svm import SVC

from nnlab.analysis.neuron.margin import allowed, margin
from nnlab.analysis.neuron.rows import margin_of, perceptron
from nnlab.core.experiment import experiment
from nnlab.families.neuron.memory import Tally
from nnlab.train.run import advance, edit, seek, start

XOR = [(2.0, 2.0, 1.0), (2.0, -2.0, 0.0), (-2.0, -2.0, 1.0), (-2.0, 2.0, 0.0)]


def begin(points, lr=1.0, **model):
    """A run of a perceptron on drawn points, from zero weights."""
    value = {"family": "neuron", "unit": "perceptron", "w1": 0, "w2": 0, "b": 0, **model}
    data = {"kind": "drawn", "added": [tuple(map(float, p)) for p in points]}
    return start(experiment({"data": data, "model": value, "training": {"batch_size": 1, "learning_rate": lr}}))


def until(run, done, *, epochs):
    """Whether it comes to that within so many epochs."""
    while not done(run.learner.tally) and run.epoch < epochs:
        advance(run, epochs=10)
    return bool(done(run.learner.tally))


def cloud(seed, n=20, gap=0.3):
    """Random points, at least `gap` away from a random line."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-6, 6, (n, 2)).round(3)
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-2, 2)
    s = x @ [np.cos(angle), np.sin(angle)] + offset
    x, s = x[np.abs(s) > gap], s[np.abs(s) > gap]
    return [(a, b, float(c > 0)) for (a, b), c in zip(x, s, strict=True)]


def rows_of(points):
    x = np.array([[p[0], p[1], 1.0] for p in points])
    return x, np.array([1.0 if p[2] else -1.0 for p in points])


def by_hand(x, t, epochs, lr=1.0):
    """Rosenblatt's rule as it stands in the books: weights and mistakes after so many passes."""
    w, mistakes = np.zeros(x.shape[1]), 0
    for _ in range(epochs):
        for row, target in zip(x, t, strict=True):
            if target * (w @ row) <= 0:
                w = w + lr * target * row
                mistakes += 1
    return w, mistakes


@pytest.mark.parametrize("seed", range(8))
def test_the_rule_is_rosenblatts(seed):
    points = cloud(seed)
    run = begin(points, lr=0.25)
    advance(run, epochs=5)
    w, mistakes = by_hand(*rows_of(points), epochs=5, lr=0.25)
    np.testing.assert_allclose(run.learner.flat.numpy(), w, atol=1e-12)
    assert run.learner.tally.mistakes == mistakes


def test_the_other_two_rules_are_their_equations():
    points = cloud(3)
    run = begin(points, lr=0.01)
    advance(run, epochs=3)
    x, t = rows_of(points)
    delta, logistic = np.zeros(3), np.zeros(3)
    for _ in range(3):
        for row, target in zip(x, t, strict=True):
            delta += 0.01 * (target - delta @ row) * row
            logistic += 0.01 * target * row / (1 + np.exp(target * (logistic @ row)))
    np.testing.assert_allclose(run.learner.weights[1], delta, atol=1e-10)
    np.testing.assert_allclose(run.learner.weights[2], logistic, atol=1e-10)


@pytest.mark.parametrize("rule", ["perceptron", "delta", "logistic"])
def test_all_three_learn_alike_whichever_is_followed(rule):
    first, other = begin(cloud(5), lr=0.01), begin(cloud(5), lr=0.01, rule=rule)
    for run in (first, other):
        advance(run, epochs=4)
    np.testing.assert_array_equal(first.learner.weights, other.learner.weights)
    assert (
        other.learner.flat.tolist() == other.learner.weights[["perceptron", "delta", "logistic"].index(rule)].tolist()
    )


def test_novikoffs_bound_is_never_exceeded_on_500_separable_sets():
    tightest = np.inf
    for seed in range(500):
        points = cloud(seed, n=12 + seed % 20, gap=0.2 + 0.1 * (seed % 5))
        x, t = rows_of(points)
        found = margin(x, t)
        assert found.gamma > 0
        bound = (found.radius / found.gamma) ** 2
        tally, w = Tally(3), np.zeros(3)
        tally.begin(w, 1.0, inside=False)
        while True:
            before = tally.mistakes
            for row, target in zip(x, t, strict=True):
                if target * (w @ row) <= 0:
                    w = tally.wrong(target * row)
            assert tally.mistakes <= bound
            if tally.mistakes == before:
                break
        tightest = min(tightest, bound / max(1, tally.mistakes))
    assert tightest < 20, "the sets are hard enough to come near the bound"


@pytest.mark.parametrize("seed", range(12))
def test_the_margin_is_that_of_a_support_vector_machine(seed):
    x, t = rows_of(cloud(seed, n=40))
    found = margin(x, t)
    # Each point with its mirror image: the machine's own threshold is then 0, as the bias is a weight here.
    machine = SVC(kernel="linear", C=1e9, tol=1e-9).fit(np.vstack([x, -x]), np.concatenate([t, -t]))
    assert found.gamma == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-4)
    np.testing.assert_allclose(found.direction, machine.coef_[0] / np.linalg.norm(machine.coef_), atol=1e-3)
    assert (x * t[:, None] @ found.direction).min() == pytest.approx(found.gamma)
    assert found.radius == pytest.approx(max(math.sqrt(a * a + b * b + 1) for a, b, _ in x)), (
        "R, of the points with their 1"
    )


def test_classes_that_no_line_separates_have_no_margin():
    assert margin(*rows_of(XOR)).gamma == 0
    assert allowed(margin(*rows_of(XOR)), np.zeros(3)) == np.inf
    assert margin(*rows_of([(1, 1, 1), (1, 1, 0), (3, 2, 1)])).gamma == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_holds_from_any_start_too(seed):
    points = cloud(seed)
    at = np.random.default_rng(seed).uniform(-20, 20, 3).round(2)
    run = begin(points, w1=at[0], w2=at[1], b=at[2])
    assert until(run, lambda tally: tally.settled, epochs=400)
    facts = perceptron(run.learner, {})["perceptron"]
    assert facts[0] <= facts[7]
    assert allowed(margin_of(run.learner), np.zeros(3)) == pytest.approx(facts[9], rel=1e-5)


def exact_period(points, epochs=2000):
    """Epochs after which the sum of the corrections comes back, in fractions."""
    rows = [[Fraction(str(v)) for v in (p[0], p[1])] + [Fraction(1)] for p in points]
    t = [1 if p[2] else -1 for p in points]
    w, seen = [Fraction(0)] * 3, {}
    for epoch in range(epochs):
        if tuple(w) in seen:
            return epoch - seen[tuple(w)]
        seen[tuple(w)] = epoch
        for row, target in zip(rows, t, strict=True):
            if target * sum(a * b for a, b in zip(w, row, strict=True)) <= 0:
                w = [a + target * b for a, b in zip(w, row, strict=True)]
    return 0


@pytest.mark.parametrize(
    "points",
    [
        XOR,
        [*XOR, (1.0, 0.5, 0.0)],
        [(-3.0, -3.0, 1.0), (2.5, 2.0, 1.0), (4.5, -4.5, 0.0), (2.0, 4.0, 1.0), (-4.0, -4.0, 0.0), (-1.0, 0.0, 0.0)],
        [(1.1, 2.3, 1.0), (-1.7, 0.4, 0.0), (3.3, -2.9, 1.0), (2.2, 1.9, 0.0), (-0.6, -4.1, 1.0)],
    ],
)
def test_a_circle_is_found_with_its_exact_length(points):
    run = begin(points, lr=0.02)
    assert until(run, lambda tally: tally.period, epochs=1500)
    expected = exact_period(points)
    assert expected > 0
    assert run.learner.tally.period == expected
    state = run.learner.flat.tolist()
    advance(run, epochs=expected)
    assert run.learner.flat.tolist() == state, "bit by bit"


def test_no_circle_is_seen_where_the_perceptron_converges_or_the_order_changes():
    settled = begin(cloud(2))
    assert until(settled, lambda tally: tally.settled, epochs=300)
    assert settled.learner.tally.period == 0
    shuffled = begin(XOR, order="shuffled")
    advance(shuffled, epochs=100)
    assert shuffled.learner.tally.period == 0


def test_a_count_that_begins_inside_a_pass_finds_no_false_circle():
    points = cloud(2)
    run = begin(points)
    advance(run, steps=7)
    edit(run, 0, 0.5)
    assert until(run, lambda tally: tally.settled or tally.period, epochs=300)
    assert run.learner.tally.settled


def test_the_pocket_keeps_the_best_line_that_was_met():
    points = [*cloud(4, n=30), (5.9, 5.9, 0.0), (5.8, 5.9, 1.0), (5.9, 5.8, 0.0), (-5.9, -5.9, 1.0), (-5.9, -5.8, 0.0)]
    run = begin(points, order="shuffled")
    x, t = rows_of(points)
    best = 0
    for _ in range(600):
        advance(run, steps=1)
        best = max(best, run.learner.right_with(run.learner.weights[0]))
        kept = run.learner.right_with(run.learner.tally.pocket)
        assert kept == best
    assert kept > len(points) * 0.8
    assert int(((x @ run.learner.tally.pocket) * t > 0).sum()) == kept


def test_going_back_in_time_brings_mistakes_table_and_pocket_back():
    run = begin(cloud(1, n=30))
    facts = []
    for _ in range(40):
        facts.append({k: v.tolist() for k, v in perceptron(run.learner, {}).items()})
        advance(run, steps=1)
    for step in (31, 5, 18, 39):
        seek(run, step)
        assert {k: v.tolist() for k, v in perceptron(run.learner, {}).items()} == facts[step]


def test_without_a_bias_the_line_goes_through_the_origin():
    run = begin(cloud(7), bias=False)
    advance(run, epochs=20)
    assert (run.learner.weights[:, 2] == 0).all()
    assert run.learner.flat[:2].abs().sum() > 0
