"""README.md's section about editors says what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from unsorry.lsp.commands import Command
from unsorry.lsp.configuration import ours
from unsorry.workspace.settings import load

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## In an editor\n")[2].partition("\n## ")[0]


def test_each_command_is_told() -> None:
    assert re.findall(r"^\| `(unsorry\.\w+)` \|", SECTION, re.MULTILINE) == [command.value for command in Command]


# The keys of a language server in Helix's languages.toml, as its book has them ("Languages").
HELIX_SERVER = {"command", "args", "config", "timeout", "environment", "required-root-patterns"}


def test_the_configuration_of_helix_has_what_its_book_knows(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    found = tomllib.loads(block)
    assert set(found) == {"language-server", "language"}
    ((name, server),) = found["language-server"].items()
    assert set(server) <= HELIX_SERVER
    lean, isabelle = found["language"]
    # A list here takes the place of Helix's own, in which the prover's server is `lean`.
    assert lean == {"name": "lean", "language-servers": ["lean", name]}
    # A language of one's own has to have all but the servers; newer versions can do without its roots.
    assert set(isabelle) == {"name", "scope", "file-types", "roots", "language-servers"}
    assert (isabelle["file-types"], isabelle["language-servers"]) == (["thy"], [name])
    # What the text says of settings is one of the server's, as Helix sends it: the table itself, without a section.
    (sentence,) = re.findall(rf"`\[language-server\.{name}\.config\]`, such as `(.*?)`", SECTION)
    loaded = load(tmp_path, client=ours(tomllib.loads(sentence)))
    assert loaded.warnings == ()
    assert not loaded.settings.server.code_lens
