"""Shorter forms of a proof's text, to be tried in its place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

_FIRST = re.compile(r"\(first \| ")
_BULLET = re.compile(r"[·.][ \t]+")


def shorter(text: str, fewer_facts: Callable[[str], Iterable[str]], closers: Sequence[str] = ()) -> Iterable[str]:
    """Texts that say less than ``text``, the boldest cut first.

    ``fewer_facts`` is the prover's word on lists of facts, and ``closers`` are one-liners that may do for a block.
    """
    seen = {text}
    for found in itertools.chain(_shorter(text, closers), fewer_facts(text)):
        if found.strip() and len(found) < len(text) and found not in seen:
            seen.add(found)
            yield found


def _shorter(text: str, closers: Sequence[str]) -> Iterator[str]:
    yield from _alternatives(text)
    if "\n" in text:
        yield from _lines(text, closers)
    pieces = text.split(" <;> ")
    if len(pieces) > 1:
        yield " <;> ".join(pieces[:-1])


def _alternatives(text: str) -> Iterator[str]:
    """One alternative of a `(first | a | b)` instead of all of them, then all but one."""
    for match in _FIRST.finditer(text):
        cut = _cut(text, match.end())
        if cut is None:
            continue
        alternatives, end = cut
        before, after = text[: match.start()], text[end:]
        for alternative in alternatives:
            yield f"{before}{_alone(alternative)}{after}"
        if len(alternatives) > 2:
            for place in range(len(alternatives)):
                yield f"{before}(first | {' | '.join(alternatives[:place] + alternatives[place + 1 :])}){after}"


def _alone(alternative: str) -> str:
    """An alternative in the place of all: no other one is to follow, so it need not say that it is done."""
    if alternative.endswith("; done)"):
        alternative = f"{alternative.removesuffix('; done)')})"
    bare = alternative[1:-1]
    return bare if alternative.startswith("(") and not set(bare) & set(";()") else alternative


def _cut(text: str, start: int) -> tuple[list[str], int] | None:
    """The alternatives that begin at ``start`` and the place behind their closing bracket, None where there is none."""
    found, depth, begin = list[str](), 0, start
    for place in range(start, len(text)):
        character = text[place]
        if depth == 0 and (character == ")" or text.startswith(" | ", place)):
            found.append(text[begin:place].strip())
            begin = place + len(" | ")
            if character == ")":
                return found, place + 1
        depth += (character in "([{⟨") - (character in ")]}⟩")
    return None


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of a proof: its lines, from one number to another, how far they are indented, and where it begins."""

    first: int
    end: int
    margin: int
    column: int


def _lines(text: str, closers: Sequence[str]) -> Iterator[str]:
    """With one step in the place of several, then without single steps."""
    lines = text.split("\n")
    steps = [_step(lines, number) for number in range(len(lines)) if lines[number].strip()]
    for step in steps:
        # From this step to the end of the block that it stands in, the outermost blocks first.
        end = next((s.first for s in steps if s.first > step.first and s.margin < step.column), len(lines))
        if end - step.first > 1:
            begin = lines[step.first][: step.column]
            yield from ("\n".join([*lines[: step.first], begin + closer, *lines[end:]]) for closer in closers)
    for step in steps:
        yield "\n".join([*lines[: step.first], *lines[step.end :]])


def _step(lines: Sequence[str], number: int) -> _Step:
    """The step that begins in a line: whatever follows and is indented deeper belongs to it."""
    line = lines[number]
    margin = len(line) - len(line.lstrip())
    bullet = _BULLET.match(line, margin)
    column = margin if bullet is None else bullet.end()
    end = number + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > margin):
        end += 1
    return _Step(number, end, margin, column)
