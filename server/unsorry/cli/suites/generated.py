"""Generated goals of graded difficulty, each with a proof: the same seed gives the same texts.

Level 1 is propositional, 2 linear arithmetic, 3 recursion with definitions of its own, 4 inductive predicates, and 5
wants lemmas or several steps.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from unsorry.cli.suites.cases import Case
from unsorry.errors import InputError
from unsorry.provers.seam import Prover


@dataclass(frozen=True, slots=True)
class Goal:
    """Definitions, what stands between a theorem's name and its proof, and the proof."""

    statement: str
    proof: str
    definitions: str = ""


def goals(seed: int, count: int) -> Iterator[Case]:
    """As many goals, the levels in turn.  A smaller count gives the first of a larger one."""
    for number in range(count):
        level = number % len(_LEVELS) + 1
        generator = random.Random(f"{seed} {number}")
        goal = generator.choice(_LEVELS[level - 1])(generator)
        definitions = f"{goal.definitions}\n\n" if goal.definitions else ""
        text = f"{definitions}theorem generated_{number}{goal.statement} := by\n  sorry\n"
        yield Case(f"level{level}-{number}", f"level {level}", text, reference=goal.proof)


async def check(prover: Prover, case: Case) -> None:
    """Has the prover check the reference proof.

    Raises:
        InputError: it does not hold.
    """
    document = await prover.open(case.snapshot)
    holes = document.holes
    if document.errors or len(holes) != 1 or case.reference is None:
        raise InputError(f"{case.name} is not what it should be: {[m.text for m in document.errors]}")
    edit = prover.edit(document, holes[0], case.reference)
    certificate = await prover.certify(document, holes[0].command, [edit])
    await prover.close_document(document.snapshot.uri)
    if not certificate.ok:
        raise InputError(f"the reference proof of {case.name} does not hold: {certificate.reason}")


# Level 1: something follows from hypotheses by a few steps of natural deduction.


@dataclass(frozen=True, slots=True)
class _Fact:
    """A proposition and a term that proves it; ``parts`` are the two sides of a connective."""

    text: str
    term: str
    kind: str = ""
    parts: tuple[str, str] = ("", "")


_ATOMS: Final = ("p", "q", "r", "s")


def _compound(kind: str, left: str, right: str, term: str) -> _Fact:
    return _Fact(f"({left} {kind} {right})", term, kind, (left, right))


def _propositional(generator: random.Random) -> Goal:
    given: list[_Fact] = []
    for number in range(generator.randint(3, 5)):
        left, right = generator.sample(_ATOMS, 2)
        kind = generator.choice(("", "→", "→", "∧"))
        name = f"h{number}"
        given.append(_compound(kind, left, right, name) if kind else _Fact(left, name))
    start = generator.choice(_ATOMS)
    given.append(_Fact(start, "h"))
    known = {f.text: f for f in given}
    new: list[_Fact] = []
    for _ in range(generator.randint(4, 9)):
        fact = _step(generator, list(known.values()))
        if fact is not None and fact.text not in known:
            known[fact.text] = fact
            new.append(fact)
    if not new:
        new.append(_compound("∨", start, "q", "(Or.inl h)"))
    goal = max(new, key=lambda f: (len(f.term), f.text))
    binders = " ".join(f"({f.term} : {f.text})" for f in given)
    return Goal(f" (p q r s : Prop) {binders} : {goal.text}", f"exact {goal.term}")


def _step(generator: random.Random, known: Sequence[_Fact]) -> _Fact | None:
    """A fact that follows from known ones, if the dice find one."""
    fact, other = generator.choice(known), generator.choice(known)
    match generator.choice(("use", "take", "pair", "either", "under")):
        case "use":
            ready = [(f, x) for f in known if f.kind == "→" for x in known if x.text == f.parts[0]]
            if not ready:
                return None
            rule, argument = generator.choice(ready)
            return _Fact(rule.parts[1], f"({rule.term} {argument.term})")
        case "take" if fact.kind == "∧":
            side = generator.randrange(2)
            return _Fact(fact.parts[side], f"{fact.term}.{side + 1}")
        case "pair" if len(fact.text) + len(other.text) < 30:
            return _compound("∧", fact.text, other.text, f"(And.intro {fact.term} {other.term})")
        case "either" if len(fact.text) < 20:
            return _compound("∨", generator.choice(_ATOMS), fact.text, f"(Or.inr {fact.term})")
        case "under" if len(fact.text) < 20:
            return _compound("→", generator.choice(_ATOMS), fact.text, f"(fun _ => {fact.term})")
        case _:
            return None


