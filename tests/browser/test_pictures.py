"""What is drawn is what is so: the strokes and texts of three canvases, recorded while they are painted, against the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import ElementHandle, Locator

from nnlab.ui.topics.backpropagation_presets import PRESETS as BACKPROP
from nnlab.ui.topics.one_neuron_presets import PRESETS as NEURON
from tests.browser.one_tab import FILLED, Tab

# One canvas is listened to; what it drew before it was last cleared is forgotten.
RECORD = """
window.drawing = { canvas: null, path: [], calls: [] };
for (const name of ["clearRect", "beginPath", "moveTo", "lineTo", "stroke", "fillRect", "fillText"]) {
  const own = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...given) {
    const d = window.drawing;
    if (this.canvas === d.canvas) {
      if (name === "clearRect") d.calls = [];
      else if (name === "beginPath") d.path = [];
      else if (name === "moveTo" || name === "lineTo") d.path.push(given);
      else if (name === "stroke") d.calls.push({ name, path: d.path, width: this.lineWidth, colour: this.strokeStyle });
      else d.calls.push({ name, given, align: this.textAlign });
    }
    return own.apply(this, given);
  };
}
"""
LIMIT = 6
LEFT, RIGHT, TOP = 30, 6, 6  # around the plane, as in kit/square.js


SCRIPT = RECORD


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def neuron(lab: Tab, part: str, name: str, offer: str) -> None:
    """A preset of One neuron with what its picture needs."""
    if "/one_neuron" not in lab.page.url:
        lab.go("one_neuron", ready=FILLED)
    view = f"nnlab.board.views.find((v) => v.name === 'neuron_{part}')"
    lab.become(NEURON[part][name].experiment, f"{view}?.view && nnlab.frame.arrays.{offer}")


def drawn(lab: Tab, canvas: Locator | ElementHandle, again: str = "nnlab.board.redraw()") -> list[dict[str, Any]]:
    """All that a canvas draws for the frame that stands; `again` is JavaScript that has it drawn once more."""
    canvas.scroll_into_view_if_needed()
    canvas.evaluate(f"canvas => {{ window.drawing.canvas = canvas; {again}; }}")
    lab.page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    lab.until("window.drawing.calls.length > 0")
    return list(lab.get("window.drawing.calls"))


class Plane:
    """Pixels of the data's plane as places on it."""

    def __init__(self, canvas: Locator) -> None:
        self.size = canvas.evaluate("c => c.getBoundingClientRect().width") - LEFT - RIGHT
        self.scale = self.size / (2 * LIMIT)

    def place(self, px: float, py: float) -> tuple[float, float]:
        return (px - LEFT) / self.scale - LIMIT, LIMIT - (py - TOP) / self.scale


def plane_of(lab: Tab) -> tuple[Locator, Plane]:
    canvas = lab.page.locator(".data .plot canvas.surface").first
    return canvas, Plane(canvas)


def test_each_square_of_the_linear_unit_is_as_wide_as_its_error(lab: Tab) -> None:
    neuron(lab, "linear", "bowl", "bowl_optima")
    lab.step(3)
    canvas, plane = plane_of(lab)
    found = [c["given"] for c in drawn(lab, canvas) if c["name"] == "fillRect"]
    w, b = lab.get("Array.from(nnlab.frame.arrays.neuron_rows.data)")
    points = lab.get("Array.from(nnlab.scene.points)")
    train = [points[i : i + 2] for i in range(0, len(points), 4) if not points[i + 3]]
    assert len(found) == len(train) > 10
    for (x, y), (px, py, wide, high) in zip(train, found, strict=True):
        assert plane.place(px, py) == pytest.approx((x, y), abs=1e-3)
        assert abs(wide) == pytest.approx(abs(high)) == pytest.approx(abs(w * x + b - y) * plane.scale, abs=0.05)
        assert plane.place(px, py + high)[1] == pytest.approx(w * x + b, abs=2e-3), "it ends on the line"


def test_the_perceptrons_line_is_where_its_sum_is_zero_and_its_arrow_stands_on_it(lab: Tab) -> None:
    neuron(lab, "perceptron", "separable", "perceptron")
    lab.step(24)
    canvas, plane = plane_of(lab)
    strokes = [c for c in drawn(lab, canvas) if c["name"] == "stroke" and c["width"] == 3 and len(c["path"]) == 2]
    line, arrow = ([plane.place(*p) for p in c["path"]] for c in strokes)
    w1, w2, b = lab.get("Array.from(nnlab.frame.arrays.neuron_rows.data)")[:3]
    for x, y in line:
        assert abs(w1 * x + w2 * y + b) / math.hypot(w1, w2) < 1e-3
        assert max(abs(x), abs(y)) == pytest.approx(LIMIT, abs=1e-3), "from edge to edge"
    along = (line[1][0] - line[0][0], line[1][1] - line[0][1])
    up = (arrow[1][0] - arrow[0][0], arrow[1][1] - arrow[0][1])
    assert abs(along[0] * up[0] + along[1] * up[1]) / (math.hypot(*along) * math.hypot(*up)) < 1e-3
    assert up[0] * w1 + up[1] * w2 > 0, "towards the side of +1"
    assert abs(w1 * arrow[0][0] + w2 * arrow[0][1] + b) / math.hypot(w1, w2) < 1e-3


SHAPES = {"sigmoid": lambda z: 1 / (1 + math.exp(-z)), "tanh": math.tanh, "linear": lambda z: z}
WALK = "nnlab.board.views[0].view"


def test_after_the_forward_phase_every_box_shows_its_sum_and_its_activation(lab: Tab) -> None:
    lab.go("backpropagation", ready=FILLED)
    for name in ("first", "vanishing"):
        lab.become(
            BACKPROP[name].experiment,
            f"{WALK}?.r && !{WALK}.waiting && {WALK}.requested.split(' ')[2] >= nnlab.frame.version",
        )
        lab.page.get_by_role("navigation", name="Phases").get_by_role("button", name="Loss", exact=True).click()
        canvas = lab.page.evaluate_handle(f"() => {WALK}.picture.canvas").as_element()
        texts = [c["given"] for c in drawn(lab, canvas, f"{WALK}.paint()") if c["name"] == "fillText"]
        boxes = lab.get(
            f"{WALK}.plan.nodes.filter((n) => n.layer).map((n) => ({{ ...n, bias: {WALK}.r.weights[{WALK}.r.biasAt(n.layer, n.unit)],"
            f" kind: {WALK}.r.activation(n.layer),"
            f" weights: Array.from({{ length: {WALK}.r.units(n.layer - 1) }}, (_, k) => {WALK}.r.weights[{WALK}.r.weightAt(n.layer, n.unit, k)]) }}))"
        )
        layers: dict[int, list[float]] = {0: lab.get("nnlab.experiment.data.added[0]")[: lab.get(f"{WALK}.r.units(0)")]}
        for box in boxes:
            z = box["bias"] + sum(w * a for w, a in zip(box["weights"], layers[box["layer"] - 1], strict=True))
            a = SHAPES[box["kind"]](z)
            layers.setdefault(box["layer"], []).append(a)
            right, top = box["x"] + box["width"] / 2 - 8, box["y"] - box["height"] / 2
            for value, row in ((z, 34), (a, 53)):
                (told,) = [t[0] for t in texts if t[0] and abs(t[1] - right) < 1 and abs(t[2] - top - row) < 2]
                assert float(told.replace("−", "-")) == pytest.approx(value, rel=6e-3, abs=1e-9)
