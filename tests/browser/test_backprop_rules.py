"""The page on backpropagation with another rule and with a target that cannot be: what it then shows and says."""

from __future__ import annotations

import re
from typing import Any

import pytest

WALK = "nnlab.board.views[0].view.walk"
STEPS = 5  # Muon's own number of Newton–Schulz steps


@pytest.fixture
def page(new_lab: Any, app: Any) -> Any:
    lab = new_lab()
    lab.page.goto(f"{app.url}/backpropagation")
    lab.until(f"window.nnlab && nnlab.board.views[0]?.view && {WALK}.r")
    return lab


@pytest.mark.parametrize("value", ["seven", "", "11", "-1e400"])
def test_a_bad_target_gets_a_sentence_and_changes_nothing(page: Any, value: str) -> None:
    field = page.page.get_by_role("group", name="Example").get_by_role("textbox", name="target", exact=True)
    before = page.get("JSON.stringify(nnlab.experiment)")
    field.fill(value)
    field.press("Enter")
    said = f"target must be a number from −10 to 10; got {value or 'nothing'}."
    page.page.get_by_text(said, exact=True).wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    page.page.wait_for_timeout(300)
    assert page.get("JSON.stringify(nnlab.experiment)") == before
    assert page.get(f"{WALK}.r.labels[0]") == 1


def test_muon_is_chosen_and_its_newton_schulz_steps_stand_below_a_hidden_weight(page: Any) -> None:
    lab = page
    lab.page.get_by_test_id("stMain").get_by_text("Vanishing gradient", exact=True).click()
    lab.until(f"{WALK}.r?.blocks.length === 4 && !{WALK}.waiting")
    picker = lab.page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").filter(has_text="Optimiser")
    picker.get_by_role("combobox").click()
    lab.page.get_by_role("option", name="Muon", exact=True).click()
    lab.until(f"{WALK}.r?.scene.experiment.training.optimizer.kind === 'muon' && !{WALK}.waiting")
    steps = lab.page.get_by_test_id("stSidebar").get_by_role("spinbutton", name="Newton–Schulz steps")
    assert int(steps.input_value()) == STEPS
    lab.page.get_by_label("Size of a step").select_option("phase")
    lab.page.get_by_role("navigation", name="Phases").get_by_role("button", name="Update", exact=True).click()
    assert "made orthogonal by Newton–Schulz steps" in lab.page.locator(".bp-sentence").inner_text()
    hidden = lab.get(f"{WALK}.plan.links.findIndex((l) => l.layer === 2)")
    place = lab.get(
        f"(() => {{ const p = {WALK}.plan, c = {WALK}.picture.canvas; c.scrollIntoView({{block: 'center'}});"
        f" const b = c.getBoundingClientRect(); return [b.left + p.links[{hidden}].lx, b.top + p.links[{hidden}].ly]; }})()"
    )
    lab.page.mouse.click(*place)
    index = lab.get(f"{WALK}.plan.links[{hidden}].index")
    move = lab.page.locator(".bp-move")
    for name in (
        "the orthogonal step",
        "rounding to bfloat16",
        "velocity",
        "blend",
        "scaled",
        *("turned" + "₁₂₃₄₅"[i] for i in range(STEPS)),
    ):
        assert re.search(rf"{name} −?[\d.]+", move.inner_text()), name
    assert "turned₆" not in move.inner_text() and "earlier gradients" not in move.inner_text()
    r = lab.get(
        f"(({{ change, ...r }}) => [change[{index}], r['part.muon'][{index}], r['part.rounding'][{index}]])({WALK}.r)"
    )
    assert r[0] == pytest.approx(r[1] + r[2], rel=1e-6) and r[1] != 0
    before = lab.weights()[index]
    lab.page.get_by_role("navigation", name="Phases").get_by_role("button", name="New loss", exact=True).click()
    lab.page.get_by_role("application", name="The network with the numbers").press("ArrowRight")
    lab.until(f"nnlab.step === 1 && {WALK}.r.at[0] === 1")
    assert lab.weights()[index] - before == pytest.approx(r[0], rel=1e-3, abs=1e-6)
