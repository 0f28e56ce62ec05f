"""Candidates that run side by side: that they do, in which order they are told of, and what one can do to another."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from provers.contract import PATIENT, collect, state_of
from provers.isabelle.isabelles import Bench, make_isabelle, needs_isabelle
from unsorry.provers.isabelle import prover
from unsorry.provers.isabelle.gate import MAX_LENGTH
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.seam import (
    Closed,
    Fault,
    Hole,
    Outcome,
    Progress,
    Refused,
    Rejected,
    Snapshot,
    StateHandle,
    TimedOut,
)

pytestmark = [*needs_isabelle, pytest.mark.asyncio(loop_scope="module")]

#: Every driver has as many threads.
SIDE_BY_SIDE = 2

#: Long enough for whatever ends by itself, and waited for by whatever does not.
BRIEF = replace(PATIENT, seconds=2.0)

#: Methods that do nothing to the goal: `meet` waits until two of it have begun, `hold` for ever, `pass` until `go`.
#: Isabelle applies the method of one command more than once where it may have several results.
METHODS = """
ML ‹
  val begun = Synchronized.var "begun" 0;
  val ended = Synchronized.var "ended" 0;
  val most = Synchronized.var "most" 0;
  val met = Synchronized.var "met" 0;
  val gone = Synchronized.var "gone" false;
  fun add n var = Synchronized.change_result var (fn m => (m + n, m + n));
  fun await var ok = Synchronized.guarded_access var (fn x => if ok x then SOME ((), x) else NONE);
  fun sleep ms = OS.Process.sleep (Time.fromMilliseconds ms);
  fun counted work =
    Thread_Attributes.uninterruptible (fn run => fn () =>
      let
        val now = add 1 begun - Synchronized.value ended;
        val _ = Synchronized.change most (fn n => Int.max (n, now));
        val result = Exn.capture (run work) ();
        val _ = add 1 ended;
      in Exn.release result end) ();
  fun hold () =
    counted (fn () =>
      (if Synchronized.value begun = 2 then File.write (Path.explode "FLAG") "" else (); await met (fn n => n < 0)));
  val once = Lazy.lazy (fn () => await met (fn n => n < 0));
  fun doing work = Scan.succeed (fn _ => SIMPLE_METHOD (fn st => (work (); Seq.single st)));
  fun deaf () = Thread_Attributes.uninterruptible (fn _ => fn () => sleep 60000) ();
  fun tell () = error (commas (map (string_of_int o Synchronized.value) [begun, ended, most]));
›
method_setup meet = ‹doing (fn () => (add 1 met; await met (fn n => n >= 2)))›
method_setup hold = ‹doing hold›
method_setup pass = ‹doing (fn () => await gone I)›
method_setup go = ‹doing (fn () => Synchronized.change gone (K true))›
method_setup nap = ‹doing (fn () => counted (fn () => sleep 100))›
method_setup once = ‹doing (fn () => Lazy.force once)›
method_setup broken = ‹doing (fn () => Isabelle_Thread.raise_interrupt ())›
method_setup deaf = ‹doing deaf›
method_setup die = ‹doing (fn () => OS.Process.terminate OS.Process.failure)›
method_setup tell = ‹doing tell›
lemma a: "x = x ∧ True" sorry
"""


@pytest.fixture(scope="module")
def bench(bench: Bench) -> Bench:
    """The shared Isabelle, with that many at a time also where there is one core."""
    bench.prover.side_by_side = SIDE_BY_SIDE
    return bench


@pytest_asyncio.fixture(loop_scope="module")
async def own() -> AsyncGenerator[IsabelleProver]:
    """One of a test's own, which may end."""
    subject = make_isabelle()
    subject.side_by_side = SIDE_BY_SIDE
    try:
        yield subject
    finally:
        await subject.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hole(bench: Bench, tmp_path: Path) -> Hole:
    """A hole behind the methods, whose counts begin anew."""
    document, hole = await bench.hole(METHODS.replace("FLAG", (tmp_path / "flag").as_posix()))
    assert document.errors == ()
    return hole


def kinds(outcomes: Sequence[Outcome]) -> list[type]:
    """What they are; there is one of each candidate, in order."""
    assert [o.candidate for o in outcomes] == list(range(len(outcomes)))
    return [type(o) for o in outcomes]


