"""The composition root: which prover, suggesters and policy work on which files."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from unsorry.cli import install
from unsorry.cli.choosing import NOTHING, Chosen
from unsorry.cli.console import warn
from unsorry.cli.files import ISABELLE, Problem, SourceFile
from unsorry.cli.output import short_version
from unsorry.engine.budget import Budget
from unsorry.engine.graph import Caps
from unsorry.engine.trust import Policy
from unsorry.errors import NotInstalledError, ProverError, SetupError, UnsorryError
from unsorry.provers.isabelle import sessions
from unsorry.provers.isabelle import toolchain as isabelle
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.lean import modules, toolchain
from unsorry.provers.lean.embedded.install import cache_folder
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.seam import Limits, Prover, ProverInfo
from unsorry.workspace.settings import Loaded, Settings, folder_of, load


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of all this; None where it says nothing and the settings decide."""

    embedded: bool = False
    install: bool = True
    budget: float | None = None
    jobs: int | None = None
    explain: bool = False
    models: Chosen = NOTHING


#: A prover that was found, ready to be started.
Installation = toolchain.Installation | isabelle.IsabelleInstallation


@dataclass(frozen=True, slots=True)
class Job:
    """The files of one project and the prover that checks them."""

    root: Path
    files: tuple[SourceFile, ...]
    installation: Installation
    settings: Settings
    budget: Budget
    jobs: int

    @property
    def policy(self) -> Policy:
        """What a proof may rest on."""
        return Policy(frozenset((*self.settings.trust.axioms, *self.settings.trust.oracles)))

    @property
    def workspace(self) -> Path | None:
        """Where what is learned from the files belongs: the project's root, None for loose files."""
        return root_of(self.files[0].path)


def settings_for(folder: Path) -> Loaded:
    """The settings of a folder; what is wrong with them is said."""
    loaded = load(folder)
    for warning in loaded.warnings:
        warn(warning)
    return loaded


def plan(sources: Sequence[SourceFile], options: Options) -> tuple[list[Job], list[Problem]]:
    """Sorts files by project and finds a prover for each; fetches the embedded Lean if there is no other.

    A project whose prover can't be used becomes a problem of each of its files, and the others go on.
    """
    jobs: list[Job] = []
    problems: list[Problem] = []
    said: set[str] = set()
    groups: dict[tuple[Path, str], list[SourceFile]] = {}
    for source in sources:
        groups.setdefault(place_of(source.path), []).append(source)
    for (root, _), files in groups.items():
        loaded = load(root, command_line=options.models.settings)
        settings = options.models.added(loaded.settings)
        for warning in loaded.warnings:
            if warning not in said:
                said.add(warning)
                warn(warning)
        try:
            found = find(files[0].path, settings, options, said)
        except UnsorryError as error:
            # What could not be fetched for one project can't be fetched for the next one.
            if isinstance(error, SetupError) and not isinstance(error, NotInstalledError):
                raise
            problems += [Problem(f.name, str(error)) for f in files]
            continue
        jobs.append(_job(root, files, found, settings, options))
    return jobs, problems


def place_of(path: Path) -> tuple[Path, str]:
    """The root of a file's project, and what else must be the same for two files to share a prover."""
    if path.suffix != ISABELLE:
        return modules.project_root(path), ""
    found = sessions.session_of(path)
    return (path.parent, "") if found is None else (found[1], found[0].name)


def root_of(path: Path) -> Path | None:
    """The root of a file's project, None for a loose file: where its toolchain file, lakefile, ROOT or settings are."""
    if path.suffix == ISABELLE:
        found = sessions.session_of(path)
        project = found[1] if found is not None else None
    else:
        project = modules.project_of(path)
    own = folder_of(path)
    # A project within a folder that has settings is still a project of its own, and the other way round.
    return max((f for f in (project, own) if f is not None), key=lambda f: len(f.parts), default=None)


def _job(root: Path, files: Sequence[SourceFile], found: Installation, settings: Settings, options: Options) -> Job:
    wanted = settings.prove
    budget = Budget(
        options.budget or wanted.budget,
        # A prover's messages cost time; they are asked for where somebody will read them.
        Limits(seconds=min(wanted.candidate_seconds, options.budget or wanted.budget), explain=options.explain),
        settings.isabelle.sledgehammer_seconds,
        Caps(),
        wanted.repair_rounds,
    )
    jobs = options.jobs or wanted.jobs
    if isinstance(found, isabelle.IsabelleInstallation):
        found = found.shared_by(jobs)
    return Job(root, tuple(files), found, settings, budget, jobs)


