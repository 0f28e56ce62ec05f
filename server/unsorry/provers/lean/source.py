"""A buffer's text as Lean wants it, and the way back.

Lean reads UTF-8 without byte order mark and with line feeds only.  Buffers have what they have; positions go through
this map in both directions, so nothing else needs to know.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
# Half a surrogate pair, which an editor may send for a moment and UTF-8 does not have.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Source:
    """A normalised text with the byte offsets at which carriage returns were dropped."""

    text: str
    data: bytes
    newline: str
    _bom: int
    _dropped: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Source:
        """Normalises ``text``.  A carriage return that no line feed follows is left: Lean has its own word on it."""
        # A lone surrogate takes as many bytes as the character that stands for it.
        raw = _SURROGATE.sub("\ufffd", text).encode()
        bom = len(_BOM) if raw.startswith(_BOM) else 0
        body = raw[bom:]
        if b"\r\n" not in body:
            return cls(body.decode(), body, "\n", bom, ())
        dropped: list[int] = []
        pieces = body.split(b"\r\n")
        place = 0
        for piece in pieces[:-1]:
            place += len(piece)
            dropped.append(place)
            place += 1
        data = b"\n".join(pieces)
        # The buffer's own line end is the one that most of its lines have.
        newline = "\r\n" if 2 * len(dropped) >= data.count(b"\n") else "\n"
        return cls(data.decode(), data, newline, bom, tuple(dropped))

    def to_buffer(self, position: int) -> int:
        """The place in the buffer of a place in the normalised text; both in bytes."""
        return position + self._bom + bisect_right(self._dropped, position - 1)

    def from_buffer(self, position: int) -> int:
        """The place in the normalised text of a place in the buffer; both in bytes."""
        position = max(0, position - self._bom)
        low, high = 0, len(self._dropped)
        while low < high:
            middle = (low + high) // 2
            # The dropped byte with number `middle` stands at `dropped + middle` in the buffer.
            if self._dropped[middle] + middle < position:
                low = middle + 1
            else:
                high = middle
        return position - low

    def same_places(self, other: Source, end: int) -> bool:
        """Do the first ``end`` bytes of both normalised texts lie at the same places in their buffers?"""

        def before(source: Source) -> tuple[int, ...]:
            return source._dropped[: bisect_right(source._dropped, end)]

        return self._bom == other._bom and before(self) == before(other)
