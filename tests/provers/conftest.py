"""What the prover tests share."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

import pytest
import pytest_asyncio

from provers.contract import ProverContract
from provers.leans import Bench, make_lean
from unsorry.provers.seam import Prover, Snapshot


def contract(request: pytest.FixtureRequest) -> type[ProverContract]:
    """The back-end whose tests ask."""
    node: pytest.Item | pytest.Collector = request.node
    found = node if isinstance(node, pytest.Class) else node.getparent(pytest.Class)
    assert found is not None
    return cast("type[ProverContract]", found.obj)


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def prover(request: pytest.FixtureRequest) -> AsyncGenerator[Prover]:
    """A prover that the tests of a contract share: starting one takes seconds."""
    subject = contract(request)
    prover = subject.make()
    try:
        text = subject.material.proved.format(name="warm")
        await prover.open(Snapshot(subject.material.uri.format("warm"), 1, text))
        yield prover
    finally:
        await prover.close()


@pytest_asyncio.fixture(loop_scope="class")
async def own(request: pytest.FixtureRequest) -> AsyncGenerator[Prover]:
    """A prover of one test alone, which may be killed."""
    prover = contract(request).make()
    try:
        yield prover
    finally:
        await prover.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench() -> AsyncGenerator[Bench]:
    """An embedded Lean that the tests of a module share."""
    prover = make_lean()
    try:
        bench = Bench(prover)
        await bench.open("theorem warm : True := trivial\n")
        yield bench
    finally:
        await prover.close()
