"""What only looks like a proof, put through the prover as a candidate and past it straight to the certificate.

Each of these claims a statement that is false, or rests on what no proof may rest on.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

import pytest

from provers.leans import CASES, Bench, installed
from unsorry.engine.trust import Policy
from unsorry.provers.lean.embedded.install import cache_folder
from unsorry.provers.seam import Closed, Edit, Fault, Limits, Progress, Refused, Rejected, TimedOut

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module")]

FALSE: Final = "theorem cheat (a b : Nat) : a + b = a * b := by sorry\n"
LIMITS: Final = Limits(seconds=1.0)
#: How long a cheat may hold up the next request beyond its own limit: the driver's grace and a restart.
NEXT_SECONDS: Final = 30.0


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / "lean" / "cheats.jsonl").read_text("utf-8").splitlines() if line]


SHARED: Final = [row["candidate"] for row in rows() if "candidate" in row]

OWN: Final = [
    # sorry in other clothes
    "exact (by exact sorry)",
    "show_term sorry",
    "nomatch (sorry : False)",
    "exact Classical.choice ⟨sorry⟩",
    "exact sorryAx _ true",
    "exact @sorryAx _ false",
    "cases (sorryAx False : False)",
    "exact Eq.mpr (by sorry) rfl",
    "exact WellFounded.fix sorry sorry",
    "conv => lhs; tactic => sorry",
    "all_goals try sorry",
    "exact sorry -- no sorry here",
    "exact /- sorry -/ sorry",
    "unhygienic sorry",
    "set_option warn.sorry false in\nexact sorry",
    # compiled code and code that runs while it elaborates
    "decide +native",
    "exact of_decide_eq_true (by native_decide)",
    "exact of_decide_eq_true (Lean.ofReduceBool _ _ rfl)",
    "exact (Lean.ofReduceNat _ _ rfl ▸ rfl)",
    "exact Lean.trustCompiler",
    "open Lean in\nrun_tac pure ()",
    "open Lean Elab Tactic in\nrun_tac do (← getMainGoal).admit",
    "exact by_elab return Lean.mkConst ``True.intro",
    "exact unsafe (unsafeCast ())",
    "exact (unsafeCast : Unit → _) ()",
    'exact include_str "owned"',
    "exact eval% 1",
    "#eval 1",
    # holes in the logic
    "exact @lcProof _",
    "exact lcUnreachable",
    "exact lcAny",
    "exact Quot.lcInv",
    "set_option debug.skipKernelTC true in\nrfl",
    "set_option debug.byAsSorry true in\nomega",
    "exfalso\ngrind => set_option debug.skipKernelTC true in have : False := by decide +kernel",
    "exfalso\ngrind => set_option debug.byAsSorry true in have : False := by omega",
    # programs in the place of a configuration
    'simp (config := dbgTrace "owned" fun _ => {})',
    "simp (config := dbgSleep 500 fun _ => {})",
    "simp (maxSteps := dbgSleep 500 fun _ => 1)",
    "simp (config := { maxSteps := dbgSleep 500 fun _ => 1 })",
    "rw (occs := .pos (dbgSleep 500 fun _ => [1])) [Nat.add_comm]",
    "decide (config := { native := true })",
    "decide (native := true)",
    # the declaration itself
    "apply cheat",
    "exact cheat _ _",
    "rw [cheat]",
    "grind [cheat]",
    "exact _root_.cheat a b",
    "exact «cheat» a b",
    "revert a b; exact cheat",
    "haveI := cheat; exact this a b",
    "exact no_implicit_lambda% cheat a b",
    "have h : ∀ a b : Nat, a + b = a * b := by\n  intro a b\n  exact cheat a b\nexact h a b",
    "exact this",
    "let rec f (a b : Nat) : a + b = a * b := f a b\nexact f a b",
    "let rec f : Nat → False := fun n => f n\nexact (f 0).elim",
    "exact let rec h := h; h",
    "exact fun.1",
    # text that leaves its place
    "rfl\nend Foo\ntheorem x : True := trivial",
    "trivial\n\ntheorem cheat' : True := trivial",
    "termination_by a",
    'macro "win" : tactic => `(tactic| sorry)',
    "attribute [simp] cheat",
    "rfl /- -",
    "rfl -/",
    "/- -/",
    "/- rfl",
    "rfl)",
    "(rfl",
    "⟨rfl",
    "",
    "   ",
    "rfl\x00",
    'exact "',
    "'",
    "\\",
    "\u202erfl",
    "exact s\u200borry",
    "\ufeffrfl",
    "x" * 30_000,
    # what hangs, overflows or admits when it fails
    "apply?",
    "exact (by exact?)",
    "polyrith",
    "sleep 100000",
    "set_option maxHeartbeats 0 in\nrepeat skip",
    "repeat (have := 1)",
    "exact (" * 3000 + "rfl" + ")" * 3000,
    "first " + "| rfl " * 500,
    # not the statement
    "refine ?_",
    "exact ?_",
    "exact _",
    "skip",
    "norm_cast",
    "exact (rfl : a = a)",
    "change True; trivial",
    "show True from trivial",
    "clear a",
    "simp (config := {decide := true})",
    "exact (inferInstance : Inhabited False).default.elim",
    'exact panic! "x"',
]


def shown(candidate: str) -> str:
    return candidate[:40].encode("unicode_escape").decode()


@pytest.mark.parametrize("candidate", [*SHARED, *OWN], ids=shown)
async def test_a_cheat_is_never_certified(bench: Bench, candidate: str) -> None:
    document, hole = await bench.hole(FALSE)
    (outcome,) = await bench.outcomes(hole, candidate, limits=LIMITS)
    match outcome:
        case Rejected(message=reason) | Refused(reason=reason) | Fault(reason=reason):
            assert reason
        case TimedOut():
            pass
        case Progress(goals=goals):
            assert goals
        case Closed():
            pytest.fail("it closed a false statement")
    certificate = await bench.certify(document, hole, candidate, seconds=LIMITS.seconds)
    assert not certificate.ok
    assert certificate.reason

    begun = time.monotonic()
    again, hole = await bench.hole("theorem fine (a b : Nat) : a + b = b + a := by sorry\n")
    (outcome,) = await bench.outcomes(hole, "omega")
    assert isinstance(outcome, Closed)
    certificate = await bench.certify(again, hole, "omega")
    assert (certificate.ok, Policy().refusal(certificate)) == (True, None)
    assert time.monotonic() - begun < NEXT_SECONDS


async def test_no_cheat_wrote_a_file(bench: Bench) -> None:
    assert bench.prover.pid is not None
    places = [Path.cwd(), cache_folder() / "driver", cache_folder() / "oleans", installed().root.parent]
    assert [file for place in places for file in place.glob("**/owned")] == []


async def test_no_cheat_ended_the_prover(bench: Bench) -> None:
    assert bench.prover.starts == 1


PRELUDE: Final = """
macro "win" : tactic => `(tactic| sorry)
macro "steal" : tactic => `(tactic| exact lcProof)
notation "nn" => sorryAx _
axiom bad : False
theorem owed : False := by sorry
theorem leaning : False := owed
"""


@pytest.mark.parametrize(
    ("candidate", "axioms", "borrowed"),
    [
        ("win", None, ()),
        ("steal", None, ()),
        ("exact nn true", None, ()),
        ("exact bad.elim", ("bad",), ()),
        ("exact owed.elim", (), ("owed",)),
        ("exact leaning.elim", (), ("leaning",)),
    ],
)
async def test_what_a_file_offers_is_seen_through(
    bench: Bench, candidate: str, axioms: tuple[str, ...] | None, borrowed: tuple[str, ...]
) -> None:
    """A word of the file's own hides what it does from the gate; the certificate tells what the proof rests on."""
    document = await bench.open(PRELUDE + FALSE)
    hole = document.holes[-1]
    certificate = await bench.certify(document, hole, candidate)
    assert certificate.ok == (axioms is not None)
    if axioms is None:
        assert certificate.reason
        return
    assert certificate.axioms == axioms
    assert certificate.borrowed == borrowed
    assert bool(Policy().refusal(certificate)) == bool(axioms)


