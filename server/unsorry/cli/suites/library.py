"""Theorems of Lean's own library as a suite: each is stated where it has only what its own module imports.

A module is drawn first and then a theorem in it, so that no part of the library prevails because it has many
theorems.  A draw that can't be stated is left out and counted: what speaks of its own module's definitions, what does
not read back as that very theorem, and what does not elaborate with the imports alone.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from unsorry.cli.suites.cases import Case
from unsorry.errors import InputError
from unsorry.provers.lean.prover import LeanProver, LibraryModule
from unsorry.provers.seam import Severity, Snapshot

#: What all of the library is seen from.
OVERVIEW: Final = "import Std\n\ntheorem overview : True := by sorry\n"

#: The parts of Lean that are its library.
_PARTS: Final = ("Init", "Std")

#: What Lean makes by itself for each definition, and what is the automation's own and not meant for users.
_MADE: Final = re.compile(
    r"(?:^|\.)(?:eq_\d+|eq_def|eq_unfold|congr_eq_\d+|congr_simp|hcongr_\d+|sizeOf_spec|inj|injEq|hinj|ext_iff|"
    r"\w*induct\w*|fun_cases\w*|noConfusion\w*|below\w*|brecOn\w*|match_\d+\w*|splitter)(?:\.|$)"
    r"|(?:^|\.)inst[A-Z]|Internal|^(?:Lean|Std\.Tactic)\."
)

#: Where the automation lives that a module of the library need not import; without it `grind` can't run at all.
_AUTOMATION: Final = "Init.Grind"

_NAMELESS: Final = re.compile("✝[⁰¹²³⁴⁵⁶⁷⁸⁹]*")
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

#: After so many draws in a row that give nothing there is taken to be no more.
_PATIENCE: Final = 500


@dataclass(slots=True)
class Drawing:
    """What came of it: how many draws were left out, by reason."""

    skipped: Counter[str] = field(default_factory=Counter[str])


def statement(name: str, signature: str) -> str:
    """A theorem's statement under another name.  Variables that Lean shows with a dagger get a name."""
    named = _NAMELESS.sub(lambda m: f"_{m[0][1:].translate(_SUPERSCRIPTS) or '0'}", signature)
    return f"theorem {name}{named} := by"


def closures(modules: Sequence[LibraryModule]) -> dict[str, frozenset[str]]:
    """By module, all that it rests on."""
    found: dict[str, frozenset[str]] = {}
    for module in modules:
        found[module.name] = frozenset(module.imports).union(*(found.get(i, frozenset()) for i in module.imports))
    return found


def scope(module: LibraryModule, below: Mapping[str, frozenset[str]], *, automation: bool) -> list[str]:
    """What a statement's file imports: what its module imports, and the automation where that does not rest on it."""
    imports = list(dict.fromkeys(module.imports))
    apart = module.name != _AUTOMATION and module.name not in below.get(_AUTOMATION, frozenset())
    return [*imports, _AUTOMATION] if automation and apart else imports


async def draw(
    prover: LeanProver,
    drawing: Drawing,
    *,
    seed: int,
    count: int,
    automation: bool,
    told: Callable[[int], None],
) -> AsyncGenerator[Case]:
    """Statements in the order in which they are drawn, so that a smaller count gives the first of a larger one.

    Raises:
        InputError: this prover's library can't be seen.
    """
    document = await prover.open(Snapshot("bench:overview", 1, OVERVIEW))
    if not document.holes or (state := document.holes[0].state) is None:
        raise InputError("the library of this Lean can't be seen")
    modules = await prover.modules(state)
    below = closures(modules)
    pool = {
        m.name: sorted(t for t in m.theorems if not _MADE.search(t))
        for m in sorted(modules, key=lambda m: m.name)
        if m.name.split(".")[0] in _PARTS
    }
    by_name = {m.name: m for m in modules}
    generator = random.Random(seed)
    open_ = [name for name, theorems in pool.items() if theorems]
    number = misses = 0
    while number < count and open_ and misses < _PATIENCE:
        home = generator.choice(open_)
        theorem = pool[home].pop(generator.randrange(len(pool[home])))
        if not pool[home]:
            open_.remove(home)
        misses += 1
        signature = await prover.signature(state, theorem)
        if signature is None:
            drawing.skipped["it speaks of what its own module defines"] += 1
            continue
        name = f"bench_{number}"
        stated = statement(name, signature)
        proof = f"first | exact {theorem} .. | (apply {theorem} <;> assumption)"
        if not await _elaborates(prover, f"import Std\n\n{stated} {proof}\n"):
            drawing.skipped["it does not read back"] += 1
            continue
        header = "".join(f"import {i}\n" for i in scope(by_name[home], below, automation=automation))
        text = f"prelude\n{header}\n{stated}\n  sorry\n"
        if not await _stated(prover, text, theorem):
            drawing.skipped["its module's imports do not state it"] += 1
            continue
        number, misses = number + 1, 0
        told(number)
        yield Case(theorem, ".".join(home.split(".")[:3]), text)


async def _elaborates(prover: LeanProver, text: str) -> bool:
    document = await prover.open(Snapshot("bench:draw", 1, text))
    return document.imported and not document.errors


async def _stated(prover: LeanProver, text: str, theorem: str) -> bool:
    """Does it elaborate, and is the theorem itself not in scope?"""
    document = await prover.open(Snapshot("bench:draw", 1, f"{text}\n#check @{theorem}\n"))
    if not document.imported or len(document.commands) != 2 or not document.holes:
        return False
    own, other = ([m for m in c.messages if m.severity is Severity.ERROR] for c in document.commands)
    return not own and bool(other)
