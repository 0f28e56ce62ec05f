"""``unsorry check``: what is still owed, what is wrong, and what each theorem rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from unsorry.cli import files, output
from unsorry.cli.compose import Job, Options, describe, each_file, plan, reason_of
from unsorry.cli.console import complain, counted, err, out, print_json, print_table
from unsorry.cli.files import Problem, SourceFile
from unsorry.cli.places import Places
from unsorry.errors import UnsorryError
from unsorry.provers.seam import HOLE_AXIOM, DeclarationAxioms, Prover, ProverInfo, Severity


def check(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Lean files or Isabelle theories, or folders of them.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=256, help="Provers side by side. [default: 1]")
    ] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="Use the embedded Lean whatever else is there.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Never fetch the embedded Lean by itself.")] = False,
) -> None:
    """Show holes, errors, and the axioms that each theorem rests on.

    Exit code: 0 all is proved, 1 holes, errors or unusual axioms, 2 could not run.
    """
    try:
        checked, infos, problems = _run(paths, Options(embedded=embedded, install=not no_install, jobs=jobs))
    except UnsorryError as error:
        if json:
            failed = output.Failure(file=None, message=str(error))
            print_json(output.dump(output.Check(files=[], clean=False, errors=[failed])))
        raise
    clean = not problems and all(map(_is_clean, checked))
    if json:
        failures = [output.Failure(file=p.file, message=p.message) for p in problems]
        print_json(output.dump(output.Check(files=checked, clean=clean, errors=failures)))
    else:
        for file in checked:
            _show(file)
        for info in dict.fromkeys(infos):
            out.print(Text(f"Checked by {describe(info)}.", "bold"), soft_wrap=True)
    for problem in problems:
        complain(f"{problem.file}: {problem.message}")
    raise typer.Exit(2 if problems else 0 if clean else 1)


def _run(paths: list[Path], options: Options) -> tuple[list[output.CheckedFile], list[ProverInfo], list[Problem]]:
    sources, problems = files.read_all(paths)
    jobs, unusable = plan(sources, options)
    problems += unusable
    found: dict[str, output.CheckedFile] = {}
    infos: list[ProverInfo] = []

    async def run() -> None:
        with err.status("checking …"):
            for job in jobs:

                async def work(provers: Sequence[Prover], source: SourceFile, job: Job = job) -> None:
                    try:
                        found[source.name] = await _check(job, provers[0], source)
                        infos.append(provers[0].info)
                    except (UnsorryError, ExceptionGroup) as error:
                        if (reason := reason_of(error)) is None:
                            raise
                        problems.append(Problem(source.name, str(reason)))

                await each_file(job, work)

    asyncio.run(run())
    return [found[s.name] for s in sources if s.name in found], infos, problems


async def _check(job: Job, prover: Prover, source: SourceFile) -> output.CheckedFile:
    document = await prover.open(source.snapshot)
    places = Places(source.text)
    declarations: list[output.Declaration] = []
    if document.imported:
        broken = {c.start for c in document.commands if any(m.severity is Severity.ERROR for m in c.messages)}
        for one in await prover.axioms(document):
            line, column = places.at(one.start)
            declarations.append(
                output.Declaration(
                    line=line,
                    column=column,
                    name=one.name,
                    kind=one.kind,
                    axioms=list(one.axioms),
                    complaint=_complaint(one, job.policy.axioms, broken=one.start in broken),
                )
            )
    holes: list[output.CheckedHole] = []
    for hole in document.holes:
        line, column = places.at(hole.start)
        holes.append(output.CheckedHole(line=line, column=column, declaration=hole.declaration))
    errors: list[output.Said] = []
    for message in document.errors:
        line, column = places.at(message.start)
        errors.append(output.Said(line=line, column=column, message=message.text.strip()))
    return output.CheckedFile(
        file=source.name, prover=output.Prover.of(prover.info), holes=holes, errors=errors, declarations=declarations
    )


def _complaint(one: DeclarationAxioms, allowed: frozenset[str], *, broken: bool) -> str | None:
    if one.error is not None:
        return f"its axioms can't be told: {one.error}"
    if broken:
        return "it has an error"
    if HOLE_AXIOM in one.axioms:
        return "it rests on a hole (sorry)"
    # An axiom rests on itself: it is named where it is declared, and where it is used.
    foreign = [a for a in one.axioms if a not in allowed]
    return f"it rests on {', '.join(foreign)}" if foreign else None


def _is_clean(file: output.CheckedFile) -> bool:
    return not file.holes and not file.errors and all(d.complaint is None for d in file.declarations)


def _show(file: output.CheckedFile) -> None:
    out.print(Text(file.file, "bold"), soft_wrap=True)
    for error in file.errors:
        out.print(Text(f"  {file.file}:{error.line}:{error.column} error: {error.message}", "red"), soft_wrap=True)
    for hole in file.holes:
        owner = f" in {hole.declaration}" if hole.declaration else ""
        out.print(Text(f"  {file.file}:{hole.line}:{hole.column} hole{owner}", "yellow"), soft_wrap=True)
    rows = Table(show_edge=False, pad_edge=False, box=None, show_header=False)
    for declaration in file.declarations:
        if declaration.kind != "theorem" and declaration.complaint is None:
            continue
        axioms = ", ".join(declaration.axioms) or "no axioms"
        style = "red" if declaration.complaint else ""
        rows.add_row(Text(f"  {declaration.name}"), Text(axioms), Text(declaration.complaint or "", style))
    if rows.row_count:
        print_table(out, rows)
    proved = sum(1 for d in file.declarations if d.kind == "theorem" and d.complaint is None)
    theorems = sum(1 for d in file.declarations if d.kind == "theorem")
    counts = ", ".join(
        [
            f"{proved} of {counted(theorems, 'theorem')} proved",
            counted(len(file.holes), "hole"),
            counted(len(file.errors), "error"),
        ]
    )
    out.print(Text(f"  {counts}", "green" if _is_clean(file) else "yellow"), soft_wrap=True)
