"""Opening a page: the picture comes first, and nothing moves when the controls join it."""

from __future__ import annotations

import pytest

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
READY = "document.querySelectorAll('section[data-testid=stSidebar] input').length > 0 && !document.querySelector('[data-testid=stSkeleton]')"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1440, 800])
@pytest.mark.parametrize("page", ["", "one_neuron", "backpropagation", "optimisers", "landscape"])
def test_what_is_drawn_stays_where_it_is_while_the_page_is_filled(lab, page: str, width: int) -> None:
    lab.page.set_viewport_size({"width": width, "height": 900})
    lab.page.emulate_media(color_scheme="dark" if width < 1000 else "light")
    lab.page.add_init_script(PLACES)
    lab.page.goto(f"{lab.app.url}/{page}")
    lab.until(f"window.nnlab?.drawn && {READY}")
    lab.page.wait_for_timeout(300)
    places = lab.get("places")
    assert lab.get("document.documentElement.scrollWidth") <= width
    assert lab.get(CUT) == []
    assert lab.page.locator("[data-testid=stException], [data-testid=stAlert]").count() == 0
    assert max(abs(place[i] - places[-1][i]) for place in places for i in range(3)) <= 3, places


@pytest.mark.slow
def test_the_picture_is_drawn_before_the_controls(lab) -> None:
    lab.page.add_init_script(PLACES)
    lab.page.goto(lab.app.url)
    lab.until(f"window.before !== undefined && {READY}")
    assert lab.get("before") == 0


@pytest.mark.slow
def test_what_hides_behind_a_tab_is_made_after_the_first_picture_and_is_there_when_it_is_picked(lab) -> None:
    lab.page.add_init_script(
        "(function look() { if (window.nnlab?.drawn) window.made ??= nnlab.board.views.map((v) => v.name); else requestAnimationFrame(look); })()"
    )
    lab.page.goto(lab.app.url)
    lab.until("window.made && nnlab.board.views.length === 11")
    assert set(lab.get("made")) <= {"network", "boundary", "curves", "histograms"}
    lab.page.get_by_role("tab", name="Confusion matrix", exact=True).click()
    lab.until("nnlab.board.views.some((v) => v.name === 'confusion' && v.visible && !v.dirty)")


@pytest.mark.slow
def test_a_tab_picked_at_the_lower_edge_brings_its_picture_into_sight(lab) -> None:
    tab = lab.page.get_by_role("tab", name="Confusion matrix", exact=True)
    lab.until("nnlab.board.views.length === 11")
    bottom = int(tab.evaluate("e => e.getBoundingClientRect().bottom"))
    lab.page.set_viewport_size({"width": 1440, "height": bottom + 20})
    tab.click()
    lab.until("nnlab.board.views.some((v) => v.name === 'confusion' && v.visible && !v.dirty)")


@pytest.mark.slow
def test_who_changes_something_before_the_controls_are_there_changes_nothing_else(lab) -> None:
    for _ in range(3):
        lab.page.goto(f"{lab.app.url}/backpropagation")
        lab.until("window.nnlab?.drawn > 0 && nnlab.experiment")
        model = lab.get("nnlab.experiment.model")
        for target in (1, -0.5):
            lab.get(f"(nnlab.board.set({{'data.added': [[2, 2, {target}]]}}), nnlab.board.changed())")
            lab.page.wait_for_timeout(150)
        lab.until(READY)
        lab.page.wait_for_timeout(1500)
        assert lab.get("nnlab.experiment.model") == model
        assert lab.get("nnlab.experiment.data.added") == [[2, 2, -0.5]]
