"""``unsorry doctor``: what is there, what will be used and why, what is wrong, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look; the current folder.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show what was found, what will be used and why, and what to do about what is wrong."""
    del folder, json
