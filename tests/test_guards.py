"""The guards of conftest.py can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")


@pytest.fixture
def guarded(pytester: pytest.Pytester) -> pytest.Pytester:
    """A test folder of its own under the same guards."""
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def check(guarded: pytest.Pytester, source: str, *, passed: int = 0, failed: int = 0, says: str = "") -> None:
    guarded.makepyfile(source)
    result = guarded.runpytest_subprocess("-p", "no:cacheprovider")
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) == passed
    assert outcomes.get("errors", 0) == failed
    assert says in result.stdout.str()


def test_a_child_left_behind_is_an_error(guarded: pytest.Pytester) -> None:
    check(
        guarded,
        """
        import subprocess, sys
        def test_leaves():
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)  # forgotten"])
        """,
        passed=1,
        failed=1,
        says="forgotten",
    )


@pytest.mark.skipif("sys.platform == 'win32'", reason="a killed parent's children are ended with it there")
def test_an_orphan_is_an_error(guarded: pytest.Pytester) -> None:
    check(
        guarded,
        """
        import subprocess, sys
        CHILD = "import time; time.sleep(60)  # orphan"
        PARENT = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]])"
        def test_leaves():
            subprocess.run([sys.executable, "-c", PARENT, CHILD], check=True)
        """,
        passed=1,
        failed=1,
        says="orphan",
    )


def test_an_ended_child_and_one_of_a_wider_fixture_are_fine(guarded: pytest.Pytester) -> None:
    check(
        guarded,
        """
        import subprocess, sys, pytest
        @pytest.fixture(scope="module")
        def shared():
            with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
                yield process
                process.kill()
        def test_waits(shared):
            subprocess.run([sys.executable, "-c", ""], check=True)
            assert shared.poll() is None
        """,
        passed=1,
    )


def test_a_blocked_loop_is_an_error(guarded: pytest.Pytester) -> None:
    check(
        guarded,
        """
        import asyncio, time, pytest
        @pytest.mark.usefixtures("loop_watch")
        async def test_blocks():
            await asyncio.sleep(0.05)
            time.sleep(0.4)  # the culprit
        """,
        passed=1,
        failed=1,
        says="the culprit",
    )


def test_a_loop_is_held_where_it_was_seen_most_often(guarded: pytest.Pytester) -> None:
    check(
        guarded,
        """
        import asyncio, time, pytest
        @pytest.mark.usefixtures("loop_watch")
        async def test_blocks():
            await asyncio.sleep(0.05)
            time.sleep(0.4)  # the culprit
            end = time.monotonic() + 0.05
            while time.monotonic() < end:
                pass  # a bystander
        """,
        passed=1,
        failed=1,
        says="the culprit",
    )


def test_a_waiting_loop_is_fine(guarded: pytest.Pytester) -> None:
    check(
        guarded,
        """
        import asyncio, time, pytest
        @pytest.mark.usefixtures("loop_watch")
        async def test_waits():
            await asyncio.to_thread(time.sleep, 0.4)
            await asyncio.sleep(0.3)
        """,
        passed=1,
    )
