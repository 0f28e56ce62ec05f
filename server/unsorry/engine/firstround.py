"""The first round of a search: candidates that close the hole at once, as suggesters come up with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from unsorry.engine.attempts import Attempts
from unsorry.engine.budget import Budget
from unsorry.engine.certification import Certification
from unsorry.engine.drafts import skeletons
from unsorry.engine.feed import Feed
from unsorry.engine.premises import Selection
from unsorry.engine.turns import Turns
from unsorry.errors import ProverError
from unsorry.provers.seam import Closed, Fault, Goal, Hole, Limits, Outcome, Premise, Prover
from unsorry.suggesters.seam import Candidate, GoalContext

#: How many candidates go to the prover in one request.  The prover takes them in their order and can be stopped
#: between any two, so this only bounds how long a better candidate that turns up later has to wait.
_BATCH = 16

#: How often a slow candidate is asked to make way for others, in seconds.
_LOOK_SECONDS = 0.1

#: What a slow candidate leaves of the budget for the check of what it finds, and the least that it is begun with, in
#: seconds.
_SLOW_RESERVE = 1.0
_SLOW_LEAST = 1.0


class FirstRound:
    """The candidates for the hole itself."""

    def __init__(
        self,
        hole: Hole,
        context: GoalContext,
        feed: Feed,
        premises: Selection | None,
        budget: Budget,
        turns: Turns,
        attempts: Attempts,
        certification: Certification,
    ) -> None:
        """``premises`` are looked for where nothing that needs none proves it."""
        self._hole = hole
        self._context = context
        self._feed = feed
        self._premises = premises
        self._budget = budget
        self._turns = turns
        self._attempts = attempts
        self._certification = certification
        # Do the suggesters know the premises?
        self._informed = premises is None or budget.caps is not None
        self._queue: list[Candidate] = []
        # Candidates under way when the prover died: it may not have been their doing, so each gets another turn.
        self._again: list[Candidate] = []
        self._retried: set[str] = set()
        #: Steps that leave the holes of what a suggester proposed with holes: for a search that goes on.
        self.skeletons: list[Candidate] = []

    @property
    def slow(self) -> bool:
        """Is all that is left to try what may take long?"""
        return bool(self._queue) and self._queue[0].slow

    def put(self, candidates: Sequence[Candidate]) -> None:
        """These are tried next, when nothing else waits."""
        self._queue, steps = skeletons(candidates, self._turns.prover.opened)
        self.skeletons += steps

    def take_slow(self) -> bool:
        """Has a slow candidate tried next, where its time has come.

        Behind candidates that cost much and prove nothing it would never have its turn.
        """
        if self._slow_is_due and (candidate := self._feed.take_slow()) is not None:
            self._queue.insert(0, candidate)
            return True
        return False

    @property
    def _slow_is_due(self) -> bool:
        """Is a third of the budget used up?"""
        clock = self._turns.clock
        return clock.left <= 2 * clock.spent and not self.slow

    async def step(self) -> bool:
        """Does what is to be done next with the candidates that are there; False when there are none."""
        clock = self._turns.clock
        if self._can_inform and clock.left <= clock.spent:
            await self._inform_early()
        elif self.slow:
            await self._try_slow(self._queue[0])
        elif self._queue:
            await self._try_queue()
        else:
            return False
        return True

    async def refill(self) -> bool:
        """Gets the next candidates; False when there are no more."""
        if self._again:
            self._queue, self._again = self._again, []
            return True
        try:
            async with self._turns.patience():
                # What may take long comes after what is to be tried with premises.
                batch = await self._feed.batch(_BATCH, slow=not self._can_inform)
                if not batch and self._can_inform:
                    await self._inform()
                    batch = await self._feed.batch(_BATCH)
        except TimeoutError:
            # The budget is used up, or a pause is wanted; whoever called sees which.
            return True
        self.put(batch)
        return bool(batch)

    # Premises

    @property
    def _can_inform(self) -> bool:
        """Is it left to do to ask the suggesters once more, with premises?

        A search that goes on from what candidates leave asks them again in any case.
        """
        return not self._informed and not self._certification.proofs

    async def _inform(self) -> None:
        premises = await self.helpful(self._hole.goals)
        self._informed = True
        if premises:
            self._feed.again(replace(self._context, premises=premises))

    async def _inform_early(self) -> None:
        """Before others have had their turn that take all that is left of the budget."""
        try:
            async with self._turns.patience():
                await self._inform()
        except TimeoutError:
            # The budget is used up, or a pause is wanted.
            return

    async def helpful(self, goals: Sequence[Goal]) -> tuple[Premise, ...]:
        """What may help with these goals."""
        return () if self._premises is None else await self._premises.select(goals, self._turns.turn)

    # Candidates

    async def _try_queue(self) -> None:
        """Runs candidates until one closes the goal, none is left, time is up or somebody else is to go on."""
        assert self._hole.state is not None
        batch = list(self._queue)
        async with self._turns.turn() as prover:
            begun = time.monotonic()
            limits = self._turns.limits
            async with aclosing(prover.try_(self._hole.state, [c.text for c in batch], limits)) as stream:
                async for outcome in stream:
                    candidate = batch[outcome.candidate]
                    # What had its turn is not tried again when the search goes on, whatever ends it now.
                    self._queue = batch[outcome.candidate + 1 :]
                    if isinstance(outcome, Closed):
                        self._certification.closed = candidate, outcome
                        return
                    self._attempts.note(candidate, outcome)
                    if isinstance(outcome, Fault) and candidate.text not in self._retried:
                        self._retried.add(candidate.text)
                        self._again.append(candidate)
                    if self._turns.must_yield(begun) or (self._slow_is_due and self._feed.has_slow):
                        return
        self._queue = []

    async def _try_slow(self, candidate: Candidate) -> None:
        """Runs a candidate that may take long.

        It is ended at once where somebody else is to go on, and begins anew when it has its turn again.
        """
        seconds = min(self._budget.slow_seconds, self._turns.clock.left - _SLOW_RESERVE)
        if self._certification.proofs or seconds < _SLOW_LEAST:
            del self._queue[0]
            return
        async with self._turns.turn() as prover:
            limits = replace(self._budget.candidate, seconds=seconds)
            work = asyncio.create_task(self._outcome(prover, candidate.text, limits))
            try:
                while not work.done() and not self._turns.wanted and not self._turns.must_pause:
                    await asyncio.wait({work}, timeout=_LOOK_SECONDS)
                if not work.done():
                    return
            finally:
                work.cancel()
                await asyncio.wait({work})
            outcome = work.result()
        del self._queue[0]
        if isinstance(outcome, Closed):
            self._certification.closed = candidate, outcome
        else:
            self._attempts.note(candidate, outcome)

    async def _outcome(self, prover: Prover, text: str, limits: Limits) -> Outcome:
        assert self._hole.state is not None
        async with aclosing(prover.try_(self._hole.state, [text], limits)) as stream:
            async for outcome in stream:
                return outcome
        raise ProverError("the prover said nothing of a candidate")

    # The end

    def stop(self) -> None:
        """Ends the suggesters' work."""
        self._feed.stop()

    async def aclose(self) -> None:
        """Ends the suggesters' work and waits until it has ended."""
        await self._feed.aclose()
