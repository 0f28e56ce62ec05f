"""What every prover behind the seam does, whichever it is.

A back-end derives from :class:`ProverContract` and gives its :class:`Material`; no test is changed for it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import psutil
import pytest

from unsorry.errors import ProverError
from unsorry.provers.seam import (
    Certificate,
    Closed,
    Command,
    Document,
    Edit,
    Fault,
    Hole,
    HoleKind,
    Limits,
    Outcome,
    Progress,
    Prover,
    Refused,
    Rejected,
    Snapshot,
    StateHandle,
    TimedOut,
)

#: For candidates that end by themselves; generous, for a busy machine must not turn a no into a timeout.
PATIENT = Limits(seconds=20.0)

#: How long a prover may take to be ready for the next request after a cancelled one, in seconds.
READY_SECONDS = 6.0


#: Stands for the cursor, and in no prover's language.
CURSOR = "¦"


@dataclass(frozen=True, slots=True)
class Material:
    """Texts in a prover's language.  A ``{name}`` in a statement is where its name goes, and ``{hole}`` its proof."""

    uri: str
    #: A true statement with its hole, and its target as the prover prints it.
    provable: str
    target: str
    closing: str
    #: Not a proof of it.
    failing: str
    #: One step, how many goals it leaves, and candidates that finish from there one after another.
    progress: str
    progress_goals: int
    finishing: tuple[str, ...]
    #: A statement, a step that leaves two goals of it, and what proves each of these by itself but not the other.
    two_goals: str
    split: str
    apart: tuple[str, str]
    #: A proof of it with a hole for each of two goals, and what proves these in the order in which they are left.
    skeleton: str
    owed: tuple[str, str]
    #: A text that tells a tactic two facts, then with either of them alone, then with none.
    told: tuple[str, str, str, str]
    #: A false statement, which every one of these is tried on.
    false: str
    #: Claims to close any goal.
    cheat: str
    #: Leaves the proof and says something of its own.
    escaping: str
    #: Puts a hole in the place of the hole.
    sorry: str
    #: Runs for longer than a minute on the false statement, if it is let.
    slow: str
    slow_limits: Limits
    #: Complete text of something proved, and with an error in its proof.
    proved: str
    broken: str
    #: The word for a hole, and a comment with characters of one to four bytes.
    hole: str = "sorry"
    comment: str = "-- aä𝔓→ keeps the places honest\n"

    def open_text(self, name: str, statement: str) -> str:
        """A statement with its hole."""
        return statement.format(name=name, hole=self.hole)


async def collect(prover: Prover, state: StateHandle, candidates: Sequence[str], limits: Limits) -> list[Outcome]:
    """All outcomes."""
    async with outcomes(prover, state, candidates, limits) as stream:
        return [outcome async for outcome in stream]


@asynccontextmanager
async def outcomes(
    prover: Prover, state: StateHandle, candidates: Sequence[str], limits: Limits
) -> AsyncGenerator[AsyncIterator[Outcome]]:
    """The stream of outcomes, closed at the end as every user of it has to."""
    async with aclosing(prover.try_(state, candidates, limits)) as stream:
        yield stream


def state_of(hole: Hole) -> StateHandle:
    """The state of a hole that was reached."""
    assert hole.state is not None
    return hole.state


def processes() -> set[int]:
    """This process's children."""
    return {p.pid for p in psutil.Process().children(recursive=True)}


