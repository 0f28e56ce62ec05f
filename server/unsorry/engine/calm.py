"""Calm: what nobody waits for is done while nobody wants the provers, and ends as soon as somebody does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from unsorry.engine.jobs import Cuttable
from unsorry.errors import UnsorryError

#: For how long nobody may have wanted anything before it counts as calm, in seconds.
_QUIET = 1.0

#: How often it is looked whether somebody still works, in seconds.
_LOOK = 0.1


class DisturbedError(UnsorryError):
    """Somebody wants a prover, so what could wait was ended."""

    def __init__(self) -> None:
        """Always says the same."""
        super().__init__("somebody else wants the prover")


class Calm:
    """Who works with the provers of one project, and when the last one did."""

    def __init__(self, quiet: float = _QUIET) -> None:
        """``quiet`` is for how long nobody may have wanted anything, in seconds."""
        self._quiet = quiet
        self._users = 0
        self._last = time.monotonic()
        self._blocks = Cuttable(DisturbedError)

    def disturb(self) -> None:
        """Somebody works, or is about to."""
        self._last = time.monotonic()
        self._blocks.cut()

    @contextmanager
    def used(self) -> Generator[None]:
        """It is not calm until the block has ended."""
        self._users += 1
        self.disturb()
        try:
            yield
        finally:
            self._users -= 1
            self._last = time.monotonic()

    @asynccontextmanager
    async def block(self) -> AsyncGenerator[None]:
        """Waits until it is calm, and ends what is in the block when it is no longer.

        Raises:
            DisturbedError: it was ended.
        """
        await self.wait()
        async with self._blocks.block():
            yield

    async def wait(self) -> None:
        """Waits until it is calm."""
        # How long it takes shows only with time, which no event tells of.
        while (left := self._left()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)

    def _left(self) -> float:
        if self._users:
            return max(self._quiet, _LOOK)
        return self._last + self._quiet - time.monotonic()
