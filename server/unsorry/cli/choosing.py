"""What the options of ``unsorry prove`` say of suggesters and models, as settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from unsorry.errors import InputError
from unsorry.workspace.settings import Settings, Source

_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Settings that win over all others, and a source that is asked beside those of the settings."""

    settings: Mapping[str, object]
    beside: Source | None = None

    def added(self, settings: Settings) -> Settings:
        """Settings with that source among the others."""
        use = settings.suggest.use
        if self.beside is None or self.beside in use:
            return settings
        suggest = settings.suggest.model_copy(update={"use": (*use, self.beside)})
        return settings.model_copy(update={"suggest": suggest})


#: The command line says nothing of models.
NOTHING: Final = Chosen({})


def chosen(suggester: str | None, address: str | None, model: str | None, preset: str | None) -> Chosen:
    """What ``--suggester``, ``--address``, ``--model`` and ``--preset`` say together.

    A model that is a URL is one behind an endpoint, and so is one that comes with an address; any other is a local one,
    unless ``http`` is the only suggester named that asks a model.  Without ``--suggester`` the one that asks it is
    added to those of the settings.

    Raises:
        InputError: they contradict each other.
    """
    names = None if suggester is None else _names(suggester)
    if model is not None and model.startswith(_SCHEMES):
        if address is not None:
            raise InputError("--model is a URL and --address is another; give one URL, and the model's name as --model")
        address, model = model, None
    asker = _asker(names, address, model)
    if preset is not None and names is not None and not {"http", "transformers"} & set(names):
        raise InputError("--preset says how a model is asked, and --suggester names neither http nor transformers")
    settings: dict[str, object] = {}
    if asker == "http":
        settings["http"] = {"address": address, "model": model, "preset": preset}
    elif asker == "transformers":
        settings["transformers"] = {"model": _place(model), "preset": preset}
    elif preset is not None:
        # Of a model that the settings name.
        settings |= {"http": {"preset": preset}, "transformers": {"preset": preset}}
    if names is not None:
        settings["suggest"] = {"use": names}
    return Chosen(settings, asker if names is None else None)


def _names(suggester: str) -> list[Source]:
    known = get_args(Source)
    names = [name.strip() for name in suggester.split(",") if name.strip()]
    if not names or not set(names) <= set(known):
        raise InputError(f"--suggester wants one or several of {', '.join(known)}; {suggester!r} is none")
    return [name for name in known if name in names]


def _asker(names: list[Source] | None, address: str | None, model: str | None) -> Source | None:
    """Which suggester asks the model that the options speak of."""
    if address is not None:
        if names is not None and "http" not in names:
            raise InputError("an address is for http, and --suggester does not name it: add http there")
        return "http"
    if model is None:
        return None
    if names is None or "transformers" in names:
        return "transformers"
    if "http" in names:
        return "http"
    raise InputError("--model is for transformers or http, and --suggester names neither: add one of them there")


def _place(model: str | None) -> str | None:
    """A folder by its whole path: the settings of a project may be read from elsewhere."""
    if model is not None and (folder := Path(model).expanduser()).is_dir():
        return str(folder.resolve())
    return model