UNCHECKED: Final = 'macro "unchecked" : tactic => `(tactic| set_option debug.skipKernelTC true in decide +kernel)\n'


@pytest.mark.parametrize(
    "text",
    [
        "set_option debug.skipKernelTC true in\ntheorem cheat : 1 = 2 := by sorry\n",
        "set_option debug.skipKernelTC true in\nset_option maxRecDepth 900 in\ntheorem cheat : 1 = 2 := by sorry\n",
        "set_option debug.skipKernelTC true\ntheorem cheat : 1 = 2 := by sorry\n",
    ],
)
async def test_a_file_that_turns_the_kernel_off_proves_nothing(bench: Bench, text: str) -> None:
    document, hole = await bench.hole(text)
    certificate = await bench.certify(document, hole, "decide +kernel")
    assert not certificate.ok
    assert certificate.reason


@pytest.mark.parametrize(
    "text",
    [
        "theorem cheat : 1 = 2 := by sorry\n",
        "example : 1 = 2 := by sorry\n",
        "private theorem cheat : 1 = 2 ∧ 3 = 3 := ⟨by sorry, by sorry⟩\n",
        "def cheat : { n : Nat // 1 = 2 } := ⟨0, by sorry⟩\n",
    ],
)
async def test_the_kernel_checks_once_more_whatever_was_done(bench: Bench, text: str) -> None:
    document = await bench.open(UNCHECKED + text)
    hole = next(h for h in document.holes if h.start > len(UNCHECKED))
    certificate = await bench.certify(document, hole, "unchecked")
    assert not certificate.ok
    assert certificate.reason is not None
    assert "the kernel does not accept" in certificate.reason


