"""Symbols and places: a buffer's text in Isabelle's form, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.provers.isabelle.source import Source
from unsorry.provers.isabelle.symbols import Symbols

DISTRIBUTION = """# Default interpretation

\\<forall>              code: 0x002200  group: logic  abbrev: !
\\<alpha>               code: 0x0003b1  group: greek
\\<PP>                  code: 0x01d513  group: letter
\\<^bold>               code: 0x002759  group: control
\\<newline>             code: 0x0023ce
\\<odd>                 group: letter
\\<letter>              code: 0x000041
"""
SYMBOLS = Symbols.of([DISTRIBUTION, "\\<also_alpha>          code: 0x0003b1\n"])


def test_a_table_is_read_both_ways() -> None:
    assert SYMBOLS.to_unicode("\\<forall>\\<alpha>. \\<odd> \\<^bold>x \\<unknown>") == "∀α. \\<odd> ❙x \\<unknown>"
    assert SYMBOLS.to_isabelle("∀α. ❙x ü\r\n") == "\\<forall>\\<alpha>. \\<^bold>x ü\n"
    # Two symbols may look alike; the one that came first stands for the character.
    assert SYMBOLS.to_unicode("\\<also_alpha>") == "α"
    # An ASCII character is never written as a symbol.
    assert SYMBOLS.to_isabelle("A") == "A"


def test_an_empty_table() -> None:
    assert Symbols.of([]).to_isabelle("∀\r\n") == "∀\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("∀x. α", "\\<forall>x. \\<alpha>"),
        ("\ufeff∀\r\nü\r\n", "\\<forall>\nü\n"),
        ("\\<forall>𝔓", "\\<forall>\\<PP>"),
        ("a\rb\n\r\n", "a\rb\n\n"),
        ("\udc80∀", "\ufffd\\<forall>"),
    ],
)
def test_the_text_is_isabelles(text: str, expected: str) -> None:
    source = Source.of(text, SYMBOLS)
    assert source.text == expected
    assert source.data == expected.encode()


@given(st.text(alphabet=st.sampled_from(list("ab∀α𝔓ü\r\n\ufeff\\<>^"))))
def test_places_go_there_and_back(text: str) -> None:
    source = Source.of(text, SYMBOLS)
    place = 0
    for i, character in enumerate(text):
        start = len(text[:i].encode())
        inside = character == "\n" and i > 0 and text[i - 1] == "\r"
        mark = i == 0 and character == "\ufeff"
        there = source.from_buffer(start)
        if not inside and not mark:
            # What a character has become stands at the same place, and its place leads back to it.
            written = SYMBOLS.to_isabelle(character)
            if not (character == "\r" and text[i + 1 : i + 2] == "\n"):
                assert source.data[there : there + len(written.encode())].decode() == written
            assert source.to_buffer(there) == start
            assert there >= place
            place = there
    assert source.from_buffer(len(text.encode())) == len(source.data)
    assert source.to_buffer(len(source.data)) == len(text.encode())


def test_a_place_inside_a_symbol_is_where_it_begins() -> None:
    source = Source.of("x∀y", SYMBOLS)
    assert [source.to_buffer(p) for p in range(len(source.data) + 1)] == [0, *[1] * 9, 4, 5]
    assert [source.from_buffer(p) for p in range(6)] == [0, 1, 1, 1, 10, 11]


def test_the_same_places() -> None:
    one, two = Source.of("∀x y", SYMBOLS), Source.of("\\<forall>x y", SYMBOLS)
    assert one.text == two.text
    assert not one.same_places(two, 3)
    late = Source.of("abc ∀", SYMBOLS)
    assert late.same_places(Source.of("abc \\<forall>", SYMBOLS), 4)
    assert not late.same_places(Source.of("abc \\<forall>", SYMBOLS), 10)
