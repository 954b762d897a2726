"""The written-out phases of an update add up to what the rule does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.torch_optimizers import Muon
from nnlab.core.registries import OPTIMIZERS
from nnlab.optim.phases import PHASES, Place, update


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("before", [0, 1, 30])
def test_the_parts_add_up_to_the_update(kind, decay, before, rule_of, march, spec_of, slope, parameters):
    made = march(rule_of(kind, decay), steps=before)
    made.grad.copy_(slope(made.values, before))
    start = made.values.numpy().copy()
    place = Place(
        start, made.grad.numpy().copy(), made.mask.numpy(), made.state(), 0.01, decay, matrices=parameters.matrices
    )
    parts = update(spec_of(kind), place)
    made.update(0.01)
    np.testing.assert_allclose(parts.total, made.values.numpy() - start, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_every_part_is_explained_in_a_sentence(kind, rule_of, march, spec_of):
    made = march(rule_of(kind, 0.1), steps=3)
    place = Place(made.values.numpy(), made.grad.numpy(), made.mask.numpy(), made.state(), 0.01, 0.1)
    parts = update(spec_of(kind), place)
    sentences = [term.sentence for term in (*parts.parts, *parts.quantities)]
    assert all(s.endswith(".") and s[0].isupper() for s in sentences)
    assert len({term.name for term in parts.parts}) == len(parts.parts) >= 1


@pytest.fixture
def muon(parameters, spec_of, rule_of, march):
    """place(before) after some steps, and what torch.optim.Muon does to the hidden matrix there."""

    def make(before, decay=0.1):
        made = march(rule_of("muon", decay), steps=before)
        memory, matrix = made.state(), parameters.matrices[0]
        made.grad.copy_(torch.linspace(-1, 2, len(made.values)))
        place = Place(made.values.numpy().copy(), made.grad.numpy().copy(), made.mask.numpy(), memory, 0.01, decay, parameters.matrices)  # fmt: skip
        parameter = torch.nn.Parameter(matrix.view(made.values).clone())
        parameter.grad = matrix.view(made.grad).clone()
        optimiser = Muon([parameter], lr=0.01, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        optimiser.state[parameter]["momentum_buffer"] = matrix.view(torch.tensor(memory["velocity"])).clone()
        optimiser.step()
        return place, parameter.detach() - matrix.view(made.values), matrix

    return make


@pytest.mark.parametrize("before", [0, 1, 30])
def test_muons_parts_add_up_to_the_step_of_torch_optim(before, muon, spec_of):
    place, moved, matrix = muon(before)
    total = torch.tensor(update(spec_of("muon"), place).total)
    torch.testing.assert_close(matrix.view(total), moved, rtol=0, atol=1e-9)


def test_a_hidden_matrix_is_moved_by_muon_alone_and_as_far_as_torchs_bfloat16_says_to_its_rounding(muon, spec_of):
    place, moved, matrix = muon(3, decay=0.0)
    parts = {term.name: matrix.view(torch.tensor(term.array)) for term in update(spec_of("muon"), place).parts}
    assert all(not parts[name].any() for name in parts if name.startswith("adamw"))
    parameter = torch.nn.Parameter(matrix.view(torch.tensor(place.values)).clone())
    parameter.grad = matrix.view(torch.tensor(place.grad)).clone()
    rounded = torch.optim.Muon([parameter], lr=0.01, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    rounded.state[parameter]["momentum_buffer"] = matrix.view(torch.tensor(place.memory["velocity"])).clone()
    before = parameter.detach().clone()
    rounded.step()
    off = (parameter.detach() - before - moved).abs().max()
    assert 0 < off < 0.02 * moved.abs().max()


def test_muons_steps_keep_the_directions_and_draw_the_singular_values_to_one(muon, spec_of):
    place, _, matrix = muon(3)
    found = {term.name: torch.tensor(term.array) for term in update(spec_of("muon"), place).quantities}
    blend, turned = matrix.view(found["blend"]), matrix.view(found["turned₅"])
    u, before, v = torch.linalg.svd(blend, full_matrices=False)
    after = (u.T @ turned @ v.T).diagonal()
    torch.testing.assert_close(u @ after.diag() @ v, turned)
    assert before.max() / before.min() > 1.5 * after.max() / after.min()
    assert ((after > 0.6) & (after < 1.3)).all()
    assert found["mean"].isnan().sum() == matrix.rows * matrix.columns


def test_without_a_hidden_matrix_muon_is_adamw(rule_of, march, spec_of):
    made = march(rule_of("muon", 0.1), steps=3)
    place = Place(made.values.numpy(), made.grad.numpy(), made.mask.numpy(), made.state(), 0.01, 0.1)
    parts = update(spec_of("muon"), place)
    rest = {name.removeprefix("rest."): array for name, array in place.memory.items()}
    expected = update(spec_of("adamw"), replace(place, memory=rest))
    np.testing.assert_array_equal(parts.total, expected.total)
    assert [term.name for term in parts.parts] == [term.name for term in expected.parts]


def test_every_optimiser_is_written_out():
    assert list(PHASES) == list(OPTIMIZERS)
