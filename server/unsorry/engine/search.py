"""The search of one hole: candidates, verified as they come, until one is certified.

The prover says what closes the goal; only :meth:`~unsorry.provers.seam.Prover.certify` and the trust gate make it a
proof.  What is done, and in which order, stands here; how it is done, in the modules that own it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Final

from unsorry.engine.alternatives import rank
from unsorry.engine.attempts import Attempts, Watcher
from unsorry.engine.budget import Budget
from unsorry.engine.certification import Certification
from unsorry.engine.feed import Feed
from unsorry.engine.firstround import FirstRound
from unsorry.engine.goingon import GoingOn
from unsorry.engine.graphview import GraphView
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import Selection
from unsorry.engine.repair import Repair
from unsorry.engine.report import Attempt, HoleReport, Status
from unsorry.engine.shortening import shorten
from unsorry.engine.trust import Policy
from unsorry.engine.turns import Turns
from unsorry.errors import ProverError
from unsorry.provers.seam import Closed, Document, Hole, TimedOut
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

_log = logging.getLogger(__name__)

#: How many closing candidates that the gate then refuses are put up with before the search ends.
_MAX_REFUSALS = 12

_numbers: Final = itertools.count(1)


class HoleSearch:
    """The search for a proof of one hole in one document.

    It can be paused between any two candidates and goes on where it was, so that a hole which the user turns to does
    not wait for one that nobody looks at.  Cancelling :meth:`run` loses nothing either.
    """

    def __init__(
        self,
        lane: Lane,
        document: Document,
        hole: Hole,
        context: GoalContext,
        suggesters: Sequence[Suggester],
        *,
        policy: Policy,
        budget: Budget,
        mixing: Mixing,
        premises: Selection | None = None,
        urgency: Urgency = Urgency.SEARCH,
        known: Sequence[Candidate] = (),
        borrowing: bool = True,
        pause: Callable[[], bool] | None = None,
        watcher: Watcher | None = None,
        watched: Callable[[], bool] | None = None,
    ) -> None:
        """Nothing runs before :meth:`run`.

        ``known`` proved this hole in an earlier text and are certified before anything else is tried.  Without
        ``borrowing`` a proof that uses an earlier theorem which is still open is kept as a conditional one, and the
        search goes on.  ``premises`` are looked for where nothing that needs none proves it.  ``pause`` is asked after
        each candidate, and ``watched`` whether reports are to have the graph.
        """
        self._hole = hole
        self._budget = budget
        self._known = list(known)
        self._familiar = frozenset(c.text for c in known)
        self._watched = watched
        cause = f"{hole.declaration or 'a hole'} in {document.snapshot.uri}"
        self._turns = Turns(lane, budget, cause, urgency=urgency, pause=pause)
        feed = Feed(context, suggesters, mixing)
        repair = Repair(context, suggesters, mixing, 0 if budget.caps is None else budget.repairs)
        self._attempts = Attempts(hole, feed, repair, familiar=self._familiar, watcher=watcher)
        self._certification = Certification(document, hole, policy, self._turns, self._attempts, borrowing=borrowing)
        self._first = FirstRound(
            hole, context, feed, premises, budget, self._turns, self._attempts, self._certification
        )
        self._further = GoingOn(
            hole,
            context,
            suggesters,
            mixing,
            repair,
            self._first,
            budget,
            self._turns,
            self._attempts,
            self._certification,
        )
        #: No two searches have the same.
        self.number: Final = next(_numbers)
        #: How many proofs are looked for.
        self.wanted = 1

    @property
    def hole(self) -> Hole:
        """What is searched."""
        return self._hole

    @property
    def urgency(self) -> Urgency:
        """How urgent its turns at the prover are."""
        return self._turns.urgency

    @urgency.setter
    def urgency(self, urgency: Urgency) -> None:
        self._turns.urgency = urgency

    @property
    def attempts(self) -> int:
        """Candidates that had their turn so far."""
        return len(self._attempts.all)

    def attempts_from(self, first: int, most: int) -> tuple[Attempt, ...]:
        """What became of candidates, from the one with this index on."""
        return tuple(self._attempts.all[first : first + most])

    def graph(self) -> GraphView | None:
        """What there is to show of the goals found so far; None where they are only the hole's own."""
        return self._further.graph()

    @property
    def nodes(self) -> int:
        """How many different goals were found so far, the hole's own among them."""
        return self._further.nodes

    @property
    def searched(self) -> int:
        """How many of them had candidates tried on them.  The hole's own counts before it has had its first, too."""
        return self._further.searched

    @property
    def slow(self) -> bool:
        """Is all that is left to try what may take long?  Others go first, then."""
        return self._certification.closed is None and self._first.slow

    async def run(self) -> HoleReport | None:
        """Searches until as many proofs as wanted are certified, or candidates or budget are used up.

        None when it paused, and calling it again goes on; also when it was stopped.  A prover that can't be brought
        back ends in ERROR.
        """
        if self._hole.state is None:
            reason = "the prover did not reach this hole: an error comes before it"
            return HoleReport(self._hole, Status.ERROR, message=reason)
        paused = True
        try:
            async with self._turns.running():
                paused = await self._search()
                if not paused and not self._certification.proofs:
                    await self._further.take_partial()
        except ProverError as error:
            if not self._certification.proofs:
                return self.report(Status.ERROR, str(error))
            _log.warning("no further proofs: %s", error)
            return self.report()
        return None if paused or self._turns.stopped else self.report()

    @property
    def _done(self) -> bool:
        found = self._certification
        return len(found.proofs) >= self.wanted or self._turns.clock.left <= 0 or found.refusals >= _MAX_REFUSALS

    async def _search(self) -> bool:
        """True when it paused."""
        while self._known and not self._done:
            proof, _ = await self._certification.certify(self._known[0])
            candidate = self._known.pop(0)
            if proof is not None:
                self._certification.found(candidate, Closed(0, 0.0), proof)
        while not self._done:
            if self._certification.closed is not None:
                await self._certification.settle()
            elif self._first.take_slow():
                continue
            elif self._turns.must_pause:
                return True
            elif await self._first.step():
                continue
            elif (self._further.begun or not await self._first.refill()) and not await self._further.step():
                break
        return False

    def nudge(self) -> None:
        """Asks for a pause where it only waits for suggesters; a candidate's turn is not cut short."""
        self._turns.nudge()

    def stop(self) -> None:
        """Ends it at once, in the suggesters and in the prover.  What was found by then stays."""
        self._first.stop()
        self._further.stop()
        self._turns.stop()

    async def aclose(self) -> None:
        """Ends it and waits until the suggesters have ended.  Calling it twice is fine."""
        self.stop()
        await self._first.aclose()
        await self._further.aclose()

    def report(self, status: Status | None = None, message: str | None = None) -> HoleReport:
        """What there is so far."""
        found = self._certification
        if status is None:
            status = Status.PROVED if found.proofs else Status.OPEN
        if status is Status.OPEN and message is None:
            message = self._why_not()
        proofs = sorted(found.proofs, key=rank)
        return HoleReport(
            self._hole,
            status,
            proofs[0] if proofs else None,
            self.attempts,
            self._turns.clock.spent,
            message,
            tuple(self._attempts.all),
            alternatives=tuple(proofs[1:]),
            conditional=found.conditional,
            effort=found.effort,
            partial=None if found.proofs else self._further.partial,
            search=self.number,
            graph=self.graph() if self._watched is not None and self._watched() else None,
        )

    async def shorten(self) -> HoleReport:
        """Makes the first proof shorter where that can be done in little time, and reports."""
        proofs, state = self._certification.proofs, self._hole.state
        # What is known from an earlier text was shortened there.
        if state is not None and proofs and proofs[0].text not in self._familiar:
            try:
                async with self._turns.running():
                    await shorten(self._certification, self._turns, self._attempts.all, state, self._budget.candidate)
            except ProverError as error:
                _log.warning("a proof could not be shortened: %s", error)
        return self.report()

    def rebase(self, document: Document) -> None:
        """Goes on in a newer version of the text, in which everything up to the hole's command is the same."""
        self._certification.document = document

    def look_for_more(self, proofs: int, seconds: float) -> None:
        """Lets the next :meth:`run` look for further proofs, for no longer than this."""
        self.wanted = len(self._certification.proofs) + proofs
        self._turns.clock.limit(seconds)

    def allow(self, seconds: float) -> None:
        """Gives it no less time than this from now on."""
        self._turns.clock.allow(seconds)

    def _why_not(self) -> str:
        attempts = self._attempts.all
        late = sum(1 for a in attempts if isinstance(a.outcome, TimedOut))
        refused = sum(1 for a in attempts if a.refusal is not None)
        candidates = _counted(len(attempts), "candidate")
        if self._budget.caps is None:
            parts = [f"{candidates} tried, none proves it"]
        else:
            parts = [f"searched {_counted(self.searched, 'goal')}, {candidates}, none verified"]
        if self._further.partial is not None:
            parts.append(str(self._further.partial))
        if late:
            parts.append(f"{late} did not end within their limit")
        if refused:
            parts.append(f"{refused} closed the goal and {'was' if refused == 1 else 'were'} refused")
        parts += self._further.limits
        if self._turns.clock.left <= 0:
            parts.append("the budget is used up")
        return "; ".join(parts)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
