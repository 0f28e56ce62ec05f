"""What the suggesters say of a goal, all of them side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

_log = logging.getLogger(__name__)


class Feed:
    """Candidates of all suggesters in batches: what is there when one is asked for, the best first."""

    def __init__(self, context: GoalContext, suggesters: Sequence[Suggester]) -> None:
        """Nobody is asked before the first batch is wanted."""
        self._context = context
        self._suggesters = suggesters
        self._tasks: list[asyncio.Task[None]] | None = None
        self._running = 0
        self._waiting: list[Candidate] = []
        self._seen: set[str] = set()
        self._news = asyncio.Event()
        self._stopped = False

    async def batch(self, size: int) -> list[Candidate]:
        """The next candidates, each text once; none when there are no more.  Being cancelled loses nothing.

        A slow one is a batch of its own, when no suggester has anything else to say.
        """
        if self._tasks is None and not self._stopped:
            self._running = len(self._suggesters)
            self._tasks = [asyncio.create_task(self._read(s), name=f"ask {s.name}") for s in self._suggesters]
        while all(c.slow for c in self._waiting) and self._running and not self._stopped:
            self._news.clear()
            await self._news.wait()
        if self._running:
            # A fast suggester has said all it has to say before a batch is made.
            await asyncio.sleep(0)
        self._waiting.sort(key=lambda c: (c.slow, -c.score))
        quick = sum(1 for c in self._waiting if not c.slow)
        size = min(size, quick or 1)
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        return batch

    @property
    def has_slow(self) -> bool:
        """Is a slow candidate there?"""
        return any(c.slow for c in self._waiting)

    def take_slow(self) -> Candidate | None:
        """The best slow candidate that is there, before its time."""
        found = max((c for c in self._waiting if c.slow), key=lambda c: c.score, default=None)
        if found is not None:
            self._waiting.remove(found)
        return found

    async def _read(self, suggester: Suggester) -> None:
        try:
            async for candidate in suggester.suggest(self._context):
                key = " ".join(candidate.text.split())
                if key and key not in self._seen:
                    self._seen.add(key)
                    self._waiting.append(candidate)
                    self._news.set()
        except Exception:  # One suggester's fault must not take the others along.
            _log.exception("the suggester %s failed", suggester.name)
        finally:
            self._running -= 1
            self._news.set()

    def stop(self) -> None:
        """Ends the suggesters' work; there are no more batches."""
        self._stopped = True
        self._waiting.clear()
        for task in self._tasks or ():
            task.cancel()
        self._news.set()

    async def aclose(self) -> None:
        """Ends the suggesters' work and waits until it has ended.  Calling it twice is fine."""
        self.stop()
        await asyncio.gather(*(self._tasks or ()), return_exceptions=True)
