"""Steps by the goal's own shape: connectives, quantifiers, hypotheses taken apart, functions, conditions."""

from __future__ import annotations

from unsorry.provers.seam import Local
from unsorry.suggesters.rules.closers import facts
from unsorry.suggesters.rules.finish import closing, first_of, inhabit, portfolio
from unsorry.suggesters.rules.shape import Rule, Shape, is_enumeration, listed

_CONNECTIVES = {"And", "Or", "Exists", "Iff"}

#: How many propositions are gone through, true and false.
_MAX_PROPOSITIONS = 5


def hypotheses(shape: Shape) -> Rule:
    """Local facts applied, rewritten with, and taken apart."""
    for place, h in enumerate(shape.hypotheses):
        rank = 6 + 0.3 * place
        if h.binders:
            yield from _applied(shape, h, rank)
        elif h.head == "Eq":
            yield f"rw [{h.name}]", rank
            yield f"rw [← {h.name}]", rank + 2
            yield f"subst {h.name}; simp_all{listed(shape.simp_items)}", rank + 5
            if shape.definitions:
                end = first_of(["omega", f"(simp_all{listed(facts(shape))}; done)", "grind"])
                yield f"simp_all{listed(shape.simp_items)}; rcases {h.name} with ⟨_, rfl⟩; {end}", rank + 7
        elif h.head in {"Or", "And", "Iff"}:
            yield f"cases {h.name} <;> simp_all{listed(shape.simp_items)}", rank + 1
            yield f"rcases {h.name} with ⟨_, _⟩ <;> {portfolio(shape)}", rank + 8
        else:
            # What it stands for may be a conjunction: `a ∈ lower...upper`.
            yield first_of(f"exact {h.name}.{part}" for part in ("1", "2", "2.1", "2.2")), rank + 3
        if h.head == "False" and not h.binders:
            yield f"exact {h.name}.elim", 0
    if shape.hypotheses and not shape.recursive:
        for place, h in enumerate(shape.hypotheses[:4]):
            if h.head not in {"Exists", "And", "Or", "Iff"}:
                yield f"simpa using {h.name}", 10 + 0.3 * place
    yield from _conditions(shape)
    yield from _instantiated(shape)


def _instantiated(shape: Shape) -> Rule:
    """An equation that holds for all values, at the two sides of the target."""
    if shape.goal.head != "Eq" or shape.recursive:
        return
    sides = shape.goal.target.split(" = ")
    general = [h for h in shape.hypotheses if h.binders == 1 and h.head == "Eq"][:2]
    for h in general if len(sides) == 2 else ():
        for side in reversed(sides):
            yield f"have := {h.name} ({side}); grind{listed(shape.grind_items, shape.some_hints)}", 13


def _applied(shape: Shape, h: Local, rank: float) -> Rule:
    goal = shape.goal
    if h.head not in {goal.head, goal.whnf_head, "fvar", "False", ""}:
        return
    yield f"exact {h.name} {' '.join(['_'] * h.binders)}", rank + 1
    yield f"apply {h.name} <;> simp_all", rank + 2
    yield f"apply {h.name} <;> grind", rank + 8


def _conditions(shape: Shape) -> Rule:
    """Hypotheses with an `if` or a `match` in them."""
    for place, h in enumerate(shape.hypotheses):
        if "if " in h.type or "match " in h.type:
            yield f"split at {h.name} <;> simp_all{listed(shape.simp_items)}", 8 + place
            yield f"split at {h.name} <;> {portfolio(shape)}", 14 + place


def connectives(shape: Shape) -> Rule:
    """∧, ∨ and ↔ in the target."""
    simp = listed(shape.simp_items)
    late = 4 if shape.recursive else 0
    match shape.goal.head:
        case "And":
            yield f"constructor <;> simp_all{simp}", 8 + late
            if shape.arithmetic:
                yield "constructor <;> omega", 8
            yield f"and_intros <;> {portfolio(shape)}", 13 + late
        case "Iff":
            yield f"constructor <;> intro h <;> simp_all{simp}", 9 + late
            yield f"constructor <;> intro h <;> {portfolio(shape)}", 14 + late
            yield f"constructor <;> (rintro ⟨x, hx⟩; {closing(shape)})", 13 + late
            if "∃" in shape.goal.target:
                yield f"constructor <;> {first_of(_directions(shape))}", 15 + late
        case "Or":
            yield from _parities(shape)
            for side in ("left", "right"):
                yield f"{side}; assumption", 4
                yield f"{side}; simp_all{simp}", 9 + late
                yield f"{side}; {portfolio(shape)}", 15 + late
        case _:
            return


