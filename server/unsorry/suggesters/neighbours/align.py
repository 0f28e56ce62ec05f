"""Two texts side by side: which token of the one stands where which token of the other does.

Global alignment (Needleman and Wunsch) of tokens, so that what a goal has more or less than another does not shift
the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a token is."""

    OWN = "own"
    LIBRARY = "library"
    VARIABLE = "variable"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; ``key`` is a constant's name, a variable's name, or the text itself.  ``sort`` is a variable's type."""

    kind: Kind
    key: str
    sort: str = ""


#: Longer texts are aligned as far as this many tokens, since the work grows with the square.
_MAX_TOKENS = 90

_GAP = -0.35


def likeness(a: Token, b: Token) -> float:
    """How well one token can stand for the other, from -1 (not at all) to 1."""
    if a.kind is not b.kind:
        return 0.1 if {a.kind, b.kind} == {Kind.OWN, Kind.LIBRARY} else -1.0
    if a.key == b.key and a.sort == b.sort:
        return 1.0
    match a.kind:
        case Kind.OWN:
            return 0.6
        case Kind.VARIABLE:
            return 0.9 if a.sort == b.sort else 0.6
        case Kind.LIBRARY:
            return 0.1
        case Kind.OTHER:
            return 0.2 if a.key.isnumeric() == b.key.isnumeric() and not _is_bracket(a.key + b.key) else -0.5


def _is_bracket(text: str) -> bool:
    return any(c in "()[]{}⟨⟩," for c in text)


def align(a: Sequence[Token], b: Sequence[Token]) -> tuple[float, list[tuple[Token, Token]]]:
    """How alike they are, from 0 to 1, and the pairs that stand in the same place."""
    a, b = a[:_MAX_TOKENS], b[:_MAX_TOKENS]
    if not a or not b:
        return 0.0, []
    known: dict[tuple[Token, Token], float] = {}
    table = [[_GAP * j for j in range(len(b) + 1)]]
    for i, left in enumerate(a, 1):
        previous, row = table[-1], [_GAP * i]
        for j, right in enumerate(b, 1):
            pair = left, right
            like = known.get(pair)
            if like is None:
                like = known[pair] = likeness(left, right)
            row.append(max(previous[j - 1] + like, previous[j] + _GAP, row[-1] + _GAP))
        table.append(row)
    pairs: list[tuple[Token, Token]] = []
    i, j = len(a), len(b)
    while i and j:
        here = table[i][j]
        if here == table[i - 1][j - 1] + known[a[i - 1], b[j - 1]]:
            i, j = i - 1, j - 1
            pairs.append((a[i], b[j]))
        elif here == table[i - 1][j] + _GAP:
            i -= 1
        else:
            j -= 1
    return max(0.0, table[-1][-1] / max(len(a), len(b))), pairs[::-1]
