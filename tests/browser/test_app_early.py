"""Who uses the page before all of it is there: no widget reports a value that nobody chose and the page does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route

# The browser fetches each kind of widget's code when it first draws one.
CODE = re.compile(r"/static/js/(Selectbox|Slider|NumberInput|Checkbox|TextInput)\.")
READY = "document.querySelectorAll('section[data-testid=stSidebar] input').length > 0 && !document.querySelector('[data-testid=stSkeleton]')"
SHOWN = """Object.fromEntries([...document.querySelectorAll("section[data-testid=stSidebar] [class*='st-key-']")]
    .filter((e) => !e.querySelector("[class*='st-key-']"))
    .map((e) => [e.className.match(/st-key-\\S+/)[0], [...e.querySelectorAll("input")].map((i) => i.type === "checkbox" ? i.checked : i.value).join()
        + [...e.querySelectorAll("[role=slider]")].map((s) => s.getAttribute("aria-valuenow")).join()
        + [...e.querySelectorAll("[data-testid=stSelectbox]")].map((s) => s.innerText).join()]))"""


@pytest.mark.slow
@pytest.mark.parametrize("page", ["", "backpropagation", "optimisers"])
def test_a_preset_picked_while_the_controls_are_still_loading_comes_alone(lab, new_lab: Callable, page: str) -> None:
    held: list[Route] = []
    slow = new_lab()
    slow.page.route(CODE, lambda route: held.append(route))
    slow.page.goto(f"{lab.app.url}/{page}")
    slow.until("window.nnlab?.drawn > 0 && nnlab.experiment")
    pills = slow.page.locator("[data-testid=stMain] [data-testid=stButtonGroup] button")
    pills.last.wait_for()
    first = slow.get("nnlab.experiment")
    last = pills.count() - 1
    for i in (last, last - 1):  # two, so that the page runs again before its widgets are there
        now = slow.get("nnlab.experiment")
        pills.nth(i).click()
        slow.until("JSON.stringify(nnlab.experiment) !== JSON.stringify(arg)", now)
        slow.page.wait_for_timeout(600)
    assert held, "The widgets' code was not held back."
    picked = slow.get("nnlab.experiment")
    assert picked != first
    for route in held:
        route.continue_()
    slow.page.unroute(CODE)
    slow.until(READY)
    slow.page.wait_for_timeout(600)

    lab.page.goto(slow.page.url)
    lab.until(f"window.nnlab?.drawn > 0 && {READY}")
    lab.page.wait_for_timeout(600)
    assert slow.get(SHOWN) == lab.get(SHOWN)

    pills.last.click()
    slow.until("JSON.stringify(nnlab.experiment) !== JSON.stringify(arg)", picked)
    slow.page.wait_for_timeout(600)
    pills.nth(last - 1).click()
    slow.until("JSON.stringify(nnlab.experiment) === JSON.stringify(arg)", picked)
