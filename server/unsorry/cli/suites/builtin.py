"""The best that a prover's own one-shot automation does: each tactic alone, and all of them in turn."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from unsorry.engine.trust import Policy
from unsorry.provers.seam import Closed, Document, Hole, Limits, Prover

#: The methods that Isabelle's `try0` goes through (`named_methods` in HOL/Tools/try0.ML).
_TRY0: Final = (
    "simp", "auto", "blast", "metis", "argo", "linarith", "presburger", "algebra", "fast", "fastforce", "force",
    "meson", "satx", "order",
)  # fmt: skip

#: What a user would try first.
ONE_SHOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Lean": ("grind", "simp_all", "omega", "decide"),
    "Isabelle": tuple(f"by {method}" for method in _TRY0),
}


@dataclass(frozen=True, slots=True)
class Shot:
    """What one tactic gave: was it certified, and after how many seconds did it end?"""

    proved: bool
    seconds: float


async def shoot(
    prover: Prover, document: Document, hole: Hole, tactic: str, *, seconds: float, policy: Policy, complete: bool
) -> Shot:
    """One tactic with the whole time to itself, certified as any candidate is."""
    assert hole.state is not None
    begun = time.monotonic()
    closed = False
    async with aclosing(prover.try_(hole.state, [tactic], Limits(seconds=seconds, explain=False))) as outcomes:
        async for outcome in outcomes:
            closed = isinstance(outcome, Closed)
    if closed:
        edit = prover.edit(document, hole, tactic)
        certificate = await prover.certify(document, hole.command, [edit], complete=complete)
        closed = policy.refusal(certificate) is None and not certificate.borrowed
    return Shot(closed, time.monotonic() - begun)


def union(shots: Sequence[Shot], budget: float) -> Shot:
    """All of them one after another in the time of one.

    Each may take an equal share of what those before it have left.  A tactic does in a share what it does alone in that
    time, so nothing has to be run twice.
    """
    spent = 0.0
    for place, shot in enumerate(shots):
        share = (budget - spent) / (len(shots) - place)
        if shot.proved and shot.seconds <= share:
            return Shot(True, spent + shot.seconds)
        spent += min(shot.seconds, share)
    return Shot(False, spent)
