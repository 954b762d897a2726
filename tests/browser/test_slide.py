"""Convolution and pooling by themselves: the window follows hand and keys, its numbers can be changed, and what is impossible is mended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator
from torch.nn import functional as F

from benchmarks.real_app import App
from nnlab.core.experiment import experiment
from tests.browser.one_tab import FILLED, Tab, one_tab
from tests.browser.test_cnn import SMALL, view

V = view("slide")
RESTS = f"{V}.s && !{V}.busy"


@pytest.fixture(scope="module")
def tab(chromium: Browser, app: App) -> Iterator[Tab]:
    """One tab with an untrained network on 8 × 8 digits, and the explorer open."""
    with one_tab(chromium, app) as tab:
        tab.go("cnn", ready=f"nnlab.frame?.arrays.wall_maps && {FILLED}")
        tab.pause()
        tab.become(experiment(SMALL), ready=f"{view('wall')}.stages.length === 5")
        tab.tab("Convolution and pooling")
        tab.until(f"{RESTS} && {V}.s.from[0] === 8")
        yield tab


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    """The explorer as it opens."""
    with tab.whole():
        tab.get(
            f"({V}.pinned = false, {V}.cell = null, {V}.memory.shapes.clear(), {V}.choose({{ operation: 'convolution', size: 3, stride: 1, padding: 1, dilation: 1, kernel: 'edges_across' }}))"
        )
        tab.until(
            f"{RESTS} && {V}.s.operation === 'convolution' && {V}.s.shape.join() === '3,1,1,1' && {V}.s.at[0] === 3"
        )
        yield tab


def seen(lab: Tab, name: str) -> Any:
    return np.array(lab.get(f"Array.from({V}.s.{name})"))


def choose(lab: Tab, name: str, value: str) -> None:
    lab.page.locator(".view-slide").get_by_role("combobox", name=name, exact=True).select_option(value)
    lab.until(RESTS)


def output(lab: Tab) -> Locator:
    return lab.page.locator(".view-slide canvas").last


def words(lab: Tab, line: str = "words") -> str:
    return str(lab.get(f"{V}.{line}.textContent"))


def told(text: str) -> float:
    """The number that a cell is said to be."""
    found = re.search(r"\) is (−?[\d.]+)[:.]", text)
    assert found, text
    return float(found[1].rstrip(".").replace("−", "-"))


def test_the_window_follows_the_pointer_and_the_keys_and_a_click_holds_it(lab: Tab) -> None:
    picture = torch.tensor(seen(lab, "input").reshape(1, 1, 8, 8), dtype=torch.float32)
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    expected = F.conv2d(picture, sobel, padding=1)[0, 0]
    canvas = output(lab)
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 20, "y": 40})
    lab.until(f"{RESTS} && {V}.s.at[0] === 0 && {V}.s.at[1] === 0")
    assert "(row 1, column 1) is " in words(lab)
    assert told(words(lab)) == pytest.approx(float(expected[0, 0]), abs=6e-4)
    assert "5 of the 9 pixels are zeros of the padding" in words(lab)
    assert lab.get(f"{V}.table.box.querySelectorAll('.padded').length") == 5
    canvas.click(position={"x": 90, "y": 110})
    lab.until(f"{RESTS} && {V}.pinned")
    held = seen(lab, "at")[:2].tolist()
    canvas.hover(position={"x": 20, "y": 40})
    canvas.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.until(f"{RESTS} && {V}.s.at[1] === arg", held[1] + 1)
    assert seen(lab, "at")[0] == held[0]
    value = float(expected[held[0], held[1] + 1])
    assert told(words(lab)) == pytest.approx(value, abs=6e-4)
    terms = re.fullmatch(r"Sum: (.*) = (\S+)(   .*)?", words(lab, "sum"))
    assert terms and eval(terms[1].replace("−", "-")) == pytest.approx(float(terms[2].replace("−", "-"))), (
        "to the digit"
    )
    assert float(seen(lab, "facts")[0]) == pytest.approx(value, abs=1e-5)
    lab.page.keyboard.press("Escape")
    lab.until(f"!{V}.pinned")


def test_a_number_of_the_kernel_is_typed_and_dragged_and_the_output_answers(lab: Tab) -> None:
    picture = torch.tensor(seen(lab, "input").reshape(1, 1, 8, 8), dtype=torch.float32)
    kernel = [-1.0, 0, 1, -2, 0, 2, -1, 0, 1]

    def answers() -> None:
        lab.until(f"{RESTS} && arg.every((v, i) => Math.abs({V}.s.kernel[i] - v) < 1e-4)", kernel)
        expected = F.conv2d(picture, torch.tensor(kernel).reshape(1, 1, 3, 3), padding=1)[0, 0]
        assert np.array(lab.get(f"Array.from({V}.s.maps[0])")) == pytest.approx(expected.ravel().numpy(), abs=1e-4)

    middle = lab.page.get_by_role("textbox", name="Kernel, row 2, column 2")
    middle.click()
    lab.page.keyboard.type("-1,5")
    kernel[4] = -1.5
    answers()
    lab.page.keyboard.press("Shift+ArrowUp")
    kernel[4] = -1.4
    answers()
    lab.page.keyboard.press("ArrowRight")
    assert lab.get(f"{V}.table.cells.findIndex((c) => c.field === c.field.getRootNode().activeElement)") == 5
    lab.page.keyboard.press("ArrowLeft")
    box: Any = middle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x, y - 60, steps=3)
    lab.page.mouse.up()
    kernel[4] = -0.4
    answers()
    assert lab.page.get_by_role("combobox", name="Kernel", exact=True).input_value() == "own"
    choose(lab, "Size", "5")
    lab.until(f"{V}.s.kernel.length === 25")
    assert seen(lab, "kernel").reshape(5, 5)[1:4, 1:4].ravel() == pytest.approx(kernel, abs=1e-4)
    choose(lab, "Size", "3")
    answers()
    lab.page.locator(".view-slide").get_by_role("button", name="Reset", exact=True).click()
    kernel = [-1.0, 0, 1, -2, 0, 2, -1, 0, 1]
    answers()


def test_what_is_impossible_is_said_and_a_button_mends_it(lab: Tab) -> None:
    choose(lab, "Size", "7")
    choose(lab, "Padding", "0")
    choose(lab, "Dilation", "3")
    lab.until(f"{V}.s.shape.join() === '7,1,0,3' && !{V}.s.possible")
    assert "the kernel spans 3·(7 − 1) + 1 = 19 pixels, and the picture has only 8." in words(lab)
    lab.page.get_by_role("button", name="Take dilation 1").click()
    lab.until(f"{RESTS} && {V}.s.possible && {V}.s.shape.join() === '7,1,0,1'")
    assert "(8 + 2·0 − 1·(7 − 1) − 1) / 1 + 1 = 2." in words(lab, "size")
    choose(lab, "Operation", "max")
    choose(lab, "Size", "2")
    choose(lab, "Padding", "2")
    lab.until(f"{RESTS} && !{V}.s.possible")
    assert "Here that is 1, and the padding is 2." in words(lab)
    lab.page.get_by_role("button", name="Take padding 1").click()
    lab.until(f"{RESTS} && {V}.s.possible")
    choose(lab, "Stride", "4")
    lab.until(f"{V}.s.out.join() === '3,3'")
    picture = torch.tensor(seen(lab, "input").reshape(1, 1, 8, 8), dtype=torch.float32)
    maps = lab.get(f"{V}.s.maps.map((m) => Array.from(m))")
    assert maps[0] == pytest.approx(F.max_pool2d(picture, 2, 4, 1).ravel().tolist())
    assert maps[1] == pytest.approx(F.avg_pool2d(picture, 2, 4, 1).ravel().tolist(), abs=1e-6)
    assert lab.get(f"{V}.table.box.querySelectorAll('.won').length") == 1
    assert re.search(r"the largest of 4 numbers\. PyTorch gives the same\. Their mean is 0\.\d+", words(lab))


def test_it_slides_from_cell_to_cell_pauses_and_goes_on(lab: Tab) -> None:
    choose(lab, "Stride", "3")
    lab.until(f"{V}.s.out.join() === '3,3'")
    view = lab.page.locator(".view-slide")
    view.get_by_role("button", name="Slide", exact=True).click()
    lab.until(f"{V}.sliding && {V}.s.at[0] === 0 && {V}.s.at[1] >= 1")
    assert "the pointer does not move the window" in words(lab, "hint")
    view.get_by_role("button", name="Pause", exact=True).click()
    lab.until(f"{RESTS} && !{V}.sliding")
    at, shown = seen(lab, "at")[:2].tolist(), lab.get(f"{V}.shown")
    assert shown == at[0] * 3 + at[1] + 1 < 9
    output(lab).focus()
    lab.page.keyboard.press("Space")
    lab.until(f"{V}.sliding && {V}.shown > arg", shown)
    lab.until(f"!{V}.sliding && {V}.shown === Infinity")
    assert seen(lab, "at")[:2].tolist() == [2, 2]


def test_a_kernel_of_the_network_is_borrowed_as_it_is_now(lab: Tab) -> None:
    choose(lab, "Kernel", "network2")
    lab.until(f"{RESTS} && {V}.chosen.numbers")
    lent = lab.get("nnlab.board.ask('cell', { channel: 2 }).then((a) => Array.from(a.arrays.cell_kernel.data))")
    assert seen(lab, "kernel") == pytest.approx(lent, abs=6e-4)
    kernel = lab.page.get_by_role("combobox", name="Kernel", exact=True)
    assert kernel.locator("option:checked").inner_text() == "Channel 3"
    assert seen(lab, "shape").tolist() == [3, 1, 1, 1], "padding and stride stay"
    lab.page.get_by_role("textbox", name="Kernel, row 1, column 1").fill("150")
    lab.until(f"{RESTS} && {V}.s.kernel[0] === 99")
    assert lab.page.locator(".view-slide .limit").inner_text().endswith("between −99 and 99: 150 became 99.")
    assert kernel.input_value() == "own"


def test_a_pooling_begins_as_that_of_the_network_and_the_convolution_comes_back(lab: Tab) -> None:
    choose(lab, "Size", "5")
    choose(lab, "Operation", "max")
    lab.until(f"{V}.s.shape.join() === '2,2,0,1' && {V}.s.out.join() === '4,4'")
    choose(lab, "Size", "7")
    choose(lab, "Padding", "3")
    lab.until(f"{RESTS} && {V}.s.shape.join() === '7,2,3,1'")
    lab.get(f"{V}.go({{ row: 0, column: 0 }})")
    lab.until(f"{RESTS} && {V}.s.at[0] === 0")
    assert "the largest of 16 numbers" in words(lab) and "The other 33 places (–) are padding" in words(lab)
    cells = f"[...{V}.table.box.children]"
    assert len(set(lab.get(f"{cells}.map((c) => Math.round(c.getBoundingClientRect().height))"))) == 1
    for width in (1366, 960, 390):
        lab.page.set_viewport_size({"width": width, "height": 800})
        lab.until(f"{V}.input.width < {width}")
        for operation in ("average", "max"):
            choose(lab, "Operation", operation)
            lab.until(f"{V}.s.operation === '{operation}'")
            assert (
                lab.get(
                    f"{cells}.flatMap((c) => [...c.children]).filter((c) => c.scrollWidth > c.clientWidth + 1 && c.clientWidth).map((c) => c.textContent)"
                )
                == []
            )
    lab.page.set_viewport_size({"width": 1440, "height": 900})
    choose(lab, "Operation", "convolution")
    lab.until(f"{V}.s.shape.join() === '5,1,1,1'")
    choose(lab, "Operation", "average")
    lab.until(f"{V}.s.shape.join() === '7,2,3,1'")


def test_what_a_link_holds_comes_back_and_nonsense_in_it_breaks_nothing(lab: Tab) -> None:
    for size, numbers, kernel in (
        (2, "[1, 2, 3, 4]", [1, 2, 3, 4]),
        (99, "no numbers", [-1, 0, 1, -2, 0, 2, -1, 0, 1]),
    ):
        lab.page.evaluate(f"([size, numbers]) => {V}.choose({{ size, numbers }})", [size, numbers])
        lab.until(f"{RESTS} && {V}.s.kernel.join() === arg", ",".join(map(str, kernel)))
        assert lab.get(f"{V}.chosen.size ** 2") == len(kernel)