def find(path: Path, settings: Settings, options: Options, said: set[str] | None = None) -> Installation:
    """The prover for a file, ready to be started.

    Raises:
        UnsorryError: there is none, with what to do about it.
    """
    if path.suffix == ISABELLE:
        found = isabelle_discovery(path, settings)
        if found.warning is not None and found.warning not in (said or ()):
            warn(found.warning)
        return isabelle.require(found)
    return find_lean(path, settings, options, said)


def isabelle_discovery(path: Path, settings: Settings) -> isabelle.Discovery:
    """What there is of Isabelle for a file.  Builds nothing."""
    wanted = settings.isabelle
    return isabelle.discover(
        path,
        command=wanted.command,
        logic=wanted.logic or None,
        directories=[Path(d).expanduser() for d in wanted.directories],
    )


def find_lean(path: Path, settings: Settings, options: Options, said: set[str] | None = None) -> toolchain.Installation:
    """The Lean for a file, ready to be started.

    Raises:
        NotInstalledError: there is none and none may be fetched.
        SetupError: it could not be fetched or prepared.
    """
    cache = cache_folder()
    found = discovery(path, settings, options, cache)
    if found.warning is not None and found.warning not in (said or ()):
        warn(found.warning)
        if said is not None:
            said.add(found.warning)
    if found.installation is None and may_fetch(found) and options.install and settings.setup.automatic:
        install.announce(cache)
        install.fetch(cache)
        found = discovery(path, settings, options, cache)
    installation = toolchain.require(found)
    if isinstance(installation, toolchain.EmbeddedInstallation):
        # Done here and not at the first start: here Ctrl-C takes effect at once.
        install.prepare(installation.lean, installation.cache)
    return installation


def discovery(path: Path, settings: Settings, options: Options, cache: Path) -> toolchain.Discovery:
    """What there is of Lean for a file.  Fetches nothing."""
    return toolchain.discover(
        path,
        command=settings.lean.command,
        cache=cache,
        prefer_embedded=options.embedded or settings.lean.embedded_only,
    )


def may_fetch(found: toolchain.Discovery) -> bool:
    """Is the embedded Lean what would help?  Not where the user's own Lean is there and broken."""
    last = found.findings[-1]
    return last.origin is toolchain.Origin.EMBEDDED and not last.found


def provers_for(installation: Installation, count: int) -> list[Prover]:
    """As many provers of one kind; none runs before it is used."""
    if isinstance(installation, isabelle.IsabelleInstallation):
        return [IsabelleProver(installation) for _ in range(count)]
    return [LeanProver(installation) for _ in range(count)]


async def close_all(provers: Sequence[Prover]) -> None:
    """Ends provers, every one of them whatever happens to the others."""
    await asyncio.gather(*(p.close() for p in provers), return_exceptions=True)


Work = Callable[[Sequence[Prover], SourceFile], Awaitable[None]]


async def each_file(job: Job, work: Work) -> None:
    """Does some work on each file of a job, several side by side where there are provers for it.

    Many files get a prover each, one file gets all of them.
    """
    waiting = deque(job.files)
    workers = max(1, min(job.jobs, len(job.files)))
    share = max(1, job.jobs // workers)

    async def run() -> None:
        provers = provers_for(job.installation, share)
        try:
            while waiting:
                source = waiting.popleft()
                await work(provers, source)
                for prover in provers:
                    with contextlib.suppress(ProverError):
                        await prover.close_document(source.path.as_uri())
        finally:
            await close_all(provers)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(run())


def describe(info: ProverInfo) -> str:
    """Which prover, in words."""
    command = f", `{' '.join(info.command)}`" if info.command else ""
    return f"{info.prover} {short_version(info)} ({info.origin}{command})"


def reason_of(error: BaseException) -> UnsorryError | None:
    """The first thing of Unsorry's own that went wrong, also inside a group of errors from several tasks."""
    if isinstance(error, UnsorryError):
        return error
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return next((found for e in inner if (found := reason_of(e)) is not None), None)
    return None
