"""The control bar: what each control sends, by mouse and by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict

import pytest

from nnlab.core.errors import Problem
from nnlab.core.metrics import Metric
from nnlab.live.messages import protocol


def test_play_says_pause_while_it_plays(tab) -> None:
    tab.page.get_by_role("button", name="Play", exact=True).click()
    tab.page.get_by_role("button", name="Pause", exact=True).click()
    tab.page.get_by_role("button", name="Play", exact=True).wait_for()
    assert tab.arrives("play", 2) == [True, False]


@pytest.mark.parametrize(
    ("key", "command", "argument"),
    [
        (" ", "play", True),
        ("ArrowRight", "step", {"unit": "epoch", "n": 1}),
        ("ArrowLeft", "step", {"unit": "epoch", "n": -1}),
        ("r", "reset", None),
    ],
)
def test_keys_drive_the_run(tab, key: str, command: str, argument: object) -> None:
    tab.page.keyboard.press(key)
    assert tab.arrives(command) == [argument]


def test_plus_and_minus_change_the_speed_and_say_so(tab) -> None:
    tab.page.keyboard.press("-")  # from full speed
    tab.page.keyboard.press("-")
    tab.page.get_by_text("Speed: 500 updates a second.").wait_for()
    tab.until("nnlab.frame.speed === 500")
    for _ in range(2):
        tab.page.keyboard.press("+")
    tab.page.get_by_text("Full speed.").wait_for()
    assert tab.arrives("speed", 4)[-4:] == [1000, 500, 1000, 0]


def test_keys_belong_to_the_input_that_has_the_focus(tab) -> None:
    tab.page.get_by_label("Learning rate, typed").focus()
    tab.page.keyboard.press("r")
    tab.page.get_by_label("History of the run").focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_timeout(200)
    assert tab.sent("reset") == [] and tab.sent("step") == []


def test_space_plays_after_a_click_of_the_mouse_and_presses_the_button_that_the_keyboard_has_reached(tab) -> None:
    tab.page.get_by_role("button", name="Reset").click()
    tab.page.keyboard.press(" ")
    assert tab.arrives("play") == [True] and tab.sent("reset") == [None]
    tab.page.keyboard.press("Tab")  # to the button beside it
    tab.page.keyboard.press(" ")
    assert tab.arrives("step") == [{"unit": "epoch", "n": -1}]


@pytest.mark.parametrize("unit", ["epoch", "batch", "phase"])
def test_a_step_has_the_chosen_size(tab, unit: str) -> None:
    tab.page.get_by_label("Size of a step").select_option(unit)
    tab.page.get_by_role("button", name="Step forward").click()
    tab.page.get_by_role("button", name="Step back").click()
    assert tab.arrives("step", 2) == [{"unit": unit, "n": 1}, {"unit": unit, "n": -1}]


def test_the_learning_rate_acts_during_the_drag_and_tells_the_page_on_release(tab) -> None:
    tab.play()
    box = tab.page.get_by_label("Learning rate", exact=True).bounding_box()
    tab.page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] / 2)
    tab.page.mouse.down()
    for i in range(12):
        tab.page.mouse.move(box["x"] + box["width"] * (0.55 + i / 40), box["y"] + box["height"] / 2)
    during = tab.arrives("set", 8)
    assert tab.get("calls") == []
    tab.page.mouse.up()
    tab.until("calls.length === 1")
    rates = [s["changes"]["training.learning_rate"] for s in during]
    versions = [s["version"] for s in during]
    assert rates == sorted(rates) and rates[-1] > 3 * rates[0]
    assert versions == sorted(set(versions))
    tab.until("nnlab.frame.version >= arg", tab.sent("set")[-1]["version"])
    assert tab.run.experiment.training.learning_rate == tab.sent("set")[-1]["changes"]["training.learning_rate"]
    assert len(tab.get("nnlab.latencies")) >= 1


THERE_AND_BACK = """([name, end]) => {
  const range = document.querySelector(`[aria-label="${name}"]`);
  const before = range.value;
  for (const value of [Number(range.min), before]) {
    range.value = value;
    range.dispatchEvent(new Event("input"));
  }
  range.dispatchEvent(new Event(end));
}"""
ENDS = [
    "change",
    "pointerup",
    "pointercancel",
    "keyup",
    "blur",
]  # a drag that ends where it began is no change to a browser


@pytest.mark.parametrize("end", ENDS)
def test_a_slider_that_a_hand_lets_go_of_follows_the_run_again(tab, end: str) -> None:
    tab.page.evaluate(THERE_AND_BACK, ["Learning rate", end])
    tab.arrives("set", 2)
    tab.live.patch({"training.learning_rate": 0.3})
    tab.until("document.querySelector('[aria-label=\"Learning rate, typed\"]').value === '0.3'")


@pytest.mark.parametrize("end", ENDS)
def test_the_scrubber_that_a_hand_lets_go_of_follows_the_run_again(tab, end: str) -> None:
    tab.get("nnlab.send('step', {unit: 'batch', n: 100})")
    tab.until("nnlab.step === 100 && document.querySelector('.scrub').value === '100'")
    tab.page.evaluate(THERE_AND_BACK, ["History of the run", end])
    tab.arrives("seek")
    tab.get("nnlab.send('seek', 80)")
    tab.until("document.querySelector('.scrub').value === '80'")


def test_a_typed_learning_rate_is_sent_and_moves_the_slider(tab) -> None:
    field = tab.page.get_by_label("Learning rate, typed")
    field.fill("0,5")
    field.press("Enter")
    assert tab.arrives("set")[-1]["changes"] == {"training.learning_rate": 0.5}
    assert tab.page.get_by_label("Learning rate", exact=True).get_attribute("aria-valuetext") == "0.5"


def test_a_refusal_is_a_sentence_beside_the_bar_and_goes_with_the_next_accepted_change(tab) -> None:
    field = tab.page.get_by_label("Learning rate, typed")
    field.fill("50")
    field.press("Enter")
    tab.page.get_by_text("Learning rate must be less than or equal to 10; got 50").wait_for()
    tab.until("document.querySelector('[aria-label=\"Learning rate, typed\"]').value === '0.03'")
    field.fill("0.1")
    field.press("Enter")
    tab.until("document.querySelector('.message').textContent === ''")


def test_speed_far_right_is_full_and_else_updates_a_second(tab) -> None:
    speed = tab.page.get_by_label("Speed")
    assert speed.get_attribute("aria-valuetext") == "full"
    speed.press("Home")
    assert tab.arrives("speed") == [1]
    speed.press("End")
    assert tab.arrives("speed", 2) == [1, 0]


def test_the_scrubber_goes_back_shows_where_and_keeps_the_curve(tab) -> None:
    tab.play()
    tab.until("nnlab.step > 400")
    tab.pause()
    last, rows = tab.get("[nnlab.step, nnlab.history.length]")
    box = tab.part(".scrub").bounding_box()
    tab.page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    tab.until("nnlab.step < 0.5 * arg", last)
    tab.page.locator(".where", has_text=re.compile(r"^of \d")).wait_for()
    assert tab.get("nnlab.history.length") > 0.8 * rows
    assert tab.get("nnlab.step") == tab.run.step


def test_the_scrubber_says_where_it_goes_until_it_is_there(tab) -> None:
    tab.get("nnlab.send('step', {unit: 'batch', n: 400})")
    tab.until("nnlab.step === 400")
    tab.get("nnlab.send('seek', 3)")
    tab.until("nnlab.step === 3")
    assert [tab.part(f".clock .{name}").inner_text() for name in ("step", "where")] == ["3", "of 400"]
    tab.engine.halted = True
    tab.get("nnlab.send('seek', 400)")
    tab.until("document.querySelector('.where').textContent === '→ 400'")
    assert tab.part(".clock .step").inner_text() == "3"
    assert tab.get("[nnlab.frame.seeking, nnlab.playing]") == [400, False]
    tab.engine.halted = False
    tab.until("document.querySelector('.where').textContent === '' && nnlab.step === 400")


def test_who_plays_on_the_way_plays_on_from_where_it_leads(tab) -> None:
    tab.get("nnlab.send('step', {unit: 'batch', n: 300})")
    tab.until("nnlab.step === 300")
    tab.engine.halted = True
    tab.get("nnlab.send('seek', 100)")
    tab.until("nnlab.frame.seeking === 100")
    tab.page.get_by_role("button", name="Play", exact=True).click()
    assert tab.arrives("play") == [True]
    tab.engine.halted = False
    tab.until("nnlab.playing && nnlab.step > 100 && nnlab.frame.seeking === null")


def test_new_weights_are_another_seed_and_the_page_is_told(tab) -> None:
    tab.page.get_by_role("button", name="New weights").click()
    changes = tab.arrives("set")[-1]["changes"]
    assert list(changes) == ["seed"] and changes["seed"] != 0
    tab.until("nnlab.scene.experiment.seed === arg && calls.length === 1", changes["seed"])


def test_reset_empties_the_curves(tab) -> None:
    tab.play()
    tab.pause()
    tab.page.get_by_role("button", name="Reset").click()
    tab.until("nnlab.step === 0 && nnlab.history.length <= 1")


def test_the_big_numbers_are_those_of_the_frame(tab) -> None:
    tab.play()
    tab.pause()
    shown = {n: tab.part(f".{n}").first.inner_text() for n in ("train-loss", "test-loss", "test-accuracy")}
    metrics = tab.run.metrics
    assert float(shown["train-loss"]) == pytest.approx(metrics["train_loss"], rel=0.01)
    assert float(shown["test-loss"]) == pytest.approx(metrics["test_loss"], rel=0.01)
    assert float(shown["test-accuracy"].rstrip("%")) == pytest.approx(100 * metrics["test_accuracy"], abs=0.06)


def test_a_metric_may_be_called_like_a_part_of_the_player(tab) -> None:
    names = ("rate", "step", "value", "epoch")
    declared = [asdict(Metric(name, f"The {name}", "", name, "")) for name in names]
    tab.get(
        "nnlab.board._scene({...nnlab.scene, metrics: arg, arrays: {...nnlab.scene.arrays, history: undefined}})",
        declared,
    )
    tab.get(
        "nnlab.board.emit('frame', {...nnlab.frame, metrics: arg})",
        dict(zip(names, (0.25, 3.5, 0.125, 7.5), strict=True)),
    )
    shown = tab.get("[...document.querySelectorAll('.figure:not(.clock) .number')].map((e) => Number(e.textContent))")
    assert shown == [0.25, 3.5, 0.125, 7.5]
    assert tab.part(".clock .step").inner_text() == "step 0"


def test_very_small_losses_are_not_called_zero(tab) -> None:
    tiny = {"train_loss": 1.25e-7, "test_loss": 3e-12, "train_accuracy": 1.0, "test_accuracy": 1.0}
    tab.says(metrics=tiny)
    tab.until("nnlab.metrics.train_loss < 1e-6")
    tab.until("document.querySelector('[data-metric=train_loss]').textContent.includes('e')")
    for where in (".train-loss", ".test-loss", "[data-metric=train_loss]", "[data-metric=test_loss]"):
        shown = float(tab.part(where).first.inner_text().replace("−", "-"))
        assert shown == pytest.approx(tiny["train_loss" if "train" in where else "test_loss"], rel=0.05), where


def test_a_restart_is_not_missed_where_two_frames_come_between_two_pictures(tab) -> None:
    tab.get("(window.restarts = 0, nnlab.board.on('frame', (f) => { window.restarts += Number(f.restarted); }))")
    tab.get("""[true, false].forEach((restarted) => {
      nnlab.board._receive({...nnlab.frame, arrays: {}, restarted});
    })""")
    tab.get("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert tab.get("[window.restarts, nnlab.history.length]") == [1, 1]


def test_a_refusal_names_the_control_and_not_a_path(tab) -> None:
    problem = Problem("training.learning_rate", "training.learning_rate must be at most 10; got 99.")
    tab.live.tell(protocol.refusal((problem,)))
    tab.page.get_by_text("Learning rate must be at most 10; got 99.").wait_for()


WILD = {
    "data": {"kind": "plane"},
    "model": {"family": "mlp", "layers": [{"units": 8, "activation": "linear"}]},
    "training": {"loss": "mse", "learning_rate": 10},
}


def test_divergence_is_recovered_with_one_click_and_said_once(open_board: Callable) -> None:
    tab = open_board(experiment=WILD)
    tab.get("nnlab.send('play', true)")
    tab.page.get_by_text("Training diverged").first.wait_for()
    tab.until("nnlab.frame.findings[0]?.code === 'diverged' && !nnlab.playing")
    good = tab.run.good
    assert f"step {good} was the last good one" in tab.part(".diagnosis").inner_text()
    assert tab.part(".message").inner_text() == "", "the finding says the same, with a button"
    tab.page.get_by_role("button", name=f"Back to step {good}").click()
    assert tab.arrives("recover") == [None]
    (changes,) = [argument["changes"] for argument in tab.arrives("set")]
    assert changes["training.learning_rate"] < 10
    tab.until("nnlab.step === arg && nnlab.frame.stopped === null", good)
    tab.until("nnlab.experiment.training.learning_rate < 10")


def test_a_scene_that_was_on_its_way_does_not_take_a_change_back(tab) -> None:
    tab.get("nnlab.board.set({'training.learning_rate': 0.5})")
    tab.until("nnlab.experiment.training.learning_rate === 0.5 && nnlab.board.told > 0")
    old = "{...nnlab.experiment, training: {...nnlab.experiment.training, learning_rate: 0.03}}"
    tab.get(f"nnlab.board._scene({{...nnlab.scene, version: nnlab.board.told - 1, experiment: {old}}})")
    assert tab.get("nnlab.experiment.training.learning_rate") == 0.5
    tab.get(f"nnlab.board._scene({{...nnlab.scene, version: nnlab.board.told, experiment: {old}}})")
    assert tab.get("nnlab.experiment.training.learning_rate") == 0.03
    tab.get("nnlab.board.set({'training.learning_rate': 0.03})")


@pytest.mark.parametrize("shut", ["Escape", "elsewhere"])
def test_what_a_button_has_opened_over_a_picture_is_shut_by_escape_and_by_a_press_elsewhere(tab, shut) -> None:
    help_, options = (tab.page.get_by_role("button", name=name).first for name in ("About Output", "Options of Output"))
    for button in (help_, options):
        if not button.is_visible():
            continue
        button.click()
        assert button.get_attribute("aria-expanded") == "true"
        if shut == "Escape":
            tab.page.keyboard.press("Escape")
        else:
            tab.page.locator(".player .clock").click()
        assert button.get_attribute("aria-expanded") == "false"
