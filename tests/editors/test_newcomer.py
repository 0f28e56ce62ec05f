"""Somebody who has nothing but VS Code and Python gets from the packed extension to a proof in a saved file."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from editors.code_server import EXTENSION, prepare_or_skip, run
from editors.holes import judge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    # The server and Lean come over the network.
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform == "win32", reason="process groups end these programs"),
]

THEOREM = "theorem first (a b : Nat) : a + b = b + a := by\n  sorry\n"


def without_unsorry(path: str) -> str:
    """The folders of a PATH that have no Unsorry in them."""
    return os.pathsep.join(f for f in path.split(os.pathsep) if shutil.which("unsorry", path=f) is None)


def test_from_nothing_to_a_saved_proof(tmp_path: Path) -> None:
    prepare_or_skip()
    project = tmp_path / "project"
    project.mkdir()
    (project / "First.lean").write_text(THEOREM, encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    options = {
        "project": str(project),
        "chosen": str(EXTENSION),
        "file": "First.lean",
        "line": 2,
        "column": 3,
        "environment": {
            **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
            "PATH": without_unsorry(os.environ["PATH"]),
        },
    }
    told = run("newcomer.ts", tmp_path, options, seconds=1500)
    assert told["saved"] == THEOREM.replace("sorry", told["ghost"])
    assert told["left"] == []
    judge(told["saved"], 0)
