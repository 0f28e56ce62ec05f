"""Notices when one callback holds the event loop for too long, and where."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Final

_FRAMES: Final = 4


class LoopWatch:
    """A thread that looks at how long ago the loop last had its turn.

    On a busy machine the loop can be late through no fault of its own.  So the time for which its thread waited for a
    processor is taken off where the system tells that (Linux), elsewhere the time by which this thread itself was
    late; and a loop that sits in its selector is not blocked, whatever the clock says.
    """

    def __init__(self, threshold_seconds: float) -> None:
        self.stalls = 0
        self.worst: tuple[float, str] | None = None
        self._threshold = threshold_seconds
        self._tick = threshold_seconds / 10
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loop watch", daemon=True)
        self._turn = 0.0
        self._loop_thread = 0
        self._waits: Path | None = None
        self._heartbeat: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watches the running loop."""
        self._turn = time.monotonic()
        self._loop_thread = threading.get_ident()
        waits = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._waits = waits if waits.exists() else None
        self._heartbeat = asyncio.create_task(self._beat())
        self._thread.start()

    async def stop(self) -> None:
        self._ended.set()
        await asyncio.to_thread(self._thread.join)
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.wait([self._heartbeat])

    async def _beat(self) -> None:
        while True:
            self._turn = time.monotonic()
            await asyncio.sleep(self._tick)

    def _run(self) -> None:
        turn, excused, counted = self._turn, 0.0, False
        looked, waited = time.monotonic(), self._waited()
        while not self._ended.wait(self._tick):
            now = time.monotonic()
            before, waited = waited, self._waited()
            late = max(0.0, now - looked - 2 * self._tick) if waited is None or before is None else waited - before
            looked = now
            if self._turn != turn:
                turn, excused, counted = self._turn, 0.0, False
                continue
            excused += late
            if self._is_stall(now - turn - excused) and not counted:
                counted = True
                self.stalls += 1

    def _waited(self) -> float | None:
        """For how long the loop's thread has waited for a processor, in seconds; None where nobody tells."""
        if self._waits is not None:
            # Time that it ran, time that it waited, both in nanoseconds, and how often it ran.
            with suppress(OSError, ValueError, IndexError):
                return int(self._waits.read_text("ascii").split()[1]) / 1e9
        return None

    def _is_stall(self, held: float) -> bool:
        """Is the loop held too long by some code?  Keeps the worst case."""
        frame = sys._current_frames().get(self._loop_thread)  # pyright: ignore[reportPrivateUsage]
        if held <= self._threshold or frame is None or frame.f_code.co_filename.endswith("selectors.py"):
            return False
        if self.worst is None or held > self.worst[0]:
            self.worst = held, "".join(traceback.format_stack(frame)[-_FRAMES:])
        return True
