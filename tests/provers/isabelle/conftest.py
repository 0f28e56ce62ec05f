"""What the Isabelle tests share."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from provers.isabelle.isabelles import Bench, make_isabelle


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench() -> AsyncGenerator[Bench]:
    """An Isabelle that the tests of a module share."""
    prover = make_isabelle()
    try:
        bench = Bench(prover)
        await bench.open('lemma warm: "True" by simp\n')
        yield bench
    finally:
        await prover.close()
