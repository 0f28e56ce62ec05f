"""Learning from the proofs that are in a workspace already, while nobody wants the provers of its project.

It has a prover of its own: each file has imports of its own, which take long, can't be interrupted and stay in memory,
and whoever types must not wait for them.  The prover is started when there is something to learn and ends after that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from unsorry.engine.calm import Calm, DisturbedError
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learners import Learners, Taught, digest_of
from unsorry.engine.threads import in_thread
from unsorry.errors import ProverError
from unsorry.provers.seam import Document, Prover, Snapshot
from unsorry.workspace.folders import files_below
from unsorry.workspace.store import Origin

_log = logging.getLogger(__name__)

#: How many files are learned from, in how many folders they may lie, and how large each may be, in bytes.
_FILES: Final = 1000
_FOLDERS: Final = 5000
_BYTES: Final = 200_000

#: How long the prover may work on the proofs of one file, in seconds.
_SECONDS: Final = 60.0

#: How often a file is opened that somebody's work came in between of; each time it goes on where it was.
_MOST_ATTEMPTS: Final = 20

#: After so many files in a row that could not be opened the others are left alone.
_MOST_FAILURES: Final = 3


class Study:
    """What is to be learned from the files below one root."""

    def __init__(self, learners: Learners, calm: Calm, make_prover: Callable[[], Prover]) -> None:
        """``calm`` says when nobody wants the project's own provers."""
        self._learners = learners
        self._calm = calm
        self._make_prover = make_prover

    async def run(self, root: Path, mine: Callable[[Path], bool]) -> None:
        """Learns from the files for which ``mine`` holds, and which it has not learned from before."""
        # Nothing at all before the first texts have been dealt with.
        await self._calm.wait()
        paths = await in_thread(
            "look for proofs", lambda: files_below(root, mine, files=_FILES, folders=_FOLDERS, size=_BYTES)
        )
        prover: Prover | None = None
        taught = Taught()
        failures = 0
        try:
            for path in paths:
                text = await asyncio.to_thread(_text, path)
                if text is None or await self._learners.has_read(str(path), digest_of(text)):
                    continue
                prover = prover or self._make_prover()
                try:
                    taught += await self._file(Lane(prover, self._calm), Snapshot(path.as_uri(), 1, text, path))
                    failures = 0
                except ProverError as error:
                    _log.info("nothing was learned from %s: %s", path, error)
                    failures += 1
                    if failures >= _MOST_FAILURES:
                        break
        finally:
            if prover is not None:
                await prover.close()
        if taught.new:
            _log.info("%d goals and what proved them were learned from the files of %s", taught.new, root)
            self._learners.news += 1

    async def _file(self, lane: Lane, snapshot: Snapshot) -> Taught:
        try:
            document = await self._open(lane, snapshot)
            if document is None or not document.imported:
                return Taught()
            taught = Taught()
            try:
                taught = await self._learners.study(
                    lane,
                    document,
                    document.commands,
                    Origin.WORKSPACE,
                    seconds=_SECONDS,
                    urgency=Urgency.BACKGROUND,
                )
            except ProverError as error:
                # What it died of it would die of each time, so the file counts as read.
                _log.info("not all was learned from %s: %s", snapshot.path, error)
            await self._learners.note_read(str(snapshot.path), digest_of(snapshot.text))
            return taught
        finally:
            with suppress(ProverError):
                await lane.prover.close_document(snapshot.uri)

    @staticmethod
    async def _open(lane: Lane, snapshot: Snapshot) -> Document | None:
        for _ in range(_MOST_ATTEMPTS):
            with suppress(DisturbedError):
                async with lane.turn(Urgency.BACKGROUND, f"learning from {snapshot.uri}") as prover:
                    return await prover.open(snapshot)
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
