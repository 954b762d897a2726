"""The pages of the package beside nnlab in the real app: all that its families declare is on the screen and moves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import psutil
import pytest

from benchmarks import real_app
from benchmarks.real_app import App
from tests.browser.one_tab import FILLED, Tab
from tests.extension.conftest import PACKAGES

FIGURES = {  # the full name of each number
    "small_cnn": [
        *("Training loss", "Test loss", "Training accuracy", "Test accuracy"),
        *("Training top-3 accuracy", "Test top-3 accuracy"),
    ],
    "token_lstm": ["Training loss", "Test loss", "Training tokens told", "Test tokens told", "Perplexity"],
    "two_players": [
        *("Made points off by", "Discriminator loss", "Generator loss", "Real taken for real", "Fake taken for real"),
    ],
}
LABELS = {  # a kind of metric each, and the colours of its parts beside it
    "small_cnn": ["Loss train test", "Accuracy train test", "Top-3 accuracy train test"],
    "token_lstm": ["Loss train test", "Tokens told train test", "Perplexity"],
    "two_players": FIGURES["two_players"],
}
LEGENDS = {
    "small_cnn": ["Training", "Test"],
    "token_lstm": ["Training", "Test", "Perplexity"],
    "two_players": FIGURES["two_players"],
}
OWN = {"small_cnn": "channel_maps", "token_lstm": "guesses", "two_players": "fakes"}
LEFT_OUT = {"small_cnn": "Output", "token_lstm": "Network", "two_players": "Confusion matrix"}
USUAL = ["forward", "loss", "backward", "update"]
PHASES = {
    "small_cnn": USUAL,
    "token_lstm": USUAL,
    "two_players": ["judge", "teach the discriminator", "make", "teach the generator"],
}
ROWS = "Array.from({ length: nnlab.history.length }, (_, i) => nnlab.history.columns.map((_, k) => nnlab.history.at(i, k)))"
OTHER_FIGURES = "[...document.querySelectorAll('.figure:not(.clock) .number')].every((e, i) => e.innerText !== arg[i])"
BELOW = """said => { const above = [...said.getRootNode().querySelectorAll('.panel')].filter((e) => e.offsetParent);
  return above.length && above.every((e) => e.getBoundingClientRect().bottom <= said.getBoundingClientRect().top); }"""
INK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((v, i) => i % 4 === 3 && v > 0).length / (data.length / 4);
}"""
WATCH_S, IDLE_CPU_S, PATIENCE_S = 3.0, 0.3, 90.0


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """The app that finds the package beside nnlab."""
    with real_app.running(packages=PACKAGES) as started:
        yield started


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def figures(lab: Tab) -> list[str]:
    """The numbers in the bar, without the clock."""
    return lab.page.locator(".figure:not(.clock) .number").all_inner_texts()


def cpu_s(app: App) -> float:
    """Seconds of a core that the processes below the server have used so far."""
    times = [p.cpu_times() for p in app.server().children(recursive=True)]
    return sum(t.user + t.system for t in times)


@pytest.mark.parametrize("family", list(FIGURES))
def test_a_page_shows_what_its_family_declares_trains_and_steps_by_its_own_phases(lab: Tab, family: str) -> None:
    own = f"nnlab.board.views.find((v) => v.name === '{OWN[family]}')"
    lab.go(family, ready=f"{FILLED} && {own}?.view && !{own}.dirty")
    lab.reset()
    shows_what_is_declared(lab, family)
    leaves_out(lab, LEFT_OUT[family])
    steps_by_phases(lab, PHASES[family])
    lab.reset()
    trains(lab, lab.page.locator(f".view-{OWN[family]}").get_attribute("aria-label") or "")


def shows_what_is_declared(lab: Tab, family: str) -> None:
    kinds = lab.page.locator(".figure:not(.clock) .label")
    assert [" ".join(text.split()) for text in kinds.all_inner_texts()] == LABELS[family]
    shown = lab.page.locator(".figure:not(.clock) .number")
    assert shown.evaluate_all("all => all.map((e) => e.title)") == FIGURES[family]
    names = lab.get("nnlab.scene.metrics.map((m) => m.name)")
    lab.until("arg.every((name) => Number.isFinite(nnlab.metrics[name]))", names)
    numbers = figures(lab)
    assert all(any(c.isdigit() for c in text) for text in numbers), numbers
    assert lab.get("nnlab.history.columns") == ["step", "epoch", *names]
    entries = lab.page.locator(".view-curves .entry")
    assert [text.split("\n")[0].strip(" \u202f0123456789.%—") for text in entries.all_text_contents()] == LEGENDS[family]
    told = family == "small_cnn"  # training and test only: the bar has their colours and numbers
    assert all(entries.evaluate_all("all => all.map((e) => e.offsetWidth > 0)")) is not told
    colours = entries.evaluate_all("all => all.map((e) => e.style.getPropertyValue('--colour'))")
    assert len(set(colours)) == len(colours), "each line has a colour of its own"
    assert lab.page.locator(f".view-{OWN[family]} canvas").first.evaluate(INK) > 0.005, "its own view is drawn"


