"""Operators that the buffer defines for its own types by instances: what they mean is said first, for simp to see."""

from __future__ import annotations

from unsorry.suggesters.rules.finish import first_of
from unsorry.suggesters.rules.shape import Rule, Shape, listed

#: Heterogeneous operators: how one writes them, and the function of the class that an instance gives.
_OPERATORS = {
    "HAdd.hAdd": ("x + y", "Add.add"),
    "HSub.hSub": ("x - y", "Sub.sub"),
    "HMul.hMul": ("x * y", "Mul.mul"),
    "HDiv.hDiv": ("x / y", "Div.div"),
    "HAppend.hAppend": ("x ++ y", "Append.append"),
}

#: Classes whose function is the operator itself.
_FUNCTIONS = ("Neg.neg", "LE.le", "LT.lt", "Membership.mem", "BEq.beq", "Inhabited.default")


def instances(shape: Shape) -> Rule:
    """The goal with its operators unfolded, and an induction on top of that."""
    if not shape.instances:
        return
    own = {c.name for c in shape.goal.constants if c.kind == "inductive" and c.module is None}
    types = dict.fromkeys(x.type for x in shape.data if x.inductive is not None and x.inductive.name in own)
    for type_ in list(types)[:1]:
        yield from _operators(shape, type_)
    names = [f for f in _FUNCTIONS if f in shape.names]
    if names:
        opening = f"unfold {' '.join((*names, *(c.text for c in shape.instances)))}"
        yield f"{opening}; simp_all{listed(shape.simp_items)}", 8
        yield f"{opening}; grind{listed(shape.grind_items)}", 9


def _operators(shape: Shape, type_: str) -> Rule:
    used = [_OPERATORS[name] for name in _OPERATORS if name in shape.names]
    if not used:
        return
    meanings = "; ".join(
        f"have e{i} : ∀ x y : {type_}, {written} = {meant} x y := fun _ _ => rfl"
        for i, (written, meant) in enumerate(used)
    )
    simp = f"simp_all{listed(shape.simp_items, shape.deep_items, (meant for _, meant in used))}"
    end = first_of([f"({simp}; done)", f"({simp}; omega)", f"({simp}; grind)"])
    yield f"{meanings}; {end}", 8
    for place, x in enumerate(y for y in shape.data if y.inductive is not None and y.inductive.recursive):
        yield f"{meanings}; induction {x.name} <;> {end}", 9 + place
