"""Owns a process that works with a model: started in a group of its own, killed as a whole, reaped.

Much like :mod:`unsorry.provers.process`, which belongs to the provers and is not known here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from collections import deque
from typing import Any, Final

import psutil

Json = dict[str, Any]

#: Longest line of the child, in bytes.  Replies are bounded by their tokens, so only a fault makes a longer one.
_LINE_LIMIT: Final = 16 * 1024 * 1024

#: How long the child may take to end by itself once its input is closed, in seconds.
_GRACE: Final = 0.5


def _environment(*, local_only: bool) -> dict[str, str]:
    """This process's own, with what keeps the libraries from talking and from holding the cores while they wait."""
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "KMP_BLOCKTIME": "0",
    }
    if local_only:
        environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return environment


class Child:
    """A running program of ours.  Messages come through :meth:`next`, None once it has closed its output."""

    def __init__(self, process: asyncio.subprocess.Process, token: str) -> None:
        """Takes ownership of ``process``; use :meth:`start`."""
        self._process = process
        self._token = token
        self._words: deque[str] = deque(maxlen=20)
        self._inbox: asyncio.Queue[Json | None] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]

    @classmethod
    async def start(cls, module: str, *arguments: str, local_only: bool) -> Child:
        """Starts a module as a program: its first argument is the token that its lines begin with.

        Raises:
            OSError: that can't be done.
        """
        token = f"unsorry-{secrets.token_hex(8)} "
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            token,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(local_only=local_only),
            limit=_LINE_LIMIT,
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        return cls(process, token)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The last line that it wrote on standard error."""
        return next((line for line in reversed(self._words) if line.strip()), "").strip()

    async def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            while line := await stream.readline():
                text = line.decode("utf-8", "replace")
                if text.startswith(self._token):
                    self._inbox.put_nowait(json.loads(text[len(self._token) :]))
        except ValueError:
            # A line that is too long, or half a line: either way there is no telling what comes next.
            self.kill()
        finally:
            self._inbox.put_nowait(None)

    async def _read_errors(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        with contextlib.suppress(ValueError):
            while line := await stream.readline():
                self._words.append(line.decode("utf-8", "replace").rstrip())

    def send(self, message: Json) -> None:
        """Writes one message; a child that is gone is seen by :meth:`next`."""
        stream = self._process.stdin
        assert stream is not None
        with contextlib.suppress(OSError, RuntimeError):
            stream.write(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    async def next(self) -> Json | None:
        """Its next message; None when it is gone."""
        message = await self._inbox.get()
        if message is None:
            self._inbox.put_nowait(None)
        return message

    def memory(self) -> int:
        """Its resident memory in bytes; 0 when it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """Ends it and what it started, now."""
        if self._process.returncode is not None:
            return
        if sys.platform == "win32":
            with contextlib.suppress(psutil.Error):
                for one in psutil.Process(self.pid).children(recursive=True):
                    one.kill()
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def close(self) -> int | None:
        """Closes its input, kills it if it does not end, reaps it, and gives its exit code."""
        stream = self._process.stdin
        if stream is not None:
            stream.close()
        try:
            await asyncio.wait_for(self._process.wait(), _GRACE)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        finally:
            self.kill()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        return self._process.returncode
