"""Where candidates come from: the suggesters that the settings name, sharing what is too heavy to be there twice."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from unsorry.errors import InputError
from unsorry.provers.seam import ProverInfo
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Suggester
from unsorry.workspace.settings import HttpSettings, Settings, Source

if TYPE_CHECKING:
    from unsorry.suggesters.transformers.lane import Download, ModelSettings
    from unsorry.suggesters.transformers.shared import Models, SharedEmbedder

_log = logging.getLogger(__name__)

#: Whose key is looked for in the keyring.
_KEYRING_USER: Final = "unsorry"

#: A download is logged this often, in parts of it.
_PARTS: Final = 10


class Sources:
    """Makes suggesters.  Who gets them lets them go, and with the last one that asks a model goes the model."""

    def __init__(self, downloading: Callable[[Download], object] | None = None) -> None:
        """Nothing is loaded before it is needed.

        ``downloading`` hears how far a model is that is being fetched; otherwise the log does.
        """
        self._downloading = downloading or logged()
        self._models: Models | None = None

    def suggesters(self, settings: Settings, info: ProverInfo, root: Path | None) -> list[Suggester]:
        """Those for the files below a root that ``info`` checks, in the order of the settings.

        Raises:
            InputError: the settings don't say what one of them needs.
        """
        return [s for source in settings.suggest.use for s in self._of(source, settings, info, root)]

    def usable(self, settings: Settings, info: ProverInfo, root: Path | None) -> tuple[list[Suggester], list[str]]:
        """The same without those that the settings don't say enough of, and a sentence about each of these."""
        found: list[Suggester] = []
        troubles: list[str] = []
        for source in settings.suggest.use:
            try:
                found += self._of(source, settings, info, root)
            except InputError as error:
                troubles.append(f"{source}: {error}")
        return found, troubles

    def _of(self, source: Source, settings: Settings, info: ProverInfo, root: Path | None) -> list[Suggester]:
        match source:
            case "rules":
                return [LeanRules(), IsabelleRules(sledgehammer=settings.isabelle.sledgehammer_seconds > 0)]
            case "neighbours":
                return [_neighbours(info, root)] if settings.learn.enabled else []
            case "http":
                return [_http(settings)]
            case "transformers":
                return [self._transformers(settings, root)]

    def embedder(self, settings: Settings, root: Path | None) -> SharedEmbedder | None:
        """The model that helps to rank premises below a root; None where the settings name none."""
        named = settings.premises.model
        return self._loaded().embedder(local_model(settings, root, named)) if named else None

    def _loaded(self) -> Models:
        from unsorry.suggesters.transformers.shared import Models

        if self._models is None:
            self._models = Models(self._downloading)
        return self._models

    def _transformers(self, settings: Settings, root: Path | None) -> Suggester:
        from unsorry.suggesters.presets import preset
        from unsorry.suggesters.transformers.suggester import preset_for

        wanted = settings.transformers
        if not wanted.model:
            raise InputError("the suggester `transformers` needs `transformers.model` in the settings, or --model")
        model = local_model(settings, root, wanted.model)
        how = preset(wanted.preset) if wanted.preset else preset_for(model.model)
        return self._loaded().suggester(model, how)


def local_model(settings: Settings, root: Path | None, named: str) -> ModelSettings:
    """The local model that the settings below a root name so, and how local models are run there."""
    from unsorry.suggesters.transformers.lane import ModelSettings

    wanted = settings.transformers
    # A folder in a project's settings lies in the project, wherever the program was started.
    folder = (root or Path()) / Path(named).expanduser()
    return ModelSettings(
        str(folder) if folder.is_dir() else named,
        local_only=not wanted.download,
        device=wanted.device,
        dtype=wanted.dtype,
        quantization=wanted.quantization,
        idle_seconds=wanted.idle_minutes * 60,
    )


def logged() -> Callable[[Download], None]:
    """Puts downloads into the log: how large they are before anything is fetched, then now and again how far."""
    told: dict[str, int] = {}

    def tell(download: Download) -> None:
        part = _PARTS * download.bytes // max(1, download.total)
        if told.get(download.model) != part:
            told[download.model] = part
            _log.info("%s: %d of %s", announced(download), download.bytes // 1_000_000, megabytes(download.total))

    return tell


def announced(download: Download) -> str:
    """What is being fetched."""
    return f"Fetching the model {download.model} ({megabytes(download.total)})"


def megabytes(count: int) -> str:
    """A size in words."""
    return f"{count / 1e6:,.0f} MB"


def _neighbours(info: ProverInfo, root: Path | None) -> Suggester:
    from unsorry.suggesters.neighbours import memory

    return memory.open_memory(info, root)


def _http(settings: Settings) -> Suggester:
    # Here and not above: the client and the presets take a tenth of the start-up, and most runs ask no model.
    from unsorry.suggesters.http import HttpSuggester
    from unsorry.suggesters.presets import for_model, preset

    wanted = settings.http
    if not wanted.address or not wanted.model:
        raise InputError(
            "the suggester `http` needs `http.address` and `http.model` in the settings, or --address and --model"
        )
    how = preset(wanted.preset) if wanted.preset else for_model(wanted.model)
    return HttpSuggester(wanted.address, wanted.model, how, key=_key(wanted), proxy=wanted.proxy or None)


def _key(wanted: HttpSettings) -> str | None:
    """The key for a model server; None where none is named.

    Raises:
        InputError: the keyring can't be asked, or does not have it.
    """
    if (key := os.environ.get(wanted.key_variable)) or not wanted.keyring:
        return key or None
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError:
        raise InputError("`http.keyring` needs the extra `keyring`: pip install 'unsorry[keyring]'") from None
    told = f"`keyring set {wanted.keyring} {_KEYRING_USER}` puts the key for the model server there"
    try:
        key = keyring.get_password(wanted.keyring, _KEYRING_USER)
    except keyring.errors.KeyringError as error:
        raise InputError(f"The system's keyring can't be asked ({error}); {told}.") from None
    if not key:
        raise InputError(f"The system's keyring has no {wanted.keyring} for {_KEYRING_USER}; {told}.")
    return key
