"""What all editors are given, and what Lean says of what they make of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

from lsp.lean import certified
from provers.leans import Bench, make_lean

HOLES: Final = """theorem comm (a b : Nat) : a + b = b + a := by
  sorry

-- 𝔓 stands for two units of UTF-16
theorem both (𝔓 𝔔 : Prop) (h : 𝔓) (g : 𝔔) : 𝔓 ∧ 𝔔 := by
  constructor
  · sorry
  · sorry

theorem never (a b : Nat) : a + b = a * b := by sorry
"""
PROVABLE: Final = 3


def unsorry_program(folder: Path) -> Path:
    """A program `unsorry` in a folder of its own, which writes the number of each of its processes to a file."""
    program = folder / "bin" / "unsorry"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho $$ >> "{folder / "processes"}"\nexec "{sys.executable}" -m unsorry "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def judge(text: str, left: int) -> None:
    """Lean accepts what an editor has made."""

    async def ask() -> None:
        prover = make_lean()
        try:
            await certified(Bench(prover), text, left)
        finally:
            await prover.close()

    asyncio.run(ask())
