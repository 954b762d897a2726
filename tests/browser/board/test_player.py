"""The control bar: what each control sends, by mouse and by key."""

from __future__ import annotations

import pytest


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


def test_keys_belong_to_the_input_that_has_the_focus(tab) -> None:
    tab.page.get_by_label("Learning rate, typed").focus()
    tab.page.keyboard.press("r")
    tab.page.get_by_label("History of the run").focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_timeout(200)
    assert tab.sent("reset") == [] and tab.sent("step") == []


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
    assert tab.run.settings["learning_rate"] == tab.sent("set")[-1]["changes"]["training.learning_rate"]
    assert len(tab.get("nnlab.latencies")) >= 1


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
    tab.page.get_by_text("must be less than or equal to 10; got 50").wait_for()
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
    assert "of" in tab.part(".where").inner_text()
    assert tab.get("nnlab.history.length") > 0.8 * rows
    assert tab.get("nnlab.step") == tab.run.step


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
    metrics = tab.run.metrics()
    assert float(shown["train-loss"]) == pytest.approx(metrics["train_loss"], rel=0.01)
    assert float(shown["test-loss"]) == pytest.approx(metrics["test_loss"], rel=0.01)
    assert float(shown["test-accuracy"].rstrip("%")) == pytest.approx(100 * metrics["test_accuracy"], abs=0.06)


def test_very_small_losses_are_not_called_zero(tab, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = {"train_loss": 1.25e-7, "test_loss": 3e-12, "train_accuracy": 1.0, "test_accuracy": 1.0}
    monkeypatch.setattr(tab.run, "metrics", lambda: tiny)
    tab.get("nnlab.send('step', {unit: 'batch', n: 1})")
    tab.until("nnlab.metrics.train_loss < 1e-6")
    tab.page.wait_for_timeout(200)
    for where in (".train-loss", ".test-loss", ".now-train", ".now-test"):
        shown = float(tab.part(where).first.inner_text().replace("−", "-"))
        assert shown == pytest.approx(tiny["train_loss" if "train" in where else "test_loss"], rel=0.05), where


def test_a_finding_has_a_sentence_and_a_remedy_and_moves_nothing(tab) -> None:
    top = tab.part(".grid").bounding_box()["y"]
    tab.run.findings = [
        {
            "code": "slow",
            "sentence": "The learning rate is too small.",
            "label": "Use 0.1",
            "remedy": {"training.learning_rate": 0.1},
        }
    ]
    tab.get("nnlab.send('speed', 0)")
    tab.page.get_by_text("The learning rate is too small.").wait_for()
    assert tab.part(".grid").bounding_box()["y"] == top
    tab.page.get_by_role("button", name="Use 0.1").click()
    assert tab.arrives("set")[-1]["changes"] == {"training.learning_rate": 0.1}
    tab.until("calls.length === 1")


def test_findings_go_at_once_with_the_run_they_were_about(tab) -> None:
    tab.run.findings = [{"code": "dead", "sentence": "Dead neurons: 3 of 8.", "label": "Revive", "remedy": {}}]
    tab.play()
    tab.page.get_by_text("Dead neurons: 3 of 8.").wait_for()
    tab.run.findings = []
    tab.get("nnlab.send('reset', null)")
    tab.until("nnlab.frame.restarted")
    assert tab.get("document.querySelector('.diagnosis').innerText") == "Measured: nothing unusual."


def test_a_refusal_names_the_control_and_not_a_path(tab) -> None:
    tab.page.evaluate("""() => nnlab.board.emit("refused", {problems: [["training.learning_rate",
        "training.learning_rate must be at most 10; got 99."]]})""")
    tab.page.get_by_text("Learning rate must be at most 10; got 99.").wait_for()


def test_divergence_is_recovered_with_one_click(tab) -> None:
    tab.run.findings = [
        {
            "code": "diverged",
            "sentence": "The loss is no number any more.",
            "label": "Back to the last good step",
            "remedy": {"training.learning_rate": 0.01},
        }
    ]
    tab.get("nnlab.send('speed', 0)")
    tab.page.get_by_role("button", name="Back to the last good step").click()
    assert tab.arrives("recover") == [None]
    assert tab.arrives("set")[-1]["changes"] == {"training.learning_rate": 0.01}
