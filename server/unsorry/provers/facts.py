"""Proofs with fewer of the facts that their tactics are given, wherever a prover's own grammar says that these are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: Lists of at least so many facts are tried without whole halves first.
_LONG_LIST = 4


@dataclass(frozen=True, slots=True)
class FactList:
    """Facts that a tactic is given, in the characters of a text from ``start`` to ``end``.

    What stands there is ``before``, the ``facts`` with ``separator`` between them, and ``after``; ``empty`` is what is
    to stand there without any.
    """

    start: int
    end: int
    facts: tuple[str, ...]
    before: str
    separator: str
    after: str = ""
    empty: str = ""

    def fewer(self) -> Iterator[str]:
        """What may stand there instead: half of the facts, all but one of them, none where there is one."""
        facts = self.facts
        if len(facts) == 1:
            yield self.empty
            return
        half = len(facts) // 2
        halves = (facts[half:], facts[:half]) if len(facts) >= _LONG_LIST else ()
        for rest in (*halves, *(facts[:place] + facts[place + 1 :] for place in range(len(facts)))):
            yield f"{self.before}{self.separator.join(rest)}{self.after}"


def fewer(text: str, lists: Iterable[FactList]) -> Iterator[str]:
    """A text with one of its ``lists`` cut, the first list first."""
    for found in lists:
        for rest in found.fewer():
            yield (text[: found.start] + rest + text[found.end :]).strip()
