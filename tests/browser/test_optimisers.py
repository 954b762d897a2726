"""The page on optimisers in the real app: they race, a click sets the start, an update is taken apart, a map cell races."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from benchmarks.race import race_of
from nnlab.core.experiment import experiment
from nnlab.ui.topics.optimisers_presets import PRESETS
from tests.browser.one_tab import FILLED, Tab

RACE = "nnlab.frame?.arrays.race"
FIRST = PRESETS["ravine"].experiment


OPENS = ("optimisers", f"{RACE} && {FILLED}")


@pytest.fixture
def page(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def view(name: str) -> str:
    return f"nnlab.board.views.find((v) => v.name === '{name}').view"


def point(lab: Tab, x: float, y: float) -> tuple[float, float]:
    """Where the place (x, y) of the surface lies on the screen."""
    lab.until(f"{view('race')}?.field.ready")
    return tuple(
        lab.get(
            f"(() => {{ const v = {view('race')}; v.stage.canvas.scrollIntoView({{block: 'center'}});"
            f" const b = v.stage.canvas.getBoundingClientRect();"
            f" return [b.left + v.field.px({x}), b.top + v.field.py({y})]; }})()"
        )
    )


def places(lab: Tab) -> list[list[float]]:
    return list(
        lab.get(
            f"(() => {{ const a = {RACE}; return [...Array(a.shape[0]).keys()].map((i) => [a.data[8 * i], a.data[8 * i + 1]]); }})()"
        )
    )


def test_the_racers_go_downhill_as_soon_as_the_page_is_open_and_the_table_says_when_they_arrive(page: Tab) -> None:
    page.until("nnlab.playing && nnlab.step > 20")
    picture = page.picture("Race")
    page.until("nnlab.step > 40")
    page.until_picture_differs("Race", picture)
    assert page.get("nnlab.mounts") == 1
    assert page.page.locator(".rt tr.racer").count() == 3
    assert "SGD" in page.page.locator(".rt tr.racer").first.inner_text()

    page.get("nnlab.send('speed', 0)")
    page.until("nnlab.step >= 300 && !nnlab.playing")
    page.page.locator(".rt").get_by_text("✓ 268").wait_for()
    rows = page.page.locator(".rt tr.racer").all_inner_texts()
    found = [re.search(r"✓ (\d+)", row) for row in rows]
    assert [int(steps.group(1)) for steps in found if steps] == [268, 130, 134]


def test_a_click_on_the_map_starts_the_race_from_there(page: Tab) -> None:
    page.become(FIRST)
    page.page.mouse.click(*point(page, 2.0, -1.0))
    page.until(f"nnlab.step === 0 && nnlab.experiment.model.start_x !== null && Math.abs({RACE}.data[0] - 2) < 0.03")
    for x, y in places(page):
        assert x == pytest.approx(2.0, abs=0.03) and y == pytest.approx(-1.0, abs=0.03)
    shown = page.page.get_by_test_id("stSidebar").get_by_role("spinbutton", name="Start x")
    page.page.wait_for_function("box => Math.abs(Number(box.value) - 2) < 0.03", arg=shown.element_handle())
    assert abs(float(shown.input_value()) - 2) < 0.03


def test_a_start_outside_the_surface_or_its_frame_gets_a_sentence_and_changes_nothing(page: Tab) -> None:
    page.become(FIRST)
    page.step(3)
    page.get("nnlab.board.set({'model.start_x': 40})")
    page.page.get_by_text("Start x must be from \u22124 to 4 on the surface Ravine; got 40.").wait_for()
    assert page.get("nnlab.experiment.model.start_x") is None
    assert page.get("nnlab.step") == 3

    page.become(experiment(race_of("himmelblau", ("sgd", "momentum", "adam"))))
    page.step(12)
    page.until(f"{view('race')}?.field.ready")
    before = places(page)
    px, py, x, y = page.get(
        f"(() => {{ const v = {view('race')}; v.stage.canvas.scrollIntoView({{block: 'center'}});"
        f" const b = v.stage.canvas.getBoundingClientRect(), at = [v.field.px(-5) / 2, v.stage.height / 2];"
        f" return [b.left + at[0], b.top + at[1], ...v.field.at(...at)]; }})()"
    )
    assert x < -5 and -5 < y < 5, "beyond the left side of the dashed frame"
    page.page.mouse.click(px, py)
    said = page.page.get_by_text("Start x must be from \u22125 to 5 on the surface Himmelblau; got")
    said.wait_for()
    told = re.search("got \u2212([\\d.]+\\d)", said.inner_text())
    assert told and -float(told[1]) == pytest.approx(x, rel=0.02)
    assert page.get("nnlab.experiment.model.start_x") is None and page.get("nnlab.experiment.model.start_y") is None
    assert page.get("nnlab.step") == 12 and places(page) == before


def test_one_update_is_shown_phase_by_phase_and_its_parts_add_up(page: Tab) -> None:
    page.become(FIRST)
    page.step(5)
    page.page.locator(".rt tr.racer").nth(2).click()
    page.tab("One update")
    page.until("nnlab.frame.arrays.race_step?.data[0] === 2 && nnlab.frame.arrays.race_parts")
    parts = page.get("Array.from(nnlab.frame.arrays.race_parts.data)")
    told = page.get("Array.from(nnlab.frame.arrays.race_step.data)")
    assert [parts[0] + parts[2], parts[1] + parts[3]] == pytest.approx(told[6:8], rel=1e-4, abs=1e-9)
    before = places(page)[2]
    for phase in ("forward", "loss", "backward", "update"):
        page.page.get_by_role("button", name="Next phase").click()
        page.until("nnlab.frame.phase === arg", phase)
    page.until("nnlab.step === 6")
    after = places(page)[2]
    assert [after[0] - before[0], after[1] - before[1]] == pytest.approx(told[6:8], rel=1e-3, abs=1e-6)
    assert "It has moved by" in page.page.locator(".rs").inner_text()


def test_a_cell_of_the_map_is_raced_by_a_click_and_ends_where_the_map_says(page: Tab) -> None:
    page.become(FIRST)
    page.page.locator(".rt tr.racer").first.click()
    page.tab("Learning-rate map")
    page.until(f"{view('race_map')}?.found")
    row, column = page.get(f"Array.from({view('race_map')}.found.best)")
    rate = page.get(f"{view('race_map')}.found.rates[{column}]")
    expected = page.get(f"{view('race_map')}.found.map[{row * 24 + column}]")
    x, y = page.get(
        f"(() => {{ const v = {view('race_map')}, p = v.place({row}, {column}); v.stage.canvas.scrollIntoView({{block: 'center'}});"
        f" const c = v.stage.canvas.getBoundingClientRect();"
        f" return [c.left + p.x + p.w / 2, c.top + p.y + p.h / 2]; }})()"
    )
    page.page.mouse.click(x, y)
    page.until("nnlab.experiment.model.racers[0].learning_rate === arg && nnlab.playing", rate)
    page.reset()
    page.step(200)
    assert page.get(f"{RACE}.data[2]") == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_a_rate_above_the_limit_leaves_the_surface_and_the_remedy_brings_it_back(page: Tab) -> None:
    page.become(FIRST)
    page.get("nnlab.board.set({'model.racers.0.learning_rate': 0.08})")
    for command in ("'reset', null", "'speed', 0", "'play', true"):
        page.get(f"nnlab.send({command})")
    page.page.get_by_text("left the surface after").first.wait_for()
    page.page.locator(".rt").scroll_into_view_if_needed()
    page.page.locator(".rt").get_by_text("left at").wait_for()
    page.part("chip").click()
    page.page.get_by_role("button", name="Restart at learning rate 0.03").click()
    page.until(f"nnlab.experiment.model.racers[0].learning_rate === 0.03 && {RACE}.data[4] === -1")
    assert page.get(f"{RACE}.data[4]") == -1


@pytest.mark.slow
def test_the_camera_stays_while_the_race_goes_on(page: Tab) -> None:
    page.page.set_viewport_size({"width": 960, "height": 600})
    page.become(FIRST)
    page.get("nnlab.send('speed', 25)")
    page.tab("3-D surface")
    page.until(f"{view('race_surface')}?.panel.drawn > 0")
    page.page.get_by_role("button", name="From above", exact=True).click()
    page.tab("3-D surface")  # the bar may have lain over the button
    drawn = page.get(f"{view('race_surface')}.panel.drawn")
    page.play()
    page.until(f"{view('race_surface')}.panel.drawn > arg + 1", drawn)
    camera = page.get(f"{view('race_surface')}.panel.box._fullLayout.scene.camera.eye")
    assert camera["z"] == pytest.approx(1.9)
    page.tab("One update")


@pytest.mark.slow
def test_another_surface_brings_its_own_places_and_the_way_back_the_same(page: Tab) -> None:
    page.become(FIRST)
    page.choose("Four minima")
    page.until(
        "nnlab.scene.facts.surface.title === 'Himmelblau' && nnlab.frame.scene === nnlab.scene.scene && nnlab.step > 30"
    )
    page.pause()
    page.get("nnlab.send('seek', 12)")
    page.until("nnlab.step === 12")
    there = places(page)
    page.get("nnlab.send('seek', 28)")
    page.until("nnlab.step === 28")
    page.get("nnlab.send('seek', 12)")
    page.until("nnlab.step === 12")
    assert places(page) == there
