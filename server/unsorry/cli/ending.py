"""The end of the program: nothing that it started goes on running."""

from __future__ import annotations

import contextlib

import psutil


def end_children() -> None:
    """Kills every process that this one has started, with all of theirs."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
