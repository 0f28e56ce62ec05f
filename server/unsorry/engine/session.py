"""The session of one text that is being edited: read again after each change, its holes searched, the results kept.

One job at a time works on a text, and a change cancels it.  What it has found stays where the edit can't have touched
it, and the rest is checked again before it is shown; :mod:`unsorry.engine.entries` says how.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Final, Protocol

from unsorry.engine.attempts import Tried
from unsorry.engine.documents import context_of
from unsorry.engine.entries import Entries, Entry, SupersededError
from unsorry.engine.graphview import GraphView
from unsorry.engine.jobs import Cuttable, Newest
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learning import learnt_from
from unsorry.engine.lessons import Lessons, inserted
from unsorry.engine.prefix import Beginning
from unsorry.engine.projects import Project, is_expected, reason
from unsorry.engine.report import HoleReport, Proof, Timings
from unsorry.engine.search import HoleSearch
from unsorry.engine.searching import Searching
from unsorry.engine.together import proofs_together
from unsorry.engine.views import BufferView, Phase, SearchView, Seen, Stage
from unsorry.errors import UnsorryError
from unsorry.provers.seam import Document, Hole, Snapshot
from unsorry.suggesters.seam import Suggester
from unsorry.workspace.settings import Settings

_log = logging.getLogger(__name__)

#: How long the hole at the cursor is searched before more of the text is read, in seconds.
_HEAD_START: Final = 1.0

#: The text behind the cursor is read in pieces of so many bytes, more where the prover is fast, so that whoever waits
#: for something in what was read does not wait for the end of the text.
_PIECE: Final = 4096
_FAST_SECONDS: Final = 0.25


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
        #: Counts jobs, so that one which was not stopped as it should have been sees that it is not wanted.
        self._job = 0
        self._project: Project | None = None
        self._phase = Phase.CHANGED
        self._failure: str | None = None
        #: What the prover made of the newest text, as far as it has been read.
        self._document: Document | None = None
        self._from_scratch = False
        self._entries = Entries()
        self._searching = Searching(
            self._entries, settings, self._timings, self._tell, lambda tried: listener.tried(self, tried)
        )
        self._lessons = Lessons(snapshot, self._learned)
        # What is done for somebody who waits, and ended by the next change of the text.
        self._aside = Cuttable(SupersededError)
        self._suggesting: set[HoleSearch] = set()
        self._hurry = asyncio.Event()
        self._news = asyncio.Event()
        self._begun = 0.0
        self._read = (0.0, 0.0)
        self._closed = False
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
        phase = self._phase
        if phase is Phase.SEARCHING and not self._searching.waits:
            complete = self._document is not None and self._document.complete
            phase = Phase.IDLE if complete else Phase.READING
        return BufferView(
            self._snapshot,
            phase,
            tuple(e.view() for e in self._entries.shown),
            self._document,
            None if self._project is None else self._project.lanes[0].prover.info,
            self._failure,
            () if self._project is None else self._project.troubles,
        )

    def watch(self, watched: bool) -> None:
        """Somebody watches a search of this text, or does not any more: only then its graph is kept when it ends."""
        self._searching.watched = watched

    def search_at(self, start: int, seen: Seen, most: int) -> SearchView | None:
        """The search for the hole that begins at a byte, from what was seen of it on; None where there is no hole."""
        entry = self._entry_at(start)
        return None if entry is None else entry.look(seen, most)

    def graph_at(self, start: int) -> GraphView | None:
        """What there is to show of the goals that this search has found; None where they are only the hole's own."""
        entry = self._entry_at(start)
        return None if entry is None else entry.graph()

    def _entry_at(self, start: int) -> Entry | None:
        return next((e for e in self._entries.shown if e.hole.start == start), None)

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _tell(self) -> None:
        self._wake()
        if not self._closed:
            self._listener.changed(self)

    # What happens to the text

    def change(self, snapshot: Snapshot, start: int, old_end: int, new_end: int) -> None:
        """The text has a new version: its bytes from ``start`` to ``old_end`` are those up to ``new_end`` now."""
        self._accept(snapshot, start, old_end)
        self._lessons.change(start, old_end, snapshot)
        if self._project is not None:
            self._project.calm.disturb()
        moved = new_end - old_end
        low, high = self._searching.visible
        self._searching.visible = (low if low <= start else low + moved, high if high <= start else high + moved)
        self._searching.focus = new_end
        self._snapshot = snapshot
        self._entries.change(start)
        self._restart("the text changed", self._settings().server.quiet)

    def save(self) -> None:
        """The newest version was saved."""
        self._lessons.save(self._snapshot)

    def _accept(self, snapshot: Snapshot, start: int, old_end: int) -> None:
        """Has learned what was put into the text, where it is a proof that was found here."""
        document, project = self._entries.document, self._project
        if document is None or project is None or not project.learners.suggesters:
            return
        touched = [
            e.report
            for e in self._entries.all
            if e.report is not None and e.stage is Stage.PROVED and e.hole.start <= old_end and start <= e.hole.end
        ]
        if touched:
            prover = project.lanes[0].prover.info.prover
            text = snapshot.text.encode("utf-8", "surrogatepass")
            pairs = [learnt_from(document, r, prover=prover) for r in inserted(touched, text, start, old_end)]
            self._lessons.accept(project.learners, [p for p in pairs if p is not None])

    def _learned(self) -> None:
        """Something was learned that may prove what could not be proved."""
        assert self._project is not None
        self._searching.renew(self._project.learners.news)
        self._searching.reorder()
        self._tell()

    def refresh(self, cause: str) -> None:
        """Reads the text again, which is the same: something that it depends on has changed."""
        self._entries.refresh()
        self._from_scratch = True
        self._restart(cause, 0.0)

    def look_again(self, cause: str) -> None:
        """Reads the text again if something that it depends on has changed, which is for the prover to say.

        What is asked for in quick succession is done once, as after changes of the text.
        """
        self._entries.doubt()
        self._restart(cause, self._settings().server.quiet)

    def _restart(self, cause: str, quiet: float) -> None:
        self._document = None
        self._failure = None
        self._phase = Phase.CHANGED
        self._aside.cut()
        self._submit(cause, quiet)
        self._tell()

    def _submit(self, cause: str, quiet: float) -> None:
        self._hurry = asyncio.Event()
        self._job += 1
        job = self._job
        self._jobs.submit(cause, lambda: self._work(job, quiet))

    def _check_open(self) -> None:
        if self._closed:
            raise SupersededError("the text was closed")

    # The work

    async def _work(self, job: int, quiet: float) -> None:
        snapshot = self._snapshot
        if quiet > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await self._hurry.wait()
        self._begun = time.monotonic()
        try:
            await self._entries.close_ended()
            self._phase = Phase.PREPARING
            if self._project is None:
                self._tell()
            await self._take_project(await self._connect(), snapshot.uri)
            await self._read_and_search(job, snapshot)
        # Nobody waits for this task: whatever went wrong is shown where the user looks.
        except Exception as error:
            if self._is_current(job):
                self._fail(error)

    async def _take_project(self, project: Project, uri: str) -> None:
        if project is not self._project:
            if self._project is not None:
                self._entries.refresh()
            self._project = project
        elif self._from_scratch:
            await project.close_document(uri)
        self._from_scratch = False

    def _fail(self, error: Exception) -> None:
        self._phase = Phase.FAILED
        self._failure = reason(error)
        details = None if is_expected(error) else error
        _log.warning("%s can't be worked on: %s", self._snapshot.uri, self._failure, exc_info=details)
        for entry in self._entries.all:
            entry.give_up(UnsorryError(self._failure))
        self._tell()

    def _is_current(self, job: int) -> bool:
        return job == self._job and not self._closed

    async def _open(self, lane: Lane, job: int, snapshot: Snapshot, until: int | None = None) -> Document:
        async with lane.turn(Urgency.CHANGED, f"reading {snapshot.uri}") as prover:
            document = await prover.open(snapshot, until=until)
        if not self._is_current(job):
            raise SupersededError
        return document

    def _timings(self) -> Timings:
        return Timings(time.monotonic() - self._begun, *self._read)

    async def _read_and_search(self, job: int, snapshot: Snapshot) -> None:
        assert self._project is not None
        project, lane = self._project, self._project.lanes[0]
        self._phase = Phase.READING
        self._read = (0.0, 0.0)
        self._tell()
        # The cursor's command first: how long the text goes on behind it must not matter to who waits there.
        await self._read_until(lane, job, snapshot, self._searching.focus)
        self._phase = Phase.SEARCHING
        self._tell()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_on(lane, job, snapshot))
            group.create_task(self._searching.work(lane, project, lambda: self._is_current(job)))
            group.create_task(self._lessons.work(lane, project.learners, lambda: self._document))
            for other in project.lanes[1:]:
                group.create_task(
                    self._searching.work(
                        other,
                        project,
                        lambda: self._is_current(job),
                        lambda lane=other: self._open(lane, job, snapshot),
                    )
                )

    async def _read_until(self, lane: Lane, job: int, snapshot: Snapshot, until: int | None) -> float:
        """Takes over what is read up to a byte; how long that took."""
        before, begun = lane.prover.busy, time.monotonic()
        document = await self._open(lane, job, snapshot, until)
        seconds, busy = self._read
        taken = time.monotonic() - begun
        self._read = (seconds + taken, busy + lane.prover.busy - before)
        self._document = document
        self._entries.take(document)
        if self._project is not None:
            self._searching.renew(self._project.learners.news)
        self._lessons.look()
        return taken

    async def _read_on(self, lane: Lane, job: int, snapshot: Snapshot) -> None:
        """Reads what stands behind the cursor, when the hole there has had its head start."""
        piece, whole = _PIECE, len(snapshot.text.encode("utf-8", "surrogatepass"))
        while self._document is not None and not self._document.complete:
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEAD_START):
                    while self._searching.urgent:
                        await self._news.wait()
            reached = self._document.commands[-1].end if self._document.commands else 0
            until = None if reached + piece >= whole else reached + piece
            seconds = await self._read_until(lane, job, snapshot, until)
            piece = piece * 2 if seconds < _FAST_SECONDS else max(piece // 2, _PIECE)
            await self._entries.close_ended()
            self._searching.reorder()
            self._tell()
            if until is None:
                return

    # What may be asked of it

    def look(self, offset: int) -> None:
        """The user is at this place."""
        self._searching.focus = offset
        self._searching.reorder()
        self._wake()

    def show(self, start: int, end: int) -> None:
        """This part of the text is on the screen."""
        self._searching.visible = (start, end)
        self._searching.reorder()

    async def wait_for(self, done: Callable[[BufferView], bool], seconds: float, *, hurry: bool = True) -> bool:
        """Waits until the view is as wanted; False when the time is up or it failed.

        The text is read at once and not only when it has been quiet, unless ``hurry`` says otherwise.

        Raises:
            SupersededError: the text has changed meanwhile.
        """
        self._check_open()
        version = self._snapshot.version
        if hurry:
            self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done(self.view) and self._phase is not Phase.FAILED:
                    await self._news.wait()
                    self._check_open()
                    if self._snapshot.version != version:
                        raise SupersededError
        return done(self.view)

    async def read(self, offset: int, seconds: float, *, hurry: bool = True) -> bool:
        """Waits until the text has been read up to a place."""
        return await self.wait_for(lambda view: view.reaches(offset), seconds, hurry=hurry)

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

        end = time.monotonic() + seconds
        if not await self.wait_for(watched(lambda v: v.document is not None and v.document.complete), seconds):
            return False
        assert self._project is not None
        budget = self._project.budget(self._settings().prove.budget)
        for entry in self._entries.all:
            self._searching.take_up(entry)
        asked = [e for e in self._entries.all if e.stage in {Stage.WAITING, Stage.SEARCHING} and e.asked is None]
        for entry in asked:
            self._searching.ask(entry, budget)
        self._searching.reorder()
        try:
            left = end - time.monotonic()
            return await self.wait_for(watched(lambda v: v.phase is Phase.IDLE), left)
        finally:
            for entry in asked:
                if entry.asked is budget:
                    self._searching.leave(entry)
            self._searching.reorder()

    async def prove(self, start: int, seconds: float, *, deeper: bool = False) -> HoleReport:
        """Searches the hole that begins at a byte, before all others, and waits for the result.

        Raises:
            SupersededError: the text has changed meanwhile, or there is no such hole.
            UnsorryError: it can't be searched.
        """
        await self.read(start + 1, seconds)
        if self._phase is Phase.FAILED and self._failure is not None:
            raise UnsorryError(self._failure)
        entry = self._entry_at(start)
        if entry is None or self._project is None:
            raise SupersededError("there is no hole at this place any more")
        if entry.stage is Stage.PROVED and entry.report is not None:
            return entry.report
        self._searching.ask(entry, self._project.budget(seconds, deeper=deeper), deeper=deeper)
        waiter: asyncio.Future[HoleReport] = asyncio.get_running_loop().create_future()
        entry.waiters.append(waiter)
        self._searching.reorder()
        self._tell()
        try:
            return await waiter
        finally:
            self._leave(waiter)

    def _leave(self, waiter: asyncio.Future[HoleReport]) -> None:
        """Whoever waited has the answer, or is gone: then what was done for it is ended."""
        # A new version may have carried it to another entry.
        entry: Entry | None = next((e for e in self._entries.all if waiter in e.waiters), None)
        if entry is None:
            return
        entry.waiters.remove(waiter)
        if not entry.waiters:
            entry.asked = None
            self._searching.stop(entry)
            self._searching.reorder()
            self._tell()

    def stop(self) -> int:
        """Ends all searches, which count as without result.  Returns how many there were."""
        stopped = sum([self._searching.stop(entry) for entry in self._entries.all])
        self._searching.reorder()
        self._tell()
        return stopped

    def search_again(self) -> None:
        """Searches again what was searched in vain: there are more suggesters by now, or none can be waited for."""
        for entry in self._entries.all:
            self._searching.retry(entry)
        self._searching.reorder()
        self._tell()

    async def together(self) -> tuple[Proof, ...]:
        """The proofs that may be put into the text all at once, certified so.

        Raises:
            SupersededError: the text has changed meanwhile.
        """
        self._check_open()
        document, project = self._document, self._project
        if document is None or project is None:
            return ()
        reports = [e.report for e in self._entries.all if e.report and e.stage in {Stage.PROVED, Stage.OPEN}]
        async with self._aside.block():
            return await proofs_together(project.lanes[0], document, reports, project.policy)

    async def goals_at(
        self, start: int, end: int | None = None, *, seconds: float = 5.0, hurry: bool = True
    ) -> Hole | None:
        """The goals at a place in a proof, as if what stands between the two bytes were not there."""
        if not await self.read(end or start, seconds, hurry=hurry) or self._document is None or self._project is None:
            return None
        lane, document = self._project.lanes[0], self._document
        self._check_open()
        async with self._aside.block(), lane.turn(Urgency.ASKED, f"goals in {self._snapshot.uri}") as prover:
            return await prover.goals(document, start, end)

    def tactic_start(self, line: bytes) -> int:
        """How many bytes of a line up to the cursor stand before the tactic that is being typed at its end."""
        return 0 if self._project is None else self._project.lanes[0].prover.tactic_start(line)

    async def suggest(self, hole: Hole, seconds: float, *, wanted: int, prefix: str = "") -> HoleReport:
        """Searches a hole that is not written in the text, the cursor's; only texts that begin with ``prefix``."""
        self._check_open()
        document, project = self._document, self._project
        if document is None or project is None:
            raise SupersededError
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
            mixing=project.mixing,
            premises=None if hole.state is None else project.premises.at(hole.state),
            urgency=Urgency.ASKED,
            borrowing=False,
        )
        search.wanted = wanted
        self._suggesting.add(search)
        try:
            async with self._aside.block(), aclosing(search):
                report = await search.run()
        finally:
            self._suggesting.discard(search)
        if report is None:
            raise SupersededError
        return report

    async def close(self) -> None:
        """Ends all work on this text and lets the provers go of it."""
        self._closed = True
        self._aside.cut()
        for search in tuple(self._suggesting):
            await search.aclose()
        await self._jobs.close()
        await self._lessons.close()
        self._entries.close(SupersededError("the text was closed"))
        await self._entries.close_ended()
        self._tell()
        if self._project is not None:
            await self._project.close_document(self._snapshot.uri)
