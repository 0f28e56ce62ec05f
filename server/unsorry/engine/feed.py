"""What the suggesters say of a goal, all of them side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from unsorry.engine.mixing import Mixing, shape_of
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

_log = logging.getLogger(__name__)


class Feed:
    """Candidates of all suggesters in batches: of what is there when one is asked for, everybody's best."""

    def __init__(self, context: GoalContext, suggesters: Sequence[Suggester], mixing: Mixing) -> None:
        """Nobody is asked before the first batch is wanted.  ``mixing`` says whose candidates go first, and learns."""
        self._contexts = [context]
        self._suggesters = suggesters
        self._mixing = mixing
        self._shape = shape_of(context)
        self._tasks: list[asyncio.Task[None]] = []
        self._asked = 0
        self._running = 0
        # By the name of the suggester.
        self._waiting: dict[str, list[Candidate]] = {s.name: [] for s in suggesters}
        self._slow: list[Candidate] = []
        self._seen: set[str] = set()
        self._news = asyncio.Event()
        self._stopped = False

    def again(self, context: GoalContext) -> None:
        """Has everybody asked once more, with more to go on.  What they have said before does not come twice."""
        self._contexts.append(context)

    def start(self) -> None:
        """Asks everybody what they were not asked yet."""
        if self._stopped:
            return
        for context in self._contexts[self._asked :]:
            self._asked += 1
            self._running += len(self._suggesters)
            self._tasks += [asyncio.create_task(self._read(s, context), name=f"ask {s.name}") for s in self._suggesters]

    @property
    def ready(self) -> bool:
        """Is there a candidate that is not slow?"""
        return any(self._waiting.values())

    @property
    def ended(self) -> bool:
        """Has everybody who was asked said all, and was all of it taken?"""
        return not self._running and not self.ready

    async def wait(self) -> None:
        """Waits until there is a candidate, or will be none."""
        while not self.ready and self._running and not self._stopped:
            self._news.clear()
            await self._news.wait()

    async def batch(self, size: int, *, slow: bool = True) -> list[Candidate]:
        """The next candidates, each text once; none when there are no more.  Being cancelled loses nothing.

        A slow one is a batch of its own, when no suggester has anything else to say; without ``slow`` it stays.
        """
        self.start()
        await self.wait()
        if self._running:
            # A fast suggester has said all it has to say before a batch is made.
            await asyncio.sleep(0)
        if not self.ready:
            last = self.take_slow() if slow else None
            return [] if last is None else [last]
        return self._mixing.take(self._shape, self._waiting, size)

    def source(self, candidate: Candidate) -> str:
        """The name of the suggester that a candidate is from; its ``origin`` may say more."""
        first = candidate.origin.split("/", 1)[0]
        return next((n for n in self._waiting if f"{candidate.origin}/".startswith(f"{n}/")), first)

    def note(self, candidate: Candidate, *, closed: bool, seconds: float) -> None:
        """What became of a candidate, and how long the prover took for it.

        A slow one says nothing of the others that its suggester has.
        """
        if not candidate.slow:
            self._mixing.note(self.source(candidate), self._shape, candidate.score, closed=closed, seconds=seconds)

    @property
    def has_slow(self) -> bool:
        """Is a slow candidate there?"""
        return bool(self._slow)

    def take_slow(self) -> Candidate | None:
        """The first slow candidate that is there, before its time."""
        return self._slow.pop(0) if self._slow else None

    async def _read(self, suggester: Suggester, context: GoalContext) -> None:
        try:
            async for candidate in suggester.suggest(context):
                key = " ".join(candidate.text.split())
                if key and key not in self._seen:
                    self._seen.add(key)
                    (self._slow if candidate.slow else self._waiting[suggester.name]).append(candidate)
                    self._news.set()
        except Exception:  # One suggester's fault must not take the others along.
            _log.exception("the suggester %s failed", suggester.name)
        finally:
            self._running -= 1
            self._news.set()

    def stop(self) -> None:
        """Ends the suggesters' work; there are no more batches."""
        self._stopped = True
        for waiting in (self._slow, *self._waiting.values()):
            waiting.clear()
        for task in self._tasks:
            task.cancel()
        self._news.set()

    async def aclose(self) -> None:
        """Ends the suggesters' work and waits until it has ended.  Calling it twice is fine."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
