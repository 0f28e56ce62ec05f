"""The texts of whole proofs: where the prover's messages point in them, which parts may hold, which have holes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from unsorry.provers.seam import Certificate, Edit, Severity
from unsorry.suggesters.seam import Candidate, Complaint

#: A line that goes on the step before it.
_GOES_ON = re.compile(r"[ \t]|\||<;>|\)|\}|\]|⟩|where\b")


def skeletons(
    candidates: Iterable[Candidate], opened: Callable[[str], str | None]
) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates without holes, and those with holes as steps that leave them; others are left as they are.

    ``opened`` is the prover's (:meth:`~unsorry.provers.seam.Prover.opened`).
    """
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


def first_change(text: str, held: str) -> int:
    """The first line of a text, from 0, that is not as in what holds of it."""
    pairs = zip(text.strip().split("\n"), held.split("\n"), strict=False)
    return next((n for n, (line, other) in enumerate(pairs) if line != other), held.count("\n") + 1)


def prefixes(text: str, *, before: int | None = None) -> Iterator[str]:
    """The beginnings of a proof that end with a step of its outermost block, the longest first, without the whole.

    With ``before`` they end before that line, which is known to fail.
    """
    lines = text.strip().split("\n")
    starts = [n for n, line in enumerate(lines) if n and line.strip() and not _GOES_ON.match(line)]
    last = len(lines) if before is None else before
    yield from ("\n".join(lines[:n]).rstrip() for n in reversed(starts) if n <= last)
