"""Every registered optimiser: described for the screen, torch-free to choose, with a rule, phases and torch's equivalent."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from nnlab.core.fields import controls
from nnlab.core.registries import OPTIMIZERS, RULES, SCHEDULES
from nnlab.optim.phases import PHASES
from nnlab.optim.rules import FlatParameters, Matrix, rule

KINDS = list(OPTIMIZERS)


@pytest.mark.parametrize(
    ("registry", "kind"), [*((OPTIMIZERS, k) for k in KINDS), *((SCHEDULES, k) for k in SCHEDULES)]
)
def test_what_can_be_chosen_is_described(registry, kind):
    spec = registry.load(kind)
    assert spec.__doc__
    shown = {control.name: control for control in controls(spec)}
    assert set(shown) == set(spec.model_fields) - {"kind"}
    for control in shown.values():
        assert control.param.label
        assert control.param.help.endswith(".")
        assert control.param.live, "settings of an optimiser or schedule change live"
        assert control.lower is not None
        assert control.upper is not None
        assert control.lower <= control.default <= control.upper


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_a_rule_and_is_written_out(kind):
    assert RULES.load(kind).__doc__
    assert kind in PHASES


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_downhill(kind):
    values = torch.tensor([3.0, -2.0, 1.0, 2.0])
    parameters = FlatParameters(values, torch.zeros(4), torch.ones(4), (Matrix(0, 2, 2, 2),))
    made = rule(OPTIMIZERS.load(kind)(kind=kind), parameters)
    before = values.square().sum().item()
    for _ in range(50):
        made.grad.copy_(2 * values)
        made.update(0.02)
    assert values.square().sum().item() < 0.9 * before


@pytest.mark.parametrize("kind", KINDS)
def test_two_rules_from_the_same_start_give_the_same_numbers(kind):
    found = []
    for _ in range(2):
        values = torch.linspace(-1, 1, 12)
        made = rule(OPTIMIZERS.load(kind)(kind=kind), FlatParameters(values, torch.zeros(12), torch.ones(12)), 0.01)
        for step in range(20):
            made.grad.copy_(torch.sin(values + step))
            made.update(0.01)
        found.append(values)
    assert torch.equal(*found)


def test_choosing_does_not_import_torch():
    code = "import sys, nnlab.optim.specs, nnlab.optim.schedules; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
