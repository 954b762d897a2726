"""Confusion matrix, histograms, gradient norms, surface and warped plane: their numbers, and a camera that stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

VIEW = "nnlab.board.views[0].view"


def begin(bench: Any, name: str, net: Any) -> Any:
    if name == "surface":  # without a graphics card every pixel of a 3-D picture costs
        bench.page.set_viewport_size({"width": 420, "height": 1600})
    bench.open(name)
    bench.scene(net)
    return bench


def surface(net: Any, height: float = 1.0) -> dict[str, Any]:
    line = np.linspace(-6, 6, 50)
    x, y = np.meshgrid(line, line)
    out = net.activations(np.stack([x.ravel(), y.ravel()], 1))[-1]
    if net.classes > 2:
        shape = {"surface": out.max(0), "surface_class": out.argmax(0).astype(np.uint8)}
        return {name: values.reshape(50, 50) for name, values in shape.items()}
    return {"surface": height * (2 * out[0] - 1).reshape(50, 50)}


def warped(net: Any, layer: int, units: list[int]) -> dict[str, Any]:
    line = np.linspace(-6, 6, 21)
    x, y = np.meshgrid(line, line)
    grid = net.activations(np.stack([x.ravel(), y.ravel()], 1))[layer][units].T.reshape(21, 21, len(units))
    return {"warp": grid, "warp_points": net.activations(net.points()[:, :2])[layer][units].T}


def drawn(bench: Any, panel: str = "panel") -> int:
    n: int = bench.page.evaluate(f"() => {VIEW}.{panel}.drawn")
    return n


# ---- confusion ------------------------------------------------------------------------------------------------------
def test_the_confusion_matrix_shows_counts_shares_and_recall(bench: Any, make_net: Callable[..., Any]) -> None:
    begin(bench, "confusion", make_net([3], classes=3))
    train = np.array([[8, 1, 1], [0, 5, 5], [2, 2, 16]])
    bench.frame(make_net([3], classes=3), {"confusion": np.stack([train, np.zeros((3, 3))]).astype(np.float32)})
    rows = bench.page.locator("table").first.locator("tbody tr")
    cells = [[text.split() for text in rows.nth(i).locator("td").all_inner_texts()] for i in range(3)]
    assert [[int(cell[0]) for cell in row[:3]] for row in cells] == train.tolist()
    assert cells[1][:3] == [["0", "0", "%"], ["5", "50", "%"], ["5", "50", "%"]]
    assert [row[3] for row in cells] == [["80", "%"], ["50", "%"], ["80", "%"]]
    captions = bench.page.locator("caption").all_inner_texts()
    assert captions == ["Training 73 % of 40 right", "Test no examples"]
    sample = {"confusion": np.stack([train, train]).astype(np.float32), "confusion_of": np.array([4_000, 40], np.int32)}
    bench.frame(make_net([3], classes=3), sample)
    captions = bench.page.locator("caption").all_inner_texts()
    assert captions == ["Training 73 % of 40 right in a sample of 4\u202f000", "Test 73 % of 40 right"]


def test_almost_right_is_not_called_a_hundred_per_cent(bench: Any, make_net: Callable[..., Any]) -> None:
    begin(bench, "confusion", make_net([3]))
    counts = np.array([[999, 1], [0, 1000]], np.float32)
    bench.frame(make_net([3]), {"confusion": np.stack([counts, counts])})
    assert "99.9 %" in bench.page.locator("table").first.locator("tbody tr").first.inner_text()


def test_regression_has_no_confusion_and_the_board_says_so(bench: Any, make_net: Callable[..., Any]) -> None:
    bench.open("curves", "confusion")
    net = make_net([3], classes=1)
    bench.scene(net)
    bench.frame(net)
    assert bench.page.locator(".left-out").inner_text() == "Not available for this model: Confusion matrix."
    assert bench.page.get_by_role("tab").count() == 0
    bench.scene(make_net([3]))
    bench.page.get_by_role("tab", name="Confusion matrix").wait_for()
    assert bench.page.locator(".left-out").is_hidden()


# ---- histograms and norms -------------------------------------------------------------------------------------------
def histograms(blocks: int, weights: Any) -> dict[str, Any]:
    counts = np.tile(np.histogram(weights, 40, range=(-2, 2))[0].astype(np.float32), (blocks, 1))
    ranges = np.tile(np.array([[-2, 2], [-0.01, 0.01]], np.float32), (blocks, 1, 1))
    return {"hist_weights": counts, "hist_gradients": counts, "hist_ranges": ranges}


def ink(bench: Any, channel: int) -> list[int]:
    """Columns of the canvas, in CSS pixels, that hold clearly orange (0) or blue (2) ink in the first histogram of layer 1."""
    found: list[int] = bench.page.evaluate(
        """channel => { const p = $view.page, s = p.scale, w = Math.floor(p.width / 3 * s), h = Math.floor(120 * s);
        const d = p.ctx.getImageData(0, 0, w, h).data, other = 2 - channel, hits = new Set();
        for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && d[i + channel] > d[i + other] + 80) hits.add(Math.floor((i / 4) % w / s));
        return [...hits].sort((a, b) => a - b); }""".replace("$view", VIEW),
        channel,
    )
    return found


def test_a_histogram_puts_negative_weights_left_and_positive_ones_right(bench: Any, net: Any) -> None:
    begin(bench, "histograms", net)
    bench.frame(net, histograms(3, np.array([-1.45, -1.35, 0.55, 0.65, 0.75])))
    cell = (bench.page.evaluate(f"() => {VIEW}.page.width") - 2 * 16) / 3
    negative, positive = ink(bench, 0), ink(bench, 2)
    where = [x / cell * 4 - 2 for x in (negative[0], negative[-1], positive[0], positive[-1])]
    assert where == pytest.approx([-1.5, -1.3, 0.5, 0.8], abs=0.12)


def test_a_layer_that_is_no_longer_finite_is_said_and_not_drawn(bench: Any, net: Any) -> None:
    begin(bench, "histograms", net)
    arrays = histograms(3, np.full(3, 0.5))
    bench.frame(net, arrays)
    assert ink(bench, 2) != []
    arrays["hist_ranges"] = np.full((3, 2, 2), np.nan, np.float32)
    bench.frame(net, arrays)
    assert ink(bench, 2) == []


def test_a_picture_of_another_width_is_drawn_before_the_browser_paints_it(bench: Any, net: Any) -> None:
    begin(bench, "histograms", net)
    bench.frame(net, histograms(3, np.full(3, 0.5)))
    bench.page.evaluate(f"() => {{ window.page = {VIEW}.page; }}")
    inked: list[bool] = bench.page.evaluate(
        """() => new Promise(done => { // our observer is told after the board's own, in the same frame
        const body = page.canvas.parentElement, before = page.width, host = document.body.lastElementChild;
        const looked = new ResizeObserver(() => {
          if (page.width === before) return;
          const { data } = page.ctx.getImageData(0, 0, page.canvas.width, page.canvas.height);
          looked.disconnect();
          done([page.width < before, data.some((value) => value > 0)]);
        });
        looked.observe(body);
        requestAnimationFrame(() => { host.style.width = "700px"; });
      })"""
    )
    assert inked == [True, True]


def norms(*values: float) -> dict[str, Any]:
    return {"gradient_norms": np.array(values, np.float32), "update_ratio": np.full(len(values), 1e-3, np.float32)}


def test_hover_reads_the_bar_under_the_pointer(bench: Any, net: Any) -> None:
    begin(bench, "histograms", net)
    bench.frame(net, histograms(3, np.array([0.55, 0.55, 0.55])))
    read(bench, lambda: f"{VIEW}.boxes.find((b) => b.words().includes('3 weights'))")
    assert bench.page.locator(".tip").inner_text() == "0.50 to 0.60: 3 weights"
    bench.page.mouse.move(2, 2)
    assert bench.page.locator(".tip").is_hidden()


def test_hover_reads_a_layer_s_gradient_norm_and_update(bench: Any, net: Any) -> None:
    begin(bench, "gradient_norms", net)
    bench.frame(net, norms(0.001, 0.01, 2e-7))
    read(bench, lambda: f"{VIEW}.boxes[2]")
    assert (
        bench.page.locator(".tip").inner_text() == "Output\ngradient norm 2.0e−7\none update is 0.0010 of the weights"
    )


def read(bench: Any, box: Callable[[], str]) -> None:
    """Move the pointer into the middle of one of the canvas's boxes."""
    x, y = bench.page.evaluate(
        f"() => {{ const b = {box()}, r = {VIEW}.page.canvas.getBoundingClientRect(); return [r.left + b.x + b.width / 2, r.top + b.y + b.height / 2]; }}"
    )
    bench.page.mouse.move(x, y)
    bench.page.locator(".tip").wait_for(state="visible")


