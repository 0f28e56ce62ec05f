"""The rules for Isabelle: what they read off goals made by hand, and what they prove with a real Isabelle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.provers.seam import Application, Constant, Goal, InductiveType, Local, Premise, Snapshot
from unsorry.suggesters.rules.isabelle import IsabelleRules
from unsorry.suggesters.rules.isabelle_scope import unnamed_facts
from unsorry.suggesters.rules.isabelle_theory import Theory
from unsorry.suggesters.seam import Candidate, EarlierTheorem, GoalContext

CORPUS = Path(__file__).parent / "corpus" / "isabelle"
EXAMPLES = Path(__file__).parents[2] / "examples" / "isabelle"

NAT = InductiveType("Nat.nat", ("Groups.zero_class.zero", "Nat.Suc"), recursive=True)
LIST = InductiveType("List.list", ("List.list.Nil", "List.list.Cons"), recursive=True, parameters=1)
COLOUR = InductiveType("T.colour", ("T.colour.Red", "T.colour.Green"), recursive=False)
TREE = InductiveType("T.tree", ("T.tree.Leaf", "T.tree.Node"), recursive=True, parameters=1)

EQ = Constant("HOL.eq", "HOL.eq", "const", "HOL.HOL")
PLUS = Constant("Groups.plus_class.plus", "plus", "const", "HOL.Groups")
TIMES = Constant("Groups.times_class.times", "times", "const", "HOL.Groups")
FINITE = Constant("Finite_Set.finite", "finite", "const", "HOL.Finite_Set", is_prop=True)


def value(name: str, type_: str, inductive: InductiveType | None = None) -> Local:
    return Local(name, type_, head=inductive.name if inductive else "", inductive=inductive)


def fact(name: str, statement: str, head: str = "HOL.eq") -> Local:
    return Local(name, statement, accessible=name not in {"", "using"}, is_prop=True, head=head)


def own(name: str, recursion: str = "well-founded", major: int | None = 0, varying: tuple[int, ...] = ()) -> Constant:
    return Constant(f"T.{name}", name, "def", None, recursion=recursion, major=major, varying=varying)


def goal(target: str, *locals_: Local, head: str = "HOL.eq", constants: tuple[Constant, ...] = (EQ,)) -> Goal:
    return Goal(target, target, locals=locals_, head=head, constants=constants)


async def candidates(
    *goals: Goal, before: str = "", earlier: tuple[tuple[str, str], ...] = (), prover: str = "Isabelle"
) -> list[Candidate]:
    theorems = tuple(EarlierTheorem(n, f'lemma {n}: "{s}" by simp') for n, s in earlier)
    return await _all(GoalContext(prover, goals, "here", theorems, before=before))


async def _all(context: GoalContext) -> list[Candidate]:
    return [c async for c in IsabelleRules().suggest(context)]


async def test_an_accumulator_is_generalised() -> None:
    collect = own("collect", recursion="structural", varying=(1,))
    xs, acc = value("xs", "nat list", LIST), value("acc", "nat list", LIST)
    found = [c.text for c in await candidates(goal("collect xs [] = rev acc", xs, acc, constants=(EQ, collect)))]
    stated = [t for t in found if t.startswith("proof -")]
    # The name is free, and the side that says what is computed stands beside what was collected.
    assert '  have "collect xs acc1 = rev acc @ acc1" for acc1\n' in stated[0]
    assert "by (induct xs arbitrary: acc1) auto" in stated[0]
    plain = goal("collect xs [] = rev xs", xs, constants=(EQ, own("collect", recursion="structural")))
    assert not any("for acc" in c.text for c in await candidates(plain))


async def test_variables_that_are_called_like_keywords_are_quoted() -> None:
    found = [
        c.text
        for c in await candidates(goal("turn is = is", value("is", "nat list", LIST), constants=(EQ, own("turn"))))
    ]
    assert any('(induct "is")' in t for t in found)
    assert not any("induct is" in t or "cases is" in t for t in found)


async def test_sledgehammer_comes_last_where_it_is_wanted() -> None:
    context = GoalContext("Isabelle", (SUM,), "here")
    without = [c async for c in IsabelleRules().suggest(context)]
    with_it = [c async for c in IsabelleRules(sledgehammer=True).suggest(context)]
    assert with_it[:-1] == without
    assert (with_it[-1].text, with_it[-1].slow) == ("sledgehammer", True)
    assert with_it[-1].score < min(c.score for c in without)
    two = GoalContext("Isabelle", (SUM, LOGIC), "here")
    assert not any(c.slow for c in [c async for c in IsabelleRules(sledgehammer=True).suggest(two)])


SUM = goal("a + b = b + a", value("a", "nat", NAT), value("b", "nat", NAT), constants=(EQ, PLUS))
PRODUCT = goal("a * (b + c) = a * b + a * c", value("a", "int"), constants=(EQ, PLUS, TIMES))
LOGIC = goal("P ∧ Q ⟶ Q ∧ P", value("P", "bool"), value("Q", "bool"), head="HOL.implies", constants=())
WITNESS = goal("∃y. y = x + 1", value("x", "nat", NAT), head="HOL.Ex", constants=(EQ, PLUS))
ASSUMED = goal("R", value("R", "bool"), fact("assms(1)", "P"), fact("assms(2)", "P ⟹ R"), fact("a", "P"), head="R")
CHAINED = goal("n ≤ m", value("n", "nat", NAT), fact("using", "n = m"), fact("h", "m = k"), head="less_eq")
OBTAINED = goal("thesis", value("thesis", "bool"), fact("that", "P ?x ⟹ thesis", "thesis"), head="thesis")
COLOURS = goal("turn (turn c) = c", value("c", "colour", COLOUR), constants=(EQ, own("turn")))
SETS = goal(
    "card (insert x A) ≤ card A + 1",
    value("A", "'a set"),
    value("x", "'a"),
    fact("", "finite A", "Finite_Set.finite"),
    head="Orderings.ord_class.less_eq",
    constants=(FINITE,),
)
ACCUMULATED = Goal(
    "",
    "itrev xs ys = rev xs @ ys",
    locals=(value("xs", "'a list", LIST), value("ys", "'a list", LIST)),
    head="HOL.eq",
    constants=(EQ, own("itrev", varying=(1,))),
    applications=(Application("T.itrev", ("xs", "ys")),),
)
FLIPPED = Goal(
    "",
    "flip (flip t) = t",
    locals=(value("t", "'a tree", TREE),),
    head="HOL.eq",
    constants=(EQ, own("flip")),
    applications=(Application("T.flip", (None,)), Application("T.flip", ("t",))),
)
MERGED = Goal(
    "",
    "size (mix xs ys) = size xs + size ys",
    locals=(value("xs", "'a list", LIST), value("ys", "'a list", LIST)),
    head="HOL.eq",
    constants=(EQ, own("mix")),
    applications=(Application("T.mix", ("xs", "ys")),),
)
DERIVED = Goal(
    "",
    "even n",
    locals=(value("n", "nat", NAT), fact("", "ev n", "T.ev")),
    head="dvd",
    hypothesis_constants=(Constant("T.ev", "ev", "inductive", None, is_prop=True),),
)
DEFINED = goal("quad n = 4 * n", value("n", "nat", NAT), constants=(EQ, own("quad", "", None)))
PREMISE = goal(
    "x ∈ set xs",
    value("xs", "'a list", LIST),
    value("x", "'a"),
    fact("", "member x xs", "T.member"),
    head="Set.member",
    constants=(own("member", major=1),),
)
GENERAL = goal("f 0 = 0", value("f", "nat ⇒ nat"), fact("add", "f (?x + ?y) = f ?x + f ?y"), constants=(EQ, PLUS))

THEORY = """
datatype 'a tree = Leaf | Node "'a tree" 'a "'a tree"
fun mix :: "'a list ⇒ 'a list ⇒ 'a list" where
  "mix [] ys = ys" | "mix (x # xs) [] = x # xs" | "mix (x # xs) (y # ys) = x # y # mix xs ys"
