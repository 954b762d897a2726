"""Each technical word on the screen can be asked for where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benchmarks.real_app import App
from nnlab.core.paths import root
from tests.browser.one_tab import FILLED, Tab, one_tab

TERMS = re.findall(r"(?m)^\*\*(.+?)\*\* — (.+)$", (root() / "docs" / "glossary.md").read_text(encoding="utf-8"))
UNDERLINED = "[...(CSS.highlights.get('nnlab-term') ?? [])].map((range) => range.toString())"
PLACE = """[...CSS.highlights.get('nnlab-term')].filter((r) => r.toString() === arg)
  .map((r) => r.getBoundingClientRect()).map((b) => [b.left + b.width / 2, b.top + b.height / 2])[0]"""


@pytest.fixture(scope="module")
def tab(chromium: Browser, app: App) -> Iterator[Tab]:
    """One tab on the playground, at rest."""
    with one_tab(chromium, app) as tab:
        tab.go("", ready=FILLED)
        tab.pause()
        yield tab


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab
        tab.page.keyboard.press("Escape")


def test_a_word_of_the_story_is_underlined_and_a_click_says_what_it_means(lab: Tab) -> None:
    lab.until(f"{UNDERLINED}.includes('neuron')")
    words = lab.get(UNDERLINED)
    assert "layer" in words and "edge" not in words
    x, y = lab.page.evaluate(f"arg => {PLACE}", "layer")
    lab.page.mouse.click(x, y)
    card = lab.page.get_by_role("dialog", name="Glossary")
    assert dict(TERMS)["Layer"].replace("`", "") in card.inner_text()
    box = card.bounding_box()
    assert box["y"] > y and box["x"] + box["width"] <= lab.get("innerWidth")
    lab.page.keyboard.press("Escape")
    assert not card.is_visible()


def test_a_double_click_explains_any_word_with_its_neighbour(lab: Tab) -> None:
    name = lab.page.locator(".player .slider .name").first
    assert name.inner_text() == "Learning rate"
    name.dblclick(position={"x": 12, "y": 9})
    card = lab.page.get_by_role("dialog", name="Glossary")
    assert card.locator("b").inner_text() == "Learning rate"
    lab.page.locator(".player .clock").click()
    assert not card.is_visible()


def test_g_opens_all_of_them_and_a_typed_word_narrows_the_list(lab: Tab) -> None:
    lab.page.keyboard.press("g")
    card = lab.page.get_by_role("dialog", name="Glossary")
    assert card.locator("dt").count() == len({name for name, _ in TERMS})
    field = card.get_by_role("searchbox")
    field.fill("moment")
    assert card.locator("dt").first.inner_text() == "Momentum"
    assert 1 <= card.locator("dt").count() < 20
    field.fill("g")  # what is typed is no key of the page
    assert card.is_visible()
    card.get_by_role("button", name="Close").click()
    assert not card.is_visible()
