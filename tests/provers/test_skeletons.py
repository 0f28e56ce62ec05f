"""Proofs with holes in Lean: as steps that leave goals, and with proofs in the places of these."""

from __future__ import annotations

from unsorry.provers.lean.skeletons import composed, opened


def test_holes_of_a_skeleton_become_what_a_step_leaves() -> None:
    assert opened("have h : A := by sorry\nexact h") == "have h : A := ?_\nexact h"
    assert opened("have h : A := by\n  sorry\nhave g : B := sorry\nsorry") == "have h : A := ?_\nhave g : B := ?_"
    assert opened("induction n with\n| zero => sorry\n| succ n ih => simp") == (
        "induction n with\n| zero => ?_\n| succ n ih => simp"
    )
    assert opened("constructor\n· sorry\n· rfl") is None
    assert opened("exact sorry_free") is None


def test_cases_are_proved_in_their_places() -> None:
    step = "induction n with\n| zero => ?_\n| one => rfl\n| succ n ih => ?_"
    assert composed(step, ["simp", "intro h\nexact ih h"]) == (
        "induction n with\n| zero => simp\n| one => rfl\n| succ n ih =>\n  intro h\n  exact ih h"
    )


def test_facts_are_proved_in_their_places_and_what_is_left_behind_them() -> None:
    step = "have one : A := ?_\nhave two : B := ?_"
    assert composed(step, ["exact ⟨one, two⟩", "b\nc", "sorry"]) == (
        "have one : A := by sorry\nhave two : B := by\n  b\n  c\nexact ⟨one, two⟩"
    )
    assert composed(f"{step}\nexact ⟨one, two⟩", ["b", "a"]) == (
        "have one : A := by a\nhave two : B := by b\nexact ⟨one, two⟩"
    )


def test_where_it_is_not_plain_which_goal_is_whose_there_is_a_block_for_each() -> None:
    assert composed("refine ⟨?_, ?_⟩", ["a", "b\nc"]) == "refine ⟨?_, ?_⟩\n· a\n· b\n  c"
    assert composed("have h : A := ?_\nconstructor", ["a", "b", "c"]) == (
        "have h : A := ?_\nconstructor\n· a\n· b\n· c"
    )
    assert composed("have h : A := ?_\nconstructor", ["a"]) == "have h : A := by a\nconstructor"
