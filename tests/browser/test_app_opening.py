"""Opening a page: the picture comes first, and nothing moves when the controls join it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.one_tab import FILLED, Tab

# Where the first panel lies, in each animation frame in which that is somewhere else, from the first picture on.
PLACES = """
window.places = [];
(function look() {
  const host = window.host ??= [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot);
  const panel = host?.shadowRoot.querySelector(".panel");
  if (window.nnlab?.drawn && panel) {
    const { x, y, width } = panel.getBoundingClientRect();
    const place = [x, y, width].map(Math.round);
    if (place.join() !== window.places.at(-1)?.join()) window.places.push(place);
    window.before ??= document.querySelectorAll("section[data-testid=stSidebar] input").length;
  }
  requestAnimationFrame(look);
})();
"""
# Rows of choices and pictures of which a part is out of sight.
CUT = """[...document.querySelectorAll("[data-testid=stButtonGroup] *"), ...(window.host?.shadowRoot.querySelectorAll(".bp-scroll") ?? [])]
  .filter((e) => getComputedStyle(e).overflowX === "auto" && e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText.slice(0, 80))"""
# Which views there are when the first picture stands.
MADE = """
(function look() { if (window.nnlab?.drawn) window.made ??= nnlab.board.views.map((v) => v.name); else requestAnimationFrame(look); })();
"""
EDGE = """e => document.querySelector("[data-testid=stMain]").scrollBy(0, e.getBoundingClientRect().bottom + 20 - window.innerHeight)"""
MIDDLE = {"width": 1440, "height": 900}


SCRIPT = PLACES + MADE


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    tab.page.set_viewport_size(MIDDLE)
    with tab.whole():
        yield tab


@pytest.mark.parametrize(
    ("page", "widths"),
    [
        ("", (1440,)),
        ("optimisers", (800,)),
        pytest.param("one_neuron", (1440, 800), marks=pytest.mark.slow),
        pytest.param("backpropagation", (1440, 800), marks=pytest.mark.slow),
        pytest.param("landscape", (1440, 800), marks=pytest.mark.slow),
    ],
)
def test_what_is_drawn_stays_where_it_is_while_the_page_is_filled(lab: Tab, page: str, widths: tuple[int, ...]) -> None:
    for width in widths:
        lab.page.set_viewport_size({"width": width, "height": 900})
        lab.page.emulate_media(color_scheme="dark" if width < 1000 else "light")
        lab.go(page, ready=FILLED)
        lab.page.wait_for_timeout(300)
        places = lab.get("places")
        assert lab.get("document.documentElement.scrollWidth") <= width
        assert lab.get(CUT) == []
        assert lab.page.locator("[data-testid=stException], [data-testid=stAlert]").count() == 0
        assert max(abs(place[i] - places[-1][i]) for place in places for i in range(3)) <= 3, (width, places)


def test_the_picture_is_drawn_before_the_controls_and_before_what_hides_behind_a_tab(lab: Tab) -> None:
    lab.go("", ready=f"window.before !== undefined && {FILLED}")
    assert lab.get("before") == 0
    lab.until("window.made && nnlab.board.views.length === 11")
    assert set(lab.get("made")) <= {"network", "boundary", "curves", "histograms"}

    tab = lab.page.get_by_role("tab", name="Confusion matrix", exact=True)
    tab.evaluate(EDGE)
    tab.click()  # at the lower edge, which brings its picture into sight
    lab.until("nnlab.board.views.some((v) => v.name === 'confusion' && v.visible && !v.dirty)")


def test_who_changes_something_before_the_controls_are_there_changes_nothing_else(lab: Tab) -> None:
    for _ in range(2):
        lab.go("backpropagation", ready="nnlab.experiment")
        model = lab.get("nnlab.experiment.model")
        for target in (1, -0.5):
            lab.get(f"(nnlab.board.set({{'data.added': [[2, 2, {target}]]}}), nnlab.board.changed())")
            lab.page.wait_for_timeout(150)
        lab.until(FILLED)
        lab.page.wait_for_timeout(1500)
        assert lab.get("nnlab.experiment.model") == model
        assert lab.get("nnlab.experiment.data.added") == [[2, 2, -0.5]]
