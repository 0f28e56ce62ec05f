"""What a mini model reads, in training and when it is asked: the goals on one line."""

from __future__ import annotations

from typing import Final

from unsorry.suggesters.presets import Decoding, Kind, Preset, Reading
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


def _prompt(context: GoalContext) -> str:
    return normal(state(context))


#: How a mini model is asked.
MINI: Final = Preset(
    "mini",
    Kind.SEQ2SEQ,
    _prompt,
    Reading.STEP,
    Decoding(12, MAX_TACTIC, temperature=1.0, beams=12),
    "Unsorry's own",
    provers=("Lean", "Isabelle"),
)