# Level 2: a combination of inequalities.


def _linear(generator: random.Random) -> Goal:
    kind = generator.choice(("Nat", "Int"))
    names = ("a", "b", "c", "d")[: generator.randint(3, 4)]
    hypotheses: list[str] = []
    left, right = [0] * len(names), [0] * len(names)
    slack = generator.randint(0, 3)
    for number in range(generator.randint(2, 4)):
        low, high = ([generator.choice((0, 0, 1, 1, 2, 3)) for _ in names] for _ in range(2))
        constant, weight = generator.randint(0, 9), generator.randint(1, 3)
        hypotheses.append(f"(h{number} : {_sum(low, names, 0)} ≤ {_sum(high, names, constant)})")
        left = [x + weight * y for x, y in zip(left, low, strict=True)]
        right = [x + weight * y for x, y in zip(right, high, strict=True)]
        slack += weight * constant
    common = [min(x, y) for x, y in zip(left, right, strict=True)]
    left = [x - y for x, y in zip(left, common, strict=True)]
    right = [x - y for x, y in zip(right, common, strict=True)]
    goal = f"{_sum(left, names, 0)} ≤ {_sum(right, names, slack)}"
    return Goal(f" ({' '.join(names)} : {kind}) {' '.join(hypotheses)} : {goal}", "omega")


def _sum(coefficients: Sequence[int], names: Sequence[str], constant: int) -> str:
    terms = [n if c == 1 else f"{c} * {n}" for c, n in zip(coefficients, names, strict=True) if c]
    if constant or not terms:
        terms.append(str(constant))
    return " + ".join(terms)


# Level 3: recursion on numbers and lists.


def _weighted(generator: random.Random) -> tuple[str, int]:
    """A sum over a list, and the factor in it."""
    factor = generator.randint(2, 9)
    return f"def total : List Nat → Nat\n  | [] => 0\n  | x :: xs => {factor} * x + total xs", factor


def _append(generator: random.Random) -> Goal:
    definition, _ = _weighted(generator)
    proof = "induction xs with\n| nil => simp [total]\n| cons x xs ih => simp only [List.cons_append, total, ih]; omega"
    return Goal(" (xs ys : List Nat) : total (xs ++ ys) = total xs + total ys", proof, definition)


def _closed_form(generator: random.Random) -> Goal:
    start, step = generator.randint(0, 9), generator.randint(2, 9)
    definition = f"def grow : Nat → Nat\n  | 0 => {start}\n  | n + 1 => grow n + {step}"
    proof = "induction n with\n| zero => rfl\n| succ n ih => simp only [grow, ih]; omega"
    return Goal(f" (n : Nat) : grow n = {step} * n + {start}", proof, definition)


def _shifted(generator: random.Random) -> Goal:
    step = generator.randint(1, 9)
    definition = f"def shift : List Nat → List Nat\n  | [] => []\n  | x :: xs => (x + {step}) :: shift xs"
    statement, closing = generator.choice(
        (
            (" (xs : List Nat) : (shift xs).length = xs.length", "simp [shift, ih]"),
            (" (xs ys : List Nat) : shift (xs ++ ys) = shift xs ++ shift ys", "simp [shift, ih]"),
        )
    )
    proof = f"induction xs with\n| nil => simp [shift]\n| cons x xs ih => {closing}"
    return Goal(statement, proof, definition)


def _accumulated(generator: random.Random) -> Goal:
    factor = generator.randint(2, 9)
    definition = f"def run : List Nat → Nat → Nat\n  | [], acc => acc\n  | x :: xs, acc => run xs (acc + {factor} * x)"
    proof = (
        "induction xs generalizing acc with\n| nil => simp [run]\n"
        f"| cons x xs ih => simp only [run]; rw [ih, ih (0 + {factor} * x)]; omega"
    )
    return Goal(" (xs : List Nat) (acc : Nat) : run xs acc = acc + run xs 0", proof, definition)


# Level 4: inductive predicates.


def _stepped(generator: random.Random) -> tuple[str, int, int]:
    """Numbers that are reached from a first one in equal steps."""
    step = generator.randint(2, 7)
    start = generator.randint(0, step - 1)
    definition = (
        f"inductive Reached : Nat → Prop\n  | start : Reached {start}\n"
        f"  | step (n : Nat) : Reached n → Reached (n + {step})"
    )
    return definition, start, step


