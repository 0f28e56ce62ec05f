"""Places in a text: the protocol's lines and characters on one side, byte offsets into its UTF-8 on the other.

The protocol counts a line's characters in the unit that client and server agreed on.  A text may hold half a
surrogate pair, which JSON can carry and UTF-8 can't; its bytes are then those that Python's "surrogatepass" writes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

SURROGATES: Final = "surrogatepass"

_LINE_END: Final = re.compile(rb"\r\n?|\n")
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")


class Encoding(StrEnum):
    """What a position counts: bytes, UTF-16 units or code points."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    UTF_32 = "utf-32"


def choose(client_encodings: Sequence[str] | None) -> Encoding:
    """The first of the client's encodings, which come in its order of preference, that is known here.

    Whoever names none counts in UTF-16, as the protocol has it.
    """
    for said in client_encodings or ():
        for known in Encoding:
            if said == known.value:
                return known
    return Encoding.UTF_16


class LineMap:
    """Converts places in one text, which does not change."""

    def __init__(self, data: bytes, encoding: Encoding) -> None:
        self._data = data
        self._encoding = encoding
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(data))]

    def offset(self, line: int, character: int) -> int:
        """Where a position lies in the bytes.

        Past the end of a line means its end, before what terminates it; past the last line means the end of the text;
        within a character means its start.
        """
        if line >= len(self._starts):
            return len(self._data)
        start, end = self._bounds(line)
        if self._encoding is Encoding.UTF_8:
            return self._character_start(min(start + character, end), start, end)
        content = self._data[start:end]
        if content.isascii():
            return min(start + character, end)
        text = content.decode("utf-8", SURROGATES)
        index = character if self._encoding is Encoding.UTF_32 else _index_of_unit(text, character)
        return start + len(text[:index].encode("utf-8", SURROGATES))

    def position(self, offset: int) -> tuple[int, int]:
        """The line and character of a byte offset.

        Between the two halves of a line terminator means before it, within a character its start, and past the end of
        the text its end.
        """
        line = bisect_right(self._starts, offset) - 1
        start, end = self._bounds(line)
        offset = self._character_start(min(offset, end), start, end)
        before = self._data[start:offset]
        if self._encoding is Encoding.UTF_8 or before.isascii():
            return line, len(before)
        text = before.decode("utf-8", SURROGATES)
        return line, len(text) if self._encoding is Encoding.UTF_32 else len(text) + len(_ASTRAL.findall(text))

    def _bounds(self, line: int) -> tuple[int, int]:
        """Where a line starts and where its content ends."""
        start = self._starts[line]
        if line + 1 == len(self._starts):
            return start, len(self._data)
        end = self._starts[line + 1] - 1
        if end > start and self._data[end - 1 : end + 1] == b"\r\n":
            end -= 1
        return start, end

    def _character_start(self, offset: int, start: int, end: int) -> int:
        while start < offset < end and is_continuation(self._data[offset]):
            offset -= 1
        return offset


def is_continuation(byte: int) -> bool:
    """Is this a byte of UTF-8 that goes on with a character?"""
    return byte & 0xC0 == 0x80


def _index_of_unit(text: str, unit: int) -> int:
    """The index of the code point in which a UTF-16 unit lies."""
    pairs = 0
    for match in _ASTRAL.finditer(text):
        if unit <= match.start() + pairs:
            break
        pairs += 1
    return unit - pairs
