"""Induction and case analysis on what the goal is about, with ways to finish all the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from unsorry.provers.seam import Constant, Local
from unsorry.suggesters.rules.closers import facts
from unsorry.suggesters.rules.finish import first_of, inhabit_from_hypothesis, portfolio
from unsorry.suggesters.rules.shape import Rule, Shape, listed, words_of

_CONNECTIVES = {"Eq", "And", "Or", "Exists", "Iff", "False", "True", "HEq", "Nonempty", "Not", "LE.le", "LT.lt"}

#: How many variables, functions and hypotheses an induction is tried on.
_MAX_EACH = 3

#: Numbers as simp meets them in the places of recursive functions: what is added last stands outside.
_REGROUPED = ("← Nat.add_assoc",)


@dataclass(frozen=True, slots=True)
class Opening:
    """A case split or an induction.

    ``unfolded`` is a function that it has unfolded already and that simp must not unfold again.  A ``brief`` one is
    finished in few ways: it is a second choice.  ``split`` is what it takes apart last, and by constructors.
    """

    text: str
    rank: float
    unfolded: str | None = None
    brief: bool = False
    split: Local | None = None


def induction(shape: Shape) -> Rule:
    """All inductions and case splits, each with ways to finish."""
    for opening in openings(shape):
        yield from _finished(shape, opening)
    yield from _one_step_deeper(shape)
    yield from _two_at_a_time(shape)


def openings(shape: Shape) -> Iterator[Opening]:
    """All inductions and case splits."""
    yield from _on_variables(shape)
    yield from _on_functions(shape)
    yield from _on_hypotheses(shape)


def _finished(shape: Shape, opening: Opening) -> Rule:
    """Ways to finish all cases: the cheap, then with the buffer's theorems, then case by case."""
    start, rank = opening.text, opening.rank
    own = tuple(x for x in shape.simp_items if x != opening.unfolded)
    known = tuple(x for x in shape.grind_items if x != opening.unfolded)
    if shape.goal.head == "Exists":
        check = "omega" if shape.arithmetic else "simp_all"
        yield f"{start} <;> {inhabit_from_hypothesis(shape, check)}", rank + 0.5
    # What comes up on the way is unfolded where no theorem says better what to do with it.
    deeper = () if shape.strong_hints else shape.deep_items
    yield f"{start} <;> simp_all{listed(own, deeper, shape.constructors)}", rank
    yield f"{start} <;> {portfolio(shape, hints=True)}", rank + (2 if shape.monadic and not opening.brief else 5)
    if opening.brief:
        return
    yield f"{start} <;> grind{listed(known, deeper)}", rank + 1
    sooner = 1.6 if shape.strong_hints else 0
    if shape.few_hints:
        yield f"{start} <;> simp_all{listed(own, shape.few_hints)}", rank + 2 - sooner
    if shape.grind_hints:
        yield f"{start} <;> grind{listed(known, shape.deep_items, shape.grind_hints)}", rank + 2.5 - sooner
    if len(shape.all_hints) > len(shape.few_hints):
        yield f"{start} <;> simp_all{listed(own, shape.all_hints)}", rank + 3 - sooner
        yield f"{start} <;> grind{listed(known, shape.deep_items, shape.some_hints)}", rank + 6.5
    if shape.arithmetic:
        yield f"{start} <;> simp_all{listed(own, shape.few_hints, facts(shape))} <;> omega", rank + 6
        yield f"{start} <;> simp_all{listed(own, shape.few_hints, _REGROUPED)}", rank + 7


# Variables


def _on_variables(shape: Shape) -> Iterator[Opening]:
    weights = _recursed_on(shape)
    mentioned = shape.target_words | {w for h in shape.hypotheses for w in words_of(h.type)}
    usable = [x for x in shape.data if x.inductive is not None and x.inductive.recursive and x.name in mentioned]
    usable.sort(key=lambda x: (-weights[x.name], x.name not in shape.target_words))
    base = 5.0 if shape.recursive else 10.0
    for place, x in enumerate(usable[:_MAX_EACH]):
        rank = base + 0.7 * place + (0 if weights[x.name] or not weights else 5)
        changing = [y for y in _changing(shape) if y != x.name]
        yield from _on_variable(shape, x, rank, changing)
        for y in usable[:_MAX_EACH]:
            if y is not x and y.name not in changing and weights[x.name] and weights[y.name]:
                yield Opening(f"induction {x.name} <;> cases {y.name}", rank + 4, brief=True)


