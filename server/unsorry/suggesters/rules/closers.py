"""Tactics for the whole goal: closers, unfolding, the buffer's own theorems, and what automation has to be told."""

from __future__ import annotations

import re

from unsorry.suggesters.rules.finish import first_of
from unsorry.suggesters.rules.shape import Rule, Shape, listed
from unsorry.suggesters.seam import GoalContext

_RELATIONS = {"Eq", "Ne", "LT.lt", "LE.le", "GT.gt", "GE.ge", "Not", "Iff", "And", "Or", "False", "Dvd.dvd"}
_FINITE = ("Bool", "Fin", "BitVec", "Char", "String")
_BOUNDED = re.compile(r"^[\w.↑ ]+ (?:<|≤) \d+$")

#: What the library knows about an operation and automation does not find by itself.
_FACTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("Int", "HMul.hMul"),
        ("Int.mul_eq_zero", "Int.mul_le_mul_of_nonneg_right", "Int.mul_le_mul_of_nonneg_left", "Int.mul_nonneg"),
    ),
    (("Int", "Dvd.dvd"), ("Int.dvd_add", "Int.dvd_sub", "Int.dvd_mul_of_dvd_left", "Int.dvd_trans")),
    (
        ("Nat", "Dvd.dvd"),
        ("Nat.dvd_add", "Nat.dvd_sub", "Nat.dvd_mul_left_of_dvd", "Nat.dvd_mul_right_of_dvd", "Nat.dvd_mul_left",
         "Nat.dvd_mul_right", "Nat.dvd_trans", "Nat.dvd_antisymm"),
    ),
    (("Nat.gcd",), ("Nat.gcd_dvd_left", "Nat.gcd_dvd_right", "Nat.dvd_gcd", "Nat.gcd_comm", "Nat.gcd_assoc")),
    (("Nat.lcm",), ("Nat.dvd_lcm_left", "Nat.dvd_lcm_right", "Nat.lcm_dvd", "Nat.lcm_comm")),
    (("Nat", "HDiv.hDiv"), ("Nat.div_le_self", "Nat.div_mul_le_self", "Nat.div_lt_self", "Nat.div_le_div_right")),
    (("Nat", "HMod.hMod"), ("Nat.mod_lt", "Nat.mod_le", "Nat.mod_add_div", "Nat.add_mod", "Nat.mul_mod")),
    (("Nat", "HPow.hPow"), ("Nat.pow_succ", "Nat.pow_le_pow_left", "Nat.pow_le_pow_right", "Nat.pow_lt_pow_right")),
    (("Nat", "HMul.hMul"), ("Nat.mul_le_mul", "Nat.le_mul_of_pos_right", "Nat.le_mul_of_pos_left", "Nat.mul_pos")),
    (("List.foldl",), ("List.foldl_append",)),
    (("List.foldr",), ("List.foldr_append",)),
    (("List.Sublist",), ("List.Sublist.trans", "List.Sublist.length_le", "List.Sublist.subset")),
    (("List.Perm",), ("List.Perm.trans", "List.Perm.symm", "List.Perm.length_eq", "List.Perm.mem_iff")),
    (("List.Nodup",), ("List.nodup_cons", "List.Nodup.sublist")),
    (("List.length",), ("List.length_eq_zero_iff", "List.length_pos_iff", "List.ne_nil_of_length_pos")),
)  # fmt: skip

#: How many of them are offered at once.
_MAX_FACTS = 8

#: How many of the library's definitions in a goal are unfolded.
_MAX_UNFOLDED = 4


def facts(shape: Shape) -> tuple[str, ...]:
    """The library's facts about the operations that the goal mentions."""
    found = (f for keys, names in _FACTS if shape.all_names.issuperset(keys) for f in names)
    return tuple(dict.fromkeys(found))[:_MAX_FACTS]


def closers(shape: Shape) -> Rule:
    """Tactics that close a goal at once, cheapest first."""
    goal = shape.goal
    if goal.head in {"Eq", "Iff", "HEq", "LE.le"}:
        yield "rfl", 0
    if shape.hypotheses:
        yield "assumption", 0
        yield "contradiction", 4
    if goal.head in {"True", "And", "Iff", "Or"}:
        yield "trivial", 1
    if shape.arithmetic and goal.head in _RELATIONS:
        yield "omega", 1
    if not shape.simp_items:
        yield "simp", 2
        yield "simp_all", 3
    if not shape.recursive:
        yield "grind", 5
        yield "simp_all; grind", 12
        yield "simp_all; omega", 10 if shape.arithmetic else 30
    yield "exact?", 40 if shape.recursive else 18
    yield from _deciders(shape)
    yield from _bit_vectors(shape)
    if shape.hypotheses:
        # A hypothesis can be of use as a rule without being written as one: `s ⊆ t`.
        yield "solve_by_elim", 6 if any(h.binders for h in shape.hypotheses) else 14


def _deciders(shape: Shape) -> Rule:
    if not shape.goal.locals:
        yield "decide", 1
    elif any(_BOUNDED.match(h.type) for h in shape.hypotheses):
        yield "decide +revert", 7
    elif shape.mentions(*_FINITE) and all(x.is_prop or x.inductive for x in shape.goal.locals):
        yield "decide +revert", 9


def _bit_vectors(shape: Shape) -> Rule:
    if shape.mentions("BitVec"):
        yield "bv_omega", 6
        yield "ext i; simp", 9
        yield "ext i; simp; grind", 13


