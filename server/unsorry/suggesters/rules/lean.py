"""Goal-directed rules for Lean: what to try is read off the goal's shape, no model needed.

Each rule gives a tactic and a rank, its expected cost in the order of things: 0 is tried first.  Ranks are what a user
would do: what is cheap and likely for this goal, then the big automation with the definitions that the goal mentions,
then case analysis and induction on what the goal is about, then small compositions.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from unsorry.provers.seam import Constant, Goal, Local
from unsorry.suggesters.seam import Candidate, EarlierTheorem, GoalContext

#: A rank as a score: a rule of rank 10 is about as likely as a model's candidate of that log-probability.
_SCORE_PER_RANK = 0.25

_ARITHMETIC = {"Nat", "Int", "Fin", "BitVec"}
_RELATIONS = {"Eq", "Ne", "LT.lt", "LE.le", "GT.gt", "GE.ge", "Not", "Iff", "And", "Or", "False", "Dvd.dvd"}
_ORDER = {"LT.lt", "LE.le", "GT.gt", "GE.ge", "HAdd.hAdd", "HSub.hSub", "HMod.hMod", "HDiv.hDiv", "Max.max", "Min.min"}

#: Modules of Lean itself: their definitions have lemmas of their own, and are not to be unfolded.
_LIBRARY = ("Init", "Std", "Lean", "Lake", "Batteries", "Mathlib", "Aesop", "Qq", "Plausible")

_IDENTIFIER = re.compile(r"[^\W\d][\w'!?₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)*")

#: How many of the buffer's own theorems are offered to simp and grind at once.
_MAX_HINTS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """What the rules look at, worked out once for a goal."""

    goal: Goal
    definitions: tuple[str, ...]
    hints: tuple[str, ...]
    data: tuple[Local, ...]
    hypotheses: tuple[Local, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """All constants in the goal and its hypotheses."""
        return frozenset(c.name for c in (*self.goal.constants, *self.goal.hypothesis_constants))

    @property
    def arithmetic(self) -> bool:
        """Could linear arithmetic have a say?"""
        return bool(self.names & (_ARITHMETIC | _ORDER)) or self.goal.head == "False"

    def mentions(self, *names: str) -> bool:
        """Is one of these constants in the goal or its hypotheses?"""
        return any(n in self.names for n in names)


def _own(constant: Constant) -> bool:
    return constant.module is None or constant.module.split(".")[0] not in _LIBRARY


def _accessible(locals_: Iterable[Local]) -> Iterator[Local]:
    return (x for x in locals_ if x.accessible and not x.is_instance)


def _constants(goal: Goal) -> Iterator[Constant]:
    seen: set[str] = set()
    for constant in (*goal.constants, *goal.hypothesis_constants):
        if constant.name not in seen:
            seen.add(constant.name)
            yield constant


def _variables(text: str) -> set[str]:
    """Names that can be variables: `t.flip.size` speaks of `t`."""
    return {w.split(".", 1)[0] for w in _IDENTIFIER.findall(text)}


def _rank_hints(goal: Goal, earlier: Sequence[EarlierTheorem]) -> list[str]:
    """The buffer's own theorems that share the most of the goal's own constants, the nearest first among equals."""
    own = {c.name.rsplit(".", 1)[-1] for c in _constants(goal) if _own(c)}
    scored: list[tuple[int, int, str]] = []
    for place, theorem in enumerate(earlier):
        words = {w.rsplit(".", 1)[-1] for w in _IDENTIFIER.findall(theorem.statement)}
        shared = len(own & words)
        if shared:
            scored.append((-shared, -place, theorem.name))
    return [name for _, _, name in sorted(scored)]


def shape_of(context: GoalContext) -> Shape:
    """The first goal's shape."""
    goal = context.goal
    definitions = [c.text for c in _constants(goal) if c.kind == "def" and _own(c) and not c.text.startswith("inst")]
    visible = list(_accessible(goal.locals))
    data = tuple(x for x in visible if not x.is_prop and not x.is_type and x.inductive is not None)
    others = tuple(x.name for x in visible if not x.is_prop and not x.is_type)
    return Shape(
        goal=goal,
        definitions=tuple(dict.fromkeys(definitions)),
        hints=tuple(_rank_hints(goal, context.earlier)[:_MAX_HINTS]),
        data=data,
        hypotheses=tuple(x for x in visible if x.is_prop),
        others=others,
    )


