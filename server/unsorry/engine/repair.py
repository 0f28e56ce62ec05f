"""Whole proofs that failed, and what those make of them that wrote them, once they see what the prover says.

As in AlphaVerus' treefinement (Aggarwal et al. 2024) each failed proof is the root of a tree: what is made of it goes
back with the messages of its own, for so many rounds, and of each round only the best are taken up.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from unsorry.engine.feed import Feed
from unsorry.engine.mixing import Mixing
from unsorry.engine.report import Attempt
from unsorry.provers.seam import Closed, Rejected
from unsorry.suggesters.seam import Candidate, Complaint, Failed, GoalContext, Suggester, repairs

#: How many failed proofs of each round go back to whoever wrote them.
_PER_ROUND = 3

#: How many candidates of one answer are taken at once.
_BATCH = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A proof that failed.  ``before`` are those that it was made of, the first one first."""

    candidate: Candidate
    source: str
    before: tuple[Failed, ...] = ()


class Repair:
    """The failed proofs of one hole."""

    def __init__(self, context: GoalContext, suggesters: Sequence[Suggester], mixing: Mixing, rounds: int) -> None:
        """Nobody is asked yet.  ``rounds`` bounds how often what was made of one proof goes back."""
        self._context = context
        self._suggesters = {s.name: s for s in suggesters if repairs(s)}
        self._mixing = mixing
        self._rounds = rounds
        self._waiting: list[Draft] = []
        self._taken: Counter[int] = Counter()
        self._feeds: list[tuple[Feed, tuple[Failed, ...]]] = []
        self._chains: dict[str, tuple[Failed, ...]] = {}
        self._tried: set[str] = set()

    def note(self, attempt: Attempt) -> None:
        """A candidate for the whole hole had its turn."""
        candidate = attempt.candidate
        self._tried.add(candidate.text)
        failed = isinstance(attempt.outcome, Rejected) or (isinstance(attempt.outcome, Closed) and not attempt.closed)
        before = self._chains.get(candidate.text, ())
        if failed and attempt.source in self._suggesters and len(before) < self._rounds:
            self._waiting.append(Draft(candidate, attempt.source, before))

    def take(self) -> Draft | None:
        """The best failed proof that is to go back next; None when there is none."""
        self._waiting = [d for d in self._waiting if self._taken[len(d.before)] < _PER_ROUND]
        if not self._waiting:
            return None
        draft = max(self._waiting, key=lambda d: (-len(d.before), d.candidate.score))
        self._waiting.remove(draft)
        self._taken[len(draft.before)] += 1
        return draft

    def ask(self, draft: Draft, complaints: tuple[Complaint, ...]) -> None:
        """Has whoever wrote it look at it again, in the background."""
        chain = (*draft.before, Failed(draft.candidate.text, complaints))
        feed = Feed(replace(self._context, failed=chain), [self._suggesters[draft.source]], self._mixing)
        feed.start()
        self._feeds.append((feed, chain))

    async def mended(self) -> list[Candidate]:
        """What was made of failed proofs and is there now, to be tried."""
        found: list[Candidate] = []
        for feed, chain in self._feeds:
            if not feed.ready:
                continue
            for candidate in await feed.batch(_BATCH):
                if candidate.text not in self._tried:
                    self._tried.add(candidate.text)
                    self._chains[candidate.text] = chain
                    found.append(candidate)
        return found

    async def wait(self) -> bool:
        """Waits until somebody has an answer; False when nobody is asked.  Being cancelled loses nothing."""
        asked = [feed for feed, _ in self._feeds if not feed.ended]
        if not asked:
            return False
        waits = [asyncio.ensure_future(feed.wait()) for feed in asked]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return True

    def stop(self) -> None:
        """Ends the suggesters' work."""
        for feed, _ in self._feeds:
            feed.stop()

    async def aclose(self) -> None:
        """Ends the suggesters' work and waits until it has ended."""
        for feed, _ in self._feeds:
            await feed.aclose()
