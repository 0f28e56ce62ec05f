"""``unsorry models``: the ways to ask a model, where each comes from, and which one would be used here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from unsorry.cli.compose import settings_for
from unsorry.cli.console import out, print_json, print_table
from unsorry.provers.lean.modules import project_root


def models(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Whose settings; the current folder's.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """List the ways to ask a model (presets), and which one would be used here."""
    # Here and not above: no other command needs them when it starts.
    from unsorry.suggesters.presets import PRESETS, for_model

    settings = settings_for(project_root(folder.resolve() / "_.lean")).settings
    wanted = settings.http
    used = wanted.preset or (for_model(wanted.model).name if wanted.model else None)
    if json:
        print_json(
            {
                "presets": [
                    {"name": p.name, "kind": p.kind.value, "provers": sorted(p.provers), "source": p.source}
                    for p in PRESETS.values()
                ],
                "address": wanted.address or None,
                "model": wanted.model or None,
                "preset": used,
                "suggesters": list(settings.suggest.use),
            }
        )
        return
    rows = Table("preset", "asked as", "for", "prompt from", show_edge=False, pad_edge=False)
    for preset in PRESETS.values():
        mark = "bold" if preset.name == used else ""
        provers = ", ".join(sorted(preset.provers))
        rows.add_row(Text(preset.name, mark), preset.kind.value, provers, Text(preset.source))
    print_table(out, rows)
    if wanted.model:
        asked = "asked" if "http" in settings.suggest.use else "not asked: `suggest.use` has no `http`"
        out.print(f"{wanted.model} at {wanted.address or 'no address'}, with {used}; {asked}.")
