"""A session: what is shown after each change, and how little is done for it."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from engine.sessions import PATIENCE, Says, at_work, quick, really_proved, soon
from unsorry.engine.attempts import Tried
from unsorry.engine.entries import SupersededError
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.report import Status
from unsorry.engine.session import Session
from unsorry.engine.views import Phase, Stage
from unsorry.errors import NotInstalledError, UnsorryError
from unsorry.provers import fake as fake_prover
from unsorry.provers.fake import ANY, Closes, Dies, FakeProver, Hangs, Leaves, Script, Step
from unsorry.provers.seam import Certificate, Command, Document, Edit, Snapshot
from unsorry.suggesters.seam import Candidate, GoalContext

SCRIPT: Script = {"A": {"a": Closes()}, "B": {"b": Closes()}, "C": {}, ANY: {"one": Closes(), "two": Closes()}}
THREE = "theorem one : A := by\n  sorry\n\ntheorem two : B := by\n  sorry\n\ntheorem three : C := by\n  sorry\n"


def prover(script: Script = SCRIPT, *, seconds_per_command: float = 0.0) -> FakeProver:
    return FakeProver(script, seconds_per_command=seconds_per_command)


async def test_holes_are_proved_and_it_comes_to_rest() -> None:
    fake = prover()
    async with at_work(fake, THREE, Says("x", "a", "b")) as rig:
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}
        assert rig.hole("three").stage is Stage.OPEN
        assert rig.session.view.phase is Phase.IDLE
        assert [v.phase for v in rig.views][-1] is Phase.IDLE
        assert rig.session.cause == "opened"
        report = rig.hole("one").report
        assert report is not None
        assert report.timings is not None
        assert report.effort is not None
        await really_proved(prover, rig.session.view)


@pytest.mark.parametrize("anew", [False, True], ids=["kept", "read anew"])
async def test_what_a_text_depends_on_may_have_changed(anew: bool) -> None:
    fake, says = prover(), Says("a", "b")
    async with at_work(fake, THREE, says) as rig:
        await rig.settle()
        counts = replace(fake.counts)
        if anew:
            # As where the imports have changed, all that was read is of no use.
            fake.die()
        rig.session.look_again("another file changed")
        assert rig.session.view.holes == ()  # until it is known whether they still hold
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}
        assert rig.hole("three").stage is Stage.OPEN
        assert fake.counts.opens > counts.opens
        assert (fake.counts.elaborated - counts.elaborated, says.asked.count("three")) == ((3, 2) if anew else (0, 1))


async def test_an_edit_in_the_last_theorem_leaves_those_above_alone() -> None:
    fake = prover()
    async with at_work(fake, THREE, Says("a", "b")) as rig:
        await rig.settle()
        counts = replace(fake.counts)
        rig.replace("three : C", "three : B")
        assert rig.proofs() == {"one": ["a"]}  # `two` may go on in what was typed, for all that is known
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"], "three": ["b"]}
        assert fake.counts.certifications == counts.certifications + 1
        assert fake.counts.candidates == counts.candidates + 2
        assert fake.counts.elaborated == counts.elaborated + 1


async def test_below_an_edit_proofs_are_certified_again_and_nothing_is_tried() -> None:
    fake = prover({**SCRIPT, "B": {"b [x]": Closes()}})
    async with at_work(fake, THREE, Says("a", "b [x]")) as rig:
        await rig.settle()
        counts = replace(fake.counts)
        rig.replace("theorem one", "-- Here is more.\ntheorem one")
        assert rig.proofs() == {}
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b [x]"]}
        assert fake.counts.candidates == counts.candidates
        assert fake.counts.certifications == counts.certifications + 2
        assert rig.hole("three").stage is Stage.OPEN
        assert rig.hole("three").tried == 2
        await really_proved(lambda: prover({**SCRIPT, "B": {"b [x]": Closes()}}), rig.session.view)


async def test_open_holes_are_searched_again_when_they_can_see_something_else() -> None:
    fake = prover()
    says = Says("a", "b")
    async with at_work(fake, THREE, says) as rig:
        await rig.settle()
        says.asked.clear()
        rig.replace("one : A := by\n  sorry", "one : A := by\n  a")
        await rig.settle()
        assert says.asked == []
        rig.replace("theorem two : B", "theorem two : A")
        await rig.settle()
        assert says.asked == ["two", "three"]


async def test_a_proof_that_does_not_hold_any_more_is_not_shown() -> None:
    script: Script = {"A": {"a": Closes()}, "B": {"two": Closes(), "b": Closes()}}
    async with at_work(
        prover(script), "theorem one : A := by\n  a\n\ntheorem x : B := by\n  sorry\n", Says("b")
    ) as rig:
        await rig.settle()
        assert rig.proofs() == {"x": ["b"]}
        rig.replace("x : B", "x : C")
        assert rig.proofs() == {}
        await rig.settle()
        assert rig.proofs() == {}


async def test_undone_edits_bring_everything_back_at_once() -> None:
    fake = prover()
    async with at_work(fake, THREE, Says("a", "b"), settings=quick(quiet=0.2, alternatives=0)) as rig:
        await rig.settle()
        counts = replace(fake.counts)
        rig.replace("theorem one", "theorem onee")
        rig.replace("theorem onee", "theorem one")
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}
        assert fake.counts.certifications == counts.certifications
        assert fake.counts.candidates == counts.candidates


async def test_the_hole_at_the_cursor_comes_first_and_before_the_text_behind_it_is_read() -> None:
    text = "".join(f"theorem t{i} : A := by\n  sorry\n\n" for i in range(9))
    fake = prover({"A": {"a": Hangs(0.02)}}, seconds_per_command=0.02)
    says = Says("a")
    async with at_work(fake, text, says) as rig:
        rig.edit(rig.text.index("t4"), rig.text.index("t4") + 2, "t44")
        await rig.at_work_on("t44")
        document = rig.session.view.document
        assert document is not None
        assert not document.complete
        assert len(document.commands) == 5
        await rig.settle()
        assert says.asked[0] == "t44"
        assert len(says.asked) == 9
        assert len(rig.session.view.holes) == 9


async def test_looking_elsewhere_switches_the_search_and_nothing_is_tried_twice() -> None:
    texts = [f"h{i}" for i in range(8)]
    fake = prover({ANY: dict.fromkeys(texts, Closes(0.02, flaw="no"))})
    async with at_work(fake, THREE, Says(*texts)) as rig:
        await rig.at_work_on("one")
        await rig.after(2)
        rig.session.look(rig.place("three"))
        await rig.at_work_on("three")
        assert rig.hole("one").stage is Stage.WAITING
        assert rig.hole("one").tried < 8
        await rig.settle()
        assert fake.counts.candidates == 24
        assert rig.hole("one").tried == 8
        order = [t.hole.declaration for t in rig.attempts]
        assert order.index("three") < order.index("two")


async def test_a_search_above_the_edit_goes_on_where_it_was() -> None:
    texts = [f"h{i}" for i in range(8)]
    fake = prover({"A": dict.fromkeys(texts, Hangs(0.05))})
    async with at_work(fake, THREE.replace(": B", ": A"), Says(*texts)) as rig:
        rig.session.look(0)
        await rig.after(3)
        rig.replace("three : C", "three : D")
        await rig.settle()
        mine = [t.attempt.candidate.text for t in rig.attempts if t.hole.declaration == "one"]
        assert mine == texts


async def test_a_hit_is_not_lost_when_the_text_changes_before_it_is_certified() -> None:
    class Waits(FakeProver):
        async def certify(
            self,
            document: Document,
            command: int,
            edits: Sequence[Edit],
            *,
            complete: bool = True,
            seconds: float = 10.0,
        ) -> Certificate:
            certifying.set()
            await go_on.wait()
            return await super().certify(document, command, edits, complete=complete, seconds=seconds)

    certifying, go_on = asyncio.Event(), asyncio.Event()
    fake = Waits({"A": {"a": Closes()}})
    async with at_work(fake, THREE, Says("a")) as rig:
        await asyncio.wait_for(certifying.wait(), PATIENCE)
        rig.replace("three : C", "three : D")
        await asyncio.sleep(0)
        go_on.set()
        await rig.settle()
        assert rig.proofs() == {"one": ["a"]}


async def test_a_change_ends_useless_work_at_once() -> None:
    fake = prover({ANY: {"h": Hangs()}})
    says = Says("h", then=asyncio.Event())
    settings = quick(quiet=5.0, alternatives=0)
    async with at_work(fake, "theorem one : A := by\n  sorry\n", says, settings=settings) as rig:
        await rig.at_work_on("one")
        await soon(lambda: bool(fake.tried))
        rig.replace("one : A", "one : B")
        for _ in range(10):
            await asyncio.sleep(0)
        assert says.running == 0
        async with asyncio.timeout(0.5), rig.project.lanes[0].turn(Urgency.SEARCH, "test"):
            pass


async def test_what_a_slow_suggester_says_late_is_tried() -> None:
    event = asyncio.Event()
    async with at_work(prover(), THREE, Says("x", then=event, late=["a"])) as rig:
        await rig.after(1)
        event.set()
        await rig.settle()
        assert rig.proofs() == {"one": ["a"]}


async def test_a_hole_that_waits_for_its_suggester_makes_way() -> None:
    class Slow(Says):
        async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
            if context.declaration == "one":
                await asyncio.Event().wait()
            async for candidate in super().suggest(context):
                yield candidate

    async with at_work(prover(), THREE, Slow("b"), settings=quick(budget=2.0, alternatives=0)) as rig:
        await rig.at_work_on("one")
        rig.session.look(rig.place("two"))
        await rig.proved("two")
        assert rig.hole("one").stage is not Stage.OPEN


async def test_a_suggester_that_never_answers_costs_no_more_than_the_budget() -> None:
    says = Says(then=asyncio.Event())
    async with at_work(prover(), THREE, says, settings=quick(budget=0.05, alternatives=0)) as rig:
        await rig.settle()
        assert {h.stage for h in rig.session.view.holes} == {Stage.OPEN}


async def test_alternatives_are_looked_for_at_the_cursor() -> None:
    script: Script = {ANY: {t: Closes() for t in ("a", "b", "c", "d")}}
    async with at_work(prover(script), THREE, Says("a", "b", "c", "d"), settings=quick(alternatives=2)) as rig:
        rig.session.look(rig.place("two"))
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["a", "b", "c"], "three": ["a"]}


async def test_nothing_is_searched_without_being_asked_where_that_is_set() -> None:
    fake = prover()
    async with at_work(fake, THREE, Says("a", "b"), settings=quick(automatic=False, alternatives=0)) as rig:
        await rig.settle()
        assert fake.counts.candidates == 0
        report = await rig.session.prove(rig.hole("two").hole.start, 1.0)
        assert report.proof is not None
        assert rig.proofs() == {"two": ["b"]}
        tried = fake.counts.candidates
        rig.replace("theorem one", "-- more\ntheorem one")
        await rig.settle()
        assert rig.proofs() == {"two": ["b"]}
        assert fake.counts.candidates == tried
        assert await rig.session.search_all(PATIENCE, lambda _: None)
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}
        assert rig.hole("three").stage is Stage.OPEN


async def test_search_all_leaves_nothing_running_when_its_time_is_up() -> None:
    fake = prover({ANY: {"h": Hangs()}})
    says = Says("h", "h2")
    async with at_work(fake, THREE, says, settings=quick(automatic=False, alternatives=0)) as rig:
        await rig.settle()
        assert not await rig.session.search_all(0.1, lambda _: None)
        await rig.settle()
        await soon(lambda: says.running == 0)
        assert {h.stage for h in rig.session.view.holes} == {Stage.WAITING}


async def test_prove_goes_first_and_a_search_under_way_goes_on() -> None:
    texts = [f"h{i}" for i in range(6)]
    fake = prover({ANY: {**dict.fromkeys(texts, Hangs(0.02)), "a": Closes()}})
    async with at_work(fake, THREE, Says(*texts, "a")) as rig:
        await rig.at_work_on("one")
        report = await rig.session.prove(rig.session.view.holes[0].hole.start, 5.0)
        assert report.proof is not None
        assert fake.tried.count("h0") == 1
        await rig.settle()
        assert list(rig.proofs().values()) == [["a"]] * 3
        again = await rig.session.prove(rig.hole("one").hole.start, 5.0)
        assert again.proof == report.proof


async def test_search_deeper_gives_candidates_more_time() -> None:
    fake = prover({"C": {"slow": Closes(0.15)}})
    settings = quick(alternatives=0).model_copy(
        update={"prove": quick().prove.model_copy(update={"candidate_seconds": 0.05})}
    )
    async with at_work(fake, THREE, Says("slow"), settings=settings) as rig:
        await rig.settle()
        start = rig.hole("three").hole.start
        assert (await rig.session.prove(start, 5.0)).proof is None
        assert (await rig.session.prove(start, 5.0, deeper=True)).proof is not None
        assert rig.proofs() == {"three": ["slow"]}


async def test_a_prove_that_is_cancelled_stops_its_work() -> None:
    fake = prover({"C": {"h": Hangs()}})
    says = Says("h", then=asyncio.Event())
    async with at_work(fake, THREE, says, settings=quick(automatic=False, alternatives=0)) as rig:
        await rig.settle()
        asked = asyncio.create_task(rig.session.prove(rig.hole("three").hole.start, 60.0, deeper=True))
        await rig.at_work_on("three")
        asked.cancel()
        begun = time.monotonic()
        await rig.settle()
        assert time.monotonic() - begun < 1.0
        assert says.running == 0
        assert rig.hole("three").stage is Stage.OPEN
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert (await rig.session.prove(rig.hole("three").hole.start, 0.1)).proof is None


async def test_prove_for_a_text_that_changes_is_answered() -> None:
    fake = prover({ANY: {"h": Hangs()}})
    async with at_work(fake, THREE, Says("h"), settings=quick(automatic=False, alternatives=0)) as rig:
        await rig.read()
        below = asyncio.create_task(rig.session.prove(rig.hole("three").hole.start, 60.0))
        above = asyncio.create_task(rig.session.prove(rig.hole("one").hole.start, 60.0))
        await asyncio.sleep(0.01)
        rig.replace("three : C", "three : D")
        with pytest.raises(SupersededError):
            await below
        assert not above.done()
        rig.session.stop()
        assert (await above).status is Status.OPEN


async def test_stop() -> None:
    says = Says("h", "h2", then=asyncio.Event())
    async with at_work(prover({ANY: {"h": Hangs()}}), THREE, says) as rig:
        await rig.at_work_on("one")
        await rig.read()
        assert rig.session.stop() == 3
        await rig.settle()
        await soon(lambda: says.running == 0)
        assert [h.stage for h in rig.session.view.holes] == [Stage.OPEN] * 3
        assert rig.session.stop() == 0


async def test_borrowed_proofs_are_not_shown_and_used_with_their_lender() -> None:
    script: Script = {"A": {"a": Closes()}, "B": {"exact one": Closes()}, "C": {"exact two": Closes()}}
    fake = prover(script)
    async with at_work(fake, THREE, Says("a", "exact one", "exact two")) as rig:
        await rig.settle()
        assert rig.proofs() == {"one": ["a"]}
        conditional = [h.report.conditional for h in rig.session.view.holes if h.report]
        assert [c.text if c else None for c in conditional] == [None, "exact one", "exact two"]
        assert [p.text for p in await rig.session.together()] == ["a", "exact one", "exact two"]
        counts = replace(fake.counts)
        rig.edit(0, 0, "-- more\n")
        await rig.settle()
        assert fake.counts.candidates == counts.candidates
        assert fake.counts.certifications == counts.certifications + 3
        assert [p.text for p in await rig.session.together()] == ["a", "exact one", "exact two"]
        rig.replace("one : A := by\n  sorry", "one : A := by\n  a")
        await rig.settle()
        assert rig.proofs() == {"two": ["exact one"]}
        await really_proved(lambda: prover(script), rig.session.view)


async def test_a_killed_prover_comes_back() -> None:
    fake = prover({"A": {"a": Closes()}, "B": {"b": Closes(0.05)}, "C": {"crash": Dies(times=1)}})
    async with at_work(fake, THREE, Says("crash", "a", "b")) as rig:
        await rig.at_work_on("two")
        fake.die()
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"], "three": ["crash"]}
        fake.die()
        rig.replace("three : C", "three : A")
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"], "three": ["a"]}


async def test_a_prover_killed_while_it_reads_comes_back() -> None:
    fake = prover(SCRIPT, seconds_per_command=0.02)
    async with at_work(fake, THREE, Says("a", "b")) as rig:
        await rig.until(lambda v: v.phase is Phase.READING)
        await asyncio.sleep(0.01)
        fake.die()
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}
        assert fake.counts.starts == 2


async def test_a_prover_killed_between_two_pieces_keeps_its_waiters() -> None:
    fake = prover({"A": {"h": Hangs(0.05), "a": Closes()}}, seconds_per_command=0.01)
    text = "".join(f"theorem t{i} : A := by\n  sorry\n\n" for i in range(200))
    async with at_work(fake, text, Says("h", "a"), settings=quick(automatic=False, alternatives=0)) as rig:
        await rig.until(lambda v: bool(v.holes))
        asked = asyncio.create_task(rig.session.prove(rig.session.view.holes[0].hole.start, 5.0))
        await asyncio.sleep(0.02)
        fake.die()
        assert (await asyncio.wait_for(asked, PATIENCE)).proof is not None


async def test_no_prover_is_told_and_looked_for_again_at_the_next_change() -> None:
    async with at_work(prover(), THREE, Says("a", "b")) as rig:
        await rig.settle()
        rig.failure = NotInstalledError("there is no Lean; install one")
        rig.replace("three : C", "three : D")
        assert not await rig.session.settle(PATIENCE)
        assert rig.session.view.phase is Phase.FAILED
        assert rig.session.view.failure == "there is no Lean; install one"
        with pytest.raises(UnsorryError, match="there is no Lean"):
            await rig.session.prove(rig.place("sorry\n\ntheorem two"), 1.0)
        rig.failure = None
        rig.replace("three : D", "three : A")
        await rig.settle()
        assert rig.session.view.failure is None
        assert rig.proofs() == {"one": ["a"], "two": ["b"], "three": ["a"]}


async def test_a_fault_of_our_own_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(FakeProver):
        async def open(
            self, snapshot: Snapshot, *, on_command: Callable[[Command], None] | None = None, until: int | None = None
        ) -> Document:
            raise KeyError("oops")

    async with at_work(Faulty(SCRIPT), THREE, Says("a")) as rig:
        assert not await rig.session.settle(PATIENCE)
        assert "oops" in (rig.session.view.failure or "")
        assert "Traceback" in caplog.text


async def test_refresh_certifies_everything_again() -> None:
    fake = prover()
    says = Says("a", "b")
    async with at_work(fake, THREE, says) as rig:
        await rig.settle()
        counts = replace(fake.counts)
        says.asked.clear()
        rig.session.refresh("the toolchain changed")
        assert rig.proofs() == {}
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}
        assert fake.counts.certifications == counts.certifications + 2
        assert fake.counts.elaborated == counts.elaborated + 3
        assert fake.counts.candidates == counts.candidates + 2
        assert rig.session.cause == "the toolchain changed"
        # Another project, without anybody having said so.
        other = prover({"A": {"a": Closes(flaw="not here")}, "B": {"b": Closes()}})
        await fake.close()
        rig.provers.append(other)
        rig.project = replace(rig.project, lanes=(Lane(other),))
        rig.replace("three : C", "three : D")
        await rig.settle()
        assert rig.proofs() == {"two": ["b"]}
        await rig.session.close()
        await other.close()


async def test_two_lanes_share_the_work() -> None:
    script: Script = {ANY: {"a": Closes(0.02)}}
    fakes = [prover(script), prover(script)]
    text = "".join(f"theorem t{i} : A := by\n  sorry\n\n" for i in range(8))
    async with at_work(fakes, text, Says("a"), settings=quick(jobs=2, alternatives=0)) as rig:
        await rig.settle()
        assert len(rig.proofs()) == 8
        assert all(f.counts.candidates >= 2 for f in fakes)
        assert sum(f.counts.candidates for f in fakes) == 8
        rig.edit(0, 0, "-- more\n")
        await rig.settle()
        assert len(rig.proofs()) == 8
        assert sum(f.counts.candidates for f in fakes) == 8
        await really_proved(lambda: prover(script), rig.session.view)


async def test_two_lanes_and_a_cursor_that_jumps() -> None:
    texts = [f"h{i}" for i in range(4)]
    script: Script = {ANY: dict.fromkeys(texts, Hangs(0.01))}
    fakes = [prover(script), prover(script)]
    text = "".join(f"theorem t{i} : A := by\n  sorry\n\n" for i in range(6))
    async with at_work(fakes, text, Says(*texts), settings=quick(jobs=2, alternatives=0)) as rig:
        await rig.until(lambda v: len(v.holes) == 6)
        for place in (5, 0, 3, 1, 5, 2, 4, 0):
            rig.session.look(rig.place(f"t{place} "))
            await asyncio.sleep(0.005)
        await rig.settle()
        assert sum(f.counts.candidates for f in fakes) == 24


async def test_a_second_prover_that_fails_is_done_without() -> None:
    fakes = [prover(), prover()]
    await fakes[1].close()
    async with at_work(fakes, THREE, Says("a", "b"), settings=quick(jobs=2, alternatives=0)) as rig:
        await rig.settle()
        assert rig.proofs() == {"one": ["a"], "two": ["b"]}


async def test_two_sessions_on_one_lane_are_served_by_urgency() -> None:
    texts = [f"h{i}" for i in range(40)]
    fake = prover({"A": dict.fromkeys(texts, Hangs(0.02)), "B": {"b": Closes()}})

    class ForOne(Says):
        async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
            async for candidate in super().suggest(context):
                if (context.declaration == "one") == candidate.text.startswith("h"):
                    yield candidate

    says = ForOne(*texts, "b")
    async with at_work(fake, "theorem one : A := by\n  sorry\n", says) as rig:
        await rig.at_work_on("one")
        other = Session(
            Snapshot("file:///b", 1, "theorem x : B := by\n  sorry\n"), rig.connect, lambda: rig.settings, rig
        )
        report = await other.prove(22, 5.0)
        assert report.proof is not None
        assert rig.hole("one").tried < 20
        await other.close()
        await rig.settle()
        assert fake.counts.candidates == 41


async def test_goals_and_candidates_at_the_cursor() -> None:
    fake = prover({"A ∧ B": {"constructor": Leaves(("A", "B"))}, "A": {"apply a": Closes(), "exact a": Closes()}})
    text = "theorem one : A ∧ B := by\n  constructor\n  app\n  sorry\n"
    async with at_work(fake, text, Says("exact a", "apply a")) as rig:
        begin = rig.place("app\n")
        hole = await rig.session.goals_at(begin, begin + 3)
        assert hole is not None
        assert [g.target for g in hole.goals][:1] == ["A"]
        report = await rig.session.suggest(hole, 1.0, wanted=3, prefix="app")
        assert report.proof is not None or report.candidates > 0
        assert {t.text for t in [*report.alternatives, *([report.proof] if report.proof else [])]} <= {"apply a"}
        assert await rig.session.goals_at(0, 1) is None


async def test_what_is_asked_at_the_cursor_ends_with_the_next_key() -> None:
    fake = prover({"A": {"h": Hangs()}})
    says = Says("h", then=asyncio.Event())
    async with at_work(fake, THREE, says, settings=quick(automatic=False, alternatives=0)) as rig:
        await rig.settle()
        asked = asyncio.create_task(rig.session.suggest(rig.hole("one").hole, 60.0, wanted=1))
        await soon(lambda: bool(fake.tried))
        rig.replace("three : C", "three : D")
        with pytest.raises(SupersededError):
            await asyncio.wait_for(asked, 1.0)
        assert says.running == 0


async def test_closing_answers_whoever_waits() -> None:
    async with at_work(prover({ANY: {"h": Hangs()}}), THREE, Says("h", then=asyncio.Event())) as rig:
        await rig.read()
        hole = rig.hole("three").hole
        waiting: list[asyncio.Task[object]] = [
            asyncio.create_task(rig.session.prove(hole.start, 60.0)),
            asyncio.create_task(rig.session.settle(60.0)),
            asyncio.create_task(rig.session.suggest(hole, 60.0, wanted=1)),
        ]
        await asyncio.sleep(0.01)
        await rig.session.close()
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1.0)
        assert [type(r) for r in results] == [SupersededError] * 3
        with pytest.raises(SupersededError):
            await rig.session.settle(1.0)


async def test_a_proof_that_was_found_is_told_when_the_text_changes_while_it_is_made_shorter() -> None:
    fake = prover({"A": {"simp [x, y]": Closes(), "simp [y]": Hangs()}})
    async with at_work(fake, THREE, Says("simp [x, y]")) as rig:
        rig.session.look(rig.place("three"))
        await rig.read()
        asked = asyncio.create_task(rig.session.prove(rig.hole("one").hole.start, 5.0))
        await rig.proved("one")
        await soon(lambda: "simp [y]" in fake.tried)
        rig.replace("three : C", "three : D")
        report = await asyncio.wait_for(asked, 1.0)
        assert report.proof is not None
        await rig.settle()
        assert rig.proofs() == {"one": ["simp [x, y]"]}


class Thrifty(FakeProver):
    """Reads no text to certify a proof: the scripted prover would read all of it, on the loop."""

    async def certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool = True, seconds: float = 10.0
    ) -> Certificate:
        self.counts.certifications += 1
        await asyncio.sleep(0)
        return Certificate(True)


@pytest.mark.usefixtures("loop_watch")
async def test_the_event_loop_is_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "theorem p{0} : A := by\n  a\n\n"
    open_ = "theorem o{0} : A := by\n  sorry\n\n"
    text = "".join((open_ if i % 10 == 0 else plain).format(i) for i in range(2000))
    # It reads the text on the loop to open it, too, so both versions are read before, in a thread.
    parse = functools.lru_cache(4)(fake_prover._parse)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(fake_prover, "_parse", parse)
    for version in (text, "-- more\n" + text):
        await asyncio.to_thread(parse, version)
    fake = Thrifty({"A": {"a": Closes()}})
    async with at_work(fake, text, Says("x", "a"), settings=quick(quiet=0.1, alternatives=0)) as rig:
        rig.checked = False
        assert await rig.session.settle(60.0)
        assert len(rig.proofs()) == 200
        assert fake.counts.candidates == 400
        rig.edit(0, 0, "-- more\n")
        assert await rig.session.settle(60.0)
        assert len(rig.proofs()) == 200
        assert fake.counts.candidates == 400
        assert fake.counts.certifications == 400


async def test_watchers_hear_of_every_candidate() -> None:
    async with at_work(prover(), THREE, Says("a", "b")) as rig:
        await rig.settle()
        assert all(isinstance(t, Tried) for t in rig.attempts)
        assert [t.attempt.candidate.text for t in rig.attempts] == ["a", "a", "b", "a", "b"]


async def test_what_may_take_long_gives_way_to_other_holes() -> None:
    """A slow candidate comes after the quick ones of all holes, is broken off for new ones, and begins anew."""
    fake = prover({"A": {"find": Hangs()}, "B": {"b": Closes()}, "C": {"c": Closes()}})
    async with at_work(fake, THREE, Says("b", "c", slow=["find"]), settings=quick(budget=60.0, alternatives=0)) as rig:
        await rig.until(lambda _: rig.proofs() == {"two": ["b"], "three": ["c"]})
        await rig.until(lambda _: rig.hole("one").stage is Stage.SEARCHING)
        rig.replace("three : C", "three : B")
        await rig.until(lambda _: rig.proofs() == {"two": ["b"], "three": ["b"]})
        await rig.until(lambda _: rig.hole("one").stage is Stage.SEARCHING)
        assert rig.hole("one").tried == 2


async def test_what_was_searched_in_vain_is_searched_again_when_there_is_more_to_ask() -> None:
    says = Says("nope")
    prover = FakeProver({"A": {"done": Closes()}, "B": {"nope": Closes()}})
    text = "theorem one : A := by\n  sorry\n\ntheorem two : B := by\n  sorry\n"
    async with at_work(prover, text, says) as rig:
        await rig.settle()
        assert rig.proofs() == {"two": ["nope"]}
        says.texts = ("done",)
        rig.session.search_again()
        await rig.settle()
        assert rig.proofs() == {"one": ["done"], "two": ["nope"]}
        assert says.asked == ["one", "two", "one"]


class ByGoal:
    """Suggests what leads on from a goal, behind something that takes its time and fails."""

    name = "by goal"
    steps: Mapping[str, str] = {"A": "go1", "A1": "go2", "A2": "go3", "A3": "go4", "A4": "go5"}

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate]:
        if (step := self.steps.get(context.goal.target)) is not None:
            yield Candidate("wrong", -0.1, self.name)
            yield Candidate(step, -0.2, self.name)


@pytest.mark.parametrize(("old", "new", "kept"), [("three : C", "three : D", True), ("def d : Y", "def d : Z", False)])
async def test_the_graph_of_a_search_outlives_edits_that_it_does_not_depend_on(old: str, new: str, kept: bool) -> None:
    defined = {"Y": {"z": Closes()}, "Z": {"z": Closes()}}
    goals = ["A", "A1", "A2", "A3", "A4"]
    script: dict[str, dict[str, Step]] = {
        goal: {"wrong": Hangs(0.05), ByGoal.steps[goal]: Leaves((after,))} for goal, after in pairwise(goals)
    }
    script["A4"] = {"wrong": Hangs(0.05), "go5": Closes()}
    fake = prover({**script, **defined})
    settings = quick(automatic=False, alternatives=0)
    async with at_work(fake, f"def d : Y := by z\n\n{THREE}", ByGoal(), settings=settings) as rig:
        await rig.settle()
        asked = asyncio.create_task(rig.session.prove(rig.hole("one").hole.start, 20.0, deeper=True))
        await soon(lambda: "go3" in fake.tried)
        rig.replace(old, new)
        await asyncio.wait([asked])
        await rig.settle()
        if asked.exception() is not None:
            await rig.session.prove(rig.hole("one").hole.start, 20.0, deeper=True)
        assert rig.proofs() == {"one": ["go1\ngo2\ngo3\ngo4\ngo5"]}
        first = [t for t in rig.attempts if (t.goals[0].target, t.attempt.candidate.text) == ("A", "wrong")]
        assert len(first) == (1 if kept else 2)
