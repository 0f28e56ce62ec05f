"""The knowledge store: which tactic proved which goal, by workspace and toolchain, in one SQLite file.

It also knows from which files all was learned that they teach, by a digest of their texts.

Plain data only: what the columns mean is the business of whoever learns from them.  Calls block, so a server makes
them in threads.  Several processes may use the file at once, and each change is one transaction of a write-ahead log,
so that a process killed at any moment leaves what it had committed and nothing half written.

What goes wrong with the file is no reason to prove less: it is said once, in a warning, and the store is empty then.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import platformdirs
from filelock import FileLock, Timeout

_log: Final = logging.getLogger(__name__)

_T = TypeVar("_T")

#: How many rows are kept in all; the oldest go first.  A row takes a few kilobytes.
_MAX_ROWS: Final = 100_000

#: A longer goal or tactic, in characters, is not worth its room.
_MAX_TEXT: Final = 20_000

#: How long one process waits for another's transaction, in seconds.
_BUSY_SECONDS: Final = 10.0

#: Of the tables' layout; a file with another one is left alone.
_VERSION: Final = 2

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS learnt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    digest TEXT NOT NULL,
    goal TEXT NOT NULL,
    features TEXT NOT NULL,
    detail TEXT NOT NULL,
    tactic TEXT NOT NULL,
    declaration TEXT,
    origin TEXT NOT NULL,
    time REAL NOT NULL,
    UNIQUE (workspace, toolchain, digest)
);
CREATE TABLE IF NOT EXISTS read (
    workspace TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    file TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (workspace, toolchain, file)
);
PRAGMA user_version = {_VERSION};
"""

_COLUMNS: Final = "workspace, toolchain, goal, features, detail, tactic, declaration, origin, time"

#: What SQLite says of a file that is damaged, or that is none of its own.
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Origin(StrEnum):
    """How a proof became known."""

    SAVED = "saved"
    ACCEPTED = "accepted"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Learnt:
    """A goal and the tactic that proved it.

    ``features`` are for finding it again and ``detail`` for adapting it, both as the suggester wrote them.  ``time`` is
    in seconds since 1970.
    """

    goal: str
    features: tuple[str, ...]
    detail: str
    tactic: str
    declaration: str | None
    origin: Origin
    time: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class Holding:
    """How much is known of a workspace with a toolchain.  Times are in seconds since 1970."""

    workspace: str
    toolchain: str
    rows: int
    oldest: float
    newest: float


@dataclass(frozen=True, slots=True)
class Stats:
    """What the store holds, and the size of its file in bytes."""

    path: Path
    rows: int
    bytes: int
    holdings: tuple[Holding, ...]


def default_path() -> Path:
    """Where the store lies unless somebody says otherwise."""
    return platformdirs.user_data_path("unsorry", appauthor=False) / "knowledge.db"


