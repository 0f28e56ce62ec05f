"""VS Code for tests: code-server and Chromium with the packaged extension, driven by a script for Node."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import filelock
import platformdirs
import psutil
import pytest

from provers.leans import installed
from unsorry.provers.lean.embedded.node import Node, find_node

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).with_name("vscode")
EXTENSION: Final = ROOT / "build" / "unsorry.vsix"
PICTURES: Final = ROOT / "build" / "vscode"
EXAMPLES: Final = ROOT / "examples" / "lean"

#: Where no proof depends on the machine, on what was learned or on a model.
PROJECT_SETTINGS: Final = """[lean]
embedded_only = true

[suggest]
use = ["rules"]

[learn]
enabled = false
"""

# Every process that a script starts, and each of theirs, has this variable.
_MARK: Final = "UNSORRY_EDITOR"
_INSTALL_SECONDS: Final = 300.0


class UnavailableError(Exception):
    """Why this machine can't run these tests."""


@dataclass(frozen=True)
class Story:
    """What was done in one editor, and what was seen."""

    told: dict[str, Any]

    def __getitem__(self, step: str) -> dict[str, Any]:
        """The facts of a step, which has not failed."""
        found: dict[str, Any] = self.told[step]
        assert "failed" not in found, f"{found['failed']}\n(see {PICTURES / f'failed-{step}.png'})"
        return found


@cache
def node() -> Node:
    """The Node that runs the scripts, with npm."""
    found = find_node(platformdirs.user_cache_path("unsorry", appauthor=False))
    if found is None or found.npm is None:
        raise UnavailableError("there is no Node with npm")
    return found


@cache
def browser() -> Path:
    """Chromium, as the system has it."""
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    raise UnavailableError("no Chromium is on the PATH")


@cache
def code_server() -> Path:
    """The script that code-server starts with, from the cache folder, which is filled once for each lock file."""
    lock = HERE / "code-server" / "package-lock.json"
    key = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    place = platformdirs.user_cache_path("unsorry", appauthor=False) / "tests" / f"code-server-{key}"
    entry = Path("node_modules") / "code-server"
    place.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{place}.lock", timeout=_INSTALL_SECONDS):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=place.parent) as made:
                work = Path(made) / "work"
                shutil.copytree(lock.parent, work, ignore=shutil.ignore_patterns("node_modules"))
                _npm(work, "ci")
                # What the editor's own install script would do, without compiling anything.
                vscode = work / entry / "lib" / "vscode"
                _npm(vscode, "install", "--omit=dev")
                _npm(vscode / "extensions", "install", "--omit=dev")
                work.rename(place)
    return place / entry / "out" / "node" / "entry.js"


def prepare() -> None:
    """Installs what is missing, and packs the extension where its sources are newer.

    Raises:
        UnavailableError: Where it can't be had here.
    """
    browser()
    code_server()
    if not (HERE / "node_modules" / "playwright-core").is_dir():
        _npm(HERE, "ci")
    made = subprocess.run(
        ["make", "--quiet", str(EXTENSION.relative_to(ROOT))],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
    )
    assert made.returncode == 0, made.stderr + made.stdout
    installed()


def prepare_or_skip() -> None:
    """As :func:`prepare`, for tests: where it can't be had here they are skipped, and say why."""
    try:
        prepare()
    except UnavailableError as error:
        pytest.skip(f"{error}, so the extension for VS Code is not tested in an editor")


def _npm(folder: Path, *words: str) -> None:
    found = node()
    assert found.npm is not None
    command = [*found.npm, *words, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    path = f"{found.path.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
    )
    if done.returncode != 0:
        raise UnavailableError(f"npm {words[0]} fails: {done.stderr.strip()[-300:]}")


def run(script: str, folder: Path, options: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """Runs a script on a new editor, and gives what it has told.

    Args:
        script: its name.
        folder: an empty folder for all that it writes.
        options: what it is told beside where the programs are.
        seconds: after which it is ended, with all that it has started.
    """
    told = folder / "told.json"
    home = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
    mark = uuid.uuid4().hex
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # The embedded Lean stays where it is, whatever HOME is.
    cache_home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    given = {
        "codeServer": str(code_server()),
        "browser": str(browser()),
        "extensions": [str(EXTENSION)],
        "workspace": None,
        "trusted": True,
        "folder": str(folder / "editor"),
        "pictures": str(PICTURES),
        "logs": str(folder / "state" / "unsorry" / "log"),
        "only": None,
        "settings": {},
        "environment": {**home, "XDG_CACHE_HOME": cache_home, "PATH": path},
        "told": str(told),
        **options,
    }
    (folder / "options.json").write_text(json.dumps(given), encoding="utf-8")
    process = subprocess.Popen(
        [node().path, "--no-warnings", HERE / script, folder / "options.json"],
        env={**os.environ, _MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(timeout=seconds)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        left = end_marked(mark)
    assert process.returncode == 0, out
    return {**json.loads(told.read_text(encoding="utf-8")), "left": left}


def end_marked(mark: str) -> list[str]:
    """Ends the processes that have this mark, and says which there were."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(_MARK) == mark:
                found.append(process)
    # Who was told to end by whoever started it may need a moment.
    _, left = psutil.wait_procs(found, timeout=2)
    named: list[str] = []
    for process in left:
        with suppress(psutil.Error):
            named.append(" ".join(process.cmdline())[:200])
            process.kill()
    psutil.wait_procs(left, timeout=2)
    return named


def packed(source: Path, target: Path) -> Path:
    """A folder with an extension as VS Code installs it."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(source.iterdir()):
            archive.write(file, f"extension/{file.name}")
    return target


def project(folder: Path, files: Mapping[str, str], settings: str = PROJECT_SETTINGS) -> Path:
    """A project with the example files, with more files and with Unsorry's settings."""
    place = folder / "project"
    shutil.copytree(EXAMPLES, place)
    (place / "unsorry.toml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    return place
