"""From what a model said to texts that can be tried: one parser for all models and both provers.

Models answer in tactic text, in fences, in lists, in JSON, with the theorem restated, with their thoughts before it, or
with the end cut off.  What comes out need not be right, for the prover decides; but prose must not be tried, and
nothing that a prover could accept should be lost.  The work is linear in the reply, and long replies are cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unsorry.suggesters.replies.clean import answer
from unsorry.suggesters.replies.code import proofs
from unsorry.suggesters.replies.layout import blocks
from unsorry.suggesters.replies.literals import literals

#: Longest candidate, in characters: no prover's gate looks at longer ones.
_MAX_LENGTH = 20_000

# What stands for bytes that were no text, and half a surrogate pair, which JSON can carry and no prover reads.
_UNSOUND = re.compile("[\ufffd\ud800-\udfff]")

#: No reply gives more candidates than this.
_MAX_CANDIDATES = 64


def tactics(
    reply: str,
    *,
    prover: str = "Lean",
    declaration: str | None = None,
    written: str = "",
    skeletons: bool = False,
) -> list[str]:
    """The candidates in a reply, in its order, each once up to white space.

    ``declaration`` names the theorem that is being proved, for replies that state several.  ``written`` is the part of
    its proof that is there already: a reply that repeats it is cut to what comes after.  Texts with holes are left out;
    with ``skeletons`` those stay whose `have` steps have holes.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    for block, language in _texts(answer(reply)):
        if block in seen:
            continue
        seen.add(block)
        for text in proofs(block, language or prover, declaration, written, skeletons=skeletons):
            if len(text) <= _MAX_LENGTH and not _UNSOUND.search(text):
                found.setdefault(" ".join(text.split()), text)
        if len(found) >= _MAX_CANDIDATES:
            break
    return list(found.values())[:_MAX_CANDIDATES]


def _texts(text: str) -> Iterator[tuple[str, str | None]]:
    """Pieces that hold one candidate each, with the language that a fence named."""
    inside = literals(text)
    if inside is None:
        for block, language in blocks(text):
            quoted = literals(block)
            if quoted is None:
                yield block, language
            else:
                yield from _all(quoted, language)
    else:
        yield from _all(inside, None)


def _all(strings: list[str], language: str | None) -> Iterator[tuple[str, str | None]]:
    """What strings in JSON hold: they may have fences of their own."""
    for string in strings:
        yield from ((block, inner or language) for block, inner in blocks(string))
