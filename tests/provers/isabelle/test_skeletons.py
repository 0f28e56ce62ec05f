"""Proofs with holes in Isabelle: cases written out, holes filled in, and goals with variables of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provers.contract import PATIENT, collect, state_of
from provers.isabelle.isabelles import Bench, kill, make_isabelle, needs_isabelle
from unsorry.provers.isabelle.skeletons import composed, opened
from unsorry.provers.seam import Closed, Goal, Hole, Outcome, Progress, Refused, Rejected

KEEP = replace(PATIENT, keep_states=True, holes=True)

CASES = """\
proof (induct xs)
  case Nil
  then show ?case sorry
next
  case (Cons a xs)
  then show ?case sorry
qed"""


def left(*openings: str) -> list[Goal]:
    return [Goal("", "", opening=opening) for opening in openings]


def test_a_text_is_a_skeleton_where_there_is_more_than_a_hole() -> None:
    assert opened(CASES) == CASES
    assert opened('have "sorry = x" by (simp add: sorry_def) (* sorry *)') is None
    assert opened("sorry") is None
    assert opened("by simp") is None


def test_holes_are_filled_behind_what_they_are_for_or_below_it() -> None:
    text = composed(CASES, left("", ""), ["by simp", "using Cons\napply simp\ndone"])
    assert text == CASES.replace("sorry", "by simp", 1).replace(
        "?case sorry", "?case\n    using Cons\n    apply simp\n    done"
    )
    assert composed(CASES, left("", ""), ["by simp", "sorry"]) == CASES.replace("sorry", "by simp", 1)
    assert composed('proof\n  show "⋀x. P x" sorry\nqed', left("subgoal for x"), ["by (cases x) auto"]) == (
        'proof\n  show "⋀x. P x"\n    subgoal for x\n      by (cases x) auto\n    done\nqed'
    )


def test_a_script_names_the_variables_of_the_goals_it_leaves() -> None:
    assert composed("apply a", left("", "subgoal for x y"), ["by b", "apply c\nby d"]) == (
        "apply a\nsubgoal\n  by b\nsubgoal for x y\n  apply c\n  by d\ndone"
    )
    assert composed("apply a", left("subgoal for x"), ["by b"]) == "apply a\nsubgoal for x\n  by b\ndone"
    assert composed("apply a", left(""), ["by b"]) == "apply a\nby b"
    # What hangs together is proved together.
    assert composed("apply a", left("", "subgoal for x"), ["by b"]) == "apply a\nby b"


LEMMAS = """\
theory Scratch imports Main begin
datatype 'a tree = Leaf | Node "'a tree" 'a "'a tree"
fun mirror :: "'a tree ⇒ 'a tree" where
  "mirror Leaf = Leaf"
| "mirror (Node l x r) = Node (mirror r) x (mirror l)"
fun alternate :: "'a list ⇒ 'a list" where
  "alternate [] = []"
| "alternate [x] = [x]"
| "alternate (x # y # xs) = x # alternate xs"
inductive ev :: "nat ⇒ bool" where
  zero: "ev 0"
