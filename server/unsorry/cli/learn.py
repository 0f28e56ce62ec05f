"""``unsorry learn``: what the proofs of files teach, for the neighbours to adapt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.table import Table
from rich.text import Text

from unsorry.cli import files, output
from unsorry.cli.compose import Job, Options, each_file, plan, reason_of
from unsorry.cli.console import complain, counted, out, print_json, print_table
from unsorry.cli.files import Problem, SourceFile
from unsorry.cli.prove_view import bar
from unsorry.engine.lanes import Lane
from unsorry.engine.learners import Learners, Taught, digest_of
from unsorry.errors import ProverError, UnsorryError
from unsorry.provers.seam import Prover
from unsorry.workspace.store import Origin

Status = Literal["learned", "partly", "unchanged"]

_BUDGET: Final = 60.0
_STATES: Final[dict[Status, str]] = {"learned": "", "partly": "the time was up", "unchanged": "learned before"}


def learn(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Lean files or Isabelle theories, or folders of them.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    budget: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.01, help="Time for the proofs of each file.")
    ] = _BUDGET,
    embedded: Annotated[bool, typer.Option("--embedded", help="Use the embedded Lean whatever else is there.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Never fetch the embedded Lean by itself.")] = False,
) -> None:
    """Learn from the proofs in files: what proved one goal is adapted to others like it.

    What is learned stays on this machine; `unsorry store` shows it and has it forgotten. Exit code: 0 all is learned,
    1 the time was up for some files, 2 could not run.
    """
    try:
        run = _run(paths, budget, Options(embedded=embedded, install=not no_install))
    except UnsorryError as error:
        if json:
            failed = output.Failure(file=None, message=str(error))
            print_json(output.dump(output.Learn(files=[], goals=0, new=0, errors=[failed])))
        raise
    if json:
        print_json(output.dump(_as_json(run)))
    else:
        _show(run)
    for problem in run.problems:
        complain(f"{problem.file}: {problem.message}")
    raise typer.Exit(2 if run.problems else 1 if any(f.status == "partly" for f in run.files) else 0)


def _run(paths: list[Path], budget: float, options: Options) -> LearnRun:
    sources, problems = files.read_all(paths)
    jobs, unusable = plan(sources, options)
    run = LearnRun(jobs, budget)
    run.problems += [*problems, *unusable]
    try:
        asyncio.run(run.run())
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Stopped; {_learned(run.goals, run.new)} by then, and that stays.") from None
    order = {s.name: place for place, s in enumerate(sources)}
    run.files.sort(key=lambda f: order[f.file])
    return run


class LearnRun:
    """Learns from what the jobs hold.  ``files`` and the counts grow as it goes."""

    def __init__(self, jobs: Sequence[Job], budget: float) -> None:
        """``budget`` is in seconds for each file.  Nothing runs before :meth:`run`."""
        self._jobs = jobs
        self._budget = budget
        self._bar = bar()
        self._task = self._bar.add_task("starting", total=sum(len(j.files) for j in jobs))
        self.files: list[output.LearnedFile] = []
        self.problems: list[Problem] = []
        self.goals = 0
        self.new = 0

    async def run(self) -> None:
        """All files, one project after another.  What is learned by the time it ends is kept, however it ends."""
        with self._bar:
            for job in self._jobs:
                if not job.settings.learn.enabled:
                    off = "nothing is learned here: the settings have `learn.enabled = false`"
                    self.problems += [Problem(f.name, off) for f in job.files]
                    continue
                await self._job(job)

    async def _job(self, job: Job) -> None:
        # Here and not above: no other command needs it when it starts.
        from unsorry.suggesters.neighbours.memory import open_memory

        memory = open_memory(job.installation.info, job.workspace)
        learners = Learners([memory])

        async def work(provers: Sequence[Prover], source: SourceFile) -> None:
            try:
                self._show(source)
                self.files.append(await self._file(learners, Lane(provers[0]), source))
            except (UnsorryError, ExceptionGroup) as error:
                if (reason := reason_of(error)) is None:
                    raise
                self.problems.append(Problem(source.name, str(reason)))
            self._bar.advance(self._task)

        try:
            await each_file(job, work)
        finally:
            await memory.aclose()

    def _show(self, source: SourceFile) -> None:
        self._bar.update(self._task, description=f"{source.path.name}: {counted(self.goals, 'goal')} learned")

    async def _file(self, learners: Learners, lane: Lane, source: SourceFile) -> output.LearnedFile:
        def told(new: bool) -> None:
            self.goals += 1
            self.new += new
            self._show(source)

        name, digest = str(source.path), digest_of(source.text)
        if await learners.has_read(name, digest):
            return _learned_file(source, lane, "unchanged", Taught())
        document = await lane.prover.open(source.snapshot)
        if not document.imported:
            said = "; ".join(m.text.strip() for m in document.errors) or "the prover gave no reason"
            raise ProverError(f"its imports could not be loaded: {said}")
        taught = await learners.study(
            lane, document, document.commands, Origin.WORKSPACE, seconds=self._budget, told=told
        )
        if taught.complete:
            await learners.note_read(name, digest)
        return _learned_file(source, lane, "learned" if taught.complete else "partly", taught)


def _learned_file(source: SourceFile, lane: Lane, status: Status, taught: Taught) -> output.LearnedFile:
    prover = output.Prover.of(lane.prover.info)
    return output.LearnedFile(file=source.name, prover=prover, status=status, goals=taught.goals, new=taught.new)


def _as_json(run: LearnRun) -> output.Learn:
    errors = [output.Failure(file=p.file, message=p.message) for p in run.problems]
    return output.Learn(files=run.files, goals=run.goals, new=run.new, errors=errors)


def _learned(goals: int, new: int) -> str:
    return f"{counted(goals, 'goal')} and what proves them had been learned ({new} of them new)"


def _show(run: LearnRun) -> None:
    if not run.files:
        return
    rows = Table("file", "goals", "new", "", show_edge=False, pad_edge=False)
    for file in run.files:
        rows.add_row(Text(file.file), str(file.goals), str(file.new), Text(_STATES[file.status], "dim"))
    print_table(out, rows)
    said = f"{counted(run.goals, 'goal')} and what proves them learned, {run.new} of them new."
    out.print(Text(said, "bold"), soft_wrap=True)
