"""Requests to a driver, one at a time: their answers as a stream, their time limits, and how they are cancelled.

What carries the messages is each prover's own: a child's standard streams, or a connection that the child makes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from unsorry.errors import ProtocolError, ProverDiedError, ProverError, ProverTimeoutError
from unsorry.provers.process import ChildProcess

Json = dict[str, Any]
Late = Callable[[bool, Json], object]

#: How long a cancelled request may go on before the process is killed, in seconds.  Cancelling takes effect within a
#: candidate's own limit, so this is not reached in the normal case.
CANCEL_GRACE = 3.0


class RequestError(ProverError):
    """The driver answered a request with an error: what was asked can't be done."""


class Requests(ABC):
    """The requests of one running driver.  Not re-entrant: whoever owns it sends one after another."""

    def __init__(self, child: ChildProcess) -> None:
        """Takes ownership of ``child``."""
        self._child = child
        self._ids = itertools.count(1)
        self._inbox: asyncio.Queue[Json | None] = asyncio.Queue()
        # The request that the driver works on, and since when.
        self._current: tuple[int, float] | None = None
        self._spent = 0.0
        self._ending: asyncio.Future[None] | None = None

    @abstractmethod
    async def _send(self, message: Json) -> None:
        """Sends a message.

        Raises:
            ProverDiedError: there is nobody to send it to.
        """

    def _take(self, message: Json) -> None:
        """Takes in what the driver said."""
        if "item" not in message and isinstance(ident := message.get("id"), int):
            self._rest(ident)
        self._inbox.put_nowait(message)

    def _hang_up(self) -> None:
        """Nothing more will be said."""
        self._inbox.put_nowait(None)

    @property
    def child(self) -> ChildProcess:
        """The process that was started."""
        return self._child

    @property
    def busy(self) -> float:
        """Seconds so far between sending a request and its last message."""
        return self._spent + (0.0 if self._current is None else time.perf_counter() - self._current[1])

    def _rest(self, ident: int) -> None:
        """A request has ended; its time counts once."""
        if self._current is not None and self._current[0] == ident:
            self._spent += time.perf_counter() - self._current[1]
            self._current = None

    async def _next(self, timeout: float | None) -> Json:
        try:
            async with asyncio.timeout(timeout):
                message = await self._inbox.get()
        except TimeoutError as error:
            raise ProverTimeoutError("the prover did not answer within its time limit") from error
        if message is None:
            self._inbox.put_nowait(None)
            raise ProverDiedError(await self._child.epitaph())
        return message

    async def stream(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        late: Late | None = None,
        grace: float = CANCEL_GRACE,
    ) -> AsyncGenerator[tuple[bool, Json], None]:
        """Sends a request; gives ``(False, item)`` for each item and ``(True, result)`` at the end.

        ``timeout`` bounds the wait for each message, in seconds.  A consumer that stops early, or is cancelled, makes
        the driver stop too, and the driver is ready for the next request when this generator is closed.  What the
        driver still says by then goes to ``late``.  ``grace`` is how long a driver that was told to stop, and has not
        sent anything yet, may go on before it is killed, in seconds.

        Raises:
            RequestError: the driver refused.
            ProverDiedError, ProverTimeoutError: it is gone, or silent for too long.
        """
        if self._ending is not None and not self._ending.done():
            # Whoever had stopped the last request was stopped again while he waited for its end.
            await asyncio.shield(self._ending)
        ident = next(self._ids)
        self._current = (ident, time.perf_counter())
        finished = False
        try:
            await self._send({"id": ident, "method": method, "params": dict(params)})
            while True:
                message = await self._next(timeout)
                if message.get("id") != ident:
                    continue
                if "item" in message:
                    grace = CANCEL_GRACE
                    yield False, message["item"]
                    continue
                finished = True
                if "error" in message:
                    raise RequestError(str(message["error"]))
                yield True, message.get("result", {})
                return
        except (ProverDiedError, ProverTimeoutError):
            finished = True
            raise
        finally:
            if finished:
                self._rest(ident)
            else:
                self._ending = asyncio.ensure_future(self._cancel(ident, late, grace))
                await asyncio.shield(self._ending)

    async def _cancel(self, ident: int, late: Late | None, grace: float) -> None:
        """Makes the driver end a request and waits for its last word; kills the driver if that does not come."""
        with contextlib.suppress(ProverError):
            await self._send({"method": "cancel", "target": ident})
            deadline = asyncio.get_running_loop().time() + grace
            while True:
                message = await self._next(max(0.0, deadline - asyncio.get_running_loop().time()))
                if message.get("id") != ident:
                    continue
                if late is not None and "error" not in message:
                    late("item" not in message, message.get("item", message.get("result", {})))
                if "item" not in message:
                    return
        self._child.kill()
        self._rest(ident)

    async def request(self, method: str, params: Mapping[str, Any], *, timeout: float | None = None) -> Json:
        """Sends a request whose answer is one result."""
        stream = self.stream(method, params, timeout=timeout)
        try:
            async for last, message in stream:
                if last:
                    return message
        finally:
            await stream.aclose()
        raise ProtocolError(f"the driver gave no result for {method}")
