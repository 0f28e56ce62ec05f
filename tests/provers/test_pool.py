"""The pool of provers."""

from __future__ import annotations

import asyncio

import pytest

from unsorry.errors import ProverError
from unsorry.provers.fake import FakeProver
from unsorry.provers.pool import ProverPool
from unsorry.provers.seam import Prover, Snapshot


class Stubborn(FakeProver):
    async def close(self) -> None:
        await super().close()
        raise ProverError("it does not end")


async def test_provers_are_made_when_they_are_wanted() -> None:
    pool = ProverPool(FakeProver, 2)
    assert pool.provers == ()
    async with pool.lease() as one:
        assert pool.provers == (one,)
        async with pool.lease() as two:
            assert pool.provers == (one, two)
    async with pool.lease(), pool.lease():
        assert len(pool.provers) == 2
    await pool.close()


async def test_whoever_comes_late_waits() -> None:
    pool = ProverPool(FakeProver, 2)
    busy = most = 0

    async def work() -> Prover:
        nonlocal busy, most
        async with pool.lease() as prover:
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0.001)
            busy -= 1
            return prover

    used = await asyncio.gather(*(work() for _ in range(10)))
    assert most == 2
    assert {id(p) for p in used} == {id(p) for p in pool.provers}
    await pool.close()


async def test_a_prover_comes_back_whatever_happens() -> None:
    pool = ProverPool(FakeProver, 1)
    with pytest.raises(RuntimeError):
        async with pool.lease():
            raise RuntimeError
    async with pool.lease():
        waiting = asyncio.create_task(pool.lease().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with asyncio.timeout(1), pool.lease():
        pass
    await pool.close()


async def test_a_document_finds_the_prover_that_has_it_open() -> None:
    pool = ProverPool(FakeProver, 2)
    async with pool.lease("file:///a") as first, pool.lease("file:///b") as second:
        pass
    async with pool.lease("file:///b") as prover:
        assert prover is second
    async with pool.lease("file:///a") as prover:
        assert prover is first
    async with pool.lease("file:///c") as prover:
        assert prover is first
    await pool.close()


async def test_closing_ends_all_and_tells_of_failures() -> None:
    provers: list[Prover] = [FakeProver(), Stubborn(), FakeProver()]
    rest = iter(provers)
    pool = ProverPool(lambda: next(rest), 3)
    async with pool.lease(), pool.lease(), pool.lease():
        pass
    with pytest.raises(ExceptionGroup) as caught:
        await pool.close()
    assert [str(e) for e in caught.value.exceptions] == ["it does not end"]
    for prover in provers:
        with pytest.raises(ProverError):
            await prover.open(Snapshot("file:///a", 1, ""))
    with pytest.raises(ProverError, match="closed"):
        async with pool.lease():
            pass


async def test_a_pool_of_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ProverPool(FakeProver, 0)
