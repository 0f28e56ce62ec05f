"""`unsorry bench verify`: what checking a candidate costs, side by side in one run on one prover.

Two ways to check the same candidates at the same holes: on the state that the prover keeps at the hole, and by
elaborating the whole declaration again for each candidate, both one at a time.  Where the prover can run several at a
time, that is compared with one at a time as well.  Times inside the prover are the driver's own clock; what
Python, pipes and JSON add is the wall clock around it.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import typer
from rich.console import Console
from rich.table import Table

from unsorry.provers.isabelle import toolchain as isabelle
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import EmbeddedInstallation, discover, require
from unsorry.provers.seam import Document, Hole, Limits, Prover, Snapshot

app = typer.Typer(help="Benchmarks: ratios measured side by side in one run.", no_args_is_help=True)

Which = Literal["lean", "isabelle"]

#: What a first round tries before it turns to the big automation.
QUICK = ("rfl", "assumption", "trivial", "contradiction", "constructor", "intro x", "simp", "omega", "decide")

_STATEMENTS = (
    "(a b : Nat) : a + b = b + a",
    "(a b c : Nat) : a + b + c = a + (b + c)",
    "(a : Nat) : a + 0 = a",
    "(a b : Nat) (h : a < b) : a ≤ b",
    "(p q : Prop) (hp : p) (hq : q) : p ∧ q",
    "(p q : Prop) (h : p ∧ q) : q ∧ p",
    "(p : Prop) (hp : p) : p ∨ False",
    "(xs : List Nat) : (xs ++ []) = xs",
    "(xs ys : List Nat) : (xs ++ ys).length = xs.length + ys.length",
    "(x : Option Nat) : x = none ∨ x ≠ none",
    "(b : Bool) : (b && true) = b",
    "(f : Nat → Nat) (h : ∀ x, f x = x) : f 3 = 3",
    "(a b : Int) (h : a = b) : b = a",
    "(a b : Nat) (h : a = b) : b + 1 = a + 1",
    "(s : String) : s = s",
    "(p : Prop) : p → p",
    "(p q : Prop) : p → q → p",
    "(n : Nat) (h : n % 4 = 3) : n % 2 = 1",
    "(a b c : Nat) (h : a < b) (g : b < c) : a < c",
    "(x : Nat × Nat) : (x.1, x.2) = x",
    "(a b : Nat) : max a b = max b a",
    "(xs : List Nat) (h : xs ≠ []) : xs.length ≠ 0",
    "(p : Nat → Prop) (h : ∀ n, p n) : p 7",
    "(a : Nat) (h : 0 < a) : a ≠ 0",
    "(p q r : Prop) (h : p → q) (g : q → r) : p → r",
    "(a b : Nat) (h : a ≤ b) (g : b ≤ a) : a = b",
    "(f g : Nat → Nat) (h : f = g) : f 0 = g 0",
    "(x y : Nat) : x * y = y * x",
    "(p : Prop) (h : ¬ ¬ p) (g : ¬ p) : False",
    "(xs : List Nat) : xs.reverse.length = xs.length",
)

_STEPS = (
    "have h1 : a + 0 = a := by simp",
    "have h2 : b + 0 = b := by simp",
    "have h3 : a + b = b + a := by omega",
    "have h4 : (a + b) + c = a + (b + c) := by omega",
    "have h5 : c + a = a + c := by omega",
    "have h6 : a * 1 = a := by simp",
    "have h7 : 0 + c = c := by simp",
    "have h8 : b + c = c + b := by omega",
    "have h9 : a ≤ a + b := by omega",
    "have h10 : c ≤ b + c := by omega",
)


def one_liners() -> str:
    """Thirty statements with a hole for a proof."""
    return "\n".join(f"theorem bench_{i} {s} := by sorry" for i, s in enumerate(_STATEMENTS)) + "\n"


def deep_holes(count: int = 10) -> str:
    """Statements whose hole stands behind ten tactics."""
    steps = "\n".join(f"  {s}" for s in _STEPS)
    goals = ("c + b + a = a + b + c", "a + c ≤ a + b + c", "b ≤ a + b + c", "a + b + c = b + (c + a)", "c ≤ c + a + b")
    return (
        "\n".join(
            f"theorem deep_{i} (a b c : Nat) : {goals[i % len(goals)]} := by\n{steps}\n  sorry" for i in range(count)
        )
        + "\n"
    )


#: The same for Isabelle.
ISABELLE_QUICK = ("by simp", "by auto", "by blast", "by fastforce", "by arith", "by (rule refl)", "by assumption")

_ISABELLE_STATEMENTS = (
    "(a::nat) + b = b + a",
    "(a::nat) + b + c = a + (b + c)",
    "(a::nat) < b \\<Longrightarrow> a \\<le> b",
    "P \\<and> Q \\<longrightarrow> Q \\<and> P",
    "P \\<longrightarrow> P \\<or> Q",
    "xs @ [] = xs",
    "length (xs @ ys) = length xs + length ys",
    "rev (rev xs) = xs",
    "A \\<inter> B = B \\<inter> A",
    "(x::int) < y \\<Longrightarrow> x + 1 \\<le> y",
)


def isabelle_one_liners() -> str:
    """Ten statements with a hole for a proof."""
    return "\n".join(f'lemma bench_{i}: "{s}" sorry' for i, s in enumerate(_ISABELLE_STATEMENTS)) + "\n"


def isabelle_deep_holes(count: int = 5) -> str:
    """Statements whose hole stands behind ten steps of a proof."""
    steps = "".join(f'  have s{i}: "a + {i} \\<le> a + b + {i}" by simp\n' for i in range(10))
    return "".join(
        f'lemma deep_{n}: fixes a b :: nat shows "a \\<le> a + b + {n}"\nproof -\n{steps}  show ?thesis sorry\nqed\n'
        for n in range(count)
    )


class Replaying(Prover, Protocol):
    """A prover that can also do without its kept states."""

    async def replay(self, document: Document, hole: Hole, candidates: Sequence[str]) -> list[float]:
        """Runs everything up to the hole once for each candidate; seconds for each."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidates on kept states against the declaration elaborated again for each.  Times in milliseconds.

    ``side_by_side`` is how many candidates the prover runs at a time; where that is more than one, ``together_ratio``
    is how many times as many it checks in a second that way as one at a time.
    """

    name: str
    holes: int
    candidates: int
    kept_mean_ms: float
    replay_mean_ms: float
    ratio: float
    candidates_per_second: float
    kept_p50_ms: float
    kept_p95_ms: float
    python_adds_ms: float
    side_by_side: int
    together_per_second: float | None
    together_ratio: float | None


def quantile(values: Sequence[float], q: float) -> float:
    """The value that a part ``q`` of the values is below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


