"""`unsorry bench prove`: how many goals of a suite are proved in which time, and how many by the prover's tactics."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from unsorry.cli import compose, files
from unsorry.cli.choosing import chosen
from unsorry.cli.compose import Job, Options
from unsorry.cli.console import err, note, out, print_json, warn
from unsorry.cli.sources import Sources
from unsorry.cli.suites import generated, library, plot, results
from unsorry.cli.suites.cases import Case, of_file
from unsorry.cli.suites.isabelle_library import IsabelleLibrary
from unsorry.cli.suites.lean_library import LeanLibrary
from unsorry.cli.suites.library import Library
from unsorry.cli.suites.results import Result
from unsorry.cli.suites.running import Runner
from unsorry.engine.premises import PremiseIndex
from unsorry.errors import InputError, UnsorryError
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.seam import Prover
from unsorry.suggesters.seam import let_go, troubles, warm_up

Suite = Literal["files", "library", "generated"]
Which = Literal["lean", "isabelle"]
Against = Literal["builtin"]

_SETTINGS: Final = "settings.json"
_SUITE: Final = "suite.json"
_RESULTS: Final = "results.jsonl"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured.  It must be the same for a run to be gone on with."""

    suite: Suite
    prover: str
    files: tuple[str, ...]
    seed: int
    count: int
    automation: bool
    builtin: bool
    budget: float
    suggesters: tuple[str, ...]
    premises: bool
    premises_model: str


def prove(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="The files of the suite `files`, or folders of them.")
    ] = None,
    suite: Annotated[
        Suite | None,
        typer.Option(help="Holes of files, theorems of the library, or generated goals. [default: files, if any]"),
    ] = None,
    prover: Annotated[
        Which | None, typer.Option(help="Whose library; of files it is told by their names. [default: lean]")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Which goals are drawn or generated.")] = 0,
    count: Annotated[int, typer.Option(metavar="N", min=1, help="How many of them.")] = 50,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.01, help="Time for each hole. [default: 10]")
    ] = None,
    against: Annotated[
        Against | None, typer.Option(help="Run the prover's own one-shot tactics at each hole too.")
    ] = None,
    automation: Annotated[
        bool,
        typer.Option("--automation", help="Library: also import the automation, where it can be had."),
    ] = False,
    premises: Annotated[
        bool,
        typer.Option("--premises/--no-premises", help="Look for theorems that may help, as `prove` does."),
    ] = True,
    output: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Where results, tables and the plot are written.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what the folder of --out holds.")] = False,
    suggester: Annotated[
        str, typer.Option(metavar="NAME[,NAME]", help="Where candidates come from, as for `prove`.")
    ] = "rules",
    address: Annotated[str | None, typer.Option(metavar="URL", help="The endpoint of a model, for http.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model, as for `prove`.")] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="How the model is asked.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    embedded: Annotated[bool, typer.Option("--embedded", help="Measure with the embedded Lean.")] = False,
) -> None:
    """Proves the goals of a suite and tells pass rates by level and time.

    An interrupted run goes on where it was with --resume.
    """
    suite = suite or ("files" if paths else "generated")
    if (suite == "files") != bool(paths):
        raise InputError("the suite `files` wants files, and the others take none")
    if prover is not None and suite == "files":
        raise InputError("--prover is for the suite `library`; of files their names tell")
    if prover == "isabelle" and suite == "generated":
        raise InputError("the suite `generated` is there for Lean only")
    if resume and output is None:
        raise InputError("--resume wants --out, the folder that holds what was done")
    options = Options(embedded=embedded, budget=budget, models=chosen(suggester, address, model, preset))
    with tempfile.TemporaryDirectory(prefix="unsorry-bench-") as folder:
        job = _plan(paths or [_place(Path(folder), prover or "lean")], options)
        wanted = Wanted(
            suite,
            job.installation.info.prover,
            tuple(source.name for source in job.files) if paths else (),
            seed,
            count,
            automation,
            against is not None,
            job.budget.seconds,
            tuple(job.settings.suggest.use),
            premises,
            job.settings.premises.model if premises else "",
        )
        run = SuiteRun(job, wanted, output)
        run.prepare(resume=resume)
        try:
            asyncio.run(run.run())
        except KeyboardInterrupt:
            raise KeyboardInterrupt(run.interrupted()) from None
    summary = run.finish()
    if as_json:
        print_json(summary)
    else:
        info = summary["prover"]
        out.print(f"{info['name']} {info['version']} ({info['origin']})")
        out.print(Markdown(results.markdown(summary)))


def _place(folder: Path, prover: Which) -> Path:
    """A file for the sake of which the prover is found, where the suite has none of its own."""
    cls, name = (LeanLibrary, "Bench.lean") if prover == "lean" else (IsabelleLibrary, "Bench.thy")
    path = folder / name
    path.write_text(cls.overview, encoding="utf-8")
    return path


def _library_of(prover: Prover) -> Library:
    match prover:
        case LeanProver():
            return LeanLibrary(prover)
        case IsabelleProver():
            return IsabelleLibrary(prover)
        case _:
            raise InputError(f"the library of {prover.info.origin} {prover.info.prover} can't be drawn from")


def _plan(paths: Sequence[Path], options: Options) -> Job:
    sources, problems = files.read_all(paths)
    jobs, unusable = compose.plan(sources, options)
    for problem in (*problems, *unusable):
        raise InputError(f"{problem.file}: {problem.message}")
    if len(jobs) != 1:
        raise InputError("these files belong to several projects; measure one after another")
    return jobs[0]


