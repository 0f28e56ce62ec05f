"""Makes the first proof of a hole shorter where that can be done in little time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

from unsorry.engine.certification import Certification
from unsorry.engine.report import Attempt
from unsorry.engine.shorter import shorter
from unsorry.engine.turns import Turns
from unsorry.provers.seam import Closed, Limits, StateHandle
from unsorry.suggesters.seam import Candidate

#: How long a proof that was found may be made shorter for, in seconds.
_SECONDS = 1.5

#: How many one-liners are tried in the place of a part of a proof that was found.
_MAX_CLOSERS = 6


async def shorten(
    certification: Certification, turns: Turns, attempts: Sequence[Attempt], state: StateHandle, limits: Limits
) -> None:
    """Drops what the first proof does not need: steps, facts, alternatives of a `first`.

    What is left must close the hole's ``state`` within the ``limits`` and be certified as the proof was.

    Raises:
        ProverError: the prover can't be brought back.
    """
    end = time.monotonic() + min(turns.clock.left, _SECONDS)
    closers = _closers(attempts)
    tried: set[str] = set()
    improved = True
    while improved:
        improved = False
        for text in shorter(certification.proofs[0].text, turns.prover.fewer_facts, closers):
            if time.monotonic() >= end or turns.wanted or turns.must_pause:
                return
            if text in tried:
                continue
            tried.add(text)
            if not await _closes(turns, state, text, limits):
                continue
            better, _ = await certification.certify(Candidate(text, 0.0, certification.proofs[0].origin))
            if better is not None:
                certification.proofs[0], improved = better, True
                break


def _closers(attempts: Sequence[Attempt]) -> list[str]:
    """One-liners that may do for a part of the proof: what closed a goal in this search, then what was tried."""
    lines = [a for a in attempts if "\n" not in a.candidate.text and not a.candidate.slow]
    closed = [a.candidate.text for a in lines if a.closed]
    return list(dict.fromkeys((*closed, *(a.candidate.text for a in lines))))[:_MAX_CLOSERS]


async def _closes(turns: Turns, state: StateHandle, text: str, limits: Limits) -> bool:
    async with turns.turn() as prover, aclosing(prover.try_(state, [text], limits)) as stream:
        async for outcome in stream:
            return isinstance(outcome, Closed) and not outcome.replacements
    return False