async def _open(prover: Replaying, uri: str, text: str) -> Document:
    document = await prover.open(Snapshot(uri, 1, text))
    assert not document.errors, document.errors
    return document


async def _kept(prover: Replaying, hole: Hole, quick: Sequence[str]) -> tuple[list[float], float]:
    assert hole.state is not None
    inside: list[float] = []
    start = time.perf_counter()
    async with aclosing(prover.try_(hole.state, quick, Limits(seconds=5.0, explain=False))) as outcomes:
        inside.extend([outcome.seconds * 1000 async for outcome in outcomes])
    return inside, (time.perf_counter() - start) * 1000


@contextmanager
def _one_at_a_time(prover: Replaying) -> Generator[None]:
    """Keeps the prover from running several candidates at a time."""
    if not isinstance(prover, IsabelleProver):
        yield
        return
    usual, prover.side_by_side = prover.side_by_side, 1
    try:
        yield
    finally:
        prover.side_by_side = usual


async def compare(prover: Replaying, name: str, text: str, quick: Sequence[str], rounds: int) -> Comparison:
    """Runs all ways alternately over all holes, ``rounds`` times after one round to warm up."""
    document = await _open(prover, name, text)
    kept: list[float] = []
    walls: list[float] = []
    together: list[float] = []
    replayed: list[float] = []
    side_by_side = prover.side_by_side if isinstance(prover, IsabelleProver) else 1
    for turn in range(rounds + 1):
        for hole in document.holes:
            with _one_at_a_time(prover):
                inside, wall = await _kept(prover, hole, quick)
            several = [(await _kept(prover, hole, quick))[1]] if side_by_side > 1 else []
            runs = await prover.replay(document, hole, quick)
            if turn:
                kept += inside
                walls.append(wall)
                together += several
                replayed += [r * 1000 for r in runs]
    mean = statistics.fmean(kept)
    again = statistics.fmean(replayed)
    return Comparison(
        name=name,
        holes=len(document.holes),
        candidates=len(kept),
        kept_mean_ms=mean,
        replay_mean_ms=again,
        ratio=again / mean,
        candidates_per_second=1000 * len(kept) / sum(walls),
        kept_p50_ms=quantile(kept, 0.5),
        kept_p95_ms=quantile(kept, 0.95),
        python_adds_ms=(sum(walls) - sum(kept)) / len(kept),
        side_by_side=side_by_side,
        together_per_second=1000 * len(kept) / sum(together) if together else None,
        together_ratio=sum(walls) / sum(together) if together else None,
    )