def test_ten_times_the_gradient_is_one_decade_higher(bench: Any, net: Any) -> None:
    begin(bench, "gradient_norms", net)
    bench.frame(net, norms(0.001, 0.01, 1))
    y = bench.page.evaluate(f"() => [1e-3, 1e-2, 1e-1, 1].map((v) => {VIEW}.y(v))")
    assert np.diff(y) == pytest.approx([np.diff(y)[0]] * 3)
    assert np.diff(y)[0] < 0


def test_the_lines_go_back_with_the_scrubber_and_begin_anew_with_a_network(
    bench: Any, net: Any, make_net: Callable[..., Any]
) -> None:
    begin(bench, "gradient_norms", net)
    for step in (10, 20, 30):
        bench.frame(net, norms(0.1, 0.1, 0.1), step=step)
    bench.frame(net, norms(0.2, 0.2, 0.2), step=15)
    assert bench.page.evaluate(f"() => {VIEW}.past.map((s) => s.step)") == [10, 15]
    other = make_net([3, 3])
    bench.scene(other)
    bench.frame(other, norms(0.1, 0.1, 0.1), step=1)
    assert bench.page.evaluate(f"() => {VIEW}.past.map((s) => s.step)") == [1]


def test_vanishing_and_infinite_norms_are_survived(bench: Any, net: Any) -> None:
    begin(bench, "gradient_norms", net)
    for values in ((0.0, 1e-9, 0.1), (np.nan, np.inf, 1e20)):
        bench.frame(net, norms(*values))
    assert bench.page.evaluate(f"() => [-2, 0, 2].every(() => Number.isFinite({VIEW}.y(1)))")