def _remainder(generator: random.Random) -> Goal:
    definition, start, step = _stepped(generator)
    proof = "induction h with\n| start => rfl\n| step n _ ih => omega"
    return Goal(f" (n : Nat) (h : Reached n) : n % {step} = {start}", proof, definition)


def _distance(generator: random.Random) -> Goal:
    definition, start, step = _stepped(generator)
    proof = (
        "induction h with\n| start => exact ⟨0, rfl⟩\n| step n _ ih => obtain ⟨k, hk⟩ := ih; exact ⟨k + 1, by omega⟩"
    )
    return Goal(f" (n : Nat) (h : Reached n) : ∃ k, n = {step} * k + {start}", proof, definition)


def _instance(generator: random.Random) -> Goal:
    definition, start, step = _stepped(generator)
    times = generator.randint(2, 6)
    proof = f"exact {'Reached.step _ (' * times}Reached.start{')' * times}"
    return Goal(f" : Reached {start + times * step}", proof, definition)


def _onwards(generator: random.Random) -> Goal:
    definition, _, step = _stepped(generator)
    times = generator.randint(2, 4)
    proof = f"exact {'Reached.step _ (' * times}h{')' * times}"
    return Goal(f" (n : Nat) (h : Reached n) : Reached (n + {times * step})", proof, definition)


# Level 5: what wants a lemma of its own, or several inductions.


def _reversed(generator: random.Random) -> Goal:
    definition, _ = _weighted(generator)
    definition += "\n\ndef turn : List Nat → List Nat\n  | [] => []\n  | x :: xs => turn xs ++ [x]"
    proof = (
        "have apart : ∀ ys zs, total (ys ++ zs) = total ys + total zs := by\n"
        "  intro ys zs\n"
        "  induction ys with\n"
        "  | nil => simp [total]\n"
        "  | cons y ys ih => simp only [List.cons_append, total, ih]; omega\n"
        "induction xs with\n"
        "| nil => rfl\n"
        "| cons x xs ih => simp only [turn, apart, total, ih]; omega"
    )
    return Goal(" (xs : List Nat) : total (turn xs) = total xs", proof, definition)


def _bounded(generator: random.Random) -> Goal:
    definition, factor = _weighted(generator)
    limit = generator.randint(2, 9)
    proof = (
        "induction xs with\n"
        "| nil => simp [total]\n"
        "| cons x xs ih =>\n"
        "  have first := h x (by simp)\n"
        "  have rest := ih (fun y hy => h y (by simp [hy]))\n"
        "  simp only [total, List.length_cons]; omega"
    )
    statement = f" (xs : List Nat) (h : ∀ x ∈ xs, x ≤ {limit}) : total xs ≤ {factor * limit} * xs.length"
    return Goal(statement, proof, definition)


def _together(generator: random.Random) -> Goal:
    step = generator.randint(2, 7)
    definition = (
        f"inductive Reached : Nat → Prop\n  | start : Reached 0\n  | step (n : Nat) : Reached n → Reached (n + {step})"
    )
    proof = (
        "induction h with\n| start => simpa using g\n"
        f"| step m _ ih => rw [show m + {step} + n = (m + n) + {step} by omega]; exact Reached.step _ ih"
    )
    return Goal(" (m n : Nat) (h : Reached m) (g : Reached n) : Reached (m + n)", proof, definition)


def _two_ways(generator: random.Random) -> Goal:
    definition, factor = _weighted(generator)
    definition += (
        f"\n\ndef run : List Nat → Nat → Nat\n  | [], acc => acc\n  | x :: xs, acc => run xs (acc + {factor} * x)"
    )
    proof = (
        "have general : ∀ acc, run xs acc = acc + total xs := by\n"
        "  induction xs with\n"
        "  | nil => intro acc; simp [run, total]\n"
        "  | cons x xs ih => intro acc; simp only [run, total, ih]; omega\n"
        "rw [general]; omega"
    )
    return Goal(" (xs : List Nat) : run xs 0 = total xs", proof, definition)


_LEVELS: Final[tuple[tuple[Callable[[random.Random], Goal], ...], ...]] = (
    (_propositional,),
    (_linear,),
    (_append, _closed_form, _shifted, _accumulated),
    (_remainder, _distance, _instance, _onwards),
    (_reversed, _bounded, _together, _two_ways),
)
