"""Shorter texts for a proof, which proofs are the same, and which is the better one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.engine.alternatives import likeness, rank
from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import Proof
from unsorry.engine.shorter import shorter
from unsorry.provers.facts import fewer
from unsorry.provers.fake import Closes, FakeProver, Leaves
from unsorry.provers.isabelle.facts import fact_lists as isabelle_facts
from unsorry.provers.lean.facts import fact_lists as lean_facts
from unsorry.provers.seam import Edit, Snapshot
from unsorry.suggesters.seam import Candidate, GoalContext


def no_facts(_: str) -> list[str]:
    return []


def lean(text: str) -> Iterator[str]:
    return fewer(text, lean_facts(text))


def isabelle(text: str) -> Iterator[str]:
    return fewer(text, isabelle_facts(text))


def test_items_of_lists_are_dropped_halves_first() -> None:
    found = list(shorter("simp only [a, b, c, d]", lean))
    assert found[:2] == ["simp only [c, d]", "simp only [a, b]"]
    assert "simp only [a, b, d]" in found
    assert list(shorter("simp [a]", lean)) == ["simp"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("by (simp add: a)", ["by simp"]),
        ("by (simp add: a b)", ["by (simp add: b)", "by (simp add: a)"]),
        ("by (auto simp: a intro!: b)", ["by (auto intro!: b)", "by (auto simp: a)"]),
        ("by (auto simp add: a split: if_splits)", ["by (auto split: if_splits)", "by (auto simp add: a)"]),
        ("by (metis a.b c)", ["by (metis c)", "by (metis a.b)"]),
        ("by (metis (no_types, lifting) a)", ["by (metis (no_types, lifting))"]),
        ("using a b by simp", ["using b by simp", "using a by simp"]),
        (
            "unfolding a\n  by (induct xs; auto simp: b)",
            ["by (induct xs; auto simp: b)", "unfolding a\n  by (induct xs; auto)"],
        ),
        ("by (blast dest: a)+", ["by blast+"]),
        ("by (simp del: a flip: b)", ["by (simp flip: b)", "by (simp del: a)"]),
        # An attribute and a selection stay with their fact.
        (
            'using a[of "x :: nat" y, OF b[THEN c]] d(1,3-4) by auto',
            ["using d(1,3-4) by auto", 'using a[of "x :: nat" y, OF b[THEN c]] by auto'],
        ),
        ("by (metis a(1) b [symmetric])", ["by (metis b [symmetric])", "by (metis a(1))"]),
        (
            "using \\<open>x < y\\<close> ‹y = z› by simp",
            ["using ‹y = z› by simp", "using \\<open>x < y\\<close> by simp"],
        ),
        # What stands in a term, and what is no fact, is left alone.
        ('proof -\n  have "using a (simp add: b)" by simp', []),
        ("by (induction xs arbitrary: ys rule: f.induct) auto", []),
        ("by (cases xs) simp_all", []),
        ("apply (rule a)", []),
    ],
)
def test_facts_of_isabelle_are_dropped_with_what_announces_them(text: str, found: list[str]) -> None:
    assert list(isabelle(text)) == found


def test_long_lists_of_isabelle_are_halved_first() -> None:
    found = list(shorter("by (simp only: a b c d)", isabelle))
    assert found[:2] == ["by (simp only: c d)", "by (simp only: a b)"]
    assert "by (simp only: a b d)" in found


def test_steps_and_blocks_are_dropped() -> None:
    text = "constructor\n· intro x\n  simp\n· rfl"
    found = list(shorter(text, no_facts, ["omega"]))
    assert found[0] == "omega"
    assert "constructor\n· omega\n· rfl" in found
    assert "constructor\n· intro x\n· rfl" in found
    assert "constructor\n· intro x\n  simp" in found


def test_alternatives_and_trailing_steps_are_dropped() -> None:
    found = list(shorter("intro <;> (first | (simp; done) | omega)", no_facts))
    assert found == ["intro <;> simp", "intro <;> omega", "intro"]


def test_alternatives_are_dropped_wherever_they_stand() -> None:
    text = "have : a := by\n  cases x <;> (first | (simp [f (x)]; omega) | (simp; done) | grind)\nsimp [this]"
    found = list(shorter(text, no_facts))
    start, end = "have : a := by\n  cases x <;> ", "\nsimp [this]"
    alone = ["(simp [f (x)]; omega)", "simp", "grind"]
    rest = ["(first | (simp; done) | grind)", "(first | (simp [f (x)]; omega) | grind)"]
    assert found[:5] == [start + chosen + end for chosen in (*alone, *rest)]


@given(
    st.lists(
        st.sampled_from([*'a·[], \n|<;>()":‹', "using ", "(metis ", " simp add: ", "b(1) ", "(first | "]), max_size=40
    ).map("".join),
    st.lists(st.text(alphabet="ab", max_size=3), max_size=2),
    st.sampled_from([lean, isabelle]),
)
def test_what_is_shorter_is_shorter_and_comes_once(
    text: str, closers: list[str], fewer_facts: Callable[[str], Iterator[str]]
) -> None:
    found = list(shorter(text, fewer_facts, closers))
    assert all(len(t) < len(text) and t.strip() for t in found)
    assert len(found) == len(set(found))


@given(st.lists(st.sampled_from([*'a [](),"', "using ", "(metis ", " simp add: ", "b(1) ", "[of x] "]), max_size=40))
def test_a_list_of_facts_is_what_stands_there(pieces: list[str]) -> None:
    text = "".join(pieces)
    for found in isabelle_facts(text):
        said = text[found.start : found.end]
        assert said.startswith(found.before)
        assert said.endswith(found.after)
        assert all(fact in said for fact in found.facts)
        assert "".join([found.before, *found.facts, found.after]).replace(" ", "") == said.replace(" ", "")


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


async def test_facts_that_are_not_needed_are_dropped_from_what_was_found() -> None:
    prover = FakeProver({"A": {"simp [a, b, c]": Closes(), "simp [b, c]": Closes(), "simp [b]": Closes()}})
    try:
        report = await DocumentProver([prover], [Says("simp [a, b, c]")]).run(
            Snapshot("file:///a", 1, "theorem t : A := by sorry\n")
        )
    finally:
        await prover.close()
    assert report.holes[0].proof is not None
    assert report.holes[0].proof.text == "simp [b]"
