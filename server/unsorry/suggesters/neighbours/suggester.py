"""The neighbours as a suggester: what was learned lies in memory, so that no candidate waits for a disk."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from unsorry.suggesters.neighbours.adapt import adapted
from unsorry.suggesters.neighbours.analogues import Analogues
from unsorry.suggesters.neighbours.features import features_of
from unsorry.suggesters.neighbours.index import Index
from unsorry.suggesters.neighbours.situation import Situation, kept, restored, situation_of
from unsorry.suggesters.seam import Candidate, GoalContext
from unsorry.workspace.store import Learnt, Origin

_log = logging.getLogger(__name__)

#: How many goals are remembered; the oldest are forgotten first.
MAX_ENTRIES = 50_000

#: How many neighbours are looked at, and how many candidates they may give in all.
_MAX_NEIGHBOURS = 30
_MAX_CANDIDATES = 100

#: A neighbour that shares less than this part of its weight with the goal says nothing about it.
_LEAST_SIMILARITY = 0.02


@dataclass(slots=True)
class _Entry:
    """What was learned; ``detail`` is read when it is first wanted."""

    tactic: str
    detail: str
    situation: Situation | None = None


class Neighbours:
    """Suggests what proved goals like this one.

    Learning takes effect with the next goal that is asked about.  All methods may be called from any thread.
    """

    name = "neighbours"

    def __init__(self, prover: str, limit: int = MAX_ENTRIES) -> None:
        """Knows nothing yet.  ``prover`` is the one whose tactics these are."""
        self._prover = prover
        self._limit = limit
        self._lock = threading.Lock()
        self._index = Index()
        # By number in the index, and the numbers by what was learned, the oldest first.
        self._entries: dict[int, _Entry] = {}
        self._numbers: OrderedDict[tuple[str, str], int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def learn(self, context: GoalContext, tactic: str, origin: Origin = Origin.ACCEPTED) -> Learnt | None:
        """Remembers that a tactic proved a goal; what the store is to keep of it, if there is a goal."""
        tactic = tactic.strip()
        if context.prover != self._prover or not context.goals or not tactic:
            return None
        goal = context.goal
        situation = situation_of(context).relevant(tactic)
        learnt = Learnt(goal.pretty, features_of(goal), kept(situation), tactic, context.declaration, origin)
        self._remember(learnt, situation)
        return learnt

    def knows(self, goal: str, tactic: str) -> bool:
        """Was it learned that a tactic proved a goal, as it is printed?"""
        return (goal, tactic.strip()) in self._numbers

    def recall(self, rows: Iterable[Learnt]) -> None:
        """Remembers what was learned before, the oldest first."""
        for row in rows:
            self._remember(row, None)

    def forget(self) -> None:
        """Knows nothing again."""
        with self._lock:
            self._index = Index()
            self._entries.clear()
            self._numbers.clear()

    def _remember(self, learnt: Learnt, situation: Situation | None) -> None:
        key = learnt.goal, learnt.tactic
        with self._lock:
            if (known := self._numbers.pop(key, None)) is not None:
                self._drop(known)
            while len(self._entries) >= self._limit:
                self._drop(self._numbers.popitem(last=False)[1])
            number = self._index.add(learnt.features)
            self._numbers[key] = number
            self._entries[number] = _Entry(learnt.tactic, learnt.detail, situation)

    def _drop(self, number: int) -> None:
        self._index.remove(number)
        del self._entries[number]

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """What proved the nearest goals, adapted to the first goal."""
        if context.prover != self._prover or not context.goals:
            return
        found = self._nearest(context)
        if not found:
            return
        here = situation_of(context)
        analogues = Analogues(here.declared)
        told: set[str] = set()
        for similarity, entry in found:
            # Adapting takes milliseconds each; others have their turn in between.
            await asyncio.sleep(0)
            situation = _situation(entry)
            if situation is None:
                continue
            for variant in adapted(entry.tactic, situation, here, analogues):
                if variant.text not in told and len(told) < _MAX_CANDIDATES:
                    told.add(variant.text)
                    yield Candidate(variant.text, math.log(similarity) - variant.cost, self.name)

    def _nearest(self, context: GoalContext) -> list[tuple[float, _Entry]]:
        with self._lock:
            nearest = self._index.nearest(features_of(context.goal), _MAX_NEIGHBOURS)
            return [(min(s, 1.0), self._entries[n]) for s, n in nearest if s >= _LEAST_SIMILARITY]


def _situation(entry: _Entry) -> Situation | None:
    if entry.situation is None:
        try:
            entry.situation = restored(entry.detail)
        except ValueError:
            _log.warning("something that was learned can't be read, and is passed over")
    return entry.situation
