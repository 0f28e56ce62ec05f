"""Goal-directed rules for Isabelle/HOL: whole proofs that are read off the goal's shape, no model needed.

Each rule gives the text that stands in the place of ``sorry`` and a rank, its expected cost in the order of things:
0 is tried first.  Ranks are what a user would do: the automation from the cheap to the dear, with the definitions and
the theorems of the theory, then induction and cases on what the goal is about.  A candidate ends the proof, unless a
search asks for steps too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping

from unsorry.suggesters.rules.isabelle_closers import closers, instances, lemmas
from unsorry.suggesters.rules.isabelle_conjectures import conjectures
from unsorry.suggesters.rules.isabelle_induction import induction
from unsorry.suggesters.rules.isabelle_library import informed
from unsorry.suggesters.rules.isabelle_premises import premise_steps, premises
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, shape_of
from unsorry.suggesters.rules.isabelle_steps import steps
from unsorry.suggesters.rules.isabelle_structure import cases, connectives, existence
from unsorry.suggesters.seam import Candidate, GoalContext

#: A rank as a score: a rule of rank 10 is about as likely as a model's candidate of that log-probability.
_SCORE_PER_RANK = 0.25

#: What comes after so many is not worth the prover's time.
_MAX_CANDIDATES = 100

#: How many more there may be with theorems that were found for the goal.
_MAX_WITH_PREMISES = 80

#: The prover's own search with external provers.
_SLEDGEHAMMER = "sledgehammer"


def _rules(shape: Shape, *, stepping: bool) -> Iterator[tuple[str, Rule]]:
    yield "closer", closers(shape)
    yield "lemma", lemmas(shape)
    yield "library", informed(shape)
    yield "instance", instances(shape)
    yield "connective", connectives(shape)
    yield "witness", existence(shape)
    yield "cases", cases(shape)
    yield "induction", induction(shape)
    yield "conjecture", conjectures(shape)
    if stepping:
        yield "step", steps(shape)


def _found(shape: Shape, context: GoalContext) -> Iterator[tuple[str, Rule]]:
    """Rules for the theorems that were found for the goal."""
    yield "premise", premises(shape, context.premises)
    if context.steps is not None:
        yield "premise", premise_steps(shape, context.premises)


def ranked(context: GoalContext) -> list[tuple[float, str, str]]:
    """All candidates as (rank, text, rule), cheapest and likeliest first, each once."""
    shape = shape_of(context)
    found = _collected(_rules(shape, stepping=context.steps is not None))
    # What others say, too, takes no place among these.
    informed = {text: said for text, said in _collected(_found(shape, context)).items() if text not in found}
    return sorted((*_first(found, _MAX_CANDIDATES), *_first(informed, _MAX_WITH_PREMISES)), key=lambda x: x[0])


def _collected(rules: Iterator[tuple[str, Rule]]) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    for origin, rule in rules:
        for text, rank in rule:
            if text not in found or rank < found[text][0]:
                found[text] = rank, origin
    return found


def _first(found: Mapping[str, tuple[float, str]], count: int) -> list[tuple[float, str, str]]:
    ordered = sorted(((rank, text, origin) for text, (rank, origin) in found.items()), key=lambda x: x[0])
    return ordered[:count]


class IsabelleRules:
    """The rules as a suggester."""

    name = "rules"

    def __init__(self, *, sledgehammer: bool = False) -> None:
        """``sledgehammer`` says that it is to be run where there is one goal, after all rules."""
        self._sledgehammer = sledgehammer

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Candidates for all goals of the hole, cheapest and likeliest first."""
        if context.prover != "Isabelle" or not context.goals:
            return
        last = 0.0
        for rank, text, origin in ranked(context):
            last = max(last, rank)
            yield Candidate(text, -_SCORE_PER_RANK * rank, f"{self.name}/{origin}")
        if self._sledgehammer and len(context.goals) == 1 and context.steps is None:
            score = -_SCORE_PER_RANK * (last + 1)
            yield Candidate(_SLEDGEHAMMER, score, f"{self.name}/{_SLEDGEHAMMER}", slow=True)
