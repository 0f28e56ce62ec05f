"""What the rules look at: a goal's shape, worked out once, and which of the buffer's theorems may help with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from unsorry.provers.seam import Constant, Goal, InductiveType, Local
from unsorry.suggesters.seam import EarlierTheorem, GoalContext

#: A tactic and its rank, its place in the order of things: 0 is tried first.
Rule = Iterator[tuple[str, float]]

#: Modules of Lean itself: their definitions have lemmas of their own, and are not to be unfolded.
_LIBRARY = ("Init", "Std", "Lean", "Lake", "Batteries", "Mathlib", "Aesop", "Qq", "Plausible")

_ARITHMETIC = {"Nat", "Int", "Fin", "BitVec"}
_ORDER = {"LT.lt", "LE.le", "GT.gt", "GE.ge", "HAdd.hAdd", "HSub.hSub", "HMod.hMod", "HDiv.hDiv", "Max.max", "Min.min"}

_IDENTIFIER = re.compile(r"[^\W\d][\w'!?₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)*")
_DEFINED = re.compile(r"^\s*(?:@\[[^\]]*\]\s*)?(?:\w+ )*?(?:def|abbrev|inductive|structure)\s+(\S+)", re.MULTILINE)

#: How many of the buffer's own theorems are offered at first, to grind, and to simp, which takes no harm from many.
_FEW_HINTS, _SOME_HINTS, _MAX_HINTS = 3, 6, 10

#: What Lean makes for each inductive type and nobody reasons about.
_COMPILED = {"below", "brecOn", "casesOn", "ctorElim", "ctorIdx", "noConfusion", "noConfusionType", "rec", "recOn"}

#: What it means that a computation with optional values gives something.
_OPTIONAL = ("Option.bind_eq_some_iff", "Option.map_eq_some_iff")

#: Lemmas that say that an order does not matter.  Told of one, grind goes through all the orders there are.
_REORDERING = re.compile(r"assoc|comm(?!and|on|it|ent)")

#: How many constructors a type may have for its cases to be gone through in the blind.
MANY_CASES = 8


@dataclass(frozen=True, slots=True)
class Hint:
    """A theorem of the buffer that may help.

    ``strong`` ones are about just what comes up in this goal.  Not all are of use to all: simp runs in circles with an
    equation that applies to what it gives, and grind finds no pattern in an equation between two variables.
    """

    name: str
    strong: bool = False
    simp: bool = True
    grind: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """A goal as the rules see it.

    ``definitions``, ``predicates`` and ``instances`` are the buffer's own that it mentions, ``nested`` those that come
    up when these are unfolded.  ``data`` are variables of inductive types and ``values`` all variables but types.
    """

    goal: Goal
    definitions: tuple[Constant, ...]
    predicates: tuple[Constant, ...]
    nested: tuple[Constant, ...]
    instances: tuple[Constant, ...]
    hints: tuple[Hint, ...]
    data: tuple[Local, ...]
    hypotheses: tuple[Local, ...]
    values: tuple[Local, ...]

    @property
    def names(self) -> frozenset[str]:
        """All constants in the goal and its hypotheses."""
        return frozenset(c.name for c in (*self.goal.constants, *self.goal.hypothesis_constants))

    @property
    def all_names(self) -> frozenset[str]:
        """Also those that come up when definitions are unfolded."""
        return self.names.union(self.goal.nested_library)

    @property
    def arithmetic(self) -> bool:
        """Could linear arithmetic have a say?"""
        return bool(self.all_names & (_ARITHMETIC | _ORDER)) or self.goal.head == "False"

    @property
    def recursive(self) -> bool:
        """Is it about the buffer's own recursion or predicates, so that library automation alone is of no use?"""
        return bool(self.predicates) or any(c.recursion for c in (*self.definitions, *self.nested))

    @property
    def monadic(self) -> bool:
        """Does it compute with optional values?"""
        return bool(self.all_names & {"Bind.bind", "Option.bind", "Option.map", "Functor.map"})

    @property
    def simp_items(self) -> tuple[str, ...]:
        """Definitions that simp may unfold: the equation of a well-founded recursion sends it round in circles."""
        own = tuple(c.text for c in self.definitions if c.recursion != "well-founded")
        return (*own, *_OPTIONAL) if self.monadic and own else own

    @property
    def grind_items(self) -> tuple[str, ...]:
        """What grind is told of: definitions, and predicates with their constructors."""
        return tuple(c.text for c in (*self.definitions, *self.predicates))

    @property
    def predicates_text(self) -> tuple[str, ...]:
        """The buffer's predicates as tactics take them."""
        return tuple(c.text for c in self.predicates)

    @property
    def library_items(self) -> tuple[str, ...]:
        """Functions of the library that the goal mentions, for where no lemma says what they do."""
        constants = (*self.goal.constants, *self.goal.hypothesis_constants)
        found = (c for c in constants if c.kind == "def" and not _own(c) and not c.is_prop and _written(c))
        return tuple(c.text for c in found if "." in c.name and c.name not in _ORDER and not c.name.endswith("OfNat"))

    @property
    def deep_items(self) -> tuple[str, ...]:
        """Definitions that come up on the way."""
        return tuple(c.text for c in self.nested if c.kind == "def" and c.recursion != "well-founded")

    @property
    def constructors(self) -> tuple[str, ...]:
        """The constructors of the predicates that the goal and its hypotheses are instances of."""
        own = {c.name for c in self.predicates}
        types = (self.goal.inductive, *(h.inductive for h in self.hypotheses))
        found = (c for t in types if t is not None and t.name in own for c in t.constructors)
        return tuple(dict.fromkeys(found))

    @property
    def few_hints(self) -> tuple[str, ...]:
        """The best hints, for simp."""
        return self.all_hints[:_FEW_HINTS]

    @property
    def all_hints(self) -> tuple[str, ...]:
        """All hints, for simp."""
        return tuple(h.name for h in self.hints if h.simp)

    @property
    def grind_hints(self) -> tuple[str, ...]:
        """The best hints, for grind."""
        return self.some_hints[:_FEW_HINTS]

    @property
    def some_hints(self) -> tuple[str, ...]:
        """As many hints as grind can bear."""
        return tuple(h.name for h in self.hints[:_SOME_HINTS] if h.grind)

    @property
    def strong_hints(self) -> bool:
        """Is there a theorem about just what comes up here?"""
        return any(h.strong for h in self.hints)

    @property
    def target_words(self) -> frozenset[str]:
        """What may be variables in the target."""
        return words_of(self.goal.target)

    def mentions(self, *names: str) -> bool:
        """Is one of these constants in the goal or its hypotheses?"""
        return any(n in self.names for n in names)


