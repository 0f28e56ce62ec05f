"""Which Isabelle: the configured one, ``ISABELLE_HOME``, the one on the PATH, a usual place, in this order.

And which session image: the configured logic, or the parent of the session that the file belongs to, or HOL.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import psutil

from unsorry.errors import NotInstalledError, ToolchainError
from unsorry.provers.isabelle import sledgehammer
from unsorry.provers.isabelle.sessions import session_of
from unsorry.provers.isabelle.symbols import Symbols
from unsorry.provers.process import Launch
from unsorry.provers.seam import ProverInfo

#: The oldest release whose ML has what the driver needs.
OLDEST = 2023

#: From this year on, the raw ML process is called ``ML_process``.
_RENAMED = 2025

#: The driver, which the ML process loads.
DRIVER = Path(__file__).with_name("driver.ML")

#: Resident bytes at which an idle driver is started afresh.
MEMORY_LIMIT = 12 * 2**30

#: Threads of a driver, at least: one works on the request, the other helps it where Isabelle's own tools run side by
#: side.
_THREADS = 2

#: How many candidates a driver runs at a time, at most.  All of them wait while the ML system collects its garbage, so
#: more of them gain less and less, and each may need much memory.
_SIDE_BY_SIDE = 4

DEFAULT_LOGIC = "HOL"

#: The session that a theory belongs to which no ROOT file lists.
DRAFT = "Draft"

#: What the driver finds its way back by, not on the command line, where every user of the machine could read it.
ADDRESS_VARIABLE = "UNSORRY_ISABELLE_ADDRESS"
TOKEN_VARIABLE = "UNSORRY_ISABELLE_TOKEN"

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_SETTINGS = (
    "ISABELLE_SYMBOLS",
    "ISABELLE_HEAPS",
    "ISABELLE_HEAPS_SYSTEM",
    "ML_IDENTIFIER",
    *sledgehammer.SETTINGS,
)


class Origin(StrEnum):
    """Where an Isabelle was found."""

    CONFIGURED = "configured command"
    HOME = "ISABELLE_HOME"
    PATH = "PATH"
    PLACE = "usual place"
    EXTERNAL = "external provers"
    LOGIC = "session image"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that was looked at, and what was there; ``hint`` says what to do about it."""

    origin: Origin
    found: bool
    detail: str
    hint: str | None = None


def guest_path(path: Path) -> str:
    """A path as Isabelle writes it; on Windows it lives in Cygwin."""
    if sys.platform != "win32":
        return str(path)
    drive, rest = path.drive.rstrip(":").lower(), path.as_posix()[len(path.drive) :]
    return f"/cygdrive/{drive}{rest}" if drive else rest


def _cores() -> int:
    """The processor cores that this process may use.  Two threads of one core are no faster than one."""
    found = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    return min(found, len(os.sched_getaffinity(0))) if sys.platform == "linux" else found


def _command(executable: Path) -> tuple[str, ...]:
    """How to run the tool wrapper of a distribution, which is a shell script."""
    if sys.platform == "win32":
        bash = executable.parent.parent / "contrib" / "cygwin" / "bin" / "bash.exe"
        return (str(bash), "-l", guest_path(executable))
    return (str(executable),)


