"""Work of which only the newest matters."""

from __future__ import annotations

import asyncio

import pytest

from unsorry.engine.jobs import Cuttable, Job, Newest


class Work:
    """Jobs that say what becomes of them."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.go_on = asyncio.Event()
        self.clean = asyncio.Event()
        self.clean.set()

    def job(self, name: str) -> Job:
        async def run() -> None:
            self.heard.append(f"{name} begins")
            try:
                await self.go_on.wait()
                self.heard.append(f"{name} ends")
            finally:
                await self.clean.wait()
                self.heard.append(f"{name} is gone")

        return run


async def rounds() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def test_of_jobs_asked_for_meanwhile_only_the_newest_runs_and_after_the_first_has_ended() -> None:
    work, jobs = Work(), Newest("it")
    assert not jobs.busy
    jobs.submit("1", work.job("1"))
    await rounds()
    assert jobs.cause == "1"
    work.clean.clear()
    jobs.submit("2", work.job("2"))
    jobs.submit("3", work.job("3"))
    await rounds()
    assert work.heard == ["1 begins"]
    work.clean.set()
    await rounds()
    assert jobs.cause == "3"
    work.go_on.set()
    await rounds()
    assert [h for h in work.heard if "1" not in h] == ["3 begins", "3 ends", "3 is gone"]
    assert jobs.cause is None
    assert not jobs.busy
    await jobs.close()


async def test_a_job_that_fails_is_logged_and_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("oops")

    work, jobs = Work(), Newest("it")
    jobs.submit("bad", fails)
    await rounds()
    assert "oops" in caplog.text
    jobs.submit("good", work.job("good"))
    work.go_on.set()
    await rounds()
    assert "good ends" in work.heard
    await jobs.close()


async def test_cancel() -> None:
    work, jobs = Work(), Newest("it")
    jobs.cancel()
    jobs.submit("1", work.job("1"))
    await rounds()
    jobs.submit("2", work.job("2"))
    jobs.cancel()
    await rounds()
    assert work.heard == ["1 begins", "1 is gone"]
    assert not jobs.busy
    await jobs.close()


async def test_close_waits_and_nothing_is_begun_after_it() -> None:
    work, jobs = Work(), Newest("it")
    jobs.submit("1", work.job("1"))
    await rounds()
    work.clean.clear()
    closing = asyncio.create_task(jobs.close())
    await rounds()
    assert not closing.done()
    jobs.submit("2", work.job("2"))
    work.clean.set()
    await closing
    jobs.submit("3", work.job("3"))
    await rounds()
    assert work.heard == ["1 begins", "1 is gone"]
    assert len(asyncio.all_tasks()) == 1


async def test_blocks_that_are_cut() -> None:
    blocks = Cuttable(lambda: ValueError("cut"))
    cleaned: list[bool] = []

    async def waits() -> None:
        async with blocks.block():
            try:
                await asyncio.Event().wait()
            finally:
                cleaned.append(True)

    tasks = [asyncio.create_task(waits()) for _ in range(3)]
    await rounds()
    tasks[0].cancel()
    await rounds()
    blocks.cut()
    blocks.cut()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(r) for r in results] == [asyncio.CancelledError, ValueError, ValueError]
    assert len(cleaned) == 3
    async with blocks.block():
        pass
    blocks.cut()
    with pytest.raises(TimeoutError, match="its own"):
        async with blocks.block():
            raise TimeoutError("its own")