# ---- 3-D ------------------------------------------------------------------------------------------------------------
def camera(bench: Any, panel: str = "panel") -> dict[str, float]:
    eye: dict[str, float] = bench.page.evaluate(f"() => {VIEW}.{panel}.box._fullLayout.scene._scene.getCamera().eye")
    return eye


def turn(bench: Any) -> None:
    box = bench.page.locator(".js-plotly-plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    bench.page.mouse.move(x, y)
    bench.page.mouse.down()
    bench.page.mouse.move(x + 90, y + 30, steps=4)
    bench.page.mouse.up()


def wait_drawn(bench: Any, n: int) -> None:
    bench.page.wait_for_function(f"n => {VIEW}.panel && {VIEW}.panel.drawn >= n", arg=n, timeout=60_000)


@pytest.mark.timeout(240)
def test_a_turned_surface_stays_turned_while_it_is_updated(bench: Any, make_net: Callable[..., Any]) -> None:
    net = make_net([6, 3], classes=3)
    begin(bench, "surface", net)
    bench.frame(net, surface(net))
    wait_drawn(bench, 1)
    before = camera(bench)
    turn(bench)
    bench.page.wait_for_function(
        f"x => Math.abs({VIEW}.panel.box._fullLayout.scene._scene.getCamera().eye.x - x) > 0.05", arg=before["x"]
    )
    turned = camera(bench)
    for i in range(1, 3):
        net.flat *= 1.2
        bench.frame(net, surface(net))
        wait_drawn(bench, 1 + i)
    assert camera(bench) == pytest.approx(turned, abs=1e-3)
    shown = bench.page.evaluate(f"() => Array.from({VIEW}.panel.box.data[0].z[49])")
    assert shown == pytest.approx(surface(net)["surface"][49], abs=1e-6)  # row 49 is y_max: nothing is upside down


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_eye_above_the_surface_stays_there_through_frames_a_theme_and_another_task(
    bench: Any, make_net: Callable[..., Any]
) -> None:
    net = make_net([6, 3])
    begin(bench, "surface", net)
    bench.frame(net, surface(net))
    wait_drawn(bench, 1)
    assert camera(bench)["z"] < 1.5
    bench.page.get_by_role("button", name="From above").click()
    for i in range(1, 3):
        bench.frame(net, surface(net))
        wait_drawn(bench, 1 + i)
    assert camera(bench) == pytest.approx({"x": 0, "y": -0.01, "z": 1.75}, abs=1e-3)
    bench.page.evaluate("() => nnlab.board.setTheme({...nnlab.board.theme, text: '#123456'})")
    other = make_net([4], classes=3)
    bench.scene(other)
    bench.frame(other, surface(other))
    wait_drawn(bench, 4)
    assert camera(bench) == pytest.approx({"x": 0, "y": -0.01, "z": 1.75}, abs=1e-3)


@pytest.mark.slow
def test_many_frames_are_few_pictures_and_the_last_one_is_among_them(bench: Any, net: Any) -> None:
    begin(bench, "surface", net)
    bench.frame(net, surface(net))
    wait_drawn(bench, 1)
    for i in range(20):
        bench.frame(net, surface(net, 1 / (i + 1)))
    last = surface(net, 1 / 20)["surface"][0, 0]
    bench.page.wait_for_function(f"v => Math.abs({VIEW}.panel.box.data[0].z[0][0] - v) < 1e-6", arg=float(last))
    assert drawn(bench) < 20


def test_plotly_is_fetched_only_when_a_3d_view_is_seen(bench: Any, net: Any) -> None:
    bench.stage.load()  # another test may have seen one
    begin(bench, "warp", net)
    bench.frame(net, warped(net, 2, [0, 1]))
    assert bench.page.evaluate("() => window.Plotly === undefined")


LEAVE = """async () => {
  let drawn;
  window.Plotly = { react: () => new Promise((resolve) => { drawn = resolve; }), purge: (box) => { window.purged = box; } };
  const { PlotlyPanel } = await import("/assets/kit/plotly_panel.js");
  const panel = new PlotlyPanel(document.body, { height: 100, label: "" });
  panel.show(() => ({ data: [], layout: {} }));
  while (!drawn) await new Promise((r) => setTimeout(r, 5));
  panel.destroy();
  drawn();
  await new Promise((r) => setTimeout(r, 0));
  return window.purged === panel.box;
}"""


def test_a_picture_that_is_left_while_it_is_drawn_leaves_nothing_behind(bench: Any) -> None:
    bench.stage.load()
    bench.stage.spoilt = True  # a Plotly that is none
    assert bench.page.evaluate(LEAVE) is True


# ---- warp -----------------------------------------------------------------------------------------------------------
def asked(bench: Any) -> Any:
    layer, units = bench.get("['layer', 'units'].map((name) => nnlab.board.optionOf('warp', name) ?? null)")
    return layer and {"layer": layer, "units": units}


def test_the_warp_asks_for_the_last_hidden_layer_and_the_pickers_change_it(
    bench: Any, make_net: Callable[..., Any]
) -> None:
    net = make_net([4, 3])
    begin(bench, "warp", net)
    assert asked(bench) == {"layer": 2, "units": [0, 1]}
    bench.page.get_by_label("Layer", exact=True).select_option(label="Layer 1")
    assert asked(bench) == {"layer": 1, "units": [0, 1]}
    bench.page.get_by_role("button", name="Next neurons").click()
    assert asked(bench) == {"layer": 1, "units": [0, 2]}
    bench.page.get_by_label("Neuron on axis 1").select_option(label="3")
    assert asked(bench)["units"] == [2, 3]  # never the same neuron on both axes
    bench.until('JSON.stringify(sent.at(-1)[1].options.warp) === \'{"layer":1,"units":[2,3]}\'')


def test_next_neurons_comes_round_to_every_pair(bench: Any, make_net: Callable[..., Any]) -> None:
    begin(bench, "warp", make_net([4]))
    pairs = []
    for _ in range(6):
        pairs.append(tuple(asked(bench)["units"]))
        bench.page.get_by_role("button", name="Next neurons").click()
    assert set(pairs) == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}
    assert tuple(asked(bench)["units"]) == (0, 1)


