"""Simple true statements of core Lean in a seeded random order, for the mini model to learn from.

``python generator.py SEED COUNT > Corpus.lean`` and then ``unsorry prove --record records.jsonl Corpus.lean`` make the
records beside this file; of those only the lines of candidates that closed a goal are kept.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

#: The files that the trained model is tested on.  None of their statements may come up.
TESTED: Final = Path(__file__).resolve().parents[2] / "cases" / "lean"

NUMBERS: Final = ["a", "b", "c", "d", "i", "j", "k", "m", "n", "u", "v", "w", "x", "y", "z"]
PROPOSITIONS: Final = ["p", "q", "r", "s", "A", "B", "C", "P", "Q", "R", "S"]
LISTS: Final = ["xs", "ys", "zs", "l", "l₁", "l₂", "as", "bs", "us"]
TYPES: Final = ["α", "β", "γ", "σ", "τ"]
FUNCTIONS: Final = ["f", "g", "h", "φ"]


class Names:
    """Draws names that differ from each other."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._used: set[str] = set()

    def draw(self, pool: list[str], count: int) -> list[str]:
        free = [name for name in pool if name not in self._used]
        drawn = self._source.sample(free, count)
        self._used.update(drawn)
        return drawn


def _sum_shuffle(r: random.Random, names: Names) -> str:
    xs = names.draw(NUMBERS, r.randint(2, 4))
    other = list(xs)
    r.shuffle(other)
    extra = f" + {r.randint(1, 9)}" if r.random() < 0.6 else ""
    inner = " + ".join(xs[1:])
    return f"({' '.join(xs)} : {r.choice(['Nat', 'Int'])}) : {xs[0]} + ({inner}){extra} = {' + '.join(other)}{extra}"


def _linear(r: random.Random, names: Names) -> str:
    x, y, z = names.draw(NUMBERS, 3)
    k, step = r.randint(1, 20), r.randint(0, 9)
    sort = r.choice(["Nat", "Int"])
    body = r.choice(
        [
            f"(h : {x} ≤ {y}) : {x} ≤ {y} + {k}",
            f"(h : {x} + {k} ≤ {y}) : {x} < {y} + {step}",
            f"(h : {x} ≤ {y}) (h' : {y} < {z}) : {x} + {step} < {z} + {step}",
            f"(h : {x} = {y} + {k}) : {y} < {x}",
            f"(h : {x} < {y}) (h' : {y} < {z}) : {x} + 2 ≤ {z}",
            f"(h : {x} + {y} = {k + step}) (h' : {x} = {k}) : {y} = {step}",
            f"(h : ¬ {x} ≤ {y}) : {y} + 1 ≤ {x}",
            f"(h : {k + 1} * {x} < {k + 1} * {y}) : {x} < {y}",
            f"(h : {x} = {z}) (h' : {z} = {y}) : {y} ≤ {x} ∧ {x} ≤ {y}",
        ]
    )
    used = [v for v in (x, y, z) if v in body.replace("(h", "(").split(":", 1)[1].replace(")", " ").split()]
    return f"({' '.join(used)} : {sort}) {body}"


def _remainder(r: random.Random, names: Names) -> str:
    (n,) = names.draw(NUMBERS, 1)
    k, m = r.randint(2, 9), r.randint(2, 5)
    rest = r.randint(0, k * m - 1)
    return r.choice(
        [
            f"({n} : Nat) (h : {n} % {k * m} = {rest}) : {n} % {k} = {rest % k}",
            f"({n} : Nat) : {n} % {k} < {k + r.randint(0, 4)}",
            f"({n} : Nat) (h : {k} ∣ {n}) : {n} % {k} = 0",
            f"({n} : Nat) : {n} / {k} ≤ {n}",
            f"({n} : Nat) : {k} * ({n} / {k}) ≤ {n}",
            f"({n} : Nat) (h : {n} % {k} = 1) : ¬ {n} % {k} = 0",
        ]
    )


def _product(r: random.Random, names: Names) -> str:
    x, y, z = names.draw(NUMBERS, 3)
    k = r.randint(2, 9)
    body = r.choice(
        [
            f"({x} + {y}) * {z} = {x} * {z} + {y} * {z}",
            f"{x} * ({y} * {z}) = {z} * {y} * {x}",
            f"{x} * {y} * {z} = {x} * ({z} * {y})",
            f"({x} + {k}) * {y} = {y} * {x} + {k} * {y}",
            f"{x} * ({y} + {z} + {k}) = {x} * {y} + {x} * {z} + {k} * {x}",
            f"{z} * {x} + {y} * {z} = ({y} + {x}) * {z}",
        ]
    )
    return f"({x} {y} {z} : {r.choice(['Nat', 'Int'])}) : {body}"