class SuiteRun:
    """One run over a suite, written down as it goes."""

    def __init__(self, job: Job, wanted: Wanted, folder: Path | None) -> None:
        """``folder`` is where it is written, if anywhere."""
        self._job = job
        self._wanted = wanted
        self._folder = folder
        self._results: list[Result] = []
        self._cases: list[Case] = []
        self._drawing = library.Drawing()
        self._info = job.installation.info

    # What was done before

    def prepare(self, *, resume: bool) -> None:
        """Makes the folder, or reads what it holds.

        Raises:
            InputError: there is something in it already, or something else was measured there.
        """
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        settings, done = self._folder / _SETTINGS, self._folder / _RESULTS
        mine = json.dumps(_described(self._wanted), indent=2) + "\n"
        if not settings.exists():
            settings.write_text(mine, "utf-8")
            return
        if not resume:
            raise InputError(f"{self._folder} holds a run already; --resume goes on with it")
        if settings.read_text("utf-8") != mine:
            raise InputError(f"{self._folder} holds a run with other settings than these")
        if done.exists():
            self._results = results.read(done)
            # Without what was cut short.
            done.write_text("".join(r.line() + "\n" for r in self._results), "utf-8")
        suite = self._folder / _SUITE
        if suite.exists():
            said = json.loads(suite.read_text("utf-8"))
            self._cases = [Case(**case) for case in said["cases"]]
            self._drawing.skipped.update(said["skipped"])

    def interrupted(self) -> str:
        """What there is to say when it was."""
        kept = "; --resume goes on" if self._folder is not None else ""
        return f"Stopped after {len(self._results)} holes{kept}."

    # The run

    async def run(self) -> None:
        """Measures what is not measured yet.  The prover is gone when this ends, however it ends."""
        sources = Sources()
        suggesters = sources.suggesters(self._job.settings, self._job.installation.info, self._job.root)
        embedder = sources.embedder(self._job.settings, self._job.root) if self._wanted.premises_model else None
        provers = compose.provers_for(self._job.installation, 1)
        try:
            (prover,) = provers
            await warm_up((*suggesters, embedder))
            runner = Runner(
                prover,
                suggesters,
                budget=self._job.budget,
                policy=self._job.policy,
                builtin=self._wanted.builtin,
                premises=PremiseIndex(embedder) if self._wanted.premises else None,
            )
            with _bar() as bar:
                if not self._cases:
                    await self._make(prover, bar)
                await self._measure(runner, bar)
            self._info = prover.info
        finally:
            for trouble in troubles((*suggesters, embedder)):
                warn(trouble)
            await let_go((*suggesters, embedder))
            await compose.close_all(provers)

    async def _make(self, prover: Prover, bar: Progress) -> None:
        total = None if self._wanted.suite == "files" else self._wanted.count
        task = bar.add_task("gathering the suite", total=total)
        self._cases = [case async for case in self._suite(prover, lambda n: bar.update(task, completed=n))]
        bar.remove_task(task)
        if not self._cases:
            raise InputError("there is nothing in this suite")
        if self._folder is not None:
            said = {"cases": [asdict(c) for c in self._cases], "skipped": dict(self._drawing.skipped)}
            (self._folder / _SUITE).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")

    async def _suite(self, prover: Prover, told: Callable[[int], None]) -> AsyncGenerator[Case]:
        wanted = self._wanted
        match wanted.suite:
            case "files":
                for source in self._job.files:
                    yield of_file(source)
            case "generated":
                for number, case in enumerate(generated.goals(wanted.seed, wanted.count), 1):
                    await generated.check(prover, case)
                    told(number)
                    yield case
            case "library":
                cases = library.draw(
                    _library_of(prover),
                    self._drawing,
                    seed=wanted.seed,
                    count=wanted.count,
                    automation=wanted.automation,
                    told=told,
                )
                async for case in cases:
                    yield case

    async def _measure(self, runner: Runner, bar: Progress) -> None:
        done = frozenset(r.key for r in self._results)
        task = bar.add_task("", total=len(self._cases))
        for number, case in enumerate(self._cases):
            proved = sum(1 for r in self._results if r.proved)
            bar.update(task, completed=number, description=f"{case.name}: {proved}/{len(self._results)} proved")
            if case.name in done:
                continue
            try:
                async for result in runner.run(case, done):
                    self._note(result)
            except UnsorryError as error:
                note(f"{case.name}: {error}")

    def _note(self, result: Result) -> None:
        self._results.append(result)
        if self._folder is not None:
            with (self._folder / _RESULTS).open("a", encoding="utf-8") as stream:
                stream.write(result.line() + "\n")

    # What is made of it

    def finish(self) -> dict[str, Any]:
        """All figures; written as tables and a plot, too."""
        if not self._results:
            raise InputError("there is no hole in this suite that could be measured")
        info = self._info
        summary: dict[str, Any] = {
            "prover": {"name": info.prover, "version": info.version, "origin": info.origin},
            "settings": _described(self._wanted),
            "skipped": dict(self._drawing.skipped),
            **results.summary(self._results, self._wanted.budget),
        }
        if self._folder is not None:
            (self._folder / "summary.json").write_text(
                json.dumps(summary, indent=2, ensure_ascii=False) + "\n", "utf-8"
            )
            (self._folder / "summary.md").write_text(results.markdown(summary), "utf-8")
            (self._folder / "rates.svg").write_text(plot.pass_rates(self._results, self._wanted.budget), "utf-8")
        return summary


def _described(wanted: Wanted) -> dict[str, Any]:
    return {
        "suite": wanted.suite,
        "prover": wanted.prover,
        "files": list(wanted.files),
        "seed": wanted.seed,
        "count": wanted.count,
        "automation": wanted.automation,
        "against": "builtin" if wanted.builtin else None,
        "budget": wanted.budget,
        "suggesters": list(wanted.suggesters),
        "premises": wanted.premises,
        "premises_model": wanted.premises_model or None,
    }


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
