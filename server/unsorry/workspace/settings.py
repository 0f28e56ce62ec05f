"""Settings: where they stand, what they may be, and which one wins.

The command line wins over the editor's settings, those over ``unsorry.toml``, that over ``[tool.unsorry]`` in
``pyproject.toml``, and that over the defaults.  Of each file the nearest one counts, from the project's root upwards.

A file has a table for each section, as the models below say.  An editor sends the same as JSON: sections within one
object, or keys with dots (``prove.budget``), in snake or camel case, and null for what is not set.

A key or value that is wrong is named in a warning, and what comes next in that order is used in its place.
"""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

FILE: Final = "unsorry.toml"
PROJECT_FILE: Final = "pyproject.toml"

# Where a value comes from, if not from a file.
DEFAULT: Final = "default"
EDITOR: Final = "editor"
COMMAND_LINE: Final = "command line"

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_QUOTED: Final = re.compile(r"""\A(["'])(.*)\1\Z""", re.DOTALL)
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])[A-Z]")


def _words(value: object) -> object:
    """A command line as its words; a list stays one."""
    if isinstance(value, str):
        return words(value, posix=os.name != "nt")
    return _tuple(value)


def words(line: str, *, posix: bool) -> tuple[str, ...]:
    """The words of a command line.  On Windows a backslash is part of a path, and the quotes around a word are not."""
    found = shlex.split(line, posix=posix)
    return tuple(found if posix else (_QUOTED.sub(r"\2", word) for word in found))


