"""More general statements than the goal, for inductions whose hypothesis would be too weak.

Where a function collects its result in an argument and the goal has it start from nothing, induction proves only what
is said of every start: generalisation of accumulators, as in the critics of Ireland and Bundy ("Productive Use of
Failure in Inductive Proof", 1996).  Where a list is built by appending, the lemma that is missing is what the function
says of an appended list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unsorry.suggesters.rules.finish import first_of
from unsorry.suggesters.rules.induction import applications, parts
from unsorry.suggesters.rules.shape import Rule, Shape, listed
from unsorry.suggesters.rules.skeletons import fresh

#: What functions begin to collect from, and where what was collected may stand beside the rest, which is ``{}``.
_STARTS = {
    "0": ("{} + {acc}", "{acc} + {}"),
    "1": ("{} * {acc}", "{acc} * {}"),
    "[]": ("{} ++ {acc}", "{acc} ++ {}", "{acc}.reverse ++ {}"),
}

#: An application, which needs no brackets beside an operation.
_APPLICATION = re.compile(r"[\w.'₀-₉ ]+")

#: What appending is called, in a goal or in what it unfolds to.
_APPENDS = {"HAppend.hAppend", "Append.append", "List.append"}

#: How a function of an appended list may be put together from the parts.
_APPENDED = ("{f} b ++ {f} a", "{f} a ++ {f} b", "{f} a + {f} b")


def conjectures(shape: Shape) -> Rule:
    """The goal for every start of an accumulator, and what a function says of an appended list."""
    if shape.goal.head == "Eq" and shape.recursive:
        yield from _accumulators(shape)
        yield from _appended(shape)


def _accumulators(shape: Shape) -> Rule:
    left, equals, right = shape.goal.target.partition(" = ")
    if not equals or " = " in right:
        return
    acc = fresh("acc", frozenset(x.name for x in shape.goal.locals))
    for side, other in ((left, right), (right, left)):
        function, *arguments = parts(side)
        for start, wholes in _STARTS.items():
            if arguments.count(start) != 1:
                continue
            general = " ".join([function, *(acc if a == start else a for a in arguments)])
            rest = other if _APPLICATION.fullmatch(other) else f"({other})"
            for split in _recursed_on(shape, function):
                for whole in wholes:
                    statement = f"∀ {acc}, {general} = {whole.format(rest, acc=acc)}"
                    yield _for_every_start(shape, statement, split, acc), 6


def _recursed_on(shape: Shape, function: str) -> Iterator[str]:
    """The variables that a function with an argument that changes on the way takes apart."""
    for constant, arguments in applications(shape):
        major = constant.major
        if not constant.varying or major is None or major >= len(arguments):
            continue
        name = arguments[major]
        # What is printed `t.flatten []` is `Tree.flatten t []`.
        if name is not None and function in {constant.text, f"{name}.{constant.text.rsplit('.', 1)[-1]}"}:
            yield name


def _for_every_start(shape: Shape, statement: str, split: str, acc: str) -> str:
    lines = (
        f"have key : {statement} := by",
        f"  induction {split} <;> intro {acc} <;> {_automation(shape)}",
        "simp [key]",
    )
    return "\n".join(lines)


def _automation(shape: Shape) -> str:
    simp, grind = listed(shape.simp_items), listed(shape.grind_items, shape.deep_items)
    return first_of([f"(simp_all{simp}; done)", f"grind{grind}"])


def _appended(shape: Shape) -> Rule:
    """For functions of one list that come to append: what they do to an appended list, then the goal."""
    lists = [x for x in shape.data if x.type.startswith("List ") and x.name in shape.target_words]
    if not lists or not shape.all_names & _APPENDS:
        return
    x, end = lists[0], _automation(shape)
    there = " ++ " in shape.goal.target
    for f in list(dict.fromkeys(c.text for c, _ in applications(shape) if c.recursion and not c.is_prop))[:2]:
        for rest in _APPENDED:
            lines = (
                f"have key : ∀ a b : {x.type}, {f} (a ++ b) = {rest.format(f=f)} := by",
                f"  intro a b; induction a <;> {end}",
                end if there else f"induction {x.name} <;> {end}",
            )
            yield "\n".join(lines), 11