definition twice where "twice n = n + (n::nat)"
definition quad :: "nat ⇒ nat" (infix "⊗" 65) where "quad n = twice (twice n)"
lemma foo: "x = x" by (cases x) simp
"""


@pytest.mark.parametrize(
    ("asked", "wanted", "among"),
    [
        (SUM, ["by simp"], 1),
        (SUM, ["by (simp add: algebra_simps)", "by arith"], 12),
        (PRODUCT, ["by (simp add: algebra_simps)"], 6),
        (LOGIC, ["by auto", "by blast"], 4),
        (WITNESS, ['by (intro exI[of _ "x"], auto)', 'by (intro exI[of _ "Suc x"], auto)'], 25),
        (ASSUMED, ["using assms by simp", "using assms by auto", "using assms by blast"], 6),
        (CHAINED, ["by simp", "using h by simp", "by auto"], 5),
        (OBTAINED, ["by auto", "by blast"], 4),
        (COLOURS, ["by (cases c) auto"], 6),
        (SETS, ["by (induct A rule: finite_induct) auto"], 12),
        (ACCUMULATED, ["by (induct xs arbitrary: ys) auto"], 6),
        (FLIPPED, ["by (induct t) auto", "by (induct t) simp_all"], 6),
        (MERGED, ["by (induct xs ys rule: mix.induct) auto"], 8),
        (DERIVED, ["by (induct rule: ev.induct) (auto intro: ev.intros)"], 8),
        (DEFINED, ["by (simp add: quad_def)", "by (auto simp add: quad_def)"], 6),
        (PREMISE, ["by (induct xs) auto"], 8),
        (GENERAL, ["using add[of 0 0] by simp"], 30),
    ],
    ids=lambda x: x.target if isinstance(x, Goal) else "",
)
async def test_what_a_goal_asks_for_is_among_the_first(asked: Goal, wanted: list[str], among: int) -> None:
    found = [c.text for c in await candidates(asked)][:among]
    assert not [w for w in wanted if w not in found], found


async def test_a_function_that_takes_two_arguments_apart_is_followed_by_its_own_rule() -> None:
    found = [c.text for c in await candidates(MERGED, before=THEORY)]
    assert found.index("by (induct xs ys rule: mix.induct) auto") < 5


async def test_definitions_below_definitions_are_opened_too() -> None:
    found = [c.text for c in await candidates(DEFINED, before=THEORY)]
    assert "by (simp add: quad_def twice_def)" in found[:4]


async def test_earlier_theorems_about_the_same_things_are_used() -> None:
    earlier = (("flip_leaf", "flip Leaf = Leaf"), ("unrelated", "P ⟶ P"), ("other", "mix xs [] = xs"))
    found = [c.text for c in await candidates(FLIPPED, before=THEORY, earlier=earlier)]
    assert "by (simp add: flip_leaf)" in found[:8]
    assert "by (induct t) (auto simp add: flip_leaf)" in found
    assert not [t for t in found if "unrelated" in t or "other" in t]


async def test_premises_are_used_as_what_they_are() -> None:
    found = (
        Premise("Lib.flip_flip", ("T.flip",), "HOL.eq", "T.flip", "Lib", "flip (flip ?t) = ?t"),
        Premise("Lib.flip_le", ("T.flip",), "Orderings.ord_class.less_eq", "", "Lib", "size (flip ?t) ≤ size ?t"),
    )

    async def texts(context: GoalContext) -> set[str]:
        return {c.text for c in await _all(context)}

    plain = await texts(GoalContext("Isabelle", (FLIPPED,), "here"))
    told = await texts(GoalContext("Isabelle", (FLIPPED,), "here", premises=found))
    assert plain <= told
    fresh = told - plain
    assert {"by (rule Lib.flip_flip)", "by (simp add: Lib.flip_flip)", "by (auto intro: Lib.flip_flip)"} <= fresh
    assert {"by (metis Lib.flip_flip Lib.flip_le)", "using Lib.flip_flip by auto"} <= fresh
    assert "using Lib.flip_le by blast" in fresh
    # Another head.
    assert "by (rule Lib.flip_le)" not in fresh
    stepping = await texts(GoalContext("Isabelle", (FLIPPED,), "here", steps=(), premises=found))
    assert {"apply (rule Lib.flip_flip)", "apply (subst Lib.flip_flip)"} <= stepping


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (FLIPPED, ["proof (induct t)", "proof (cases t)"]),
        (MERGED, ["proof (induct xs ys rule: mix.induct)"]),
        (DERIVED, ["proof (induct rule: ev.induct)", "proof (cases rule: ev.cases)"]),
        (WITNESS, ["apply (rule exI[of _ x])"]),
        (goal("P (if x = y then 1 else 2)", fact("h", "Q")), ['using h\nproof (cases "x = y")']),
        (goal("R", fact("using", "∃x. P x", "HOL.Ex")), ["apply (elim exE disjE conjE)"]),
        (goal("A = B", fact("using", "C"), head="HOL.eq"), ["proof (intro iffI)", "proof (intro antisym)"]),
    ],
)
async def test_a_search_that_goes_on_begins_structured_proofs(asked: Goal, wanted: list[str]) -> None:
    found = {c.text for c in await _all(GoalContext("Isabelle", (asked,), "here", before=THEORY, steps=()))}
    assert set(wanted) <= found
    at_once = {c.text for c in await _all(GoalContext("Isabelle", (asked,), "here", before=THEORY))}
    assert not any(re.search(r"\b(?:proof|apply)\b", text) for text in at_once)


async def test_goals_of_several_variables_are_proved_together() -> None:
    first, second = (
        goal(f"{f} {x} = {x}", value("t", "a", TREE), value("ts", "b", TREE), constants=(EQ, own(f)))
        for f, x in (("f", "t"), ("g", "ts"))
    )
    found = [c.text for c in await candidates(first, second)]
    assert {"by simp_all", "by (induct t and ts) auto"} <= set(found)


@pytest.mark.parametrize("asked", [SUM, LOGIC, WITNESS, ASSUMED, CHAINED, SETS, ACCUMULATED, DERIVED])
async def test_each_candidate_comes_once_with_falling_scores(asked: Goal) -> None:
    found = await candidates(asked, before=THEORY, earlier=(("a", "rev xs = itrev xs ys"), ("b", "ev n")))
    assert len({c.text for c in found}) == len(found) <= 100
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert all(c.score <= 0 for c in found)
    assert all(c.origin.startswith("rules/") for c in found)
    assert all(c.text.startswith(("by ", "using ")) for c in found)
    assert all(c.text.count("(") == c.text.count(")") for c in found)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (SUM, ["by argo"]),
        (LOGIC, ["by satx", "by argo"]),
        (WITNESS, ["by argo", "by iprover", "by fast", "by best"]),
        (ASSUMED, ["using assms by iprover", "using assms by fast", "using assms by best"]),
        (SETS, ["by order", "by iprover", "by fast", "by best"]),
        (ACCUMULATED, []),
    ],
    ids=lambda x: x.target if isinstance(x, Goal) else "",
)
async def test_methods_that_seldom_help_come_last(asked: Goal, wanted: list[str]) -> None:
    found = [c.text for c in await candidates(asked, before=THEORY, earlier=(("b", "ev n"),))]
    seldom = [t for t in found if re.search(r"by (?:order|satx|argo|iprover|fast|best)$", t)]
    assert seldom == wanted
    assert found[len(found) - len(wanted) :] == wanted


async def test_a_congruence_is_no_rule_to_simplify_with() -> None:
    earlier = (("cong", "(⋀x. g x = h x) ⟹ flip g = flip h"), ("comm", "flip a b = flip b a"))
    found = [c.text for c in await candidates(FLIPPED, earlier=earlier)]
    assert "by (rule cong)" in found
    assert "by (simp add: comm)" in found
    assert not [t for t in found if "add: cong" in t]


async def test_another_prover_gets_nothing() -> None:
    assert await candidates(SUM, prover="Lean") == []
    assert await candidates() == []


def test_a_theory_is_read() -> None:
    theory = Theory.read(THEORY)
    assert theory.names == {"mix", "twice", "quad"}
    assert theory.constructors == {"Leaf": "tree", "Node": "tree"}
    assert [n for n in ("mix", "twice", "quad") if theory.defines(n)] == ["twice", "quad"]
    assert [n for n in ("mix", "twice", "quad") if theory.deep(n)] == ["mix"]
    assert theory.reach({"quad"}) == {"quad", "twice"}
    assert theory.words("x ⊗ y") == {"x", "y", "quad"}
    assert theory.splits("case t of Leaf ⇒ a | Node l x r ⇒ if b then c else d", ()) == ("if_splits", "tree.splits")


STRUCTURED = """
lemma earlier: "P"
proof - assume "not here" show ?thesis sorry qed
lemma now: "A = B"
proof
  assume "A" and b: "B" and "C"
  show "D" by simp