def _parities(shape: Shape) -> Rule:
    """One ∃ or the other, by what a number leaves when it is divided."""
    if "∃" in shape.goal.target and shape.mentions("Nat", "Int"):
        for x in [x.name for x in shape.values if x.type in {"Nat", "Int"}][:2]:
            ends = [f"({side}; exact ⟨{x} / 2, by omega⟩)" for side in ("left", "right")]
            yield f"by_cases h2 : {x} % 2 = 0 <;> {first_of(ends)}", 11


def _directions(shape: Shape) -> list[str]:
    """Ways through one direction of an equivalence with a ∃ on one of its sides."""
    check = closing(shape)
    names = [x.name for x in shape.values][:3]
    terms = [*names, *(f"{x} - {y}" for x in names for y in names if x != y)] if shape.arithmetic else names
    there = [f"(intro h; exact ⟨{w}, by {check}⟩)" for w in terms]
    return [f"(rintro ⟨x, hx⟩; {check})", *there, f"(intro h; {portfolio(shape)})"]


def existence(shape: Shape) -> Rule:
    """A ∃ in the target: witnesses, plain ones first, and those that hypotheses speak of."""
    if shape.goal.head != "Exists":
        return
    check = closing(shape)
    late = 3 if shape.recursive else 0
    yield "exact ⟨_, rfl⟩", 3
    yield "exact ⟨_, by assumption⟩", 4
    for depth in ("⟨_, _, by assumption⟩", "⟨_, by assumption, by assumption⟩", "⟨⟨_, by assumption⟩, by assumption⟩"):
        yield f"exact {depth}", 8 + late
    if shape.goal.target.count(",") > 1 or " ∃" in shape.goal.target:
        yield "exact ⟨_, _, rfl⟩", 5
    yield inhabit(shape, check), 7 + late
    if not shape.goal.locals:
        yield inhabit(shape, "decide"), 6
    if check != "simp_all":
        yield inhabit(shape, f"simp_all{listed(shape.simp_items)}"), 10 + late
    yield inhabit(shape, "grind"), 12 + late


def witnessed(shape: Shape) -> Rule:
    """Hypotheses that say that something exists: what it is, and what then follows."""
    open_ = [h for h in shape.hypotheses if not h.binders and h.head in {"Exists", "Dvd.dvd"}]
    late = 3 if shape.recursive else 0
    taken: list[str] = []
    for place, h in enumerate(open_[:3]):
        taken.append(f"obtain ⟨w{place}, hw{place}⟩ := {h.name}")
        if h.head == "Exists":
            yield from _with_witness(shape, taken[place], f"w{place}", f"hw{place}", 7 + late + place)
        else:
            yield f"obtain ⟨w{place}, rfl⟩ := {h.name}; simp_all", 9.5 + place
            yield f"{taken[place]}; grind", 10 + place
    if len(taken) > 1:
        yield f"{'; '.join(taken)}; grind{listed(shape.grind_items)}", 11 + late
        yield f"{'; '.join(taken)}; simp_all{listed(shape.simp_items)}", 11.5 + late
    yield from _served(shape)


def _with_witness(shape: Shape, opening: str, w: str, hw: str, rank: float) -> Rule:
    if shape.goal.head == "Exists":
        yield f"{opening}; exact ⟨_, {hw}⟩", rank
        yield f"{opening}; exact ⟨_, {hw} _⟩", rank
        yield f"{opening}; {inhabit(shape, closing(shape), (w,))}", rank + 3
    yield f"{opening}; simp_all{listed(shape.simp_items)}", rank + 1
    yield f"{opening}; grind{listed(shape.grind_items)}", rank + 1
    if shape.arithmetic:
        yield f"{opening}; omega", rank + 2


def _served(shape: Shape) -> Rule:
    """Hypotheses of the form ∀ x, ∃ y, …, asked for the variables at hand, one after another."""
    serving = [h for h in shape.hypotheses if h.binders == 1 and h.head == "Exists"][:2]
    values = [x.name for x in shape.values if "→" not in x.type][:3]
    finish = first_of(["exact ⟨_, by simp_all⟩", "exact ⟨w, by simp_all⟩", "exact ⟨w, by grind⟩", "grind"])
    for h in serving:
        for x in values:
            one = f"obtain ⟨w, hw⟩ := {h.name} {x}"
            yield f"{one}; {finish}", 11
            for other in serving:
                if other is not h:
                    yield f"obtain ⟨v, hv⟩ := {h.name} {x}; obtain ⟨w, hw⟩ := {other.name} v; {finish}", 12


