"""The driver's protocol: JSON lines over a child's standard input and output, one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from unsorry.errors import ProtocolError, ProverDiedError, ProverError, ProverTimeoutError
from unsorry.provers.process import ChildProcess, Launch

_log = logging.getLogger(__name__)

Json = dict[str, Any]

#: How long a cancelled request may go on before the process is killed, in seconds.  Cancelling takes effect within a
#: candidate's own limit, so this is not reached in the normal case.
CANCEL_GRACE = 3.0


class RequestError(ProverError):
    """The driver answered a request with an error: what was asked can't be done."""


class DriverClient:
    """A running driver.  Not re-entrant: whoever owns it sends one request after another."""

    def __init__(self, child: ChildProcess, token: str) -> None:
        """Takes ownership of ``child``; use :meth:`start`."""
        self._child = child
        self._token = token
        self._ids = itertools.count(1)
        self._inbox: asyncio.Queue[Json | None] = asyncio.Queue()
        # The request that the driver works on, and since when.
        self._current: tuple[int, float] | None = None
        self._spent = 0.0
        self._ending: asyncio.Future[None] | None = None
        self._reader = asyncio.create_task(self._read())
        self.version = ""

    @classmethod
    async def start(cls, launch: Callable[[str], Launch], *, timeout: float) -> DriverClient:
        """Starts the driver and waits until it is ready.

        ``launch`` makes the command line for a token, which begins every line that the driver writes.

        Raises:
            ToolchainError: the program can't be started.
            ProverDiedError, ProverTimeoutError: it did not become ready.
        """
        token = f"unsorry-{secrets.token_hex(8)} "
        client = cls(await ChildProcess.start(await asyncio.to_thread(launch, token)), token)
        try:
            hello = await client._next(timeout)
            if not hello.get("ready"):
                raise ProtocolError("the driver did not say that it is ready")
            client.version = str(hello.get("version", ""))
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def child(self) -> ChildProcess:
        """The process itself."""
        return self._child

    @property
    def alive(self) -> bool:
        """Can it take a request?"""
        return self._child.alive and not self._reader.done()

    @property
    def busy(self) -> float:
        """Seconds so far between sending a request and its last message."""
        return self._spent + (0.0 if self._current is None else time.perf_counter() - self._current[1])

    def _rest(self, ident: int) -> None:
        """A request has ended; its time counts once."""
        if self._current is not None and self._current[0] == ident:
            self._spent += time.perf_counter() - self._current[1]
            self._current = None

    async def _read(self) -> None:
        try:
            async for line in self._child.lines():
                if not line.startswith(self._token):
                    if line:
                        _log.debug("lean: %s", line)
                    continue
                try:
                    message = json.loads(line[len(self._token) :])
                except ValueError:
                    _log.warning("the driver sent a line that is not JSON: %.200s", line)
                    continue
                if "item" not in message and isinstance(ident := message.get("id"), int):
                    self._rest(ident)
                self._inbox.put_nowait(message)
        except ValueError as error:
            _log.error("the driver sent a line that is too long: %s", error)
        finally:
            self._inbox.put_nowait(None)

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
        late: Callable[[bool, Json], object] | None = None,
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
        line = json.dumps({"id": ident, "method": method, "params": params}, ensure_ascii=False)
        self._current = (ident, time.perf_counter())
        finished = False
        try:
            await self._child.send(line)
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

    async def _cancel(self, ident: int, late: Callable[[bool, Json], object] | None, grace: float) -> None:
        """Makes the driver end a request and waits for its last word; kills the driver if that does not come."""
        with contextlib.suppress(ProverError):
            await self._child.send(json.dumps({"method": "cancel", "target": ident}))
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

    async def close(self) -> None:
        """Ends the driver and reaps it."""
        await self._child.close()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
