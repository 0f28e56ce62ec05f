"""Methods for the whole goal: the automation in the order of what it costs, definitions, the theory's own theorems."""

from __future__ import annotations

import itertools
import re

from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify

_RELATIONS = {"HOL.eq", "Orderings.ord_class.less_eq", "Orderings.ord_class.less", "HOL.Not", "HOL.False"}
_SCHEMATIC = re.compile(r"\?([^\W\d][\w']*(?:\.\d+)?)")
_QUANTIFIED = re.compile(r"[∀∃⋀]")
_CONNECTED = re.compile(r"[¬∧∨⟶⟷]")

#: A rank behind all else that is read off a goal.
_LAST = 23


def closers(shape: Shape) -> Rule:
    """The automation as ``try0`` would have it, cheapest first."""
    goal = shape.goal
    late = 6 if shape.functions else 0
    if shape.variable(goal.head) is not None and "HOL.eq" not in shape.names and not shape.functions:
        # Rules about an unknown relation, which simp can go round in circles with.
        yield from shape.proofs("blast", 0)
    yield from shape.proofs("simp", 0)
    yield from shape.proofs("auto", 1)
    if shape.others:
        yield from shape.proofs("simp_all", 0.5)
    if any(h.type == goal.target for h in shape.hypotheses):
        yield from shape.proofs("fact", 0.2)
    if shape.arithmetic:
        if goal.head in _RELATIONS and shape.hypotheses:
            yield from shape.proofs("linarith", 1.6)
        yield from shape.proofs("arith", 3 + late)
        if _QUANTIFIED.search(shape.text) or "Rings.dvd_class.dvd" in shape.names or "mod" in shape.text:
            yield from shape.proofs("presburger", 2.2 + late / 2)
    yield from shape.proofs("blast", (1.4 if not shape.arithmetic else 3.4) + late)
    yield from shape.proofs("fastforce", 8 + late)
    yield from shape.proofs("force", 14 + late)
    if shape.hypotheses or _QUANTIFIED.search(shape.text):
        yield from shape.proofs("metis", 5 + late)
        yield from shape.proofs("meson", 12 + late)
    if goal.head == "HOL.All" or shape.parameters:
        yield from shape.proofs("(intro allI impI, auto)", 10 + late)
    yield from _algebra(shape, late)
    yield from _unfolded(shape)
    yield from _seldom(shape)


def _seldom(shape: Shape) -> Rule:
    """What proves little that the others don't: first what says no soon."""
    if any(n.startswith("Orderings.ord_class.") for n in (shape.goal.head, *shape.names)):
        yield shape.proof("order"), _LAST
    connected = _CONNECTED.search(shape.text) is not None
    if connected:
        yield shape.proof("satx"), _LAST + 0.2
    if connected or shape.arithmetic:
        yield shape.proof("argo"), _LAST + 0.4
    if shape.hypotheses or _QUANTIFIED.search(shape.text):
        for place, method in enumerate(("iprover", "fast", "best")):
            yield shape.proof(method), _LAST + 1 + place


def _algebra(shape: Shape, late: float) -> Rule:
    if not shape.arithmetic:
        return
    rank = (2 if shape.products else 4) + late / 2
    yield from shape.proofs("(simp add: algebra_simps)", rank)
    yield from shape.proofs("(auto simp add: algebra_simps)", rank + 1)
    if "Power.power_class.power" in shape.names:
        yield from shape.proofs("(simp add: power2_eq_square algebra_simps)", rank + 0.5)
    yield from shape.proofs("(simp add: ac_simps)", rank + 3)
    if shape.products:
        yield from shape.proofs("algebra", rank + 2)
        yield from shape.proofs("(simp add: mult_mono add_mono)", rank + 4)
        yield from _squares(shape, rank + 2.2)
    if shape.fields:
        yield from shape.proofs("(simp add: field_simps)", rank)
        yield from shape.proofs("(auto simp add: field_simps)", rank + 1)


def _squares(shape: Shape, rank: float) -> Rule:
    """Inequations that hold since a square is not negative."""
    if not shape.goal.head.startswith("Orderings.ord_class."):
        return
    values = [x.name for x in shape.variables if x.type in {"int", "real", "rat"} and x.name in shape.words]
    for x, y in itertools.combinations(values[:3], 2):
        for sign in "-+":
            square = f'zero_le_square[of "{x} {sign} {y}"]'
            proof = "by (simp add: algebra_simps power2_eq_square)"
            yield f"using {' '.join([square, *shape.facts])} {proof}", rank