async def counts(bench: Bench, hole: Hole) -> tuple[int, ...]:
    """How many counted ones have begun, have ended, and ran at a time."""
    (outcome,) = await bench.outcomes(hole, "apply tell")
    assert isinstance(outcome, Rejected)
    return tuple(int(n) for n in outcome.message.split(","))


async def flag(path: Path) -> None:
    """Waits until a second candidate that holds has begun."""
    for _ in range(2000):
        if await asyncio.to_thread(path.exists):
            return
        await asyncio.sleep(0.01)
    pytest.fail("no second candidate has begun")


# Running


async def test_they_overlap(bench: Bench, hole: Hole) -> None:
    """Each waits for the other."""
    assert kinds(await bench.outcomes(hole, "by (meet, simp)", "by (meet, simp)")) == [Closed, Closed]


async def test_one_at_a_time_they_do_not(bench: Bench, hole: Hole) -> None:
    bench.prover.side_by_side = 1
    try:
        found = await bench.outcomes(hole, "by (meet, simp)", "by (meet, simp)", limits=BRIEF)
    finally:
        bench.prover.side_by_side = SIDE_BY_SIDE
    assert kinds(found) == [TimedOut, Closed]


async def test_no_more_than_that_run_at_a_time(bench: Bench, hole: Hole) -> None:
    assert kinds(await bench.outcomes(hole, *["by (nap, simp)"] * 7)) == [Closed] * 7
    begun, ended, most = await counts(bench, hole)
    assert begun == ended
    assert 1 <= most <= SIDE_BY_SIDE


async def test_they_are_told_of_in_order(bench: Bench, hole: Hole) -> None:
    """The first one can't end before a later one has begun."""
    found = await bench.outcomes(hole, "by (pass, simp)", "by (rule refl)", "apply simp", "by (go, simp)", "by simp")
    assert kinds(found) == [Closed, Rejected, Closed, Closed, Closed]


async def test_an_outcome_does_not_wait_for_what_runs_beside(bench: Bench, hole: Hole) -> None:
    candidates = ["by simp", "by hold", "by hold"]
    async with aclosing(bench.prover.try_(state_of(hole), candidates, PATIENT)) as outcomes:
        assert isinstance(await anext(outcomes), Closed)
    begun, ended, _ = await counts(bench, hole)
    assert begun == ended


async def test_a_limit_counts_from_where_its_candidate_begins(bench: Bench, hole: Hole) -> None:
    """All of them together take longer than that."""
    assert kinds(await bench.outcomes(hole, *["by (nap, simp)"] * 14, limits=BRIEF)) == [Closed] * 14


async def test_each_has_its_limit(bench: Bench, hole: Hole) -> None:
    limits = replace(BRIEF, seconds=1.0)
    found = await bench.outcomes(hole, "by hold", "by simp", *["by hold"] * 3, "by (rule refl)", limits=limits)
    assert kinds(found) == [TimedOut, Closed, *[TimedOut] * 3, Rejected]
    begun, ended, _ = await counts(bench, hole)
    assert (begun, ended) == (4, 4)


def _mixed() -> list[str]:
    ways = ["simp", "auto", "blast", "(rule conjI)", "(rule refl)", "(intro conjI) simp_all", "(rule nothing)"]
    texts = [f"{word} {way}" for word, way in itertools.product(("by", "apply"), ways)]
    texts += [f"proof {way}" for way in ("-", "(rule conjI)", "(rule refl)")]
    texts += [f"apply {way}\ndone" for way in ways]
    texts += ["", "(* nothing *)", "by simp by simp", "by (tactic ‹all_tac›)", 'by "', "lemma", "sorry", "oops"]
    texts += ["using refl by simp", "by simp " * MAX_LENGTH, "proof\n  show True ..\nqed simp", "by hold"]
    texts += ["unfolding simp_thms by simp", "supply [[simp_trace]] by simp", "by (simp)", "apply (rule conjI, simp)"]
    return texts


def _told(outcome: Outcome) -> tuple[object, ...]:
    """What does not depend on when it was run."""
    match outcome:
        case Closed():
            return Closed, outcome.replacements
        case Progress():
            return Progress, outcome.goals
        case Rejected():
            return Rejected, outcome.message
        case Refused() | Fault():
            return type(outcome), outcome.reason
        case TimedOut():
            return (TimedOut,)


