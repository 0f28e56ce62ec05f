"""Measures how long it takes in VS Code from opening a file to the first grey text: ``make bench-vscode``.

Each run starts a new editor.  *Cold* is the first file, for which the extension, the server and the prover are started;
the compiled driver is in the cache.  The others are opened while all of these run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from editors.code_server import prepare, project, run


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how many editors are started one after another")
    runs: int = parser.parse_args().runs
    prepare()
    told: dict[str, list[float]] = {}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found = run("measure.ts", Path(folder), {"project": str(project(Path(folder), {}))}, seconds=600)
        for what, seconds in found["seconds"].items():
            told.setdefault(what, []).append(seconds)
    table = Table("from opening to the first grey text", "median", "least", "most", title=f"{runs} runs")
    for what, times in told.items():
        table.add_row(what, *(f"{value:.2f} s" for value in (statistics.median(times), min(times), max(times))))
    Console().print(table)


if __name__ == "__main__":
    main()