class KnowledgeStore:
    """One file of learnt pairs.  Any thread may call it; calls of several threads go one after another."""

    def __init__(self, path: Path | None = None, *, enabled: bool = True, limit: int = _MAX_ROWS) -> None:
        """Nothing is read or written before the first call, and nothing ever where the user opted out.

        Args:
            path: the file; without it, where a user's data belongs on this system.
            enabled: False where nothing may be learned; the store is empty then, and stays so.
            limit: how many rows are kept.
        """
        self._path = path or default_path()
        self._enabled = enabled
        self._limit = limit
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def add(
        self, workspace: str, toolchain: str, rows: Iterable[Learnt], read: Mapping[str, str] | None = None
    ) -> None:
        """Keeps pairs, all of them or none.  One that is known already becomes the newest.

        ``read`` are files from which all was learned by now, with digests of their texts.
        """
        values = [
            (
                workspace,
                toolchain,
                _digest(row),
                row.goal,
                "\n".join(row.features),
                row.detail,
                row.tactic,
                row.declaration,
                row.origin.value,
                row.time,
            )
            for row in rows
            if len(row.goal) <= _MAX_TEXT and len(row.tactic) <= _MAX_TEXT
        ]

        files = [(workspace, toolchain, file, digest) for file, digest in (read or {}).items()]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO read VALUES (?, ?, ?, ?)", files)
            connection.executemany(
                "INSERT OR REPLACE INTO learnt (workspace, toolchain, digest, goal, features, detail, tactic,"
                " declaration, origin, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            connection.execute(
                "DELETE FROM learnt WHERE id IN (SELECT id FROM learnt ORDER BY id"
                " LIMIT max(0, (SELECT count(*) FROM learnt) - ?))",
                (self._limit,),
            )

        if values or files:
            self._run(work, None, makes=True)

    def recall(self, toolchain: str, workspace: str, limit: int) -> tuple[Learnt, ...]:
        """What was learned with a toolchain in all workspaces, and no more of it than ``limit``.

        The oldest comes first, and what was learned in this workspace after all else.
        """

        def work(connection: sqlite3.Connection) -> tuple[Learnt, ...]:
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM learnt WHERE toolchain = ?1 ORDER BY workspace = ?2 DESC, id DESC LIMIT ?3",
                (toolchain, workspace, limit),
            )
            return tuple(_row(values) for values in found)[::-1]

        return self._run(work, ())

    def version(self) -> int:
        """Another number whenever another process has changed the store, or this one has opened it anew.

        Nothing that it did itself counts; 0 as long as there is no store.
        """

        def work(connection: sqlite3.Connection) -> int:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            return version

        return self._run(work, 0, transaction=False)

    def read(self, toolchain: str, workspace: str) -> Mapping[str, str]:
        """The files of a workspace from which all was learned, with digests of their texts."""

        def work(connection: sqlite3.Connection) -> Mapping[str, str]:
            found = connection.execute(
                "SELECT file, digest FROM read WHERE toolchain = ? AND workspace = ?", (toolchain, workspace)
            )
            return dict(found.fetchall())

        return self._run(work, dict[str, str]())

    def rows(self, toolchain: str, workspace: str | None = None) -> tuple[Learnt, ...]:
        """What was learned with a toolchain, the oldest first; without ``workspace`` in all of them."""

        def work(connection: sqlite3.Connection) -> tuple[Learnt, ...]:
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM learnt WHERE toolchain = ?1 AND (?2 IS NULL OR workspace = ?2) ORDER BY id",
                (toolchain, workspace),
            )
            return tuple(_row(values) for values in found)

        return self._run(work, ())

    def stats(self) -> Stats:
        """How much there is, by workspace and toolchain."""

        def work(connection: sqlite3.Connection) -> tuple[Holding, ...]:
            found = connection.execute(
                "SELECT workspace, toolchain, count(*), min(time), max(time) FROM learnt"
                " GROUP BY workspace, toolchain ORDER BY workspace, toolchain"
            )
            return tuple(Holding(*values) for values in found)

        holdings = self._run(work, ())
        size = 0
        with suppress(OSError):
            size = self._path.stat().st_size
        return Stats(self._path, sum(h.rows for h in holdings), size, holdings)

    def export(self) -> Iterator[str]:
        """Everything as lines of JSON, without line ends, the oldest first."""

        def work(connection: sqlite3.Connection) -> Sequence[tuple[str, str, Learnt]]:
            found = connection.execute(f"SELECT {_COLUMNS} FROM learnt ORDER BY id")
            return [(values[0], values[1], _row(values)) for values in found]

        for workspace, toolchain, row in self._run(work, ()):
            yield json.dumps({"workspace": workspace, "toolchain": toolchain, **asdict(row)}, ensure_ascii=False)

    def forget(self, workspace: str | None = None) -> int:
        """Deletes what was learned in a workspace, without one everything; how many pairs that were."""

        def work(connection: sqlite3.Connection) -> int:
            connection.execute("DELETE FROM read WHERE ?1 IS NULL OR workspace = ?1", (workspace,))
            return connection.execute("DELETE FROM learnt WHERE ?1 IS NULL OR workspace = ?1", (workspace,)).rowcount

        gone = self._run(work, 0)
        if gone:
            self._run(_compact, None, transaction=False)
        return gone

    def close(self) -> None:
        """Lets go of the file.  Calling it twice is fine."""
        with self._lock:
            self._enabled = False
            self._let_go()

    def _run(
        self,
        work: Callable[[sqlite3.Connection], _T],
        nothing: _T,
        *,
        transaction: bool = True,
        makes: bool = False,
    ) -> _T:
        """Does something in one transaction; ``nothing`` where the store can't be used.

        The file is made only by what ``makes`` it: who reads where nothing was learned leaves nothing behind.
        """
        with self._lock:
            for _ in range(2):
                if not self._enabled or not (makes or self._connection is not None or _is_there(self._path)):
                    return nothing
                try:
                    connection = self._connected()
                    if not transaction:
                        return work(connection)
                    connection.execute("BEGIN IMMEDIATE")
                    try:
                        result = work(connection)
                        connection.execute("COMMIT")
                    finally:
                        if connection.in_transaction:
                            connection.execute("ROLLBACK")
                    return result
                except (sqlite3.Error, OSError) as error:
                    self._let_go()
                    if not self._mended(error):
                        break
            return nothing

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _mended(self, error: Exception) -> bool:
        """After an error: is it worth another try?  A broken file is put aside, so that another one is begun."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            _log.warning("what was learned is not used this time: another process holds %s", self._path)
            return False
        try:
            if code in _BROKEN:
                # Of several processes that find it broken one puts it aside.
                with FileLock(f"{self._path}.lock", timeout=_BUSY_SECONDS):
                    if _is_broken(self._path):
                        self._put_aside(error)
                return True
        except (OSError, Timeout) as problem:
            error = problem
        self._enabled = False
        _log.warning("nothing that is learned is kept: %s can't be used (%s)", self._path, error)
        return False

    def _put_aside(self, error: Exception) -> None:
        aside = self._path.with_name(f"{self._path.name}.broken-{time.time_ns()}")
        self._path.rename(aside)
        for ending in ("-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        _log.warning("what was learned before is lost: %s is damaged (%s) and kept as %s", self._path, error, aside)


def _prepare(connection: sqlite3.Connection) -> None:
    """Makes the tables where there are none.

    Raises:
        sqlite3.DatabaseError: the file is none of this version's.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in {0, _VERSION}:
        raise sqlite3.DatabaseError(f"another version of Unsorry made it (layout {version})")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")


def _is_there(path: Path) -> bool:
    """Something may be there also where one may not look."""
    try:
        return path.exists()
    except OSError:
        return True


def _is_broken(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",)
    except sqlite3.Error as error:
        return error.sqlite_errorcode & 0xFF in _BROKEN


def _compact(connection: sqlite3.Connection) -> None:
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _digest(row: Learnt) -> str:
    return hashlib.blake2b(f"{row.goal}\0{row.tactic}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _row(values: Sequence[Any]) -> Learnt:
    _, _, goal, features, detail, tactic, declaration, origin, time_ = values
    return Learnt(goal, tuple(features.split("\n")), detail, tactic, declaration, Origin(origin), time_)
