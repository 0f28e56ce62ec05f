"""The neighbours: what is near, what becomes of a tactic's names elsewhere, and proofs found so with Lean."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from provers.leans import CASES, make_lean
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.lanes import Lane
from unsorry.engine.learning import learnt_from, pairs_of
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.seam import Constant, Goal, InductiveType, Local, Snapshot
from unsorry.suggesters.neighbours.features import features_of
from unsorry.suggesters.neighbours.index import Index
from unsorry.suggesters.neighbours.suggester import Neighbours
from unsorry.suggesters.neighbours.words import read
from unsorry.suggesters.seam import Candidate, EarlierTheorem, GoalContext
from unsorry.workspace.store import KnowledgeStore, Origin

FILE = CASES / "lean" / "Neighbours.lean"

NAT = InductiveType("Nat", ("Nat.zero", "Nat.succ"), recursive=True)
TREE = InductiveType("Tree", ("Tree.leaf", "Tree.node"), recursive=True)
BUSH = InductiveType("Bush", ("Bush.tip", "Bush.fork"), recursive=True)

TYPES = """\
inductive Tree where
  | leaf : Tree
  | node : Tree → Nat → Tree → Tree
inductive Bush where
  | tip (n : Nat)
  | fork (a b c : Bush)
"""


def own(*names: str) -> tuple[Constant, ...]:
    return tuple(Constant(n, n, "def") for n in names)


def fact(name: str, type_: str) -> Local:
    return Local(name, type_, is_prop=True, head="LE.le")


def about(kind: InductiveType, variable: str, outer: str, inner: str, *facts: Local) -> Goal:
    """`outer (inner x) = outer x`."""
    target = f"{outer} ({inner} {variable}) = {outer} {variable}"
    x = Local(variable, kind.name, head=kind.name, inductive=kind)
    constants = (*own(outer, inner), Constant(kind.name, kind.name, "inductive"))
    return Goal(f"⊢ {target}", target, locals=(x, *facts), head="Eq", constants=constants)


def context(goal: Goal, *earlier: tuple[str, str], before: str = TYPES, declaration: str = "t") -> GoalContext:
    theorems = tuple(EarlierTheorem(n, f"theorem {n} {s}") for n, s in earlier)
    return GoalContext("Lean", (goal,), declaration, theorems, before=before)


async def candidates(neighbours: Neighbours, asked: GoalContext) -> list[Candidate]:
    return [c async for c in neighbours.suggest(asked)]


async def carried(old: GoalContext, tactic: str, new: GoalContext) -> list[str]:
    """A tactic of one goal as it is suggested at another."""
    neighbours = Neighbours("Lean")
    assert neighbours.learn(old, tactic) is not None
    return [c.text for c in await candidates(neighbours, new)]


SIZE = about(TREE, "t", "size", "mirror")
COUNT = about(BUSH, "b", "count", "turn")


# The text before a hole


def test_fields_of_constructors() -> None:
    source = read(
        "namespace A\ninductive T (α : Type) where\n  | one\n  | two {n : Nat} (a b : T α) (x : α)\n"
        "  | three : T α → (Nat → α) → T α\n  | four : ∀ n (m : Nat), T α → T α\n  -- | five\nend A\n"
        "structure S where\n  x y : Nat\n  z : Nat\ntheorem t (a : Nat) : a = a := by\n  rfl\n"
    )
    assert source.constructors["A.T"] == {"one": "", "two": "rrv", "three": "rv", "four": "vvr"}
    assert source.fields["S"] == ("x", "y", "z")
    assert source.declared["t"].is_fact
    assert source.declared["t"].text.strip() == "(a : Nat) : a = a"


# Nearness


def test_what_says_the_same_of_other_things_is_near() -> None:
    index = Index()
    same = index.add(features_of(about(NAT, "n", "double", "half")))
    index.add(features_of(Goal("⊢ p ∧ q", "p ∧ q", head="And", locals=(fact("h", "p"),))))
    exact = index.add(features_of(SIZE))
    found = index.nearest(features_of(SIZE), 3)
    assert [n for _, n in found][:2] == [exact, same]
    assert found[0][0] == pytest.approx(1.0)
    assert 0 < found[1][0] < 1


def test_rare_features_weigh_more() -> None:
    index = Index()
    for _ in range(20):
        index.add(("common", "other"))
    rare = index.add(("rare", "third"))
    assert index.nearest(("common", "rare"), 1)[0][1] == rare


def test_what_was_taken_out_is_not_found() -> None:
    index = Index()
    number = index.add(("a", "b"))
    index.remove(number)
    assert index.nearest(("a",), 5) == []
    assert len(index) == 0


# Adaptation


async def test_variables_and_definitions_change_and_the_library_stays() -> None:
    assert (await carried(context(SIZE), "simp [size, mirror, Nat.add_comm t]", context(COUNT)))[0] == (
        "simp [count, turn, Nat.add_comm b]"
    )


async def test_lemmas_about_other_definitions_become_their_analogues() -> None:
    old = context(SIZE, ("size_mirror_le", "(t : Tree) : size (mirror t) ≤ size t"))
    new = context(
        COUNT,
        ("turn_turn", "(b : Bush) : turn (turn b) = b"),
        ("count_turn_le", "(b : Bush) : count (turn b) ≤ count b"),
    )
    assert (await carried(old, "exact le_antisymm (size_mirror_le t) h", new))[0] == (
        "exact le_antisymm (count_turn_le b) h"
    )


async def test_an_analogue_is_known_by_its_statement_too() -> None:
    old = context(SIZE, ("first", "(t : Tree) : size (mirror t) ≤ size t + 1"))
    new = context(
        COUNT, ("one", "(b : Bush) : turn (turn b) = b"), ("two", "(b : Bush) : count (turn b) ≤ count b + 1")
    )
    assert (await carried(old, "rw [first]", new))[0] == "rw [two]"


async def test_hypotheses_are_paired_by_what_they_say() -> None:
    old = about(TREE, "t", "size", "mirror", fact("h₁", "size t ≤ k"), fact("h₂", "3 ≤ size (mirror t)"))
    new = about(BUSH, "b", "count", "turn", fact("low", "3 ≤ count (turn b)"), fact("high", "count b ≤ k"))
    assert (await carried(context(old), "exact foo h₁ h₂.le", context(new)))[0] == "exact foo high low.le"


async def test_arms_follow_the_constructors_and_their_fields() -> None:
    tactic = "induction t with\n| leaf => rfl\n| node l x r ihl ihr =>\n  simp [size, mirror, ihl, ihr]\n  omega"
    assert (await carried(context(SIZE), tactic, context(COUNT)))[0] == (
        "induction b with\n| tip x1 => rfl\n| fork l r x1 ihl ihr ih1 =>\n  simp [count, turn, ihl, ihr, ih1]\n  omega"
    )


async def test_two_names_can_change_places() -> None:
    old = Goal("", "f x y = g y", locals=(Local("x", "Nat", inductive=NAT), Local("y", "Nat", inductive=NAT)))
    new = Goal("", "f y x = g x", locals=(Local("x", "Nat", inductive=NAT), Local("y", "Nat", inductive=NAT)))
    assert (await carried(context(old), "exact foo x (bar y)", context(new)))[0] == "exact foo y (bar x)"


async def test_a_forall_in_front_is_opened_first() -> None:
    inner = replace(COUNT, opening="")
    new = Goal("⊢ ∀ b, …", "∀ b, count (turn b) = count b", constants=COUNT.constants, opening="intro b", inner=inner)
    found = await carried(context(SIZE), "simp [size]", context(new))
    assert "intro b\nsimp [count]" in found


async def test_a_list_of_lemmas_gets_the_new_goals_definitions() -> None:
    assert "simp [count, turn]" in await carried(context(SIZE), "simp [size]", context(COUNT))


async def test_inaccessible_names_are_never_written() -> None:
    hidden = replace(COUNT, locals=(replace(COUNT.locals[0], name="b✝", accessible=False),))
    assert not [t for t in await carried(context(SIZE), "cases t", context(hidden)) if "✝" in t]


# The suggester


async def test_what_is_learned_counts_at_once_and_each_text_comes_once() -> None:
    neighbours = Neighbours("Lean")
    assert await candidates(neighbours, context(COUNT)) == []
    neighbours.learn(context(SIZE), "simp [size]")
    neighbours.learn(context(SIZE), "simp [size]")
    assert len(neighbours) == 1
    found = await candidates(neighbours, context(COUNT))
    assert found[0].text == "simp [count]"
    assert len({c.text for c in found}) == len(found)
    assert all(c.score <= 0 and c.origin == "neighbours" for c in found)


async def test_what_was_learned_survives_in_the_store(tmp_path: Path) -> None:
    store = KnowledgeStore(tmp_path / "knowledge.db")
    learnt = Neighbours("Lean").learn(context(SIZE), "simp [size]", Origin.SAVED)
    assert learnt is not None
    store.add("/w", "Lean 4", [learnt])
    neighbours = Neighbours("Lean")
    neighbours.recall(store.rows("Lean 4"))
    assert (await candidates(neighbours, context(COUNT)))[0].text == "simp [count]"
    store.close()
    neighbours.forget()
    assert await candidates(neighbours, context(COUNT)) == []


async def test_what_cannot_be_read_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    neighbours = Neighbours("Lean")
    learnt = neighbours.learn(context(SIZE), "simp [size]")
    assert learnt is not None
    neighbours.forget()
    neighbours.recall([replace(learnt, detail='{"goal": 1}')])
    assert await candidates(neighbours, context(COUNT)) == []
    assert "passed over" in caplog.text


async def test_the_oldest_are_forgotten() -> None:
    neighbours = Neighbours("Lean", limit=3)
    for number in range(6):
        neighbours.learn(context(SIZE), f"exact lemma_{number}")
    assert len(neighbours) == 3
    texts = " ".join(c.text for c in await candidates(neighbours, context(SIZE)))
    assert "lemma_5" in texts
    assert "lemma_2" not in texts


async def test_another_prover_learns_and_gets_nothing() -> None:
    neighbours = Neighbours("Lean")
    assert neighbours.learn(replace(context(SIZE), prover="Isabelle"), "by simp") is None
    neighbours.learn(context(SIZE), "simp")
    assert await candidates(neighbours, replace(context(SIZE), prover="Isabelle")) == []


# With the real Lean


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lean() -> AsyncGenerator[LeanProver]:
    """An embedded Lean that the tests here share."""
    prover = make_lean()
    try:
        await prover.open(Snapshot("file:///warm.lean", 1, "theorem warm : True := trivial\n"))
        yield prover
    finally:
        await prover.close()


async def proved(prover: LeanProver, neighbours: Neighbours, snapshot: Snapshot) -> list[str | None]:
    report = await DocumentProver([prover], [neighbours], budget=Budget(5.0)).run(snapshot)
    assert len(report.holes) >= 1
    return [h.hole.declaration for h in report.holes if h.proof is not None]


@pytest.mark.embedded
@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_lemmas_are_proved_by_adapting_earlier_proofs(lean: LeanProver) -> None:
    snapshot = Snapshot("file:///Neighbours.lean", 1, FILE.read_text("utf-8"))
    neighbours = Neighbours("Lean")
    document = await lean.open(snapshot)
    assert not document.errors
    assert len(document.holes) == 10
    assert len(await proved(lean, neighbours, snapshot)) <= 1
    async for goal, tactic in pairs_of(Lane(lean), await lean.open(snapshot), seconds=60.0):
        neighbours.learn(goal, tactic, Origin.WORKSPACE)
    assert len(await proved(lean, neighbours, snapshot)) >= 8


@pytest.mark.embedded
@pytest.mark.asyncio(loop_scope="module")
async def test_a_lemma_that_was_just_proved_is_used_for_the_next(lean: LeanProver) -> None:
    definitions = (
        "def up (n : Nat) : Nat := n * 3 + 1\ndef down (n : Nat) : Nat := n * 5 + 2\n"
        "theorem up_lt (n : Nat) : n < up n := by {}\ntheorem down_lt (m : Nat) : m < down m := by {}\n"
    )
    neighbours = Neighbours("Lean")
    first = Snapshot("file:///Next.lean", 1, definitions.format("sorry", "sorry"))
    assert await proved(lean, neighbours, first) == []
    document = await lean.open(first)
    hole = document.holes[0]

    class Says:
        name = "says"

        async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate]:
            yield Candidate("unfold up; omega", 0.0, self.name)

    prover = DocumentProver([lean], [Says()], budget=Budget(5.0))
    report = await prover.run(first, select=lambda h: h.start == hole.start)
    found = learnt_from(report.document, report.holes[0], prover="Lean")
    assert found is not None
    neighbours.learn(*found)
    second = Snapshot("file:///Next.lean", 2, definitions.format("unfold up; omega", "sorry"))
    assert await proved(lean, neighbours, second) == ["down_lt"]
