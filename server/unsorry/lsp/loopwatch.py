"""Notices when one callback holds the event loop for too long, and where."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

_FRAMES: Final = 4


class LoopWatch:
    """A thread that looks at how long ago the loop last had its turn.

    On a busy machine the loop can be late through no fault of its own.  So what is taken off is the time for which its
    thread waited for a processor, where the system tells that (Linux), or the time by which this thread itself was
    late although the process used no processor, whichever is more; and a loop that sits in its selector is not blocked,
    whatever the clock says.  Where the loop was held is where it was seen most often meanwhile.
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
        turn, excused, seen = self._turn, 0.0, Counter[str]()
        looked, waited, used = time.monotonic(), self._waited(), time.process_time()
        counted = False
        while not self._ended.wait(self._tick):
            before = looked, waited, used
            looked, waited, used = time.monotonic(), self._waited(), time.process_time()
            if self._turn != turn:
                turn, excused, counted = self._turn, 0.0, False
                seen.clear()
                continue
            late = looked - before[0] - 2 * self._tick - (used - before[2])
            excused += max(0.0, late, waited - before[1])
            if self._is_stall(looked - turn - excused, seen) and not counted:
                counted = True
                self.stalls += 1

    def _waited(self) -> float:
        """For how long the loop's thread has waited for a processor, in seconds; 0 where nobody tells."""
        if self._waits is not None:
            # Time that it ran, time that it waited, both in nanoseconds, and how often it ran.
            with suppress(OSError, ValueError, IndexError):
                return int(self._waits.read_text("ascii").split()[1]) / 1e9
        return 0.0

    def _is_stall(self, held: float, seen: Counter[str]) -> bool:
        """Is the loop held too long by some code?  Keeps the worst case, and counts in ``seen`` where it was met."""
        frame = sys._current_frames().get(self._loop_thread)  # pyright: ignore[reportPrivateUsage]
        if held <= self._threshold / 2 or frame is None or frame.f_code.co_filename.endswith("selectors.py"):
            return False
        seen["".join(traceback.format_stack(frame)[-_FRAMES:])] += 1
        if held <= self._threshold:
            return False
        if self.worst is None or held > self.worst[0]:
            self.worst = held, seen.most_common(1)[0][0]
        return True
