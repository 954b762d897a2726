"""Who uses the page before all of it is there: no widget reports a value that nobody chose and the page does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Route

from benchmarks.race import race_of
from benchmarks.real_app import App
from nnlab.core.experiment import experiment, patch
from nnlab.core.links import to_link
from nnlab.ui.topics.playground import PRESETS
from tests.browser.lab import Lab

# The browser fetches each kind of widget's code when it first draws one.
KINDS = "Slider|NumberInput|Checkbox|TextInput"
CODE = re.compile(rf"/static/js/(Selectbox|{KINDS})\.")
BUT_LISTS = re.compile(rf"/static/js/({KINDS})\.")  # the presets are a list themselves
READY = "document.querySelectorAll('section[data-testid=stSidebar] input').length > 0 && !document.querySelector('[data-testid=stSkeleton]')"
SHOWN = """Object.fromEntries([...document.querySelectorAll("section[data-testid=stSidebar] [class*='st-key-']")]
    .filter((e) => !e.querySelector("[class*='st-key-']"))
    .map((e) => [e.className.match(/st-key-\\S+/)[0], [...e.querySelectorAll("input")].map((i) => i.type === "checkbox" ? i.checked : i.value).join()
        + [...e.querySelectorAll("[role=slider]")].map((s) => s.getAttribute("aria-valuenow")).join()
        + [...e.querySelectorAll("[data-testid=stSelectbox]")].map((s) => s.innerText).join()]))"""


class Slow:
    """A tab that fetches the code of its widgets when it is told to."""

    def __init__(self, lab: Lab, address: str, code: re.Pattern[str] = CODE) -> None:
        self.lab, self.code, self.held = lab, code, list[Route]()
        lab.page.route(code, lambda route: self.held.append(route))
        lab.page.goto(address)
        lab.until("window.nnlab?.drawn > 0 && nnlab.experiment")

    def experiment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.lab.get("nnlab.experiment")
        return found

    def click(self, button: Locator) -> dict[str, Any]:
        """The experiment that a click makes."""
        return self.made(button.click)

    def choose(self, title: str) -> dict[str, Any]:
        """The experiment that a preset makes."""
        return self.made(lambda: self.lab.choose(title))

    def made(self, act: Callable[[], None]) -> dict[str, Any]:
        now = self.experiment()
        act()
        self.lab.until("JSON.stringify(nnlab.experiment) !== JSON.stringify(arg)", now)
        self.lab.page.wait_for_timeout(600)  # what nobody chose would follow
        return self.experiment()

    def release(self) -> dict[str, str]:
        """What the widgets show when they are there."""
        assert self.held, "The widgets' code was not held back."
        for route in self.held:
            route.continue_()
        self.lab.page.unroute(self.code)
        self.lab.until(READY)
        self.lab.page.wait_for_timeout(600)
        shown: dict[str, str] = self.lab.get(SHOWN)
        assert len(shown) >= 5
        return shown


@pytest.mark.slow
def test_a_preset_picked_while_the_controls_are_still_loading_comes_alone(new_lab: Callable, app: App) -> None:
    slow = Slow(new_lab(), app.url, BUT_LISTS)
    *_, last_but_one, last = (preset.title for preset in PRESETS.values())
    other = slow.choose(last)
    picked = slow.choose(last_but_one)  # the page runs again before its widgets are there
    shown = slow.release()
    assert slow.experiment() == picked != other

    lab = new_lab()
    lab.page.goto(slow.lab.page.url)
    lab.until(f"window.nnlab?.drawn > 0 && {READY}")
    lab.page.wait_for_timeout(600)
    assert lab.get("nnlab.experiment") == picked
    assert shown == lab.get(SHOWN)

    assert slow.choose(last) == other
    assert slow.choose(last_but_one) == picked


@pytest.mark.slow
def test_a_number_that_may_be_left_empty_keeps_its_value_while_it_is_loading(new_lab: Callable, app: App) -> None:
    given = patch(experiment(race_of("ravine", ("sgd",))), {"model.start_x": 0.5})
    slow = Slow(new_lab(), f"{app.url}/optimisers?s={to_link(given)}")
    add = slow.lab.page.get_by_role("button", name="Add", exact=True)
    add.wait_for()
    slow.click(add)
    shown = slow.release()
    assert shown["st-key-optimisers-model-start_x"] == "0.5"
    assert slow.click(add)["model"]["start_x"] == 0.5
    assert len(slow.experiment()["model"]["racers"]) == 3
