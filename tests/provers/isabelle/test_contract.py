"""The contract, on Isabelle."""

from __future__ import annotations

from provers.contract import Material, ProverContract
from provers.isabelle.isabelles import kill, make_isabelle, needs_isabelle
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.seam import Limits, Prover

pytestmark = needs_isabelle


class TestIsabelle(ProverContract):
    material = Material(
        uri="file:///{}.thy",
        provable='lemma {name}: assumes "p" and "q" shows "p ∧ q" {hole}\n',
        target="p ∧ q",
        closing="using assms by simp",
        failing="by (rule refl)",
        progress="apply (rule conjI)",
        progress_goals=2,
        finishing=("using assms apply simp", "using assms by simp"),
        two_goals='lemma {name}: assumes "p" and "q" shows "p ∧ q" {hole}\n',
        split="apply (rule conjI)",
        apart=("by (rule assms(1))", "by (rule assms(2))"),
        skeleton='proof (rule conjI)\n  show "p" sorry\nnext\n  show "q" sorry\nqed',
        owed=("by (rule assms(1))", "apply (insert assms)\napply simp\ndone"),
        told=("by (simp add: a(1) b[of x])", "by (simp add: b[of x])", "by (simp add: a(1))", "by simp"),
        false='lemma {name}: assumes "⋀x. f x = f (Suc x)" shows "f (0::nat) = (1::nat)" {hole}\n',
        cheat="apply (tactic ‹Skip_Proof.cheat_tac @{context} 1›)\ndone",
        escaping='by (rule refl)\n\naxiomatization where bad: "False"',
        sorry="sorry",
        # An equation that makes its own left side larger.
        slow="by (simp add: assms)",
        slow_limits=Limits(seconds=60.0),
        # Some of the names that are given are commands of Isabelle's, and need their quotes.
        proved='lemma "{name}": assumes "p" shows "p" using assms by simp\n',
        broken='lemma {name}: "(a::nat) + b = a" by simp\n',
        comment="(* aä𝔓→ keeps the places honest *)\n",
    )

    @classmethod
    def make(cls) -> Prover:
        return make_isabelle()

    @classmethod
    async def kill(cls, prover: Prover) -> None:
        assert isinstance(prover, IsabelleProver)
        await kill(prover)

    @classmethod
    async def elaborated(cls, prover: Prover) -> int:
        assert isinstance(prover, IsabelleProver)
        return await prover.elaborations()
