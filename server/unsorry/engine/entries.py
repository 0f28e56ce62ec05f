"""What a session knows of each hole, and how it is carried from one version of the text to the next."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

from unsorry.engine.budget import Budget
from unsorry.engine.contexts import contexts_of
from unsorry.engine.graphview import GraphView
from unsorry.engine.lanes import Lane
from unsorry.engine.report import Attempt, HoleReport
from unsorry.engine.search import HoleSearch
from unsorry.engine.views import HoleView, SearchView, Seen, Stage
from unsorry.errors import UnsorryError
from unsorry.provers.seam import Command, Document, Hole
from unsorry.suggesters.seam import Candidate


class SupersededError(UnsorryError):
    """What was asked for is of a version of the text that is no longer the newest."""

    def __init__(self, why: str = "the text has changed meanwhile") -> None:
        """Says why."""
        super().__init__(why)


@dataclass(eq=False, slots=True)
class Entry:
    """A hole and its search.  ``context`` changes whenever something does that the hole's command can see."""

    hole: Hole
    context: str
    stage: Stage = Stage.WAITING
    report: HoleReport | None = None
    search: HoleSearch | None = None
    #: The lane that has the search's states.
    lane: Lane | None = None
    #: What proved it in an older version, or would if what it borrows was proved.
    known: tuple[Candidate, ...] = ()
    #: All else was tried while the same could be seen: only what is known is certified, and ``report`` is of then.
    settled: bool = False
    #: Something was learned since all else was tried: only those who learned it are asked.
    again: bool = False
    #: How often something had been learned when it was searched.
    heard: int = 0
    #: Suggesters were asked, or there was nothing to ask them.
    searched: bool = False
    #: What somebody who waits is willing to spend on it.
    asked: Budget | None = None
    #: A search of it runs, for its first proof or for further ones.
    busy: bool = False
    #: Further proofs were looked for, or are not wanted.
    extended: bool = False
    waiters: list[asyncio.Future[HoleReport]] = field(default_factory=list["asyncio.Future[HoleReport]"])

    @property
    def extensible(self) -> bool:
        """May further proofs be looked for?"""
        return self.stage is Stage.PROVED and self.search is not None and not self.busy

    def view(self) -> HoleView:
        """What there is to show."""
        if self.search is not None:
            return HoleView(self.hole, self.stage, self.search.attempts, self.report, self.search.searched)
        return HoleView(self.hole, self.stage, self.report.candidates if self.report else 0, self.report)

    def look(self, seen: Seen, most: int) -> SearchView:
        """What there is to show of its search beyond what was seen, at most so many attempts."""
        search, report = self.search, self.report
        number = search.number if search is not None else report.search if report is not None else 0
        first = seen.attempts if seen.search == number else 0
        attempts: tuple[Attempt, ...] = ()
        if search is not None:
            attempts = search.attempts_from(first, most)
        elif report is not None:
            attempts = report.attempts[first : first + most]
        return SearchView(self.view(), number, first, attempts)

    def graph(self) -> GraphView | None:
        """What there is to show of the goals that its search has found."""
        if self.search is not None:
            return self.search.graph()
        return None if self.report is None else self.report.graph

    def moved(self, hole: Hole, context: str) -> Entry:
        """The same hole in another place of a newer version, or in a place where other things can be seen.

        Nothing is taken for proved there before it was certified again.
        """
        new = Entry(hole, context, known=self.known, asked=self.asked, waiters=self.waiters)
        self.waiters = []
        if self.report is None:
            return new
        report = self.report
        proofs = [p for p in (report.proof, *report.alternatives, report.conditional) if p is not None]
        if proofs:
            new.known = tuple(Candidate(p.text, 0.0, p.origin) for p in proofs)
        if context == self.context and (self.settled or self.stage is Stage.OPEN):
            new.report = replace(report, hole=hole, conditional=None, partial=None)
            new.settled = self.settled or bool(proofs)
            new.again, new.heard = self.again, self.heard
            if not new.settled:
                new.stage = Stage.OPEN
        return new

    def answer(self, report: HoleReport) -> None:
        """Tells whoever waits."""
        self.asked = None
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(report)
        self.waiters.clear()

    def give_up(self, error: UnsorryError) -> None:
        """Tells whoever waits that there will be no answer."""
        self.asked = None
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(error)
        self.waiters.clear()


@dataclass(frozen=True, slots=True)
class _Kept:
    """The holes of a command that was read once, waiting for a command that reads the same."""

    command: Command
    entries: tuple[Entry, ...]


def _goes_on(old: Document, new: Document) -> bool:
    """Has the prover kept what it had read?  It reads all anew where what the text imports has changed."""
    return bool(old.commands and new.commands) and old.commands[0] is new.commands[0]


