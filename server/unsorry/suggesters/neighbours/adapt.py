"""A tactic carried from the goal where it was used to another one.

Each name in it becomes what plays its part at the new goal: variables and hypotheses by correspondence, definitions
and constructors likewise, lemmas by analogy.  Where several come into question there are several variants, and what
each costs adds up to its score.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from unsorry.provers.seam import Constant, Goal
from unsorry.suggesters.neighbours.analogues import Analogues, Words
from unsorry.suggesters.neighbours.arms import FINAL, Cases, retold
from unsorry.suggesters.neighbours.correspond import correspond
from unsorry.suggesters.neighbours.situation import Reader, Situation, constants_of
from unsorry.suggesters.neighbours.words import TOKEN, short, signature

#: What it costs to keep a name that means nothing at the new goal, to keep one that has an analogue, to leave more
#: to the prover than the tactic did (lists of lemmas, arguments), and to take the tactic as it is.  These are
#: log-probabilities with the sign changed.
_LOST, _KEPT, _LOOSER, _UNCHANGED = 1.0, 0.8, 0.4, 1.2

#: How many ways to choose names are taken from each neighbour.
_MOST_CHOICES = 6

#: How many are looked at for that, with those in which two names become the same.
_MOST_COMBINED = 60

_LIST = re.compile(r"\b(?P<tactic>(?:d?simp\w*!?(?: only)?|grind))\s*\[(?P<items>[^\[\]]*)\]")
_REWRITING = re.compile(r"\b((?:rw|simp|simp_all|simp only|rewrite|grind))\s*\[([^\[\]]*)\]")
_ITEM = re.compile(r"^((?:←\s*)?[\w.'!?]+)\s.*$", re.DOTALL)
_TERM = re.compile(r"\b(?:exact|refine|apply)\s+(?P<term>[^\[\]{}|;:\n]*\s[^\[\]{}|;:\n]*)\Z")
_SUBJECT = re.compile(r"\b(?:induction|cases)\s+(?:\w+\s*:\s*)?(?P<name>[\w'.]+)\b[^|]*\bwith\b")
_INTRODUCES = re.compile(r"\s*intros?[ \t]+(?P<names>[\w'✝ \t]+?)[ \t]*(?:\n\s*|;\s*|$)")

Choices = Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A tactic for the new goal and what it costs: 0 where every name has its one counterpart."""

    text: str
    cost: float


def adapted(tactic: str, old: Situation, new: Situation, analogues: Analogues) -> list[Variant]:
    """The tactic for another goal in several variants, the best first, each once.

    ``analogues`` are of the new goal's declarations.
    """
    found: dict[str, float] = {}
    for text, here, there, opening in _openings(tactic, old, new):
        carrier = _Carrier(here, there, analogues)
        for variant in carrier.variants(text):
            full = f"{opening}\n{variant.text}" if opening else variant.text
            found[full] = min(variant.cost, found.get(full, variant.cost))
    found.setdefault(tactic, max([_UNCHANGED, *found.values()]))
    return sorted((Variant(t, c) for t, c in found.items()), key=lambda v: v.cost)


def _openings(tactic: str, old: Situation, new: Situation) -> Iterator[tuple[str, Situation, Situation, str]]:
    """The tactic with the goals between which it is carried, and what must come before it.

    A statement with ∀ in it and one with its variables before the colon differ in an `intro` only.
    """
    introduced = _INTRODUCES.match(tactic)
    if old.goal.inner is not None and new.goal.inner is None and introduced is not None:
        names = dict(zip(old.goal.opening.split()[1:], introduced["names"].split(), strict=False))
        yield tactic[introduced.end() :], replace(old, goal=_renamed(old.goal.inner, names)), new, ""
        return
    if old.goal.inner is None and new.goal.inner is not None and introduced is None:
        yield tactic, old, replace(new, goal=new.goal.inner), new.goal.opening
    yield tactic, old, new, ""


def _renamed(goal: Goal, names: Mapping[str, str]) -> Goal:
    """The goal with other names for its variables."""

    def told(text: str) -> str:
        return TOKEN.sub(
            lambda m: ".".join([names.get(p, p) if i == 0 else p for i, p in enumerate(m[0].split("."))]), text
        )

    locals_ = tuple(replace(x, name=names.get(x.name, x.name), type=told(x.type)) for x in goal.locals)
    return replace(goal, locals=locals_, target=told(goal.target))


