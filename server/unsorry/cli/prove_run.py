"""The run behind ``unsorry prove``: every hole of every file, and the files that were asked for written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from unsorry.cli import files
from unsorry.cli.compose import Job, each_file, reason_of
from unsorry.cli.files import Problem, SourceFile
from unsorry.cli.places import Places
from unsorry.cli.record import Recorder
from unsorry.cli.sources import Sources
from unsorry.engine.attempts import Tried
from unsorry.engine.documents import DocumentProver, Events
from unsorry.engine.learners import Learners
from unsorry.engine.learning import learnt_from
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import PremiseIndex
from unsorry.engine.report import DocumentReport, HoleReport, Status
from unsorry.errors import InputError, ProverError, UnsorryError
from unsorry.provers.seam import Document, Hole, Prover, Snapshot
from unsorry.suggesters.seam import Suggester, Warming, let_go, troubles, warm_up
from unsorry.workspace.store import Origin

if TYPE_CHECKING:
    from unsorry.suggesters.transformers.lane import Download
    from unsorry.suggesters.transformers.shared import SharedEmbedder


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file whose holes were worked on.  ``source`` is the file as it was read."""

    source: SourceFile
    report: DocumentReport
    written: bool = False

    @property
    def places(self) -> Places:
        """Lines and columns in the file."""
        return Places(self.report.document.snapshot.text)

    @property
    def changed(self) -> bool:
        """Is there a new text for the file?"""
        return self.report.proved > 0


@dataclass(slots=True)
class RunResult:
    """What a run has given so far; still of use when it was interrupted."""

    files: list[FileResult] = field(default_factory=list[FileResult])
    problems: list[Problem] = field(default_factory=list[Problem])
    found: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    #: What kept suggesters from their work; the others went on.
    troubles: list[str] = field(default_factory=list[str])

    @property
    def holes(self) -> list[HoleReport]:
        """All holes, file by file."""
        return [hole for file in self.files for hole in file.report.holes]

    @property
    def left(self) -> int:
        """How many are not proved."""
        return sum(1 for h in self.holes if h.status is not Status.PROVED)

    @property
    def written(self) -> list[str]:
        """The files that were written."""
        return [f.source.name for f in self.files if f.written]


class View(Protocol):
    """Who shows how it goes."""

    def opened(self, source: SourceFile, holes: Sequence[Hole]) -> None:
        """A file was elaborated and has these holes."""
        ...

    def tried(self, source: SourceFile, tried: Tried) -> None:
        """A candidate had its turn."""
        ...

    def finished(self, source: SourceFile, report: HoleReport) -> None:
        """The search for one hole has ended."""
        ...

    def loading(self, source: SourceFile) -> None:
        """The models are loaded before the holes of a file are worked on."""
        ...

    def downloading(self, download: Download) -> None:
        """A model is being fetched."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to do beyond searching: write the files, and only the hole at a place (line and column from 1)."""

    write: bool = False
    place: tuple[int, int] | None = None