| step: "ev n ⟹ ev (Suc (Suc n))"
"""


@pytest.mark.isabelle
@needs_isabelle[1]
@pytest.mark.asyncio(loop_scope="module")
class TestIsabelle:
    """What the driver makes of them."""

    async def _hole(self, bench: Bench, lemma: str) -> Hole:
        document = await bench.open(LEMMAS + lemma + " sorry\n")
        assert not document.errors
        (hole,) = document.holes
        return hole

    async def _left(self, bench: Bench, hole: Hole, text: str) -> Progress:
        (outcome,) = await collect(bench.prover, state_of(hole), [text], KEEP)
        assert isinstance(outcome, Progress), outcome
        assert outcome.state is not None
        return outcome

    async def _apart(self, bench: Bench, outcome: Progress, goal: int, *texts: str) -> list[Outcome]:
        assert outcome.state is not None
        return await collect(bench.prover, replace(outcome.state, goal=goal), texts, KEEP)

    @pytest.mark.parametrize(
        ("lemma", "start", "cases"),
        [
            ('lemma "mirror (mirror t) = t"', "proof (induct t)", ["case Leaf", "case (Node t1 x2 t2)"]),
            ('lemma "mirror t = t"', "proof (cases t)", ["case Leaf", "case (Node x21 x22 x23)"]),
            (
                'lemma "length (alternate xs) ≤ length xs"',
                "proof (induct xs rule: alternate.induct)",
                ["case 1", "case (2 x)", "case (3 x y xs)"],
            ),
            (
                'lemma "ev n ⟹ even n"',
                "proof (induct rule: ev.induct)",
                ["case zero", "case (step n)"],
            ),
            ('lemma "(n::nat) < 2"', 'proof (cases "n = 0")', ["case True", "case False"]),
        ],
    )
    async def test_the_cases_of_a_proof_that_is_begun_are_written_out(
        self, bench: Bench, lemma: str, start: str, cases: list[str]
    ) -> None:
        outcome = await self._left(bench, await self._hole(bench, lemma), start)
        assert outcome.text is not None
        lines = [line.strip() for line in outcome.text.split("\n")]
        assert lines[0] == start
        assert [line for line in lines if line.startswith("case ")] == cases
        assert len(outcome.goals) == len(cases) == outcome.text.count("sorry")

    async def test_what_is_to_be_shown_is_written_out_where_there_are_no_cases(self, bench: Bench) -> None:
        hole = await self._hole(
            bench,
            'lemma "(∀x. P x ∧ Q) = ((∀x. P x) ∧ Q)" for P :: "nat ⇒ bool"',
        )
        outcome = await self._left(bench, hole, "proof (rule iffI)")
        assert outcome.text == (
            'proof (rule iffI)\n  assume "∀x. P x ∧ Q"\n  then show "(∀x. P x) ∧ Q" sorry\n'
            'next\n  assume "(∀x. P x) ∧ Q"\n  then show "∀x. P x ∧ Q" sorry\nqed'
        )
        hole = await self._hole(bench, 'lemma "A ⊆ (B :: nat set)"')
        outcome = await self._left(bench, hole, "proof (rule subsetI)")
        assert outcome.text == (
            'proof (rule subsetI)\n  fix x :: "nat"\n  assume "x ∈ A"\n  then show "x ∈ B" sorry\nqed'
        )
        # Printed without types it would be about other numbers, or about any.
        hole = await self._hole(bench, 'lemma "(∀x. x < 2 ⟶ P (x :: nat)) ∧ (∃y :: int. y = y)"')
        outcome = await self._left(bench, hole, "proof (rule conjI)")
        assert [g.target for g in outcome.goals] == ["∀x<2. P x", "∃y. y = y"]

    async def test_a_hole_is_worked_on_with_the_facts_and_variables_of_its_case(self, bench: Bench) -> None:
        hole = await self._hole(bench, 'lemma "mirror (mirror t) = t"')
        outcome = await self._left(bench, hole, "proof (induct t)")
        goal = outcome.goals[1]
        assert goal.target == "mirror (mirror (Node t1 x2 t2)) = Node t1 x2 t2"
        assert {"t1", "x2", "t2", "Node.hyps(1)", "Node.hyps(2)"} <= {x.name for x in goal.locals if x.accessible}
        for place, text in enumerate(["by simp", "by (simp add: Node.hyps)"]):
            (closed,) = await self._apart(bench, outcome, place, text)
            assert isinstance(closed, Closed)
        step, deeper = await self._apart(bench, outcome, 1, "apply (subst mirror.simps)", "proof (cases t1)")
        assert isinstance(deeper, Progress)
        assert [g.target for g in deeper.goals] == [goal.target, goal.target]
        assert isinstance(step, Progress)
        document = await bench.open(LEMMAS + 'lemma "mirror (mirror t) = t" sorry\n')
        inner = bench.prover.compose("apply (subst mirror.simps)", step.goals, ["by (simp add: Node.hyps)"])
        assert outcome.text is not None
        whole = bench.prover.compose(outcome.text, outcome.goals, ["by simp", inner])
        certificate = await bench.certify(document, document.holes[0], whole)
        assert certificate.ok, certificate

    async def test_holes_come_back_with_a_lost_prover(self) -> None:
        prover = make_isabelle()
        try:
            bench = Bench(prover)
            outcome = await self._left(
                bench, await self._hole(bench, 'lemma "mirror (mirror t) = t"'), "proof (induct t)"
            )
            await kill(prover)
            (closed,) = await self._apart(bench, outcome, 1, "by (simp add: Node.hyps)")
            assert isinstance(closed, Closed)
            assert prover.starts == 2
        finally:
            await prover.close()

    async def test_a_goals_own_variables_can_be_spoken_of(self, bench: Bench) -> None:
        hole = await self._hole(bench, 'lemma "∀t n. mirror (mirror t) = t ∧ n < Suc n"')
        outcome = await self._left(bench, hole, "apply (intro allI conjI)")
        assert [g.opening for g in outcome.goals] == ["subgoal for t n"] * 2
        assert [x.name for x in outcome.goals[0].locals if x.accessible and not x.is_prop] == ["t", "n"]
        parts = ["by (induct t) auto", "by (cases n) auto"]
        (closed,) = await self._apart(bench, outcome, 0, parts[0])
        assert isinstance(closed, Closed)
        document = await bench.open(LEMMAS + 'lemma "∀t n. mirror (mirror t) = t ∧ n < Suc n" sorry\n')
        whole = bench.prover.compose("apply (intro allI conjI)", outcome.goals, parts)
        certificate = await bench.certify(document, document.holes[0], whole)
        assert certificate.ok, certificate

    async def test_their_names_are_like_no_others(self, bench: Bench) -> None:
        hole = await self._hole(bench, 'lemma fixes x :: nat shows "∀x. x = x + (0::nat) ∨ x = y"')
        outcome = await self._left(bench, hole, "apply (rule allI)")
        (goal,) = outcome.goals
        assert goal.opening == "subgoal for x"
        hole = await self._hole(
            bench,
            'lemma fixes x :: nat shows "∀z. x = z ⟶ (∀x. x + z = (z::nat) + x)"',
        )
        outcome = await self._left(bench, hole, "apply (intro allI impI)")
        (goal,) = outcome.goals
        assert goal.opening == "subgoal for z xa"
        assert goal.target == "xa + z = z + xa"
        (closed,) = await self._apart(bench, outcome, 0, "by (induct xa) auto")
        assert isinstance(closed, Closed)

    async def test_what_is_no_skeleton_is_refused_or_rejected(self, bench: Bench) -> None:
        hole = await self._hole(bench, 'lemma "(A ∧ B) = (B ∧ A)"')
        texts = [
            'proof\n  show "A" sorry\nqed',
            'proof (rule iffI)\n  assume "A ∧ B"\n  then show "B ∧ A" sorry',
            "apply (rule iffI)\nsorry",
            "by (simp add: conj_commute) sorry",
            "oops",
        ]
        outcomes = await collect(bench.prover, state_of(hole), texts, KEEP)
        assert [type(o) for o in outcomes] == [Rejected, Rejected, Rejected, Rejected, Refused]
        (refused,) = await collect(bench.prover, state_of(hole), [texts[1]], PATIENT)
        assert isinstance(refused, Refused)