next
  fix x assume Q
  have "x < y" and "y < z" sorry
  { have "gone" sorry }
  have l: "named" sorry
"""


def test_facts_without_a_name_are_found_in_scope() -> None:
    assert unnamed_facts(STRUCTURED) == ("Q", "x < y", "y < z")
    assert unnamed_facts("lemma assumes A shows B ") == unnamed_facts("") == ()


async def proved(path: Path, text: str, seconds: float) -> tuple[list[str], list[str]]:
    """The holes that are proved and those that stay open, by the lemma that they are in."""
    prover = make_isabelle(path)
    try:
        document = DocumentProver([prover], [IsabelleRules()], budget=Budget(seconds=seconds))
        report = await document.run(Snapshot(path.as_uri(), 1, text, path))
    finally:
        await prover.close()
    assert not report.document.errors
    names = [(str(r.hole.declaration), r.proof is not None) for r in report.holes]
    return [n for n, done in names if done], [n for n, done in names if not done]


def real(path: Path, bar: int) -> object:
    marks = [*needs_isabelle, pytest.mark.slow, pytest.mark.timeout(300)]
    name = f"{path.parent.parent.name}-{path.stem}"
    return pytest.param(path, path.read_text(encoding="utf-8"), bar, marks=marks, id=name)


@pytest.mark.parametrize(
    ("path", "text", "bar"),
    [
        real(CORPUS / "Accumulators.thy", 5),
        real(CORPUS / "Arithmetic.thy", 24),
        real(CORPUS / "Logic.thy", 36),
        real(CORPUS / "Lists.thy", 26),
        real(CORPUS / "Isar.thy", 27),
        real(CORPUS / "Datatypes.thy", 28),
        real(CORPUS / "Recursion.thy", 35),
        real(CORPUS / "Unseen.thy", 82),
        real(CORPUS / "More.thy", 67),
        real(CORPUS / "Held.thy", 75),
        real(EXAMPLES / "Lists.thy", 5),
        real(EXAMPLES / "Sets.thy", 6),
        real(EXAMPLES / "Sums.thy", 5),
    ],
)
async def test_the_corpus_is_proved(path: Path, text: str, bar: int) -> None:
    done, left = await proved(path, text, 10.0)
    assert len(done) >= bar, left
