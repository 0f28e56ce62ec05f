"""The log of a server: JSON lines in files of its own, written by a thread of its own.

Each process writes to its own file, ``server-<process id>.log``, so that several servers don't write into one
another's.  A line has the time, the level, the logger's name and the message; what a record brings in
``extra={"fields": {...}}`` stands beside them, and an exception with its traceback.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, cast

import platformdirs
import psutil

_log: Final = logging.getLogger(__name__)

_OURS: Final = "unsorry"
_SIZE: Final = 2 * 1024 * 1024
_GENERATIONS: Final = 4
_FILES: Final = 10
_NAME: Final = re.compile(r"server-(\d+)\.log(\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Running:
    """What `stop` has to undo."""

    listener: QueueListener
    file: RotatingFileHandler
    handlers: tuple[tuple[logging.Logger, logging.Handler], ...]
    level: int


class _Process:
    """Logging belongs to the whole process, and so does this."""

    log: _Running | None = None


def start(level: str, folder: Path | None = None) -> Path | None:
    """Starts this process's log, in the place of one that was started before.

    Args:
        level: from which level on Unsorry's own records are written; those of libraries are from ``warning`` on.
        folder: where to; without it, where logs belong on this system.

    Returns:
        The file; None if it can't be written, which is said in a warning.
    """
    stop()
    folder = folder or platformdirs.user_log_path(_OURS, appauthor=False)
    path = folder / f"server-{os.getpid()}.log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _File(path, maxBytes=_SIZE, backupCount=_GENERATIONS - 1, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        _log.warning("no log is kept: %s can't be written (%s)", path, error)
        return None
    _prune(folder)
    queue: SimpleQueue[Any] = SimpleQueue()
    # Unsorry's own logger need not hand its records on to the root, so both are listened to.
    ours, others = QueueHandler(queue), QueueHandler(queue)
    ours.setLevel(level.upper())
    others.setLevel(logging.WARNING)
    others.addFilter(lambda record: not _is_ours(record.name))
    logger = logging.getLogger(_OURS)
    handlers = ((logger, ours), (logging.getLogger(), others))
    for target, handler in handlers:
        handler.setFormatter(_Lines())
        target.addHandler(handler)
    listener = QueueListener(queue, file)
    listener.start()
    _Process.log = _Running(listener, file, handlers, logger.level)
    logger.setLevel(level.upper())
    return path


def set_level(level: str) -> None:
    """From which level on Unsorry's own records are written from now on, where a log is kept."""
    if _Process.log is not None:
        logger, ours = _Process.log.handlers[0]
        logger.setLevel(level.upper())
        ours.setLevel(level.upper())


def stop() -> None:
    """Ends the log; what was logged before is in the file then."""
    running, _Process.log = _Process.log, None
    if running is None:
        return
    logging.getLogger(_OURS).setLevel(running.level)
    for target, handler in running.handlers:
        target.removeHandler(handler)
        handler.close()
    running.listener.stop()
    running.file.close()


def _is_ours(name: str) -> bool:
    return name == _OURS or name.startswith(f"{_OURS}.")


def _prune(folder: Path) -> None:
    """Keeps the newest files, and those of servers that run."""
    with suppress(OSError):
        found = [(path, named) for path in folder.iterdir() if (named := _NAME.fullmatch(path.name))]
        found.sort(key=lambda item: item[0].stat().st_mtime, reverse=True)
        for path, named in found[_FILES:]:
            if not psutil.pid_exists(int(named[1])):
                path.unlink(missing_ok=True)


class _File(RotatingFileHandler):
    """A file that nobody else can read: goals and proofs can be somebody's secret."""

    def _open(self) -> TextIOWrapper:
        # `Path.open` takes no opener.
        return cast(
            "TextIOWrapper",
            open(
                self.baseFilename,
                self.mode,
                encoding=self.encoding,
                errors=self.errors,
                newline="\n",
                opener=lambda path, flags: os.open(path, flags, 0o600),
            ),
        )


class _Lines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            # A field can't take the place of what every line has.
            line = {**line, **cast("dict[str, object]", fields), **line}
        return json.dumps(line, ensure_ascii=False, default=str)


class Forward(logging.Handler):
    """Hands on the level and the first words of each record, on one line, to whoever shows them to the user.

    What is logged while it does so is not handed on, so that it never calls itself.
    """

    def __init__(self, tell: Callable[[int, str], None], level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._tell = tell
        self._telling = False

    def emit(self, record: logging.LogRecord) -> None:
        """Hands on a record.  The handler's lock is held, so only what `tell` itself does gets here meanwhile."""
        if self._telling:
            return
        self._telling = True
        try:
            self._tell(record.levelno, " ".join(record.getMessage().split()))
        # Whoever logs must never fail because of it; logging's own way to say so is this.
        except Exception:
            self.handleError(record)
        finally:
            self._telling = False
