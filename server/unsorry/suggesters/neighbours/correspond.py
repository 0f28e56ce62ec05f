"""Which names of one goal play the part of which names of another.

Every pair of tokens that stand in the same place votes: first those of the targets, then those of the hypotheses, which
are paired by how alike they read under the votes so far, then the types.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from unsorry.provers.seam import Constant, Goal, InductiveType, Local
from unsorry.suggesters.neighbours.align import Kind, Token, align
from unsorry.suggesters.neighbours.situation import Reader, constants_of
from unsorry.suggesters.neighbours.words import short

#: Of more names than these in one goal the first ones count.
_MAX_FACTS = 14
_MAX_VARIABLES = 20

#: What a vote of a place weighs: in the target, in a hypothesis, in the order of constants, in a variable's type, and
#: that of a constant for itself, which breaks ties.
_TARGET, _FACT, _ORDER, _TYPE, _SELF = 1.0, 0.7, 0.3, 0.5, 0.2

Ranked = Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Correspondence:
    """From the old goal's names to the new one's: constants by their names, variables and hypotheses best first.

    The numbers are costs: 0 for the best, and more the less likely another one is.  ``types`` are pairs of inductive
    types whose cases correspond, each with the old name of what is of it; the target's own has none.
    """

    constants: Mapping[str, Constant]
    locals: Mapping[str, Ranked]
    types: Sequence[tuple[str, InductiveType, InductiveType]]


class _Votes:
    def __init__(self) -> None:
        self.of: defaultdict[tuple[Kind, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(self, pairs: Iterable[tuple[Token, Token]], weight: float) -> None:
        for a, b in pairs:
            if (
                a.kind is not Kind.OTHER
                and b.kind is not Kind.OTHER
                and (a.kind is Kind.VARIABLE) == (b.kind is Kind.VARIABLE)
            ):
                kind = Kind.VARIABLE if a.kind is Kind.VARIABLE else Kind.OWN
                self.of[kind, a.key][b.key] += weight

    def agreement(self, pairs: Iterable[tuple[Token, Token]]) -> float:
        """From -1 to 1: do these pairs go along with the votes so far?"""
        total, count = 0.0, 0
        for a, b in pairs:
            votes = self.of.get((Kind.VARIABLE if a.kind is Kind.VARIABLE else Kind.OWN, a.key))
            if a.kind is not Kind.OTHER and a.kind is not Kind.LIBRARY and votes:
                total += 1.0 if votes.get(b.key, 0.0) >= max(votes.values()) else -1.0
                count += 1
        return total / count if count else 0.0


def correspond(old: Goal, new: Goal) -> Correspondence:
    """Pairs the names of two goals."""
    readers = Reader(old), Reader(new)
    votes = _Votes()
    votes.add(align(readers[0].tokens(old.target), readers[1].tokens(new.target))[1], _TARGET)
    votes.add(align(_own(old), _own(new))[1], _ORDER)
    facts = _pair_facts(_facts(old), _facts(new), readers, votes)
    variables = _pair_variables(_variables(old), _variables(new), readers, votes)
    types = [p for a, b in variables.best if (p := _types(a, b)) is not None]
    types += [p for a, b in facts.best if (p := _types(a, b)) is not None]
    if old.inductive is not None and new.inductive is not None:
        types.append(("", old.inductive, new.inductive))
    for _, a, b in types:
        votes.of[Kind.OWN, a.name][b.name] += _TYPE
    return Correspondence(_constants(old, new, votes), {**variables.ranked, **facts.ranked}, types)


def _own(goal: Goal) -> list[Token]:
    return [
        Token(Kind.OWN, c.name)
        for c in constants_of(goal)
        if c.module is None and c.kind != "constructor" and c not in goal.nested
    ]


def _facts(goal: Goal) -> list[Local]:
    return [x for x in goal.locals if x.is_prop and not x.is_instance][:_MAX_FACTS]


def _variables(goal: Goal) -> list[Local]:
    return [x for x in goal.locals if not x.is_prop and not x.is_instance][:_MAX_VARIABLES]


def _types(a: Local, b: Local) -> tuple[str, InductiveType, InductiveType] | None:
    return None if a.inductive is None or b.inductive is None else (a.name, a.inductive, b.inductive)


@dataclass(frozen=True, slots=True)
class _Pairs:
    best: Sequence[tuple[Local, Local]]
    ranked: Mapping[str, Ranked]


def _pair_facts(old: Sequence[Local], new: Sequence[Local], readers: tuple[Reader, Reader], votes: _Votes) -> _Pairs:
    """Pairs hypotheses, the most alike first; each pair votes before the next is chosen."""
    aligned = {
        (a, b): align(readers[0].tokens(x.type), readers[1].tokens(y.type))
        for a, x in enumerate(old)
        for b, y in enumerate(new)
    }

    def score(a: int, b: int) -> float:
        like, pairs = aligned[a, b]
        # Equally alike ones go in the order in which they stand, and by their names.
        return like + 0.4 * votes.agreement(pairs) + 0.02 * (old[a].name == new[b].name) - 0.01 * abs(a - b)

    chosen: dict[int, int] = {}
    while len(chosen) < min(len(old), len(new)):
        free = ((a, b) for a, b in aligned if a not in chosen and b not in chosen.values())
        a, b = max(free, key=lambda pair: score(*pair))
        chosen[a] = b
        votes.add(aligned[a, b][1], _FACT)
    ranked = {x.name: _ranked(a, new, chosen.get(a), score) for a, x in enumerate(old)}
    return _Pairs([(old[a], new[b]) for a, b in chosen.items()], ranked)


def _pair_variables(
    old: Sequence[Local], new: Sequence[Local], readers: tuple[Reader, Reader], votes: _Votes
) -> _Pairs:
    """Pairs variables by where they stand, and by their types."""
    types = {
        (a, b): align(readers[0].tokens(x.type), readers[1].tokens(y.type))
        for a, x in enumerate(old)
        for b, y in enumerate(new)
    }

    def score(a: int, b: int) -> float:
        x, y = old[a], new[b]
        alike = 1.0 if x.type == y.type else types[a, b][0]
        sort = 0.5 * (x.is_type == y.is_type) + 0.4 * (_cases(x) == _cases(y))
        return (
            votes.of[Kind.VARIABLE, x.name].get(y.name, 0.0)
            + alike
            + sort
            + 0.02 * (x.name == y.name)
            - 0.01 * abs(a - b)
        )

    chosen: dict[int, int] = {}
    for a, b in sorted(types, key=lambda pair: -score(*pair)):
        if a not in chosen and b not in chosen.values():
            chosen[a] = b
    for a, b in chosen.items():
        votes.add(types[a, b][1], _TYPE)
    ranked = {x.name: _ranked(a, new, chosen.get(a), score) for a, x in enumerate(old)}
    return _Pairs([(old[a], new[b]) for a, b in chosen.items()], ranked)


def _cases(local: Local) -> tuple[int, bool] | None:
    return None if local.inductive is None else (len(local.inductive.constructors), local.inductive.recursive)


def _ranked(a: int, new: Sequence[Local], best: int | None, score: Callable[[int, int], float]) -> Ranked:
    """What can stand for an old name, the chosen one first; its cost is 0."""
    order = sorted((b for b in range(len(new)) if new[b].accessible), key=lambda b: (b != best, -score(a, b)))
    if not order:
        return ()
    top = score(a, order[0])
    return [(0.0 if b == best else max(0.3, top - score(a, b)), new[b].name) for b in order]


def _constants(old: Goal, new: Goal, votes: _Votes) -> Mapping[str, Constant]:
    """One new constant for each old one; the user's own go first to the user's own."""
    olds, news = constants_of(old), {c.name: c for c in constants_of(new)}
    found: dict[str, Constant] = {}
    scored = [
        (
            votes.of[Kind.OWN, a.name].get(b.name, 0.0) + _SELF * (a.name == b.name),
            0.1 * (a.kind == b.kind) + 0.1 * (a.module == b.module) + 0.05 * (short(a.name) == short(b.name)),
            a.name,
            b.name,
        )
        for a in olds
        for b in news.values()
        # What both goals have of the library is the same in both.
        if a.module is None or a.name not in news
    ]
    taken: set[str] = set()
    for vote, _, a, b in sorted(scored, key=lambda x: -(x[0] + x[1])):
        if vote > 0 and a not in found and b not in taken:
            found[a] = news[b]
            taken.add(b)
    # What is left goes to what is left, in the order of appearance and of the same kind.
    for a in olds:
        if a.module is None and a.name not in found:
            free = [b for b in news.values() if b.module is None and b.name not in taken and b.kind == a.kind]
            if free:
                found[a.name] = free[0]
                taken.add(free[0].name)
    return found
