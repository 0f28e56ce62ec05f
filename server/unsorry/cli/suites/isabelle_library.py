"""The library of Isabelle as a suite: theorems of the theories that Main rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from unsorry.cli.suites.library import Skip, stands_alone
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.seam import LibraryModule, Snapshot, StateHandle

#: What definitions bring along, and what is a tool's own and not meant for users.
_MADE: Final = re.compile(
    r"(?:^|\.)(?:\w+_def|\w+_raw|\w+_axioms?|axioms|intro|intros|elims|simps|psimps|equation|\w+_inst)(?:\(\d+\))?$"
)


class IsabelleLibrary:
    """The library that Main is made of."""

    overview = 'theory Overview imports Main begin\n\nlemma overview: "True" sorry\n\nend\n'

    #: Two of its methods live in theories of their own; others are there from the beginning.
    automation: Sequence[str] = ("HOL.Metis", "HOL.Presburger")

    def __init__(self, prover: IsabelleProver) -> None:
        """Nothing is asked yet."""
        self.prover = prover

    async def modules(self, overview: StateHandle) -> list[LibraryModule]:
        """All theories that Main rests on."""
        return await self.prover.modules(overview)

    def drawn(self, module: LibraryModule) -> list[str]:
        """Theorems of the object logic, without what definitions bring along."""
        if not module.name.startswith("HOL."):
            return []
        return [t for t in module.theorems if not _MADE.search(t)]

    async def state(self, overview: StateHandle, name: str, theorem: str, imports: Sequence[str]) -> str | Skip:
        """The driver compares what the text states with the theorem: what is shown may read as something else."""
        forms = await self.prover.signatures(overview, theorem)
        if not forms:
            return Skip.OWN
        skip = Skip.UNSTATED
        begin = f"theory Bench\n  imports {' '.join(imports)}\nbegin\n\n"
        for form in forms:
            stated = f"{begin}lemma {name}{form}\n  sorry\n\n"
            probe = await self.prover.open(
                Snapshot("bench:draw", 1, f"{stated}lemmas bench_itself = {theorem}\n\nend\n")
            )
            if not stands_alone(probe) or (state := probe.holes[0].state) is None:
                continue
            if await self.prover.is_theorem(state, overview, theorem):
                return f"{stated}end\n"
            skip = Skip.UNREADABLE
        return skip
