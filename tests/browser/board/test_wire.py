"""What the server packs is what the browser reads."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from nnlab.core.records import Quantised
from nnlab.live.messages.wire import pack, squeeze

READ = """async ([text, compressed]) => {
  const wire = await import("/assets/board/wire.js");
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  let buffer = bytes.buffer;
  if (wire.isCompressed(buffer) !== compressed) throw new Error("compression is seen wrongly");
  if (compressed) buffer = await wire.inflate(buffer);
  const header = wire.decode(buffer);
  for (const name in header.arrays) header.arrays[name].data = Array.from(header.arrays[name].data);
  return header;
}"""


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_of_each_type_arrive_unchanged(tab, compressed: bool) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "bytes": rng.integers(0, 256, (3, 5)).astype(np.uint8),
        "whole": rng.integers(-9, 9, 7).astype(np.int32),
        "real": rng.normal(size=(2, 3)).astype(np.float32),
        "none": np.zeros((0, 4), np.float32),
    }
    message = pack({"type": "frame", "loss": float("nan")}, {**arrays, "map": Quantised(arrays["bytes"], -2.0, 3.0)})
    text = base64.b64encode(squeeze(message) if compressed else message).decode()
    header = tab.page.evaluate(READ, [text, compressed])
    assert header["loss"] is None
    assert (header["arrays"]["map"]["low"], header["arrays"]["map"]["high"]) == (-2.0, 3.0)
    for name, array in arrays.items():
        assert header["arrays"][name]["shape"] == list(array.shape)
        assert header["arrays"][name]["data"] == array.ravel().tolist()


def test_a_message_shorter_than_its_header_is_refused(tab) -> None:
    text = base64.b64encode(pack({"type": "frame"}, {})[:9]).decode()
    with pytest.raises(Exception, match="must hold its header"):
        tab.page.evaluate(READ, [text, False])


MERGE = """async () => {
  const { Latest } = await import("/assets/board/wire.js");
  const latest = new Latest(20);
  const part = (first, value, rare) => ({arrays: {
    neurons: {data: new Uint8Array(16 * 4).fill(value), shape: [16, 2, 2]}, neurons_first: {data: new Int32Array([first])}, ...rare}});
  latest.merge(part(0, 1, {confusion: {data: [7]}}));
  const fresh = [...latest.fresh];
  latest.shown();
  const frame = latest.merge(part(16, 2, {}));
  const maps = frame.arrays.neurons;
  return [fresh, [...latest.fresh], frame.arrays.confusion.data[0], maps.shape[0], maps.data[4 * 3], maps.data[4 * 13], maps.data[4 * 17]];
}"""


def test_slices_of_neuron_maps_are_put_together_and_rare_arrays_stay(tab) -> None:
    fresh, later, kept, units, wrapped, old, new = tab.page.evaluate(MERGE)
    assert set(fresh) == {"neurons", "confusion"}
    assert later == ["neurons"]
    assert (kept, units) == (7, 20)
    assert (wrapped, old, new) == (2, 1, 2)
