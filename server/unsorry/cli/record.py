"""One line of JSON for each attempt: what was tried on which goal, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from unsorry.cli.console import counted
from unsorry.engine.attempts import Tried
from unsorry.engine.report import Attempt
from unsorry.errors import InputError
from unsorry.provers.seam import Closed, Fault, Goal, Progress, ProverInfo, Refused, Rejected, TimedOut


def outcome_of(attempt: Attempt) -> tuple[str, str | None]:
    """An attempt's outcome as one word, and the reason behind it."""
    if attempt.refusal is not None:
        return "refused", attempt.refusal
    match attempt.outcome:
        case Closed():
            return "closed", None
        case Progress(goals=goals):
            return "progress", f"{counted(len(goals), 'goal')} left"
        case Rejected(message=message):
            return "rejected", message
        case TimedOut():
            return "timed out", None
        case Refused(reason=reason):
            return "refused", reason
        case Fault(reason=reason):
            return "fault", reason


def goal_text(goals: Sequence[Goal]) -> str:
    """Goals as the prover prints them."""
    return "\n\n".join(goal.pretty for goal in goals)


class Recorder:
    """Writes attempts as they happen, so that an interrupted run leaves what it learned."""

    def __init__(self, stream: IO[str]) -> None:
        """``stream`` is a text file open for appending."""
        self._stream = stream

    def note(self, file: str, prover: ProverInfo, tried: Tried, *, project: str | None = None) -> None:
        """One line for one attempt.  ``project`` names the project that the file is of."""
        outcome, message = outcome_of(tried.attempt)
        line = {
            "goal": goal_text(tried.goals),
            "steps": list(tried.attempt.steps),
            "candidate": tried.attempt.candidate.text,
            "origin": tried.attempt.candidate.origin,
            "outcome": outcome,
            "message": message,
            "seconds": round(tried.attempt.outcome.seconds, 6),
            "declaration": tried.hole.declaration,
            "file": file,
            "project": project,
            "prover": f"{prover.prover} {prover.version}",
        }
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")


@contextmanager
def recorder(path: Path | None) -> Generator[Recorder | None]:
    """A recorder that appends to a file; None where no file is wanted.

    Raises:
        InputError: the file can't be written.
    """
    if path is None:
        yield None
        return
    try:
        # Lines are written out at once: what happened before an interruption is in the file.
        stream = path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n", buffering=1)
    except OSError as error:
        raise InputError(f"the record {path} can't be written: {error.strerror}") from error
    with stream:
        yield Recorder(stream)