def library_closers(context: GoalContext) -> Rule:
    """Closers that only Mathlib brings."""
    if not any(m == "Mathlib" or m.startswith("Mathlib.") for m in context.imports):
        return
    for rank, tactic in enumerate(("ring", "linarith", "norm_num", "positivity", "field_simp", "nlinarith", "gcongr")):
        yield tactic, 4 + rank
    yield "aesop", 7
    yield "norm_num at *", 12
    yield "field_simp; ring", 12
    yield "push_cast; ring", 13


def informed(shape: Shape) -> Rule:
    """Automation told of the library's facts."""
    known = facts(shape)
    if not known:
        return
    late = 8 if shape.recursive else 0
    own = shape.grind_items
    if shape.goal.head in {"Dvd.dvd", "LE.le", "LT.lt", "List.Sublist", "List.Perm"}:
        yield f"solve_by_elim{listed(known)}", 7 + late
    yield f"grind{listed(own, known)}", 12 + late
    yield f"simp_all{listed(shape.simp_items, known)}", 13 + late


def unfolding(shape: Shape) -> Rule:
    """The big automation with the definitions that the goal mentions."""
    simp, grind = listed(shape.simp_items), listed(shape.grind_items)
    late = 6 if shape.recursive else 0
    if shape.simp_items:
        yield f"simp{simp}", 2
        yield f"simp_all{simp}", 4 + late / 2
        yield f"simp_all{simp}; grind{listed(shape.predicates_text)}", 10 + late
        if shape.arithmetic:
            yield f"simp_all{simp}; omega", 9 + late
    if shape.grind_items:
        # A predicate's constructors and inversions are what grind is good at.
        yield f"grind{grind}", 5 + (late / 2 if not shape.predicates else 0)
    if shape.deep_items:
        yield f"simp{listed(shape.simp_items, shape.deep_items)}", 7
        yield f"grind{listed(shape.grind_items, shape.deep_items)}", 9 + late
    if shape.monadic:
        yield f"simp{listed(shape.simp_items, ('Option.bind',))}; grind", 5.5
    for c in shape.definitions:
        rank = {"": 7.5, "structural": 9 + late}.get(c.recursion, 8)
        yield from _opened(shape, c.text, rank)


def library_unfolding(shape: Shape) -> Rule:
    """The library's own definitions unfolded, for where no lemma of the library says what they do."""
    items = shape.library_items[:_MAX_UNFOLDED]
    if not items:
        return
    late = 8 if shape.recursive else 0
    all_ = listed(shape.simp_items, items)
    yield f"simp{all_}", 11 + late
    yield f"simp_all{all_}", 12 + late
    yield f"grind{listed(shape.grind_items, items)}", 14 + late
    if shape.arithmetic:
        yield f"simp_all{all_}; omega", 14.5 + late
    for place, name in enumerate(items):
        yield f"unfold {name}; split <;> simp_all", 15 + late + 0.1 * place


def _opened(shape: Shape, name: str, rank: float) -> Rule:
    """One definition unfolded and its cases gone through."""
    others = tuple(x for x in shape.simp_items if x != name)
    facing = f"unfold {name}" if name in _words(shape.goal.target) else f"unfold {name} at *"
    yield f"{facing}; split <;> simp_all{listed(others)}", rank
    yield f"{facing}; grind{listed(others)}", rank + 1


def _words(text: str) -> set[str]:
    return {part for word in re.findall(r"[\w.'!?]+", text) for part in (word, word.rsplit(".", 1)[-1])}


def lemmas(shape: Shape) -> Rule:
    """The buffer's own theorems: one that says it already, or told to the automation."""
    if not shape.hints:
        return
    few = shape.few_hints
    best = tuple(h.name for h in shape.hints[: len(few) or 1])
    for place, hint in enumerate(best):
        yield f"exact {hint} ..", 3 + 0.1 * place
    if few:
        yield f"simp{listed(few)}", 4
        yield f"simp{listed(shape.simp_items, few)}", 7
        yield f"simp_all{listed(shape.simp_items, shape.all_hints)}", 9.5
    if shape.grind_hints:
        yield f"grind{listed(shape.grind_hints)}", 9 if not shape.recursive else 10
        yield f"grind{listed(shape.grind_items, shape.grind_hints)}", 11
    if shape.deep_items:
        yield f"grind{listed(shape.grind_items, shape.deep_items, shape.grind_hints)}", 11.5
    if len(shape.hints) > len(few):
        yield f"grind{listed(shape.grind_items, shape.some_hints)}", 16
    if shape.goal.head == "Exists":
        for hint in best:
            yield f"exact ⟨_, {hint} ..⟩", 5
    if shape.arithmetic:
        yield f"simp_all{listed(shape.simp_items, few)}; omega", 14
    for place, hint in enumerate(best):
        yield f"rw [{hint}]", 10 + 0.1 * place
        if shape.deep_items:
            unfolded = listed((c.text for c in shape.definitions), shape.deep_items)
            yield f"simp only{unfolded}; rw [{hint}]; {first_of(('omega', 'simp', 'grind'))}", 15 + 0.1 * place
        yield f"rw [← {hint}]", 12 + 0.1 * place
        yield f"simpa{listed(shape.simp_items)} using {hint} ..", 13 + 0.1 * place
        yield f"apply {hint} <;> simp_all", 14 + 0.1 * place
