"""Guards that every test runs under: no child process outlives its test, and a watched event loop is never blocked."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Final

import psutil
import pytest
import pytest_asyncio

# Every process that a test starts inherits this variable, so that a grandchild whose parent was killed is found too.
TEST_VARIABLE: Final = "UNSORRY_TEST"
# A child that was told to end may need a moment; whoever needs longer did not wait for it.
GRACE_SECONDS: Final = 2.0
# A thread of Python's own that ends with the interpreter and not with the test.
KEPT_BY_PYTHON: Final = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

BLOCKED_SECONDS: Final = 0.1
_TICK_SECONDS: Final = 0.01


@pytest.fixture(autouse=True)
def no_child_left() -> Iterator[None]:
    """Fails a test that leaves processes behind, and ends them.

    Processes of session and module fixtures were there before the test and are not its own.
    """
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    mark = uuid.uuid4().hex
    previous = os.environ.get(TEST_VARIABLE)
    os.environ[TEST_VARIABLE] = mark
    try:
        yield
    finally:
        if previous is None:
            os.environ.pop(TEST_VARIABLE, None)
        else:
            os.environ[TEST_VARIABLE] = previous
    left = _left_behind(before, mark)
    _, left = psutil.wait_procs(left, timeout=GRACE_SECONDS)
    if left:
        named = [f"{process.pid} {_command_line(process)}" for process in left]
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=GRACE_SECONDS)
        pytest.fail("the test left processes behind:\n" + "\n".join(named))


def _left_behind(before: set[int], mark: str) -> list[psutil.Process]:
    found = {process.pid: process for process in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if process.environ().get(TEST_VARIABLE) == mark:
                found[process.pid] = process
        except (psutil.Error, OSError):  # another user's process, or one that is ending
            continue
    own = {os.getpid(), *before}
    return [process for pid, process in found.items() if pid not in own and not _is_pythons_own(process)]


def _is_pythons_own(process: psutil.Process) -> bool:
    return any(name in _command_line(process) for name in KEPT_BY_PYTHON)


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:200] or f"({process.name()}, {process.status()})"
    except psutil.Error:
        return "(gone)"


@pytest_asyncio.fixture
async def loop_watch() -> AsyncIterator[None]:
    """Fails an async test during which one callback held the event loop for more than 100 ms.

    Ask for it with ``@pytest.mark.usefixtures("loop_watch")``.  The failure shows where the loop was held.
    """
    watch = _LoopWatch(threading.get_ident())
    heartbeat = asyncio.create_task(watch.beat())
    thread = threading.Thread(target=watch.run, name="loop watch", daemon=True)
    await asyncio.sleep(0)
    thread.start()
    try:
        yield
    finally:
        watch.ended.set()
        await asyncio.to_thread(thread.join)
        heartbeat.cancel()
        await asyncio.wait([heartbeat])
    if watch.worst:
        seconds, where = watch.worst
        pytest.fail(f"the event loop was blocked for {seconds * 1000:.0f} ms or more, in:\n{where}")


class _LoopWatch:
    """A thread that looks at how long ago the loop last had its turn.

    On a busy machine the loop can be late through no fault of its own.  So the time by which this thread itself was
    late is taken off, and a loop that sits in its selector is not blocked, whatever the clock says.
    """

    def __init__(self, loop_thread: int) -> None:
        self.ended = threading.Event()
        self.worst: tuple[float, str] | None = None
        self._loop_thread = loop_thread
        self._turn = time.monotonic()

    async def beat(self) -> None:
        while True:
            self._turn = time.monotonic()
            await asyncio.sleep(_TICK_SECONDS)

    def run(self) -> None:
        turn, excused = self._turn, 0.0
        looked = time.monotonic()
        while not self.ended.wait(_TICK_SECONDS):
            now = time.monotonic()
            late = max(0.0, now - looked - 2 * _TICK_SECONDS)
            looked = now
            if self._turn != turn:
                turn, excused = self._turn, 0.0
                continue
            excused += late
            self._note(now - turn - excused)

    def _note(self, held: float) -> None:
        frame = sys._current_frames().get(self._loop_thread)  # pyright: ignore[reportPrivateUsage]
        if held <= BLOCKED_SECONDS or frame is None or frame.f_code.co_filename.endswith("selectors.py"):
            return
        if self.worst is None or held > self.worst[0]:
            self.worst = held, "".join(traceback.format_stack(frame)[-4:])
