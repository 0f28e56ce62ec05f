"""The service that runs programs for an ML process, as Isabelle/Scala's does for its own.

ML runs no program itself: ``Isabelle_System.bash_process`` sends a script to the service whose address and password
are in the options ``bash_process_address`` and ``bash_process_password``, and Sledgehammer and ``smt`` reach their
external provers that way.  The protocol is that of ``Bash.Server`` in ``src/Pure/System/bash.scala``: a line with the
password, then one message, which is a line with the lengths of its chunks and the chunks.  A message ``run`` is
answered by ``uuid`` and, when the program has ended, by ``result``; ``kill`` with that identification comes in over a
connection of its own.

Only who knows the password is served.  It travels in the environment of the ML process, as the driver's token does, so
only that process and who may read its memory know it; and a candidate can't make the process use it, for the gate lets
no ML pass.

Every program is the head of a process group, and nothing of the group outlives the connection that asked for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from unsorry.provers.isabelle import yxml
from unsorry.provers.process import Launch

_log = logging.getLogger(__name__)

#: What the ML process finds the service by.
ADDRESS_VARIABLE: Final = "UNSORRY_ISABELLE_PROGRAMS"
PASSWORD_VARIABLE: Final = "UNSORRY_ISABELLE_PROGRAMS_PASSWORD"

#: What is Unsorry's own in the environment of the ML process, and no business of the programs.
_PREFIX: Final = "UNSORRY_ISABELLE_"

_HOST: Final = "127.0.0.1"

#: Most bytes of a message, and of what a program writes on either of its streams: a string of ML holds 64 MiB.
LIMIT: Final = 32 * 2**20

#: How long a client may take to say the password and what it wants, in seconds.
_GREETING: Final = 10.0

#: How long a program that is told to end may take to put its own things away, in seconds.
_GRACE: Final = 0.2

#: What Isabelle knows a program by that was ended at its time limit, or was told to end.
_TIMEOUT_RC: Final = 142
_INTERRUPT_RC: Final = 130


class _TooLongError(Exception):
    """More than is taken."""


class Programs:
    """The service for one ML process."""

    def __init__(self, server: asyncio.Server, folder: Path) -> None:
        """Takes ownership of both; use :meth:`start`."""
        self._server = server
        self._folder = folder
        #: Where it listens, as Isabelle writes addresses.
        self.address = f"{_HOST}:{server.sockets[0].getsockname()[1]}"
        #: What a client has to say first.
        self.password = secrets.token_hex(16)
        self._environment: dict[bytes, bytes] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        # The wish that a program ends, by the identification that the ML process knows it by.
        self._ends: dict[bytes, asyncio.Event] = {}

    @classmethod
    async def start(cls) -> Programs | None:
        """Starts the service; None on Windows, where Isabelle's scripts are for the bash of its own Cygwin."""
        if sys.platform == "win32":
            return None
        # Nobody can connect before there is something to serve them: the event loop has no turn in between.
        made: list[Programs] = []

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await made[0]._connection(reader, writer)

        server = await asyncio.start_server(greet, _HOST, 0)
        made.append(cls(server, Path(tempfile.mkdtemp(prefix="unsorry-programs-"))))
        return made[0]

    def announced(self, launch: Launch) -> Launch:
        """A command line whose process is told of the service."""
        before = os.environ if launch.environment is None else launch.environment
        told = {ADDRESS_VARIABLE: self.address, PASSWORD_VARIABLE: self.password}
        return replace(launch, environment={**before, **told})

    def serve(self, pid: int) -> None:
        """Gives programs the environment of the ML process, which Isabelle's settings have made."""
        try:
            found: Mapping[str, str] = psutil.Process(pid).environ()
        except (psutil.Error, OSError) as error:
            _log.warning("the environment of the Isabelle process can't be read: %s", error)
            found = os.environ
        self._environment = {
            os.fsencode(name): os.fsencode(value) for name, value in found.items() if not name.startswith(_PREFIX)
        }

    @property
    def running(self) -> int:
        """How many programs run."""
        return len(self._ends)

    def end_all(self) -> None:
        """Has all programs end that run now."""
        for end in self._ends.values():
            end.set()

    async def close(self) -> None:
        """Ends all programs and the service.  Calling it twice is fine."""
        self._server.close()
        tasks = list(self._serving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    # Connections

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, ValueError) as error:
            _log.debug("a request to run a program came to nothing: %s", error)
        except asyncio.CancelledError:
            # The service is closed.  Nobody waits for this task but `close`.
            pass
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_GREETING):
            line = await reader.readline()
            if not hmac.compare_digest(line.strip(), self.password.encode()):
                _log.warning("somebody without the password wanted a program to be run")
                return
            message = await _read(reader)
        match message:
            case [b"kill", ident]:
                if (end := self._ends.get(ident)) is not None:
                    end.set()
            case [b"run", script, given, cwd, variables, redirect, seconds, _description]:
                answer = await self._answer(
                    reader,
                    writer,
                    script,
                    given,
                    yxml.optional_text(cwd),
                    yxml.text_pairs(variables),
                    redirect == b"true",
                    float(seconds),
                )
                await _write(writer, answer)
            case _:
                await _write(writer, [b"failure", b"Bad protocol message"])

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        script: bytes,
        given: bytes,
        cwd: bytes | None,
        variables: list[tuple[bytes, bytes]],
        redirect: bool,
        seconds: float,
    ) -> list[bytes]:
        """Runs a script; what is to be said of it in the end."""
        ident = str(uuid.uuid4()).encode()
        environment = {**(os.environb if self._environment is None else self._environment), **dict(variables)}
        begun = time.monotonic()
        try:
            process = await self._start(ident, script, cwd, environment, redirect)
        except OSError as error:
            return [b"failure", f"bash can't be run: {error.strerror or error}".encode()]
        end = self._ends[ident] = asyncio.Event()
        work = asyncio.create_task(_communicate(process, given))
        # A client that closes its connection wants nothing any more.
        gone = asyncio.create_task(_ended(reader))
        told = asyncio.create_task(end.wait())
        try:
            await _write(writer, [b"uuid", ident])
            limit = seconds if seconds > 0 else None
            await asyncio.wait({work, gone, told}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            stopped, late = gone.done() or told.done(), not work.done()
            if late:
                await _end(process)
            try:
                out, err = await work
            except _TooLongError:
                return [b"failure", f"the program wrote more than {LIMIT // 2**20} MiB".encode()]
        finally:
            del self._ends[ident]
            for task in (work, gone, told):
                task.cancel()
            _kill(process)
            await asyncio.gather(work, gone, told, return_exceptions=True)
            await _reap(process)
            self._script(ident).unlink(missing_ok=True)
        code = process.returncode or 0
        if late:
            code = _INTERRUPT_RC if stopped else _TIMEOUT_RC
        elif code < 0:
            code = 128 - code
        # How much of the time was the processor's is not known; nothing in Isabelle depends on it.
        milliseconds = round((time.monotonic() - begun) * 1000)
        lines = [_lines(out), _lines(err)]
        numbers = [code, milliseconds, 0, len(lines[0])]
        return [b"result", *(b"%d" % n for n in numbers), *lines[0], *lines[1]]

    def _script(self, ident: bytes) -> Path:
        return self._folder / ident.decode()

    async def _start(
        self, ident: bytes, script: bytes, cwd: bytes | None, environment: Mapping[bytes, bytes], redirect: bool
    ) -> asyncio.subprocess.Process:
        # In a file, for a script may be longer than an argument can be.
        path = self._script(ident)
        path.write_bytes(script)
        bash = shutil.which("bash", path=os.fsdecode(environment.get(b"PATH", b"")) or None) or "bash"
        return await asyncio.create_subprocess_exec(
            bash,
            path,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if redirect else asyncio.subprocess.PIPE,
            cwd=cwd,
            env=environment,
            start_new_session=True,
        )


# Messages


async def _read(reader: asyncio.StreamReader) -> list[bytes]:
    lengths = [int(n) for n in (await reader.readline()).decode("ascii").split(",")]
    if any(n < 0 for n in lengths) or sum(lengths) > LIMIT:
        raise ValueError("a message is too long")
    return [await reader.readexactly(n) for n in lengths]


async def _write(writer: asyncio.StreamWriter, chunks: list[bytes]) -> None:
    header = ",".join(str(len(c)) for c in chunks).encode()
    writer.write(b"".join([header, b"\n", *chunks]))
    await writer.drain()


async def _ended(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        await reader.read(1)


def _lines(data: bytes) -> list[bytes]:
    """Lines as Isabelle/Scala splits them: the last end of line begins no further one."""
    if not data:
        return []
    return [line.removesuffix(b"\r") for line in data.removesuffix(b"\n").split(b"\n")]


# Programs


async def _communicate(process: asyncio.subprocess.Process, given: bytes) -> tuple[bytes, bytes]:
    """What it writes, until it has ended and all of its streams with it.

    Raises:
        _TooLongError: that is more than is taken.
    """
    out, err = (asyncio.create_task(_take(stream)) for stream in (process.stdout, process.stderr))
    giving = asyncio.create_task(_give(process.stdin, given))
    try:
        await asyncio.gather(out, err, giving)
        await process.wait()
        return out.result(), err.result()
    finally:
        # When one of them fails the others go on, and nobody else could read these streams.
        for task in (out, err, giving):
            task.cancel()
        await asyncio.gather(out, err, giving, return_exceptions=True)


async def _take(stream: asyncio.StreamReader | None) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while stream is not None and (piece := await stream.read(2**16)):
        pieces.append(piece)
        size += len(piece)
        if size > LIMIT:
            raise _TooLongError
    return b"".join(pieces)


async def _give(stream: asyncio.StreamWriter | None, given: bytes) -> None:
    assert stream is not None
    # A program need not read what it is given.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(given)
        await stream.drain()
    stream.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends a program: it is told to, and has a moment to remove what it keeps in files."""
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _GRACE)
    _kill(process)


async def _reap(process: asyncio.subprocess.Process) -> None:
    """Waits until a program that was killed is gone.

    What it has written and nobody took is taken first: asyncio does not tell of an end before its streams have ended.
    """

    async def rest(stream: asyncio.StreamReader | None) -> None:
        while stream is not None and await stream.read(2**16):
            pass

    # A stream stays open where somebody else has it, too.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await asyncio.gather(rest(process.stdout), rest(process.stderr), process.wait())


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kills all of its group, and what it started in groups of their own."""
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    _signal(process, signal.SIGKILL)
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    if sys.platform != "win32":
        # The group has the number of its head for as long as any of it is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
