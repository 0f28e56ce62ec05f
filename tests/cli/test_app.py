"""What holds for every command: errors become a message and an exit code, and no traceback is shown unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from unsorry import __version__
from unsorry.cli import compose
from unsorry.errors import DownloadError, NotInstalledError, ToolchainError

if TYPE_CHECKING:
    from conftest import Fake, Run


def fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def find_lean(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(compose, "find_lean", find_lean)


@pytest.fixture
def file(folder: Path) -> str:
    (folder / "A.lean").write_text("theorem one : A := by\n  sorry\n")
    return "A.lean"


@pytest.mark.parametrize("command", ["prove", "check", "lean"])
@pytest.mark.parametrize(
    "error",
    [ToolchainError("too old"), NotInstalledError("too old"), DownloadError("too old"), RuntimeError("too old")],
)
def test_what_goes_wrong_is_said_in_a_line(
    file: str, run: Run, monkeypatch: pytest.MonkeyPatch, command: str, error: Exception
) -> None:
    fails_with(monkeypatch, error)
    ran = run(command, file)
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert line.startswith("error: ")
    assert "too old" in line
    assert ("--debug shows where it is" in line) == isinstance(error, RuntimeError)


def test_debug_shows_where_it_was(file: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, RuntimeError("boom"))
    ran = run("--debug", "prove", file)
    assert ran.code == 2
    assert "Traceback" in ran.err


def test_an_interruption_is_130(file: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, KeyboardInterrupt())
    ran = run("prove", file)
    assert (ran.code, ran.out, ran.err) == (130, "", "Stopped.\n")


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"unsorry {__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["prove"], ["setup"], ["setup", "--remove", "--force"]])
def test_wrong_arguments_are_two(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_config_says_where_each_setting_comes_from(folder: Path, run: Run) -> None:
    (folder / "unsorry.toml").write_text("[prove]\njobs = 2\nodd = 1\n")
    ran = run("config", "--json")
    assert ran.code == 0
    assert ran.json["settings"]["prove.jobs"] == {"value": 2, "origin": str(folder / "unsorry.toml")}
    assert ran.json["settings"]["prove.budget"] == {"value": 10.0, "origin": "default"}
    assert "`prove.odd` is no setting" in ran.err
    assert "prove.jobs" in run("config").out


def test_the_command_line_wins_over_the_settings(fake: Fake, folder: Path, file: str, run: Run) -> None:
    (folder / "unsorry.toml").write_text("[prove]\njobs = 3\n")
    run("prove", file)
    assert len(fake.provers) == 3
    fake.provers.clear()
    run("prove", file, "--jobs", "1")
    assert len(fake.provers) == 1
