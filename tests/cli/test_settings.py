"""Settings: which one wins, and what is said of wrong ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import jsonschema
import pytest

from unsorry.cli.config import full_schema
from unsorry.engine.trust import STANDARD_AXIOMS
from unsorry.suggesters.presets import PRESETS
from unsorry.workspace.settings import Settings, flat, load, schema, words

if TYPE_CHECKING:
    from conftest import Run

README: Final = Path(__file__).resolve().parents[2] / "README.md"


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
    ("line", "posix", "expected"),
    [
        ("lake env lean", True, ("lake", "env", "lean")),
        ('"/a b/lean" -q', True, ("/a b/lean", "-q")),
        ("C:\\lean\\lean.exe -q", False, ("C:\\lean\\lean.exe", "-q")),
        ('"C:\\Program Files\\lean.exe" -q', False, ("C:\\Program Files\\lean.exe", "-q")),
    ],
)
def test_the_words_of_a_command_on_each_system(line: str, posix: bool, expected: tuple[str, ...]) -> None:
    assert words(line, posix=posix) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[prove]\nbudget = -1", "`prove.budget` is wrong: input should be greater than 0"),
        ("[prove]\njobs = '2'", "`prove.jobs` is wrong: input should be a valid integer"),
        ("[prove]\njobs = true", "`prove.jobs` is wrong"),
        (
            "[prove]\nspeed = 2",
            "`prove.speed` is no setting (there are budget, jobs, candidate_seconds, repair_rounds)",
        ),
        ("[proof]\nbudget = 2", "there is no section `proof`"),
        ("prove = 3", "`prove` is a section and no value (it has budget, jobs, candidate_seconds, repair_rounds)"),
        ("[server]\nquiet = 9", "`server.quiet` is wrong: input should be less than or equal to 5"),
        ("[server]\nproveOnSave = true", "`server.proveOnSave` is no setting (there are quiet, "),
        ("[log]\nlevel = 'loud'", "`log.level` is wrong: input should be 'error', 'warning', 'info' or 'debug'"),
        ("[trust]\naxioms = ['sorryAx']", "sorryAx is what a hole rests on"),
        ("[lean]\ncommand = 3", "`lean.command` is wrong"),
        ('[lean]\ncommand = "\'"', "`lean.command` is wrong: no closing quotation"),
        ("[prove", "is no valid TOML"),
        (f"a = {'[' * 5000}", "is no valid TOML"),
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


def test_a_pyproject_whose_tools_are_no_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, project="tool = 3\n")
    assert load(tmp_path).warnings == ()


def test_each_source_wins_over_those_before_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        "[prove]\nbudget = 2\ncandidate_seconds = 2\njobs = 2\n",
        "[tool.unsorry.prove]\nbudget = 3\n[tool.unsorry.server]\nquiet = 3\n",
    )
    client = {"prove": {"budget": 4, "jobs": 4}, "server": {"alternatives": 4}}
    loaded = load(tmp_path, client=client, command_line={"prove": {"budget": 5, "jobs": None}})
    assert loaded.warnings == ()
    got = {key: (value, loaded.origins[key]) for key, value in flat(loaded.settings)}
    assert got["prove.budget"] == (5.0, "command line")
    assert got["prove.jobs"] == (4, "editor")
    assert got["server.alternatives"] == (4, "editor")
    assert got["prove.candidate_seconds"] == (2.0, str(tmp_path / "unsorry.toml"))
    assert got["server.quiet"] == (3.0, str(tmp_path / "pyproject.toml"))
    assert got["server.budget"] == (10.0, "default")


@pytest.mark.parametrize(
    "client",
    [
        {"server": {"prove_on_save": True, "quiet": 1}, "lean": {"command": ["my", "lean"]}},
        {"server": {"proveOnSave": True, "quiet": 1.0}, "lean": {"command": "my lean"}},
        {"server.prove_on_save": True, "server.quiet": 1, "lean.command": "my lean"},
        {"server.proveOnSave": True, "server": {"quiet": 1}, "lean.command": ("my", "lean")},
        {"server": {"quiet": 1}, "server.proveOnSave": True, "lean": {"command": "my lean", "embeddedOnly": None}},
    ],
)
def test_an_editor_may_write_its_settings_in_several_ways(tmp_path: Path, client: object) -> None:
    loaded = load(tmp_path, client=client)
    assert loaded.warnings == ()
    server, lean = loaded.settings.server, loaded.settings.lean
    assert (server.prove_on_save, server.quiet, lean.command) == (True, 1.0, ("my", "lean"))
    assert type(server.quiet) is float
    editors = {key for key, origin in loaded.origins.items() if origin == "editor"}
    assert editors == {"server.prove_on_save", "server.quiet", "lean.command"}


@pytest.mark.parametrize(
    "client",
    [None, {}, {"prove": None}, {"prove": {"budget": None}}, {"prove.budget": None}, {"prove": {}}],
)
def test_what_an_editor_has_not_set_leaves_the_file_alone(tmp_path: Path, client: object) -> None:
    write(tmp_path, "[prove]\nbudget = 3\n")
    loaded = load(tmp_path, client=client)
    assert (loaded.settings.prove.budget, loaded.warnings) == (3.0, ())


@pytest.mark.parametrize(
    ("client", "says"),
    [
        ({"prove": {"budget": 0}}, "`prove.budget` is wrong: input should be greater than 0"),
        ({"prove": {"budget": float("nan")}}, "`prove.budget` is wrong"),
        ({"prove.budget": True}, "`prove.budget` is wrong: input should be a valid number"),
        ({"prove": {"candidateSeconds": "2"}}, "`prove.candidate_seconds` is wrong"),
        ({"server": {"saveBudget": 10.5}}, "`server.save_budget` is wrong: input should be less than or equal to 10"),
        ({"server": {"alternatives": 11}}, "`server.alternatives` is wrong: input should be less than or equal to 10"),
        ({"server": {"fast": 1}}, "`server.fast` is no setting (there are quiet, budget, "),
        (
            {"quiet": 0.2},
            "there is no section `quiet` (there are lean, isabelle, prove, trust, suggest, http, transformers, ",
        ),
        ({"proof": {"a": 1, "b": 2}}, "there is no section `proof`"),
        ({"server": 3}, "`server` is a section and no value (it has quiet, "),
        ([1, 2], "settings are an object such as"),
        ("fast", "of type str"),
        (False, "of type bool"),
    ],
)
def test_what_is_wrong_with_an_editors_settings_is_named_and_the_file_holds(
    tmp_path: Path, client: object, says: str
) -> None:
    write(tmp_path, "[prove]\nbudget = 3\n")
    loaded = load(tmp_path, client=client)
    assert loaded.settings == load(tmp_path).settings
    (warning,) = loaded.warnings
    assert warning.startswith("editor: ")
    assert says in warning


def test_a_wrong_command_line_leaves_the_editors_value(tmp_path: Path) -> None:
    loaded = load(tmp_path, client={"prove": {"jobs": 3}}, command_line={"prove.jobs": 0})
    assert (loaded.settings.prove.jobs, loaded.origins["prove.jobs"]) == (3, "editor")
    (warning,) = loaded.warnings
    assert warning.startswith("command line: `prove.jobs` is wrong: input should be greater than or equal to 1")


def test_the_readme_shows_every_setting_with_its_default(tmp_path: Path) -> None:
    section = README.read_text(encoding="utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    write(tmp_path, cast("str", block))
    loaded = load(tmp_path)
    assert loaded.settings == Settings()
    assert loaded.warnings == ()
    assert set(loaded.origins.values()) == {str(tmp_path / "unsorry.toml")}


def defaults(found: dict[str, Any]) -> dict[str, Any]:
    """The values that a schema says hold where nothing is said."""
    return {
        name: {key: setting["default"] for key, setting in section["properties"].items()}
        for name, section in found["properties"].items()
    }


def as_json(settings: Settings) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(settings.model_dump_json()))


def test_the_schema_is_one_and_its_defaults_are_the_settings() -> None:
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert defaults(found) == as_json(Settings())
    jsonschema.validate(defaults(found), found)


def test_the_schema_describes_every_setting_in_one_line() -> None:
    sections = schema()["properties"].values()
    described = [part["description"] for s in sections for part in (s, *s["properties"].values())]
    assert all(text.endswith(".") and "\n" not in text for text in described)
    assert all(section["additionalProperties"] is False for section in (*sections, schema()))


VALUES: Final[list[object]] = [
    {"server": {"quiet": 5, "save_budget": 10, "alternatives": 0}},
    {"lean": {"command": "lake env lean"}},
    {"lean": {"command": ["lake", "env", "lean"]}},
    {"log": {"level": "debug"}},
    {"trust": {"axioms": []}},
    {},
    {"server": {"quiet": 5.1}},
    {"server": {"quiet": -0.1}},
    {"server": {"quiet": True}},
    {"server": {"budget": 0}},
    {"server": {"save_budget": 11}},
    {"server": {"alternatives": 1.5}},
    {"server": {"diagnostics": "yes"}},
    {"server": {"unknown": 1}},
    {"prove": {"jobs": 257}},
    {"lean": {"command": 3}},
    {"lean": {"command": [3]}},
    {"log": {"level": "loud"}},
    {"trust": {"axioms": ["sorryAx"]}},
    {"unknown": {}},
    {"server": 3},
    [],
]


def is_valid(value: Any) -> bool:
    try:
        jsonschema.validate(value, schema())
    except jsonschema.ValidationError:
        return False
    return True


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_the_schema_allows_what_is_taken_and_nothing_else(tmp_path: Path, value: Any) -> None:
    taken = not load(tmp_path, client=value).warnings
    assert is_valid(value) == taken


def test_good_and_bad_values_are_among_them(tmp_path: Path) -> None:
    assert [not load(tmp_path, client=value).warnings for value in VALUES].count(True) == 6


def test_the_command_line_prints_the_schema_and_nothing_else(folder: Path, run: Run) -> None:
    write(folder, "[prove]\nbudget = -1\n")
    ran = run("config", "--schema")
    assert (ran.code, ran.json, ran.err) == (0, full_schema(), "")


@pytest.mark.parametrize("section", ["http", "transformers"])
def test_the_printed_schema_allows_the_presets_that_there_are(section: str) -> None:
    for name in ("", *PRESETS):
        jsonschema.validate({section: {"preset": name}}, full_schema())
    with pytest.raises(jsonschema.ValidationError, match="no such preset"):
        jsonschema.validate({section: {"preset": "no such preset"}}, full_schema())