def _unfolded(shape: Shape) -> Rule:
    """With definitions opened, predicates' rules told and cases split."""
    own, splits = shape.definitions, shape.splits
    if own:
        yield from shape.proofs(simplify("simp", own), 0.5)
        yield from shape.proofs(simplify("auto", own), 1.5)
        yield from shape.proofs(simplify("fastforce", own), 7)
        if shape.products:
            yield from shape.proofs(simplify("simp", own, ["algebra_simps"]), 2.5)
        yield from shape.proofs(f"(unfold {' '.join(own)}, auto)", 7.5)
        yield from shape.proofs(f"(unfold {' '.join(own)}, blast)", 8)
    if splits:
        yield from shape.proofs(simplify("simp", own, splits=splits), 2.6)
        yield from shape.proofs(simplify("auto", own, splits=splits), 2.8)
    names = shape.predicate_texts
    if names:
        intros, cases = " ".join(f"{c}.intros" for c in names), " ".join(f"{c}.cases" for c in names)
        yield from shape.proofs(simplify("simp", own, [f"{c}.intros" for c in names]), 1.6)
        yield from shape.proofs(simplify("auto", own, more=f"intro: {intros}"), 2)
        yield from shape.proofs(f"(blast intro: {intros})", 2.4)
        yield from shape.proofs(simplify("auto", own, more=f"elim: {cases}"), 2.6)
        yield from shape.proofs(f"(blast elim: {cases})", 4)
        yield from shape.proofs(simplify("fastforce", own, more=f"intro: {intros} elim: {cases}"), 6)
        yield from shape.proofs(f"(intro {intros}, auto)", 5)
        if "Num.numeral_class.numeral" in shape.names:
            numerals = ["numeral_eq_Suc", *(f"{c}.intros[simplified]" for c in names)]
            yield from shape.proofs(simplify("simp", own, numerals), 3)
            simple = " ".join(numerals[1:])
            yield from shape.proofs(simplify("auto", own, numerals[:1], more=f"intro: {simple}"), 3.5)


def instances(shape: Shape) -> Rule:
    """Facts that hold for all values, for the values at hand."""
    values = [x.name for x in shape.variables if "⇒" not in x.type and "set" not in x.type and x.name in shape.words][
        :3
    ]
    terms = [*values, *(f'"Suc {x}"' for x in values if "Suc" in shape.text or "nat" in shape.types)]
    terms += ["0", "1"] if shape.arithmetic else []
    general = [(h, len(set(_SCHEMATIC.findall(h.type)))) for h in shape.named if "." not in h.name]
    said: set[str] = set()
    for h, places in general:
        if h.type in said or not 1 <= places <= 2 or len(said) > 2:
            continue
        said.add(h.type)
        given = [" ".join(t) for t in itertools.product(terms[:4], repeat=places)][:6]
        for place, x in enumerate(given):
            yield f"using {h.name}[of {x}] by simp", 5.5 + 0.2 * place
        if len(given) > 1:
            every = " ".join(f"{h.name}[of {x}]" for x in given[:4])
            yield f"using {every} by auto", 7
            yield f"using {' '.join(shape.facts)} {every} by (auto simp add: algebra_simps)", 8


def lemmas(shape: Shape) -> Rule:
    """The theory's own theorems: one that says it already, or told to the automation."""
    own, told, every = shape.definitions, shape.told, shape.all_hints
    if not shape.hints:
        return
    strong = any(h.strong for h in shape.hints)
    late = 0 if strong else 3 if shape.functions or shape.definitions else 6
    for place, name in enumerate(shape.rules_told):
        yield from shape.proofs(f"(rule {name})", 2 + late + 0.2 * place)
    for place, name in enumerate(told):
        yield from shape.proofs(f"(simp add: {name})", 2.1 + late + 0.2 * place)
    if len(told) > 1:
        yield from shape.proofs(simplify("simp", own, told), 2.7 + late)
    yield from shape.proofs(simplify("auto", own, told), 2.9 + late)
    yield from shape.proofs(f"(metis {' '.join(shape.rules_told)})", 6 + late)
    if len(every) > len(told):
        yield from shape.proofs(simplify("auto", own, every), 7 + late)
        yield from shape.proofs(f"(metis {' '.join(every)})", 9 + late)
    if shape.arithmetic:
        yield from shape.proofs(simplify("simp", own, told, ["algebra_simps"]), 6.5 + late)
    yield from shape.proofs(simplify("fastforce", own, told), 9 + late)
    yield from shape.proofs(f"(fastforce intro: {' '.join(shape.rules_told)})", 10 + late)
    for name in told:
        yield from shape.proofs(f"(auto simp add: {name}[symmetric])", 10.5 + late)