def listed(*parts: Iterable[str]) -> str:
    """A list of lemmas as tactics take it, with the space before it; empty for none."""
    items = dict.fromkeys(x for part in parts for x in part)
    return f" [{', '.join(items)}]" if items else ""


def words_of(text: str) -> frozenset[str]:
    """Names that can be variables: `t.flip.size` speaks of `t`."""
    return frozenset(w.split(".", 1)[0] for w in _IDENTIFIER.findall(text))


def is_enumeration(kind: InductiveType | None) -> bool:
    """Few cases and no recursion: its values can be gone through."""
    return kind is not None and not kind.recursive and len(kind.constructors) <= MANY_CASES


def _own(constant: Constant) -> bool:
    return constant.module is None or constant.module.split(".")[0] not in _LIBRARY


def _written(constant: Constant) -> bool:
    """Was it written by a user, rather than made by Lean for a type or an instance?"""
    # A nested type has further ones, which are numbered: `below_1`.
    return _short(constant.name).rstrip("0123456789").removesuffix("_") not in _COMPILED and not _is_instance(constant)


def _is_instance(constant: Constant) -> bool:
    return constant.kind == "def" and _short(constant.name).startswith("inst")


def _constants(goal: Goal) -> tuple[Constant, ...]:
    return tuple({c.name: c for c in (*goal.constants, *goal.hypothesis_constants)}.values())


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _rank_hints(goal: Goal, earlier: Sequence[EarlierTheorem], before: str) -> Iterator[Hint]:
    """The buffer's own theorems, those first that speak of what comes up in this goal and of little else.

    What comes up when a definition is unfolded counts as much as what the goal mentions: that is where a proof gets
    stuck, and what lemmas are stated for.
    """
    own = {_short(c.name) for c in _constants(goal) if _own(c) and c.kind != "constructor"}
    nested = {_short(c.name) for c in goal.nested if _written(c)} - own
    library = {_short(c.name) for c in _constants(goal) if not _own(c)}
    defined = {_short(n) for n in _DEFINED.findall(before)}
    scored: list[tuple[float, int, Hint]] = []
    for place, theorem in enumerate(earlier):
        name, _, rest = theorem.statement.partition(_short(theorem.name))
        words = {_short(w) for w in _IDENTIFIER.findall(rest or name)}
        shared, deeper = len(words & own), len(words & nested)
        foreign = len((words & defined) - own - nested)
        score = 2 * (shared + deeper) - 1.5 * foreign + 0.25 * min(2, len(words & library))
        if (shared or deeper) and score > 0:
            strong = not foreign and bool(deeper or words & own == own)
            scored.append((-score, -place, _hint(theorem.name, rest or name, strong=strong)))
    yield from (hint for _, _, hint in sorted(scored, key=lambda x: x[:2])[:_MAX_HINTS])


