"""An experiment as the `s=` parameter of an address, and back: compact JSON, zlib, base64url."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from nnlab.core.chosen import Chosen
from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, experiment, plain
from nnlab.core.fields import Spec
from nnlab.core.registries import ANALYSES, STUDIES, VIEWS
from nnlab.core.say import say

MAX_LINK = 8_000  # characters; browsers and proxies begin to refuse addresses beyond
DAMAGED = say("The link is damaged: it does not hold an experiment. Ask for a new copy.")
MAX_JSON = 65_536  # bytes after inflation: 97 kB of deflate can expand to 100 MB


OF_VIEW = "view."  # begins the name of what a view remembers by itself


def _chosen_in(name: str) -> str:
    if name not in ANALYSES and name not in STUDIES and name.removeprefix(OF_VIEW) not in VIEWS:
        raise ValueError("an analysis, a study or a view")
    return name


class Look(Spec):
    """How an experiment is looked at: the pace, the view that is open and its options. It travels in a link beside the experiment."""

    speed: float | None = Field(default=None, ge=0, le=1e6)  # updates a second, 0 = all it can; None: not said
    view: str = Field(default="", max_length=60)
    # Of analyses and studies by their names, of views as "view.NAME".
    options: dict[Annotated[str, AfterValidator(_chosen_in)], Chosen] = Field(default={}, max_length=20)

    @property
    def said(self) -> dict[str, Any]:
        """What is not usual, as JSON values."""
        return self.model_dump(mode="json", exclude_defaults=True)


USUAL = Look()


def to_link(spec: Experiment, look: Look = USUAL) -> str:
    """The text after `s=`; raises `Refused` where it would exceed `MAX_LINK` characters."""
    value = plain(spec) | ({"look": look.said} if look.said else {})
    text = json.dumps(value, separators=(",", ":"))
    link = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(link) > MAX_LINK or len(text) > MAX_JSON:
        raise Refused.because(
            say("This experiment holds too many edited examples for a link; take some away, or download the data.")
        )
    return link


def from_link(link: str) -> Experiment:
    """The experiment of a link; raises `Refused` with a sentence where it is damaged, hostile or out of range."""
    value = _inflated(link)
    value.pop("look", None)
    return experiment(value)


def look_of(link: str) -> Look:
    """How the experiment of a link is to be looked at; the usual look if the link does not say, or says it wrongly."""
    try:
        return Look.model_validate(_inflated(link).get("look", {}))
    except (Refused, ValidationError):
        return USUAL


def _inflated(link: str) -> dict[str, Any]:
    if len(link) > MAX_LINK:
        raise Refused.because(
            say("The link must be at most {most} characters; got {got}.", most=MAX_LINK, got=len(link))
        )
    try:
        packed = base64.b64decode(link.encode("ascii") + b"=" * (-len(link) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj()
        text = inflate.decompress(packed, MAX_JSON)
        if inflate.unconsumed_tail or not inflate.eof:
            raise ValueError
        value = json.loads(text, parse_constant=lambda name: None)  # NaN is no JSON, and browsers cannot read it
    except (ValueError, UnicodeError, binascii.Error, zlib.error, RecursionError):
        raise Refused.because(DAMAGED) from None
    if not isinstance(value, dict):
        raise Refused.because(DAMAGED)
    return value
