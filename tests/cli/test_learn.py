"""``unsorry learn`` and ``unsorry store``, on a scripted prover."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from unsorry.cli.sources import Sources
from unsorry.provers.fake import ANY, Closes
from unsorry.provers.seam import ProverInfo
from unsorry.suggesters.neighbours.memory import workspace_of
from unsorry.suggesters.seam import Suggester
from unsorry.workspace.settings import Settings
from unsorry.workspace.store import KnowledgeStore, default_path

if TYPE_CHECKING:
    from conftest import Fake, Run

PROOF = "theorem {0} : {0} := by\n  done\n"
HOLE = "theorem {0} : {0} := by\n  sorry\n"

SUGGESTERS = Sources.suggesters


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the test's own store lies; nothing was learned before."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.lean").write_text(text, encoding="utf-8")


def goals() -> list[str]:
    opened = KnowledgeStore()
    try:
        return sorted(json.loads(line)["goal"] for line in opened.export())
    finally:
        opened.close()


def test_files_are_learned_from_once(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, A=PROOF.format("a"), B=PROOF.format("b") + "\n" + PROOF.format("c") + "\n" + HOLE.format("d"))
    ran = run("learn", ".", "--json")
    found = ran.validated("learn")
    assert (ran.code, found["goals"], found["new"]) == (0, 3, 3)
    assert [(f["file"], f["status"], f["goals"]) for f in found["files"]] == [
        ("A.lean", "learned", 1),
        ("B.lean", "learned", 2),
    ]
    assert goals() == ["⊢ a", "⊢ b", "⊢ c"]
    opens = sum(p.counts.opens for p in fake.provers)
    put(folder, A=PROOF.format("a") + "\n" + PROOF.format("e"))
    found = run("learn", ".", "--json").validated("learn")
    assert [(f["status"], f["goals"], f["new"]) for f in found["files"]] == [("learned", 2, 1), ("unchanged", 0, 0)]
    assert sum(p.counts.opens for p in fake.provers) == opens + 1


def test_what_it_looks_like(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, A=PROOF.format("a"))
    assert "1 goal and what proves them learned, 1 of them new." in run("learn", "A.lean").out
    assert "learned before" in run("learn", "A.lean").out


def test_a_file_that_fails_is_told_and_the_others_go_on(fake: Fake, folder: Path, run: Run) -> None:
    fake.missing = ("Missing",)
    put(folder, A="import Missing\n" + PROOF.format("a"), B=PROOF.format("b"))
    (folder / "C.lean").write_bytes(b"\xff")
    ran = run("learn", ".", "--json")
    found = ran.validated("learn")
    assert ran.code == 2
    assert {e["file"] for e in found["errors"]} == {"A.lean", "C.lean"}
    assert "error: A.lean: its imports could not be loaded" in ran.err
    assert goals() == ["⊢ b"]
    # Once the import is there it is learned from.
    fake.missing = ()
    assert run("learn", "A.lean").code == 0
    assert goals() == ["⊢ a", "⊢ b"]


def test_the_time_for_a_file_is_bounded(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {ANY: {"done": Closes(seconds=0.05)}}
    put(folder, A="\n".join(PROOF.format(f"t{n}") for n in range(3)))
    ran = run("learn", "A.lean", "--json", "--budget", "0.01")
    assert ran.code in {0, 1}
    fake.script = {ANY: {"done": Closes()}}
    assert run("learn", "A.lean").code == 0
    assert goals() == ["⊢ t0", "⊢ t1", "⊢ t2"]


def test_nothing_to_learn_from(folder: Path, run: Run) -> None:
    ran = run("learn", "No.lean")
    assert ran.code == 2
    assert "there is no such file or folder" in ran.err


@pytest.mark.parametrize("command", [("learn", "A.lean"), ("prove", "A.lean", "--write"), ("doctor",)])
def test_opting_out_writes_nothing(
    fake: Fake, folder: Path, run: Run, data: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sources, "suggesters", SUGGESTERS)
    (folder / "unsorry.toml").write_text("[learn]\nenabled = false\n", encoding="utf-8")
    put(folder, A=PROOF.format("a") + "\n" + HOLE.format("b"))
    ran = run(*command)
    if command[0] == "learn":
        assert ran.code == 2
        assert "the settings have `learn.enabled = false`" in ran.err
    if command[0] == "doctor":
        assert "nothing is learned: " in ran.out
        assert "unsorry.toml has `learn.enabled = false`" in ran.out
    assert not data.exists()


def test_asking_writes_nothing_either(
    fake: Fake, folder: Path, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sources, "suggesters", SUGGESTERS)
    put(folder, A=HOLE.format("b"))
    run("prove", "A.lean")
    for command in ("stats", "export"):
        assert run("store", command).code == 0
    assert run("store", "forget", "--all").code == 0
    assert not data.exists()


@pytest.mark.parametrize("write", [True, False])
def test_what_is_written_is_learned(
    fake: Fake, folder: Path, run: Run, write: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted = Sources.suggesters

    def both(self: Sources, settings: Settings, info: ProverInfo, root: Path | None) -> list[Suggester]:
        return [*scripted(self, settings, info, root), *SUGGESTERS(self, settings, info, root)]

    monkeypatch.setattr(Sources, "suggesters", both)
    put(folder, A=HOLE.format("b"))
    assert run("prove", "A.lean", *(["--write"] if write else [])).code == 0
    assert goals() == (["⊢ b"] if write else [])
    if write:
        (line,) = run("store", "export").out.splitlines()
        assert (json.loads(line)["origin"], json.loads(line)["tactic"]) == ("accepted", "done")


def test_the_store_is_shown_copied_and_forgotten(fake: Fake, folder: Path, run: Run) -> None:
    project = folder / "project"
    project.mkdir()
    (project / "unsorry.toml").write_text("[learn]\nenabled = true\n", encoding="utf-8")
    put(project, A=PROOF.format("a"), B=PROOF.format("b"))
    put(folder, L=PROOF.format("l"))
    assert run("learn", ".").code == 0

    shown = run("store", "stats", "--json").json
    assert (shown["goals"], shown["file"]) == (3, str(default_path()))
    assert [(h["workspace"], h["goals"]) for h in shown["holdings"]] == [(None, 1), (workspace_of(project), 2)]
    assert "(files in no project)" in run("store", "stats").out

    assert run("store", "export", "copy.jsonl").code == 0
    lines = (folder / "copy.jsonl").read_text("utf-8").splitlines()
    assert lines == run("store", "export").out.splitlines()
    assert sorted(json.loads(line)["goal"] for line in lines) == ["⊢ a", "⊢ b", "⊢ l"]
    assert "can't be written" in run("store", "export", "no/folder/copy.jsonl").err

    ran = run("store", "forget", "--workspace", "project")
    assert (ran.code, ran.err) == (0, "2 goals forgotten.\n")
    assert goals() == ["⊢ l"]
    # What was forgotten can be learned anew.
    assert run("learn", "project").code == 0
    assert run("store", "forget", "--loose").err == "1 goal forgotten.\n"
    assert run("store", "forget", "--all").err == "2 goals forgotten.\n"
    assert run("store", "stats", "--json").json["goals"] == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "say what is to be forgotten: --workspace FOLDER, --loose or --all"),
        (("--loose", "--all"), "say what is to be forgotten"),
        (("--workspace", "."), "`unsorry store stats` shows where something was"),
    ],
)
def test_forgetting_wants_a_choice(folder: Path, run: Run, options: tuple[str, ...], says: str) -> None:
    ran = run("store", "forget", *options)
    assert ran.code == 2
    assert says in ran.err
