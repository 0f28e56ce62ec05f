"""What a mini model reads, in training and when it is asked: the goals on one line."""

from __future__ import annotations

from typing import Final

from unsorry.suggesters.prompts import state
from unsorry.suggesters.seam import GoalContext

#: How many bytes of a goal a mini model reads.  The end is kept: it has the target, and the newest hypotheses.
MAX_GOAL: Final = 384

#: How many bytes of a tactic it writes.
MAX_TACTIC: Final = 96


def normal(goal: str) -> str:
    """Goals without what differs between two print-outs of the same ones."""
    lines = (" ".join(line.split()) for line in goal.splitlines())
    data = "; ".join(line for line in lines if line).encode("utf-8", "replace")
    return data[-MAX_GOAL:].decode("utf-8", "ignore")


def prompt(context: GoalContext) -> str:
    """What a mini model is asked."""
    return normal(state(context))
