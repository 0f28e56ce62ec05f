"""The embedded Lean, fetched while the user can see what happens."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from unsorry.cli.console import err, note
from unsorry.provers.lean.embedded import install as installing
from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.image import driver_image

STEPS: Final = {
    "wait": "waiting for another setup to end",
    "node": "fetching Node",
    "download": "fetching Lean",
    "check": "checking the package",
    "unpack": "unpacking the library",
    "mend": "preparing the program",
}


def announce(cache: Path) -> None:
    """Says what will be fetched, how large it is and how it goes away again."""
    note(
        f"No Lean was found here. Fetching {runtime.describe_download()} into {cache}. "
        "`unsorry setup --remove` takes it away again."
    )


def fetch(cache: Path) -> runtime.EmbeddedLean:
    """Installs what is missing, with a progress bar, or a line for each step where there is no terminal.

    Raises:
        SetupError: it could not be done; what was fetched so far is kept for the next time.
    """
    if not err.is_terminal:
        return _fetch_in_lines(cache)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=None)

        def show(progress: installing.Progress) -> None:
            bar.update(task, description=STEPS[progress.step], completed=progress.done, total=progress.total or None)

        return runtime.install(cache, show)


def _fetch_in_lines(cache: Path) -> runtime.EmbeddedLean:
    last = ""

    def tell(progress: installing.Progress) -> None:
        nonlocal last
        if progress.step != last:
            last = progress.step
            note(f"  {STEPS[progress.step]} …")

    return runtime.install(cache, tell)


def prepare(lean: runtime.EmbeddedLean, cache: Path) -> None:
    """Compiles the driver for the embedded Lean where that was not done yet; takes a quarter of a minute then."""
    with err.status("preparing the embedded Lean (once, about 15 seconds) …"):
        driver_image(lean, cache)
