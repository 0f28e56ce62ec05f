"""All holes of a document: searched side by side, put together, and checked once more as one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from unsorry.engine.attempts import Watcher
from unsorry.engine.budget import Budget
from unsorry.engine.lanes import Lane
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import PremiseIndex
from unsorry.engine.report import DocumentReport, HoleReport, Status
from unsorry.engine.search import HoleSearch
from unsorry.engine.trust import Policy
from unsorry.errors import ProverError
from unsorry.provers.seam import HOLE_AXIOM, Document, Edit, Hole, Prover, Snapshot
from unsorry.suggesters.seam import EarlierTheorem, GoalContext, Suggester

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Events:
    """Who is told what while a document is worked on."""

    opened: Callable[[Document], None] | None = None
    started: Callable[[Hole], None] | None = None
    tried: Watcher | None = None
    finished: Callable[[HoleReport], None] | None = None


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _name_at(name: str, scope: str) -> str:
    """How a theorem is written from inside another declaration's name space."""
    parts, around = name.split("."), scope.split(".")[:-1]
    while parts and around and len(parts) > 1 and parts[0] == around[0]:
        parts, around = parts[1:], around[1:]
    return ".".join(parts)


def context_of(document: Document, hole: Hole, *, prover: str, without: frozenset[str] = frozenset()) -> GoalContext:
    """What the suggesters are told of a hole.  Theorems in ``without`` are left out."""
    data = document.snapshot.text.encode("utf-8", "surrogatepass")
    earlier: list[EarlierTheorem] = []
    for command in document.commands[: hole.command]:
        for declaration in command.declarations:
            if declaration.kind == "theorem" and declaration.name not in without:
                statement = data[command.start : command.statement_end].decode("utf-8", "replace")
                earlier.append(EarlierTheorem(_name_at(declaration.name, hole.declaration or ""), statement))
    return GoalContext(
        prover=prover,
        goals=hole.goals,
        declaration=hole.declaration,
        earlier=tuple(earlier),
        imports=document.imports,
        before=data[: hole.start].decode("utf-8", "replace"),
    )


