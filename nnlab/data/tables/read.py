"""A CSV file as named columns of text, or one sentence with the row where it goes wrong.

Understands comma, semicolon and tab, quotes, a byte-order mark, UTF-8 and Latin-1, a header or none, and a decimal comma
where commas do not separate. Row numbers are those of the file, so that an editor or a spreadsheet shows the same.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nnlab.core.errors import Refused
from nnlab.core.say import Said, say

MAX_ROWS = 20_000  # the largest set of points there is
MAX_BYTES = 5_000_000
MAX_COLUMNS = 100
MAX_NAME = 40  # characters of a column or class on the screen
SEPARATORS = (";", "\t", ",")  # tried in this order: a comma may be decimal where one of the others separates
_SAMPLE = 20  # rows that decide about separator and header
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|na|n/a|null|none)?", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Cells by column. `rows[i]` is the file's row number of the i-th record; `comma` says whether 1,5 is a number."""

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]
    comma: bool

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of column `name`; raises `Refused` where there is none."""
        if name not in self.names:
            known = ", ".join(self.names[:20])
            raise Refused.because(
                say("There is no column {name!r}; the file has {known}.", name=shortened(name), known=known)
            )
        return self.columns[self.names.index(name)]

    def is_numeric(self, name: str) -> bool:
        """Whether every cell of column `name` is a finite number."""
        return all(number(cell, self.comma) is not None for cell in self.column(name))

    def numbers(self, name: str) -> list[float]:
        """The column as numbers; raises `Refused` with the row of the first cell that is none."""
        found = []
        for cell, row in zip(self.column(name), self.rows, strict=True):
            value = number(cell, self.comma)
            if value is None:
                reason = "Row {row}: {name} must be {what}; got {cell}."
                raise Refused.because(say(reason, row=row, name=name, what=_what(cell), cell=_shown(cell)))
            found.append(value)
        return found


def number(cell: str, comma: bool = False) -> float | None:
    """The number that a cell writes, or None; 1e30 is as far as a picture can be scaled."""
    text = cell.replace(",", ".") if comma and cell.count(",") == 1 and "." not in cell else cell
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) <= 1e30 else None


def read_table(data: bytes) -> Table:
    """The file's columns; raises `Refused` with a sentence for anything that is not a table of text."""
    if len(data) > MAX_BYTES:
        raise Refused.because(
            say("The file must be at most {most} MB; got {got:,} bytes.", most=MAX_BYTES // 10**6, got=len(data))
        )
    text = _decoded(data)
    separator = _separator(text)
    records, rows = _records(text, separator)
    names = [""] * len(records[0])
    comma = separator != ","
    if _has_header(records, comma):
        names, records, rows = records[0], records[1:], rows[1:]
    if not records:
        raise Refused.because(say("The file has a header and no rows below it."))
    if len(records) > MAX_ROWS:
        raise Refused.because(
            say("The file must have at most {most:,} rows; got {got:,}.", most=MAX_ROWS, got=len(records))
        )
    columns = tuple(zip(*records, strict=True))
    kept = [i for i, cells in enumerate(columns) if names[i] or any(cells)]  # a separator at the end of every line
    unique = unique_names([" ".join(names[i].split()) or f"column {i + 1}" for i in kept])
    return Table(names=unique, columns=tuple(columns[i] for i in kept), rows=tuple(rows), comma=comma)


def _decoded(data: bytes) -> str:
    if not data.strip():
        raise Refused.because(say("The file is empty."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if any(ord(c) < 32 and c not in "\t\r\n\f" for c in set(text)):
        raise Refused.because(say("The file is not plain text; save the table as CSV (UTF-8) and upload that."))
    return text


def _separator(text: str) -> str:
    """The first separator that cuts all of the first rows into the same number of cells, two at least."""
    sample = "\n".join(text.splitlines()[: _SAMPLE + 1])
    for separator in SEPARATORS:
        try:
            widths = {len(cells) for cells in csv.reader(io.StringIO(sample), delimiter=separator) if any(cells)}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return separator
    return max(SEPARATORS, key=sample.count)


def _records(text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    """Stripped cells and row numbers of all rows that hold something, each as wide as the first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records: list[list[str]] = []
    rows: list[int] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(records) > MAX_ROWS + 1:
                raise Refused.because(say("The file must have at most {most:,} rows; it has more.", most=MAX_ROWS))
            records.append([cell.strip() for cell in cells])
            rows.append(reader.line_num)
            _check_width(records, reader.line_num)
    except csv.Error as error:
        reason = say("Row {row} cannot be read as CSV: {error}.", row=reader.line_num, error=str(error))
        raise Refused.because(reason) from None
    if not records:
        raise Refused.because(say("The file is empty."))
    return records, rows


def _check_width(records: list[list[str]], row: int) -> None:
    width, first = len(records[-1]), len(records[0])
    if first == 1:
        reason = (
            "The file has only one column; it must have two columns of numbers and one of labels, separated by comma, "
            "semicolon or tab."
        )
        raise Refused.because(say(reason))
    if first > MAX_COLUMNS:
        raise Refused.because(say("The file must have at most {most} columns; got {got}.", most=MAX_COLUMNS, got=first))
    if width != first:
        reason = "Row {row} must have {first} cells like the first row; got {got}."
        raise Refused.because(say(reason, row=row, first=first, got=width))


def _has_header(records: list[list[str]], comma: bool) -> bool:
    """Whether some column starts with a word and goes on with numbers, or the first row repeats nothing below it."""
    below = records[1 : _SAMPLE + 1]
    for i, cell in enumerate(records[0]):
        numbers = sum(number(record[i], comma) is not None for record in below)
        if number(cell, comma) is None and not _NOT_FINITE.fullmatch(cell) and 2 * numbers > len(below):
            return True
    return not below and all(number(cell, comma) is None for cell in records[0])


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names short enough for the screen; those that read the same are numbered."""
    found: list[str] = []
    for name in names:
        short, n = shortened(name), 1
        unique = short
        while unique in found:
            n += 1
            unique = f"{short} ({n})"
        found.append(unique)
    return tuple(found)


def shortened(text: str, most: int = MAX_NAME) -> str:
    """`text`, or its beginning with an ellipsis: `most` characters at most."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _what(cell: str) -> Said:
    written = _NOT_FINITE.fullmatch(cell) or _NUMBER.fullmatch(cell)
    return say("a finite number of at most 1e30") if written and cell else say("a number")


def _shown(cell: str) -> str:
    return repr(shortened(cell)) if cell else say("an empty cell")
