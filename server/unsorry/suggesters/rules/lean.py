"""Goal-directed rules for Lean: what to try is read off the goal's shape, no model needed.

Each rule gives a tactic and a rank, its expected cost in the order of things: 0 is tried first.  Ranks are what a user
would do: what is cheap and likely for this goal, then the big automation with the definitions that the goal mentions,
then case analysis and induction on what the goal is about, then small compositions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping

from unsorry.suggesters.rules.closers import (
    closers,
    informed,
    lemmas,
    library_closers,
    library_unfolding,
    unfolding,
)
from unsorry.suggesters.rules.conjectures import conjectures
from unsorry.suggesters.rules.induction import induction
from unsorry.suggesters.rules.instances import instances
from unsorry.suggesters.rules.premises import premise_steps, premises
from unsorry.suggesters.rules.shape import Rule, Shape, shape_of
from unsorry.suggesters.rules.steps import steps
from unsorry.suggesters.rules.structure import (
    absurdity,
    cases,
    conditions,
    connectives,
    constructors,
    deep_cases,
    existence,
    functions,
    hypotheses,
    propositions,
    witnessed,
)
from unsorry.suggesters.seam import Candidate, GoalContext

#: A rank as a score: a rule of rank 10 is about as likely as a model's candidate of that log-probability.
_SCORE_PER_RANK = 0.25

#: What comes after so many is not worth the prover's time.
_MAX_CANDIDATES = 100

#: How many more there may be with theorems that were found for the goal.
_MAX_WITH_PREMISES = 80

#: A goal behind binders is tried after what works without naming them.
_BEHIND_BINDERS = 0.5


def _whole(shape: Shape, context: GoalContext) -> Iterator[tuple[str, Rule]]:
    """Rules for a goal as it stands."""
    yield "closer", closers(shape)
    yield "Mathlib", library_closers(context)
    yield "unfold", unfolding(shape)
    yield "unfold", library_unfolding(shape)
    yield "lemma", lemmas(shape)
    yield "library", informed(shape)


def _steps(shape: Shape) -> Iterator[tuple[str, Rule]]:
    """Rules that take a goal apart."""
    yield "hypothesis", hypotheses(shape)
    yield "connective", connectives(shape)
    yield "witness", existence(shape)
    yield "witness", witnessed(shape)
    yield "equation", functions(shape)
    yield "condition", conditions(shape)
    yield "constructor", constructors(shape)
    yield "absurd", absurdity(shape)
    yield "cases", propositions(shape)
    yield "cases", cases(shape)
    yield "cases", deep_cases(shape)
    yield "instance", instances(shape)
    yield "induction", induction(shape)
    yield "conjecture", conjectures(shape)


def _found(shape: Shape, context: GoalContext) -> Iterator[tuple[str, Rule]]:
    """Rules for the theorems that were found for the goal."""
    yield "premise", premises(shape, context.premises)
    if context.steps is not None:
        yield "premise", premise_steps(shape, context.premises)


def ranked(context: GoalContext) -> list[tuple[float, str, str]]:
    """All candidates as (rank, text, rule), cheapest and likeliest first, each once."""
    found: dict[str, tuple[float, str]] = {}
    informed: dict[str, tuple[float, str]] = {}

    def add(rules: Iterator[tuple[str, Rule]], opening: str = "", found: dict[str, tuple[float, str]] = found) -> None:
        for origin, rule in rules:
            for text, rank in rule:
                full = f"{opening}; {text}" if opening else text
                place = rank + (_BEHIND_BINDERS if opening else 0)
                if full not in found or place < found[full][0]:
                    found[full] = place, origin

    goal = context.goal
    shape = shape_of(goal, context)
    add(_whole(shape, context))
    if context.steps is not None:
        add(iter([("step", steps(shape))]))
    add(_found(shape, context), found=informed)
    if goal.inner is None:
        add(_steps(shape))
    else:
        inner = shape_of(goal.inner, context)
        add(_whole(inner, context), goal.inner.opening)
        add(_steps(inner), goal.inner.opening)
        add(_found(inner, context), goal.inner.opening, informed)
    # What others say, too, takes no place among these.
    informed = {text: said for text, said in informed.items() if text not in found}
    return sorted((*_first(found, _MAX_CANDIDATES), *_first(informed, _MAX_WITH_PREMISES)), key=lambda x: x[0])


def _first(found: Mapping[str, tuple[float, str]], count: int) -> list[tuple[float, str, str]]:
    ordered = sorted(((rank, text, origin) for text, (rank, origin) in found.items()), key=lambda x: x[0])
    return ordered[:count]


class LeanRules:
    """The rules as a suggester."""

    name = "rules"

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Candidates for the first goal, cheapest and likeliest first."""
        if context.prover != "Lean" or not context.goals:
            return
        for rank, text, origin in ranked(context):
            yield Candidate(text, -_SCORE_PER_RANK * rank, f"{self.name}/{origin}")
