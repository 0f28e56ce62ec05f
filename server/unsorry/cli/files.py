"""Files as users keep them: found, read, and written back so that nothing is ever lost."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from unsorry.errors import InputError
from unsorry.provers.seam import Snapshot
from unsorry.workspace.folders import SKIPPED

#: The files that are worked on, by their ending.
LEAN: Final = ".lean"
ISABELLE: Final = ".thy"
SUFFIXES: Final = (LEAN, ISABELLE)
#: Lake's own file is a program and holds no proofs.
_NOT_PROOFS: Final = "lakefile.lean"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was when it was read.  ``name`` is what the user calls it."""

    name: str
    path: Path
    data: bytes
    text: str

    @property
    def snapshot(self) -> Snapshot:
        """It as a buffer."""
        return Snapshot(self.path.as_uri(), 1, self.text, self.path)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be worked on, and why."""

    file: str
    message: str


def read_all(paths: Iterable[Path], suffixes: Sequence[str] = SUFFIXES) -> tuple[list[SourceFile], list[Problem]]:
    """Every file of these kinds that the paths name, each once, and what is wrong with the rest."""
    sources: dict[Path, SourceFile] = {}
    problems: list[Problem] = []
    for path in paths:
        for found in _expanded(path, suffixes):
            if isinstance(found, Problem):
                problems.append(found)
                continue
            source = read(found)
            if isinstance(source, Problem):
                problems.append(source)
            else:
                sources.setdefault(source.path, source)
    return list(sources.values()), problems


def _expanded(path: Path, suffixes: Sequence[str]) -> Iterator[Path | Problem]:
    name = str(path)
    try:
        is_folder = path.is_dir()
        exists = is_folder or path.exists()
    except OSError as error:
        yield Problem(name, f"it can't be read: {error.strerror}")
        return
    if is_folder:
        yield from _inside(path, suffixes)
    elif not exists:
        yield Problem(name, "there is no such file or folder")
    elif path.suffix not in suffixes:
        yield Problem(name, f"it is not {_kinds(suffixes)}")
    else:
        yield path


def _inside(folder: Path, suffixes: Sequence[str]) -> Iterator[Path | Problem]:
    found = 0
    problems: list[Problem] = []

    def note(error: OSError) -> None:
        problems.append(Problem(str(error.filename or folder), f"the folder can't be read: {error.strerror}"))

    for place, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(f for f in folders if f not in SKIPPED and not f.startswith("."))
        for file in sorted(files):
            if Path(file).suffix in suffixes and not file.startswith(".") and file != _NOT_PROOFS:
                found += 1
                yield Path(place, file)
    yield from problems
    if not found and not problems:
        none = f"nothing in this folder is {_kinds(suffixes)} (hidden and build folders are left out)"
        yield Problem(str(folder), none)


def _kinds(suffixes: Sequence[str]) -> str:
    names = {LEAN: "a Lean file (.lean)", ISABELLE: "an Isabelle theory (.thy)"}
    return " or ".join(names[s] for s in suffixes)


def read(path: Path) -> SourceFile | Problem:
    """A file with its line ends and byte order mark as they are."""
    name = str(path)
    try:
        place = path.resolve(strict=True)
        data = place.read_bytes()
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its links run in a circle"
        return Problem(name, f"it can't be read: {reason}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "it looks like UTF-16; " if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        return Problem(name, f"it is not UTF-8 (line {line}): {hint}save it as UTF-8 and try again")
    return SourceFile(name, place, data, text)


def write(source: SourceFile, text: str) -> None:
    """Puts a new text in the place of a file's in one step, keeping its mode.

    The new text is written beside it and safe on the disk before it takes the file's name, so at every moment the
    file is either the old one or the new one.

    Raises:
        InputError: the file has changed since it was read, or can't be written.  It is as it was.
    """
    path = source.path
    _refuse_changed(source)
    if not os.access(path, os.W_OK):
        raise InputError(f"{source.name} is write-protected; nothing was written")
    temporary: Path | None = None
    try:
        handle, made = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".unsorry", dir=path.parent)
        temporary = Path(made)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(path, temporary)
        _copy_owner(path, temporary)
        _refuse_changed(source)
        temporary.replace(path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise InputError(f"{source.name} could not be written and is as it was: {_why(error)}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _refuse_changed(source: SourceFile) -> None:
    try:
        now = source.path.read_bytes()
    except OSError as error:
        raise InputError(f"{source.name} can no longer be read ({error.strerror}); nothing was written") from error
    if now != source.data:
        raise InputError(f"{source.name} was changed by someone else meanwhile; nothing was written. Try again")


def _copy_owner(path: Path, temporary: Path) -> None:
    change = getattr(os, "chown", None)
    if change is None:  # Windows: the folder says whose a file is
        return
    old, new = path.stat(), temporary.stat()
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        # Only root may give a file away; for others the writer becomes the owner, as with any editor.
        with contextlib.suppress(OSError):
            change(temporary, old.st_uid, old.st_gid)
            shutil.copymode(path, temporary)


def _sync_folder(folder: Path) -> None:
    """Makes the new name outlive a power cut, where the system lets a folder be synchronised."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _why(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}:
        return "the disk is full"
    if isinstance(error, PermissionError):
        return "permission denied (is it open in another program?)" if os.name == "nt" else "permission denied"
    return error.strerror or str(error)
