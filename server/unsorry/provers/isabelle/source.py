r"""A buffer's text as Isabelle wants it, and the way back.

Isabelle reads symbols like ``\<forall>`` where buffers often have the character itself, line feeds only and no byte
order mark.  Positions go through this map in both directions, so nothing else needs to know.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from unsorry.provers.isabelle.symbols import Symbols

_BOM = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Place:
    """Something that is written differently on the two sides: its bytes in the buffer and in the other text."""

    buffer: int
    buffer_end: int
    text: int
    text_end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text in Isabelle's form with the places at which it differs from the buffer."""

    text: str
    data: bytes
    _places: tuple[_Place, ...]

    @classmethod
    def of(cls, text: str, symbols: Symbols) -> Source:
        """Normalises ``text``."""
        places: list[_Place] = []
        pieces: list[str] = []
        done = buffer = plain = 0
        if text.startswith(_BOM):
            done, buffer = 1, 3
            places.append(_Place(0, 3, 0, 0))
        for match in symbols.foreign.finditer(text, done):
            between = text[done : match.start()]
            size = len(between.encode("utf-8", "surrogatepass"))
            buffer, plain = buffer + size, plain + size
            written = "\n" if match[0] == "\r\n" else symbols.names[match[0]]
            place = _Place(buffer, buffer + len(match[0].encode()), plain, plain + len(written))
            places.append(place)
            buffer, plain = place.buffer_end, place.text_end
            pieces += [between, written]
            done = match.end()
        pieces.append(text[done:])
        # A lone surrogate takes as many bytes as the character that stands for it.
        whole = _SURROGATE.sub("\ufffd", "".join(pieces))
        return cls(whole, whole.encode(), tuple(places))

    def to_buffer(self, position: int) -> int:
        """The place in the buffer of a place in Isabelle's text; both in bytes."""
        index = bisect_right(self._places, position, key=lambda p: p.text) - 1
        if index < 0:
            return position
        place = self._places[index]
        if position >= place.text_end:
            return position - place.text_end + place.buffer_end
        return place.buffer

    def from_buffer(self, position: int) -> int:
        """The place in Isabelle's text of a place in the buffer; both in bytes."""
        index = bisect_right(self._places, position, key=lambda p: p.buffer) - 1
        if index < 0:
            return position
        place = self._places[index]
        if position >= place.buffer_end:
            return position - place.buffer_end + place.text_end
        return place.text

    def same_places(self, other: Source, end: int) -> bool:
        """Do the first ``end`` bytes of both texts lie at the same places in their buffers?"""

        def before(source: Source) -> tuple[_Place, ...]:
            return source._places[: bisect_left(source._places, end, key=lambda p: p.text)]

        return before(self) == before(other)
