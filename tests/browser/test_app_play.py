"""The real app as a person uses it: play, drag, edit, go back, reload, share."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest


def _address(lab) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(lab.page.url).query).items()}


def _drag(lab, handle, share: float) -> None:
    """Drag a range input from where it is to `share` of its width, in steps as a hand does."""
    box = handle.bounding_box()
    middle = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + share * box["width"], middle, steps=8)
    lab.page.mouse.up()


def test_the_page_trains_as_soon_as_it_is_open(lab):
    lab.until("nnlab.playing && nnlab.step > 0")
    assert lab.get("nnlab.scene.facts.parameters") == 2 * 4 + 4 + 4 * 2 + 2 + 2 + 1
    assert lab.get("nnlab.mounts") == 1


def test_the_loss_falls_and_the_boundary_changes_while_it_plays(lab):
    lab.reset()
    loss, picture, map_ = lab.get("nnlab.metrics.train_loss"), lab.picture("Output"), lab.map()
    lab.play()
    lab.until("nnlab.metrics.train_loss < 0.7 * arg", loss)
    lab.pause()
    assert lab.picture("Output") != picture
    assert lab.map() != map_


def test_play_and_pause_by_the_button(lab):
    lab.until("nnlab.playing")
    lab.page.get_by_role("button", name="Pause", exact=True).click()
    lab.until("!nnlab.playing")
    step = lab.get("nnlab.step")
    lab.page.get_by_role("button", name="Play", exact=True).click()
    lab.until("nnlab.playing && nnlab.step > arg", step)
    assert lab.get("nnlab.step") > step


def test_dragging_the_learning_rate_in_the_view_acts_at_once_and_reaches_link_and_widgets(lab):
    before = lab.get("nnlab.frame.lr")
    link = _address(lab)["s"]
    _drag(lab, lab.page.locator(".player").get_by_role("slider", name="Learning rate"), 0.25)
    lab.until("nnlab.frame.lr < arg / 2", before)
    lab.page.wait_for_function("link => !location.search.includes(link)", arg=link)
    lab.page.get_by_role("tab", name="Training", exact=True).click()
    shown = lab.page.get_by_test_id("stSidebar").get_by_role("spinbutton", name="Learning rate").first
    shown.wait_for()
    assert float(shown.input_value()) == pytest.approx(lab.get("nnlab.frame.lr"), rel=1e-3)


def test_dragging_a_slider_of_streamlit_changes_the_run_without_a_reset(lab):
    lab.until("nnlab.step > 100")
    tests = "nnlab.scene.points.filter((_, i) => i % 4 === 3 && nnlab.scene.points[i] === 1).length"
    before = lab.get(tests)
    slider = lab.page.get_by_test_id("stSidebar").get_by_role("slider", name="Training share")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    lab.until(f"{tests} < arg", before)
    assert lab.get("nnlab.step") > 100
    assert lab.get("nnlab.mounts") == 1


def test_another_preset_shows_another_network_in_the_same_view(lab):
    lab.page.get_by_test_id("stMain").get_by_text("Hills", exact=True).click()
    lab.until("nnlab.scene.task === 'regression'")
    lab.until("nnlab.playing && nnlab.step > 0")
    assert lab.get("nnlab.mounts") == 1
    assert lab.get("nnlab.scene.blocks.length") == 3


def test_a_weight_is_changed_by_hand_and_the_output_follows(lab):
    lab.pause()
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


def test_scrubbing_back_shows_the_past_and_playing_goes_on_from_there(lab):
    lab.reset()
    first = lab.weights()
    lab.play()
    lab.until("nnlab.step > 500")
    lab.pause()
    now = lab.weights()
    scrubber = lab.part("scrub")
    scrubber.focus()
    scrubber.press("Home")
    lab.until("nnlab.step === 0")
    assert lab.weights() == first
    scrubber.press("End")
    lab.until("nnlab.step > 500")
    assert lab.weights() == now


def test_scrubbing_back_past_a_change_brings_the_controls_and_the_link_back_too(lab):
    lab.until("nnlab.step > 50")
    lab.pause()
    before, rate = _address(lab)["s"], lab.get("nnlab.experiment.training.learning_rate")
    lab.get("(nnlab.board.set({'training.learning_rate': 0.5, 'data.noise': 40}), nnlab.board.changed())")
    lab.until("nnlab.experiment.training.learning_rate === 0.5 && !location.search.includes(arg)", before)
    lab.get("nnlab.send('step', {unit: 'batch', n: 3})")
    points = lab.get("Array.from(nnlab.scene.points)")
    lab.part("scrub").focus()
    lab.part("scrub").press("Home")
    lab.until("nnlab.step === 0 && nnlab.experiment.training.learning_rate === arg", rate)
    lab.until("location.search.includes(arg)", before)
    assert lab.get("Array.from(nnlab.scene.points)") != points
    lab.until("nnlab.board.scene.experiment.data.noise === 0")
    noise = lab.page.get_by_test_id("stSidebar").get_by_role("slider", name="Noise")
    lab.page.wait_for_function(
        "e => e.value === '0' || e.getAttribute('aria-valuenow') === '0'", arg=noise.element_handle()
    )


@pytest.mark.parametrize("playing", [False, True])
def test_a_reload_comes_back_to_the_same_run(lab, playing):
    lab.until("nnlab.step > 50")
    step, weights = (lab.pause(), lab.weights()) if not playing else (lab.get("nnlab.step"), None)
    token = _address(lab)["run"]
    lab.open(lab.page.url)
    assert _address(lab)["run"] == token
    assert lab.get("nnlab.step") >= step
    if weights is not None:
        assert lab.get("nnlab.step") == step
        assert lab.weights() == weights


def test_a_shared_link_shows_another_browser_the_same_numbers_step_by_step(lab, new_lab):
    before = _address(lab)["s"]
    lab.page.get_by_test_id("stMain").get_by_text("Three arms", exact=True).click()
    lab.until("nnlab.scene.classes === 3 && !location.search.includes(arg)", before)
    link = f"{lab.app.url}/?s={_address(lab)['s']}"
    other = new_lab().open(link)
    assert other.get("nnlab.scene.classes") == 3
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


def test_the_whole_address_gives_another_browser_a_run_of_its_own(lab, new_lab):
    lab.until("nnlab.playing")
    other = new_lab().open(lab.page.url)
    other.pause()
    assert _address(other)["run"] != _address(lab)["run"]
    assert lab.get("nnlab.playing")


def test_a_damaged_link_gives_a_sentence_and_the_default(new_lab, app):
    lab = new_lab().open(f"{app.url}/?s=damaged")
    lab.page.get_by_text("The link is damaged").wait_for()
    assert lab.get("nnlab.scene.experiment.data.kind") == "circle"


def test_the_keyboard_plays_steps_and_resets(lab):
    lab.until("nnlab.playing")
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


def test_the_phases_of_one_batch_are_shown_one_by_one(lab):
    lab.pause()
    lab.part("unit").select_option("phase")
    step = lab.get("nnlab.step")
    for phase in ("forward", "loss", "backward", "update"):
        lab.page.get_by_role("button", name="Step forward").click()
        lab.until("nnlab.frame.phase === arg", phase)
    assert lab.get("nnlab.step") == step + 1


def test_every_view_of_the_tabs_draws_something(lab):
    lab.until("nnlab.step > 100")
    tabs = lab.page.get_by_role("tablist", name="More views").get_by_role("tab")
    names = tabs.all_inner_texts()
    assert len(names) >= 4
    for name in names:
        tabs.filter(has_text=name).click()
        lab.page.locator(f"[aria-label='{name}']").locator("canvas, svg, table").first.wait_for()
    assert lab.page.get_by_text("This view stopped").count() == 0
