"""The main job on whole files with the real Lean, and what a fresh Lean says of the result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import Status
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import discover, require
from unsorry.provers.seam import Snapshot
from unsorry.suggesters.rules.lean import LeanRules

CASES = Path(__file__).parents[1] / "cases" / "lean"
FALSE = Path(__file__).parents[1] / "suggesters" / "corpus" / "False.lean"


def snapshot_of(path: Path) -> Snapshot:
    """A file as a buffer."""
    return Snapshot(path.name, 1, path.read_text("utf-8"), path)


@pytest.mark.embedded
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "least", "budget"),
    [("Basics.lean", 22, 10.0), ("Induction.lean", 14, 20.0), ("Accumulators.lean", 7, 20.0)],
)
async def test_the_shared_cases(name: str, least: int, budget: float) -> None:
    installation = require(discover(CASES / name, prefer_embedded=True))
    prover = LeanProver(installation)
    try:
        report = await DocumentProver([prover], [LeanRules()], budget=Budget(budget)).run(snapshot_of(CASES / name))
    finally:
        await prover.close()
    assert report.proved >= least
    assert all(h.status is Status.OPEN for h in report.holes if h.hole.declaration == "never")

    fresh = LeanProver(installation)
    try:
        again = await fresh.open(replace(report.result, version=1))
        told = await fresh.axioms(again)
    finally:
        await fresh.close()
    assert again.errors == ()
    assert len(again.holes) == len(report.holes) - report.proved
    still = {h.declaration for h in again.holes}
    assert [a.name for a in told if "sorryAx" in a.axioms and a.name not in still] == []


@pytest.mark.embedded
@pytest.mark.timeout(400)
async def test_nothing_is_offered_for_false_statements() -> None:
    prover = LeanProver(require(discover(FALSE, prefer_embedded=True)))
    try:
        budget = Budget(4.0)
        report = await DocumentProver([prover], [LeanRules()], budget=budget).run(snapshot_of(FALSE))
    finally:
        await prover.close()
    assert report.holes
    assert report.proved == 0
    assert all(h.status is Status.OPEN and h.candidates for h in report.holes)
    assert report.result.text == report.document.snapshot.text