def _list(*parts: Iterable[str]) -> str:
    items = [x for part in parts for x in part]
    return f" [{', '.join(items)}]" if items else ""


Rule = Iterator[tuple[str, float]]


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
    if shape.arithmetic and goal.head in _RELATIONS | {"Exists"}:
        yield "omega", 1
    yield "simp", 2
    if not goal.locals:
        yield "decide", 1
    if shape.mentions("Bool", "Fin", "BitVec") and not shape.hypotheses:
        yield "decide +revert", 9
    yield "simp_all", 3
    yield "grind", 5
    yield "exact?", 14
    if shape.mentions("BitVec"):
        yield "bv_omega", 6
        yield "ext i; simp", 9
    if shape.arithmetic and shape.mentions("HMul.hMul"):
        yield "simp +arith [Nat.mul_add, Nat.add_mul, Nat.mul_comm, Nat.mul_left_comm, Nat.add_comm, Nat.add_left_comm]", 12


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


def unfolding(shape: Shape) -> Rule:
    """The big automation with the definitions that the goal mentions and the buffer's own theorems."""
    definitions, hints = shape.definitions, shape.hints
    if definitions:
        yield f"simp{_list(definitions)}", 4
        yield f"simp_all{_list(definitions)}", 6
        yield f"grind{_list(definitions)}", 7
        yield f"unfold {' '.join(definitions)}; grind", 15
        yield f"simp{_list(definitions)} <;> omega", 14
    if hints:
        for hint in hints:
            yield f"exact {hint} ..", 6
        yield f"simp{_list(hints)}", 6
        yield f"simp_all{_list(hints)}", 8
        yield f"grind{_list(hints)}", 8
        if definitions:
            yield f"simp{_list(definitions, hints)}", 9
            yield f"grind{_list(definitions, hints)}", 10
            yield f"simp_all{_list(definitions, hints)} <;> omega", 17
        for hint in hints:
            yield f"rw [{hint}]", 9
            yield f"rw [← {hint}]", 12
            yield f"simpa using {hint} ..", 11
            yield f"simp [← {hint}]", 13


def hypotheses(shape: Shape) -> Rule:
    """Local facts applied, rewritten with, and taken apart."""
    goal = shape.goal
    for place, h in enumerate(shape.hypotheses):
        rank = 6 + 0.3 * place
        if h.binders and h.head in {goal.head, goal.whnf_head, "fvar", "False", ""}:
            yield f"exact {h.name} {' '.join(['_'] * h.binders)}", rank + 2
            yield f"apply {h.name} <;> assumption", rank + 1
            yield f"apply {h.name} <;> simp_all", rank + 3
            yield f"apply {h.name} <;> grind", rank + 6
        if h.head == "Eq" and not h.binders:
            yield f"rw [{h.name}]", rank
            yield f"rw [← {h.name}]", rank + 2
            yield f"subst {h.name}; simp_all", rank + 4
            yield f"subst {h.name}; rfl", rank + 3
        if h.head == "False":
            yield f"exact {h.name}.elim", 0
        if h.head in {"Or", "And", "Exists", "Iff"} and not h.binders:
            yield f"cases {h.name} <;> simp_all", rank + 1
            yield f"cases {h.name} <;> grind", rank + 5
            yield f"rcases {h.name} with ⟨_, _⟩ <;> simp_all", rank + 5
        if h.head == "Exists" and not h.binders:
            yield f"obtain ⟨w, hw⟩ := {h.name}; exact ⟨_, hw⟩", rank + 3
            yield f"obtain ⟨w, hw⟩ := {h.name}; grind", rank + 7
        yield f"simpa using {h.name}", rank + 4
        yield f"simp at {h.name}; omega", rank + 8


