"""The network diagram: what lies under the pointer, what a click sends, what is said, against a network in numpy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.errors import Problem
from nnlab.live.messages import protocol

VIEW = "nnlab.board.views[0].view"
# t along a link where it is far from its neighbours' ends; the page's place of a thing of the plan
PLACE = (
    "([kind, i, t]) => { const v = $view, r = v.canvas.getBoundingClientRect();"
    " const n = v.plan.nodes[i], l = v.plan.links[i], f = v.plan.features[i]; const u = 1 - t;"
    " const at = kind === 'bias' ? [n.bx, n.by] : kind === 'neuron' ? [n.x, n.y] : kind === 'feature' ? [f.x, f.y]"
    " : [u*u*u*l.x0 + 3*u*t*l.bend + t*t*t*l.x1, u*u*(u+3*t)*l.y0 + t*t*(t+3*u)*l.y1]; return [r.left + at[0], r.top + at[1]]; }"
).replace("$view", VIEW)


def place(bench: Any, kind: str, i: int, t: float = 0.5) -> tuple[float, float]:
    x, y = bench.page.evaluate(PLACE, [kind, i, t])
    return x, y


def position(net: Any, layer: int, row: int, column: int) -> int:
    """Where parameter [row, column] of a layer's [weights, bias] table lies in the flat vector, by numpy's own indexing."""
    tables, at = [], 0
    for b in net.blocks:
        size = b["fan_out"] * (b["fan_in"] + 1)
        tables.append(np.arange(at, at + size).reshape(b["fan_out"], -1))
        at += size
    return int(tables[layer - 1][row, column])


def type_value(bench: Any, text: str) -> None:
    field = bench.page.get_by_role("spinbutton")
    field.fill(text)
    field.press("Enter")


def test_each_link_is_found_under_its_own_curve(shown: Any) -> None:
    found = shown.page.evaluate(
        """async () => { const { under, along } = await import('/assets/views/network/layout.js'); const plan = $view.plan;
        return plan.links.map((l) => [0.15, 0.3, 0.5, 0.7, 0.85].some((t) => { const p = along(l, t); return under(plan, p.x, p.y) === l; })); }""".replace(
            "$view", VIEW
        )
    )
    assert found == [True] * (2 * 4 + 4 * 2 + 2)


@pytest.mark.parametrize("link", [0, 5, 9, 14, 17])
def test_a_click_on_a_link_edits_that_weight(shown: Any, net: Any, link: int) -> None:
    facts = shown.page.evaluate(
        "i => (({layer, to, from}) => ({layer, to, from}))($view.plan.links[i])".replace("$view", VIEW), link
    )
    t = next(t for t in (0.5, 0.3, 0.15, 0.7, 0.85, 0.4, 0.6) if is_hit(shown, link, t))
    shown.page.mouse.click(*place(shown, "link", link, t))
    type_value(shown, "1.75")
    index = position(net, facts["layer"], facts["to"], facts["from"])
    assert shown.sent("edit") == [{"index": index, "value": 1.75}]


def is_hit(bench: Any, link: int, t: float) -> bool:
    return bool(
        bench.page.evaluate(
            """async ([i, t]) => { const { under, along } = await import('/assets/views/network/layout.js');
            const plan = $view.plan, p = along(plan.links[i], t), near = [-1, 0, 1]; // a pointer stands on whole pixels
            return near.every((x) => near.every((y) => under(plan, p.x + x, p.y + y) === plan.links[i])); }""".replace(
                "$view", VIEW
            ),
            [link, t],
        )
    )


@pytest.mark.parametrize(("node", "layer", "unit"), [(0, 1, 0), (3, 1, 3), (5, 2, 1), (6, 3, 0)])
def test_every_bias_can_be_clicked_the_output_s_too(shown: Any, net: Any, node: int, layer: int, unit: int) -> None:
    shown.page.mouse.click(*place(shown, "bias", node))
    assert "Bias of" in shown.page.get_by_role("dialog").inner_text()
    type_value(shown, "-0.5")
    fan_in = net.blocks[layer - 1]["fan_in"]
    assert shown.sent("edit") == [{"index": position(net, layer, unit, fan_in), "value": -0.5}]


def test_an_edited_weight_changes_the_line_that_is_drawn(shown: Any, net: Any) -> None:
    index = position(net, 3, 0, 1)
    link = shown.page.evaluate("i => $view.plan.links.findIndex((l) => l.index === i)".replace("$view", VIEW), index)
    colours = []
    for value in (2.5, -2.5):
        net.flat[index] = value
        shown.frame(net)
        colours.append(pixel(shown, link, 0.4))
    assert colours[0][2] > colours[0][0] + 60  # blue
    assert colours[1][0] > colours[1][2] + 60  # orange


def pixel(bench: Any, link: int, t: float) -> list[int]:
    rgba: list[int] = bench.page.evaluate(
        """async ([i, t]) => { const { along } = await import('/assets/views/network/layout.js'); const v = $view;
        const p = along(v.plan.links[i], t), s = v.live.scale; return [...v.live.ctx.getImageData(p.x * s, p.y * s, 1, 1).data]; }""".replace(
            "$view", VIEW
        ),
        [link, t],
    )
    return rgba


def test_escape_takes_a_slid_weight_back(shown: Any, net: Any) -> None:
    shown.page.mouse.click(*place(shown, "bias", 6))
    before = float(net.flat[-1])
    shown.page.get_by_role("dialog").get_by_role("slider").press("ArrowRight")
    shown.page.keyboard.press("Escape")
    edits = shown.sent("edit")
    assert edits[0]["value"] != pytest.approx(before, abs=1e-6)
    assert edits[-1]["value"] == pytest.approx(before, abs=1e-6)
    assert shown.page.get_by_role("dialog").count() == 0


def test_hover_on_a_link_tells_weight_and_gradient(shown: Any, net: Any) -> None:
    gradients = np.linspace(-1, 1, len(net.flat), dtype=np.float32)
    t = next(t for t in (0.5, 0.3, 0.15, 0.7) if is_hit(shown, 16, t))
    shown.page.mouse.move(*place(shown, "link", 16, t))
    shown.page.wait_for_function("() => sent.some(([n, a]) => n === 'watch' && a.offers.includes('gradients'))")
    shown.frame(net, {"gradients": gradients})
    shown.page.mouse.move(*place(shown, "link", 16, t))
    index = position(net, 3, 0, 0)
    text = shown.page.locator(".tip").inner_text().split("\n")
    assert text[0] == "neuron 1 of layer 2 → the output"
    assert text[1] == f"weight {net.flat[index]:.2f}".replace("-", "−")
    assert text[2] == f"gradient {gradients[index]:.2f}".replace("-", "−")


def test_gradients_are_watched_only_while_the_pointer_is_over_the_network(shown: Any) -> None:
    shown.page.mouse.move(*place(shown, "neuron", 0))
    shown.page.wait_for_function("() => nnlab.watched.includes('gradients')")
    shown.page.mouse.move(2, 2)
    shown.page.wait_for_function("() => JSON.parse(nnlab.watched)[0].offers.join() === 'neurons,weights'")
    assert shown.page.evaluate("() => JSON.parse(nnlab.watched)[0].options") == {}


def test_hover_on_a_neuron_shows_it_big_and_writes_its_formula(shown: Any, net: Any) -> None:
    shown.page.mouse.move(*place(shown, "neuron", 1))
    assert shown.page.evaluate("() => nnlab.board.focused") == [1, 1]
    x, y = 1.25, -0.5
    w1, w2, b = (float(v) for v in net.flat[3:6])
    z = w1 * x + w2 * y + b
    a = math.tanh(z)
    answer = np.array([1, 1, x, y, b, z, a], np.float32)
    arrays = {
        "formula_inputs": np.array([x, y], np.float32),
        "formula_weights": np.array([w1, w2], np.float32),
        "formula": answer,
    }
    shown.frame(net, arrays)
    shown.page.wait_for_timeout(120)
    shown.frame(net, arrays)
    lines = shown.page.locator(".nn-formula .nn-line").all_inner_texts()

    def figure(value: float) -> str:
        return (f"{value:.2f}" if abs(value) >= 0.0995 else f"{value:#.2g}").replace("-", "−")

    def term(value: float, rest: str = "") -> str:
        return f" {'−' if value < 0 else '+'} {figure(abs(value))}{rest}"

    assert lines[0] == f"a = tanh({figure(w1)}·x{term(w2, '·y')}{term(b)})"
    assert lines[1].startswith(f"z = {figure(w1)}·1.25{term(w2, '·(−0.50)')}{term(b)} = {figure(z)}")
    assert lines[1].endswith(f"a = tanh({figure(z)}) = {figure(a)}")


NORM_PLACE = "([i, kind]) => { const v = $view, r = v.canvas.getBoundingClientRect(), p = v.plan.nodes[i].parts.find((one) => one.kind === kind); return [r.left + p.x, r.top + p.y]; }".replace(
    "$view", VIEW
)


@pytest.fixture
def normed(bench: Any, make_net: Callable[..., Any]) -> tuple[Any, Any]:
    net = make_net([4, 2], norm="batch")
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    return bench, net


@pytest.mark.parametrize(
    ("node", "kind", "index"), [(0, "gain", 25), (3, "gain", 28), (2, "shift", 31), (5, "gain", 34), (4, "shift", 35)]
)
def test_gain_and_shift_of_a_normalised_neuron_are_read_and_changed_like_a_weight(
    normed: tuple[Any, Any], node: int, kind: str, index: int
) -> None:
    bench, net = normed
    x, y = bench.page.evaluate(NORM_PLACE, [node, kind])
    bench.page.mouse.move(x, y)
    lines = bench.page.locator(".tip").inner_text().split("\n")
    layer, unit = (1, node) if node < 4 else (2, node - 4)
    assert lines[0] == f"{kind.capitalize()} of neuron {unit + 1} of layer {layer}"
    shown = float(lines[1].removeprefix("value ").replace("−", "-"))
    assert shown == pytest.approx(net.flat[index], abs=0.006)
    bench.page.mouse.click(x, y)
    type_value(bench, "0.5")
    assert bench.sent("edit") == [{"index": index, "value": 0.5}]


def test_a_normalised_neuron_s_formula_has_its_gain_and_shift_with_their_numbers(normed: tuple[Any, Any]) -> None:
    bench, net = normed
    net.flat[[26, 30]] = [1.5, -0.25]
    bench.page.mouse.move(*place(bench, "neuron", 1))
    w1, w2, b = (float(v) for v in net.flat[3:6])
    z = w1 * 1.25 - w2 * 0.5 + b
    n = (z - 0.5) / 2
    a = math.tanh(1.5 * n - 0.25)
    arrays = {
        "formula_inputs": np.array([1.25, -0.5], np.float32),
        "formula_weights": np.array([w1, w2], np.float32),
        "formula": np.array([1, 1, 1.25, -0.5, b, z, a], np.float32),
        "formula_norm": np.array([0.5, 2, 1.5, -0.25], np.float32),
    }
    for _ in range(2):
        bench.frame(net, arrays)
        bench.page.wait_for_timeout(120)
    lines = bench.page.locator(".nn-formula .nn-line").all_inner_texts()
    number = r"\(?−?[\d.e−]+\)?"
    assert re.fullmatch(r"a = tanh\(1\.50·BatchNorm\(.*\) − 0\.25\)", lines[0])
    found = re.search(
        rf"n = \(({number}) − 0\.50\) / 2\.00 = ({number})\s+→\s+a = tanh\(1\.50·({number}) − 0\.25\) = ({number})$",
        lines[1],
    )
    assert found, lines[1]
    values = [float(text.strip("()").replace("−", "-")) for text in found.groups()]
    assert values == pytest.approx([z, n, n, a], abs=0.006)


def test_gain_and_shift_are_reached_by_their_keys(normed: tuple[Any, Any]) -> None:
    bench, _ = normed
    bench.page.evaluate("() => $view.canvas.focus()".replace("$view", VIEW))
    for key, name in (("g", "Gain"), ("s", "Shift")):
        bench.page.keyboard.press("ArrowRight")
        bench.page.keyboard.press(key)
        assert f"{name} of neuron" in bench.page.get_by_role("dialog").inner_text()
        bench.page.keyboard.press("Escape")


def test_without_normalisation_there_is_no_gain(shown: Any) -> None:
    assert (
        shown.page.evaluate("() => $view.plan.nodes.flatMap((n) => n.parts.map((p) => p.kind))".replace("$view", VIEW))
        == ["bias"] * 7
    )
    shown.page.evaluate("() => $view.canvas.focus()".replace("$view", VIEW))
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("g")
    assert shown.page.get_by_role("dialog").count() == 0


def test_a_long_formula_keeps_its_eight_largest_terms(bench: Any, make_net: Callable[..., Any]) -> None:
    net = make_net([12, 1])
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    text = bench.page.evaluate(
        "async () => { const { formula } = await import('/assets/views/network/text.js'); return formula(nnlab.scene, 2, 0, nnlab.frame.arrays.weights.data); }"
    )
    row = net.flat[36:48]
    kept = sorted(np.argsort(-np.abs(row))[:8])
    names = [
        part.split("·")[1].split(" ")[0]
        for part in text.split(" … ")[0].removesuffix(" +").split("a = tanh(")[1].replace(" − ", " + ").split(" + ")
    ]
    subscripts = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
    assert [int(name[1:].translate(subscripts)) - 1 for name in names] == kept
    assert "… 4 more" in text


def test_a_click_on_a_feature_switches_it(shown: Any) -> None:
    shown.page.mouse.click(*place(shown, "feature", 2))
    assert shown.sent("set")[-1]["changes"] == {"model.features": ["x", "y", "x2"]}
    shown.page.mouse.click(*place(shown, "feature", 0))
    assert shown.sent("set")[-1]["changes"] == {"model.features": ["y"]}


def test_the_last_feature_stays(bench: Any, make_net: Callable[..., Any]) -> None:
    net = make_net([2], features=("y",))
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    bench.page.mouse.click(*place(bench, "feature", 1))
    assert bench.sent("set") == []


def test_layers_and_neurons_are_added_and_taken_away_and_fast_clicks_add_up(shown: Any) -> None:
    page = shown.page
    page.get_by_role("button", name="Add a hidden layer").click()
    assert [layer["units"] for layer in shown.sent("set")[-1]["changes"]["model.layers"]] == [4, 2, 2]
    page.get_by_role("button", name="Remove the last hidden layer").click()
    page.get_by_role("button", name="Remove the last hidden layer").click()
    assert [layer["units"] for layer in shown.sent("set")[-1]["changes"]["model.layers"]] == [4]
    for _ in range(3):
        page.get_by_role("button", name="Add a neuron to layer 1").click()
    assert shown.sent("set")[-1]["changes"]["model.layers"][0]["units"] == 7


def test_the_activation_of_one_layer_changes(shown: Any) -> None:
    shown.page.get_by_label("Activation of layer 2").select_option("relu")
    layers = shown.sent("set")[-1]["changes"]["model.layers"]
    assert [layer["activation"] for layer in layers] == ["tanh", "relu"]


def test_the_page_is_told_once_the_server_has_accepted(shown: Any, net: Any) -> None:
    shown.page.get_by_label("Activation of layer 1").select_option("sine")
    version = shown.sent("set")[-1]["version"]
    assert shown.get("calls") == []
    shown.tell(protocol.edited(net.spec().model_dump(mode="json"), version=version))
    shown.until("calls.length === 1")


def test_a_refused_change_puts_the_controls_back(shown: Any) -> None:
    shown.page.get_by_role("button", name="Add a neuron to layer 1").click()
    shown.tell(protocol.refusal((Problem("model.layers", "No."),)))
    assert shown.page.get_by_label("Neurons in layer 1", exact=True).inner_text() == "4"


def test_the_phases_show_their_numbers(shown: Any, net: Any) -> None:
    a = np.linspace(-0.9, 0.9, 7, dtype=np.float32)
    shown.frame(net, {"a": a, "z": a}, phase="forward")
    assert shown.page.locator(".nn-phase").inner_text().startswith("Forward")
    shown.frame(net, {"loss": np.array([0.532], np.float32), "losses": np.ones(10, np.float32)}, phase="loss")
    assert "mean over the 10 examples of this batch is 0.53" in shown.page.locator(".nn-phase").inner_text()
    grad = np.zeros(len(net.flat), np.float32)
    grad[position(net, 3, 0, 1)] = -0.25
    shown.frame(net, {"grad": grad}, phase="backward")
    assert "steepest slope is −0.25" in shown.page.locator(".nn-phase").inner_text()
    link = shown.page.evaluate(
        "i => $view.plan.links.findIndex((l) => l.index === i)".replace("$view", VIEW), position(net, 3, 0, 1)
    )
    assert pixel(shown, link, 0.1)[0] > pixel(shown, link, 0.1)[2] + 60  # the only gradient, and it is negative: orange
    shown.frame(net, {"delta": -grad}, phase="update")
    assert "longest step is 0.25" in shown.page.locator(".nn-phase").inner_text()


def test_it_can_be_used_without_a_mouse(shown: Any, net: Any) -> None:
    shown.page.evaluate("() => $view.canvas.focus()".replace("$view", VIEW))
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "."):
        shown.page.keyboard.press(key)
    said = shown.page.locator(".nn-hidden").inner_text()
    assert said.startswith("neuron 1 of layer 1 → neuron 2 of layer 2, weight")
    shown.page.keyboard.press("Enter")
    type_value(shown, "0.25")
    assert shown.sent("edit") == [{"index": position(net, 2, 1, 0), "value": 0.25}]
    shown.page.keyboard.press("b")
    assert "Bias of neuron 2 of layer 2" in shown.page.get_by_role("dialog").inner_text()


def test_arrow_keys_in_the_diagram_do_not_reach_the_player(shown: Any) -> None:
    shown.page.evaluate("() => $view.canvas.focus()".replace("$view", VIEW))
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown"):
        shown.page.keyboard.press(key)
    assert shown.sent("step") == []
    shown.page.keyboard.press(" ")
    assert shown.sent("play") == [True]


def test_the_mouse_leaves_the_keys_to_the_player(shown: Any) -> None:
    shown.page.mouse.click(*place(shown, "neuron", 0))
    shown.page.keyboard.press("ArrowRight")
    assert shown.sent("step") == [{"unit": "epoch", "n": 1}]


def test_a_frame_neither_measures_the_page_nor_builds_paths_anew(shown: Any, net: Any) -> None:
    shown.page.evaluate(
        """() => { window.measured = 0; window.paths = $view.plan.links.map((l) => l.path); const p = Element.prototype;
        const old = p.getBoundingClientRect; p.getBoundingClientRect = function () { window.measured += 1; return old.call(this); }; }""".replace(
            "$view", VIEW
        )
    )
    for _ in range(5):
        shown.frame(net)
    assert shown.page.evaluate("() => window.measured") == 0
    assert shown.page.evaluate(
        "() => $view.plan.links.every((l, i) => l.path === window.paths[i])".replace("$view", VIEW)
    )
