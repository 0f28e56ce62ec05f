"""Proofs with holes on a real Isabelle: worked on side by side, told in part, and never taken for proofs."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence

import pytest

from engine.scripted import Drafts, Steps
from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.graph import Caps
from unsorry.engine.report import DocumentReport, Status
from unsorry.provers.seam import Snapshot
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

pytestmark = [*needs_isabelle, pytest.mark.timeout(300)]

LEMMA = """\
lemma t:
  assumes a: "A (1::nat)" and b: "\\<And>n. A n \\<Longrightarrow> B n" and c: "\\<And>n. B n \\<Longrightarrow> C n"
  shows "C 1 \\<and> (B 1 \\<and> A 1)"
  sorry
"""

DRAFT = """\
proof -
  have one: "A 1" sorry
  have two: "B 1" sorry
  have three: "C 1" sorry
  from one two three show ?thesis by simp
qed"""

BOOK = {"A 1": ["by (rule a)"], "B 1": ["apply (rule b)\napply (rule one)\ndone"], "C 1": ["by (rule c[OF two])"]}


class Simple:
    """The rules without inductions and case splits that end in one line."""

    name = "rules"

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        async for candidate in IsabelleRules().suggest(context):
            if not re.search(r"by \((?:induct|cases)", candidate.text):
                yield candidate


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
    assert report.proof.text.startswith(
        'proof -\n  have one: "A 1" by (rule a)\n  have two: "B 1"\n    apply (rule b)\n    '
    )
    assert report.proof.text.endswith(
        '\n  have three: "C 1" by (rule c[OF two])\n  from one two three show ?thesis by simp\nqed'
    )


async def test_two_of_three_subgoals_are_proved_and_the_third_has_a_hole() -> None:
    done = await drafted({target: texts for target, texts in BOOK.items() if target != "B 1"})
    (report,) = done.holes
    assert (report.status, report.proof, report.alternatives) == (Status.OPEN, None, ())
    assert report.partial is not None
    assert str(report.partial) == "2 of 3 subgoals proved"
    assert report.partial.edit.text.count("sorry") == 1
    assert 'have two: "B 1" sorry' in report.partial.edit.text
    # It is nobody's proof, and nothing puts it into the text.
    assert (done.proved, done.result.text) == (0, LEMMA)


async def test_the_rules_begin_a_structured_proof_and_end_its_cases() -> None:
    text = (
        "theory A imports Main begin\n"
        "datatype 'a tree = Leaf | Node \"'a tree\" 'a \"'a tree\"\n"
        "fun mirror :: \"'a tree \\<Rightarrow> 'a tree\" where\n"
        '  "mirror Leaf = Leaf" | "mirror (Node l x r) = Node (mirror r) x (mirror l)"\n'
        'lemma t: "mirror (mirror t) = t" sorry\nend\n'
    )
    (report,) = (await search(text, Simple())).holes
    assert report.proof is not None
    assert re.match(r"proof \((?:induct|cases) t", report.proof.text)
    assert "case (Node t1 x2 t2)" in report.proof.text


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
    (report,) = (await search(text, steps)).holes
    assert report.proof is not None
    assert report.proof.text.startswith("apply (rule allI)\nsubgoal for xs\n  ")


async def test_what_holds_of_a_draft_is_kept_and_the_line_that_fails_is_told() -> None:
    draft = DRAFT.replace("sorry", "by (rule a)", 1).replace("sorry", "by (rule refl)", 1)
    draft = draft.replace("sorry", "by (rule c[OF two])", 1)
    drafts = Drafts(draft)
    (report,) = (await search(LEMMA, drafts, Steps({"B 1": ["by (rule b[OF one])"]}))).holes
    assert report.proof is not None
    assert report.proof.text == draft.replace("by (rule refl)", "by (rule b[OF one])")
    ((failed,),) = drafts.shown
    assert [c.line for c in failed.complaints] == [2]
