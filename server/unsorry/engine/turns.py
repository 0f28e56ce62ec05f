"""The turns of one search at its prover: how long they may be, when it has to make way, and what ends them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from unsorry.engine.budget import Budget, Clock
from unsorry.engine.lanes import Lane, Urgency
from unsorry.provers.seam import Limits, Prover

#: After how long a search lets others that are as urgent have a turn, in seconds.
_SHARE_SECONDS = 0.5

#: How long the check of a whole declaration may take, in seconds.
_CERTIFY_SECONDS = 10.0

#: What part of the budget one candidate may take in a search that goes on, at first.
_FIRST_SHARES = 5


class Turns:
    """The time of one search and its turns at the prover.  The clock runs in them and between them, not before them."""

    def __init__(
        self, lane: Lane, budget: Budget, cause: str, *, urgency: Urgency, pause: Callable[[], bool] | None
    ) -> None:
        """``cause`` says what they are for; ``pause`` whether somebody else is to go on."""
        self._lane = lane
        self._budget = budget
        self._cause = cause
        self._pause = pause
        # Ends what runs now, and the wait for suggesters.
        self._cut: asyncio.Timeout | None = None
        self._patience: asyncio.Timeout | None = None
        #: How urgent they are.
        self.urgency = urgency
        self.clock = Clock(budget.seconds)
        #: How long the prover has worked in them, in seconds.
        self.busy = 0.0
        #: Was all of it ended?
        self.stopped = False

    @property
    def prover(self) -> Prover:
        """The prover itself, for what needs no turn."""
        return self._lane.prover

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Counts the time, and lets :meth:`stop` end what is done in the block."""
        cut = asyncio.timeout(0 if self.stopped else None)
        self.clock.start()
        try:
            async with cut:
                self._cut = cut
                yield
        except TimeoutError:
            if not cut.expired():
                raise
        finally:
            self._cut = None
            self.clock.stop()

    @asynccontextmanager
    async def patience(self) -> AsyncGenerator[None]:
        """Bounds a wait for suggesters.

        Raises:
            TimeoutError: the budget is used up, or a pause is wanted.
        """
        try:
            async with asyncio.timeout(self.clock.left) as self._patience:
                yield
        finally:
            self._patience = None

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[Prover]:
        """Waits for a turn and has it until the block ends."""
        self.clock.stop()
        try:
            async with self._lane.turn(self.urgency, self._cause) as prover:
                self.clock.start()
                before = prover.busy
                try:
                    yield prover
                finally:
                    self.busy += prover.busy - before
        finally:
            # Whoever only gave up waiting for the turn goes on.
            self.clock.start()

    def last(self) -> AbstractAsyncContextManager[Prover]:
        """A turn that is not counted, when the search has ended."""
        return self._lane.turn(self.urgency, self._cause)

    def nudge(self) -> None:
        """Asks for a pause where it only waits for suggesters; a candidate's turn is not cut short."""
        cut, self._patience = self._patience, None
        _expire(cut)

    def stop(self) -> None:
        """Ends what runs at once, and all that is to run later."""
        self.stopped = True
        cut, self._cut = self._cut, None
        _expire(cut)

    # When it has to make way

    @property
    def must_pause(self) -> bool:
        """Is somebody else to go on?"""
        return self._pause is not None and self._pause()

    @property
    def wanted(self) -> bool:
        """Does somebody more urgent wait for the prover?"""
        return self._lane.wanted(self.urgency)

    def must_yield(self, begun: float) -> bool:
        """Is the turn that began then (``time.monotonic``) to end before the next candidate?"""
        shared = time.monotonic() - begun > _SHARE_SECONDS and self._lane.queue > 0
        return shared or self.clock.left <= 0 or self.wanted or self.must_pause

    # How long things may take

    @property
    def limits(self) -> Limits:
        """A candidate's bounds: it may not outlive the hole's own budget, nor take all of it where a search goes on."""
        share = self._budget.seconds if self._budget.caps is None else self._budget.seconds / _FIRST_SHARES
        seconds = max(0.05, min(self._budget.candidate.seconds, share, self.clock.left))
        return replace(self._budget.candidate, seconds=seconds)

    @property
    def certify_seconds(self) -> float:
        """How long a check may take: for a proof that is nearly there it may outlast the budget, but not by much."""
        return min(_CERTIFY_SECONDS, max(0.5, self.clock.left, self._budget.seconds / 20))


def _expire(limit: asyncio.Timeout | None) -> None:
    """Lets a time limit end what it is for, unless it is just doing so."""
    if limit is not None and not limit.expired():
        limit.reschedule(0)
