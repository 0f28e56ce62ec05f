"""The Lean driver behind its prover: what is Lean's own and not in the contract."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil
import pytest
import pytest_asyncio

from provers.contract import outcomes, state_of
from provers.leans import Bench, make_lean
from unsorry.errors import InputError, ProverError
from unsorry.provers.lean.insertion import edit_for
from unsorry.provers.process import ChildProcess
from unsorry.provers.requests import CANCEL_GRACE
from unsorry.provers.seam import (
    Closed,
    Edit,
    Fault,
    Field,
    HoleKind,
    Limits,
    Outcome,
    Progress,
    Refused,
    Rejected,
    Snapshot,
    TimedOut,
)

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module")]

BOTH: Final = "theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := "


# Places

HARD: Final = (
    "/-! 𝔓 ∀ é -/\n"
    "theorem 𝔓𝔔 (𝔓 𝔔 : Prop) (h𝔓 : 𝔓) (h : 𝔓 → 𝔔) : 𝔔 ∧ 𝔓 := by\n"
    "  have hé : 𝔔 := h h𝔓 -- ü\n"
    "  sorry\n"
    "\n"
    "theorem after (n : Nat) : n = n := by sorry\n"
)


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
async def test_places_are_the_buffers_own(bench: Bench, bom: str, newline: str) -> None:
    text = bom + HARD.replace("\n", newline)
    data = text.encode()
    document = await bench.open(text)
    assert not document.errors
    assert [data[h.start : h.end] for h in document.holes] == [b"sorry", b"sorry"]
    assert [data[c.start : c.end].decode().split()[0] for c in document.commands[1:]] == ["theorem", "theorem"]
    assert [h.declaration for h in document.holes] == ["𝔓𝔔", "after"]
    first = document.holes[0]
    assert first.goals[0].target == "𝔔 ∧ 𝔓"
    assert "hé" in [x.name for x in first.goals[0].locals]
    assert isinstance((await bench.outcomes(first, "exact ⟨hé, h𝔓⟩"))[0], Closed)
    assert (await bench.certify(document, first, "constructor\n· exact hé\n· exact h𝔓")).ok
    assert (await bench.certify(document, document.holes[1], "rfl")).ok
    assert not (await bench.certify(document, first, "constructor\n· exact hé\n· exact hé")).ok


async def test_messages_lie_where_the_buffer_has_them(bench: Bench) -> None:
    text = "\ufeff-- 𝔓\r\ntheorem wrong : 1 = 2 := by\r\n  exact 𝔓𝔓\r\n"
    document = await bench.open(text)
    data = text.encode()
    (message,) = document.errors
    assert data[message.start : message.end].decode() == "𝔓𝔓"
    text = "\ufeff-- 𝔓\r\ntheorem wrong : 1 = 2 := by\r\n\trfl\r\n"
    document = await bench.open(text)
    (message,) = [m for m in document.errors if "tabs" in m.text]
    assert message.start == text.encode().index(b"\t")


async def test_an_edit_in_a_crlf_buffer_is_incremental(bench: Bench) -> None:
    text = "\ufeff" + "".join(f"theorem t{i} : {i} = {i} := by rfl -- 𝔓\n" for i in range(20)).replace("\n", "\r\n")
    uri = "file:///bench/crlf.lean"
    await bench.open(text, uri)
    changed = await bench.open(text.replace("t19 :", "t𝔔 :"), uri)
    assert (changed.elaborated, changed.reused) == (1, 19)
    changed = await bench.open(text.replace("\r\n", "\n"), uri)
    assert not changed.errors
    data = changed.snapshot.text.encode()
    assert all(data[c.start : c.end].startswith(b"theorem t") for c in changed.commands)


# Holes

FORMS: Final[list[tuple[str, list[tuple[HoleKind, int, str | None]]]]] = [
    (BOTH + "by\n  constructor <;> sorry\n", [(HoleKind.TACTIC, 1, "assumption")]),
    (
        BOTH + "by\n  constructor\n  · admit\n  · exact sorry\n",
        [(HoleKind.ADMIT, 1, "exact hp"), (HoleKind.TERM, 1, "exact hq")],
    ),
    (BOTH + "by\n  have h : q ∧ p := sorry\n  exact ⟨h.2, h.1⟩\n", [(HoleKind.TERM, 1, "exact ⟨hq, hp⟩")]),
    (BOTH + "by\n  have h : q := by\n    sorry\n  exact ⟨hp, h⟩\n", [(HoleKind.TACTIC, 1, "exact hq")]),
    (BOTH + "⟨by sorry, sorry⟩\n", [(HoleKind.TACTIC, 1, "exact hp"), (HoleKind.TERM, 1, "exact hq")]),
    ("def f (n : Nat) : Nat := g n\nwhere\n  g (n : Nat) : Nat := sorry\n", [(HoleKind.TERM, 1, "exact n")]),
    ("instance : Inhabited Nat where\n  default := sorry\n", [(HoleKind.TERM, 1, "exact 3")]),
    ("def f : { n : Nat // 0 < n } := ⟨1, by sorry⟩\n", [(HoleKind.TACTIC, 1, "decide")]),
    (
        "theorem t (n : Nat) : 0 + n = n := by\n  induction n with\n  | zero => sorry\n  | succ n ih => sorry\n",
        [(HoleKind.TACTIC, 1, "rfl"), (HoleKind.TACTIC, 1, "rw [← Nat.add_assoc, ih]")],
    ),
    (
        "theorem t (n : Nat) : n = n :=\n  match n with\n  | 0 => sorry\n  | n + 1 => by sorry\n",
        [(HoleKind.TERM, 1, "exact rfl"), (HoleKind.TACTIC, 1, "rfl")],
    ),
    (
        "theorem t (a b : Nat) : a + b = b + a := by\n  calc a + b = 0 + a + b := by sorry\n    _ = b + a := sorry\n",
        [(HoleKind.TACTIC, 1, "omega"), (HoleKind.TERM, 1, "omega")],
    ),
    ("example (a b : Nat) : a + b = b + a := by sorry\n", [(HoleKind.TACTIC, 1, "omega")]),
    ("mutual\ntheorem a : True := by sorry\ntheorem b : True := sorry\nend\n",
     [(HoleKind.TACTIC, 1, "trivial"), (HoleKind.TERM, 1, "trivial")]),
    ("theorem t : 1 = 1 := by\n  rfl\n  sorry\n", [(HoleKind.TACTIC, 0, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FORMS, ids=[text.replace("\n", " ")[-40:] for text, _ in FORMS])
async def test_holes_as_they_are_written(
    bench: Bench, text: str, expected: list[tuple[HoleKind, int, str | None]]
) -> None:
    document = await bench.open(text)
    data = text.encode()
    found = [(h.kind, len(h.goals)) for h in document.holes]
    assert found == [(kind, goals) for kind, goals, _ in expected]
    for hole, (kind, _, proof) in zip(document.holes, expected, strict=True):
        assert data[hole.start : hole.end].decode() == ("admit" if kind is HoleKind.ADMIT else "sorry")
        if proof is None:
            assert hole.state is None
            continue
        (outcome,) = await bench.outcomes(hole, proof)
        assert isinstance(outcome, Closed), outcome
        edit = edit_for(data, hole, proof)
        certificate = await bench.prover.certify(document, hole.command, [edit], complete=len(expected) == 1)
        assert certificate.ok, certificate.reason


async def test_a_hole_that_is_reached_twice(bench: Bench) -> None:
    document, hole = await bench.hole(BOTH + "by\n  constructor <;> sorry\n")
    half, whole = await bench.outcomes(hole, "exact hp", "first | exact hp | exact hq")
    assert isinstance(half, Rejected)
    assert isinstance(whole, Closed)
    assert not (await bench.certify(document, hole, "exact hp")).ok


async def test_all_holes_filled_at_once(bench: Bench) -> None:
    document = await bench.open(BOTH + "by\n  constructor\n  · sorry\n  · sorry\n")
    one, two = document.holes
    first, second = Edit(one.start, one.end, "exact hp"), Edit(two.start, two.end, "exact hq")
    assert (await bench.prover.certify(document, 0, [first, second])).ok
    assert (await bench.prover.certify(document, 0, [first], complete=False)).ok
    assert not (await bench.prover.certify(document, 0, [first])).ok
    wrong = Edit(two.start, two.end, "exact hp")
    assert not (await bench.prover.certify(document, 0, [first, wrong])).ok


async def test_words_that_are_no_holes(bench: Bench) -> None:
    document = await bench.open('-- sorry\ndef s := "sorry"\ntheorem sorry_free : True := trivial /- admit -/\n')
    assert document.holes == ()


EQUAL: Final = "theorem equal (a : Nat) (h : a = 1) : a = 1 := "
NEXT: Final = "\n\ntheorem next : True := trivial\n"

#: Texts with a place in them, the target there, and what closes it.  The place is `¦`, or `«` to `»` with a word in it.
PLACES: Final[list[tuple[str, str | None, str]]] = [
    (BOTH + "by\n  constructor\n  · exact hp\n  · ¦\n", "q", "exact hq"),
    (BOTH + "by\n  constructor\n  · exact hp\n  ¦", "q", "exact hq"),
    (BOTH + "by\n  ¦\n", "p ∧ q", "exact ⟨hp, hq⟩"),
    (BOTH + "by\n  ¦\n\ntheorem next : True := trivial\n", "p ∧ q", "exact ⟨hp, hq⟩"),
    (BOTH + "by\n  ¦constructor\n  · exact hp\n  · exact hq\n", None, ""),
    (BOTH + "by\n  exact ⟨hp, hq⟩\n  ¦\n", None, ""),
    ("-- ¦ nothing here\n" + BOTH + "by sorry\n", None, ""),
    ("\ufeff" + BOTH + "by\r\n  constructor\r\n  · exact hp\r\n  · ¦\r\n", "q", "exact hq"),
    ("\ufeff-- 𝔓\r\n" + BOTH + "by\r\n  constructor\r\n  · exact hp\r\n  · «ex»\r\n", "q", "exact hq"),
    (EQUAL + "by\n  ¦", "a = 1", "exact h"),
    (EQUAL + "by\n  «om»", "a = 1", "omega"),
    (EQUAL + "by\n  «om»" + NEXT, "a = 1", "omega"),
    (EQUAL + "by ¦", "a = 1", "exact h"),
    (EQUAL + "by ¦" + NEXT, "a = 1", "exact h"),
    (EQUAL + "by «om»" + NEXT, "a = 1", "omega"),
    (EQUAL + "by¦" + NEXT, None, ""),
    (BOTH + "by\n  constructor\n  · «om»\n  · exact hq\n", "p", "exact hp"),
    (BOTH + "by\n  constructor\n  case left =>\n    «ex»\n  case right => exact hq" + NEXT, "p", "exact hp"),
    (BOTH + "by\n  constructor <;> «as»" + NEXT, "p", "assumption"),
    (BOTH + "by\n  refine ⟨hp, ?_⟩; ¦" + NEXT, "q", "exact hq"),
    (BOTH + "by\n  refine ⟨hp, ?_⟩; «ex»" + NEXT, "q", "exact hq"),
    (EQUAL + "by\n  have two : a + 1 = 2 := by\n    «om»\n  exact h" + NEXT, "a + 1 = 2", "omega"),
    (EQUAL + "by\n  have two : a + 1 = 2 := by\n    ¦\n  exact h" + NEXT, "a + 1 = 2", "omega"),
    (EQUAL + "by\n  calc a = a + 0 := by «om»\n    _ = 1 := h" + NEXT, "a = a + 0", "rfl"),
    (EQUAL + "by\n  calc a = a + 0 := rfl\n    _ = 1 := by\n      ¦" + NEXT, "a + 0 = 1", "omega"),
    (EQUAL + "by\n  «exact (h»" + NEXT, "a = 1", "exact h"),
    (EQUAL + "by\n  «rw [h»" + NEXT, "a = 1", "exact h"),
    # Words that begin a command of their own.
    (EQUAL + "by\n  «open»" + NEXT, "a = 1", "exact h"),
    (EQUAL + "by\n  «example»" + NEXT, "a = 1", "exact h"),
    ("example (a : Nat) (h : a = 1) : a = 1 := by\n  «om»" + NEXT, "a = 1", "omega"),
    ("namespace Foo\nvariable (b : Nat)\n" + EQUAL + "by\n  «om»\nend Foo\n", "a = 1", "omega"),
    ("mutual\ntheorem one : True := by\n  «tri»\ntheorem two : True := trivial\nend\n", "True", "trivial"),
    ("nonsense\n" + EQUAL + "by\n  «om»" + NEXT, "a = 1", "omega"),
    ("theorem t (n : Nat) : n + 0 = n := by\n  cases n with\n  | zero => ¦\n  | succ n => rfl\n", "0 + 0 = 0", "rfl"),
    ("theorem t (n : Nat) : 0 ≤ n := by\n  cases n with\n  | zero => simp\n  | succ n => «om»", "0 ≤ n + 1", "omega"),
    (BOTH + "by\n  -- here ¦\n  exact ⟨hp, hq⟩\n", None, ""),
    ('def s := "a ¦ b"\n', None, ""),
    ("def s := 1\n¦\n\ndef u := 2\n", None, ""),
    ("def s := 1\n\n«theo»\n\ndef u := 2\n", None, ""),
    ("¦", None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "target", "proof"), PLACES, ids=[text[-50:].strip() for text, _, _ in PLACES])
async def test_goals_at_a_place(bench: Bench, text: str, target: str | None, proof: str) -> None:
    before, word, after = re.split("[«»]", text.replace("¦", "«»"))
    start, end = len(before.encode()), len((before + word).encode())
    document = await bench.open(before + word + after)
    hole = await bench.prover.goals(document, start, end)
    if target is None:
        assert hole is None
        return
    assert hole is not None
    assert (hole.kind, hole.start, hole.end) == (HoleKind.CURSOR, start, end)
    assert [g.target for g in hole.goals] == [target]
    (outcome,) = await bench.outcomes(hole, proof)
    assert isinstance(outcome, Closed)

    async def certify(text: str) -> str | None:
        return (await bench.prover.certify(document, hole.command, [Edit(start, end, text)])).reason

    assert await certify(proof) is None
    for more in ("\n\naxiom bad : False", "\n\n#eval 1", "\n/-", "\n\nend", " end"):
        assert await certify(proof + more)
    if before.endswith(("by ", "  ")) and "calc" not in before:
        # What the pipeline would insert for several lines.
        assert (await bench.certify(document, hole, f"skip\n{proof}")).reason is None


async def test_a_place_where_a_term_is_wanted(bench: Bench) -> None:
    for text in (
        EQUAL + "«»",
        EQUAL + "«fo»" + NEXT,
        EQUAL + "by\n  exact «»" + NEXT,
        EQUAL + "by\n  exact «h0»" + NEXT,
    ):
        before, word, after = re.split("[«»]", text)
        start, end = len(before.encode()), len((before + word).encode())
        document = await bench.open(before + word + after)
        hole = await bench.prover.goals(document, start, end)
        assert hole is not None
        assert (hole.kind, hole.start, hole.end) == (HoleKind.TERM, start, end)
        assert [g.target for g in hole.goals] == ["a = 1"]
        assert isinstance((await bench.outcomes(hole, "omega"))[0], Closed)
        assert (await bench.certify(document, hole, "omega")).reason is None


async def test_goals_leave_no_states_behind(bench: Bench) -> None:
    before = BOTH + "by\n  constructor\n  · sorry\n  · "
    document = await bench.open(before + "ex\n")
    hole = await bench.prover.goals(document, len(before.encode()), len(before.encode()) + 2)
    assert hole is not None
    again = await bench.prover.goals(document, len(before.encode()), len(before.encode()) + 2)
    assert again is not None
    # The states of the other hole have come and gone in between.
    with pytest.raises(ProverError, match="forgotten"):
        await bench.outcomes(replace(hole, state=replace(state_of(hole), ident=state_of(again).ident - 1)), "exact hq")
    await bench.prover.forget([state_of(hole)])
    assert isinstance((await bench.outcomes(again, "exact hq"))[0], Closed)


@pytest.mark.parametrize("proof", ["decide", "decide +kernel", "repeat' (have := Nat.add_comm 1 2)"])
async def test_a_certificate_has_a_time_limit(bench: Bench, proof: str) -> None:
    text = "set_option maxHeartbeats 0\nset_option maxRecDepth 100000\n"
    text += "theorem t : ∀ a b c : Fin 200, a + b + c = c + (b + a) := by sorry\n"
    document, hole = await bench.hole(text)
    starts, begun = bench.prover.starts, time.monotonic()
    certificate = await bench.certify(document, hole, proof, seconds=1.0)
    assert time.monotonic() - begun < 4.0
    assert certificate.reason == "the check did not end within its time limit"
    assert bench.prover.starts == starts


# A candidate behaves as it will in the editor


async def test_options_openings_and_variables_count(bench: Bench) -> None:
    text = (
        "namespace Foo\n"
        "open Nat\n"
        "variable (p : Prop) (h : p)\n"
        "def two : Nat := 2\n"
        "section\n"
        "set_option maxRecDepth 50\n"
        "theorem tight : two = succ 1 := by sorry\n"
        "end\n"
        "include h in\n"
        "theorem loose : p ∧ two = succ 1 := by sorry\n"
        "end Foo\n"
    )
    document = await bench.open(text)
    assert not document.errors
    tight, loose = document.holes
    assert (tight.declaration, loose.declaration) == ("Foo.tight", "Foo.loose")
    deep = "have : (List.replicate 60 1).length = 60 := by decide\nexact ⟨by exact h, rfl⟩"
    short = await bench.outcomes(
        tight, "show two = succ 1; rfl", "have : (List.replicate 60 1).length = 60 := by decide"
    )
    assert isinstance(short[0], Closed)
    assert not isinstance(short[1], Closed | Progress)
    assert isinstance((await bench.outcomes(loose, deep))[0], Closed)
    assert (await bench.certify(document, loose, deep)).ok


async def test_private_declarations_can_be_used(bench: Bench) -> None:
    text = "private def helper (n : Nat) : Nat := n + 1\ntheorem t : helper 1 = 2 := by sorry\n"
    document, hole = await bench.hole(text)
    assert not document.errors
    assert hole.declaration == "t"
    assert isinstance((await bench.outcomes(hole, "rfl"))[0], Closed)
    assert (await bench.certify(document, hole, "rfl")).ok


async def test_notation_and_syntax_of_the_file_count(bench: Bench) -> None:
    text = (
        'local notation "ℕ" => Nat\n'
        'macro "finish" : tactic => `(tactic| omega)\n'
        "theorem t (n : ℕ) : n + 0 = n := by sorry\n"
    )
    _, hole = await bench.hole(text)
    assert isinstance((await bench.outcomes(hole, "finish"))[0], Closed)


async def test_a_simp_lemma_does_not_prove_itself(bench: Bench) -> None:
    text = "@[simp] theorem self (f : Nat → Nat) (h : ∀ x, f (x + 1) = f x) (n : Nat) : f n = f 0 := by sorry\n"
    document, hole = await bench.hole(text)
    found = await bench.outcomes(hole, "simp", "simp [h]", "exact?", "exact self f h n", "induction n <;> simp_all")
    assert [type(o) for o in found] == [Rejected, Rejected, Rejected, Refused, Closed]
    assert not (await bench.certify(document, hole, "simp")).ok
    assert (await bench.certify(document, hole, "induction n <;> simp_all")).ok


async def test_exact_search_does_not_find_the_theorem_itself(bench: Bench) -> None:
    text = "def double (n : Nat) : Nat := n + n\n"
    text += "theorem mine (n : Nat) : double n = 2 * n := by sorry\n"
    text += "theorem other (k : Nat) : double (k * k) = 2 * (k * k) := by sorry\n"
    document = await bench.open(text)
    mine, other = document.holes
    assert isinstance((await bench.outcomes(mine, "exact?"))[0], Rejected | TimedOut)
    (found,) = await bench.outcomes(other, "exact?")
    assert isinstance(found, Closed)
    assert any("mine" in text for text in found.replacements)
    assert (await bench.certify(document, other, "exact mine (k * k)")).borrowed == ("mine",)


async def test_what_a_tactic_suggests_is_given(bench: Bench) -> None:
    _, hole = await bench.hole("theorem t (n : Nat) : n * 1 + 0 = n := by sorry\n")
    (found,) = await bench.outcomes(hole, "simp?")
    assert isinstance(found, Closed)
    assert found.replacements == ("simp only [Nat.mul_one, Nat.add_zero]",)
    (again,) = await bench.outcomes(hole, found.replacements[0])
    assert isinstance(again, Closed)


async def test_a_goal_has_the_shape_that_rules_need(bench: Bench) -> None:
    text = (
        "inductive Tree (α : Type) where\n  | leaf\n  | node (l : Tree α) (a : α) (r : Tree α)\n"
        "def Tree.size {α : Type} : Tree α → Nat\n  | leaf => 0\n  | node l _ r => l.size + 1 + r.size\n"
        "theorem t (α : Type) (x : Tree α) (h : ∀ y : Tree α, 0 ≤ y.size) : 0 ≤ x.size := by sorry\n"
    )
    _, hole = await bench.hole(text)
    (goal,) = hole.goals
    locals_ = {x.name: x for x in goal.locals}
    assert list(locals_) == ["α", "x", "h"]
    tree = locals_["x"].inductive
    assert tree is not None
    assert (tree.name, tree.recursive, tree.parameters) == ("Tree", True, 1)
    assert tree.constructors == ("Tree.leaf", "Tree.node")
    assert tree.fields == ((), (Field("l", True), Field("a", False), Field("r", True)))
    assert (locals_["h"].is_prop, locals_["h"].binders) == (True, 1)
    assert locals_["α"].is_type
    assert ("Tree.size", None) in [(c.name, c.module) for c in goal.constants]
    assert ("Tree.size", ("x",)) in [(a.name, a.arguments) for a in goal.applications]


# Counting


async def test_a_long_file_is_elaborated_once(bench: Bench) -> None:
    blocks = [f"-- number {i}\ntheorem t{i} (n : Nat) :\n    n + {i} = {i} + n := by\n  omega\n" for i in range(499)]
    last = "-- the last\ntheorem last (p q : Prop) (h : p ∧ q) :\n    q ∧ p := by\n  sorry\n"
    text = "".join(blocks) + last
    assert text.count("\n") == 2000
    uri = "file:///bench/long.lean"
    document = await bench.open(text, uri)
    assert (document.elaborated, len(document.holes)) == (500, 1)

    before = await bench.prover.elaborations()
    changed = await bench.open(text.replace("q ∧ p", "p ∧ q"), uri)
    assert changed.elaborated <= 2
    assert await bench.prover.elaborations() - before == changed.elaborated
    assert not changed.errors

    before = await bench.prover.elaborations()
    (hole,) = changed.holes
    found = await bench.outcomes(hole, *["exact h", "exact h.symm", "constructor", "rfl"] * 8)
    assert len(found) == 32
    assert [type(o) for o in found[:4]] == [Closed, Rejected, Progress, Rejected]
    assert await bench.prover.elaborations() == before

    same = await bench.open(changed.snapshot.text, uri)
    assert same.elaborated <= 1
    middle = await bench.open(changed.snapshot.text.replace("number 250", "number two hundred and fifty"), uri)
    assert not middle.errors
    assert middle.elaborated + middle.reused == 500
    await bench.prover.close_document(uri)


async def test_a_long_file_is_elaborated_up_to_a_place(bench: Bench) -> None:
    lines = [f"theorem t{i} (n : Nat) : n + {i} = {i} + n := by omega\n" for i in range(40)]
    snapshot = Snapshot("file:///bench/until.lean", 1, "\ufeff" + "".join(lines).replace("\n", "\r\n").rstrip())
    place = snapshot.text.encode().index(b"t10 ")
    before = await bench.prover.elaborations()
    for until, commands, elaborated in [(place, 11, 11), (place, 11, 0), (0, 11, 0), (None, 40, 29), (place, 40, 0)]:
        document = await bench.prover.open(snapshot, until=until)
        assert (len(document.commands), document.elaborated) == (commands, elaborated)
        assert document.complete == (commands == 40)
    assert await bench.prover.elaborations() - before == 40
    # An edit behind the place leaves what is behind the edit for later.
    changed = replace(snapshot, version=2, text=snapshot.text.replace("t20 ", "t𝔓 "))
    document = await bench.prover.open(changed, until=place)
    assert (len(document.commands), document.elaborated, document.complete) == (20, 0, False)
    document = await bench.prover.open(changed)
    assert (document.elaborated, document.reused, document.complete, document.errors) == (20, 20, True, ())


async def test_an_edit_that_changes_how_the_text_before_is_read(bench: Bench) -> None:
    uri = "file:///bench/joined.lean"
    await bench.open("def a : Nat := 1\ntheorem t : a = 1 := by rfl\n", uri)
    changed = await bench.open("def a : Nat := 1\n  + 1\ntheorem t : a = 1 := by rfl\n", uri)
    assert changed.errors
    changed = await bench.open("def a : Nat := 1\n  + 0\ntheorem t : a = 1 := by rfl\n", uri)
    assert not changed.errors
    changed = await bench.open("/- def a : Nat := 1\n  + 0\ntheorem t : a = 1 := by rfl\n", uri)
    assert changed.errors
    changed = await bench.open("def a : Nat := 1\n  + 0 /-\ntheorem t : a = 1 := by rfl -/\n", uri)
    assert [c.declarations[0].name for c in changed.commands] == ["a"]
    changed = await bench.open("import Std\ndef a : Nat := 1\n", uri)
    assert not changed.errors
    assert (changed.elaborated, changed.reused) == (1, 0)


@pytest.mark.parametrize(
    ("statement", "rest"),
    [
        ("theorem t (n : Nat := 3) (h : n = 3) : n = 3 ", ":= by exact h"),
        ("theorem t : ∀ n : Nat, n = n\n", "  | 0 => rfl\n  | _ + 1 => rfl"),
        ("private def f (n : Nat) : Nat ", ":=\n  n + 1"),
        ("instance : Inhabited Nat ", "where\n  default := 3"),
        ("theorem t : 2 = 2 ", ":= h\nwhere h : 2 = 2 := rfl"),
        ("example : 1 = 1 ", ":= by sorry"),
        ("structure S where\n  n : Nat := 3", ""),
        ("set_option autoImplicit false", ""),
    ],
)
async def test_a_statement_ends_where_the_body_begins(bench: Bench, statement: str, rest: str) -> None:
    document = await bench.open(f"-- → a comment\n{statement}{rest}\n")
    (command,) = document.commands
    assert not document.errors
    data = document.snapshot.text.encode()
    assert data[command.start : command.statement_end].decode().rstrip() == statement.rstrip()


async def test_imports_are_told(bench: Bench) -> None:
    assert (await bench.open("/- import No -/\nimport Std\ntheorem t : 1 = 1 := rfl\n")).imports == ("Std",)


async def test_an_unknown_import_is_told(bench: Bench) -> None:
    document = await bench.open("import Nowhere.AtAll\n" + BOTH + "by sorry\n")
    assert not document.imported
    assert document.commands == ()
    assert any("Nowhere" in m.text for m in document.errors)


async def test_premises_have_their_symbols(bench: Bench) -> None:
    text = (
        "namespace N\ndef twice (n : Nat) : Nat := n + n\nprivate theorem hidden (n : Nat) : twice n = n + n := rfl\n"
        "theorem le_twice (n : Nat) (h : 0 < n) : n ≤ twice n := by unfold twice; omega\nend N\n"
    )
    _, hole = await bench.hole(text + BOTH + "by sorry\n")
    state = state_of(hole)
    hidden, le = await bench.prover.premises(state)
    assert (hidden.name, hidden.head, hidden.left) == ("N.hidden", "Eq", "N.twice")
    assert {"Nat", "N.twice", "HAdd.hAdd"} == set(hidden.symbols)
    assert (le.name, le.head, le.left) == ("N.le_twice", "LE.le", "")
    first, second = await bench.prover.stated(state, [hidden, le])
    assert first is not None
    assert second is not None
    assert first.statement == "(n : Nat) : N.twice n = n + n"
    assert second.statement == "(n : Nat) (h : 0 < n) : n ≤ N.twice n"


async def test_premises_of_the_library(bench: Bench) -> None:
    _, hole = await bench.hole(BOTH + "by sorry\n")
    state = state_of(hole)
    found = {
        p.name: p
        for library in await bench.prover.libraries(state)
        for p in await bench.prover.premises(state, library)
    }
    assert len(found) > 10_000
    assert found["Nat.add_comm"].left == "HAdd.hAdd"
    assert found["List.map_append"].module == "Init.Data.List.Lemmas"
    assert not any(name.endswith((".eq_def", ".sizeOf_spec", "._sunfold")) for name in found)
    (stated,) = await bench.prover.stated(state, [found["List.map_append"]])
    assert stated is not None
    assert (stated.statement or "").startswith("{α")


async def test_a_wrong_name_of_a_state_is_an_error(bench: Bench) -> None:
    _, hole = await bench.hole(BOTH + "by sorry\n")
    with pytest.raises(ProverError):
        await bench.prover.premises(replace(state_of(hole), ident=10**6))


# Several files


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def files() -> AsyncGenerator[Bench]:
    """A prover for projects: each version of an import is an environment of its own, and takes memory."""
    prover = make_lean()
    try:
        bench = Bench(prover)
        await bench.open("theorem warm : True := trivial\n")
        yield bench
    finally:
        await prover.close()


async def test_a_local_import_is_compiled_on_demand(files: Bench, tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text("")
    (tmp_path / "Base").mkdir()
    base, top = tmp_path / "Base" / "Numbers.lean", tmp_path / "Middle.lean"
    base.write_text("private def one : Nat := 1\ndef two : Nat := one + one\ntheorem two_eq : two = 2 := rfl\n")
    top.write_text("import Base.Numbers\ntheorem middle : two + 0 = 2 := two_eq\n")
    path = tmp_path / "Main.lean"
    text = "import Middle\ntheorem main : two + 1 = 3 := by sorry\n"
    document = await files.open(text, path.as_uri(), path)
    assert not document.errors
    (hole,) = document.holes
    assert isinstance((await files.outcomes(hole, "simp [two_eq]"))[0], Closed)
    assert (await files.certify(document, hole, "rfl")).ok

    base.write_text("def two : Nat := 3 - 1\ntheorem two_eq : two = 2 := rfl\ntheorem two_pos : 0 < two := by decide\n")
    document = await files.open(text.replace("two + 1 = 3", "0 < two"), path.as_uri(), path)
    assert not document.errors
    (hole,) = document.holes
    assert isinstance((await files.outcomes(hole, "exact two_pos"))[0], Closed)
    again = await files.open(text.replace("two + 1 = 3", "0 < two"), path.as_uri(), path)
    assert again.elaborated <= 1

    base.write_text("def two : Nat := 1\n")
    document = await files.open(text, path.as_uri(), path)
    assert document.holes
    assert isinstance((await files.outcomes(document.holes[0], "rfl"))[0], Rejected)


async def test_what_an_imported_file_owes_is_owed_by_its_importers(files: Bench, tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text("")
    (tmp_path / "Debts.lean").write_text(
        "axiom bad : False\n"
        "theorem owed : False := by sorry\n"
        "private theorem hidden : False := by sorry\n"
        "theorem deep : False := hidden\n"
        "theorem through : False := bad\n"
        "theorem broken : 1 = 2 := by rfl\n"
        "theorem sound (p : Prop) (h : p) : p := h\n"
        "def pair : { n : Nat // n = 3 } := ⟨2, by sorry⟩\n"
    )
    (tmp_path / "Between.lean").write_text("import Debts\ntheorem again : False := owed\n")
    path = tmp_path / "Main.lean"
    text = "import Between\nimport Debts\ntheorem local_debt : False := by sorry\ntheorem t : 1 = 2 := by sorry\n"
    document = await files.open(text, path.as_uri(), path)
    hole = document.holes[-1]
    for proof in ("exact owed.elim", "exact deep.elim", "exact again.elim", "exact broken"):
        certificate = await files.certify(document, hole, proof)
        assert not certificate.ok, proof
        assert certificate.reason
    both = await files.certify(document, hole, "have := local_debt\nexact again.elim")
    assert not both.ok
    assert not (await files.certify(document, hole, "exact absurd pair.2 (by decide)")).ok
    assert (await files.certify(document, hole, "exact through.elim")).axioms == ("bad",)
    certificate = await files.certify(document, hole, "exact sound _ local_debt.elim")
    assert (certificate.ok, certificate.axioms, certificate.borrowed) == (True, (), ("local_debt",))

    other = tmp_path / "Other.lean"
    text = "import Between\ntheorem one : False := again\ntheorem two : True := trivial\n"
    found = {a.name: a.axioms for a in await files.prover.axioms(await files.open(text, other.as_uri(), other))}
    assert found == {"one": ("sorryAx",), "two": ()}


async def test_premises_are_those_of_what_is_imported_now(files: Bench, tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text("")
    (tmp_path / "Known.lean").write_text("theorem known : 1 + 1 = 2 := rfl\n")
    (tmp_path / "Apart.lean").write_text("theorem apart : 1 + 1 = 2 := rfl\n")
    path = tmp_path / "Main.lean"
    text = "import Known\ntheorem t : 1 + 1 = 2 := by sorry\n"

    async def told() -> tuple[tuple[str, ...], list[str]]:
        state = state_of((await files.open(text, path.as_uri(), path)).holes[0])
        libraries = await files.prover.libraries(state)
        return libraries, [p.name for p in await files.prover.premises(state, libraries[-1]) if p.module == "Known"]

    before, names = await told()
    assert names == ["known"]
    (tmp_path / "Known.lean").write_text("theorem known : 1 + 1 = 2 := rfl\ntheorem newer : 2 = 1 + 1 := rfl\n")
    after, names = await told()
    assert sorted(names) == ["known", "newer"]
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]


async def test_imports_in_a_circle_are_an_error(files: Bench, tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text("")
    (tmp_path / "A.lean").write_text("import B\n")
    (tmp_path / "B.lean").write_text("import A\n")
    with pytest.raises(InputError, match="circle"):
        await files.open("import A\n", "file:///circle.lean", tmp_path / "C.lean")


# Death


@pytest_asyncio.fixture(loop_scope="module")
async def own() -> AsyncGenerator[Bench]:
    """A prover of one test alone, which may be killed."""
    prover = make_lean()
    try:
        yield Bench(prover)
    finally:
        await prover.close()


async def test_killed_again_and_again_in_the_middle_of_a_run(own: Bench) -> None:
    """The run ends with the same verdicts as an undisturbed one, but for the candidates that were under way."""
    _, hole = await own.hole("theorem t (a b : Nat) : a + b = b + a := by sorry\n")
    candidates = ["rfl", "omega", "iterate 400 (try exact?)", "simp", "exact Nat.add_comm a b", "constructor"]
    calm = await own.outcomes(hole, *candidates[:2], *candidates[3:])
    found: list[Outcome] = []
    pids: set[int] = set()
    limits = Limits(seconds=60.0, heartbeats=0)
    async with outcomes(own.prover, state_of(hole), candidates, limits) as stream:
        async for outcome in stream:
            found.append(outcome)
            if outcome.candidate == 1:
                assert own.prover.pid is not None
                pids.add(own.prover.pid)
                asyncio.get_running_loop().call_later(0.2, psutil.Process(own.prover.pid).kill)
    assert isinstance(found[2], Fault)
    assert [type(o) for o in (*found[:2], *found[3:])] == [type(o) for o in calm]
    assert [o.candidate for o in found] == list(range(6))
    assert own.prover.starts == 2
    assert own.prover.pid not in pids
    assert isinstance((await own.outcomes(hole, "omega"))[0], Closed)


async def test_an_open_that_ignores_its_cancel_costs_the_driver(own: Bench) -> None:
    snapshot = Snapshot(
        "file:///own/stuck.lean", 1, "".join(f"theorem t{i} : {i} = {i} := by rfl\n" for i in range(300))
    )
    begun = asyncio.Event()
    task = asyncio.create_task(own.prover.open(snapshot, on_command=lambda _: begun.set()))
    await begun.wait()
    assert own.prover.pid is not None
    psutil.Process(own.prover.pid).suspend()
    since = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - since < CANCEL_GRACE + 2.0
    document = await own.prover.open(replace(snapshot, version=2))
    assert (document.elaborated, own.prover.starts) == (300, 2)


async def test_an_open_that_is_cancelled_twice(own: Bench) -> None:
    snapshot = Snapshot(
        "file:///own/twice.lean", 1, "".join(f"theorem t{i} : {i} = {i} := by rfl\n" for i in range(300))
    )
    begun = asyncio.Event()
    task = asyncio.create_task(own.prover.open(snapshot, on_command=lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    document = await own.prover.open(
        replace(snapshot, version=2, text=snapshot.text + "theorem t : True := by sorry\n")
    )
    assert (len(document.commands), document.complete, own.prover.starts) == (301, True, 1)
    assert isinstance((await own.outcomes(document.holes[0], "trivial"))[0], Closed)


async def test_one_that_grows_too_large_is_started_afresh(own: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _, hole = await own.hole(BOTH + "by sorry\n")

    def huge(_: ChildProcess) -> int:
        return 2**50

    monkeypatch.setattr(ChildProcess, "memory", huge)
    await own.open("theorem other : True := trivial\n")
    monkeypatch.undo()
    assert own.prover.starts == 2
    assert isinstance((await own.outcomes(hole, "exact ⟨hp, hq⟩"))[0], Closed)


async def test_the_shared_prover_lived_through_all_this(bench: Bench) -> None:
    assert bench.prover.starts == 1
    _, hole = await bench.hole(BOTH + "by sorry\n")
    assert isinstance((await bench.outcomes(hole, "simp [*]"))[0], Closed)
