"""The network diagram of any shape: narrow panels, deep and wide networks, its names and the maps of its features."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from nnlab.families.mlp.spec import ACTIVATION_NAMES, FEATURE_NAMES, Feature

VIEW = "nnlab.board.views[0].view"


def test_a_narrow_panel_scrolls_inside_itself(bench: Any, make_net: Callable[..., Any]) -> None:
    bench.page.set_viewport_size({"width": 412, "height": 800})
    net = make_net([8] * 6)
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    inner, outer, page = bench.page.evaluate(
        "() => { const s = document.querySelector('.nn-scroll'); return [s.scrollWidth, s.clientWidth, document.documentElement.scrollWidth]; }"
    )
    assert inner > outer
    assert page <= 412


def test_a_shadow_lies_where_more_of_a_deep_network_is_out_of_sight(bench: Any, make_net: Callable[..., Any]) -> None:
    bench.page.set_viewport_size({"width": 412, "height": 800})
    net = make_net([2] * 6)
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    scroll = bench.page.locator(".nn-scroll")

    def darkness(side: str) -> float:
        """How much darker than the ground the lowest rows are at a side of the diagram, where nothing is drawn."""
        box = scroll.bounding_box()
        x = box["x"] if side == "left" else box["x"] + box["width"] - 6
        clip = {"x": x, "y": box["y"] + 2, "width": 6, "height": 40}
        shot = Image.open(io.BytesIO(bench.page.screenshot(clip=clip))).convert("L")
        return 255 - float(np.asarray(shot, float).mean())

    assert darkness("right") > 20 > darkness("left")
    scroll.evaluate("e => { e.scrollLeft = 9999; }")
    assert darkness("left") > 20 > darkness("right")


@pytest.mark.parametrize("layers", [[8] * 8, [32] * 8, [64, 3], []])
def test_no_neuron_lies_on_another_whatever_the_shape(
    bench: Any, make_net: Callable[..., Any], layers: list[int]
) -> None:
    net = make_net(layers, classes=3)
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    nodes = bench.page.evaluate("() => $view.plan.nodes.map((n) => [n.x, n.y, n.size])".replace("$view", VIEW))
    assert len(nodes) == sum(layers) + 3
    height = bench.page.evaluate("() => $view.plan.height".replace("$view", VIEW))
    xy = np.array(nodes)
    apart = np.maximum(*(np.abs(xy[:, None, k] - xy[None, :, k]) for k in (0, 1)))
    room = (xy[:, None, 2] + xy[None, :, 2]) / 2
    assert (apart + 1e-6 >= room)[~np.eye(len(xy), dtype=bool)].all()
    assert (xy[:, 1] - xy[:, 2] / 2 >= 0).all() and (xy[:, 1] + xy[:, 2] / 2 <= height).all()


def test_of_very_many_weights_the_strongest_are_drawn_and_it_says_so(bench: Any, make_net: Callable[..., Any]) -> None:
    net = make_net([32] * 4)
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    drawn = bench.page.evaluate("() => $view.drawn.map((l) => l.index)".replace("$view", VIEW))
    weights = np.concatenate(
        [
            net.flat[b["start"] : b["start"] + b["fan_out"] * b["stride"]].reshape(b["fan_out"], -1)[:, :-1].ravel()
            for b in net.blocks
        ]
    )
    assert len(drawn) == 1500
    assert np.abs(net.flat[drawn]).min() >= np.sort(np.abs(weights))[-1500] - 1e-6
    assert "1,500 strongest of 3,168 weights" in bench.page.locator(".nn-caption").inner_text()


def test_the_names_are_those_of_the_specification(shown: Any) -> None:
    names = shown.page.evaluate(
        """async () => [Object.entries((await import('/assets/kit/activations.js')).TITLES),
        (await import('/assets/kit/features.js')).FEATURES.map((f) => f.name), $view.constructor.name]""".replace(
            "$view", VIEW
        )
    )
    assert [tuple(pair) for pair in names[0]] == list(ACTIVATION_NAMES)
    assert names[1] == list(get_args(Feature)) == [name for name, _ in FEATURE_NAMES]


def test_the_small_maps_of_unused_features_are_the_features(shown: Any) -> None:
    maps = shown.page.evaluate(
        """async () => { const { FEATURES, featureMap } = await import('/assets/kit/features.js');
        return FEATURES.map((f) => Array.from(featureMap(f, 6))); }"""
    )
    line = -6 + 12 * (np.arange(25) + 0.5) / 25
    y, x = np.meshgrid(line, line, indexing="ij")
    for found, wanted in zip(
        maps, [x, y, x * x, y * y, x * y, np.sin(x), np.sin(y), np.cos(x), np.cos(y), np.hypot(x, y)], strict=True
    ):
        scale = max(1, np.sort(np.abs(wanted).ravel())[int(0.98 * 624)])
        assert np.abs(np.array(found) - np.clip(wanted / scale, -1, 1).ravel() * 127.5 - 127.5).max() <= 1
