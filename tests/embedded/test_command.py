"""The command line and environment of a process, and where the guest sees host paths."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from unsorry.provers.lean.embedded import runtime

LEAN = runtime.EmbeddedLean(Path("/n/node"), Path("/c/root"))


def test_the_configuration_travels_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--inspect")
    monkeypatch.setenv("KEPT", "yes")
    argv, environment = LEAN.command(
        ["--run", "/p/a.lean"], mounts=[(Path("/host"), "/p")], lean_path=["/p/build"], threads=1
    )
    assert argv[0] == str(Path("/n/node"))
    assert argv[-3:] == [str(runtime.HOST), "--run", "/p/a.lean"]
    assert environment["KEPT"] == "yes"
    assert "NODE_OPTIONS" not in environment
    configuration = json.loads(environment[runtime.HOST_VARIABLE])
    assert configuration["mounts"] == [[str(Path("/host")), "/p"]]
    assert configuration["leanPath"] == ["/p/build", "/lean/lib/lean"]
    assert configuration["cwd"] == "/p"
    assert configuration["threads"] == 1


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        (PurePosixPath("/home/u/p"), "/home/u/p"),
        (PureWindowsPath("C:\\Users\\U\\p"), "/c/Users/U/p"),
        (PureWindowsPath("\\\\server\\share\\p"), "/server/share/p"),
    ],
)
def test_a_guest_path_is_always_posix(path: PurePosixPath | PureWindowsPath, seen: str) -> None:
    assert runtime.guest_path(path) == seen
