"""Tactics with theorems that were found for the goal, wherever they are from.

A theorem is applied where its conclusion has the goal's head symbol, and rewrites where the head symbol of its left
side occurs; the automation is told of any.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from unsorry.provers.seam import Goal, Local, Premise
from unsorry.suggesters.rules.shape import Rule, Shape, listed

#: How many are each tried alone, and with values for their variables.
_MAX_ALONE = 10
_MAX_FILLED = 5

#: How many the automation is told of at once: few for what tries all of them everywhere, more for simp.
_FEW, _SOME = 3, 6

#: With how many explicit variables a theorem is filled in, in how many ways.
_MAX_EXPLICIT, _MAX_WAYS = 3, 4

#: Lemmas that say that an order does not matter: simp and grind go in circles with them.
_REORDERING = re.compile(r"comm(?!and|on|it|ent)|assoc")

_EXPLICIT = re.compile(r"\(([^():{}]+) : ((?:[^()]|\([^()]*\))*)\)")


def premises(shape: Shape, found: Sequence[Premise]) -> Rule:
    """Proofs by theorems, the likeliest first."""
    for place, p in enumerate(found[:_MAX_ALONE]):
        late = 0.4 * place
        if _applies(p, shape.goal):
            yield f"exact {p.name} ..", 3 + late
            yield f"apply {p.name} <;> assumption", 4 + late
            yield f"apply {p.name} <;> simp_all", 6 + late
        if _rewrites(p, shape.goal):
            yield f"rw [{p.name}]", 3.5 + late
            yield f"rw [← {p.name}]", 6.5 + late
        if not _REORDERING.search(p.name):
            yield f"simp{listed([p.name])}", 4.5 + late
            yield f"grind{listed([p.name])}", 5.5 + late
            yield f"simp_all{listed(shape.simp_items, [p.name])}", 7 + late
    for place, p in enumerate(found[:_MAX_FILLED]):
        for way, values in enumerate(_filled(p, (*shape.values, *shape.hypotheses))):
            late = 0.4 * place + 0.2 * way
            yield f"have := {p.name} {values}; {'omega' if shape.arithmetic else 'simp_all'}", 6 + late
            yield f"have := {p.name} {values}; grind", 8 + late
    told = [p.name for p in found if not _REORDERING.search(p.name)]
    if len(told) > 1:
        yield f"simp{listed(told[:_FEW])}", 5
        yield f"grind{listed(told[:_FEW])}", 6
        yield f"simp_all{listed(shape.simp_items, told[:_SOME])}", 8
        yield f"grind{listed(shape.grind_items, told[:_SOME])}", 9
        yield f"simp{listed(told)}", 10
    applied = [p.name for p in found if _applies(p, shape.goal)]
    if applied:
        yield f"solve_by_elim{listed(applied)}", 7


def premise_steps(shape: Shape, found: Sequence[Premise]) -> Rule:
    """Steps by theorems, which leave the rest to be proved."""
    for place, p in enumerate(found[:_MAX_ALONE]):
        late = 0.5 * place
        if _applies(p, shape.goal):
            yield f"apply {p.name}", 4 + late
        if _rewrites(p, shape.goal):
            yield f"rw [{p.name}]", 4 + late
            yield f"rw [← {p.name}]", 7 + late
            yield f"simp only [{p.name}]", 6 + late


def _applies(premise: Premise, goal: Goal) -> bool:
    return not premise.head or premise.head in {goal.head, goal.whnf_head}


def _rewrites(premise: Premise, goal: Goal) -> bool:
    return bool(premise.left) and any(c.name == premise.left for c in goal.constants)


def _filled(premise: Premise, values: Sequence[Local]) -> Iterator[str]:
    """What the goal has for the explicit variables of a theorem, by how their types are written."""
    wanted = [kind for names, kind in _explicit(premise.statement or "") for _ in names.split()]
    if not 0 < len(wanted) <= _MAX_EXPLICIT:
        return
    fitting = [[x.name for x in values if x.type == kind] for kind in wanted]
    for chosen in itertools.islice(itertools.product(*fitting), _MAX_WAYS):
        yield " ".join(chosen)


def _explicit(statement: str) -> list[tuple[str, str]]:
    """The explicit binders in front of a statement, as (names, type)."""
    found: list[tuple[str, str]] = []
    place = 0
    while statement[place : place + 1] in {"(", "{", "[", "⦃"}:
        if match := _EXPLICIT.match(statement, place):
            found.append((match[1], match[2]))
        place = _closing(statement, place) + 1
        place += statement[place : place + 1] == " "
    return found


def _closing(text: str, place: int) -> int:
    depth = 0
    for i in range(place, len(text)):
        depth += (text[i] in "([{⦃") - (text[i] in ")]}⦄")
        if depth == 0:
            return i
    return len(text)
