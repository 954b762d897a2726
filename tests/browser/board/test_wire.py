"""What the server packs is what the browser reads, and what the browser packs is what the server reads."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from nnlab.core.errors import Refused
from nnlab.core.records import Quantised
from nnlab.live.messages import protocol
from nnlab.live.messages.wire import pack, squeeze
from tests.browser.stage import Stage

READ = """async ([text, compressed]) => {
  const wire = await import("/assets/board/wire.js");
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  let buffer = bytes.buffer;
  if (wire.isCompressed(buffer) !== compressed) throw new Error("compression is seen wrongly");
  if (compressed) buffer = await wire.inflate(buffer);
  const header = wire.decode(buffer);
  for (const name in header.arrays) header.arrays[name].data = Array.from(header.arrays[name].data, (v) => (Number.isNaN(v) ? "NaN" : v));
  return header;
}"""


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_of_each_type_arrive_unchanged(blank: Stage, compressed: bool) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "bytes": rng.integers(0, 256, (3, 5)).astype(np.uint8),
        "whole": rng.integers(-9, 9, 7).astype(np.int32),
        "real": rng.normal(size=(2, 3)).astype(np.float32),
        "exact": rng.normal(size=3),
        "none": np.zeros((0, 4), np.float32),
    }
    whole = {**arrays, "map": Quantised(arrays["bytes"], -2.0, 3.0)}
    message = pack({"type": "frame", "loss": float("nan")}, whole, exact=True)
    text = base64.b64encode(squeeze(message) if compressed else message).decode()
    header = blank.page.evaluate(READ, [text, compressed])
    assert header["loss"] is None
    assert (header["arrays"]["map"]["low"], header["arrays"]["map"]["high"]) == (-2.0, 3.0)
    for name, array in arrays.items():
        assert header["arrays"][name]["shape"] == list(array.shape)
        assert header["arrays"][name]["data"] == array.ravel().tolist()


def test_what_is_no_number_stays_none_in_an_array(blank: Stage) -> None:
    message = pack({"type": "answer"}, {"limit": np.array([np.nan, 0.5])}, exact=True)
    header = blank.page.evaluate(READ, [base64.b64encode(message).decode(), False])
    assert header["arrays"]["limit"]["data"] == ["NaN", 0.5]


def test_a_message_shorter_than_its_header_is_refused(blank: Stage) -> None:
    text = base64.b64encode(pack({"type": "frame"}, {})[:9]).decode()
    with pytest.raises(Exception, match="must hold its header"):
        blank.page.evaluate(READ, [text, False])


WRITE = """async ([name, argument, lists]) => {
  const { encode } = await import("/assets/board/wire.js");
  const arrays = {};
  for (const [key, [type, values, shape]] of Object.entries(lists)) arrays[key] = { data: new globalThis[type](values), shape };
  const bytes = new Uint8Array(await encode(name, argument, arrays).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""


def command(
    blank: Stage, name: str, argument: object, **arrays: tuple[str, list[float], list[int]]
) -> protocol.Command:
    return protocol.parse(base64.b64decode(blank.page.evaluate(WRITE, [name, argument, arrays])))


def test_a_command_with_arrays_is_the_command_that_the_server_reads(blank: Stage) -> None:
    found = command(
        blank, "ask", {"id": 3, "name": "weights", "options": {"of": "ein Bär, 熊"}},
        drawing=("Uint8Array", [7, 0, 255, 1, 2, 3], [2, 3]), text=("Int32Array", [-1, 2**31 - 1], [2]),
        point=("Float32Array", [0.5, -0.25], [2]), exact=("Float64Array", [0.1], [1]),
    )  # fmt: skip
    assert (found.name, found.argument.id, found.argument.options) == ("ask", 3, {"of": "ein Bär, 熊"})
    assert found.arrays["drawing"].tolist() == [[7, 0, 255], [1, 2, 3]]
    assert found.arrays["text"].tolist() == [-1, 2**31 - 1]
    assert found.arrays["point"].tolist() == [0.5, -0.25]
    assert found.arrays["exact"].tolist() == [0.1]


def test_a_part_of_an_array_goes_as_that_part(blank: Stage) -> None:
    part = """async () => {
      const { encode } = await import("/assets/board/wire.js");
      const data = new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5);
      const bytes = new Uint8Array(await encode("ask", {id: 1, name: "weights"}, {drawing: { data, shape: [3] }}).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    }"""
    found = protocol.parse(base64.b64decode(blank.page.evaluate(part)))
    assert found.arrays["drawing"].tolist() == [1, 2, 3]


def test_no_length_of_a_command_looks_like_compression(blank: Stage) -> None:
    for length in range(60):  # the header passes every length of four bytes, 0x78 among them
        found = command(
            blank, "ask", {"id": 1, "name": "weights", "options": {"of": "x" * length}}, a=("Uint8Array", [5], [1])
        )
        assert found.argument.options == {"of": "x" * length}


def test_a_command_with_too_much_is_refused_by_the_server_in_a_sentence(blank: Stage) -> None:
    many = {f"a{i}": ("Uint8Array", [1], [1]) for i in range(protocol.MAX_ARRAYS + 1)}
    with pytest.raises(Refused, match="at most 16 arrays"):
        command(blank, "ask", {"id": 1, "name": "weights"}, **many)


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


def test_slices_of_neuron_maps_are_put_together_and_rare_arrays_stay(blank: Stage) -> None:
    fresh, later, kept, units, wrapped, old, new = blank.page.evaluate(MERGE)
    assert set(fresh) == {"neurons", "confusion"}
    assert later == ["neurons"]
    assert (kept, units) == (7, 20)
    assert (wrapped, old, new) == (2, 1, 2)
