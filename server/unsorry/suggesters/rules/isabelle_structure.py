"""Steps by the goal's own shape: connectives, witnesses, case splits, equations between functions and sets."""

from __future__ import annotations

import itertools
import re

from unsorry.provers.seam import InductiveType, Local
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify
from unsorry.suggesters.rules.isabelle_theory import said

_BINDERS = re.compile(r"^(?:∀(?P<all>[^.]*)\. )?∃(?P<some>[^.]*)\. (?P<body>.*)$", re.DOTALL)
_NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")

#: Types with at most so many cases are gone through.
_MANY_CASES = 12
_MAX_WITNESSES = 20


def connectives(shape: Shape) -> Rule:
    """Introduction rules for the target, then the automation for each part."""
    auto = simplify("auto", shape.definitions, shape.told)
    late = 4 if shape.functions else 0
    match shape.goal.head:
        case "HOL.conj":
            yield from shape.proofs(f"(intro conjI; {auto})", 8 + late)
        case "HOL.eq" if shape.sets:
            yield from shape.proofs(f"(intro equalityI subsetI; {auto})", 7 + late)
            yield from shape.proofs(f"(rule set_eqI, {auto})", 7.5 + late)
        case "HOL.disj":
            for side in ("disjI1", "disjI2"):
                yield from shape.proofs(f"(intro {side}, {auto})", 9 + late)
        case "HOL.All" | "HOL.implies":
            yield from shape.proofs(f"(intro allI impI, {auto})", 8 + late)
            yield from shape.proofs("(intro allI impI, metis)", 11 + late)
        case "HOL.Ex1":
            yield from shape.proofs(f"(rule ex1I, {auto})", 3 + late)
        case _:
            pass
    if shape.goal.head == "HOL.eq" and shape.functional:
        yield from shape.proofs("(rule ext, simp)", 2.4)
        yield from shape.proofs(f"(rule ext, {auto})", 3)
        yield from shape.proofs("(simp add: fun_eq_iff)", 3.2)
    if shape.goal.head == "thesis":
        yield from shape.proofs("(elim exE conjE disjE, auto)", 5)


def existence(shape: Shape) -> Rule:
    """A ∃ in the target, also behind a ∀: witnesses, plain ones first."""
    match = _BINDERS.match(shape.goal.target)
    if match is None:
        return
    late = 3 if shape.functions else 0
    simp = simplify("auto", shape.definitions, shape.told)
    variables = (match["some"] or "").split()
    if match["all"] is not None:
        bound = [w.split("::")[0] for w in match["all"].split()]
        for place, w in enumerate(_witnesses(shape, bound)):
            yield from shape.proofs(f'(intro allI, rule_tac x = "{w}" in exI, {simp})', 4 + late + 0.3 * place)
    elif len(variables) == 1:
        names = [x.name for x in shape.variables if "⇒" not in x.type]
        for place, w in enumerate(_witnesses(shape, names)):
            yield from shape.proofs(f'(intro exI[of _ "{w}"], {simp})', 3.4 + late + 0.3 * place)
        for function in [x for x in shape.variables if "⇒" in x.type][:2]:
            for x in names[:2]:
                yield from shape.proofs(f'(intro exI[of _ "{function.name} {x}"], {simp})', 7 + late)
    yield from shape.proofs("(intro exI, auto)", 6 + late)
    yield from shape.proofs("(intro exI conjI, assumption+)", 8 + late)


