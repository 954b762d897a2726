"""Both forms of tanh for pictures are tanh; the faster one is taken, and never for training."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import torch

from nnlab.families.mlp import pictured

FORMS = [True, False]
SLOW = [lambda: time.sleep(0.002)]


@pytest.fixture
def faster(monkeypatch):
    """faster(True): this processor is said to have the form by sigmoid faster."""
    return lambda said: monkeypatch.setattr(pictured, "sigmoid_is_faster", lambda: said)


@pytest.mark.parametrize("by_sigmoid", FORMS)
def test_either_form_is_the_tanh_of_float64_to_2e_7(by_sigmoid, faster):
    faster(by_sigmoid)
    z = torch.cat([torch.linspace(-3, 3, 5_001), torch.tensor([-1e9, -40.0, -1e-7, 1e-30, 40.0, 1e9])])
    expected = z.double().tanh()
    for kernel in pictured.in_place("tanh", z):
        kernel()
    assert (z - expected).abs().max() <= 2e-7


def test_values_that_are_no_numbers_stay_none(faster):
    faster(True)
    z = torch.tensor([float("nan"), float("inf"), -float("inf")])
    for kernel in pictured.in_place("tanh", z):
        kernel()
    assert z[0].isnan()
    assert z[1:].tolist() == [1, -1]


def test_float64_keeps_torchs_own(faster):
    faster(True)
    z = torch.linspace(-3, 3, 101, dtype=torch.float64)
    expected = z.tanh()
    for kernel in pictured.in_place("tanh", z):
        kernel()
    assert torch.equal(z, expected)


def test_training_and_the_loss_on_the_screen_keep_torchs_own(faster, spec, learn):
    found = []
    for said in FORMS:
        faster(said)
        made = learn(spec(), dtype=torch.float32)
        made.steps(0, 250, batch=30, lr=0.1, step=0, count=9)
        found.append((made.flat, made.evaluate("train")))
    assert torch.equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("slow", ["torch", "sigmoid"])
def test_the_faster_form_is_taken(slow, monkeypatch):
    if slow == "torch":
        monkeypatch.setattr(pictured, "ACTIVATIONS", {"tanh": type("Slow", (), {"forward": lambda z, a: SLOW})})
    else:
        monkeypatch.setattr(pictured, "_by_sigmoid", lambda z: SLOW)
    assert pictured.sigmoid_is_faster.__wrapped__() is (slow == "torch")


def test_a_worker_measures_it_before_its_first_run():
    code = (
        "from nnlab.live.worker import engine; engine.preload();"
        "from nnlab.families.mlp.pictured import sigmoid_is_faster; print(sigmoid_is_faster.cache_info().misses)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"
