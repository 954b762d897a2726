"""Sentences as a template with values, so that they can be translated where they are shown.

Below `ui/` a sentence is made by `say`, with the English template as its code, as in gettext; without a translation it
reads as plain English. What workers tell the browser many times a second is made by `tell`: a short code and its numbers,
put into words by the catalogue of the browser (`assets/words/`). A test reads codes and names of values off these calls.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnlab.core.paths import PACKAGE

LANGUAGES = PACKAGE / "ui" / "languages"  # nnlab.mo by language; English needs none


class Said(str):
    """A sentence in English that remembers its template and values."""

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Said:
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def __reduce__(self) -> tuple[type[Said], tuple[str, Mapping[str, Any]]]:
        return Said, (self.template, self.values)


def say(template: str, **values: Any) -> Said:
    """`template` with `values` in the places that `str.format` knows, such as {got} or {limit:g}; values may be `Said` too."""
    return Said(template, values)


def translated(text: str, language: str = "en") -> str:
    """The sentence in `language`; in English where there is no translation, and as it is where it was not made by `say`."""
    if not isinstance(text, Said) or language == "en":
        return str(text)
    catalogue = gettext.translation("nnlab", LANGUAGES, [language], fallback=True)
    values = {name: translated(v, language) if isinstance(v, Said) else v for name, v in text.values.items()}
    return catalogue.gettext(text.template).format(**values)


@dataclass(frozen=True)
class Told:
    """What a worker tells the browser: a code of its catalogue, and the numbers and names that its words need."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {"code": self.code, "values": dict(self.values)}


def tell(code: str, /, **values: Any) -> Told:
    """The code with its values, by the names that its words read."""
    return Told(code, values)
