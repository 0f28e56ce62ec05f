"""Endings: one tactic for what is left of a goal after a step, in the order of what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from unsorry.suggesters.rules.shape import Shape, is_enumeration, listed

_NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")

#: Numbers that are worth a try as a witness, when no variable does it.
_SMALL = ("0", "1", "2", "3")

#: How many witnesses are tried in one candidate.
_MAX_WITNESSES = 24


def first_of(alternatives: Iterable[str]) -> str:
    """The first of these that closes the goal."""
    return f"(first | {' | '.join(alternatives)})"


def portfolio(shape: Shape, *, hints: bool = False) -> str:
    """The automation in turn: each case may need another part of it; with the buffer's theorems or without."""
    few, told = (shape.few_hints, shape.grind_hints) if hints else ((), ())
    simp = listed(shape.simp_items, few)
    parts = [f"(simp_all{simp}; done)"]
    if shape.arithmetic:
        parts.append(f"(simp_all{simp}; omega)")
    parts.append(f"grind{listed(shape.grind_items, shape.deep_items, told)}")
    parts.append(f"(simp_all{simp}; grind{listed(shape.predicates_text, told)})")
    if shape.constructors:
        parts.append(f"solve_by_elim{listed(shape.constructors, few)}")
    return first_of(parts)


def closing(shape: Shape) -> str:
    """The one tactic that is likeliest to check a witness."""
    if shape.definitions or shape.predicates:
        return f"grind{listed(shape.grind_items)}"
    return "omega" if shape.arithmetic else "simp_all"


def witnesses(shape: Shape, new: tuple[str, ...] = ()) -> list[str]:
    """Terms that may be what a ∃ asks for, the plainest first.  ``new`` are names that the tactic itself brings in."""
    goal = shape.goal
    names = [*new, *(x.name for x in shape.values if x.type == goal.bound)]
    found: list[str]
    match goal.bound:
        case "Nat" | "Int":
            found = list(_numbers(shape, names, nat=goal.bound == "Nat"))
        case "Bool":
            found = ["true", "false"]
        case _ if goal.bound.startswith("List "):
            found = [*names, "[]", *(f"{x} ++ {y}" for x in names for y in names if x != y)]
        case _ if is_enumeration(goal.bound_inductive) and goal.bound_inductive is not None:
            found = [*names, *goal.bound_inductive.constructors]
        case _:
            found = names
    applied = (
        f"{f.name} {x.name}"
        for f in shape.values
        for x in shape.values
        if f.binders == 1 and f.type == f"{x.type} → {goal.bound}"
    )
    return list(dict.fromkeys([*found, *applied]))[:_MAX_WITNESSES]


def _numbers(shape: Shape, names: list[str], *, nat: bool) -> Iterator[str]:
    numerals = [n for n in dict.fromkeys(_NUMERAL.findall(shape.goal.target)) if n not in {"0", "1"}][:2]
    yield from names
    yield from (f"{x} + 1" for x in names)
    yield from _SMALL if nat else (*_SMALL[:2], "-1")
    for x in names:
        yield from (f"{x} / {n}" for n in numerals)
    for x in names[:3]:
        for y in names[:3]:
            if x != y:
                yield f"{x} - {y}"
                yield f"{x} + {y}"
                yield f"{x} - {y} - 1"
    for x in names[:3]:
        yield f"{x} - 1"
        yield f"{x} + 2"
        yield from (f"{n} * {x}" for n in numerals)
    yield from numerals
    yield from (f"{x} * {y}" for x in names[:2] for y in names[:2])


def inhabit(shape: Shape, check: str, new: tuple[str, ...] = ()) -> str:
    """Tries witnesses for a ∃, checking each with ``check``."""
    return first_of(f"exact ⟨{w}, by {check}⟩" for w in witnesses(shape, new))


def inhabit_from_hypothesis(shape: Shape, check: str) -> str:
    """For a ∃ in a case of an induction: a witness out of the induction hypothesis, or none needed."""
    start = [f"exact ⟨{w}, by {check}⟩" for w in (("0", "1") if shape.goal.bound in {"Nat", "Int"} else ("[]",))]
    grown = ("w", "w + 1", "w + 2") if shape.goal.bound in {"Nat", "Int"} else ("w",)
    step = f"(obtain ⟨w, hw⟩ := ‹∃ _, _›; {first_of(f'exact ⟨{w}, by {check}⟩' for w in grown)})"
    return first_of(["exact ⟨_, rfl⟩", "(simp_all; done)", *start, step, f"grind{listed(shape.grind_items)}"])
