"""The open documents as the client has them.

The client owns their text: every change says which version it makes, and what does not follow from the present version
is refused rather than guessed at.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from unsorry.lsp.positions import SURROGATES, Encoding, LineMap, is_continuation

_log = logging.getLogger(__name__)

Place = tuple[int, int]

# A high and a low surrogate, as UTF-8 would write each of them.
_PAIR: Final = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_HIGH: Final = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]")
_LOW: Final = re.compile(rb"\xed[\xb0-\xbf][\x80-\xbf]")
_HALF_LENGTH: Final = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: a new text for a range of positions, or for all when there is no range."""

    range: tuple[Place, Place] | None
    text: str


@dataclass(frozen=True)
class Buffer:
    """A document as it was at one version."""

    uri: str
    language: str
    version: int
    data: bytes
    encoding: Encoding

    @cached_property
    def text(self) -> str:
        return self.data.decode("utf-8", SURROGATES)

    @cached_property
    def lines(self) -> LineMap:
        return LineMap(self.data, self.encoding)


@dataclass(frozen=True, slots=True)
class Changed:
    """A new state of a document and the smallest span of bytes that covers the changes.

    The bytes from ``start`` to ``old_end`` of the old state became those from ``start`` to ``new_end`` of the new one.
    """

    buffer: Buffer
    start: int
    old_end: int
    new_end: int


@dataclass(frozen=True, slots=True)
class _Splice:
    """Bytes to be put in the place of others."""

    start: int
    end: int
    piece: bytes


class Buffers:
    """Every open document, by its URI."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._open: dict[str, Buffer] = {}

    def get(self, uri: str) -> Buffer | None:
        return self._open.get(uri)

    def open(self, uri: str, language: str, version: int, text: str) -> Buffer:
        """Takes in a document.  One that was open already is replaced: what the client says now is the truth."""
        if uri in self._open:
            _log.warning("%s was opened while it was open; the newer text counts", uri)
        buffer = Buffer(uri, language, version, _encoded(text), self._encoding)
        self._open[uri] = buffer
        return buffer

    def close(self, uri: str) -> None:
        if self._open.pop(uri, None) is None:
            _log.warning("%s was closed but was not open", uri)

    def change(self, uri: str, version: int, changes: Sequence[Change]) -> Changed | None:
        """Applies changes one after another; None if they are refused, and then nothing has changed."""
        old = self._open.get(uri)
        if old is None:
            _log.warning("%s was changed but is not open", uri)
            return None
        if version <= old.version:
            _log.warning("%s: a change to version %d came after version %d; refused", uri, version, old.version)
            return None
        new = old
        start = old_end = new_end = 0
        for number, change in enumerate(changes):
            splice = _spliced(new, change)
            if number == 0:
                start = old_end = new_end = splice.start
            covered = max(new_end, splice.end)
            start = min(start, splice.start)
            old_end += covered - new_end
            new_end = covered - (splice.end - splice.start) + len(splice.piece)
            data = new.data[: splice.start] + splice.piece + new.data[splice.end :]
            new = Buffer(uri, old.language, version, data, self._encoding)
        if new is old:
            new = Buffer(uri, old.language, version, old.data, self._encoding)
        self._open[uri] = new
        return Changed(new, start, old_end, new_end)


def _spliced(buffer: Buffer, change: Change) -> _Splice:
    """What a change does to the bytes."""
    piece = _encoded(change.text)
    if change.range is None:
        return _difference(buffer.data, piece)
    first, second = (buffer.lines.offset(*place) for place in change.range)
    if second < first:
        _log.warning("%s: a change ends before it starts; its ends are swapped", buffer.uri)
        first, second = second, first
    return _with_halves(buffer.data, _Splice(first, second, piece))


def _encoded(text: str) -> bytes:
    return _joined(text.encode("utf-8", SURROGATES))


def _joined(data: bytes) -> bytes:
    """The same text with every high surrogate joined to the low one that follows it."""
    return _PAIR.sub(_character_of_pair, data)


def _character_of_pair(pair: re.Match[bytes]) -> bytes:
    units = pair[0].decode("utf-8", SURROGATES).encode("utf-16-le", SURROGATES)
    return units.decode("utf-16-le").encode()


def _with_halves(data: bytes, splice: _Splice) -> _Splice:
    """Takes in the half of a pair on either side.

    Some systems type a character beyond the first 65536 as two keys, and for the client the halves are one character
    as soon as they meet.
    """
    start, end = splice.start, splice.end
    before, after = data[max(0, start - _HALF_LENGTH) : start], data[end : end + _HALF_LENGTH]
    before = before if _HIGH.fullmatch(before) else b""
    after = after if _LOW.fullmatch(after) else b""
    return _Splice(start - len(before), end + len(after), _joined(before + splice.piece + after))


def _difference(old: bytes, new: bytes) -> _Splice:
    """The splice between the common beginning and the common end of two texts, in whole characters."""
    start = _common(old, new, from_end=False)
    while start and (_goes_on(old, start) or _goes_on(new, start)):
        start -= 1
    kept = _common(old[start:], new[start:], from_end=True)
    while kept and is_continuation(old[len(old) - kept]):
        kept -= 1
    return _Splice(start, len(old) - kept, new[start : len(new) - kept])


def _goes_on(data: bytes, offset: int) -> bool:
    return offset < len(data) and is_continuation(data[offset])


def _common(one: bytes, other: bytes, *, from_end: bool) -> int:
    """How many bytes two texts have in common at one end, by halving: a comparison of slices is fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if from_end:
            same = one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]
        else:
            same = one[low:middle] == other[low:middle]
        if same:
            low = middle
        else:
            high = middle - 1
    return low
