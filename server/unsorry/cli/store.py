"""``unsorry store``: what was learned, shown, copied out and forgotten."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from unsorry.cli.console import counted, note, out, print_json, print_table
from unsorry.errors import InputError
from unsorry.workspace.store import KnowledgeStore

app = typer.Typer(help="What was learned from proofs. It lies on this machine and nowhere else.", no_args_is_help=True)

_LOOSE = "(files in no project)"


@contextmanager
def _store() -> Generator[KnowledgeStore]:
    with closing(KnowledgeStore()) as store:
        yield store


@app.command()
def stats(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show how much was learned, by workspace and prover."""
    with _store() as store:
        found = store.stats()
    if json:
        holdings = [
            {
                "workspace": h.workspace or None,
                "toolchain": h.toolchain,
                "goals": h.rows,
                "oldest": _time(h.oldest),
                "newest": _time(h.newest),
            }
            for h in found.holdings
        ]
        print_json({"file": str(found.path), "bytes": found.bytes, "goals": found.rows, "holdings": holdings})
        return
    if found.holdings:
        rows = Table("workspace", "prover", "goals", "last", show_edge=False, pad_edge=False)
        for holding in found.holdings:
            rows.add_row(
                Text(holding.workspace or _LOOSE),
                Text(holding.toolchain),
                str(holding.rows),
                _time(holding.newest).partition("T")[0],
            )
        print_table(out, rows)
    size = f", {found.bytes / 1e6:.1f} MB" if found.bytes else ""
    out.print(Text(f"{counted(found.rows, 'goal')} in {found.path}{size}", "bold"), soft_wrap=True)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to; standard output.")] = None,
) -> None:
    """Write all that was learned as lines of JSON, a goal and what proved it in each."""
    with _store() as store:
        lines = (f"{line}\n" for line in store.export())
        if file is None:
            sys.stdout.writelines(lines)
            sys.stdout.flush()
            return
        try:
            with file.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
                stream.writelines(lines)
        except OSError as error:
            raise InputError(f"{file} can't be written: {error.strerror}") from error


@app.command()
def forget(
    workspace: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="What was learned in the project in this folder.")
    ] = None,
    loose: Annotated[bool, typer.Option("--loose", help="What was learned from files in no project.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All of it.")] = False,
) -> None:
    """Delete what was learned, for good."""
    if (workspace is not None) + loose + everything != 1:
        raise InputError("say what is to be forgotten: --workspace FOLDER, --loose or --all")
    name = None if everything else "" if workspace is None else str(workspace.resolve())
    with _store() as store:
        known = {h.workspace for h in store.stats().holdings}
        if workspace is not None and name not in known:
            raise InputError(f"nothing was learned in {name}; `unsorry store stats` shows where something was")
        gone = store.forget(name)
    note(f"{counted(gone, 'goal')} forgotten.")
