"""Guards that every test runs under: no child process outlives its test, and a watched event loop is never blocked."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Final

import psutil
import pytest
import pytest_asyncio

# Before anything imports them: what is asserted in helpers is to be explained as in tests.
pytest.register_assert_rewrite(
    "provers.contract", "provers.leans", "lsp.client", "lsp.lean", "provers.isabelle.isabelles"
)

from unsorry.lsp.loopwatch import LoopWatch  # noqa: E402

# Every process that a test starts inherits this variable, so that a grandchild whose parent was killed is found too.
TEST_VARIABLE: Final = "UNSORRY_TEST"
# A child that was told to end may need a moment; whoever needs longer did not wait for it.
GRACE_SECONDS: Final = 2.0
# A thread of Python's own that ends with the interpreter and not with the test.
KEPT_BY_PYTHON: Final = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

BLOCKED_SECONDS: Final = 0.1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test has printed and logged reaches whoever collects reports also where it is no sound Unicode."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


# What is not on every machine, by the mark of the tests that need it, and what to do to have it.
MAY_BE_MISSING: Final = {
    "isabelle": ("Isabelle", "set ISABELLE_HOME to run them"),
    "browser": ("VS Code", "install Chromium to run them"),
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says aloud what was not tested because it is not there."""
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    for mark, (name, remedy) in MAY_BE_MISSING.items():
        missed = [report for report in skipped if mark in report.keywords]
        if missed:
            reason = str(missed[0].longrepr[2]) if isinstance(missed[0].longrepr, tuple) else str(missed[0].longrepr)
            terminalreporter.write_sep(
                "!", f"{len(missed)} tests of {name} were SKIPPED, {remedy}: {reason}", red=True, bold=True
            )


@pytest.fixture(autouse=True, scope="session")
def nothing_remembered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests learn is kept from the user's own store, and from run to run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


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
    watch = LoopWatch(BLOCKED_SECONDS)
    watch.start()
    try:
        yield
    finally:
        await watch.stop()
    if watch.worst:
        seconds, where = watch.worst
        pytest.fail(f"the event loop was blocked for {seconds * 1000:.0f} ms or more, in:\n{where}")
