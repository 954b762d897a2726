"""The landscape, the line and the curvature: what they ask for, when, and what they do with the answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from nnlab.analysis.probe import finished
from nnlab.core.experiment import patch
from nnlab.live.server.kept_runs import KeptRuns
from nnlab.live.worker import engine

VIEW = "nnlab.board.views[0].view"


# What is asked and said is the same without the 3-D picture, which takes seconds where there is no graphics card.
FLAT = """window.Plotly ??= { react: async (box, data, layout) => Object.assign(box, { data, layout, on() {} }), purge() {}, relayout() {},
  Plots: { resize() {} } }"""


def begin(bench: Any, name: str, net: Any, *, solid: bool = False, **header: Any) -> Any:
    """The view with its first frame; `solid`: with real 3-D pictures."""
    if solid:
        bench.stage.load()
        bench.stage.spoilt = True
    else:
        bench.get(FLAT)
    bench.page.set_viewport_size({"width": 700, "height": 1200})
    bench.open(name)
    bench.scene(net)
    bench.frame(net, **header)
    return bench


def bowl(net: Any, side: int = 15) -> dict[str, Any]:
    """The landscape a² + 2 b² with a path of three places; the plane is that of the first two parameters."""
    axis = np.linspace(-1, 1, side)
    project = np.zeros((2, len(net.flat)))
    project[0, 0] = project[1, 1] = 1
    return {
        "landscape": axis[None] ** 2 + 2 * axis[:, None] ** 2,
        "axes": np.stack([axis, axis]),
        "path": np.array([[0.8, 0.5], [0.4, 0.1], [0, 0]]),
        "path_steps": np.array([0, 5, 10]),
        "path_loss": np.array([[1.5, 1.14], [0.2, 0.18], [0.0, 0.0]]),
        "explained": np.array([0.75, 0.2]),
        "step": np.array([10]),
        "here": np.array([0.0]),
        "origin": net.flat,
        "project": project,
    }


def note(bench: Any) -> str:
    return str(bench.page.evaluate(f"() => {VIEW}.note.textContent"))


@pytest.mark.parametrize("name", ["landscape", "loss_line", "curvature"])
def test_each_view_asks_once_for_its_study_and_waits_for_the_answer(bench: Any, net: Any, name: str) -> None:
    begin(bench, name, net, step=10)
    for step in (11, 12, 13):
        bench.frame(net, step=step, playing=True)
    asked = bench.sent("ask")
    assert [a["name"] for a in asked] == [{"loss_line": "line", "curvature": "hessian"}.get(name, name)]


def test_a_run_that_was_paused_while_the_answer_was_under_way_is_asked_about_once_more(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10, playing=True)
    bench.frame(net, step=12, playing=False)  # the last one that a paused run sends
    bench.answer(bowl(net))
    bench.page.wait_for_function("() => nnlab.board.views[0].view.study.busy")
    bench.answer(bowl(net) | {"step": np.array([12])})
    assert bench.page.evaluate(f"() => {VIEW}.picture.step") == 12
    bench.page.wait_for_timeout(400)
    assert len(bench.sent("ask")) == 2, "what it shows now is where the run stands"


def test_the_landscape_follows_the_run_on_its_plane_between_two_answers(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    bench.answer(bowl(net))
    assert "95 %" in note(bench) and "75 % along the first" in note(bench)
    net.flat[0] += 0.3
    net.flat[1] -= 0.1
    net.flat[5] += 4.0  # away from the plane
    bench.frame(net, step=12, playing=True, metrics={"train_loss": 0.5, "test_loss": 0.6})
    live = bench.page.evaluate(f"() => {VIEW}.live.at(-1)")
    assert (live["step"], live["a"], live["b"]) == (12, pytest.approx(0.3, abs=1e-5), pytest.approx(-0.1, abs=1e-5))
    assert live["truth"] == 0.5
    assert live["below"] == pytest.approx(0.3**2 + 2 * 0.1**2, abs=0.02)
    assert "Step 12: training loss 0.500" in note(bench)


def test_the_figure_has_the_surface_the_path_and_a_stick_for_each_miss(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    bench.answer(bowl(net))
    figure = bench.page.evaluate(
        """async view => { const { figure } = await import("/assets/views/weights/landscape_figure.js");
        const v = nnlab.board.views[0].view, look = { theme: nnlab.board.theme, log: false, split: "training" };
        const plain = (f) => f.data.map((t) => ({ type: t.type, mode: t.mode, z: t.z && [...t.z], x: [...t.x], text: t.text }));
        return [plain(figure(v.picture, v.picture.path, { ...look, flat: false })), plain(figure(v.picture, v.picture.path, { ...look, flat: true }))]; }"""
    )
    solid, flat = figure
    assert [t["type"] for t in solid] == ["surface", "scatter3d", "scatter3d", "scatter3d"]
    _, path, sticks, truth = solid
    assert path["x"] == [0.8, 0.4, 0]
    assert path["z"] == pytest.approx([1.14, 0.18, 0], abs=0.03)
    assert sticks["z"] == [1.14, 1.5, None, 0.18, 0.2, None, 0, 0, None]
    assert truth["z"] == [1.5, 0.2, 0]
    assert truth["text"][0] == "step 0<br>true training loss 1.500<br>on the plane 1.140"
    assert flat[0]["type"] == "contour" and flat[1]["x"] == path["x"]


@pytest.mark.parametrize("flat", [False, True])
def test_a_log_height_is_the_logarithm_of_every_loss(bench: Any, net: Any, flat: bool) -> None:
    begin(bench, "landscape", net, step=10)
    given = bowl(net) | {"path_loss": np.array([[1.5, 1.14], [0.2, 0.18], [0.1, 0.1]])}
    given["landscape"] = given["landscape"] + 0.1
    bench.answer(given)
    traces = bench.page.evaluate(
        """async ([view, flat]) => { const { figure } = await import("/assets/views/weights/landscape_figure.js");
        const v = nnlab.board.views[0].view, look = { theme: nnlab.board.theme, log: true, split: "training", flat };
        return figure(v.picture, v.picture.path, look).data.map((t) => ({ type: t.type, z: t.z && Array.from(t.z, (row) => (row?.length ? [...row] : row)) })); }""",
        [VIEW, flat],
    )
    np.testing.assert_allclose(traces[0]["z"], np.log10(given["landscape"]), rtol=1e-5)
    if not flat:
        assert traces[3]["z"] == pytest.approx(np.log10([1.5, 0.2, 0.1]).tolist(), rel=1e-5), (
            "the true losses beside it"
        )


def test_a_choice_cancels_what_is_under_way_and_asks_anew(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    bench.page.get_by_label("Plane", exact=True).select_option("random")
    first, second = bench.sent("ask")
    assert bench.sent("cancel") == [first["id"]]
    assert (first["options"]["plane"], second["options"]["plane"]) == ("path", "random")
    bench.answer(bowl(net))
    bench.page.get_by_role("button", name="More settings").click()
    bench.page.get_by_label("Resolution").select_option("51")
    bench.page.get_by_label("Loss", exact=True).select_option("test")
    options = bench.sent("ask")[-1]["options"]
    assert (options["resolution"], options["split"], options["seed"]) == (51, "test", 0)


def test_a_preset_brings_its_plane_and_the_next_gives_back_the_one_that_was_picked(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net)
    planes = [bench.sent("ask")[-1]["options"]["plane"]]
    for plane in ("random", None):
        bench.page.evaluate("plane => nnlab.board.option('landscape', 'plane', plane ?? undefined)", plane)
        planes.append(bench.sent("ask")[-1]["options"]["plane"])
    assert planes == ["path", "random", "path"]
    bench.page.evaluate("() => nnlab.board.option('landscape', 'plane', 'random')")
    assert (
        json.loads(
            bench.page.evaluate(
                "() => sessionStorage.getItem('view.landscape') ?? localStorage.getItem('view.landscape')"
            )
        )["plane"]
        == "path"
    )


def test_it_asks_again_while_the_run_plays_and_not_while_it_stands(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    bench.answer(bowl(net))
    bench.page.evaluate(f"() => {{ {VIEW}.chosen.every = 0.05; }}")
    bench.page.wait_for_timeout(100)
    bench.frame(net, step=10)
    assert len(bench.sent("ask")) == 1
    bench.frame(net, step=20, playing=True)
    assert len(bench.sent("ask")) == 2
    bench.page.get_by_role("button", name="More settings").click()
    bench.page.get_by_label("Refresh while training").uncheck()
    bench.answer(bowl(net))
    bench.page.wait_for_timeout(100)
    bench.frame(net, step=30, playing=True)
    assert len(bench.sent("ask")) == 2


def test_a_refusal_is_a_sentence_and_the_picture_stays(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    bench.answer(bowl(net))
    bench.page.get_by_role("button", name="More settings").click()
    bench.page.get_by_role("button", name="Now").click()
    bench.answer(error="There must be test points.")
    bench.page.wait_for_function(f"() => {VIEW}.note.textContent === 'There must be test points.'")
    assert bench.page.evaluate(f"() => {VIEW}.picture.step") == 10


def test_progress_shows_on_a_bar(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    asked = bench.sent("ask")[0]
    bench.tell(json.dumps({"type": "progress", "id": asked["id"], "name": "landscape", "share": 0.4}))
    assert bench.page.evaluate(f"() => {VIEW}.study.bar.value") == pytest.approx(0.4)
    bench.answer(bowl(net))
    assert bench.page.evaluate(f"() => {VIEW}.study.bar.style.visibility") == "hidden"


def test_a_lost_connection_asks_again_when_it_is_back(bench: Any, net: Any) -> None:
    begin(bench, "landscape", net, step=10)
    bench.page.evaluate("() => { nnlab.board.emit('state', 'lost'); nnlab.board.emit('state', 'open'); }")
    assert len(bench.sent("ask")) == 2
    bench.answer(bowl(net), ask=0)  # from before: nobody waits for it
    assert bench.page.evaluate(f"() => {VIEW}.picture") is None
    bench.answer(bowl(net))
    assert bench.page.evaluate(f"() => {VIEW}.picture.step") == 10


# ---- line -------------------------------------------------------------------------------------------------------------
def mountain() -> dict[str, Any]:
    alpha = np.linspace(-0.25, 1.25, 61)
    loss = 0.5 + 2 * np.exp(-((alpha - 0.5) ** 2) / 0.02)
    return {"alpha": alpha, "train": loss, "test": loss + 0.1, "barrier": np.array([2.0, 2.0]), "ends": np.array([0, 10]), "apart": np.array([0.8])}  # fmt: skip


def test_the_line_says_how_high_the_barrier_is(bench: Any, net: Any) -> None:
    begin(bench, "loss_line", net, step=10)
    assert bench.sent("ask")[0]["options"] == {"from": 0, "to": 10}
    bench.answer(mountain())
    assert "From step 0 to step 10. The barrier is 2.00 high" in note(bench)
    assert "80.0 % of their own length apart" in note(bench)
    flat = mountain() | {"train": np.linspace(1, 0, 61), "barrier": np.array([0.0, 0.0])}
    bench.frame(net, step=11, playing=True)
    bench.page.evaluate(f"() => {VIEW}.study.request()")
    bench.answer(flat)
    assert "There is no barrier" in note(bench)


def keep(bench: Any, net: Any, **training: Any) -> None:
    """The server's word that a run of another training was kept."""
    run = engine.start(patch(net.run.experiment, {f"training.{name}": value for name, value in training.items()}))
    told = dict(finished(engine.answer(run, "keep", {}))["keep"]) | {"step": 10}
    del told["checkpoint"]  # stays on the server
    shelf = KeptRuns()
    shelf.add("ann", told, b"")
    bench.tell(shelf.message("ann"))


