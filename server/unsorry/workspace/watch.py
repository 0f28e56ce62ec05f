"""Changes on disk that decide how files are checked: toolchains, projects, builds, settings, and what files import.

A root is watched itself, but not what lies in it: a project with Mathlib has a hundred thousand folders.  Only
``.lake/build``, where the project's own compiled modules are, is watched with everything in it.  It may come and go, so
``.lake`` is watched for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

_log: Final = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a change is about."""

    TOOLCHAIN = "toolchain"
    PROJECT = "project"
    BUILD = "build"
    SETTINGS = "settings"
    SOURCE = "source"


_NAMES: Final = {
    "lean-toolchain": Kind.TOOLCHAIN,
    "lakefile.lean": Kind.PROJECT,
    "lakefile.toml": Kind.PROJECT,
    "lake-manifest.json": Kind.PROJECT,
    "ROOT": Kind.PROJECT,
    "ROOTS": Kind.PROJECT,
    "unsorry.toml": Kind.SETTINGS,
    "pyproject.toml": Kind.SETTINGS,
}
_SOURCES: Final = frozenset({".lean", ".thy"})
_LAKE: Final = Path(".lake")
_BUILD: Final = _LAKE / "build"
_COMPILED: Final = ".olean"

# Opening and reading are left out: each start of a Lean does that with every compiled module.
_EVENTS: Final[list[type[FileSystemEvent]]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]

# What a system says when there are too many watches, and the Linux setting that says how many there may be.
_LIMITS: Final = {errno.ENOSPC: "fs.inotify.max_user_watches", errno.EMFILE: "fs.inotify.max_user_instances"}


def concerns(path: PurePath) -> Kind | None:
    """What a change of a file is about; None where it changes nothing for Unsorry.

    A build folder counts like the compiled modules in it, and of what Lake has fetched only these do.
    """
    named = _NAMES.get(path.name)
    if named is not None:
        return named
    if path.suffix in _SOURCES and _LAKE.name not in path.parts:
        return Kind.SOURCE
    parts = path.parts if path.suffix == _COMPILED else path.parts[-2:]
    built = any(pair == _BUILD.parts for pair in itertools.pairwise(parts))
    return Kind.BUILD if built else None


class Watch:
    """Watches project roots and tells of changes, in an asyncio loop.

    What watchdog does may take its time (it looks at each folder of a build), so all of it is done in one thread of
    this object's own; its events arrive in yet other threads and are handed over to the loop.
    """

    def __init__(self, on_change: Callable[[frozenset[Path]], None], *, settle: float = 0.3) -> None:
        """Watches nothing yet.

        Args:
            on_change: called in the loop with the paths that changed, each below a root as it was given.
            settle: how many seconds without a further change it waits before that.
        """
        self._on_change = on_change
        self._settle = settle
        self._loop = asyncio.get_running_loop()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="unsorry-watch")
        self._closed = False
        # These two belong to the loop.
        self._changed: set[Path] = set()
        self._timer: asyncio.TimerHandle | None = None
        # These two belong to the worker.
        self._projects: dict[Path, _Project] = {}
        self._complained: set[Path] = set()

    def add(self, root: Path) -> asyncio.Future[None]:
        """Watches a root as well.  Whoever wants to know when it is watched waits for what this returns.

        A root that can't be watched is reported in the log.
        """
        return self._submit(lambda: self._add(root))

    def remove(self, root: Path) -> asyncio.Future[None]:
        """Stops watching a root."""
        return self._submit(lambda: self._remove(root))

    async def close(self) -> None:
        """Stops watching, and waits until all threads are gone.  Nothing is told afterwards."""
        if self._closed:
            return
        done = self._submit(self._remove_all)
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.shield(done)
        # What a last event may have asked of the worker finds no root, so this takes no time.
        self._worker.shutdown()

    def _submit(self, work: Callable[[], None]) -> asyncio.Future[None]:
        if self._closed:
            nothing: asyncio.Future[None] = self._loop.create_future()
            nothing.set_result(None)
            return nothing
        return asyncio.wrap_future(self._worker.submit(work), loop=self._loop)

    # In the worker's thread.

    def _add(self, root: Path) -> None:
        if root in self._projects:
            return
        try:
            self._projects[root] = _Project(root, self._hand_over, self._ask_to_renew, self._complain)
        except (OSError, RuntimeError) as error:  # the second one: no more threads, or a refusal of macOS
            self._complain(root, error)

    def _remove(self, root: Path) -> None:
        project = self._projects.pop(root, None)
        if project is not None:
            project.close()

    def _remove_all(self) -> None:
        for root in list(self._projects):
            self._remove(root)

    def _renew(self, root: Path, folder: Path) -> None:
        project = self._projects.get(root)
        if project is not None and project.renew(folder):
            self._hand_over(frozenset({root / _BUILD}))

    def _complain(self, folder: Path, error: Exception) -> None:
        if folder in self._complained:
            return
        self._complained.add(folder)
        built = folder.name == _LAKE.name or concerns(folder) is Kind.BUILD
        unnoticed = "rebuilt modules" if built else "changes of its toolchain, project files, builds and settings"
        limit = _LIMITS.get(error.errno or 0) if isinstance(error, OSError) else None
        remedy = f"raise the system's limit ({limit})" if limit else "restart the language server after such a change"
        _log.warning("%s can't be watched (%s): %s won't be noticed; %s", folder, error, unnoticed, remedy)

    # In watchdog's threads.

    def _ask_to_renew(self, root: Path, folder: Path) -> None:
        self._worker.submit(self._renew, root, folder)

    def _hand_over(self, paths: frozenset[Path]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended without a close
            self._loop.call_soon_threadsafe(self._collect, paths)

    # In the loop.

    def _collect(self, paths: frozenset[Path]) -> None:
        if self._closed:
            return
        self._changed |= paths
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._settle, self._tell)

    def _tell(self) -> None:
        changed = frozenset(self._changed)
        self._changed.clear()
        self._on_change(changed)


