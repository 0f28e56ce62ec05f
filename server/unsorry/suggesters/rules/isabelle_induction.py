"""Induction on what the goal is about, with ways to finish all the cases."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from unsorry.provers.seam import Local
from unsorry.suggesters.rules.isabelle_library import fact_groups
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify
from unsorry.suggesters.rules.isabelle_theory import said, short

#: Functions of the library that go through a list or a number while another argument changes.
_CHANGING = {
    "List.foldl", "List.fold", "List.take", "List.drop", "List.nth", "List.zip", "List.list_update", "List.list_all2",
}  # fmt: skip
_TAKEN_APART = r"\b(?:rev|length|set|sum_list|filter \w+|map \w+)"

#: Theories whose constants are recursive functions.
_RECURSIVE = ("List.", "Power.power_class.", "Groups_Big.", "Groups_List.", "Factorial.", "Nat.compow", "Nat.funpow")
_PLAIN = {"List.list.Cons", "List.list.Nil", "Power.power_class.power"}

#: How many of each kind are tried.
_MAX_VARIABLES = 3

_LIBRARY_RULES = (
    ("Finite_Set.finite", r"\bfinite (\w+)", "finite_induct", 0.0),
    ("Transitive_Closure.rtranclp", "", "rtranclp_induct", 0.0),
    ("Transitive_Closure.rtranclp", "", "converse_rtranclp_induct", 1.5),
    ("Transitive_Closure.tranclp", "", "tranclp_induct", 0.0),
    ("Transitive_Closure.rtrancl", "", "rtrancl_induct", 0.0),
    ("Transitive_Closure.trancl", "", "trancl_induct", 0.0),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """An induction.  A ``brief`` one is finished in few ways: it is a second choice."""

    text: str
    rank: float
    brief: bool = False
    more: str = ""
    varied: tuple[str, ...] = ()


def openings(shape: Shape) -> list[Opening]:
    """All inductions, each once."""
    found: dict[str, Opening] = {}
    rules = (_on_predicates, _on_library, _on_functions, _on_variables, _together)
    for o in itertools.chain.from_iterable(rule(shape) for rule in rules):
        if o.text not in found or o.rank < found[o.text].rank:
            found[o.text] = o
    return list(found.values())


def induction(shape: Shape) -> Rule:
    """All inductions, each with ways to finish."""
    for opening in openings(shape):
        yield from _finished(shape, opening)


def _finished(shape: Shape, opening: Opening) -> Rule:
    start, rank = opening.text, opening.rank
    more = opening.more or shape.rules

    def ended(end: str, late: float) -> Rule:
        yield shape.proof(f"({start}) {end}"), rank + late

    own, told, splits = shape.definitions, shape.told, shape.splits
    yield from ended(simplify("auto", own, more=more), 0)
    yield from ended(simplify("simp_all", own), 0.4)
    if told:
        yield from ended(simplify("auto", own, told, more=more), 0.6)
        yield from ended(simplify("simp_all", own, told), 1)
    if splits:
        yield from ended(simplify("auto", own, told, splits=splits, more=more), 0.8)
    if shape.arithmetic:
        yield from ended(simplify("auto", own, told, ["algebra_simps"], more=more), 1.4)
        yield from ended(simplify("simp_all", own, told, ["algebra_simps"]), 1.8)
    for x in opening.varied:
        # What varies is taken apart where the induction has taken apart the other.
        yield from ended(f"(case_tac {said(x)}; {simplify('auto', own, told, more=more)})+", 2.4)
    if opening.brief:
        return
    if len(shape.all_hints) > len(told):
        yield from ended(simplify("auto", own, shape.all_hints, more=more), 2.2)
    for place, known in enumerate(fact_groups(shape)[:3]):
        yield from ended(simplify("auto", own, told, known, more=more), 2.6 + 0.3 * place)
    automation = simplify("auto", own, told, more=more).strip("()")
    yield from ended(f"({automation}, blast+)", 4)
    if shape.arithmetic:
        yield from ended(f"({automation}, arith+)", 3.4)
    yield from ended(f"({simplify('fastforce', own, told, more=more)}+)", 5)
    if told:
        yield from ended(f"({automation}, (metis {' '.join(told)})+)", 8)
    yield from ended(f"({automation}, metis+)", 9)
    yield from ended(f"({automation}, force+)", 10)


def _arbitrary(names: list[str]) -> str:
    return f" arbitrary: {' '.join(map(said, names))}" if names else ""


def _words(shape: Shape, x: Local) -> bool:
    return x.name in shape.words


def _data(shape: Shape) -> list[Local]:
    """Variables of recursive types that the goal speaks of."""
    return [x for x in shape.variables if x.inductive is not None and x.inductive.recursive and _words(shape, x)]


def _base(shape: Shape) -> float:
    """How early induction comes."""
    if shape.functions:
        return 2.2
    recursive = any(n.startswith(_RECURSIVE) and n not in _PLAIN for n in shape.names)
    if recursive:
        return 4
    return 5 if "Power.power_class.power" in shape.names else 8


def _weights(shape: Shape) -> Counter[str]:
    """How much the functions of the goal take each variable apart."""
    kinds = {c.name: c for c in shape.functions}
    found: Counter[str] = Counter()
    for application in shape.applications:
        function = kinds.get(application.name)
        if function is not None and function.major is not None and function.major < len(application.arguments):
            name = application.arguments[function.major]
            if name is not None:
                found[name] += 3
    text = shape.goal.target
    for x in _data(shape):
        v = re.escape(x.name)
        found[x.name] += 2 * len(re.findall(rf"(?<![\w@] )\b{v} @|{_TAKEN_APART} {v}\b", text))
        found[x.name] += len(re.findall(rf"\^ {v}\b|[.≤<]{v}\}}|[≤<]{v}\.|\bfact {v}\b|\breplicate {v}\b", text))
        found[x.name] -= len(re.findall(rf"@ {v}\b", text))
    return found


def _varying(shape: Shape) -> list[str]:
    """Variables that stand where recursive calls change the argument."""
    kinds = {c.name: c for c in shape.functions}
    found: list[str] = []
    for application in shape.applications:
        function = kinds.get(application.name)
        if function is not None:
            places = [i for i in function.varying if i < len(application.arguments)]
            found += [a for i in places if (a := application.arguments[i]) is not None]
    return list(dict.fromkeys(found))


def _others(shape: Shape, without: set[str]) -> list[str]:
    """The other variables, functions left out."""
    return [x.name for x in shape.variables if x.name not in without and "⇒" not in x.type and _words(shape, x)]


def _on_variables(shape: Shape) -> Iterator[Opening]:
    weights = _weights(shape)
    order = sorted(_data(shape), key=lambda x: -weights[x.name])
    varying = _varying(shape)
    changing = bool(shape.names & _CHANGING)
    for place, x in enumerate(order[:_MAX_VARIABLES]):
        rank = _base(shape) + 2.2 * place
        moved = [v for v in varying if v != x.name]
        others = _others(shape, {x.name})
        if moved:
            yield Opening(f"induct {said(x.name)}{_arbitrary(moved)}", rank)
            yield Opening(f"induct {said(x.name)}", rank + 2.5, brief=True)
        else:
            yield Opening(f"induct {said(x.name)}", rank + (0.7 if changing and others else 0))
        if others and others != moved:
            late = 0 if changing else 3
            varied = tuple(v.name for v in order if v.name in others)
            yield Opening(
                f"induct {said(x.name)}{_arbitrary(others)}", rank + late, brief=not changing, varied=varied[:1]
            )
        if x.type == "nat":
            yield Opening(f"induct {said(x.name)}{_arbitrary(others)} rule: less_induct", rank + 6, brief=True)
            if re.search(rf"[\w)] ≤ {re.escape(x.name)}$", shape.premise_text, re.MULTILINE):
                yield Opening(f"induct {said(x.name)} rule: nat_induct_at_least", rank + 2.6)
    for x in order:
        if re.search(rf"\b{re.escape(x.name)} ≠ \[\]", shape.premise_text):
            yield Opening(f"induct {said(x.name)} rule: list_nonempty_induct", _base(shape) + 1.5)
    if len(order) > 1 and order[0].head == order[1].head == "List.list":
        yield Opening(f"induct {order[0].name} {order[1].name} rule: list_induct2'", _base(shape) + 2.4, brief=True)


def _on_functions(shape: Shape) -> Iterator[Opening]:
    """By the rule of a recursive function, for the variables that it is applied to."""
    kinds = {c.name: c for c in shape.functions if c.recursion == "well-founded"}
    seen: set[str] = set()
    for application in shape.applications:
        function = kinds.get(application.name)
        arguments = application.arguments
        if function is None or not arguments or None in arguments or len(set(arguments)) < len(arguments):
            continue
        names = [a for a in arguments if a is not None]
        if any(shape.variable(a) is None for a in names) or shape.theory.together(short(function.name))[1:]:
            continue
        text = f"induct {' '.join(map(said, names))} rule: {function.text}.induct"
        if text in seen:
            continue
        # With more than one argument taken apart, or more than one step at a time, only this rule fits.
        rank = _base(shape) + (0.2 if shape.theory.deep(short(function.name)) else 1.2) + 1.5 * len(seen)
        seen.add(text)
        yield Opening(text, rank)
        others = _others(shape, set(names))
        if others:
            text = f"induct {' '.join(map(said, names))}{_arbitrary(others)} rule: {function.text}.induct"
            yield Opening(text, rank + 3, brief=True)


def _on_predicates(shape: Shape) -> Iterator[Opening]:
    """On the derivation of an inductive predicate that is among the premises and facts."""
    texts = [c.text for c in shape.predicates if any(c.name in {h.head, ""} for h in shape.hypotheses)]
    texts += [c.text for c in shape.predicates if c.text not in texts and c in shape.goal.hypothesis_constants]
    names = [f"{c}.intros" for c in shape.predicate_texts]
    for place, text in enumerate(texts[:2]):
        more = f"intro: {' '.join(names)}"
        yield Opening(f"induct rule: {text}.induct", 1.8 + 2 * place, more=more)
        others = _others(shape, set())
        for position, x in enumerate(others[:3]):
            start = f"induct arbitrary: {x} rule: {text}.induct"
            yield Opening(start, 3.6 + position + 2 * place, brief=True, more=more)


def _on_library(shape: Shape) -> Iterator[Opening]:
    """By the rules of the library's own inductive notions."""
    for name, pattern, rule, late in _LIBRARY_RULES:
        if name not in shape.names:
            continue
        match = re.search(pattern, shape.text) if pattern else None
        variable = f" {match[1]}" if match else ""
        if pattern and not (match and shape.variable(match[1])):
            continue
        yield Opening(f"induct{variable} rule: {rule}", (3.5 if not shape.functions else 2.5) + late)


def _together(shape: Shape) -> Iterator[Opening]:
    """Several goals at once, each by its own variable: types and functions that are declared together."""
    if shape.others:
        firsts = shape.others_data
        names = [n for n in firsts if n is not None]
        if len(names) == shape.others + 1 and len(set(names)) == len(names):
            yield Opening(f"induct {' and '.join(map(said, names))}", 2.4)
