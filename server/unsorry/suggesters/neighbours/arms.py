"""The arms of `induction … with` and `cases … with`, brought from the cases of one type to those of another.

An arm names a constructor, its fields and the induction hypotheses.  Where the new constructor has other fields, the
names are dealt out again: a recursive field keeps its induction hypothesis, and a name that is gone leaves the lists of
lemmas that it stood in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from unsorry.provers.seam import InductiveType
from unsorry.suggesters.neighbours.words import short

#: Around a word that is final, so that nobody takes it for a name of the old goal's; of Unicode's private use.
FINAL = ("\ue000", "\ue001")

_HEADER = re.compile(
    r"^(?P<margin>[ \t]*)\|\s*\.?(?P<name>@?[\w'.]+)(?P<names>(?:[ \t]+[\w'✝]+)*)[ \t]*=>", re.MULTILINE
)
_LIST = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class _Arm:
    name: str
    names: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Cases:
    """The constructors of a type by their short names, with the letters of those whose fields are known."""

    names: tuple[str, ...]
    letters: Mapping[str, str]

    @classmethod
    def of(cls, kind: InductiveType, letters: Mapping[str, str]) -> Cases:
        """The cases of a type."""
        return cls(tuple(short(c) for c in kind.constructors), letters)


def retold(text: str, old: Cases, new: Cases) -> str:
    """The text with its arms for the cases of another type; unchanged where it has none for the old one's."""
    headers = [h for h in _HEADER.finditer(text) if h["name"] in old.names]
    if not headers or old == new:
        return text
    margin = headers[0]["margin"]
    headers = [h for h in headers if h["margin"] == margin]
    ends = [h.start() for h in headers[1:]] + [_end(text, headers[-1])]
    arms = {
        h["name"]: _Arm(h["name"], tuple(h["names"].split()), text[h.end() : end])
        for h, end in zip(headers, ends, strict=True)
    }
    inductive = "induction" in text[: headers[0].start()]
    told = [margin + _told(arm, name, old, new, inductive=inductive) for arm, name in _chosen(arms, old, new)]
    tail = text[ends[-1] :]
    return text[: headers[0].start()] + "\n".join(t.rstrip() for t in told) + ("\n" + tail.lstrip("\n") if tail else "")


def _end(text: str, header: re.Match[str]) -> int:
    """Where an arm ends: before the first line that is indented no deeper."""
    depth = len(header["margin"])
    place = text.find("\n", header.end())
    while place >= 0:
        line = text[place + 1 :].split("\n", 1)[0]
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            return place + 1
        place = text.find("\n", place + 1)
    return len(text)


def _chosen(arms: Mapping[str, _Arm], old: Cases, new: Cases) -> Sequence[tuple[_Arm, str]]:
    """An arm of the old type for each case of the new one."""
    if len(old.names) == len(new.names):
        return [(arms[a], b) for a, b in zip(old.names, new.names, strict=True) if a in arms]

    def likeness(arm: _Arm, name: str) -> tuple[bool, bool, int]:
        mine, its = new.letters.get(name), old.letters.get(arm.name)
        return (mine is not None and mine == its, ("r" in (mine or "")) == ("r" in (its or "")), len(arm.body))

    return [(max(arms.values(), key=lambda arm: likeness(arm, name)), name) for name in new.names]


def _told(arm: _Arm, name: str, old: Cases, new: Cases, *, inductive: bool) -> str:
    header = f"| {FINAL[0]}{name}{FINAL[1]}"
    before, after = old.letters.get(arm.name), new.letters.get(name)
    if before is None or after is None or before == after or len(arm.names) < len(before):
        return " ".join([header, *arm.names]) + " =>" + arm.body
    fields = list(zip(before, arm.names, strict=False))
    supposed = list(arm.names[len(before) :])
    hypotheses = dict(zip((n for letter, n in fields if letter == "r"), supposed, strict=False))
    spare = {letter: [n for other, n in fields if other == letter] for letter in "rv"}
    fresh = _fresh(set(arm.names))
    names = [spare[letter].pop(0) if spare[letter] else fresh("x") for letter in after]
    recursive = [n for letter, n in zip(after, names, strict=True) if letter == "r"]
    inductions = [hypotheses.get(n) or fresh("ih") for n in recursive] if inductive else []
    gone = set(arm.names).difference(names, inductions)
    added = [n for n in inductions if n not in supposed]
    body = _LIST.sub(lambda m: _relisted(m[1], gone, added if set(_items(m[1])) & set(supposed) else []), arm.body)
    return " ".join([header, *names, *inductions]) + " =>" + body


def _fresh(taken: set[str]) -> Callable[[str], str]:
    def fresh(stem: str) -> str:
        number = 1
        while f"{stem}{number}" in taken:
            number += 1
        taken.add(f"{stem}{number}")
        return f"{stem}{number}"

    return fresh


def _items(text: str) -> list[str]:
    return [x.strip() for x in text.split(",")]


def _relisted(text: str, gone: set[str], added: Sequence[str]) -> str:
    return f"[{', '.join([*(x for x in _items(text) if x not in gone), *added])}]"