@pytest.mark.asyncio(loop_scope="class")
class ProverContract:
    """The contract."""

    material: ClassVar[Material]
    #: Can it tell goals where no hole is written?
    probes: ClassVar[bool] = True
    _numbers: ClassVar = itertools.count(1)

    @classmethod
    def make(cls) -> Prover:
        """A prover that was not started yet."""
        raise NotImplementedError

    @classmethod
    async def kill(cls, prover: Prover) -> None:
        """Ends the prover's process from outside, and waits until it is gone."""
        raise NotImplementedError

    @classmethod
    async def elaborated(cls, prover: Prover) -> int | None:
        """How many commands the prover itself has counted, if it counts."""
        return None

    # Helpers

    def snapshot(self, text: str) -> Snapshot:
        """A buffer that no other test has."""
        return Snapshot(self.material.uri.format(f"contract{next(self._numbers)}"), 1, text)

    async def open(self, prover: Prover, statement: str, name: str = "subject") -> tuple[Document, Hole]:
        """Opens one statement behind a comment, and gives its hole."""
        text = self.material.comment + self.material.open_text(name, statement)
        document = await prover.open(self.snapshot(text))
        (hole,) = document.holes
        return document, hole

    async def certify(self, prover: Prover, document: Document, hole: Hole, text: str) -> Certificate:
        """Certifies a text in the place of a hole."""
        return await prover.certify(document, hole.command, [Edit(hole.start, hole.end, text)], seconds=20.0)

    def half_typed(self, word: str, name: str = "subject") -> tuple[str, int, int]:
        """A statement whose proof is this word and no more, and where it stands."""
        before, after = self.material.provable.format(name=name, hole=CURSOR).split(CURSOR)
        before = self.material.comment + before
        return before + word + after, len(before.encode()), len((before + word).encode())

    async def _kill_soon(self, prover: Prover) -> None:
        await asyncio.sleep(0.2)
        await self.kill(prover)

    # Documents

    async def test_open_gives_holes_with_goals_and_places(self, prover: Prover) -> None:
        m = self.material
        first, second = m.open_text("first", m.provable), m.open_text("second", m.false)
        text = m.comment + first + m.proved.format(name="between") + m.comment + second
        document = await prover.open(self.snapshot(text))
        data = text.encode()
        assert document.errors == ()
        assert document.complete
        assert document.imported
        assert [data[h.start : h.end].decode() for h in document.holes] == [m.hole, m.hole]
        assert [h.start for h in document.holes] == [data.index(m.hole.encode()), data.rindex(m.hole.encode())]
        assert [h.declaration for h in document.holes] == ["first", "second"]
        assert [h.kind for h in document.holes] == [HoleKind.TACTIC, HoleKind.TACTIC]
        assert [len(h.goals) for h in document.holes] == [1, 1]
        assert document.holes[0].goals[0].target == m.target
        assert m.target in document.holes[0].goals[0].pretty
        for hole in document.holes:
            command = document.commands[hole.command]
            assert command.index == hole.command
            assert command.start <= hole.start < hole.end <= command.end
            assert state_of(hole).start == hole.start
        named = [c for c in document.commands if c.declarations]
        assert [c.declarations[0].name for c in named] == ["first", "between", "second"]
        assert data[named[0].start : named[0].end].decode() == first.rstrip()
        for command in named:
            statement = data[command.start : command.statement_end].decode()
            assert command.declarations[0].name in statement
            assert command.statement_end < command.end
            assert m.hole not in statement

    async def test_commands_are_told_as_they_come(self, prover: Prover) -> None:
        m = self.material
        told: list[int] = []
        text = "".join(m.proved.format(name=f"told{i}") for i in range(5))
        document = await prover.open(self.snapshot(text), on_command=lambda c: told.append(c.index))
        assert told == [c.index for c in document.commands]

    async def test_an_empty_buffer(self, prover: Prover) -> None:
        document = await prover.open(self.snapshot(""))
        assert (document.holes, document.errors) == ((), ())

    async def test_an_edit_at_the_end_reuses_what_is_before(self, prover: Prover) -> None:
        m = self.material
        fixed = "".join(m.proved.format(name=f"fixed{i}") for i in range(30))
        snapshot = self.snapshot(fixed + m.open_text("last", m.provable))
        document = await prover.open(snapshot)
        total = len(document.commands)
        assert (document.elaborated, document.reused) == (total, 0)
        before = await self.elaborated(prover)
        changed = await prover.open(replace(snapshot, version=2, text=fixed + m.open_text("last", m.false)))
        assert changed.elaborated <= 2
        assert changed.reused >= total - 2
        assert changed.elaborated + changed.reused == len(changed.commands)
        after = await self.elaborated(prover)
        if before is not None and after is not None:
            assert after - before == changed.elaborated
        assert changed.commands[:20] == document.commands[:20]
        assert changed.holes[-1].goals != document.holes[-1].goals
        again = await prover.open(replace(snapshot, version=3, text=changed.snapshot.text))
        assert again.elaborated <= 1
        assert [h.goals for h in again.holes] == [h.goals for h in changed.holes]

    async def test_an_open_goes_on_from_where_it_stopped(self, prover: Prover) -> None:
        m = self.material
        text = "".join(m.proved.format(name=f"part{i}") for i in range(20)) + m.open_text("last", m.provable)
        # Without a line end, the last command ends where the text does.
        snapshot = self.snapshot(text.rstrip())
        place = text.encode().index(b"part5")
        before = await self.elaborated(prover)
        part = await prover.open(snapshot, until=place)
        assert not part.complete
        assert part.commands[-1].end >= place
        assert part.commands[-2].end < place
        assert part.holes == ()
        same = await prover.open(snapshot, until=place)
        assert (same.commands, same.elaborated, same.reused) == (part.commands, 0, len(part.commands))
        assert not same.complete
        told: list[int] = []
        whole = await prover.open(snapshot, on_command=lambda c: told.append(c.index))
        assert whole.complete
        assert whole.commands[: len(part.commands)] == part.commands
        assert (whole.elaborated, whole.reused) == (len(told), len(part.commands))
        assert told == [c.index for c in whole.commands[len(part.commands) :]]
        (hole,) = whole.holes
        again = await prover.open(snapshot, until=place)
        assert (again.commands, again.elaborated, again.complete) == (whole.commands, 0, True)
        after = await self.elaborated(prover)
        if before is not None and after is not None:
            assert after - before == len(whole.commands)
        assert (await self.certify(prover, again, hole, m.closing)).ok

    async def test_a_document_that_is_not_complete_can_be_used(self, prover: Prover) -> None:
        m = self.material
        first = m.open_text("subject", m.provable)
        text = first + "".join(m.proved.format(name=f"later{i}") for i in range(5)) + m.open_text("last", m.provable)
        document = await prover.open(self.snapshot(text), until=len(first.encode()) // 2)
        (hole,) = document.holes
        (outcome,) = await collect(prover, state_of(hole), [m.closing], PATIENT)
        assert isinstance(outcome, Closed)
        assert (await self.certify(prover, document, hole, m.closing)).ok
        beyond = Edit(len(text.encode()), len(text.encode()), m.closing)
        assert not (await prover.certify(document, 6, [beyond])).ok
        assert await prover.goals(document, len(text.encode())) is None

    async def test_a_hole_before_the_edit_keeps_its_state(self, prover: Prover) -> None:
        m = self.material
        fixed = m.open_text("kept", m.provable) + "".join(m.proved.format(name=f"after{i}") for i in range(3))
        snapshot = self.snapshot(fixed)
        document = await prover.open(snapshot)
        await prover.open(replace(snapshot, version=2, text=fixed + m.proved.format(name="more")))
        (outcome,) = await collect(prover, state_of(document.holes[0]), [m.closing], PATIENT)
        assert isinstance(outcome, Closed)

    async def test_an_error_elsewhere_leaves_the_hole(self, prover: Prover) -> None:
        m = self.material
        broken = m.broken.format(name="broken")
        snapshot = self.snapshot(broken + m.open_text("subject", m.provable) + m.broken.format(name="later"))
        document = await prover.open(snapshot)
        assert len(document.errors) >= 2
        assert document.errors[0].start < len(broken.encode())
        (hole,) = document.holes
        (outcome,) = await collect(prover, state_of(hole), [m.closing], PATIENT)
        assert isinstance(outcome, Closed)
        assert (await self.certify(prover, document, hole, m.closing)).ok

    async def test_goals_at_a_place(self, prover: Prover) -> None:
        """In the place of a hole, of a word half typed, and of nothing."""
        m = self.material
        for word in (m.hole, m.closing[:2], ""):
            text, start, end = self.half_typed(word)
            document = await prover.open(self.snapshot(text + m.proved.format(name="following")))
            found = await prover.goals(document, start, end)
            if found is None:
                assert not self.probes
                continue
            assert (found.kind, found.start, found.end) == (HoleKind.CURSOR, start, end)
            assert found.declaration == "subject"
            assert [g.target for g in found.goals] == [m.target]
            closed, failed = await collect(prover, state_of(found), [m.closing, m.failing], PATIENT)
            assert isinstance(closed, Closed)
            assert isinstance(failed, Rejected)
            certificate = await self.certify(prover, document, found, m.closing)
            assert certificate == replace(certificate, ok=True, reason=None, axioms=(), borrowed=())
            for text in (m.failing, m.sorry, m.cheat, m.escaping, m.closing + m.escaping[len(m.failing) :]):
                certificate = await self.certify(prover, document, found, text)
                assert not certificate.ok
                assert certificate.reason
            again = await prover.open(document.snapshot)
            assert (again.commands, again.elaborated) == (document.commands, 0)

    async def test_no_goals_outside_a_proof(self, prover: Prover) -> None:
        m = self.material
        text = m.comment + m.proved.format(name="done") + m.comment
        document = await prover.open(self.snapshot(text))
        for place in (0, 4, len(m.comment.encode()), len(text.encode()) - 4, len(text.encode())):
            assert await prover.goals(document, place) is None
        assert await prover.goals(await prover.open(self.snapshot("")), 0) is None
        await prover.open(replace(document.snapshot, version=2, text=m.open_text("changed", m.provable)))
        assert await prover.goals(document, len(m.comment.encode())) is None

    # Candidates

    async def test_outcomes_come_in_order_with_their_numbers(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        found = await collect(prover, state_of(hole), [m.closing, m.failing, m.progress, m.cheat, m.closing], PATIENT)
        assert [o.candidate for o in found] == [0, 1, 2, 3, 4]
        assert [type(o) for o in found] == [Closed, Rejected, Progress, Refused, Closed]
        assert all(0 <= o.seconds < PATIENT.seconds for o in found)

    async def test_an_outcome_comes_as_soon_as_it_is_known(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.false)
        begun = time.monotonic()
        async with outcomes(prover, state_of(hole), [m.failing, m.slow], m.slow_limits) as stream:
            first = await anext(stream)
            assert first.candidate == 0
            assert time.monotonic() - begun < READY_SECONDS

    async def test_no_candidates_give_no_outcomes(self, prover: Prover) -> None:
        _, hole = await self.open(prover, self.material.provable)
        assert await collect(prover, state_of(hole), [], PATIENT) == []

    async def test_a_timeout_is_no_rejection(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.false)
        begun = time.monotonic()
        short = replace(m.slow_limits, seconds=0.3)
        slow, failing = await collect(prover, state_of(hole), [m.slow, m.failing], short)
        assert isinstance(slow, TimedOut)
        assert isinstance(failing, Rejected)
        assert time.monotonic() - begun < READY_SECONDS

    async def test_a_rejection_says_why(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        (outcome,) = await collect(prover, state_of(hole), [m.failing], PATIENT)
        assert isinstance(outcome, Rejected)
        assert outcome.message
        brief = replace(PATIENT, explain=False)
        (outcome,) = await collect(prover, state_of(hole), [m.failing], brief)
        assert isinstance(outcome, Rejected)

    async def test_tries_leave_the_state_as_it_is(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        keep = replace(PATIENT, keep_states=True)
        first = await collect(prover, state_of(hole), [m.progress, m.failing, m.closing, m.cheat], keep)
        second = await collect(prover, state_of(hole), [m.progress, m.failing, m.closing, m.cheat], keep)
        assert [type(o) for o in first] == [type(o) for o in second]
        assert isinstance(first[0], Progress)
        assert isinstance(second[0], Progress)
        assert first[0].goals == second[0].goals

    async def test_tries_elaborate_no_command(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        before = await self.elaborated(prover)
        found = await collect(prover, state_of(hole), [m.closing, m.failing] * 16, PATIENT)
        assert [type(o) for o in found] == [Closed, Rejected] * 16
        assert await self.elaborated(prover) == before

    async def test_a_kept_state_goes_on(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        state = state_of(hole)
        keep = replace(PATIENT, keep_states=True)
        (step,) = await collect(prover, state, [m.progress], keep)
        assert isinstance(step, Progress)
        assert len(step.goals) == m.progress_goals
        for text in m.finishing[:-1]:
            assert step.state is not None
            assert step.state.start == hole.start
            (step,) = await collect(prover, step.state, [text], keep)
            assert isinstance(step, Progress)
        assert step.state is not None
        assert [text for _, text in step.state.steps] == [m.progress, *m.finishing[:-1]]
        (last,) = await collect(prover, step.state, [m.finishing[-1]], keep)
        assert isinstance(last, Closed)
        await prover.forget([step.state])
        (again,) = await collect(prover, state, [m.closing], keep)
        assert isinstance(again, Closed)

    async def test_goals_are_proved_apart_and_put_together(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.two_goals)
        keep = replace(PATIENT, keep_states=True)
        (step,) = await collect(prover, state_of(hole), [m.split], keep)
        assert isinstance(step, Progress)
        assert step.state is not None
        assert len(step.goals) == len(m.apart) == 2
        for goal in (1, 0):
            outcomes = await collect(prover, replace(step.state, goal=goal), m.apart, keep)
            # Each text closes its own goal, and the other one is no part of it.
            assert [isinstance(o, Closed) for o in outcomes] == [goal == 0, goal == 1]
        with pytest.raises(ProverError):
            await collect(prover, replace(step.state, goal=2), [m.apart[1]], keep)
        edit = prover.edit(document, hole, prover.compose(m.split, step.goals, m.apart))
        assert (await prover.certify(document, hole.command, [edit])).ok
        edit = prover.edit(document, hole, prover.compose(m.split, step.goals, m.apart[::-1]))
        assert not (await prover.certify(document, hole.command, [edit])).ok

    async def test_the_holes_of_a_proof_are_goals_and_are_filled_in(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.two_goals)
        (refused,) = await collect(prover, state_of(hole), [m.skeleton], replace(PATIENT, keep_states=True))
        assert isinstance(refused, Refused)
        assert prover.opened(m.closing) is None
        assert prover.opened(m.sorry) is None
        step = prover.opened(m.skeleton)
        assert step is not None
        (left,) = await collect(prover, state_of(hole), [step], replace(PATIENT, keep_states=True, holes=True))
        assert isinstance(left, Progress)
        assert left.state is not None
        assert len(left.goals) == 2
        for goal, text in enumerate(m.owed):
            (closed,) = await collect(prover, replace(left.state, goal=goal), [text], PATIENT)
            assert isinstance(closed, Closed)
        whole = prover.compose(step, left.goals, m.owed)
        assert m.hole not in whole
        edit = prover.edit(document, hole, whole)
        assert (await prover.certify(document, hole.command, [edit])).ok
        partly = prover.edit(document, hole, prover.compose(step, left.goals, [m.owed[0], m.sorry]))
        assert partly.text.count(m.hole) == 1
        assert (await prover.sketch(document, hole.command, [partly])).ok
        assert not (await prover.certify(document, hole.command, [partly])).ok

    async def test_facts_are_left_out_one_by_one(self, prover: Prover) -> None:
        both, second, first, none = self.material.told
        assert list(prover.fewer_facts(both)) == [second, first]
        assert list(prover.fewer_facts(second)) == [none]
        assert list(prover.fewer_facts(first)) == [none]
        assert list(prover.fewer_facts(none)) == []

    async def test_without_keep_states_no_handle_is_given(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        (step,) = await collect(prover, state_of(hole), [m.progress], PATIENT)
        assert isinstance(step, Progress)
        assert step.state is None
        assert len(step.goals) == m.progress_goals

    async def test_a_forgotten_state_is_an_error(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.provable)
        (step,) = await collect(prover, state_of(hole), [m.progress], replace(PATIENT, keep_states=True))
        assert isinstance(step, Progress)
        assert step.state is not None
        await prover.forget([step.state, step.state])
        with pytest.raises(ProverError):
            await collect(prover, step.state, [m.failing], PATIENT)

    async def test_cheats_are_no_proofs(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.false)
        found = await collect(prover, state_of(hole), [m.cheat, m.escaping, m.sorry], PATIENT)
        for outcome in found:
            assert isinstance(outcome, Refused | Rejected)
            assert outcome.reason if isinstance(outcome, Refused) else outcome.message
        for text in (m.cheat, m.escaping, m.sorry):
            certificate = await self.certify(prover, document, hole, text)
            assert not certificate.ok
            assert certificate.reason

    # Cancelling

    async def test_a_cancelled_task_leaves_the_prover_ready(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.false)
        task = asyncio.create_task(collect(prover, state_of(hole), [m.slow] * 5, m.slow_limits))
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        _, other = await self.open(prover, m.provable)
        (outcome,) = await collect(prover, state_of(other), [m.closing], PATIENT)
        assert isinstance(outcome, Closed)
        assert time.monotonic() - begun < READY_SECONDS
        (rejected,) = await collect(prover, state_of(hole), [m.failing], PATIENT)
        assert isinstance(rejected, Rejected)

    async def test_a_consumer_that_stops_leaves_the_prover_ready(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.false)
        begun = time.monotonic()
        async with outcomes(prover, state_of(hole), [m.failing, *[m.slow] * 5], m.slow_limits) as stream:
            async for outcome in stream:
                assert outcome.candidate == 0
                break
        (again,) = await collect(prover, state_of(hole), [m.failing], PATIENT)
        assert isinstance(again, Rejected)
        assert time.monotonic() - begun < READY_SECONDS

    async def test_a_cancelled_open_leaves_the_prover_ready(self, prover: Prover) -> None:
        m = self.material
        snapshot = self.snapshot("".join(m.proved.format(name=f"many{i}") for i in range(300)))
        begun = asyncio.Event()
        task = asyncio.create_task(prover.open(snapshot, on_command=lambda _: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        document = await prover.open(replace(snapshot, version=2, text=m.open_text("subject", m.provable)))
        (hole,) = document.holes
        (outcome,) = await collect(prover, state_of(hole), [m.closing], PATIENT)
        assert isinstance(outcome, Closed)

    async def test_what_a_cancelled_open_has_elaborated_is_kept(self, prover: Prover) -> None:
        m = self.material
        text = m.open_text("first", m.provable) + "".join(m.proved.format(name=f"many{i}") for i in range(299))
        snapshot = self.snapshot(text)
        told: list[int] = []
        enough = asyncio.Event()

        def on_command(command: Command) -> None:
            told.append(command.index)
            if len(told) == 5:
                enough.set()

        before = await self.elaborated(prover)
        task = asyncio.create_task(prover.open(snapshot, on_command=on_command))
        await enough.wait()
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < READY_SECONDS
        assert len(told) < 300
        following = text + m.open_text("last", m.provable)
        document = await prover.open(replace(snapshot, version=2, text=following))
        assert document.complete
        assert document.reused >= len(told) - 1
        assert document.elaborated + document.reused == len(document.commands)
        assert [c.index for c in document.commands] == list(range(len(document.commands)))
        after = await self.elaborated(prover)
        if before is not None and after is not None:
            assert after - before <= len(document.commands) + 2
        assert [h.declaration for h in document.holes] == ["first", "last"]
        for hole in document.holes:
            (outcome,) = await collect(prover, state_of(hole), [m.closing], PATIENT)
            assert isinstance(outcome, Closed)
            assert (await self.certify(prover, document, hole, m.closing)).ok

    async def test_calls_side_by_side_are_answered_one_after_another(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.provable)
        state = state_of(hole)
        one, two, certificate = await asyncio.gather(
            collect(prover, state, [m.closing, m.failing] * 3, PATIENT),
            collect(prover, state, [m.failing, m.closing] * 3, PATIENT),
            self.certify(prover, document, hole, m.closing),
        )
        assert [type(o) for o in one] == [Closed, Rejected] * 3
        assert [type(o) for o in two] == [Rejected, Closed] * 3
        assert certificate.ok

    # Proofs

    async def test_a_proof_is_certified(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.provable)
        certificate = await self.certify(prover, document, hole, m.closing)
        assert certificate == replace(certificate, ok=True, reason=None, axioms=(), borrowed=())

    async def test_what_proves_nothing_is_not_certified(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.provable)
        for text in (m.failing, m.progress, m.sorry):
            certificate = await self.certify(prover, document, hole, text)
            assert not certificate.ok
            assert certificate.reason

    async def test_a_text_with_a_hole_holds_as_a_sketch_and_is_never_certified(self, prover: Prover) -> None:
        document, hole = await self.open(prover, self.material.provable)
        edit = prover.edit(document, hole, self.material.sorry)
        for complete in (True, False):
            assert not (await prover.certify(document, hole.command, [edit], complete=complete, seconds=20.0)).ok
        assert (await prover.sketch(document, hole.command, [edit], seconds=20.0)).ok
        wrong = prover.edit(document, hole, self.material.failing)
        assert not (await prover.sketch(document, hole.command, [wrong], seconds=20.0)).ok

    async def test_a_certificate_has_a_time_limit(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.false)
        begun = time.monotonic()
        edit = Edit(hole.start, hole.end, m.slow)
        certificate = await prover.certify(document, hole.command, [edit], seconds=0.5)
        assert time.monotonic() - begun < READY_SECONDS
        assert not certificate.ok
        assert "time limit" in (certificate.reason or "")

    async def test_a_changed_statement_is_not_certified(self, prover: Prover) -> None:
        m = self.material
        text = m.open_text("subject", m.false)
        document = await prover.open(self.snapshot(text))
        (hole,) = document.holes
        command = document.commands[hole.command]
        easier = m.provable.format(name="subject", hole=m.closing).rstrip()
        edit = Edit(command.start, command.end, easier)
        certificate = await prover.certify(document, hole.command, [edit], seconds=20.0)
        assert not certificate.ok
        assert certificate.reason

    async def test_another_name_is_not_certified(self, prover: Prover) -> None:
        m = self.material
        document = await prover.open(self.snapshot(m.open_text("subject", m.provable)))
        (hole,) = document.holes
        command = document.commands[hole.command]
        edit = Edit(command.start, command.end, m.provable.format(name="renamed", hole=m.closing).rstrip())
        certificate = await prover.certify(document, hole.command, [edit], seconds=20.0)
        assert not certificate.ok
        assert certificate.reason

    async def test_a_document_that_has_changed_is_not_certified(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.provable)
        snapshot = document.snapshot
        await prover.open(replace(snapshot, version=2, text=m.comment + snapshot.text))
        certificate = await self.certify(prover, document, hole, m.closing)
        assert not certificate.ok
        assert certificate.reason

    async def test_certifying_changes_nothing(self, prover: Prover) -> None:
        m = self.material
        document, hole = await self.open(prover, m.provable)
        assert (await self.certify(prover, document, hole, m.closing)).ok
        assert not (await self.certify(prover, document, hole, m.failing)).ok
        again = await prover.open(document.snapshot)
        assert [(h.start, h.end, h.goals) for h in again.holes] == [(h.start, h.end, h.goals) for h in document.holes]

    async def test_axioms_tell_what_is_still_open(self, prover: Prover) -> None:
        m = self.material
        text = m.proved.format(name="done") + m.open_text("owed", m.provable)
        found = {a.name: a for a in await prover.axioms(await prover.open(self.snapshot(text)))}
        assert found["done"].axioms == ()
        assert found["owed"].axioms != ()
        assert found["owed"].start == len(m.proved.format(name="done").encode())

    async def test_premises_of_the_text_are_those_before_the_place(self, prover: Prover) -> None:
        m = self.material
        rest = m.open_text("here", m.provable) + m.proved.format(name="below")
        text = m.proved.format(name="above") + rest
        document = await prover.open(self.snapshot(text))
        (hole,) = document.holes
        (above,) = await prover.premises(state_of(hole))
        assert above.name.rsplit(".", 1)[-1] == "above"
        assert (above.module, above.statement) == (None, None)
        (stated,) = await prover.stated(state_of(hole), [above])
        assert stated is not None
        assert stated.statement
        below = replace(above, name=above.name.replace("above", "below"))
        assert await prover.stated(state_of(hole), [below]) == (None,)
        # One that is written now is there at once.
        more = m.proved.format(name="newest") + rest
        document = await prover.open(replace(document.snapshot, version=2, text=m.proved.format(name="above") + more))
        found = await prover.premises(state_of(document.holes[0]))
        assert [p.name.rsplit(".", 1)[-1] for p in found] == ["above", "newest"]

    async def test_imported_premises_come_by_library(self, prover: Prover) -> None:
        _, hole = await self.open(prover, self.material.provable)
        libraries = await prover.libraries(state_of(hole))
        assert 0 < len(libraries) == len(set(libraries))
        assert libraries == await prover.libraries(state_of(hole))
        found = [p for library in libraries[:6] for p in await prover.premises(state_of(hole), library)]
        assert all(p.module is not None for p in found)
        assert any(p.symbols for p in found)
        chosen = [p for p in found if p.symbols][:3]
        stated = await prover.stated(state_of(hole), chosen)
        assert [p and p.module for p in stated] == [p.module for p in chosen]
        assert all(p is not None and p.statement for p in stated)

    # Documents and memory let go

    async def test_a_closed_document_is_not_open(self, prover: Prover) -> None:
        document, hole = await self.open(prover, self.material.provable)
        await prover.close_document(document.snapshot.uri)
        await prover.close_document(document.snapshot.uri)
        with pytest.raises(ProverError):
            await prover.axioms(document)
        with pytest.raises(ProverError):
            await collect(prover, state_of(hole), [self.material.closing], PATIENT)

    async def test_the_time_it_works_is_counted(self, prover: Prover) -> None:
        m = self.material
        _, hole = await self.open(prover, m.false)
        before = prover.busy
        await collect(prover, state_of(hole), [m.slow], replace(m.slow_limits, seconds=0.3))
        after = prover.busy
        assert 0.2 <= after - before < READY_SECONDS
        await asyncio.sleep(0.2)
        assert prover.busy == after
        task = asyncio.create_task(collect(prover, state_of(hole), [m.slow], m.slow_limits))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cancelled = prover.busy
        assert 0.1 <= cancelled - after < READY_SECONDS
        await asyncio.sleep(0.1)
        assert prover.busy == cancelled

    async def test_memory_and_name(self, prover: Prover) -> None:
        assert await prover.memory() > 0
        assert prover.info.prover
        assert prover.info.version

    # Death

    async def test_death_and_recovery(self, own: Prover) -> None:
        """One prover through all of them, for each start takes seconds."""
        m = self.material
        there = processes()
        document, hole = await self.open(own, m.provable)
        state = state_of(hole)
        keep = replace(PATIENT, keep_states=True)
        (step,) = await collect(own, state, [m.progress], keep)
        assert isinstance(step, Progress)
        _, two = await self.open(own, m.two_goals, "two")
        (parts,) = await collect(own, state_of(two), [m.split], keep)
        assert isinstance(parts, Progress)
        text, start, end = self.half_typed(m.closing[:2], "half")
        half = await own.open(self.snapshot(text))
        cursor = await own.goals(half, start, end)

        # Between two requests: the next one works, also on a state that had been kept.
        await self.kill(own)
        assert step.state is not None
        (after,) = await collect(own, step.state, [m.finishing[0]], keep)
        assert isinstance(after, Progress if len(m.finishing) > 1 else Closed)
        assert parts.state is not None
        (apart,) = await collect(own, replace(parts.state, goal=1), [m.apart[1]], keep)
        assert isinstance(apart, Closed)
        assert (await self.certify(own, document, hole, m.closing)).ok
        assert (cursor is not None) == self.probes
        if cursor is not None:
            (outcome,) = await collect(own, state_of(cursor), [m.closing], PATIENT)
            assert isinstance(outcome, Closed)
            assert (await self.certify(own, half, cursor, m.closing)).ok

        # In the middle of a candidate: it is a fault, and the others get their turn.
        false_document, false_hole = await self.open(own, m.false)
        candidates = [m.failing, m.slow, m.failing]
        async with outcomes(own, state_of(false_hole), candidates, m.slow_limits) as stream:
            found = [await anext(stream)]
            killing = asyncio.create_task(self._kill_soon(own))
            found += [outcome async for outcome in stream]
        await killing
        assert [(o.candidate, type(o)) for o in found] == [(0, Rejected), (1, Fault), (2, Rejected)]
        fault = found[1]
        assert isinstance(fault, Fault)
        assert fault.reason

        # While it certifies: no proof, with a reason; and then a proof.
        certifying = asyncio.create_task(
            own.certify(
                false_document, false_hole.command, [Edit(false_hole.start, false_hole.end, m.slow)], seconds=60.0
            )
        )
        await asyncio.sleep(0.3)
        await self.kill(own)
        certificate = await certifying
        assert not certificate.ok
        assert certificate.reason
        assert (await self.certify(own, document, hole, m.closing)).ok

        await own.close()
        await own.close()
        assert processes() <= there
        assert await own.memory() == 0
        with pytest.raises(ProverError):
            await own.open(self.snapshot(""))

    async def test_closing_one_that_never_ran(self, own: Prover) -> None:
        assert await own.memory() == 0
        await own.close()
        await own.close()

    async def test_closing_while_it_is_started(self, own: Prover) -> None:
        there = processes()
        opening = asyncio.create_task(own.open(self.snapshot("")))
        # It is under way, and there is no process yet that could be ended.
        await asyncio.sleep(0)
        await own.close()
        await asyncio.wait([opening])
        assert opening.exception() is None or isinstance(opening.exception(), ProverError)
        assert processes() <= there

    async def test_closing_in_the_middle(self, own: Prover) -> None:
        m = self.material
        there = processes()
        _, hole = await self.open(own, m.false)
        task = asyncio.create_task(collect(own, state_of(hole), [m.slow], m.slow_limits))
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        await own.close()
        assert time.monotonic() - begun < READY_SECONDS
        await asyncio.wait([task])
        # It may still tell of the candidate that was under way.
        assert isinstance(task.exception(), ProverError) or all(isinstance(o, Fault) for o in task.result())
        assert processes() <= there
