"""Several proofs put into one text at once."""

from __future__ import annotations

from collections.abc import Sequence

from engine.sessions import Rig, Says, at_work, with_edits
from unsorry.engine.report import Proof
from unsorry.provers.fake import Closes, FakeProver, Leaves, Script
from unsorry.provers.seam import Certificate, Document, Edit, Snapshot

SPLIT: Script = {"A ∧ B": {"split": Leaves(("A", "B"))}, "A": {"a": Closes()}, "B": {"b": Closes()}}
PAIR = "theorem pair : A ∧ B := by\n  split\n  sorry\n  sorry\n"


class Picky(FakeProver):
    """Does not certify these texts together."""

    at_odds = frozenset({"b", "c"})

    async def certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool = True, seconds: float = 10.0
    ) -> Certificate:
        if self.at_odds <= {e.text for e in edits}:
            return Certificate(False, "not these together")
        return await super().certify(document, command, edits, complete=complete, seconds=seconds)


async def filled(rig: Rig, proofs: tuple[Proof, ...], script: Script) -> list[str]:
    """Which declarations are closed in the text with these proofs, by a fresh prover."""
    prover = FakeProver(script)
    text = with_edits(rig.text, [p.edit for p in proofs])
    document = await prover.open(Snapshot("u", 1, text))
    await prover.close()
    assert not document.errors
    return [d.name for c in document.commands for d in c.declarations if not c.holes]


async def test_holes_of_one_command_are_certified_as_one() -> None:
    fake = FakeProver(SPLIT)
    async with at_work(fake, PAIR, Says("a", "b")) as rig:
        await rig.settle()
        assert all(h.proofs for h in rig.session.view.holes)
        before = fake.counts.certifications
        proofs = await rig.session.together()
        assert fake.counts.certifications == before + 1
        assert await filled(rig, proofs, SPLIT) == ["pair"]


async def test_a_part_holds_where_the_whole_does_not() -> None:
    script: Script = {
        "A": {"split": Leaves(("B", "C", "D"))},
        "B": {"b": Closes()},
        "C": {"c": Closes()},
        "D": {"d": Closes()},
    }
    fake = Picky(script)
    async with at_work(fake, "theorem t : A := by\n  split\n  sorry\n  sorry\n  sorry\n", Says("b", "c", "d")) as rig:
        await rig.settle()
        assert [p.text for p in await rig.session.together()] == ["b", "d"]


async def test_what_borrows_goes_in_with_its_lender_only() -> None:
    script: Script = {"A": {"a": Closes()}, "B": {"exact one": Closes()}, "C": {"exact two": Closes()}}
    text = "theorem one : {} := by\n  sorry\n\ntheorem two : B := by\n  sorry\n\ntheorem three : C := by\n  sorry\n"
    says = Says("a", "exact one", "exact two")
    async with at_work(FakeProver(script), text.format("A"), says) as rig:
        await rig.settle()
        assert await filled(rig, await rig.session.together(), script) == ["one", "two", "three"]
    async with at_work(FakeProver(script), text.format("X"), says) as rig:
        await rig.settle()
        assert await rig.session.together() == ()
        assert rig.proofs() == {}


async def test_a_definition_lends_nothing_for_it_is_another_one_when_filled_in() -> None:
    script: Script = {"A": {"a": Closes()}, "B": {"exact one": Closes()}}
    text = "def one : A := by\n  sorry\n\ntheorem two : B := by\n  sorry\n"
    async with at_work(FakeProver(script), text, Says("a", "exact one")) as rig:
        await rig.settle()
        assert [p.text for p in await rig.session.together()] == ["a"]


async def test_nothing_before_the_text_is_read() -> None:
    async with at_work(FakeProver(SPLIT), PAIR, Says("a", "b")) as rig:
        assert await rig.session.together() == ()
