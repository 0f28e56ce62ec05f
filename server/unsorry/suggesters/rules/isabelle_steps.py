"""Steps for a search that goes on, for Isabelle: a script's next line, which leaves the rest to be proved."""

from __future__ import annotations

from unsorry.suggesters.rules.isabelle_induction import openings
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify

#: How many variables, facts and theorems are each tried.
_MAX_EACH = 5


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
        yield f"{facts}apply ({opening.text})", opening.rank / 2 + 2
    for place, x in enumerate([x for x in shape.variables if x.inductive is not None][:_MAX_EACH]):
        yield f"apply (cases {x.name})", 5 + 0.5 * place
    for place, h in enumerate([h for h in shape.named if h.head.endswith(("HOL.ex", "HOL.disj", "HOL.conj"))]):
        if place < _MAX_EACH:
            yield f"using {h.name} apply (elim exE disjE conjE)", 4 + 0.5 * place
    for place, hint in enumerate(shape.all_hints[:_MAX_EACH]):
        yield f"apply (rule {hint})", 6 + 0.5 * place
        yield f"apply (subst {hint})", 7 + 0.5 * place


def _target(shape: Shape) -> Rule:
    match shape.goal.head:
        case "HOL.conj":
            yield "apply (rule conjI)", 2
        case "HOL.disj":
            yield "apply (rule disjI1)", 5
            yield "apply (rule disjI2)", 5
        case "HOL.ex":
            for place, x in enumerate(shape.variables[:_MAX_EACH]):
                yield f"apply (rule exI[of _ {x.name}])", 5 + 0.5 * place
        case "HOL.eq":
            yield "apply (rule iffI)", 5
            yield "apply (rule ext)", 7
            yield "apply (rule set_eqI)", 8
            yield "apply (rule antisym)", 9
        case "Orderings.ord_class.less_eq":
            yield "apply (rule subsetI)", 6
        case _:
            return
