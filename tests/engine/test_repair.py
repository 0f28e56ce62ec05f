"""Whole proofs that failed: what the prover says of them goes back to whoever wrote them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.scripted import Drafts, Steps
from provers.leans import make_lean
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.engine.drafts import complaints, first_change, prefixes
from unsorry.engine.graph import Caps
from unsorry.engine.report import HoleReport, Status
from unsorry.provers.fake import Closes, FakeProver, Leaves, Rejects, Step
from unsorry.provers.seam import Certificate, Closed, Edit, Limits, Message, Progress, Prover, Severity, Snapshot
from unsorry.suggesters.presets import PRESETS
from unsorry.suggesters.rules.lean import LeanRules
from unsorry.suggesters.seam import Complaint, Failed, GoalContext

SCRIPT: dict[str, dict[str, Step]] = {
    "Root": {"split": Leaves(("L", "R")), "other": Rejects("no such step")},
    "L": {"l": Closes()},
    "R": {"r": Closes(), "wrong": Rejects("wrong does not apply to R")},
}


async def search(prover: Prover, *suggesters: Drafts | Steps, text: str, budget: Budget | None = None) -> HoleReport:
    try:
        worker = DocumentProver([prover], suggesters, budget=budget or Budget(20.0, caps=Caps()))
        return (await worker.run(Snapshot("file:///a", 1, text))).holes[0]
    finally:
        await prover.close()


#: For a real prover on a busy machine.
PATIENT = Budget(100.0, caps=Caps())

ROOT = "theorem t : Root := by sorry\n"


async def test_a_draft_with_an_error_is_mended_by_who_sees_the_message() -> None:
    drafts = Drafts("split\nl\nwrong", "split\nl\nr", needs="wrong does not apply to R")
    report = await search(FakeProver(SCRIPT), drafts, text=ROOT)
    assert report.proof is not None
    assert report.proof.text == "split\nl\nr"
    assert drafts.shown == [(Failed("split\nl\nwrong", (Complaint("wrong does not apply to R", 2),)),)]


async def test_each_repair_is_shown_all_that_came_before_and_the_rounds_end() -> None:
    drafts = Drafts("split\nwrong", "other", "split\nother", "split\nl\nr")
    report = await search(FakeProver(SCRIPT), drafts, text=ROOT)
    assert report.proof is None
    assert [[f.text for f in chain] for chain in drafts.shown] == [["split\nwrong"], ["split\nwrong", "other"]]
    drafts = Drafts("split\nwrong", "other", "split\nother", "split\nl\nr")
    budget = Budget(20.0, caps=Caps(), repairs=3)
    report = await search(FakeProver(SCRIPT), drafts, text=ROOT, budget=budget)
    assert report.proof is not None


async def test_without_rounds_or_in_a_short_search_nobody_is_asked() -> None:
    for budget in (Budget(20.0, caps=Caps(), repairs=0), Budget(20.0)):
        drafts = Drafts("split\nl\nwrong", "split\nl\nr")
        report = await search(FakeProver(SCRIPT), drafts, text=ROOT, budget=budget)
        assert report.proof is None
        assert not drafts.shown


async def test_the_beginning_that_holds_is_gone_on_from() -> None:
    drafts, steps = Drafts("split\nl\nwrong"), Steps({"R": ["r"]})
    report = await search(FakeProver(SCRIPT), drafts, steps, text=ROOT)
    assert report.proof is not None
    assert report.proof.text == "split\nl\nr"
    assert not steps.failed


@pytest.mark.embedded
async def test_lean_says_where_a_draft_fails_and_it_is_mended() -> None:
    text = "theorem t (p q : Prop) (hp : p) (hq : q) : q ∧ p := by\n  sorry\n"
    drafts = Drafts("constructor\n· exact hp\n· exact hp", "constructor\n· exact hq\n· exact hp", needs="ype mismatch")
    report = await search(make_lean(), drafts, text=text, budget=PATIENT)
    assert report.proof is not None
    assert report.proof.text == "constructor\n· exact hq\n· exact hp"
    ((failed,),) = drafts.shown
    assert [c.line for c in failed.complaints] == [1]


@pytest.mark.embedded
async def test_lean_names_the_line_in_examples_too_and_all_that_is_wrong() -> None:
    text = "example (n : Nat) : n + 0 = n ∧ 0 + n = n := by\r\n  sorry\r\n"
    drafts = Drafts("constructor\n· exact foo\n· exact bar", "constructor\n· rfl\n· exact Nat.zero_add n", needs="foo")
    report = await search(make_lean(), drafts, text=text, budget=PATIENT)
    assert report.proof is not None
    ((failed,),) = drafts.shown
    assert [c.line for c in failed.complaints] == [1, 2]


async def test_the_holes_of_a_skeleton_are_proved_and_it_is_tried_with_none() -> None:
    script: dict[str, dict[str, Step]] = {
        "Root": {"have h : L := ?_": Leaves(("Rest", "L"))},
        "Rest": {"exact h": Closes()},
        "L": {"l": Closes()},
    }
    prover = FakeProver(script)
    report = await search(prover, Drafts("have h : L := by sorry\nexact h"), Steps({"L": ["l"]}), text=ROOT)
    assert report.proof is not None
    assert report.proof.text == "have h : L := ?_\nexact h\nl"
    assert not any("sorry" in text for text in prover.tried)


async def test_a_short_search_does_not_try_a_skeleton() -> None:
    prover = FakeProver(SCRIPT)
    report = await search(prover, Drafts("have h : L := by sorry\nexact h"), text=ROOT, budget=Budget(20.0))
    assert report.proof is None
    assert report.candidates == 0


@pytest.mark.embedded
async def test_a_skeleton_is_filled_in_lean_and_what_is_left_of_one_is_told() -> None:
    text = "theorem t (a b : Nat) (h : a < b) : a * 2 < b * 2 + 1 := by\n  sorry\n"
    draft = (
        "have one : a * 2 < b * 2 := by sorry\nhave two : b * 2 < b * 2 + 1 := by\n  sorry\nexact Nat.lt_trans one two"
    )
    steps = Steps({"a * 2 < b * 2": ["omega"], "b * 2 < b * 2 + 1": ["exact Nat.lt_succ_self _"]})
    report = await search(make_lean(), Drafts(draft), steps, text=text, budget=PATIENT)
    assert report.proof is not None
    assert "sorry" not in report.proof.text
    report = await search(
        make_lean(), Drafts(draft), Steps({"b * 2 < b * 2 + 1": ["omega"]}), text=text, budget=PATIENT
    )
    assert report.proof is None
    assert report.partial is not None
    assert (report.partial.proved, report.partial.goals) == (1, 2)


THREE = """\
have one : a * 2 < b * 2 := by sorry
have two : b * 2 < b * 2 + 1 := by sorry
have three : a * 2 + c < b * 2 + 1 + c := by sorry
exact ⟨Nat.lt_trans one two, three⟩"""


@pytest.mark.embedded
async def test_two_of_three_subgoals_are_proved_in_their_places_and_the_third_has_a_hole() -> None:
    text = "theorem t (a b c : Nat) (h : a < b) : a * 2 < b * 2 + 1 ∧ a * 2 + c < b * 2 + 1 + c := by\n  sorry\n"
    steps = Steps({"a * 2 < b * 2": ["omega"], "b * 2 < b * 2 + 1": ["intro x", "exact Nat.lt_succ_self _"]})
    prover = make_lean()
    try:
        worker = DocumentProver([prover], [Drafts(THREE), steps], budget=PATIENT)
        done = await worker.run(Snapshot("file:///a", 1, text))
        (report,) = done.holes
        assert (report.status, report.proof, report.alternatives) == (Status.OPEN, None, ())
        assert report.partial is not None
        assert str(report.partial) == "2 of 3 subgoals proved"
        assert report.partial.text == THREE.replace("sorry", "omega", 1).replace("sorry", "exact Nat.lt_succ_self _", 1)
        # It is nobody's proof, and nothing puts it into the text.
        assert (done.proved, done.result.text) == (0, text)
        refused = await prover.certify(done.document, 0, [report.partial.edit])
        assert not refused.ok
    finally:
        await prover.close()


@pytest.mark.embedded
async def test_the_rules_write_out_the_cases_of_an_induction_with_their_variables() -> None:
    text = (
        "inductive Tree where\n  | leaf\n  | node (l : Tree) (x : Nat) (r : Tree)\n"
        "opaque P : Tree → Prop\naxiom one : P .leaf\naxiom two : P l → P r → P (.node l x r)\n"
        "theorem t (t : Tree) : P t := by\n  sorry\n"
    )
    prover = make_lean()
    try:
        (hole,) = (await prover.open(Snapshot("file:///a", 1, text))).holes
        context = GoalContext("Lean", hole.goals, steps=())
        found = [prover.opened(c.text) async for c in LeanRules().suggest(context) if "sorry" in c.text]
        step = "induction t with\n| leaf => ?_\n| node l x r ih1 ih2 => ?_"
        assert step in found
        assert hole.state is not None
        (outcome,) = [o async for o in prover.try_(hole.state, [step], Limits(30.0, keep_states=True))]
        assert isinstance(outcome, Progress)
        assert [x.name for x in outcome.goals[1].locals if x.accessible] == ["l", "x", "r", "ih1", "ih2"]
        whole = prover.compose(step, outcome.goals, ["exact one", "exact two ih1 ih2"])
        (closed,) = [o async for o in prover.try_(hole.state, [whole], Limits(30.0))]
        assert isinstance(closed, Closed)
    finally:
        await prover.close()


def test_prefixes_end_with_steps_of_the_outermost_block() -> None:
    text = "intro h\ncases h with\n| inl a =>\n  exact a\n| inr b => skip\nsimp"
    assert list(prefixes(text)) == [text.removesuffix("\nsimp"), "intro h"]
    assert list(prefixes(text, before=3)) == ["intro h"]
    assert list(prefixes("simp")) == []


def test_a_message_outside_of_the_text_has_no_line() -> None:
    edit = Edit(10, 15, "\n  a\n  b")
    messages = [Message(Severity.ERROR, place, place, str(place)) for place in (2, 13, 17, 40)]
    said = complaints(Certificate(False, "2", (), tuple(messages)), edit, "a\nb")
    assert [c.line for c in said] == [None, 0, 1, None]
    assert complaints(Certificate(False, "why"), edit, "a\nb") == (Complaint("why"),)


def test_a_chat_shows_the_message_and_the_marked_line() -> None:
    context = GoalContext("Lean", (), before="theorem t : A := by\n  ")
    failed = Failed("intro x\n  foo", (Complaint("unknown foo", 1), Complaint("unsolved goals")))
    for name in ("chat", "deepseek-prover-v2", "goedel-prover-v2", "kimina-prover"):
        preset = PRESETS[name]
        assert preset.repairs
        before, after = preset.prompt(context), preset.prompt(replace(context, failed=(failed,)))
        assert not isinstance(after, str)
        assert after[: len(before)] == before
        draft, said = after[len(before) :]
        assert (draft.role, said.role) == ("assistant", "user")
        assert "intro x\n  foo" in draft.content
        assert "intro x\n  <error>foo</error>" in said.content
        assert "Error Message: unknown foo" in said.content
        assert "Error Message: unsolved goals" in said.content
    assert not any(PRESETS[name].repairs for name in ("reprover", "bfs-prover-v2", "internlm2.5-stepprover", "base"))


def test_the_first_line_that_does_not_hold() -> None:
    assert first_change("a\nb\nc", "a") == 1
    assert first_change("a\nb\nc", "a\nsorry\nc") == 1
    assert first_change("a\nb", "a\nb") == 2
