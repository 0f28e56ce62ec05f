"""The session of one text that is being edited: read again after each change, its holes searched, the results kept.

One job at a time works on a text, and a change cancels it.  What it has found stays where the edit can't have touched
it: of the commands above the edit everything, searches under way included.  Of a command further down that reads as it
did, proofs are certified again in their new place before they are shown, and a search that found nothing is not done
again as long as nothing that the command can see has changed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Final, Protocol

from unsorry.engine.contexts import contexts_of
from unsorry.engine.documents import context_of
from unsorry.engine.entries import Entry, Kept, SupersededError
from unsorry.engine.jobs import Newest
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.prefix import Beginning
from unsorry.engine.projects import Project, reason
from unsorry.engine.report import HoleReport, Proof, Status, Timings
from unsorry.engine.search import HoleSearch, Tried
from unsorry.engine.together import proofs_together
from unsorry.engine.views import BufferView, Phase, Stage
from unsorry.errors import ProverError, UnsorryError
from unsorry.provers.seam import Command, Document, Hole, Snapshot
from unsorry.suggesters.seam import Suggester
from unsorry.workspace.settings import Settings

_log = logging.getLogger(__name__)

#: How long the hole at the cursor is searched before the rest of the text is read, in seconds.
_HEAD_START: Final = 1.0

#: How long further proofs of the hole at the cursor are looked for, in seconds.
_MORE_SECONDS: Final = 1.5

_STAGES: Final = {Status.PROVED: Stage.PROVED, Status.OPEN: Stage.OPEN, Status.ERROR: Stage.ERROR}


class Listener(Protocol):
    """Who is told what happens in sessions.  Called on the event loop; must not wait."""

    def changed(self, session: Session) -> None:
        """There is something new to show."""
        ...

    def tried(self, session: Session, tried: Tried) -> None:
        """A candidate had its turn."""
        ...


class Session:
    """One open text."""

    def __init__(
        self,
        snapshot: Snapshot,
        connect: Callable[[], Awaitable[Project]],
        settings: Callable[[], Settings],
        listener: Listener,
    ) -> None:
        """Work begins at once.  ``connect`` gives the project that works on it; it may take long and may fail."""
        self._snapshot = snapshot
        self._connect = connect
        self._settings = settings
        self._listener = listener
        self._jobs = Newest(snapshot.uri)
        self._project: Project | None = None
        self._phase = Phase.CHANGED
        self._failure: str | None = None
        #: What the prover made of the newest text, as far as it has been read.
        self._document: Document | None = None
        #: The document that the entries belong to, and the byte up to which the newest text is the same.
        self._base: Document | None = None
        self._same_until = 0
        self._epoch = 0
        self._entries: list[Entry] = []
        self._kept: dict[bytes, deque[Kept]] = {}
        self._stale: list[HoleSearch] = []
        # Where the user is, and what is on the screen, in bytes.
        self._focus = 0
        self._visible = (0, 0)
        self._front: int | None = None
        self._hurry = asyncio.Event()
        self._wake = asyncio.Event()
        self._head_start = asyncio.Event()
        self._news = asyncio.Event()
        self._begun = 0.0
        self._read = (0.0, 0.0)
        self._submit("opened", 0.0)

    # What it shows

    @property
    def snapshot(self) -> Snapshot:
        """The newest version."""
        return self._snapshot

    @property
    def settings(self) -> Settings:
        """The settings that hold for this text now."""
        return self._settings()

    @property
    def project(self) -> Project | None:
        """Who works on it, once that is known."""
        return self._project

    @property
    def cause(self) -> str | None:
        """Why the present work was begun."""
        return self._jobs.cause

    @property
    def view(self) -> BufferView:
        """What there is to show, of the newest version only."""
        return BufferView(
            self._snapshot,
            self._phase,
            tuple(e.view() for e in self._entries),
            self._document,
            None if self._project is None else self._project.lanes[0].prover.info,
            self._failure,
        )

    def _tell(self) -> None:
        self._front = None
        news, self._news = self._news, asyncio.Event()
        news.set()
        self._listener.changed(self)

    # What happens to the text

    def change(self, snapshot: Snapshot, start: int, old_end: int, new_end: int) -> None:
        """The text has a new version: its bytes from ``start`` to ``old_end`` are those up to ``new_end`` now."""
        moved = new_end - old_end
        low, high = self._visible
        self._visible = (low if low <= start else low + moved, high if high <= start else high + moved)
        self._focus = new_end
        self._snapshot = snapshot
        self._same_until = min(self._same_until, start)
        self._restart("the text changed", self._settings().server.quiet)

    def refresh(self, cause: str) -> None:
        """Reads the text again, which is the same: something that it depends on has changed."""
        self._epoch += 1
        self._same_until = 0
        self._restart(cause, 0.0)

    def _restart(self, cause: str, quiet: float) -> None:
        self._keep()
        self._document = None
        self._failure = None
        self._phase = Phase.CHANGED
        self._submit(cause, quiet)
        self._tell()

    def _submit(self, cause: str, quiet: float) -> None:
        self._hurry = asyncio.Event()
        self._jobs.submit(cause, lambda: self._work(quiet))

    def _keep(self) -> None:
        """Puts aside what is known of commands that the next reading may find changed."""
        if self._base is None:
            return
        above = [c for c in self._base.commands if c.end < self._same_until]
        # The last command above the edit may go on in what was typed.
        safe = len(above) - 1
        moved: dict[int, list[Entry]] = {}
        for entry in self._entries:
            if entry.hole.command >= safe:
                moved.setdefault(entry.hole.command, []).append(entry)
                entry.give_up("the text has changed meanwhile")
        self._entries = [e for e in self._entries if e.hole.command < safe]
        if moved:
            data = self._base.snapshot.text.encode("utf-8", "surrogatepass")
            for index, entries in moved.items():
                command = self._base.commands[index]
                kept = self._kept.setdefault(data[command.start : command.end], deque())
                kept.append(Kept(command, tuple(entries)))

    def _take(self, document: Document) -> None:
        """Takes over what the prover has read, with what is known of the same commands."""
        data = document.snapshot.text.encode("utf-8", "surrogatepass")
        contexts = contexts_of(document, data, self._epoch)
        before: dict[int, list[Entry]] = {}
        for entry in self._entries:
            before.setdefault(entry.hole.command, []).append(entry)
        self._entries = []
        base, self._base, self._document = self._base, document, document
        fresh: list[Command] = []
        for command in document.commands:
            mine = before.get(command.index)
            if mine and base is not None and base.commands[command.index] is command:
                self._entries += before.pop(command.index)
            elif command.holes:
                fresh.append(command)
        # What stood above the edit and was read anew all the same: the prover was started afresh meanwhile.
        for index, entries in before.items():
            assert base is not None
            old = base.commands[index]
            self._kept.setdefault(data[old.start : old.end], deque()).appendleft(Kept(old, tuple(entries)))
        for command in fresh:
            self._entries += self._entries_for(command, contexts[command.index], data)
        for entry in self._entries:
            if entry.search is not None:
                entry.search.rebase(document)
        self._entries.sort(key=lambda e: e.hole.start)
        self._same_until = len(data) + 1
        if document.complete:
            self._forget_kept()

    def _forget_kept(self) -> None:
        for kept in self._kept.values():
            for entry in (e for old in kept for e in old.entries):
                entry.give_up("the text has changed meanwhile")
                if entry.search is not None:
                    self._stale.append(entry.search)
        self._kept.clear()

    def _entries_for(self, command: Command, context: str, data: bytes) -> list[Entry]:
        waiting = self._kept.get(data[command.start : command.end])
        kept = waiting.popleft() if waiting else None
        if kept is None or len(kept.entries) != len(command.holes):
            return [Entry(hole, context) for hole in command.holes]
        if kept.command is command:
            # Read before, and kept by the prover with all its states.
            return list(kept.entries)
        self._stale += [e.search for e in kept.entries if e.search is not None]
        return [old.moved(hole, context) for old, hole in zip(kept.entries, command.holes, strict=True)]

    # The work

    async def _work(self, quiet: float) -> None:
        snapshot = self._snapshot
        if quiet > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await self._hurry.wait()
        self._begun = time.monotonic()
        try:
            await self._close_stale()
            if self._project is None:
                self._phase = Phase.PREPARING
                self._tell()
            self._project = await self._connect()
            await self._read_and_search(self._project, snapshot)
        except (UnsorryError, ExceptionGroup) as error:
            if not isinstance(error, UnsorryError) and error.split(UnsorryError)[1] is not None:
                raise
            self._fail(reason(error))

    def _fail(self, why: str) -> None:
        _log.warning("%s can't be worked on: %s", self._snapshot.uri, why)
        self._phase = Phase.FAILED
        self._failure = why
        for entry in self._entries:
            entry.give_up(why)
        self._tell()

    async def _close_stale(self) -> None:
        while self._stale:
            await self._stale.pop().aclose()

    async def _open(self, lane: Lane, snapshot: Snapshot, until: int | None) -> Document:
        async with lane.turn(Urgency.CHANGED, f"reading {snapshot.uri}") as prover:
            before, begun = prover.busy, time.monotonic()
            document = await prover.open(snapshot, until=until)
            seconds, busy = self._read
            self._read = (seconds + time.monotonic() - begun, busy + prover.busy - before)
            return document

    async def _read_and_search(self, project: Project, snapshot: Snapshot) -> None:
        self._phase = Phase.READING
        self._read = (0.0, 0.0)
        self._head_start = asyncio.Event()
        self._tell()
        # The cursor's command first: how long the text goes on behind it must not matter to who waits there.
        self._take(await self._open(project.lanes[0], snapshot, self._focus))
        self._phase = Phase.SEARCHING
        self._tell()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_on(project.lanes[0], snapshot))
            for lane in project.lanes:
                group.create_task(self._search_on(lane, project, snapshot))

    async def _read_on(self, lane: Lane, snapshot: Snapshot) -> None:
        """Reads what stands behind the cursor, when the hole there has had its head start."""
        if self._document is not None and not self._document.complete:
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEAD_START):
                    await self._head_start.wait()
            self._take(await self._open(lane, snapshot, None))
            await self._close_stale()
            self._wake.set()
            self._tell()

    async def _search_on(self, lane: Lane, project: Project, snapshot: Snapshot) -> None:
        """Searches one hole after another, what matters most to the user first, for as long as the version lasts."""
        own: dict[int, Hole] | None = None
        while True:
            self._wake.clear()
            entry = self._pick(lane)
            if entry is None:
                self._head_start.set()
                self._rest()
                await self._wake.wait()
            elif lane is project.lanes[0]:
                await self._search(entry, lane, entry.hole, project)
            else:
                # Handles belong to the prover that gave them.
                if own is None:
                    entry.stage = Stage.SEARCHING
                    own = {h.start: h for h in (await self._open(lane, snapshot, None)).holes}
                await self._search(entry, lane, own.get(entry.hole.start, entry.hole), project)

    def _rest(self) -> None:
        if self._idle and self._phase is Phase.SEARCHING:
            self._phase = Phase.IDLE
            self._tell()

    @property
    def _idle(self) -> bool:
        return self._document is not None and self._document.complete and not self._waits

    # Which hole is next

    def _eligible(self, entry: Entry) -> bool:
        return entry.stage is Stage.WAITING and (entry.asked is not None or self._settings().server.automatic)

    def _rank(self, entry: Entry) -> tuple[int, int]:
        """What is asked for first, then what the cursor is in, then what is on the screen; the nearer the better."""
        hole = entry.hole
        distance = max(hole.start - self._focus, self._focus - hole.end, 0)
        if entry.asked is not None:
            return 0, distance
        if self._at_focus(entry):
            return 1, distance
        low, high = self._visible
        return (2 if low <= hole.end and hole.start <= high else 3), distance

    def _at_focus(self, entry: Entry) -> bool:
        if self._base is None:
            return False
        command = self._base.commands[entry.hole.command]
        return command.start <= self._focus <= command.end

    def _pick(self, lane: Lane) -> Entry | None:
        mine = [e for e in self._entries if self._eligible(e) and (e.lane is None or e.lane is lane)]
        if mine:
            return min(mine, key=self._rank)
        more = [e for e in self._entries if e.lane is lane and e.extensible and self._at_focus(e)]
        return min(more, key=self._rank) if more else None

    def _better_waits(self, entry: Entry) -> bool:
        """Is there a hole that matters more than this one, or did whoever asked for this one leave?"""
        if entry.abandoned or (entry.asked is not None and entry.asked is not entry.budget):
            return True
        if self._front is None:
            self._front = min((self._rank(e)[0] for e in self._entries if self._eligible(e)), default=9)
        return self._front < self._rank(entry)[0]

    # One hole

    async def _search(self, entry: Entry, lane: Lane, hole: Hole, project: Project) -> None:
        more = entry.stage is Stage.PROVED
        if not more:
            entry.stage = Stage.SEARCHING
        entry.busy = True
        if self._phase is Phase.IDLE:
            self._phase = Phase.SEARCHING
        self._tell()
        search = entry.search or self._new_search(entry, lane, hole, project)
        try:
            report = await search.run()
            if report is not None and report.proof is not None and not more:
                self._found(entry, report)
                report = await search.shorten()
        finally:
            # A search that is cancelled stays as it is: in the next version it goes on, if the edit lies behind it.
            entry.busy = False
            if entry.stage is Stage.SEARCHING:
                entry.stage = Stage.WAITING
        if report is None and not more:
            await self._paused(entry, search)
        else:
            await self._ended(entry, search, report or search.report())

    def _new_search(self, entry: Entry, lane: Lane, hole: Hole, project: Project) -> HoleSearch:
        assert self._document is not None
        entry.budget = entry.asked or project.budget(self._settings().server.budget)
        entry.lane = lane
        entry.abandoned = False
        entry.search = HoleSearch(
            lane,
            self._document,
            hole,
            context_of(self._document, hole, prover=lane.prover.info.prover),
            project.suggesters,
            policy=project.policy,
            budget=entry.budget,
            known=entry.known,
            borrowing=False,
            pause=lambda: self._better_waits(entry),
            watcher=lambda tried: self._listener.tried(self, tried),
        )
        return entry.search

    def _found(self, entry: Entry, report: HoleReport) -> None:
        """Shows the first proof at once."""
        seconds, busy = self._read
        timings = Timings(time.monotonic() - self._begun, seconds, busy)
        entry.report = replace(report, timings=timings)
        entry.stage = Stage.PROVED
        self._tell()
        effort = report.effort
        _log.info(
            "a proof was found",
            extra={
                "fields": {
                    "uri": self._snapshot.uri,
                    "version": self._snapshot.version,
                    "declaration": entry.hole.declaration,
                    "proof": report.proof.text if report.proof else None,
                    "origin": report.proof.origin if report.proof else None,
                    "candidates": report.candidates,
                    "since_quiet": timings.since_quiet,
                    "reading": timings.reading,
                    "reading_prover": timings.reading_prover,
                    "search": effort.elapsed if effort else None,
                    "search_prover": effort.prover if effort else None,
                    "winner": effort.winner if effort else None,
                }
            },
        )

    async def _paused(self, entry: Entry, search: HoleSearch) -> None:
        if entry.abandoned:
            await self._ended(entry, search, search.report(Status.OPEN, "the search was stopped"))
            return
        if entry.asked is not None and entry.asked is not entry.budget:
            # Somebody wants it searched deeper, which is another search.
            entry.search = entry.lane = None
            await search.aclose()
        self._tell()

    async def _ended(self, entry: Entry, search: HoleSearch, report: HoleReport) -> None:
        entry.report = replace(report, timings=entry.report.timings if entry.report is not None else None)
        entry.stage = _STAGES[report.status]
        entry.asked = None
        entry.answer(entry.report)
        alternatives = self._settings().server.alternatives
        goes_on = report.proof is not None and not entry.extended and alternatives > 0 and self._at_focus(entry)
        entry.extended = True
        if goes_on:
            search.look_for_more(alternatives, _MORE_SECONDS)
        else:
            entry.search = entry.lane = None
        self._tell()
        if not goes_on:
            await search.aclose()

    # What may be asked of it

    def look(self, offset: int) -> None:
        """The user is at this place."""
        self._focus = offset
        self._front = None
        self._wake.set()

    def show(self, start: int, end: int) -> None:
        """This part of the text is on the screen."""
        self._visible = (start, end)
        self._front = None
        self._wake.set()

    async def wait_for(self, done: Callable[[BufferView], bool], seconds: float, *, hurry: bool = True) -> bool:
        """Waits until the view is as wanted; False when the time is up or it failed.

        The text is read at once and not only when it has been quiet, unless ``hurry`` says otherwise.

        Raises:
            SupersededError: the text has changed meanwhile.
        """
        version = self._snapshot.version
        if hurry:
            self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done(self.view) and self._phase is not Phase.FAILED:
                    await self._news.wait()
                    if self._snapshot.version != version:
                        raise SupersededError("the text has changed meanwhile")
        return done(self.view)

    async def read(self, offset: int, seconds: float, *, hurry: bool = True) -> bool:
        """Waits until the text has been read up to a place."""
        return await self.wait_for(lambda view: self._is_read(view, offset), seconds, hurry=hurry)

    @staticmethod
    def _is_read(view: BufferView, offset: int) -> bool:
        document = view.document
        if document is None:
            return False
        return document.complete or any(c.end >= offset for c in reversed(document.commands))

    async def settle(self, seconds: float) -> bool:
        """Waits until nothing is left to do."""
        return await self.wait_for(lambda view: view.phase is Phase.IDLE, seconds)

    async def search_all(self, seconds: float, look: Callable[[BufferView], None]) -> bool:
        """Searches every hole that was not searched yet, also where nothing is searched without being asked.

        ``look`` is called with each new view.  False when the time is up or the text can't be worked on.

        Raises:
            SupersededError: the text has changed meanwhile.
        """

        def watched(done: Callable[[BufferView], bool]) -> Callable[[BufferView], bool]:
            def looked(view: BufferView) -> bool:
                look(view)
                return done(view)

            return looked

        if not await self.wait_for(watched(lambda v: v.document is not None and v.document.complete), seconds):
            return False
        assert self._project is not None
        budget = self._project.budget(self._settings().prove.budget)
        asked = [e for e in self._entries if e.stage is Stage.WAITING and e.asked is None]
        for entry in asked:
            entry.asked = budget
        self._front = None
        self._wake.set()
        try:
            return await self.wait_for(watched(lambda v: v.phase is Phase.IDLE and not self._waits), seconds)
        finally:
            for entry in asked:
                if entry.asked is budget:
                    entry.asked = None

    @property
    def _waits(self) -> bool:
        return any(e.busy or self._eligible(e) for e in self._entries)

    async def prove(self, start: int, seconds: float, *, deeper: bool = False) -> HoleReport:
        """Searches the hole that begins at a byte, before all others, and waits for the result.

        Raises:
            SupersededError: the text has changed meanwhile, or there is no such hole.
            UnsorryError: it can't be searched.
        """
        if not await self.read(start + 1, seconds) and self._failure is not None:
            raise UnsorryError(self._failure)
        entry = next((e for e in self._entries if e.hole.start == start), None)
        if entry is None or self._project is None:
            raise SupersededError("there is no hole at this place any more")
        if entry.stage is Stage.PROVED and entry.report is not None:
            return entry.report
        entry.asked = self._project.budget(seconds, deeper=deeper)
        if entry.stage is not Stage.SEARCHING:
            if entry.search is not None:
                self._stale.append(entry.search)
            entry.search = entry.lane = None
            entry.stage = Stage.WAITING
            entry.extended = False
        waiter = asyncio.get_running_loop().create_future()
        entry.waiters.append(waiter)
        self._front = None
        self._wake.set()
        try:
            return await waiter
        finally:
            if waiter in entry.waiters:
                entry.waiters.remove(waiter)
            if not entry.waiters and waiter.cancelled():
                entry.asked = None
                entry.abandoned = entry.stage is Stage.SEARCHING
                if entry.stage is Stage.WAITING and entry.report is not None:
                    entry.stage = _STAGES[entry.report.status]
                self._tell()
                self._wake.set()

    def stop(self) -> int:
        """Ends all searches, which count as without result.  Returns how many there were."""
        stopped = 0
        for entry in self._entries:
            if entry.stage is Stage.SEARCHING:
                entry.abandoned = True
                stopped += 1
            elif entry.stage is Stage.WAITING:
                entry.asked = None
                entry.report = HoleReport(entry.hole, Status.OPEN, message="the search was stopped")
                entry.stage = Stage.OPEN
                entry.give_up("the search was stopped")
                stopped += 1
        self._tell()
        self._wake.set()
        return stopped

    async def together(self) -> tuple[Proof, ...]:
        """The proofs that may be put into the text all at once, certified so.

        Raises:
            SupersededError: the text has changed meanwhile.
        """
        document, project = self._document, self._project
        if document is None or project is None:
            return ()
        reports = [e.report for e in self._entries if e.report is not None and e.stage in {Stage.PROVED, Stage.OPEN}]
        proofs = await proofs_together(project.lanes[0], document, reports, project.policy)
        if self._document is not document:
            raise SupersededError("the text has changed meanwhile")
        return proofs

    async def goals_at(
        self, start: int, end: int | None = None, *, seconds: float = 5.0, hurry: bool = True
    ) -> Hole | None:
        """The goals at a place in a proof, as if what stands between the two bytes were not there."""
        if not await self.read(end or start, seconds, hurry=hurry) or self._document is None or self._project is None:
            return None
        document = self._document
        async with self._project.lanes[0].turn(Urgency.ASKED, f"goals in {self._snapshot.uri}") as prover:
            if self._snapshot is not document.snapshot:
                raise SupersededError("the text has changed meanwhile")
            return await prover.goals(document, start, end)

    async def suggest(self, hole: Hole, seconds: float, *, wanted: int, prefix: str = "") -> HoleReport:
        """Searches a hole that is not written in the text, the cursor's; only texts that begin with ``prefix``."""
        document, project = self._document, self._project
        if document is None or project is None:
            raise SupersededError("the text has changed meanwhile")
        lane = project.lanes[0]
        suggesters: Sequence[Suggester] = project.suggesters
        if prefix:
            suggesters = [Beginning(s, prefix) for s in suggesters]
        search = HoleSearch(
            lane,
            document,
            hole,
            context_of(document, hole, prover=lane.prover.info.prover),
            suggesters,
            policy=project.policy,
            budget=project.budget(seconds),
            urgency=Urgency.ASKED,
            borrowing=False,
        )
        search.wanted = wanted
        async with aclosing(search):
            report = await search.run()
            assert report is not None, "nobody pauses this search"
            return report

    async def close(self) -> None:
        """Ends all work on this text and lets the provers go of it."""
        for entry in self._entries:
            entry.give_up("the text was closed")
        await self._jobs.close()
        self._stale += [e.search for e in self._entries if e.search is not None]
        self._entries = []
        self._forget_kept()
        await self._close_stale()
        if self._project is not None:
            with suppress(ProverError):
                await self._project.close_document(self._snapshot.uri)
