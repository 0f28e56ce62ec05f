"""Which of a theory's own theorems may help with a goal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unsorry.provers.seam import Goal
from unsorry.suggesters.rules.isabelle_theory import Theory, short, words_of
from unsorry.suggesters.seam import EarlierTheorem

#: Where a proof is begun: what stands from there on is no part of a statement.
_PROOF = {"by", "proof", "apply", "using", "unfolding", "sorry", "supply", "including", "done", "nitpick", "oops"}
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|\\<open>.*?\\<close>|‹.*?›|\\<proof>|[\w\']+|\S', re.DOTALL)

_IMPLIES = re.compile(r"⟹|==>|\\<Longrightarrow>")

#: How many of the theory's own theorems are thought about.
_MAX_HINTS = 6


@dataclass(frozen=True, slots=True)
class Hint:
    """An earlier theorem.  ``strong``: it speaks of this goal's own constants and of no others of the theory."""

    name: str
    strong: bool
    simp: bool = True


def statement_of(theorem: EarlierTheorem) -> str:
    """What a theorem says, without its name and its proof."""
    found: list[str] = []
    for piece in _PIECES.findall(theorem.statement):
        if piece in _PROOF:
            break
        if piece.startswith(('"', "\\<open>", "‹")):
            found.append(piece)
    return " ".join(found)


def _rewrites(statement: str) -> bool:
    """Is it more than a congruence, which simp would go round in circles with?"""
    conclusion = _IMPLIES.split(statement.strip('"'))[-1]
    left, equals, right = conclusion.partition(" = ")
    heads = {side.split()[0] for side in (left, right) if side.split()}
    return not equals or len(heads) > 1 or words_of(right) <= words_of(left)


def hints_of(goal: Goal, theory: Theory, earlier: Sequence[EarlierTheorem]) -> Iterator[Hint]:
    """Earlier theorems, those first that speak of what comes up in this goal and of little else."""
    constants = (*goal.constants, *goal.hypothesis_constants)
    own = {short(c.name) for c in constants if c.module is None}
    deeper = theory.reach(own) - own
    variables = {x.name for x in goal.locals if not x.is_prop}
    library = words_of(goal.target) - own - variables
    scored: list[tuple[float, int, Hint]] = []
    for place, theorem in enumerate(earlier):
        statement = statement_of(theorem)
        words = theory.words(statement)
        shared, below = len(words & own), len(words & deeper)
        foreign = len((words & theory.names) - own - deeper)
        common = len(words & library)
        mine = 2 * shared + 2 * below - 1.5 * foreign + 0.25 * min(2, common)
        score = (mine if shared or below else 0) if own else common - 2.0 * foreign - 1.5
        if score > 0:
            scored.append((-score, -place, Hint(theorem.name, bool(own) and not foreign, _rewrites(statement))))
    yield from (hint for _, _, hint in sorted(scored, key=lambda x: x[:2])[:_MAX_HINTS])