def structure(shape: Shape) -> Rule:
    """The goal's own shape: connectives, ∀, ∃, functions, sets of cases."""
    goal = shape.goal
    head = goal.head
    finish = _finisher(shape)
    if head in {"∀", "Not", "Ne"} or goal.whnf_head == "∀":
        yield "intros; assumption", 5
        yield "intros; simp_all", 5
        yield "intros; omega", 6 if shape.arithmetic else 16
        yield "intros; grind", 8
        yield "intro h; simp_all", 7
        yield "intro h; cases h <;> simp_all", 10
        yield f"intros; {finish}", 14
    if head == "And":
        yield "constructor <;> assumption", 3
        yield "constructor <;> simp_all", 7
        yield "constructor <;> omega", 8
        yield f"constructor <;> ({finish})", 13
        yield f"refine ⟨?_, ?_, ?_⟩ <;> ({finish})", 16
    if head == "Iff":
        yield "constructor <;> simp_all", 9
        yield "constructor <;> intro h <;> simp_all", 10
        yield "constructor <;> intro h <;> grind", 12
        yield "constructor <;> rintro ⟨x, hx⟩ <;> simp_all", 14
        yield f"constructor <;> intro h <;> ({finish})", 16
    if head == "Or":
        for side in ("left", "right"):
            yield f"{side}; assumption", 4
            yield f"{side}; simp_all", 8
            yield f"{side}; omega", 9
            yield f"{side}; {finish}", 15
    if head == "Exists":
        yield "exact ⟨_, rfl⟩", 4
        yield "exact ⟨_, by assumption⟩", 5
        for x in shape.others[:6]:
            yield f"exact ⟨{x}, by simp_all⟩", 8
            yield f"exact ⟨{x}, by omega⟩", 9
            yield f"exact ⟨{x}, by {finish}⟩", 15
        if shape.mentions("Nat"):
            for witness in ("0", "1"):
                yield f"exact ⟨{witness}, by simp_all⟩", 11
                yield f"exact ⟨{witness}, by omega⟩", 11
    if head == "Eq" and goal.constants and (shape.mentions("Set") or "→" in goal.target or "fun" in goal.target):
        yield "funext x; simp_all", 9
        yield "funext x; rfl", 7
        yield f"funext x; {finish}", 15
    if head == "Eq":
        yield "ext <;> simp_all", 12
        yield "ext <;> grind", 15
        yield "congr <;> omega", 13
    if head == "Eq" and shape.mentions("propext"):
        yield "propext", 20
    if goal.inductive is not None and head not in {"Eq", "And", "Or", "Exists", "Iff", "True", "False", "HEq"}:
        yield "constructor", 6
        yield "constructor <;> simp_all", 9
        yield "constructor <;> omega", 10
        for constructor in goal.inductive.constructors[:8]:
            yield f"apply {constructor} <;> simp_all", 11
            yield f"exact {constructor} ..", 9
    if head == "Dvd.dvd":
        yield "exact Nat.dvd_mul_left_of_dvd ‹_› _", 6
        yield "exact Nat.dvd_mul_right_of_dvd ‹_› _", 6
        yield "exact Nat.dvd_trans ‹_› (Nat.dvd_mul_left ..)", 7
        yield "exact Nat.dvd_trans ‹_› (Nat.dvd_mul_right ..)", 7
        for h in shape.hypotheses:
            if h.head == "Dvd.dvd":
                yield f"obtain ⟨k, hk⟩ := {h.name}; exact ⟨_, by rw [hk, Nat.mul_assoc]⟩", 10
                yield f"obtain ⟨k, hk⟩ := {h.name}; subst hk; simp [Nat.mul_assoc]", 12
                yield f"obtain ⟨k, hk⟩ := {h.name}; grind", 12
    if shape.mentions("ite", "dite"):
        yield "split <;> simp_all", 8
        yield "split <;> omega", 9
        yield "repeat' split <;> simp_all", 12
        yield f"split <;> ({finish})", 15
    if "match" in goal.target:
        yield "split <;> simp_all", 8
        yield f"split <;> ({finish})", 15
    if head == "False":
        yield "simp_all", 1
        yield "exact absurd ‹_› (by simp_all)", 12


def _finisher(shape: Shape, *, hints: bool = True) -> str:
    """One tactic for what is left of a goal after a step: the first closer that does it."""
    lemmas = (shape.definitions, shape.hints if hints else ())
    items = _list(*lemmas)
    parts = ["rfl", "omega"] if shape.arithmetic else ["rfl"]
    parts.append(f"(simp_all{items}; done)")
    if shape.arithmetic:
        parts.append(f"(simp_all{items}; omega)")
    parts.append(f"grind{items}")
    return "first | " + " | ".join(parts)


def _steps(shape: Shape, opening: str, rank: float) -> Rule:
    """A case split or an induction, and ways to finish all its cases."""
    definitions = _list(shape.definitions)
    yield f"{opening} <;> simp_all{definitions}", rank
    yield f"{opening} <;> grind{definitions}", rank + 1
    if shape.arithmetic:
        yield f"{opening} <;> simp_all{definitions} <;> omega", rank + 1.5
    if shape.hints:
        both = _list(shape.definitions, shape.hints)
        yield f"{opening} <;> simp_all{both}", rank + 2
        yield f"{opening} <;> grind{both}", rank + 2.5
        if shape.arithmetic:
            yield f"{opening} <;> simp_all{both} <;> omega", rank + 3
    yield f"{opening} <;> ({_finisher(shape)})", rank + 4


