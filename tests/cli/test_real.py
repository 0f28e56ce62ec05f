"""The command line on the embedded Lean, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.embedded.install import CACHE_VARIABLE, cache_folder
from unsorry.provers.lean.image import driver_image
from unsorry.workspace.store import KnowledgeStore

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "lean"
COMMAND = (sys.executable, "-m", "unsorry")

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def _lean() -> None:
    """The embedded Lean with its driver, so that no test has to wait for them."""
    driver_image(runtime.locate() or runtime.install(), cache_folder())


@pytest.fixture
def examples(folder: Path) -> Path:
    """The examples, copied into the current folder."""
    for source in EXAMPLES.glob("*.lean"):
        (folder / source.name).write_bytes(source.read_bytes())
    return folder


def unsorry(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=250,
        check=False,
    )


@contextmanager
def running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    """A command under way; it is ended with all that it started."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()


def wait_for_lines(path: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until the record has so many lines."""
    deadline = time.monotonic() + 120
    while not (path.exists() and path.read_bytes().count(b"\n") >= count):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        # Another process writes the file, and there is nothing else to wait on.
        time.sleep(0.02)


def proofs(data: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    return [(h["file"], h["line"], h["proof"]) for h in data["holes"]]


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_the_examples_are_proved_written_and_hold(examples: Path) -> None:
    ran = unsorry("prove", ".", "--write", "--json", "--budget", "20")
    assert ran.returncode == 0, ran.stderr
    data = json.loads(ran.stdout)
    assert data["open"] == 0
    assert data["proved"] == len(data["holes"]) > 10
    assert data["prover"]["origin"] == "embedded Lean"
    assert all(set(h["axioms"]) <= {"propext", "Classical.choice", "Quot.sound"} for h in data["holes"])
    checked = unsorry("lean", *sorted(p.name for p in examples.iterdir()))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert unsorry("check", ".").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no signals that a process could be sent there")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_an_interrupted_run_touches_nothing_and_leaves_no_child(examples: Path, number: str) -> None:
    before = contents(examples)
    record = examples.parent / "record.jsonl"
    with running("prove", "Trees.lean", "--write", "--record", str(record)) as process:
        wait_for_lines(record, 8, process)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(getattr(signal, number))
        out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + getattr(signal, number)
    assert out == ""
    assert err.startswith("Stopped; ")
    assert err.endswith("had been proved. No file was changed.\n")
    assert contents(examples) == before
    _, alive = psutil.wait_procs(children, timeout=1)
    assert alive == []


@pytest.mark.skipif(sys.platform == "win32", reason="no signals that a process could be sent there")
@pytest.mark.parametrize("seconds", [0.8, 2.5])
def test_an_interruption_before_lean_is_ready_is_as_quick(examples: Path, seconds: float) -> None:
    before = contents(examples)
    with running("prove", "Trees.lean", "--write") as process:
        # Nothing is heard of a process that is starting; two moments of the start-up are what this is about.
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert contents(examples) == before


def test_a_killed_driver_changes_no_proof(examples: Path) -> None:
    record = examples.parent / "record.jsonl"
    undisturbed = json.loads(unsorry("prove", "Trees.lean", "--json", "--budget", "20").stdout)
    with running("prove", "Trees.lean", "--json", "--budget", "20", "--record", str(record)) as process:
        for lines in (3, 12):
            wait_for_lines(record, lines, process)
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert proofs(json.loads(out)) == proofs(undisturbed)


def test_an_unknown_import_is_told(folder: Path) -> None:
    (folder / "A.lean").write_text("import No.Such.Module\n\ntheorem a : True := by sorry\n")
    ran = unsorry("prove", "A.lean", "--json")
    assert ran.returncode == 2
    data = json.loads(ran.stdout)
    assert data["holes"] == []
    assert "imports could not be loaded: " in data["errors"][0]["message"]
    assert "No.Such.Module" in data["errors"][0]["message"] or "'No'" in data["errors"][0]["message"]


@pytest.mark.slow
def test_a_file_of_twenty_thousand_lines(folder: Path) -> None:
    count = 5000
    theorems = [f"theorem t{i} (a b : Nat) : a + b = b + a :=\n  Nat.add_comm a b\n\n-- {i}\n" for i in range(count)]
    theorems[count // 2] = "theorem middle (n : Nat) (h : n % 6 = 5) : n % 3 = 2 := by\n  sorry\n\n-- a hole\n"
    text = "".join(theorems)
    assert text.count("\n") == 20_000
    (folder / "A.lean").write_text(text, encoding="utf-8")
    ran = unsorry("prove", "A.lean", "--json", "--write")
    assert ran.returncode == 0, ran.stderr
    assert [(h["line"], h["proof"]) for h in json.loads(ran.stdout)["holes"]] == [(count * 2 + 2, "omega")]
    assert (folder / "A.lean").read_text(encoding="utf-8") == text.replace("  sorry", "  omega")


def test_the_doctor_makes_a_proof(folder: Path) -> None:
    ran = unsorry("doctor", "--json")
    assert ran.returncode == 0, ran.stderr
    data = json.loads(ran.stdout)
    assert data["trial"]["made"] is True
    assert data["used"].startswith("Lean 4.28.0")
    assert data["why"] == "there is no other Lean here"


# Learning

CASE = Path(__file__).resolve().parents[1] / "cases" / "lean" / "Neighbours.lean"


@pytest.fixture
def lemmas(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with ten holes that only proofs of the same file prove, and nothing learned."""
    monkeypatch.setenv("XDG_DATA_HOME", str(folder.parent / "data"))
    (folder / "Neighbours.lean").write_bytes(CASE.read_bytes())
    return folder


def proved_by_neighbours() -> int:
    ran = unsorry("prove", "Neighbours.lean", "--embedded", "--suggester", "neighbours", "--json")
    return json.loads(ran.stdout)["proved"]


def test_lemmas_are_proved_after_learning_from_their_file(lemmas: Path) -> None:
    assert proved_by_neighbours() <= 1
    assert not (lemmas.parent / "data").exists()
    ran = unsorry("learn", ".", "--embedded")
    assert ran.returncode == 0, ran.stderr
    # Another process knows it.
    assert proved_by_neighbours() >= 8
    told = json.loads(unsorry("learn", ".", "--embedded", "--json").stdout)
    assert [f["status"] for f in told["files"]] == ["unchanged"]
    assert json.loads(unsorry("store", "stats", "--json").stdout)["goals"] >= 10


@pytest.mark.skipif(sys.platform == "win32", reason="no signals that a process could be sent there")
@pytest.mark.parametrize("number", ["SIGINT", "SIGKILL"])
def test_learning_that_is_interrupted_keeps_what_was_learned(lemmas: Path, number: str) -> None:
    many = "\n".join(f"theorem t{n} (a b : Nat) (h : a + {n} = b) : b = a + {n} := by\n  omega\n" for n in range(500))
    (lemmas / "Many.lean").write_text(many, encoding="utf-8")

    def goals() -> int:
        with closing(KnowledgeStore()) as store:
            return store.stats().rows

    with running("learn", "Many.lean", "--embedded") as process:
        deadline = time.monotonic() + 120
        while goals() < 5:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            # Another process writes it, and there is nothing else to wait on.
            time.sleep(0.02)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(getattr(signal, number))
        _, err = process.communicate(timeout=30)
    kept = goals()
    assert 5 <= kept < 500
    if number == "SIGINT":
        assert process.returncode == 130
        assert err.startswith("Stopped; ")
        assert "and that stays" in err
    else:
        # Nobody was there to end them.
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
    assert "damaged" not in unsorry("store", "stats").stderr
    assert len(unsorry("store", "export").stdout.splitlines()) == kept
    assert unsorry("learn", "Neighbours.lean", "--embedded").returncode == 0
    assert goals() > kept


# Machines that have nothing


def script(folder: Path, name: str, lines: Sequence[str]) -> None:
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def offline(folder: Path) -> dict[str, str]:
    """An environment with an empty cache and an npm client that reaches nothing."""
    programs = folder.parent / "programs"
    programs.mkdir()
    script(
        programs, "npm", ["echo 'npm error code ENOTFOUND' >&2", "echo 'npm error network no such host' >&2", "exit 1"]
    )
    script(programs, "node", ["echo v24.0.0"])
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        CACHE_VARIABLE: str(folder.parent / "empty cache"),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="the scripted programs are shell scripts")
def test_without_a_network_the_setup_says_so(folder: Path, offline: dict[str, str]) -> None:
    (folder / "A.lean").write_text("theorem a : True := by sorry\n")
    ran = unsorry("prove", "A.lean", "--json", env=offline)
    assert ran.returncode == 2
    assert "Fetching Lean 4.28.0-pre for WebAssembly" in ran.stderr
    assert "122 MB to fetch" in ran.stderr
    assert "Check the network" in json.loads(ran.stdout)["errors"][0]["message"]
    assert "Traceback" not in ran.stderr
    assert unsorry("setup", "lean", env=offline).returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the scripted programs are shell scripts")
