"""Lanes: who may use a prover, one user at a time and the most urgent first.

Every prover process has one lane, and nothing calls a prover but through it.  Work that can wait asks after each
candidate whether somebody more urgent does (:meth:`Lane.wanted`), and steps aside by ending its turn.  What is done in
the background is ended by whoever else comes.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import IntEnum

from unsorry.engine.calm import Calm
from unsorry.provers.seam import Prover


class Urgency(IntEnum):
    """How urgent a turn is; the smallest number goes first."""

    #: Somebody waits for the answer.
    ASKED = 0
    #: A text has changed, and nothing is known of the new one.
    CHANGED = 1
    #: A search that nobody waits for.
    SEARCH = 2
    #: What is done only while nobody wants any prover of the project.
    BACKGROUND = 3


class Lane:
    """One prover and the turns at it."""

    def __init__(self, prover: Prover, calm: Calm | None = None) -> None:
        """The lane does not own the prover: who made it closes it.  Lanes of one project share their ``calm``."""
        self._prover = prover
        self.calm = calm or Calm()
        self._numbers = itertools.count()
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._cause: str | None = None

    @property
    def prover(self) -> Prover:
        """The prover itself, for what needs no turn (its name, its busy time)."""
        return self._prover

    @property
    def cause(self) -> str | None:
        """What the running turn is for; None when the lane is free."""
        return self._cause

    @property
    def queue(self) -> int:
        """How many wait for a turn."""
        return sum(1 for _, _, turn in self._waiting if not turn.done())

    def wanted(self, urgency: Urgency) -> bool:
        """Does somebody more urgent than this wait?"""
        return any(waiting < urgency and not turn.done() for waiting, _, turn in self._waiting)

    @asynccontextmanager
    async def turn(self, urgency: Urgency, cause: str) -> AsyncGenerator[Prover]:
        """Waits for a turn and has it until the block ends.  Equally urgent ones go in the order in which they came.

        Raises:
            DisturbedError: a turn in the background was ended, since somebody else came.
        """
        if urgency is Urgency.BACKGROUND:
            async with self.calm.block(), self._turn(urgency, cause) as prover:
                yield prover
        else:
            with self.calm.used():
                async with self._turn(urgency, cause) as prover:
                    yield prover

    @asynccontextmanager
    async def _turn(self, urgency: Urgency, cause: str) -> AsyncGenerator[Prover]:
        if self._cause is not None or self._waiting:
            mine = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (urgency, next(self._numbers), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._pass_on()
                raise
        self._cause = cause
        try:
            yield self._prover
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        self._cause = None
        while self._waiting:
            _, _, following = heapq.heappop(self._waiting)
            if not following.done():
                # Nobody may slip in before it runs.
                self._cause = "the next one is about to begin"
                following.set_result(None)
                return
