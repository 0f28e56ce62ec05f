"""Watching project roots: what is noticed, what is not, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

import pytest
import pytest_asyncio
from watchdog.observers import Observer

from unsorry.workspace import watch as watching
from unsorry.workspace.watch import Kind, Watch, concerns

# How long something that must happen may take, on a busy machine.
PATIENCE: Final = 20.0
SETTLE: Final = 0.1


class Told:
    """What was told, call by call."""

    def __init__(self) -> None:
        self.calls: list[frozenset[Path]] = []
        self.threads: set[int] = set()
        self._more = asyncio.Event()

    def __call__(self, paths: frozenset[Path]) -> None:
        self.calls.append(paths)
        self.threads.add(threading.get_ident())
        self._more.set()

    @property
    def paths(self) -> set[Path]:
        return {path for call in self.calls for path in call}

    async def until(self, *wanted: Path) -> None:
        """Waits until all of these were told."""
        await self._until(lambda: self.paths.issuperset(wanted))

    async def until_called(self) -> None:
        """Waits until something was told."""
        await self._until(lambda: bool(self.calls))

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self._more.clear()
                await self._more.wait()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest_asyncio.fixture
async def watch(told: Told) -> AsyncIterator[Watch]:
    made = Watch(told, settle=SETTLE)
    yield made
    await made.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    return place


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


async def nothing_but(told: Told, root: Path, *wanted: Path) -> None:
    """Nothing was told but this, and a change made now, after whatever else there might have been."""
    last = write(root / "unsorry.toml", "# the last change")
    await told.until(last, *wanted)
    assert told.paths == {last, *wanted}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/p/lean-toolchain", Kind.TOOLCHAIN),
        ("/p/lakefile.lean", Kind.PROJECT),
        ("/p/lakefile.toml", Kind.PROJECT),
        ("/p/lake-manifest.json", Kind.PROJECT),
        ("/p/ROOT", Kind.PROJECT),
        ("/p/ROOTS", Kind.PROJECT),
        ("/p/unsorry.toml", Kind.SETTINGS),
        ("/p/pyproject.toml", Kind.SETTINGS),
        ("/p/.lake/build/lib/lean/A/B.olean", Kind.BUILD),
        ("/p/.lake/packages/q/.lake/build/lib/A.olean", Kind.BUILD),
        ("/p/.lake/build", Kind.BUILD),
        ("/p/Some/File.lean", Kind.SOURCE),
        ("/p/File.thy", Kind.SOURCE),
        ("unsorry.toml", Kind.SETTINGS),
        ("/p/.lake/packages/q/A.lean", None),
        ("/p/A.olean", None),
        ("/p/build/A.olean", None),
        ("/p/.lake/build/lib/A.ilean", None),
        ("/p/.lake/build/ir/A.c", None),
        ("/p/.lake/build/lib", None),
        ("/p/.lake", None),
        ("/p/lakefile.lean.bak", None),
        ("/p/root", None),
        ("/p/my-unsorry.toml", None),
        ("/", None),
        ("", None),
    ],
)
def test_what_a_path_is_about(path: str, kind: Kind | None) -> None:
    assert concerns(PurePosixPath(path)) == kind
    assert concerns(PureWindowsPath(path.replace("/", "\\"))) == kind


@pytest.mark.parametrize(
    "name",
    [
        "lean-toolchain",
        "lakefile.lean",
        "lakefile.toml",
        "lake-manifest.json",
        "unsorry.toml",
        "pyproject.toml",
        "ROOT",
        "ROOTS",
        ".lake/build/lib/lean/A.olean",
    ],
)
async def test_a_file_that_comes_changes_and_goes_is_told(watch: Watch, told: Told, root: Path, name: str) -> None:
    (root / ".lake" / "build").mkdir(parents=True)
    await watch.add(root)
    for text in ("x", "y", None):
        told.calls.clear()
        if text is None:
            (root / name).unlink()
        else:
            write(root / name, text)
        await told.until(root / name)
        assert told.paths == {root / name}
    assert told.threads == {threading.get_ident()}


async def test_a_file_that_is_put_in_place_by_renaming_is_told(watch: Watch, told: Told, root: Path) -> None:
    await watch.add(root)
    (write(root / "lakefile.toml.tmp")).replace(root / "lakefile.toml")
    await told.until(root / "lakefile.toml")
    told.calls.clear()
    (root / "lakefile.toml").rename(root / "lakefile.old")
    await told.until(root / "lakefile.toml")
    assert told.paths == {root / "lakefile.toml"}


async def test_what_is_of_no_interest_is_not_told(watch: Watch, told: Told, root: Path) -> None:
    compiled = write(root / ".lake" / "build" / "lib" / "A.olean")
    await watch.add(root)
    write(root / "A.lean")
    write(root / "notes" / "unsorry.toml")
    write(root / ".lake" / "packages" / "q" / "lakefile.lean")
    write(root / ".lake" / "build" / "lib" / "A.ilean")
    (root / "ROOT").mkdir()
    compiled.read_bytes()  # as each start of a Lean does
    await nothing_but(told, root)


async def test_changes_within_a_moment_are_one_call(told: Told, root: Path) -> None:
    watch = Watch(told, settle=0.5)
    try:
        await watch.add(root)
        files = {write(root / name) for name in ("lean-toolchain", "lakefile.toml", "ROOT")}
        await told.until(*files)
        assert told.calls == [frozenset(files)]
    finally:
        await watch.close()


async def test_two_changes_with_a_pause_are_two_calls(watch: Watch, told: Told, root: Path) -> None:
    await watch.add(root)
    await told.until(*[write(root / "ROOT")])
    await told.until(*[write(root / "ROOTS")])
    assert told.calls == [{root / "ROOT"}, {root / "ROOTS"}]


async def test_a_build_that_comes_later_is_watched(watch: Watch, told: Told, root: Path) -> None:
    await watch.add(root)
    first = write(root / ".lake" / "build" / "lib" / "A.olean")
    # Whether the first file is told itself depends on when the watch was there; its folder is told in any case.
    await told.until_called()
    assert told.paths <= {root / ".lake" / "build", first}
    second = write(root / ".lake" / "build" / "lib" / "deep" / "B.olean")
    await told.until(second)


@pytest.mark.parametrize("folder", [".lake", ".lake/build"])
async def test_a_build_that_goes_is_told_and_the_next_one_is_watched(
    watch: Watch, told: Told, root: Path, folder: str
) -> None:
    write(root / ".lake" / "build" / "lib" / "A.olean")
    await watch.add(root)
    shutil.rmtree(root / folder)
    await told.until(root / ".lake" / "build")
    for number in range(2):
        told.calls.clear()
        write(root / ".lake" / "build" / "lib" / "A.olean")
        await told.until_called()
        await told.until(write(root / ".lake" / "build" / "lib" / f"B{number}.olean"))
        # In one go, so that the folder may be there again before anybody looks.
        shutil.rmtree(root / folder)
        (root / ".lake" / "build").mkdir(parents=True)
        await told.until(root / ".lake" / "build")


async def test_a_build_that_is_moved_away_is_told(watch: Watch, told: Told, root: Path) -> None:
    write(root / ".lake" / "build" / "lib" / "A.olean")
    await watch.add(root)
    (root / ".lake" / "build").rename(root / ".lake" / "old")
    await told.until(root / ".lake" / "build")
    told.calls.clear()
    write(root / ".lake" / "old" / "lib" / "A.olean", "y")
    await nothing_but(told, root)


async def test_an_empty_build_folder_changes_nothing(watch: Watch, told: Told, root: Path) -> None:
    await watch.add(root)
    (root / ".lake" / "build").mkdir(parents=True)
    await nothing_but(told, root)


async def test_links_are_followed_and_paths_told_as_they_were_given(watch: Watch, told: Told, root: Path) -> None:
    elsewhere = root.parent / "elsewhere"
    (elsewhere / "build").mkdir(parents=True)
    link = root.parent / "link"
    try:
        link.symlink_to(root, target_is_directory=True)
        (root / ".lake").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets no ordinary user make links")
    await watch.add(link)
    write(elsewhere / "build" / "A.olean")
    write(root / "ROOT")
    await told.until(link / "ROOT", link / ".lake" / "build" / "A.olean")
    assert told.paths == {link / "ROOT", link / ".lake" / "build" / "A.olean"}


async def test_a_removed_root_is_not_told_and_others_are(watch: Watch, told: Told, root: Path) -> None:
    inner, other = root / "inner", root.parent / "other"
    inner.mkdir()
    other.mkdir()
    for folder in (root, inner, other, other):
        await watch.add(folder)
    await watch.remove(inner)
    await watch.remove(root.parent / "never-added")
    write(inner / "ROOT")
    await nothing_but(told, root, write(other / "ROOT"))
    await watch.add(inner)
    await told.until(write(inner / "ROOTS"))


def file_in_the_way(path: Path) -> None:
    write(path)


def nothing_there(path: Path) -> None:
    del path


@pytest.mark.parametrize("prepare", [file_in_the_way, nothing_there])
async def test_a_root_that_cannot_be_watched_is_told_once(
    watch: Watch,
    told: Told,
    root: Path,
    caplog: pytest.LogCaptureFixture,
    prepare: Callable[[Path], None],
) -> None:
    before = threads()
    bad = root / "bad"
    prepare(bad)
    for _ in range(2):
        await watch.add(bad)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{bad} can't be watched" in record.getMessage()
    assert "won't be noticed; restart the language server" in record.getMessage()
    # Nothing is left of the attempt but the thread that made it.
    assert {t.name for t in threads() - before} == {"unsorry-watch_0"}
    await watch.add(root)
    await told.until(write(root / "ROOT"))


@pytest.mark.parametrize(
    ("number", "limit"),
    [(errno.ENOSPC, "fs.inotify.max_user_watches"), (errno.EMFILE, "fs.inotify.max_user_instances")],
)
@pytest.mark.parametrize("place", ["", ".lake/build"])
async def test_a_system_with_too_many_watches_is_told_what_to_do(
    watch: Watch,
    told: Told,
    root: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    limit: str,
    place: str,
) -> None:
    (root / ".lake" / "build").mkdir(parents=True)

    def make() -> Any:
        observer = Observer()
        schedule = observer.schedule

        def limited(handler: Any, path: str, **options: Any) -> Any:
            if Path(path) == root / place:
                raise OSError(number, "limit reached")
            return schedule(handler, path, **options)

        monkeypatch.setattr(observer, "schedule", limited)
        return observer

    monkeypatch.setattr(watching, "Observer", make)
    await watch.add(root)
    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith(f"{root / place} can't be watched")
    assert f"raise the system's limit ({limit})" in message
    assert ("rebuilt modules" in message) == bool(place)
    if place:
        await told.until(write(root / "ROOT"))


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


async def test_closing_leaves_no_thread_and_tells_nothing_more(told: Told, root: Path) -> None:
    before = threads()
    watch = Watch(told, settle=30.0)
    (root / ".lake" / "build").mkdir(parents=True)
    await watch.add(root)
    assert threads() > before
    # This change is on its way when the watch is closed.
    write(root / "ROOT")
    await watch.close()
    assert threads() == before
    await watch.close()
    await watch.add(root)
    await watch.remove(root)
    assert threads() == before
    assert told.calls == []


async def test_a_change_that_is_waiting_is_not_told_after_closing(
    told: Told, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    call_later = loop.call_later
    waiting: list[asyncio.TimerHandle] = []
    noticed = asyncio.Event()

    def noted(delay: float, callback: Callable[..., object], *rest: object) -> asyncio.TimerHandle:
        timer = call_later(delay, callback, *rest)
        if callback == watch._tell:  # pyright: ignore[reportPrivateUsage]
            waiting.append(timer)
            noticed.set()
        return timer

    monkeypatch.setattr(loop, "call_later", noted)
    watch = Watch(told, settle=30.0)
    await watch.add(root)
    write(root / "ROOT")
    await asyncio.wait_for(noticed.wait(), PATIENCE)
    await watch.close()
    assert waiting[-1].cancelled()
    assert told.calls == []


async def test_closing_right_after_adding_waits_for_it(told: Told, root: Path) -> None:
    before = threads()
    watch = Watch(told)
    added = watch.add(root)
    await watch.close()
    assert added.done()
    assert threads() == before


@pytest.mark.usefixtures("loop_watch")
async def test_a_slow_system_does_not_hold_the_loop(told: Told, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> Any:
        time.sleep(0.4)
        return Observer()

    monkeypatch.setattr(watching, "Observer", slow)
    watch = Watch(told, settle=SETTLE)
    await watch.add(root)
    await told.until(write(root / "ROOT"))
    await watch.close()


async def test_many_modules_are_found_without_holding_up(watch: Watch, told: Told, root: Path) -> None:
    folders = [root / ".lake" / "build" / "lib" / f"F{n}" for n in range(50)]
    for folder in folders:
        folder.mkdir(parents=True)
    await watch.add(root)
    await told.until(*[write(folder / "A.olean") for folder in folders])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to this user")
async def test_a_forbidden_root_is_told(watch: Watch, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.chmod(root, 0)  # noqa: PTH101
    try:
        await watch.add(root)
    finally:
        os.chmod(root, 0o700)  # noqa: PTH101
    assert "can't be watched" in caplog.text
