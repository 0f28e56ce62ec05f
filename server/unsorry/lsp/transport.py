"""How messages reach a client: over standard input and output, or over TCP.

The loop is never blocked: standard input is read and standard output written by threads that the interpreter does not
wait for when it ends, and a client that reads nothing only makes its own queue longer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final, Protocol

from unsorry.errors import InputError
from unsorry.lsp.protocol import Wire

_log = logging.getLogger(__name__)

#: The longest message that is taken, in bytes.
MESSAGE_LIMIT: Final = 256 * 1024 * 1024
#: How long a client may take to read what is left for it when the connection ends, in seconds.
FLUSH_SECONDS: Final = 2.0

_CHUNK: Final = 65536
_LENGTH: Final = re.compile(rb"[0-9]{1,12}")


class Session(Protocol):
    """The server's side of one connection."""

    @property
    def wire(self) -> Wire: ...

    async def close(self) -> None:
        """Ends all that the session has started.  Called once, when the connection has ended."""
        ...


MakeSession = Callable[[], Session]
Ready = Callable[[str, int], None]


class _FramingError(Exception):
    """The stream is no sequence of messages, so that nothing after this point can be understood."""


async def serve_stdio(make_session: MakeSession) -> int:
    """Serves one client over the process's standard streams, and returns the status to exit with.

    From then on, the standard streams are private to the protocol: what anything else prints goes to standard error.
    """
    source, target = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    reader = asyncio.StreamReader()
    threading.Thread(
        target=_pump, args=(source, reader, asyncio.get_running_loop()), name="standard input", daemon=True
    ).start()
    output = _Output(target)
    session = make_session()
    session.wire.connect(output.write)
    try:
        await _converse(session.wire, reader)
    finally:
        await _end(session)
        await output.close()
    return session.wire.exit_status


async def serve_tcp(host: str, port: int, make_session: MakeSession, ready: Ready) -> None:
    """Serves every client that connects, each with a session of its own, until this task is cancelled.

    ``ready`` is told where the server listens, for port 0 means any that is free.

    Raises:
        InputError: it can't listen there.
    """
    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve_connection(reader, writer, make_session))
        connections.add(task)
        task.add_done_callback(connections.discard)

    try:
        server = await asyncio.start_server(connected, host, port)
    except OSError as error:
        raise InputError(f"{host}:{port} can't be listened on ({error.strerror}); choose another port") from error
    try:
        address = server.sockets[0].getsockname()
        ready(address[0], address[1])
        await server.serve_forever()
    finally:
        server.close()
        for task in connections:
            task.cancel()
        if connections:
            await asyncio.wait(connections)


async def _serve_connection(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, make_session: MakeSession
) -> None:
    try:
        session = make_session()
        session.wire.connect(writer.write)
        try:
            await _converse(session.wire, reader)
        finally:
            await _end(session)
    # One client's misfortune is not the others'.
    except Exception:
        _log.exception("a connection failed")
    finally:
        writer.close()
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await writer.wait_closed()
        except (OSError, TimeoutError):
            writer.transport.abort()


async def _converse(wire: Wire, reader: asyncio.StreamReader) -> None:
    """Hands in one message after another until the client says ``exit`` or is gone."""
    try:
        async for body in _messages(reader):
            wire.receive(body)
            if wire.exited:
                return
            # The work of a request has its first turn before the next message, so that it sees the documents as they
            # were when it was asked.
            await asyncio.sleep(0)
    except _FramingError as error:
        _log.error("the connection is closed: %s", error)
    except OSError as error:
        _log.warning("the connection broke: %s", error.strerror)


async def _end(session: Session) -> None:
    session.wire.abandon()
    try:
        await session.close()
    # The connection is over: what is left is to flush what was said, whatever went wrong here.
    except Exception:
        _log.exception("the session could not be closed properly")


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The bodies of the messages, until the stream ends.

    Raises:
        _FramingError: it ended within a message, or a message does not say how long it is.
    """
    try:
        while (length := await _head(reader)) is not None:
            yield await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        raise _FramingError("it ended within a message") from None


async def _head(reader: asyncio.StreamReader) -> int | None:
    """The length that a message's headers announce; None where the stream ends before any."""
    length: int | None = None
    first = True
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if first and not error.partial:
                return None
            raise
        except asyncio.LimitOverrunError:
            raise _FramingError("a header is too long") from None
        first = False
        line = line.strip()
        if not line:
            break
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = _length(value.strip())
    if length is None:
        raise _FramingError("a message does not say its length")
    return length


def _length(value: bytes) -> int:
    if not _LENGTH.fullmatch(value) or int(value) > MESSAGE_LIMIT:
        raise _FramingError("the announced length of a message is not one")
    return int(value)


def _pump(source: int, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    """Reads a file descriptor until it ends; runs in a thread."""
    # A loop that is closed takes nothing any more.
    with suppress(RuntimeError):
        while data := _read(source):
            loop.call_soon_threadsafe(reader.feed_data, data)
        loop.call_soon_threadsafe(reader.feed_eof)


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError:
        return b""


class _Output:
    """Writes to a file descriptor, in order, in a thread of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        threading.Thread(target=self._run, name="standard output", daemon=True).start()

    def write(self, data: bytes) -> None:
        self._queue.put(data)

    async def close(self) -> None:
        """Waits, but not for ever, until all is written."""
        self._queue.put(None)
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._ended.wait()

    def _run(self) -> None:
        try:
            while (data := self._queue.get()) is not None:
                left = memoryview(data)
                while left:
                    left = left[os.write(self._target, left) :]
        except OSError as error:
            _log.warning("the client takes no more output: %s", error.strerror)
            while self._queue.get() is not None:
                continue
        os.close(self._target)
        # The loop is closed where this took longer than anyone waited.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set)
