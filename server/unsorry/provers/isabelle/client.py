"""The driver's protocol: JSON lines over a loopback connection that the driver makes, one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import psutil

from unsorry.errors import ProtocolError, ProverDiedError, ProverTimeoutError, ToolchainError
from unsorry.provers.isabelle.programs import Programs
from unsorry.provers.process import GRACE, LINE_LIMIT, ChildProcess, Launch
from unsorry.provers.requests import Json, RequestError, Requests

_log = logging.getLogger(__name__)

_HOST = "127.0.0.1"


class DriverClient(Requests):
    """A running driver.  Not re-entrant: whoever owns it sends one request after another."""

    def __init__(self, child: ChildProcess, programs: Programs | None) -> None:
        """Takes ownership of both; use :meth:`start`."""
        super().__init__(child)
        #: What runs programs for it, where that can be done.
        self.programs = programs
        self._said: deque[str] = deque(maxlen=20)
        self._listener = asyncio.create_task(self._listen())
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        #: The process that holds the proof states.  What was started may be a wrapper around it.
        self.pid = child.pid

    @classmethod
    async def start(cls, launch: Callable[[str, str], Launch], *, timeout: float) -> DriverClient:
        """Starts the driver and waits until it is ready.

        ``launch`` makes the command line for an address to connect to and a token to say there first.

        Raises:
            ToolchainError: the program can't be started, or ended before it was ready.
            ProverTimeoutError: it did not become ready.
        """
        token = secrets.token_hex(16)
        arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        arrived = asyncio.get_running_loop().create_future()

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # Anything on this machine can connect; only the driver knows the token.
            with contextlib.suppress(OSError, ValueError):
                async with asyncio.timeout(timeout):
                    line = await reader.readline()
                if hmac.compare_digest(line.strip(), token.encode()) and not arrived.done():
                    arrived.set_result((reader, writer))
                    return
            writer.close()

        server = await asyncio.start_server(greet, _HOST, 0, limit=LINE_LIMIT)
        try:
            port = server.sockets[0].getsockname()[1]
            how = await asyncio.to_thread(launch, f"{_HOST}:{port}", token)
            programs = await Programs.start()
            try:
                child = await ChildProcess.start(how if programs is None else programs.announced(how))
            except BaseException:
                if programs is not None:
                    await programs.close()
                raise
            client = cls(child, programs)
            try:
                await client._connected(arrived, timeout)
            except BaseException:
                await client.close()
                raise
            return client
        finally:
            server.close()

    async def _connected(
        self, arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]], timeout: float
    ) -> None:
        await asyncio.wait({arrived, self._listener}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not arrived.done():
            if not self._listener.done():
                raise ProverTimeoutError("Isabelle did not start within its time limit")
            await self._child.epitaph()
            raise ToolchainError(f"Isabelle could not start the driver: {self._last_words()}")
        reader, self._writer = arrived.result()
        self._reader = asyncio.create_task(self._read(reader))
        hello = await self._next(timeout)
        if not hello.get("ready"):
            raise ProtocolError("the driver did not say that it is ready")
        self.pid = int(hello["pid"])
        if self.programs is not None:
            self.programs.serve(self.pid)

    @property
    def alive(self) -> bool:
        """Can it take a request?

        The connection hears of an end a little later than the system does, and a request sent in between would be
        taken for what ended it.
        """
        if self._reader is None or self._reader.done():
            return False
        try:
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return True

    def _last_words(self) -> str:
        words = [*self._child.last_words.splitlines(), *self._said]
        return "\n".join(w for w in words if w.strip())[-2000:] or "it said nothing"

    async def _listen(self) -> None:
        """Takes what the process prints: nothing of it is the protocol, and it must not fill the pipe."""
        with contextlib.suppress(ValueError):
            async for line in self._child.lines():
                if line:
                    self._said.append(line)
                    _log.debug("isabelle: %s", line)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                try:
                    message = json.loads(line.decode("utf-8", "replace"))
                except ValueError:
                    _log.warning("the driver sent a line that is not JSON: %.200s", line)
                    continue
                self._take(message)
        except ValueError as error:
            _log.error("the driver sent a line that is too long: %s", error)
        except OSError as error:
            _log.debug("the connection to the driver ended: %s", error)
        finally:
            self._hang_up()

    async def _send(self, message: Json) -> None:
        assert self._writer is not None
        try:
            self._writer.write(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            await self._writer.drain()
        except OSError as error:
            raise ProverDiedError(await self._child.epitaph()) from error

    async def request(self, method: str, params: Mapping[str, Any], *, timeout: float | None = None) -> Json:
        """Sends a request whose answer is one result."""
        message = await super().request(method, params, timeout=timeout)
        if message.get("cancelled"):
            # Nobody asked for it: the ML system itself broke the work off.
            raise RequestError("the prover ran out of memory or of stack over it")
        return message

    async def close(self) -> None:
        """Ends the driver and reaps it: it ends by itself when its connection does."""
        if self._writer is not None:
            self._writer.close()
            # One that hangs reads nothing, so that what it was sent can't be got rid of: it is killed below.
            with contextlib.suppress(OSError):
                async with asyncio.timeout(GRACE):
                    await self._writer.wait_closed()
        await self._child.close()
        if self.programs is not None:
            await self.programs.close()
        for task in (self._listener, self._reader):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
