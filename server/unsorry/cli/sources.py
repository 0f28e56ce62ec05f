"""Where candidates come from: the suggesters that the settings name, sharing what is too heavy to be there twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from unsorry.errors import InputError
from unsorry.provers.seam import ProverInfo
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Suggester
from unsorry.workspace.settings import Settings

if TYPE_CHECKING:
    from unsorry.suggesters.transformers.shared import Models


class Sources:
    """Makes suggesters.  Who gets them lets them go, and with the last one that asks a model goes the model."""

    def __init__(self) -> None:
        """Nothing is loaded before it is needed."""
        self._models: Models | None = None

    def suggesters(self, settings: Settings, info: ProverInfo, root: Path | None) -> list[Suggester]:
        """Those for the files below a root that ``info`` checks, in the order of the settings.

        Raises:
            InputError: the settings don't say what one of them needs.
        """
        found: list[Suggester] = []
        for source in settings.suggest.use:
            match source:
                case "rules":
                    found += [LeanRules(), IsabelleRules(sledgehammer=settings.isabelle.sledgehammer_seconds > 0)]
                case "neighbours":
                    if settings.learn.enabled:
                        found.append(_neighbours(info, root))
                case "http":
                    found.append(_http(settings))
                case "transformers":
                    found.append(self._transformers(settings))
        return found

    def _transformers(self, settings: Settings) -> Suggester:
        from unsorry.suggesters.presets import preset
        from unsorry.suggesters.transformers.lane import ModelSettings
        from unsorry.suggesters.transformers.shared import Models
        from unsorry.suggesters.transformers.suggester import preset_for

        wanted = settings.transformers
        if not wanted.model:
            raise InputError("the suggester `transformers` needs `transformers.model` in the settings, or --model")
        if self._models is None:
            self._models = Models()
        how = preset(wanted.preset) if wanted.preset else preset_for(wanted.model)
        model = ModelSettings(
            wanted.model,
            local_only=not wanted.download,
            device=wanted.device,
            dtype=wanted.dtype,
            idle_seconds=wanted.idle_minutes * 60,
        )
        return self._models.suggester(model, how)


def _neighbours(info: ProverInfo, root: Path | None) -> Suggester:
    from unsorry.suggesters.neighbours import memory

    return memory.open_memory(info, root)


def _http(settings: Settings) -> Suggester:
    # Here and not above: the client and the presets take a tenth of the start-up, and most runs ask no model.
    from unsorry.suggesters.http import HttpSuggester
    from unsorry.suggesters.presets import for_model, preset

    wanted = settings.http
    if not wanted.address or not wanted.model:
        raise InputError("the suggester `http` needs `http.address` and `http.model` in the settings")
    how = preset(wanted.preset) if wanted.preset else for_model(wanted.model)
    return HttpSuggester(wanted.address, wanted.model, how, key=os.environ.get(wanted.key_variable) or None)
