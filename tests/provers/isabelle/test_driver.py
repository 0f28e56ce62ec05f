"""The driver on real theories: holes of every kind, places, reuse, imports, certificates."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from provers.contract import PATIENT, collect, state_of
from provers.isabelle.isabelles import Bench, make_isabelle, needs_isabelle
from unsorry.provers.seam import (
    HOLE_AXIOM,
    Closed,
    Edit,
    Fault,
    Hole,
    InductiveType,
    Progress,
    Refused,
    Rejected,
    Snapshot,
    TimedOut,
)

pytestmark = [*needs_isabelle, pytest.mark.asyncio(loop_scope="module")]

THEORY = "theory Scratch imports Main begin\n"
DATATYPE = (
    "datatype 'a tree = Leaf | Node \"'a tree\" 'a \"'a tree\"\n"
    "fun mirror :: \"'a tree ⇒ 'a tree\" where\n"
    '  "mirror Leaf = Leaf"\n'
    '| "mirror (Node l x r) = Node (mirror r) x (mirror l)"\n'
    'primrec size_acc :: "\'a tree ⇒ nat ⇒ nat" where\n'
    '  "size_acc Leaf n = n"\n'
    '| "size_acc (Node l x r) n = size_acc l (size_acc r (Suc n))"\n'
)


def targets(hole: Hole) -> list[str]:
    return [g.target for g in hole.goals]


# Holes


async def test_holes_of_all_kinds(bench: Bench) -> None:
    """After a statement, in an apply script, in a structured proof, and in its shorthand."""
    text = THEORY + (
        'lemma a: "P ⟹ P ∨ Q" sorry\n'
        'lemma b: "(n::nat) + 0 = n ∧ True"\n  apply (rule conjI)\n  apply simp\n  sorry\n'
        'lemma c: assumes h: "x > (0::nat)" shows "x ≠ 0 ∧ True"\nproof (rule conjI)\n'
        '  show "x ≠ 0" \\<proof>\n'
        '  have t: "True ∨ P" sorry\n'
        "  from t show True sorry\nqed\n"
        'lemma d: "∃n::nat. n > m"\nproof -\n'
        '  obtain k where "k > m" using lessI sorry\n'
        "  then show ?thesis unfolding not_less sorry\nqed\n"
        'lemma e: "True ∧ True" apply (rule conjI) subgoal sorry subgoal sorry done\n'
        "end\n"
    )
    document = await bench.open(text)
    assert document.errors == ()
    data = text.encode()
    assert [data[h.start : h.end].decode() for h in document.holes] == [
        "sorry",
        "sorry",
        "\\<proof>",
        *["sorry"] * 6,
    ]
    assert [h.declaration for h in document.holes] == ["a", "b", "c", "c", "c", "d", "d", "e", "e"]
    assert [targets(h) for h in document.holes] == [
        ["P ∨ Q"],
        ["True"],
        ["x ≠ 0"],
        ["True ∨ P"],
        ["True"],
        ["thesis"],
        ["∃n. m < n"],
        ["True"],
        ["True"],
    ]
    assert "P ⟹ P ∨ Q" in document.holes[0].goals[0].pretty
    found = await bench.outcomes(document.holes[5], "by blast", "by fast")
    assert all(isinstance(o, Closed) for o in found), found


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ('lemma "rev (rev xs) = xs" sorry', ["by simp"]),
        ('lemma [simp]: "rev (rev (xs :: nat list)) = xs" sorry', ["by (induct xs) auto"]),
        ('lemma "A ∧ B ⟶ B ∧ A" sorry', ['proof\n  assume "A ∧ B"\n  then show "B ∧ A" by simp\nqed']),
        ('lemma a: "A ⟹ A" and b: "B ⟹ B" sorry', ["apply assumption\napply assumption\ndone"]),
        ('lemma (in semigroup_add) "a + b + c = a + (b + c)" sorry', ["by (rule add_assoc)"]),
        ('lemma assumes "x = (1::nat)" obtains y where "y = x" sorry', ["by blast"]),
        ('context fixes k :: nat assumes k: "0 < k" begin\nlemma "k ≠ 0" sorry\nend', ["using k by simp"]),
        ('lemma "x = x ∧ True"\nproof\n  show "x = x" sorry\n  show True sorry\nqed', ["..", "by simp"]),
        ('lemma "x = x ∧ True"\n  apply (rule conjI)\n   apply (rule refl)\n  sorry', ["by (rule TrueI)"]),
        ('schematic_goal "?x = (1::nat)" sorry', ["by (rule refl)"]),
        (
            'function f :: "nat ⇒ nat" where "f n = (if n = 0 then 0 else f (n - 1))" by auto termination sorry',
            ["by lexicographic_order"],
        ),
        ("instance nat :: one sorry", ["by standard"]),
        ('typedef even = "{n::nat. even n}" sorry', ["by (rule exI[of _ 0]) simp"]),
        ('theorem four [simp]: "(2::nat) + 2 = 4" ― ‹a comment› sorry (* and another *)', ["by simp"]),
    ],
)
async def test_proofs_of_all_kinds(bench: Bench, text: str, candidates: list[str]) -> None:
    await bench.proves(THEORY + text + "\nend\n", *candidates)


async def test_what_a_candidate_leaves(bench: Bench) -> None:
    _, hole = await bench.hole('lemma "(a::nat) + b = b + a ∧ True" sorry\n')
    closed, script, step, block, empty, more = await bench.outcomes(
        hole, "by simp", "apply auto", "apply (rule conjI)", "proof (rule conjI)", "(* nothing *)", "by simp by simp"
    )
    assert closed == replace(closed, replacements=())
    # A script without `done` leaves no goal, but is no proof: what is offered is the one with it.
    assert isinstance(script, Closed)
    assert script.replacements == ("apply auto\ndone",)
    assert isinstance(step, Progress)
    assert [g.target for g in step.goals] == ["a + b = b + a", "True"]
    assert isinstance(block, Progress)
    assert [g.target for g in block.goals] == ["a + b = b + a", "True"]
    assert isinstance(empty, Rejected)
    assert isinstance(more, Rejected)


async def test_a_script_that_is_not_ended_is_not_certified(bench: Bench) -> None:
    document, hole = await bench.hole('lemma "(a::nat) + b = b + a ∧ True" sorry\n')
    assert not (await bench.certify(document, hole, "apply auto")).ok
    assert (await bench.certify(document, hole, "apply auto\ndone")).ok


async def test_the_shape_of_a_goal(bench: Bench) -> None:
    text = DATATYPE + (
        'lemma assumes h: "mirror t = s" and "mirror s = t" shows "size_acc (mirror t) n = size_acc s n" sorry\n'
    )
    _, hole = await bench.hole(text)
    (goal,) = hole.goals
    variables = {x.name: x for x in goal.locals if not x.is_prop}
    assert {n: x.type for n, x in variables.items()} == {"t": "'a tree", "s": "'a tree", "n": "nat"}
    assert variables["t"].inductive == InductiveType(
        "Scratch.tree", ("Scratch.tree.Leaf", "Scratch.tree.Node"), True, parameters=1
    )
    assert variables["n"].inductive is not None
    assert variables["n"].inductive.constructors[-1] == "Nat.Suc"
    facts = {x.name: x.type for x in goal.locals if x.is_prop}
    assert facts["h"] == "mirror t = s"
    assert (facts["assms(1)"], facts["assms(2)"]) == ("mirror t = s", "mirror s = t")
    own = {c.text: c for c in goal.constants if c.module is None}
    assert set(own) == {"mirror", "size_acc"}
    assert (own["mirror"].recursion, own["mirror"].major, own["mirror"].kind) == ("well-founded", 0, "def")
    assert (own["size_acc"].recursion, own["size_acc"].major, own["size_acc"].varying) == ("structural", 0, (1,))
    assert {c.text: c.module for c in goal.constants}["HOL.eq"] == "HOL.HOL"
    assert [(a.name.rsplit(".", 1)[-1], a.arguments) for a in goal.applications] == [
        ("size_acc", (None, "n")),
        ("mirror", ("t",)),
        ("size_acc", ("s", "n")),
    ]


async def test_chained_facts_and_goal_parameters(bench: Bench) -> None:
    text = (
        'lemma "∀x::nat. x < y ⟶ P x"\nproof (intro allI impI)\n'
        '  have "y = y" ..\n  then show "P x" if "x < y" for x sorry\nqed\n'
    )
    _, hole = await bench.hole(text)
    (goal,) = hole.goals
    assert [(x.name, x.type) for x in goal.locals if x.name == "using"] == [("using", "y = y")]
    assert ("that", "x < y") in [(x.name, x.type) for x in goal.locals]
    _, hole = await bench.hole('lemma "⋀x xs. P xs ⟹ P (x # xs)" sorry\n')
    (goal,) = hole.goals
    assert goal.target == "P (x # xs)"
    assert [(x.name, x.accessible) for x in goal.locals if not x.is_prop][-2:] == [("x", False), ("xs", False)]
    assert [(x.type, x.accessible) for x in goal.locals if x.is_prop] == [("P xs", False)]


async def test_several_conclusions_are_several_goals(bench: Bench) -> None:
    text = 'theorem %important d[simp, intro]: assumes P and Q shows dd: P and "Q" and ee [simp]: "P ∧ Q" sorry\n'
    document, hole = await bench.hole(text)
    assert [g.target for g in hole.goals] == ["P", "Q", "P ∧ Q"]
    assert [d.name for d in document.commands[0].declarations] == ["d", "dd", "ee"]
    assert (await bench.certify(document, hole, "using assms by auto")).ok
    assert {a.name: a.error for a in await bench.prover.axioms(document)} == {"d": None, "dd": None, "ee": None}


# Errors


async def test_errors_leave_what_follows(bench: Bench) -> None:
    text = THEORY + (
        'lemma unfinished: "True"\n'
        'lemma wrong: "(1::nat) = 2" by simp\n'
        'lemma inner: "True ∧ x = x"\nproof\n  have "(1::nat) = 2" by simp\n'
        '  show True sorry\n  show "x = x" sorry\nqed\n'
        "nonsense\n"
        'definition c where "c = undefined_thing + (1::nat)"\n'
        'lemma type_error: "(1::nat) = True" sorry\n'
        'lemma last: "x = x" sorry\n'
        "end\n"
    )
    document = await bench.open(text)
    assert document.complete
    data = text.encode()
    told = {data[m.start : m.end].decode(): m.text for m in document.errors}
    assert told['lemma unfinished: "True"'] == "This proof is not finished"
    assert "Failed to finish proof" in told["by simp"] or "Failed to apply" in told["by simp"]
    # What stands on its own is part of the command before it, as in the editor.
    assert any("nonsense" in place for place in told)
    assert any("type_error" in place for place in told)
    assert [h.declaration for h in document.holes if h.state is not None] == ["inner", "inner", "last"]
    for hole in document.holes:
        if hole.state is not None:
            assert isinstance((await bench.outcomes(hole, "by simp"))[0], Closed)
    last = document.holes[-1]
    assert (await bench.certify(document, last, "by simp")).ok
    inner = document.holes[0]
    certificate = await bench.certify(document, inner, "by simp", complete=False)
    assert not certificate.ok


async def test_a_bad_header(bench: Bench) -> None:
    for text in ("theory X imports Nowhere begin\nend\n", "theory X imports begin", "theory"):
        document = await bench.open(text)
        assert not document.imported
        assert document.commands == ()
        assert document.errors[0].text


async def test_a_file_needs_its_header(bench: Bench, tmp_path: Path) -> None:
    document = await bench.open('lemma "True" sorry\n', path=tmp_path / "A.thy")
    assert not document.imported
    assert "header" in document.errors[0].text


# Symbols and places


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("ascii_form", [False, True])
async def test_places_in_every_form(bench: Bench, newline: str, bom: str, ascii_form: bool) -> None:
    lines = [
        "theory Scratch imports Main begin",
        "(* ∀ 𝔓 ü → \\<alpha> *)",
        'lemma first: "∀x∈A. P x ⟶ P x" sorry ― ‹ä ∀› lemma second: "α = (α :: nat)" (* ∃ *) sorry',
        'lemma third: "¬ False" oops',
        'lemma fourth: "(λ𝔓. 𝔓) = id" sorry',
        "end",
        "",
    ]
    text = bom + newline.join(lines)
    if ascii_form:
        text = text.replace("∀", "\\<forall>").replace("α", "\\<alpha>")
    document = await bench.open(text)
    assert document.errors == (), document.errors
    data = text.encode()
    assert [data[h.start : h.end] for h in document.holes] == [b"sorry"] * 3
    first, second, _ = document.holes
    assert first.goals[0].target == "∀x∈A. P x ⟶ P x"
    assert second.goals[0].target == "α = α"
    command = document.commands[first.command]
    assert data[command.start : command.end].decode().startswith("lemma first")
    assert data[command.start : command.end].decode().endswith("›")
    for candidate in ('proof\n  fix x assume "x ∈ A" show "P x ⟶ P x" by simp\nqed', "by simp"):
        assert isinstance((await bench.outcomes(first, candidate))[0], Closed)
        certificate = await bench.certify(document, first, candidate)
        assert certificate.ok, certificate


async def test_another_form_of_the_same_text_is_not_elaborated_again(bench: Bench) -> None:
    text = 'lemma a: "∀x. x = x" sorry\nlemma b: "∃x. x = y" sorry\n'
    uri = "file:///form.thy"
    first = await bench.open(text, uri)
    told = text.replace("∀", "\\<forall>")
    second = await bench.open(told, uri)
    assert (second.reused, second.elaborated) == (2, 0)
    data = told.encode()
    assert [data[h.start : h.end] for h in second.holes] == [b"sorry", b"sorry"]
    assert second.holes[0].start > first.holes[0].start
    assert isinstance((await bench.outcomes(second.holes[1], "by blast"))[0], Closed)


async def test_messages_are_for_people(bench: Bench) -> None:
    _, hole = await bench.hole('lemma "∀x. P x" sorry\n')
    (outcome,) = await bench.outcomes(hole, "by (simp add: foo)")
    assert isinstance(outcome, Rejected)
    assert "Undefined fact" in outcome.message
    assert not any(ord(c) < 32 and c != "\n" for c in outcome.message)
    (outcome,) = await bench.outcomes(hole, "by (rule allI)")
    assert isinstance(outcome, Rejected)
    assert "⋀x. P x" in outcome.message


# Reuse


async def test_an_edit_in_a_proof_keeps_what_is_before_it(bench: Bench) -> None:
    """Also inside one lemma: a slow step is not run again when a later one is changed."""
    slow = "by (tactic ‹fn st => (OS.Process.sleep (Time.fromMilliseconds 500); Skip_Proof.cheat_tac @{context} 1 st)›)"
    text = f'lemma a: "True"\nproof -\n  have "x = y" {slow}\n  show ?thesis sorry\nqed\nlemma b: "x = x" sorry\n'
    uri = "file:///inside.thy"
    await bench.open(text, uri)
    begun = time.monotonic()
    changed = await bench.open(text.replace("show ?thesis", 'have "y = y" by simp\n  show ?thesis'), uri)
    assert time.monotonic() - begun < 0.4
    assert changed.errors == ()
    assert (changed.reused, changed.elaborated) == (0, 2)


async def test_a_token_that_grows_is_seen(bench: Bench) -> None:
    uri = "file:///token.thy"
    await bench.open('lemma a: "x = x" by simp\nlemma b: "x = x" by simp', uri)
    changed = await bench.open('lemma a: "x = x" by simp\nlemma b: "x = x" by simp_nothing', uri)
    assert changed.reused == 1
    assert len(changed.errors) == 1
    changed = await bench.open('lemma a: "x = x" by simp\nlemma b: "x = x" by simp\nlemma c: "y = y" sorry', uri)
    assert changed.errors == ()
    assert [h.declaration for h in changed.holes] == ["c"]


async def test_a_theory_with_commands_of_its_own(bench: Bench) -> None:
    text = (
        'theory Own imports Main keywords "nothing" :: thy_decl begin\n'
        'ML ‹Outer_Syntax.command \\<^command_keyword>‹nothing› "" (Scan.succeed (Toplevel.theory I))›\n'
        'nothing\nlemma a: "x = x" sorry\nnothing\nend\n'
    )
    document = await bench.open(text)
    assert document.errors == ()
    assert [c.kind for c in document.commands] == ["ML", "nothing", "lemma", "nothing", "end"]
    (outcome,) = await bench.outcomes(document.holes[0], "by simp nothing")
    assert isinstance(outcome, Refused)


async def test_commands_that_only_show_are_not_run(bench: Bench) -> None:
    begun = time.monotonic()
    document = await bench.open('ML_val ‹OS.Process.sleep (Time.fromSeconds 20)›\nlemma a: "x = x" sorry\n')
    assert time.monotonic() - begun < 10
    assert document.errors == ()


# Imports


async def test_local_imports(bench: Bench, tmp_path: Path) -> None:
    base, used = tmp_path / "Base.thy", tmp_path / "sub" / "Used.thy"
    used.parent.mkdir()
    base.write_text('theory Base imports Main begin\ndefinition two :: nat where "two = 2"\nend\n')
    used.write_text('theory Used imports "../Base" begin\nlemma two_pos: "two > 0" by (simp add: two_def)\nend\n')
    text = 'theory Top imports "sub/Used" begin\nlemma a: "two ≠ 0" sorry\nend\n'
    uri, path = "file:///top.thy", tmp_path / "Top.thy"
    document = await bench.open(text, uri, path)
    assert document.errors == ()
    (hole,) = document.holes
    assert isinstance((await bench.outcomes(hole, "using two_pos by simp"))[0], Closed)
    assert (await bench.certify(document, hole, "using two_pos by simp")).ok
    again = await bench.open(text, uri, path)
    assert again.elaborated == 0
    # A changed import is seen when the buffer is opened again.
    base.write_text('theory Base imports Main begin\ndefinition two :: nat where "two = 1 + 1"\nend\n')
    changed = await bench.open(text, uri, path)
    assert (changed.reused, changed.elaborated) == (0, len(document.commands))
    used.unlink()
    broken = await bench.open(text, uri, path)
    assert not broken.imported
    assert "Used" in broken.errors[0].text


async def test_an_import_that_owes_a_proof(bench: Bench, tmp_path: Path) -> None:
    owing = tmp_path / "Owing.thy"
    owing.write_text('theory Owing imports Main begin\nlemma owed: "(a::nat) + b = b + a" sorry\nend\n')
    document = await bench.open(
        'theory Over imports Owing begin\nlemma a: "(1::nat) + b = b + 1" sorry\nend\n', path=tmp_path / "Over.thy"
    )
    assert document.errors == ()
    (hole,) = document.holes
    certificate = await bench.certify(document, hole, "by (rule owed)")
    assert not certificate.ok
    assert "sorry" in (certificate.reason or "")
    assert (await bench.certify(document, hole, "by simp")).ok


# Certificates


async def test_what_is_borrowed(bench: Bench) -> None:
    text = (
        'lemma first: "f (0::nat) = (0::nat)" sorry\n'
        'lemma through: "f (0::nat) + f 0 = (0::nat)" using first by simp\n'
        'lemma own: "(1::nat) + 1 = 2" by simp\n'
        'lemma goal: "f (0::nat) + (f 0 + 2) = (1 + 1 :: nat)" sorry\n'
    )
    document = await bench.open(text)
    goal = document.holes[-1]
    assert (await bench.certify(document, goal, "using through by simp")).borrowed == ("first",)
    certificate = await bench.certify(document, goal, "by (simp add: first own)")
    assert (certificate.ok, certificate.borrowed) == (True, ("first",)), certificate
    told = {a.name: a.axioms for a in await bench.prover.axioms(document)}
    assert told == {
        "first": (HOLE_AXIOM,),
        "through": (HOLE_AXIOM,),
        "own": (),
        "goal": (HOLE_AXIOM,),
    }


async def test_other_holes_may_stay_open(bench: Bench) -> None:
    text = 'lemma a: "x = x ∧ y = y"\nproof\n  show "x = x" sorry\n  show "y = y" sorry\nqed\n'
    document = await bench.open(text)
    first, second = document.holes
    assert (await bench.certify(document, first, "by simp", complete=False)).ok
    assert not (await bench.certify(document, first, "by simp")).ok
    edits = [Edit(h.start, h.end, "by simp") for h in (first, second)]
    certificate = await bench.prover.certify(document, first.command, edits)
    assert certificate.ok


async def test_the_oracle_of_another_is_told(bench: Bench) -> None:
    text = (
        "oracle anything = ‹fn ct => ct›\n"
        "method_setup anything = ‹Scan.succeed (fn ctxt => SIMPLE_METHOD' (CSUBGOAL (fn (ct, i) =>\n"
        "  resolve_tac ctxt [anything ct] i)))›\n"
        'lemma a: "(1::nat) = 2" sorry\n'
    )
    document, hole = await bench.hole(text)
    assert document.errors == ()
    certificate = await bench.certify(document, hole, "by anything")
    # It is for the policy to refuse; that it trusts something is told.
    assert certificate.ok, certificate
    assert certificate.axioms == ("Scratch.anything",)


async def test_edits_stay_in_their_command(bench: Bench) -> None:
    document = await bench.open('lemma a: "x = x" sorry\nlemma b: "y = y" sorry\n')
    first, second = document.holes
    certificate = await bench.prover.certify(document, 0, [Edit(second.start, second.end, "by simp")])
    assert not certificate.ok
    for edit in (Edit(first.start - 3, first.end, '" by simp'), Edit(first.start, first.end + 1, "by simp lemma")):
        assert not (await bench.prover.certify(document, 0, [edit])).ok
    assert not (await bench.prover.certify(document, 7, [Edit(first.start, first.end, "by simp")])).ok
    assert not (await bench.prover.certify(document, 0, [])).ok


# The cursor


async def test_the_cursor_in_unfinished_proofs(bench: Bench) -> None:
    for before, after, candidate, expected in (
        ('lemma c: "x = x"\n  ', "\n", "by simp", ["x = x"]),
        ('lemma c: "x = x ∧ y = y"\nproof\n  show "x = x" ', '\n  show "y = y" by simp\nqed\n', "by simp", ["x = x"]),
        ('lemma c: "x = x ∧ y = y"\n  apply (rule conjI)\n  ', "\n", "by simp_all", ["x = x", "y = y"]),
        ('lemma c: "x = x ∧ y = y"\n  apply (rule conjI) ', " apply simp done\n", "apply simp", ["x = x", "y = y"]),
    ):
        for word in ("", "by", "si", "app", 'by "'):
            text = 'lemma before: "z = z" by simp\n' + before + word + after
            document = await bench.open(text + 'lemma after: "z = z" by simp\n')
            start = text.encode().index((before + word + after).encode()) + len(before.encode())
            end = start + len(word.encode())
            hole = await bench.prover.goals(document, start, end)
            if word == 'by "' and hole is None:
                continue
            assert hole is not None, (before, word)
            assert [g.target for g in hole.goals] == expected
            (outcome,) = await bench.outcomes(hole, candidate)
            assert isinstance(outcome, Closed | Progress), outcome
            if word != 'by "':
                edit = Edit(start, end, candidate)
                certificate = await bench.prover.certify(document, hole.command, [edit])
                assert certificate.ok, (before, word, certificate)


async def test_what_can_not_be_looked_at_is_not_certified(bench: Bench) -> None:
    """Commands whose proof leaves no trace in the theorems that they leave."""
    text = (
        'locale L = fixes f :: "nat ⇒ nat" assumes f: "f x = x"\nlocale M = L\n'
        "sublocale L ⊆ again: M f sorry\n"
        'notepad begin have "True" sorry end\n'
        "lift_definition zero :: nat is 0 sorry\n"
    )
    document = await bench.open(text)
    assert document.errors == ()
    for hole in document.holes:
        certificate = await bench.certify(document, hole, "by standard")
        assert not certificate.ok
        assert certificate.reason


# Processes


async def test_what_the_ml_system_breaks_off_is_a_fault(bench: Bench) -> None:
    """As it does where memory or stack runs out; the others get their turn, in the same process."""
    text = (
        "method_setup broken = ‹Scan.succeed (fn _ => SIMPLE_METHOD (fn _ => Isabelle_Thread.raise_interrupt ()))›\n"
        'lemma a: "x = x" sorry\n'
    )
    document, hole = await bench.hole(text)
    assert document.errors == ()
    found = await bench.outcomes(hole, "by simp", "by broken", "by simp")
    assert [(o.candidate, type(o)) for o in found] == [(0, Closed), (1, Fault), (2, Closed)]
    certificate = await bench.certify(document, hole, "by broken")
    assert not certificate.ok
    assert certificate.reason
    assert bench.prover.starts == 1


async def test_the_driver_ends_with_its_owner(tmp_path: Path) -> None:
    """Also where its owner could not tell it to."""
    script = tmp_path / "owner.py"
    script.write_text(
        "import asyncio, os, sys\n"
        "from unsorry.provers.isabelle.prover import IsabelleProver\n"
        "from unsorry.provers.isabelle.toolchain import discover, require\n"
        "from unsorry.provers.seam import Snapshot\n"
        "async def main():\n"
        "    prover = IsabelleProver(require(discover()))\n"
        "    await prover.open(Snapshot('file:///a.thy', 1, ''))\n"
        "    print(prover.pid, flush=True)\n"
        "    os._exit(9)\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script)]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 9, done.stderr
    for _ in range(100):
        if not psutil.pid_exists(int(done.stdout)):
            return
        await asyncio.sleep(0.1)
    pytest.fail("the driver is still there")


async def test_a_cut_connection_costs_a_restart() -> None:
    """The process ends with its connection; the next request finds a new one, with the text as it was."""
    prover = make_isabelle()
    try:
        document = await prover.open(Snapshot("file:///cut.thy", 1, 'lemma a: "x = x" sorry\n'))
        (hole,) = document.holes
        client = prover._client  # pyright: ignore[reportPrivateUsage]
        assert client is not None
        assert client._writer is not None  # pyright: ignore[reportPrivateUsage]
        client._writer.transport.abort()  # pyright: ignore[reportPrivateUsage]
        found = await collect(prover, state_of(hole), ["by auto", "by simp"], PATIENT)
        assert [type(o) for o in found if not isinstance(o, Fault)] in ([Closed], [Closed, Closed])
        (again,) = await collect(prover, state_of(hole), ["by simp"], PATIENT)
        assert isinstance(again, Closed)
        assert prover.starts == 2
    finally:
        await prover.close()


async def test_what_ignores_its_limit_is_killed() -> None:
    """A method that hears no interrupt costs a restart, and the run goes on."""
    text = (
        "method_setup deaf = ‹Scan.succeed (fn ctxt => SIMPLE_METHOD (fn st =>\n"
        "  Thread_Attributes.uninterruptible (fn _ => fn () =>\n"
        "    (OS.Process.sleep (Time.fromSeconds 60); Seq.empty)) ()))›\n"
        'lemma a: "x = x" sorry\n'
    )
    prover = make_isabelle()
    try:
        document = await prover.open(Snapshot("file:///deaf.thy", 1, text))
        assert document.errors == ()
        (hole,) = document.holes
        limits = replace(PATIENT, seconds=0.5)
        begun = time.monotonic()
        found = await collect(prover, state_of(hole), ["by auto", "by deaf", "by simp"], limits)
        assert [type(o) for o in found] == [Closed, TimedOut, Closed]
        assert time.monotonic() - begun < 30
        assert prover.starts == 2
    finally:
        await prover.close()
