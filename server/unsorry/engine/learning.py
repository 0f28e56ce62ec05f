"""Goals and what proved them, from the proofs that a text has already and from those that were found.

How a proof falls into parts is guessed from its lines, without knowledge of the prover's language: the prover is asked
for the goals where a part may begin, and has none where the guess is wrong.  A pair's tactic always ends the proof of
its goal, since that is what a search looks for.
"""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from unsorry.engine.calm import DisturbedError
from unsorry.engine.documents import context_of
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.report import HoleReport
from unsorry.provers.seam import Command, Document, Hole, HoleKind, Severity
from unsorry.suggesters.seam import GoalContext

#: A longer proof, in characters, is not carried over to another goal as a whole.
_MAX_TACTIC = 3000

#: How many parts of one proof are asked about, and how deep they may lie in one another.
_MAX_PARTS = 16
_MAX_DEPTH = 3

#: How often a goal is asked for that somebody's work came in between of.
_MOST_ATTEMPTS = 3

_SILENT = re.compile(r'--[^\n]*|/-.*?-/|\(\*.*?\*\)|"(?:[^"\\]|\\.)*"|\\<open>.*?\\<close>|‹.*?›', re.DOTALL)
_BLOCK = re.compile(r":=\s*by\b[ \t]*")
_TERM = re.compile(r":=\s*")
_PROOF = re.compile(r"(?<![\w.])(?:by|proof|apply|using|unfolding|supply)\b")
_ARM = re.compile(r"^[ \t]*\|[^\n]*?=>[ \t]*", re.MULTILINE)
_EQUATION = re.compile(r"^[ \t]*\|[^\n]*=>", re.MULTILINE)
_LINE = re.compile(r"\n[ \t]*(?=\S)")
_BULLET = re.compile(r"^[ \t]*[·.][ \t]+", re.MULTILINE)
_NESTED = re.compile(r"(?::=|=>|from)\s*by[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a command's text that ends the proof of the goal where it begins.  Places count characters."""

    start: int
    end: int
    depth: int


async def pairs_of(
    lane: Lane,
    document: Document,
    *,
    seconds: float,
    urgency: Urgency = Urgency.SEARCH,
    commands: Sequence[Command] | None = None,
) -> AsyncGenerator[tuple[GoalContext, str]]:
    """What proved which goal in the proofs of a text, or of some of its commands; whole proofs before their parts.

    It takes a turn at the prover for each goal, as searches do, and ends after ``seconds`` of work without the waits.
    Errors of the prover are raised.
    """
    spent = 0.0
    data = document.snapshot.text.encode("utf-8", "surrogatepass")
    for command in document.commands if commands is None else commands:
        if not is_proved(command):
            continue
        text = data[command.start : command.end].decode("utf-8", "replace")
        for part in _parts(text):
            tactic = _told(text, part)
            if not tactic or len(tactic) > _MAX_TACTIC:
                continue
            start, end = (command.start + len(text[:place].encode()) for place in (part.start, part.end))
            hole, took = await _goals(lane, document, start, end, urgency)
            spent += took
            if hole is not None and hole.goals:
                context = context_of(document, hole, prover=lane.prover.info.prover)
                yield context, f"exact {tactic}" if hole.kind is HoleKind.TERM else tactic
            if spent >= seconds:
                return


async def _goals(lane: Lane, document: Document, start: int, end: int, urgency: Urgency) -> tuple[Hole | None, float]:
    """The goals of a part, and how long the prover took to tell them; None where somebody came in between each time."""
    for _ in range(_MOST_ATTEMPTS):
        with suppress(DisturbedError):
            async with lane.turn(urgency, f"learning from {document.snapshot.uri}") as prover:
                begun = time.monotonic()
                hole = await prover.goals(document, start, end)
                if hole is not None and hole.state is not None:
                    # Nothing is tried there, and states take memory.
                    await prover.forget([hole.state])
                return hole, time.monotonic() - begun
    return None, 0.0


def learnt_from(document: Document, report: HoleReport, *, prover: str) -> tuple[GoalContext, str] | None:
    """What a search found: the goal and its proof; None where it found none.  ``document`` is the one searched."""
    if report.proof is None or not report.hole.goals:
        return None
    return context_of(document, report.hole, prover=prover), report.proof.text


def is_proved(command: Command) -> bool:
    """Is it a theorem with a whole proof?"""
    errors = any(m.severity is Severity.ERROR for m in command.messages)
    return not errors and not command.holes and any(d.kind == "theorem" for d in command.declarations)


def _parts(text: str) -> list[_Part]:
    """The parts of a theorem's proof, the whole of it first."""
    masked = _SILENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    end = len(masked.rstrip())
    place = _definition(masked)
    if place is None:
        # Without `:=` the proof begins with a command of its own, and stays whole.  A proof by equations has no place.
        proof = None if "=>" in masked else _PROOF.search(masked)
        return [] if proof is None else [_Part(proof.start(), end, 0)]
    if (block := _BLOCK.match(masked, place)) is None:
        begins = _TERM.match(masked, place)
        return [] if begins is None else [_Part(begins.end(), end, 0)]
    found = list(_inside(masked, _skipped(masked, block.end(), end), end, 0))
    found.sort(key=lambda p: (p.depth, p.start))
    return found[:_MAX_PARTS]


def _definition(masked: str) -> int | None:
    """Where the first `:=` outside of all brackets is; None where equations come before it."""
    depth = 0
    equations = _EQUATION.search(masked)
    for place, character in enumerate(masked if equations is None else masked[: equations.start()]):
        depth += (character in "([{⟨") - (character in ")]}⟩")
        if depth == 0 and masked.startswith(":=", place):
            return place
    return None


def _skipped(masked: str, start: int, end: int) -> int:
    """The first place from ``start`` on that is no space."""
    while start < end and masked[start].isspace():
        start += 1
    return start


def _inside(masked: str, start: int, end: int, depth: int) -> Iterator[_Part]:
    """The block from ``start`` on, what is left of it after each of its steps, and the blocks inside of it."""
    end = start + len(masked[start:end].rstrip())
    if start >= end or depth > _MAX_DEPTH:
        return
    yield _Part(start, end, depth)
    steps = [start, *_steps(masked, start, end)]
    yield from (_Part(step, end, depth + 1) for step in steps[1:] if not _BULLET.match(masked, _line(masked, step)))
    for first, last in pairwise([*steps, end]):
        for opening in (*_ARM.finditer(masked, first, last), *_NESTED.finditer(masked, first, last)):
            yield from _inside(
                masked, _skipped(masked, opening.end(), last), _block_end(masked, opening, last), depth + 1
            )
        bullet = _BULLET.match(masked, _line(masked, first), last)
        if bullet is not None:
            yield from _inside(masked, _skipped(masked, bullet.end(), last), last, depth + 1)


def _line(masked: str, place: int) -> int:
    return masked.rfind("\n", 0, place) + 1


def _column(masked: str, place: int) -> int:
    """How far a line is indented, or where in its line a block begins."""
    return place - _line(masked, place)


def _steps(masked: str, start: int, end: int) -> Iterator[int]:
    """Where the steps after the first one begin: lines that are indented as the block is."""
    margin = _column(masked, start)
    lines = (m.end() for m in _LINE.finditer(masked, start, end))
    yield from (x for x in lines if _column(masked, x) == margin and not masked.startswith(("|", "<;>", ")"), x))


def _block_end(masked: str, opening: re.Match[str], end: int) -> int:
    """Where a block ends that is opened in a line: before the next line that is indented no deeper."""
    line = _line(masked, _skipped(masked, opening.start(), opening.end()))
    margin = len(masked[line:]) - len(masked[line:].lstrip(" \t"))
    for match in _LINE.finditer(masked, opening.end(), end):
        if len(match[0]) - 1 <= margin:
            return match.start()
    return end


def _told(text: str, part: _Part) -> str:
    """The part as a candidate: its lines from the margin on."""
    column = _column(text, part.start)
    if not text[_line(text, part.start) : part.start].strip():
        return textwrap.dedent(" " * column + text[part.start : part.end]).strip()
    first, newline, rest = text[part.start : part.end].partition("\n")
    aligned = any(len(line) - len(line.lstrip()) == column for line in rest.splitlines())
    rest = textwrap.dedent(rest)
    if not aligned and not rest.startswith("|"):
        # Lines that go on a step must not look like steps.
        rest = textwrap.indent(rest, "  ")
    return (first + newline + rest).strip()
