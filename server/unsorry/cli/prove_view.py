"""How ``unsorry prove`` looks: progress while it runs, then a table, the reasons, or a diff."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from unsorry.cli import output
from unsorry.cli.compose import describe
from unsorry.cli.console import counted, err, note, print_table
from unsorry.cli.files import SourceFile
from unsorry.cli.places import Places
from unsorry.cli.prove_run import FileResult, RunResult
from unsorry.cli.record import goal_text, outcome_of
from unsorry.cli.sources import announced
from unsorry.engine.attempts import Tried
from unsorry.engine.report import Attempt, HoleReport, Partial, Status, tallies
from unsorry.provers.seam import Hole, Severity

if TYPE_CHECKING:
    from unsorry.suggesters.transformers.lane import Download

_STYLES = {Status.PROVED: "green", Status.OPEN: "yellow", Status.ERROR: "red"}
_GOAL_LENGTH = 60


def bar() -> Progress:
    """A line at the bottom of the terminal that says how much of something is done.  Silent where there is none."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


class Live:
    """A line at the bottom of the terminal that says how far it is.  Silent where there is no terminal."""

    def __init__(self, files: int) -> None:
        """``files`` is how many files there are to work on."""
        self._files = files
        self._opened = 0
        self._total = 0
        self._proved: set[tuple[str, int]] = set()
        self._done: set[tuple[str, int]] = set()
        self._bar = bar()
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        """Starts the display."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes it away."""
        self._bar.stop()

    def opened(self, source: SourceFile, holes: Sequence[Hole]) -> None:
        """A file was elaborated."""
        self._opened += 1
        self._total += len(holes)
        self._show(source)

    def tried(self, source: SourceFile, tried: Tried) -> None:
        """A candidate had its turn."""
        self._show(source, tried.hole)

    def finished(self, source: SourceFile, report: HoleReport) -> None:
        """A hole is done."""
        key = (source.name, report.hole.start)
        self._done.add(key)
        # A hole can be searched twice, when its first proof turned out to rest on an open one.
        (self._proved.add if report.status is Status.PROVED else self._proved.discard)(key)
        self._show(source, report.hole)

    def loading(self, source: SourceFile) -> None:
        """The models are loaded."""
        self._bar.update(self._task, description=f"{source.path.name}: loading the model")

    def downloading(self, download: Download) -> None:
        """A model is being fetched: a line that says how large it is, then a bar."""
        if not download.bytes:
            note(f"{announced(download)}.")
        self._bar.update(
            self._task,
            description=f"fetching {download.model}, MB",
            completed=download.bytes // 1_000_000,
            total=download.total // 1_000_000,
        )

    def _show(self, source: SourceFile, hole: Hole | None = None) -> None:
        where = hole.declaration if hole is not None and hole.declaration else source.path.name
        self._bar.update(
            self._task,
            description=f"{where}: {len(self._proved)} proved",
            completed=len(self._done),
            # The holes of files that are not open yet are not known.
            total=self._total if self._opened >= self._files else None,
        )


def table(results: Sequence[FileResult], console: Console) -> None:
    """All holes, one row each, file by file."""
    for result in results:
        if not result.report.holes:
            continue
        places = result.places
        rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        rows.add_column("hole", overflow="fold", ratio=4)
        rows.add_column("goal", overflow="fold", ratio=4)
        rows.add_column("proof", overflow="fold", ratio=5)
        rows.add_column("tried", justify="right", no_wrap=True)
        rows.add_column("time", justify="right", no_wrap=True)
        for report in result.report.holes:
            line, column = places.at(report.hole.start)
            found = report.proof.text if report.proof else f"{report.status.value}: {report.message}"
            rows.add_row(
                Text(f"{line}:{column} {report.hole.declaration or ''}"),
                Text(_short(report.hole)),
                Text(found, _STYLES[report.status]),
                str(report.candidates),
                f"{report.seconds:.1f} s",
            )
        console.print(Text(result.source.name, "bold"), soft_wrap=True)
        print_table(console, rows)


def _short(hole: Hole) -> str:
    if not hole.goals:
        return ""
    target = " ".join(hole.goals[0].target.split())
    cut = target if len(target) <= _GOAL_LENGTH else target[: _GOAL_LENGTH - 1] + "…"
    more = f" (and {len(hole.goals) - 1} more)" if len(hole.goals) > 1 else ""
    return f"⊢ {cut}{more}"


def summary(result: RunResult, console: Console, *, write: bool) -> None:
    """How many, by which Lean, and what was done to the files."""
    proved, total = len(result.holes) - result.left, len(result.holes)
    names = list(dict.fromkeys(describe(f.report.prover) for f in result.files))
    checked = f"Checked by {'; '.join(names)}." if names else ""
    holes = f"{proved} of {counted(total, 'hole')} proved." if total else "No holes."
    console.print(Text(f"{holes} {checked}".strip(), "bold"), soft_wrap=True)
    if result.written:
        console.print(Text(f"Written: {', '.join(result.written)}"), soft_wrap=True)
    elif proved and not write:
        console.print(Text("No file was changed; --write puts the proofs in."), soft_wrap=True)
    for file in result.files:
        errors = len(file.report.document.errors)
        if errors:
            console.print(
                Text(f"{file.source.name} has {counted(errors, 'error')} of its own; `unsorry check` shows them."),
                soft_wrap=True,
            )


