"""What a goal is known again by: its symbols, and its shape with all that is particular to it taken out.

Two kinds, for two kinds of likeness.  Names (head symbols, constants, types) bring back goals about the same things;
shapes, in which variables and the user's own constants are only marked, bring back goals that say the same of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from unsorry.provers.seam import Constant, Goal, Local
from unsorry.suggesters.neighbours.words import TOKEN, short

#: More tokens than that of one text tell nothing new.
_MAX_TOKENS = 300


def features_of(goal: Goal) -> tuple[str, ...]:
    """The features of a goal, each once."""
    return tuple(dict.fromkeys(_features(goal)))


def _features(goal: Goal) -> Iterator[str]:
    yield f"head {goal.head}"
    yield f"whnf {goal.whnf_head}"
    if goal.case is not None:
        yield f"case {short(goal.case)}"
    if goal.opening:
        yield "binders"
    yield from (f"constant {c.name}" for c in goal.constants)
    yield from (f"assumed {c.name}" for c in goal.hypothesis_constants)
    for kind in (goal.inductive, goal.bound_inductive):
        if kind is not None:
            yield f"about {kind.name}"
    marks = _Marks(goal)
    shape = marks.of(goal.target)
    yield "target " + " ".join(shape)
    yield from (f"pair {a} {b}" for a, b in pairwise(shape))
    yield from (f"words {a} {b}" for a, b in pairwise(TOKEN.findall(goal.target)[:_MAX_TOKENS]))
    for application in goal.applications:
        name = marks.constant(application.name)
        yield f"applied {name} {' '.join('x' if a is not None else '_' for a in application.arguments)}"
    facts = 0
    for local in goal.locals:
        if local.is_prop:
            facts += 1
            yield f"hypothesis {marks.constant(local.head)}"
            yield "fact " + " ".join(marks.of(local.type))
        elif not local.is_type and not local.is_instance:
            yield from _of_variable(local, marks)
    yield f"hypotheses {min(facts, 4)}"


def _of_variable(local: Local, marks: _Marks) -> Iterator[str]:
    yield f"variable {marks.constant(local.head)}"
    if local.inductive is not None:
        yield f"type {local.inductive.name}"
        yield f"cases {len(local.inductive.constructors)} {local.inductive.recursive}"


class _Marks:
    """Takes out of a goal's texts what is particular: its variables are `x`, the user's own constants `f`."""

    def __init__(self, goal: Goal) -> None:
        self._variables = {x.name for x in goal.locals}
        own = own_constants(goal)
        self._own = {c.name for c in own}
        self._texts = {t for c in own for t in (c.text, short(c.name))}

    def constant(self, name: str) -> str:
        return "f" if name in self._own else name

    def of(self, text: str) -> Sequence[str]:
        return [mark for token in TOKEN.findall(text)[:_MAX_TOKENS] for mark in self._token(token)]

    def _token(self, token: str) -> Iterator[str]:
        if token in self._texts:
            yield "f"
            return
        first, *fields = token.split(".")
        if first:
            yield "x" if first in self._variables else "f" if first in self._texts else first
        yield from ("f" if x in self._texts else f".{x}" for x in fields)


def own_constants(goal: Goal) -> Sequence[Constant]:
    """The constants that the goal mentions and that its text declares, in order of appearance."""
    found: Mapping[str, Constant] = {c.name: c for c in (*goal.constants, *goal.hypothesis_constants)}
    return [c for c in found.values() if c.module is None]
