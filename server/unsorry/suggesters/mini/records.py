"""Goals and the tactics that closed them, from the files that ``--record`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsorry.errors import InputError
from unsorry.suggesters.mini.texts import MAX_TACTIC, normal


@dataclass(frozen=True, slots=True)
class Pair:
    """What is read and what is to be written."""

    goal: str
    tactic: str


def pairs(paths: Sequence[Path]) -> list[Pair]:
    """What the records teach, each pair once, in the order of the files.

    Only what closed its goals counts: of what merely made progress nobody knows whether it led anywhere.  Tactics that
    are too long to be written are left out.

    Raises:
        InputError: a file can't be read, is no record, or there is nothing in them to learn from.
    """
    found: dict[Pair, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_of(path)))
    if not found:
        names = ", ".join(str(path) for path in paths) or "no file"
        raise InputError(f"There is nothing to learn from in {names}: no line says that a candidate closed its goal.")
    return list(found)


def _of(path: Path) -> Iterator[Pair]:
    for entry in entries(path):
        goal, candidate = entry["goal"], entry["candidate"]
        closed = entry["outcome"] == "closed"
        if closed and goal.strip() and len(candidate.encode("utf-8", "replace")) <= MAX_TACTIC:
            yield Pair(normal(goal), candidate)


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a record; ``goal``, ``candidate`` and ``outcome`` are there and texts.

    Raises:
        InputError: the file can't be read, or is no record.
    """
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise InputError(f"The record {path} can't be read: {error.strerror}.") from error
    # Only a line feed ends a line: a goal may hold other signs that end lines elsewhere.
    for number, line in enumerate(text.split("\n"), 1):
        # The last line of an interrupted run may be half a line, but a file of other things is a mistake.
        if not line.endswith("}"):
            continue
        try:
            entry: dict[str, Any] = json.loads(line)
            sound = all(isinstance(entry[name], str) for name in ("goal", "candidate", "outcome"))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"Line {number} of {path} is no line of a record made with --record.") from error
        if not sound:
            raise InputError(f"Line {number} of {path} is no line of a record made with --record.")
        yield entry
