"""The views of the race: one racer is looked at in all of them, a request is given up or asked again, a start is set by a click."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.race import race_of
from nnlab.core.experiment import experiment
from tests.browser.views.bench import Bench
from tests.browser.views.live import Live
from tests.browser.views.test_landscape import FLAT

THREE = ("sgd", "momentum", "adam")
WATCHED = ("race", "race_step")
REFUSED = "A page may have at most 8 requests at a time; wait for one, or cancel it."
RACE = "nnlab.board.views.find((v) => v.name === 'race').view"
QUESTION = "(nnlab.board.views[0].view.question ?? nnlab.board.views[0].view.field.question)"
PATHS = """() => { // line widths of the paths, in the order of the racers: the halo and then the line
  const { view } = nnlab.board.views.find((v) => v.name === "race"), path = view.path.bind(view), found = [];
  const { ctx } = view.stage, widths = [], stroke = ctx.stroke.bind(ctx);
  ctx.stroke = () => (widths.push(ctx.lineWidth), stroke());
  view.path = (...given) => { widths.length = 0; path(...given); found.push(widths.at(-1)); };
  view.frame(nnlab.board.frame);
  delete ctx.stroke; delete view.path;
  return found;
}"""


def race(kinds: tuple[str, ...] = THREE, **model: Any) -> Live:
    value = race_of("ravine", kinds)
    return Live(experiment(value | {"model": value["model"] | model}), WATCHED)


def begin(bench: Bench, *views: str) -> Live:
    """Views of a race of three, five steps on."""
    bench.get(FLAT)
    bench.open(*views)
    live = race()
    bench.scene(live)
    bench.frame(live.on(5))
    return live


def field(bench: Bench, live: Live) -> None:
    """The heights that the map has asked for."""
    bench.answer(live.answer("race_grid", **bench.sent("ask")[-1]["options"]))
    bench.until(f"{RACE}.field.ready")


def marked(bench: Bench) -> list[bool]:
    """Whether each row of the standings is the one that is looked at."""
    rows = bench.page.locator(".rt tr.racer")
    pressed = rows.locator("button").evaluate_all("all => all.map((b) => b.getAttribute('aria-pressed') === 'true')")
    assert rows.evaluate_all("all => all.map((row) => row.classList.contains('chosen'))") == pressed
    return list(pressed)


def test_map_and_standings_look_at_the_first_racer_and_at_the_last_where_the_picked_one_has_gone(bench: Bench) -> None:
    field(bench, begin(bench, "race", "race_table"))
    assert bench.page.evaluate(PATHS) == pytest.approx([3.6, 2.4, 2.4])
    assert marked(bench) == [True, False, False]

    bench.page.locator(".rt tr.racer").nth(2).locator("td:visible").last.click()
    assert bench.page.evaluate(PATHS) == pytest.approx([2.4, 2.4, 3.6])
    assert marked(bench) == [False, False, True]

    two = race(THREE[:2])
    bench.scene(two)
    bench.frame(two.on(5))
    assert bench.page.evaluate(PATHS) == pytest.approx([2.4, 3.6])
    assert marked(bench) == [False, True]


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_key_on_a_name_picks_the_racer_and_does_not_play(bench: Bench, key: str) -> None:
    begin(bench, "race_table")
    name = bench.page.get_by_role("button", name="Adam", exact=True)
    name.focus()
    bench.page.keyboard.press(key)
    assert marked(bench) == [False, False, True]
    assert bench.get("nnlab.board.optionOf('race_step', 'racer')") == 2
    assert bench.sent("play") == []


# ---- requests ----------------------------------------------------------------------------------------------------------
def test_quick_clicks_on_new_starts_leave_one_map_under_way(bench: Bench) -> None:
    begin(bench, "race_map")
    for x in (1.0, 1.5, 2.0):
        other = race(start_x=x)
        bench.scene(other)
        bench.frame(other)
    asked = [ask["id"] for ask in bench.sent("ask")]
    assert len(asked) == 4 and bench.sent("cancel") == asked[:3]


@pytest.mark.parametrize("name", ["race", "race_surface", "race_map"])
def test_what_was_refused_is_asked_again_after_a_rest_and_with_a_new_scene(bench: Bench, name: str) -> None:
    live = begin(bench, name)
    bench.get(f"{QUESTION}.rest_ms = 60_000")
    bench.answer(error=REFUSED)
    for _ in range(3):
        bench.frame(live.on(1), playing=True)
    assert len(bench.sent("ask")) == 1, "not with every frame"
    bench.scene(live)
    bench.frame(live)
    assert len(bench.sent("ask")) == 2

    bench.get(f"{QUESTION}.rest_ms = 20")
    bench.answer(error=REFUSED)
    bench.until("sent.filter(([name]) => name === 'ask').length === 3")  # although a run at rest sends nothing
    bench.answer(live.answer(bench.sent("ask")[-1]["name"], **bench.sent("ask")[-1]["options"]))
    bench.frame(live)
    assert len(bench.sent("ask")) == 3 and bench.sent("cancel") == []


def test_only_beginning_and_end_of_the_map_are_read_out(bench: Bench) -> None:
    live = begin(bench, "race_map")
    spoken, seen = bench.page.locator(".view [aria-live=polite]"), bench.page.locator(".view .tools > span")
    assert spoken.inner_text() == "Running 576 races" and seen.inner_text() == "Running 576 races …"
    ask = bench.sent("ask")[-1]
    for share in (0.25, 0.5):
        bench.tell(json.dumps({"type": "progress", "id": ask["id"], "name": "lr_map", "share": share}))
        assert seen.inner_text() == f"Running 576 races: {round(100 * share)} %"
        assert spoken.inner_text() == "Running 576 races"
    bench.tell(json.dumps({"type": "progress", "id": 99, "name": "lr_map", "share": 0.9}))
    assert seen.inner_text() == "Running 576 races: 50 %", "of another one"
    bench.answer(live.answer("lr_map", **ask["options"]))
    assert spoken.inner_text().startswith("576 races of 200 steps in") and seen.inner_text() == spoken.inner_text()


# ---- the start ---------------------------------------------------------------------------------------------------------
def at(bench: Bench, x: float, y: float) -> tuple[float, float]:
    """Where a place of the surface lies in the window."""
    px, py = bench.get(
        f"(([x, y]) => {{ const v = {RACE}, b = v.stage.canvas.getBoundingClientRect();"
        " return [b.left + v.field.px(x), b.top + v.field.py(y)]; })(arg)",
        [x, y],
    )
    return px, py


def starts(bench: Bench) -> list[Any]:
    changes = [sent["changes"] for sent in bench.sent("set")]
    return [(change["model.start_x"], change["model.start_y"]) for change in changes]


def test_a_click_sets_the_start_and_only_its_ring_is_dragged(bench: Bench) -> None:
    live = begin(bench, "race")
    field(bench, live)
    mouse = bench.page.mouse
    mouse.click(*at(bench, 2.0, -1.0))
    assert starts(bench) == [(pytest.approx(2.0, abs=0.03), pytest.approx(-1.0, abs=0.03))]

    mouse.move(*at(bench, 1.0, -1.0))
    mouse.down()
    mouse.move(*at(bench, 2.0, 1.0), steps=4)
    mouse.up()
    assert len(starts(bench)) == 1, "a way over the map is no click"

    mouse.move(*at(bench, *bench.get("nnlab.scene.facts.surface.start")))
    mouse.down()
    mouse.move(*at(bench, 2.0, 1.0), steps=4)
    assert bench.get(f"{RACE}.ghost") == [pytest.approx(2.0, abs=0.03), pytest.approx(1.0, abs=0.03)]
    mouse.up()
    assert starts(bench)[1:] == [(pytest.approx(2.0, abs=0.03), pytest.approx(1.0, abs=0.03))]


def test_a_finger_scrolls_the_page_over_the_map_taps_a_start_and_drags_the_ring(bench: Bench) -> None:
    live = begin(bench, "race")
    field(bench, live)
    bench.get("document.body.style.paddingBottom = '2000px'")
    session = bench.page.context.new_cdp_session(bench.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def swipe(*places: tuple[float, float]) -> None:
        for i, (x, y) in enumerate(places):
            touch = {"type": "touchMove" if i else "touchStart", "touchPoints": [{"x": x, "y": y}]}
            session.send("Input.dispatchTouchEvent", touch)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(at(bench, 1.0, -1.0))
    bench.stage.wait(lambda: starts(bench), "the tap is heard")
    assert starts(bench) == [(pytest.approx(1.0, abs=0.03), pytest.approx(-1.0, abs=0.03))]

    x, y = at(bench, *bench.get("nnlab.scene.facts.surface.start"))
    swipe((x, y), *((x, y + d) for d in range(20, 101, 20)))
    bench.stage.wait(lambda: len(starts(bench)) == 2, "the ring is put down")
    assert bench.get("window.scrollY") == 0

    x, y = at(bench, 1.0, 0.0)
    swipe((x, y), *((x, y - d) for d in range(20, 141, 20)))
    bench.until("window.scrollY > 50")
    assert len(starts(bench)) == 2 and bench.get(f"{RACE}.ghost") is None
    bench.get("document.body.removeAttribute('style')")
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
