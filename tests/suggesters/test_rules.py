"""What the rules read off a goal's shape: goals made by hand, and the candidates that must come and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unsorry.provers.seam import Application, Constant, Field, Goal, InductiveType, Local, Premise
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Candidate, EarlierTheorem, GoalContext

NAT = InductiveType("Nat", ("Nat.zero", "Nat.succ"), recursive=True)
LIST = InductiveType("List", ("List.nil", "List.cons"), recursive=True, parameters=1)


def constant(name: str, module: str | None = "Init.Prelude", kind: str = "def") -> Constant:
    return Constant(name, name, kind, module)


async def candidates(context: GoalContext) -> list[Candidate]:
    return [c async for c in LeanRules().suggest(context)]


async def texts(goal: Goal, *, earlier: tuple[EarlierTheorem, ...] = (), imports: tuple[str, ...] = ()) -> list[str]:
    return [c.text for c in await candidates(GoalContext("Lean", (goal,), "t", earlier, imports))]


SUM = Goal(
    pretty="a b : Nat\n⊢ a + b = b + a",
    target="a + b = b + a",
    head="Eq",
    whnf_head="Eq",
    locals=(
        Local("a", "Nat", head="Nat", inductive=NAT),
        Local("b", "Nat", head="Nat", inductive=NAT),
    ),
    constants=(constant("Eq"), constant("Nat", kind="inductive"), constant("HAdd.hAdd")),
)

CONJUNCTION = Goal(
    pretty="p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q",
    target="p ∧ q",
    head="And",
    whnf_head="And",
    locals=(
        Local("p", "Prop", is_type=True, head="Sort"),
        Local("q", "Prop", is_type=True, head="Sort"),
        Local("hp", "p", is_prop=True, head="fvar"),
        Local("hq", "q", is_prop=True, head="fvar"),
    ),
    constants=(constant("And", kind="inductive"),),
)

RECURSIVE = Goal(
    pretty="xs : List Nat\n⊢ total xs = total xs.reverse",
    target="total xs = total xs.reverse",
    head="Eq",
    whnf_head="Eq",
    locals=(Local("xs", "List Nat", head="List", inductive=LIST),),
    constants=(constant("Eq"), constant("Nat", kind="inductive"), constant("total", module=None)),
)


async def test_arithmetic_is_tried_early_and_induction_late() -> None:
    found = await texts(SUM)
    assert "omega" in found[:4]
    inductions = [i for i, t in enumerate(found) if t.startswith("induction")]
    assert all(found.index("omega") < i for i in inductions)


async def test_a_conjunction_is_split() -> None:
    assert any(t.startswith("constructor") for t in await texts(CONJUNCTION))


async def test_own_definitions_are_unfolded_and_library_ones_are_not() -> None:
    found = await texts(RECURSIVE)
    assert any("total" in t for t in found)
    assert any(t.startswith("induction xs") for t in found)
    assert not any("HAdd.hAdd" in t for t in await texts(SUM))


async def test_an_accumulator_is_generalised() -> None:
    collect = replace(constant("collect", module=None), recursion="structural", major=0, varying=(1,))
    append = constant("HAppend.hAppend")
    goal = replace(
        RECURSIVE,
        target="collect xs [] = twice acc",
        locals=(*RECURSIVE.locals, Local("acc", "List Nat", head="List", inductive=LIST)),
        constants=(constant("Eq"), collect, append),
        applications=(Application("collect", ("xs", None)),),
    )
    found = [t for t in await texts(goal) if t.startswith("have key")]
    # The name is free, and the side that says what is computed stands beside what was collected.
    assert found[0].startswith("have key : ∀ acc1, collect xs acc1 = twice acc ++ acc1 := by\n  induction xs <;> intro")
    assert any(t.startswith("have key : ∀ a b : List Nat, collect (a ++ b) = collect b ++ collect a") for t in found)
    plain = replace(goal, constants=(constant("Eq"), replace(collect, varying=())))
    assert not [t for t in await texts(plain) if t.startswith("have key")]


async def test_what_is_made_for_a_nested_type_is_not_unfolded() -> None:
    made = tuple(constant(f"Tree.{name}", module=None) for name in ("below_1", "brecOn_2", "size"))
    found = await texts(replace(RECURSIVE, nested=made))
    assert any("Tree.size" in t for t in found)
    assert not any("below" in t or "brecOn" in t for t in found)


async def test_earlier_theorems_about_the_same_things_are_used() -> None:
    earlier = (
        EarlierTheorem("total_append", "theorem total_append (xs ys) : total (xs ++ ys) = total xs + total ys"),
        EarlierTheorem("unrelated", "theorem unrelated (p : Prop) : p → p"),
    )
    found = await texts(RECURSIVE, earlier=earlier)
    assert any("total_append" in t for t in found)
    assert not any("unrelated" in t for t in found)


FOUND = (
    Premise("Lib.total_reverse", ("total",), "Eq", "total", "Lib", "(xs : List Nat) : total xs.reverse = total xs"),
    Premise("Lib.total_le", ("total",), "LE.le", "", "Lib", "{n : Nat} (xs : List Nat) (h : 0 < n) : total xs ≤ n"),
    Premise("Lib.total_comm", ("total",), "Eq", "Other.sum", "Lib", "(a b : Nat) : total [a, b] = total [b, a]"),
)


async def test_premises_are_used_as_what_they_are() -> None:
    plain = set(await texts(RECURSIVE))
    found = [c.text for c in await candidates(GoalContext("Lean", (RECURSIVE,), premises=FOUND))]
    assert plain <= set(found)
    fresh = set(found) - plain
    assert {"rw [Lib.total_reverse]", "rw [← Lib.total_reverse]", "exact Lib.total_reverse .."} <= fresh
    assert {"simp [Lib.total_reverse]", "grind [Lib.total_reverse]", "grind [Lib.total_reverse, Lib.total_le]"} <= fresh
    assert "have := Lib.total_reverse xs; omega" in fresh
    # Another head, another left side, and an order that does not matter.
    assert not {"exact Lib.total_le ..", "rw [Lib.total_le]", "rw [Lib.total_comm]", "simp [Lib.total_comm]"} & fresh
    assert "apply Lib.total_reverse" not in fresh
    stepping = GoalContext("Lean", (RECURSIVE,), steps=(), premises=FOUND)
    assert {"apply Lib.total_reverse", "simp only [Lib.total_reverse]"} <= {c.text for c in await candidates(stepping)}


async def test_premises_behind_binders_are_used_there() -> None:
    inner = replace(RECURSIVE, opening="intro xs")
    goal = Goal("", "∀ xs, total xs = total xs.reverse", head="∀", inner=inner)
    found = [c.text for c in await candidates(GoalContext("Lean", (goal,), premises=FOUND))]
    assert "intro xs; rw [Lib.total_reverse]" in found
    assert "rw [Lib.total_reverse]" not in found


async def test_mathlib_tactics_come_with_mathlib_only() -> None:
    assert not {"ring", "linarith", "positivity"} & set(await texts(SUM))
    assert {"ring", "linarith"} <= set(await texts(SUM, imports=("Mathlib.Tactic.Ring",)))


@pytest.mark.parametrize("goal", [SUM, CONJUNCTION, RECURSIVE], ids=["sum", "conjunction", "recursive"])
async def test_each_candidate_comes_once_with_falling_scores(goal: Goal) -> None:
    found = await candidates(GoalContext("Lean", (goal,)))
    assert len({c.text for c in found}) == len(found)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert all(c.score <= 0 and c.origin.startswith("rules") for c in found)
    assert len(found) <= 150


async def test_inaccessible_names_are_never_written() -> None:
    hidden = Local("x✝", "Nat", accessible=False, head="Nat", inductive=NAT)
    goal = Goal("x✝ : Nat\n⊢ x✝ = x✝", "x✝ = x✝", head="Eq", locals=(hidden,))
    assert not [t for t in await texts(goal) if "✝" in t]


async def test_another_prover_gets_nothing() -> None:
    assert await candidates(GoalContext("Isabelle", (SUM,))) == []


async def test_a_search_that_goes_on_goes_behind_binders() -> None:
    inner = Goal("", "q", locals=(Local("h", "p ∧ q", is_prop=True, head="And"),), head="fvar", opening="intro h")
    goal = Goal("p q : Prop\n⊢ p ∧ q → q", "p ∧ q → q", head="∀", inner=inner)
    assert "intro h" not in await texts(goal)
    steps = await candidates(GoalContext("Lean", (goal,), steps=("constructor",)))
    assert "intro h" in [c.text for c in steps]
    assert "" not in [c.text for c in steps]


TREE = InductiveType(
    "Tree", ("Tree.leaf", "Tree.node"), recursive=True,
    fields=((), (Field("l", recursive=True), Field("x", recursive=False), Field("r", recursive=True))),
)  # fmt: skip


async def steps_for(goal: Goal) -> list[str]:
    return [c.text for c in await candidates(GoalContext("Lean", (goal,), steps=()))]


async def test_cases_are_written_out_with_new_names_where_a_search_goes_on() -> None:
    goal = Goal(
        "t : Tree\nx : Nat\nih1 : P x\n⊢ P t", "P t", head="P",
        locals=(
            Local("t", "Tree", head="Tree", inductive=TREE),
            Local("x", "Nat"),
            Local("ih1", "P x", is_prop=True, head="P"),
        ),
    )  # fmt: skip
    found = await steps_for(goal)
    assert "induction t with\n| leaf => sorry\n| node l x1 r ih11 ih2 => sorry" in found
    assert "cases t with\n| leaf => sorry\n| node l x1 r => sorry" in found
    assert not {"induction t", "cases t"} & set(found)
    assert not any("sorry" in text for text in await texts(goal))


async def test_a_fact_is_shown_first_where_a_hypothesis_asks_for_it() -> None:
    goal = Goal("h : p → q\n⊢ r", "r", locals=(Local("h", "p → q", is_prop=True, binders=1),))
    assert "have h_premise : p := by sorry\nhave h' := h h_premise" in await steps_for(goal)
    assert not any("h_premise" in text for text in await steps_for(replace(goal, target="q")))


@pytest.mark.parametrize("target", ["a ∧ b ∧ c", "a ∧ (b ∧ c) ∧ d", "a ∧ b ∧ ∃ x, p ∧ q"])
async def test_a_conjunction_of_several_is_split_at_once(target: str) -> None:
    assert "refine ⟨?_, ?_, ?_⟩" in await steps_for(Goal(f"⊢ {target}", target, head="And"))
    assert not any("refine ⟨?_" in t for t in await steps_for(Goal("⊢ a ∧ b", "a ∧ b", head="And")))


async def test_conditions_are_split() -> None:
    target = "(if a = b then 1 else f (if (c) then 2 else 3)) = x"
    goal = Goal(f"⊢ {target}", target, head="Eq")
    found = await steps_for(goal)
    assert [t for t in found if t.startswith("by_cases")] == ["by_cases h : a = b", "by_cases h : (c)"]


async def test_propositions_are_gone_through() -> None:
    propositions = tuple(Local(x, "Prop", is_type=True, head="Sort") for x in "pq")
    goal = Goal("p q : Prop\n⊢ p ∨ q ↔ q ∨ p", "p ∨ q ↔ q ∨ p", head="Iff", locals=propositions)
    assert "by_cases p <;> by_cases q <;> simp_all" in await texts(goal)
    assert not any("by_cases" in t for t in await texts(SUM))


async def test_the_librarys_definitions_are_unfolded_late() -> None:
    goal = Goal(
        "n : Nat\n⊢ (List.range n).length = n",
        "(List.range n).length = n",
        head="Eq",
        locals=(Local("n", "Nat", head="Nat", inductive=NAT),),
        constants=(constant("Eq"), constant("List.range"), constant("List.length")),
    )
    found = await texts(goal)
    assert found.index("simp") < found.index("simp [List.range, List.length]")
    assert "simp" in found[:4]


async def test_a_hypothesis_may_stand_for_a_conjunction() -> None:
    goal = Goal("h : R\n⊢ P", "P", head="P", locals=(Local("h", "R", is_prop=True, head="R"),))
    assert any("exact h.2" in t for t in await texts(goal))
    both = Goal("h : A ∧ B\n⊢ P", "P", head="P", locals=(Local("h", "A ∧ B", is_prop=True, head="And"),))
    assert any(t.startswith("cases h") for t in await texts(both))
