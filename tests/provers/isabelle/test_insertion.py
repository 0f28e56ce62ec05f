"""Where proof text goes: line breaks, indentation, and symbols in the buffer's own form."""

from __future__ import annotations

import pytest

from unsorry.provers.isabelle.insertion import edit_for, tactic_start
from unsorry.provers.isabelle.symbols import Symbols
from unsorry.provers.seam import Hole, HoleKind

SYMBOLS = Symbols.of([r"\<forall>  code: 0x002200", r"\<open>  code: 0x002039", r"\<close>  code: 0x00203a"])

SCRIPT = "apply (induct xs)\n apply auto\ndone"

ROWS = [
    ("one line", 'lemma a: "P" «sorry»\n', "by simp", 'lemma a: "P" by simp\n'),
    (
        "several lines behind a statement start below it",
        'lemma a: "P" «sorry»\n',
        SCRIPT,
        'lemma a: "P"\n  apply (induct xs)\n   apply auto\n  done\n',
    ),
    (
        "several lines in the place of a line of its own",
        'lemma a: "P"\n  «sorry»\n',
        SCRIPT,
        'lemma a: "P"\n  apply (induct xs)\n   apply auto\n  done\n',
    ),
    (
        "inside a proof",
        'proof\n  show "P" «sorry»\nqed\n',
        SCRIPT,
        'proof\n  show "P"\n    apply (induct xs)\n     apply auto\n    done\nqed\n',
    ),
    (
        "line ends as the buffer has them",
        'lemma a: "P" «sorry»\r\n',
        SCRIPT,
        'lemma a: "P"\r\n  apply (induct xs)\r\n   apply auto\r\n  done\r\n',
    ),
    (
        "symbols where the buffer has symbols",
        r'lemma "\<forall>x. P" «sorry»',
        "by (rule ∀)",
        r'lemma "\<forall>x. P" by (rule \<forall>)',
    ),
    (
        "characters where it has characters",
        'lemma "∀x. P" «sorry»',
        r"by (rule \<forall>)",
        'lemma "∀x. P" by (rule ∀)',
    ),
    ("plain ASCII where it has neither", 'lemma "P" «sorry»', "by (rule ∀)", r'lemma "P" by (rule \<forall>)'),
    (
        "a character that is no symbol does not count",
        '(* ä *) lemma "P" «sorry»',
        "by (rule ∀)",
        r'(* ä *) lemma "P" by (rule \<forall>)',
    ),
]


@pytest.mark.parametrize(("text", "proof", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_proof_is_laid_out(text: str, proof: str, expected: str) -> None:
    before, _, rest = text.partition("«")
    inside, _, after = rest.partition("»")
    plain = before + inside + after
    start = len(before.encode())
    hole = Hole(start, start + len(inside), HoleKind.TACTIC, 0, "a", (), None)
    edit = edit_for(plain, hole, proof, SYMBOLS)
    data = plain.encode()
    found = (data[: edit.start] + edit.text.encode() + data[edit.end :]).decode()
    assert found == expected


@pytest.mark.parametrize(
    "line",
    [
        "  «",
        "  «by si",
        "  «apply (au",
        'lemma a: "P" «by si',
        'lemma a: "∀x. P by x" «by si',
        '  «have "P" ',
        "  using a «by si",
    ],
)
def test_where_proof_text_begins(line: str) -> None:
    before, typed = line.split("«")
    assert tactic_start((before + typed).encode()) == len(before.encode())
