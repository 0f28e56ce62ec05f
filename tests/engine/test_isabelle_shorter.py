"""Proofs made shorter on a real Isabelle: what they do not need of their facts is dropped."""

from __future__ import annotations

import pytest

from engine.scripted import Drafts
from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from unsorry.engine.documents import DocumentProver
from unsorry.provers.seam import Snapshot

pytestmark = [*needs_isabelle, pytest.mark.timeout(300)]

LEMMA = """\
lemma t:
  assumes a: "x < (y::nat)" and b: "y < z" and c: "\\<And>n::nat. P n"
  shows "f (rev (rev xs)) = f xs \\<and> x < z"
  sorry
"""


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (
            "using c[of 0] b a less_trans[of x y z] by (auto simp add: append_assoc rev_append intro!: conjI)",
            "using b a by auto",
        ),
        (
            "by (metis (no_types) append_assoc less_trans[OF a b] rev_rev_ident c[of 1])",
            "by (metis (no_types) less_trans[OF a b] rev_rev_ident)",
        ),
        ("by (simp add: c conjI less_trans[OF a b])", "by (simp add: less_trans[OF a b])"),
    ],
)
async def test_facts_that_are_not_needed_are_dropped(found: str, left: str) -> None:
    prover = make_isabelle()
    try:
        report = await DocumentProver([prover], [Drafts(found)]).run(Snapshot("file:///A.thy", 1, LEMMA))
    finally:
        await prover.close()
    (hole,) = report.holes
    assert hole.proof is not None
    assert hole.proof.text == left
