"""From tactic text to the edit: data rows of a buffer with a hole between marks, and what the buffer is afterwards."""

from __future__ import annotations

import pytest

from unsorry.engine.documents import apply_edits
from unsorry.provers.lean.insertion import edit_for, tactic_start
from unsorry.provers.seam import Hole, HoleKind

_CASES = "induction n with\n| zero => rfl\n| succ n ih => simp [ih]"

ROWS = [
    ("one line after by", "tactic", "theorem a : p := by «sorry»", "omega", "theorem a : p := by omega"),
    ("a term needs by", "term", "theorem a : p := «sorry»\n", "omega", "theorem a : p := by omega\n"),
    (
        "inside a term, parentheses",
        "term",
        "theorem a : p ∧ q := ⟨«sorry», h⟩",
        "omega",
        "theorem a : p ∧ q := ⟨(by omega), h⟩",
    ),
    ("argument of a function", "term", "def a := f «sorry» x", "omega", "def a := f (by omega) x"),
    (
        "several lines after by start a new line",
        "tactic",
        "theorem a : p := by «sorry»\n",
        _CASES,
        "theorem a : p := by\n  induction n with\n  | zero => rfl\n  | succ n ih => simp [ih]\n",
    ),
    (
        "several lines keep the column of a tactic on a line of its own",
        "tactic",
        "theorem a : p := by\n    «sorry»\n",
        "intro x\nexact x",
        "theorem a : p := by\n    intro x\n    exact x\n",
    ),
    (
        "several lines under a bullet",
        "tactic",
        "  constructor\n  · «sorry»\n  · rfl",
        "intro x\nexact x",
        "  constructor\n  · intro x\n    exact x\n  · rfl",
    ),
    (
        "several lines behind an arrow",
        "tactic",
        "  | zero => «sorry»\n",
        "intro x\nexact x",
        "  | zero =>\n    intro x\n    exact x\n",
    ),
    (
        "a term of several lines",
        "term",
        "theorem a : p := «sorry»",
        "intro x\nexact x",
        "theorem a : p := by\n  intro x\n  exact x",
    ),
    (
        "the buffer's own line ends",
        "tactic",
        "theorem a : p := by\r\n  «sorry»\r\n",
        "intro x\nexact x",
        "theorem a : p := by\r\n  intro x\r\n  exact x\r\n",
    ),
    (
        "columns count code points",
        "tactic",
        "theorem 𝔓 : p := by {«sorry»}",
        "rfl\nrfl",
        "theorem 𝔓 : p := by {rfl\n" + " " * 21 + "rfl}",
    ),
    ("spaces around it do not matter", "tactic", "x := by «sorry»", "  omega  \n", "x := by omega"),
]


@pytest.mark.parametrize(("kind", "marked", "tactic", "expected"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_the_buffer_afterwards(kind: str, marked: str, tactic: str, expected: str) -> None:
    head, rest = marked.split("«")
    hole_text, tail = rest.split("»")
    start = len(head.encode())
    hole = Hole(start, start + len(hole_text.encode()), HoleKind(kind), 0, "a", (), None)
    data = (head + hole_text + tail).encode()
    assert apply_edits(data, [edit_for(data, hole, tactic)]).decode() == expected


@pytest.mark.parametrize(
    "line",
    [
        "  «om",
        "«",
        "theorem t : a = b := by «om",
        "theorem t : a = b := «",
        "  skip; «om",
        "  cases h <;> «si",
        "  | zero => «",
        "  · «om",
        "\t· - «om",
        "  «exact foo",
        "  have h𝔓 : p := by «as",
    ],
)
def test_where_a_tactic_begins(line: str) -> None:
    before, typed = line.split("«")
    assert tactic_start((before + typed).encode()) == len(before.encode())