def _hint(name: str, statement: str, *, strong: bool) -> Hint:
    left, equals, right = _conclusion(statement).partition(" = ")
    bare = bool(equals) and len(left.split()) == len(right.split()) == 1
    head, *arguments = left.replace("(", " ( ").split() or [""]
    # An equation whose left side is a function of nothing but variables applies wherever the function stands.
    circular = bool(equals) and "(" not in arguments and _short(head) in {_short(w) for w in _IDENTIFIER.findall(right)}
    return Hint(name, strong, simp=not circular or bare, grind=not bare and not _REORDERING.search(name))


def _conclusion(statement: str) -> str:
    """What a theorem says, without its variables and hypotheses, as far as its text tells."""
    depth = 0
    for place, character in enumerate(statement):
        depth += (character in "([{⦃") - (character in ")]}⦄")
        if character == ":" and depth == 0 and not statement.startswith(":=", place):
            return " ".join(statement[place + 1 :].split(":=", 1)[0].split()).rsplit(" → ", 1)[-1]
    return ""


def _definitions(constants: Iterable[Constant]) -> tuple[Constant, ...]:
    return tuple(c for c in constants if c.kind == "def" and _own(c) and _written(c))


def _predicates(constants: Iterable[Constant]) -> tuple[Constant, ...]:
    return tuple(c for c in constants if c.kind == "inductive" and c.is_prop and _own(c))


def shape_of(goal: Goal, context: GoalContext) -> Shape:
    """A goal's shape.  ``context`` brings the theorems around it."""
    visible = [x for x in goal.locals if x.accessible and not x.is_instance]
    values = tuple(x for x in visible if not x.is_prop and not x.is_type)
    constants = _constants(goal)
    return Shape(
        goal=goal,
        definitions=_definitions(constants),
        predicates=_predicates(constants),
        nested=tuple(c for c in goal.nested if _written(c)),
        instances=tuple(c for c in constants if _own(c) and _is_instance(c)),
        hints=tuple(_rank_hints(goal, context.earlier, context.before)),
        data=tuple(x for x in values if x.inductive is not None),
        hypotheses=tuple(x for x in visible if x.is_prop),
        values=values,
    )
