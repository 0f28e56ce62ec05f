"""The whole pipeline on a real Isabelle: the cases, filled, and read again by a fresh process."""

from __future__ import annotations

from pathlib import Path

import pytest

from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import DocumentReport, Status
from unsorry.provers.seam import Snapshot
from unsorry.suggesters.rules.isabelle import IsabelleRules

CASES = Path(__file__).resolve().parents[1] / "cases" / "isabelle"

pytestmark = [*needs_isabelle, pytest.mark.timeout(300)]


async def proved(name: str, seconds: float) -> DocumentReport:
    """A file of the cases with all that could be proved; what was put in holds in a fresh Isabelle."""
    path = CASES / name
    prover = make_isabelle(path)
    try:
        snapshot = Snapshot(path.as_uri(), 1, path.read_text(encoding="utf-8"), path)
        report = await DocumentProver([prover], [IsabelleRules()], budget=Budget(seconds)).run(snapshot)
    finally:
        await prover.close()
    left = [h.hole.declaration for h in report.holes if h.status is not Status.PROVED]
    fresh = make_isabelle(path)
    try:
        document = await fresh.open(report.result)
        assert document.errors == ()
        assert [h.declaration for h in document.holes] == left
        told = await fresh.axioms(document)
        assert {a.name.rsplit(".", 1)[-1] for a in told if a.axioms} == set(left)
    finally:
        await fresh.close()
    return report


async def test_basics() -> None:
    report = await proved("Basics.thy", 10)
    assert report.proved >= 15
    (never,) = [h for h in report.holes if h.hole.declaration == "never"]
    assert never.status is Status.OPEN
    assert never.conditional is None


async def test_induction() -> None:
    assert (await proved("Induction.thy", 20)).proved >= 10
