"""How near theorems are to a goal by what a model makes of their texts, and two rankings made one.

The model is handed in, and only few theorems go to it: those that another ranking has put first.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from operator import mul
from typing import Final, Protocol

from unsorry.provers.seam import Goal, Premise

#: How many embeddings are kept.
_MAX_VECTORS: Final = 10_000

#: How much less the first places of a ranking count for, so that one ranking's favourite alone does not win.
_DAMPING: Final = 60

#: Scores that differ by less are equal.
_EQUAL: Final = 1e-6


class Embedding(Protocol):
    """The embedding of the text at a place; its length is 1."""

    @property
    def place(self) -> int:
        """Which of the texts that were asked about."""
        ...

    @property
    def vector(self) -> Sequence[float]:
        """The numbers."""
        ...


class Embedder(Protocol):
    """A model whose embeddings of texts are near to each other where the texts mean much the same."""

    def embed(self, texts: Sequence[str]) -> AsyncGenerator[Embedding]:
        """The embedding of each text, in any order; fewer where there is trouble."""
        ...


class Embeddings:
    """Embeddings of theorems, each asked for once."""

    def __init__(self, embedder: Embedder) -> None:
        """Nothing is embedded yet."""
        self._embedder = embedder
        self._vectors: OrderedDict[Premise, Sequence[float]] = OrderedDict()

    def missing(self, premises: Sequence[Premise]) -> list[Premise]:
        """Those that have no embedding yet: they are wanted with their statements."""
        return [p for p in premises if p not in self._vectors]

    async def add(self, premises: Sequence[Premise], statements: Sequence[str]) -> None:
        """Has theorems embedded.  Being cancelled is fine: what is there by then stays."""
        async with aclosing(self._embedder.embed(statements)) as found:
            async for one in found:
                self._vectors[premises[one.place]] = one.vector
        while len(self._vectors) > _MAX_VECTORS:
            self._vectors.popitem(last=False)

    async def scored(self, goal: Goal, premises: Sequence[Premise]) -> dict[Premise, float]:
        """How near each of these theorems is to the goal, from -1 to 1; of some it is not known."""
        async with aclosing(self._embedder.embed([text_of(goal)])) as found:
            asked = [one.vector async for one in found]
        known = [p for p in premises if p in self._vectors] if asked else []
        for premise in known:
            self._vectors.move_to_end(premise)
        return {p: math.fsum(map(mul, asked[0], self._vectors[p])) for p in known}


def text_of(goal: Goal) -> str:
    """A goal as a statement: its propositions, and what follows from them."""
    return " ".join((*(f"({x.name} : {x.type})" for x in goal.locals if not x.is_instance), ":", goal.target))


def fused(*scored: Mapping[Premise, float]) -> list[Premise]:
    """One ranking of several, by how high each theorem stands in each of them.

    Reciprocal rank fusion (Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
    Rank Learning Methods", 2009): what the scores mean, which differs from one to the next, does not matter.  What one
    finds equally good has the same place in its ranking.
    """
    points: dict[Premise, float] = {}
    for scores in scored:
        place, last = 0, math.inf
        for number, (premise, score) in enumerate(sorted(scores.items(), key=lambda one: -one[1]), 1):
            if last - score > _EQUAL:
                place, last = number, score
            points[premise] = points.get(premise, 0.0) + 1 / (_DAMPING + place)
    return sorted(points, key=lambda p: -points[p])
