"""What the language server is handed: which prover and suggesters work on which files, and with which settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from unsorry.cli import files
from unsorry.cli.compose import Options, discovery, isabelle_discovery, may_fetch, root_of
from unsorry.cli.install import STEPS
from unsorry.cli.sources import Sources
from unsorry.engine.projects import Outfit, Tell
from unsorry.provers.isabelle import toolchain as isabelle
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.lean import toolchain
from unsorry.provers.lean.embedded import install, runtime
from unsorry.provers.lean.embedded.install import cache_folder
from unsorry.provers.lean.image import driver_image
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.seam import Prover, ProverInfo
from unsorry.workspace.settings import Loaded, Settings, load

_LEAN: Final = "Lean"
_ISABELLE: Final = "Isabelle"
# What editors call the languages: Lean 4's own extension, those for Lean 3 and 4 alike, Neovim; and Isabelle's clients.
_LANGUAGES: Final = {"lean4": _LEAN, "lean": _LEAN, "isabelle": _ISABELLE, "isabelle-thy": _ISABELLE}
_SUFFIXES: Final = {files.LEAN: _LEAN, files.ISABELLE: _ISABELLE}
#: A program that describes a package, and not proofs.
_NOT_PROOFS: Final = "lakefile.lean"


class CommandLineOutfitter:
    """The program's own outfitter."""

    def __init__(self, options: Options, command_line: Mapping[str, object]) -> None:
        """``command_line`` are settings that win over all others."""
        self._options = options
        self._command_line = command_line
        self._sources = Sources()

    def language(self, language_id: str, path: Path | None) -> str | None:
        """By the file's ending, and by the editor's word for what has none."""
        if path is not None and path.name == _NOT_PROOFS:
            return None
        if path is not None and path.suffix:
            return _SUFFIXES.get(path.suffix)
        return _LANGUAGES.get(language_id)

    def root(self, path: Path) -> Path | None:
        """The project's root: where its toolchain file, lakefile or ROOT is, or settings of its own."""
        return root_of(path)

    def settings(self, root: Path | None, client: Mapping[str, object]) -> Loaded:
        """All sources together."""
        return load(root or Path.cwd(), client=client, command_line=self._command_line)

    def outfit(self, language: str, path: Path | None, settings: Settings, tell: Tell) -> Outfit:
        """Finds the prover for a file, and fetches the embedded Lean where there is no other and it may be fetched.

        Raises:
            UnsorryError: there is none, with what to do about it.
        """
        root = self.root(path) if path is not None else None
        if language == _ISABELLE:
            return self._isabelle(path, root, settings)
        cache = cache_folder()
        place = path or Path.cwd() / "_.lean"
        found = discovery(place, settings, self._options, cache)
        if found.installation is None and may_fetch(found) and self._options.install and settings.setup.automatic:
            tell(f"No Lean was found; fetching {runtime.describe_download()}", None)
            runtime.install(cache, lambda progress: tell(STEPS[progress.step], _part(progress)))
            found = discovery(place, settings, self._options, cache)
        installation = toolchain.require(found)
        if isinstance(installation, toolchain.EmbeddedInstallation):
            tell("preparing the embedded Lean", None)
            driver_image(installation.lean, installation.cache)
        return self._composed(installation.info, lambda: LeanProver(installation), found.warning, settings, root)

    def _isabelle(self, path: Path | None, root: Path | None, settings: Settings) -> Outfit:
        found = isabelle_discovery(path or Path.cwd() / "_.thy", settings)
        installation = isabelle.require(found).shared_by(settings.prove.jobs)
        return self._composed(installation.info, lambda: IsabelleProver(installation), found.warning, settings, root)

    def _composed(
        self,
        info: ProverInfo,
        make_prover: Callable[[], Prover],
        warning: str | None,
        settings: Settings,
        root: Path | None,
    ) -> Outfit:
        suggesters, troubles = self._sources.usable(settings, info, root)
        return Outfit(
            info,
            make_prover,
            suggesters,
            () if warning is None else (warning,),
            self._sources.embedder(settings, root),
            tuple(troubles),
        )


def _part(progress: install.Progress) -> float | None:
    return progress.done / progress.total if progress.total else None
