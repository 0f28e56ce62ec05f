"""The search that goes on from what candidates leave, on the scripted prover."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence

import pytest

from unsorry.engine import deepening
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver, Events
from unsorry.engine.graph import Caps
from unsorry.engine.report import HoleReport, Status
from unsorry.provers.fake import Closes, Dies, FakeProver, Hangs, Leaves, Rejects, Step
from unsorry.provers.seam import Limits, Progress, Snapshot
from unsorry.suggesters.seam import Candidate, GoalContext

Book = Mapping[str, Sequence[tuple[str, float]]]


class Scripted:
    """Suggests by the goal's target, and counts how often it was asked about each."""

    name = "scripted"

    def __init__(self, book: Book) -> None:
        self.book = book
        self.asked: Counter[str] = Counter()
        self.steps: dict[str, tuple[str, ...] | None] = {}

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        target = context.goal.target
        if context.steps is not None:
            self.asked[target] += 1
            self.steps[target] = context.steps
        for text, score in self.book.get(target, ()):
            yield Candidate(text, score, self.name)


async def search(
    script: Mapping[str, Mapping[str, Step]], suggester: Scripted, caps: Caps | None
) -> tuple[HoleReport, FakeProver]:
    prover = FakeProver(script)
    try:
        worker = DocumentProver([prover], [suggester], budget=Budget(20.0, caps=caps))
        report = await worker.run(Snapshot("file:///a", 1, "theorem t : Root := by sorry\n"))
        return report.holes[0], prover
    finally:
        await prover.close()


def ways(script: Mapping[str, Mapping[str, Step]], score: float = -1.0) -> Book:
    return {target: [(text, score) for text in steps] for target, steps in script.items()}


DEEP: dict[str, dict[str, Step]] = {
    "Root": {"split": Leaves(("L", "R"))},
    "L": {"l1": Leaves(("L1",)), "wrong": Leaves(("Lost",))},
    "L1": {"l2": Closes()},
    "R": {"r1": Leaves(("R1", "R2"))},
    "R1": {"x": Closes()},
    "R2": {"y": Closes()},
}


async def test_a_proof_of_several_steps_is_found_and_certified() -> None:
    report, _ = await search(DEEP, Scripted(ways(DEEP)), Caps())
    assert report.proof is not None
    assert report.proof.text.split("\n") == ["split", "l1", "l2", "r1", "x", "y"]


async def test_without_caps_there_is_one_round() -> None:
    suggester = Scripted(ways(DEEP))
    report, _ = await search(DEEP, suggester, None)
    assert report.status is Status.OPEN
    assert not suggester.asked


async def test_a_suggester_is_told_the_way() -> None:
    suggester = Scripted(ways(DEEP))
    await search(DEEP, suggester, Caps())
    assert suggester.steps["Root"] == ()
    assert suggester.steps["L1"] == ("split", "l1")


async def test_a_goal_reached_by_two_ways_is_expanded_once() -> None:
    script: dict[str, dict[str, Step]] = {
        "Root": {"one": Leaves(("Common", "A")), "two": Leaves(("Common", "B"))},
        "Common": {"hard": Leaves(("C1",))},
        "C1": {"c": Closes()},
        "B": {"b": Closes()},
    }
    suggester = Scripted(ways(script))
    report, _ = await search(script, suggester, Caps())
    assert report.proof is not None
    assert report.proof.text == "two\nhard\nc\nb"
    assert suggester.asked["Common"] == 1


def distracted() -> dict[str, dict[str, Step]]:
    """Six good steps in a row, beside one that looks better and leads to many goals close by."""
    script: dict[str, dict[str, Step]] = {"Root": {"g0": Leaves(("G1",)), "d": Leaves(("D",))}}
    for depth in range(1, 5):
        script[f"G{depth}"] = {f"g{depth}": Leaves((f"G{depth + 1}",))}
    script["G5"] = {"g5": Closes()}
    script["D"] = {f"d{i}": Leaves((f"D{i}",)) for i in range(30)}
    for i in range(30):
        script[f"D{i}"] = {f"d{i}_{k}": Leaves((f"D{i}_{k}",)) for k in range(20)}
    return script


@pytest.mark.parametrize(("alpha", "found"), [(0.0, False), (0.5, True), (1.0, True)])
async def test_a_long_proof_is_found_beside_a_shallow_distractor(alpha: float, found: bool) -> None:
    script = distracted()

    def score(text: str) -> float:
        return -0.28 if text.startswith("g") else -0.1 if text == "d" else -0.8

    book = {target: [(text, score(text)) for text in steps] for target, steps in script.items()}
    report, _ = await search(script, Scripted(book), Caps(nodes=200, alpha=alpha))
    assert (report.status is Status.PROVED) is found
    if found:
        assert report.proof is not None
        assert report.proof.text == "\n".join(f"g{i}" for i in range(6))
    else:
        assert "none verified" in (report.message or "")


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        (Caps(nodes=3), "the limit of 3 goals was reached"),
        (Caps(depth=2), "the limit of 2 steps in a row was reached"),
        (Caps(memory=2**10), "goals reached their limit of 0.000976562 MiB"),
    ],
)
async def test_the_cap_that_ended_a_search_is_told(caps: Caps, reason: str) -> None:
    script: dict[str, dict[str, Step]] = {f"G{n}": {f"g{n}": Leaves((f"G{n + 1}",))} for n in range(9)}
    script["Root"] = {"g": Leaves(("G0",))}
    report, _ = await search(script, Scripted(ways(script)), caps)
    assert report.status is Status.OPEN
    assert (report.message or "").split("; ")[1:] == [reason]


