"""Induction and case analysis on what the goal is about, with ways to finish all the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from unsorry.provers.seam import Local
from unsorry.suggesters.rules.closers import facts
from unsorry.suggesters.rules.finish import first_of, inhabit_from_hypothesis, portfolio
from unsorry.suggesters.rules.shape import Rule, Shape, listed, words_of

_CONNECTIVES = {"Eq", "And", "Or", "Exists", "Iff", "False", "True", "HEq", "Nonempty", "Not", "LE.le", "LT.lt"}

#: How many variables, functions and hypotheses an induction is tried on.
_MAX_EACH = 3


@dataclass(frozen=True, slots=True)
class Opening:
    """A case split or an induction.  ``unfolded`` is the function that it has already unfolded, if any."""

    text: str
    rank: float
    unfolded: str | None = None
    brief: bool = False


def induction(shape: Shape) -> Rule:
    """All inductions and case splits, each with ways to finish."""
    for opening in (*_on_variables(shape), *_on_functions(shape), *_on_hypotheses(shape)):
        yield from _finished(shape, opening)
    yield from _two_steps(shape)


def _finished(shape: Shape, opening: Opening) -> Rule:
    """Ways to finish all cases: the cheap, then with the buffer's theorems, then case by case."""
    start, rank = opening.text, opening.rank
    simp = tuple(x for x in shape.simp_items if x != opening.unfolded)
    grind = tuple(x for x in shape.grind_items if x != opening.unfolded)
    few = shape.few_hints
    if shape.goal.head == "Exists":
        yield f"{start} <;> {inhabit_from_hypothesis(shape, 'omega' if shape.arithmetic else 'simp_all')}", rank + 0.5
    yield f"{start} <;> simp_all{listed(simp, shape.constructors)}", rank
    if not opening.brief:
        yield f"{start} <;> grind{listed(grind)}", rank + 1
        if few:
            sooner = 1 if any(h.strong for h in shape.hints) else 0
            yield f"{start} <;> simp_all{listed(simp, few)}", rank + 2 - sooner
            yield f"{start} <;> grind{listed(grind, few)}", rank + 3 - sooner
        if shape.arithmetic:
            yield f"{start} <;> simp_all{listed(simp, few, facts(shape))} <;> omega", rank + 6
    yield f"{start} <;> {portfolio(shape, few)}", rank + 5


# Variables


def _on_variables(shape: Shape) -> Iterator[Opening]:
    weights = _recursed_on(shape)
    changing = _changing(shape)
    mentioned = shape.target_words | {w for h in shape.hypotheses for w in words_of(h.type)}
    usable = [x for x in shape.data if x.inductive is not None and x.inductive.recursive and x.name in mentioned]
    usable.sort(key=lambda x: (-weights[x.name], x.name not in shape.target_words))
    base = 5.0 if shape.recursive else 10.0
    for place, x in enumerate(usable[:_MAX_EACH]):
        rank = base + 0.7 * place + (0 if weights[x.name] or not any(weights.values()) else 5)
        yield from _on_variable(shape, x, rank, [y for y in changing if y != x.name])


def _on_variable(shape: Shape, x: Local, rank: float, changing: list[str]) -> Iterator[Opening]:
    by_name = {y.name: y for y in shape.data}
    if changing:
        general = f"induction {x.name} generalizing {' '.join(changing)}"
        yield Opening(general, rank)
        for y in changing:
            if y in by_name and by_name[y].inductive is not None:
                yield Opening(f"{general} <;> cases {y}", rank + 1.5)
        yield Opening(f"induction {x.name}", rank + 4, brief=True)
    else:
        yield Opening(f"induction {x.name}", rank)
        others = [y.name for y in shape.values if y.name != x.name and y.name in shape.target_words and "→" not in y.type]
        if others:
            yield Opening(f"induction {x.name} generalizing {' '.join(others)}", rank + 7, brief=True)
    yield Opening(f"cases {x.name}", rank + 5, brief=True)


def _recursed_on(shape: Shape) -> Counter[str]:
    """How often the buffer's functions recurse on a variable."""
    constants = {c.name: c for c in shape.definitions}
    found: Counter[str] = Counter()
    for application in shape.goal.applications:
        constant = constants.get(application.name)
        if constant is not None and constant.major is not None and constant.major < len(application.arguments):
            name = application.arguments[constant.major]
            if name is not None:
                found[name] += 1
    return found


