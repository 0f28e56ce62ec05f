"""`unsorry bench suggest`: how fast suggesters are, and what it is worth not to wait until they have ended.

Each suggester alone is asked about each goal until it ends: how many candidates, and when the first one came.  Then it
proves the same goals in two ways: candidates are verified as they come, and all of them are awaited first.  The two
ways take turns on each goal and change places from goal to goal, so that what else the machine does hits both alike.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from unsorry.cli import compose, files
from unsorry.cli.bench import Which, deep_holes, isabelle_deep_holes, isabelle_one_liners, one_liners, quantile
from unsorry.cli.choosing import chosen
from unsorry.cli.compose import Job, Options
from unsorry.cli.sources import Sources
from unsorry.engine.documents import context_of
from unsorry.engine.lanes import Lane
from unsorry.engine.mixing import Mixing
from unsorry.engine.search import HoleSearch
from unsorry.errors import InputError
from unsorry.provers.seam import Document, Hole, Prover
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester, let_go

#: What the neighbours may learn from in the benchmark's own set.
_SOLVED: Final = """theorem solved_0 (a b c : Nat) : a + b + c = c + b + a := by omega
theorem solved_1 (p q : Prop) (h : p ∧ q) : p := by exact h.1
theorem solved_2 (a : Nat) : 0 + a = a := by simp
theorem solved_3 (a b : Nat) (h : a < b) : a + 1 ≤ b := by omega
"""
_ISABELLE_SOLVED: Final = """lemma solved_0: "(a::nat) + b + c = c + b + a" by simp
lemma solved_1: "P \\<and> Q \\<Longrightarrow> P" by blast
"""

#: How long the prover may work on what the neighbours learn, in seconds for each file.
_LEARNING_SECONDS: Final = 20.0


class Whole:
    """A suggester of which nothing is seen before it has said everything."""

    def __init__(self, suggester: Suggester) -> None:
        """Who lets go of the suggester stays the same."""
        self._suggester = suggester

    @property
    def name(self) -> str:
        """The name of the suggester itself."""
        return self._suggester.name

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """All its candidates at once."""
        for candidate in [c async for c in self._suggester.suggest(context)]:
            yield candidate


@dataclass(slots=True)
class Measured:
    """What was measured of one suggester.  Times in milliseconds; ``first`` of goals that it has candidates for.

    ``streaming`` and ``whole`` are times to the first verified suggestion, of the goals that were proved both ways.
    """

    name: str
    goals: int = 0
    candidates: int = 0
    asked: float = 0.0
    first: list[float] = field(default_factory=list[float])
    streaming: list[float] = field(default_factory=list[float])
    whole: list[float] = field(default_factory=list[float])

    def figures(self) -> dict[str, Any]:
        """The figures; None where there is nothing to tell.  ``ratio`` is the median of the goals' own ratios."""
        ratios = [whole / streaming for streaming, whole in zip(self.streaming, self.whole, strict=True)]
        return {
            "suggester": self.name,
            "goals": self.goals,
            "candidates": self.candidates,
            "candidates_per_second": 1000 * self.candidates / self.asked if self.asked else None,
            "first_candidate_p50_ms": quantile(self.first, 0.5) if self.first else None,
            "first_candidate_p95_ms": quantile(self.first, 0.95) if self.first else None,
            "proved": len(self.streaming),
            "streaming_p50_ms": statistics.median(self.streaming) if self.streaming else None,
            "whole_p50_ms": statistics.median(self.whole) if self.whole else None,
            "ratio": statistics.median(ratios) if ratios else None,
        }


def suggest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH…", help="Lean files or Isabelle theories; without any, a set of its own."),
    ] = None,
    suggester: Annotated[
        str | None, typer.Option(metavar="NAME[,NAME]", help="Which suggesters are measured, as for `prove`.")
    ] = None,
    address: Annotated[str | None, typer.Option(metavar="URL", help="The endpoint of a model, for http.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model, as for `prove`.")] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="How the model is asked.")] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.01, help="Time for each goal and way. [default: 10]")
    ] = None,
    prover: Annotated[Which, typer.Option(help="Which prover its own set is for.")] = "lean",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    embedded: Annotated[bool, typer.Option("--embedded", help="Measure with the embedded Lean.")] = False,
) -> None:
    """How fast each suggester is, and verifying its candidates as they come against waiting for all of them."""
    options = Options(embedded=embedded, budget=budget, models=chosen(suggester, address, model, preset))
    with tempfile.TemporaryDirectory(prefix="unsorry-bench-") as folder:
        job = _plan(paths or _own(Path(folder), prover), options)
        result = asyncio.run(run_suggest(job))
    if as_json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        _show(result)


