"""The benchmark of suggesters: what it counts, with the embedded Lean and on a scripted prover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from unsorry.cli.sources import Sources
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

if TYPE_CHECKING:
    from conftest import Fake, Run

KEYS: Final = {
    "suggester",
    "goals",
    "candidates",
    "candidates_per_second",
    "first_candidate_p50_ms",
    "first_candidate_p95_ms",
    "proved",
    "streaming_p50_ms",
    "whole_p50_ms",
    "ratio",
}

HOLES: Final = """theorem solved (a b : Nat) : a + b = b + a := by omega
theorem one (a b : Nat) : b + a = a + b := by sorry
theorem two (p : Prop) (h : p) : p := by sorry
"""


class Slow:
    """Says two things, and the second one after a while."""

    name = "slow/model"

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        assert context.goals
        yield Candidate("first | omega | assumption", 0.0, self.name)
        await asyncio.sleep(0.05)
        yield Candidate("skip", -1.0, self.name)


def by_name(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    assert all(set(s) == KEYS for s in data["suggesters"])
    return {s["suggester"]: s for s in data["suggesters"]}


@pytest.mark.embedded
@pytest.mark.timeout(180)
def test_each_suggester_is_measured_alone(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def suggesters(_: Sources, settings: Any, *__: object) -> list[Suggester]:
        asked.append(list(settings.suggest.use))
        return [LeanRules(), Slow()]

    monkeypatch.setattr(Sources, "suggesters", suggesters)
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    data = run("bench", "suggest", "A.lean", "--embedded", "--json", "--suggester", "rules,neighbours").json
    # What the neighbours of this machine know is left out of it.
    assert asked == [["rules"]]
    assert (data["prover"]["name"], data["goals"]) == ("Lean", 2)
    found = by_name(data)
    assert list(found) == ["rules", "slow/model", "neighbours"]
    assert (found["slow/model"]["goals"], found["slow/model"]["candidates"], found["slow/model"]["proved"]) == (2, 4, 2)
    assert found["rules"]["proved"] == 2
    assert found["rules"]["candidates"] > 10
    assert found["neighbours"]["goals"] >= 1
    assert all(v is not None for v in found["rules"].values())


def test_who_has_nothing_to_say_is_left_out(fake: Fake, folder: Path, run: Run) -> None:
    (folder / "A.lean").write_text("theorem one : A := by\n  sorry\n", encoding="utf-8")
    fake.others = {"silent": []}
    ran = run("bench", "suggest", "A.lean")
    assert ran.code == 0
    assert "listed" in ran.out
    assert "silent" not in ran.out
    fake.candidates = ["simp"]
    (only,) = run("bench", "suggest", "A.lean", "--json").json["suggesters"]
    assert (only["goals"], only["candidates"], only["proved"], only["ratio"]) == (1, 1, 0, None)


def test_what_can_not_be_measured_is_told(fake: Fake, folder: Path, run: Run) -> None:
    (folder / "A.lean").write_text("theorem one : A := by\n  done\n", encoding="utf-8")
    ran = run("bench", "suggest", "A.lean")
    assert ran.code == 2
    assert "no hole" in ran.err
    assert run("bench", "suggest", "missing.lean").code == 2
    assert run("bench", "suggest", "A.lean", "--suggester", "magic").code == 2