class _Carrier:
    """Carries tactics between two situations."""

    def __init__(self, old: Situation, new: Situation, analogues: Analogues) -> None:
        self._old, self._new, self._analogues = old, new, analogues
        self._reader = Reader(old.goal)
        self._there = Reader(new.goal)
        self._pairs = correspond(old.goal, new.goal)
        self._written: dict[str, str] = {}
        self._members: dict[str, str] = {}
        self._pair_members()
        words = {short(a): short(b.name) for a, b in self._pairs.constants.items()}
        self._words = Words({**self._members, **words})
        self._vocabulary = frozenset(
            short(n)
            for n in (*old.declared, *self._members, *(c.name for g in (old.goal, new.goal) for c in constants_of(g)))
        )
        self._known: dict[str, Choices] = {}

    def _pair_members(self) -> None:
        """Pairs constructors and fields by their order."""
        for _, a, b in self._pairs.types:
            if len(a.constructors) == len(b.constructors):
                self._written.update(zip(a.constructors, b.constructors, strict=True))
                self._members.update((short(x), short(y)) for x, y in zip(a.constructors, b.constructors, strict=True))
        types = {**{a.name: b.name for _, a, b in self._pairs.types}}
        types.update((a, b.name) for a, b in self._pairs.constants.items())
        for a, b in types.items():
            fields = self._old.source.fields.get(a, ()), self._new.source.fields.get(b, ())
            self._members.update(zip(*fields, strict=False))

    def variants(self, tactic: str) -> list[Variant]:
        """The tactic in several variants."""
        tactic = self._retold(tactic)
        names = [t for t in dict.fromkeys(_names(tactic)) if self._choices(t) != [(0.0, t)]]
        found: dict[str, float] = {}
        slots = [self._choices(t) for t in names]
        for cost, chosen in _combined(slots, [t in self._reader.locals for t in names]):
            replaced = dict(zip(names, chosen, strict=True))
            text = _replaced(tactic, replaced)
            found.setdefault(text, cost)
            for looser in (*self._relisted(text, tactic), *_without_arguments(text)):
                found.setdefault(looser, cost + _LOOSER)
        return [Variant(t, c) for t, c in found.items()]

    def _retold(self, tactic: str) -> str:
        """With the arms of its first case analysis for the type of what plays that part in the new goal."""
        subject = _SUBJECT.search(tactic)
        named = [x for x in self._pairs.types if subject is not None and x[0] == subject["name"]]
        for _, a, b in named or self._pairs.types:
            old, new = signature(a.name, self._old.source), signature(b.name, self._new.source)
            retold_ = retold(tactic, Cases.of(a, old), Cases.of(b, new))
            if named or retold_ != tactic:
                return retold_
        return tactic

    def _choices(self, name: str) -> Choices:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = list(self._found(name)) or [(0.0, name)]
        return known

    def _found(self, name: str) -> Choices:
        """What can stand for a name, the likeliest first; nothing where it stays as it is."""
        if name in self._reader.locals:
            return self._pairs.locals.get(name) or [(_LOST, name)]
        constant = self._reader.constant(name)
        if constant is not None and (mapped := self._pairs.constants.get(constant.name)) is not None:
            return [(0.0, mapped.text)]
        if name in self._written:
            return [(0.0, self._written[name])]
        if (declared := self._old.named(name)) is not None:
            return self._analogous(declared)
        first, dot, rest = name.partition(".")
        if dot and (not first or first in self._reader.locals):
            fields = ".".join(self._member(f) for f in rest.split("."))
            heads = self._choices(first) if first else [(0.0, "")]
            return [(cost, f"{head}.{fields}") for cost, head in heads]
        if dot and constant is None:
            stem, _, last = name.rpartition(".")
            stems = self._choices(stem)
            of_library = (owner := self._reader.constant(stem)) is not None and owner.module is not None
            if not of_library and stems[0] != (0.0, stem):
                return [(cost, f"{s}.{self._member(last)}") for cost, s in stems]
        return self._edited(name)

    def _analogous(self, name: str) -> Choices:
        declared = self._old.declared[name]
        found = self._analogues.of(name, declared, self._words, self._vocabulary)
        if not found:
            return [(0.0 if self._analogues.knows(name) else _LOST, name)]
        if self._analogues.knows(name) and all(n != name for _, n in found):
            found.append((_KEPT, name))
        return found

    def _member(self, name: str) -> str:
        """What stands behind a dot."""
        constant = self._reader.member(name)
        if constant is not None and (mapped := self._pairs.constants.get(constant.name)) is not None:
            return short(mapped.name)
        if name in self._members:
            return self._members[name]
        full = next((n for n in self._old.declared if short(n) == name), None)
        if full is not None:
            return short(self._choices(full)[0][1])
        return next((short(n) for _, n in self._edited(name)), name)

    def _edited(self, name: str) -> Choices:
        """The name with the changed words inside, where there is such a one."""
        for edited in self._words.edited(name):
            if self._analogues.knows(edited) or self._there.constant(edited) is not None:
                return [(0.1, edited), (_KEPT, name)]
        # Of the library's names nobody knows which there are: `Nat.add_comm` and `Int.add_comm`.
        if "." in name and name not in self._old.declared:
            owner = name.partition(".")[0]
            changed = [x for x in self._words.edited(name) if x.partition(".")[0] != owner]
            return [(0.2, name), *((0.3, x) for x in changed)] if changed else []
        return []

    def _relisted(self, text: str, tactic: str) -> Iterator[str]:
        """With the new goal's own definitions in its lists of lemmas, and without what means nothing there."""
        lost = {n for n in _names(tactic) if self._choices(n)[0][0] >= _LOST}
        own = [c.text for c in constants_of(self._new.goal) if _is_definition(c)]
        for drop, add in ((frozenset(lost), ()), (frozenset(lost), own)):

            def listed(match: re.Match[str], drop: frozenset[str] = drop, add: Sequence[str] = add) -> str:
                items = [x.strip() for x in match["items"].split(",") if x.strip()]
                if not items:
                    return match[0]
                items = [x for x in items if not drop.intersection(_names(x))]
                items += [x for x in add if x not in items]
                return f"{match['tactic']} [{', '.join(items)}]" if items else match["tactic"]

            relisted = _LIST.sub(listed, text)
            if relisted != text:
                yield relisted


