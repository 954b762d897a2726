"""The chart of clusters in the real app: computed beside the training, and a selection in one plot is one in all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from nnlab.core.experiment import experiment
from tests.browser.one_tab import CALM, FILLED, Tab

OPENS = ("cnn", f"nnlab.frame?.arrays.wall_maps && {FILLED}")
SPEC = {
    "data": {"kind": "digits8", "samples": 600},
    "model": {"family": "cnn", "blocks": [{"kind": "conv", "channels": 6}, {"kind": "dense", "units": 12}]},
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
}
CHART = "document.querySelector('[data-testid=stVegaLiteChart]')"
BRIGHT = f"""[...{CHART}.querySelectorAll('.mark-symbol.role-mark')].slice(0, 2)
  .map((g) => [...g.querySelectorAll('path')].map((p) => Number(p.getAttribute('opacity')) > 0.5))"""
PLACES = f"""[...{CHART}.querySelectorAll('.mark-symbol.role-mark')].slice(0, 2)
  .map((g) => [...g.querySelectorAll('path')].map((p) => {{ const m = p.getScreenCTM(); return [m.e, m.f]; }}))"""
HEAD = f"[...{CHART}.querySelectorAll('text')].map((t) => t.textContent).find((t) => /selected/.test(t))"
# The page glides to where it is scrolled: whether something has been at one place for a third of a second.
STILL = """((e) => { const at = e?.getBoundingClientRect().top, now = performance.now(), last = window.stood;
  if (!e || last?.e !== e || last.at !== at) window.stood = { e, at, since: now };
  return Boolean(e) && now - window.stood.since > 300; })"""
BUTTON = (
    "[...document.querySelectorAll('[data-testid=stMain] button')].find((b) => b.innerText === 'Compute at this step')"
)
SHOWN = f"{CHART}.querySelectorAll('.mark-image image').length"


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


@pytest.fixture
def chart(lab: Tab) -> Tab:
    """Its figure on the screen, of 120 test pictures after 30 updates or more."""
    lab.page.set_viewport_size({"width": 1366, "height": 1600})
    if not lab.get(f"Boolean({CHART})"):
        lab.become(experiment(SPEC))
        lab.step(30)
        lab.page.get_by_text("PCA, t-SNE and clusters of a stage").click()
        compute(lab)
    lab.page.locator("[data-testid=stVegaLiteChart]").first.scroll_into_view_if_needed()
    lab.until(f"{STILL}({CHART})")
    return lab


def compute(lab: Tab) -> None:
    lab.until(f"{CALM} && {STILL}({BUTTON})")
    lab.page.get_by_role("button", name="Compute at this step").click()
    lab.until(f"{CHART} && {SHOWN} === 30 && {CALM}")


def between(values: list[float]) -> float:
    """Where an edge can lie: in the widest gap of the middle half."""
    ordered = sorted(values)
    part = ordered[len(ordered) // 4 : -len(ordered) // 4]
    return max((b - a, (a + b) / 2) for a, b in itertools.pairwise(part))[1]


@pytest.mark.parametrize("plot", [0, 1])
def test_a_box_in_one_plot_selects_the_same_pictures_in_the_other_and_shows_them(chart: Tab, plot: int) -> None:
    places = chart.get(PLACES)
    assert len(places[0]) == len(places[1]) == 120
    assert all(all(plot) for plot in chart.get(BRIGHT)) and chart.get(HEAD).startswith("120 pictures are selected")
    left, right, top, bottom = (f(p[i] for p in places[plot]) for i in (0, 1) for f in (min, max))
    x = between([p[0] for p in places[plot]])
    mouse = chart.page.mouse
    mouse.move(left - 5, top - 5)
    mouse.down()
    mouse.move((left + x) / 2, (top + bottom) / 2)
    mouse.move(x, bottom + 5)
    mouse.up()
    inside = [p[0] <= x for p in places[plot]]
    assert 20 < sum(inside) < 100
    chart.until(f"!{HEAD}.startsWith('120 pictures')")
    assert chart.get(HEAD).startswith(f"{sum(inside)} pictures are selected")
    bright = chart.get(BRIGHT)
    assert bright[plot] == inside and bright[1 - plot] == inside
    assert chart.get(SHOWN) == min(30, sum(inside))
    mouse.dblclick((left + x) / 2, (top + bottom) / 2)  # takes the box away
    chart.until(f"{HEAD}.startsWith('120 pictures are selected')")
    assert left < x < right


def test_a_class_is_selected_without_a_mouse(chart: Tab) -> None:
    box: Any = chart.page.locator("[data-testid=stVegaLiteChart] select").first
    box.focus()
    box.select_option("3")
    chart.until(f"!{HEAD}.startsWith('120 pictures')")
    bright = chart.get(BRIGHT)
    assert bright[0] == bright[1] and 0 < sum(bright[0]) < 40
    said = set(chart.get(f"[...{CHART}.querySelectorAll('.mark-text text')].map((t) => t.textContent)"))
    assert "3" in said and chart.get(HEAD).startswith(f"{sum(bright[0])} picture")
    box.select_option("all")
    chart.until(f"{HEAD}.startsWith('120 pictures')")


def test_the_network_trains_on_while_it_is_computed_and_the_sentence_names_the_step(chart: Tab) -> None:
    page = chart.page
    assert page.get_by_text("At step 30, the clusters of Dense 1 match the classes for").count() == 1
    chart.get("nnlab.send('play', true)")
    chart.until("nnlab.step > 60")
    page.get_by_role("button", name="Compute at this step").click()
    before = chart.get("nnlab.step")
    page.get_by_text("At step 30, the clusters").wait_for(state="detached")
    page.get_by_text("the clusters of Dense 1 match the classes for").wait_for()
    assert chart.get("nnlab.step") > before
    chart.pause()
    chart.until(CALM)


def test_the_number_under_the_pointer_is_that_of_the_map(chart: Tab) -> None:
    page = chart.page
    page.get_by_text("Feature maps, number by number").click()
    section = page.get_by_test_id("stExpander").filter(has_text="Feature maps, number by number")
    chart.until(f"{CALM} && {STILL}({BUTTON})")  # the first of two
    section.get_by_role("button", name="Compute at this step").click()
    maps = "[...document.querySelectorAll('[data-testid=stPlotlyChart] .js-plotly-plot')]"
    chart.until(f"{maps}.length === 7 && {CALM}")  # the ruler and six channels
    most = chart.get(f"{maps}.slice(1).map((one) => Math.max(...[...one.calcdata[0][0].z].flatMap((row) => [...row])))")
    first = chart.get("nnlab.scene.facts.stages[0].shape[0]")
    chart.get(
        "document.querySelector('[data-testid=stMain]').scrollTo(0, 0)"
    )  # out of sight the wall is of an earlier step
    shown = f"nnlab.frame.arrays.wall_ranges.data[2 * ({first} + i) + 1]"
    chart.until(f"arg.every((v, i) => Math.abs({shown} / v - 1) < 1e-5)", most)
    third: Any = page.locator("[data-testid=stPlotlyChart]").nth(3)
    third.scroll_into_view_if_needed()
    chart.until(f"{STILL}({maps}[3])")
    box = third.bounding_box()
    side = 150 / 8  # of a cell: the map is as wide as its figure, and stands below its words
    page.mouse.move(box["x"] + 4.5 * side, box["y"] + 42 + 2.5 * side)
    chart.until("document.querySelector('[data-testid=stPlotlyChart] .hovertext')")
    said = chart.get("[...document.querySelectorAll('.hovertext tspan')].map((t) => t.textContent)")
    z = chart.get(f"{maps}[3].calcdata[0][0].z[2][4]")
    assert said[:2] == ["Conv 1, channel 3", "row 3, column 5"] and float(said[2]) == pytest.approx(z, rel=1e-5)
