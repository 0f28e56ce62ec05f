"""A search behind its first round: what failed is mended, and what candidates leave is gone on from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from unsorry.engine.attempts import Attempts
from unsorry.engine.budget import Budget
from unsorry.engine.certification import Certification
from unsorry.engine.deepening import Deepening, way
from unsorry.engine.drafts import complaints, first_change, prefixes
from unsorry.engine.firstround import FirstRound
from unsorry.engine.graph import Caps
from unsorry.engine.graphview import GraphView
from unsorry.engine.mixing import Mixing
from unsorry.engine.repair import Draft, Repair
from unsorry.engine.report import Partial
from unsorry.engine.turns import Turns
from unsorry.errors import ProverError
from unsorry.provers.seam import Closed, Hole, Progress
from unsorry.suggesters.seam import Candidate, Complaint, GoalContext, Suggester

#: What part of the budget one candidate may take on one of many goals.
_SHARES = 25

#: How many proofs with holes are checked for the best that there is.
_MAX_SKETCHES = 3

#: How many beginnings of a failed proof are tried.
_MAX_BEGINNINGS = 10


class GoingOn:
    """The part of a search behind its first round.  Without ``Budget.caps`` there is none."""

    def __init__(
        self,
        hole: Hole,
        context: GoalContext,
        suggesters: Sequence[Suggester],
        mixing: Mixing,
        repair: Repair,
        first: FirstRound,
        budget: Budget,
        turns: Turns,
        attempts: Attempts,
        certification: Certification,
    ) -> None:
        """Nothing is done before :meth:`step`."""
        self._hole = hole
        self._context = context
        self._suggesters = suggesters
        self._mixing = mixing
        self._repair = repair
        self._first = first
        self._budget = budget
        self._turns = turns
        self._attempts = attempts
        self._certification = certification
        self._deeper: Deepening | None = None
        #: What was proved of the hole, where it was looked for.
        self.partial: Partial | None = None

    @property
    def begun(self) -> bool:
        """Did the first round end without a proof?"""
        return self._deeper is not None

    @property
    def nodes(self) -> int:
        """How many different goals were found so far, the hole's own among them."""
        return 1 if self._deeper is None else self._deeper.goals

    @property
    def searched(self) -> int:
        """How many of them had candidates tried on them.  The hole's own counts before it has had its first, too."""
        return 1 if self._deeper is None else max(1, self._deeper.expanded)

    @property
    def limits(self) -> tuple[str, ...]:
        """Because of what something was left out, a sentence for each cap."""
        return () if self._deeper is None else self._deeper.limits

    def graph(self) -> GraphView | None:
        """What there is to show of the goals found so far; None where they are only the hole's own."""
        return None if self._deeper is None else self._deeper.view()

    async def step(self) -> bool:
        """Does what is to be done next; False where nothing can be done any more."""
        if self._budget.caps is None or self._certification.proofs:
            return False
        if self._deeper is None:
            self._deeper = self._deepening(self._budget.caps)
        if mended := await self._repair.mended():
            self._first.put(mended)
            return True
        if self._first.skeletons:
            await self._plant(self._deeper, [self._first.skeletons.pop(0)])
            return True
        if (draft := self._repair.take()) is not None:
            await self._mend(self._deeper, draft)
            return True
        if await self._deepen(self._deeper):
            return True
        try:
            async with self._turns.patience():
                return await self._repair.wait()
        except TimeoutError:
            return True

    def _deepening(self, caps: Caps) -> Deepening:
        failed = {a.candidate.text for a in self._attempts.all if not isinstance(a.outcome, Progress)}
        return Deepening(
            self._hole,
            self._context,
            self._suggesters,
            self._mixing,
            self._turns.prover.compose,
            self._turns.prover.opened,
            tried=failed.__contains__,
            premises=self._first.helpful,
            caps=caps,
        )

    async def _mend(self, deeper: Deepening, draft: Draft) -> None:
        """Keeps of a failed proof what holds, and has it looked at again by whoever wrote it."""
        text = draft.candidate.text
        edit = self._certification.edit(text)
        found = complaints(await self._certification.verdict(edit), edit, text)
        if not found:
            return
        lines = [c.line for c in found if c.line is not None]
        beginnings = list(prefixes(text, before=min(lines, default=None)))[:_MAX_BEGINNINGS]
        if not lines:
            # It may be that the prover can go on behind what fails in it.
            beginnings.insert(0, text)
        held = await self._plant(deeper, [replace(draft.candidate, text=t) for t in beginnings])
        if not lines and held is not None:
            # Where the prover names no place it is the first line that does not run.
            found = tuple(Complaint(c.message, first_change(text, held)) for c in found)
        self._repair.ask(draft, found)

    async def _plant(self, deeper: Deepening, beginnings: Sequence[Candidate]) -> str | None:
        """Goes on later from the first of several beginnings of a proof that runs, and gives it as the prover took it.

        None where none does.
        """
        if not beginnings:
            return None
        held = None
        told = self._attempts.texts
        async with (
            self._turns.turn() as prover,
            aclosing(deeper.plant(prover, beginnings, self._turns.limits)) as stream,
        ):
            async for candidate, outcome in stream:
                if isinstance(outcome, Closed):
                    self._certification.closed = candidate, outcome
                elif candidate.text not in told:
                    self._attempts.note(candidate, outcome, goals=self._hole.goals)
                if isinstance(outcome, Progress):
                    held = outcome.text or candidate.text
        return held

    async def _deepen(self, deeper: Deepening) -> bool:
        """Goes on from what candidates left, at the most promising goal; False where there is nothing to go on from."""
        try:
            async with self._turns.patience():
                if not await deeper.refill():
                    return False
        except TimeoutError:
            return True
        async with self._turns.turn() as prover:
            begun = time.monotonic()
            goals, steps = deeper.under_way, deeper.steps
            told = self._attempts.texts if goals == self._hole.goals else set[str]()
            limits = self._turns.limits
            # One of so many goals may not take what others need, whatever a single candidate may cost at first.
            limits = replace(limits, seconds=min(limits.seconds, self._budget.seconds / _SHARES))
            async with aclosing(deeper.run(prover, limits)) as stream:
                async for candidate, outcome in stream:
                    # What the first round told of is run once more to keep what it leaves.
                    if goals != self._hole.goals or candidate.text not in told:
                        self._attempts.note(candidate, outcome, goals=goals, steps=steps)
                    if self._turns.must_yield(begun):
                        break
        if (proof := deeper.proof) is not None:
            await self._certify(deeper, proof)
        return True

    async def _certify(self, deeper: Deepening, proof: Candidate) -> None:
        certified, refusal = await self._certification.certify(proof)
        if certified is not None:
            self._certification.found(proof, Closed(0, 0.0), certified)
            return
        self._certification.refusals += 1
        for step in await deeper.blame(self._certification.holds):
            guilty = Candidate(step.text, step.score, step.origin)
            self._attempts.note(guilty, Closed(0, 0.0), refusal, step.node.goals, way(step.node))

    async def take_partial(self) -> None:
        """Keeps what was proved of the hole, if it holds up in the text."""
        if self._deeper is None:
            return
        for sketch in self._deeper.partials[:_MAX_SKETCHES]:
            if await self._certification.holds(sketch.text):
                edit = self._certification.edit(sketch.text)
                self.partial = Partial(sketch.text, edit, sketch.proved, sketch.goals, sketch.origin)
                return

    def stop(self) -> None:
        """Ends the suggesters' work."""
        self._repair.stop()
        if self._deeper is not None:
            self._deeper.stop()

    async def aclose(self) -> None:
        """Ends the suggesters' work, waits until it has ended, and has the prover forget what it kept."""
        await self._repair.aclose()
        if self._deeper is not None:
            deeper, self._deeper = self._deeper, None
            await deeper.aclose()
            with suppress(ProverError):
                async with self._turns.last() as prover:
                    await deeper.forget(prover)
