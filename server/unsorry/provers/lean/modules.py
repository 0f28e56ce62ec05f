"""Local imports on the embedded Lean: which modules of the user's project a file needs, compiled into the cache.

A native Lean leaves this to Lake.  The embedded one has no Lake to call, so Unsorry compiles what a file imports from
its own project, dependencies first, and again when the source or anything it imports has changed.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from unsorry.errors import InputError

#: Files that mark the root of a Lean project.
ROOT_MARKS = ("lakefile.toml", "lakefile.lean", "lean-toolchain")

_COMMENT = re.compile(r"\s+|--[^\n]*")
_IMPORT = re.compile(
    r"(?:public\s+|private\s+|meta\s+)*import\s+(?:all\s+|runtime\s+)?((?:«[^»]+»|[^\s.«»])+(?:\.(?:«[^»]+»|[^\s.«»])+)*)"
)
# What a name between « and » may have, and a part of a path may not.
_NO_FOLDER = re.compile(r"[/\\:\0]")
_OTHER_HEADER = re.compile(r"(?:module|prelude)\b")


def project_of(path: Path) -> Path | None:
    """The root of the nearest project around a file; None where it belongs to none."""
    return next((f for f in path.parents if any((f / mark).exists() for mark in ROOT_MARKS)), None)


def project_root(path: Path) -> Path:
    """The folder that module names are relative to: the nearest project root, or the file's own folder."""
    return project_of(path) or path.parent


def module_name(path: Path | None) -> str:
    """The module name of a file in its project."""
    if path is None:
        return "_stdin"
    relative = path.relative_to(project_root(path)).with_suffix("")
    return ".".join(relative.parts)


def _skip_comments(text: str, place: int) -> int:
    while place < len(text):
        if found := _COMMENT.match(text, place):
            place = found.end()
        elif text.startswith("/-", place):
            depth, place = 1, place + 2
            while depth and place < len(text):
                if text.startswith("/-", place):
                    depth, place = depth + 1, place + 2
                elif text.startswith("-/", place):
                    depth, place = depth - 1, place + 2
                else:
                    place += 1
        else:
            break
    return place


def imports(text: str) -> list[str]:
    """The modules that a file's header names, in order."""
    found: list[str] = []
    place = _skip_comments(text, 1 if text.startswith("\ufeff") else 0)
    while place < len(text):
        if match := _OTHER_HEADER.match(text, place):
            place = _skip_comments(text, match.end())
        elif match := _IMPORT.match(text, place):
            found.append(match[1].replace("«", "").replace("»", ""))
            place = _skip_comments(text, match.end())
        else:
            break
    return found


@dataclass(frozen=True, slots=True)
class ProjectModule:
    """A module of the user's project, and where its compiled form goes."""

    name: str
    path: Path
    text: str
    stamp: str
    folder: Path
    guest: str
    #: Names the file that it is compiled to at first: several provers may do so at once.
    draft: str = field(default_factory=lambda: secrets.token_hex(4), compare=False)

    @property
    def _target(self) -> Path:
        return self.folder.joinpath(*self.name.split(".")).with_suffix(".olean")

    @property
    def _draft_file(self) -> Path:
        return self._target.with_suffix(f".{self.draft}")

    @property
    def _stamp_file(self) -> Path:
        return self._target.with_suffix(".stamp")

    @property
    def _axioms_file(self) -> Path:
        return self._target.with_suffix(".axioms.json")

    @property
    def olean(self) -> str:
        """Where the driver writes it, as the driver sees it."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        return f"{'/'.join([self.guest, *self.name.split('.')])}.{self.draft}"

    @property
    def fresh(self) -> bool:
        """Is what lies in the cache made from just this text and just these imports?"""
        try:
            stamp = self._stamp_file.read_text("utf-8")
            return stamp == self.stamp and self._target.exists() and self._axioms_file.exists()
        except OSError:
            return False

    @property
    def axioms(self) -> Mapping[str, Sequence[str]]:
        """What each declaration of the compiled module rests on: its importers have no proofs to look at."""
        return cast("dict[str, list[str]]", json.loads(self._axioms_file.read_text("utf-8")))

    def publish(self, axioms: Mapping[str, Sequence[str]]) -> None:
        """Puts the written file in its place, with what its declarations rest on."""
        self._stamp_file.unlink(missing_ok=True)
        self._axioms_file.write_text(json.dumps(axioms, ensure_ascii=False), "utf-8")
        self._draft_file.replace(self._target)
        self._stamp_file.write_text(self.stamp, "utf-8")

    def discard(self) -> None:
        """Takes away a written file that was not published."""
        with suppress(OSError):
            self._draft_file.unlink(missing_ok=True)


class ProjectModules:
    """The local modules of one project root."""

    def __init__(self, cache: Path, guest: str) -> None:
        """``cache`` is where compiled modules go, and ``guest`` is its name inside the embedded Lean."""
        self.cache = cache
        self.guest = guest

    def closure(self, path: Path | None, text: str) -> list[ProjectModule]:
        """All local modules that a text imports, dependencies first.

        Raises:
            InputError: the imports run in a circle, or a module can't be read.
        """
        if path is None:
            return []
        root = project_root(path)
        done: dict[str, ProjectModule] = {}
        self._visit(root, imports(text), done, (module_name(path),))
        return list(done.values())

    def _visit(self, root: Path, names: Sequence[str], done: dict[str, ProjectModule], trail: tuple[str, ...]) -> None:
        for name in names:
            if name in trail:
                raise InputError(f"the imports run in a circle: {' → '.join([*trail, name])}")
            parts = name.split(".")
            if name in done or not all(parts) or _NO_FOLDER.search(name):
                continue
            source = root.joinpath(*parts).with_suffix(".lean")
            if not source.is_file():
                continue
            try:
                text = source.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"the imported file {source} can't be read: {error}") from error
            needed = imports(text)
            self._visit(root, needed, done, (*trail, name))
            below = "".join(done[n].stamp for n in needed if n in done)
            stamp = hashlib.sha256(f"{name}\n{below}\n{text}".encode()).hexdigest()
            done[name] = ProjectModule(name, source, text, stamp, self.cache, self.guest)
