"""Shorter texts for a proof, which proofs are the same, and which is the better one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from hypothesis import given
from hypothesis import strategies as st

from unsorry.engine.alternatives import likeness, rank
from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import Proof
from unsorry.engine.shorter import shorter
from unsorry.provers.fake import Closes, FakeProver, Leaves
from unsorry.provers.seam import Edit, Snapshot
from unsorry.suggesters.seam import Candidate, GoalContext


def test_items_of_lists_are_dropped_halves_first() -> None:
    found = list(shorter("simp only [a, b, c, d]"))
    assert found[:2] == ["simp only [c, d]", "simp only [a, b]"]
    assert "simp only [a, b, d]" in found
    assert list(shorter("simp [a]")) == ["simp"]


def test_steps_and_blocks_are_dropped() -> None:
    text = "constructor\n· intro x\n  simp\n· rfl"
    found = list(shorter(text, ["omega"]))
    assert found[0] == "omega"
    assert "constructor\n· omega\n· rfl" in found
    assert "constructor\n· intro x\n· rfl" in found
    assert "constructor\n· intro x\n  simp" in found


def test_alternatives_and_trailing_steps_are_dropped() -> None:
    found = list(shorter("intro <;> (first | (simp; done) | omega)"))
    assert found == ["intro <;> simp", "intro <;> omega", "intro"]


def test_alternatives_are_dropped_wherever_they_stand() -> None:
    found = list(
        shorter("have : a := by\n  cases x <;> (first | (simp [f (x)]; omega) | (simp; done) | grind)\nsimp [this]")
    )
    start, end = "have : a := by\n  cases x <;> ", "\nsimp [this]"
    alone = ["(simp [f (x)]; omega)", "simp", "grind"]
    rest = ["(first | (simp; done) | grind)", "(first | (simp [f (x)]; omega) | grind)"]
    assert found[:5] == [start + text + end for text in (*alone, *rest)]


@given(st.text(alphabet="a·[], \n|<;>()", max_size=60), st.lists(st.text(alphabet="ab", max_size=3), max_size=2))
def test_what_is_shorter_is_shorter_and_comes_once(text: str, closers: list[str]) -> None:
    found = list(shorter(text, closers))
    assert all(len(t) < len(text) and t.strip() for t in found)
    assert len(found) == len(set(found))


def test_proofs_that_differ_in_names_and_white_space_are_the_same() -> None:
    assert likeness("intro x\nexact f x") == likeness("intro  y\nexact f y")
    assert likeness("cases h with\n| inl a => exact a\n| inr b => exact b") == likeness(
        "cases h with\n| inl p => exact p\n| inr q => exact q"
    )
    assert likeness("obtain ⟨a, b⟩ := h\nexact a") == likeness("obtain ⟨p, q⟩ := h\nexact p")
    assert likeness("obtain ⟨a, b⟩ := h\nexact a") != likeness("obtain ⟨a, b⟩ := h\nexact b")
    assert likeness("exact x") != likeness("exact y")


def test_the_shorter_proof_comes_first_and_of_two_the_quicker() -> None:
    def proof(text: str, seconds: float) -> Proof:
        return Proof(text, Edit(0, 0, text), (), "test", (), seconds)

    proofs = [proof("grind", 0.5), proof("simp_all", 0.1), proof("omega", 0.1)]
    assert [p.text for p in sorted(proofs, key=rank)] == ["omega", "grind", "simp_all"]


class Says:
    name = "says"

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        for text in self.texts:
            yield Candidate(text, -1.0, self.name)


async def test_steps_that_are_not_needed_are_dropped_from_what_was_found() -> None:
    script = {"A": {"turn": Leaves(("A",)), "split": Leaves(("B", "C"))}, "B": {"b": Closes()}, "C": {"c": Closes()}}
    prover = FakeProver(script)
    try:
        worker = DocumentProver(
            [prover], [Says("turn\nsplit\nturn\nb\nc", "turn\nsplit\nb\nturn\nc", "turn\nsplit\nb\nc")]
        )
        report = await worker.run(Snapshot("file:///a", 1, "theorem t : A := by sorry\n"))
    finally:
        await prover.close()
    assert report.holes[0].proof is not None
    assert report.holes[0].proof.text == "split\nb\nc"