def test_a_kept_run_stands_at_the_other_end_of_the_line(bench: Any, net: Any) -> None:
    begin(bench, "loss_line", net, step=10)
    bench.answer(mountain())
    bench.page.get_by_role("button", name="Keep this run").click()
    assert bench.sent("ask")[-1]["name"] == "keep"
    keep(bench, net, batch_size=4)
    bench.answer({"step": np.array([10])})
    bench.page.wait_for_function("() => sent.filter((c) => c[0] === 'ask').at(-1)[1].name === 'line'")
    bench.page.wait_for_function("() => sent.filter((c) => c[0] === 'ask').length === 3")
    assert bench.sent("ask")[-1]["options"] == {"from": 10, "against": "kept 1"}
    bench.answer(mountain() | {"ends": np.array([10, -1])})
    assert "to kept 1" in note(bench)
    assert "kept 1: batch size 4, step 10" in bench.page.get_by_label("Where the line ends", exact=True).inner_text()


def test_a_kept_run_of_another_shape_has_no_line_and_it_says_so(bench: Any, make_net: Any) -> None:
    net = make_net([4, 2])
    begin(bench, "loss_line", net, step=10)
    bench.answer(mountain())
    keep(bench, make_net([5]))
    assert bench.page.get_by_label("Where the line ends", exact=True).inner_text().strip() == "the current weights"
    bench.page.get_by_label("Run beside this one").select_option("kept 1")
    assert "its network has another shape" in note(bench)


