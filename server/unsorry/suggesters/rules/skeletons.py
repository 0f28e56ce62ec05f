"""Proofs with holes, for a search that goes on: cases by their names, conjunctions at once, facts to be shown first."""

from __future__ import annotations

import re

from unsorry.provers.seam import Field, Goal, Local
from unsorry.suggesters.rules.shape import MANY_CASES, Rule, Shape

#: How many hypotheses are gone on from, and how many propositions are taken for true and for false.
_MAX_FORWARD = 4
_MAX_SPLITS = 3

#: How many parts of a conjunction are shown side by side.
_MAX_PARTS = 6

_CONDITION = re.compile(r"\bif (?:\w+ : )?([^()]+?|\([^()]*\)) then\b")


def by_cases_of(start: str, split: Local, goal: Goal) -> str | None:
    """A case split or an induction with its cases written out, each with a hole and its variables by name.

    None where the prover does not say what the cases are of, or where there are too many; and for cases of what has
    indices, some of which may not come up.
    """
    kind = split.inductive
    inductive = start.rsplit("; ", 1)[-1].startswith("induction")
    if kind is None or not kind.fields or len(kind.fields) > MANY_CASES or (kind.indices and not inductive):
        return None
    taken = frozenset(x.name for x in goal.locals if x is not split)
    lines = [f"{start} with"]
    for constructor, fields in zip(kind.constructors, kind.fields, strict=True):
        names = _names(fields, taken, hypotheses=inductive)
        lines.append(" ".join(("|", constructor.rsplit(".", 1)[-1], *names, "=> sorry")))
    return "\n".join(lines)


def _names(fields: tuple[Field, ...], taken: frozenset[str], *, hypotheses: bool) -> list[str]:
    """A new name for each field, and for the induction hypothesis of each recursive one."""
    found: list[str] = []

    def add(base: str) -> None:
        found.append(fresh(base, taken.union(found)))

    for field in fields:
        add(field.name or "a")
    recursive = [field for field in fields if field.recursive] if hypotheses else []
    for place in range(len(recursive)):
        add("ih" if len(recursive) == 1 else f"ih{place + 1}")
    return found


def fresh(base: str, taken: frozenset[str]) -> str:
    """A name that is not taken: the plain one, else the first that is free with a number."""
    return next(name for name in (base, *(f"{base}{i}" for i in range(1, 99))) if name not in taken)


def skeletons(shape: Shape) -> Rule:
    """Proofs in parts besides inductions and case splits on variables."""
    yield from _conjunctions(shape)
    yield from _conditions(shape)
    yield from _forward(shape)


def _conjunctions(shape: Shape) -> Rule:
    """A conjunction of several parts, all at once."""
    parts = _parts(shape.goal.target) if shape.goal.head == "And" else 1
    if 2 < parts <= _MAX_PARTS:
        yield f"refine ⟨{', '.join(['?_'] * parts)}⟩", 1.5


def _parts(target: str) -> int:
    """How many propositions a printed conjunction is of: one where what binds less stands around them."""
    depth, count = 0, 1
    for character in target:
        depth += (character in "([{⟨") - (character in ")]}⟩")
        if depth == 0:
            if character in "∃∀∨↔→λ":
                return count
            count += character == "∧"
    return count


def _conditions(shape: Shape) -> Rule:
    """What a conditional asks, and propositions that are variables: true or false."""
    taken = frozenset(x.name for x in shape.goal.locals)
    said = "\n".join((shape.goal.target, *(h.type for h in shape.hypotheses)))
    for place, condition in enumerate(list(dict.fromkeys(_CONDITION.findall(said)))[:_MAX_SPLITS]):
        yield f"by_cases {fresh('h', taken)} : {condition}", 4.5 + 0.5 * place
    open_ = [x.name for x in shape.goal.locals if x.accessible and x.type == "Prop"]
    known = {h.type for h in shape.hypotheses}
    for place, name in enumerate([x for x in open_ if x not in known and f"¬{x}" not in known][:_MAX_SPLITS]):
        yield f"by_cases {fresh(f'h{name}', taken)} : {name}", 7 + 0.5 * place


def _forward(shape: Shape) -> Rule:
    """What a hypothesis says once its premise is shown."""
    taken = frozenset(x.name for x in shape.goal.locals)
    known = {h.type for h in shape.hypotheses}
    said = [h for h in shape.hypotheses if h.binders == 1 and "→" in h.type and not h.type.startswith("∀")]
    for place, h in enumerate(said[:_MAX_FORWARD]):
        premise, _, conclusion = h.type.partition(" → ")
        if conclusion in {shape.goal.target, "False"} or conclusion in known:
            # To apply it is the shorter way, or nothing is gained.
            continue
        name = fresh(h.name + "'", taken)
        if premise in known:
            yield f"have {name} := {h.name} ‹_›", 3 + 0.5 * place
        elif premise.count("(") == premise.count(")"):
            fact = fresh(h.name + "_premise", taken)
            yield f"have {fact} : {premise} := by sorry\nhave {name} := {h.name} {fact}", 6 + 0.5 * place
