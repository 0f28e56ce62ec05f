"""Premises in a search: only what is accessible is told, what was declared a moment ago is, and proofs come of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.sessions import Says, at_work, quick
from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from provers.leans import make_lean
from unsorry.engine import premises
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.graph import Caps
from unsorry.engine.premises import PremiseIndex
from unsorry.engine.report import DocumentReport, Status
from unsorry.engine.views import Phase
from unsorry.errors import ProverError
from unsorry.provers.fake import Closes, FakeProver, Leaves
from unsorry.provers.seam import Constant, Goal, Premise, Prover, Snapshot, StateHandle
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester


class Reader:
    """Suggests the names of the premises that it is told of, and keeps them by target."""

    name = "reader"

    def __init__(self) -> None:
        self.told: dict[str, list[tuple[str, ...]]] = {}

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        names = tuple(p.name for p in context.premises)
        self.told.setdefault(context.goal.target, []).append(names)
        assert all(p.statement for p in context.premises)
        for place, text in enumerate(("try", *(f"use {n}" for n in names))):
            yield Candidate(text, -float(place), self.name)


def about(*symbols: str) -> Goal:
    text = " ".join(symbols)
    return Goal(text, text, constants=tuple(Constant(s, s, "def", None) for s in symbols))


LIBRARY = [
    Premise("lib.about_a", ("A", "B"), module="Lib.One", statement="A B"),
    Premise("lib.about_c", ("C", "D"), module="Lib.Two", statement="C D"),
]


async def prove(
    prover: Prover, text: str, *suggesters: Suggester, index: PremiseIndex | None, budget: Budget | None = None
) -> DocumentReport:
    worker = DocumentProver([prover], suggesters, budget=budget or Budget(20.0), premises=index)
    return await worker.run(Snapshot("file:///a", 1, text))


async def test_the_first_round_goes_without_and_the_second_has_what_is_accessible() -> None:
    text = "theorem above : A := by sorry\ntheorem t : A B := by sorry\ntheorem below : A := by sorry\n"
    reader = Reader()
    script = {"A B": {"use lib.about_a": Closes()}}
    prover = FakeProver(script, goals={"A B": about("A", "B"), "A": about("A")}, premises=LIBRARY)
    report = await prove(prover, text, reader, index=PremiseIndex())
    await prover.close()
    assert reader.told["A B"] == [(), ("above", "lib.about_a")]
    proof = report.holes[1].proof
    assert proof is not None
    assert proof.text == "use lib.about_a"


async def test_without_an_index_there_is_one_round() -> None:
    reader = Reader()
    prover = FakeProver(goals={"A B": about("A", "B")}, premises=LIBRARY)
    report = await prove(prover, "theorem t : A B := by sorry\n", reader, index=None)
    await prover.close()
    assert reader.told["A B"] == [()]
    assert report.holes[0].status is Status.OPEN


async def test_a_search_that_goes_on_has_premises_for_each_goal() -> None:
    reader = Reader()
    script = {"A B": {"try": Leaves(("C D",))}, "C D": {"use lib.about_c": Closes()}}
    prover = FakeProver(script, goals={"A B": about("A", "B"), "C D": about("C", "D")}, premises=LIBRARY)
    budget = Budget(20.0, caps=Caps())
    report = await prove(prover, "theorem t : A B := by sorry\n", reader, index=PremiseIndex(), budget=budget)
    await prover.close()
    assert reader.told == {"A B": [(), ("lib.about_a",)], "C D": [("lib.about_c",)]}
    assert report.holes[0].proof is not None


async def test_a_theorem_that_is_still_open_and_must_not_be_used_is_left_out() -> None:
    reader = Reader()
    script = {"A B": {"use above": Closes()}}
    prover = FakeProver(script, goals={"A B": about("A", "B"), "A": about("A")})
    text = "theorem above : A := by sorry\ntheorem t : A B := by sorry\n"
    await prove(prover, text, reader, index=PremiseIndex())
    await prover.close()
    assert reader.told["A B"][-1] == ()


class Counting(FakeProver):
    """Counts what it is asked for, and may refuse to say it."""

    broken = False
    asked: tuple[str | None, ...] = ()

    async def premises(self, state: StateHandle, library: str | None = None) -> tuple[Premise, ...]:
        self.asked = (*self.asked, library)
        if self.broken:
            raise ProverError("out of order")
        return await super().premises(state, library)


async def test_what_is_imported_is_asked_for_once() -> None:
    index, prover = PremiseIndex(), Counting(goals={"A B": about("A", "B")}, premises=LIBRARY)
    for _ in range(3):
        await prove(prover, "theorem t : A B := by sorry\n", Reader(), index=index)
    await prover.close()
    assert [name for name in prover.asked if name is not None] == ["Lib.One", "Lib.Two"]
    assert prover.asked.count(None) == 3


async def test_a_prover_that_can_not_say_is_no_trouble() -> None:
    prover = Counting(goals={"A B": about("A", "B")}, premises=LIBRARY)
    prover.broken = True
    reader = Reader()
    report = await prove(prover, "theorem t : A B := by sorry\n", reader, index=PremiseIndex())
    await prover.close()
    assert report.holes[0].status is Status.OPEN
    assert reader.told["A B"] == [()]


async def test_who_is_cancelled_on_the_way_loses_one_library() -> None:
    index, prover = PremiseIndex(), Counting(goals={"A B": about("A", "B")}, premises=LIBRARY)
    document = await prover.open(Snapshot("file:///a", 1, "theorem t : A B := by sorry\n"))
    (hole,) = document.holes
    assert hole.state is not None
    turns = 0

    @asynccontextmanager
    async def turn() -> AsyncGenerator[Prover]:
        nonlocal turns
        turns += 1
        if turns == 3:
            raise asyncio.CancelledError
        yield prover

    with pytest.raises(asyncio.CancelledError):
        await index.at(hole.state).select(hole.goals, turn)
    found = await index.at(hole.state).select(hole.goals, turn)
    await prover.close()
    assert [p.name for p in found] == ["lib.about_a"]
    assert prover.asked.count("Lib.One") == 1


async def test_in_an_open_text_a_theorem_counts_as_soon_as_it_is_there() -> None:
    reader = Reader()
    prover = FakeProver({"A B": {"use fresh": Closes()}, "A": {"done": Closes()}}, goals={"A B": about("A", "B")})
    async with at_work(prover, "theorem t : A B := by sorry\n", reader, Says("done"), settings=quick()) as rig:
        await rig.until(lambda v: v.phase is Phase.IDLE)
        assert reader.told["A B"] == [()]
        rig.replace("theorem t", "theorem fresh : A := by done\ntheorem t")
        await rig.until(lambda v: v.phase is Phase.IDLE)
        assert reader.told["A B"] == [(), (), ("fresh",)]
        assert rig.hole("t").proofs


# With a model


@dataclass(frozen=True)
class Vector:
    place: int
    vector: Sequence[float]


class ByLetter:
    """Embeds texts by the letters that occur in them, and may be slow or mute."""

    def __init__(self, *, mute: bool = False) -> None:
        self.asked: list[str] = []
        self.mute = mute
        self.free = asyncio.Event()
        self.free.set()

    async def embed(self, texts: Sequence[str]) -> AsyncGenerator[Vector]:
        self.asked += texts
        await self.free.wait()
        for place, text in enumerate(() if self.mute else texts):
            letters = [float(chr(n) in text) for n in range(ord("a"), ord("z") + 1)]
            length = sum(letters) ** 0.5
            yield Vector(place, [x / length for x in letters])


#: Of the same symbols, so that nothing but what they say tells them apart.
ALIKE = [
    Premise("lib.near", ("A", "B"), module="Lib.One", statement="abc"),
    Premise("lib.far", ("A", "B"), module="Lib.One", statement="xyz"),
]
NEAR_GOAL = Goal("abc", "abc", constants=about("A", "B").constants)


@asynccontextmanager
async def chosen_by(index: PremiseIndex, premises: Sequence[Premise]) -> AsyncGenerator[Callable[[], Awaitable[str]]]:
    """What a goal is told of, as one text."""
    prover = FakeProver({}, premises=premises)
    document = await prover.open(Snapshot("file:///a", 1, "theorem t : A B := by sorry\n"))
    state = document.holes[0].state
    assert state is not None

    @asynccontextmanager
    async def turn() -> AsyncGenerator[Prover]:
        yield prover

    async def choose() -> str:
        return " ".join(p.name for p in await index.at(state).select([NEAR_GOAL], turn))

    try:
        yield choose
    finally:
        await prover.close()


async def test_a_model_ranks_what_symbols_do_not_tell_apart() -> None:
    async with chosen_by(PremiseIndex(), ALIKE) as choose:
        assert await choose() == "lib.far lib.near"
    model = ByLetter()
    async with chosen_by(PremiseIndex(model), ALIKE) as choose:
        assert await choose() == "lib.near lib.far"
        assert await choose() == "lib.near lib.far"
    # Each theorem was embedded once, and the goal each time.
    assert sorted(model.asked) == [": abc", ": abc", "abc", "xyz"]


async def test_only_what_symbols_put_first_goes_to_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(premises, "_SHORTLIST", 5)
    model = ByLetter()
    many = [Premise(f"lib.{n}", ("A", "B"), module="Lib.One", statement="abc") for n in range(300)]
    async with chosen_by(PremiseIndex(model), many) as choose:
        await choose()
    assert model.asked == ["abc"] * 5 + [": abc"]


async def test_a_model_that_says_nothing_changes_nothing() -> None:
    async with chosen_by(PremiseIndex(ByLetter(mute=True)), ALIKE) as choose:
        assert await choose() == "lib.far lib.near"


async def test_a_goal_does_not_wait_for_long_for_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(premises, "_PATIENCE", 0.01)
    monkeypatch.setattr(premises, "_GOAL_PATIENCE", 0.01)
    model = ByLetter()
    model.free.clear()
    async with chosen_by(PremiseIndex(model), ALIKE) as choose:
        assert await choose() == "lib.far lib.near"
        monkeypatch.undo()
        model.free.set()
        assert await choose() == "lib.near lib.far"


async def test_the_first_round_asks_no_model() -> None:
    model = ByLetter()
    prover = FakeProver({"A B": {"try": Closes()}}, goals={"A B": about("A", "B")}, premises=LIBRARY)
    report = await prove(prover, "theorem t : A B := by sorry\n", Reader(), index=PremiseIndex(model))
    await prover.close()
    assert report.holes[0].proof is not None
    assert model.asked == []


# On real provers


A = """\
def churn : Nat → Nat → Nat
  | 0, acc => acc
  | n + 1, acc => churn n (acc + 2 * n + 1)

