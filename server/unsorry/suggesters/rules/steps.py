"""Steps for a search that goes on: what takes a goal apart or rewrites it, and leaves the rest to be proved.

The other rules end a proof in one go; these only bring it nearer.  They are asked for where a search keeps the states
that they lead to.
"""

from __future__ import annotations

from unsorry.provers.seam import Goal, Local
from unsorry.suggesters.rules.induction import openings
from unsorry.suggesters.rules.shape import Rule, Shape, is_enumeration, listed
from unsorry.suggesters.rules.skeletons import by_cases_of, skeletons

#: How many hypotheses, values and theorems are each tried.
_MAX_EACH = 6

#: Connectives that a hypothesis falls into parts by, and how many cases that makes.
_PARTS = {
    "And": "⟨{0}1, {0}2⟩",
    "Exists": "⟨w{0}, {0}'⟩",
    "Iff": "⟨{0}1, {0}2⟩",
    "Or": "{0} | {0}",
    "Dvd.dvd": "⟨w{0}, {0}'⟩",
}


def steps(shape: Shape) -> Rule:
    """Steps by the goal's shape; what is nearly always right costs next to nothing."""
    goal = shape.goal
    yield from _names(goal)
    if goal.inner is not None:
        yield goal.inner.opening, 1
    yield from _target(shape)
    for place, h in enumerate(shape.hypotheses[:_MAX_EACH]):
        yield from _hypothesis(shape, h, 0.5 * place)
    yield f"simp{listed(shape.simp_items)}", 4
    yield f"simp_all{listed(shape.simp_items)}", 5
    for constant in shape.definitions[:_MAX_EACH]:
        yield f"unfold {constant.text}", 6
    for place, name in enumerate(shape.library_items[:_MAX_EACH]):
        yield f"unfold {name}", 8 + 0.5 * place
        yield f"simp only [{name}]", 8.5 + 0.5 * place
    for place, hint in enumerate(shape.hints[:_MAX_EACH]):
        yield f"rw [{hint.name}]", 5 + 0.5 * place
        yield f"rw [← {hint.name}]", 7 + 0.5 * place
        yield f"apply {hint.name}", 6 + 0.5 * place
        yield f"simp only [{hint.name}]", 7.5 + 0.5 * place
    for opening in openings(shape):
        yield _in_cases(opening.text, opening.split, goal), opening.rank / 2 + 2
    for place, x in enumerate([x for x in shape.data if is_enumeration(x.inductive)][:_MAX_EACH]):
        yield _in_cases(f"cases {x.name}", x, goal), 6 + 0.5 * place
    yield from skeletons(shape)
    if not goal.is_prop or goal.head == "False":
        return
    yield "exfalso", 10


def _in_cases(start: str, split: Local | None, goal: Goal) -> str:
    """With its cases and their variables named, where it is known what they are."""
    return (None if split is None else by_cases_of(start, split, goal)) or start


def _names(goal: Goal) -> Rule:
    """What a case split left without names gets some, so that steps can speak of it."""
    nameless = [x for x in goal.locals if not x.accessible and not x.is_instance]
    if not nameless or len(nameless) > 2 * _MAX_EACH:
        return
    taken = {x.name for x in goal.locals if x.accessible}
    fresh: list[str] = []
    for x in nameless:
        base = "h" if x.is_prop else x.name.rstrip("✝⁰¹²³⁴⁵⁶⁷⁸⁹") or "x"
        name = next(n for n in (base, *(f"{base}{i}" for i in range(1, 99))) if n not in taken)
        taken.add(name)
        fresh.append(name)
    yield f"rename_i {' '.join(fresh)}", 0.5


def _target(shape: Shape) -> Rule:
    goal = shape.goal
    match goal.head:
        case "And" | "Iff":
            yield "constructor", 2
        case "Or":
            yield "left", 4
            yield "right", 4
        case "Exists":
            for place, x in enumerate(shape.values[:_MAX_EACH]):
                yield f"refine ⟨{x.name}, ?_⟩", 5 + 0.5 * place
        case "Not":
            yield "intro h", 1
        case "Eq":
            yield "funext x", 6 if "→" in goal.bound or "fun " in goal.target else 9
            yield "symm", 10
            yield "apply propext", 9
        case _:
            if goal.inductive is not None and goal.is_prop:
                for name in goal.inductive.constructors[:_MAX_EACH]:
                    yield f"apply {name}", 4
            elif goal.is_prop and goal.head != "False":
                # What the goal stands for may be an instance of a predicate.
                yield "constructor", 7
    if shape.mentions("ite", "dite") or "match" in goal.target:
        yield "split", 3


def _hypothesis(shape: Shape, h: Local, late: float) -> Rule:
    if h.head in _PARTS and not h.binders:
        keyword = "rcases" if h.head == "Or" else "obtain"
        parts = _PARTS[h.head].format(h.name)
        yield (f"rcases {h.name} with {parts}" if keyword == "rcases" else f"obtain {parts} := {h.name}"), 2 + late
        # The patterns are syntax of the library, which its own first modules do not have.
        yield f"cases {h.name}", 8 + late
    elif h.head == "Eq" and not h.binders:
        yield f"subst {h.name}", 3 + late
        yield f"rw [{h.name}]", 4 + late
        yield f"rw [← {h.name}]", 6 + late
        yield f"injection {h.name}", 8 + late
    elif h.head == "Eq":
        yield f"rw [{h.name}]", 3 + late
        yield f"rw [← {h.name}]", 6 + late
        yield f"simp only [{h.name}]", 6 + late
    if h.head in {shape.goal.head, shape.goal.whnf_head, "fvar"} or (h.binders and h.head in {"False", ""}):
        yield f"apply {h.name}", 3 + late
    if h.inductive is not None and not h.binders and h.head not in {*_PARTS, "Eq", "HEq"}:
        yield _in_cases(f"cases {h.name}", h, shape.goal), 4 + late
    elif not h.binders and h.head not in {*_PARTS, "Eq", "HEq"}:
        yield f"apply {h.name}", 9 + late
    if "if " in h.type or "match " in h.type:
        yield f"split at {h.name}", 4 + late
    if not h.binders and h.head not in {"Eq", *_PARTS}:
        yield f"simp{listed(shape.simp_items)} at {h.name}", 7 + late
