"""What one text teaches: the proofs in it when it is saved, and those that are accepted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learners import Learners, digest_of
from unsorry.engine.report import HoleReport
from unsorry.errors import ProverError
from unsorry.provers.seam import Command, Document, Snapshot
from unsorry.suggesters.seam import GoalContext
from unsorry.workspace.store import Origin

_log = logging.getLogger(__name__)

#: How long the prover may work on the proofs of one command, in seconds.
_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Same:
    """How many bytes at the beginning and at the end of a text are as they were at some moment."""

    head: int
    tail: int

    @classmethod
    def all(cls, size: int) -> _Same:
        return cls(size, size)

    def change(self, start: int, old_end: int, old_size: int) -> None:
        """The bytes between these two were replaced."""
        self.head = min(self.head, start)
        self.tail = min(self.tail, old_size - old_end)

    def has(self, command: Command, size: int) -> bool:
        """Does a command lie in what is the same?"""
        return command.end <= self.head or command.start >= size - self.tail


@dataclass(slots=True)
class _Saved:
    """A version that was saved: what of the newest one is as it was then, and what as it was before."""

    snapshot: Snapshot
    same: _Same
    before: _Same
    done: bool = False


class Lessons:
    """What the proofs of one text teach those who learn.

    A proof that has changed since the text was opened, or saved before, is learned as soon as a search would be made:
    it is what the user is about to need.  The others are learned when nobody wants the prover.
    """

    def __init__(self, snapshot: Snapshot, news: Callable[[], None]) -> None:
        """``news`` is called when something was learned that may prove a hole."""
        self._news = news
        self._size = _size(snapshot.text)
        self._base = _Same.all(self._size)
        self._base_digest = digest_of(snapshot.text)
        self._saved: _Saved | None = None
        # Digests of commands that there is nothing more to learn from.
        self._learned: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def change(self, start: int, old_end: int, snapshot: Snapshot) -> None:
        """The text has a new version, in which the bytes between these two were replaced."""
        for same in (self._base, *((self._saved.same, self._saved.before) if self._saved is not None else ())):
            same.change(start, old_end, self._size)
        self._size = _size(snapshot.text)

    def save(self, snapshot: Snapshot) -> None:
        """The newest version was saved."""
        before = self._base
        if (last := self._saved) is not None and not last.done:
            before = _Same(min(before.head, last.before.head), min(before.tail, last.before.tail))
        self._saved = _Saved(snapshot, _Same.all(self._size), before)
        self._base = _Same.all(self._size)
        self.look()

    def look(self) -> None:
        """More of the text has been read."""
        self._wake.set()

    # Proofs that were accepted

    def accept(self, learners: Learners, pairs: Sequence[tuple[GoalContext, str]]) -> None:
        """These proofs were put into the text."""
        if not pairs:
            return

        async def learn() -> None:
            if any([await learners.learn(context, tactic, Origin.ACCEPTED) for context, tactic in pairs]):
                learners.news += 1
                self._news()

        task = asyncio.create_task(learn(), name="learn what was accepted")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Waits until what was accepted is learned."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    # Proofs that were saved

    async def work(self, lane: Lane, learners: Learners, document: Callable[[], Document | None]) -> None:
        """Learns from what was saved, for as long as the version is the newest; ``document`` is what was read of it."""
        while learners.suggesters:
            self._wake.clear()
            saved, read = self._saved, document()
            if saved is None or saved.done or read is None:
                await self._wake.wait()
                continue
            try:
                await self._learn(lane, learners, saved, read)
            except ProverError as error:
                # What has been tried is not tried again: the next save goes on behind it.
                _log.info("not all was learned from %s: %s", saved.snapshot.uri, error)
                saved.done = True

    async def _learn(self, lane: Lane, learners: Learners, saved: _Saved, document: Document) -> None:
        """Learns from as much as has been read."""
        name = _name(saved.snapshot)
        todo = list(self._todo(saved, document))
        fresh = [c for c in todo if not saved.before.has(c[0], self._size)]
        await self._study(lane, learners, document, fresh, Urgency.SEARCH)
        if not await learners.has_read(name, self._base_digest):
            rest = [c for c in todo if saved.before.has(c[0], self._size)]
            await self._study(lane, learners, document, rest, Urgency.BACKGROUND)
        if not document.complete:
            await self._wake.wait()
            return
        saved.done = True
        if document.snapshot.text == saved.snapshot.text:
            self._base_digest = digest_of(saved.snapshot.text)
            await learners.note_read(name, self._base_digest)

    async def _study(
        self,
        lane: Lane,
        learners: Learners,
        document: Document,
        commands: Sequence[tuple[Command, str]],
        urgency: Urgency,
    ) -> None:
        new = 0
        try:
            for command, digest in commands:
                try:
                    taught = await learners.study(
                        lane, document, [command], Origin.SAVED, seconds=_SECONDS, urgency=urgency
                    )
                except ProverError:
                    self._learned.add(digest)
                    raise
                self._learned.add(digest)
                new += taught.new
        finally:
            if new:
                learners.news += 1
                self._news()

    def _todo(self, saved: _Saved, document: Document) -> Iterator[tuple[Command, str]]:
        data = document.snapshot.text.encode("utf-8", "surrogatepass")
        for command in document.commands:
            if saved.same.has(command, self._size):
                digest = digest_of(data[command.start : command.end])
                if digest not in self._learned:
                    yield command, digest


def inserted(reports: Iterable[HoleReport], text: bytes, start: int, old_end: int) -> Iterator[HoleReport]:
    """The reports of those holes whose proof now stands in their place, each with the one that does.

    ``text`` is the new one, in which the bytes between these two of the old one were replaced.
    """
    moved = 0
    for report in sorted(reports, key=lambda r: r.hole.start):
        proofs = () if report.proof is None else (report.proof, *report.alternatives)
        for proof in proofs:
            edit, data = proof.edit, proof.edit.text.encode("utf-8", "surrogatepass")
            place = edit.start + moved
            if edit.start <= old_end and start <= edit.end and text[place : place + len(data)] == data:
                moved += len(data) - (edit.end - edit.start)
                yield replace(report, proof=proof)
                break


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _name(snapshot: Snapshot) -> str:
    return str(snapshot.path) if snapshot.path is not None else snapshot.uri
