"""The index: entries by their features, and which of them are nearest to some features.

After Tactician: features weigh by how rare they are (tf-idf, where a feature is there or not), and two goals are as
near as the weight of what they share over the weight of all they have (a weighted Jaccard index).  Weights change with
each entry, so they are worked out when somebody asks: putting an entry in takes time in its features alone.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections.abc import Sequence

#: How many postings one query reads, the rarest features first and of each the newest entries first.  What all goals
#: share does not tell which of them are near; the final order counts every feature.
_MAX_POSTINGS = 20_000

#: How many of the entries that share the rarest features are compared exactly.
_MAX_COMPARED = 250


class Index:
    """Entries are numbers, from 0 on in the order in which they came."""

    def __init__(self) -> None:
        """Nothing is in it."""
        self._postings: dict[str, list[int]] = {}
        self._features: dict[int, frozenset[str]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._features)

    def add(self, features: Sequence[str]) -> int:
        """Puts an entry in, and gives its number."""
        number = self._next
        self._next += 1
        kept = self._features[number] = frozenset(features)
        for feature in kept:
            self._postings.setdefault(feature, []).append(number)
        return number

    def remove(self, number: int) -> None:
        """Takes an entry out; its number is not given again."""
        for feature in self._features.pop(number):
            postings = self._postings[feature]
            del postings[bisect_left(postings, number)]
            if not postings:
                del self._postings[feature]

    def nearest(self, features: Sequence[str], count: int) -> list[tuple[float, int]]:
        """The nearest entries as (similarity, number), the nearest first and of equally near ones the newest."""
        asked = frozenset(features)
        weights = {f: self._weight(f) for f in asked}
        shared: dict[int, float] = {}
        left = _MAX_POSTINGS
        for feature in sorted(asked & self._postings.keys(), key=lambda f: (-weights[f], f)):
            if left <= 0:
                break
            weight = weights[feature]
            newest = self._postings[feature][-left:]
            left -= len(newest)
            for number in newest:
                shared[number] = shared.get(number, 0.0) + weight
        compared = heapq.nlargest(_MAX_COMPARED, ((w, n) for n, w in shared.items()))
        total = sum(weights.values())
        exact = ((self._similarity(asked, total, weights, self._features[n]), n) for _, n in compared)
        return heapq.nlargest(count, exact)

    def _weight(self, feature: str) -> float:
        """Always above 0, so that something is nearest also where all have the same features."""
        return math.log(1 + (len(self._features) + 1) / (1 + len(self._postings.get(feature, ()))))

    def _similarity(self, asked: frozenset[str], total: float, weights: dict[str, float], has: frozenset[str]) -> float:
        both = sum(weights[f] for f in asked & has)
        return both / (total + sum(self._weight(f) for f in has - asked))