def _changing(shape: Shape) -> list[str]:
    """Variables in places that recursive calls change: the hypothesis must hold for all of their values."""
    constants = {c.name: c for c in shape.definitions}
    values = {x.name for x in shape.values}
    found: dict[str, None] = {}
    for application in shape.goal.applications:
        constant = constants.get(application.name)
        for place in constant.varying if constant is not None else ():
            name = application.arguments[place] if place < len(application.arguments) else None
            if name is not None and name in values:
                found[name] = None
    return list(found)


# Functions


def _on_functions(shape: Shape) -> Iterator[Opening]:
    """The cases of the buffer's own functions, in the way they recurse."""
    constants = {c.name: c for c in shape.definitions}
    accessible = {x.name for x in shape.values}
    seen: dict[str, float] = {}
    for application in shape.goal.applications:
        constant = constants.get(application.name)
        if constant is None or not application.arguments or constant.is_prop:
            continue
        arguments = [a for a in application.arguments if a is not None and a in accessible]
        if len(arguments) < len(application.arguments):
            continue
        call = f"{constant.text} {' '.join(arguments)}"
        if call in seen:
            continue
        seen[call] = 0
        place = 0.8 * (len(seen) - 1)
        match constant.recursion:
            case "well-founded":
                yield Opening(f"fun_induction {call}", 4 + place, unfolded=constant.text)
            case "structural":
                yield Opening(f"fun_induction {call}", 5.6 + place)
            case _:
                yield Opening(f"fun_cases {call}", 7.5 + place, brief=True)


# Hypotheses


def _on_hypotheses(shape: Shape) -> Iterator[Opening]:
    found = [h for h in shape.hypotheses if h.inductive is not None and not h.binders and h.head not in _CONNECTIVES]
    for place, h in enumerate(found[:_MAX_EACH]):
        assert h.inductive is not None
        own = h.inductive.name in {c.name for c in shape.predicates}
        rank = (4.5 if own else 9) + 0.7 * place
        recursive = h.inductive.recursive
        if recursive:
            yield from _on_derivation(shape, h, rank)
        for other in found[place + 1 : _MAX_EACH] if recursive else ():
            yield Opening(f"induction {h.name} <;> cases {other.name}", rank + 6, brief=True)
        yield Opening(f"cases {h.name}", rank + (2 if recursive else 0), brief=recursive)


def _on_derivation(shape: Shape, h: Local, rank: float) -> Iterator[Opening]:
    """Induction on how a fact was derived.  Indices must be variables, so what is none gets a name first."""
    assert h.inductive is not None
    indices = _arguments(h.type)[-h.inductive.indices :] if h.inductive.indices else []
    names = {x.name for x in shape.values}
    bound = [(f"x{i}", term) for i, term in enumerate(indices) if term not in names]
    if bound:
        named = "; ".join(f"generalize hx{i} : {term} = {x} at {h.name}" for i, (x, term) in enumerate(bound))
        yield Opening(f"{named}; induction {h.name}", rank + 1)
    else:
        yield Opening(f"induction {h.name}", rank)


def _arguments(text: str) -> list[str]:
    """The arguments of an application as it is printed."""
    found, depth, start = [""], 0, True
    for character in text:
        depth += (character in "([{⟨") - (character in ")]}⟩")
        if character.isspace() and depth == 0:
            if not start:
                found.append("")
            start = True
        else:
            found[-1] += character
            start = False
    return [x for x in found[1:] if x]


def _two_steps(shape: Shape) -> Rule:
    """Numbers two at a time: what holds of n is shown from what holds of n - 2."""
    if not shape.recursive:
        return
    for x in shape.data[:2]:
        if x.inductive is not None and x.inductive.name == "Nat" and x.name in shape.target_words:
            n, end = x.name, first_of([f"grind{listed(shape.grind_items)}", f"(simp_all{listed(shape.simp_items)}; done)"])
            ends = first_of([f"grind{listed(shape.grind_items)}", "solve_by_elim"]) if shape.predicates else end
            yield (
                f"induction {n} using Nat.strongRecOn with\n| _ {n} ih =>\n  match {n}, ih with\n  | 0, _ => {end}\n"
                f"  | 1, _ => {end}\n  | {n} + 2, ih => have := ih {n} (by omega); {ends}",
                18,
            )