@pytest.mark.parametrize("how", ["option", "settings"])
def test_nothing_is_fetched_where_that_is_forbidden(folder: Path, offline: dict[str, str], how: str) -> None:
    (folder / "A.lean").write_text("theorem a : True := by sorry\n")
    if how == "settings":
        (folder / "unsorry.toml").write_text("[setup]\nautomatic = false\n")
    ran = unsorry("prove", "A.lean", *(["--no-install"] if how == "option" else []), env=offline)
    assert ran.returncode == 2
    assert "Fetching" not in ran.stderr
    assert "run `unsorry setup lean`" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the scripted programs are shell scripts")
def test_the_doctor_without_a_lean_says_what_to_do(folder: Path, offline: dict[str, str]) -> None:
    (folder / "A.lean").write_text("theorem a : True := by sorry\n")
    ran = unsorry("doctor", env=offline)
    assert ran.returncode == 1
    assert "the files here need Lean" in ran.stdout
    assert "no Lean can be used" in ran.stdout
    assert "run `unsorry setup lean`" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the scripted programs are shell scripts")
def test_a_broken_lean_of_the_users_own_is_not_replaced(folder: Path, offline: dict[str, str]) -> None:
    script(Path(offline["PATH"].split(os.pathsep)[0]), "lean", ["echo 'cannot find toolchain' >&2", "exit 1"])
    (folder / "unsorry.toml").write_text("[lean]\ncommand = 'lean'\n")
    (folder / "A.lean").write_text("theorem a : True := by sorry\n")
    ran = unsorry("prove", "A.lean", env=offline)
    assert ran.returncode == 2
    assert "cannot find toolchain" in ran.stderr
    assert "Fetching" not in ran.stderr
    doctor = unsorry("doctor", env=offline)
    assert doctor.returncode == 1
    assert "no other is put in its place" in doctor.stdout


def test_setup_remove_takes_only_what_is_its_own(folder: Path) -> None:
    cache = folder.parent / "cache"
    for name in ("lean", "driver", "oleans", "node", "mine"):
        (cache / name / "deep").mkdir(parents=True)
    environment = {CACHE_VARIABLE: str(cache)}
    ran = unsorry("setup", "--remove", env=environment)
    assert (ran.returncode, sorted(p.name for p in cache.iterdir())) == (0, ["mine"])
    assert "There was nothing" in unsorry("setup", "--remove", env=environment).stdout
    assert unsorry("setup").returncode == 2
