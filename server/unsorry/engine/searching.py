"""Which hole of a text is searched next, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from unsorry.engine.attempts import Tried
from unsorry.engine.budget import Budget
from unsorry.engine.documents import context_of
from unsorry.engine.entries import Entries, Entry
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.projects import Project
from unsorry.engine.report import HoleReport, Status, Timings
from unsorry.engine.search import HoleSearch
from unsorry.engine.views import Stage
from unsorry.errors import ProverError
from unsorry.provers.seam import Document, Hole
from unsorry.suggesters.seam import Candidate, Suggester
from unsorry.workspace.settings import Settings

_log = logging.getLogger(__name__)

#: How long further proofs of the hole at the cursor are looked for, in seconds.
_MORE_SECONDS: Final = 1.5

_STAGES: Final = {Status.PROVED: Stage.PROVED, Status.OPEN: Stage.OPEN, Status.ERROR: Stage.ERROR}

_STOPPED: Final = "the search was stopped"

# Ranks: what somebody waits for, what the cursor is in, what is on the screen, the rest; behind all that nothing.  What
# may take long comes after what does not.
_ASKED, _ASKED_SLOW, _FOCUS, _VISIBLE, _REST, _SLOW, _NOTHING = range(7)


class Searching:
    """The searches of one text's holes."""

    def __init__(
        self,
        entries: Entries,
        settings: Callable[[], Settings],
        timings: Callable[[], Timings],
        tell: Callable[[], None],
        tried: Callable[[Tried], None],
    ) -> None:
        """``timings`` says how long it took until now; ``tell`` is called whenever there is something new to show."""
        self._entries = entries
        self._settings = settings
        self._timings = timings
        self._tell = tell
        self._tried = tried
        #: Where the user is, and what is on the screen, in bytes.
        self.focus = 0
        self.visible: tuple[int, int] = (0, 0)
        #: Does somebody watch one of the searches?
        self.watched = False
        # How often something was learned.
        self._learned = 0
        self._wake = asyncio.Event()
        self._fronts: dict[Lane | None, int] = {}

    # Which hole is next

    def renew(self, learned: int) -> None:
        """Holes without result are looked at again by those who have learned something since.

        ``learned`` counts how often there was something.
        """
        self._learned = learned
        for entry in self._entries.all:
            self._renew(entry)

    def _renew(self, entry: Entry) -> None:
        report = entry.report
        if (
            entry.heard < self._learned
            and entry.stage is Stage.OPEN
            and report is not None
            and report.status is Status.OPEN
            and report.message != _STOPPED
            and self._settings().server.automatic
        ):
            if (conditional := report.conditional) is not None:
                entry.known = (Candidate(conditional.text, 0.0, conditional.origin),)
            entry.stage = Stage.WAITING
            entry.settled = entry.again = True

    def reorder(self) -> None:
        """Something may have come to matter more than what is searched."""
        self._fronts.clear()
        self._wake.set()
        for entry in self._entries.all:
            if entry.busy and entry.search is not None:
                entry.search.nudge()

    @property
    def waits(self) -> bool:
        """Is something left to do?"""
        return any(
            e.busy or self._eligible(e) or (e.extensible and self._rank(e)[0] <= _FOCUS) for e in self._entries.all
        )

    @property
    def urgent(self) -> bool:
        """Is something left to do that the user is likely to look at?"""
        return any(
            (e.stage is Stage.SEARCHING or self._eligible(e)) and self._rank(e)[0] <= _FOCUS for e in self._entries.all
        )

    def _wanted(self, entry: Entry) -> bool:
        return entry.asked is not None or bool(entry.known) or self._settings().server.automatic

    def _eligible(self, entry: Entry) -> bool:
        return entry.stage is Stage.WAITING and not entry.busy and self._wanted(entry)

    def _rank(self, entry: Entry) -> tuple[int, int]:
        """What matters most to the user first; the nearer the better."""
        hole = entry.hole
        distance = max(hole.start - self.focus, self.focus - hole.end, 0)
        slow = entry.search is not None and entry.search.slow
        if entry.asked is not None:
            return _ASKED_SLOW if slow else _ASKED, distance
        if slow:
            return _SLOW, distance
        if self._at_focus(entry):
            return _FOCUS, distance
        low, high = self.visible
        return (_VISIBLE if low <= hole.end and hole.start <= high else _REST), distance

    def _at_focus(self, entry: Entry) -> bool:
        if self._entries.document is None:
            return False
        command = self._entries.document.commands[entry.hole.command]
        return command.start <= self.focus <= command.end

    def _for_lane(self, lane: Lane | None) -> list[Entry]:
        return [e for e in self._entries.all if self._eligible(e) and (e.lane is None or e.lane is lane)]

    def _pick(self, lane: Lane) -> Entry | None:
        if mine := self._for_lane(lane):
            return min(mine, key=self._rank)
        more = [e for e in self._entries.all if e.lane is lane and e.extensible and self._at_focus(e)]
        return min(more, key=self._rank) if more else None

    def _must_pause(self, entry: Entry) -> bool:
        """Is there a hole that matters more than this one, or does nobody want it any more?"""
        if entry.stage is Stage.SEARCHING and not self._wanted(entry):
            return True
        front = self._fronts.get(entry.lane)
        if front is None:
            front = min((self._rank(e)[0] for e in self._for_lane(entry.lane)), default=_NOTHING)
            self._fronts[entry.lane] = front
        return front < self._rank(entry)[0]

    # Searching

    async def work(
        self,
        lane: Lane,
        project: Project,
        current: Callable[[], bool],
        read: Callable[[], Awaitable[Document]] | None = None,
    ) -> None:
        """Searches one hole after another on a lane, for as long as the version is current.

        Handles belong to the prover that gave them: ``read`` has the lane's own prover read the text, where that is
        not the one that the holes are from.
        """
        own: Mapping[int, Hole] | None = None
        while current():
            self._wake.clear()
            entry = self._pick(lane)
            if entry is None:
                await self._wake.wait()
                continue
            if read is None:
                await self._search(entry, lane, entry.hole, project)
            elif own is None:
                try:
                    own = {h.start: h for h in (await read()).holes}
                except ProverError as error:
                    _log.warning("one of several provers is given up: %s", error)
                    self._leave(lane)
                    return
            elif (hole := own.get(entry.hole.start)) is not None:
                await self._search(entry, lane, hole, project)
            else:
                entry.lane = project.lanes[0]
                self.reorder()
            # Whatever happens here, the event loop gets its turn.
            await asyncio.sleep(0)

    def _leave(self, lane: Lane) -> None:
        """The others are to do what was to be done on this lane."""
        for entry in self._entries.all:
            if entry.lane is lane:
                self._entries.end(entry)
        self.reorder()

    async def _search(self, entry: Entry, lane: Lane, hole: Hole, project: Project) -> None:
        more = entry.stage is Stage.PROVED
        search = entry.search or self._new_search(entry, lane, hole, project)
        search.urgency = Urgency.SEARCH if entry.asked is None else Urgency.ASKED
        entry.search, entry.lane, entry.busy = search, lane, True
        if not more:
            entry.stage = Stage.SEARCHING
        self._changed()
        try:
            report = await search.run()
            if entry.search is search and report is not None and report.proof is not None and not more:
                self._found(entry, report)
                report = await search.shorten()
        except BaseException:
            # In the next version it goes on where it was, if the edit lies behind it.
            if entry.search is search and entry.stage is Stage.PROVED and entry.report is not None:
                entry.answer(entry.report)
            raise
        finally:
            if entry.search is search:
                entry.busy = False
                if entry.stage is Stage.SEARCHING:
                    entry.stage = Stage.WAITING
        if entry.search is not search:
            # Somebody has ended it, and said what becomes of the hole.
            self._changed()
        elif report is None and not more:
            if not self._wanted(entry):
                self._entries.end(entry)
            self._changed()
        else:
            self._ended(entry, search, report or search.report())
        await self._entries.close_ended()

    def _changed(self) -> None:
        self._fronts.clear()
        self._tell()

    def _new_search(self, entry: Entry, lane: Lane, hole: Hole, project: Project) -> HoleSearch:
        document, server = self._entries.document, self._settings().server
        assert document is not None
        if entry.asked is not None:
            entry.settled = entry.again = False
        # A proof from before is certified again in any case, and nothing else is done without being wanted.
        entry.searched = entry.asked is not None or (server.automatic and not entry.settled)
        suggesters: Sequence[Suggester] = ()
        if entry.searched:
            suggesters = project.suggesters
        elif entry.again and server.automatic:
            suggesters = project.learners.suggesters
        if suggesters:
            entry.heard = project.learners.news
        return HoleSearch(
            lane,
            document,
            hole,
            context_of(document, hole, prover=lane.prover.info.prover),
            suggesters,
            policy=project.policy,
            budget=entry.asked or project.budget(server.budget),
            mixing=project.mixing,
            premises=None if hole.state is None else project.premises.at(hole.state),
            known=entry.known,
            borrowing=False,
            pause=lambda: self._must_pause(entry),
            watcher=self._tried,
            watched=lambda: self.watched,
        )

    def _found(self, entry: Entry, report: HoleReport) -> None:
        """Shows the first proof at once."""
        assert report.proof is not None
        timings, effort = self._timings(), report.effort
        entry.report = replace(report, timings=timings)
        entry.stage = Stage.PROVED
        self._changed()
        document = self._entries.document
        _log.info(
            "a proof was found",
            extra={
                "fields": {
                    "uri": document.snapshot.uri if document else None,
                    "version": document.snapshot.version if document else None,
                    "declaration": entry.hole.declaration,
                    "proof": report.proof.text,
                    "origin": report.proof.origin,
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

    def _ended(self, entry: Entry, search: HoleSearch, report: HoleReport) -> None:
        server = self._settings().server
        if report.status is Status.PROVED:
            report = replace(report, timings=entry.report.timings if entry.report is not None else None)
        elif entry.settled and entry.report is not None and report.status is Status.OPEN:
            report = replace(entry.report, conditional=report.conditional)
        entry.report = report
        entry.stage = _STAGES[report.status]
        if report.status is Status.OPEN and not entry.searched and not entry.settled:
            # What proved it before does not any more, and it was not to be searched without being asked for.
            entry.report, entry.stage, entry.known = None, Stage.WAITING, ()
        entry.settled = entry.again = False
        entry.answer(report)
        if report.proof is not None and not entry.extended and server.alternatives > 0 and self._at_focus(entry):
            search.look_for_more(server.alternatives, _MORE_SECONDS)
        else:
            self._entries.end(entry)
        entry.extended = True
        self._renew(entry)
        self._changed()

    # What is asked for

    def ask(self, entry: Entry, budget: Budget, *, deeper: bool = False) -> None:
        """Somebody waits for this hole.  A search of it goes on, unless it is to be searched deeper."""
        entry.asked = budget
        if deeper or entry.stage not in {Stage.WAITING, Stage.SEARCHING} or entry.settled:
            self._entries.end(entry)
            entry.stage = Stage.WAITING
            entry.extended = False
        elif entry.search is not None:
            entry.search.allow(budget.seconds)
            entry.search.urgency = Urgency.ASKED

    def leave(self, entry: Entry) -> None:
        """Nobody waits for this hole any more; what is done only for who did is ended."""
        entry.asked = None
        if entry.search is not None:
            entry.search.urgency = Urgency.SEARCH
        if entry.stage is Stage.SEARCHING and not self._wanted(entry):
            self._entries.end(entry)

    def take_up(self, entry: Entry) -> None:
        """A hole whose search was stopped counts as not searched."""
        if entry.stage is Stage.OPEN and entry.report is not None and entry.report.message == _STOPPED:
            entry.stage = Stage.WAITING

    def retry(self, entry: Entry) -> None:
        """A hole that was searched in vain counts as not searched."""
        if entry.stage is Stage.OPEN and not entry.busy:
            entry.stage, entry.report = Stage.WAITING, None

    def stop(self, entry: Entry) -> bool:
        """Ends its search; the hole counts as without result.  False when there was nothing to end."""
        if entry.stage is not Stage.SEARCHING and not self._eligible(entry):
            if entry.busy:
                self._entries.end(entry)
            return False
        report = entry.report
        if report is None or report.proof is not None:
            if entry.search is not None:
                report = entry.search.report(Status.OPEN, _STOPPED)
            else:
                report = HoleReport(entry.hole, Status.OPEN, message=_STOPPED)
        self._entries.end(entry)
        entry.report = report
        entry.stage = _STAGES[report.status]
        entry.answer(report)
        return True
