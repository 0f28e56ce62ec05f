"""What ``--json`` prints, as types.  The schemas in ``schema/`` are made from them; a test compares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from unsorry.provers.seam import ProverInfo

SCHEMAS: Final = Path(__file__).with_name("schema")


def short_version(info: ProverInfo) -> str:
    """The version without the commit that builds between releases name."""
    return info.version.split(",")[0]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Prover(_Model):
    """Which prover checked.  All is null where none was needed or could be used."""

    name: str | None = None
    version: str | None = None
    origin: str | None = None
    command: list[str] = []

    @classmethod
    def of(cls, info: ProverInfo) -> Prover:
        """From what a prover says of itself."""
        return cls(name=info.prover, version=short_version(info), origin=info.origin, command=list(info.command))


class Place(_Model):
    """A place in a file: line and column from 1, the column in code points."""

    line: int = Field(ge=1)
    column: int = Field(ge=1)


class Said(Place):
    """What the prover says about a place."""

    message: str


class Failure(_Model):
    """A file that could not be worked on, or written.  Without a file: the whole run."""

    file: str | None
    message: str


class Attempt(_Model):
    """One candidate and what became of it."""

    candidate: str
    origin: str
    outcome: Literal["closed", "progress", "rejected", "timed out", "refused", "fault"]
    message: str | None
    seconds: float = Field(ge=0)


class Partial(_Model):
    """What proves some goals and leaves a hole for each of the others; it is no proof and is never written."""

    text: str
    proved: int = Field(ge=0)
    goals: int = Field(ge=0)


class Hole(Place):
    """One hole.  ``proof`` is the tactic text that was certified; ``message`` says why there is none."""

    file: str
    declaration: str | None
    goal: str
    status: Literal["proved", "open", "error"]
    proof: str | None
    axioms: list[str]
    origin: str | None
    candidates: int = Field(ge=0)
    seconds: float = Field(ge=0)
    message: str | None
    partial: Partial | None = Field(default=None, description="only where there is no proof, and some goals are proved")
    attempts: list[Attempt] | None = Field(default=None, description="only with --explain")


class File(_Model):
    """One file, the prover that checked it, and the errors that it had to report before anything was filled in."""

    file: str
    prover: Prover
    errors: list[Said]
    written: bool


class Prove(_Model):
    """The output of ``unsorry prove --json``."""

    holes: list[Hole]
    proved: int = Field(ge=0)
    open: int = Field(ge=0)
    prover: Prover = Field(description="the prover of the first file; each file has its own in `files`")
    files: list[File]
    errors: list[Failure]


class Declaration(Place):
    """One declaration and the axioms that it rests on.  ``complaint`` is null where nothing is wrong with it."""

    name: str
    kind: str
    axioms: list[str]
    complaint: str | None


class CheckedHole(Place):
    """A place where a proof is owed."""

    declaration: str | None


class CheckedFile(_Model):
    """One checked file."""

    file: str
    prover: Prover
    holes: list[CheckedHole]
    errors: list[Said]
    declarations: list[Declaration]


class Check(_Model):
    """The output of ``unsorry check --json``."""

    files: list[CheckedFile]
    clean: bool
    errors: list[Failure]


class LearnedFile(_Model):
    """One file, how many goals and what proved them were learned from it, and how many of these were new.

    ``partly`` says that the time for the file was up, ``unchanged`` that all was learned from it before.
    """

    file: str
    prover: Prover
    status: Literal["learned", "partly", "unchanged"]
    goals: int = Field(ge=0)
    new: int = Field(ge=0)


class Learn(_Model):
    """The output of ``unsorry learn --json``."""

    files: list[LearnedFile]
    goals: int = Field(ge=0)
    new: int = Field(ge=0)
    errors: list[Failure]


def dump(model: BaseModel) -> dict[str, Any]:
    """A model as plain data; optional parts that were not asked for are left out."""
    data = model.model_dump(mode="json")
    for hole in data.get("holes", ()):
        for name in ("attempts", "partial"):
            if hole.get(name, ...) is None:
                del hole[name]
    return data


def schema(model: type[BaseModel]) -> str:
    """The JSON schema that ships for a model."""
    found = model.model_json_schema(mode="validation")
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
    named["required"] = list(model.model_fields)
    return json.dumps(named, indent=2, ensure_ascii=False) + "\n"
