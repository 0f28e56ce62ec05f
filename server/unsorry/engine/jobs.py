"""Work that is coalesced and not queued: one job runs, and of those that were asked for meanwhile only the newest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_log = logging.getLogger(__name__)

Job = Callable[[], Coroutine[Any, Any, None]]


class Newest:
    """Runs jobs for one key.  A new one cancels the one that runs, and starts when that has ended."""

    def __init__(self, name: str) -> None:
        """``name`` is for the log and for tasks' names."""
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._next: tuple[str, Job] | None = None
        self._closed = False
        # A job that is being cancelled is left to end what it had begun.
        self._cancelled = False
        #: Why the running job was asked for; None when none runs.
        self.cause: str | None = None

    @property
    def busy(self) -> bool:
        """Does a job run, or wait to?"""
        return self._task is not None

    def submit(self, cause: str, job: Job) -> None:
        """Asks for a job.  One that waits is forgotten, one that runs is cancelled.  Needs a running loop."""
        if self._closed:
            return
        self._next = (cause, job)
        if self._task is None:
            self._start()
        else:
            self._cancel()

    def cancel(self) -> None:
        """Cancels what runs and forgets what waits."""
        self._next = None
        self._cancel()

    def _cancel(self) -> None:
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()

    def _start(self) -> None:
        assert self._next is not None
        (self.cause, job), self._next = self._next, None
        self._cancelled = False
        self._task = asyncio.get_running_loop().create_task(job(), name=f"{self._name}: {self.cause}")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        self.cause = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)
        if self._next is not None and not self._closed:
            self._start()

    async def close(self) -> None:
        """Cancels everything and waits until it has ended.  Nothing is started after that."""
        self._closed = True
        self.cancel()
        while self._task is not None:
            await asyncio.wait([self._task])
            # The callback that clears the task runs in the loop's next round.
            await asyncio.sleep(0)


class Cuttable:
    """Blocks that can be ended from outside, all at once."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        """``error`` makes what a block that was ended raises."""
        self._error = error
        self._cuts: set[asyncio.Timeout] = set()

    @asynccontextmanager
    async def block(self) -> AsyncGenerator[None]:
        """What is in the block ends at the next :meth:`cut`."""
        cut = asyncio.timeout(None)
        try:
            async with cut:
                self._cuts.add(cut)
                try:
                    yield
                finally:
                    self._cuts.discard(cut)
        except TimeoutError:
            if not cut.expired():
                raise
            raise self._error() from None

    def cut(self) -> None:
        """Ends the blocks that run."""
        cuts, self._cuts = self._cuts, set()
        for cut in cuts:
            cut.reschedule(0)
