"""Runs the language server: a :class:`~unsorry.lsp.server.Server` for each connection, and one log for all."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from unsorry.engine.projects import Outfitter
from unsorry.lsp.loopwatch import LoopWatch
from unsorry.lsp.protocol import Wire
from unsorry.lsp.server import Server
from unsorry.lsp.transport import serve_stdio, serve_tcp
from unsorry.workspace.logs import Forward

_log = logging.getLogger(__name__)

#: From how long on the event loop counts as held up, in seconds.
_STALL_SECONDS = 0.05


async def serve(
    outfitter: Outfitter,
    address: tuple[str, int] | None,
    listening: Callable[[str, int], None],
    *,
    log_file: Path | None = None,
    watch_loop: bool = False,
) -> int:
    """Serves one client on standard input and output, or any number of them on an address.

    Returns the status to exit with.  ``listening`` is told the address when connections are taken.
    """
    # All that was loaded stays for good; without it there is little to look through when memory is tidied up.
    gc.collect()
    gc.freeze()
    watch = LoopWatch(_STALL_SECONDS) if watch_loop else None
    if watch is not None:
        watch.start()

    def make() -> Logged:
        return Logged(Server(outfitter, log_file=log_file, loop_watch=watch))

    try:
        if address is None:
            return await serve_stdio(make)
        await serve_tcp(*address, make, listening)
        return 0
    finally:
        if watch is not None:
            await watch.stop()


class Logged:
    """A server whose client hears what is logged."""

    def __init__(self, server: Server) -> None:
        """Logs to the client from now until :meth:`close`."""
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._forward = Forward(self._tell_from_anywhere, logging.INFO)
        logging.getLogger("unsorry").addHandler(self._forward)

    @property
    def wire(self) -> Wire:
        """The connection."""
        return self._server.wire

    def _tell_from_anywhere(self, level: int, message: str) -> None:
        # The loop may be closed already when the last words are said.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, level, message)

    def _tell(self, level: int, message: str) -> None:
        if not self._server.listening:
            return
        kinds = [
            (logging.ERROR, types.MessageType.Error),
            (logging.WARNING, types.MessageType.Warning),
            (logging.INFO, types.MessageType.Info),
        ]
        kind = next((kind for least, kind in kinds if level >= least), types.MessageType.Log)
        self.wire.notify(types.WINDOW_LOG_MESSAGE, types.LogMessageParams(kind, message))

    async def close(self) -> None:
        """Ends the server."""
        try:
            await self._server.close()
        finally:
            logging.getLogger("unsorry").removeHandler(self._forward)
