r"""From proof text to the edit: line breaks, indentation, and symbols as the buffer has them."""

from __future__ import annotations

import re

from unsorry.provers.isabelle.symbols import Symbols
from unsorry.provers.seam import Edit, Hole

# What stands before proof text on its line: all before the last command that begins some, or white space.
_BEFORE_PROOF = re.compile(rb".*(?=\b(?:by|apply|proof)\b)|[ \t]*")


def tactic_start(line: bytes) -> int:
    """How many bytes of a line up to the cursor stand before the proof text that is being typed at its end."""
    found = _BEFORE_PROOF.match(line)
    return 0 if found is None else found.end()


def edit_for(text: str, hole: Hole, proof: str, symbols: Symbols) -> Edit:
    """The edit that fills ``hole`` with ``proof``.  ``text`` is the buffer.

    A proof of several lines starts on a line of its own, indented below the statement.
    """
    data = text.encode("utf-8", "surrogatepass")
    lines = [line.rstrip() for line in _written(proof, text, symbols).strip().replace("\r\n", "\n").split("\n")]
    if len(lines) == 1:
        return Edit(hole.start, hole.end, lines[0])
    newline = "\r\n" if b"\r\n" in data else "\n"
    before = data[data.rfind(b"\n", 0, hole.start) + 1 : hole.start].decode("utf-8", "replace")
    indentation = " " * (len(before) - len(before.lstrip()))
    if not before.strip():
        return Edit(hole.start, hole.end, newline.join([lines[0], *(indentation + line for line in lines[1:])]))
    margin = f"{newline}{indentation}  "
    spaces = len(before) - len(before.rstrip(" \t"))
    return Edit(hole.start - spaces, hole.end, "".join(margin + line if line else newline for line in lines))


def _written(proof: str, text: str, symbols: Symbols) -> str:
    """A proof with its symbols in the form that the buffer uses; in plain ASCII where it uses none."""
    if any(character in symbols.names for character in text if character > "\x7f"):
        return symbols.to_unicode(proof)
    return symbols.to_isabelle(proof)