def leaves_out(lab: Tab, title: str) -> None:
    """One sentence below all views, also where they stand in one column."""
    said = lab.page.locator(".left-out")
    for width in (960, 1440):
        lab.page.set_viewport_size({"width": width, "height": 1000})
        assert said.inner_text() == f"Not available for this model: {title}."
        lab.page.wait_for_function(BELOW, arg=said.element_handle())  # once the columns have their widths


def steps_by_phases(lab: Tab, phases: list[str]) -> None:
    assert lab.get("nnlab.scene.phases") == phases
    before = figures(lab)
    lab.part("unit").select_option("phase")
    for name in phases:
        lab.page.get_by_role("button", name="Step forward").click()
        lab.until("nnlab.frame.phase === arg", name)
        lab.page.locator(".figure.clock .step", has_text=f"· {name}").wait_for()
    assert lab.get("nnlab.step") == 1
    assert figures(lab) != before


def trains(lab: Tab, view: str) -> None:
    numbers = figures(lab)
    pictures = {name: lab.picture(name) for name in (view, "Learning curves")}
    lab.play()
    lab.until("nnlab.step >= 60")
    for name, picture in pictures.items():
        lab.until_picture_differs(name, picture)
    lab.until(OTHER_FIGURES, numbers)  # an accuracy on ten pictures may return to what it was for a moment
    lab.pause()
    rows = lab.get(ROWS)
    assert len(rows) > 2
    assert all(a[2:] != b[2:] for a, b in pairwise(rows)), "a curve has the numbers of its own steps, no older ones"


def test_twenty_thousand_pictures_are_shown_at_once_and_at_rest_cost_nothing(lab: Tab, app: App) -> None:
    lab.page.set_viewport_size({"width": 1680, "height": 1000})  # wide enough for the small print
    lab.go("small_cnn", ready=FILLED)
    lab.choose("20 000 pictures")
    lab.until("nnlab.scene.counts.train === 16000 && nnlab.frame.scene === nnlab.scene.scene && nnlab.playing")
    lab.until("nnlab.step > 5 && nnlab.frame.sampled.train > 0")
    assert 0 < lab.get("nnlab.frame.sampled.train") < 16_000
    lab.page.locator(".figure.clock .sampled", has_text="measured on").wait_for()
    for _ in range(3):  # it goes on answering
        lab.page.get_by_role("button", name="Pause", exact=True).click()
        lab.until("!nnlab.playing")
        lab.page.get_by_role("button", name="Play", exact=True).click()
        lab.until("nnlab.playing && nnlab.step > arg", lab.get("nnlab.step"))
    assert app.health()["alive"] == app.health()["workers"]
    assert "unexpectedly" not in lab.page.locator(".status .message").inner_text()

    lab.pause()
    lab.until("Object.keys(nnlab.frame.sampled).length === 0")  # measured on all of them
    assert lab.page.locator(".figure.clock .sampled").inner_text() == ""
    end = time.monotonic() + PATIENCE_S
    spent = WATCH_S
    while spent > IDLE_CPU_S and time.monotonic() < end:
        began_s = cpu_s(app)
        time.sleep(WATCH_S)
        spent = cpu_s(app) - began_s
    assert spent <= IDLE_CPU_S


def test_only_workers_have_loaded_torch_and_nothing_was_raised_anywhere(lab: Tab, app: App) -> None:
    lab.go("token_lstm", ready=FILLED)
    assert lab.page.locator("[data-testid=stException]").count() == 0
    assert "Traceback" not in app.log.read_text()

    def torch(process: psutil.Process) -> bool:
        return any("torch" in mapped.path for mapped in process.memory_maps())

    assert any(torch(process) for process in app.server().children(recursive=True)), "it would be seen"
    assert not torch(app.server())
    assert app.health()["torch"] is False
