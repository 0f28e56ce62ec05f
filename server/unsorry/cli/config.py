"""``unsorry config``: the settings that hold here, and where each comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.table import Table
from rich.text import Text

from unsorry.cli.compose import settings_for
from unsorry.cli.console import out, print_json, print_table
from unsorry.provers.lean.modules import project_root
from unsorry.workspace.settings import flat, schema


def config(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look; the current folder.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of all settings and nothing else.")
    ] = False,
) -> None:
    """Show the settings that hold here and where each comes from.

    The command line wins over an editor's settings, those over unsorry.toml, that over [tool.unsorry] in
    pyproject.toml, and that over the defaults.
    """
    if as_schema:
        print_json(full_schema())
        return
    loaded = settings_for(project_root(folder.resolve() / "_.lean"))
    values = flat(loaded.settings)
    if json:
        print_json(
            {
                "settings": {key: {"value": value, "origin": loaded.origins[key]} for key, value in values},
                "files": [str(f) for f in loaded.files],
                "warnings": list(loaded.warnings),
            }
        )
        return
    rows = Table("setting", "value", "from", show_edge=False, pad_edge=False)
    for key, value in values:
        rows.add_row(key, Text(_shown(value)), Text(loaded.origins[key]))
    print_table(out, rows)


def full_schema() -> dict[str, Any]:
    """The JSON schema of all settings, with the names of the presets, which the settings themselves don't know."""
    # Here and not above, for most runs ask no model.
    from unsorry.suggesters.presets import PRESETS

    presets = ("", *PRESETS)
    return schema({"http.preset": presets, "transformers.preset": presets})


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return " ".join(cast("tuple[str, ...]", value)) or "—"
        case _:
            return str(value)