def _witnesses(shape: Shape, names: list[str]) -> list[str]:
    found = list(names)
    types = {x.type for x in shape.variables}
    if shape.arithmetic:
        found += [f"Suc {x}" for x in names] if "int" not in types else []
        found += [f"{x} + 1" for x in names] if "nat" not in types else []
        found += ["0", "1"]
        numerals = [n for n in dict.fromkeys(_NUMERAL.findall(shape.text)) if n not in {"0", "1"}][:3]
        found += [f"{x} div {n}" for x in names for n in numerals]
        found += ["- " + x for x in names] if "int" in types else []
        found += [f"{x} - {y}" for x in names for y in names if x != y][:2]
        found += [f"{x} + {y}" for x, y in itertools.pairwise(names)]
        found += [*numerals, "2", "3", "4", "5", "6"] + [f"{x} - 1" for x in names]
        found += [f"Max {x.name}" for x in shape.variables if x.type in {"nat set", "int set"}]
    for x in shape.variables:
        if x.inductive is not None and _enumerated(x.inductive):
            found += [c.rsplit(".", 1)[-1] for c in x.inductive.constructors]
    return list(dict.fromkeys(found))[:_MAX_WITNESSES]


def _enumerated(kind: InductiveType) -> bool:
    return not kind.recursive and len(kind.constructors) <= _MANY_CASES


def _split(shape: Shape, x: Local) -> bool:
    """Can its cases be gone through?  Products, options and enumerations first; numbers and lists too."""
    return x.inductive is not None and x.name in shape.words


def cases(shape: Shape) -> Rule:
    """Cases on variables of datatypes, one and several together."""
    data = [x for x in shape.variables if _split(shape, x) and x.type != "bool"]
    truths = [x for x in shape.variables if x.type == "bool" and x.name in shape.words]
    small = [x for x in data if x.inductive is not None and _enumerated(x.inductive)]
    large = [x for x in data if x not in small]
    own, told = shape.definitions, shape.told
    auto = simplify("auto", own, told)
    split = simplify("auto", own, told, splits=shape.splits)
    for place, x in enumerate(small[:4]):
        rank = 2.4 + place
        yield shape.proof(f"(cases {said(x.name)}) {auto}"), rank
        yield shape.proof(f"(cases {said(x.name)}) {simplify('simp_all', own, told)}"), rank + 0.5
        if shape.splits:
            yield shape.proof(f"(cases {said(x.name)}) {split}"), rank + 1
    if len(small) > 1:
        every = "; ".join(f"cases {said(x.name)}" for x in small[:4])
        yield shape.proof(f"({every}; {simplify('simp', own, told)})"), 3
        yield shape.proof(f"({every}; {auto})"), 3.4
    for place, x in enumerate(large[:3]):
        rank = 5 + place + (2 if shape.functions else 0)
        yield shape.proof(f"(cases {said(x.name)}) {auto}"), rank
        if shape.splits:
            yield shape.proof(f"(cases {said(x.name)}) {split}"), rank + 1
        yield shape.proof(f"(cases {said(x.name)}; {simplify('fastforce', own, told)})"), rank + 5
    if len(large) > 1:
        yield shape.proof(f"(cases {said(large[0].name)}; cases {said(large[1].name)}; {auto})"), 9
    for place, x in enumerate(truths[:2]):
        yield shape.proof(f"(cases {said(x.name)}) {auto}"), 5 + place
    yield from _inversions(shape)
    yield from _truths(shape)


def _inversions(shape: Shape) -> Rule:
    """Cases on the derivation of an inductive predicate."""
    for c in shape.predicates:
        if any(h.head == c.name for h in shape.hypotheses):
            yield shape.proof(f"(cases rule: {c.text}.cases) auto"), 3.2
            if not shape.chained and not shape.facts:
                yield f"by (erule {c.text}.cases, auto)", 3.4


def _truths(shape: Shape) -> Rule:
    """Cases on what a function to the truth values gives."""
    functions = [x.name for x in shape.variables if x.type == "bool ⇒ bool"]
    for f in functions[:1]:
        yield shape.proof(f'(cases "{f} True"; cases "{f} False"; auto)'), 4
    for a in re.findall(r"\bif ([^()]+?) then\b", shape.text)[:2]:
        yield shape.proof(f'(cases "{a}") {simplify("auto", shape.definitions, shape.told)}'), 6
