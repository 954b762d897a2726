"""The module of docs/add-a-view.md beside the real kit, in a real browser: it draws, tells its numbers and sets its option."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Route

ROOT = Path(__file__).resolve().parents[2]
MODULE = re.search(r"```js\n(.*?)```", (ROOT / "docs" / "add-a-view.md").read_text(encoding="utf-8"), re.DOTALL)
DRAW = """async () => {
  const { default: { create } } = await import("/assets/views/weights/sizes.js");
  const { surface } = await import("/assets/kit/canvas.js");
  const options = {};
  const board = {
    canvas: surface,
    choose: (...given) => board.option(...given),
    option: (analysis, name, value) => (options[`${analysis}.${name}`] = value),
    optionOf: (analysis, name) => options[`${analysis}.${name}`],
  };
  const root = document.body.appendChild(document.createElement("div"));
  const view = create(root, board);
  view.theme({ positive: "#0072b2" });
  view.scene({ blocks: [{ name: "first" }, { name: "second" }] });
  view.resize();
  view.frame({ arrays: { sizes: { data: new Float32Array([1, 4]), shape: [2] } } });
  const canvas = root.querySelector("canvas");
  const inked = (x, y) => canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data[3] > 0;
  const drawn = [0.1, 0.5, 0.9].map((x) => [inked(x, 0.25), inked(x, 0.75)]);
  root.querySelector("button").click();
  const once = { ...options };
  root.querySelector("button").click();
  return { words: view.alt(), drawn, once, twice: options };
}"""


def files(route: Route) -> None:
    """An empty page, the files of assets/ and the module of the page; nothing leaves the browser."""
    name = route.request.url.partition("/assets/")[2]
    if name == "views/weights/sizes.js" and MODULE:
        route.fulfill(content_type="text/javascript", body=MODULE.group(1))
    elif name:
        route.fulfill(path=ROOT / "assets" / name)
    else:
        route.fulfill(content_type="text/html", body="<!doctype html><title>A view</title>")


def test_its_bars_are_as_long_as_the_weights_and_its_button_sets_the_option(chromium: Browser) -> None:
    context = chromium.new_context()
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", files)
    page.goto("http://view.test/")
    found = page.evaluate(DRAW)
    context.close()
    assert found["words"] == "first 1.00, second 4.00"
    assert found["drawn"] == [[True, True], [False, True], [False, True]], "a quarter of the width, and all of it"
    assert (found["once"], found["twice"]) == ({"sizes.order": 1}, {"sizes.order": 2})
    assert errors == []
