"""The real app as a person uses it: play, drag, edit, go back, reload, share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from nnlab.ui.topics.playground import PRESETS
from tests.browser.lab import Lab
from tests.browser.one_tab import PATIENCE_MS, Tab

CIRCLE = PRESETS["circle"].experiment
DRAWN = "nnlab.frame.arrays.weights && nnlab.frame.arrays.boundary"


OPENS = ("", DRAWN)


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def _address(lab: Lab) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(lab.page.url).query).items()}


def _drag(lab: Lab, handle: Locator, share: float) -> None:
    """Drag a range input from where it is to `share` of its width, in steps as a hand does."""
    box = handle.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + share * box["width"], middle, steps=8)
    lab.page.mouse.up()


def test_the_page_trains_as_soon_as_it_is_open_until_the_button_pauses_it(lab: Tab) -> None:
    lab.until("nnlab.playing && nnlab.step > 0")
    assert lab.get("nnlab.scene.facts.parameters") == 2 * 4 + 4 + 4 * 2 + 2 + 2 + 1
    assert lab.get("nnlab.mounts") == 1
    lab.page.get_by_role("button", name="Pause", exact=True).click()
    lab.until("!nnlab.playing")
    step = lab.get("nnlab.step")
    lab.page.get_by_role("button", name="Play", exact=True).click()
    lab.until("nnlab.playing && nnlab.step > arg", step)


def test_the_loss_falls_and_the_boundary_changes_while_it_plays(lab: Tab) -> None:
    lab.reset()
    loss, picture, map_ = lab.get("nnlab.metrics.train_loss"), lab.picture("Output"), lab.map()
    lab.play()
    lab.until("nnlab.metrics.train_loss < 0.7 * arg", loss)
    lab.pause()
    assert lab.picture("Output") != picture
    assert lab.map() != map_


def test_dragging_the_learning_rate_in_the_view_acts_at_once_and_reaches_link_and_widgets(lab: Tab) -> None:
    before = lab.get("nnlab.frame.lr")
    link = _address(lab)["s"]
    _drag(lab, lab.page.locator(".player").get_by_role("slider", name="Learning rate"), 0.25)
    lab.until("nnlab.frame.lr < arg / 2", before)
    lab.page.wait_for_function("link => !location.search.includes(link)", arg=link)
    lab.page.get_by_role("tab", name="Training", exact=True).click()
    shown = lab.page.get_by_test_id("stSidebar").get_by_role("spinbutton", name="Learning rate").first
    expect(shown).not_to_have_value(f"{before:g}", timeout=PATIENCE_MS)  # the page draws it when the hand has let go
    assert float(shown.input_value()) == pytest.approx(lab.get("nnlab.frame.lr"), rel=1e-3)
    lab.page.get_by_role("tab", name="Data", exact=True).click()


def test_a_slider_of_the_page_changes_the_run_without_a_reset_and_a_preset_shows_another_in_the_same_view(
    lab: Tab,
) -> None:
    lab.become(CIRCLE)
    lab.play()
    lab.until("nnlab.step > 100")
    tests = "nnlab.scene.points.filter((_, i) => i % 4 === 3 && nnlab.scene.points[i] === 1).length"
    before = lab.get(tests)
    slider = lab.page.get_by_test_id("stSidebar").get_by_role("slider", name="Training share")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    lab.until(f"{tests} < arg", before)
    assert lab.get("nnlab.step") > 100
    lab.choose("Hills")
    lab.until("nnlab.scene.answer.kind === 'number'")
    lab.until("nnlab.playing && nnlab.step > 0")
    assert lab.get("nnlab.scene.blocks.length") == 3
    assert lab.get("nnlab.mounts") == 1


def test_a_weight_is_changed_by_hand_and_the_output_follows(lab: Tab) -> None:
    lab.become(CIRCLE)
    before, picture = lab.weights(), lab.picture("Output")
    lab.page.get_by_role("application", name="Network").focus()
    for key in ("ArrowDown", "Period", "Enter"):
        lab.page.keyboard.press(key)
    editor = lab.page.get_by_role("dialog", name="Change a weight")
    editor.get_by_role("spinbutton").fill("2.5")
    editor.get_by_role("spinbutton").press("Enter")
    lab.until("Array.from(nnlab.frame.arrays.weights.data).includes(2.5)")
    after = lab.weights()
    assert sum(a != b for a, b in zip(after, before, strict=True)) == 1
    lab.until_picture_differs("Output", picture)
    lab.page.keyboard.press("Escape")


def test_scrubbing_back_shows_the_past_and_brings_the_controls_and_the_link_back_too(lab: Tab) -> None:
    lab.go("", ready=DRAWN)
    lab.reset()
    first = lab.weights()
    lab.play()
    lab.until("nnlab.step > 500")
    lab.pause()
    now, last = lab.weights(), lab.get("nnlab.step")
    scrubber = lab.part("scrub")
    scrubber.focus()
    scrubber.press("Home")
    lab.until("nnlab.step === 0")
    assert lab.weights() == first
    scrubber.press("End")
    lab.until("nnlab.step === arg", last)
    assert lab.weights() == now

    before, rate = _address(lab)["s"], lab.get("nnlab.experiment.training.learning_rate")
    lab.get("(nnlab.board.set({'training.learning_rate': 0.5, 'data.noise': 40}), nnlab.board.changed())")
    lab.until("nnlab.experiment.training.learning_rate === 0.5 && !location.search.includes(arg)", before)
    lab.step(3)
    points = lab.get("Array.from(nnlab.scene.points)")
    scrubber.focus()
    scrubber.press("Home")
    lab.until("nnlab.step === 0 && nnlab.experiment.training.learning_rate === arg", rate)
    lab.until("location.search.includes(arg)", before)
    assert lab.get("Array.from(nnlab.scene.points)") != points
    lab.until("nnlab.board.scene.experiment.data.noise === 0")
    noise = lab.page.get_by_test_id("stSidebar").get_by_role("slider", name="Noise")
    lab.page.wait_for_function(
        "e => e.value === '0' || e.getAttribute('aria-valuenow') === '0'", arg=noise.element_handle()
    )


def test_a_reload_comes_back_to_the_same_run(lab: Tab) -> None:
    for playing in (True, False):
        lab.play()
        lab.until("nnlab.step > 50")
        step, weights = (lab.get("nnlab.step"), None) if playing else (lab.pause(), lab.weights())
        token = _address(lab)["run"]
        lab.open(lab.page.url)
        assert _address(lab)["run"] == token
        assert lab.get("nnlab.step") >= step
        if weights is not None:
            assert lab.get("nnlab.step") == step
            assert lab.weights() == weights


def test_a_shared_link_shows_another_browser_the_same_numbers_step_by_step(
    lab: Tab, new_lab: Callable[..., Lab]
) -> None:
    before = _address(lab)["s"]
    lab.choose("Three arms")
    lab.until("nnlab.scene.answer.classes === 3 && !location.search.includes(arg)", before)
    link = f"{lab.app.url}/?s={_address(lab)['s']}"
    other = new_lab().open(link)
    assert other.get("nnlab.scene.answer.classes") == 3
    assert _address(other)["run"] != _address(lab)["run"]
    for one in (lab, other):
        one.reset()
    for epoch in (1, 2, 3):
        for one in (lab, other):
            one.get("nnlab.send('step', {unit: 'epoch', n: 1})")
            one.until("nnlab.epoch === arg", epoch)
        assert other.weights() == lab.weights()
        assert other.get("nnlab.metrics") == lab.get("nnlab.metrics")
        assert other.map() == lab.map()

    lab.play()
    other.open(lab.page.url)  # with the run of this browser
    other.pause()
    assert _address(other)["run"] != _address(lab)["run"]
    assert lab.get("nnlab.playing")

    other.open(f"{lab.app.url}/?s=damaged")
    other.page.get_by_text("The link is damaged").wait_for()
    assert other.get("nnlab.scene.experiment.data.kind") == "circle"


def test_the_keyboard_plays_steps_and_resets_and_the_phases_of_a_batch_are_shown_one_by_one(lab: Tab) -> None:
    lab.play()
    lab.get("document.activeElement?.blur()")  # a button that was used last has the space bar
    lab.page.keyboard.press("Space")
    lab.until("!nnlab.playing")
    epoch = lab.get("nnlab.epoch")
    lab.page.keyboard.press("ArrowRight")
    lab.until("nnlab.epoch === arg", epoch + 1)
    weights = lab.weights()
    lab.page.keyboard.press("ArrowRight")
    lab.until("nnlab.epoch === arg", epoch + 2)
    lab.page.keyboard.press("ArrowLeft")
    lab.until("nnlab.epoch === arg", epoch + 1)
    assert lab.weights() == weights
    lab.page.keyboard.press("r")
    lab.until("nnlab.step === 0")
    assert not lab.get("nnlab.playing")

    lab.part("unit").select_option("phase")
    for phase in ("forward", "loss", "backward", "update"):
        lab.page.get_by_role("button", name="Step forward").click()
        lab.until("nnlab.frame.phase === arg", phase)
    assert lab.get("nnlab.step") == 1


def test_every_view_of_the_tabs_draws_something(lab: Tab) -> None:
    lab.become(CIRCLE)
    lab.play()
    lab.until("nnlab.step > 100")
    tabs = lab.page.get_by_role("tablist", name="More views").get_by_role("tab")
    names = tabs.all_inner_texts()
    assert len(names) >= 4
    for name in names:
        tabs.filter(has_text=name).click()
        lab.page.locator(f"[aria-label='{name}']").locator("canvas, svg, table").first.wait_for()
