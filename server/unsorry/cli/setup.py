"""``unsorry setup``: brings the embedded Lean, and takes away all that was brought."""

from __future__ import annotations

import contextlib
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from unsorry.cli import install
from unsorry.cli.console import note, out
from unsorry.errors import InputError, SetupError
from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.embedded.install import cache_folder

#: What Unsorry keeps in its cache folder.  Named one by one, for the folder may be one of the user's own.
_PARTS: Final = ("lean", "driver", "oleans", "node")


class Part(StrEnum):
    """What can be set up."""

    LEAN = "lean"


def setup(
    part: Annotated[Part | None, typer.Argument(help="What to bring.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Bring it again even if it is there.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take away all that was brought.")] = False,
) -> None:
    """Bring the embedded Lean, or take away all that was brought.

    An interrupted setup goes on where it stopped.
    """
    cache = cache_folder()
    if remove:
        if part is not None or force:
            raise InputError("--remove takes everything away and goes with nothing else")
        _remove(cache)
    elif part is None:
        raise InputError("say what to set up: `unsorry setup lean`, or `unsorry setup --remove`")
    else:
        _lean(cache, force=force)


def _lean(cache: Path, *, force: bool) -> None:
    if force:
        _remove_parts(cache)
    found = runtime.locate(cache)
    if found is None:
        note(f"Fetching {runtime.describe_download()} into {cache}.")
        found = install.fetch(cache)
    install.prepare(found, cache)
    out.print(f"Lean {found.version} is ready in {cache}; Node: {found.node}.", soft_wrap=True)


def _remove(cache: Path) -> None:
    if _remove_parts(cache):
        out.print(f"What was in {cache} is gone.", soft_wrap=True)
    else:
        out.print(f"There was nothing in {cache}.", soft_wrap=True)


def _remove_parts(cache: Path) -> bool:
    there = runtime.remove(cache)
    for name in _PARTS:
        folder = cache / name
        if not folder.exists():
            continue
        there = True
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise SetupError(
                f"{error.filename or folder} could not be removed: {error.strerror}. "
                "End the programs that use it and try again."
            ) from error
    with contextlib.suppress(OSError):  # the user's own things are in it, or it is not there
        cache.rmdir()
    return there
