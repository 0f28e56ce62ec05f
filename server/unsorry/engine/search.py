"""The interactive round: candidates for one hole, verified as they come, until one is certified.

The prover says what closes the goal; only :meth:`~unsorry.provers.seam.Prover.certify` and the trust gate make it a
proof.  What is found is shortened before it is shown.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from unsorry.engine.insertion import edit_for
from unsorry.engine.report import Attempt, HoleReport, Proof, Status
from unsorry.engine.trust import Policy
from unsorry.errors import ProverError
from unsorry.provers.seam import Closed, Document, Edit, Fault, Hole, Limits, Outcome, Prover, TimedOut
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

_log = logging.getLogger(__name__)

#: How many candidates go to the prover in one request.  The prover takes them one after another and can be stopped
#: between any two, so this only bounds how long a better candidate that turns up later has to wait.
_BATCH = 16

#: How many closing candidates that the gate then refuses are put up with before the search ends.
_MAX_REFUSALS = 12

_ITEMS = re.compile(r"\[([^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a hole may cost: wall-clock seconds for all of it, and the bounds of each candidate."""

    seconds: float = 10.0
    candidate: Limits = field(default=Limits(explain=False))


@dataclass(frozen=True, slots=True)
class Tried:
    """One outcome, for whoever watches."""

    hole: Hole
    attempt: Attempt


Watcher = Callable[[Tried], None]