def test_one_click_trains_the_twin_and_puts_it_beside(bench: Any, make_net: Any) -> None:
    net = make_net([4, 4, 4])
    begin(bench, "landscape", net, solid=True, step=10)
    bench.answer(bowl(net))
    bench.page.get_by_role("button", name="Compare: with skip connections").click()
    asked = bench.sent("ask")[-1]
    assert (asked["name"], asked["options"]) == ("twin", {"changes": {"model.skip": True}})
    keep(bench, net)
    bench.answer({"step": np.array([10])})
    both = [a["options"] for a in bench.sent("ask")[-2:]]
    assert [one["plane"] for one in both] == ["random", "random"]
    assert sorted(one.get("of", "") for one in both) == ["", "kept 1"]
    for i in (-2, -1):
        bench.answer(bowl(net) | {"landscape": bowl(net)["landscape"] * (3 if i == -1 else 1)}, ask=i)
    tops = f"[{VIEW}.panel, {VIEW}.beside.panel].map((p) => p.box.data?.[0].cmax ?? p.box.data?.[0].zmax)"
    bench.page.wait_for_function(f"() => {tops}.every((top) => top === 9)")  # heights of both mean the same
    bench.page.get_by_label("Run beside this one").select_option("")
    assert bench.page.locator(".js-plotly-plot").count() == 1


