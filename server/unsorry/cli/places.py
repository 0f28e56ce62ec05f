"""Byte offsets as lines and columns, and back: as people and editors count, in code points."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

_BOM = "\ufeff"


class Places:
    """The lines of one text.  A byte order mark has no width, and lines end in a line feed, as Lean has it."""

    def __init__(self, text: str) -> None:
        """``text`` is the buffer as it is."""
        self._data = text.encode("utf-8", "surrogatepass")
        self._starts = [0, *_line_starts(self._data)]

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._starts)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte offset, both from 1."""
        line = bisect_right(self._starts, offset)
        before = self._data[self._starts[line - 1] : offset].decode("utf-8", "replace")
        if line == 1:
            before = before.removeprefix(_BOM)
        return line, len(before) + 1

    def offset(self, line: int, column: int) -> int | None:
        """The byte offset of a line and column from 1; None where the text has no such place."""
        if not 1 <= line <= len(self._starts) or column < 1:
            return None
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._data)
        text = self._data[start:end].decode("utf-8", "surrogatepass").rstrip("\r\n")
        if line == 1 and text.startswith(_BOM):
            text, start = text[1:], start + len(_BOM.encode())
        if column > len(text) + 1:
            return None
        return start + len(text[: column - 1].encode("utf-8", "surrogatepass"))


def _line_starts(data: bytes) -> Iterator[int]:
    place = data.find(b"\n")
    while place >= 0:
        yield place + 1
        place = data.find(b"\n", place + 1)