class _Clock:
    """The time left of a budget."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._end = self._start + seconds

    @property
    def left(self) -> float:
        return self._end - self._loop.time()

    @property
    def spent(self) -> float:
        return self._loop.time() - self._start


async def _merged(context: GoalContext, suggesters: Sequence[Suggester]) -> AsyncGenerator[list[Candidate], None]:
    """Candidates of all suggesters side by side, in batches: what is there when one is asked for, best first."""
    queue: asyncio.Queue[Candidate | None] = asyncio.Queue()

    async def feed(suggester: Suggester) -> None:
        try:
            async for candidate in suggester.suggest(context):
                queue.put_nowait(candidate)
        except Exception:  # One suggester's fault must not take the others along.
            _log.exception("the suggester %s failed", suggester.name)
        finally:
            queue.put_nowait(None)

    tasks = [asyncio.create_task(feed(s)) for s in suggesters]
    try:
        running = len(tasks)
        waiting: list[Candidate] = []
        seen: set[str] = set()
        while running or waiting:
            if not waiting or not queue.empty():
                item = await queue.get()
                # A fast suggester has said all it has to say before this one is asked again.
                await asyncio.sleep(0)
                while True:
                    if item is None:
                        running -= 1
                    elif (key := " ".join(item.text.split())) and key not in seen:
                        seen.add(key)
                        waiting.append(item)
                    if queue.empty():
                        break
                    item = queue.get_nowait()
                waiting.sort(key=lambda c: -c.score)
                continue
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            yield batch
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class HoleSearch:
    """The search for a proof of one hole in one document."""

    def __init__(
        self,
        prover: Prover,
        document: Document,
        hole: Hole,
        *,
        policy: Policy,
        budget: Budget,
        watcher: Watcher | None = None,
    ) -> None:
        """Nothing runs before :meth:`run`."""
        self._prover = prover
        self._document = document
        self._hole = hole
        self._policy = policy
        self._budget = budget
        self._watcher = watcher
        self._data = document.snapshot.text.encode("utf-8", "surrogatepass")
        self._attempts: list[Attempt] = []
        self._refusals = 0
        # Candidates under way when the prover died: it may not have been their doing, so each gets another turn.
        self._again: list[Candidate] = []
        self._retried: set[str] = set()
        # Other holes in the same command stay open while this one is filled.
        self._alone = len(document.commands[hole.command].holes) <= 1

    async def run(self, context: GoalContext, suggesters: Sequence[Suggester]) -> HoleReport:
        """Searches until a proof is certified, candidates or budget are used up.  A dead prover ends in ERROR."""
        if self._hole.state is None:
            reason = "Lean did not reach this hole: an error comes before it"
            return HoleReport(self._hole, Status.ERROR, message=reason)
        clock = _Clock(self._budget.seconds)
        try:
            proof = await self._search(context, suggesters, clock)
        except ProverError as error:
            return self._report(Status.ERROR, clock, message=str(error))
        if proof is not None:
            return self._report(Status.PROVED, clock, proof)
        return self._report(Status.OPEN, clock, message=self._why_not(clock))

    def _report(
        self, status: Status, clock: _Clock, proof: Proof | None = None, message: str | None = None
    ) -> HoleReport:
        return HoleReport(self._hole, status, proof, len(self._attempts), clock.spent, message, tuple(self._attempts))

    def _why_not(self, clock: _Clock) -> str:
        late = sum(1 for a in self._attempts if isinstance(a.outcome, TimedOut))
        refused = sum(1 for a in self._attempts if a.refusal is not None)
        parts = [f"{len(self._attempts)} candidates tried, none proves it"]
        if late:
            parts.append(f"{late} did not end within their limit")
        if refused:
            parts.append(f"{refused} closed the goal and were refused")
        if clock.left <= 0:
            parts.append("the budget is used up")
        return "; ".join(parts)

    async def _search(self, context: GoalContext, suggesters: Sequence[Suggester], clock: _Clock) -> Proof | None:
        async with aclosing(_merged(context, suggesters)) as batches:
            async for batch in batches:
                if clock.left <= 0:
                    return None
                proof = await self._try_batch(batch, clock)
                if proof is None and self._again:
                    again, self._again = self._again, []
                    proof = await self._try_batch(again, clock)
                if proof is not None:
                    return await self._shortened(proof, clock)
                if self._refusals >= _MAX_REFUSALS:
                    return None
        return None

    async def _try_batch(self, batch: Sequence[Candidate], clock: _Clock) -> Proof | None:
        start = 0
        while start < len(batch) and clock.left > 0:
            # A candidate may not outlive the hole's own budget.
            limits = replace(self._budget.candidate, seconds=max(0.05, min(self._budget.candidate.seconds, clock.left)))
            closed = await self._first_closed(batch[start:], limits, clock)
            if closed is None:
                return None
            start += closed.candidate + 1
            proof = await self._prove(batch[start - 1], closed)
            if proof is not None or self._refusals >= _MAX_REFUSALS:
                return proof
        return None

    async def _first_closed(self, batch: Sequence[Candidate], limits: Limits, clock: _Clock) -> Closed | None:
        """Runs candidates until one closes the goal; None when none does or the time is up."""
        assert self._hole.state is not None
        async with aclosing(self._prover.try_(self._hole.state, [c.text for c in batch], limits)) as stream:
            async for outcome in stream:
                if isinstance(outcome, Closed):
                    return outcome
                candidate = batch[outcome.candidate]
                self._note(candidate, outcome)
                if isinstance(outcome, Fault) and candidate.text not in self._retried:
                    self._retried.add(candidate.text)
                    self._again.append(candidate)
                if clock.left <= 0:
                    return None
        return None

    def _note(self, candidate: Candidate, outcome: Outcome, refusal: str | None = None) -> None:
        attempt = Attempt(candidate, outcome, refusal)
        self._attempts.append(attempt)
        if self._watcher is not None:
            self._watcher(Tried(self._hole, attempt))

    async def _prove(self, candidate: Candidate, outcome: Closed) -> Proof | None:
        """Makes a proof of a candidate that closed the goal, preferring what it says would do as well."""
        for text in outcome.replacements:
            better = Candidate(text, candidate.score, candidate.origin)
            if (proof := await self._certified(better)) is not None:
                self._note(candidate, outcome)
                return proof
        # A search command is not left in the file: where what it found does not hold up, it proves nothing.
        if outcome.replacements:
            self._refusals += 1
            self._note(candidate, outcome, "what it found does not check by itself")
            return None
        proof, refusal = await self._certify(candidate)
        if proof is None:
            self._refusals += 1
        self._note(candidate, outcome, refusal)
        return proof

    async def _certified(self, candidate: Candidate) -> Proof | None:
        proof, _ = await self._certify(candidate)
        return proof

    async def _certify(self, candidate: Candidate) -> tuple[Proof | None, str | None]:
        edit = edit_for(self._data, self._hole, candidate.text)
        certificate = await self._prover.certify(
            self._document, self._hole.command, [edit], complete=self._alone, seconds=10.0
        )
        refusal = self._policy.refusal(certificate)
        if refusal is not None:
            return None, refusal
        return Proof(candidate.text, edit, certificate.axioms, candidate.origin, certificate.borrowed), None

    async def _shortened(self, proof: Proof, clock: _Clock) -> Proof:
        """Drops what a proof does not need: items of simp sets, alternatives of a `first`, trailing steps."""
        deadline = min(clock.left, 1.5)
        if deadline <= 0:
            return proof
        small = _Clock(deadline)
        current = proof
        improved = True
        while improved and small.left > 0:
            improved = False
            for text in _shorter(current.text):
                if small.left <= 0:
                    break
                if await self._closes(text) and (better := await self._certified(replace_text(current, text))):
                    current, improved = better, True
                    break
        return current

    async def _closes(self, text: str) -> bool:
        assert self._hole.state is not None
        async with aclosing(self._prover.try_(self._hole.state, [text], self._budget.candidate)) as stream:
            async for outcome in stream:
                return isinstance(outcome, Closed) and not outcome.replacements
        return False


def replace_text(proof: Proof, text: str) -> Candidate:
    """A candidate with another text and the proof's origin."""
    return Candidate(text, 0.0, proof.origin)


def _shorter(text: str) -> Iterable[str]:
    """Texts that say less than ``text``, the boldest cut first."""
    # One alternative of a closing `first | a | b` instead of all of them.
    if (start := text.rfind("(first | ")) >= 0 and text.endswith(")"):
        head, body = text[:start], text[start + len("(first | ") : -1]
        for alternative in body.split(" | "):
            plain = alternative.removeprefix("(").removesuffix("; done)").removesuffix(")")
            yield f"{head}{plain}" if ";" not in plain else f"{head}({plain})"
    pieces = text.split(" <;> ")
    if len(pieces) > 1:
        yield " <;> ".join(pieces[:-1])
    for match in _ITEMS.finditer(text):
        items = [x.strip() for x in match[1].split(",")]
        if len(items) == 1:
            yield (text[: match.start()].rstrip() + text[match.end() :]).strip()
        else:
            for place in range(len(items)):
                rest = ", ".join(items[:place] + items[place + 1 :])
                yield f"{text[: match.start()]}[{rest}]{text[match.end() :]}"


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """``data`` with edits made that do not overlap."""
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        data = data[: edit.start] + edit.text.encode("utf-8", "surrogatepass") + data[edit.end :]
    return data