def _on_variable(shape: Shape, x: Local, rank: float, changing: list[str]) -> Iterator[Opening]:
    data = {y.name for y in shape.data}
    # A place can seem to change when it is only matched on, so the plain induction has its turn too.
    yield Opening(f"induction {x.name}", rank + (0.3 if changing else 0), split=x)
    if changing:
        general = f"induction {x.name} generalizing {' '.join(changing)}"
        split = [f"cases {y}" for y in changing if y in data][:2]
        yield Opening(general, rank, split=x)
        if split:
            yield Opening(" <;> ".join((general, *split)), rank + 1.5, brief=True)
    elif linked := _linked(shape, x):
        yield Opening(f"induction {x.name} generalizing {' '.join(linked)}", rank + 0.5, split=x)
        yield from _in_step(shape, x, linked, rank + 3)
    else:
        others = _others(shape, x)
        if others:
            yield Opening(f"induction {x.name} generalizing {' '.join(others)}", rank + 7, brief=True, split=x)
            yield from _in_step(shape, x, others, rank + 4)
    yield Opening(f"cases {x.name}", rank + 5, brief=True, split=x)


def _in_step(shape: Shape, x: Local, others: list[str], rank: float) -> Iterator[Opening]:
    """Functions of the library often go down two arguments at once, an index and a list, say."""
    data = {y.name for y in shape.data if y.inductive is not None and y.inductive.recursive}
    for y in [y for y in others if y in data][:1]:
        yield Opening(f"induction {x.name} generalizing {' '.join(others)} <;> cases {y}", rank, brief=True)


def _linked(shape: Shape, x: Local) -> list[str]:
    """Variables that hypotheses tie to ``x``: what holds of one value of it need not hold of the next."""
    tied = {w for h in shape.hypotheses if x.name in (found := words_of(h.type)) and not h.binders for w in found}
    return [y.name for y in shape.values if y is not x and y.name in tied and "→" not in y.type]


def _others(shape: Shape, x: Local) -> list[str]:
    """Variables of the target that an induction on ``x`` could generalise."""
    return [y.name for y in shape.values if y.name in shape.target_words and y is not x and "→" not in y.type]


def applications(shape: Shape) -> Iterator[tuple[Constant, tuple[str | None, ...]]]:
    """The buffer's own functions and what they are applied to."""
    constants = {c.name: c for c in shape.definitions}
    for application in shape.goal.applications:
        constant = constants.get(application.name)
        if constant is not None:
            yield constant, application.arguments


def _recursed_on(shape: Shape) -> Counter[str]:
    """How often the buffer's functions recurse on a variable."""
    found: Counter[str] = Counter()
    for constant, arguments in applications(shape):
        name = arguments[constant.major] if constant.major is not None and constant.major < len(arguments) else None
        if name is not None:
            found[name] += 1
    return found


def _changing(shape: Shape) -> list[str]:
    """Variables in places that recursive calls change: the hypothesis must hold for all of their values."""
    values = {x.name for x in shape.values}
    found: dict[str, None] = {}
    for constant, arguments in applications(shape):
        major = arguments[constant.major] if constant.major is not None and constant.major < len(arguments) else None
        for place in constant.varying:
            name = arguments[place] if place < len(arguments) else None
            if name is not None and name in values:
                found[name] = None
            elif name is None:
                # A compound term: the variables in it, whichever they are.
                found.update((x.name, None) for x in shape.data if x.name in shape.target_words and x.name != major)
    return list(found)


# Functions


def _on_functions(shape: Shape) -> Iterator[Opening]:
    """The cases of the buffer's own functions, in the way they recurse."""
    values = {x.name for x in shape.values}
    data = {x.name for x in shape.data}
    changing = _changing(shape)
    weights = _recursed_on(shape)
    seen: list[str] = []
    for constant, arguments in applications(shape):
        variables = [a for a in arguments if a is not None and a in values]
        call = f"{constant.text} {' '.join(variables)}"
        if not variables or len(variables) < len(arguments) or constant.is_prop or call in seen:
            continue
        rank = 0.8 * len(seen)
        seen.append(call)
        if not constant.recursion:
            yield Opening(f"fun_cases {call}", 7.5 + rank, brief=True)
            continue
        rest = [y for y in changing if y not in variables]
        text = f"fun_induction {call}" + (f" generalizing {' '.join(rest)}" if rest else "")
        if constant.recursion == "well-founded":
            yield Opening(text, 4 + rank, unfolded=constant.text)
        else:
            yield Opening(text, 5.6 + rank)
        others = [y for y in {*rest, *weights} if y in data and y not in variables]
        if others:
            yield Opening(f"{text} <;> cases {sorted(others)[0]}", 9 + rank, brief=True)


# Hypotheses


