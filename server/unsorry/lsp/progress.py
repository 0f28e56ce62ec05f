"""Work-done progress: begun, reported, ended exactly once, and cancelled by the user."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from lsprotocol import types

from unsorry.lsp.client import Client
from unsorry.lsp.protocol import Wire
from unsorry.lsp.requests import RequestError

_log = logging.getLogger(__name__)

#: How long a client may take to say that it will show a progress, in seconds.
_CREATE_SECONDS = 5.0


class Report:
    """One progress that the user sees; nothing is shown where the client can't."""

    def __init__(self, wire: Wire, token: types.ProgressToken | None) -> None:
        """``token`` is None for a client that shows none."""
        self._wire = wire
        self.token = token

    def say(self, message: str, part: float | None = None) -> None:
        """What is being done, and how much of all is done (0 to 1) where that is known."""
        percentage = None if part is None else min(100, max(0, round(part * 100)))
        self.send(types.WorkDoneProgressReport(message=message, percentage=percentage))

    def send(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        """One step of the protocol."""
        if self.token is not None:
            self._wire.notify(types.PROGRESS, types.ProgressParams(token=self.token, value=value))


class Progresses:
    """All progress that is being shown, by its token."""

    def __init__(self, wire: Wire, client: Callable[[], Client]) -> None:
        """``client`` is asked when a progress begins: before ``initialize`` nothing is known of it."""
        self._wire = wire
        self._client = client
        self._cancel: dict[types.ProgressToken, Callable[[], object]] = {}

    def cancel(self, token: types.ProgressToken) -> None:
        """The user pressed Cancel."""
        cancel = self._cancel.get(token)
        if cancel is None:
            _log.info("a progress was cancelled that is over")
        else:
            cancel()

    @asynccontextmanager
    async def show(
        self, title: str, cancel: Callable[[], object] | None, token: types.ProgressToken | None = None
    ) -> AsyncGenerator[Report]:
        """Shows progress while the block runs.  ``token`` is the client's own, from its request."""
        if token is None and self._client().shows_progress:
            token = await self._create()
        report = Report(self._wire, token)
        if token is not None and cancel is not None:
            self._cancel[token] = cancel
        report.send(types.WorkDoneProgressBegin(title=title, cancellable=cancel is not None, percentage=None))
        try:
            yield report
        finally:
            if token is not None:
                self._cancel.pop(token, None)
            report.send(types.WorkDoneProgressEnd())

    async def _create(self) -> str | None:
        token = f"unsorry-{uuid.uuid4()}"
        params = types.WorkDoneProgressCreateParams(token=token)
        try:
            async with asyncio.timeout(_CREATE_SECONDS):
                await self._wire.request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        except (RequestError, TimeoutError) as error:
            _log.info("the client shows no progress: %s", error)
            return None
        return token
