"""``unsorry records``: what ``--record`` wrote, as data to learn from.

Only what the prover said of a candidate counts.  What closed a goal and was refused by the trust gate teaches nothing,
and neither does what ran out of time: that is not a no.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Turn records of searches into data to learn from.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="What `unsorry prove --record` wrote.")]

_PROVENANCE = ("prover", "origin", "project", "file", "declaration")


@app.command()
def pairs(paths: Files) -> None:
    """Print goals and the tactics that closed them, as lines of JSON."""
    _print(closing(_read(paths)))


@app.command()
def preferences(paths: Files) -> None:
    """Print tactics that failed on goals, each with one that closed the same goal, as lines of JSON."""
    _print(preferred(_read(paths)))


def closing(lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What closed each goal, each tactic once, with where that was."""
    for (goal, candidate, _), line in _closed(lines).items():
        told = {name: line[name] for name in _PROVENANCE if line.get(name) is not None}
        yield {"goal": goal, "tactic": candidate, "steps": line.get("steps", []), **told}


def preferred(lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each tactic that the prover rejected on a goal, beside the shortest one that closed it."""
    closed = _closed(lines)
    chosen: dict[tuple[str, str], str] = {}
    for goal, candidate, prover in closed:
        best = chosen.get((goal, prover))
        if best is None or len(candidate) < len(best):
            chosen[goal, prover] = candidate
    told: set[tuple[str, str, str]] = set()
    for line in lines:
        key = _key(line)
        goal, candidate, prover = key
        if line["outcome"] == "rejected" and key not in told and key not in closed and (goal, prover) in chosen:
            told.add(key)
            yield {"goal": goal, "chosen": chosen[goal, prover], "rejected": candidate, "prover": prover}


def _closed(lines: Sequence[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    refused = {_key(line) for line in lines if line["outcome"] == "refused"}
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for line in lines:
        if line["outcome"] == "closed" and line["goal"].strip() and _key(line) not in refused:
            found.setdefault(_key(line), line)
    return found


def _key(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["goal"], line["candidate"], str(line.get("prover", ""))


def _read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    # Here and not above: no other command needs it when it starts.
    from unsorry.suggesters.mini.records import entries

    return [line for path in paths for line in entries(path)]


def _print(lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
