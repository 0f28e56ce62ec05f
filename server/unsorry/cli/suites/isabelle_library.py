"""The library of Isabelle as a suite: theorems of the theories that Main rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from unsorry.cli.suites.library import Skip, stands_alone
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.seam import LibraryModule, Snapshot, StateHandle

#: What definitions and packages bring along by themselves.
_MADE: Final = re.compile(
    r"(?:^|\.)(?:\w+_def|\w+_raw|\w+_axioms?|\w+_inst|axioms|intro|intros|elims|simps|psimps|equation|mono|rsp|rep_eq|abs_eq|"
    r"distinct|inject|disc|sel|collapse|expand|size|cong|wit|(?:bd|map|rel|set|in|inj|pred|case|rec|disc|sel)_\w+)(?:\(\d+\))?$"
    r"|\.(?:DEADID|ID|nchotomy)\."
)

#: Theories of tools: what they say is the tools' own and not meant for users.
_TOOLS: Final = re.compile(
    r"HOL\.(?:SMT|ATP|Meson|Metis|Argo|SAT|Nitpick|Nunchaku|Mirabelle|Sledgehammer|Extraction|Ctr_Sugar|Record|Typerep|"
    r"BNF_(?:Def|Composition|Fixpoint_Base|Least_Fixpoint|Greatest_Fixpoint)|Basic_BNF\w*|Fun_Def\w*|Code_\w+|Quickcheck_\w+|"
    r"Predicate_Compile|Lazy_Sequence|Limited_Sequence|Random\w*|Numeral_Simprocs|Semiring_Normalization|Groebner_Basis)$"
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
        """Theorems of the object logic, without what definitions bring along and what is a tool's own."""
        if not module.name.startswith("HOL.") or _TOOLS.search(module.name):
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
            used = f"{stated}lemmas bench_itself = {theorem}\n"
            probe = await self.prover.open(Snapshot("bench:draw", 1, used))
            if not stands_alone(probe) or (state := probe.holes[0].state) is None:
                continue
            if await self.prover.is_theorem(state, overview, theorem):
                return f"{stated}end\n"
            skip = Skip.UNREADABLE
        return skip
