"""What a session teaches: proofs that are saved and accepted, and the holes that are searched again for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest

from engine.sessions import Rig, Says, at_work, quick, soon
from unsorry.engine.calm import Calm
from unsorry.engine.lanes import Lane
from unsorry.engine.lessons import inserted
from unsorry.engine.projects import Project
from unsorry.engine.report import HoleReport, Proof, Status
from unsorry.engine.views import Stage
from unsorry.provers.fake import Closes, FakeProver, Rejects
from unsorry.provers.seam import Edit, Hole, HoleKind
from unsorry.suggesters.seam import Candidate, GoalContext, Learning
from unsorry.workspace.store import Origin

TEXT = "theorem one : A := by\n  done a\n\ntheorem two : B := by\n  done b\n\ntheorem three : A := by\n  sorry\n"


@dataclass
class Learner:
    """Learns by heart, and suggests for a goal what it was told of this very goal."""

    name: str = "learner"
    known: dict[str, str] = field(default_factory=dict[str, str])
    lessons: list[tuple[str, str, Origin]] = field(default_factory=list[tuple[str, str, Origin]])
    read: dict[str, str] = field(default_factory=dict[str, str])
    everything: bool = False
    asked: list[str | None] = field(default_factory=list[str | None])

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        self.asked.append(context.declaration)
        if (tactic := self.known.get(context.goal.target)) is not None:
            yield Candidate(tactic, -1.0, self.name)

    async def learn(self, context: GoalContext, tactic: str, origin: Origin) -> bool:
        self.lessons.append((context.goal.target, tactic, origin))
        new = self.known.get(context.goal.target) != tactic
        self.known[context.goal.target] = tactic
        return new

    async def has_read(self, name: str, digest: str) -> bool:
        return self.everything or self.read.get(name) == digest

    async def note_read(self, name: str, digest: str) -> None:
        self.read[name] = digest


def prover() -> FakeProver:
    return FakeProver(
        {
            "A": {"done a": Closes(), "other a": Closes(), "try": Rejects()},
            "B": {"done b": Closes(), "other b": Closes()},
        }
    )


def calmly(rig: Rig) -> None:
    """The background does not wait long in tests."""
    rig.project = Project(
        rig.project.outfit, rig.settings, tuple(Lane(lane.prover, Calm(0.001)) for lane in rig.project.lanes)
    )


def test_a_learner_is_one() -> None:
    assert isinstance(Learner(), Learning)
    assert not isinstance(Says(), Learning)


async def test_what_is_saved_is_learned_and_proves_what_was_open() -> None:
    learner = Learner()
    async with at_work(prover(), TEXT, Says("try"), learner) as rig:
        calmly(rig)
        await rig.settle()
        assert rig.hole("three").stage is Stage.OPEN
        assert learner.lessons == []
        rig.session.save()
        await rig.proved("three")
        assert rig.proofs() == {"three": ["done a"]}
        assert learner.lessons == [("A", "done a", Origin.SAVED), ("B", "done b", Origin.SAVED)]
        await soon(lambda: list(learner.read) == [rig.session.snapshot.uri])


async def test_only_those_who_learn_are_asked_again() -> None:
    learner, says = Learner(), Says("try")
    async with at_work(prover(), TEXT, says, learner) as rig:
        calmly(rig)
        await rig.settle()
        before = rig.hole("three").report
        rig.session.save()
        await rig.proved("three")
        assert says.asked == ["three"]
        assert learner.asked == ["three", "three"]
        assert before is not None
        assert before.candidates == 1


async def test_a_hole_that_stays_open_keeps_what_is_known_of_it() -> None:
    learner = Learner()
    async with at_work(prover(), TEXT.replace("three : A", "three : C"), Says("try", "again"), learner) as rig:
        calmly(rig)
        await rig.settle()
        rig.session.save()
        await soon(lambda: len(learner.asked) == 2)
        await rig.settle()
        report = rig.hole("three").report
        assert report is not None
        assert (rig.hole("three").stage, report.candidates) == (Stage.OPEN, 2)


async def test_each_proof_is_learned_once_and_a_changed_one_again() -> None:
    learner = Learner()
    async with at_work(prover(), TEXT, learner) as rig:
        calmly(rig)
        rig.session.save()
        await soon(lambda: len(learner.read) == 1)
        rig.session.save()
        rig.replace("done b", "other b")
        rig.session.save()
        await soon(lambda: len(learner.lessons) == 3)
        await rig.settle()
        assert [x[1] for x in learner.lessons] == ["done a", "done b", "other b"]


async def test_of_a_text_that_was_read_before_only_what_changed_is_learned() -> None:
    learner = Learner(everything=True)
    async with at_work(prover(), TEXT, learner) as rig:
        await rig.settle()
        rig.replace("done b", "other b")
        rig.session.save()
        await soon(lambda: len(learner.read) == 1)
        assert learner.lessons == [("B", "other b", Origin.SAVED)]


async def test_what_is_typed_after_saving_is_not_learned() -> None:
    learner = Learner(everything=True)
    async with at_work(prover(), TEXT, learner) as rig:
        rig.replace("done b", "other b")
        rig.session.save()
        rig.replace("done a", "other a")
        await soon(lambda: len(learner.lessons) == 1)
        await rig.settle()
        assert learner.lessons == [("B", "other b", Origin.SAVED)]
        # This text was never saved.
        assert learner.read == {}


async def test_nothing_is_searched_again_where_nothing_is_searched_unasked() -> None:
    learner = Learner()
    async with at_work(prover(), TEXT, learner, settings=quick(automatic=False)) as rig:
        calmly(rig)
        await rig.settle()
        rig.session.save()
        await soon(lambda: len(learner.read) == 1)
        await rig.settle()
        assert learner.asked == []
        assert (await rig.session.prove(rig.place("sorry"), 5.0)).proof is not None


async def test_a_proof_that_is_put_in_is_learned_at_once() -> None:
    learner = Learner(everything=True)
    text = "theorem one : A := by\n  sorry\n\ntheorem two : B := by\n  sorry\n"
    async with at_work(prover(), text, Says("done a"), learner) as rig:
        await rig.proved("one")
        (proof,) = rig.hole("one").proofs
        rig.edit(proof.edit.start, proof.edit.end, proof.edit.text)
        await soon(lambda: bool(learner.lessons))
        assert learner.lessons == [("A", "done a", Origin.ACCEPTED)]


async def test_what_else_is_typed_in_a_holes_place_is_not_taken_for_its_proof() -> None:
    learner = Learner(everything=True)
    async with at_work(prover(), "theorem one : A := by\n  sorry\n", Says("done a"), learner) as rig:
        await rig.proved("one")
        rig.replace("sorry", "other a")
        await rig.settle()
        assert learner.lessons == []


@pytest.mark.parametrize(
    ("new", "found"),
    [
        ("xx aaaa yy bb zz", ["aaaa", "bb"]),
        ("xx aaaa yy sorry zz", ["aaaa"]),
        ("xx sorry yy bb zz", ["bb"]),
        ("xx c yy sorry zz", ["c"]),
        ("xx  yy sorry zz", []),
    ],
)
def test_which_proofs_were_put_in(new: str, found: list[str]) -> None:
    old = "xx sorry yy sorry zz"

    def report(start: int, *texts: str) -> HoleReport:
        hole = Hole(start, start + 5, HoleKind.TACTIC, 0, "t", (), None)
        proofs = [Proof(t, Edit(start, start + 5, t), (), "rules") for t in texts]
        return HoleReport(hole, Status.PROVED, proofs[0], alternatives=tuple(proofs[1:]))

    reports = [report(12, "bb"), report(3, "aaaa", "c")]
    told = inserted(reports, new.encode(), 0, len(old))
    assert [r.proof.text for r in told if r.proof is not None] == found