async def test_what_goals_below_the_hole_left_is_not_kept() -> None:
    report, _ = await search(DEEP, Scripted(ways(DEEP)), Caps())
    left = {a.candidate.text: a.outcome.goals for a in report.attempts if isinstance(a.outcome, Progress)}
    assert [g.target for g in left.pop("split")] == ["L", "R"]
    assert set(left) == {"l1", "wrong", "r1"}
    assert not any(left.values())


async def test_what_goes_in_circles_ends() -> None:
    script: dict[str, dict[str, Step]] = {"Root": {"there": Leaves(("X",))}, "X": {"back": Leaves(("Root",))}}
    report, prover = await search(script, Scripted(ways(script)), Caps())
    assert report.status is Status.OPEN
    assert report.message == "searched 2 goals, 2 candidates, none verified"
    assert prover.tried == ["there", "there", "back"]


async def test_states_let_go_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepening, "_MAX_STATES", 1)
    report, prover = await search(DEEP, Scripted(ways(DEEP)), Caps())
    assert report.proof is not None
    assert prover.counts.forgotten > 0


async def test_all_states_are_let_go_at_the_end() -> None:
    script: dict[str, dict[str, Step]] = {**DEEP, "R2": {"y": Rejects()}}
    text_of = {text: target for target, steps in script.items() for text in steps}
    report, prover = await search(script, Scripted(ways(script)), Caps())
    assert report.status is Status.OPEN
    kept = sum(1 for text in prover.tried if isinstance(script[text_of[text]][text], Leaves))
    # The first step was tried twice, and in the first round it was not kept.
    assert prover.counts.forgotten == kept - 1


async def test_the_death_of_the_prover_loses_no_goal() -> None:
    script: dict[str, dict[str, Step]] = {**DEEP, "R1": {"crash": Dies(times=1, then=Rejects()), "x": Closes()}}
    report, prover = await search(script, Scripted(ways(script)), Caps())
    assert report.proof is not None
    assert prover.counts.replayed > 0


async def test_a_proof_that_is_not_certified_is_put_aside() -> None:
    script: dict[str, dict[str, Step]] = {
        **DEEP,
        "L1": {"bad": Closes(flaw="the kernel says no"), "l2": Closes()},
    }
    report, _ = await search(script, Scripted(ways(script)), Caps())
    assert report.proof is not None
    assert "l2" in report.proof.text


async def test_the_goals_of_an_attempt_are_told() -> None:
    prover = FakeProver(DEEP)
    told: dict[str, str] = {}
    try:
        events = Events(tried=lambda t: told.update({t.attempt.candidate.text: t.goals[0].target}))
        worker = DocumentProver([prover], [Scripted(ways(DEEP))], budget=Budget(20.0, caps=Caps()), events=events)
        await worker.run(Snapshot("file:///a", 1, "theorem t : Root := by sorry\n"))
    finally:
        await prover.close()
    assert told["l2"] == "L1"
    assert told["split"] == "Root"


async def test_what_was_proved_in_part_is_told_and_is_no_proof() -> None:
    script: dict[str, dict[str, Step]] = {**DEEP, "R2": {"y": Rejects()}}
    report, prover = await search(script, Scripted(ways(script)), Caps())
    assert report.status is Status.OPEN
    assert report.proof is None
    assert report.partial is not None
    assert (report.partial.proved, report.partial.goals) == (2, 3)
    assert report.partial.text.split("\n") == ["split", "l1", "l2", "r1", "x", "sorry"]
    assert report.message == "searched 6 goals, 7 candidates, none verified; 2 of 3 subgoals proved"
    assert "sorry" not in prover.tried


async def test_nothing_proved_is_nothing_in_part() -> None:
    script: dict[str, dict[str, Step]] = {"Root": {"split": Leaves(("L", "R"))}, "L": {"l": Rejects()}}
    report, _ = await search(script, Scripted(ways(script)), Caps())
    assert report.partial is None
    assert report.message == "searched 3 goals, 2 candidates, none verified"


async def test_goals_that_nothing_proves_end_with_their_counts_and_leave_nothing_behind() -> None:
    def step(target: str, tactic: str) -> Step | None:
        # Each goal leads to others for ever, and some of what is tried does not end.
        number = len(target)
        match tactic:
            case "on":
                return Leaves((target + "'",))
            case "split":
                return Leaves((target + "a", target + "b"))
            case "hang":
                return Hangs()
            case _:
                return Rejects(f"no, {number} times")

    class Always:
        name = "always"

        async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
            for text in ("no", "on", "split", "hang"):
                yield Candidate(text, -1.0, self.name)

    prover = FakeProver(step)
    told: Counter[str] = Counter()
    try:
        events = Events(tried=lambda t: told.update([str(t.hole.declaration)]))
        budget = Budget(0.5, Limits(seconds=0.02, explain=False), caps=Caps())
        worker = DocumentProver([prover], [Always()], budget=budget, events=events)
        text = "".join(f"theorem t{n} : Root{n} := by sorry\n" for n in range(11))
        report = await worker.run(Snapshot("file:///a", 1, text))
        assert [h.status for h in report.holes] == [Status.OPEN] * 11
        for hole in report.holes:
            found = re.match(r"searched (\d+) goals, (\d+) candidates, none verified", hole.message or "")
            assert found is not None
            assert int(found[2]) == hole.candidates == told[str(hole.hole.declaration)]
            assert int(found[1]) > 1
        # Nothing is under way and no state is kept but those of the holes.
        assert await prover.memory() == 50 * 2**20 + 11 * 2**20
    finally:
        await prover.close()
