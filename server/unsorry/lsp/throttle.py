"""Something that is asked for often, done at once the first time and then no more often than it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

#: How many times as long as a call took there is none.
_REST: Final = 20.0


class Throttle:
    """Calls a function when asked to, at most once in so many seconds; what is asked meanwhile makes one later call."""

    def __init__(self, seconds: float, call: Callable[[], bool]) -> None:
        """Made inside a running loop.  A call that found nothing to do says so, and the next one need not wait."""
        self._seconds = seconds
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._again = False
        self._stopped = False

    def ask(self) -> None:
        """Has the function called: now, or as soon as it may be."""
        if self._stopped:
            return
        if self._timer is not None:
            self._again = True
            return
        begun = self._loop.time()
        seconds = self._seconds if self._call() else 0.0
        # What takes long, such as for a text with thousands of holes, may not take up the loop.
        rest = max(seconds, _REST * (self._loop.time() - begun))
        self._timer = self._loop.call_later(rest, self._rested)

    def _rested(self) -> None:
        self._timer = None
        if self._again:
            self._again = False
            self.ask()

    def stop(self) -> None:
        """Nothing is called any more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
