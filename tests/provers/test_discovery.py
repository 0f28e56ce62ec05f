"""Which Lean is used, with real programs on the PATH: a `lean`, an `elan` and a `lake` that run the embedded Lean."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

import unsorry
from provers.contract import PATIENT, collect, state_of
from provers.leans import installed
from unsorry.errors import NotInstalledError
from unsorry.provers.lean.embedded.install import cache_folder
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import EmbeddedInstallation, Finding, NativeLean, Origin, discover, require
from unsorry.provers.seam import Closed, Edit, Rejected, Snapshot

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(sys.platform == "win32", reason="the shims are scripts with a first line of their own"),
]

SERVER: Final = Path(unsorry.__file__).parents[1]

#: Runs the embedded Lean as the native program is run.  A file to be run is a module there, and its `main` not public.
LEAN: Final = f"""#!{sys.executable}
import os, sys, tempfile
sys.path.insert(0, {str(SERVER)!r})
from pathlib import Path
from unsorry.provers.lean.embedded import runtime
here = Path.cwd()
arguments = sys.argv[1:]
mounts = [(here, runtime.guest_path(here))]
if "--run" in arguments:
    place = arguments.index("--run") + 1
    text = Path(arguments[place]).read_text("utf-8")
    copy = Path({{copies!r}}) / "driver.lean"
    copy.write_text(text.replace("\\nopen Lean Elab\\n", "\\npublic section\\n\\nopen Lean Elab\\n", 1), "utf-8")
    arguments[place] = runtime.guest_path(copy)
    mounts.append((copy.parent, runtime.guest_path(copy.parent)))
lean = runtime.locate(Path({{cache!r}}))
argv, environment = lean.command(arguments, mounts=mounts, end_with_input=True)
os.execve(argv[0], argv, environment)
"""

#: As much of Lake as is asked for: `lake env PROGRAM…` and `lake setup-file`.
LAKE: Final = f"""#!{sys.executable}
import os, sys
if sys.argv[1] == "env":
    os.environ["UNSORRY_LAKE"] = "yes"
    os.execvp(sys.argv[2], sys.argv[2:])
assert sys.argv[1:2] + sys.argv[3:] == ["setup-file", "--no-build", "--no-cache"], sys.argv
print("info: a line that is no answer")
print({{answer!r}})
"""

ECHO: Final = "#!/bin/sh\necho '{0}'\nexit {1}\n"


class Tools:
    """A PATH with nothing on it but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.project = folder / "project"
        self.file = self.project / "Main.lean"
        for made in (self.bin, self.project):
            made.mkdir()
        self._copies = folder

    def _write(self, name: str, text: str) -> str:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def lean(self, name: str = "lean") -> str:
        return self._write(name, LEAN.format(cache=str(cache_folder()), copies=str(self._copies)))

    def elan(self) -> str:
        return self._write("elan", ECHO.format("elan 4.0.0", 0))

    def lake(self, answer: object = None) -> str:
        return self._write("lake", LAKE.format(answer=json.dumps(answer or {})))

    def saying(self, name: str, text: str, code: int = 0) -> str:
        return self._write(name, ECHO.format(text, code))


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    installed()
    cache = cache_folder()
    found = Tools(tmp_path)
    monkeypatch.setenv("PATH", str(found.bin))
    assert cache_folder() == cache
    return found


def named(findings: Sequence[Finding]) -> list[tuple[Origin, bool]]:
    return [(f.origin, f.found) for f in findings]


def test_nothing_there_but_the_embedded_one(tools: Tools) -> None:
    found = discover(tools.file)
    assert named(found.findings) == [
        (Origin.CONFIGURED, False),
        (Origin.PROJECT, False),
        (Origin.PATH, False),
        (Origin.EMBEDDED, True),
    ]
    assert isinstance(found.installation, EmbeddedInstallation)
    assert found.warning is None
    assert found.installation.info.origin == "embedded Lean"


def test_the_one_on_the_path_comes_before_the_embedded_one(tools: Tools) -> None:
    path = tools.lean()
    found = discover(tools.file)
    assert isinstance(found.installation, NativeLean)
    assert found.installation.command == (path,)
    assert found.installation.origin is Origin.PATH
    assert found.installation.version.startswith("4.28.0")
    assert found.warning is None


