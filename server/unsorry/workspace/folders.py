"""The files of a workspace: what lies below its root and is the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Folders that hold what was built or fetched, and nothing of the user's own.
SKIPPED: Final = frozenset({"build", "lake-packages", "node_modules", "__pycache__"})


def files_below(root: Path, wanted: Callable[[Path], bool], *, files: int, folders: int, size: int) -> list[Path]:
    """The wanted files below a root that are no larger than ``size`` bytes, those that changed last first.

    Looks into no more than so many folders, none of them hidden or with builds, and gives no more than so many files.
    """
    found: list[tuple[float, Path]] = []
    for number, (place, inside, names) in enumerate(os.walk(root)):
        if number >= folders:
            break
        inside[:] = sorted(f for f in inside if f not in SKIPPED and not f.startswith("."))
        for path in (Path(place, name) for name in names if not name.startswith(".")):
            if wanted(path):
                # It may be gone by now.
                with suppress(OSError):
                    told = path.stat()
                    if told.st_size <= size:
                        found.append((-told.st_mtime, path))
    return [path for _, path in sorted(found)[:files]]
