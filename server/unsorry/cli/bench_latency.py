"""`unsorry bench latency`: from the end of typing to the first verified suggestion, through a language client."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from unsorry.cli import files
from unsorry.cli.bench import deep_holes, one_liners
from unsorry.errors import InputError


def latency(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Lean files; without any, a set of its own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    embedded: Annotated[bool, typer.Option("--embedded", help="Measure with the embedded Lean.")] = False,
) -> None:
    """Time to the first verified suggestion at a warm language server, and what the server adds to the prover's."""
    texts = [("OneLiners.lean", one_liners()), ("Deep.lean", deep_holes())]
    if paths:
        sources, problems = files.read_all(paths, [files.LEAN])
        if problems:
            raise InputError(f"{problems[0].file}: {problems[0].message}")
        texts = [(s.path.name, s.text) for s in sources]
    result = asyncio.run(run_latency(texts, embedded=embedded))
    if as_json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        _show(result)


async def run_latency(texts: Sequence[tuple[str, str]], *, embedded: bool) -> dict[str, Any]:
    """All figures of the benchmark.  Times in milliseconds."""
    # Here and not above: whoever proves from the command line does not load the server.
    from unsorry.lsp.latency import measure

    with tempfile.TemporaryDirectory(prefix="unsorry-bench-") as folder:
        command = [sys.executable, "-m", "unsorry", "lsp", "--watch-loop", "--log-folder", folder]
        return await measure([*command, "--embedded"] if embedded else command, texts)


_ROWS: Final = (
    ("first verified suggestion, ms", "first_proof_ms"),
    ("… over the prover's own time", "over_prover"),
    ("the prover's time over the winner's", "prover_over_winner"),
    ("from the keystroke to idle, ms", "change_to_idle_ms"),
    ("from cancel to idle, ms", "cancel_to_idle_ms"),
)


def _show(result: dict[str, Any]) -> None:
    console = Console()
    console.print(f"{result['prover']['name']} {result['prover']['version']} ({result['prover']['origin']})")
    console.print(f"{result['proved']} of {result['holes']} holes proved")
    table = Table("", "p50", "p95", "mean", "max")
    for label, key in _ROWS:
        spread = result[key]
        if spread is not None:
            table.add_row(label, *(f"{spread[q]:.2f}" for q in ("p50", "p95", "mean", "max")))
    console.print(table)
    stalls, worst = result["stalls_over_50_ms"], result["worst_stall_ms"]
    console.print(f"event loop held for over 50 ms: {stalls} times, {worst:.0f} ms at worst")
