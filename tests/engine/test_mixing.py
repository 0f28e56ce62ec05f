"""Candidates of several suggesters in one order: what is learned of each, and what part of the time it gets."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncGenerator, Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from engine.sessions import PATIENCE, at_work
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.feed import Feed
from unsorry.engine.mixing import Mixing, shape_of
from unsorry.provers.fake import ANY, Closes, FakeProver, Hangs, Script
from unsorry.provers.seam import Constant, Goal, InductiveType, Limits, Local, Snapshot
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

SCORES = st.floats(-60, 0)
OUTCOMES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), SCORES, st.booleans(), st.floats(0, 10)),
    max_size=60,
)


def after(outcomes: Sequence[tuple[str, str, float, bool, float]]) -> Mixing:
    mixing = Mixing()
    for source, shape, score, closed, seconds in outcomes:
        mixing.note(source, shape, score, closed=closed, seconds=seconds)
    return mixing


def waiting(source: str, scores: Sequence[float]) -> list[Candidate]:
    return [Candidate(f"{source} {place}", score, source) for place, score in enumerate(scores)]


# What is learned


def test_before_there_is_any_outcome_the_raw_score_decides() -> None:
    assert Mixing().log_odds("new", "x", -2.5) == -2.5
    queues = {"a": waiting("a", [-0.5, -2.0]), "b": waiting("b", [-3.0, 0.0, -1.0])}
    assert [c.score for c in Mixing().take("x", queues, 9)] == [0.0, -0.5, -1.0, -2.0, -3.0]


@given(OUTCOMES, SCORES, SCORES)
def test_a_better_score_is_never_worth_less(
    outcomes: Sequence[tuple[str, str, float, bool, float]], one: float, other: float
) -> None:
    mixing = after(outcomes)
    low, high = sorted((one, other))
    for shape in ("x", "y", "new"):
        assert mixing.log_odds("a", shape, low) <= mixing.log_odds("a", shape, high)
        assert math.isfinite(mixing.worth("a", shape, low))


@given(OUTCOMES, st.lists(SCORES, max_size=40), st.lists(SCORES, max_size=40), st.integers(1, 20))
def test_each_batch_is_full_and_keeps_the_order_of_each(
    outcomes: Sequence[tuple[str, str, float, bool, float]], one: list[float], other: list[float], size: int
) -> None:
    mixing = after(outcomes)
    queues = {"a": waiting("a", one), "b": waiting("b", other)}
    everything = {c for queue in queues.values() for c in queue}
    taken: list[Candidate] = []
    while batch := mixing.take("x", queues, size):
        assert len(batch) == min(size, len(everything) - len(taken))
        taken += batch
    assert len(taken) == len(everything)
    assert set(taken) == everything
    for source, scores in (("a", one), ("b", other)):
        wanted = sorted(waiting(source, scores), key=lambda c: -c.score)
        assert [c for c in taken if c.origin == source] == wanted


def test_the_log_odds_converge_to_what_is_so() -> None:
    chance = random.Random(1)
    mixing = Mixing()
    for _ in range(3000):
        score = -6 * chance.random()
        closed = chance.random() < 1 / (1 + math.exp(1 - score / 2))
        mixing.note("model", "x", score, closed=closed, seconds=0.0)
    for score in (0.0, -2.0, -4.0):
        assert mixing.log_odds("model", "x", score) == pytest.approx(score / 2 - 1, abs=0.7)


def test_what_is_known_of_a_shape_is_known_of_others_in_part() -> None:
    mixing = Mixing()
    for _ in range(30):
        mixing.note("model", "met", -1.0, closed=False, seconds=0.0)
    assert mixing.log_odds("model", "met", -1.0) < mixing.log_odds("model", "new", -1.0) < -1.0
    assert mixing.log_odds("other", "met", -1.0) == -1.0


def test_the_share_of_who_never_helps_falls_to_the_floor_and_comes_back() -> None:
    mixing = Mixing()
    best = {"useless": 0.0, "useful": -1.0}
    shares = [mixing.shares("x", best)["useless"]]
    for _ in range(6):
        for _ in range(20):
            mixing.note("useless", "x", 0.0, closed=False, seconds=0.0)
            mixing.note("useful", "x", -1.0, closed=True, seconds=0.0)
        shares.append(mixing.shares("x", best)["useless"])
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.5
    assert 0.1 < shares[-1] < 0.12
    for _ in range(20):
        mixing.note("useless", "x", 0.0, closed=True, seconds=0.0)
    assert mixing.shares("x", best)["useless"] > 0.35


def test_who_costs_more_time_gets_less() -> None:
    mixing = Mixing()
    for _ in range(10):
        mixing.note("slow", "x", -1.0, closed=False, seconds=2.0)
        mixing.note("quick", "x", -1.0, closed=False, seconds=0.02)
    shares = mixing.shares("x", {"slow": -1.0, "quick": -1.0, "new": -1.0})
    assert shares["slow"] < shares["quick"]
    assert sum(shares.values()) == pytest.approx(1)
    assert mixing.seconds("quick") < mixing.seconds("new") < mixing.seconds("slow")


@pytest.mark.parametrize("newcomers", [1, 3])
def test_a_newcomer_has_a_place_in_every_batch(newcomers: int) -> None:
    queues = {"flood": waiting("flood", [0.0] * 100)}
    queues.update({f"new {i}": waiting(f"new {i}", [-20.0] * 100) for i in range(newcomers)})
    mixing = Mixing()
    for _ in range(4):
        batch = mixing.take("x", queues, 16)
        assert {c.origin for c in batch} == set(queues)


def test_the_shape_of_a_goal() -> None:
    inner = Goal("", "", head="Eq")
    assert shape_of(GoalContext("Lean", (Goal("", "", head="Forall", inner=inner),))) == "Eq"
    own = Goal("", "", head="Eq", constants=(Constant("f", "f", "def"),))
    library = Goal("", "", head="Eq", constants=(Constant("f", "f", "def", module="M"),))
    assert shape_of(GoalContext("Lean", (own,))) != shape_of(GoalContext("Lean", (library,))) == "Eq"
    assert shape_of(GoalContext("Lean", ())) == ""


# In searches


class Scripted:
    """Says the same of every goal, with scores from ``best`` down."""

    def __init__(self, name: str, texts: Sequence[str], best: float, step: float = 0.01) -> None:
        self.name = name
        self.candidates = [Candidate(t, best - step * i, f"{name}/part") for i, t in enumerate(texts)]

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        assert context.goals
        for candidate in self.candidates:
            yield candidate


async def tried(script: Script, holes: int, *suggesters: Suggester, seconds: float = 10.0) -> list[list[str]]:
    """Which sources had their turn on each of some holes, in order."""
    text = "".join(f"theorem t{i} : A := by sorry\n\n" for i in range(holes))
    prover = FakeProver(script)
    budget = Budget(60.0, Limits(seconds=seconds))
    try:
        report = await DocumentProver([prover], suggesters, budget=budget).run(Snapshot("u", 1, text))
    finally:
        await prover.close()
    return [[a.source for a in h.attempts] for h in report.holes]


async def test_a_flood_of_wrong_candidates_holds_up_the_first_hole_only() -> None:
    flood = Scripted("flood", [f"no {i}" for i in range(100)], 0.0)
    right = Scripted("right", ["good"], -8.0)
    sources = await tried({"A": {"good": Closes()}}, 6, flood, right)
    assert [len(s) for s in sources] == [16, 1, 1, 1, 1, 1]
    assert all(s[-1] == "right" for s in sources)


async def test_candidates_that_run_out_of_time_cost_their_suggester_its_turn() -> None:
    # About as likely by their scores, and as wrong, so that only time tells them apart.
    slow = Scripted("slow", [f"slow {i}" for i in range(8)], -1.0)
    quick = Scripted("quick", [f"quick {i}" for i in range(8)], -1.01)
    script: Script = {ANY: {f"slow {i}": Hangs() for i in range(8)}}
    first, *later = await tried(script, 3, slow, quick, seconds=0.02)
    assert first[0] == "slow"
    assert later == [["quick"] * 8 + ["slow"] * 8] * 2


async def test_sessions_of_a_project_learn_from_one_another() -> None:
    flood = Scripted("flood", [f"no {i}" for i in range(100)], 0.0)
    right = Scripted("right", ["good"], -8.0)
    text = "theorem one : A := by sorry\n"
    async with at_work(FakeProver({"A": {"good": Closes()}}), text, flood, right) as rig:
        await rig.settle()
        assert len(rig.attempts) == 16
        other = rig.open(text, "file:///other")
        try:
            assert await other.settle(PATIENCE)
        finally:
            await other.close()
        assert len(rig.attempts) == 17


NAT = InductiveType("Nat", ("Nat.zero", "Nat.succ"), recursive=True)
VARIABLES = (Local("n", "Nat", head="Nat", inductive=NAT), Local("h", "n = 0", is_prop=True, head="Eq"))
GOALS = [
    Goal("⊢ n + 0 = n", "n + 0 = n", head="Eq", whnf_head="Eq", locals=VARIABLES),
    Goal("⊢ p ∧ q", "p ∧ q", head="And", whnf_head="And"),
    Goal("⊢ f n = n", "f n = n", head="Eq", locals=VARIABLES, constants=(Constant("f", "f", "def"),)),
    Goal("⊢ ∃ x, x = 0", "∃ x, x = 0", head="Exists", whnf_head="Exists", bound="Nat"),
]


@pytest.mark.parametrize("goal", GOALS, ids=lambda g: g.target)
@pytest.mark.parametrize("rules", [LeanRules(), IsabelleRules()], ids=["Lean", "Isabelle"])
async def test_the_order_of_the_rules_alone_is_theirs(rules: LeanRules | IsabelleRules, goal: Goal) -> None:
    context = GoalContext("Lean" if isinstance(rules, LeanRules) else "Isabelle", (goal,))
    theirs = [c async for c in rules.suggest(context)]
    assert len(theirs) > 4
    mixing = Mixing()
    chance = random.Random(0)
    # The same again when outcomes of all kinds are known.
    for _ in range(3):
        feed = Feed(context, [rules], mixing)
        given: list[Candidate] = []
        while batch := await feed.batch(3):
            given += batch
            for candidate in batch:
                feed.note(candidate, closed=chance.random() < 0.2, seconds=chance.random())
        await feed.aclose()
        assert given == sorted(theirs, key=lambda c: -c.score)
        assert {feed.source(c) for c in given} == {"rules"}


async def test_whose_candidate_it_is() -> None:
    suggesters = [Scripted("http/model", ["a"], 0.0), Scripted("rules", ["b"], 0.0)]
    feed = Feed(GoalContext("Lean", ()), suggesters, Mixing())
    origins = ["http/model", "http/model/x", "http/models", "rules/cases", "rulesx", "neighbours"]
    sources = [feed.source(Candidate("", 0.0, origin)) for origin in origins]
    assert sources == ["http/model", "http/model", "http", "rules", "rulesx", "neighbours"]