class _Project:
    """One root and what is watched of it.  Its observer is its own, so that roots within roots don't get entangled."""

    def __init__(
        self,
        root: Path,
        notice: Callable[[frozenset[Path]], None],
        ask_to_renew: Callable[[Path, Path], None],
        complain: Callable[[Path, Exception], None],
    ) -> None:
        """Starts to watch.

        Raises:
            OSError: the root is not there, or there are too many watches.
        """
        self._root = root
        self._notice = notice
        self._ask_to_renew = ask_to_renew
        self._complain = complain
        self._watches: dict[Path, ObservedWatch] = {}
        # Have there been compiled modules?  If so, it matters that their folder goes.
        self._built = False
        self._observer = Observer()
        try:
            self._observer.start()
            self._watch(Path())
        except BaseException:
            self.close()
            raise
        self._look()

    def close(self) -> None:
        """Stops watching; afterwards no thread is left."""
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join()

    def renew(self, folder: Path) -> bool:
        """Watches a folder anew that came, went or was replaced.  Has the build changed by that?"""
        before, self._built = self._built, False
        for known in [f for f in self._watches if f.is_relative_to(folder)]:
            # The system may have dropped the watch together with the folder.
            with contextlib.suppress(OSError, KeyError):
                self._observer.unschedule(self._watches.pop(known))
        self._look()
        return before or self._built

    def _look(self) -> None:
        for folder in (_LAKE, _BUILD):
            if folder in self._watches or not (self._root / folder).is_dir():
                continue
            try:
                self._watch(folder)
            except (OSError, RuntimeError) as error:
                if (self._root / folder).is_dir():
                    self._complain(self._root / folder, error)
        # What was compiled before the folder was watched raised no event.
        self._built = self._built or any((self._root / _BUILD).rglob(f"*{_COMPILED}"))

    def _watch(self, folder: Path) -> None:
        # Linux watches a link and not what it points to, and there the system keeps silent about a folder that it is
        # not allowed to watch.
        actual = (self._root / folder).resolve()
        os.scandir(actual).close()
        handler = _Handler(actual, lambda event, path: self._happened(event, folder / path))
        self._watches[folder] = self._observer.schedule(
            handler, str(actual), recursive=folder == _BUILD, event_filter=_EVENTS
        )

    def _happened(self, event: FileSystemEvent, path: Path) -> None:
        """In watchdog's thread: something happened to a file or folder below the root."""
        if path in (_LAKE, _BUILD) and not isinstance(event, DirModifiedEvent):
            self._ask_to_renew(self._root, path)
        elif isinstance(event, DirModifiedEvent):
            # On macOS this is all that is heard of a folder that comes or goes.
            inner = {Path(): _LAKE, _LAKE: _BUILD}.get(path)
            if inner is not None and (inner in self._watches) != (self._root / inner).is_dir():
                self._ask_to_renew(self._root, inner)
        # Of sources only those in the root itself would be heard of; editors tell of all of them.
        elif not event.is_directory and (kind := concerns(self._root / path)) not in {None, Kind.SOURCE}:
            self._built = self._built or kind is Kind.BUILD
            self._notice(frozenset({self._root / path}))


class _Handler(FileSystemEventHandler):
    """Hands on events with paths relative to the watched folder."""

    def __init__(self, folder: Path, tell: Callable[[FileSystemEvent, Path], None]) -> None:
        self._folder = folder
        self._tell = tell

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called in the observer's thread."""
        for name in {os.fsdecode(event.src_path), os.fsdecode(event.dest_path)} - {""}:
            path = Path(name)
            if path.is_relative_to(self._folder):
                self._tell(event, path.relative_to(self._folder))
