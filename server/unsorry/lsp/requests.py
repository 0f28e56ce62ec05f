"""The ledger of what the client has asked and not been told yet.

Each request gets exactly one answer.  Cancelling answers at once and not when the work has really ended, which may take
a while: an editor waits for the answer, and the work is ours to end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from lsprotocol.types import ErrorCodes, LSPErrorCodes, ResponseError

from unsorry.errors import UnsorryError

_log = logging.getLogger(__name__)

Ident = int | str
Answer = Callable[[object], None]

_FAULT: Final = "This is a fault of Unsorry; its log has the details."


class RequestError(UnsorryError):
    """A request fails with a code of the protocol's."""

    def __init__(self, code: ErrorCodes | LSPErrorCodes | int, message: str) -> None:
        super().__init__(message)
        self.code = int(code)

    def response(self) -> ResponseError:
        return ResponseError(code=self.code, message=str(self))


def fault() -> RequestError:
    """What the client hears of an error that is nobody's intention: no path and no traceback."""
    return RequestError(ErrorCodes.InternalError, _FAULT)


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    ident: Ident
    method: str
    answer: Answer
    task: asyncio.Task[object]


class Ledger:
    """Every request that has no answer yet, and every task that has not ended yet."""

    def __init__(self) -> None:
        self._entries: dict[Ident, _Entry] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def open(self) -> int:
        """How many requests have no answer yet."""
        return len(self._entries)

    def __contains__(self, ident: Ident) -> bool:
        return ident in self._entries

    def start(self, ident: Ident, method: str, coroutine: Coroutine[Any, Any, object], answer: Answer) -> None:
        """Does the work of a request, whose ``ident`` must not be open, in a task of its own.

        ``answer`` is called once: with the result, or with a ``ResponseError``.
        """
        task = asyncio.create_task(coroutine, name=f"{method} {ident}")
        entry = _Entry(ident, method, answer, task)
        self._entries[ident] = entry
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._ended(entry))

    def cancel(self, ident: Ident) -> None:
        """Answers a request as cancelled, now, and ends its work.  One that has its answer already is left alone."""
        entry = self._entries.get(ident)
        if entry is not None:
            self._cancel(entry, "The request was cancelled.")

    def cancel_all(self, reason: str) -> None:
        """Cancels every open request but the one that asks for it."""
        present = asyncio.current_task()
        for entry in list(self._entries.values()):
            if entry.task is not present:
                self._cancel(entry, reason)

    async def drain(self) -> None:
        """Waits until the work of every request has ended, but for the one that waits."""
        present = asyncio.current_task()
        while running := {task for task in self._tasks if task is not present}:
            await asyncio.wait(running)

    def _cancel(self, entry: _Entry, reason: str) -> None:
        if entry.task.done():
            # The loop is about to tell of its end, and then it gets its own answer.
            return
        self._answer(entry, RequestError(LSPErrorCodes.RequestCancelled, reason).response())
        entry.task.cancel()

    def _ended(self, entry: _Entry) -> None:
        self._tasks.discard(entry.task)
        self._answer(entry, _outcome(entry))

    def _answer(self, entry: _Entry, outcome: object) -> None:
        if self._entries.get(entry.ident) is entry:
            del self._entries[entry.ident]
            entry.answer(outcome)


def _outcome(entry: _Entry) -> object:
    """The result of a task that has ended, or what the client is told in its place."""
    if entry.task.cancelled():
        return RequestError(LSPErrorCodes.RequestCancelled, "The request was cancelled.").response()
    match entry.task.exception():
        case None:
            return entry.task.result()
        case RequestError() as error:
            return error.response()
        case UnsorryError() as error:
            return RequestError(LSPErrorCodes.RequestFailed, str(error)).response()
        case error:
            _log.error("%s failed", entry.method, exc_info=error)
            return fault().response()
