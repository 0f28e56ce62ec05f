"""Emacs, the real one and without a screen, with the configuration that README.md shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from editors.holes import HOLES, PROVABLE, judge, unsorry_program
from provers.leans import installed

ROOT: Final = Path(__file__).resolve().parents[2]
DRIVE: Final = Path(__file__).with_name("drive.el")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.embedded,
    pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script here"),
]


@pytest.fixture
def emacs() -> str:
    """An Emacs with Eglot."""
    program = shutil.which("emacs")
    if program is None:
        pytest.skip("no emacs is on the PATH, so what README.md says of it is not tested")
    if subprocess.run([program, "--batch", "-l", "eglot"], check=False, capture_output=True, timeout=60).returncode:
        pytest.skip("this Emacs has no Eglot, so what README.md says of it is not tested")
    return program


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """What README.md shows, as a file."""
    (text,) = re.findall(r"```elisp\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "recipe.el"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_theory_has_the_server(emacs: str, recipe: Path, tmp_path: Path) -> None:
    show = "(progn (require 'eglot) (prin1 (list major-mode (nth 3 (eglot--guess-contact)))))"
    ran = subprocess.run(
        [emacs, "--batch", "-l", recipe, tmp_path / "Holes.thy", "--eval", show],
        env={**os.environ, "PATH": f"{unsorry_program(tmp_path).parent}{os.pathsep}{os.environ['PATH']}"},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout == '(isabelle-mode ("unsorry" "lsp"))', ran.stderr


def test_hints_a_code_action_and_a_save(emacs: str, recipe: Path, tmp_path: Path) -> None:
    installed()
    (tmp_path / "unsorry.toml").write_text("[lean]\nembedded_only = true\n", encoding="utf-8")
    file, out = tmp_path / "Holes.lean", tmp_path / "out.json"
    file.write_text(HOLES, encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "PATH": f"{unsorry_program(tmp_path).parent}{os.pathsep}{os.environ['PATH']}",
        "UNSORRY_FILE": str(file),
        "UNSORRY_HINTS": str(PROVABLE),
        "UNSORRY_OUT": str(out),
        "LC_ALL": "C.UTF-8",
    }
    ran = subprocess.run(
        [emacs, "--batch", "-l", recipe, "-l", DRIVE],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert out.is_file(), ran.stderr
    told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert all(re.search("`.+` proves this", hint) for hint in told["hints"])
    assert re.fullmatch("`(.+)` — proves the goal", told["offered"][0])
    proof = told["offered"][0].split("`")[1]
    assert told["fixed"] == HOLES.replace("sorry", proof, 1)
    assert told["saved"].count("sorry") == 1
    assert file.read_text(encoding="utf-8") == told["saved"]
    judge(told["saved"], 1)
