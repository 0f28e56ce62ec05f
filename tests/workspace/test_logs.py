"""The server's log: what is written, by whom it can be read, and that it is never a reason to fail."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from logging.handlers import BaseRotatingHandler
from pathlib import Path
from typing import Any, Final, cast

import platformdirs
import psutil
import pytest
from _pytest.logging import LogCaptureHandler

from unsorry.workspace import logs
from unsorry.workspace.logs import Forward

LOGGER: Final = logging.getLogger("unsorry.test")
WITH_MODES: Final = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Ends the log with the test, which leaves everything as it was."""
    before = _loggers()
    threads = threading.active_count()
    yield
    logs.stop()
    assert _loggers() == before
    assert threading.active_count() <= threads


def _loggers() -> list[tuple[list[logging.Handler], int]]:
    """What handles records, but for pytest's own, which come and go as it likes."""
    loggers = (logging.getLogger(), logging.getLogger("unsorry"))
    return [([h for h in x.handlers if not isinstance(h, LogCaptureHandler)], x.level) for x in loggers]


def started(level: str, folder: Path) -> Path:
    path = logs.start(level, folder)
    assert path is not None
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    """What is in the file, when all of it is."""
    logs.stop()
    return [cast("dict[str, Any]", json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_record_is_a_line_of_json(tmp_path: Path) -> None:
    path = started("info", tmp_path)
    assert path == tmp_path / f"server-{os.getpid()}.log"
    before = time.time()
    LOGGER.info("∀ x, %s\nnext \udc80", "“x”", extra={"fields": {"uri": "file:///a", "at": Path("a"), "level": 3}})
    (line,) = lines(path)
    written = datetime.fromisoformat(line.pop("time"))
    assert written.utcoffset() is not None
    assert before - 1 <= written.timestamp() <= time.time() + 1
    assert line == {
        "level": "info",
        "logger": "unsorry.test",
        "message": "∀ x, “x”\nnext \udc80",
        "uri": "file:///a",
        "at": "a",
    }
    assert path.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    ("level", "ours"),
    [("error", ["e"]), ("warning", ["w", "e"]), ("info", ["i", "w", "e"]), ("debug", ["d", "i", "w", "e"])],
)
def test_ours_from_the_level_on_and_others_from_warning_on(tmp_path: Path, level: str, ours: list[str]) -> None:
    path = started(level, tmp_path)
    other = logging.getLogger("unsorryish.library")
    other.setLevel(logging.DEBUG)
    for logger in (LOGGER, logging.getLogger("unsorry"), other):
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
        logger.error("e")
    found = lines(path)
    for name, wanted in (("unsorry.test", ours), ("unsorry", ours), ("unsorryish.library", ["w", "e"])):
        assert [line["message"] for line in found if line["logger"] == name] == wanted


def test_a_record_is_written_once_whether_or_not_it_is_handed_to_the_root(tmp_path: Path) -> None:
    path = started("info", tmp_path)
    logger = logging.getLogger("unsorry")
    before = logger.propagate
    try:
        logger.propagate = True
        LOGGER.info("up to the root")
        logger.propagate = False
        LOGGER.info("not up to it")
    finally:
        logger.propagate = before
    assert [line["message"] for line in lines(path)] == ["up to the root", "not up to it"]


def test_an_exception_has_its_traceback(tmp_path: Path) -> None:
    path = started("info", tmp_path)
    try:
        raise ValueError("the reason")
    except ValueError:
        LOGGER.exception("that failed")
    (line,) = lines(path)
    assert line["message"] == "that failed"
    assert line["traceback"].startswith("Traceback")
    assert line["traceback"].endswith("ValueError: the reason")
    assert "test_logs.py" in line["traceback"]


@WITH_MODES
def test_nobody_else_can_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_SIZE", 200)
    previous = os.umask(0)
    try:
        started("info", tmp_path / "a" / "logs")
        for _ in range(5):
            LOGGER.info("x" * 150)
        logs.stop()
    finally:
        os.umask(previous)
    folder = tmp_path / "a" / "logs"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_SIZE", 1000)
    path = started("info", tmp_path)
    for number in range(200):
        LOGGER.info("line %d", number)
    last = lines(path)[-1]
    assert last["message"] == "line 199"
    files = sorted(tmp_path.iterdir())
    assert files == [path, *(path.with_name(f"{path.name}.{n}") for n in (1, 2, 3))]
    assert all(file.stat().st_size <= 1000 for file in files)


def test_the_newest_files_are_kept_and_those_of_running_servers(tmp_path: Path) -> None:
    gone = [pid for pid in range(900_000, 999_999) if not psutil.pid_exists(pid)][:14]
    now = time.time()

    def old(name: str, age: int) -> Path:
        path = tmp_path / name
        path.write_text("{}\n", encoding="utf-8")
        os.utime(path, (now - age, now - age))
        return path

    ended = [old(f"server-{pid}.log{'.1' * (pid % 2)}", age) for age, pid in enumerate(gone, start=1)]
    runs = old(f"server-{os.getppid()}.log", 1000)
    foreign = [old("server.log", 1000), old("server-x.log", 1000), old("server-1.txt", 1000)]
    path = started("info", tmp_path)
    # Its own file is one of the ten.
    assert set(tmp_path.iterdir()) == {path, *ended[:9], runs, *foreign}


def test_without_a_folder_it_is_where_logs_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def user_log_path(name: str, *, appauthor: bool) -> Path:
        return tmp_path / name / str(appauthor)

    monkeypatch.setattr(platformdirs, "user_log_path", user_log_path)
    assert logs.start("info") == tmp_path / "unsorry" / "False" / f"server-{os.getpid()}.log"


def test_an_unwritable_folder_is_a_warning_and_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert logs.start("info", tmp_path / "file") is None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"no log is kept: {tmp_path / 'file'}")
    LOGGER.error("still fine")
    logs.stop()