def _tuple(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


#: What a hole rests on, in Lean and in Isabelle.
_HOLES: Final = frozenset({"sorryAx", "skip_proof", "Pure.skip_proof"})


def _no_hole(axioms: tuple[str, ...]) -> tuple[str, ...]:
    if found := _HOLES.intersection(axioms):
        raise ValueError(f"{', '.join(found)} is what a hole rests on, and never a proof")
    return axioms


Command = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
Axioms = Annotated[
    tuple[str, ...],
    BeforeValidator(_tuple),
    AfterValidator(_no_hole),
    WithJsonSchema({"type": "array", "items": {"type": "string", "not": {"enum": sorted(_HOLES)}}}),
]
Folders = Annotated[
    tuple[str, ...], BeforeValidator(_tuple), WithJsonSchema({"type": "array", "items": {"type": "string"}})
]
Source = Literal["rules", "neighbours", "http", "transformers"]
Sources = Annotated[tuple[Source, ...], BeforeValidator(_tuple), Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Section(BaseModel):
    # Strict, so that `jobs = "2"` is told and not guessed at.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LeanSettings(_Section):
    """Which Lean."""

    command: Command = Field(default=(), description="The command that runs Lean; without it a Lean is looked for.")
    embedded_only: bool = Field(default=False, description="Use the embedded Lean whatever else is there.")


class IsabelleSettings(_Section):
    """Which Isabelle."""

    command: Command = Field(
        default=(), description="The command that runs Isabelle, or its folder; without it an Isabelle is looked for."
    )
    logic: str = Field(
        default="", description="The session image to start from; without it the one that the file's session needs."
    )
    directories: Folders = Field(default=(), description="More folders in which Isabelle is to look for sessions.")
    sledgehammer_seconds: float = Field(
        default=10.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds for Sledgehammer at a hole, when nothing else proves it; 0 leaves it out.",
    )


class ProveSettings(_Section):
    """What a search may cost."""

    budget: Seconds = Field(default=10.0, description="Seconds for each hole.")
    jobs: int = Field(default=1, ge=1, le=256, description="How many prover processes work side by side.")
    candidate_seconds: Seconds = Field(default=2.0, description="Seconds for each candidate.")
    repair_rounds: int = Field(
        default=2, ge=0, le=10, description="How often a model is shown why its proof failed, to mend it."
    )


class TrustSettings(_Section):
    """What a proof may rest on."""

    axioms: Axioms = Field(
        default=("propext", "Classical.choice", "Quot.sound"), description="The axioms that a Lean proof may rest on."
    )
    oracles: Axioms = Field(default=(), description="The oracles that an Isabelle proof may rest on.")


class SuggestSettings(_Section):
    """Where candidates come from."""

    use: Sources = Field(
        default=("rules", "neighbours"),
        description="Which sources of candidates are asked: rules, neighbours, http, transformers.",
    )


class HttpSettings(_Section):
    """A model behind an OpenAI-compatible endpoint.  No other address is contacted."""

    address: str = Field(default="", description="The endpoint's address, such as http://127.0.0.1:11434/v1.")
    model: str = Field(default="", description="The model's name at that endpoint.")
    preset: str = Field(default="", description="How the model is asked; without it the model's name decides.")
    key_variable: str = Field(
        default="UNSORRY_HTTP_KEY",
        description="The environment variable that holds the endpoint's key, if it needs one.",
    )
    keyring: str = Field(
        default="",
        description="The service in the system's keyring that has it for the user unsorry, where no variable does.",
    )
    proxy: str = Field(
        default="", description="The proxy on the way to the endpoint; those of the environment are not used."
    )


class TransformersSettings(_Section):
    """A model that runs on this machine, by PyTorch, in a process of its own."""

    model: str = Field(default="", description="The model's folder, or its name on the Hugging Face hub.")
    preset: str = Field(default="", description="How the model is asked; without it the model's name decides.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(default="auto", description="What the model runs on.")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto", description="The type of its numbers; smaller ones take less memory."
    )
    quantization: Literal["none", "int8", "int4"] = Field(
        default="none", description="Load its weights as whole numbers, by bitsandbytes: the least memory of all."
    )
    download: bool = Field(default=False, description="Fetch a model that is not on this machine.")
    idle_minutes: float = Field(
        default=10.0, gt=0, allow_inf_nan=False, description="Minutes without a question after which it is unloaded."
    )


class PremisesSettings(_Section):
    """Theorems that may help with a goal."""

    model: str = Field(
        default="",
        description="A model that embeds texts and helps to rank them: its folder, or its name on the hub.",
    )


class LearnSettings(_Section):
    """What is learned from proofs.  It stays on this machine."""

    enabled: bool = Field(
        default=True, description="Learn from proofs; without it nothing of them is kept or looked up."
    )
    workspace: bool = Field(
        default=True, description="Learn in an editor also from the files that are in the project already."
    )


class SetupSettings(_Section):
    """What may be fetched without being asked for."""

    automatic: bool = Field(default=True, description="Fetch the embedded Lean when it is needed.")


class ServerSettings(_Section):
    """What the language server does in an editor."""

    quiet: float = Field(default=0.15, ge=0, le=5, description="Seconds without a keystroke before work begins.")
    budget: Seconds = Field(default=10.0, description="Seconds that a hole may cost in the background.")
    deeper_budget: Seconds = Field(default=60.0, description='Seconds for a hole when you ask to "search deeper".')
    automatic: bool = Field(default=True, description="Search for proofs of holes without being asked.")
    prove_on_save: bool = Field(default=False, description="Fill in holes when a file is saved.")
    save_budget: float = Field(default=1.2, gt=0, le=10, description="Seconds that a save may wait for proofs.")
    alternatives: int = Field(
        default=2, ge=0, le=10, description="How many further proofs are looked for beside the first."
    )
    diagnostics: bool = Field(default=True, description="Show a hint at each hole for which a proof is ready.")
    code_lens: bool = Field(
        default=True,
        description="Show above each hole how far the search for it is; a click inserts its proof or searches for one.",
    )
    inlay_hints: bool = Field(
        default=True,
        description="Show behind each hole the proof that was found, or its goals and how far the search is.",
    )
    inline_completion: bool = Field(
        default=True, description="Show the proof that was found as grey text at the cursor."
    )
    completion: bool = Field(default=True, description="Offer verified tactics in the list of completions.")


class LogSettings(_Section):
    """What the server writes to its log."""

    level: Literal["error", "warning", "info", "debug"] = Field(
        default="info", description="How much is logged; each level includes those before it."
    )


class Settings(BaseModel):
    """All settings."""

    model_config = ConfigDict(frozen=True)

    lean: LeanSettings = LeanSettings()
    isabelle: IsabelleSettings = IsabelleSettings()
    prove: ProveSettings = ProveSettings()
    trust: TrustSettings = TrustSettings()
    suggest: SuggestSettings = SuggestSettings()
    http: HttpSettings = HttpSettings()
    transformers: TransformersSettings = TransformersSettings()
    premises: PremisesSettings = PremisesSettings()
    learn: LearnSettings = LearnSettings()
    setup: SetupSettings = SetupSettings()
    server: ServerSettings = ServerSettings()
    log: LogSettings = LogSettings()


_SECTIONS: Final = {name: cast("type[_Section]", section.annotation) for name, section in Settings.model_fields.items()}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, the files they came from, and for each key (``prove.budget``) where its value comes from.

    That is a file's path, ``editor``, ``command line`` or ``default``.
    """

    settings: Settings
    files: tuple[Path, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()


def load(folder: Path, *, client: object = None, command_line: Mapping[str, object] | None = None) -> Loaded:
    """The settings that hold in a folder.  Never raises: what is wrong becomes a warning.

    Args:
        folder: where to look for files, and above.
        client: what an editor sent, whatever that is.
        command_line: what the command line says, written like an editor's settings.
    """
    warnings: list[str] = []
    files: list[Path] = []
    # The weaker source first, so that the stronger one writes over it.
    sources: list[tuple[str, Mapping[str, object]]] = []
    for name in (PROJECT_FILE, FILE):
        for path in (candidate / name for candidate in (folder, *folder.parents)):
            table = _table(path, warnings)
            if table is not None:
                files.append(path)
                sources.append((str(path), table))
                break
    for origin, told in ((EDITOR, client), (COMMAND_LINE, command_line)):
        if isinstance(told, Mapping):
            sources.append((origin, _nested(cast("Mapping[object, object]", told))))
        elif told is not None:
            warnings.append(
                f'{origin}: settings are an object such as {{"prove": {{"budget": 5}}}}, '
                f"and not of type {type(told).__name__}; they are left out"
            )
    values: dict[str, dict[str, object]] = {name: {} for name in _SECTIONS}
    origins = {f"{name}.{key}": DEFAULT for name, model in _SECTIONS.items() for key in model.model_fields}
    for origin, table in sources:
        for section, key, value in _valid(origin, table, warnings):
            values[section][key] = value
            origins[f"{section}.{key}"] = origin
    settings = Settings(**{name: model.model_construct(**values[name]) for name, model in _SECTIONS.items()})  # type: ignore[arg-type]
    return Loaded(settings, tuple(reversed(files)), origins, tuple(warnings))


def folder_of(path: Path) -> Path | None:
    """The nearest folder around a file that has settings of its own; None where there is none."""
    ignored: list[str] = []
    return next(
        (f for f in path.parents if any(_table(f / n, ignored) is not None for n in (FILE, PROJECT_FILE))), None
    )


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
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # A broken pyproject.toml that does not speak of Unsorry is not this program's business.
        if not project or "tool.unsorry" in text:
            warnings.append(f"{path} is no valid TOML ({error}); it is left out")
        return None
    if not project:
        return found
    tools = found.get("tool")
    table = cast("dict[str, Any]", tools).get("unsorry") if isinstance(tools, dict) else None
    return cast("dict[str, Any]", table) if isinstance(table, dict) else None


def _nested(table: Mapping[object, object]) -> dict[str, object]:
    """An editor's settings as a file has them: in sections, in snake case, and without what is not set."""
    found: dict[str, object] = {}
    for name, value in table.items():
        if value is None:
            continue
        section, dot, key = _snake(name).partition(".")
        keys = {key: value} if dot else value
        if not isinstance(keys, Mapping):
            found[section] = keys
            continue
        known = found.setdefault(section, {})
        if isinstance(known, dict):
            inner = cast("Mapping[object, object]", keys).items()
            cast("dict[str, object]", known).update({_snake(k): v for k, v in inner if v is not None})
    return found


def _snake(name: object) -> str:
    return _CAPITAL.sub(lambda found: "_" + found.group().lower(), str(name))


def _valid(origin: str, table: Mapping[str, object], warnings: list[str]) -> Iterator[tuple[str, str, object]]:
    for section, keys in table.items():
        model = _SECTIONS.get(section)
        if model is None:
            known = ", ".join(_SECTIONS)
            warnings.append(f"{origin}: there is no section `{section}` (there are {known}); it is left out")
            continue
        if not isinstance(keys, dict):
            known = ", ".join(model.model_fields)
            warnings.append(f"{origin}: `{section}` is a section and no value (it has {known}); it is left out")
            continue
        for key, value in cast("dict[str, object]", keys).items():
            try:
                checked = model.model_validate({key: value})
            except ValidationError as error:
                warnings.append(f"{origin}: `{section}.{key}` {_reason(key, model, error)}; it is left out")
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


def schema(choices: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """The JSON schema of all settings, sections within one object, as editors and their settings pages want it.

    ``choices`` are all values that a key (``http.preset``) may have, of those whose values are known further up only.
    """
    sections = {name: _section_schema(model) for name, model in _SECTIONS.items()}
    for name, values in (choices or {}).items():
        section, _, key = name.partition(".")
        sections[section]["properties"][key]["enum"] = list(values)
    return {
        "$schema": _DIALECT,
        "title": "Unsorry",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }


def _section_schema(model: type[_Section]) -> dict[str, Any]:
    found = model.model_json_schema()
    # Titles are the names over again, and readers of the schema show them in the names' place.
    for part in (found, *found["properties"].values()):
        part.pop("title", None)
    return found
