"""Known cheats, put through the whole pipeline on the real Lean: none is offered, each has its reason."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import Attempt, Status
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import discover, require
from unsorry.provers.seam import Closed, Fault, Limits, Progress, Refused, Rejected, Snapshot, TimedOut
from unsorry.suggesters.seam import Candidate, GoalContext

CHEATS = Path(__file__).parents[1] / "cases" / "lean" / "cheats.jsonl"


class Cheats:
    """Suggests every cheat."""

    name = "cheats"

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        for place, text in enumerate(self._texts):
            yield Candidate(text, -float(place), self.name)


def reason(attempt: Attempt) -> str:
    """Why this one is not offered."""
    match attempt.outcome:
        case Refused(reason=text) | Rejected(message=text) | Fault(reason=text):
            return text
        case TimedOut():
            return "it did not end within its limit"
        case Progress(goals=goals):
            return f"{len(goals)} goals are left"
        case Closed():
            return attempt.refusal or ""


def files_in(folder: Path) -> list[Path]:
    """What was written there."""
    return list(folder.rglob("*"))


@pytest.mark.embedded
@pytest.mark.timeout(300)
async def test_no_cheat_gets_through_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.loads(line) for line in CHEATS.read_text("utf-8").splitlines()]
    statement, texts = lines[0]["statement"], [line["candidate"] for line in lines[1:]]
    monkeypatch.chdir(tmp_path)
    prover = LeanProver(require(discover(None, prefer_embedded=True)))
    try:
        budget = Budget(120.0, Limits(seconds=2.0))
        worker = DocumentProver([prover], [Cheats(texts)], budget=budget)
        report = await worker.run(Snapshot("cheat", 1, statement + "\n"))
        hole = report.holes[0]
        assert hole.status is Status.OPEN
        assert hole.proof is None
        assert report.result.text == statement + "\n"
        told = {a.candidate.text: reason(a) for a in hole.attempts}
        # Texts that differ in their spaces alone count as one.
        assert {" ".join(t.split()) for t in texts} == {" ".join(t.split()) for t in told}
        assert all(told.values()), [t for t, r in told.items() if not r]
        assert files_in(tmp_path) == []

        class Honest(Cheats):
            name = "honest"

        honest = DocumentProver([prover], [Honest(["omega"])], budget=replace(budget, seconds=20.0))
        after = await honest.run(Snapshot("honest", 1, "theorem t (a b : Nat) : a + b = b + a := by sorry\n"))
        assert after.proved == 1
    finally:
        await prover.close()