def test_points_stand_where_their_activations_are(bench: Any, make_net: Callable[..., Any]) -> None:
    net = make_net([4, 2], classes=3)
    begin(bench, "warp", net)
    arrays = warped(net, 2, [0, 1])
    arrays["warp_points"] = np.tile(np.array([[0.5, -0.5]]), (len(arrays["warp_points"]), 1))
    bench.frame(net, arrays)
    width, height = bench.page.evaluate(f"() => [{VIEW}.page.width, {VIEW}.page.height]")
    x = 52 + (0.5 + 1.08) / 2.16 * (width - 64)
    y = (height - 40) - (-0.5 + 1.08) / 2.16 * (height - 50)
    found = bench.page.evaluate(
        "([x, y]) => { const p = $view.page, s = p.scale; return [...p.ctx.getImageData(x * s, y * s, 1, 1).data]; }".replace(
            "$view", VIEW
        ),
        [x, y],
    )
    last = int(net.points()[-1, 2])
    colour = bench.page.evaluate(
        "async i => { const { pointColour, rgb } = await import('/assets/kit/palette.js'); return rgb(pointColour(nnlab.board.theme, i, 3)); }",
        last,
    )
    assert found[:3] == pytest.approx(colour, abs=3)


def test_a_neuron_more_elsewhere_leaves_the_choice_alone(bench: Any, make_net: Callable[..., Any]) -> None:
    begin(bench, "warp", make_net([4, 3]))
    bench.page.get_by_label("Layer", exact=True).select_option(label="Layer 1")
    bench.page.get_by_label("Neuron on axis 2").select_option(label="4")
    bench.scene(make_net([4, 5]))
    assert asked(bench) == {"layer": 1, "units": [0, 3]}
    bench.scene(make_net([3, 5]))  # the fourth neuron is no more
    assert asked(bench) == {"layer": 2, "units": [0, 1]}


