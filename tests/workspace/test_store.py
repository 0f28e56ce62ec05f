"""The knowledge store: what it keeps, what it lets go, and what it makes of crashes, of company and of a bad file."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unsorry.workspace.store import KnowledgeStore, Learnt, Origin, default_path

LEAN = "Lean 4.28.0"

WRITER = """
import sys
from pathlib import Path
from unsorry.workspace.store import KnowledgeStore, Learnt, Origin
store = KnowledgeStore(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    rows = [Learnt(f"{sys.argv[2]} {number} {part}", ("a", "b"), "{}", "simp", None, Origin.SAVED) for part in "xyz"]
    store.add("/w", "Lean 4.28.0", rows)
    print(number, flush=True)
"""


def row(goal: str, tactic: str = "simp", moment: float = 1.0) -> Learnt:
    return Learnt(goal, ("head Eq", "constant f"), '{"a": 1}', tactic, "t", Origin.SAVED, moment)


def goals(store: KnowledgeStore, workspace: str | None = None) -> list[str]:
    return [r.goal for r in store.rows(LEAN, workspace)]


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "knowledge.db"


def test_what_was_added_comes_back_in_another_process_life(path: Path) -> None:
    store = KnowledgeStore(path)
    store.add("/w", LEAN, [row("⊢ a = b"), row("⊢ b = c", "rw [h]\nexact k")])
    store.close()
    assert KnowledgeStore(path).rows(LEAN, "/w") == (row("⊢ a = b"), row("⊢ b = c", "rw [h]\nexact k"))


def test_workspaces_and_toolchains_are_kept_apart(path: Path) -> None:
    store = KnowledgeStore(path)
    store.add("/one", LEAN, [row("1")])
    store.add("/two", LEAN, [row("2")])
    store.add("/one", "Isabelle2025", [row("3")])
    assert goals(store, "/one") == ["1"]
    assert goals(store) == ["1", "2"]
    assert [(h.workspace, h.toolchain, h.rows) for h in store.stats().holdings] == [
        ("/one", "Isabelle2025", 1),
        ("/one", LEAN, 1),
        ("/two", LEAN, 1),
    ]


def test_what_is_recalled_ends_with_what_is_the_workspaces_own(path: Path) -> None:
    store = KnowledgeStore(path)
    for workspace, goal in [("/one", "1"), ("/two", "2"), ("/one", "3"), ("/two", "4")]:
        store.add(workspace, LEAN, [row(goal)])
    assert [r.goal for r in store.recall(LEAN, "/one", 10)] == ["2", "4", "1", "3"]
    assert [r.goal for r in store.recall(LEAN, "/one", 3)] == ["4", "1", "3"]
    assert store.recall("Isabelle", "/one", 10) == ()


def test_files_that_were_read_are_known_by_their_digests(path: Path) -> None:
    store = KnowledgeStore(path)
    store.add("/one", LEAN, [row("1")], {"/one/A.lean": "x", "/one/B.lean": "y"})
    store.add("/one", LEAN, [], {"/one/A.lean": "z"})
    assert store.read(LEAN, "/one") == {"/one/A.lean": "z", "/one/B.lean": "y"}
    assert store.read(LEAN, "/two") == store.read("Isabelle", "/one") == {}
    store.forget("/one")
    assert store.read(LEAN, "/one") == {}


def test_who_only_reads_makes_no_file(path: Path) -> None:
    store = KnowledgeStore(path)
    assert store.rows(LEAN) == store.recall(LEAN, "/w", 5) == ()
    assert (store.stats().rows, store.forget(), list(store.export())) == (0, 0, [])
    assert not path.parent.exists()


def test_what_is_known_already_becomes_the_newest(path: Path) -> None:
    store = KnowledgeStore(path)
    store.add("/w", LEAN, [row("1"), row("2"), row("1", "omega"), row("1", moment=9.0)])
    assert [(r.goal, r.tactic, r.time) for r in store.rows(LEAN)] == [
        ("2", "simp", 1.0),
        ("1", "omega", 1.0),
        ("1", "simp", 9.0),
    ]


def test_the_oldest_go_when_there_are_too_many(path: Path) -> None:
    store = KnowledgeStore(path, limit=5)
    for number in range(12):
        store.add("/w", LEAN, [row(str(number))])
    assert goals(store) == ["7", "8", "9", "10", "11"]


def test_something_huge_is_not_kept(path: Path) -> None:
    store = KnowledgeStore(path)
    store.add("/w", LEAN, [row("x" * 100_000), row("small")])
    assert goals(store) == ["small"]


def test_stats_export_and_forget(path: Path) -> None:
    store = KnowledgeStore(path)
    store.add("/one", LEAN, [row("⊢ ∀ x, p x", moment=2.0), row("b", moment=3.0)])
    store.add("/two", LEAN, [row("c")])
    told = store.stats()
    assert (told.path, told.rows) == (path, 3)
    assert told.bytes > 0
    assert (told.holdings[0].oldest, told.holdings[0].newest) == (2.0, 3.0)
    lines = [json.loads(line) for line in store.export()]
    assert [x["workspace"] for x in lines] == ["/one", "/one", "/two"]
    assert lines[0]["goal"] == "⊢ ∀ x, p x"
    assert lines[0]["features"] == ["head Eq", "constant f"]
    assert lines[0]["origin"] == "saved"
    assert store.forget("/one") == 2
    assert goals(store) == ["c"]
    assert store.forget() == 1
    assert store.stats().rows == 0
    store.close()
    assert not any("∀".encode() in file.read_bytes() for file in path.parent.iterdir())


def test_opting_out_touches_nothing(path: Path) -> None:
    store = KnowledgeStore(path, enabled=False)
    store.add("/w", LEAN, [row("1")])
    assert store.rows(LEAN) == ()
    assert store.stats().rows == 0
    assert list(store.export()) == []
    assert store.forget() == 0
    store.close()
    assert not path.parent.exists()


def test_nothing_happens_before_the_first_call_and_after_the_last(path: Path) -> None:
    store = KnowledgeStore(path)
    assert not path.parent.exists()
    store.close()
    store.add("/w", LEAN, [row("1")])
    assert not path.parent.exists()


def test_the_usual_place_is_the_users_own() -> None:
    assert default_path().name == "knowledge.db"
    assert "unsorry" in default_path().parts


@pytest.mark.parametrize("after", [1, 7, 20])
def test_a_process_killed_while_it_writes_leaves_whole_transactions(path: Path, after: int) -> None:
    with writer(path, "w", 1_000_000) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) == after:
                break
        child.kill()
    found = goals(KnowledgeStore(path))
    assert len(found) >= 3 * (after + 1)
    assert found == [f"w {number} {part}" for number in range(len(found) // 3) for part in "xyz"]


def test_several_processes_write_at_once(path: Path) -> None:
    children = [writer(path, f"w{number}", 15) for number in range(3)]
    for child in children:
        assert child.wait(60) == 0
        assert child.stdout is not None
        child.stdout.close()
    found = goals(KnowledgeStore(path))
    assert sorted(found) == sorted(f"w{n} {k} {part}" for n in range(3) for k in range(15) for part in "xyz")


@pytest.mark.parametrize("damage", ["no database", "overwritten", "cut"])
def test_a_broken_file_is_kept_aside(path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    store = KnowledgeStore(path)
    store.add("/w", LEAN, [row(f"{number} {'long ' * 200}") for number in range(200)])
    store.close()
    data = path.read_bytes()
    match damage:
        case "no database":
            broken = b"this is a diary, and no database" * 100
        case "overwritten":
            broken = data[:100] + b"\xff" * (len(data) - 100)
        case _:
            broken = data[: len(data) // 2]
    path.write_bytes(broken)

    store = KnowledgeStore(path)
    with caplog.at_level(logging.WARNING):
        assert store.rows(LEAN) == ()
        store.add("/w", LEAN, [row("new")])
        assert goals(store) == ["new"]
    (warning,) = caplog.records
    assert "damaged" in warning.getMessage()
    (aside,) = (p for p in path.parent.iterdir() if ".broken-" in p.name)
    assert aside.read_bytes() == broken


def test_a_file_of_another_version_is_left_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    store = KnowledgeStore(path)
    with caplog.at_level(logging.WARNING):
        assert store.rows(LEAN) == ()
        store.add("/w", LEAN, [row("new")])
    store.close()
    (warning,) = caplog.records
    assert "layout 99" in warning.getMessage()
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_gives_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    store = KnowledgeStore(tmp_path / "file" / "knowledge.db")
    with caplog.at_level(logging.WARNING):
        store.add("/w", LEAN, [row("1")])
        assert store.rows(LEAN) == ()
        store.add("/w", LEAN, [row("2")])
    (warning,) = caplog.records
    assert "can't be used" in warning.getMessage()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.chmod(0o500)
    try:
        store = KnowledgeStore(tmp_path / "knowledge.db")
        store.add("/w", LEAN, [row("1")])
        assert store.rows(LEAN) == ()
    finally:
        tmp_path.chmod(0o700)
    assert len(caplog.records) == 1


def test_time_is_now_unless_said() -> None:
    assert abs(Learnt("g", (), "", "simp", None, Origin.ACCEPTED).time - time.time()) < 5
