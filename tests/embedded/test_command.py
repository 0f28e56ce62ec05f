"""The command line and environment of a process, and where the guest sees host paths."""

from __future__ import annotations

import json
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from unsorry.errors import SetupError
from unsorry.provers.lean import image
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


def test_a_driver_that_can_not_be_compiled_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="can't be run"):
        image.driver_image(LEAN, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the Node here is a script for a Unix shell")
def test_a_driver_that_is_not_compiled_in_time_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "node"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(image, "_TIMEOUT", 0.2)
    with pytest.raises(SetupError, match="not compiled within"):
        image.driver_image(runtime.EmbeddedLean(slow, tmp_path), tmp_path)
