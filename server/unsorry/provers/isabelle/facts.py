"""The facts that methods are given: behind `using` and the like, in sections such as `simp add:`, and as arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unsorry.provers.facts import FactList

# Text in which no word means what it would mean outside.
_LITERAL = r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`|‹[^‹›]*›|\\<open>.*?\\<close>|\(\*.*?\*\)"
_NAME = r"(?:[^\W\d]|\\<\^?\w+>)(?:[\w'.?]|\\<\^?\w+>)*"

_SKIPPED = re.compile(_LITERAL, re.DOTALL)
_SPACE = re.compile(r"\s*")
_USING = re.compile(r"(?<![\w'.?])(?:using|unfolding|from|with)\s+")
# The start of a method in parentheses, and options as in `metis (no_types)` and `simp (no_asm)`.
_METHOD = re.compile(rf"[(,;|]\s*(?P<name>{_NAME})(?:\s*\([\w\s,]*\))?(?:\[\d+\])?")
_SECTION = re.compile(
    r"\s+(?:(?:(?:simp|split|cong|iff)\s+)?(?:add|del|only|flip)|simp|split|cong|iff|(?:intro|elim|dest)[!?]?)\s*:\s*"
)
_FACT = re.compile(rf"(?:{_LITERAL}|(?P<name>{_NAME})(?:\s*\(\d[\d\s,-]*\))?)", re.DOTALL)
_COLON = re.compile(r"\s*:")

#: Words behind which facts can't go on.
_WORDS = frozenset({
    "also", "apply", "assume", "assumes", "by", "case", "consider", "defer", "define", "done", "finally", "fix", "from",
    "guess", "have", "hence", "let", "moreover", "next", "note", "obtain", "prefer", "proof", "qed", "show",
    "sorry", "subgoal", "supply", "then", "thus", "ultimately", "unfolding", "using", "when", "where", "with",
})  # fmt: skip

#: Methods whose arguments are lists of facts; the one fact of `rule` and `subst` is what such a step says.
_FACTUAL = frozenset({"elim", "insert", "intro", "meson", "metis", "smt", "unfold"})


def fact_lists(text: str) -> Iterator[FactList]:
    """All lists of facts in a proof; an attribute and a selection belong to their fact."""
    place = 0
    while place < len(text):
        if (literal := _SKIPPED.match(text, place)) is not None:
            place = literal.end()
        elif (using := _USING.match(text, place)) is not None:
            place = using.end()
            facts, end = _facts(text, place)
            if facts:
                place = _after_space(text, end)
                yield FactList(using.start(), place, facts, using[0], " ", text[end:place])
        elif (method := _METHOD.match(text, place)) is not None:
            lists = list(_arguments(text, method))
            place = lists[-1].end if lists else method.end()
            yield from lists if len(lists) != 1 else [_bare(text, method, lists[0])]
        elif text[place] == "[":
            place = _bracketed(text, place)
        else:
            place += 1


def _arguments(text: str, method: re.Match[str]) -> Iterator[FactList]:
    """What a method is given directly and in its sections."""
    place = method.end()
    if method["name"] in _FACTUAL:
        begin = _after_space(text, place)
        facts, end = _facts(text, begin)
        if facts:
            yield FactList(place, end, facts, text[place:begin], " ")
            place = end
    while (section := _SECTION.match(text, place)) is not None:
        facts, place = _facts(text, section.end())
        if not facts:
            return
        yield FactList(section.start(), place, facts, section[0], " ")


def _bare(text: str, method: re.Match[str], only: FactList) -> FactList:
    """A method with nothing but these facts needs no parentheses without them."""
    name = method["name"]
    if method[0] != f"({name}" or only.start != method.end() or text[only.end : only.end + 1] != ")":
        return only
    return FactList(method.start(), only.end + 1, only.facts, method[0] + only.before, " ", ")", name)


def _facts(text: str, place: int) -> tuple[tuple[str, ...], int]:
    """The facts from a place on, and where the last one ends."""
    facts: list[str] = []
    end = place
    while True:
        begin = _after_space(text, end) if facts else place
        stop = begin
        if (fact := _FACT.match(text, begin)) is not None and not _ends(text, fact):
            stop = fact.end()
        while (bracket := _after_space(text, stop)) < len(text) and text[bracket] == "[":
            stop = _bracketed(text, bracket)
        if stop == begin:
            return tuple(facts), end
        facts.append(text[begin:stop])
        end = stop


def _ends(text: str, fact: re.Match[str]) -> bool:
    """Is this none, but a word of the language, the start of a section, or a comment?"""
    if fact["name"] is None:
        return fact[0].startswith("(*")
    section = _SECTION.match(text, max(0, fact.start() - 1)) or _COLON.match(text, fact.end("name"))
    return fact["name"] in _WORDS or section is not None


def _bracketed(text: str, place: int) -> int:
    """Where a bracket that opens here is closed; the end of the text where it is not."""
    depth = 0
    while place < len(text):
        if (literal := _SKIPPED.match(text, place)) is not None:
            place = literal.end()
            continue
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        place += 1
        if depth == 0:
            break
    return place


def _after_space(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return place if match is None else match.end()