class DocumentProver:
    """Fills the holes of one document, with one prover or several side by side."""

    def __init__(
        self,
        provers: Sequence[Prover],
        suggesters: Sequence[Suggester],
        *,
        policy: Policy | None = None,
        budget: Budget | None = None,
        events: Events | None = None,
        mixing: Mixing | None = None,
        premises: PremiseIndex | None = None,
    ) -> None:
        """``provers`` are all of the same kind; each opens the document for itself.

        ``mixing`` knows the suggesters from other documents, and ``premises`` what is imported; without the latter no
        premises are looked for.
        """
        self._provers = list(provers)
        self._suggesters = list(suggesters)
        self._policy = policy or Policy()
        self._budget = budget or Budget()
        self._events = events or Events()
        self._mixing = mixing or Mixing()
        self._premises = premises

    async def run(self, snapshot: Snapshot, select: Callable[[Hole], bool] | None = None) -> DocumentReport:
        """Searches every selected hole, then checks the document with all proofs in place.

        A proof that uses a theorem which stays open counts for nothing, and is searched again without that theorem.
        """
        first = self._provers[0]
        document = await first.open(snapshot)
        if self._events.opened is not None:
            self._events.opened(document)
        wanted = [h for h in document.holes if select is None or select(h)]
        reports = await self._search_all(document, wanted, frozenset())
        reports = await self._settle(document, reports)
        result, reports = await self._check_whole(document, reports)
        return DocumentReport(document, tuple(reports), result, first.info)

    async def _search_all(self, document: Document, holes: Sequence[Hole], without: frozenset[str]) -> list[HoleReport]:
        queue: asyncio.Queue[Hole] = asyncio.Queue()
        for hole in holes:
            queue.put_nowait(hole)
        found: dict[int, HoleReport] = {}
        lanes = {id(p): Lane(p) for p in self._provers}

        async def work(prover: Prover) -> None:
            mine = document if prover is self._provers[0] else await prover.open(document.snapshot)
            # Handles belong to the prover that gave them.
            own = {h.start: h for h in mine.holes}
            while not queue.empty():
                hole = own.get(queue.get_nowait().start)
                if hole is None:
                    continue
                if self._events.started is not None:
                    self._events.started(hole)
                context = context_of(mine, hole, prover=prover.info.prover, without=without)
                report = await self._search(lanes[id(prover)], mine, hole, context, without)
                found[hole.start] = report
                if self._events.finished is not None:
                    self._events.finished(report)

        async with asyncio.TaskGroup() as group:
            for prover in self._provers[: max(1, min(len(self._provers), len(holes)))]:
                group.create_task(work(prover))
        return [found[h.start] for h in holes if h.start in found]

    async def _search(
        self, lane: Lane, document: Document, hole: Hole, context: GoalContext, without: frozenset[str]
    ) -> HoleReport:
        index = self._premises
        search = HoleSearch(
            lane,
            document,
            hole,
            context,
            self._suggesters,
            policy=self._policy,
            budget=self._budget,
            mixing=self._mixing,
            premises=None if index is None or hole.state is None else index.at(hole.state, without),
            watcher=self._events.tried,
        )
        async with aclosing(search):
            report = await search.run()
            assert report is not None, "nobody can pause this search"
            return await search.shorten() if report.proof is not None else report

    def _still_open(self, document: Document, reports: Sequence[HoleReport]) -> frozenset[str]:
        """Declarations with a hole that is not proved, and those that rest on such a one."""
        by_start = {r.hole.start: r for r in reports}
        still: set[str] = set()
        for command in document.commands:
            names = [d.name for d in command.declarations]
            for hole in command.holes:
                report = by_start.get(hole.start)
                proved = report is not None and report.proof is not None
                if not proved or (report is not None and report.proof and still & set(report.proof.borrowed)):
                    still.update(names)
        return frozenset(still)

    async def _settle(self, document: Document, reports: list[HoleReport]) -> list[HoleReport]:
        for _ in range(3):
            still = self._still_open(document, reports)
            shaky = [r for r in reports if r.proof is not None and still & set(r.proof.borrowed)]
            if not shaky:
                return reports
            again = await self._search_all(document, [r.hole for r in shaky], still)
            fresh = {r.hole.start: r for r in again}
            reports = [fresh.get(r.hole.start, r) for r in reports]
        still = self._still_open(document, reports)
        return [
            replace(r, status=Status.OPEN, proof=None, message=_borrows(r, still))
            if r.proof is not None and still & set(r.proof.borrowed)
            else r
            for r in reports
        ]

    async def _check_whole(self, document: Document, reports: list[HoleReport]) -> tuple[Snapshot, list[HoleReport]]:
        """Elaborates the filled document as a whole.  A command that does not hold up loses its proofs, and is told."""
        prover = self._provers[0]
        data = document.snapshot.text.encode("utf-8", "surrogatepass")
        while True:
            edits = [r.proof.edit for r in reports if r.proof is not None]
            text = apply_edits(data, edits).decode("utf-8", "surrogatepass")
            result = replace(document.snapshot, text=text, version=document.snapshot.version + 1)
            if not edits:
                return document.snapshot, reports
            filled = await prover.open(result)
            bad = await self._bad_commands(prover, document, filled, reports)
            if not bad:
                return result, reports
            reports = [
                replace(
                    r,
                    status=Status.OPEN,
                    proof=None,
                    message=f"in the whole file it does not hold: {bad[r.hole.command]}",
                )
                if r.proof is not None and r.hole.command in bad
                else r
                for r in reports
            ]

    async def _bad_commands(
        self, prover: Prover, before: Document, after: Document, reports: Sequence[HoleReport]
    ) -> dict[int, str]:
        """Commands whose proofs must go, with the reason."""
        if len(after.commands) != len(before.commands):
            touched = {r.hole.command for r in reports if r.proof is not None}
            return dict.fromkeys(touched, "the file falls into other commands with these proofs")
        filled = {r.hole.command for r in reports if r.proof is not None}
        bad: dict[int, str] = {}
        for old, new in zip(before.commands, after.commands, strict=True):
            was = sum(1 for m in old.messages if m.severity.value == "error")
            errors = [m for m in new.messages if m.severity.value == "error"]
            if len(errors) > was:
                # An error in a command that nothing was put into comes from a proof before it.
                culprit = old.index if old.index in filled else max((c for c in filled if c < old.index), default=None)
                if culprit is not None:
                    bad[culprit] = errors[0].text
        if bad:
            return bad
        try:
            told = {(a.start, a.name): a for a in await prover.axioms(after)}
        except ProverError as error:
            return dict.fromkeys(filled, str(error))
        open_commands = {h.command for h in after.holes}
        for index in filled - open_commands:
            command = after.commands[index]
            for declaration in command.declarations:
                axioms = told.get((command.start, declaration.name))
                if axioms is None or axioms.error is not None:
                    bad[index] = f"the axioms of {declaration.name} can't be told"
                elif HOLE_AXIOM in axioms.axioms:
                    bad[index] = f"{_short(declaration.name)} rests on a theorem of this file that is still open"
                elif foreign := [a for a in axioms.axioms if a not in self._policy.axioms]:
                    bad[index] = f"it rests on {', '.join(foreign)}"
        return bad


def _borrows(report: HoleReport, still: frozenset[str]) -> str:
    assert report.proof is not None
    names = ", ".join(_short(n) for n in report.proof.borrowed if n in still)
    return f"the proof found uses {names}, still open itself"


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """``data`` with edits made that do not overlap."""
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        data = data[: edit.start] + edit.text.encode("utf-8", "surrogatepass") + data[edit.end :]
    return data
