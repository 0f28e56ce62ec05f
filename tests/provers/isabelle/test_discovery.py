"""Which Isabelle is found, and what is said where it can't be used.  The Isabelles here are scripts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unsorry.errors import NotInstalledError, ProverDiedError, ToolchainError
from unsorry.provers.isabelle import toolchain
from unsorry.provers.isabelle.client import DriverClient
from unsorry.provers.isabelle.toolchain import Origin, discover, require
from unsorry.provers.process import Launch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for a Unix shell")


def make(folder: Path, version: str, *images: str) -> Path:
    """A distribution that answers what discovery asks."""
    heaps = folder / "heaps"
    (heaps / "polyml").mkdir(parents=True)
    for image in images:
        (heaps / "polyml" / image).touch()
    (folder / "bin").mkdir()
    (folder / "etc").mkdir()
    (folder / "etc" / "symbols").write_text("\\<forall> code: 0x2200\n")
    script = folder / "bin" / "isabelle"
    script.write_text(
        "#!/bin/sh\n"
        'case "$1" in\n'
        f"version) echo '{version}' ;;\n"
        "getenv) shift; for name; do case $name in\n"
        f"  ISABELLE_HEAPS) echo ISABELLE_HEAPS={folder}/none ;;\n"
        f"  ISABELLE_HEAPS_SYSTEM) echo ISABELLE_HEAPS_SYSTEM={heaps} ;;\n"
        f"  ISABELLE_SYMBOLS) echo ISABELLE_SYMBOLS={folder}/etc/symbols:{folder}/user/symbols ;;\n"
        "  ML_IDENTIFIER) echo ML_IDENTIFIER=polyml ;;\n"
        '  E_HOME|Z3_SOLVER) eval echo "$name=\\$$name" ;;\n'
        "esac; done ;;\n"
        "*) echo '*** there is no poly here' >&2; exit 2 ;;\n"
        "esac\n"
    )
    script.chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Isabelle of this machine is seen."""
    monkeypatch.delenv("ISABELLE_HOME", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(toolchain, "usual_places", lambda: iter(()))


def test_none_is_there() -> None:
    found = discover()
    assert found.installation is None
    assert [f.origin for f in found.findings] == [Origin.CONFIGURED, Origin.HOME, Origin.PATH, Origin.PLACE]
    with pytest.raises(NotInstalledError, match="install Isabelle"):
        require(found)


def test_the_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = make(tmp_path / "place", "Isabelle2023", "HOL")
    path = make(tmp_path / "path", "Isabelle2024", "HOL")
    home = make(tmp_path / "home", "Isabelle2025", "HOL")
    own = make(tmp_path / "own", "Isabelle2025-2", "HOL")
    monkeypatch.setattr(toolchain, "usual_places", lambda: iter([place]))
    assert require(discover()).version == "Isabelle2023"
    monkeypatch.setenv("PATH", f"{path / 'bin'}:/usr/bin:/bin")
    assert require(discover()).version == "Isabelle2024"
    monkeypatch.setenv("ISABELLE_HOME", str(home))
    assert require(discover()).version == "Isabelle2025"
    # The folder of a distribution does as well as the command in it.
    for command in ((str(own),), (str(own / "bin" / "isabelle"),)):
        installation = require(discover(command=command))
        assert (installation.version, installation.origin) == ("Isabelle2025-2", Origin.CONFIGURED)
    assert installation.symbols.to_unicode("\\<forall>") == "∀"


def test_a_configured_one_is_replaced_by_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ISABELLE_HOME", str(make(tmp_path / "home", "Isabelle2025", "HOL")))
    found = discover(command=[str(tmp_path / "nothing")])
    assert found.installation is None
    assert "isabelle.command" in (found.findings[-1].hint or "")


@pytest.mark.parametrize(
    ("version", "tool"),
    [
        ("Isabelle2023", "process"),
        ("Isabelle2024", "process"),
        ("Isabelle_30-Aug-2024", "process"),
        ("Isabelle2025", "ML_process"),
        ("Isabelle2025-1", "ML_process"),
        ("Isabelle2030", "ML_process"),
        ("repository version", "ML_process"),
    ],
)
def test_the_name_of_the_process(tmp_path: Path, version: str, tool: str) -> None:
    installation = require(discover(command=[str(make(tmp_path / "it", version, "HOL"))]))
    launch = installation.launch("127.0.0.1:1", "secret")
    assert launch.argv[1:4] == (tool, "-l", "HOL")
    # Nobody on the machine can read the token from the list of processes.
    assert not any("secret" in word for word in launch.argv)
    assert launch.environment is not None
    assert launch.environment[toolchain.TOKEN_VARIABLE] == "secret"


def test_an_old_one_is_refused(tmp_path: Path) -> None:
    found = discover(command=[str(make(tmp_path / "it", "Isabelle2022", "HOL"))])
    assert found.installation is None
    assert "Isabelle2022 is too old: Unsorry needs Isabelle2023 or newer" in found.findings[-1].detail


def test_a_missing_image_names_the_command_that_builds_it(tmp_path: Path) -> None:
    isabelle = make(tmp_path / "it", "Isabelle2025", "HOL")
    project = tmp_path / "project"
    project.mkdir()
    (project / "ROOT").write_text('session Mine = "HOL-Analysis" + theories A')
    found = discover(project / "A.thy", command=[str(isabelle)])
    assert found.installation is None
    expected = f"{isabelle}/bin/isabelle build -b -d {project} HOL-Analysis"
    assert expected in (found.findings[-1].hint or "")
    with pytest.raises(ToolchainError, match="HOL-Analysis"):
        require(found)
    # The configured one wins over what the ROOT file says.
    installation = require(discover(project / "A.thy", command=[str(isabelle)], logic="HOL"))
    assert (installation.logic, installation.session, installation.directories) == ("HOL", "Mine", (project,))


def test_the_image_of_a_project(tmp_path: Path) -> None:
    isabelle = make(tmp_path / "it", "Isabelle2025", "HOL", "HOL-Library")
    (tmp_path / "ROOT").write_text('session Mine in src = "HOL-Library" + theories A')
    installation = require(discover(tmp_path / "src" / "A.thy", command=[str(isabelle)], directories=[Path("/afp")]))
    assert (installation.logic, installation.session) == ("HOL-Library", "Mine")
    argv = installation.launch("127.0.0.1:1", "t").argv
    assert argv[argv.index("-l") + 1] == "HOL-Library"
    assert [argv[i + 1] for i, word in enumerate(argv) if word == "-d"] == ["/afp", str(tmp_path)]
    assert "parallel_proofs=0" in argv


def test_its_external_provers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isabelle = make(tmp_path / "it", "Isabelle2025", "HOL")
    found = discover(command=[str(isabelle)])
    assert require(found).external_provers == ()
    (line,) = [f for f in found.findings if f.origin is Origin.EXTERNAL]
    assert (line.found, line.hint) == (False, None)
    monkeypatch.setenv("E_HOME", "/some/where")
    monkeypatch.setenv("Z3_SOLVER", "/some/z3")
    found = discover(command=[str(isabelle)])
    assert require(found).external_provers == ("E", "Z3")
    assert "E, Z3" in [f.detail for f in found.findings]


async def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    installation = require(discover(command=[str(make(tmp_path / "it", "Isabelle2025", "HOL"))]))
    with pytest.raises(ToolchainError, match="there is no poly here"):
        await DriverClient.start(installation.launch, timeout=20)


def a_driver(folder: Path, *before: str, then: str) -> Callable[[str, str], Launch]:
    """A program that does something, says that it is a driver which is ready, and does something else."""
    script = folder / "driver.py"
    lines = [
        "import os, socket, time",
        "host, port = os.environ['ADDRESS'].split(':')",
        *before,
        "driver = socket.create_connection((host, int(port)))",
        "driver.sendall((os.environ['TOKEN'] + '\\n{\"ready\": true, \"pid\": %d}\\n' % os.getpid()).encode())",
        then,
    ]
    script.write_text("\n".join(lines) + "\n")
    return lambda address, token: Launch((sys.executable, str(script)), {"ADDRESS": address, "TOKEN": token})


async def test_only_the_driver_is_let_in(tmp_path: Path) -> None:
    """Whoever connects first without the token is sent away, and the driver is still heard."""
    stranger = [
        "stranger = socket.create_connection((host, int(port)))",
        'stranger.sendall(b\'guess\\n{"ready": true, "pid": 1}\\n\')',
        "assert stranger.recv(1) == b''",
    ]
    launch = a_driver(tmp_path, *stranger, then="driver.recv(1)")
    client = await DriverClient.start(launch, timeout=20)
    try:
        assert client.alive
        assert client.pid == client.child.pid
    finally:
        await client.close()
    assert not client.alive


async def test_a_driver_that_reads_nothing_is_ended(tmp_path: Path) -> None:
    launch = a_driver(tmp_path, then="time.sleep(600)")
    client = await DriverClient.start(launch, timeout=20)
    # More than the system takes in before somebody reads it.
    asking = asyncio.create_task(client.request("open", {"text": "x" * 50_000_000}))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(client.close(), 20)
    assert not client.alive
    with pytest.raises(ProverDiedError):
        await asking


@pytest.mark.parametrize(
    ("cores", "provers", "side_by_side", "threads"),
    [(1, 1, 1, 2), (2, 1, 2, 2), (16, 1, 4, 4), (6, 2, 3, 3), (4, 8, 1, 2)],
)
def test_how_many_candidates_run_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int, provers: int, side_by_side: int, threads: int
) -> None:
    """Never more than there are cores for each prover, each of which has a second thread for Isabelle's own tools."""
    monkeypatch.setattr(toolchain, "_cores", lambda: cores)
    installation = require(discover(command=[str(make(tmp_path / "it", "Isabelle2025", "HOL"))])).shared_by(provers)
    assert installation.side_by_side == side_by_side
    assert f"threads={threads}" in installation.launch("127.0.0.1:1", "t").argv
