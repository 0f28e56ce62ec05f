"""Lines and columns in code points, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.cli.places import Places

TEXT = "\ufeffa𝔓b\r\n∀\n\nend"


@pytest.mark.parametrize(
    ("before", "place"),
    [("\ufeff", (1, 1)), ("\ufeffa", (1, 2)), ("\ufeffa𝔓", (1, 3)), ("\ufeffa𝔓b\r\n∀", (2, 2)), (TEXT, (4, 4))],
)
def test_a_place_and_back(before: str, place: tuple[int, int]) -> None:
    offset = len(before.encode())
    assert Places(TEXT).at(offset) == place
    assert Places(TEXT).offset(*place) == offset


@pytest.mark.parametrize("place", [(0, 1), (1, 0), (1, 5), (3, 2), (5, 1), (99, 1)])
def test_a_place_that_is_not_there(place: tuple[int, int]) -> None:
    assert Places(TEXT).offset(*place) is None


@given(st.text(st.sampled_from("a∀𝔓\n\r \u2028\x0b")), st.data())
def test_every_place_comes_back(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    offset = len(text[:cut].encode())
    places = Places(text)
    line, column = places.at(offset)
    assert line == text.count("\n", 0, cut) + 1
    back = places.offset(line, column)
    # Behind a carriage return there is no place of its own: the line has ended.
    assert back == offset or (back is None and text[:cut].endswith("\r"))
