"""Ten and more classes: each keeps its own colour in the output map, and the confusion matrix has room for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.live.worker import engine

COLOURS = """async (classes) => {
  const { classColour, rgb } = await import("/assets/kit/palette.js");
  return Array.from({ length: classes }, (_, c) => rgb(classColour(nnlab.board.theme, c)));
}"""
GROUND = "(async () => (await import('/assets/kit/palette.js')).rgb(nnlab.board.theme.middle))()"
HEAT = "Array.from(document.querySelector('.heat').getContext('2d').getImageData(0, 0, 100, 100).data)"


def answers(net: Any) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest class and its probability at the middle of each cell, row 0 at y_min, by numpy."""
    line = -6 + 12 * (np.arange(100) + 0.5) / 100
    y, x = np.meshgrid(line, line, indexing="ij")
    shares = net.activations(np.stack([x.ravel(), y.ravel()], 1))[-1]
    return shares.argmax(0).reshape(100, 100), shares.max(0).reshape(100, 100)


def heat(bench: Any) -> np.ndarray:
    """The colours of the map, row 0 at y_min."""
    return np.array(bench.get(HEAT)).reshape(100, 100, 4)[::-1, :, :3].astype(float)


@pytest.fixture
def mapped(bench: Any, make_net: Callable[..., Any]) -> Callable[[int], Any]:
    """A network with so many classes, and its output map."""

    def show(classes: int) -> Any:
        net = make_net([8], classes=classes)
        net.flat *= 2
        bench.open("boundary", "confusion")
        bench.scene(net)
        bench.frame(net, engine.probe(net.run.learner, ["boundary", "confusion"]))
        return net

    return show


@pytest.mark.parametrize("classes", [3, 10, 12])
def test_every_place_has_the_colour_of_its_class_and_is_paler_the_less_sure(
    bench: Any, mapped: Any, classes: int
) -> None:
    net = mapped(classes)
    winner, share = answers(net)
    assert len(np.unique(winner)) > 2, "there must be something to tell apart"
    shades = 256 // max(8, classes)
    level = np.floor((shades - 1) * (share - 1 / classes) / (1 - 1 / classes)) / (shades - 1)
    colours, ground = np.array(bench.page.evaluate(COLOURS, classes)), np.array(bench.get(GROUND))
    wanted = ground + (colours[winner] - ground) * (0.12 + 0.8 * level)[..., None]
    wrong = np.abs(heat(bench) - wanted).max(-1) > 1.5
    assert wrong.mean() < 0.02  # float32 falls on the other side of a shade here and there


@pytest.mark.parametrize("dark", [False, True])
def test_fifteen_classes_have_fifteen_colours(bench: Any, mapped: Any, dark: bool) -> None:
    if dark:
        bench.get("document.documentElement.style.setProperty('--st-background-color', '#0e1117')")
    mapped(15)
    colours = np.array(bench.page.evaluate(COLOURS, 15), float)
    apart = [np.abs(one - other).sum() for one, other in itertools.combinations(colours, 2)]
    assert min(apart) > 30
    assert bench.get("nnlab.board.theme.dark") is dark


def test_the_legend_and_the_picker_name_each_class(bench: Any, mapped: Any) -> None:
    mapped(12)
    names = bench.page.locator(".view-boundary .legend .swatch").all_inner_texts()
    assert names == [f"class {i}" for i in range(12)]
    right = bench.get("document.querySelector('.view-boundary').getBoundingClientRect().right")
    assert (
        max(bench.get("[...document.querySelectorAll('.legend .swatch')].map((e) => e.getBoundingClientRect().right)"))
        <= right
    )
    bench.page.get_by_role("button", name="Options of Output").click()
    bench.page.get_by_role("button", name="Add", exact=True).click()
    bench.page.get_by_role("button", name="class 11").click()
    box = bench.page.locator(".heat").bounding_box()
    bench.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert bench.sent("point")[0]["label"] == 11


def test_the_pointer_reads_class_and_probability(bench: Any, mapped: Any) -> None:
    net = mapped(12)
    winner, share = answers(net)
    box = bench.page.locator(".heat").bounding_box()
    bench.page.mouse.move(box["x"] + 0.305 * box["width"], box["y"] + (1 - 0.705) * box["height"])
    text = bench.page.locator(".tip").inner_text()
    assert f"class {winner[70, 30]}, probability " in text
    shown = float(text.split("probability ")[1].split()[0])
    assert shown == pytest.approx(share[70, 30], abs=1 / 20 + 0.005)  # a shade


def test_a_crowded_confusion_matrix_shows_all_counts_inside_its_panel(bench: Any, mapped: Any, make_net: Any) -> None:
    mapped(12)
    bench.page.get_by_role("tabpanel", name="Confusion matrix").scroll_into_view_if_needed()
    net = make_net([8], classes=12)
    counts = np.random.default_rng(0).integers(0, 999, (2, 12, 12)).astype(np.float32)
    bench.frame(net, {"confusion": counts})
    rows = bench.page.locator("table").first.locator("tbody tr")
    cells = rows.evaluate_all(
        "all => all.map((row) => [...row.querySelectorAll('.cm-count')].map((c) => Number(c.textContent)))"
    )
    assert cells == counts[0].astype(int).tolist()
    panel = bench.page.locator(".view-confusion").bounding_box()
    edges = bench.get(
        "[...document.querySelectorAll('.cm td, .cm th')].map((e) => { const r = document.createRange(); r.selectNodeContents(e);"
        " const b = e.getBoundingClientRect(); return [b.left, b.right, e.matches('td') ? r.getBoundingClientRect().right : b.right]; })"
    )
    assert all(panel["x"] - 1 <= left and right <= panel["x"] + panel["width"] + 1 for left, right, _ in edges)
    assert all(text <= right + 1 for _, right, text in edges), "no number runs over its neighbour"
    assert bench.page.locator(".cm-share").first.is_hidden(), "counts alone have room"
    note = bench.page.locator(".cm-note").inner_text()
    assert "each share" not in note and "Recall" in note


@pytest.mark.parametrize("width", [1440, 700, 400])
def test_it_fits_at_every_width(bench: Any, mapped: Any, width: int) -> None:
    bench.page.set_viewport_size({"width": width, "height": 900})
    mapped(12)
    assert bench.get("document.documentElement.scrollWidth") <= width
