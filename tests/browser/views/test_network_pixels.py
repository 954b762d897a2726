"""What the network diagram draws, read back from its canvas: each neuron's own map, biases, the widths of lines, discs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

VIEW = "nnlab.board.views[0].view"
# the colours on the canvas at some places, given in CSS pixels
PIXELS = """places => { const { ctx, scale } = $view.live;
  return places.map(([x, y]) => [...ctx.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data]); }""".replace(
    "$view", VIEW
)


def read(bench: Any, expression: str) -> Any:
    return bench.page.evaluate(f"() => {expression.replace('$view', VIEW)}")


def pixels(bench: Any, places: list[list[float]]) -> list[list[int]]:
    found: list[list[int]] = bench.page.evaluate(PIXELS, places)
    return found


def palette(bench: Any) -> list[list[int]]:
    """The diverging colours, byte by byte, as red, green, blue and opacity."""
    table = read(bench, "Array.from($view.colours.lut)")
    return [[colour >> shift & 255 for shift in (0, 8, 16, 24)] for colour in table]


def flat_maps(levels: list[int], side: int = 25) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A map of one colour for each neuron."""
    return np.repeat(np.array(levels, np.uint8), side * side).reshape(-1, side, side)


def draw(bench: Any, net: Any, **arrays: Any) -> None:
    bench.open("network")
    bench.scene(net)
    bench.frame(net, arrays)


def test_every_neuron_shows_its_own_map_the_output_too(shown: Any, net: Any) -> None:
    levels = [10, 45, 80, 128, 170, 210, 250]
    shown.frame(net, {"neurons": flat_maps(levels)})
    centres = read(shown, "$view.plan.nodes.map((n) => [n.x, n.y])")
    colours = palette(shown)
    assert pixels(shown, centres) == [colours[level] for level in levels]


def test_a_map_has_high_y_on_top_and_high_x_on_the_right(shown: Any, net: Any) -> None:
    maps = np.zeros((7, 25, 25), np.uint8)
    maps[:, 13:, :12], maps[:, :12, 13:], maps[:, 13:, 13:] = 60, 200, 255
    shown.frame(net, {"neurons": maps})
    node = read(shown, "(({ x, y, size }) => ({ x, y, size }))($view.plan.nodes[6])")
    quarter = node["size"] / 4
    corners = [[-1, 1], [-1, -1], [1, 1], [1, -1]]  # down is larger on a canvas
    found = pixels(shown, [[node["x"] + i * quarter, node["y"] + j * quarter] for i, j in corners])
    assert found == [palette(shown)[level] for level in (0, 60, 200, 255)]


@pytest.mark.parametrize("node", [0, 4, 6])
def test_the_square_of_a_bias_has_the_colour_of_its_sign(shown: Any, net: Any, node: int) -> None:
    index, x, y = read(shown, f"(({{ bias, bx, by }}) => [bias, bx, by])($view.plan.nodes[{node}])")
    found = []
    for bias in (-1.0, 0.0, 1.0):
        net.flat[index] = bias
        shown.frame(net)
        found += pixels(shown, [[x, y]])
    colours = palette(shown)
    assert found == [colours[round(127.5 + 127.5 * np.tanh(1.5 * bias))] for bias in (-1.0, 0.0, 1.0)]
    assert found[0][0] > found[0][2] + 60 and found[2][2] > found[2][0] + 60, "orange below zero, blue above"


def test_a_line_is_wider_the_larger_its_weight_whatever_the_sign(bench: Any, make_net: Callable[..., Any]) -> None:
    net = make_net([1], features=("x",))  # the only line before the neuron: none crosses it
    draw(bench, net)
    x = read(bench, "$view.plan.links[0].bend")
    height = int(read(bench, "$view.live.height"))

    def width(weight: float) -> float:
        net.flat[0] = weight
        bench.frame(net)
        strip = pixels(bench, [[x, y] for y in range(height)])
        most = max(opacity for *_, opacity in strip)
        return sum(opacity for *_, opacity in strip) / most

    widths = [width(weight) for weight in (0.1, 0.5, 1, 3, 10)]
    assert all(b > 1.2 * a for a, b in itertools.pairwise(widths)), widths
    assert width(-3) == pytest.approx(width(3), rel=1e-3)


@pytest.mark.parametrize(("units", "discs"), [(32, False), (64, True)])
def test_up_to_32_neurons_of_a_layer_have_maps_and_more_have_discs_of_their_bias(
    bench: Any, make_net: Callable[..., Any], units: int, discs: bool
) -> None:
    net = make_net([units])
    levels = [3 * i + 20 for i in range(units)] + [7]
    draw(bench, net, neurons=flat_maps(levels, 20))
    nodes = read(bench, "$view.plan.nodes.map((n) => [n.x, n.y, n.size, n.bias])")
    centres = pixels(bench, [node[:2] for node in nodes])
    colours = palette(bench)
    biases = [colours[round(127.5 + 127.5 * np.tanh(net.flat[bias]))] for *_, bias in nodes]
    maps = [colours[level] for level in levels]
    assert centres[:-1] == (biases if discs else maps)[:-1]
    assert centres[-1] == maps[-1], "the output has its map in any case"
    assert ("discs show the bias" in bench.page.locator(".nn-top").inner_text()) is discs


def test_the_caption_counts_parameters_and_operations(shown: Any, net: Any) -> None:
    text = shown.page.locator(".nn-top").inner_text()
    assert "25 parameters" in text
    assert f"{net.facts['flops']:,} operations per step" in text
