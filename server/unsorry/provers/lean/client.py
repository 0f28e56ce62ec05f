"""The driver's protocol: JSON lines over a child's standard input and output, one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
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
                self._inbox.put_nowait(message)
        except ValueError as error:
            _log.error("the driver sent a line that is too long: %s", error)
        finally:
            self._inbox.put_nowait(None)

    async def _next(self, timeout: float | None) -> Json:
        try:
            message = await asyncio.wait_for(self._inbox.get(), timeout)
        except TimeoutError as error:
            raise ProverTimeoutError("the prover did not answer within its time limit") from error
        if message is None:
            self._inbox.put_nowait(None)
            raise ProverDiedError(await self._child.epitaph())
        return message

    async def stream(
        self, method: str, params: Mapping[str, Any], *, timeout: float | None = None
    ) -> AsyncGenerator[tuple[bool, Json], None]:
        """Sends a request; gives ``(False, item)`` for each item and ``(True, result)`` at the end.

        ``timeout`` bounds the wait for each message, in seconds.  A consumer that stops early, or is cancelled, makes
        the driver stop too, and the driver is ready for the next request when this generator is closed.

        Raises:
            RequestError: the driver refused.
            ProverDiedError, ProverTimeoutError: it is gone, or silent for too long.
        """
        ident = next(self._ids)
        await self._child.send(json.dumps({"id": ident, "method": method, "params": params}, ensure_ascii=False))
        finished = False
        try:
            while True:
                message = await self._next(timeout)
                if message.get("id") != ident:
                    continue
                if "item" in message:
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
            if not finished:
                await asyncio.shield(self._cancel(ident))

    async def _cancel(self, ident: int) -> None:
        """Makes the driver end a request and waits for its last word; kills the driver if that does not come."""
        with contextlib.suppress(ProverError):
            await self._child.send(json.dumps({"method": "cancel", "target": ident}))
            deadline = asyncio.get_running_loop().time() + CANCEL_GRACE
            while True:
                message = await self._next(max(0.0, deadline - asyncio.get_running_loop().time()))
                if message.get("id") == ident and "item" not in message:
                    return
        self._child.kill()

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
