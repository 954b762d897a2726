"""A message of named arrays as bytes, and back; the other end is assets/board/wire.js. numpy only, no torch.

u32 little-endian header length | JSON header padded with spaces so that the payload starts at a multiple of 4 | arrays,
each padded to 4. `header["arrays"]` lists {"name", "dtype": "u1" | "i4" | "f4" | "f8", "shape", "at"}, `at` counted from the
start of the payload; a quantised map adds "low" and "high". A first byte of 0x78 means that the whole message is zlib.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from nnlab.core.records import Array, Quantised

ZLIB = 0x78  # first byte of a zlib stream with a 32 kB window (RFC 1950, section 2.2)
SAMPLE, WORTH = 4_096, 0.8  # bytes that are tried, and how much must go
MAX_INFLATED = 64 * 1024 * 1024  # bytes that `unpack` is willing to make of a compressed message
DTYPES: dict[str, np.dtype[Any]] = {
    "u1": np.dtype("u1"),
    "i4": np.dtype("<i4"),
    "f4": np.dtype("<f4"),
    "f8": np.dtype("<f8"),
}


def pack(
    header: Mapping[str, Any], arrays: Mapping[str, Array | Quantised] | None = None, *, exact: bool = False
) -> bytes:
    """`header` and `arrays` as one message. Floats go as float32, integers as int32, bytes and booleans as uint8.

    `exact`: float64 stays as it is, for records that people read digit by digit.
    """
    lines, parts, at = [], [], 0
    for name, value in (arrays or {}).items():
        line, payload = _describe(name, value, exact=exact)
        lines.append({**line, "at": at})
        parts += [payload, b"\0" * (-len(payload) % 4)]
        at += len(payload) + (-len(payload) % 4)
    text = _json({**header, "arrays": lines}).encode()
    text += b" " * (-len(text) % 4)
    if len(text) & 0xFF == ZLIB:  # the length's low byte comes first: it must not look like zlib
        text += b"    "
    return b"".join((struct.pack("<I", len(text)), text, *parts))


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header and arrays of a message, inflated where needed; raises ValueError where it is damaged."""
    if is_compressed(message):
        message = _inflate(message)
    if len(message) < 4:
        raise ValueError(f"A message must be at least 4 bytes; got {len(message)}.")
    (length,) = struct.unpack_from("<I", message)
    if length > len(message) - 4:
        raise ValueError(f"A message must hold its header of {length} bytes; got {len(message) - 4}.")
    header = json.loads(message[4 : 4 + length], parse_constant=no_constant)
    arrays = {line["name"]: _array(message, 4 + length, line) for line in header["arrays"]}
    return header, arrays


def no_constant(text: str) -> NoReturn:
    """For `json.loads`: JSON has no NaN and no infinity, though Python's reader takes them."""
    raise ValueError(f"{text} is not JSON")


def is_compressed(message: bytes) -> bool:
    """Whether the whole message is zlib."""
    return message[:1] == bytes([ZLIB])


def squeeze(message: bytes) -> bytes:
    """The message as zlib level 1: a frame to less than half in 0.2 ms, for viewers that are not on this machine."""
    return zlib.compress(message, 1)


def squeezable(message: bytes) -> bool:
    """Whether zlib makes much less of it, judged by its middle: weights are noise to it, and as large as a frame can be."""
    middle = message[len(message) // 2 :][:SAMPLE]
    return len(squeeze(middle)) < WORTH * len(middle)


def _describe(name: str, value: Array | Quantised, *, exact: bool) -> tuple[dict[str, Any], bytes]:
    line: dict[str, Any] = {"name": name}
    if isinstance(value, Quantised):
        line |= {"low": float(value.low), "high": float(value.high)}
        value = value.bytes_
    value = np.asarray(value)
    real = "f8" if exact and value.dtype == np.float64 else "f4"
    dtype = {"f": real, "i": "i4", "u": "u1" if value.dtype.itemsize == 1 else "i4", "b": "u1"}[value.dtype.kind]
    line |= {"dtype": dtype, "shape": list(value.shape)}
    return line, value.astype(DTYPES[dtype], copy=False).tobytes()


def _array(message: bytes, payload: int, line: Mapping[str, Any]) -> Array:
    dtype, shape = DTYPES[line["dtype"]], line["shape"]
    if not all(isinstance(n, int) and n >= 0 for n in (*shape, line["at"])):
        raise ValueError(f"A shape must be whole numbers from 0; got {str(shape)[:40]}.")
    flat: Array = np.frombuffer(message, dtype, math.prod(shape), payload + line["at"])
    return flat.reshape(shape)


def _inflate(message: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        inflated = inflate.decompress(message, MAX_INFLATED)
    except zlib.error as error:
        raise ValueError(f"A message must be whole; got a damaged zlib stream ({error}).") from None
    if not inflate.eof:
        raise ValueError(f"A message must be a whole zlib stream of at most {MAX_INFLATED} bytes; got more or less.")
    return inflated


def _json(value: Any) -> str:
    """Compact JSON; NaN and infinity, which JSON does not have, become null."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_number)
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"), default=_number)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        plain = value.item()
        return plain if not isinstance(plain, float) or math.isfinite(plain) else None
    if isinstance(value, np.ndarray):
        return _finite(value.tolist())
    raise TypeError(f"A header must hold plain values; got {type(value).__name__}.")