def explain(results: Sequence[FileResult], console: Console) -> None:
    """What was tried on each hole, what became of it, and who had proposed it; then how each suggester did in all."""
    for result in results:
        places = result.places
        for report in result.report.holes:
            line, column = places.at(report.hole.start)
            title = f"{result.source.name}:{line}:{column} {report.hole.declaration or ''}".rstrip()
            console.print(Text(f"\n{title}", "bold"), soft_wrap=True)
            console.print(Text(_indented(goal_text(report.hole.goals))), soft_wrap=True)
            for attempt in report.attempts:
                console.print(_attempt_line(attempt), soft_wrap=True)
            if report.message:
                console.print(Text(f"  {report.message}", _STYLES[report.status]), soft_wrap=True)
            if report.partial is not None:
                console.print(Text(f"  in part, with holes left: {report.partial}"), soft_wrap=True)
                console.print(Text(_indented(report.partial.text)), soft_wrap=True)
            if report.proof is not None:
                proof = Text(f"  proved by {report.proof.text}", _STYLES[report.status])
                console.print(proof.append(f"  ({report.proof.origin})", "dim"), soft_wrap=True)
            if report.attempts:
                console.print(Text(f"  {_sources(report.attempts)}", "dim"), soft_wrap=True)
    attempts = [a for result in results for report in result.report.holes for a in report.attempts]
    if attempts:
        console.print(Text(f"\nSuggesters: {_sources(attempts)}"), soft_wrap=True)


def _sources(attempts: Sequence[Attempt]) -> str:
    return "; ".join(str(tally) for tally in tallies(attempts))


def _attempt_line(attempt: Attempt) -> Text:
    outcome, reason = outcome_of(attempt)
    line = Text(f"  {outcome:<9}  ", "green" if outcome == "closed" else "")
    line.append(attempt.candidate.text)
    milliseconds = attempt.outcome.seconds * 1000
    line.append(f"  ({attempt.candidate.origin}, {milliseconds:.0f} ms)", "dim")
    if reason:
        line.append(f"  {' '.join(reason.split())[:300]}", "dim")
    return line


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def diff(result: FileResult) -> str:
    """What writing would change in a file, as a unified diff."""
    import difflib

    if not result.changed:
        return ""
    name = result.source.name.replace("\\", "/").lstrip("/")
    lines = difflib.unified_diff(
        _lines(result.source.text), _lines(result.report.result.text), f"a/{name}", f"b/{name}"
    )
    return "".join(_ended(lines))


def _lines(text: str) -> list[str]:
    # Only a line feed ends a line for `patch`; Python's splitlines knows many more.
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def as_json(result: RunResult, *, attempts: bool) -> output.Prove:
    """The run as the object that ``--json`` prints."""
    holes = [h for f in result.files for h in _holes(f, attempts=attempts)]
    return output.Prove(
        holes=holes,
        proved=sum(1 for h in holes if h.status == "proved"),
        open=sum(1 for h in holes if h.status == "open"),
        prover=output.Prover.of(result.files[0].report.prover) if result.files else output.Prover(),
        files=[_file(f) for f in result.files],
        errors=[output.Failure(file=p.file, message=p.message) for p in result.problems],
    )


def _file(result: FileResult) -> output.File:
    document = result.report.document
    places = result.places
    return output.File(
        file=result.source.name,
        prover=output.Prover.of(result.report.prover),
        errors=[said(places, m.start, m.text) for m in document.errors if m.severity is Severity.ERROR],
        written=result.written,
    )


def said(places: Places, start: int, text: str) -> output.Said:
    """A message with its place."""
    line, column = places.at(start)
    return output.Said(line=line, column=column, message=text.strip())


def _holes(result: FileResult, *, attempts: bool) -> Iterator[output.Hole]:
    places = result.places
    for report in result.report.holes:
        line, column = places.at(report.hole.start)
        proof = report.proof
        yield output.Hole(
            file=result.source.name,
            line=line,
            column=column,
            declaration=report.hole.declaration,
            goal=goal_text(report.hole.goals),
            status=report.status.value,
            proof=proof.text if proof else None,
            axioms=list(proof.axioms) if proof else [],
            origin=proof.origin if proof else None,
            candidates=report.candidates,
            seconds=round(report.seconds, 3),
            message=report.message,
            partial=_partial(report.partial),
            attempts=[_attempt(a) for a in report.attempts] if attempts else None,
        )


def _partial(partial: Partial | None) -> output.Partial | None:
    if partial is None:
        return None
    return output.Partial(text=partial.text, proved=partial.proved, goals=partial.goals)


def _attempt(attempt: Attempt) -> output.Attempt:
    outcome, reason = outcome_of(attempt)
    return output.Attempt.model_validate(
        {
            "candidate": attempt.candidate.text,
            "origin": attempt.candidate.origin,
            "outcome": outcome,
            "message": reason,
            "seconds": round(attempt.outcome.seconds, 6),
        }
    )
