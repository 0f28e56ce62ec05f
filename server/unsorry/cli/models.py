"""``unsorry models``: the ways to ask a model, the models that are there, and which one would be asked here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from unsorry.cli.compose import settings_for
from unsorry.cli.console import out, print_json, print_table
from unsorry.cli.sources import local_model, megabytes
from unsorry.provers.lean.modules import project_root
from unsorry.workspace.settings import Settings

if TYPE_CHECKING:
    from unsorry.suggesters.transformers.cached import Cached


def models(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Whose settings; the current folder's.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """List the ways to ask a model (presets), the local models that are there, and which one would be asked here."""
    # Here and not above: no other command needs them when it starts.
    from unsorry.suggesters.presets import PRESETS, for_model
    from unsorry.suggesters.transformers.cached import cached
    from unsorry.suggesters.transformers.suggester import preset_for

    root = project_root(folder.resolve() / "_.lean")
    settings = settings_for(root).settings
    http, local = settings.http, settings.transformers
    found = cached()
    place = local_model(settings, root, settings.transformers.model).model
    asked_there = http.preset or (for_model(http.model).name if http.model else None)
    asked_here = local.preset or (preset_for(place).name if local.model else None)
    if json:
        print_json(
            {
                "presets": [
                    {"name": p.name, "kind": p.kind.value, "provers": sorted(p.provers), "source": p.source}
                    for p in PRESETS.values()
                ],
                "address": http.address or None,
                "model": http.model or None,
                "preset": asked_there,
                "local": {
                    "model": place or None,
                    "preset": asked_here,
                    "there": bool(local.model) and _there(place, found),
                    "cached": [{"name": one.name, "bytes": one.bytes} for one in found],
                },
                "suggesters": list(settings.suggest.use),
            }
        )
        return
    rows = Table("preset", "asked as", "for", "prompt from", show_edge=False, pad_edge=False)
    for preset in PRESETS.values():
        mark = "bold" if preset.name in {asked_there, asked_here} else ""
        provers = ", ".join(sorted(preset.provers))
        rows.add_row(Text(preset.name, mark), preset.kind.value, provers, Text(preset.source))
    print_table(out, rows)
    for one in found:
        out.print(f"In the hub's cache: {one.name} ({megabytes(one.bytes)}).", soft_wrap=True)
    if http.model:
        where = f"{http.model} at {http.address or 'no address'}, with {asked_there}"
        out.print(f"{where}; {_asked('http', settings)}.", soft_wrap=True)
    if local.model:
        there = "" if _there(place, found) else "; it is not on this machine" + _what_then(settings)
        out.print(f"{place}, with {asked_here}; {_asked('transformers', settings)}{there}.")


def _there(place: str, found: Sequence[Cached]) -> bool:
    return Path(place).is_dir() or place in {one.name for one in found}


def _what_then(settings: Settings) -> str:
    if settings.transformers.download:
        return " and will be fetched when it is asked"
    return ", and `transformers.download` does not allow to fetch it"


def _asked(source: str, settings: Settings) -> str:
    return "asked" if source in settings.suggest.use else f"not asked: `suggest.use` has no `{source}`"
