"""What a session knows of each hole, and how it is carried from one version of the text to the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from unsorry.engine.lanes import Lane
from unsorry.engine.report import HoleReport, Proof
from unsorry.engine.search import Budget, HoleSearch
from unsorry.engine.views import HoleView, Stage
from unsorry.errors import UnsorryError
from unsorry.provers.seam import Command, Hole
from unsorry.suggesters.seam import Candidate


class SupersededError(UnsorryError):
    """What was asked for is of a version of the text that is no longer the newest."""


@dataclass(eq=False, slots=True)
class Entry:
    """A hole and its search.  ``context`` changes whenever something does that the hole's command can see."""

    hole: Hole
    context: str
    stage: Stage = Stage.WAITING
    report: HoleReport | None = None
    search: HoleSearch | None = None
    #: The lane that has the search's states.
    lane: Lane | None = None
    #: What proved it in an older version.
    known: tuple[Candidate, ...] = ()
    #: What somebody who waits is willing to spend on it, and what the search under way may.
    asked: Budget | None = None
    budget: Budget | None = None
    #: Whoever asked for the search under way has left.
    abandoned: bool = False
    #: A search of it runs, for its first proof or for further ones.
    busy: bool = False
    #: Further proofs were looked for, or are not wanted.
    extended: bool = False
    waiters: list[asyncio.Future[HoleReport]] = field(default_factory=list["asyncio.Future[HoleReport]"])

    @property
    def extensible(self) -> bool:
        """May further proofs be looked for?"""
        return self.stage is Stage.PROVED and self.search is not None and not self.busy

    def view(self) -> HoleView:
        """What there is to show."""
        tried = self.search.attempts if self.search is not None else self.report.candidates if self.report else 0
        return HoleView(self.hole, self.stage, tried, self.report)

    def moved(self, hole: Hole, context: str) -> Entry:
        """The same hole in another place of a newer version, or in a place where other things can be seen.

        Nothing is taken for proved there before it was certified again.
        """
        report = self.report
        if report is None:
            return Entry(hole, context, known=self.known)
        proofs: list[Proof] = [p for p in (report.proof, *report.alternatives, report.conditional) if p is not None]
        known = tuple(Candidate(p.text, 0.0, p.origin) for p in proofs)
        if known or context != self.context or self.stage is not Stage.OPEN:
            return Entry(hole, context, known=known or self.known)
        return Entry(hole, context, Stage.OPEN, replace(report, hole=hole), extended=True)

    def answer(self, report: HoleReport) -> None:
        """Tells whoever waits."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(report)
        self.waiters.clear()

    def give_up(self, why: str) -> None:
        """Tells whoever waits that there will be no answer."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(SupersededError(why))
        self.waiters.clear()


@dataclass(frozen=True, slots=True)
class Kept:
    """The holes of a command that was read once, waiting for a command that reads the same."""

    command: Command
    entries: tuple[Entry, ...]
