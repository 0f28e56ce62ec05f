"""VS Code's extension has the server's settings: each with its key, type, default, limits and description."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

from unsorry.cli.config import full_schema

_MANIFEST = Path(__file__).parents[2] / "editor-client" / "vscode" / "package.json"


def _camel(key: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), key)


def _contributed() -> list[dict[str, Any]]:
    manifest = cast("dict[str, Any]", json.loads(_MANIFEST.read_text(encoding="utf-8")))
    return cast("list[dict[str, Any]]", manifest["contributes"]["configuration"])


def test_the_settings_are_those_of_the_server() -> None:
    """`npm run settings` in the extension's folder writes them anew."""
    expected = {
        f"unsorry.{section}.{_camel(key)}": {"scope": "window", **said}
        for section, part in full_schema()["properties"].items()
        for key, said in part["properties"].items()
    }
    # The first group is the extension's own.
    found = {key: said for group in _contributed()[1:] for key, said in group["properties"].items()}
    assert found == expected


def test_its_own_settings_are_none_of_the_server() -> None:
    """What is only the extension's is not sent, and must not hide a key of the server's."""
    servers = {
        f"unsorry.{s}.{_camel(k)}" for s, part in full_schema()["properties"].items() for k in part["properties"]
    }
    own = set(_contributed()[0]["properties"])
    assert own == {"unsorry.server.path", "unsorry.install.source"}
    assert not own & servers
