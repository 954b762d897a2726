"""The page on transfer learning in the real app: the source is learned on the screen, then four networks learn the target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.families.transfer.spec import Transfer
from tests.browser.one_tab import Tab

BLOCKS = [{"kind": "conv", "channels": 4}, {"kind": "pool", "size": 4, "stride": 4}, {"kind": "dense", "units": 8}]
SPEC = patch(experiment(Transfer.example()), {"model.source_updates": 120, "model.blocks": BLOCKS, "data.samples": 300})
OPENS = ("transfer", "nnlab.frame.arrays.transfer_source")


@pytest.fixture
def page(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def source(tab: Tab) -> list[float]:
    return list(tab.get("Array.from(nnlab.frame.arrays.transfer_source.data)"))


def test_the_source_is_learned_on_the_screen_before_the_first_update(page: Tab) -> None:
    page.become(patch(SPEC, {"seed": 11}))
    assert source(page) == [0, 120]
    page.page.get_by_text("Press Play: the network first learns the source").first.wait_for()
    page.page.get_by_role("button", name="Frozen", exact=True).click()
    page.play()
    page.until("nnlab.frame.arrays.transfer_source.data[0] > 5")
    page.page.get_by_text("on the source (capital letters)").first.wait_for()
    page.until("nnlab.step >= 20")
    assert source(page) == [120, 120]
    told = page.get(
        "new Promise((done) => { const found = [], view = nnlab.board.views.find((v) => v.name === 'courses').view;"
        " const off = nnlab.board.on('frame', () => setTimeout(() => { const { frame, history } = nnlab.board;"
        " found.push([view.words.textContent, frame.stale ? history.at(history.length - 1, 0) : frame.step]);"
        " if (found.length > 8) { off(); done(found); } })); })"
    )
    for words, step in told:
        assert words.startswith(f"After {step:.0f} updates"), "numbers are of the step at which they were measured"
    page.page.get_by_text("You said frozen").first.wait_for()
    assert page.get("nnlab.mounts") == 1


def test_a_source_that_was_learned_is_there_at_once_and_four_networks_learn_from_the_same_pictures(page: Tab) -> None:
    page.become(SPEC)
    page.play()
    page.until("nnlab.step >= 5")
    page.pause()
    page.become(patch(SPEC, {"training.learning_rate": 0.02}))
    page.step(5)
    assert source(page) == [120, 120]
    drift: Any = page.get("Array.from(nnlab.frame.arrays.transfer_drift.data)")
    rows = [drift[i : i + 3] for i in range(0, 12, 3)]
    assert rows[2][:2] == rows[3][:2] == [0, 0], "frozen blocks stay"
    assert all(row[2] > 0 for row in rows) and min(rows[0]) > 0 and min(rows[1]) > 0


def test_the_line_between_kept_and_new_blocks_is_dragged_by_mouse_and_by_keyboard(page: Tab) -> None:
    page.become(SPEC)
    keep = page.page.get_by_role("slider", name="Blocks kept").first
    keep.focus()
    keep.press("ArrowLeft")
    page.until("nnlab.experiment.model.kept === 2 && nnlab.scene.facts.transfer.kept === 2")
    place = page.get(
        "(() => { const v = nnlab.board.views.find((v) => v.name === 'courses').view, b = v.page.canvas.getBoundingClientRect();"
        " return [b.left + v.edge(2), b.top + v.page.height * 0.6, b.left + v.edge(1)]; })()"
    )
    page.page.mouse.move(place[0], place[1])
    page.page.mouse.down()
    page.page.mouse.move(place[2], place[1], steps=6)
    page.page.mouse.up()
    page.until("nnlab.experiment.model.kept === 1")
    page.page.wait_for_url(lambda url: "s=" in url)
    few = page.page.get_by_role("combobox", name="Training pictures a class")
    few.select_option("2")
    page.until("nnlab.experiment.data.per_class === 2")


def test_what_changes_and_how_many_blocks_are_worth_keeping_is_measured_on_request(page: Tab) -> None:
    page.become(patch(SPEC, {"seed": 12}))
    page.tab("Blocks kept")
    page.page.get_by_role("button", name="Measure").locator("visible=true").click()
    page.page.get_by_text("The source has not been learned yet. Press Play first.").first.wait_for()
    page.play()
    page.until("nnlab.step >= 3")
    page.pause()
    panel = page.page.get_by_role("tabpanel", name="Blocks kept", exact=True)
    panel.get_by_role("combobox", name="After how many updates").select_option("20")
    panel.get_by_role("combobox", name="How many seeds").select_option("2")
    page.get(
        "nnlab.board.on('progress', () => (window.told ??= new Set()).add(nnlab.board.views.find((v) => v.name === 'transfer_kept').view.alt()))"
    )
    panel.get_by_role("button", name="Measure").click()
    panel.get_by_text("After 20 updates: from scratch").first.wait_for()
    told = page.get("[...window.told].filter((t) => /^Measuring: \\d+ % done, seed [12] of 2\\./.test(t)).length")
    assert told > 1, "one sees how far it is"
    page.tab("What changes")
    page.page.get_by_text(re.compile("after \\d+ updates on the target")).first.wait_for()
