"""What only looks like a proof, put through Isabelle as a candidate and past it straight to the certificate.

Each of these claims a statement that is false, or rests on what no proof may rest on.
"""

from __future__ import annotations

import time
from typing import Final

import pytest

from provers.isabelle.isabelles import Bench, needs_isabelle
from unsorry.engine.trust import Policy
from unsorry.provers.seam import Closed, Edit, Limits, Progress

pytestmark = [*needs_isabelle, pytest.mark.asyncio(loop_scope="module")]

FALSE: Final = 'lemma cheat: "(a::nat) + b = a * b" sorry\n'
LIMITS: Final = Limits(seconds=1.0)
#: How long a cheat may hold up the next request beyond its own limit: the driver's grace and a restart.
NEXT_SECONDS: Final = 30.0

CHEATS: Final = [
    # sorry in other clothes
    "sorry",
    "\\<proof>",
    "oops",
    "by sorry",
    "apply sorry",
    "sorry done",
    "proof -\n  show ?thesis sorry\nqed",
    "proof -\n  have False sorry\n  then show ?thesis ..\nqed",
    "apply (subgoal_tac False)\napply simp\nsorry",
    "subgoal sorry done",
    "using [[quick_and_dirty]] sorry",
    "(* by simp *) sorry",
    # ML
    "by (tactic ‹Skip_Proof.cheat_tac @{context} 1›)",
    "apply (tactic ‹all_tac›)\ndone",
    "by (raw_tactic ‹fn _ => Seq.empty›)",
    "by (Pure.tactic ‹Skip_Proof.cheat_tac @{context} 1›)",
    'by ("tactic" ‹Skip_Proof.cheat_tac @{context} 1›)',
    'by (tactic "Skip_Proof.cheat_tac @{context} 1")',
    "apply (simp; tactic ‹Skip_Proof.cheat_tac @{context} 1›)",
    "ML_prf ‹1›\nby simp",
    "ML_val ‹OS.Process.exit OS.Process.success› by simp",
    "ML ‹1›",
    "by simp ML ‹OS.Process.exit OS.Process.success›",
    "― ‹@{ML ‹OS.Process.exit OS.Process.success›}› by simp",
    'by (rule "\\<^ML>‹1›")',
    'proof -\n  have "x = x" ― ‹\\<^ML>‹OS.Process.exit OS.Process.success››\n    by simp\nqed',
    "method_setup cheat = ‹Scan.fail›",
    "setup ‹I›",
    "declaration ‹K I›",
    "local_setup ‹I›",
    # programs of the system's
    'ML_val ‹Isabelle_System.bash "touch made"›',
    'by (tactic ‹(Isabelle_System.bash "touch made"; all_tac)›)',
    'by (simp add: refl[of "\\<^ML>‹Isabelle_System.bash ""›"])',
    "sledgehammer",
    "sledgehammer by simp",
    "sledgehammer [provers = e] by simp",
    "try0",
    # trust in what is not the kernel
    "by eval",
    'by "eval"',
    "by (eval)",
    "by normalization",
    "apply eval\ndone",
    "using [[smt_oracle]] by (smt (z3))",
    "using refl[smt_oracle] by smt",
    "using refl[quick_and_dirty] by simp",
    # options
    "using [[quick_and_dirty]] by simp",
    "using [ [quick_and_dirty = true] ] by simp",
    'using [["quick_and_dirty"]] by simp',
    "supply [[quick_and_dirty]]\nby simp",
    "proof -\n  note [[quick_and_dirty]]\n  show ?thesis by simp\nqed",
    "declare [[quick_and_dirty]] by simp",
    "using [[show_types]] by simp",
    # the theorem itself
    "by (rule cheat)",
    "using cheat by simp",
    "by (simp add: cheat)",
    "by (metis cheat)",
    "using local.cheat by simp",
    "by (rule Scratch.cheat)",
    "by (fact cheat)",
    "using `a + b = a * b` .",
    "by fact",
    ".",
    "..",
    # text that leaves its place
    'by (rule refl)\n\naxiomatization where bad: "False"',
    "by (rule TrueI) lemma x: False sorry",
    "by simp end",
    'by simp\nlemma cheat: "True" by simp',
    "end",
    "qed",
    "done",
    "}",
    "next",
    "lemma True by simp",
    'axiomatization where bad: "False"',
    "oracle bad = ‹fn ct => ct›",
    "theorem (in nothing) cheat: True",
    "declare refl [simp del]",
    "notepad begin end",
    "interpret semigroup by simp",
    "include lifting_syntax",
    'no_notation plus (infixl "+" 65)',
    "by simp\n\ntext ‹what›",
    # text that is none
    "",
    "   ",
    "(* by simp *)",
    "by (simp",
    "by simp)",
    'by "simp',
    'by simp"',
    "by (rule ‹refl)",
    "›",
    "*) by simp",
    "by simp (*",
    "by simp\x00",
    "simp",
    "by",
    "by simp by simp",
    "\ufeffby simp",
    "\u202eby simp",
    "by \udc80",
    "by (" * 500 + "simp" + ")" * 500,
    "x" * 30_000,
    # what does not end
    "apply (subst add.commute)+\ndone",
    "apply ((subst add.commute)+)[1]\ndone",
    "by (simp add: add.commute[of a b, THEN arg_cong[where f = Suc]] eq_commute)",
    "using add_0_right[symmetric, of b] by simp",
    "by (sleep 100)",
    # not the statement
    "proof -\n  assume False\n  then show ?thesis ..\nqed",
    "proof -\n  presume False\n  then show ?thesis ..\nqed",
    'proof -\n  show "a + b = b + a" by simp\nqed',
    "proof -\n  let ?thesis = True\n  show ?thesis by simp\nqed",
    "apply (rule FalseE)\ndefer\ndone",
    "apply (insert refl)\nprefer 1\ndone",
    "proof (rule ccontr)\nqed",
    "proof -\nqed",
    "defer done",
    "apply assumption\nback\ndone",
]


