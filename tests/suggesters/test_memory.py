"""The memory of the neighbours: what lives on in the store, and what never gets there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from unsorry.provers.seam import Constant, Goal, Local
from unsorry.suggesters.neighbours import memory as memories
from unsorry.suggesters.neighbours.memory import Memory, workspace_of
from unsorry.suggesters.neighbours.suggester import Neighbours
from unsorry.suggesters.seam import GoalContext, Learning
from unsorry.workspace.store import KnowledgeStore, Learnt, Origin

LEAN = "Lean 4"


def context(name: str) -> GoalContext:
    target = f"{name} x = x"
    goal = Goal(
        f"⊢ {target}",
        target,
        locals=(Local("x", "Nat", head="Nat"),),
        head="Eq",
        constants=(Constant(name, name, "def"),),
    )
    return GoalContext("Lean", (goal,), "t", before=f"def {name} (n : Nat) : Nat := n\n")


def memory(path: Path, workspace: str = "/w") -> Memory:
    return Memory(KnowledgeStore(path), workspace, LEAN, Neighbours("Lean"))


async def texts(asked: Memory, name: str) -> list[str]:
    return [c.text async for c in asked.suggest(context(name))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "knowledge.db"


async def test_it_learns_at_once_and_for_the_next_time(path: Path) -> None:
    first = memory(path)
    assert isinstance(first, Learning)
    assert await texts(first, "f") == []
    assert await first.learn(context("f"), "simp [f]", Origin.SAVED)
    assert not await first.learn(context("f"), "simp [f]", Origin.ACCEPTED)
    assert "simp [g]" in await texts(first, "g")
    await first.note_read("/w/A.lean", "digest")
    await first.aclose()
    await first.aclose()
    assert not await first.learn(context("f"), "rfl", Origin.SAVED)

    second = memory(path)
    assert "simp [g]" in await texts(second, "g")
    assert await second.has_read("/w/A.lean", "digest")
    assert not await second.has_read("/w/A.lean", "another")
    assert not await second.learn(context("f"), "simp [f]", Origin.SAVED)
    await second.aclose()


async def test_what_another_process_learns_and_forgets_counts_soon(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "_LOOK_SECONDS", 0.0)
    mine, other = memory(path), KnowledgeStore(path)
    assert await texts(mine, "g") == []
    await memory_of_another(path, "f", "simp [f]")
    assert "simp [g]" in await texts(mine, "g")
    assert await mine.learn(context("f"), "rfl", Origin.SAVED)
    await memory_of_another(path, "h", "omega")
    assert {"simp [g]", "rfl", "omega"} <= set(await texts(mine, "g"))
    assert other.forget() == 3
    assert await texts(mine, "g") == []
    other.close()
    await mine.aclose()


async def memory_of_another(path: Path, name: str, tactic: str) -> None:
    """Learns something elsewhere."""
    other = memory(path)
    assert await other.learn(context(name), tactic, Origin.WORKSPACE)
    await other.aclose()


async def test_what_it_writes_itself_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "_LOOK_SECONDS", 0.0)
    await memory_of_another(path, "f", "simp [f]")
    mine = Counting(path)
    asked = Memory(mine, "/w", LEAN, Neighbours("Lean"))
    assert "simp [g]" in await texts(asked, "g")
    for number in range(5):
        await asked.learn(context("f"), f"simp [f, h{number}]", Origin.SAVED)
        assert "simp [g]" in await texts(asked, "g")
    await asked.aclose()
    assert mine.recalls == 1


class Counting(KnowledgeStore):
    """Counts how often all is read."""

    recalls = 0

    def recall(self, toolchain: str, workspace: str, limit: int) -> tuple[Learnt, ...]:
        self.recalls += 1
        return super().recall(toolchain, workspace, limit)


async def test_another_workspaces_proofs_are_used_but_not_its_files(path: Path) -> None:
    first = memory(path, "/one")
    await first.learn(context("f"), "simp [f]", Origin.SAVED)
    await first.note_read("/A.lean", "digest")
    await first.aclose()
    second = memory(path, "/two")
    assert "simp [g]" in await texts(second, "g")
    assert not await second.has_read("/A.lean", "digest")
    await second.aclose()


async def test_asking_leaves_no_file(path: Path) -> None:
    asked = memory(path)
    assert await texts(asked, "f") == []
    assert not await asked.has_read("/A.lean", "digest")
    await asked.aclose()
    assert not path.parent.exists()


class Broken(KnowledgeStore):
    """A store in which something goes wrong that nobody has thought of."""

    def recall(self, toolchain: str, workspace: str, limit: int) -> tuple[Learnt, ...]:
        raise ValueError("surprise")

    def add(
        self, workspace: str, toolchain: str, rows: Iterable[Learnt], read: Mapping[str, str] | None = None
    ) -> None:
        raise ValueError("surprise")


async def test_a_store_that_fails_breaks_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = Memory(Broken(path), "/w", LEAN, Neighbours("Lean"))
    with caplog.at_level(logging.ERROR):
        assert await texts(asked, "f") == []
        assert await asked.learn(context("f"), "simp [f]", Origin.SAVED)
        assert "simp [g]" in await texts(asked, "g")
        await asked.aclose()
    assert {r.getMessage() for r in caplog.records} == {
        "what was learned before can't be recalled",
        "what was learned can't be kept",
    }


def test_workspaces_have_names(tmp_path: Path) -> None:
    assert workspace_of(None) == ""
    assert workspace_of(tmp_path / "a" / "..") == str(tmp_path.resolve())
