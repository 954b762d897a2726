"""What a channel likes and sees, and the picture that is made for it, on the page on convolutional networks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benchmarks.real_app import App
from nnlab.core.experiment import experiment
from tests.browser.one_tab import FILLED, Tab, one_tab
from tests.browser.test_cnn import tile, view

SMALL = {
    "data": {"kind": "digits8", "samples": 400},
    "model": {
        "family": "cnn",
        "blocks": [{"kind": "conv", "channels": 4}, {"kind": "pool"}, {"kind": "conv", "channels": 6, "kernel": 2}],
    },
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
}
V = view("favourites")
RESTS = f"{V}.liked && {V}.seen && !{V}.likes.study.busy && !{V}.sees.study.busy"


@pytest.fixture(scope="module")
def tab(chromium: Browser, app: App) -> Iterator[Tab]:
    """One tab with a small network on 8 × 8 digits, 60 updates on, its favourites shown."""
    with one_tab(chromium, app) as tab:
        tab.go("cnn", ready=f"nnlab.frame?.arrays.wall_maps && {FILLED}")
        tab.pause()
        tab.become(experiment(SMALL), ready=f"{view('wall')}.stages.length === 5")
        tab.step(60)
        tab.until(f"{view('wall')}.plan?.columns.length === 5")
        tab.tab("Favourite pictures")
        tab.until(RESTS)
        yield tab


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def choose(lab: Tab, stage: str, channel: str) -> None:
    for name, label in (("Stage", stage), ("Channel", channel)):
        lab.page.locator(".view-favourites").get_by_role("combobox", name=name, exact=True).select_option(label=label)
    lab.until(RESTS)


def words(lab: Tab, part: str) -> str:
    return str(lab.get(f"{V}.{part}.words.textContent"))


def test_the_framed_channel_of_the_wall_is_looked_into_first(lab: Tab) -> None:
    found = lab.get(f"{view('wall')}.strongest()")
    assert lab.get(f"[{V}.unit.stage, {V}.unit.channel]") == [found["stage"], found["channel"]]
    assert f"Channel {found['channel'] + 1} of Conv 2 likes" in words(lab, "likes")


def test_the_sentence_counts_the_classes_of_the_favourites_as_they_came(lab: Tab) -> None:
    choose(lab, "Answer", "7")
    shares = lab.get(f"Array.from({V}.liked.liked_shares.data)")[:10]
    assert f"The answer “7” likes “7” most: {shares[7]} of its 50 favourites among 400 pictures." == words(lab, "likes")
    assert "it can see the whole picture, 8 × 8 pixels" in words(lab, "sees")
    choose(lab, "Conv 1", "Channel 2")
    top, left, bottom, right = lab.get(f"Array.from({V}.seen.sight_boxes.data)")[4:8]
    share = lab.get(f"{V}.seen.sight_facts.data[2]")
    shown = f"{100 * share:.1f}" if 0.99 < share < 0.9995 else f"{100 * share:.0f}"
    assert (
        f"the middle cell of its map can see 3 × 3 pixels; {shown} % of what moves it lies in {bottom - top} × {right - left}"
        in words(lab, "sees")
    )
    values = lab.get(f"Array.from({V}.liked.liked_values.data)")
    lab.page.get_by_role("combobox", name="Which", exact=True).last.select_option("least")
    lab.until(f"{RESTS} && {V}.likes.words.textContent.includes('least')")
    assert max(lab.get(f"Array.from({V}.liked.liked_values.data)")) <= min(values)
    lab.page.get_by_role("combobox", name="Which", exact=True).last.select_option("most")
    lab.until(RESTS)


def test_a_favourite_is_looked_at_in_all_views_by_mouse_and_by_key(lab: Tab) -> None:
    choose(lab, "Conv 2", "Channel 3")
    places = lab.get(f"Array.from({V}.liked.liked_places.data)")
    canvas = lab.page.locator(".view-favourites canvas").first
    for k, act in enumerate(("mouse", "keys")):
        if act == "mouse":
            canvas.click(position={"x": 20, "y": 20})
        else:
            canvas.focus()
            for key in ("ArrowRight", "ArrowRight", "Enter"):
                lab.page.keyboard.press(key)
        split, row = places[2 * k : 2 * k + 2]
        lab.until("JSON.stringify([nnlab.board.optionOf('wall', 'split'), nnlab.board.optionOf('wall', 'example')]) === arg",
                  f'["{("train", "test")[split]}",{row}]')  # fmt: skip


def test_shift_and_click_on_the_wall_chooses_the_channel(lab: Tab) -> None:
    wall = lab.page.locator(".view-wall canvas")
    lab.page.get_by_role("combobox", name="Order of the maps").select_option("number")  # which no new picture changes
    lab.until(f"{view('wall')}.order[1].join() === '0,1,2,3'")
    wall.click(position=tile(lab, 1, 3), modifiers=["Shift"])  # type: ignore[arg-type]
    lab.until(f"{V}.unit.stage === 1 && {V}.unit.channel === 3")
    assert lab.get(f"{view('wall')}.off()") == [], "it is not switched off"
    lab.tab("Favourite pictures")
    lab.until(RESTS)
    assert lab.get(f"Array.from({V}.liked.liked_unit.data)") == [1, 3]
    assert words(lab, "likes").startswith("Channel 4 of Conv 1 likes")


def test_on_the_wall_arrows_go_from_map_to_map_and_f_looks_into_one(lab: Tab) -> None:
    wall, step = lab.page.locator(".view-wall canvas"), lab.get("nnlab.step")
    wall.focus()
    lab.page.keyboard.press("Escape")
    for key in ("ArrowRight", "ArrowDown", "f"):
        lab.page.keyboard.press(key)
    channel = lab.get(f"{view('wall')}.order[1]")[1]
    lab.until(f"{V}.unit.stage === 1 && {V}.unit.channel === arg", channel)
    assert lab.get("nnlab.step") == step, "the player leaves these keys alone"


def test_a_picture_is_made_and_comes_with_what_a_second_network_says(lab: Tab) -> None:
    choose(lab, "Answer", "3")
    lab.page.get_by_role("button", name="Make a picture for it").click()
    lab.until(f"{V}.made && !{V}.makes.study.busy")
    likely = lab.get(f"Array.from({V}.made.made_likely.data)")
    said = words(lab, "makes")
    own, other = (
        f"{100 * p:.1f} %" if 0.0005 < p < 0.01 or 0.99 < p < 0.9995 else f"{round(100 * p)} %"
        for p in (likely[3], likely[13])
    )
    assert f"This network: {own} “3”. A second network, trained from another start: {other} “3”." in said
    assert "(Steps: 60 and 60." in said and likely[3] > 0.8
    choose(lab, "Conv 1", "Channel 1")
    assert lab.get(f"{V}.made") is None, "it was made for another channel"
