"""The page One neuron as a class uses it: drag a point, the line, the place in the bowl; and what is drawn is what is so."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from nnlab.ui.topics.one_neuron_presets import PRESETS
from tests.browser.one_tab import FILLED, Tab

VIEW = {"perceptron": "perceptron", "linear": "bowl", "sigmoid": "sigmoids", "batches": "bowl"}
GUTTER = {"plane": (30, 6, 6), "contour": (54, 6, 6)}  # left, right, top, as in kit/square.js


OPENS = ("one_neuron", f"nnlab.frame?.arrays.perceptron && {FILLED}")


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def show(lab: Tab, topic: str, name: str) -> None:
    """A preset of a part of the page, paused at its start."""
    lab.become(PRESETS[topic][name].experiment)
    view = f"nnlab.board.views.find((v) => v.name === 'neuron_{topic}')"
    lab.until(f"{view}?.view && {view}.visible && !{view}.dirty && nnlab.frame.arrays.{VIEW[topic]}")


def rows(lab: Tab) -> list[float]:
    return list(lab.get("Array.from(nnlab.frame.arrays.neuron_rows.data)"))


def place(lab: Tab, box: str, u: float, v: float, kind: str) -> tuple[float, float]:
    """The place on the screen at shares (u, v) of a picture, from its lower left corner."""
    canvas = lab.page.locator(f"{box} canvas.surface").first
    canvas.scroll_into_view_if_needed()
    at = canvas.bounding_box()
    assert at
    left, right, top = GUTTER[kind]
    size = at["width"] - left - right
    return at["x"] + left + u * size, at["y"] + top + (1 - v) * size


def drag(lab: Tab, start: tuple[float, float], stop: tuple[float, float]) -> None:
    mouse = lab.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(*stop, steps=6)
    mouse.up()


def test_the_page_is_alive_at_a_speed_to_watch_and_topics_change_by_a_click(lab: Tab) -> None:
    lab.until("nnlab.playing && nnlab.step > 2")
    assert 2 <= lab.get("nnlab.frame.speed") <= 10
    lab.page.get_by_role("heading", name="Data space").wait_for()
    lab.page.get_by_role("heading", name="Weight space").wait_for()

    first = lab.page.url
    lab.choose("Linear unit", "Topic")
    lab.until("nnlab.frame?.arrays.bowl && nnlab.scene.facts.rows.length === 1")
    lab.page.wait_for_url(lambda url: url != first)

    lab.choose("Activations", "Topic")
    lab.page.get_by_text("Ten layers of Tanh").wait_for()
    lab.page.get_by_role("button", name="Sigmoid", exact=False).last.click()
    lab.page.locator(".verdict", has_text="Sigmoid: after ten layers").wait_for()
    assert "vanishes on its way back" in lab.page.locator(".verdict").inner_text()
    assert lab.page.locator(".player").count() == 0
    lab.choose("Perceptron", "Topic")
    lab.page.locator(".player").wait_for()  # this part of the page has a board of its own
    lab.until("nnlab.playing && nnlab.scene.experiment.model.unit === 'perceptron'")


def test_next_point_looks_at_one_point_and_table_and_bound_tell_their_numbers(lab: Tab) -> None:
    show(lab, "perceptron", "separable")
    told = str(lab.page.locator(".bound").inner_text())
    found = re.fullmatch(r"of at most (\d+) · R ([\d.]+), γ ([\d.]+), \(R/γ\)² ([\d.]+)", told)
    assert found, told
    points = lab.get("Array.from(nnlab.scene.points)")
    radius = max(math.sqrt(x * x + y * y + 1) for x, y in zip(points[::4], points[1::4], strict=True))
    gamma = lab.get("nnlab.frame.arrays.perceptron.data[6]")
    bound = (radius / gamma) ** 2
    assert [float(v) for v in found.groups()[1:]] == pytest.approx([radius, gamma, bound], rel=5e-3)
    assert int(found[1]) == math.floor(lab.get("nnlab.frame.arrays.perceptron.data[7]")) == math.floor(bound)

    lab.page.get_by_role("button", name="Next point").click()
    lab.until("nnlab.step === 1 && nnlab.frame.arrays.perceptron.data[1] === 1")
    row = lab.page.locator(".updates tr").first.all_inner_texts()[0]
    assert "(2.5, 2" in row and "+1" in row
    assert rows(lab)[:3] == pytest.approx([0.05, 0.04, 0.02], abs=1e-6), "0.02 times the point"
    assert lab.page.locator(".mistakes").inner_text() == "1 mistake"


def test_dragging_a_point_changes_data_and_bound_and_dragging_in_weight_space_sets_the_weights(lab: Tab) -> None:
    show(lab, "perceptron", "separable")
    before = lab.get("nnlab.frame.arrays.perceptron.data[9]")
    drag(
        lab, place(lab, ".data .plot", 8.5 / 12, 8 / 12, "plane"), place(lab, ".data .plot", 11 / 12, 11 / 12, "plane")
    )
    there = "nnlab.experiment.data.added[0].slice(0, 2).every((v) => Math.abs(v - 5) < 0.1)"
    lab.until(f"nnlab.frame.arrays.perceptron.data[9] !== arg && {there}", before)

    show(lab, "perceptron", "separable")
    lab.step(20)
    old = rows(lab)
    drag(lab, place(lab, ".weights .plot", 0.5, 0.5, "plane"), place(lab, ".weights .plot", 0.75, 0.75, "plane"))
    half_up = "(([a, b]) => a > 0 && Math.abs(a - b) < 0.05 * b)(nnlab.frame.arrays.neuron_rows.data)"
    lab.until(half_up)  # the frames before show the places that the hand went through
    new = rows(lab)
    assert new[:2] != old[:2] and new[2] == old[2]


def test_the_history_goes_back_through_path_and_mistakes_and_xor_is_found_to_go_in_circles(lab: Tab) -> None:
    show(lab, "perceptron", "separable")
    lab.step(30)
    lab.until("nnlab.frame.arrays.perceptron.data[1] === 30")
    late, mistakes = rows(lab), lab.page.locator(".mistakes").inner_text()
    lab.get("nnlab.send('seek', 3)")
    lab.until("nnlab.step === 3 && nnlab.frame.arrays.perceptron.data[1] === 3")
    assert rows(lab) != late
    lab.get("nnlab.send('seek', 30)")
    lab.until("nnlab.step === 30 && nnlab.frame.arrays.perceptron.data[1] === 30")
    assert rows(lab) == late
    lab.page.locator(".mistakes", has_text=mistakes).wait_for()
    assert lab.get("nnlab.frame.arrays.perceptron.data[0]") > 1

    show(lab, "perceptron", "xor")
    lab.step(24)
    lab.page.locator(".neuron .verdict", has_text="repeats without end").wait_for()
    assert "No line separates these points" in lab.page.locator(".verdict").first.inner_text()


def test_a_click_in_the_bowl_moves_the_line_a_handle_of_the_line_the_point_and_the_bowl_turns(lab: Tab) -> None:
    show(lab, "linear", "bowl")
    axes = lab.get("Array.from(nnlab.frame.arrays.bowl_axes.data)")
    lab.page.mouse.click(*place(lab, ".map", 0.75, 0.25, "contour"))
    wanted = [axes[0] + 0.75 * (axes[1] - axes[0]), axes[2] + 0.25 * (axes[3] - axes[2])]
    lab.until("arg.every((v, i) => Math.abs(nnlab.frame.arrays.neuron_rows.data[i] - v) < 0.1)", wanted)
    assert rows(lab) == pytest.approx(wanted, abs=0.1)
    lab.page.get_by_role("button", name="To the lowest point").click()
    near = "Math.abs(nnlab.frame.arrays.neuron_rows.data[arg] - nnlab.frame.arrays.bowl_optima.data[arg]) < 1e-4"
    lab.until(near, 0), lab.until(near, 1)
    w, b = rows(lab)
    x = 5.52  # the right handle: the furthest x at which the line lies in the picture
    start = place(lab, ".data .plot", (x + 6) / 12, (w * x + b + 6) / 12, "plane")
    drag(lab, start, place(lab, ".data .plot", (x + 6) / 12, 0.5, "plane"))
    through = "Math.abs(nnlab.frame.arrays.neuron_rows.data[0] * arg + nnlab.frame.arrays.neuron_rows.data[1]) < 0.15"
    lab.until(through, x)  # the line goes through where the handle was put
    assert abs(rows(lab)[0] - w) > 0.2
    lab.page.get_by_role("region", name="Linear unit").get_by_role("button", name="3-D").click()
    lab.page.locator(".solid .js-plotly-plot canvas").first.wait_for()
    lab.page.get_by_role("region", name="Linear unit").get_by_role("button", name="3-D").click()
    assert lab.page.locator(".map canvas").is_visible()


def test_the_limit_of_the_learning_rate_is_on_its_slider_and_true(lab: Tab) -> None:
    show(lab, "linear", "limit")
    lab.page.locator(".player i.limit").wait_for(state="attached")
    assert not lab.page.locator(".player i.limit").evaluate("e => e.hidden")
    assert "above the limit" in lab.page.locator(".speed.verdict").inner_text()
    limit = lab.get("nnlab.frame.arrays.bowl_curve.data[2]")
    first = lab.get("nnlab.frame.arrays.neuron_costs.data[0]")
    lab.step(300)
    assert lab.get("nnlab.frame.arrays.neuron_costs.data[0]") > 100 * first
    lab.get(f"nnlab.board.set({{'training.learning_rate': {0.9 * limit}}})")
    lab.step(800)
    least = lab.get("nnlab.frame.arrays.bowl_optima.data[2]")
    assert lab.get("nnlab.frame.arrays.neuron_costs.data[0]") == pytest.approx(least, rel=0.01)


def test_the_sigmoid_reads_as_in_the_book_and_cross_entropy_leaves_the_bad_start(lab: Tab) -> None:
    show(lab, "sigmoid", "example")
    lab.until("nnlab.frame.arrays.neuron_rows.data[1] === 1 || nnlab.step === 0")
    lab.get("nnlab.send('reset', null)")
    lab.page.locator(".output", has_text="0.9990889").wait_for()
    assert "= 7.0000" in lab.page.locator(".sum").inner_text()
    box = lab.page.get_by_label("Input y")
    box.fill("-4")
    box.press("Enter")
    lab.page.locator(".output", has_text="0.5000000").wait_for()

    show(lab, "sigmoid", "plateau")
    lab.step(100)
    squared, entropy = lab.get("Array.from(nnlab.frame.arrays.neuron_costs.data)")
    assert squared > 0.8 and entropy < 0.05
    points, weights = lab.get("Array.from(nnlab.scene.points)"), rows(lab)
    train = [points[i : i + 3] for i in range(0, len(points), 4) if not points[i + 3]]
    wrong = [
        sum((w[0] * x + w[1] * y + w[2] > 0) != (label > 0.5) for x, y, label in train)
        for w in (weights[:3], weights[3:])
    ]
    assert wrong[0] > 10 > wrong[1]
    # The sentence is drawn a little after the frame that it tells of.
    told = lab.page.locator(".verdict").filter(has_text="Mean size")
    expect(told).to_have_text(re.compile(rf"with {wrong[0]} wrong.*with {wrong[1]} wrong", re.DOTALL))


def test_three_batch_sizes_count_their_updates(lab: Tab) -> None:
    show(lab, "batches", "three")
    lab.step(80)
    table = lab.page.locator("tbody.rows tr")
    lab.until("nnlab.frame.arrays.neuron_seen.data[0] === 80")
    assert [table.nth(i).locator("td").nth(1).inner_text() for i in range(3)] == ["80", "10", "2"]
    assert all(math.isfinite(v) for v in rows(lab))


@pytest.mark.slow
def test_every_neuron_has_a_landscape_whose_path_ends_at_its_own_loss(lab: Tab) -> None:
    for topic, name in {"perceptron": "separable", "linear": "bowl", "sigmoid": "plateau", "batches": "three"}.items():
        show(lab, topic, name)
        lab.step(12)
        lab.tab("Loss landscape")  # what is out of sight is not computed
        view = "nnlab.board.views.find((v) => v.name === 'landscape').view"
        lab.until(f"{view}?.picture?.step === 12 && {view}.panel.drawn > 0")
        last = lab.get(f"(({{ step, truth, below }}) => [step, truth, below])({view}.picture.path.at(-1))")
        loss = lab.get("nnlab.metrics.train_loss")
        assert last == pytest.approx([12, loss, loss], rel=1e-4), topic
        assert lab.page.locator("[aria-label='Loss landscape'] .js-plotly-plot").count() >= 1, topic
