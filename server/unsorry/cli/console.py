"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Results.  Text from files and provers is never read as markup.
out: Final = Console(markup=False, emoji=False, highlight=False)
#: Progress, notes and complaints.
err: Final = Console(stderr=True, markup=False, emoji=False, highlight=False)

#: How wide tables are where nobody says how wide the paper is.
_WIDTH: Final = 120


def print_table(console: Console, table: Table) -> None:
    """A table, as wide as the terminal; in a file or a pipe, as wide as fits most screens."""
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH
    console.print(table)


def note(message: str) -> None:
    """Something worth knowing, which stops nothing."""
    err.print(Text(message), soft_wrap=True)


def warn(message: str) -> None:
    """Something that the user will want to change."""
    err.print(Text.assemble(("warning: ", "yellow"), message), soft_wrap=True)


def complain(message: str) -> None:
    """Something that did not work."""
    err.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)


def counted(number: int, word: str) -> str:
    """A number of things, in words."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def print_json(value: Any) -> None:
    """One object, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def prepare_streams() -> None:
    """Makes ∀ and ⊢ printable wherever the output goes, and lines end as files do when it goes into one."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="replace")
        else:
            # A lone surrogate (a file name that is not UTF-8) becomes an escape, in JSON a valid one.
            reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


class _Notes(logging.Handler):
    """The program's own log records as notes between the lines of a progress display."""

    def emit(self, record: logging.LogRecord) -> None:
        err.print(Text(f"{record.levelname.lower()}: {self.format(record)}"), soft_wrap=True)


def prepare_log(*, debug: bool) -> None:
    """Shows what the other layers have to report: all of it with ``debug``, else what goes wrong."""
    logger = logging.getLogger("unsorry")
    if not any(isinstance(h, _Notes) for h in logger.handlers):
        logger.addHandler(_Notes())
        logger.propagate = False
    logger.setLevel(logging.DEBUG if debug else logging.WARNING)


def quiet_log() -> None:
    """Leaves the log to whoever keeps one: nothing of it is shown here but what goes wrong."""
    for handler in logging.getLogger("unsorry").handlers:
        if isinstance(handler, _Notes):
            handler.setLevel(logging.ERROR)