@dataclass(frozen=True, slots=True)
class IsabelleInstallation:
    """An Isabelle of the user's own, with the session image for one file.

    ``session`` is the session that the file's theory belongs to, and ``directories`` are where Isabelle has to look for
    sessions besides its own.  ``provers`` is how many drivers run at the same time.
    """

    command: tuple[str, ...]
    origin: Origin
    version: str
    tool: str
    settings: Mapping[str, str]
    logic: str = DEFAULT_LOGIC
    session: str = DRAFT
    directories: tuple[Path, ...] = ()
    memory_limit: int = MEMORY_LIMIT
    provers: int = 1

    @property
    def side_by_side(self) -> int:
        """How many candidates may run at a time.

        Never more than there are cores: the limit of a candidate is wall-clock time, and it is to have all of it.
        """
        return max(1, min(_SIDE_BY_SIDE, _cores() // self.provers))

    def shared_by(self, provers: int) -> IsabelleInstallation:
        """The same for one of several provers, which have to share the cores."""
        return replace(self, provers=provers)

    @property
    def info(self) -> ProverInfo:
        """What to call it."""
        return ProverInfo("Isabelle", self.version, f"{self.origin.value}, {self.logic}", self.command)

    @property
    def symbols(self) -> Symbols:
        """The symbols of the distribution and of the user."""
        return _symbols(tuple(f for f in self.settings.get("ISABELLE_SYMBOLS", "").split(":") if f))

    @property
    def external_provers(self) -> tuple[str, ...]:
        """The external provers that it has."""
        return sledgehammer.external_provers(self.settings)

    def launch(self, address: str, token: str) -> Launch:
        """The driver under this Isabelle, told where to connect to and what to say there."""
        argv = [*self.command, self.tool, "-l", self.logic]
        for directory in self.directories:
            argv += ["-d", guest_path(directory)]
        # A forked proof would count as done before it is checked, and a skipped one would never be.
        threads = max(_THREADS, self.side_by_side)
        for option in ("parallel_proofs=0", "quick_and_dirty=false", "skip_proofs=false", f"threads={threads}"):
            argv += ["-o", option]
        argv += ["-f", guest_path(DRIVER)]
        return Launch(tuple(argv), {**os.environ, ADDRESS_VARIABLE: address, TOKEN_VARIABLE: token})

    def guest_path(self, path: Path) -> str:
        """A path as this Isabelle writes it."""
        return guest_path(path)

    @property
    def build_command(self) -> str:
        """What builds the session image."""
        where = "".join(f" -d {guest_path(d)}" for d in self.directories)
        return f"{' '.join(self.command)} build -b{where} {self.logic}"

    def image_is_there(self) -> bool:
        """Was the session image built?  Where Isabelle does not say where images lie, starting it will tell."""
        platform = self.settings.get("ML_IDENTIFIER", "")
        folders = [self.settings.get(name, "") for name in ("ISABELLE_HEAPS", "ISABELLE_HEAPS_SYSTEM")]
        places = [Path(_host_path(f)) / platform / self.logic for f in folders if f and platform]
        return not places or any(p.exists() for p in places)


def _host_path(path: str) -> str:
    """The way back from :func:`guest_path`."""
    if sys.platform == "win32" and (match := re.match(r"/cygdrive/(\w)(/.*)?$", path)):
        return f"{match[1].upper()}:{match[2] or '/'}"
    return path


@functools.lru_cache(maxsize=4)
def _symbols(files: tuple[str, ...]) -> Symbols:
    return Symbols.read(Path(_host_path(f)) for f in files)


def _output(argv: Sequence[str], timeout: float) -> tuple[int, str]:
    try:
        done = subprocess.run(list(argv), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except OSError as error:
        return 127, str(error.strerror or error)
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {timeout:.0f} s"
    out = done.stdout.decode("utf-8", "replace")
    return done.returncode, out if done.returncode == 0 else out + done.stderr.decode("utf-8", "replace")


def isabelle_version(command: Sequence[str]) -> tuple[str, int | None]:
    """What ``isabelle version`` says, and the year in it; a repository's own clone names none.

    Raises:
        ToolchainError: it can't be run, or is older than what the driver needs.
    """
    code, text = _output([*command, "version"], 60)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if code != 0 or not lines:
        raise ToolchainError(f"`{' '.join(command)} version` failed: {lines[-1] if lines else f'exit code {code}'}")
    version = lines[-1]
    match = _YEAR.search(version)
    year = int(match[1]) if match else None
    if year is not None and year < OLDEST:
        raise ToolchainError(
            f"{version} is too old: Unsorry needs Isabelle{OLDEST} or newer (https://isabelle.in.tum.de)"
        )
    return version, year


def _settings(command: Sequence[str]) -> dict[str, str]:
    code, text = _output([*command, "getenv", *_SETTINGS], 60)
    if code != 0:
        said = text.strip().splitlines()
        why = said[-1] if said else f"exit code {code}"
        raise ToolchainError(f"`{' '.join(command)} getenv` failed: {why}")
    found = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: value for name, value in found if name in _SETTINGS}


def _installation(command: Sequence[str], origin: Origin) -> IsabelleInstallation:
    version, year = isabelle_version(command)
    tool = "process" if year is not None and year < _RENAMED else "ML_process"
    return IsabelleInstallation(tuple(command), origin, version, tool, _settings(command))


def _configured(command: Sequence[str]) -> tuple[str, ...]:
    """A configured command; the folder of a distribution stands for the tool in it."""
    folder = Path(command[0])
    return (*_command(folder / "bin" / "isabelle"), *command[1:]) if folder.is_dir() else tuple(command)


def usual_places() -> Iterator[Path]:
    """Distributions where their installers and users put them, the newest release first."""
    if sys.platform == "darwin":
        parents = [Path("/Applications"), Path.home() / "Applications", Path.home()]
    elif sys.platform == "win32":
        drive = Path(os.environ.get("SYSTEMDRIVE", "C:") + "\\")
        parents = [drive, Path.home(), Path.home() / "Desktop", drive / "Program Files"]
    else:
        parents = [Path.home(), Path("/opt"), Path("/usr/local"), Path("/usr/share")]
    found: list[Path] = []
    for parent in parents:
        try:
            found += [f for f in parent.glob("Isabelle20*") if (f / "bin" / "isabelle").is_file()]
        except OSError:
            continue
    # An application on macOS is a folder with a suffix.
    yield from sorted(found, key=lambda f: f.name.removesuffix(".app"), reverse=True)


@dataclass(frozen=True, slots=True)
class Discovery:
    """Everything that was looked at, in order, and what will be used.  ``warning`` is for the user."""

    findings: tuple[Finding, ...]
    installation: IsabelleInstallation | None
    warning: str | None = None


def discover(
    path: Path | None = None,
    *,
    command: Sequence[str] = (),
    logic: str | None = None,
    directories: Sequence[Path] = (),
) -> Discovery:
    """Looks for an Isabelle for the file at ``path``.  Never raises and never builds anything.

    ``command`` is the configured one; a configured one that does not work is used by nothing else: no other Isabelle is
    put in its place.  ``logic`` is the configured session image, and ``directories`` are more places for sessions.
    """
    findings: list[Finding] = []
    for origin, candidate, hint in _candidates(command, findings):
        try:
            installation = _installation(candidate, origin)
        except ToolchainError as error:
            findings.append(Finding(origin, False, str(error), hint))
            if origin is Origin.CONFIGURED:
                return Discovery(tuple(findings), None)
            continue
        findings.append(Finding(origin, True, f"{installation.version} at {candidate[-1]}"))
        external = ", ".join(installation.external_provers)
        findings.append(Finding(Origin.EXTERNAL, bool(external), external or "none, so no Sledgehammer"))
        return _with_image(installation, path, logic, directories, findings)
    return Discovery(tuple(findings), None)


def _candidates(command: Sequence[str], findings: list[Finding]) -> Iterator[tuple[Origin, tuple[str, ...], str]]:
    """Commands to try, in order; of a place that has none, the finding says so."""
    if command:
        hint = "correct `isabelle.command` in the settings, or take it out to have an Isabelle looked for"
        yield Origin.CONFIGURED, _configured(command), hint
        return
    findings.append(Finding(Origin.CONFIGURED, False, "no command is configured"))
    home = os.environ.get("ISABELLE_HOME", "")
    if home:
        yield Origin.HOME, _command(Path(home) / "bin" / "isabelle"), "correct ISABELLE_HOME or take it out"
    else:
        findings.append(Finding(Origin.HOME, False, "ISABELLE_HOME is not set"))
    found = shutil.which("isabelle")
    if found is not None:
        yield Origin.PATH, (found,), f"repair or remove {found}"
    else:
        findings.append(Finding(Origin.PATH, False, "no `isabelle` on the PATH"))
    places = list(usual_places())
    for place in places:
        yield Origin.PLACE, _command(place / "bin" / "isabelle"), f"repair or remove {place}"
    if not places:
        hint = "install Isabelle (https://isabelle.in.tum.de) and name it in `isabelle.command`"
        findings.append(Finding(Origin.PLACE, False, "no Isabelle in the usual places", hint))


def _with_image(
    installation: IsabelleInstallation,
    path: Path | None,
    logic: str | None,
    directories: Sequence[Path],
    findings: list[Finding],
) -> Discovery:
    """Adds the session image for a file; one that was not built yet can't be used."""
    found = session_of(path) if path is not None else None
    why = "the default"
    session, folders = DRAFT, list(directories)
    if found is not None:
        session, folder = found[0].name, found[1]
        why = f"the parent of session {session} in {folder}"
        folders += [folder] if folder not in folders else []
    if logic:
        why = "configured"
    chosen = logic or (found[0].parent if found is not None else DEFAULT_LOGIC)
    installation = replace(installation, logic=chosen, session=session, directories=tuple(folders))
    if installation.image_is_there():
        findings.append(Finding(Origin.LOGIC, True, f"{chosen} ({why})"))
        return Discovery(tuple(findings), installation)
    hint = f"build it with `{installation.build_command}`"
    findings.append(Finding(Origin.LOGIC, False, f"{chosen} ({why}) was not built yet", hint))
    return Discovery(tuple(findings), None)


def require(discovery: Discovery) -> IsabelleInstallation:
    """The Isabelle to use.

    Raises:
        ToolchainError: there is one, but its session image is missing.
        NotInstalledError: there is none, with the hints of all places that were looked at.
    """
    if discovery.installation is not None:
        return discovery.installation
    told = [f"{f.origin.value}: {f.detail}" + (f" — {f.hint}" if f.hint else "") for f in discovery.findings]
    if any(f.found for f in discovery.findings):
        raise ToolchainError(f"no session image can be used:\n  {told[-1]}")
    raise NotInstalledError("no Isabelle can be used:\n  " + "\n  ".join(told))
