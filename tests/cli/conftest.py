"""What the tests of the command line share: a runner, and a scripted prover in the place of Lean."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from typer.testing import CliRunner

from unsorry.cli import compose, output
from unsorry.cli.app import app
from unsorry.cli.sources import Sources
from unsorry.provers.fake import ANY, Closes, FakeProver, Script
from unsorry.provers.lean.toolchain import NativeLean, Origin
from unsorry.provers.seam import Prover, ProverInfo
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, which must be one object and nothing else."""
        return cast("dict[str, Any]", json.loads(self.out))

    def validated(self, schema: str = "prove") -> dict[str, Any]:
        """That object, if the schema that ships allows it."""
        found = json.loads((output.SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(found)
        jsonschema.validate(self.json, found)
        return self.json


def _run(*arguments: str | Path) -> Ran:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, _ESCAPES.sub("", result.stdout), _ESCAPES.sub("", result.stderr))


Run = Callable[..., Ran]


@pytest.fixture
def run() -> Run:
    """Runs a command in this process."""
    return _run


class Listed:
    """Suggests the same candidates for every goal, with scores from ``best`` down."""

    def __init__(self, name: str, texts: Sequence[str], best: float) -> None:
        self.name = name
        self.texts = texts
        self.best = best

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        del context
        for place, text in enumerate(self.texts):
            yield Candidate(text, self.best - place, self.name)


@dataclass
class Fake:
    """The scripted world: what the prover does, what is suggested, and the provers that were made."""

    script: Script | Callable[[str, str], Any] = field(default_factory=lambda: {ANY: {"done": Closes()}})
    candidates: list[str] = field(default_factory=lambda: ["simp", "done"])
    best: float = 0.0
    others: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    missing: tuple[str, ...] = ()
    provers: list[FakeProver] = field(default_factory=list[FakeProver])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Puts a scripted prover in the place of Lean."""
    world = Fake()
    info = ProverInfo("Lean", "4.28.0, commit 0123", "scripted", ("fake-lean",))

    def find_lean(path: Path, *_: object) -> NativeLean:
        return NativeLean(("fake-lean",), Origin.PATH, "4.28.0", path.parent)

    def provers_for(_: object, count: int) -> list[Prover]:
        made = [FakeProver(world.script, missing_imports=world.missing, info=info) for _ in range(count)]
        world.provers += made
        return [*made]

    def suggesters(*_: object) -> list[Suggester]:
        others = [Listed(name, texts, 0.0) for name, texts in world.others.items()]
        return [Listed("listed", world.candidates, world.best), *others]

    monkeypatch.setattr(compose, "find_lean", find_lean)
    monkeypatch.setattr(compose, "provers_for", provers_for)
    monkeypatch.setattr(Sources, "suggesters", suggesters)
    yield world
    assert all(p._closed for p in world.provers), "a prover was left open"  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    return place
