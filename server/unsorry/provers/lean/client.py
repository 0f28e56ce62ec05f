"""The driver's protocol: JSON lines over a child's standard input and output, one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable

from unsorry.errors import ProtocolError
from unsorry.provers.process import ChildProcess, Launch
from unsorry.provers.requests import Json, Requests

_log = logging.getLogger(__name__)


class DriverClient(Requests):
    """A running driver.  Not re-entrant: whoever owns it sends one request after another."""

    def __init__(self, child: ChildProcess, token: str) -> None:
        """Takes ownership of ``child``; use :meth:`start`."""
        super().__init__(child)
        self._token = token
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
                self._take(message)
        except ValueError as error:
            _log.error("the driver sent a line that is too long: %s", error)
        finally:
            self._hang_up()

    async def _send(self, message: Json) -> None:
        await self._child.send(json.dumps(message, ensure_ascii=False))

    async def close(self) -> None:
        """Ends the driver and reaps it."""
        await self._child.close()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
