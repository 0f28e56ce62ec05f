"""``unsorry prove`` on a scripted prover: output, exit codes, and what happens to files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from unsorry.cli import files, output
from unsorry.provers.fake import ANY, Closes, Dies, Leaves, Refuses, Rejects, Script

if TYPE_CHECKING:
    from conftest import Fake, Run

ONE = "theorem one : A := by\n  sorry\n"
TWO = "theorem one : A := by\n  sorry\n\ntheorem two : B := by\n  sorry\n"
ONLY_A: Script = {"A": {"done": Closes()}}


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


# Exit codes and the object


def test_all_proved_is_zero(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", ONE)
    ran = run("prove", "A.lean", "--json")
    assert ran.code == 0
    assert ran.err == ""
    data = ran.validated()
    (hole,) = data["holes"]
    assert hole.pop("seconds") >= 0
    assert hole == {
        "file": "A.lean",
        "line": 2,
        "column": 3,
        "declaration": "one",
        "goal": "⊢ A",
        "status": "proved",
        "proof": "done",
        "axioms": [],
        "origin": "listed",
        "candidates": 2,
        "message": None,
    }
    assert (data["proved"], data["open"], data["errors"]) == (1, 0, [])
    assert data["prover"] == {"name": "Lean", "version": "4.28.0", "origin": "scripted", "command": ["fake-lean"]}
    assert fake.provers


def test_no_holes_is_zero(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", "theorem one : A := by\n  done\n")
    ran = run("prove", "A.lean")
    assert (ran.code, fake.provers[0].counts.candidates) == (0, 0)
    assert "No holes. Checked by Lean 4.28.0 (scripted, `fake-lean`)." in ran.out


def test_one_left_is_one(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = ONLY_A
    put(folder, "A.lean", TWO)
    ran = run("prove", "A.lean", "--json")
    data = ran.validated()
    assert ran.code == 1
    assert [h["status"] for h in data["holes"]] == ["proved", "open"]
    assert data["holes"][1]["message"].startswith("searched 1 goal, 2 candidates, none verified")
    assert (data["proved"], data["open"]) == (1, 1)


def test_what_cant_be_read_is_two_and_the_others_go_on(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", ONE)
    ran = run("prove", "missing.lean", "A.lean", "--json")
    data = ran.validated()
    assert ran.code == 2
    assert data["proved"] == 1
    assert data["errors"] == [{"file": "missing.lean", "message": "there is no such file or folder"}]
    assert "missing.lean: there is no such file or folder" in ran.err
    assert fake.provers


def test_an_unknown_import_is_told_and_the_others_go_on(fake: Fake, folder: Path, run: Run) -> None:
    fake.missing = ("Nowhere",)
    put(folder, "A.lean", f"import Nowhere\n{ONE}")
    put(folder, "B.lean", ONE)
    ran = run("prove", ".", "--json")
    data = ran.validated()
    assert ran.code == 2
    assert [h["file"] for h in data["holes"]] == ["B.lean"]
    (error,) = data["errors"]
    assert error["file"] == "A.lean"
    assert "imports could not be loaded: unknown module prefix 'Nowhere'" in error["message"]


def test_errors_around_a_hole_do_not_keep_it_from_being_proved(fake: Fake, folder: Path, run: Run) -> None:
    broken = "theorem bad : A := by\n  nonsense\n"
    put(folder, "A.lean", f"{broken}\n{ONE}\n{broken.replace('bad', 'worse')}")
    ran = run("prove", "A.lean", "--json")
    data = ran.validated()
    assert (ran.code, data["proved"]) == (0, 1)
    assert [(e["line"], e["column"]) for e in data["files"][0]["errors"]] == [(2, 3), (8, 3)]
    assert "2 errors of its own" in run("prove", "A.lean").out
    assert fake.provers


def test_a_hole_that_is_not_reached_is_an_error(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", "theorem one : A := by\n  nonsense\n  sorry\n")
    ran = run("prove", "A.lean", "--json")
    assert ran.code == 1
    assert [(h["status"], h["proof"]) for h in ran.validated()["holes"]] == [("error", None)]
    assert fake.provers


def test_a_prover_that_dies_does_not_end_the_run(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {ANY: {"crash": Dies(), "done": Closes()}}
    fake.candidates = ["crash", "done"]
    put(folder, "A.lean", TWO)
    data = run("prove", "A.lean", "--json").validated()
    assert data["proved"] == 2


def test_several_provers_find_the_same(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {"A": {"done": Closes()}, "B": {"split": Closes()}}
    fake.candidates = ["done", "split"]
    put(folder, "A.lean", TWO)
    for name in ("B", "C", "D"):
        put(folder, f"{name}.lean", ONE)
    one = run("prove", ".", "--json").validated()
    fake.provers.clear()
    several = run("prove", ".", "--json", "--jobs", "3").validated()
    assert len(fake.provers) == 3
    assert [(h["file"], h["line"], h["proof"]) for h in one["holes"]] == [
        (h["file"], h["line"], h["proof"]) for h in several["holes"]
    ]


def test_one_file_gets_all_provers(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", TWO)
    assert run("prove", "A.lean", "--jobs", "2").code == 0
    assert [p.counts.opens > 0 for p in fake.provers] == [True, True]


# Options that do not fit


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--diff", "--write"], "--diff goes with neither"),
        (["--diff", "--json"], "--diff goes with neither"),
        (["--hole", "3"], "wants a line and a column"),
        (["--hole", "0:1"], "wants a line and a column"),
        (["--hole", "9:9"], "there is no line 9, column 9"),
        (["--hole", "1:1", "B.lean"], "exactly one file"),
        (["--record", "no/such/folder.jsonl"], "can't be written"),
        (["--budget", "0"], "--budget"),
        (["--budget", "nan"], "--budget"),
        (["--jobs", "0"], "--jobs"),
    ],
)
def test_wrong_options_are_told(fake: Fake, folder: Path, run: Run, options: list[str], says: str) -> None:
    put(folder, "A.lean", ONE)
    put(folder, "B.lean", ONE)
    ran = run("prove", "A.lean", *options)
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert (folder / "A.lean").read_text() == ONE
    assert not [c for p in fake.provers for c in p.tried]


def test_a_run_that_fails_still_prints_one_object(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", ONE)
    ran = run("prove", "A.lean", "--json", "--hole", "x")
    assert ran.code == 2
    assert ran.validated()["errors"][0]["file"] is None
    assert fake.provers == []


# Writing


def test_without_write_nothing_is_touched(fake: Fake, folder: Path, run: Run) -> None:
    path = put(folder, "A.lean", ONE)
    before = path.stat()
    ran = run("prove", "A.lean")
    assert (ran.code, path.read_text()) == (0, ONE)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert "No file was changed" in ran.out
    assert fake.provers


def test_write_puts_in_what_was_proved_and_leaves_the_rest(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = ONLY_A
    path = put(folder, "A.lean", "\ufeff" + TWO.replace("\n", "\r\n"))
    ran = run("prove", "A.lean", "--write", "--json")
    assert ran.code == 1
    assert ran.validated()["files"][0]["written"] is True
    wanted = TWO.replace("  sorry", "  done", 1).replace("\n", "\r\n")
    assert path.read_bytes() == ("\ufeff" + wanted).encode()


def test_write_without_a_proof_leaves_the_file_as_it_is(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {}
    path = put(folder, "A.lean", ONE)
    before = path.stat()
    assert run("prove", "A.lean", "--write").code == 1
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_a_file_changed_meanwhile_is_not_written_over(
    fake: Fake, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(folder, "A.lean", ONE)
    put(folder, "B.lean", ONE)
    write = files.write

    def write_after_edit(source: files.SourceFile, text: str) -> None:
        if source.name == "A.lean":
            path.write_text("-- mine\n")
        write(source, text)

    monkeypatch.setattr(files, "write", write_after_edit)
    ran = run("prove", "A.lean", "B.lean", "--write", "--json")
    data = ran.validated()
    assert ran.code == 2
    assert path.read_text() == "-- mine\n"
    assert "changed by someone else" in data["errors"][0]["message"]
    assert "done" in (folder / "B.lean").read_text()
    assert fake.provers


def test_the_diff_is_what_write_would_do(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = ONLY_A
    path = put(folder, "A.lean", TWO.removesuffix("\n"))
    ran = run("prove", "A.lean", "--diff")
    assert ran.out.startswith("--- a/A.lean\n+++ b/A.lean\n@@ -1,5 +1,5 @@\n")
    assert "-  sorry\n+  done\n" in ran.out
    assert ran.out.endswith("   sorry\n\\ No newline at end of file\n")
    assert "1 of 2 holes proved" in ran.err
    assert path.read_text() == TWO.removesuffix("\n")


# One hole


def test_a_hole_is_found_at_any_place_of_it(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", TWO)
    for place in ("5:3", "5:6", "5:8"):
        data = run("prove", "A.lean", "--hole", place, "--json").validated()
        assert [(h["line"], h["status"]) for h in data["holes"]] == [(5, "proved")]
    assert fake.provers


def test_where_no_hole_is_written_the_goal_is_proved(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {"A": {"split": Leaves(("A1", "A2"))}, "A1": {"done": Closes()}, "A2": {"done": Closes()}}
    path = put(folder, "A.lean", "theorem one : A := by\n  split\n  done\n  \n")
    ran = run("prove", "A.lean", "--hole", "4:3", "--json", "--write")
    assert [(h["line"], h["column"], h["status"]) for h in ran.validated()["holes"]] == [(4, 3, "proved")]
    assert path.read_text() == "theorem one : A := by\n  split\n  done\n  done\n"


def test_a_goal_that_stays_open_leaves_the_file_as_it_is(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {"A": {"split": Leaves(("A1",))}}
    text = "theorem one : A := by\n  split\n  \n"
    path = put(folder, "A.lean", text)
    ran = run("prove", "A.lean", "--hole", "3:3", "--write")
    assert (ran.code, path.read_text()) == (1, text)


def test_a_place_without_a_goal_is_told(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", "theorem one : A := by\n  done\n\n")
    ran = run("prove", "A.lean", "--hole", "1:1")
    assert ran.code == 2
    assert "A.lean: line 1, column 1: there is no hole here, and no goal to prove" in ran.err
    assert fake.provers


# What was tried


def test_explain_gives_each_candidate_with_its_reason(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {
        "A": {
            "simp": Rejects("simp made no progress"),
            "evil": Refuses("it runs code"),
            "split": Leaves(("A1",)),
            "lie": Closes(flaw="it rests on sorry"),
            "odd": Closes(axioms=("cheat",)),
        }
    }
    fake.candidates = ["simp", "evil", "split", "lie", "odd"]
    put(folder, "A.lean", ONE)
    ran = run("prove", "A.lean", "--explain")
    assert ran.code == 1
    for line in (
        "rejected   simp  (listed, 0 ms)  simp made no progress",
        "refused    evil  (listed, 0 ms)  it runs code",
        "progress   split  (listed, 0 ms)  1 goal left",
        "refused    lie  (listed, 0 ms)  it rests on sorry",
        "refused    odd  (listed, 0 ms)  it rests on cheat, which is not among the allowed axioms",
        "\n  listed 10 tried\n",
        "\nSuggesters: listed 10 tried\n",
    ):
        assert line in ran.out
    data = run("prove", "A.lean", "--explain", "--json").validated()
    assert [a["outcome"] for a in data["holes"][0]["attempts"]][:5] == [
        "rejected",
        "refused",
        "progress",
        "refused",
        "refused",
    ]


def test_explain_says_who_proposed_the_proof_and_how_each_did(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", TWO)
    ran = run("prove", "A.lean", "--explain")
    assert ran.code == 0
    assert ran.out.count("  proved by done  (listed)\n  listed 2 tried, 1 closed\n") == 2
    assert "\nSuggesters: listed 4 tried, 2 closed\n" in ran.out


def test_what_a_suggester_did_on_one_file_counts_for_the_next(fake: Fake, folder: Path, run: Run) -> None:
    fake.candidates, fake.best = ["done"], -9.0
    fake.others = {"flood": [f"no {i}" for i in range(60)]}
    put(folder, "A.lean", ONE)
    put(folder, "B.lean", ONE)
    data = run("prove", ".", "--json").validated()
    first, second = (h["candidates"] for h in data["holes"])
    assert 1 < first <= 16
    assert second == 1


def test_settings_allow_an_axiom(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {"A": {"odd": Closes(axioms=("cheat",))}}
    fake.candidates = ["odd"]
    (folder / "unsorry.toml").write_text("[trust]\naxioms = ['cheat']\n[prove]\nodd = 1\n")
    put(folder, "A.lean", ONE)
    ran = run("prove", "A.lean", "--json")
    assert ran.validated()["holes"][0]["axioms"] == ["cheat"]
    assert "`prove.odd` is no setting" in ran.err


def test_a_record_holds_a_line_for_each_attempt_and_grows(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {"A": {"simp": Rejects("no 𝔓")}, ANY: {"done": Closes()}}
    put(folder, "A.lean", ONE)
    for _ in range(2):
        assert run("prove", "A.lean", "--record", "log.jsonl").code == 0
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 4
    assert lines[0] == {
        "goal": "⊢ A",
        "steps": [],
        "candidate": "simp",
        "origin": "listed",
        "outcome": "rejected",
        "message": "no 𝔓",
        "seconds": 0.0,
        "declaration": "one",
        "file": "A.lean",
        "project": folder.name,
        "prover": "Lean 4.28.0, commit 0123",
    }
    assert lines[1]["outcome"] == "closed"


def line(candidate: str, outcome: str, goal: str = "⊢ A", **more: object) -> str:
    found = {"goal": goal, "candidate": candidate, "outcome": outcome, "prover": "Lean 4.28.0", **more}
    return json.dumps(found, ensure_ascii=False) + "\n"


def test_records_become_pairs_and_preferences(fake: Fake, folder: Path, run: Run) -> None:
    fake.script = {"A": {"simp": Rejects("no 𝔓")}, ANY: {"done": Closes()}}
    put(folder, "A.lean", ONE)
    run("prove", "A.lean", "--record", "log.jsonl")
    (pair,) = (json.loads(x) for x in run("records", "pairs", "log.jsonl").out.splitlines())
    assert (pair["goal"], pair["tactic"]) == ("⊢ A", "done")
    assert (pair["declaration"], pair["project"]) == ("one", folder.name)
    (found,) = (json.loads(x) for x in run("records", "preferences", "log.jsonl", "log.jsonl").out.splitlines())
    assert (found["goal"], found["chosen"], found["rejected"]) == ("⊢ A", "done", "simp")


def test_only_what_the_prover_said_teaches_anything(folder: Path, run: Run) -> None:
    lines = [
        line("cheat", "closed"),
        line("cheat", "refused"),
        line("slow", "timed out"),
        line("long enough", "closed"),
        line("ok", "closed"),
        line("step", "progress"),
        line("bad\u2028", "rejected"),
        line("bad\u2028", "rejected"),
        line("ok", "rejected"),
        line("bad", "rejected", goal="⊢ B"),
        line("bad", "rejected", prover="Lean 4.9.0"),
        '{"goal": "half a li',
    ]
    put(folder, "log.jsonl", "".join(lines))
    pairs = [json.loads(x) for x in run("records", "pairs", "log.jsonl").out.split("\n") if x]
    assert [p["tactic"] for p in pairs] == ["long enough", "ok"]
    found = [json.loads(x) for x in run("records", "preferences", "log.jsonl").out.split("\n") if x]
    assert [(p["chosen"], p["rejected"]) for p in found] == [("ok", "bad\u2028")]
    put(folder, "other.txt", "{}\n")
    assert run("records", "pairs", "other.txt").code == 2


# The table


def test_the_table_shows_place_goal_proof_count_and_time(
    fake: Fake, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the tests may say how wide his screen is; nobody has said how wide the paper is.
    monkeypatch.delenv("COLUMNS", raising=False)
    fake.script = {"A [x]": {"done": Closes()}}
    put(folder, "A.lean", TWO.replace(": A", ": A [x]"))
    ran = run("prove", "A.lean")
    assert "A.lean\n" in ran.out
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["2:3", "one", "⊢", "A", "[x]", "done", "2", "0.0", "s"] in rows
    assert "open: searched 1 goal, 2 candidates, none verified" in ran.out
    assert "1 of 2 holes proved. Checked by Lean 4.28.0 (scripted, `fake-lean`)." in ran.out


@pytest.mark.parametrize(("name", "model"), [("prove", output.Prove), ("check", output.Check), ("learn", output.Learn)])
def test_the_schema_that_ships_is_the_types(name: str, model: type[output.Prove]) -> None:
    assert (output.SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8") == output.schema(model)
