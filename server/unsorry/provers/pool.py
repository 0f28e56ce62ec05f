"""Several provers side by side: each is made when it is first wanted, and lent to one user at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from unsorry.errors import ProverError
from unsorry.provers.seam import Prover


class ProverPool:
    """At most ``size`` provers.  Whoever asks when all are lent waits for the next one that comes back."""

    def __init__(self, factory: Callable[[], Prover], size: int) -> None:
        """``factory`` makes a prover; it is not called before one is wanted."""
        if size < 1:
            raise ValueError("a pool needs at least one prover")
        self._factory = factory
        self._places = asyncio.Semaphore(size)
        self._provers: list[Prover] = []
        # The one that came back last is lent first: its process is warm, and the others need not be started.
        self._idle: list[Prover] = []
        self._last_used_for: dict[int, str] = {}
        self._closed = False

    @property
    def provers(self) -> tuple[Prover, ...]:
        """The provers made so far, lent or not."""
        return tuple(self._provers)

    @asynccontextmanager
    async def lease(self, uri: str | None = None) -> AsyncGenerator[Prover]:
        """Lends a prover.  With a ``uri``, the one that last worked on that document if it is free: it has it open.

        Raises:
            ProverError: the pool is closed.
        """
        async with self._places:
            prover = self._take(uri)
            try:
                yield prover
            finally:
                self._idle.append(prover)

    def _take(self, uri: str | None) -> Prover:
        if self._closed:
            raise ProverError("this pool of provers is closed")
        known = next((p for p in self._idle if uri is not None and self._last_used_for.get(id(p)) == uri), None)
        if known is not None:
            self._idle.remove(known)
            prover = known
        elif self._idle:
            prover = self._idle.pop()
        else:
            prover = self._factory()
            self._provers.append(prover)
        if uri is not None:
            self._last_used_for[id(prover)] = uri
        return prover

    async def close(self) -> None:
        """Ends all provers, lent ones too.  One that fails to end does not keep the others from it.

        Raises:
            ExceptionGroup: what went wrong, after all were told.
        """
        self._closed = True
        results = await asyncio.gather(*(p.close() for p in self._provers), return_exceptions=True)
        failures = [r for r in results if isinstance(r, Exception)]
        if failures:
            raise ExceptionGroup("not all provers could be ended", failures)
