"""One owner for each child process: started in a group of its own, watched, killed as a whole and reaped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from unsorry.errors import ProverDiedError, ToolchainError

#: Longest line that a driver may send, in bytes: a large goal with all its hypotheses stays far below.
LINE_LIMIT = 64 * 1024 * 1024

#: How long a process may take to end by itself once its input is closed, in seconds.
GRACE = 0.5


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a child.  ``environment`` is all of its environment; None means this process's own."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    cwd: Path | None = None


class ChildProcess:
    """A running child that speaks lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Takes ownership of ``process``; use :meth:`start`."""
        self._process = process
        self._errors: deque[str] = deque(maxlen=40)
        self._drain = asyncio.create_task(self._read_errors())

    @classmethod
    async def start(cls, launch: Launch) -> ChildProcess:
        """Starts the child.

        Raises:
            ToolchainError: the program is not there or can't be run.
        """
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        try:
            process = await asyncio.create_subprocess_exec(
                *launch.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=launch.cwd,
                env=launch.environment,
                limit=LINE_LIMIT,
                start_new_session=sys.platform != "win32",
                creationflags=flags,
            )
        except OSError as error:
            raise ToolchainError(f"{launch.argv[0]} can't be started: {error.strerror or error}") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id of the child (not of its own children)."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Is it still running?

        The event loop hears of an end a little later than the system does, and a request sent in between would be
        taken for what ended it.
        """
        if self._process.returncode is not None:
            return False
        try:
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return True

    @property
    def last_words(self) -> str:
        """The end of what it wrote on standard error."""
        return "\n".join(self._errors)

    async def _read_errors(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while True:
            try:
                line = await stream.readline()
            except ValueError:
                # One line over the limit: asyncio has dropped it, and its beginning is of no use.
                continue
            if not line:
                return
            self._errors.append(line.decode("utf-8", "replace").rstrip())

    async def send(self, line: str) -> None:
        """Writes one line.

        Raises:
            ProverDiedError: it is gone.
        """
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(line.encode() + b"\n")
            await stream.drain()
        except (BrokenPipeError, ConnectionResetError, RuntimeError) as error:
            raise ProverDiedError(self._epitaph()) from error

    async def lines(self) -> AsyncIterator[str]:
        """What it writes, line by line, until it closes its output."""
        stream = self._process.stdout
        assert stream is not None
        while line := await stream.readline():
            yield line.decode("utf-8", "replace").rstrip("\r\n")

    def _epitaph(self) -> str:
        code = self._process.returncode
        words = self.last_words.strip()
        how = f"with exit code {code}" if code is not None else "unexpectedly"
        return f"the prover's process ended {how}" + (f": {words.splitlines()[-1]}" if words else "")

    async def epitaph(self) -> str:
        """Waits for its end and says how it ended."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), GRACE)
        return self._epitaph()

    def memory(self) -> int:
        """Resident memory of the child and its own children, in bytes; 0 when it is gone."""
        total = 0
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            for one in [process, *process.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += one.memory_info().rss
        return total

    def kill(self) -> None:
        """Kills the child and everything it started, now."""
        children: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self.pid).children(recursive=True)
        if self._process.returncode is None:
            if sys.platform == "win32":
                self._process.kill()
            else:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()

    async def close(self) -> None:
        """Asks it to end by closing its input, kills it if it does not, and reaps it."""
        stream = self._process.stdin
        if stream is not None and not stream.is_closing():
            stream.close()
        try:
            await asyncio.wait_for(self._process.wait(), GRACE)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        finally:
            self.kill()
            self._drain.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._drain
