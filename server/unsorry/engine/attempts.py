"""What became of the candidates of one search, told to those who learn from it and to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from unsorry.engine.feed import Feed
from unsorry.engine.repair import Repair
from unsorry.engine.report import Attempt
from unsorry.provers.seam import Goal, Hole, Outcome, Progress
from unsorry.suggesters.seam import Candidate


@dataclass(frozen=True, slots=True)
class Tried:
    """One outcome, for whoever watches.  ``goals`` are those that the candidate was run on."""

    hole: Hole
    attempt: Attempt
    goals: tuple[Goal, ...]


Watcher = Callable[[Tried], None]


class Attempts:
    """The candidates that had their turn, in that order."""

    def __init__(
        self, hole: Hole, feed: Feed, repair: Repair, *, familiar: frozenset[str], watcher: Watcher | None
    ) -> None:
        """``feed`` and ``repair`` learn from what became of candidates, but for ``familiar`` texts: known proofs."""
        self._hole = hole
        self._feed = feed
        self._repair = repair
        self._familiar = familiar
        self._watcher = watcher
        self._all: list[Attempt] = []

    @property
    def all(self) -> Sequence[Attempt]:
        """All of them so far."""
        return self._all

    @property
    def texts(self) -> set[str]:
        """What was tried, on whatever goals."""
        return {a.candidate.text for a in self._all}

    def note(
        self,
        candidate: Candidate,
        outcome: Outcome,
        refusal: str | None = None,
        goals: tuple[Goal, ...] | None = None,
        steps: tuple[str, ...] = (),
        *,
        proves: bool = False,
    ) -> None:
        """A candidate had its turn: on the hole itself, or as a step on these ``goals``, to which ``steps`` lead."""
        attempt = Attempt(candidate, outcome, self._feed.source(candidate), refusal, steps, proves)
        light = replace(outcome, goals=(), state=None) if steps and isinstance(outcome, Progress) else outcome
        self._all.append(replace(attempt, outcome=light))
        if goals is None:
            self._repair.note(attempt)
        # What proved it before was no suggester's idea of this time, and of a step nobody knows what it leads to.
        if candidate.text not in self._familiar and goals is None:
            self._feed.note(candidate, closed=attempt.closed, seconds=outcome.seconds)
        if self._watcher is not None:
            self._watcher(Tried(self._hole, attempt, self._hole.goals if goals is None else goals))
