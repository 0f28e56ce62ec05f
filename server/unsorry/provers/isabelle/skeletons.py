"""Proofs with holes: which texts are some, and what they become with proofs in the places of these."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unsorry.provers.seam import Goal

#: A hole, or text that only looks as if there were one in it.
_HOLE = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|\\<open>.*?\\<close>|‹.*?›|\(\*.*?\*\)|(?P<hole>(?<![\w.'])sorry(?![\w.']))", re.DOTALL
)


def opened(text: str) -> str | None:
    """The text itself where it has holes around which there is a proof: the driver makes goals of them."""
    return text if text.strip() != "sorry" and _places(text) else None


def composed(step: str, left: Sequence[Goal], parts: Sequence[str]) -> str:
    """A proof that begins with a step and proves each of the goals it leaves, in their places if it has such."""
    places = _places(step)
    if len(places) == len(parts):
        for place, goal, part in reversed(list(zip(places, left, parts, strict=True))):
            step = _put(step, place, _focused(goal.opening, part) + "\ndone" if goal.opening else part)
        return step
    if len(parts) == 1 and (len(left) > 1 or not left[0].opening):
        return f"{step}\n{parts[0]}"
    blocks = [_focused(goal.opening or "subgoal", part) for goal, part in zip(left, parts, strict=True)]
    return "\n".join([step, *blocks, "done"])


def _focused(opening: str, part: str) -> str:
    return "\n  ".join([opening, *part.split("\n")])


def _places(text: str) -> list[int]:
    """Where the holes begin."""
    return [match.start() for match in _HOLE.finditer(text) if match["hole"]]


def _put(text: str, place: int, part: str) -> str:
    """A proof in the place of a hole: behind what it proves, or below it."""
    before, after = text[:place], text[place + len("sorry") :]
    if "\n" in part:
        line = before.rsplit("\n", 1)[-1]
        margin = "\n" + " " * (len(line) - len(line.lstrip()) + 2)
        before = before.rstrip(" ")
        part = margin + part.replace("\n", margin)
    return before + part + after
