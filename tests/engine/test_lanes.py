"""Turns at a prover."""

from __future__ import annotations

import asyncio

import pytest

from unsorry.engine.calm import Calm, DisturbedError
from unsorry.engine.lanes import Lane, Urgency
from unsorry.provers.fake import FakeProver


class Users:
    """Users of a lane, and the order in which they had their turns."""

    def __init__(self) -> None:
        self.lane = Lane(FakeProver())
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.gates: dict[str, asyncio.Event] = {}

    async def start(self, name: str, urgency: Urgency) -> None:
        self.gates[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._use(name, urgency))
        await asyncio.sleep(0)

    async def _use(self, name: str, urgency: Urgency) -> None:
        async with self.lane.turn(urgency, name) as prover:
            assert prover is self.lane.prover
            assert self.lane.cause == name
            self.order.append(name)
            await self.gates[name].wait()

    async def end(self, name: str) -> None:
        self.gates[name].set()
        await asyncio.wait([self.tasks[name]])
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
async def users() -> Users:
    return Users()


async def test_the_most_urgent_goes_first_and_equals_in_their_order(users: Users) -> None:
    assert users.lane.cause is None
    await users.start("first", Urgency.SEARCH)
    assert not users.lane.wanted(Urgency.SEARCH)
    await users.start("search 1", Urgency.SEARCH)
    await users.start("search 2", Urgency.SEARCH)
    assert not users.lane.wanted(Urgency.SEARCH)
    await users.start("changed", Urgency.CHANGED)
    await users.start("asked", Urgency.ASKED)
    assert users.lane.wanted(Urgency.SEARCH)
    assert users.lane.wanted(Urgency.CHANGED)
    assert not users.lane.wanted(Urgency.ASKED)
    assert users.lane.queue == 4
    expected = ["first", "asked", "changed", "search 1", "search 2"]
    for name in expected:
        await users.end(name)
    assert users.order == expected
    assert users.lane.cause is None
    assert users.lane.queue == 0


async def test_whoever_leaves_the_queue_is_not_waited_for(users: Users) -> None:
    await users.start("first", Urgency.SEARCH)
    await users.start("gone", Urgency.ASKED)
    await users.start("next", Urgency.SEARCH)
    users.tasks["gone"].cancel()
    await asyncio.sleep(0)
    assert users.lane.queue == 1
    assert not users.lane.wanted(Urgency.SEARCH)
    await users.end("first")
    await users.end("next")
    assert users.order == ["first", "next"]
    assert users.lane.cause is None


async def test_a_turn_given_to_somebody_who_is_cancelled_goes_on_to_the_next(users: Users) -> None:
    await users.start("first", Urgency.SEARCH)
    await users.start("gone", Urgency.ASKED)
    await users.start("next", Urgency.SEARCH)
    users.gates["first"].set()
    await asyncio.sleep(0)
    assert users.order == ["first"]
    assert users.lane.cause not in {"first", None}  # it is given on already
    users.tasks["gone"].cancel()  # its turn was given to it, and it has not run yet
    await users.end("next")
    assert users.order == ["first", "next"]
    assert users.lane.cause is None


async def test_nobody_slips_in_between(users: Users) -> None:
    await users.start("first", Urgency.SEARCH)
    await users.start("second", Urgency.SEARCH)
    users.gates["first"].set()
    await asyncio.sleep(0)
    assert users.order == ["first"]
    assert users.lane.cause not in {"first", None}  # it is given on already
    await users.start("late", Urgency.ASKED)
    await users.end("second")
    await users.end("late")
    assert users.order == ["first", "second", "late"]


async def test_an_error_ends_the_turn(users: Users) -> None:
    with pytest.raises(ValueError, match="oops"):
        async with users.lane.turn(Urgency.ASKED, "a turn"):
            raise ValueError("oops")
    await users.start("next", Urgency.SEARCH)
    await users.end("next")
    assert users.order == ["next"]


# In the background


async def test_the_background_waits_until_nobody_wants_any_prover() -> None:
    calm = Calm(quiet=0.01)
    mine, other = Lane(FakeProver(), calm), Lane(FakeProver(), calm)
    order: list[str] = []

    async def background() -> None:
        async with mine.turn(Urgency.BACKGROUND, "background"):
            order.append("background")

    async with other.turn(Urgency.SEARCH, "search"):
        task = asyncio.create_task(background())
        await asyncio.sleep(0.05)
        order.append("search")
    await task
    assert order == ["search", "background"]


@pytest.mark.parametrize("who", ["the same prover", "another one", "a keystroke"])
async def test_the_background_is_ended_by_whoever_comes(who: str) -> None:
    calm = Calm(quiet=0.0)
    mine, other = Lane(FakeProver(), calm), Lane(FakeProver(), calm)
    begun = asyncio.Event()

    async def background() -> None:
        async with mine.turn(Urgency.BACKGROUND, "background"):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(background())
    await begun.wait()
    if who == "a keystroke":
        calm.disturb()
    else:
        async with (mine if who == "the same prover" else other).turn(Urgency.SEARCH, "search"):
            pass
    with pytest.raises(DisturbedError):
        await task
    assert mine.cause is None


async def test_the_background_can_be_cancelled() -> None:
    lane = Lane(FakeProver(), Calm(quiet=0.0))
    async with asyncio.timeout(0.05) as limit:
        async with lane.turn(Urgency.BACKGROUND, "background"):
            limit.reschedule(0)
            with pytest.raises(asyncio.CancelledError):
                await asyncio.Event().wait()
    assert lane.cause is None
