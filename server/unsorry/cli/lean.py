"""``unsorry lean``: checks files with the embedded Lean, as ``lean FILE…`` does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from unsorry.cli import files
from unsorry.cli.compose import Options, each_file, plan, reason_of
from unsorry.cli.console import complain
from unsorry.cli.files import Problem, SourceFile
from unsorry.cli.places import Places
from unsorry.errors import UnsorryError
from unsorry.provers.seam import Document, Message, Prover, Severity


def lean(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Lean files, or folders of them.")],
    no_install: Annotated[bool, typer.Option("--no-install", help="Never fetch the embedded Lean by itself.")] = False,
) -> None:
    """Check files with the embedded Lean, as `lean FILE…` does.

    Exit code: 0 no errors, 1 errors, 2 could not run.
    """
    sources, problems = files.read_all(paths, [files.LEAN])
    jobs, unusable = plan(sources, Options(embedded=True, install=not no_install, jobs=1))
    problems += unusable
    wrong = False

    async def work(provers: Sequence[Prover], source: SourceFile) -> None:
        nonlocal wrong
        try:
            document = await provers[0].open(source.snapshot)
        except (UnsorryError, ExceptionGroup) as error:
            if (reason := reason_of(error)) is None:
                raise
            problems.append(Problem(source.name, str(reason)))
            return
        wrong = wrong or bool(document.errors)
        places = Places(source.text)
        for message in messages_of(document):
            sys.stdout.write(as_lean(source.name, places, message))
        sys.stdout.flush()

    async def run() -> None:
        for job in jobs:
            await each_file(job, work)

    asyncio.run(run())
    for problem in problems:
        complain(f"{problem.file}: {problem.message}")
    raise typer.Exit(2 if problems else 1 if wrong else 0)


def messages_of(document: Document) -> list[Message]:
    """All messages in the order in which Lean says them: command by command."""
    return [*document.messages, *(m for c in document.commands for m in c.messages)]


def as_lean(name: str, places: Places, message: Message) -> str:
    """A message as `lean` prints it: the line from 1, the column from 0, and information without its place."""
    text = message.text.rstrip("\n")
    if message.severity is Severity.INFORMATION:
        return f"{text}\n"
    line, column = places.at(message.start)
    return f"{name}:{line}:{column - 1}: {message.severity.value}: {text}\n"