class Entries:
    """The holes of a text as far as it has been read, from one version to the next.

    What stands above an edit stays as it is, searches under way included.  Of a command further down that reads as it
    did, proofs wait to be certified in their new place, and a search that found nothing is not done again as long as
    nothing that the command can see has changed.
    """

    def __init__(self) -> None:
        """Nothing has been read."""
        #: In the order of the text.
        self.all: list[Entry] = []
        #: The document that they belong to.
        self.document: Document | None = None
        # The byte up to which the newest text is the same as the document's.
        self._same_until = 0
        self._epoch = 0
        # May something have changed that all commands can see?
        self._doubtful = False
        self._kept: dict[bytes, deque[_Kept]] = {}
        self._ended: list[HoleSearch] = []

    def change(self, start: int) -> None:
        """The text has changed from this byte on."""
        self._same_until = min(self._same_until, start)
        self._keep()

    @property
    def shown(self) -> tuple[Entry, ...]:
        """Those that may be shown: none while it is not known whether what they can see is still the same."""
        return () if self._doubtful else tuple(self.all)

    def refresh(self) -> None:
        """Something else has changed that all commands can see."""
        self._epoch += 1
        self.change(0)

    def doubt(self) -> None:
        """Something else may have changed that all commands can see: the next reading tells."""
        self._doubtful = True

    def end(self, entry: Entry) -> None:
        """Ends an entry's search at once."""
        if entry.search is not None:
            entry.search.stop()
            self._ended.append(entry.search)
        entry.search = entry.lane = None
        entry.busy = False
        if entry.stage is Stage.SEARCHING:
            entry.stage = Stage.WAITING

    async def close_ended(self) -> None:
        """Waits until searches that were ended have let go of their suggesters."""
        while self._ended:
            search = self._ended[-1]
            await search.aclose()
            if search in self._ended:
                self._ended.remove(search)

    def close(self, error: UnsorryError) -> None:
        """Ends everything."""
        for entry in self.all:
            entry.give_up(error)
            self.end(entry)
        self.all = []
        self._forget_kept()

    def _keep(self) -> None:
        """Puts aside what is known of commands that the next reading may find changed."""
        if self.document is None:
            return
        # The last command above the edit may go on in what was typed.
        last = sum(1 for c in self.document.commands if c.end < self._same_until) - 1
        above: list[Entry] = []
        below: dict[int, list[Entry]] = {}
        for entry in self.all:
            if entry.hole.command < last:
                above.append(entry)
                continue
            below.setdefault(entry.hole.command, []).append(entry)
            entry.give_up(SupersededError())
            if entry.hole.command > last:
                self.end(entry)
        for entry in above:
            # The prover failed, and may not the next time.
            if entry.stage is Stage.ERROR and entry.hole.state is not None:
                entry.stage, entry.report = Stage.WAITING, None
        self.all = above
        if below:
            data = self.document.snapshot.text.encode("utf-8", "surrogatepass")
            for index, entries in below.items():
                self._put_aside(self.document.commands[index], entries, data)

    def _put_aside(self, command: Command, entries: list[Entry], data: bytes) -> None:
        self._kept.setdefault(data[command.start : command.end], deque()).append(_Kept(command, tuple(entries)))

    def take(self, document: Document) -> None:
        """Takes over what the prover has read, with what is known of the same commands."""
        if self._doubtful:
            self._doubtful = False
            if self.document is not None and not _goes_on(self.document, document):
                self._epoch += 1
        data = document.snapshot.text.encode("utf-8", "surrogatepass")
        contexts = contexts_of(document, data, self._epoch)
        before: dict[int, list[Entry]] = {}
        for entry in self.all:
            before.setdefault(entry.hole.command, []).append(entry)
        old, self.document = self.document, document
        self.all = []
        fresh: list[Command] = []
        for command in document.commands:
            if command.index in before and old is not None and old.commands[command.index] is command:
                self.all += before.pop(command.index)
            elif command.holes:
                fresh.append(command)
        # What stood above the edit and was read anew all the same: the prover was started afresh meanwhile.
        for index, entries in before.items():
            assert old is not None
            self._put_aside(old.commands[index], entries, data)
        for command in fresh:
            self.all += self._entries_for(command, contexts[command.index], data)
        self.all.sort(key=lambda e: e.hole.start)
        for entry in self.all:
            if entry.search is not None:
                entry.search.rebase(document)
        self._same_until = len(data) + 1
        if document.complete:
            self._forget_kept()

    def _forget_kept(self) -> None:
        for entry in (e for waiting in self._kept.values() for kept in waiting for e in kept.entries):
            entry.give_up(SupersededError())
            self.end(entry)
        self._kept.clear()

    def _entries_for(self, command: Command, context: str, data: bytes) -> list[Entry]:
        waiting = self._kept.get(data[command.start : command.end])
        if not waiting:
            return [Entry(hole, context) for hole in command.holes]
        kept = next((k for k in waiting if k.command is command), waiting[0])
        waiting.remove(kept)
        if kept.command is command and all(e.context == context for e in kept.entries):
            # Read before, and kept by the prover with all its states.
            return list(kept.entries)
        for entry in kept.entries:
            self.end(entry)
        if len(kept.entries) != len(command.holes):
            for entry in kept.entries:
                entry.give_up(SupersededError())
            return [Entry(hole, context) for hole in command.holes]
        return [old.moved(hole, context) for old, hole in zip(kept.entries, command.holes, strict=True)]