@pytest.mark.parametrize("candidate", CHEATS, ids=range(len(CHEATS)))
async def test_no_cheat_is_a_proof(bench: Bench, candidate: str) -> None:
    document, hole = await bench.hole(FALSE)
    begun = time.monotonic()
    (outcome,) = await bench.outcomes(hole, candidate, limits=LIMITS)
    assert not isinstance(outcome, Closed), outcome
    if isinstance(outcome, Progress):
        assert outcome.goals
    edit = Edit(hole.start, hole.end, candidate)
    certificate = await bench.prover.certify(document, hole.command, [edit], seconds=1.0)
    assert not certificate.ok, candidate
    assert certificate.reason
    assert time.monotonic() - begun < NEXT_SECONDS
    # Nor does it get by when other holes may stay open.
    lenient = await bench.prover.certify(document, hole.command, [edit], complete=False, seconds=1.0)
    assert not lenient.ok, candidate
    (honest,) = await bench.outcomes((await bench.hole('lemma "True" sorry\n'))[1], "by simp")
    assert isinstance(honest, Closed)


@pytest.mark.parametrize(
    "candidate", ["by eval", 'by "eval"', "by normalization", "apply eval\ndone", "by (rule refl, eval)"]
)
async def test_a_true_statement_is_no_excuse(bench: Bench, candidate: str) -> None:
    document, hole = await bench.hole('lemma cheat: "(2::nat) + 2 = 4" sorry\n')
    certificate = await bench.certify(document, hole, candidate)
    assert Policy().refusal(certificate) is not None


async def test_the_oracle_is_seen_behind_the_gate(bench: Bench) -> None:
    """A method of the buffer's own that evaluates is let run, and its oracle is told."""
    text = (
        "method_setup calculate = ‹Scan.succeed (fn ctxt => SIMPLE_METHOD' (Code_Runtime.dynamic_holds_conv ctxt\n"
        "  |> (fn conv => CONVERSION conv THEN' resolve_tac ctxt [TrueI])))›\n"
        'lemma cheat: "(2::nat) + 2 = 4" sorry\n'
    )
    document, hole = await bench.hole(text)
    assert document.errors == (), document.errors
    certificate = await bench.certify(document, hole, "by calculate")
    assert certificate.axioms, certificate
    assert Policy().refusal(certificate) is not None


async def test_a_switch_in_the_buffer_does_not_open_the_gate(bench: Bench) -> None:
    document, hole = await bench.hole("declare [[quick_and_dirty]]\n" + FALSE)
    for candidate in ("sorry", "proof -\n  show ?thesis sorry\nqed", "\\<proof>"):
        (outcome,) = await bench.outcomes(hole, candidate)
        assert not isinstance(outcome, Closed)
        assert not (await bench.certify(document, hole, candidate)).ok
        assert not (await bench.certify(document, hole, candidate, complete=False)).ok


async def test_the_gate_reads_syntax_and_not_letters(bench: Bench) -> None:
    text = 'lemma fine: assumes sorry_free: "eval = (1::nat)" and tactical: "oops = eval" shows "oops = 1" sorry\n'
    document, hole = await bench.hole(text)
    for candidate in (
        "using tactical sorry_free by simp (* no sorry *)",
        'proof -\n  have "oops = eval" by (rule tactical)\n  then show "oops = 1" using assms by simp\nqed',
        "using [[simp_depth_limit = 20]] assms by simp",
        "by (simp add: tactical sorry_free)",
        "proof -\n  fix x\\<^sub>1 :: nat\n  show ?thesis using assms ― ‹as given› by simp\nqed",
    ):
        (outcome,) = await bench.outcomes(hole, candidate)
        assert isinstance(outcome, Closed), (candidate, outcome)
        certificate = await bench.certify(document, hole, candidate)
        assert certificate.ok, (candidate, certificate)
        assert certificate.axioms == ()
