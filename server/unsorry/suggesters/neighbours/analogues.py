"""Lemmas and definitions that are to the new goal what others were to the old one.

A lemma about the old goal's own definitions has no say in the new one.  One that reads the same about the new goal's,
or has the same name but for theirs, may be what is wanted instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from unsorry.suggesters.neighbours.words import TOKEN, Declared, short, words_in

#: How much of the likeness of two lemmas is their statements'; the rest is their names'.
_STATEMENT = 0.6

#: What is less alike is no analogue.
_LEAST = 0.4

#: So much less alike is what speaks of the old goal's definitions that the new one does not know.
_FOREIGN = 0.3

#: How many analogues of one lemma are thought of.
_MOST = 3

#: What an analogue costs for each hundredth that it is less alike than the best one, in hundredths of log-probability.
_COST = 3.0

_SILENT = frozenset("()[]{}⟨⟩,:")
_IDENTIFIER = re.compile(r"[^\W\d]")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\dA-Za-z_]+")


class Words:
    """What words of the old goal become in the new one, inside of other names too."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        """``pairs`` are last parts of names."""
        changed = {a: b for a, b in pairs.items() if a != b and len(a) > 1}
        for a, b in list(changed.items()):
            changed.setdefault(a[0].lower() + a[1:], b[0].lower() + b[1:])
        self.pairs = dict(pairs)
        self._changed = changed
        inside = "|".join(re.escape(a) for a in sorted(changed, key=len, reverse=True))
        self._bounded = re.compile(rf"(?<![A-Za-z0-9])(?:{inside})(?![A-Za-z0-9])") if changed else None
        self._loose = re.compile(inside) if changed else None

    @property
    def gone(self) -> frozenset[str]:
        """Words of the old goal's that the new one does not have."""
        return frozenset(self._changed).difference(self.pairs.values())

    def edited(self, name: str) -> Sequence[str]:
        """The name with these words changed, the likelier way first; nothing where that changes nothing."""
        patterns = [p for p in (self._bounded, self._loose) if p is not None]
        found = [p.sub(lambda m: self._changed[m[0]], name) for p in patterns]
        return [x for x in dict.fromkeys(found) if x != name]


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    is_fact: bool
    marks: Counter[str]


class Analogues:
    """The declarations that can be used in the new goal, to be compared with those of old ones."""

    def __init__(self, declared: Mapping[str, Declared]) -> None:
        """``declared`` are by the names that one writes in the new goal."""
        self._declared = declared
        self._shorts = {short(n) for n in declared}
        self._read: dict[str, _Read] = {}

    def knows(self, name: str) -> bool:
        """Can one write this name in the new goal?"""
        return name in self._declared

    def of(self, name: str, declared: Declared, words: Words, vocabulary: frozenset[str]) -> list[tuple[float, str]]:
        """What stands for an old declaration, as (cost, name), the likeliest first; empty where nothing does."""
        vocabulary = vocabulary | self._shorts
        wanted = _marks(declared.text, words.pairs, vocabulary)
        names = [name, *words.edited(name)]
        gone = words.gone
        likeliest: list[tuple[float, str]] = []
        for read in self._all(vocabulary):
            if read.is_fact == declared.is_fact:
                told = _named_alike(names, read.name)
                likeness = _STATEMENT * _shared(wanted, read.marks) + (1 - _STATEMENT) * told
                if gone.intersection(read.marks) or gone.intersection(words_in(read.name)):
                    likeness -= _FOREIGN
                if likeness >= _LEAST:
                    likeliest.append((likeness, read.name))
        likeliest.sort(key=lambda x: -x[0])
        return [(_COST * (likeliest[0][0] - likeness), n) for likeness, n in likeliest[:_MOST]]

    def _all(self, vocabulary: frozenset[str]) -> Iterator[_Read]:
        for name, declared in self._declared.items():
            read = self._read.get(name)
            if read is None:
                read = _Read(name, declared.is_fact, _marks(declared.text, {}, vocabulary))
                self._read[name] = read
            yield read


def _marks(text: str, renamed: Mapping[str, str], vocabulary: frozenset[str]) -> Counter[str]:
    """Words and pairs of neighbouring ones, with what can only be a variable taken out."""
    marks: list[str] = []
    for token in TOKEN.findall(text):
        if token in _SILENT:
            continue
        for part in token.split(".") if _IDENTIFIER.search(token) else [token]:
            if part:
                known = part in renamed or part in vocabulary or part[0].isupper() or not part[0].isalpha()
                marks.append(renamed.get(part, part) if known else "x")
    return Counter([m for m in marks if m != "x"] + [f"{a} {b}" for a, b in pairwise(marks)])


def _shared(a: Counter[str], b: Counter[str]) -> float:
    union = (a | b).total()
    return (a & b).total() / union if union else 0.0


def _named_alike(names: Sequence[str], name: str) -> float:
    """1 for the expected name, less for one of which only some words are expected."""
    if any(name == n or short(name) == short(n) for n in names[1:] or names):
        return 1.0
    its = set(_PARTS.findall(short(name)))
    return max(len(mine & its) / len(mine | its) if (mine := set(_PARTS.findall(short(n)))) else 0.0 for n in names)