def test_a_second_start_takes_the_place_of_the_first(tmp_path: Path) -> None:
    first = started("debug", tmp_path / "a")
    LOGGER.debug("one")
    second = started("info", tmp_path / "b")
    LOGGER.debug("two")
    LOGGER.info("three")
    assert [line["message"] for line in lines(second)] == ["three"]
    assert [line["message"] for line in lines(first)] == ["one"]
    logs.stop()


@pytest.mark.usefixtures("loop_watch")
async def test_a_slow_disk_does_not_hold_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = started("info", tmp_path)
    written = threading.Event()
    emit = BaseRotatingHandler.emit

    def slow(handler: BaseRotatingHandler, record: logging.LogRecord) -> None:
        time.sleep(0.4)
        emit(handler, record)
        written.set()

    monkeypatch.setattr(BaseRotatingHandler, "emit", slow)
    LOGGER.info("slow")
    assert await asyncio.to_thread(written.wait, 20)
    (line,) = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    assert line["message"] == "slow"


def test_servers_side_by_side_write_to_files_of_their_own(tmp_path: Path) -> None:
    program = (
        "import logging, pathlib, sys\n"
        "from unsorry.workspace import logs\n"
        "logs.start('info', pathlib.Path(sys.argv[1]))\n"
        "for n in range(300): logging.getLogger('unsorry').info('%s %d', sys.argv[2], n)\n"
        "logs.stop()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    servers = [subprocess.Popen([*command, name]) for name in ("a", "b", "c")]
    assert [server.wait(60) for server in servers] == [0, 0, 0]
    for server, name in zip(servers, ("a", "b", "c"), strict=True):
        found = lines(tmp_path / f"server-{server.pid}.log")
        assert [line["message"] for line in found] == [f"{name} {n}" for n in range(300)]


def test_records_are_handed_on_as_one_line(tmp_path: Path) -> None:
    del tmp_path
    told: list[tuple[int, str]] = []
    handler = Forward(lambda level, message: told.append((level, message)), logging.WARNING)
    LOGGER.addHandler(handler)
    try:
        LOGGER.info("too quiet")
        LOGGER.warning("one\n  two  %s", "three")
        try:
            raise ValueError("the reason")
        except ValueError:
            LOGGER.exception("that failed")
    finally:
        LOGGER.removeHandler(handler)
    assert told == [(logging.WARNING, "one two three"), (logging.ERROR, "that failed")]


def test_what_is_logged_while_handing_on_is_not_handed_on() -> None:
    told: list[str] = []

    def tell(level: int, message: str) -> None:
        told.append(message)
        LOGGER.log(level, "sent %s", message)

    handler = Forward(tell)
    LOGGER.addHandler(handler)
    try:
        LOGGER.error("one")
        LOGGER.error("two")
    finally:
        LOGGER.removeHandler(handler)
    assert told == ["one", "two"]


def test_who_cannot_be_told_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    attempts: list[str] = []

    def tell(level: int, message: str) -> None:
        del level
        attempts.append(message)
        raise ConnectionError("the editor is gone")

    handler = Forward(tell)
    LOGGER.addHandler(handler)
    try:
        LOGGER.error("one")
        LOGGER.error("two")
    finally:
        LOGGER.removeHandler(handler)
    assert attempts == ["one", "two"]
    assert "the editor is gone" in capsys.readouterr().err