def _divides(r: random.Random, names: Names) -> str:
    x, y, z = names.draw(NUMBERS, 3)
    return r.choice(
        [
            f"({x} {y} {z} : Nat) (h : {x} ∣ {y}) : {x} ∣ {y} * {z}",
            f"({x} {y} {z} : Nat) (h : {x} ∣ {y}) : {x} ∣ {z} * {y}",
            f"({x} {y} {z} : Nat) (h : {x} ∣ {y}) (h' : {y} ∣ {z}) : {x} ∣ {z}",
            f"({x} {y} : Nat) : {x} ∣ {x} * {y}",
            f"({x} {y} : Nat) : {x}.gcd {y} ∣ {x}",
            f"({x} {y} : Nat) : {x}.lcm {y} = {y}.lcm {x}",
            f"({x} {y} : Nat) : max {x} {y} = max {y} {x}",
            f"({x} {y} : Nat) : min {x} {y} ≤ {y}",
            f"({x} : Nat) : {x}.gcd {x} = {x}",
        ]
    )


def _conjunctions(r: random.Random, names: Names) -> str:
    ps = names.draw(PROPOSITIONS, r.randint(2, 4))
    given = " ".join(f"(h{p.lower()} : {p})" for p in ps)
    wanted = r.sample(ps, r.randint(2, len(ps)))
    return f"({' '.join(ps)} : Prop) {given} : {' ∧ '.join(wanted)}"


def _logic(r: random.Random, names: Names) -> str:
    p, q, s = names.draw(PROPOSITIONS, 3)
    body = r.choice(
        [
            f"(h : {p} ∧ {q}) : {q}",
            f"(h : {p} ∧ {q}) : {p} ∨ {s}",
            f"(h : {p} ∨ {q}) : {q} ∨ {p}",
            f"(h : {p} ∧ {q} ∧ {s}) : {s} ∧ {p}",
            f"(h : {p}) (i : {p} → {q}) : {q} ∨ {s}",
            f"(h : {p} → {q}) (i : {q} → {s}) : {p} → {s}",
            f"(h : {p}) (i : {p} → {q}) (j : {q} → {s}) : {s} ∧ {p}",
            f"(h : ¬ {p}) (i : {p}) : {q}",
            f"(h : {p} ∨ {q}) (i : ¬ {p}) : {q}",
            f"(h : {p} ↔ {q}) (i : {q}) : {p}",
            f"(h : {p} ∨ {q} ∨ {s}) (i : ¬ {q}) : {p} ∨ {s}",
            f": {p} ∧ {q} ↔ {q} ∧ {p}",
            f": ({p} → {q} → {s}) ↔ ({p} ∧ {q} → {s})",
            f": ¬ ({p} ∨ {q}) ↔ ¬ {p} ∧ ¬ {q}",
            f": {p} ∧ ({q} ∨ {s}) ↔ {p} ∧ {q} ∨ {p} ∧ {s}",
            f"(h : {p} → {q}) (i : ¬ {q}) : ¬ {p}",
        ]
    )
    return f"({p} {q} {s} : Prop) {body}"


def _quantifiers(r: random.Random, names: Names) -> str:
    (sort,), (one, two) = names.draw(TYPES, 1), names.draw(PROPOSITIONS, 2)
    head = f"({sort} : Type) ({one} {two} : {sort} → Prop)"
    prop = f"({sort} : Type) ({one} : {sort} → Prop) ({two} : Prop)"
    return r.choice(
        [
            f"{head} (h : ∀ x, {one} x) (a : {sort}) : {one} a",
            f"{head} (a : {sort}) (h : {one} a) : ∃ x, {one} x",
            f"{head} (h : ∀ x, {one} x ∧ {two} x) : ∀ x, {two} x",
            f"{head} (h : ∃ x, {one} x ∧ {two} x) : ∃ x, {two} x",
            f"{head} : (∃ x, {one} x ∨ {two} x) ↔ (∃ x, {one} x) ∨ ∃ x, {two} x",
            f"{head} : (∀ x, {one} x ∧ {two} x) ↔ (∀ x, {one} x) ∧ ∀ x, {two} x",
            f"{head} (h : ∀ x, {one} x → {two} x) (i : ∃ x, {one} x) : ∃ x, {two} x",
            f"{prop} : (¬ ∃ x, {one} x) ↔ ∀ x, ¬ {one} x",
            f"{prop} : ((∃ x, {one} x) → {two}) ↔ ∀ x, {one} x → {two}",
        ]
    )


