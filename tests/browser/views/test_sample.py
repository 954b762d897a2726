"""The picture that is looked at: what the pad gives the network, and the versions of it that augmentation makes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlab.analysis.pictures.wall import wall
from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.live.messages import protocol
from tests.browser.stage import Stage
from tests.browser.views.bench import Bench
from tests.browser.views.live import Live
from tests.data.pictures.drawn_digits import lines_of, on_the_pad

VIEW = "nnlab.board.views[0].view"
SPEC: dict[str, Any] = {
    "data": {"kind": "digits8", "samples": 100},
    "model": {"family": "cnn", "blocks": [{"kind": "conv", "channels": 2}], "augment": {"rotation": 30, "shift": 10}},
    "training": {"batch_size": 16},
}


def test_the_drawn_digits_of_the_tests_are_what_the_pad_gives_the_network(blank: Stage) -> None:
    """Otherwise what they say of the network would say nothing of the page."""
    for origin in ("made", "traced"):
        drawings = lines_of(origin)[0][3::17]
        given = blank.page.evaluate(
            """async (all) => {
              const { Pad } = await import('/assets/views/pictures/pad.js');
              const pad = new Pad(document.createElement('canvas'), () => {});
              return all.map((lines) => {
                pad.lines = lines;
                return Array.from(pad.bytes(28, 28, { ink: 255, ground: 0 }));
              });
            }""",
            [[line.tolist() for line in lines] for lines in drawings],
        )
        for lines, pixels in zip(drawings, given, strict=True):
            apart = np.abs(np.array(pixels).reshape(28, 28) - on_the_pad(lines).astype(float))
            assert apart.mean() < 4 and apart.max() < 64, "the browser smooths where Python counts"


def looked_at(bench: Bench, live: Live) -> None:
    """A frame with the picture that the view has chosen."""
    options = {name: bench.get(f"nnlab.board.optionOf('wall', '{name}')") for name in ("split", "example")}
    bench.frame(live, wall(live.run.learner, {k: v for k, v in options.items() if v is not None}))


def told(bench: Bench, spec: Experiment, version: int) -> None:
    """The server says that the experiment was changed."""
    bench.tell(protocol.edited(spec.model_dump(mode="json"), version=version))


def opened(bench: Bench, value: dict[str, Any], width: int = 240) -> Live:
    live = Live(experiment(value), ("wall",))
    bench.page.set_viewport_size({"width": width, "height": 600})
    bench.open("sample")
    bench.scene(live)
    looked_at(bench, live)
    return live


def test_a_training_picture_stands_beside_its_versions_and_follows_the_sliders(bench: Bench) -> None:
    live = opened(bench, SPEC)
    assert bench.sent("ask") == []
    assert bench.get(f"{VIEW}.alt()").endswith("Only training pictures are changed at random.")
    bench.page.get_by_role("combobox", name="Which pictures").select_option("train")
    bench.page.get_by_role("button", name="Next picture").click()
    looked_at(bench, live)
    (asked,) = bench.sent("ask")
    assert (asked["name"], asked["options"]) == ("versions", {"split": "train", "example": 1})
    answer = live.answer("versions", **asked["options"])
    side = bench.get(f"{VIEW}.side")
    bench.answer(answer)
    tiles = bench.get(f"{VIEW}.versions.tiles.map((t) => t.box)")
    size = bench.get(f"[{VIEW}.page.width, {VIEW}.page.height]")
    assert len(tiles) == 6 and bench.get(f"{VIEW}.side") == side, "the picture does not move for them"
    assert all(t["x"] >= side and t["x"] + t["w"] <= size[0] and t["y"] + t["h"] <= size[1] for t in tiles)
    assert min(t["w"] for t in tiles) >= 20
    ratio = bench.get(f"{VIEW}.page.canvas.width / {VIEW}.page.width")
    for tile, version in zip(tiles, answer["versions"], strict=True):
        shown = bench.get(
            f"Array.from({VIEW}.page.ctx.getImageData(arg[0], arg[1], 1, 1).data)[0]",
            [round(ratio * (tile["x"] + tile["w"] * 3.5 / 8)), round(ratio * (tile["y"] + tile["h"] * 4.5 / 8))],
        )
        assert shown == version[0, 4, 3]
    canvas = bench.page.locator("canvas")
    canvas.hover(position={"x": tiles[1]["x"] + 5, "y": tiles[1]["y"] + 5})
    step, epoch = answer["version_updates"][1]
    assert bench.page.locator(".tip").inner_text() == f"Update {step + 1}, in epoch {epoch}, learns from this version."

    told(bench, patch(live.spec, {"model.augment.rotation": 90}), 1)
    bench.until("sent.filter(([name]) => name === 'ask').length === 2")
    bench.answer(answer)
    told(bench, patch(live.spec, {"model.augment": {}}), 2)
    bench.until(f"{VIEW}.versions.pictures.length === 0")
    assert bench.get(f"{VIEW}.alt()").startswith("Training picture 2 of 80") and "version" not in bench.get(
        f"{VIEW}.alt()"
    )
    assert len(bench.sent("ask")) == 2


def test_versions_of_another_picture_are_never_shown_and_a_drawing_has_none(bench: Bench) -> None:
    live = opened(bench, SPEC)
    bench.page.get_by_role("combobox", name="Which pictures").select_option("train")
    looked_at(bench, live)
    late = live.answer("versions", **bench.sent("ask")[-1]["options"])
    bench.page.get_by_role("button", name="Next picture").click()
    looked_at(bench, live)
    bench.answer(late, ask=0)
    assert bench.get(f"{VIEW}.versions.pictures.length") == 0
    bench.answer(live.answer("versions", **bench.sent("ask")[-1]["options"]))
    assert bench.get(f"{VIEW}.versions.pictures.length") == 6
    bench.page.get_by_role("button", name="Draw a picture yourself").click()
    bench.page.evaluate(f"() => {VIEW}.draw()")
    assert bench.get(f"{VIEW}.alt()") == "The maps still show the example, until you draw."
