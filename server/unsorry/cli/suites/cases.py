"""What is measured: texts with holes, each with a level of difficulty or a part of the library that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unsorry.cli.files import SourceFile
from unsorry.provers.seam import Snapshot


@dataclass(frozen=True, slots=True)
class Case:
    """A text whose holes are measured.  ``name`` is its own in the suite; ``reference`` proves its one hole."""

    name: str
    level: str
    text: str
    path: str | None = None
    reference: str | None = None

    @property
    def snapshot(self) -> Snapshot:
        """It as a buffer."""
        path = Path(self.path) if self.path is not None else None
        return Snapshot(path.as_uri() if path is not None else f"bench:{self.name}", 1, self.text, path)


def of_file(source: SourceFile) -> Case:
    """A file as a case."""
    return Case(source.name, source.path.stem, source.text, str(source.path))
