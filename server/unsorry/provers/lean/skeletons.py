"""Proofs with holes: as steps that leave goals, and with the proofs of these put where the holes were."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: A hole in a draft, and one that Lean can be told to make a goal of.
_HOLE = re.compile(r"(?<![\w.'])sorry(?![\w'])")
_GIVEN = re.compile(r"(:=|=>)\s*(?:by\s+)?sorry(?![\w'])")

#: What such a hole becomes, at the end of its line.
_LEFT = re.compile(r"(?P<sign>:=|=>) \?_$")
_HAVE = re.compile(r"have\b")
_CASE = re.compile(r"[ \t]*\|")


def opened(text: str) -> str | None:
    """A skeleton as a step that leaves its holes as goals; None for what is none, or has other holes.

    It has no hole of its own then: what it leaves is to be proved like all that a step leaves.
    """
    if not _HOLE.search(text):
        return None
    step = _GIVEN.sub(r"\1 ?_", text)
    # At the end a hole says only that the goal is still there.
    step = re.sub(r"\n[ \t]*sorry\s*\Z", "", step)
    return None if _HOLE.search(step) else step


def composed(step: str, parts: Sequence[str]) -> str:
    """A tactic block that begins with a step and proves each of the goals it leaves, in their places if it has such."""
    filled = _filled(step, parts)
    if filled is not None:
        return filled
    if len(parts) == 1:
        return f"{step}\n{parts[0]}"
    return "\n".join([step, *("· " + part.replace("\n", "\n  ") for part in parts)])


def _filled(step: str, parts: Sequence[str]) -> str | None:
    """The proofs where the step has its holes; None where it is not plain which goal is whose.

    The cases of an induction come in their order.  Of `have` steps the last one's goal comes first, for each puts its
    own behind what is left to prove, which comes before all of them unless the last line proves it.
    """
    lines = step.split("\n")
    places = [n for n, line in enumerate(lines) if _LEFT.search(line)]
    if not places or step.count("?_") > len(places):
        return None
    if all(_CASE.match(lines[n]) for n in places):
        rest, order = (), places
    elif all(_HAVE.match(lines[n]) for n in places):
        rest, order = parts[: len(parts) - len(places)], places[::-1]
    else:
        return None
    if len(parts) != len(order) + len(rest) or len(rest) > 1:
        return None
    for n, part in zip(order, parts[len(rest) :], strict=True):
        lines[n] = _put(lines[n], part)
    return "\n".join([*lines, *rest])


def _put(line: str, part: str) -> str:
    sign = ":= by" if line.endswith(":= ?_") else "=>"
    margin = " " * (len(line) - len(line.lstrip()) + 2)
    body = part if "\n" not in part else f"\n{margin}" + part.replace("\n", f"\n{margin}")
    return _LEFT.sub("", line) + sign + ("" if body.startswith("\n") else " ") + body
