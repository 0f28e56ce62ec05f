"""The search of one hole and of whole documents, on the scripted prover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from unsorry.engine.attempts import Tried
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver, Events, context_of
from unsorry.engine.lanes import Lane
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import PremiseIndex
from unsorry.engine.report import Attempt, DocumentReport, HoleReport, Status
from unsorry.engine.search import HoleSearch
from unsorry.engine.trust import Policy
from unsorry.provers.fake import ANY, Closes, Dies, FakeProver, Hangs, Leaves, Rejects, Script
from unsorry.provers.seam import Certificate, Limits, Snapshot, StateHandle
from unsorry.suggesters.seam import Candidate, GoalContext


class Says:
    """Suggests always the same, in this order."""

    name = "says"

    def __init__(self, *texts: str, slow: Sequence[str] = ()) -> None:
        self.texts = texts
        self.slow = slow
        self.contexts: list[GoalContext] = []

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        self.contexts.append(context)
        for text in self.slow:
            yield Candidate(text, 0.0, self.name, slow=True)
        for place, text in enumerate(self.texts):
            yield Candidate(text, -float(place), self.name)


class Breaks:
    """Fails after its first candidate."""

    name = "breaks"

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        yield Candidate("nope", -0.5, self.name)
        raise RuntimeError("out of order")


TEXT = "theorem one : A := by sorry\n\ntheorem two : B := by sorry\n"


async def prove(
    script: Script,
    *suggesters: Says | Breaks,
    text: str = TEXT,
    policy: Policy | None = None,
    budget: Budget | None = None,
    events: Events | None = None,
) -> tuple[DocumentReport, FakeProver]:
    prover = FakeProver(script)
    try:
        worker = DocumentProver([prover], suggesters, policy=policy, budget=budget, events=events)
        return await worker.run(Snapshot("file:///a", 1, text)), prover
    finally:
        await prover.close()


def reasons(report: HoleReport) -> list[str | None]:
    return [a.refusal for a in report.attempts]


async def test_the_first_candidate_that_is_certified_is_the_proof() -> None:
    script: Script = {"A": {"b": Closes(), "c": Closes()}, "B": {"c": Closes()}}
    report, _ = await prove(script, Says("a", "b", "c"))
    assert [h.proof.text for h in report.holes if h.proof] == ["b", "c"]
    assert report.holes[0].candidates == 2
    assert report.result.text == TEXT.replace("sorry", "b", 1).replace("sorry", "c", 1)


async def test_what_closes_and_is_not_certified_is_no_proof() -> None:
    script: Script = {"A": {"cheat": Closes(flaw="the kernel says no"), "good": Closes()}}
    report, _ = await prove(script, Says("cheat", "good"))
    first = report.holes[0]
    assert first.proof is not None
    assert first.proof.text == "good"
    assert reasons(first) == ["the kernel says no", None]


async def test_an_axiom_that_is_not_allowed_refuses_the_proof() -> None:
    script: Script = {"A": {"trick": Closes(axioms=("Lean.ofReduceBool",))}}
    report, _ = await prove(script, Says("trick"))
    assert report.holes[0].status is Status.OPEN
    assert "Lean.ofReduceBool" in (reasons(report.holes[0])[0] or "")
    assert "refused" in (report.holes[0].message or "")
    allowed, _ = await prove(script, Says("trick"), policy=Policy(frozenset({"Lean.ofReduceBool"})))
    assert allowed.holes[0].status is Status.PROVED


async def test_progress_alone_is_no_proof() -> None:
    report, _ = await prove({"A": {"split": Leaves(("C", "D"))}}, Says("split"))
    assert report.holes[0].status is Status.OPEN
    assert report.result.text == TEXT


async def test_what_a_search_tactic_found_takes_its_place() -> None:
    script: Script = {"A": {"exact?": Closes(replacements=("exact a",)), "exact a": Closes()}}
    report, _ = await prove(script, Says("exact?"))
    assert report.holes[0].proof is not None
    assert report.holes[0].proof.text == "exact a"


async def test_a_search_tactic_whose_find_does_not_hold_proves_nothing() -> None:
    script: Script = {"A": {"exact?": Closes(replacements=("exact bad",)), "exact bad": Rejects()}}
    report, _ = await prove(script, Says("exact?"))
    assert report.holes[0].status is Status.OPEN
    assert "does not check" in (reasons(report.holes[0])[0] or "")


async def test_a_suggester_that_fails_takes_nobody_along(caplog: pytest.LogCaptureFixture) -> None:
    report, _ = await prove({"A": {"good": Closes()}}, Breaks(), Says("good"))
    assert report.holes[0].status is Status.PROVED
    assert "breaks" in caplog.text


async def test_candidates_are_tried_once_whatever_their_spaces() -> None:
    _, prover = await prove({ANY: {}}, Says("a  b", "a b"), Says("a b"))
    assert prover.counts.candidates == 2  # one for each of the two holes


async def test_a_candidate_that_kills_the_prover_is_not_the_end() -> None:
    script: Script = {"A": {"crash": Dies(), "good": Closes()}, "B": {"good": Closes()}}
    report, prover = await prove(script, Says("crash", "good"))
    assert report.proved == 2
    assert prover.counts.starts >= 2


async def test_the_candidate_under_way_when_the_prover_is_killed_gets_another_turn() -> None:
    script: Script = {"A": {"only": Dies(times=1, then=Closes())}}
    report, _ = await prove(script, Says("only"))
    assert report.holes[0].proof is not None
    assert report.holes[0].proof.text == "only"


async def test_a_candidate_that_kills_the_prover_each_time_is_given_up() -> None:
    script: Script = {"A": {"crash": Dies()}}
    report, prover = await prove(script, Says("crash"), text="theorem one : A := by sorry\n")
    assert report.holes[0].status is Status.OPEN
    assert prover.counts.candidates == 2


async def test_the_budget_ends_the_search() -> None:
    texts = [f"hang {i}" for i in range(50)]
    script: Script = {ANY: dict.fromkeys(texts, Hangs())}
    budget = Budget(0.3, Limits(seconds=0.1))
    report, prover = await prove(script, Says(*texts), budget=budget)
    assert all(h.status is Status.OPEN for h in report.holes)
    assert prover.counts.candidates < 20
    assert "budget" in (report.holes[0].message or "")


async def test_selected_holes_only() -> None:
    prover = FakeProver({ANY: {"good": Closes()}})
    worker = DocumentProver([prover], [Says("good")])
    report = await worker.run(Snapshot("u", 1, TEXT), lambda hole: hole.declaration == "two")
    await prover.close()
    assert [h.hole.declaration for h in report.holes] == ["two"]
    assert report.result.text.count("sorry") == 1


async def test_several_provers_share_the_holes() -> None:
    text = "".join(f"theorem t{i} : A := by sorry\n\n" for i in range(9))
    provers = [FakeProver({"A": {"good": Closes()}}) for _ in range(3)]
    report = await DocumentProver(provers, [Says("good")]).run(Snapshot("u", 1, text))
    for prover in provers:
        await prover.close()
    assert report.proved == 9
    assert [h.hole.declaration for h in report.holes] == [f"t{i}" for i in range(9)]


async def test_watchers_hear_of_everything() -> None:
    heard: list[Attempt] = []
    ended: list[HoleReport] = []

    def tried(event: Tried) -> None:
        heard.append(event.attempt)

    events = Events(tried=tried, finished=ended.append)
    report, _ = await prove({"A": {"b": Closes()}}, Says("a", "b"), events=events)
    assert [a.candidate.text for a in heard][:2] == ["a", "b"]
    assert len(ended) == len(report.holes)


async def test_earlier_theorems_are_in_the_context() -> None:
    suggester = Says("x")
    await prove({ANY: {}}, suggester)
    assert [[e.name for e in c.earlier] for c in suggester.contexts] == [[], ["one"]]


def test_the_policy_wants_a_certificate_first() -> None:
    assert Policy().refusal(Certificate(False, "no")) == "no"
    assert Policy().refusal(Certificate(True, axioms=("propext", "Quot.sound"))) is None
    assert "mine" in (Policy().refusal(Certificate(True, axioms=("mine",))) or "")


ONE = "theorem one : A := by sorry\n"


def tried(report: HoleReport) -> list[str]:
    return [a.candidate.text for a in report.attempts]


async def test_a_slow_candidate_comes_when_nothing_else_is_left() -> None:
    script: Script = {"A": {"find": Closes(replacements=("found",)), "found": Closes()}}
    texts = [f"x{i}" for i in range(20)]
    report, _ = await prove(script, Says(*texts, slow=["find"]), text=ONE)
    assert tried(report.holes[0]) == [*texts, "find"]
    assert report.holes[0].proof is not None
    assert report.holes[0].proof.text == "found"


async def test_a_slow_candidate_has_a_limit_of_its_own() -> None:
    script: Script = {"A": {"find": Closes(seconds=0.4), "same": Closes(seconds=0.4)}}
    budget = Budget(30.0, Limits(seconds=0.1), slow_seconds=20.0)
    report, _ = await prove(script, Says("same", slow=["find"]), text=ONE, budget=budget)
    assert [type(a.outcome).__name__ for a in report.holes[0].attempts] == ["TimedOut", "Closed"]
    short = Budget(30.0, Limits(seconds=0.1), slow_seconds=0.5)
    report, _ = await prove(script, Says("same", slow=["find"]), text=ONE, budget=short)
    assert tried(report.holes[0]) == ["same"]


async def test_a_slow_candidate_has_its_turn_before_dear_ones_use_up_the_budget() -> None:
    texts = [f"hang {i}" for i in range(50)]
    script: Script = {"A": {**dict.fromkeys(texts, Hangs()), "find": Closes()}}
    budget = Budget(6.0, Limits(seconds=0.3))
    report, _ = await prove(script, Says(*texts, slow=["find"]), text=ONE, budget=budget)
    assert report.holes[0].proof is not None
    assert report.holes[0].proof.text == "find"


async def test_a_slow_candidate_is_not_begun_with_little_time() -> None:
    script: Script = {"A": {"find": Closes()}}
    report, _ = await prove(script, Says("x", slow=["find"]), text=ONE, budget=Budget(1.5))
    assert tried(report.holes[0]) == ["x"]


async def test_a_pause_asked_for_while_the_time_runs_out_is_fine() -> None:
    class Lingers(FakeProver):
        async def libraries(self, state: StateHandle) -> tuple[str, ...]:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ending.set()
                await go_on.wait()
                raise
            return await super().libraries(state)

    ending, go_on = asyncio.Event(), asyncio.Event()
    prover = Lingers({})
    document = await prover.open(Snapshot("file:///a", 1, TEXT))
    hole = document.holes[0]
    assert hole.state is not None
    search = HoleSearch(
        Lane(prover),
        document,
        hole,
        context_of(document, hole, prover="fake"),
        [Says("nope")],
        policy=Policy(),
        budget=Budget(0.1),
        mixing=Mixing(),
        premises=PremiseIndex().at(hole.state, frozenset()),
    )
    running = asyncio.create_task(search.run())
    await asyncio.wait_for(ending.wait(), 5)
    search.nudge()
    go_on.set()
    report = await asyncio.wait_for(running, 5)
    assert report is not None
    assert report.status is Status.OPEN
    await search.aclose()
    await prover.close()