# ---- curvature --------------------------------------------------------------------------------------------------------
def curved(top: float) -> dict[str, Any]:
    return {"eigenvalues": np.array([top, top / 2, -0.1]), "limit": np.array([2 / top]), "sharpness": np.array([0.004]), "lr": np.array([0.03]), "step": np.array([10])}  # fmt: skip


@pytest.mark.parametrize(
    ("top", "words"), [(4.0, "below 2/λmax = 0.500: steps"), (100.0, "above 2/λmax = 0.020: steps")]
)
def test_the_learning_rate_is_put_beside_its_limit(bench: Any, net: Any, top: float, words: str) -> None:
    begin(bench, "curvature", net, step=10)
    bench.page.evaluate("() => nnlab.board.on('measured', (m) => (window.measured = m.told))")
    bench.answer(curved(top))
    bench.frame(net, step=10)
    said = bench.page.evaluate("() => window.measured")
    assert (said is None) == words.startswith("below")
    if said:
        assert said["code"] == "above_limit" and said["values"]["limit"] == pytest.approx(2 / top)
    verdict = bench.page.evaluate(f"() => {VIEW}.verdict.textContent")
    assert f"Learning rate 0.03 is {words}" in verdict
    assert "raises the loss by 0.004" in verdict


def test_where_nothing_curves_up_nothing_limits_the_rate(bench: Any, net: Any) -> None:
    begin(bench, "curvature", net, step=10)
    bench.answer(curved(1.0) | {"limit": np.array([np.nan]), "eigenvalues": np.array([-1.0, -2.0])})
    assert "Nothing curves upwards here" in bench.page.evaluate(f"() => {VIEW}.verdict.textContent")


def test_the_limit_is_drawn_over_the_run_and_forgotten_with_a_restart(bench: Any, net: Any) -> None:
    begin(bench, "curvature", net, step=10)
    bench.answer(curved(4.0))
    bench.frame(net, step=20, playing=True)
    bench.page.evaluate(f"() => {VIEW}.study.request()")
    bench.answer(curved(5.0) | {"step": np.array([20])})
    assert bench.page.evaluate(f"() => {VIEW}.past.map((p) => p.step)") == [10, 20]
    bench.frame(net, step=0, restarted=True)
    assert bench.page.evaluate(f"() => {VIEW}.past.length") == 0