def _lists(r: random.Random, names: Names) -> str:
    (sort,), (f,), (xs, ys, zs), (x, n) = (
        names.draw(TYPES, 1),
        names.draw(FUNCTIONS, 1),
        names.draw(LISTS, 3),
        names.draw(NUMBERS, 2),
    )
    element = r.choice(["Nat", "Int", "Bool", sort])
    head = f"({sort} : Type) " if element == sort else ""
    one, two, three = (f"({' '.join(v)} : List {element})" for v in ((xs,), (xs, ys), (xs, ys, zs)))
    function = f"({f} : {element} → {element})"
    return head + r.choice(
        [
            f"{one} : {xs} ++ [] = {xs}",
            f"{one} ({x} : {element}) : ({x} :: {xs}).length = {xs}.length + 1",
            f"{three} : {xs} ++ {ys} ++ {zs} = {xs} ++ ({ys} ++ {zs})",
            f"{two} : ({xs} ++ {ys}).reverse = {ys}.reverse ++ {xs}.reverse",
            f"{one} : {xs}.reverse.length = {xs}.length",
            f"{function} {two} : ({xs} ++ {ys}).map {f} = {xs}.map {f} ++ {ys}.map {f}",
            f"{function} {one} : ({xs}.map {f}).reverse = {xs}.reverse.map {f}",
            f"{two} ({x} : {element}) (h : {x} ∈ {xs}) : {x} ∈ {xs} ++ {ys}",
            f"{two} ({x} : {element}) (h : {x} ∈ {ys}) : {x} ∈ {xs} ++ {ys}",
            f"{two} ({x} : {element}) : {x} ∈ {xs} ++ {ys} ↔ {x} ∈ {ys} ∨ {x} ∈ {xs}",
            f"{one} ({x} : {element}) (h : {x} ∈ {xs}) : {x} ∈ {xs}.reverse",
            f"{one} ({n} : Nat) : ({xs}.take {n}).length ≤ {xs}.length",
            f"{one} ({n} : Nat) : {xs}.take {n} ++ {xs}.drop {n} = {xs}",
            f"{one} ({x} : {element}) (h : {x} ∈ {xs}.drop 1) : {x} ∈ {xs}",
            f"{three} : ({xs} ++ {ys} ++ {zs}).length = {zs}.length + {ys}.length + {xs}.length",
            f"{one} : {xs}.map id = {xs}",
            f"{one} (h : {xs} = []) : {xs}.length = 0",
        ]
    )


def _bits(r: random.Random, names: Names) -> str:
    x, y = names.draw(NUMBERS, 2)
    width = r.choice([4, 8, 16, 32, 64])
    return r.choice(
        [
            f"({x} {y} : BitVec {width}) : {x} &&& {y} = {y} &&& {x}",
            f"({x} {y} : BitVec {width}) : {x} + {y} = {y} + {x}",
            f"({x} : BitVec {width}) : {x} ||| {x} = {x}",
            f"({x} : BitVec {width}) : {x} ^^^ {x} = 0",
            f"({x} : BitVec {width}) : ~~~ ~~~ {x} = {x}",
            f"({x} {y} : Bool) : ({x} && {y}) = ({y} && {x})",
            f"({x} {y} : Bool) : !({x} || {y}) = (!{x} && !{y})",
            f"({x} : Bool) : ({x} && !{x}) = false",
            f"({x} : Bool) : (!!{x}) = {x}",
            f"({x} : Bool) (h : {x} = false) : (!{x}) = true",
            f"({x} : Bool) (h : {x} ≠ true) : {x} = false",
            f"({x} : Bool) : {x} = true ∨ {x} = false",
        ]
    )


def _data(r: random.Random, names: Names) -> str:
    (sort, other), (x, y), (f,) = names.draw(TYPES, 2), names.draw(NUMBERS, 2), names.draw(FUNCTIONS, 1)
    element = r.choice(["Nat", "Int", "Bool", sort])
    head = f"({sort} {other} : Type) " if element == sort else f"({other} : Type) "
    return head + r.choice(
        [
            f"({x} : {element} × {other}) : ({x}.2, {x}.1).swap = {x}",
            f"({x} {y} : {element} × {other}) (h : {x} = {y}) : {x}.1 = {y}.1",
            f"({x} {y} : {element}) (h : ({x}, {y}) = ({y}, {x})) : {x} = {y}",
            f"({x} {y} : {element}) (h : some {x} = some {y}) : {x} = {y}",
            f"({x} : {element}) : some {x} ≠ none",
            f"({x} : Option {element}) (h : {x}.isSome = true) : {x} ≠ none",
            f"({x} : Option {element}) : {x}.map id = {x}",
            f"({f} : {element} → {other}) ({x} {y} : {element}) (h : {x} = {y}) : {f} {x} = {f} {y}",
            f"({f} : {element} → {other}) ({x} {y} : {element}) (h : ¬ {f} {x} = {f} {y}) : {x} ≠ {y}",
            f"({x} {y} : {element}) (h : {x} = {y}) : {y} = {x}",
        ]
    )


TEMPLATES: Final[list[Callable[[random.Random, Names], str]]] = [
    _sum_shuffle,
    _linear,
    _remainder,
    _product,
    _divides,
    _conjunctions,
    _logic,
    _quantifiers,
    _lists,
    _bits,
    _data,
]


def statements(seed: int, count: int) -> Iterator[str]:
    """Different statements, at most ``count`` of them, none of which stands in a tested file in just these words."""
    source = random.Random(seed)
    tested = "".join("".join(p.read_text("utf-8").split()) for p in sorted(TESTED.glob("*.lean")))
    seen: set[str] = set()
    for _ in range(50 * count):
        text = source.choice(TEMPLATES)(source, Names(source))
        if text not in seen and "".join(text.split()) not in tested:
            seen.add(text)
            yield text
        if len(seen) >= count:
            return


def main(seed: int, count: int) -> None:
    """Writes them as examples: a theorem that is still open would be there for the next one to use."""
    for text in statements(seed, count):
        sys.stdout.write(f"example {text} := by sorry\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