def induction(shape: Shape) -> Rule:
    """Case analysis and induction on the variables and facts that the goal is about."""
    goal = shape.goal
    target_words = _variables(goal.target)
    in_hypotheses = {w for h in shape.hypotheses for w in _variables(h.type)}
    for name, arguments in _inductions(shape):
        yield from _steps(shape, f"fun_induction {name} {' '.join(arguments)}", 11)
        yield from _steps(shape, f"fun_cases {name} {' '.join(arguments)}", 16)
    for place, x in enumerate(shape.data):
        assert x.inductive is not None
        relevant = x.name in target_words
        if not relevant and x.name not in in_hypotheses:
            continue
        rank = (10 if relevant else 16) + 0.5 * place
        if x.inductive.recursive:
            yield from _steps(shape, f"induction {x.name}", rank)
            # Other variables stay fixed in the hypothesis unless they are generalised.
            rest = [y for y in shape.others if y != x.name and y in target_words]
            if rest:
                yield from _steps(shape, f"induction {x.name} generalizing {' '.join(rest)}", rank + 5)
            yield from _steps(shape, f"cases {x.name}", rank + 4)
        elif len(x.inductive.constructors) <= 8:
            yield f"cases {x.name} <;> rfl", 7
            yield f"cases {x.name} <;> simp", 8
            yield from _steps(shape, f"cases {x.name}", rank - 1)
    for place, h in enumerate(shape.hypotheses):
        if h.inductive is None or h.head in {"Eq", "And", "Or", "Exists", "Iff", "False", "True", "HEq", "Nonempty"}:
            continue
        rank = 10 + 0.5 * place
        if h.inductive.recursive:
            yield from _steps(shape, f"induction {h.name}", rank)
            if goal.head == "Exists":
                yield f"induction {h.name} <;> grind", rank - 1
        yield from _steps(shape, f"cases {h.name}", rank + 3)
    if goal.head == "∀" or goal.whnf_head == "∀":
        yield from _steps(shape, "intro x; induction x", 14)
    booleans = [x.name for x in shape.data if x.inductive is not None and x.inductive.name == "Bool"]
    if 2 <= len(booleans) <= 4:
        yield " <;> ".join(f"cases {b}" for b in booleans) + " <;> simp_all", 8


def _inductions(shape: Shape) -> Iterator[tuple[str, list[str]]]:
    """Recursive functions of the buffer applied to variables, as functional induction wants them."""
    texts = {c.name: c.text for c in _constants(shape.goal)}
    accessible = {x.name for x in _accessible(shape.goal.locals)}
    types = {x.name for x in shape.goal.locals if x.is_type or x.is_instance}
    seen: set[tuple[str, ...]] = set()
    for application in shape.goal.applications:
        text = texts.get(application.name)
        if text is None or text not in shape.definitions:
            continue
        # Implicit type arguments come first and are not written.
        arguments = [a for a in application.arguments if a is None or a not in types]
        while arguments and arguments[0] is None:
            arguments = arguments[1:]
        if not arguments or any(a is None or a not in accessible for a in arguments):
            continue
        explicit = [a for a in arguments if a is not None]
        key = (text, *explicit)
        if key not in seen:
            seen.add(key)
            yield text, explicit


class LeanRules:
    """The rules as a suggester."""

    name = "rules"

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """All candidates for the first goal, cheapest and likeliest first, each once."""
        if context.prover != "Lean" or not context.goals:
            return
        shape = shape_of(context)
        found: dict[str, tuple[float, str]] = {}
        for origin, rule in (
            ("closer", closers(shape)),
            ("Mathlib", library_closers(context)),
            ("unfold", unfolding(shape)),
            ("hypothesis", hypotheses(shape)),
            ("structure", structure(shape)),
            ("induction", induction(shape)),
        ):
            for text, rank in rule:
                if text not in found or rank < found[text][0]:
                    found[text] = (rank, origin)
        for text, (rank, origin) in sorted(found.items(), key=lambda item: item[1][0]):
            yield Candidate(text, -_SCORE_PER_RANK * rank, f"{self.name}/{origin}")
