"""What the search of a hole may cost, and the clock that counts its time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from unsorry.engine.graph import Caps
from unsorry.provers.seam import Limits


@dataclass(frozen=True, slots=True)
class Budget:
    """What a hole may cost: wall-clock seconds for all of it, the bounds of each candidate, and those of slow ones.

    With ``caps`` a search goes on from what candidates leave when none of them closes the hole, within these, and
    whole proofs that failed go back to those that can mend them, for so many ``repairs`` in a row.
    """

    seconds: float = 10.0
    candidate: Limits = field(default=Limits(explain=False))
    slow_seconds: float = 10.0
    caps: Caps | None = None
    repairs: int = 2


class Clock:
    """The time left of a budget.  A search that is paused, or waits for its turn at the prover, loses nothing."""

    def __init__(self, seconds: float) -> None:
        """It stands still before :meth:`start`."""
        self._seconds = seconds
        self._before = 0.0
        self._start: float | None = None

    def start(self) -> None:
        """Time passes from now on."""
        if self._start is None:
            self._start = time.monotonic()

    def stop(self) -> None:
        """It stands still."""
        self._before, self._start = self.spent, None

    def limit(self, seconds: float) -> None:
        """No more than this from now on."""
        self._seconds = min(self._seconds, self.spent + seconds)

    def allow(self, seconds: float) -> None:
        """No less than this from now on."""
        self._seconds = max(self._seconds, self.spent + seconds)

    @property
    def left(self) -> float:
        """Seconds; below 0 when more was spent than there was."""
        return self._seconds - self.spent

    @property
    def spent(self) -> float:
        """Seconds."""
        if self._start is None:
            return self._before
        return self._before + time.monotonic() - self._start
