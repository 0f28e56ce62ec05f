"""Generated goals."""
from __future__ import annotations
from collections.abc import Iterator
from unsorry.cli.suites.cases import Case
from unsorry.provers.seam import Prover
def goals(seed: int, count: int) -> Iterator[Case]:
    yield from ()
async def check(prover: Prover, case: Case) -> None: ...
