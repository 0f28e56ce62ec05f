"""The mini model: what it learns from.  What it proves is in ``tests/local_models``."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from unsorry.errors import InputError
from unsorry.suggesters.mini.records import Pair, pairs
from unsorry.suggesters.mini.texts import MAX_GOAL, MAX_TACTIC, normal
from unsorry.suggesters.mini.trainer import Wish, train
from unsorry.suggesters.transformers.libraries import installed

CORPUS = Path(__file__).parent / "mini_corpus"
RECORDS = CORPUS / "records.jsonl"


def line(goal: str, candidate: str, outcome: str = "closed") -> str:
    return json.dumps({"goal": goal, "candidate": candidate, "outcome": outcome}) + "\n"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mini_corpus_generator", CORPUS / "generator.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