@pytest.mark.slow
def test_a_turned_warp_of_three_neurons_stays_turned(bench: Any, make_net: Callable[..., Any]) -> None:
    bench.page.set_viewport_size({"width": 420, "height": 1600})
    net = make_net([4, 3])
    begin(bench, "warp", net)
    bench.page.get_by_label("Neuron on axis 3").select_option(label="3")
    assert asked(bench) == {"layer": 2, "units": [0, 1, 2]}
    bench.frame(net, warped(net, 2, [0, 1, 2]))
    wait_drawn(bench, 1)
    before = camera(bench)
    turn(bench)
    bench.page.wait_for_function(
        f"x => Math.abs({VIEW}.panel.box._fullLayout.scene._scene.getCamera().eye.x - x) > 0.05", arg=before["x"]
    )
    turned = camera(bench)
    net.flat *= 1.3
    bench.frame(net, warped(net, 2, [0, 1, 2]))
    wait_drawn(bench, 2)
    assert camera(bench) == pytest.approx(turned, abs=1e-3)


def test_a_network_without_two_neurons_in_any_layer_says_what_it_needs(
    bench: Any, make_net: Callable[..., Any]
) -> None:
    begin(bench, "warp", make_net([1], features=("x",)))
    assert "needs a layer with at least two neurons" in bench.page.locator(".view").inner_text()
    assert asked(bench) is None
