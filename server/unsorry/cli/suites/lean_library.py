"""The library of Lean as a suite: theorems of Init and Std."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from unsorry.cli.suites.library import Skip, stands_alone
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.seam import LibraryModule, Snapshot, StateHandle

#: The parts of Lean that are its library.
_PARTS: Final = ("Init", "Std")

#: What Lean makes by itself for each definition, and what is the automation's own and not meant for users.
_MADE: Final = re.compile(
    r"(?:^|\.)(?:eq_\d+|eq_def|eq_unfold|congr_eq_\d+|congr_simp|hcongr_\d+|sizeOf_spec|inj|injEq|hinj|ext_iff|"
    r"\w*induct\w*|fun_cases\w*|noConfusion\w*|below\w*|brecOn\w*|match_\d+\w*|splitter)(?:\.|$)"
    r"|(?:^|\.)inst[A-Z]|Internal|^(?:Lean|Std\.Tactic)\."
)

_NAMELESS: Final = re.compile("✝[⁰¹²³⁴⁵⁶⁷⁸⁹]*")
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def statement(name: str, signature: str) -> str:
    """A theorem's statement under another name.  Variables that Lean shows with a dagger get a name."""
    named = _NAMELESS.sub(lambda m: f"_{m[0][1:].translate(_SUPERSCRIPTS) or '0'}", signature)
    return f"theorem {name}{named} := by"


class LeanLibrary:
    """The library that a Lean brings along."""

    overview = "import Std\n\ntheorem overview : True := by sorry\n"

    #: Without it `grind` can't run at all.
    automation: Sequence[str] = ("Init.Grind",)

    def __init__(self, prover: LeanProver) -> None:
        """Nothing is asked yet."""
        self.prover = prover

    async def modules(self, overview: StateHandle) -> list[LibraryModule]:
        """All modules that Std rests on."""
        return await self.prover.modules(overview)

    def drawn(self, module: LibraryModule) -> list[str]:
        """Theorems of the library proper, without what Lean makes by itself."""
        if module.name.split(".")[0] not in _PARTS:
            return []
        return [t for t in module.theorems if not _MADE.search(t)]

    async def state(self, overview: StateHandle, name: str, theorem: str, imports: Sequence[str]) -> str | Skip:
        """Read back once in the whole library, where the theorem itself must prove it."""
        signature = await self.prover.signature(overview, theorem)
        if signature is None:
            return Skip.OWN
        stated = statement(name, signature)
        proof = f"first | exact {theorem} .. | (apply {theorem} <;> assumption)"
        document = await self.prover.open(Snapshot("bench:draw", 1, f"import Std\n\n{stated} {proof}\n"))
        if not document.imported or document.errors:
            return Skip.UNREADABLE
        header = "".join(f"import {i}\n" for i in imports)
        text = f"prelude\n{header}\n{stated}\n  sorry\n"
        probe = await self.prover.open(Snapshot("bench:draw", 1, f"{text}\n#check @{theorem}\n"))
        return text if stands_alone(probe) else Skip.UNSTATED
