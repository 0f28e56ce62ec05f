"""The texts of whole proofs: where the prover's messages point in them, which parts may hold, what their holes are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from unsorry.provers.seam import Certificate, Edit, Severity
from unsorry.suggesters.seam import Candidate, Complaint

#: A line that goes on the step before it.
_GOES_ON = re.compile(r"[ \t]|\||<;>|\)|\}|\]|⟩|where\b")

#: A hole in a draft, and one that Lean can be told to make a goal of.
_HOLE = re.compile(r"(?<![\w.'])sorry(?![\w'])")
_GIVEN = re.compile(r"(:=|=>)\s*(?:by\s+)?sorry(?![\w'])")


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


def skeletons(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates without holes, and those with holes as steps that leave them; others are left as they are."""
    whole: list[Candidate] = []
    steps: list[Candidate] = []
    for candidate in candidates:
        step = opened(candidate.text)
        if step is None:
            whole.append(candidate)
        else:
            steps.append(replace(candidate, text=step))
    return whole, steps


def complaints(certificate: Certificate, edit: Edit, text: str) -> tuple[Complaint, ...]:
    """What a check found against ``text``, which ``edit`` put into the buffer; the reason alone where that is all."""
    found: dict[Complaint, None] = {}
    for message in certificate.messages:
        if message.severity is Severity.ERROR:
            found[Complaint(message.text.strip(), _line(message.start, edit, text))] = None
    if not found and certificate.reason:
        return (Complaint(certificate.reason, None),)
    return tuple(found)


def _line(place: int, edit: Edit, text: str) -> int | None:
    """The line of a text that a place in the edited buffer is in."""
    put = edit.text.encode("utf-8", "surrogatepass")
    if not edit.start <= place <= edit.start + len(put):
        return None
    lines = text.strip().count("\n")
    # A text may be put on lines of its own, behind the one where the edit begins.
    return max(0, put[: place - edit.start].count(b"\n") - (put.count(b"\n") - lines))


def prefixes(text: str, *, before: int | None = None) -> Iterator[str]:
    """The beginnings of a proof that end with a step of its outermost block, the longest first, without the whole.

    With ``before`` they end before that line, which is known to fail.
    """
    lines = text.strip().split("\n")
    starts = [n for n, line in enumerate(lines) if n and line.strip() and not _GOES_ON.match(line)]
    last = len(lines) if before is None else before
    yield from ("\n".join(lines[:n]).rstrip() for n in reversed(starts) if n <= last)
