"""Work-done progress: begun, reported, ended exactly once, and cancelled by the user.

No work waits until a client has made room to show it: what is said before that is shown as soon as there is.
"""

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


class Report:
    """One progress that the user sees, as soon as there is a token for it; nothing is shown where the client can't."""

    def __init__(self, wire: Wire, title: str, *, cancellable: bool) -> None:
        """Nothing is shown before :meth:`begin`."""
        self._wire = wire
        self._begin = types.WorkDoneProgressBegin(title=title, cancellable=cancellable, percentage=None)
        self._token: types.ProgressToken | None = None
        self._said: types.WorkDoneProgressReport | None = None

    def begin(self, token: types.ProgressToken) -> None:
        """Shows it, with what was said last."""
        self._token = token
        self._send(self._begin)
        if self._said is not None:
            self._send(self._said)

    def say(self, message: str, part: float | None = None) -> None:
        """What is being done, and how much of all is done (0 to 1) where that is known."""
        percentage = None if part is None else min(100, max(0, round(part * 100)))
        said = types.WorkDoneProgressReport(message=message, percentage=percentage)
        if said != self._said:
            self._said = said
            self._send(said)

    def end(self) -> None:
        """Nothing is shown any more."""
        self._send(types.WorkDoneProgressEnd())
        self._token = None

    def _send(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        if self._token is not None:
            self._wire.notify(types.PROGRESS, types.ProgressParams(token=self._token, value=value))


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
        report = Report(self._wire, title, cancellable=cancel is not None)
        creating: asyncio.Task[None] | None = None
        if token is not None:
            report.begin(token)
        elif self._client().shows_progress:
            token = f"unsorry-{uuid.uuid4()}"
            creating = asyncio.create_task(self._create(token, report), name=f"show progress: {title}")
        if token is not None and cancel is not None:
            self._cancel[token] = cancel
        try:
            yield report
        finally:
            if token is not None:
                self._cancel.pop(token, None)
            report.end()
            if creating is not None:
                creating.cancel()

    async def _create(self, token: str, report: Report) -> None:
        params = types.WorkDoneProgressCreateParams(token=token)
        try:
            await self._wire.request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        except RequestError as error:
            _log.info("the client shows no progress: %s", error)
        else:
            report.begin(token)
