"""No picture is ever half drawn: what a person sees in one animation frame is as full as in every other."""

from __future__ import annotations

# In each of 40 animation frames, or as many as it takes to draw a dozen, how many points of a grid on each canvas are painted.
PAINTED = """async () => {
  const host = [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot);
  const canvases = [...host.shadowRoot.querySelectorAll("canvas")].filter((c) => c.clientWidth > 100 && c.clientHeight > 100);
  const counts = canvases.map(() => []);
  const drawn = nnlab.drawn;
  for (let frame = 0; frame < 40 || nnlab.drawn - drawn < 12; frame++) {
    await new Promise(requestAnimationFrame);
    canvases.forEach((canvas, i) => {
      const small = new OffscreenCanvas(24, 24).getContext("2d", { willReadFrequently: true });
      small.imageSmoothingEnabled = false;
      small.drawImage(canvas, 0, 0, 24, 24);
      counts[i].push(small.getImageData(0, 0, 24, 24).data.filter((v, at) => at % 4 === 3 && v > 0).length);
    });
  }
  return { counts, drawn: nnlab.drawn - drawn };
}"""


def test_no_canvas_is_blank_or_half_drawn_in_any_animation_frame(lab) -> None:
    lab.get("nnlab.send('speed', 0)")
    lab.play()
    lab.until("nnlab.drawn > 20")
    found = lab.page.evaluate(PAINTED)
    assert found["drawn"] > 10, "it must have drawn meanwhile"
    full = [counts for counts in found["counts"] if max(counts) > 100]
    assert len(full) >= 1, found["counts"]
    for counts in found["counts"]:  # where only lines are drawn they move over the grid, but never all away
        assert min(counts) >= (0.8 if counts in full else 0.4) * max(counts), counts
