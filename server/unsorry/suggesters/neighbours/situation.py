"""A goal with what surrounds it, as far as it takes to carry a tactic from here to there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic import TypeAdapter

from unsorry.provers.seam import Constant, Goal
from unsorry.suggesters.neighbours.align import Kind, Token
from unsorry.suggesters.neighbours.words import TOKEN, Declared, Source, read, short, words_in
from unsorry.suggesters.seam import GoalContext

#: How far the declarations that a tactic mentions are followed: into their own texts, and no further.
_DEPTH = 2

#: What a prover makes for each type and definition, and nobody reasons about.
_MADE = ("match_", "rec", "casesOn", "brecOn", "below", "noConfusion", "ctor")


@dataclass(frozen=True, slots=True)
class Situation:
    """A goal, and what the text before it declares, by the names that one writes at the goal."""

    goal: Goal
    declared: Mapping[str, Declared]
    source: Source

    def named(self, name: str) -> str | None:
        """The shortest way to write a declaration that somebody may have written with more of its name space."""
        if name in self.declared:
            return name
        ending = f".{name}"
        return next((n for n, d in self.declared.items() if d.name == name or d.name.endswith(ending)), None)

    def relevant(self, tactic: str) -> Situation:
        """Only what the tactic and the goal speak of, so that it can be kept."""
        kept: dict[str, Declared] = {}
        texts = [tactic]
        for _ in range(_DEPTH):
            words = {w for text in texts for w in words_in(text)}
            fresh = {n: d for n, d in self.declared.items() if short(n) in words and n not in kept}
            kept.update(fresh)
            texts = [d.text for d in fresh.values()]
        types = {c.name for c in constants_of(self.goal)}
        fields = {n: f for n, f in self.source.fields.items() if n in types}
        constructors = {n: c for n, c in self.source.constructors.items() if n in types}
        inner = self.goal.inner
        goal = replace(self.goal, inner=None if inner is None else _lean(inner))
        return Situation(_lean(goal), kept, Source({}, fields, constructors))


def _lean(goal: Goal) -> Goal:
    """The goal without what only rules and features look at."""
    return replace(goal, applications=(), nested_library=())


_KEPT = TypeAdapter(Situation)


def situation_of(context: GoalContext) -> Situation:
    """The situation of the goal that must be closed first."""
    source = _read(context.before)
    scope = (context.declaration or "").split(".")[:-1]
    declared = {_written(n, scope): d for n, d in source.declared.items() if n != context.declaration}
    for theorem in context.earlier:
        _, _, statement = theorem.statement.partition(short(theorem.name))
        declared[theorem.name] = Declared(theorem.name, is_fact=True, text=statement)
    return Situation(context.goal, declared, source)


# The holes of a text are asked about one after another, and those of one theorem share all that counts.
_read = lru_cache(maxsize=4)(read)


def kept(situation: Situation) -> str:
    """The situation as text for the store."""
    return _KEPT.dump_json(situation, exclude_defaults=True).decode()


def restored(text: str) -> Situation:
    """The situation that :func:`kept` wrote.

    Raises:
        ValueError: it did not write this.
    """
    return _KEPT.validate_json(text)


def _written(name: str, scope: Sequence[str]) -> str:
    """How a name from the root is written inside a name space."""
    parts, around = name.split("."), list(scope)
    while around and len(parts) > 1 and parts[0] == around[0]:
        parts, around = parts[1:], around[1:]
    return ".".join(parts)


def constants_of(goal: Goal) -> Sequence[Constant]:
    """The constants of the goal, those of the target first and last those behind its definitions, each once."""
    nested = (c for c in goal.nested if not short(c.name).startswith(_MADE))
    return list({c.name: c for c in (*goal.constants, *goal.hypothesis_constants, *nested)}.values())


class Reader:
    """Reads the texts of one goal as tokens, with its variables and constants recognized."""

    def __init__(self, goal: Goal) -> None:
        """Of constants with the same last part the user's own count."""
        self.locals = {x.name: x for x in goal.locals if x.accessible}
        self._hidden = {x.name: x for x in goal.locals}
        self._texts: dict[str, Constant] = {}
        self._shorts: dict[str, Constant] = {}
        for constant in constants_of(goal):
            self._texts.setdefault(constant.text, constant)
            if short(constant.name) not in self._shorts or constant.module is None:
                self._shorts[short(constant.name)] = constant

    def constant(self, text: str) -> Constant | None:
        """The constant that is written so."""
        return self._texts.get(text)

    def member(self, name: str) -> Constant | None:
        """The constant that is written so behind a dot."""
        return self._shorts.get(name)

    def tokens(self, text: str) -> list[Token]:
        """The tokens of one of the goal's texts."""
        return [token for found in TOKEN.findall(text) for token in self._tokens(found)]

    def _tokens(self, text: str) -> Iterator[Token]:
        if (constant := self._texts.get(text)) is not None:
            yield _named(constant)
            return
        first, *fields = text.split(".") if not text.startswith("..") else [text]
        if first in self._hidden:
            local = self._hidden[first]
            yield Token(Kind.VARIABLE, first, "a fact" if local.is_prop else local.type)
        elif first:
            constant = self._texts.get(first)
            yield Token(Kind.OTHER, first) if constant is None else _named(constant)
        for name in fields:
            constant = self._shorts.get(name)
            yield Token(Kind.OTHER, name) if constant is None else _named(constant)


def _named(constant: Constant) -> Token:
    return Token(Kind.OWN if constant.module is None else Kind.LIBRARY, constant.name)
