"""``unsorry prove``: fills holes with proofs that the prover has certified."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from unsorry.cli import files, output
from unsorry.cli import prove_view as view
from unsorry.cli.choosing import chosen
from unsorry.cli.compose import Options, plan
from unsorry.cli.console import complain, counted, err, out, print_json, warn
from unsorry.cli.prove_run import ProveRun, RunResult, Wanted
from unsorry.cli.record import recorder
from unsorry.errors import InputError, UnsorryError


def prove(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Lean files or Isabelle theories, or folders of them.")
    ],
    write: Annotated[bool, typer.Option("--write", help="Put the proofs into the files.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --write would change.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    hole: Annotated[
        str | None,
        typer.Option(metavar="LINE:COL", help="Only the hole here, or the goal here if no hole is written."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.01, help="Time for each hole. [default: 10]")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=256, help="Provers side by side. [default: 1]")
    ] = None,
    suggester: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[,NAME]",
            help="Where candidates come from: rules, neighbours, http, transformers. [default: rules,neighbours]",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="FOLDER|ID|URL", help="A local model, or the endpoint of one (http); asked as well."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="URL", help="The endpoint, where --model is the model's name there.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="How the model is asked; `unsorry models` lists the ways.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what was tried and what became of it.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append each attempt to this file, as a line of JSON.")
    ] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="Use the embedded Lean whatever else is there.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Never fetch the embedded Lean by itself.")] = False,
) -> None:
    """Fill holes with proofs that Lean or Isabelle has certified.

    Without --write no file is changed. Exit code: 0 all holes proved, 1 some left, 2 could not run.
    """
    if diff and (write or json):
        raise InputError("--diff goes with neither --write nor --json")
    options = Options(
        embedded=embedded,
        install=not no_install,
        budget=budget,
        jobs=jobs,
        explain=explain or record is not None,
        models=chosen(suggester, address, model, preset),
    )
    try:
        result = _run(paths, Wanted(write, _place(hole) if hole else None), options, record)
    except UnsorryError as error:
        if json:
            failed = output.Failure(file=None, message=str(error))
            empty = output.Prove(holes=[], proved=0, open=0, prover=output.Prover(), files=[], errors=[failed])
            print_json(output.dump(empty))
        raise
    _show(result, write=write, diff=diff, json=json, explain=explain)
    for trouble in result.troubles:
        warn(trouble)
    for problem in result.problems:
        complain(f"{problem.file}: {problem.message}")
    raise typer.Exit(2 if result.problems else 1 if result.left else 0)


def _place(text: str) -> tuple[int, int]:
    line, _, column = text.partition(":")
    if not (line.isdecimal() and column.isdecimal() and int(line) and int(column)):
        raise InputError(f"--hole wants a line and a column, both from 1, as in 12:3; {text!r} is none")
    return int(line), int(column)


def _run(paths: list[Path], wanted: Wanted, options: Options, record: Path | None) -> RunResult:
    sources, problems = files.read_all(paths)
    if wanted.place is not None and len(sources) + len(problems) != 1:
        raise InputError("--hole wants exactly one file")
    with recorder(record) as records:
        jobs, unusable = plan(sources, options)
        with view.Live(sum(len(j.files) for j in jobs)) as live:
            run = ProveRun(jobs, wanted, live, records)
            run.result.problems += [*problems, *unusable]
            try:
                asyncio.run(run.run())
            except KeyboardInterrupt:
                raise KeyboardInterrupt(_interrupted(run.result)) from None
    order = {s.name: place for place, s in enumerate(sources)}
    run.result.files.sort(key=lambda f: order[f.source.name])
    return run.result


def _interrupted(result: RunResult) -> str:
    found = f"Stopped; {counted(len(result.found), 'hole')} had been proved"
    if result.written:
        return f"{found}, and these files were written whole: {', '.join(result.written)}."
    return f"{found}. No file was changed."


def _show(result: RunResult, *, write: bool, diff: bool, json: bool, explain: bool) -> None:
    if json:
        print_json(output.dump(view.as_json(result, attempts=explain)))
        return
    # With --diff, standard output is something that `patch` can read.
    console = err if diff else out
    if diff:
        for file in result.files:
            sys.stdout.write(view.diff(file))
        sys.stdout.flush()
    view.table(result.files, console)
    if explain:
        view.explain(result.files, console)
    if result.files:
        view.summary(result, console, write=write)
