"""Which Lean: the configured command, the project's own, the one on the PATH, the embedded one, in this order."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from unsorry.errors import NotInstalledError, ToolchainError
from unsorry.provers.lean import modules
from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.embedded.install import cache_folder
from unsorry.provers.lean.image import DRIVER, driver_image, driver_key
from unsorry.provers.process import Launch
from unsorry.provers.seam import ProverInfo

#: The oldest release whose elaborator has what the driver needs.
OLDEST = (4, 9)

#: Resident bytes at which an idle driver is started afresh.
EMBEDDED_MEMORY = 2 * 2**30
NATIVE_MEMORY = 12 * 2**30

_VERSION = re.compile(r"Lean \(version (\d+)\.(\d+)[^,)]*")
_GUEST_OLEANS = "/unsorry/oleans"


class Origin(StrEnum):
    """Where a Lean was found."""

    CONFIGURED = "configured command"
    PROJECT = "project toolchain"
    PATH = "PATH"
    EMBEDDED = "embedded Lean"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that was looked at, and what was there; ``hint`` says what to do about it."""

    origin: Origin
    found: bool
    detail: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class NativeLean:
    """A Lean of the user's own, run in the environment of the project."""

    command: tuple[str, ...]
    origin: Origin
    version: str
    root: Path
    options: Mapping[str, bool | int | str] = field(default_factory=dict[str, bool | int | str])
    arguments: tuple[str, ...] = ()
    memory_limit: int = NATIVE_MEMORY

    @property
    def info(self) -> ProverInfo:
        """What to call it."""
        return ProverInfo("Lean", self.version, self.origin.value, self.command)

    def launch(self, token: str) -> Launch:
        """The driver under this Lean."""
        return Launch((*self.command, *self.arguments, "--run", str(DRIVER), token), cwd=self.root)

    def missing_imports(self, path: Path | None, text: str) -> Sequence[modules.ProjectModule]:
        """None: Lake builds a native project's modules."""
        return ()

    def imported_axioms(self, path: Path | None, text: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Nothing: a native Lean has the proofs of what it imports, and looks for itself."""
        return {}

    def import_stamp(self, path: Path | None, text: str) -> str:
        """Changes with the newest build of what the file imports."""
        build = self.root / ".lake" / "build" / "lib"
        stamps: list[str] = []
        for name in modules.imports(text):
            for base in (build / "lean", build):
                olean = base.joinpath(*name.split(".")).with_suffix(".olean")
                if olean.exists():
                    stamps.append(f"{name}:{olean.stat().st_mtime_ns}")
        return " ".join(stamps)

    def module_name(self, path: Path | None) -> str:
        """The module name of a file in the project."""
        return modules.module_name(path)


@dataclass(frozen=True, slots=True)
class EmbeddedInstallation:
    """The embedded Lean, for one project root."""

    lean: runtime.EmbeddedLean
    cache: Path
    root: Path
    options: Mapping[str, bool | int | str] = field(default_factory=dict[str, bool | int | str])
    memory_limit: int = EMBEDDED_MEMORY
    timing: bool = False

    @property
    def info(self) -> ProverInfo:
        """What to call it."""
        return ProverInfo("Lean", self.lean.version, Origin.EMBEDDED.value)

    @property
    def oleans(self) -> Path:
        """Where this project's compiled modules lie."""
        # Another driver may compile them in another way.
        key = f"{self.root}\n{driver_key()}"
        return self.cache / "oleans" / hashlib.sha256(key.encode()).hexdigest()[:16]

    def launch(self, token: str) -> Launch:
        """The compiled driver in the embedded Lean."""
        image = driver_image(self.lean, self.cache)
        self.oleans.mkdir(parents=True, exist_ok=True)
        guest = runtime.guest_path(image.folder)
        argv, environment = self.lean.command(
            ["--run", f"{guest}/boot.lean", token, "embedded"],
            mounts=[(image.folder, guest), (self.oleans, _GUEST_OLEANS)],
            lean_path=[guest, _GUEST_OLEANS],
            timing=self.timing,
            end_with_input=True,
        )
        return Launch(tuple(argv), environment)

    def _closure(self, path: Path | None, text: str) -> list[modules.ProjectModule]:
        return modules.ProjectModules(self.oleans, _GUEST_OLEANS).closure(path, text)

    def missing_imports(self, path: Path | None, text: str) -> Sequence[modules.ProjectModule]:
        """Local modules whose compiled form is not there or not of today."""
        return [m for m in self._closure(path, text) if not m.fresh]

    def imported_axioms(self, path: Path | None, text: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """What the declarations of each local module that the file imports rest on."""
        return {m.name: m.axioms for m in self._closure(path, text) if m.fresh}

    def import_stamp(self, path: Path | None, text: str) -> str:
        """Changes with the sources of what the file imports."""
        return " ".join(m.stamp for m in self._closure(path, text))

    def module_name(self, path: Path | None) -> str:
        """The module name of a file in the project."""
        return modules.module_name(path)


Installation = NativeLean | EmbeddedInstallation


def _output(argv: Sequence[str], cwd: Path | None, timeout: float) -> tuple[int, str]:
    try:
        done = subprocess.run(
            list(argv), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except OSError as error:
        return 127, str(error.strerror or error)
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {timeout:.0f} s"
    out = done.stdout.decode("utf-8", "replace")
    return done.returncode, out if done.returncode == 0 else out + done.stderr.decode("utf-8", "replace")


def lean_version(command: Sequence[str], cwd: Path | None) -> str:
    """What ``lean --version`` says.

    Raises:
        ToolchainError: it can't be run, or is older than what the driver needs.
    """
    code, text = _output([*command, "--version"], cwd, 120)
    match = _VERSION.search(text)
    if code != 0 or match is None:
        said = text.strip().splitlines()[-1] if text.strip() else f"exit code {code}"
        raise ToolchainError(f"`{' '.join(command)} --version` failed: {said}")
    if (int(match[1]), int(match[2])) < OLDEST:
        raise ToolchainError(
            f"{match[0].removeprefix('Lean (version ')} is too old: Unsorry needs Lean {OLDEST[0]}.{OLDEST[1]} or newer"
            " (change `lean-toolchain`)"
        )
    return match[0].removeprefix("Lean (version ")


@dataclass(frozen=True, slots=True)
class _LakeSetup:
    """What Lake tells an editor of a file; ``failure`` is why it did not."""

    options: Mapping[str, bool | int | str] = field(default_factory=dict[str, bool | int | str])
    arguments: tuple[str, ...] = ()
    failure: str | None = None


def _setup(root: Path, path: Path | None) -> _LakeSetup:
    """The project's own options and plugins, from `lake setup-file` as an editor asks for them.

    Two forms of the answer are in use: `{"paths": …, "setupOptions": …}`, and since Lean 4.22 a module set-up with
    `options`, `dynlibs` and `plugins`.  What may follow the file's name differs too (names of imports, then a header in
    JSON), so nothing does: Lake reads the header of the file itself (Lake/CLI/Main.lean, Lake/CLI/Serve.lean).
    """
    lake = shutil.which("lake")
    if lake is None or path is None or not any((root / f).exists() for f in ("lakefile.toml", "lakefile.lean")):
        return _LakeSetup()
    code, out = _output([lake, "setup-file", str(path), "--no-build", "--no-cache"], root, 300)
    lines = out.strip().splitlines()
    if code != 0:
        return _LakeSetup(failure=lines[-1] if lines else f"exit code {code}")
    try:
        return _understood(json.loads(lines[-1]))
    except (ValueError, IndexError):
        return _LakeSetup(failure="its answer is not JSON")
    except (AttributeError, KeyError, TypeError):
        return _LakeSetup(failure="its answer is none that is known; perhaps this Lake is too new")


def _understood(found: dict[str, Any]) -> _LakeSetup:
    """Either form of an answer.  What has neither raises whatever Python says of it."""
    raw: dict[str, Any] = found.get("options") or found.get("setupOptions") or {}
    options = {name.removeprefix("weak."): value for name, value in raw.items() if isinstance(value, bool | int | str)}
    paths: dict[str, Any] = found.get("paths") or {}
    libraries: list[str] = found.get("dynlibs") or paths.get("loadDynlibPaths") or []
    plugins: list[Any] = found.get("plugins") or paths.get("pluginPaths") or []
    arguments = [f"--load-dynlib={p}" for p in libraries]
    arguments += [f"--plugin={p if isinstance(p, str) else p['path']}" for p in plugins]
    return _LakeSetup(options, tuple(arguments))


def project_toolchain(root: Path) -> str | None:
    """What the project's ``lean-toolchain`` names; looked for upwards as elan does."""
    for folder in (root, *root.parents):
        file = folder / "lean-toolchain"
        if file.is_file():
            return file.read_text("utf-8", "replace").strip() or None
    return None


def _native(command: Sequence[str], origin: Origin, root: Path, path: Path | None) -> tuple[NativeLean, str | None]:
    """A Lean of the user's own, and a warning when the project's own options could not be had."""
    version = lean_version(command, root)
    lake = _setup(root, path)
    warning = None
    if lake.failure is not None:
        warning = f"the options of the lakefile are not known, so a tactic may behave otherwise: {lake.failure}"
    return NativeLean(tuple(command), origin, version, root, lake.options, lake.arguments), warning


@dataclass(frozen=True, slots=True)
class Discovery:
    """Everything that was looked at, in order, and what will be used.  ``warning`` is for the user."""

    findings: tuple[Finding, ...]
    installation: Installation | None
    warning: str | None = None


def discover(
    path: Path | None = None,
    *,
    command: Sequence[str] = (),
    cache: Path | None = None,
    prefer_embedded: bool = False,
) -> Discovery:
    """Looks for a Lean for the file at ``path``.  Never raises and never installs anything.

    ``command`` is the configured one; a configured one that does not work is used by nothing else: no other Lean is
    put in its place.
    """
    root = modules.project_root(path) if path is not None else Path.cwd()
    findings: list[Finding] = []
    warning: str | None = None
    if prefer_embedded:
        return _embedded(root, cache, findings, None)
    if command:
        try:
            native, warning = _native(command, Origin.CONFIGURED, root, path)
        except ToolchainError as error:
            hint = "correct `lean.command` in the settings, or take it out to have a Lean looked for"
            return Discovery((Finding(Origin.CONFIGURED, False, str(error), hint),), None)
        return Discovery((Finding(Origin.CONFIGURED, True, native.version),), native, warning)
    findings.append(Finding(Origin.CONFIGURED, False, "no command is configured"))

    toolchain = project_toolchain(root)
    elan, lake, lean = shutil.which("elan"), shutil.which("lake"), shutil.which("lean")
    is_lake = any((root / f).exists() for f in ("lakefile.toml", "lakefile.lean"))
    if toolchain is None and not is_lake:
        findings.append(Finding(Origin.PROJECT, False, f"{root} has no lean-toolchain and no lakefile"))
    else:
        own: tuple[str, ...] | None = None
        if is_lake and lake is not None:
            own = (lake, "env", "lean")
        elif elan is not None and lean is not None:
            own = (lean,)
        if own is not None:
            try:
                native, warning = _native(own, Origin.PROJECT, root, path)
                findings.append(Finding(Origin.PROJECT, True, f"{native.version} ({toolchain or 'lakefile'})"))
                return Discovery(tuple(findings), native, warning)
            except ToolchainError as error:
                hint = "run `lake build` in the project and look at what it says"
                findings.append(Finding(Origin.PROJECT, False, str(error), hint))
                return Discovery(tuple(findings), None)
        hint = "install elan (https://lean-lang.org/install), which brings the Lean that this project names"
        named = f"the project names {toolchain}" if toolchain else "the project has a lakefile"
        detail = f"{named}, but neither elan nor lake is on the PATH"
        findings.append(Finding(Origin.PROJECT, False, detail, hint))
        warning = f"{detail}: proofs are checked by another Lean than the project's. To change that, {hint}."

    if lean is not None:
        try:
            native, untold = _native((lean,), Origin.PATH, root, path)
            findings.append(Finding(Origin.PATH, True, f"{native.version} at {lean}"))
            return Discovery(tuple(findings), native, warning or untold)
        except ToolchainError as error:
            hint = f"repair or remove {lean}"
            findings.append(Finding(Origin.PATH, False, str(error), hint))
    else:
        findings.append(Finding(Origin.PATH, False, "no `lean` on the PATH"))
    return _embedded(root, cache, findings, warning)


def _embedded(root: Path, cache: Path | None, findings: list[Finding], warning: str | None) -> Discovery:
    folder = cache or cache_folder()
    found = runtime.locate(folder)
    if found is None:
        detail = f"not installed: {runtime.describe_download()}"
        findings.append(Finding(Origin.EMBEDDED, False, detail, "run `unsorry setup lean`"))
        return Discovery(tuple(findings), None, warning)
    findings.append(Finding(Origin.EMBEDDED, True, f"{found.version} in {found.root}"))
    return Discovery(tuple(findings), EmbeddedInstallation(found, folder, root), warning)


def require(discovery: Discovery) -> Installation:
    """The Lean to use.

    Raises:
        NotInstalledError: there is none, with the hints of all places that were looked at.
    """
    if discovery.installation is not None:
        return discovery.installation
    told = [f"{f.origin.value}: {f.detail}" + (f" — {f.hint}" if f.hint else "") for f in discovery.findings]
    raise NotInstalledError("no Lean can be used:\n  " + "\n  ".join(told))