async def _memory(prover: Replaying, text: str, quick: Sequence[str], total: int) -> int:
    document = await _open(prover, "memory", text)
    peak = 0
    done = 0
    while done < total:
        for hole in document.holes:
            inside, _ = await _kept(prover, hole, quick)
            done += len(inside)
            if done >= total:
                break
        peak = max(peak, await prover.memory())
    return peak


async def _startup(path: Path | None, embedded: bool) -> tuple[LeanProver, dict[str, float]]:
    start = time.perf_counter()
    installation = require(discover(path, prefer_embedded=embedded))
    found = time.perf_counter()
    if isinstance(installation, EmbeddedInstallation):
        installation = replace(installation, timing=True)
    prover = LeanProver(installation)
    await prover.open(Snapshot("warm", 1, "theorem warm : True := by sorry\n"))
    opened = time.perf_counter()
    phases = {"discovery": found - start, "start to the first goal": opened - found}
    phases.update({f"host: {k}": v / 1000 for k, v in prover.start_phases().items()})
    phases["driver ready"] = prover.ready_seconds
    return prover, phases


async def _isabelle_startup(path: Path | None) -> tuple[IsabelleProver, dict[str, float]]:
    start = time.perf_counter()
    installation = isabelle.require(isabelle.discover(path))
    found = time.perf_counter()
    prover = IsabelleProver(installation)
    await prover.open(Snapshot("warm", 1, 'lemma warm: "True" sorry\n'))
    return prover, {"discovery": found - start, "start to the first goal": time.perf_counter() - found}


async def run_verify(
    path: Path | None, rounds: int, memory: int, *, embedded: bool, which: Which = "lean"
) -> dict[str, Any]:
    """All figures of the benchmark."""
    if which == "isabelle":
        prover, phases = await _isabelle_startup(path)
        short, deep, quick = isabelle_one_liners(), isabelle_deep_holes(), ISABELLE_QUICK
    else:
        prover, phases = await _startup(path, embedded)
        short, deep, quick = one_liners(), deep_holes(), QUICK
    try:
        comparisons = [
            await compare(prover, "one-line statements", short, quick, rounds),
            await compare(prover, "holes behind ten steps", deep, quick, rounds),
        ]
        peak = await _memory(prover, short, quick, memory)
        info = prover.info
    finally:
        await prover.close()
    return {
        "prover": {"name": info.prover, "version": info.version, "origin": info.origin},
        "comparisons": [asdict(c) for c in comparisons],
        "startup_seconds": phases,
        "memory": {"candidates": memory, "peak_mib": peak / 2**20},
    }


_ROWS = (
    ("holes", "holes"),
    ("candidates run each way", "candidates"),
    ("on the kept state, ms each", "kept_mean_ms"),
    ("declaration again, ms each", "replay_mean_ms"),
    ("ratio", "ratio"),
    ("candidates/s, all told", "candidates_per_second"),
    ("on the kept state, p50 ms", "kept_p50_ms"),
    ("on the kept state, p95 ms", "kept_p95_ms"),
    ("Python adds to each, ms", "python_adds_ms"),
    ("candidates at a time", "side_by_side"),
    ("candidates/s that way", "together_per_second"),
    ("that way to one at a time", "together_ratio"),
)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


@app.callback()
def _group() -> None:
    """Benchmarks."""


@app.command()
def verify(
    path: Annotated[Path | None, typer.Argument(help="A file of the project whose prover is to be measured.")] = None,
    prover: Annotated[Which, typer.Option(help="Which prover is measured.")] = "lean",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds over all holes, after one to warm up.")] = 3,
    memory: Annotated[int, typer.Option(min=1, help="Candidates run before the peak memory is read.")] = 5000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    embedded: Annotated[bool, typer.Option("--embedded", help="Measure the embedded Lean.")] = False,
) -> None:
    """Candidates on kept states against re-elaborating the declaration for each."""
    result = asyncio.run(run_verify(path, rounds, memory, embedded=embedded, which=prover))
    if as_json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return
    console = Console()
    comparisons = result["comparisons"]
    table = Table("", *(c["name"] for c in comparisons))
    for label, key in _ROWS:
        table.add_row(label, *(_cell(c[key]) for c in comparisons))
    console.print(f"{result['prover']['name']} {result['prover']['version']} ({result['prover']['origin']})")
    console.print(table)
    for phase, seconds in result["startup_seconds"].items():
        console.print(f"start-up, {phase}: {seconds:.2f} s")
    console.print(f"peak memory after {memory} candidates: {result['memory']['peak_mib']:.0f} MiB")