async def test_the_outcomes_are_those_of_each_alone(bench: Bench, hole: Hole) -> None:
    texts = _mixed()
    assert len(texts) >= 40
    alone = [(await bench.outcomes(hole, text, limits=BRIEF))[0] for text in texts]
    together = await bench.outcomes(hole, *texts, limits=BRIEF)
    kinds(together)
    assert {type(o) for o in together} == {Closed, Progress, Rejected, Refused, TimedOut}
    for text, one, other in zip(texts, alone, together, strict=True):
        assert _told(one) == _told(other), text


async def test_states_are_kept(bench: Bench, hole: Hole) -> None:
    keep = replace(PATIENT, keep_states=True)
    found = await bench.outcomes(hole, *["apply (rule conjI)", "apply (nap, rule conjI)", "by simp"] * 3, limits=keep)
    assert kinds(found) == [Progress, Progress, Closed] * 3
    kept: list[StateHandle] = [o.state for o in found if isinstance(o, Progress) and o.state is not None]
    assert len({handle.ident for handle in kept}) == 6
    for handle in kept:
        (outcome,) = await collect(bench.prover, handle, ["by simp_all"], PATIENT)
        assert isinstance(outcome, Closed)
    await bench.prover.forget(kept)


# Stopping


async def test_a_cancel_stops_all_of_them(bench: Bench, hole: Hole, tmp_path: Path) -> None:
    starts = bench.prover.starts
    task = asyncio.create_task(collect(bench.prover, state_of(hole), ["by hold"] * 6, PATIENT))
    await flag(tmp_path / "flag")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await counts(bench, hole)) == (2, 2, 2)
    assert bench.prover.starts == starts


async def test_a_consumer_that_stops_stops_all_of_them(bench: Bench, hole: Hole, tmp_path: Path) -> None:
    starts = bench.prover.starts
    candidates = ["by simp", *["by hold"] * 5]
    async with aclosing(bench.prover.try_(state_of(hole), candidates, PATIENT)) as outcomes:
        assert isinstance(await anext(outcomes), Closed)
        await flag(tmp_path / "flag")
    assert (await counts(bench, hole)) == (2, 2, 2)
    assert bench.prover.starts == starts


# What one does to another


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        (["by (meet, broken)", "by (meet, simp)"], [Fault, Closed]),
        (["by (meet, simp)", "by (meet, broken)"], [Closed, Fault]),
        (["by simp", "by (meet, broken)", "by (meet, nap, simp)", "by simp"], [Closed, Fault, Closed, Closed]),
        (["by broken", "by broken", "by hold", "by simp", "by broken"], [Fault, Fault, TimedOut, Closed, Fault]),
    ],
)
async def test_what_is_broken_off_is_a_fault_of_its_own(
    bench: Bench, hole: Hole, candidates: list[str], expected: list[type]
) -> None:
    starts = bench.prover.starts
    assert kinds(await bench.outcomes(hole, *candidates, limits=BRIEF)) == expected
    assert bench.prover.starts == starts


async def test_what_waits_for_another_is_not_broken_off_with_it(bench: Bench, hole: Hole) -> None:
    """A value that is computed once for all ends with the candidate that computes it, for all who wait for it."""
    found = await bench.outcomes(hole, "by once", "by (nap, simp)", "by once", "by simp", limits=BRIEF)
    assert kinds(found) == [TimedOut, Closed, TimedOut, Closed]


async def test_what_ignores_its_limit_is_told_from_what_runs_beside(
    own: IsabelleProver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the others still go on."""
    monkeypatch.setattr(prover, "KILL_GRACE", 2.0)
    document = await own.open(Snapshot("file:///deaf.thy", 1, METHODS))
    (hole,) = document.holes
    candidates = ["by simp", "by deaf", *["by (nap, simp)"] * 12, "by (rule refl)"]
    found = await collect(own, state_of(hole), candidates, replace(PATIENT, seconds=1.0))
    assert kinds(found) == [Closed, TimedOut, *[Closed] * 12, Rejected]
    assert own.starts == 2


async def test_what_ends_the_process_is_told_from_what_runs_beside(own: IsabelleProver) -> None:
    document = await own.open(Snapshot("file:///die.thy", 1, METHODS))
    (hole,) = document.holes
    candidates = ["by simp", "by (nap, simp)", "by die", "by (nap, simp)", "by (rule refl)", "by simp"]
    found = await collect(own, state_of(hole), candidates, PATIENT)
    assert kinds(found) == [Closed, Closed, Fault, Closed, Rejected, Closed]
    # Once beside another, and once to be sure.
    assert own.starts == 3
