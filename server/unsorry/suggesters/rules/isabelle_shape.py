"""What the rules for Isabelle look at: a goal's variables, facts and constants, and what the theory says before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from unsorry.provers.seam import Application, Constant, Goal, Local
from unsorry.suggesters.rules.isabelle_hints import Hint, hints_of
from unsorry.suggesters.rules.isabelle_scope import unnamed_facts
from unsorry.suggesters.rules.isabelle_theory import Theory, short, words_of
from unsorry.suggesters.seam import GoalContext

Rule = Iterator[tuple[str, float]]

_NUMBERS = {"nat", "int", "real", "rat", "complex", "integer", "natural"}
_FIELDS = {"real", "rat", "complex"}
_ARITHMETIC = (
    "Groups.plus_class.",
    "Groups.minus_class.",
    "Groups.times_class.",
    "Nat.Suc",
    "Nat.size_class.",
    "Num.numeral_class.",
    "Rings.",
    "Power.",
    "Finite_Set.card",
    "Groups_Big.",
    "Groups_List.",
)
_PRODUCTS = ("Groups.times_class.times", "Power.power_class.power", "Groups.minus_class.minus")

#: How many of the best hints are told to the automation at once.
_FEW_HINTS = 3

#: An argument as it is printed: a name, a number, or something in parentheses or brackets.
_ATOM = re.compile(r" (?:([^\W\d][\w']*)|\d+|\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])")

_PLURAL = re.compile(r"\(\d+\)$")


@dataclass(frozen=True)
class Shape:
    """A goal with what the rules ask of it."""

    goal: Goal
    theory: Theory
    hints: tuple[Hint, ...]
    others: int
    unnamed: tuple[str, ...] = ()
    others_data: tuple[str | None, ...] = ()

    @cached_property
    def variables(self) -> tuple[Local, ...]:
        """Fixed variables: those that proofs can name, without the placeholders of the proof language."""
        own = (x for x in self.goal.locals if not x.is_prop and x.accessible)
        return tuple(x for x in own if x.name not in {"thesis", "uu"} and "__" not in x.name)

    @cached_property
    def parameters(self) -> tuple[Local, ...]:
        """Variables that are bound in the goal."""
        return tuple(x for x in self.goal.locals if not x.is_prop and not x.accessible)

    @cached_property
    def named(self) -> tuple[Local, ...]:
        """Facts with a name."""
        return tuple(x for x in self.goal.locals if x.is_prop and x.accessible and not self._obtaining(x))

    def _obtaining(self, fact: Local) -> bool:
        return fact.name == "that" and fact.head == "thesis"

    @cached_property
    def chained(self) -> tuple[Local, ...]:
        """Facts that the proof takes from where it stands (``then``, ``from``, ``using``)."""
        return tuple(x for x in self.goal.locals if x.is_prop and x.name == "using")

    @cached_property
    def premises(self) -> tuple[Local, ...]:
        """Premises of the goal itself."""
        return tuple(x for x in self.goal.locals if x.is_prop and not x.accessible and x.name != "using")

    @property
    def hypotheses(self) -> tuple[Local, ...]:
        """All that may be used."""
        return (*self.premises, *self.chained, *self.named)

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The names of as few facts as say everything that is not chained already; many at once under one name."""
        groups: dict[str, list[str]] = {}
        for fact in self.named:
            groups.setdefault(_PLURAL.sub("", fact.name), []).append(fact.type)
        said = {x.type for x in (*self.chained, *self.premises)}
        found: list[str] = []
        # What a calculation has reached is chained where it is wanted.
        groups.pop("calculation", None)
        order = sorted(groups, key=lambda n: (n == "this", -len(groups[n]), n != "assms", "." in n))
        for name in order:
            if not said.issuperset(groups[name]):
                found.append(name)
                said.update(groups[name])
        return tuple(found[:8])

    @cached_property
    def constants(self) -> tuple[Constant, ...]:
        """All constants of the goal and what may be used for it."""
        return tuple({c.name: c for c in (*self.goal.constants, *self.goal.hypothesis_constants)}.values())

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all constants."""
        return frozenset(c.name for c in self.constants)

    @cached_property
    def below(self) -> frozenset[str]:
        """The words in the declarations of what the goal mentions."""
        return self.theory.bodies(self.mentioned)

    def brings(self, keys: Iterable[str]) -> bool:
        """Do all of these constants come up here, one of them in the goal itself?"""
        here = self.names.intersection(keys)
        return bool(here) and all(k in here or short(k) in self.below for k in keys)

    def meets(self, keys: Iterable[str]) -> bool:
        """Do all of these constants come up below the functions of the goal?"""
        return all(short(k) in self.below for k in keys)

    @cached_property
    def functions(self) -> tuple[Constant, ...]:
        """Recursive functions of this theory."""
        return tuple(c for c in self.constants if c.kind == "def" and c.module is None and c.recursion)

    @cached_property
    def predicates(self) -> tuple[Constant, ...]:
        """Inductive predicates and sets of this theory."""
        return tuple(c for c in self.constants if c.kind == "inductive" and c.module is None)

    @cached_property
    def definitions(self) -> tuple[str, ...]:
        """The equations of plain definitions that come up here, those below the others included."""
        own = (c for c in self.constants if c.kind == "def" and c.module is None and not c.recursion)
        found = [c.text for c in own if self.theory.is_definition(c.text)]
        short = {x.rsplit(".", 1)[-1] for x in found}
        deeper = (x for x in sorted(self.mentioned) if self.theory.defines(x) and x not in short)
        return tuple(f"{x}_def" for x in (*found, *deeper))

    @cached_property
    def applications(self) -> tuple[Application, ...]:
        """This theory's functions applied, in the target and in what may be used."""
        found = list(self.goal.applications)
        for function in self.functions:
            for h in self.hypotheses:
                found += [Application(function.name, a) for a in _applied(function.text, h.type)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """What the goal mentions of this theory, by the last part of the name, and what its functions mention."""
        own = {short(c.name) for c in self.constants if c.module is None}
        return frozenset(self.theory.reach(own))

    @cached_property
    def predicate_texts(self) -> tuple[str, ...]:
        """Inductive predicates that come up here, also below functions and definitions."""
        own = [c.text for c in self.predicates]
        known = {x.rsplit(".", 1)[-1] for x in own}
        return (*own, *(x for x in sorted(self.mentioned) if self.theory.induces(x) and x not in known))

    @cached_property
    def text(self) -> str:
        """The target and all that may be used, as text."""
        return "\n".join((self.goal.target, *(h.type for h in self.hypotheses)))

    @cached_property
    def premise_text(self) -> str:
        """What may be used, as text."""
        return "\n".join(h.type for h in self.hypotheses)

    @cached_property
    def rules(self) -> str:
        """What the automation is to be told besides facts to simplify with: predicates' rules, maps in recursion."""
        intros = " ".join(f"{c}.intros" for c in self.predicate_texts)
        nested = "map" in self.below
        return " ".join(([f"intro: {intros}"] if intros else []) + (["cong: map_cong"] if nested else []))

    @cached_property
    def words(self) -> frozenset[str]:
        """The identifiers in it."""
        return words_of(self.text)

    @cached_property
    def types(self) -> frozenset[str]:
        """The words in the types of its variables."""
        return frozenset(w for x in (*self.variables, *self.parameters) for w in words_of(x.type))

    @cached_property
    def arithmetic(self) -> bool:
        """Is it about numbers?"""
        return bool(self.types & _NUMBERS) or any(n.startswith(_ARITHMETIC) for n in self.names)

    @property
    def products(self) -> bool:
        """Are there terms to be multiplied out or reordered?"""
        return not self.names.isdisjoint(_PRODUCTS)

    @property
    def functional(self) -> bool:
        """May the target be an equation between functions?"""
        return not self.names.isdisjoint({"Fun.comp", "Fun.id", "Fun.fun_upd"}) or "λ" in self.goal.target

    @property
    def fields(self) -> bool:
        """Can one divide?"""
        return bool(self.types & _FIELDS)

    @property
    def sets(self) -> bool:
        """Is it about sets?"""
        about = ("Set.", "Finite_Set.", "Complete_Lattices.")
        return "set" in self.types or any(n.startswith(about) for n in self.names)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """Rules for the ``if`` and ``case`` that come up here."""
        return self.theory.splits(self.text, self.mentioned)

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The best hints."""
        return tuple(h.name for h in self.hints if h.simp)[:_FEW_HINTS]

    @cached_property
    def all_hints(self) -> tuple[str, ...]:
        """All hints for simp."""
        return tuple(h.name for h in self.hints if h.simp)

    @cached_property
    def rules_told(self) -> tuple[str, ...]:
        """The best hints for what does not rewrite."""
        return tuple(h.name for h in self.hints)[:_FEW_HINTS]

    def variable(self, name: str | None) -> Local | None:
        """The fixed variable of this name."""
        return next((x for x in self.variables if x.name == name), None)

    def proofs(self, methods: str, rank: float) -> Rule:
        """A proof by ``methods`` with what facts there are, and without those that are not chained anyway."""
        if self.unnamed:
            said = " ".join((*self.facts, *(f"\\<open>{x}\\<close>" for x in self.unnamed)))
            yield f"using {said} by {methods}", rank + (0.7 if self.chained else 0.2)
        if not self.facts:
            yield f"by {methods}", rank
        elif self.chained:
            yield f"by {methods}", rank
            yield f"using {' '.join(self.facts)} by {methods}", rank + 0.6
        else:
            # What costs little is tried without first: such a proof says what it needs.
            yield f"using {' '.join(self.facts)} by {methods}", rank + (0.1 if rank < 2 else 0)
            yield f"by {methods}", rank + (0 if rank < 2 else 5)

    def proof(self, methods: str) -> str:
        """A proof by ``methods`` with all facts."""
        return f"using {' '.join(self.facts)} by {methods}" if self.facts else f"by {methods}"


def simplify(method: str, *parts: Iterable[str], splits: Iterable[str] = (), more: str = "") -> str:
    """``auto``, ``simp_all`` or the like with facts to simplify with; in parentheses where it needs them."""
    items = " ".join(dict.fromkeys(x for part in parts for x in part))
    add = "add" if method in {"simp", "simp_all"} else "simp add"
    text = method + (f" {add}: {items}" if items else "")
    rules = " ".join(splits)
    text += (f" split: {rules}" if rules else "") + (f" {more}" if more else "")
    return f"({text})" if " " in text else text


def _applied(function: str, text: str) -> Iterator[tuple[str | None, ...]]:
    """The arguments of a function wherever it stands in a printed term; None for one that is no plain name."""
    for match in re.finditer(rf"(?<![\w.']){re.escape(function)}(?![\w'])", text):
        rest, arguments = text[match.end() :], list[str | None]()
        while atom := _ATOM.match(rest):
            rest = rest[atom.end() :]
            arguments.append(atom[1])
        if arguments:
            yield tuple(arguments)


def shape_of(context: GoalContext) -> Shape:
    """The shape of the first goal in its context."""
    theory = Theory.read(context.before)
    hints = tuple(hints_of(context.goal, theory, context.earlier))
    firsts = tuple(_first_data(goal) for goal in context.goals) if len(context.goals) > 1 else ()
    return Shape(context.goal, theory, hints, len(context.goals) - 1, unnamed_facts(context.before), firsts)


def _first_data(goal: Goal) -> str | None:
    """The variable of a recursive type that comes first in the target."""
    data = {x.name for x in goal.locals if not x.is_prop and x.inductive is not None and x.inductive.recursive}
    return next((w for w in re.findall(r"[\w']+", goal.target) if w in data), None)
