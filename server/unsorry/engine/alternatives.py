"""Which of several proofs of the same goal is the better one, and which are the same in other words."""

from __future__ import annotations

import re

from unsorry.engine.report import Proof

_NAME = re.compile(r"[^\W\d][\w'✝]*")

#: Where a proof names what it brings in: after these words, in the arms of a match, in patterns.
_NAMING = (
    re.compile(r"\b(?:intros?|rintro|rename_i|fun|fix|obtain|rcases)\s+([^\n;:=,]*)|λ\s*([^\n;:=,]*)"),
    re.compile(r"\|\s*[\w.@]+\s+([^\n=|]*)=>"),
    re.compile(r"⟨([^⟨⟩]*)⟩\s*:="),
)


def likeness(text: str) -> str:
    """The same for proofs that differ in nothing but white space and the names that they give."""
    names: dict[str, str] = {}
    for pattern in _NAMING:
        for found in pattern.finditer(text):
            for name in _NAME.findall(" ".join(part for part in found.groups() if part)):
                names.setdefault(name, "")
    order: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return order.setdefault(found[0], f"#{len(order)}") if found[0] in names else found[0]

    return " ".join(_NAME.sub(numbered, text).split())


def rank(proof: Proof) -> tuple[int, float]:
    """The shorter text first; of texts of the same length the one that is checked sooner."""
    return len(" ".join(proof.text.split())), proof.seconds
