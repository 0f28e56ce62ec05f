"""From tactic text to the edit that puts it into a buffer: `by` where a term is wanted, indentation, line ends.

What is certified is the edit made here, so what a user gets is to the byte what was checked.
"""

from __future__ import annotations

import re

from unsorry.provers.seam import Edit, Hole, HoleKind

# A hole behind one of these can start a fresh, indented line instead of hanging far to the right.
_OPENS_BLOCK = re.compile(rb"(?:\bby|=>|:=)[ \t]*\Z")

# What stands before a tactic on its line: white space, bullets, and tactics that are complete.
_BEFORE_TACTIC = re.compile(
    rb"(?:.*(?:;(?!>)|<;>|=>|:=|\bby\b|\bthen\b|\belse\b)[ \t]*|[ \t]*)(?:(?:\xc2\xb7|\*|-)[ \t]*)*"
)


def tactic_start(line: bytes) -> int:
    """How many bytes of a line up to the cursor stand before the tactic that is being typed at its end."""
    found = _BEFORE_TACTIC.match(line)
    return 0 if found is None else found.end()


def _columns(line: bytes) -> int:
    """Columns as the prover counts them: in code points."""
    return len(line.decode("utf-8", "replace"))


def edit_for(data: bytes, hole: Hole, tactic: str) -> Edit:
    """The edit that fills ``hole`` with ``tactic``, whose lines end in line feeds.  ``data`` is the buffer in UTF-8."""
    lines = [line.rstrip() for line in tactic.strip().replace("\r\n", "\n").split("\n")]
    newline = "\r\n" if b"\r\n" in data else "\n"
    line_start = data.rfind(b"\n", 0, hole.start) + 1
    before = data[line_start : hole.start]
    indentation = _columns(before) - _columns(before.lstrip())
    if len(lines) == 1:
        text = f"by {lines[0]}" if hole.kind is HoleKind.TERM else lines[0]
        return Edit(hole.start, hole.end, _parenthesised(data, hole, text))
    if hole.kind is HoleKind.TERM:
        margin = " " * (indentation + 2)
        body = "".join(newline + (margin + line if line else "") for line in lines)
        return Edit(hole.start, hole.end, "by" + body)
    opened = _OPENS_BLOCK.search(before)
    if opened is not None:
        margin = " " * (indentation + 2)
        body = "".join(newline + (margin + line if line else "") for line in lines)
        keep = len(before[opened.start() :].rstrip())
        return Edit(line_start + opened.start() + keep, hole.end, body)
    margin = " " * _columns(before)
    body = newline.join([lines[0], *(margin + line if line else "" for line in lines[1:])])
    return Edit(hole.start, hole.end, body)


def _parenthesised(data: bytes, hole: Hole, text: str) -> str:
    """A `by` term inside a larger term needs parentheses; one that is the whole body of a declaration does not."""
    if hole.kind is not HoleKind.TERM:
        return text
    before = data[: hole.start].rstrip()
    after = data[hole.end : hole.end + 1]
    whole = before.endswith((b":=", b"=>", b"from", b"exact", b"(", b"<|")) and after in {b"", b"\n", b"\r", b")", b" "}
    return text if whole else f"({text})"
