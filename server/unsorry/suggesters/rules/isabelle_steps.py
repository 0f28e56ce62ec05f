"""Steps for a search that goes on, for Isabelle: a script's next line, or the beginning of a structured proof.

Both leave the rest to be proved.  Of a structured proof only the first line is said: the prover itself knows which
cases there are then, or what is to be shown, and writes them out with holes.
"""

from __future__ import annotations

import re

from unsorry.suggesters.rules.isabelle_induction import openings
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify
from unsorry.suggesters.rules.isabelle_theory import said

#: How many variables, facts and theorems are each tried.
_MAX_EACH = 5

#: What a fact can be taken apart at.
_COMPOUND = {"HOL.Ex", "HOL.disj", "HOL.conj"}

_CONDITION = re.compile(r"\bif ([^()]+?) then\b")


def steps(shape: Shape) -> Rule:
    """Steps by the goal's shape."""
    facts = f"using {' '.join(shape.facts)} " if shape.facts else ""
    own, told = shape.definitions, shape.told
    yield "apply (intro allI impI conjI)", 1
    yield from _target(shape)
    yield f"{facts}apply clarsimp", 4
    yield f"{facts}apply {simplify('simp', own)}", 4
    yield f"{facts}apply {simplify('auto', own)}", 5
    if told:
        yield f"{facts}apply {simplify('auto', own, told)}", 6
    for opening in openings(shape):
        yield _begun(facts, opening.text), opening.rank / 2 + 2
    yield from _cases(shape, facts)
    if any(h.head in _COMPOUND for h in (*shape.chained, *shape.premises)):
        yield "apply (elim exE disjE conjE)", 3
    for place, h in enumerate([h for h in shape.named if h.head in _COMPOUND][:_MAX_EACH]):
        yield f"using {h.name} apply (elim exE disjE conjE)", 4 + 0.5 * place
    for place, hint in enumerate(shape.all_hints[:_MAX_EACH]):
        yield f"apply (rule {hint})", 6 + 0.5 * place
        yield f"apply (subst {hint})", 7 + 0.5 * place


def _cases(shape: Shape, facts: str) -> Rule:
    """By the constructors of a variable, how a fact was derived, and what a conditional asks."""
    for place, x in enumerate([x for x in shape.variables if x.inductive is not None][:_MAX_EACH]):
        yield _begun("", f"cases {said(x.name)}"), 5 + 0.5 * place
    for place, c in enumerate(shape.predicates[:_MAX_EACH]):
        if any(h.head == c.name for h in shape.hypotheses):
            yield _begun(facts, f"cases rule: {c.text}.cases"), 4 + 0.5 * place
    for place, condition in enumerate(list(dict.fromkeys(_CONDITION.findall(shape.text)))[:_MAX_EACH]):
        yield _begun(facts, f'cases "{condition}"'), 4.5 + 0.5 * place


def _begun(facts: str, method: str) -> str:
    return f"{facts.rstrip()}\nproof ({method})" if facts else f"proof ({method})"


def _target(shape: Shape) -> Rule:
    # A rule wants chained facts to be its own premises.
    rule = "intro" if shape.chained else "rule"
    match shape.goal.head:
        case "HOL.conj":
            yield f"apply ({rule} conjI)", 2
        case "HOL.disj":
            yield f"apply ({rule} disjI1)", 5
            yield f"apply ({rule} disjI2)", 5
        case "HOL.Ex":
            for place, x in enumerate(shape.variables[:_MAX_EACH]):
                yield f"apply ({rule} exI[of _ {x.name}])", 5 + 0.5 * place
        case "HOL.eq":
            yield f"proof ({rule} iffI)", 5
            yield f"apply ({rule} ext)", 7
            yield f"apply ({rule} set_eqI)", 8
            yield f"proof ({rule} antisym)", 9
        case "Orderings.ord_class.less_eq":
            yield f"proof ({rule} subsetI)", 6
        case _:
            return
