"""The interactive round: candidates for one hole, verified as they come, until one is certified.

The prover says what closes the goal; only :meth:`~unsorry.provers.seam.Prover.certify` and the trust gate make it a
proof.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from unsorry.engine.insertion import edit_for
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.report import Attempt, Effort, HoleReport, Proof, Status
from unsorry.engine.trust import Policy
from unsorry.errors import ProverError
from unsorry.provers.seam import Closed, Document, Edit, Fault, Hole, Limits, Outcome, Prover, TimedOut
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

_log = logging.getLogger(__name__)

#: How many candidates go to the prover in one request.  The prover takes them one after another and can be stopped
#: between any two, so this only bounds how long a better candidate that turns up later has to wait.
_BATCH = 16

#: How long the check of a whole declaration may take, in seconds.
_CERTIFY_SECONDS = 10.0

#: How long a proof that was found may be made shorter for, in seconds.
_SHORTEN_SECONDS = 1.5

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
    """The time left of a budget.  It runs inside a `with` block only: a search that was paused loses nothing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._before = 0.0
        self._start: float | None = None

    def __enter__(self) -> None:
        self._start = asyncio.get_running_loop().time()

    def __exit__(self, *_: object) -> None:
        self._before, self._start = self.spent, None

    def limit(self, seconds: float) -> None:
        """No more than this from now on."""
        self._seconds = min(self._seconds, self.spent + seconds)

    @property
    def left(self) -> float:
        return self._seconds - self.spent

    @property
    def spent(self) -> float:
        if self._start is None:
            return self._before
        return self._before + asyncio.get_running_loop().time() - self._start


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
    """The search for a proof of one hole in one document.

    It can be paused between any two candidates and goes on where it was, so that a hole which the user turns to does
    not wait for one that nobody looks at.
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
        urgency: Urgency = Urgency.SEARCH,
        known: Sequence[Candidate] = (),
        borrowing: bool = True,
        pause: Callable[[], bool] | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        """Nothing runs before :meth:`run`.

        ``known`` proved this hole in an earlier text and are certified before anything else is tried.  Without
        ``borrowing`` a proof that uses an earlier theorem which is still open is kept as a conditional one, and the
        search goes on.  ``pause`` is asked after each candidate.
        """
        self._lane = lane
        self._document = document
        self._hole = hole
        self._policy = policy
        self._budget = budget
        self._urgency = urgency
        self._known = list(known)
        self._borrowing = borrowing
        self._pause = pause
        self._watcher = watcher
        self._cause = f"{hole.declaration or 'a hole'} in {document.snapshot.uri}"
        self._data = document.snapshot.text.encode("utf-8", "surrogatepass")
        self._batches = _merged(context, suggesters)
        self._queue: list[Candidate] = []
        self._clock = _Clock(budget.seconds)
        self._attempts: list[Attempt] = []
        self._proofs: list[Proof] = []
        self._conditional: Proof | None = None
        self._effort: Effort | None = None
        self._busy = 0.0
        self._certified_in = 0.0
        self._refusals = 0
        # Candidates under way when the prover died: it may not have been their doing, so each gets another turn.
        self._again: list[Candidate] = []
        self._retried: set[str] = set()
        # Other holes in the same command stay open while this one is filled.
        self._alone = all(h.start == hole.start for h in document.commands[hole.command].holes)
        self._exhausted = False
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

    async def run(self) -> HoleReport | None:
        """Searches until as many proofs as wanted are certified, or candidates or budget are used up.

        None when it paused: calling it again goes on.  A prover that can't be brought back ends in ERROR.
        """
        if self._hole.state is None:
            reason = "the prover did not reach this hole: an error comes before it"
            return HoleReport(self._hole, Status.ERROR, message=reason)
        with self._clock:
            try:
                paused = await self._search()
            except ProverError as error:
                return self.report(Status.ERROR, str(error))
        if paused:
            return None
        return self.report()

    def report(self, status: Status | None = None, message: str | None = None) -> HoleReport:
        """What there is so far."""
        if status is None:
            status = Status.PROVED if self._proofs else Status.OPEN
        if status is Status.OPEN and message is None:
            message = self._why_not()
        return HoleReport(
            self._hole,
            status,
            self._proofs[0] if self._proofs else None,
            len(self._attempts),
            self._clock.spent,
            message,
            tuple(self._attempts),
            alternatives=tuple(self._proofs[1:]),
            conditional=self._conditional,
            effort=self._effort,
        )

    async def shorten(self) -> HoleReport:
        """Makes the first proof shorter where that can be done in little time, and reports."""
        if self._proofs:
            with self._clock:
                try:
                    self._proofs[0] = await self._shortened(self._proofs[0])
                except ProverError as error:
                    _log.warning("a proof could not be shortened: %s", error)
        return self.report()

    def rebase(self, document: Document) -> None:
        """Goes on in a newer version of the text, in which everything up to the hole's command is the same."""
        self._document = document
        self._data = document.snapshot.text.encode("utf-8", "surrogatepass")

    def look_for_more(self, proofs: int, seconds: float) -> None:
        """Lets the next :meth:`run` look for further proofs, for no longer than this."""
        self.wanted = len(self._proofs) + proofs
        self._clock.limit(seconds)

    async def aclose(self) -> None:
        """Ends the suggesters' work.  Calling it twice is fine."""
        await self._batches.aclose()

    def _why_not(self) -> str:
        late = sum(1 for a in self._attempts if isinstance(a.outcome, TimedOut))
        refused = sum(1 for a in self._attempts if a.refusal is not None)
        parts = [f"{len(self._attempts)} candidates tried, none proves it"]
        if late:
            parts.append(f"{late} did not end within their limit")
        if refused:
            parts.append(f"{refused} closed the goal and were refused")
        if self._clock.left <= 0:
            parts.append("the budget is used up")
        return "; ".join(parts)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[Prover]:
        async with self._lane.turn(self._urgency, self._cause) as prover:
            before = prover.busy
            try:
                yield prover
            finally:
                self._busy += prover.busy - before

    @property
    def _done(self) -> bool:
        return len(self._proofs) >= self.wanted or self._clock.left <= 0 or self._refusals >= _MAX_REFUSALS

    async def _search(self) -> bool:
        """True when it paused."""
        while self._known and not self._done:
            proof, _ = await self._certify(self._known[0])
            candidate = self._known.pop(0)
            if proof is not None:
                self._found(candidate, Closed(0, 0.0), proof)
        while not self._done:
            if self._pause is not None and self._pause():
                return True
            if not self._queue and not await self._refill():
                break
            closed = await self._first_closed()
            if closed is not None:
                await self._prove(*closed)
        return False

    async def _refill(self) -> bool:
        """Gets the next candidates; False when there are no more."""
        if self._again:
            self._queue, self._again = self._again, []
            return True
        if not self._exhausted:
            self._queue = await anext(self._batches, list[Candidate]())
            self._exhausted = not self._queue
        return bool(self._queue)

    async def _first_closed(self) -> tuple[Candidate, Closed] | None:
        """Runs candidates until one closes the goal; None when none does, time is up or somebody else is to go on."""
        assert self._hole.state is not None
        # A candidate may not outlive the hole's own budget.
        seconds = max(0.05, min(self._budget.candidate.seconds, self._clock.left))
        limits = replace(self._budget.candidate, seconds=seconds)
        batch = list(self._queue)
        async with (
            self._turn() as prover,
            aclosing(prover.try_(self._hole.state, [c.text for c in batch], limits)) as stream,
        ):
            async for outcome in stream:
                candidate = batch[outcome.candidate]
                # What had its turn is not tried again when the search goes on, whatever ends it now.
                self._queue = batch[outcome.candidate + 1 :]
                if isinstance(outcome, Closed):
                    return candidate, outcome
                self._note(candidate, outcome)
                if isinstance(outcome, Fault) and candidate.text not in self._retried:
                    self._retried.add(candidate.text)
                    self._again.append(candidate)
                if self._clock.left <= 0 or self._lane.wanted(self._urgency) or (self._pause and self._pause()):
                    return None
        self._queue = []
        return None

    def _note(self, candidate: Candidate, outcome: Outcome, refusal: str | None = None) -> None:
        attempt = Attempt(candidate, outcome, refusal)
        self._attempts.append(attempt)
        if self._watcher is not None:
            self._watcher(Tried(self._hole, attempt))

    def _found(self, candidate: Candidate, outcome: Closed, proof: Proof) -> None:
        self._note(candidate, outcome)
        if all(proof.text != p.text for p in self._proofs):
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
        if proof is None:
            self._refusals += 1
            self._note(candidate, outcome, refusal)
        else:
            self._found(candidate, outcome, proof)

    async def _certify(self, candidate: Candidate) -> tuple[Proof | None, str | None]:
        edit = edit_for(self._data, self._hole, candidate.text)
        # The check may outlast the budget a little, for a proof is nearly there, but not by much.
        seconds = min(_CERTIFY_SECONDS, max(0.5, self._clock.left))
        async with self._turn() as prover:
            before = prover.busy
            certificate = await prover.certify(
                self._document, self._hole.command, [edit], complete=self._alone, seconds=seconds
            )
            self._certified_in = prover.busy - before
        refusal = self._policy.refusal(certificate)
        if refusal is not None:
            return None, refusal
        proof = Proof(candidate.text, edit, certificate.axioms, candidate.origin, certificate.borrowed)
        if proof.borrowed and not self._borrowing:
            self._conditional = self._conditional or proof
            return None, f"it uses {', '.join(proof.borrowed)}, still open itself"
        return proof, None

    async def _shortened(self, proof: Proof) -> Proof:
        """Drops what a proof does not need: items of simp sets, alternatives of a `first`, trailing steps."""
        small = _Clock(min(self._clock.left, _SHORTEN_SECONDS))
        current = proof
        improved = True
        with small:
            while improved:
                improved = False
                for text in _shorter(current.text):
                    if small.left <= 0 or self._lane.wanted(self._urgency):
                        return current
                    if not await self._closes(text):
                        continue
                    better, _ = await self._certify(Candidate(text, 0.0, proof.origin))
                    if better is not None:
                        current, improved = better, True
                        break
        return current

    async def _closes(self, text: str) -> bool:
        assert self._hole.state is not None
        async with (
            self._turn() as prover,
            aclosing(prover.try_(self._hole.state, [text], self._budget.candidate)) as stream,
        ):
            async for outcome in stream:
                return isinstance(outcome, Closed) and not outcome.replacements
        return False


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
