"""When two goals are the same: up to the names and the order of their hypotheses.

Names are told apart by how they are used, as in colour refinement of graphs: a hypothesis starts with its type, and is
then refined by where it occurs.  Hypotheses that nothing tells apart keep their order, so that some equal goals go
unnoticed; but goals that are called the same are the same text when their names are exchanged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unsorry.provers.seam import Goal, Local

# A name, space or anything else.  With a dot before it it is a field, or the rest of a longer name.
_TOKEN = re.compile(r"\.?[^\W\d][\w'!?✝]*|\d+|\S|\s+")
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """What a goal is.  ``key`` is the same for the same goals; ``names`` are its hypotheses in the key's order."""

    key: str
    names: tuple[str, ...]


def identity_of(goals: Sequence[Goal]) -> Identity:
    """What these goals are, which are to be proved together."""
    parts = [_identity(goal) for goal in goals]
    if len(parts) == 1:
        return parts[0]
    return Identity("\n\n".join(p.key for p in parts), tuple(name for p in parts for name in p.names))


def translated(text: str, old: Sequence[str], new: Sequence[str]) -> str:
    """A tactic for a goal with these names, for one that is the same but for others."""
    names = {a: b for a, b in zip(old, new, strict=True) if a != b}
    return _replaced(text, names) if names else text


def _identity(goal: Goal) -> Identity:
    said = {x.name: _said(x) for x in goal.locals}
    if len(said) < len(goal.locals):
        # Hypotheses without a name of their own: only the whole goal as it is printed tells which of them is meant.
        return Identity(f"as printed\n{goal.pretty}", tuple(x.name for x in goal.locals))
    colours = dict.fromkeys(said, "")
    for _ in range(_ROUNDS):
        shown = {name: _replaced(text, colours) for name, text in said.items()}
        target = _replaced(goal.target, colours)
        uses: dict[str, list[str]] = {name: [] for name in said}
        users = [(f"⊢ {target}", goal.target), *((f"{colours[x]} : {shown[x]}", text) for x, text in said.items())]
        for user, text in users:
            # A long goal has as many uses as it is long, so each of them is short.
            user_digest = _digest(user)
            for place, token in enumerate(_TOKEN.findall(text)):
                if token in uses:
                    uses[token].append(f"{place} in {user_digest}")
        colours = {name: _digest("\0".join((shown[name], *sorted(uses[name])))) for name in said}
    order = sorted(said, key=lambda name: colours[name])
    numbers = {name: f"#{place}" for place, name in enumerate(order)}
    lines = [f"{numbers[name]} : {_replaced(said[name], numbers)}" for name in order]
    return Identity("\n".join([*lines, f"⊢ {_replaced(goal.target, numbers)}"]), tuple(order))


def _said(local: Local) -> str:
    """All but the name.  What has no name that tactics could use is not the same as what has one."""
    value = "" if local.value is None else f" := {local.value}"
    return f"{local.type}{value}" if local.accessible else f"{local.type}{value} ✝"


def _replaced(text: str, names: Mapping[str, str]) -> str:
    return "".join(names.get(token, token) for token in _TOKEN.findall(text))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
