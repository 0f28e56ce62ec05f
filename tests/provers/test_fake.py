"""The scripted prover where it goes beyond the contract."""

from __future__ import annotations

import asyncio

import pytest

from provers.contract import collect, outcomes, state_of
from unsorry.errors import ProverDiedError, ProverError
from unsorry.provers.fake import ANY, Closes, Counts, Dies, FakeProver, Faults, Hangs, Leaves, Refuses, Rejects, Step
from unsorry.provers.seam import (
    Closed,
    Edit,
    Fault,
    Goal,
    HoleKind,
    Limits,
    Progress,
    Prover,
    Refused,
    Rejected,
    Snapshot,
    TimedOut,
)

URI = "file:///a.fake"
KEEP = Limits(keep_states=True)


def snapshot(text: str, version: int = 1) -> Snapshot:
    return Snapshot(URI, version, text)


async def test_each_step_gives_its_outcome() -> None:
    script = {
        ANY: {
            "closes": Closes(replacements=("exact h",)),
            "leaves": Leaves(("B", "C")),
            "rejects": Rejects("no"),
            "refuses": Refuses("never"),
            "hangs": Hangs(),
            "late": Closes(seconds=3.0),
            "faults": Faults("stuck"),
            "dies": Dies("gone"),
        }
    }
    prover: Prover = FakeProver(script, sleep=lambda _: asyncio.sleep(0))
    document = await prover.open(snapshot("theorem t : A := by sorry\n"))
    names = ["closes", "leaves", "rejects", "refuses", "hangs", "late", "faults", "dies", "unknown", "closes"]
    found = await collect(prover, state_of(document.holes[0]), names, Limits(seconds=2.0))
    expected = [Closed, Progress, Rejected, Refused, TimedOut, TimedOut, Fault, Fault, Rejected, Closed]
    assert [type(o) for o in found] == expected
    assert found[0] == Closed(0, 0.0, ("exact h",))
    assert found[4] == TimedOut(4, 2.0)


async def test_a_function_can_be_the_script() -> None:
    def script(target: str, tactic: str) -> Step | None:
        return Closes() if tactic == f"exact {target.lower()}" else None

    prover = FakeProver(script)
    document = await prover.open(snapshot("theorem t : A := by sorry\n"))
    found = await collect(prover, state_of(document.holes[0]), ["exact b", "exact a"], Limits())
    assert [type(o) for o in found] == [Rejected, Closed]
    assert prover.tried == ["exact b", "exact a"]


async def test_states_are_replayed_after_a_death() -> None:
    prover = FakeProver({"A": {"split": Leaves(("B", "C")), "boom": Dies(times=1)}, "B": {"b": Closes()}})
    document = await prover.open(snapshot("theorem t : A := by sorry\n"))
    (step,) = await collect(prover, state_of(document.holes[0]), ["split"], KEEP)
    assert isinstance(step, Progress)
    assert step.state is not None
    first, second = await collect(prover, state_of(document.holes[0]), ["boom", "boom"], KEEP)
    assert (type(first), type(second)) == (Fault, Closed)
    (after,) = await collect(prover, step.state, ["b"], KEEP)
    assert isinstance(after, Progress)
    assert after.state is not None
    assert after.state.generation == step.state.generation + 1
    assert after.state.steps == ((None, "split"), (None, "b"))
    assert [g.target for g in after.goals] == ["C"]
    assert (prover.counts.starts, prover.counts.replayed) == (2, 1)


async def test_everything_is_counted() -> None:
    prover = FakeProver({"A": {"a": Closes()}})
    document = await prover.open(snapshot("theorem s : A := by a\ntheorem t : A := by sorry\n"))
    hole = document.holes[0]
    await collect(prover, state_of(hole), ["a", "x"], Limits())
    await prover.certify(document, hole.command, [Edit(hole.start, hole.end, "a")])
    await prover.open(document.snapshot)
    assert prover.counts == Counts(starts=1, opens=2, elaborated=2, candidates=2, certifications=1)


