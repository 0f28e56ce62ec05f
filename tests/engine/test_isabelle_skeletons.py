"""Proofs with holes on a real Isabelle: worked on side by side, told in part, and never taken for proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from engine.scripted import Drafts, Steps
from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from unsorry.engine.documents import DocumentProver
from unsorry.engine.graph import Caps
from unsorry.engine.report import DocumentReport, Status
from unsorry.engine.search import Budget
from unsorry.provers.seam import Snapshot
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.seam import Suggester

pytestmark = [*needs_isabelle, pytest.mark.timeout(300)]

LEMMA = 'lemma t: fixes a b c :: nat assumes "a < b" shows "a * 2 < b * 2 + 1 \\<and> c \\<le> c + a" sorry\n'

DRAFT = """\
proof -
  have one: "a * 2 < b * 2" sorry
  have two: "b * 2 < b * 2 + (1::nat)" sorry
  have three: "c \\<le> c + a" sorry
  from one two three show ?thesis by simp
qed"""

BOOK = {
    "a * 2 < b * 2": ["using assms by simp"],
    "b * 2 < b * 2 + 1": ["apply (rule less_add_one)\ndone"],
    "c ≤ c + a": ["by simp"],
}


async def search(text: str, *suggesters: Suggester, seconds: float = 60.0) -> DocumentReport:
    prover = make_isabelle()
    try:
        worker = DocumentProver([prover], suggesters, budget=Budget(seconds, caps=Caps()))
        return await worker.run(Snapshot("file:///A.thy", 1, text))
    finally:
        await prover.close()


async def drafted(book: Mapping[str, Sequence[str]]) -> DocumentReport:
    return await search(LEMMA, Drafts(DRAFT), Steps(book))


async def test_the_holes_of_a_draft_are_filled_in() -> None:
    (report,) = (await drafted(BOOK)).holes
    assert report.proof is not None
    filled = DRAFT.replace("sorry", BOOK["a * 2 < b * 2"][0], 1)
    filled = filled.replace(" sorry", "\n    apply (rule less_add_one)\n    done", 1).replace("sorry", "by simp", 1)
    assert report.proof.text == filled


async def test_two_of_three_subgoals_are_proved_and_the_third_has_a_hole() -> None:
    done = await drafted({target: texts for target, texts in BOOK.items() if target != "c ≤ c + a"})
    (report,) = done.holes
    assert (report.status, report.proof, report.alternatives) == (Status.OPEN, None, ())
    assert report.partial is not None
    assert str(report.partial) == "2 of 3 subgoals proved"
    assert report.partial.text.count("sorry") == 1
    assert '"c \\<le> c + a" sorry' in report.partial.edit.text
    # It is nobody's proof, and nothing puts it into the text.
    assert (done.proved, done.result.text) == (0, LEMMA)


async def test_the_rules_prove_what_needs_a_proof_in_cases() -> None:
    text = (
        "theory A imports Main begin\n"
        "datatype form = Var nat | Neg form | And form form\n"
        'axiomatization good :: "form \\<Rightarrow> bool" where\n'
        '  var: "good (Var n)" and neg: "\\<And>x. good x \\<Longrightarrow> good (Neg x)" and\n'
        '  both: "\\<And>x y. good y \\<Longrightarrow> good x \\<Longrightarrow> good (And x y)"\n'
        'lemma t: "good f" sorry\nend\n'
    )
    (report,) = (await search(text, IsabelleRules())).holes
    assert report.proof is not None


async def test_a_script_speaks_of_the_variables_of_its_goals() -> None:
    text = 'lemma t: "∀xs. ∃n. length xs = n ∧ (∀ys. length (xs @ ys) = n + length ys)" sorry\n'
    steps = Steps(
        {
            "∀xs. ∃n. length xs = n ∧ (∀ys. length (xs @ ys) = n + length ys)": ["apply (rule allI)"],
            "∃n. length xs = n ∧ (∀ys. length (xs @ ys) = n + length ys)": ['apply (rule exI[of _ "length xs"])'],
            "length xs = length xs ∧ (∀ys. length (xs @ ys) = length xs + length ys)": ["apply (intro conjI allI)"],
            "length xs = length xs": ["by (rule refl)"],
            "length (xs @ ys) = length xs + length ys": ["by (induct xs) simp_all"],
        }
    )
    (report,) = (await search(text, Drafts("by (rule refl)"), steps)).holes
    assert report.proof is not None
    assert "subgoal for ys" in report.proof.text


async def test_what_holds_of_a_draft_is_kept_and_the_line_that_fails_is_told() -> None:
    draft = DRAFT.replace("sorry", "using assms by simp", 1).replace("sorry", "by (rule refl)", 1)
    draft = draft.replace("sorry", "by simp", 1)
    drafts = Drafts(draft)
    (report,) = (await search(LEMMA, drafts, Steps({"b * 2 < b * 2 + 1": ["by simp"]}))).holes
    assert report.proof is not None
    assert report.proof.text == draft.replace("by (rule refl)", "by simp")
    ((failed,),) = drafts.shown
    assert [c.line for c in failed.complaints] == [2]
