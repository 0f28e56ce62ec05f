"""Those of a project's suggesters that learn, and what they are taught."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learning import is_proved, pairs_of
from unsorry.provers.seam import Command, Document
from unsorry.suggesters.seam import GoalContext, Learning, Suggester
from unsorry.workspace.store import Origin


@dataclass(frozen=True, slots=True)
class Taught:
    """What some proofs have taught: how many goals, and how many of these were new.

    ``complete`` is False where the time was up.
    """

    goals: int = 0
    new: int = 0
    complete: bool = True

    def __add__(self, other: Taught) -> Taught:
        """Both together."""
        return Taught(self.goals + other.goals, self.new + other.new, self.complete and other.complete)


class Learners:
    """Suggesters that learn; there may be none."""

    def __init__(self, suggesters: Sequence[Suggester]) -> None:
        """Takes those of them that do."""
        self.suggesters: tuple[Learning, ...] = tuple(s for s in suggesters if isinstance(s, Learning))
        #: Counts the times when there was so much new that a search without result is worth another one.
        self.news = 0

    async def learn(self, context: GoalContext, tactic: str, origin: Origin) -> bool:
        """Teaches what proved a goal; False where all of them knew that."""
        return any([await learner.learn(context, tactic, origin) for learner in self.suggesters])

    async def has_read(self, name: str, digest: str) -> bool:
        """Have all of them been taught what this text of a file teaches?"""
        return all([await learner.has_read(name, digest) for learner in self.suggesters])

    async def note_read(self, name: str, digest: str) -> None:
        """All of them have been taught what this text of a file teaches."""
        for learner in self.suggesters:
            await learner.note_read(name, digest)

    async def study(
        self,
        lane: Lane,
        document: Document,
        commands: Sequence[Command],
        origin: Origin,
        *,
        seconds: float,
        urgency: Urgency = Urgency.SEARCH,
        told: Callable[[bool], None] = lambda _: None,
    ) -> Taught:
        """Teaches the proofs of some commands, and spends no more than ``seconds`` of the prover's time on it.

        ``told`` hears of each goal whether it was new.

        Raises:
            ProverError: the prover failed.  What was learned by then stays.
        """
        before = lane.prover.busy
        taught = Taught()
        for command in commands:
            if not is_proved(command):
                continue
            if (left := seconds - (lane.prover.busy - before)) <= 0:
                return taught + Taught(complete=False)
            async for context, tactic in pairs_of(lane, document, seconds=left, urgency=urgency, commands=[command]):
                new = await self.learn(context, tactic, origin)
                taught += Taught(1, int(new))
                told(new)
        # The last proof may have been too long.
        return taught + Taught(complete=lane.prover.busy - before < seconds)


def digest_of(text: str | bytes) -> str:
    """What is the same only for the same text."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()
