"""A more general statement than the goal where a function collects its result in an argument.

Induction proves only what is said of every start of such an argument: generalisation of accumulators, as in the critics
of Ireland and Bundy ("Productive Use of Failure in Inductive Proof", 1996).
"""

from __future__ import annotations

import re

from unsorry.suggesters.rules.induction import parts
from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify
from unsorry.suggesters.rules.isabelle_theory import said, short
from unsorry.suggesters.rules.skeletons import fresh

#: What functions begin to collect from, and where what was collected may stand beside the rest, which is ``{}``.
_STARTS = {
    "0": ("{} + {acc}", "{acc} + {}"),
    "1": ("{} * {acc}", "{acc} * {}"),
    "[]": ("{} @ {acc}", "rev {acc} @ {}", "{acc} @ {}"),
    "{}": ("{} ∪ {acc}",),
}

#: An application, which needs no brackets beside an operation.
_APPLICATION = re.compile(r"[\w.' ]+")


def conjectures(shape: Shape) -> Rule:
    """An equation for every start of a function that collects, and the goal from that."""
    left, equals, right = shape.goal.target.partition(" = ")
    if shape.goal.head != "HOL.eq" or not equals or " = " in right or shape.others:
        return
    acc = fresh("acc", frozenset(x.name for x in shape.goal.locals))
    for side, other in ((left, right), (right, left)):
        function, *arguments = parts(side)
        collecting = next((c for c in shape.functions if short(c.text) == short(function) and c.varying), None)
        if collecting is None or collecting.major is None or collecting.major >= len(arguments):
            continue
        split = shape.variable(arguments[collecting.major])
        for start, wholes in _STARTS.items():
            if split is None or arguments.count(start) != 1:
                continue
            general = " ".join([function, *(acc if a == start else a for a in arguments)])
            rest = other if _APPLICATION.fullmatch(other) else f"({other})"
            for place, whole in enumerate(wholes):
                statement = f"{general} = {whole.replace('{}', rest, 1).replace('{acc}', acc)}"
                more = ["algebra_simps"] if start in {"0", "1"} else []
                end = simplify("auto", shape.definitions, shape.told, more)
                yield _for_every_start(statement, acc, f"(induct {said(split.name)} arbitrary: {acc}) {end}"), 3 + place


def _for_every_start(statement: str, acc: str, methods: str) -> str:
    lines = ("proof -", f'  have "{statement}" for {acc}', f"    by {methods}", "  then show ?thesis by simp", "qed")
    return "\n".join(lines)
