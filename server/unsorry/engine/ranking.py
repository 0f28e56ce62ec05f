"""Which of many theorems are about what a goal is about.

Theorems are documents and the constants in their statements are their words, ranked by BM25 (Robertson and Zaragoza,
"The Probabilistic Relevance Framework: BM25 and Beyond", 2009).  On top of that come the things that decide whether a
theorem can be used at all: that its conclusion has the goal's head symbol, so that it can be applied; that the left
side of an equation has one that occurs in the goal, so that it can rewrite there; and that it does not speak of what
the goal knows nothing of.  Names count for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from unsorry.provers.seam import Goal, Premise

#: What a match of head symbols counts, in terms of the weight that the symbol has by how rare it is.
_APPLIES, _REWRITES = 1.0, 0.5

#: The part of a score that does not depend on how much of what a theorem speaks of the goal does, too.
_UNCOVERED = 0.4

#: What it counts that a theorem comes from a small family of modules, such as the user's own project.
_FAMILY = 0.25

#: What it counts at most that a theorem of the same text is near.
_RECENT = 0.5

#: How often a constant of the target counts for each time that one of a hypothesis does.
_TARGET = 2


@dataclass(frozen=True, slots=True)
class Query:
    """What a goal speaks of: each constant as often as it counts, and its head symbols."""

    symbols: tuple[str, ...]
    heads: frozenset[str]
    target: frozenset[str]

    @classmethod
    def of(cls, goals: Sequence[Goal]) -> Query:
        """Of the first goal, which candidates must close first."""
        goal = goals[0]
        behind = goal.inner or goal
        target = [c.name for c in goal.constants]
        about = (x.inductive for x in goal.locals if x.inductive is not None)
        rest = dict.fromkeys((*(c.name for c in goal.hypothesis_constants), *(i.name for i in about)))
        symbols = (*(target * _TARGET), *(s for s in rest if s not in target))
        heads = frozenset(h for h in (goal.head, goal.whnf_head, behind.head, behind.whnf_head) if h)
        return cls(symbols, heads, frozenset(target))


class Ranking:
    """Theorems that don't change any more, ready to be ranked."""

    def __init__(self, premises: Sequence[Premise]) -> None:
        """Takes about a second for a hundred thousand: to be made in a thread."""
        numpy, bm25s = _libraries()
        self._premises = premises
        self._numbers: dict[str, int] = {}
        texts = [[self._number(s) for s in p.symbols] for p in premises]
        self._heads = numpy.array([self._number(p.head) for p in premises], dtype=numpy.int32)
        self._lefts = numpy.array([self._number(p.left) for p in premises], dtype=numpy.int32)
        count, words = len(premises), len(self._numbers)
        sizes = numpy.array([len(t) for t in texts], dtype=numpy.int32)
        flat = numpy.fromiter((i for t in texts for i in t), dtype=numpy.int32, count=int(sizes.sum()))
        occurs = numpy.bincount(flat, minlength=words)
        #: How rare each symbol is, in statements, as a head and as the head of a left side.
        self._weights, self._head_weights, self._left_weights = (
            numpy.log(1 + (count + 0.5) / (numpy.bincount(places, minlength=words) + 0.5))
            for places in (flat, self._heads, self._lefts)
        )
        order = numpy.argsort(flat, kind="stable")
        self._holders = numpy.repeat(numpy.arange(count, dtype=numpy.int32), sizes)[order]
        self._begins = numpy.concatenate(([0], numpy.cumsum(occurs)))
        self._mass = numpy.bincount(
            numpy.repeat(numpy.arange(count), sizes), weights=self._weights[flat], minlength=count
        )
        families = [_family(p) for p in premises]
        sizes_of = Counter(families)
        rare = numpy.log(numpy.array([count / sizes_of[f] for f in families], dtype=numpy.float64))
        late = numpy.array([p.module is None for p in premises]) * numpy.arange(count) / max(1, count)
        self._prior = _FAMILY * rare + _RECENT * late
        self._index: Any = None
        if flat.size:
            # Its own way to compile itself is slower than what it does here.
            self._index = bm25s.BM25(method="lucene", auto_compile=False)
            self._index.index((texts, dict(self._numbers)), show_progress=False)

    def _number(self, symbol: str) -> int:
        return self._numbers.setdefault(symbol, len(self._numbers))

    def best(self, query: Query, count: int) -> list[Premise]:
        """The best first; none that shares nothing with the goal, and of equally good ones those that come last."""
        return list(self.scored(query, count))

    def scored(self, query: Query, count: int) -> dict[Premise, float]:
        """The same with their scores, of which the larger is the better."""
        numpy, _ = _libraries()
        asked = [self._numbers[s] for s in query.symbols if s in self._numbers]
        if self._index is None or not asked:
            return {}
        scores = self._index.get_scores(asked).astype(numpy.float64)
        shared = numpy.zeros(len(self._premises))
        for number in set(asked):
            shared[self._holders[self._begins[number] : self._begins[number + 1]]] += self._weights[number]
        scores *= _UNCOVERED + (1 - _UNCOVERED) * shared / numpy.maximum(self._mass, 1e-9)
        for number in self._known(query.heads):
            scores[self._heads == number] += _APPLIES * self._head_weights[number]
        for number in self._known(query.target):
            scores[self._lefts == number] += _REWRITES * self._left_weights[number]
        scores += self._prior
        scores[shared == 0] = -1.0
        wanted = min(len(self._premises), count)
        chosen = numpy.argpartition(-scores, wanted - 1)[:wanted]
        ordered = sorted(((float(scores[i]), int(i)) for i in chosen if scores[i] > 0), reverse=True)
        return {self._premises[i]: score for score, i in ordered}

    def _known(self, symbols: Iterable[str]) -> list[int]:
        return [self._numbers[s] for s in symbols if s in self._numbers]


def _family(premise: Premise) -> str:
    return "" if premise.module is None else premise.module.split(".", 1)[0]


def _libraries() -> tuple[Any, Any]:
    """NumPy and bm25s, loaded when they are first needed: most of what Unsorry does goes without."""
    return import_module("numpy"), import_module("bm25s")
