"""The documents say what is there, and nothing that is not."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Final, cast

import pytest

import test_layers

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "server" / "unsorry"
ARCHITECTURE: Final = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS: Final = sorted(path.name for path in ROOT.glob("*.md"))


def section(text: str, title: str) -> str:
    """What stands below a heading of the second level."""
    _, found, rest = f"\n{text}".partition(f"\n## {title}\n")
    assert found, f"there is no section {title!r}"
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The rows of the tables in a text, without their headings."""
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    heads = {number - 1 for number, cells in enumerate(lines) if set("".join(cells).strip()) <= set("-: ")}
    return [
        [cell.strip() for cell in cells]
        for number, cells in enumerate(lines)
        if number not in heads and number - 1 not in heads
    ]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def requirements() -> dict[str, set[str]]:
    """The names of what pyproject.toml asks for, by extra; '' is what is always needed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in cast("list[str]", lines)}
        for extra, lines in groups.items()
    }


def test_the_code_map_is_the_code() -> None:
    mapped = {quoted(row[0])[0].removeprefix("unsorry.") for row in rows(section(ARCHITECTURE, "Layers"))}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert mapped == there - {"__init__", "__main__"}


def test_the_layers_test_has_a_rule_for_each_package() -> None:
    mapped = {quoted(row[0])[0].removeprefix("unsorry.") for row in rows(section(ARCHITECTURE, "Layers"))}
    assert mapped == set(test_layers.LAYERS) - {"__init__", "__main__"}


def test_each_package_says_what_it_must_not_know() -> None:
    assert [row[0] for row in rows(section(ARCHITECTURE, "Layers")) if not row[2]] == []


def test_each_dependency_has_its_reason() -> None:
    explained: dict[str, set[str]] = {}
    for row in rows(section(ARCHITECTURE, "Dependencies")):
        extra, names, reason = (quoted(row[0])[0], row[1], row[2]) if len(row) == 3 else ("", row[0], row[1])
        assert reason, f"{names} has no reason"
        explained.setdefault(extra, set()).update(quoted(names))
    assert explained == requirements()


def test_each_package_of_the_extension_has_its_reason() -> None:
    manifest = json.loads((ROOT / "editor-client" / "vscode" / "package.json").read_text(encoding="utf-8"))
    explained = {name for row in rows(section(ARCHITECTURE, "The extension for VS Code")) for name in quoted(row[0])}
    # Its other table is about modules.
    assert {name for name in explained if not name.endswith((".ts", "/"))} == {
        *manifest["dependencies"],
        *manifest["devDependencies"],
    }


def test_each_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if "==" in line}
    assert set().union(*requirements().values()) - pinned == set()


def test_the_readmes_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    commands = re.findall(r"^make ([a-z]+)", section(README, "Two commands for a fresh machine"), re.MULTILINE)
    assert commands == ["demo", "test"]
    named = {
        name for document in DOCUMENTS for name in re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", read(document), re.M)
    }
    assert {first or second for first, second in named} <= targets


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_points_at_is_there(document: str) -> None:
    text = read(document)
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    paths = [
        path for path in quoted(text) if re.fullmatch(r"(server|tests|examples|editor-client|\.ci)/[\w./-]*", path)
    ]
    modules = [
        "server/" + "/".join(name.split(".")) for name in quoted(text) if re.fullmatch(r"unsorry(\.[a-z_]+)+", name)
    ]
    missing = [path for path in [*links, *paths] if not (ROOT / path).exists()]
    missing += [name for name in modules if not ((ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file())]
    assert missing == []


def test_the_readmes_json_is_about_a_real_hole() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    (hole,) = json.loads(block)["holes"]
    lines = read(str(hole["file"])).splitlines()
    line, column = int(hole["line"]), int(hole["column"])
    assert lines[line - 1][column - 1 :].startswith("sorry")
    assert str(hole["declaration"]).rpartition(".")[2] in lines[line - 2]


def test_the_version_is_read_from_the_package() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    assert project["project"]["dynamic"] == ["version"]
    assert re.search(r'^__version__ = "\d+\.\d+\.\d+"$', (PACKAGE / "__init__.py").read_text(), re.MULTILINE)
