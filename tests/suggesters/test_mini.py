"""The mini model: what it learns from, that it does not learn what it is tested on, and what it proves."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from unsorry.engine.documents import DocumentProver
from unsorry.engine.report import Status
from unsorry.engine.search import Budget
from unsorry.errors import InputError
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import discover, require
from unsorry.provers.seam import Snapshot
from unsorry.suggesters.mini.records import Pair, pairs
from unsorry.suggesters.mini.texts import MAX_GOAL, MAX_TACTIC, normal
from unsorry.suggesters.mini.trainer import Step, Wish, train
from unsorry.suggesters.presets import MINI
from unsorry.suggesters.transformers.lane import ModelLane, ModelSettings
from unsorry.suggesters.transformers.libraries import installed
from unsorry.suggesters.transformers.suggester import TransformersSuggester, preset_for

CORPUS = Path(__file__).parent / "mini_corpus"
RECORDS = CORPUS / "records.jsonl"
BASICS = Path(__file__).parents[1] / "cases" / "lean" / "Basics.lean"

#: How long the model of the test is trained, in seconds.
TRAINING_SECONDS = 120


def line(goal: str, candidate: str, outcome: str = "closed") -> str:
    return json.dumps({"goal": goal, "candidate": candidate, "outcome": outcome}) + "\n"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mini_corpus_generator", CORPUS / "generator.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def renamed(goal: str) -> str:
    """A goal with its variables and hypotheses numbered: what is left tells two goals apart."""
    names = [n for row in goal.splitlines() if not row.startswith("⊢") for n in row.split(" : ")[0].split()]
    for number, name in enumerate(names):
        goal = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w'])", f"#{number}", goal)
    return " ".join(goal.split())


def test_goals_are_on_one_line_and_keep_their_end() -> None:
    assert normal("a b : Nat\n  h :  a < b\n⊢ a ≤ b\n\n⊢ True") == "a b : Nat; h : a < b; ⊢ a ≤ b; ⊢ True"
    long = normal("h : α ∧ β\n" * 100 + "⊢ γ")
    assert len(long.encode()) <= MAX_GOAL
    assert long.endswith("; ⊢ γ")


def test_what_closed_a_goal_is_learned_once(tmp_path: Path) -> None:
    record = tmp_path / "a.jsonl"
    record.write_text(
        line("⊢ a", "simp")
        + line("⊢ a", "omega", "rejected")
        + line("⊢  a", "simp")
        + line("⊢ b", "x" * (MAX_TACTIC + 1))
        + '{"goal": "cut o'
    )
    assert pairs([record, record]) == [Pair("⊢ a", "simp")]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{}\n", "Line 1 of .* is no line of a record"),
        ('{"goal": 1, "candidate": "a", "outcome": "closed"}', "Line 1 of .* is no line of a record"),
        ("", "nothing to learn from"),
        (line("⊢ a", "simp", "rejected"), "nothing to learn from"),
    ],
)
def test_records_that_teach_nothing_are_a_sentence(tmp_path: Path, text: str, part: str) -> None:
    record = tmp_path / "a.jsonl"
    record.write_text(text)
    with pytest.raises(InputError, match=part):
        pairs([record])


def test_a_record_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        pairs([tmp_path / "none.jsonl"])


def test_the_corpus_is_the_same_each_time_and_says_nothing_twice() -> None:
    made = list(generator().statements(7, 200))
    assert made == list(generator().statements(7, 200))
    assert len(set(made)) == len(made) == 200


@pytest.mark.skipif(not installed(), reason="the extra `local` (torch, transformers) is not installed")
async def test_a_training_that_can_not_begin_or_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    record = tmp_path / "a.jsonl"
    record.write_text(line("⊢ a", "simp", "rejected"))
    out = tmp_path / "model"
    with pytest.raises(InputError, match="nothing to learn from"):
        await train(Wish((str(record),), str(out)))
    begun = asyncio.Event()
    task = asyncio.create_task(train(Wish((str(RECORDS),), str(out)), lambda _: begun.set()))
    async with asyncio.timeout(100):
        await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(900)
@pytest.mark.skipif(not installed(), reason="the extra `local` (torch, transformers) is not installed")
async def test_a_model_trained_on_other_goals_proves_these(tmp_path: Path) -> None:
    steps: list[Step] = []
    wish = Wish((str(RECORDS),), str(tmp_path / "model"), seconds=TRAINING_SECONDS)
    trained = await train(wish, steps.append)
    assert trained.parameters <= 5_000_000
    assert steps[-1].loss < steps[0].loss / 4
    assert preset_for(trained.folder) is MINI

    prover = LeanProver(require(discover(BASICS, prefer_embedded=True)))
    lane = ModelLane(ModelSettings(str(tmp_path / "model")))
    try:
        snapshot = Snapshot(BASICS.name, 1, BASICS.read_text("utf-8"), BASICS)
        suggesters = [TransformersSuggester(lane, MINI)]
        report = await DocumentProver([prover], suggesters, budget=Budget(15.0)).run(snapshot)
    finally:
        await lane.close()
        await prover.close()
    seen = {renamed(json.loads(row)["goal"]) for row in RECORDS.read_text("utf-8").splitlines()}
    tested = [renamed(goal.pretty) for hole in report.document.holes for goal in hole.goals]
    assert not seen.intersection(tested)
    assert report.proved >= 5
    assert all(h.proof is not None and h.proof.origin == "transformers/model" for h in report.holes if h.proof)
    assert all(h.status is Status.OPEN for h in report.holes if h.hole.declaration == "never")
