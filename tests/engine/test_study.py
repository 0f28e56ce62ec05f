"""Learning from the files of a project: in the background, once, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.sessions import soon
from engine.test_lessons import Learner
from unsorry.engine.calm import Calm
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learners import Learners
from unsorry.engine.study import Study
from unsorry.provers.fake import ANY, Closes, FakeProver
from unsorry.workspace.folders import files_below
from unsorry.workspace.store import Origin

PROOF = "theorem {0} : {0} := by\n  done\n"


@dataclass
class World:
    """Files, a learner and the provers that were made."""

    root: Path
    learner: Learner = field(default_factory=Learner)
    provers: list[FakeProver] = field(default_factory=list[FakeProver])
    calm: Calm = field(default_factory=lambda: Calm(0.01))
    seconds: float = 0.0
    missing: Sequence[str] = ()

    def put(self, *names: str) -> None:
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PROOF.format(path.stem), encoding="utf-8")

    def make(self) -> FakeProver:
        made = FakeProver({ANY: {"done": Closes()}}, seconds_per_command=self.seconds, missing_imports=self.missing)
        self.provers.append(made)
        return made

    async def study(self) -> Learners:
        learners = Learners([self.learner])
        await Study(learners, self.calm, self.make).run(self.root, lambda p: p.suffix == ".fake")
        return learners

    @property
    def opens(self) -> int:
        return sum(p.counts.opens for p in self.provers)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_all_files_are_learned_from_and_the_prover_ends(world: World) -> None:
    world.put("A.fake", "deep/B.fake", ".hidden/C.fake", "build/D.fake", "E.txt")
    learners = await world.study()
    assert sorted(world.learner.lessons) == [("A", "done", Origin.WORKSPACE), ("B", "done", Origin.WORKSPACE)]
    assert learners.news == 1
    (prover,) = world.provers
    assert prover._closed  # pyright: ignore[reportPrivateUsage]


async def test_files_that_have_not_changed_are_not_opened_again(world: World) -> None:
    world.put("A.fake", "B.fake")
    await world.study()
    assert world.opens == 2
    await world.study()
    assert (world.opens, len(world.provers)) == (2, 1)
    (world.root / "A.fake").write_text(PROOF.format("changed"), encoding="utf-8")
    await world.study()
    assert world.opens == 3
    assert world.learner.lessons[-1] == ("changed", "done", Origin.WORKSPACE)


async def test_nothing_is_done_while_somebody_works(world: World) -> None:
    world.put("A.fake")
    lane = Lane(FakeProver(), world.calm)
    async with lane.turn(Urgency.SEARCH, "search"):
        task = asyncio.create_task(world.study())
        await asyncio.sleep(0.1)
        assert world.opens == 0
    await task
    assert world.opens == 1


async def test_whoever_comes_ends_what_is_under_way_and_it_goes_on_later(world: World) -> None:
    world.put("A.fake")
    (world.root / "A.fake").write_text("".join(PROOF.format(f"t{n}") for n in range(20)), encoding="utf-8")
    world.seconds = 0.005
    lane = Lane(FakeProver(), world.calm)
    task = asyncio.create_task(world.study())
    await soon(lambda: world.opens == 1)
    await asyncio.sleep(0.02)
    async with lane.turn(Urgency.ASKED, "asked"):
        tried = world.opens, len(world.learner.lessons)
        await asyncio.sleep(0.1)
        assert (world.opens, len(world.learner.lessons)) == tried
    await task
    assert len(world.learner.lessons) == 20
    # What had been read stays read.
    assert world.provers[0].counts.elaborated < 40


async def test_it_can_be_cancelled_at_any_time_and_leaves_no_prover(world: World) -> None:
    world.put(*(f"F{n}.fake" for n in range(5)))
    world.seconds = 0.01
    for moment in (0.0, 0.02, 0.04):
        task = asyncio.create_task(world.study())
        await asyncio.sleep(moment)
        task.cancel()
        await asyncio.wait([task])
    assert all(p._closed for p in world.provers)  # pyright: ignore[reportPrivateUsage]


async def test_what_cannot_be_read_is_left_for_another_time(world: World) -> None:
    world.put("A.fake")
    (world.root / "B.fake").write_text("import Missing\n" + PROOF.format("B"), encoding="utf-8")
    (world.root / "C.fake").write_bytes(b"\xff")
    world.missing = ["Missing"]
    await world.study()
    assert list(world.learner.read) == [str(world.root / "A.fake")]


def test_which_files_are_looked_at(world: World) -> None:
    world.put("A.fake", "B.fake", "deep/C.fake", "deep/deeper/D.fake")
    (world.root / "B.fake").write_text("x" * 500, encoding="utf-8")

    def names(files: int = 10, folders: int = 10) -> set[str]:
        found = files_below(world.root, lambda p: p.suffix == ".fake", files=files, folders=folders, size=100)
        return {p.name for p in found}

    assert names() == {"A.fake", "C.fake", "D.fake"}
    assert names(folders=2) == {"A.fake", "C.fake"}
    assert len(names(files=2)) == 2