def _on_hypotheses(shape: Shape) -> Iterator[Opening]:
    found = [h for h in shape.hypotheses if h.inductive is not None and not h.binders and h.head not in _CONNECTIVES]
    own = {c.name for c in shape.predicates}
    for place, h in enumerate(found[:_MAX_EACH]):
        assert h.inductive is not None
        rank = (4.5 if h.inductive.name in own else 9) + 0.7 * place
        if not h.inductive.recursive:
            yield Opening(f"cases {h.name}", rank, split=h)
            continue
        yield from _on_derivation(shape, h, rank)
        yield Opening(f"cases {h.name}", rank + 2, brief=True, split=h)
        for other in found[:_MAX_EACH]:
            if other is not h:
                yield from _on_two_derivations(shape, h, other, rank)


def _on_derivation(shape: Shape, h: Local, rank: float) -> Iterator[Opening]:
    """Induction on how a fact was derived.  Indices must be variables, so what is none gets a name first."""
    names = {x.name for x in shape.values}
    bound = [(f"x{i}", term) for i, term in enumerate(_indices(shape, h)) if term not in names]
    if bound:
        named = "; ".join(f"generalize h{x} : {term} = {x} at {h.name}" for x, term in bound)
        yield Opening(f"{named}; induction {h.name}", rank + 1, split=h)
    else:
        yield Opening(f"induction {h.name}", rank, split=h)


def _on_two_derivations(shape: Shape, h: Local, other: Local, rank: float) -> Iterator[Opening]:
    """One fact by induction and the other by its cases, which must be free to change along."""
    assert h.inductive is not None
    fixed = words_of(h.type)
    free = [x.name for x in shape.values if x.name in words_of(other.type) - fixed]
    indices, others = _indices(shape, h), _indices(shape, other)
    if other.inductive == h.inductive and words_of(other.type) & words_of(" ".join(indices)):
        general = f" generalizing {' '.join(free)}" if free else ""
        same = any(x == y for x, y in zip(indices, others, strict=False))
        yield Opening(f"induction {h.name}{general} <;> cases {other.name}", rank + (-1 if same else 1.5))
    elif other.inductive is not None and other.inductive.recursive:
        yield Opening(f"induction {h.name} <;> induction {other.name}", rank + 5, brief=True)


def _indices(shape: Shape, h: Local) -> list[str]:
    """The indices in a fact of an inductive predicate, as they are printed."""
    if h.inductive is None or not h.inductive.indices:
        return []
    function, *arguments = parts(h.type)
    # What is printed `e.Eval n` is `Eval e n`.
    receiver = function.removesuffix("." + h.inductive.name.rsplit(".", 1)[-1])
    if receiver != function and (receiver.startswith("(") or words_of(receiver) & {x.name for x in shape.values}):
        arguments.insert(0, receiver)
    return arguments[-h.inductive.indices :]


def parts(text: str) -> list[str]:
    """The function and the arguments of an application as it is printed."""
    found, depth, between = [""], 0, False
    for character in text:
        depth += (character in "([{⟨") - (character in ")]}⟩")
        if character.isspace() and depth == 0:
            between = True
        else:
            if between:
                found.append("")
            found[-1] += character
            between = False
    return found


# Deeper


def _one_step_deeper(shape: Shape) -> Rule:
    """Cases on what is left in the step of an induction: for functions and predicates that look at two elements."""
    if not shape.recursive:
        return
    for x in shape.data[:2]:
        if x.inductive is None or x.name not in shape.target_words:
            continue
        end = portfolio(shape, hints=True)
        if x.inductive.name == "List":
            yield f"induction {x.name} with\n| nil => {end}\n| cons y ys ih => cases ys <;> {end}", 12.5
        elif x.inductive.name == "Nat":
            yield f"induction {x.name} with\n| zero => {end}\n| succ k ih => cases k <;> {end}", 14


def _two_at_a_time(shape: Shape) -> Rule:
    """Numbers two at a time: what holds of n + 2 is shown from what holds of n."""
    if not shape.recursive:
        return
    grind, simp = f"grind{listed(shape.grind_items)}", f"(simp_all{listed(shape.simp_items)}; done)"
    end = first_of([grind, "solve_by_elim" if shape.predicates else simp])
    for x in shape.data[:2]:
        if x.inductive is not None and x.inductive.name == "Nat" and x.name in shape.target_words:
            n = x.name
            lines = (
                f"induction {n} using Nat.strongRecOn with",
                f"| _ {n} ih =>",
                f"  match {n}, ih with",
                f"  | 0, _ => {end}",
                f"  | 1, _ => {end}",
                f"  | {n} + 2, ih => have := ih {n} (by omega); {end}",
            )
            yield "\n".join(lines), 16
