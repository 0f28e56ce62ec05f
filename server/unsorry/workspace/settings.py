"""Settings: where they stand, what they may be, and which one wins.

The command line wins over ``unsorry.toml``, that over ``[tool.unsorry]`` in ``pyproject.toml``, and that over the
defaults.  Of each file the nearest one counts, from the project's root upwards.  A file::

    [lean]
    command = "lake env lean"   # or a list of words; without it a Lean is looked for
    embedded_only = false       # use the embedded Lean whatever else is there

    [prove]
    budget = 10                 # seconds for each hole
    jobs = 1                    # Lean processes side by side
    candidate_seconds = 2       # for each candidate

    [trust]
    axioms = ["propext", "Classical.choice", "Quot.sound"]

    [setup]
    automatic = true            # fetch the embedded Lean when it is needed

A key or value that is wrong is named in a warning, and what comes next in that order is used in its place.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

FILE: Final = "unsorry.toml"
PROJECT_FILE: Final = "pyproject.toml"
DEFAULT: Final = "default"


def _words(value: object) -> object:
    """A command line as its words; a list stays one."""
    if isinstance(value, str):
        return tuple(shlex.split(value, posix=os.name != "nt"))
    return _tuple(value)


def _tuple(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _no_hole(axioms: tuple[str, ...]) -> tuple[str, ...]:
    if "sorryAx" in axioms:
        raise ValueError("sorryAx is what a hole rests on, and never a proof")
    return axioms


class _Section(BaseModel):
    # Strict, so that `jobs = "2"` is told and not guessed at.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LeanSettings(_Section):
    """Which Lean."""

    command: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    embedded_only: bool = False


class ProveSettings(_Section):
    """What a search may cost."""

    budget: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10.0
    jobs: Annotated[int, Field(ge=1, le=256)] = 1
    candidate_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2.0


class TrustSettings(_Section):
    """What a proof may rest on."""

    axioms: Annotated[tuple[str, ...], BeforeValidator(_tuple), AfterValidator(_no_hole)] = (
        "propext",
        "Classical.choice",
        "Quot.sound",
    )


class SetupSettings(_Section):
    """What may be fetched without being asked for."""

    automatic: bool = True


class Settings(BaseModel):
    """All settings."""

    model_config = ConfigDict(frozen=True)

    lean: LeanSettings = LeanSettings()
    prove: ProveSettings = ProveSettings()
    trust: TrustSettings = TrustSettings()
    setup: SetupSettings = SetupSettings()


_SECTIONS: Final[Mapping[str, type[_Section]]] = {
    "lean": LeanSettings,
    "prove": ProveSettings,
    "trust": TrustSettings,
    "setup": SetupSettings,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, the files they came from, and for each key (``prove.budget``) which file or default gave it."""

    settings: Settings
    files: tuple[Path, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()


def load(folder: Path) -> Loaded:
    """The settings that hold in a folder.  Never raises: what is wrong becomes a warning."""
    warnings: list[str] = []
    files: list[Path] = []
    values: dict[str, dict[str, object]] = {name: {} for name in _SECTIONS}
    origins = {f"{name}.{key}": DEFAULT for name, model in _SECTIONS.items() for key in model.model_fields}
    # The weaker file first, so that the stronger one writes over it.
    for name in (PROJECT_FILE, FILE):
        for path in (candidate / name for candidate in (folder, *folder.parents)):
            table = _table(path, warnings)
            if table is None:
                continue
            files.append(path)
            for section, key, value in _valid(path, table, warnings):
                values[section][key] = value
                origins[f"{section}.{key}"] = str(path)
            break
    settings = Settings(**{name: model.model_construct(**values[name]) for name, model in _SECTIONS.items()})  # type: ignore[arg-type]
    return Loaded(settings, tuple(reversed(files)), origins, tuple(warnings))


def _table(path: Path, warnings: list[str]) -> Mapping[str, Any] | None:
    """What a settings file says; None where there is none, or a ``pyproject.toml`` has nothing for Unsorry."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        warnings.append(f"{path} can't be read ({error}); it is left out")
        return None
    project = path.name == PROJECT_FILE
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # A broken pyproject.toml that does not speak of Unsorry is not this program's business.
        if not project or "tool.unsorry" in text:
            warnings.append(f"{path} is no valid TOML ({error}); it is left out")
        return None
    if not project:
        return found
    table = found.get("tool", {}).get("unsorry")
    return cast("dict[str, Any]", table) if isinstance(table, dict) else None


def _valid(path: Path, table: Mapping[str, Any], warnings: list[str]) -> Iterator[tuple[str, str, object]]:
    for section, keys in table.items():
        model = _SECTIONS.get(section)
        if model is None or not isinstance(keys, dict):
            known = ", ".join(_SECTIONS)
            warnings.append(f"{path}: there is no section `{section}` (there are {known}); it is left out")
            continue
        for key, value in cast("dict[str, object]", keys).items():
            try:
                checked = model.model_validate({key: value})
            except ValidationError as error:
                warnings.append(f"{path}: `{section}.{key}` {_reason(key, model, error)}; it is left out")
            else:
                yield section, key, getattr(checked, key)


def _reason(key: str, model: type[_Section], error: ValidationError) -> str:
    if key not in model.model_fields:
        return f"is no setting (there are {', '.join(model.model_fields)})"
    message = error.errors()[0]["msg"].removeprefix("Value error, ")
    return f"is wrong: {message[:1].lower()}{message[1:]}"


def flat(settings: Settings) -> Sequence[tuple[str, object]]:
    """Each key with its value, in the order of the sections."""
    return [
        (f"{name}.{key}", getattr(getattr(settings, name), key))
        for name, model in _SECTIONS.items()
        for key in model.model_fields
    ]