class ProveRun:
    """Proves what the jobs hold.  ``result`` fills as it goes."""

    def __init__(self, jobs: Sequence[Job], wanted: Wanted, view: View, recorder: Recorder | None) -> None:
        """Nothing runs before :meth:`run`."""
        self._jobs = jobs
        self._wanted = wanted
        self._view = view
        self._recorder = recorder
        self.result = RunResult()

    async def run(self) -> None:
        """All jobs, one project after another.  Provers are gone when this ends, however it ends."""
        sources = Sources(self._view.downloading)
        for job in self._jobs:
            try:
                suggesters = sources.suggesters(job.settings, job.installation.info, job.workspace)
            except UnsorryError as error:
                self.result.problems += [Problem(source.name, str(error)) for source in job.files]
                continue
            embedder = sources.embedder(job.settings, job.workspace)
            asked = (*suggesters, embedder)
            try:
                await self._job(job, suggesters, embedder)
            finally:
                self.result.troubles += [t for t in troubles(asked) if t not in self.result.troubles]
                await let_go(asked)

    async def _job(self, job: Job, suggesters: Sequence[Suggester], embedder: SharedEmbedder | None) -> None:
        mixing, premises = Mixing(), PremiseIndex(embedder)
        slow = [source for source in (*suggesters, embedder) if isinstance(source, Warming)]

        async def work(provers: Sequence[Prover], source: SourceFile) -> None:
            try:
                self.result.files.append(await self._file(job, suggesters, slow, mixing, premises, provers, source))
            except (UnsorryError, ExceptionGroup) as error:
                reason = reason_of(error)
                if reason is None:
                    raise
                self.result.problems.append(Problem(source.name, str(reason)))

        await each_file(job, work)

    async def _file(
        self,
        job: Job,
        suggesters: Sequence[Suggester],
        slow: Sequence[Warming],
        mixing: Mixing,
        premises: PremiseIndex,
        provers: Sequence[Prover],
        source: SourceFile,
    ) -> FileResult:
        snapshot, select = source.snapshot, None
        if self._wanted.place is not None:
            snapshot, select = await self._at(provers[0], source, self._wanted.place)
        await self._warm_up(slow, provers[0], source, snapshot)
        engine = DocumentProver(
            provers,
            suggesters,
            policy=job.policy,
            budget=job.budget,
            events=self._events(source, provers[0], job.root.name, select),
            mixing=mixing,
            premises=premises,
        )
        report = await engine.run(snapshot, select)
        if not report.document.imported:
            raise ProverError(_import_error(report.document))
        result = FileResult(source, report)
        if self._wanted.write and result.changed:
            # Not in a thread: what Ctrl-C cancels then waits until the file is written and is known to be.
            files.write(source, report.result.text)
            result = replace(result, written=True)
            await _learn(suggesters, report)
        return result

    async def _warm_up(self, slow: Sequence[Warming], prover: Prover, source: SourceFile, snapshot: Snapshot) -> None:
        """Has models loaded before the time of a hole begins, and only where there is a hole."""
        if slow and (await prover.open(snapshot)).holes:
            self._view.loading(source)
            await warm_up(slow)

    def _events(
        self, source: SourceFile, prover: Prover, project: str, select: Callable[[Hole], bool] | None
    ) -> Events:
        def opened(document: Document) -> None:
            self._view.opened(source, [h for h in document.holes if select is None or select(h)])

        def tried(tried: Tried) -> None:
            self._view.tried(source, tried)
            if self._recorder is not None:
                self._recorder.note(source.name, prover.info, tried, project=project)

        def finished(report: HoleReport) -> None:
            # A hole is searched again when its first proof turned out to rest on an open one.
            key = (source.name, report.hole.start)
            (self.result.found.add if report.status is Status.PROVED else self.result.found.discard)(key)
            self._view.finished(source, report)

        return Events(opened=opened, tried=tried, finished=finished)

    async def _at(
        self, prover: Prover, source: SourceFile, place: tuple[int, int]
    ) -> tuple[Snapshot, Callable[[Hole], bool]]:
        """The hole at or around a place.  Where none is written, one is put there if there is a goal."""
        line, column = place
        snapshot = source.snapshot
        offset = Places(source.text).offset(line, column)
        if offset is None:
            raise InputError(f"there is no line {line}, column {column} in this file")
        document = await prover.open(snapshot)
        if not document.imported:
            raise ProverError(_import_error(document))
        written = next((h for h in document.holes if h.start <= offset <= h.end), None)
        if written is not None:
            return snapshot, lambda hole: hole.start == written.start
        if await prover.goals(document, offset) is None:
            raise InputError(f"line {line}, column {column}: there is no hole here, and no goal to prove")
        data = source.text.encode("utf-8", "surrogatepass")
        text = (data[:offset] + b"sorry" + data[offset:]).decode("utf-8", "surrogatepass")
        return replace(snapshot, text=text, version=snapshot.version + 1), lambda hole: hole.start == offset


async def _learn(suggesters: Sequence[Suggester], report: DocumentReport) -> None:
    """Has those learn that can what was put into a file."""
    learners = Learners(suggesters)
    for hole in report.holes:
        pair = learnt_from(report.document, hole, prover=report.prover.prover)
        if pair is not None:
            await learners.learn(*pair, Origin.ACCEPTED)


def _import_error(document: Document) -> str:
    said = "; ".join(m.text.strip() for m in document.errors) or "the prover gave no reason"
    return f"its imports could not be loaded: {said}"