def _without_arguments(text: str) -> Iterator[str]:
    """With lemmas without their arguments, which the prover then finds itself.

    Those of a rewriting step come from what it meets, and those of a term from the hypotheses, in whatever order the
    lemma takes them.
    """

    def bared(match: re.Match[str]) -> str:
        items = (_ITEM.sub(r"\1", x.strip()) for x in match[2].split(","))
        return f"{match[1]} [{', '.join(items)}]"

    bare = _REWRITING.sub(bared, text)
    if bare != text:
        yield bare
    match = _TERM.search(bare)
    if match is not None:
        lemmas = [n for n in dict.fromkeys(_names(match["term"])) if n != "fun"]
        yield f"{bare[: match.start()]}solve_by_elim [{', '.join(lemmas)}]"


def _is_definition(constant: Constant) -> bool:
    return (
        constant.module is None
        and constant.kind == "def"
        and constant.recursion != "well-founded"
        and not short(constant.name).startswith("inst")
    )


def _names(tactic: str) -> Iterator[str]:
    """The names in a tactic that are to be looked at, in order, with what is in front of their dots."""
    final = False
    for token in TOKEN.findall(tactic):
        if token in FINAL:
            final = token == FINAL[0]
        elif not final and (token[0].isalpha() or token[0] == "_" or (token[0] == "." and len(token) > 1)):
            yield token


def _replaced(tactic: str, names: Mapping[str, str]) -> str:
    """All names at once, so that two can change places."""
    final = False

    def told(match: re.Match[str]) -> str:
        nonlocal final
        if match[0] in FINAL:
            final = match[0] == FINAL[0]
            return ""
        return match[0] if final else names.get(match[0], match[0])

    return TOKEN.sub(told, tactic)


def _combined(slots: Sequence[Choices], distinct: Sequence[bool]) -> Iterator[tuple[float, Sequence[str]]]:
    """Ways to choose one of each, the cheapest first.  Where ``distinct`` says so no two choose the same."""
    order = count()
    start: tuple[int, ...] = (0,) * len(slots)
    heap: list[tuple[float, int, tuple[int, ...]]] = [(sum(s[0][0] for s in slots), next(order), start)]
    seen: set[tuple[int, ...]] = {start}
    left = _MOST_CHOICES
    for _ in range(_MOST_COMBINED):
        if not heap or not left:
            return
        cost, _, picked = heapq.heappop(heap)
        chosen = [slot[i][1] for slot, i in zip(slots, picked, strict=True)]
        single = [name for name, alone in zip(chosen, distinct, strict=True) if alone]
        if len(set(single)) == len(single):
            left -= 1
            yield cost, chosen
        for place, index in enumerate(picked):
            if index + 1 < len(slots[place]):
                following = (*picked[:place], index + 1, *picked[place + 1 :])
                if following not in seen:
                    seen.add(following)
                    more = slots[place][index + 1][0] - slots[place][index][0]
                    heapq.heappush(heap, (cost + more, next(order), following))
