"""An experiment as the `s=` parameter of an address, and back: compact JSON, zlib, base64url."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, experiment, plain

MAX_LINK = 8_000  # characters; browsers and proxies begin to refuse addresses beyond
MAX_JSON = 65_536  # bytes after inflation: 97 kB of deflate can expand to 100 MB


def to_link(spec: Experiment) -> str:
    """The text after `s=`; raises `Refused` where it would exceed `MAX_LINK` characters."""
    text = json.dumps(plain(spec), separators=(",", ":"))
    link = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(link) > MAX_LINK or len(text) > MAX_JSON:
        raise Refused.because("This experiment holds too many edited points for a link; download the data instead.")
    return link


def from_link(link: str) -> Experiment:
    """The experiment of a link; raises `Refused` with a sentence where it is damaged, hostile or out of range."""
    if len(link) > MAX_LINK:
        raise Refused.because(f"The link must be at most {MAX_LINK} characters; got {len(link)}.")
    try:
        packed = base64.b64decode(link.encode("ascii") + b"=" * (-len(link) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj()
        text = inflate.decompress(packed, MAX_JSON)
        if inflate.unconsumed_tail or not inflate.eof:
            raise ValueError
        value = json.loads(text)
    except (ValueError, UnicodeError, binascii.Error, zlib.error, RecursionError):
        raise Refused.because(
            "The link is damaged: it does not hold an experiment. Ask for a fresh copy of it."
        ) from None
    if not isinstance(value, dict):
        raise Refused.because("The link is damaged: it does not hold an experiment. Ask for a fresh copy of it.")
    return experiment(value)
