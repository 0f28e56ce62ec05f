"""Pairs of a goal and what proved it: from the proofs of a text, and from what a search found."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from provers.leans import Bench, make_lean
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learning import learnt_from, pairs_of
from unsorry.engine.report import HoleReport, Proof, Status
from unsorry.provers.seam import Edit

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PROOFS = """\
theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · exact hp
  · -- the other one
    exact hq

theorem zero (n : Nat) : 0 + n = n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [← Nat.add_assoc]
    rw [ih]

theorem term (p : Prop) (h : p ∧ True) : p := h.1
theorem later (a : Nat) (h : a = 1) : 1 = a := by have two : a = 1 := by exact h
                                                  exact two.symm
theorem equations : (n : Nat) → 0 ≤ n
  | 0 => Nat.le.refl
  | n + 1 => by omega
theorem broken (a : Nat) : a = a + 1 := by
  omega
theorem owed (a : Nat) : a = a := by
  sorry
def number : Nat := by exact 1
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench() -> AsyncGenerator[Bench]:
    """An embedded Lean that the tests here share."""
    prover = make_lean()
    try:
        shared = Bench(prover)
        await shared.open("theorem warm : True := trivial\n")
        yield shared
    finally:
        await prover.close()


async def pairs(bench: Bench, text: str, seconds: float = 60.0) -> list[tuple[str | None, str, str]]:
    document = await bench.open(text)
    found = pairs_of(Lane(bench.prover), document, seconds=seconds)
    return [(c.declaration, c.goal.target, tactic) async for c, tactic in found]


async def test_whole_proofs_and_what_is_left_after_each_step(bench: Bench) -> None:
    found = await pairs(bench, PROOFS)
    assert ("both", "p ∧ q", "constructor\n· exact hp\n· -- the other one\n  exact hq") in found
    assert ("both", "p", "exact hp") in found
    assert ("both", "q", "exact hq") in found
    assert ("zero", "0 + 0 = 0", "rfl") in found
    assert ("zero", "0 + (n + 1) = n + 1", "rw [← Nat.add_assoc]\nrw [ih]") in found
    assert ("zero", "0 + n + 1 = n + 1", "rw [ih]") in found
    assert ("term", "p", "exact h.1") in found
    assert {name for name, _, _ in found} == {"both", "zero", "term", "later"}


async def test_each_tactic_proves_its_goal(bench: Bench) -> None:
    document = await bench.open(PROOFS)
    count = 0
    async for context, tactic in pairs_of(Lane(bench.prover), document, seconds=60.0):
        goal = context.goal
        hypotheses = [f"({x.name} : {x.type})" for x in goal.locals]
        await bench.proves(f"example {' '.join(hypotheses)} : {goal.target} := by sorry\n", tactic)
        count += 1
    assert count >= 10


async def test_time_is_bounded(bench: Bench) -> None:
    assert len(await pairs(bench, PROOFS, seconds=0.0)) == 1


async def test_whoever_is_more_urgent_goes_first(bench: Bench) -> None:
    document = await bench.open(PROOFS)
    lane = Lane(bench.prover)
    learning = pairs_of(lane, document, seconds=60.0)
    await anext(learning)
    # Between two goals the lane is free, and leaving off costs nothing.
    assert lane.cause is None
    async with lane.turn(Urgency.ASKED, "somebody waits"):
        pass
    await learning.aclose()
    assert lane.cause is None


async def test_what_a_search_found(bench: Bench) -> None:
    document, hole = await bench.hole("theorem t (a : Nat) : a = a := by sorry\n")
    proof = Proof("rfl", Edit(hole.start, hole.end, "rfl"), (), "rules")
    found = learnt_from(document, HoleReport(hole, Status.PROVED, proof), prover="Lean")
    assert found is not None
    assert (found[0].goal.target, found[0].declaration, found[1]) == ("a = a", "t", "rfl")
    assert learnt_from(document, HoleReport(hole, Status.OPEN), prover="Lean") is None
