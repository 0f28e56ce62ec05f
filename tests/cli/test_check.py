"""``unsorry check`` and ``unsorry lean`` on a scripted prover."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from unsorry.provers.fake import ANY, Closes

if TYPE_CHECKING:
    from conftest import Fake, Run

CLEAN = "theorem one : A := by\n  done\n"


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).write_bytes(text.encode())


def test_a_clean_file_is_zero(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", CLEAN)
    ran = run("check", "A.lean", "--json")
    data = ran.validated("check")
    assert (ran.code, data["clean"]) == (0, True)
    assert data["files"][0]["declarations"] == [
        {"line": 1, "column": 1, "name": "one", "kind": "theorem", "axioms": [], "complaint": None}
    ]
    assert "1 of 1 theorem proved, 0 holes, 0 errors" in run("check", "A.lean").out
    assert fake.provers


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theorem one : A := by\n  sorry\n", "A.lean:2:3 hole in one"),
        ("theorem one : A := by\n  sorry\n", "it rests on a hole (sorry)"),
        ("theorem one : A := by\n  odd\n", "it rests on cheat"),
        ("theorem one : A := by\n  nonsense\n", "it has an error"),
        ("theorem one : A := by\n  nonsense\n", "A.lean:2:3 error: this tactic does not apply"),
        ("import Nowhere\n", "A.lean:1:1 error: unknown module prefix 'Nowhere'"),
    ],
)
def test_what_is_not_clean_is_named_and_one(fake: Fake, folder: Path, run: Run, text: str, says: str) -> None:
    fake.script = {ANY: {"odd": Closes(axioms=("cheat",))}}
    fake.missing = ("Nowhere",)
    put(folder, "A.lean", text)
    ran = run("check", "A.lean")
    assert ran.code == 1
    assert says in ran.out
    assert run("check", "A.lean", "--json").validated("check")["clean"] is False


def test_nothing_to_check_is_two(fake: Fake, folder: Path, run: Run) -> None:
    ran = run("check", ".", "--json")
    assert ran.code == 2
    assert ran.validated("check")["clean"] is False
    assert "nothing in this folder is a Lean file" in ran.err
    assert fake.provers == []


def test_lean_says_what_lean_says(fake: Fake, folder: Path, run: Run) -> None:
    put(folder, "A.lean", "-- ∀\ntheorem one : A := by\n  nonsense\n")
    put(folder, "B.lean", CLEAN)
    ran = run("lean", "A.lean", "B.lean")
    assert (ran.code, ran.out) == (1, "A.lean:3:2: error: this tactic does not apply\n")
    fake.script = {ANY: {"done": Closes()}}
    assert run("lean", "B.lean").code == 0
    assert run("lean", "C.lean").code == 2