async def test_a_sorry_that_was_put_aside_is_seen(bench: Bench) -> None:
    document = await bench.open(PRELUDE + "theorem two : 1 = 2 ∧ 3 = 4 := ⟨by sorry, by sorry⟩\n")
    (outcome,) = await bench.outcomes(document.holes[-1], "as_aux_lemma => win")
    assert isinstance(outcome, Rejected)


@pytest.mark.parametrize(
    "candidate",
    [
        "simp (config := { decide := true, maxSteps := 500 }) [h]",
        "simp (config := {}) [h]",
        "simp +decide (maxSteps := 500) [h]",
        "rw (occs := .pos [1]) [h]; rfl",
        "rw (config := { occs := .pos [1] }) [h]; rfl",
        "grind (splits := 3)",
        "grind => set_option maxRecDepth 2000 in done",
        "set_option maxRecDepth 2000 in simp [h]",
    ],
)
async def test_a_configuration_that_is_data_is_fine(bench: Bench, candidate: str) -> None:
    document, hole = await bench.hole("theorem fine (a b : Nat) (h : a = b) : b + 0 = a := by sorry\n")
    (outcome,) = await bench.outcomes(hole, candidate)
    assert isinstance(outcome, Closed), outcome
    assert Policy().refusal(await bench.certify(document, hole, candidate)) is None


async def test_compiled_evaluation_is_no_proof(bench: Bench) -> None:
    document, hole = await bench.hole("theorem less : 10 < 20 := by sorry\n")
    certificate = await bench.certify(document, hole, "decide +native")
    assert Policy().refusal(certificate)
    certificate = await bench.certify(document, hole, "decide")
    assert Policy().refusal(certificate) is None


async def test_standard_axioms_are_told_and_allowed(bench: Bench) -> None:
    document, hole = await bench.hole("theorem one (α : Type) (h : Nonempty α) : ∃ _ : α, True := by sorry\n")
    certificate = await bench.certify(document, hole, "exact ⟨Classical.choice h, trivial⟩")
    assert certificate.axioms == ("Classical.choice",)
    assert Policy().refusal(certificate) is None


async def test_what_follows_must_still_check(bench: Bench) -> None:
    text = "def two : Nat := by sorry\ntheorem is_two : two = 2 := by rfl\n"
    document = await bench.open(text)
    (hole,) = document.holes
    assert document.errors
    good = await bench.certify(document, hole, "exact 2")
    assert good.ok
    text = "def small : { n : Nat // n < 9 } := ⟨by sorry, by omega⟩\n"
    document = await bench.open(text)
    for hole in document.holes:
        assert not (await bench.certify(document, hole, "exact 10")).ok


async def test_an_edit_outside_the_hole_is_not_certified(bench: Bench) -> None:
    document, hole = await bench.hole(FALSE)
    start = FALSE.index("a * b")
    edits = [Edit(start, start + 5, "b + a"), Edit(hole.start, hole.end, "omega")]
    certificate = await bench.prover.certify(document, hole.command, edits)
    assert not certificate.ok
    assert certificate.reason


async def test_an_example_is_certified_as_it_stands(bench: Bench) -> None:
    document, hole = await bench.hole("variable (p : Prop) (h : p)\nexample : p := by sorry\n")
    assert (await bench.certify(document, hole, "exact h")).ok
    document, hole = await bench.hole("example (a b : Nat) : a + b = a * b := by sorry\n")
    assert not (await bench.certify(document, hole, "exact unsorry_certified_example a b")).ok
    document, hole = await bench.hole("axiom bad : False\nexample : 1 = 2 := by sorry\n")
    assert (await bench.certify(document, hole, "exact bad.elim")).axioms == ("bad",)


async def test_the_gate_reads_syntax_and_not_letters(bench: Bench) -> None:
    text = "theorem fine (sorry_free : 1 = 1) (p : Prop) (admitted : p) : p := by sorry\n"
    _, hole = await bench.hole(text)
    found = await bench.outcomes(hole, "exact admitted -- no sorry", "have _ := sorry_free\nexact admitted")
    assert [type(o) for o in found] == [Closed, Closed]
