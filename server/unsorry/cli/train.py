"""``unsorry train``: makes a small model of one's own from what ``--record`` wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from unsorry.cli.console import err, out, print_json
from unsorry.errors import InputError

if TYPE_CHECKING:
    from unsorry.suggesters.mini.trainer import Step


def train(
    records: Annotated[
        list[Path], typer.Argument(metavar="RECORD…", help="Files that `unsorry prove --record` wrote.")
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the model is put.")],
    seconds: Annotated[float, typer.Option(metavar="N", min=1, help="Stop after this time.")] = 180.0,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Stop after as many rounds.")] = 60,
    seed: Annotated[int, typer.Option(metavar="N", help="What chance begins with.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Train a small model on which candidates closed which goals.

    It takes minutes on a CPU and needs the extra `local`. `unsorry prove --model FOLDER` asks the model then.
    """
    # Here and not above: no other command trains.
    from unsorry.suggesters.mini.trainer import Wish
    from unsorry.suggesters.mini.trainer import train as run

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"there is something in {folder} already; give a new folder, or take that one away first")
    wish = Wish(tuple(str(record) for record in records), str(folder), seconds, epochs, seed)
    with _shown() as show:
        trained = asyncio.run(run(wish, show))
    if json:
        print_json(asdict(trained))
        return
    out.print(
        f"{trained.parameters:,} parameters learned from {trained.pairs:,} goals in {trained.seconds:.0f} s "
        f"({trained.steps} steps, loss {trained.loss:.3f}).",
        soft_wrap=True,
    )
    out.print(f"Ask it with: unsorry prove PATH… --model {trained.folder}", soft_wrap=True)


@contextmanager
def _shown() -> Generator[Callable[[Step], None]]:
    """Shows how far a training is; silent where there is no terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        task = bar.add_task("training", total=1.0)

        def show(step: Step) -> None:
            bar.update(task, completed=step.done, description=f"training: step {step.steps}, loss {step.loss:.3f}")

        yield show
