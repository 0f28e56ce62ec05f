"""Theorems of a prover's own library as a suite: each is stated where it has only what its own module imports.

A module is drawn first and then a theorem in it, so that no part of the library prevails because it has many
theorems.  A draw that can't be stated is left out and counted: what speaks of its own module's definitions, what does
not read back as that very theorem, and what does not elaborate with the imports alone.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from unsorry.cli.suites.cases import Case
from unsorry.errors import InputError
from unsorry.provers.seam import Document, LibraryModule, Prover, Severity, Snapshot, StateHandle

#: After so many draws in a row that give nothing there is taken to be no more.
_PATIENCE: Final = 500


class Skip(StrEnum):
    """Why a theorem is left out."""

    OWN = "it speaks of what its own module defines"
    UNREADABLE = "it does not read back"
    UNSTATED = "its module's imports do not state it"


class Library(Protocol):
    """What there is to know of a prover's library; modules are theories where the prover calls them so."""

    @property
    def overview(self) -> str:
        """A text with a hole from which all of the library is seen."""
        ...

    @property
    def automation(self) -> Sequence[str]:
        """The modules in which the automation lives, that a module of the library need not import."""
        ...

    @property
    def prover(self) -> Prover:
        """Whose library it is."""
        ...

    async def modules(self, overview: StateHandle) -> list[LibraryModule]:
        """All modules, each after what it imports."""
        ...

    def drawn(self, module: LibraryModule) -> list[str]:
        """The theorems of a module that somebody has written down for people to use."""
        ...

    async def state(self, overview: StateHandle, name: str, theorem: str, imports: Sequence[str]) -> str | Skip:
        """A text that has these imports and states a theorem under another name, with a hole for its proof."""
        ...


@dataclass(slots=True)
class Drawing:
    """What came of it: how many draws were left out, by reason."""

    skipped: Counter[str] = field(default_factory=Counter[str])


def closures(modules: Sequence[LibraryModule]) -> dict[str, frozenset[str]]:
    """By module, all that it rests on."""
    found: dict[str, frozenset[str]] = {}
    for module in modules:
        found[module.name] = frozenset(module.imports).union(*(found.get(i, frozenset()) for i in module.imports))
    return found


def scope(module: LibraryModule, below: Mapping[str, frozenset[str]], automation: Sequence[str]) -> list[str]:
    """What a statement's file imports: what its module imports, and the automation where that does not rest on it."""
    apart = [a for a in automation if a in below and a != module.name and module.name not in below[a]]
    return list(dict.fromkeys((*module.imports, *apart)))


async def draw(
    library: Library, drawing: Drawing, *, seed: int, count: int, automation: bool, told: Callable[[int], None]
) -> AsyncGenerator[Case]:
    """Statements in the order in which they are drawn, so that a smaller count gives the first of a larger one.

    Raises:
        InputError: this prover's library can't be seen.
    """
    document = await library.prover.open(Snapshot("bench:overview", 1, library.overview))
    if not document.holes or (overview := document.holes[0].state) is None:
        raise InputError(f"the library of this {library.prover.info.prover} can't be seen")
    modules = await library.modules(overview)
    below = closures(modules)
    by_name = {m.name: m for m in modules}
    pool = {name: sorted(library.drawn(by_name[name])) for name in sorted(by_name)}
    generator = random.Random(seed)
    open_ = [name for name, theorems in pool.items() if theorems]
    number = misses = 0
    while number < count and open_ and misses < _PATIENCE:
        home = generator.choice(open_)
        theorem = pool[home].pop(generator.randrange(len(pool[home])))
        if not pool[home]:
            open_.remove(home)
        misses += 1
        imports = scope(by_name[home], below, library.automation if automation else ())
        text = await library.state(overview, f"bench_{number}", theorem, imports)
        if isinstance(text, Skip):
            drawing.skipped[text.value] += 1
            continue
        number, misses = number + 1, 0
        told(number)
        yield Case(theorem, ".".join(home.split(".")[:3]), text)


def stands_alone(document: Document) -> bool:
    """Of a statement and then a use of the theorem itself: does the first elaborate, and does the second not?"""
    if not document.imported or len(document.commands) != 2 or not document.holes:
        return False
    own, other = ([m for m in c.messages if m.severity is Severity.ERROR] for c in document.commands)
    return not own and bool(other)