def functions(shape: Shape) -> Rule:
    """Equations between structures and collections."""
    if shape.goal.head != "Eq":
        return
    late = 5 if shape.recursive else 0
    yield f"ext <;> simp_all{listed(shape.simp_items)}", 12 + late
    yield f"ext <;> grind{listed(shape.grind_items)}", 15 + late
    if not shape.recursive:
        yield "congr <;> omega", 14
        yield "apply propext; constructor <;> intro h <;> simp_all", 14 if shape.goal.inductive else 30


def conditions(shape: Shape) -> Rule:
    """`if` and `match` in the target."""
    if shape.mentions("ite", "dite") or "match" in shape.goal.target:
        yield f"split <;> simp_all{listed(shape.simp_items)}", 8
        if shape.arithmetic:
            yield "split <;> omega", 9
        yield f"repeat' split <;> {portfolio(shape)}", 14


def constructors(shape: Shape) -> Rule:
    """A target that is an instance of an inductive type or predicate: its constructors."""
    kind = shape.goal.inductive
    if kind is None or shape.goal.head in {"Eq", "HEq", "True", "False", *_CONNECTIVES}:
        return
    names = kind.constructors[:8]
    yield "constructor", 6
    if not shape.goal.locals:
        # A constructor with a premise that says less than its conclusion has no end.
        yield "repeat' constructor", 3
    yield f"solve_by_elim{listed(names)}", 5
    yield f"simp_all{listed(names, shape.simp_items)}", 7
    for name in names:
        yield f"apply {name} <;> {first_of(['assumption', 'simp_all', 'omega'])}", 9
    if shape.hints:
        yield f"solve_by_elim{listed(names, shape.all_hints)}", 10


def propositions(shape: Shape) -> Rule:
    """Few propositions and nothing else: each is true or false."""
    names = [x.name for x in shape.goal.locals if x.accessible and x.type == "Prop"]
    if names and not shape.values and len(names) <= _MAX_PROPOSITIONS:
        yield f"{' <;> '.join(f'by_cases {name}' for name in names)} <;> simp_all", 9


def absurdity(shape: Shape) -> Rule:
    """A target of False: values of empty types, and hypotheses at odds."""
    if shape.goal.head != "False":
        return
    for x in shape.data[:3]:
        yield f"nomatch {x.name}", 5
        yield f"cases {x.name}; omega", 8
    for h in shape.hypotheses:
        if h.inductive is not None and h.head not in _CONNECTIVES:
            yield f"nomatch {h.name}", 5 if h.head != "Eq" else 9
        if h.head == "Exists" and not h.binders:
            yield f"obtain ⟨w, hw⟩ := {h.name}; simp_all", 6


def cases(shape: Shape) -> Rule:
    """Cases on variables of small types, one and all together."""
    words = shape.target_words | {w for h in shape.hypotheses for w in h.type.split()}
    small = [x for x in shape.data if is_enumeration(x.inductive) and x.name in words]
    simp = listed(shape.simp_items)
    late = 2 if shape.recursive else 0
    # Taken together, all cases that there are; one alone leaves terms that simp can't compute.
    together = len(small) > 1 and _cases_of(small) <= 100
    if together:
        all_ = " <;> ".join(f"cases {x.name}" for x in small)
        yield f"{all_} <;> rfl", 6.5 + late
        yield f"{all_} <;> simp_all{simp}", 7 + late
        yield f"{all_} <;> {portfolio(shape)}", 9 + late
    for place, x in enumerate(small[:4]):
        rank = place + late + (2 if together else 0)
        yield f"cases {x.name} <;> rfl", 6.5 + rank
        yield f"cases {x.name} <;> simp_all{simp}", 7 + rank
        yield f"cases {x.name} <;> {portfolio(shape, hints=True)}", 13 + rank
        if shape.library_items:
            yield f"cases {x.name} <;> simp_all{listed(shape.simp_items, shape.library_items)}", 16 + rank


def _cases_of(variables: list[Local]) -> int:
    count = 1
    for x in variables:
        count *= max(1, len(x.inductive.constructors)) if x.inductive else 1
    return count


def deep_cases(shape: Shape) -> Rule:
    """Lists and numbers taken apart a few steps deep, where the goal is about the first few elements."""
    if shape.recursive:
        return
    for x in shape.data:
        if x.inductive is not None and x.inductive.name == "List" and x.name in shape.target_words:
            yield f"rcases {x.name} with _ | ⟨a, _ | ⟨b, _ | ⟨c, l⟩⟩⟩ <;> simp_all", 14