async def test_a_cancelled_run_begins_no_further_candidate() -> None:
    prover = FakeProver({"A": {"slow": Hangs()}})
    document = await prover.open(snapshot("theorem t : A := by sorry\n"))
    task = asyncio.create_task(collect(prover, state_of(document.holes[0]), ["x", "slow", "x"], Limits(seconds=60.0)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert prover.tried == ["x", "slow"]
    async with outcomes(prover, state_of(document.holes[0]), ["x", "x"], Limits()) as stream:
        await anext(stream)
    assert prover.counts.candidates == 3


async def test_holes_in_all_places() -> None:
    script = {"A ∧ B": {"split": Leaves(("A", "B"))}, "A": {"a": Closes()}}
    text = (
        "import Base\n-- sorry\ntheorem t : A ∧ B := by\n  split\n  · a -- sorry\n  · admit\n\ntheorem u : A := sorry\n"
    )
    document = await FakeProver(script).open(snapshot(text))
    assert document.errors == ()
    assert [(h.kind, h.declaration, [g.target for g in h.goals]) for h in document.holes] == [
        (HoleKind.ADMIT, "t", ["B"]),
        (HoleKind.TERM, "u", ["A"]),
    ]
    data = text.encode()
    assert [data[h.start : h.end] for h in document.holes] == [b"admit", b"sorry"]


async def test_a_term_hole_takes_a_by() -> None:
    prover = FakeProver({"A": {"a": Closes(axioms=("choice",))}})
    document = await prover.open(snapshot("theorem t : A := sorry\n"))
    (hole,) = document.holes
    certificate = await prover.certify(document, 0, [Edit(hole.start, hole.end, "by a")])
    assert (certificate.ok, certificate.axioms) == (True, ("choice",))


async def test_certifying_sees_through_what_only_seemed_to_close() -> None:
    prover = FakeProver({ANY: {"a": Closes(flaw="the kernel says no"), "boom": Dies(), "use owed": Closes()}})
    document = await prover.open(snapshot("theorem owed : A := by sorry\ntheorem t : A := by sorry\n"))
    hole = document.holes[1]

    async def certify(text: str) -> tuple[bool, str | None]:
        found = await prover.certify(document, 1, [Edit(hole.start, hole.end, text)])
        return found.ok, found.reason

    assert await certify("a") == (False, "the kernel says no")
    ok, reason = await certify("boom")
    assert not ok
    assert reason is not None
    assert "died" in reason
    assert await certify("use t") == (False, "it uses the very declaration that is being proved")
    certificate = await prover.certify(document, 1, [Edit(hole.start, hole.end, "use owed")])
    assert (certificate.ok, certificate.borrowed) == (True, ("owed",))


async def test_errors_of_a_buffer() -> None:
    prover = FakeProver({"A": {"a": Closes()}}, missing_imports={"Nowhere"})
    document = await prover.open(snapshot("theorem t : A := by\n  a\n  a\nnonsense\ntheorem u : B := by a\n"))
    assert [m.text.splitlines()[0] for m in document.errors] == [
        "no goals to be proved",
        "unknown command `nonsense`",
        "this tactic does not apply",
    ]
    document = await prover.open(snapshot("import Nowhere\ntheorem t : A := by sorry\n", 2))
    assert not document.imported
    assert document.holes == ()


async def test_a_buffer_that_kills_it_is_an_error() -> None:
    prover = FakeProver({"A": {"boom": Dies()}})
    with pytest.raises(ProverDiedError):
        await prover.open(snapshot("theorem t : A := by boom\n"))
    document = await prover.open(snapshot("theorem t : A := by sorry\n", 2))
    assert document.holes


async def test_goals_have_the_shape_they_were_given() -> None:
    goal = Goal(pretty="h : A\n⊢ A", target="A", head="A")
    prover = FakeProver(goals={"A": goal})
    document = await prover.open(snapshot("theorem t : A := by\n  \n"))
    hole = await prover.goals(document, len("theorem t : A := by\n  "))
    assert hole is not None
    assert hole.goals == (goal,)


async def test_goals_where_a_tactic_or_a_term_is_wanted() -> None:
    prover = FakeProver({"A ∧ B": {"split": Leaves(("A", "B"))}, ANY: {"a": Closes()}})
    text = "theorem t : A ∧ B := by\n  split\n  · a\n  · xy\n\ntheorem u : A := xy\n"
    document = await prover.open(snapshot(text))
    found: list[tuple[HoleKind, list[str]]] = []
    for start, new in ((text.encode().index(b"xy"), "a"), (text.encode().rindex(b"xy"), "by a")):
        hole = await prover.goals(document, start, start + 2)
        assert hole is not None
        found.append((hole.kind, [g.target for g in hole.goals]))
        assert isinstance((await collect(prover, state_of(hole), ["a"], Limits()))[0], Closed)
        assert (await prover.certify(document, hole.command, [Edit(start, start + 2, new)])).ok
        assert not (await prover.certify(document, hole.command, [Edit(start, start + 2, f"{new}\n\nend")])).ok
    assert found == [(HoleKind.CURSOR, ["B"]), (HoleKind.TERM, ["A"])]


async def test_busy_is_what_the_script_says() -> None:
    prover = FakeProver(
        {"A": {"slow": Closes(seconds=1.5), "hang": Hangs()}},
        seconds_per_command=0.25,
        sleep=lambda _: asyncio.sleep(0),
    )
    document = await prover.open(snapshot("theorem t : A := by sorry\ntheorem u : A := by sorry\n"))
    assert prover.busy == 0.5
    await collect(prover, state_of(document.holes[0]), ["slow", "hang"], Limits(seconds=2.0))
    assert prover.busy == 4.0


async def test_places_in_crlf_and_bom() -> None:
    text = "\ufefftheorem 𝔓 : A := by\r\n  sorry\r\ntheorem u : A := by sorry\r\n"
    data = text.encode()
    document = await FakeProver().open(snapshot(text))
    assert [data[h.start : h.end] for h in document.holes] == [b"sorry", b"sorry"]
    assert [data[c.start : c.end].decode().split()[1] for c in document.commands] == ["𝔓", "u"]


async def test_a_closed_one_says_so() -> None:
    prover = FakeProver()
    await prover.close()
    with pytest.raises(ProverError, match="closed"):
        await prover.open(snapshot(""))
