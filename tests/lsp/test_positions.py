"""Positions and byte offsets agree with a plain reckoning, character by character."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import PositionEncodingKind

from unsorry.lsp.positions import Encoding, LineMap, choose

U8, U16, U32 = Encoding.UTF_8, Encoding.UTF_16, Encoding.UTF_32

SPECIAL = ["a", " ", "\n", "\r", "\r\n", "α", "→", "한", "𝔸", "😀", "\ud83d", "\ude00", "\ufeff", "\u2028"]
TEXTS = st.lists(st.sampled_from(SPECIAL) | st.characters(codec=None)).map("".join)


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def width(character: str, encoding: Encoding) -> int:
    match encoding:
        case Encoding.UTF_8:
            return len(raw(character))
        case Encoding.UTF_16:
            return 2 if ord(character) > 0xFFFF else 1
        case Encoding.UTF_32:
            return 1


def places(text: str, encoding: Encoding) -> list[tuple[int, int, int]]:
    """Every place of a text before a character or at its line's end: line, character, byte offset."""
    found = [(0, 0, 0)]
    line, column, offset, index = 0, 0, 0, 0
    while index < len(text):
        end = "\r\n" if text.startswith("\r\n", index) else text[index]
        index += len(end)
        offset += len(raw(end))
        line, column = (line + 1, 0) if end in ("\n", "\r", "\r\n") else (line, column + width(end, encoding))
        found.append((line, column, offset))
    return found


@given(text=TEXTS, line=st.integers(0, 12), character=st.integers(0, 40), encoding=st.sampled_from(Encoding))
def test_offsets_are_those_of_a_plain_reckoning(text: str, line: int, character: int, encoding: Encoding) -> None:
    known = places(text, encoding)
    expected = max((at for row, column, at in known if row == line and column <= character), default=len(raw(text)))
    assert LineMap(raw(text), encoding).offset(line, character) == expected


@given(text=TEXTS, encoding=st.sampled_from(Encoding))
def test_positions_are_those_of_a_plain_reckoning(text: str, encoding: Encoding) -> None:
    lines = LineMap(raw(text), encoding)
    known = places(text, encoding)
    for offset in range(len(raw(text)) + 3):
        row, column, _ = max((place for place in known if place[2] <= offset), key=lambda place: place[2])
        assert lines.position(offset) == (row, column)


@pytest.mark.parametrize(
    ("text", "encoding", "place", "offset"),
    [
        ("", U16, (0, 0), 0),
        ("", U16, (3, 3), 0),
        ("ab\ncd", U16, (0, 9), 2),
        ("ab\r\ncd", U16, (0, 9), 2),
        ("ab\rcd", U16, (0, 9), 2),
        ("ab\rcd", U16, (1, 1), 4),
        ("\r\r\n\n", U16, (2, 0), 3),
        ("ab\n", U16, (1, 0), 3),
        ("ab\n", U16, (2, 0), 3),
        ("𝔸b", U16, (0, 1), 0),
        ("𝔸b", U16, (0, 2), 4),
        ("𝔸b", U32, (0, 1), 4),
        ("𝔸b", U8, (0, 3), 0),
        ("𝔸b", U8, (0, 4), 4),
        ("𝔸𝔹b", U16, (0, 3), 4),
        ("αβ", U16, (0, 1), 2),
        ("\ud83db", U16, (0, 1), 3),
        ("\ufeffα", U16, (0, 1), 3),
        ("\ufeffα", U8, (0, 3), 3),
        ("a\x0bb\u2028c", U16, (0, 4), 6),
    ],
)
def test_offset(text: str, encoding: Encoding, place: tuple[int, int], offset: int) -> None:
    assert LineMap(raw(text), encoding).offset(*place) == offset


@pytest.mark.parametrize(
    ("offset", "place"), [(0, (0, 0)), (1, (0, 0)), (4, (0, 2)), (5, (0, 2)), (6, (1, 0)), (9, (1, 1))]
)
def test_position(offset: int, place: tuple[int, int]) -> None:
    assert LineMap(raw("𝔸\r\nb"), U16).position(offset) == place


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        (None, U16),
        ([], U16),
        (["utf-32", "utf-16"], U32),
        (["utf-7", "utf-8"], U8),
        (["ebcdic"], U16),
        ([PositionEncodingKind.Utf8, PositionEncodingKind.Utf16], U8),
    ],
)
def test_the_clients_first_known_encoding_is_chosen(said: Sequence[str] | None, chosen: Encoding) -> None:
    assert choose(said) is chosen


def test_a_large_text_is_quick() -> None:
    text = raw("theorem foo (α : Type) : a + b = b + a := by\n" * 100_000)
    started = time.process_time()
    lines = LineMap(text, U16)
    for line in range(0, 100_000, 100):
        assert lines.position(lines.offset(line, 14)) == (line, 14)
    assert time.process_time() - started < 1