def _own(folder: Path, prover: Which) -> list[Path]:
    """Writes the benchmark's own set."""
    if prover == "isabelle":
        body = _ISABELLE_SOLVED + isabelle_one_liners() + isabelle_deep_holes()
        texts = {"Suggest.thy": f"theory Suggest imports Main begin\n{body}end\n"}
    else:
        texts = {"OneLiners.lean": _SOLVED + one_liners(), "Deep.lean": deep_holes()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _plan(paths: Sequence[Path], options: Options) -> Job:
    sources, problems = files.read_all(paths)
    jobs, unusable = compose.plan(sources, options)
    for problem in (*problems, *unusable):
        raise InputError(f"{problem.file}: {problem.message}")
    if len(jobs) != 1:
        raise InputError("these files belong to several projects; measure one after another")
    return jobs[0]


async def run_suggest(job: Job) -> dict[str, Any]:
    """All figures of the benchmark."""
    provers = compose.provers_for(job.installation, 1)
    suggesters: list[Suggester] = []
    try:
        (prover,) = provers
        documents = [await prover.open(source.snapshot) for source in job.files]
        goals = [(d, h) for d in documents for h in d.holes if h.state is not None and h.goals]
        if not goals:
            raise InputError("there is no hole in these files that could be measured")
        suggesters = await _suggesters(job, prover, documents)
        measured = [await _measure(job, prover, s, goals) for s in suggesters]
        info = prover.info
    finally:
        await let_go(suggesters)
        await compose.close_all(provers)
    return {
        "prover": {"name": info.prover, "version": info.version, "origin": info.origin},
        "goals": len(goals),
        "suggesters": [m.figures() for m in measured if m.goals],
    }


async def _suggesters(job: Job, prover: Prover, documents: Sequence[Document]) -> list[Suggester]:
    """Those that the settings name.  Neighbours know the proofs in the set and nothing else, or are left out."""
    # Here and not above: no other command needs them when it starts.
    from unsorry.engine.learning import pairs_of
    from unsorry.suggesters.neighbours.suggester import Neighbours

    wanted = job.settings.suggest
    others = wanted.model_copy(update={"use": [name for name in wanted.use if name != "neighbours"]})
    settings = job.settings.model_copy(update={"suggest": others})
    found = Sources().suggesters(settings, job.installation.info, job.root)
    if "neighbours" in wanted.use:
        neighbours = Neighbours(prover.info.prover)
        for document in documents:
            async for context, tactic in pairs_of(Lane(prover), document, seconds=_LEARNING_SECONDS):
                neighbours.learn(context, tactic)
        if len(neighbours):
            found.append(neighbours)
    return found


async def _measure(job: Job, prover: Prover, suggester: Suggester, goals: Sequence[tuple[Document, Hole]]) -> Measured:
    measured = Measured(suggester.name)
    contexts = [context_of(document, hole, prover=prover.info.prover) for document, hole in goals]
    # A model is loaded when it is first asked.
    async for _ in suggester.suggest(contexts[0]):
        break
    for place, ((document, hole), context) in enumerate(zip(goals, contexts, strict=True)):
        if not await _ask(measured, suggester, context, job.budget.seconds):
            continue
        ways = [suggester, Whole(suggester)]
        times: dict[bool, float | None] = {}
        for way in ways if place % 2 == 0 else reversed(ways):
            times[way is suggester] = await _first_proof(job, prover, document, hole, context, way)
        if (streaming := times[True]) is not None and (whole := times[False]) is not None:
            measured.streaming.append(streaming)
            measured.whole.append(whole)
    return measured


async def _ask(measured: Measured, suggester: Suggester, context: GoalContext, seconds: float) -> bool:
    """Counts its candidates for a goal; False where it has none."""
    begun = time.perf_counter()
    number = 0
    try:
        async with asyncio.timeout(seconds):
            async for _ in suggester.suggest(context):
                if not number:
                    measured.first.append((time.perf_counter() - begun) * 1000)
                number += 1
    except TimeoutError:
        pass  # What came in its time counts.
    if number:
        measured.goals += 1
        measured.candidates += number
        measured.asked += (time.perf_counter() - begun) * 1000
    return number > 0


async def _first_proof(
    job: Job, prover: Prover, document: Document, hole: Hole, context: GoalContext, suggester: Suggester
) -> float | None:
    """Milliseconds to the first verified suggestion; None where there was none.  Nothing is learned for the next."""
    search = HoleSearch(
        Lane(prover),
        document,
        hole,
        context,
        [suggester],
        policy=job.policy,
        budget=job.budget,
        mixing=Mixing(),
        borrowing=False,
    )
    async with aclosing(search):
        report = await search.run()
    if report is None or report.effort is None:
        return None
    return report.effort.elapsed * 1000


_ROWS: Final = (
    ("goals that it has candidates for", "goals"),
    ("candidates", "candidates"),
    ("candidates/s", "candidates_per_second"),
    ("first candidate, p50 ms", "first_candidate_p50_ms"),
    ("first candidate, p95 ms", "first_candidate_p95_ms"),
    ("goals proved both ways", "proved"),
    ("first verified, tried as they come, p50 ms", "streaming_p50_ms"),
    ("first verified, all awaited first, p50 ms", "whole_p50_ms"),
    ("ratio", "ratio"),
)


def _show(result: dict[str, Any]) -> None:
    console = Console()
    console.print(f"{result['prover']['name']} {result['prover']['version']} ({result['prover']['origin']})")
    table = Table(f"of {result['goals']} goals", *(s["suggester"] for s in result["suggesters"]))
    for label, key in _ROWS:
        table.add_row(label, *(_cell(s[key]) for s in result["suggesters"]))
    console.print(table)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
