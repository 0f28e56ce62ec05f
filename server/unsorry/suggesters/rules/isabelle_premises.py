"""Proofs with theorems that were found for the goal, for Isabelle."""

from __future__ import annotations

from collections.abc import Sequence

from unsorry.provers.seam import Premise
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify

#: How many are each tried alone, and how many are told of at once.
_MAX_ALONE = 10
_FEW, _SOME = 3, 6


def premises(shape: Shape, found: Sequence[Premise]) -> Rule:
    """Proofs by theorems, the likeliest first."""
    own = shape.definitions
    for place, p in enumerate(found[:_MAX_ALONE]):
        late = 0.4 * place
        if _applies(p, shape):
            yield from shape.proofs(f"(rule {p.name})", 2 + late)
            yield from shape.proofs(f"(auto intro: {p.name})", 4 + late)
        yield from shape.proofs(simplify("simp", own, [p.name]), 2.5 + late)
        yield from shape.proofs(f"(metis {p.name})", 4.5 + late)
        facts = " ".join((p.name, *shape.facts))
        yield f"using {facts} by auto", 3.5 + late
        yield f"using {facts} by blast", 5.5 + late
    names = [p.name for p in found]
    if len(names) > 1:
        yield from shape.proofs(simplify("simp", own, names[:_FEW]), 4)
        yield from shape.proofs(f"(metis {' '.join(names[:_FEW])})", 5)
        yield from shape.proofs(simplify("auto", own, names[:_FEW]), 6)
        yield from shape.proofs(f"(metis {' '.join(names[:_SOME])})", 8)
        yield from shape.proofs(f"(fastforce simp add: {' '.join(names[:_SOME])})", 10)


def premise_steps(shape: Shape, found: Sequence[Premise]) -> Rule:
    """A script's next line by theorems, which leaves the rest to be proved."""
    for place, p in enumerate(found[:_MAX_ALONE]):
        late = 0.5 * place
        if _applies(p, shape):
            yield f"apply (rule {p.name})", 4 + late
        if p.left and p.left in shape.names:
            yield f"apply (subst {p.name})", 5 + late


def _applies(premise: Premise, shape: Shape) -> bool:
    return not premise.head or premise.head == shape.goal.head
