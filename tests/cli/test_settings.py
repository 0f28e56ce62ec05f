"""Settings: which one wins, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from unsorry.engine.trust import STANDARD_AXIOMS
from unsorry.workspace.settings import Settings, flat, load


def write(folder: Path, own: str = "", project: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if own:
        (folder / "unsorry.toml").write_text(own, encoding="utf-8")
    if project:
        (folder / "pyproject.toml").write_text(project, encoding="utf-8")


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert loaded.settings == Settings()
    assert loaded.warnings == ()
    assert frozenset(loaded.settings.trust.axioms) == STANDARD_AXIOMS
    assert set(loaded.origins) == {key for key, _ in flat(loaded.settings)}


def test_unsorry_toml_wins_over_pyproject_and_that_over_defaults(tmp_path: Path) -> None:
    write(tmp_path, "[prove]\njobs = 2\n", "[tool.unsorry.prove]\njobs = 5\nbudget = 4\n")
    loaded = load(tmp_path)
    assert (loaded.settings.prove.jobs, loaded.settings.prove.budget) == (2, 4.0)
    assert loaded.origins["prove.jobs"] == str(tmp_path / "unsorry.toml")
    assert loaded.origins["prove.budget"] == str(tmp_path / "pyproject.toml")
    assert loaded.origins["prove.candidate_seconds"] == "default"
    assert loaded.files == (tmp_path / "unsorry.toml", tmp_path / "pyproject.toml")


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    write(tmp_path, "[prove]\njobs = 2\nbudget = 3\n")
    write(tmp_path / "a" / "b", "[prove]\njobs = 4\n")
    assert load(tmp_path / "a" / "b").settings.prove.jobs == 4
    assert load(tmp_path / "a" / "b").settings.prove.budget == 10.0
    assert load(tmp_path / "a").settings.prove.jobs == 2


def test_a_pyproject_of_others_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, project="[tool.unsorry.prove]\njobs = 3\n")
    write(tmp_path / "a", project="[project]\nname = 'x'\n")
    assert load(tmp_path / "a").settings.prove.jobs == 3


@pytest.mark.parametrize(
    ("text", "command"),
    [('"lake env lean"', ("lake", "env", "lean")), ('["/a b/lean", "-q"]', ("/a b/lean", "-q"))],
)
def test_a_command_is_a_line_or_a_list(tmp_path: Path, text: str, command: tuple[str, ...]) -> None:
    write(tmp_path, f"[lean]\ncommand = {text}\n")
    assert load(tmp_path).settings.lean.command == command


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[prove]\nbudget = -1", "`prove.budget` is wrong: input should be greater than 0"),
        ("[prove]\njobs = '2'", "`prove.jobs` is wrong: input should be a valid integer"),
        ("[prove]\njobs = true", "`prove.jobs` is wrong"),
        ("[prove]\nspeed = 2", "`prove.speed` is no setting (there are budget, jobs, candidate_seconds)"),
        ("[proof]\nbudget = 2", "there is no section `proof`"),
        ("prove = 3", "there is no section `prove`"),
        ("[trust]\naxioms = ['sorryAx']", "sorryAx is what a hole rests on"),
        ("[lean]\ncommand = 3", "`lean.command` is wrong"),
        ('[lean]\ncommand = "\'"', "`lean.command` is wrong: no closing quotation"),
        ("[prove", "is no valid TOML"),
    ],
)
def test_what_is_wrong_is_named_and_the_default_holds(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, text)
    loaded = load(tmp_path)
    assert loaded.settings == Settings()
    (warning,) = loaded.warnings
    assert str(tmp_path / "unsorry.toml") in warning
    assert says in warning


def test_a_wrong_key_does_not_take_the_others_along(tmp_path: Path) -> None:
    write(tmp_path, "[prove]\nbudget = 'x'\njobs = 3\n", "[tool.unsorry.prove]\nbudget = 5\n")
    loaded = load(tmp_path)
    assert (loaded.settings.prove.budget, loaded.settings.prove.jobs) == (5.0, 3)


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "unsorry.toml").write_bytes(b"\xff\xfe")
    (warning,) = load(tmp_path).warnings
    assert "can't be read" in warning
