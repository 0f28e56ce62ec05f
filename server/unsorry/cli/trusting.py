"""Settings as the command line reads them: whether a project's files are trusted is said once for the whole process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unsorry.workspace import settings
from unsorry.workspace.settings import Loaded


class _Said:
    """What the option before the command says."""

    trusted = False


def trust_projects(trusted: bool) -> None:
    """May the files of projects say which programs are run, and what is sent where?"""
    _Said.trusted = trusted


def load(folder: Path, *, client: object = None, command_line: Mapping[str, object] | None = None) -> Loaded:
    """The settings that hold in a folder, as :func:`unsorry.workspace.settings.load` has them."""
    return settings.load(folder, client=client, command_line=command_line, trusted=_Said.trusted)
