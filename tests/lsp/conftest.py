"""What the tests of the language server on the real Lean share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from lsp.client import Client, stdio
from lsp.lean import warm
from provers.leans import Bench, installed, make_lean

Start = Callable[..., AbstractAsyncContextManager[Client]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """One server for all tests of a module, whose Lean runs by now.  Each test opens texts of its own."""
    installed()
    async with stdio("--embedded", log_folder=tmp_path_factory.mktemp("log")) as client:
        await client.initialize()
        await warm(client)
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judge() -> AsyncIterator[Bench]:
    """A Lean of the tests' own, to check what the server offers."""
    prover = make_lean()
    bench = Bench(prover)
    await bench.open("example : True := trivial\n")
    yield bench
    await prover.close()


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a server of a test's own."""
    installed()

    @asynccontextmanager
    async def started(*arguments: str) -> AsyncGenerator[Client]:
        async with stdio("--embedded", *arguments, log_folder=tmp_path / "log") as client:
            yield client

    return started