theorem quillfeather (n acc : Nat) : churn n acc = n * n + acc := by
  induction n generalizing acc with
  | zero => simp [churn]
  | succ n ih => simp [churn, ih]; grind
"""

B = """\
import A

theorem t (n k : Nat) : churn n 0 + churn k 1 = n * n + k * k + 1 := by sorry

theorem below (n : Nat) : churn n 0 = n * n := quillfeather n 0
"""


class Watcher(Reader):
    """Listens and suggests nothing."""

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        self.told.setdefault(context.declaration or "", []).append(tuple(p.name for p in context.premises))
        for candidate in ():
            yield candidate


async def in_project(
    prover: Prover, path: Path, text: str, index: PremiseIndex | None
) -> tuple[DocumentReport, Watcher]:
    watcher = Watcher()
    suggesters: Sequence[Suggester] = [LeanRules(), watcher]
    worker = DocumentProver([prover], suggesters, budget=Budget(40.0), premises=index)
    report = await worker.run(Snapshot(path.as_uri(), 1, text, path), lambda hole: hole.declaration == "t")
    return report, watcher


@pytest.mark.embedded
@pytest.mark.timeout(300)
async def test_a_lemma_of_another_file_is_used(tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text("")
    (tmp_path / "A.lean").write_text(A)
    (tmp_path / "C.lean").write_text(A.replace("quillfeather", "elsewhere"))
    path = tmp_path / "B.lean"
    prover = make_lean(path)
    try:
        off, _ = await in_project(prover, path, B, None)
        on, watcher = await in_project(prover, path, B, PremiseIndex())
    finally:
        await prover.close()
    assert off.holes[0].status is Status.OPEN
    proof = on.holes[0].proof
    assert proof is not None
    assert "quillfeather" in proof.text
    told = {name for names in watcher.told["t"] for name in names}
    assert "quillfeather" in told
    assert not told & {"below", "elsewhere", "t"}


@pytest.mark.embedded
@pytest.mark.timeout(300)
async def test_a_lemma_that_was_added_is_used_next(tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text("")
    without = A.partition("theorem")[0]
    (tmp_path / "A.lean").write_text(without)
    path = tmp_path / "B.lean"
    text = B.partition("theorem below")[0]
    prover, index = make_lean(path), PremiseIndex()
    try:
        before, watcher = await in_project(prover, path, text, index)
        assert before.holes[0].status is Status.OPEN
        assert not any("quillfeather" in names for names in watcher.told["t"])
        # In the imported file, saved just now.
        (tmp_path / "A.lean").write_text(A)
        saved, watcher = await in_project(prover, path, text, index)
        # In the text itself, above the hole.
        (tmp_path / "A.lean").write_text(without)
        lemma = A.partition("theorem")[2].replace("quillfeather", "marrowgate")
        above, _ = await in_project(prover, path, text.replace("theorem t", f"theorem{lemma}\ntheorem t"), index)
    finally:
        await prover.close()
    assert any("quillfeather" in names for names in watcher.told["t"])
    for report, name in ((saved, "quillfeather"), (above, "marrowgate")):
        proof = report.holes[0].proof
        assert proof is not None
        assert name in proof.text


THEORY = """\
theory Scratch imports Main begin
fun churn :: "nat ⇒ nat ⇒ nat" where
  "churn 0 a = a" | "churn (Suc n) a = churn n (a + 2 * n + 1)"
lemma quillfeather: "churn n a = n * n + a" by (induct n arbitrary: a) auto
lemma t: "churn n 0 + churn k 1 = n * n + k * k + 1" sorry
lemma below: "churn n 0 = n * n" by (simp add: quillfeather)
end
"""


@needs_isabelle[0]
@needs_isabelle[1]
@pytest.mark.timeout(200)
async def test_premises_of_a_theory() -> None:
    prover = make_isabelle()
    watcher = Watcher()
    try:
        index = PremiseIndex()
        worker = DocumentProver([prover], [watcher], budget=Budget(20.0), premises=index)
        await worker.run(Snapshot("file:///Scratch.thy", 1, THEORY))
        worker = DocumentProver([prover], [IsabelleRules()], budget=Budget(20.0), premises=index)
        report = await worker.run(Snapshot("file:///Scratch.thy", 2, THEORY))
    finally:
        await prover.close()
    told = watcher.told["t"][-1]
    assert told[0] == "quillfeather"
    assert len(told) > 5
    assert not any(name.endswith("below") for name in told)
    assert report.holes[0].proof is not None
