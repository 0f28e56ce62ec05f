"""README.md's section about editors says what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from unsorry.lsp.commands import Command

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## In an editor\n")[2].partition("\n## ")[0]


def test_each_command_is_told() -> None:
    assert re.findall(r"^\| `(unsorry\.\w+)` \|", SECTION, re.MULTILINE) == [command.value for command in Command]


def test_the_configuration_of_helix_is_toml() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    found = tomllib.loads(block)
    (language,) = found["language"]
    assert set(found["language-server"]) <= set(language["language-servers"])
