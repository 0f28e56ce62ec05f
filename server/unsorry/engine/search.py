"""The interactive round: candidates for one hole, verified as they come, until one is certified.

The prover says what closes the goal; only :meth:`~unsorry.provers.seam.Prover.certify` and the trust gate make it a
proof.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from unsorry.engine.alternatives import likeness, rank
from unsorry.engine.deepening import Deepening, way
from unsorry.engine.drafts import complaints, prefixes, skeletons
from unsorry.engine.feed import Feed
from unsorry.engine.graph import Caps
from unsorry.engine.graphview import GraphView
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import Selection
from unsorry.engine.repair import Draft, Repair
from unsorry.engine.report import Attempt, Effort, HoleReport, Partial, Proof, Status
from unsorry.engine.shorter import shorter
from unsorry.engine.trust import Policy
from unsorry.errors import ProverError
from unsorry.provers.seam import (
    Closed,
    Document,
    Edit,
    Fault,
    Goal,
    Hole,
    HoleKind,
    Limits,
    Outcome,
    Premise,
    Progress,
    Prover,
    TimedOut,
)
from unsorry.suggesters.seam import Candidate, Complaint, GoalContext, Suggester

_log = logging.getLogger(__name__)

#: How many candidates go to the prover in one request.  The prover takes them in their order and can be stopped
#: between any two, so this only bounds how long a better candidate that turns up later has to wait.
_BATCH = 16

#: After how long a search lets others that are as urgent have a turn, in seconds.
_SHARE_SECONDS = 0.5

#: How often a slow candidate is asked to make way for others, in seconds.
_LOOK_SECONDS = 0.1

#: What a slow candidate leaves of the budget for the check of what it finds, and the least that it is begun with, in
#: seconds.
_SLOW_RESERVE = 1.0
_SLOW_LEAST = 1.0

#: How long the check of a whole declaration may take, in seconds.
_CERTIFY_SECONDS = 10.0

#: How long a proof that was found may be made shorter for, in seconds.
_SHORTEN_SECONDS = 1.5

#: How many one-liners are tried in the place of a part of a proof that was found.
_MAX_CLOSERS = 6

#: What part of the budget one candidate may take in a search that goes on: at first, and then on what others left.
_FIRST_SHARES = 5
_SHARES = 25

#: How many proofs with holes are checked for the best that there is.
_MAX_SKETCHES = 3

#: How many beginnings of a failed proof are tried.
_MAX_BEGINNINGS = 10

#: How many closing candidates that the gate then refuses are put up with before the search ends.
_MAX_REFUSALS = 12


@dataclass(frozen=True, slots=True)
class Budget:
    """What a hole may cost: wall-clock seconds for all of it, the bounds of each candidate, and those of slow ones.

    With ``caps`` a search goes on from what candidates leave when none of them closes the hole, within these, and
    whole proofs that failed go back to those that can mend them, for so many ``repairs`` in a row.
    """

    seconds: float = 10.0
    candidate: Limits = field(default=Limits(explain=False))
    slow_seconds: float = 10.0
    caps: Caps | None = None
    repairs: int = 2


@dataclass(frozen=True, slots=True)
class Tried:
    """One outcome, for whoever watches.  ``goals`` are those that the candidate was run on."""

    hole: Hole
    attempt: Attempt
    goals: tuple[Goal, ...]


Watcher = Callable[[Tried], None]

_numbers: Final = itertools.count(1)


class _Clock:
    """The time left of a budget.  A search that is paused, or waits for its turn at the prover, loses nothing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._before = 0.0
        self._start: float | None = None

    def start(self) -> None:
        if self._start is None:
            self._start = time.monotonic()

    def stop(self) -> None:
        self._before, self._start = self.spent, None

    def limit(self, seconds: float) -> None:
        """No more than this from now on."""
        self._seconds = min(self._seconds, self.spent + seconds)

    def allow(self, seconds: float) -> None:
        """No less than this from now on."""
        self._seconds = max(self._seconds, self.spent + seconds)

    @property
    def left(self) -> float:
        return self._seconds - self.spent

    @property
    def spent(self) -> float:
        if self._start is None:
            return self._before
        return self._before + time.monotonic() - self._start


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
        self._lane = lane
        self._document = document
        self._hole = hole
        self._policy = policy
        self._budget = budget
        self._known = list(known)
        self._familiar = frozenset(c.text for c in known)
        self._borrowing = borrowing
        self._pause = pause
        self._watcher = watcher
        self._cause = f"{hole.declaration or 'a hole'} in {document.snapshot.uri}"
        self._context = context
        self._suggesters = suggesters
        self._mixing = mixing
        self._feed = Feed(context, suggesters, mixing)
        self._premises = premises
        # Do the suggesters know them?
        self._informed = premises is None or budget.caps is not None
        self._deeper: Deepening | None = None
        self._repair = Repair(context, suggesters, mixing, 0 if budget.caps is None else budget.repairs)
        self._queue: list[Candidate] = []
        # Steps that leave the holes of what a suggester proposed with holes: for a search that goes on.
        self._skeletons: list[Candidate] = []
        # A candidate that closed the goal and was not looked at further yet.
        self._hit: tuple[Candidate, Closed] | None = None
        self._clock = _Clock(budget.seconds)
        self._attempts: list[Attempt] = []
        self._proofs: list[Proof] = []
        self._conditional: Proof | None = None
        self._partial: Partial | None = None
        self._effort: Effort | None = None
        self._busy = 0.0
        self._certified_in = 0.0
        self._certificate_held = False
        self._refusals = 0
        # Candidates under way when the prover died: it may not have been their doing, so each gets another turn.
        self._again: list[Candidate] = []
        self._retried: set[str] = set()
        # Other holes in the same command stay open while this one is filled.
        self._alone = all(h.start == hole.start for h in document.commands[hole.command].holes)
        # Ends what runs now, and the wait for suggesters.
        self._cut: asyncio.Timeout | None = None
        self._patience: asyncio.Timeout | None = None
        self._stopped = False
        self._watched = watched
        #: No two searches have the same.
        self.number: Final = next(_numbers)
        #: How urgent its turns at the prover are.
        self.urgency = urgency
        #: How many proofs are looked for.
        self.wanted = 1

    @property
    def hole(self) -> Hole:
        """What is searched."""
        return self._hole

    @property
    def attempts(self) -> int:
        """Candidates that had their turn so far."""
        return len(self._attempts)

    def attempts_from(self, first: int, most: int) -> tuple[Attempt, ...]:
        """What became of candidates, from the one with this index on."""
        return tuple(self._attempts[first : first + most])

    def graph(self) -> GraphView | None:
        """What there is to show of the goals found so far; None where they are only the hole's own."""
        return None if self._deeper is None else self._deeper.view()

    @property
    def nodes(self) -> int:
        """How many different goals were found so far, the hole's own among them."""
        return 1 if self._deeper is None else self._deeper.goals

    @property
    def slow(self) -> bool:
        """Is all that is left to try what may take long?  Others go first, then."""
        return self._hit is None and bool(self._queue) and self._queue[0].slow

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
            async with self._running():
                paused = await self._search()
                if not paused and not self._proofs and self._deeper is not None:
                    await self._take_partial(self._deeper)
        except ProverError as error:
            if not self._proofs:
                return self.report(Status.ERROR, str(error))
            _log.warning("no further proofs: %s", error)
            return self.report()
        return None if paused or self._stopped else self.report()

    @asynccontextmanager
    async def _running(self) -> AsyncGenerator[None]:
        """Counts the time, and lets :meth:`stop` end what is done in the block."""
        cut = asyncio.timeout(0 if self._stopped else None)
        self._clock.start()
        try:
            async with cut:
                self._cut = cut
                yield
        except TimeoutError:
            if not cut.expired():
                raise
        finally:
            self._cut = None
            self._clock.stop()

    def nudge(self) -> None:
        """Asks for a pause where it only waits for suggesters; a candidate's turn is not cut short."""
        cut, self._patience = self._patience, None
        _expire(cut)

    def stop(self) -> None:
        """Ends it at once, in the suggesters and in the prover.  What was found by then stays."""
        self._stopped = True
        self._feed.stop()
        self._repair.stop()
        if self._deeper is not None:
            self._deeper.stop()
        cut, self._cut = self._cut, None
        _expire(cut)

    async def aclose(self) -> None:
        """Ends it and waits until the suggesters have ended.  Calling it twice is fine."""
        self.stop()
        await self._feed.aclose()
        await self._repair.aclose()
        if self._deeper is not None:
            deeper, self._deeper = self._deeper, None
            await deeper.aclose()
            with suppress(ProverError):
                async with self._lane.turn(self.urgency, self._cause) as prover:
                    await deeper.forget(prover)

    def report(self, status: Status | None = None, message: str | None = None) -> HoleReport:
        """What there is so far."""
        if status is None:
            status = Status.PROVED if self._proofs else Status.OPEN
        if status is Status.OPEN and message is None:
            message = self._why_not()
        proofs = sorted(self._proofs, key=rank)
        return HoleReport(
            self._hole,
            status,
            proofs[0] if proofs else None,
            len(self._attempts),
            self._clock.spent,
            message,
            tuple(self._attempts),
            alternatives=tuple(proofs[1:]),
            conditional=self._conditional,
            effort=self._effort,
            partial=None if self._proofs else self._partial,
            search=self.number,
            graph=self.graph() if self._watched is not None and self._watched() else None,
        )

    async def shorten(self) -> HoleReport:
        """Makes the first proof shorter where that can be done in little time, and reports."""
        # What is known from an earlier text was shortened there.
        if self._proofs and self._proofs[0].text not in self._familiar:
            try:
                async with self._running():
                    await self._shorten()
            except ProverError as error:
                _log.warning("a proof could not be shortened: %s", error)
        return self.report()

    def rebase(self, document: Document) -> None:
        """Goes on in a newer version of the text, in which everything up to the hole's command is the same."""
        self._document = document

    def look_for_more(self, proofs: int, seconds: float) -> None:
        """Lets the next :meth:`run` look for further proofs, for no longer than this."""
        self.wanted = len(self._proofs) + proofs
        self._clock.limit(seconds)

    def allow(self, seconds: float) -> None:
        """Gives it no less time than this from now on."""
        self._clock.allow(seconds)

    def _why_not(self) -> str:
        late = sum(1 for a in self._attempts if isinstance(a.outcome, TimedOut))
        refused = sum(1 for a in self._attempts if a.refusal is not None)
        parts = [f"{len(self._attempts)} candidates tried, none proves it"]
        if self._deeper is not None and self._deeper.goals > 1:
            parts = [f"searched {self._deeper.expanded} goals, {len(self._attempts)} candidates, none verified"]
        if self._partial is not None:
            parts.append(str(self._partial))
        if late:
            parts.append(f"{late} did not end within their limit")
        if refused:
            parts.append(f"{refused} closed the goal and were refused")
        if self._clock.left <= 0:
            parts.append("the budget is used up")
        return "; ".join(parts)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[Prover]:
        self._clock.stop()
        try:
            async with self._lane.turn(self.urgency, self._cause) as prover:
                self._clock.start()
                before = prover.busy
                try:
                    yield prover
                finally:
                    self._busy += prover.busy - before
        finally:
            # Whoever only gave up waiting for the turn goes on.
            self._clock.start()

    @property
    def _done(self) -> bool:
        return len(self._proofs) >= self.wanted or self._clock.left <= 0 or self._refusals >= _MAX_REFUSALS

    @property
    def _slow_is_due(self) -> bool:
        """Is a third of the budget used up?"""
        return self._clock.left <= 2 * self._clock.spent and not self.slow

    @property
    def _must_pause(self) -> bool:
        return self._pause is not None and self._pause()

    async def _search(self) -> bool:
        """True when it paused."""
        while self._known and not self._done:
            proof, _ = await self._certify(self._known[0])
            candidate = self._known.pop(0)
            if proof is not None:
                self._found(candidate, Closed(0, 0.0), proof)
        while not self._done:
            if self._hit is not None:
                await self._prove(*self._hit)
                self._hit = None
            elif self._slow_is_due and (candidate := self._feed.take_slow()) is not None:
                # Behind candidates that cost much and prove nothing it would never have its turn.
                self._queue.insert(0, candidate)
            elif self._must_pause:
                return True
            elif self._can_inform and self._clock.left <= self._clock.spent:
                await self._inform_early()
            elif self.slow:
                await self._try_slow(self._queue[0])
            elif self._queue:
                await self._try_queue()
            elif (self._deeper is not None or not await self._refill()) and not await self._go_on():
                break
        return False

    async def _go_on(self) -> bool:
        """Mends what failed, and goes on from what is left of the goal; False where nothing can be done any more."""
        if self._budget.caps is None or self._proofs:
            return False
        if self._deeper is None:
            self._deeper = self._deepening(self._budget.caps)
        if mended := await self._repair.mended():
            self._queue, steps = skeletons(mended)
            self._skeletons += steps
            return True
        if self._skeletons:
            await self._plant(self._deeper, [self._skeletons.pop(0)])
            return True
        if (draft := self._repair.take()) is not None:
            await self._mend(self._deeper, draft)
            return True
        if await self._deepen(self._deeper):
            return True
        try:
            async with asyncio.timeout(self._clock.left) as self._patience:
                return await self._repair.wait()
        except TimeoutError:
            return True
        finally:
            self._patience = None

    def _deepening(self, caps: Caps) -> Deepening:
        failed = {a.candidate.text for a in self._attempts if not isinstance(a.outcome, Progress)}
        return Deepening(
            self._hole,
            self._context,
            self._suggesters,
            self._mixing,
            self._lane.prover.compose,
            tried=failed.__contains__,
            premises=self._helpful,
            caps=caps,
        )

    async def _mend(self, deeper: Deepening, draft: Draft) -> None:
        """Keeps of a failed proof what holds, and has it looked at again by whoever wrote it."""
        text = draft.candidate.text
        edit = self._lane.prover.edit(self._document, self._hole, text)
        async with self._turn() as prover:
            certificate = await prover.certify(
                self._document, self._hole.command, [edit], complete=False, seconds=self._limits().seconds
            )
        found = complaints(certificate, edit, text)
        if not found:
            return
        lines = [c.line for c in found if c.line is not None]
        beginnings = list(prefixes(text, before=min(lines, default=None)))[:_MAX_BEGINNINGS]
        held = await self._plant(deeper, [replace(draft.candidate, text=t) for t in beginnings])
        if not lines and held is not None:
            # Where the prover names no place it is the first line that does not run.
            found = tuple(Complaint(c.message, held.count("\n") + 1) for c in found)
        self._repair.ask(draft, found)

    async def _plant(self, deeper: Deepening, beginnings: Sequence[Candidate]) -> str | None:
        """Goes on later from the first of several beginnings of a proof that runs; None where none does."""
        if not beginnings:
            return None
        held = None
        told = {a.candidate.text for a in self._attempts}
        async with (
            self._turn() as prover,
            aclosing(deeper.plant(prover, beginnings, self._limits())) as stream,
        ):
            async for candidate, outcome in stream:
                if isinstance(outcome, Closed):
                    self._hit = candidate, outcome
                elif candidate.text not in told:
                    self._note(candidate, outcome, goals=self._hole.goals)
                if isinstance(outcome, Progress):
                    held = candidate.text
        return held

    async def _deepen(self, deeper: Deepening) -> bool:
        """Goes on from what candidates left, at the most promising goal; False where there is nothing to go on from."""
        try:
            async with asyncio.timeout(self._clock.left) as self._patience:
                if not await deeper.refill():
                    return False
        except TimeoutError:
            return True
        finally:
            self._patience = None
        async with self._turn() as prover:
            begun = time.monotonic()
            goals, steps = deeper.under_way, deeper.steps
            told = {a.candidate.text for a in self._attempts} if goals == self._hole.goals else set[str]()
            limits = self._limits()
            # One of so many goals may not take what others need, whatever a single candidate may cost at first.
            limits = replace(limits, seconds=min(limits.seconds, self._budget.seconds / _SHARES))
            async with aclosing(deeper.run(prover, limits)) as stream:
                async for candidate, outcome in stream:
                    # What the first round told of is run once more to keep what it leaves.
                    if goals != self._hole.goals or candidate.text not in told:
                        self._note(candidate, outcome, goals=goals, steps=steps)
                    if self._must_yield(begun):
                        break
        proof = deeper.proof
        if proof is not None:
            certified, refusal = await self._certify(proof)
            if certified is not None:
                self._found(proof, Closed(0, 0.0), certified)
            else:
                self._refusals += 1
                for step in await deeper.blame(self._holds):
                    guilty = Candidate(step.text, step.score, step.origin)
                    self._note(guilty, Closed(0, 0.0), refusal, step.node.goals, way(step.node))
        return True

    async def _take_partial(self, deeper: Deepening) -> None:
        """Keeps what was proved of the hole, if it holds up in the text."""
        for sketch in deeper.partials[:_MAX_SKETCHES]:
            if await self._holds(sketch.text):
                edit = self._lane.prover.edit(self._document, self._hole, sketch.text)
                self._partial = Partial(sketch.text, edit, sketch.proved, sketch.goals, sketch.origin)
                return

    async def _holds(self, text: str) -> bool:
        """Does this hold but for the holes in it?"""
        edit = self._lane.prover.edit(self._document, self._hole, text)
        async with self._turn() as prover:
            certificate = await prover.sketch(self._document, self._hole.command, [edit], seconds=self._certify_seconds)
        return certificate.ok

    def _limits(self) -> Limits:
        """A candidate's bounds: it may not outlive the hole's own budget, nor take all of it where a search goes on."""
        share = self._budget.seconds if self._budget.caps is None else self._budget.seconds / _FIRST_SHARES
        seconds = max(0.05, min(self._budget.candidate.seconds, share, self._clock.left))
        return replace(self._budget.candidate, seconds=seconds)

    def _must_yield(self, begun: float) -> bool:
        """Is the turn that began then to end before the next candidate?"""
        shared = time.monotonic() - begun > _SHARE_SECONDS and self._lane.queue > 0
        return shared or self._clock.left <= 0 or self._lane.wanted(self.urgency) or self._must_pause

    async def _refill(self) -> bool:
        """Gets the next candidates; False when there are no more."""
        if self._again:
            self._queue, self._again = self._again, []
            return True
        try:
            async with asyncio.timeout(self._clock.left) as self._patience:
                # What may take long comes after what is to be tried with premises.
                batch = await self._feed.batch(_BATCH, slow=not self._can_inform)
                if not batch and self._can_inform:
                    await self._inform()
                    batch = await self._feed.batch(_BATCH)
        except TimeoutError:
            # The budget is used up, or a pause is wanted; whoever called sees which.
            return True
        finally:
            self._patience = None
        self._queue, steps = skeletons(batch)
        self._skeletons += steps
        return bool(batch)

    @property
    def _can_inform(self) -> bool:
        """Is it left to do to ask the suggesters once more, with premises?

        A search that goes on from what candidates leave asks them again in any case.
        """
        return not self._informed and not self._proofs

    async def _inform(self) -> None:
        premises = await self._helpful(self._hole.goals)
        self._informed = True
        if premises:
            self._feed.again(replace(self._context, premises=premises))

    async def _inform_early(self) -> None:
        """Before others have had their turn that take all that is left of the budget."""
        try:
            async with asyncio.timeout(self._clock.left) as self._patience:
                await self._inform()
        except TimeoutError:
            # The budget is used up, or a pause is wanted.
            return
        finally:
            self._patience = None

    async def _helpful(self, goals: Sequence[Goal]) -> tuple[Premise, ...]:
        """What may help with these goals."""
        return () if self._premises is None else await self._premises.select(goals, self._turn)

    async def _try_queue(self) -> None:
        """Runs candidates until one closes the goal, none is left, time is up or somebody else is to go on."""
        assert self._hole.state is not None
        batch = list(self._queue)
        async with self._turn() as prover:
            begun = time.monotonic()
            async with aclosing(prover.try_(self._hole.state, [c.text for c in batch], self._limits())) as stream:
                async for outcome in stream:
                    candidate = batch[outcome.candidate]
                    # What had its turn is not tried again when the search goes on, whatever ends it now.
                    self._queue = batch[outcome.candidate + 1 :]
                    if isinstance(outcome, Closed):
                        self._hit = candidate, outcome
                        return
                    self._note(candidate, outcome)
                    if isinstance(outcome, Fault) and candidate.text not in self._retried:
                        self._retried.add(candidate.text)
                        self._again.append(candidate)
                    if self._must_yield(begun) or (self._slow_is_due and self._feed.has_slow):
                        return
        self._queue = []

    async def _try_slow(self, candidate: Candidate) -> None:
        """Runs a candidate that may take long.

        It is ended at once where somebody else is to go on, and begins anew when it has its turn again.
        """
        seconds = min(self._budget.slow_seconds, self._clock.left - _SLOW_RESERVE)
        if self._proofs or seconds < _SLOW_LEAST:
            del self._queue[0]
            return
        async with self._turn() as prover:
            limits = replace(self._budget.candidate, seconds=seconds)
            work = asyncio.create_task(self._outcome(prover, candidate.text, limits))
            try:
                while not work.done() and not self._lane.wanted(self.urgency) and not self._must_pause:
                    await asyncio.wait({work}, timeout=_LOOK_SECONDS)
                if not work.done():
                    return
            finally:
                work.cancel()
                await asyncio.wait({work})
            outcome = work.result()
        del self._queue[0]
        if isinstance(outcome, Closed):
            self._hit = candidate, outcome
        else:
            self._note(candidate, outcome)

    async def _outcome(self, prover: Prover, text: str, limits: Limits) -> Outcome:
        assert self._hole.state is not None
        async with aclosing(prover.try_(self._hole.state, [text], limits)) as stream:
            async for outcome in stream:
                return outcome
        raise ProverError("the prover said nothing of a candidate")

    def _note(
        self,
        candidate: Candidate,
        outcome: Outcome,
        refusal: str | None = None,
        goals: tuple[Goal, ...] | None = None,
        steps: tuple[str, ...] = (),
        *,
        proves: bool = False,
    ) -> None:
        attempt = Attempt(candidate, outcome, self._feed.source(candidate), refusal, steps, proves)
        self._attempts.append(attempt)
        if goals is None:
            self._repair.note(attempt)
        # What proved it before was no suggester's idea of this time, and of a step nobody knows what it leads to.
        if candidate.text not in self._familiar and goals is None:
            self._feed.note(candidate, closed=attempt.closed, seconds=outcome.seconds)
        if self._watcher is not None:
            self._watcher(Tried(self._hole, attempt, self._hole.goals if goals is None else goals))

    def _found(self, candidate: Candidate, outcome: Closed, proof: Proof) -> None:
        self._note(candidate, outcome, proves=True)
        if all(likeness(proof.text) != likeness(p.text) for p in self._proofs):
            self._proofs.append(proof)
        if self._effort is None:
            self._effort = Effort(self._clock.spent, self._busy, outcome.seconds + self._certified_in)

    async def _prove(self, candidate: Candidate, outcome: Closed) -> None:
        """Makes a proof of a candidate that closed the goal, preferring what it says would do as well."""
        for text in outcome.replacements:
            better = Candidate(text, candidate.score, candidate.origin)
            proof, _ = await self._certify(better)
            if proof is not None:
                self._found(candidate, outcome, proof)
                return
        # A search command is not left in the file: where what it found does not hold up, it proves nothing.
        if outcome.replacements:
            self._refusals += 1
            self._note(candidate, outcome, "what it found does not check by itself")
            return
        proof, refusal = await self._certify(candidate)
        if proof is None and self._hole.kind is HoleKind.CURSOR and not self._certificate_held:
            # In a proof that is being written the rest need not hold yet: a step like others, and not called a proof.
            self._note(candidate, Progress(outcome.candidate, outcome.seconds, (), None), refusal)
        elif proof is None:
            self._refusals += 1
            self._note(candidate, outcome, refusal)
        else:
            self._found(candidate, outcome, proof)

    @property
    def _certify_seconds(self) -> float:
        """How long a check may take: for a proof that is nearly there it may outlast the budget, but not by much."""
        return min(_CERTIFY_SECONDS, max(0.5, self._clock.left, self._budget.seconds / 20))

    async def _certify(self, candidate: Candidate) -> tuple[Proof | None, str | None]:
        edit = self._lane.prover.edit(self._document, self._hole, candidate.text)
        async with self._turn() as prover:
            before = prover.busy
            certificate = await prover.certify(
                self._document, self._hole.command, [edit], complete=self._alone, seconds=self._certify_seconds
            )
            self._certified_in = prover.busy - before
        self._certificate_held = certificate.ok
        refusal = self._policy.refusal(certificate)
        if refusal is not None:
            return None, refusal
        proof = Proof(
            candidate.text, edit, certificate.axioms, candidate.origin, certificate.borrowed, self._certified_in
        )
        if proof.borrowed and not self._borrowing:
            self._conditional = self._conditional or proof
            return None, f"it uses {', '.join(proof.borrowed)}, still open itself"
        return proof, None

    async def _shorten(self) -> None:
        """Drops what a proof does not need: steps, items of simp sets, alternatives of a `first`."""
        end = time.monotonic() + min(self._clock.left, _SHORTEN_SECONDS)
        tried: set[str] = set()
        improved = True
        while improved:
            improved = False
            for text in shorter(self._proofs[0].text, self._closers()):
                if time.monotonic() >= end or self._lane.wanted(self.urgency) or self._must_pause:
                    return
                if text in tried:
                    continue
                tried.add(text)
                if not await self._closes(text):
                    continue
                better, _ = await self._certify(Candidate(text, 0.0, self._proofs[0].origin))
                if better is not None:
                    self._proofs[0], improved = better, True
                    break

    def _closers(self) -> list[str]:
        """One-liners that may do for a part of the proof: what closed a goal in this search, then what was tried."""
        lines = [a for a in self._attempts if "\n" not in a.candidate.text and not a.candidate.slow]
        closed = [a.candidate.text for a in lines if a.closed]
        return list(dict.fromkeys((*closed, *(a.candidate.text for a in lines))))[:_MAX_CLOSERS]

    async def _closes(self, text: str) -> bool:
        assert self._hole.state is not None
        async with (
            self._turn() as prover,
            aclosing(prover.try_(self._hole.state, [text], self._budget.candidate)) as stream,
        ):
            async for outcome in stream:
                return isinstance(outcome, Closed) and not outcome.replacements
        return False


def _expire(limit: asyncio.Timeout | None) -> None:
    """Lets a time limit end what it is for, unless it is just doing so."""
    if limit is not None and not limit.expired():
        limit.reschedule(0)


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """``data`` with edits made that do not overlap."""
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        data = data[: edit.start] + edit.text.encode("utf-8", "surrogatepass") + data[edit.end :]
    return data