def test_the_projects_own_comes_before_the_one_on_the_path(tools: Tools) -> None:
    path = tools.lean()
    tools.elan()
    (tools.project / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    found = discover(tools.file)
    assert isinstance(found.installation, NativeLean)
    assert (found.installation.origin, found.installation.command) == (Origin.PROJECT, (path,))
    assert found.installation.root == tools.project
    assert "v4.28.0" in found.findings[-1].detail


@pytest.mark.parametrize(
    "answer",
    [
        {
            "name": "Main",
            "options": {"autoImplicit": False, "maxRecDepth": 77, "weak.pp.unicode.fun": True},
            "dynlibs": ["/x/libfoo.so"],
            "plugins": [{"path": "/x/bar.so"}],
        },
        {
            "paths": {"oleanPath": [], "loadDynlibPaths": ["/x/libfoo.so"], "pluginPaths": ["/x/bar.so"]},
            "setupOptions": {"autoImplicit": False, "maxRecDepth": 77, "weak.pp.unicode.fun": True},
        },
    ],
    ids=["module set-up", "paths"],
)
def test_a_lake_project_runs_in_its_environment_with_its_options(tools: Tools, answer: object) -> None:
    tools.lean()
    lake = tools.lake(answer)
    (tools.project / "lakefile.toml").write_text('name = "demo"\n')
    deep = tools.project / "Some" / "Deep.lean"
    found = discover(deep)
    native = found.installation
    assert isinstance(native, NativeLean)
    assert (native.origin, native.command) == (Origin.PROJECT, (lake, "env", "lean"))
    assert native.root == tools.project
    assert dict(native.options) == {"autoImplicit": False, "maxRecDepth": 77, "pp.unicode.fun": True}
    launch = native.launch("token")
    assert launch.argv[:3] == (lake, "env", "lean")
    assert set(launch.argv[3:5]) == {"--load-dynlib=/x/libfoo.so", "--plugin=/x/bar.so"}
    assert launch.argv[5] == "--run"
    assert launch.argv[-1] == "token"
    assert launch.cwd == tools.project


@pytest.mark.parametrize(
    "answer", ["nonsense", "[1, 2]", "null", '{"options": [1]}', '{"plugins": [{"name": "x"}]}', '{"paths": 1}']
)
def test_a_lake_that_says_nothing_useful_is_no_obstacle(tools: Tools, answer: str) -> None:
    tools.lean()
    tools.lake()
    (tools.bin / "lake").write_text(LAKE.format(answer=answer))
    (tools.project / "lakefile.lean").write_text("")
    found = discover(tools.file)
    assert isinstance(found.installation, NativeLean)
    assert dict(found.installation.options) == {}
    assert "lakefile" in (found.warning or "")


def test_without_elan_a_project_is_warned_of_another_lean(tools: Tools) -> None:
    (tools.project / "lean-toolchain").write_text("leanprover/lean4:v4.9.0\n")
    found = discover(tools.file)
    assert isinstance(found.installation, EmbeddedInstallation)
    assert found.warning is not None
    assert "elan" in found.warning
    assert "v4.9.0" in found.warning
    tools.lean()
    found = discover(tools.file)
    assert isinstance(found.installation, NativeLean)
    assert found.installation.origin is Origin.PATH
    assert found.warning is not None


def test_the_configured_one_comes_first_and_stands_alone(tools: Tools) -> None:
    tools.lean()
    tools.elan()
    (tools.project / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    mine = tools.lean("my-lean")
    found = discover(tools.file, command=[mine])
    assert isinstance(found.installation, NativeLean)
    assert (found.installation.origin, found.installation.command) == (Origin.CONFIGURED, (mine,))
    broken = discover(tools.file, command=["/nowhere/lean"])
    assert broken.installation is None
    assert named(broken.findings) == [(Origin.CONFIGURED, False)]
    with pytest.raises(NotInstalledError, match=r"lean\.command"):
        require(broken)


def test_a_projects_lean_that_fails_is_not_replaced_by_another(tools: Tools) -> None:
    tools.saying("lean", "error: toolchain not installed", 1)
    tools.elan()
    (tools.project / "lean-toolchain").write_text("leanprover/lean4:v9.9.9\n")
    found = discover(tools.file)
    assert found.installation is None
    assert found.findings[-1].origin is Origin.PROJECT
    assert "toolchain not installed" in found.findings[-1].detail
    assert found.findings[-1].hint


@pytest.mark.parametrize(
    ("says", "code", "part"),
    [
        ("Lean (version 4.8.0, x86_64-unknown-linux-gnu, commit df668f00e6c0, Release)", 0, "too old"),
        ("Lean (version 3.51.1, commit cce7990ea86a, Release)", 0, "too old"),
        ("something else", 0, "failed"),
        ("", 3, "exit code 3"),
    ],
)
def test_a_lean_on_the_path_that_can_not_be_used(tools: Tools, says: str, code: int, part: str) -> None:
    tools.saying("lean", says, code)
    found = discover(tools.file)
    assert isinstance(found.installation, EmbeddedInstallation)
    (wrong,) = [f for f in found.findings if f.origin is Origin.PATH]
    assert not wrong.found
    assert part in wrong.detail
    assert wrong.hint


@pytest.mark.parametrize(
    "says",
    [
        "Lean (version 4.9.0, x86_64-unknown-linux-gnu, commit 8f9843a4a5fe, Release)",
        "Lean (version 4.24.0-rc1, aarch64-apple-darwin23.6.0, commit 919e297, Release)",
        "Lean (version 4.12.0-nightly-2024-09-01, x86_64-w64-windows-gnu, commit abc, Release)",
    ],
)
def test_versions_are_read(tools: Tools, says: str) -> None:
    tools.saying("lean", says)
    found = discover(tools.file)
    assert isinstance(found.installation, NativeLean)
    assert found.installation.version == says.removeprefix("Lean (version ").split(",")[0]


def test_nothing_at_all_says_what_to_do(tools: Tools, tmp_path: Path) -> None:
    found = discover(tools.file, cache=tmp_path / "empty")
    assert found.installation is None
    with pytest.raises(NotInstalledError, match="unsorry setup lean"):
        require(found)
    assert not (tmp_path / "empty").exists()


def test_the_embedded_one_can_be_asked_for(tools: Tools) -> None:
    tools.lean()
    assert isinstance(discover(tools.file, prefer_embedded=True).installation, EmbeddedInstallation)


async def test_the_driver_runs_as_a_native_lean_runs_it(tools: Tools) -> None:
    """The source of the driver under `lake env lean --run`, end to end, with the project's own options."""
    tools.lean()
    tools.lake({"options": {"autoImplicit": False, "maxRecDepth": 77}})
    (tools.project / "lakefile.toml").write_text('name = "demo"\n')
    text = (
        "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  sorry\n"
        "theorem u (a b : Nat) : a + b = a * b := by sorry\n"
    )
    prover = LeanProver(require(discover(tools.file)))
    try:
        document = await prover.open(Snapshot(tools.file.as_uri(), 1, text, tools.file))
        assert document.errors == ()
        first, second = document.holes
        heavy = "have : (List.replicate 90 1).length = 90 := by decide\nexact ⟨hp, hq⟩"
        found = await collect(prover, state_of(first), ["exact ⟨hp, hq⟩", "rfl", heavy], PATIENT)
        assert isinstance(found[0], Closed)
        assert isinstance(found[1], Rejected)
        assert not isinstance(found[2], Closed)
        certificate = await prover.certify(document, 0, [Edit(first.start, first.end, "exact ⟨hp, hq⟩")])
        assert certificate.ok
        assert certificate.axioms == ()
        for cheat in ("sorry", "exact sorryAx _ true", "native_decide", "exact u a b"):
            assert not (await prover.certify(document, 1, [Edit(second.start, second.end, cheat)])).ok
        assert prover.info.origin == Origin.PROJECT.value
        assert prover.info.version.startswith("4.28.0")
        assert await prover.memory() > 0
    finally:
        await prover.close()
