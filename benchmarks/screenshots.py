"""Pictures of every page, light and dark, 1440 and 800 pixels wide, into docs/screenshots/.

`.venv/bin/python -m benchmarks.screenshots` after a change that shows; look at each of them before committing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from benchmarks import real_app
from nnlab.core.paths import root

TARGET = root() / "docs" / "screenshots"
HEIGHTS = {1440: 900, 800: 1100}  # of the window, by its width
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HOME = "playground"  # the page that the bare address shows
LEARN_EPOCHS = 400  # long enough that the pictures show a network that has learned


def pages() -> list[str]:
    """The addresses of all pages: the names of their files."""
    return sorted(path.stem for path in (root() / "pages").glob("*.py"))


def main(names: Iterable[str]) -> int:
    """Photograph `names`, or all pages."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with real_app.running() as app, real_app.chromium() as browser:
        for name in names:
            for scheme in SCHEMES:
                for width in HEIGHTS:
                    shot = TARGET / f"{name}-{scheme}-{width}.png"
                    address = f"{app.url}/{'' if name == HOME else name}"
                    photograph(browser, address, shot, scheme=scheme, width=width, ready=READY.get(name, learned))
                    print(shot)
    return 0


def learned(page: Page) -> None:
    """Paused at a network that has learned."""
    page.wait_for_function("window.nnlab && nnlab.epoch > " + str(LEARN_EPOCHS), timeout=60_000)
    page.evaluate("nnlab.send('play', false)")
    page.wait_for_function("!nnlab.playing")


def walked_back(page: Page) -> None:
    """Backpropagation: the gradient has come back, and one weight is taken apart."""
    walk = "nnlab.board.views[0].view"
    page.wait_for_function("window.nnlab && nnlab.board.views[0]?.view?.r", timeout=60_000)
    page.evaluate(f"{walk}.jump('backward'); {walk}.choose(0)")


def raced(page: Page) -> None:
    """Optimisers: six of them paused in Rosenbrock's valley, with one update taken apart."""
    page.wait_for_function("window.nnlab && nnlab.frame?.arrays.race", timeout=60_000)
    page.get_by_test_id("stMain").get_by_role("combobox", name="Start from").click()
    page.get_by_role("option", name="Rosenbrock's valley", exact=True).click()
    page.get_by_role("tab", name="One update", exact=True).click()
    page.wait_for_function("nnlab.scene.facts.racers?.length === 6 && nnlab.step > 250", timeout=60_000)
    page.evaluate("nnlab.send('play', false), nnlab.board.option('racer', 4)")
    page.wait_for_function("!nnlab.playing")


def walked_into_the_cone(page: Page) -> None:
    """One neuron: a perceptron some way into its data, paused."""
    page.wait_for_function("window.nnlab && nnlab.frame?.arrays.perceptron && nnlab.step > 24", timeout=60_000)
    page.evaluate("nnlab.send('play', false)")
    page.wait_for_function("!nnlab.playing")


def seen(page: Page) -> None:
    """Convolutional network: a few epochs on, one channel pointed at."""
    page.wait_for_function("window.nnlab && nnlab.frame?.arrays.wall_maps && nnlab.epoch > 4", timeout=120_000)
    page.evaluate("nnlab.send('play', false)")
    page.wait_for_function("!nnlab.playing")


def transferred(page: Page) -> None:
    """Transfer learning: the source learned, and the target for some updates."""
    page.wait_for_function("window.nnlab && nnlab.frame?.arrays.transfer_drift && nnlab.step > 80", timeout=240_000)
    page.evaluate("nnlab.send('play', false)")
    page.wait_for_function("!nnlab.playing")


READY: dict[str, Callable[[Page], None]] = {
    "optimisers": raced,
    "one_neuron": walked_into_the_cone,
    "backpropagation": walked_back,
    "cnn": seen,
    "transfer": transferred,
}  # what a page shows in its picture


def photograph(
    browser: Browser,
    url: str,
    shot: Path,
    *,
    scheme: Literal["light", "dark"],
    width: int,
    ready: Callable[[Page], None],
) -> None:
    """One page at one width in one scheme, as its window shows it."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHTS[width]}, color_scheme=scheme)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("window.nnlab?.drawn > 0", timeout=60_000)
    if page.locator(".intro").count():  # a first visit waits
        page.evaluate("nnlab.send('play', true)")
    ready(page)
    page.wait_for_timeout(800)  # what is drawn calmly has been drawn
    page.screenshot(path=shot, animations="disabled")
    context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or pages()))
