"""Whatever happens to a text and its prover: what is shown as proved is proved, and nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.sessions import Rig, Says, check, quick, really_proved, with_edits
from unsorry.engine.entries import SupersededError
from unsorry.engine.views import Phase, Stage
from unsorry.errors import NotInstalledError, UnsorryError
from unsorry.provers.fake import Closes, FakeProver, Hangs, Leaves, Script
from unsorry.provers.seam import Snapshot

SCRIPT: Script = {
    "A": {"a": Closes(0.001), "first": Closes(0.001)},
    "B": {"b": Closes(), "wrong": Closes(flaw="no")},
    "C": {"exact t0": Closes(), "slow": Hangs(0.02)},
    "α": {"exact t1": Closes(), "c [x, y]": Closes(), "c [x]": Closes()},
    "A ∧ B": {"split": Leaves(("A", "B")), "tauto": Closes(0.002)},
}
CANDIDATES = ("wrong", "a", "first", "slow", "b", "exact t0", "exact t1", "c [x, y]", "tauto")

TARGETS = st.sampled_from(["A", "B", "C", "α", "A ∧ B", "X"])
BODIES = st.sampled_from([
    "by\n  sorry", "by sorry", "sorry", "by\n  a", "by\n  b", "by\n  split\n  sorry\n  sorry", "by\n  admit", "by\n  x"
])  # fmt: skip


def theorem(kind: str, name: str, target: str, body: str) -> str:
    return f"{kind} {name} : {target} := {body}\n"


THEOREMS = st.builds(
    theorem,
    st.sampled_from(["theorem", "theorem", "theorem", "def"]),
    st.sampled_from(["t0", "t1", "t2", "t3"]),
    TARGETS,
    BODIES,
)
TEXTS = st.lists(THEOREMS, min_size=0, max_size=5).map("\n".join)
PIECES = st.one_of(
    st.sampled_from(["", " ", "\n", "  sorry\n", "  a\n", "-- α\n", "sorry", "A", "theorem ", "ε"]), THEOREMS, TARGETS
)
PLACES = st.floats(0, 1)


class Sessions(RuleBasedStateMachine):
    """One session, on one prover or on two."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.asked: list[asyncio.Task[object]] = []

    @initialize(
        text=TEXTS, jobs=st.sampled_from([1, 1, 2]), automatic=st.sampled_from([True, True, False]),
        alternatives=st.sampled_from([0, 2]), quiet=st.sampled_from([0.0, 0.002]), slow=st.booleans(),
    )  # fmt: skip
    def begin(self, text: str, jobs: int, automatic: bool, alternatives: int, quiet: float, slow: bool) -> None:
        self.automatic = automatic
        self.says = Says(*CANDIDATES)
        pace = 0.001 if slow else 0.0
        provers = [FakeProver(SCRIPT, seconds_per_command=pace) for _ in range(jobs)]
        options = quick(jobs=jobs, automatic=automatic, alternatives=alternatives, quiet=quiet)

        async def make() -> Rig:
            return Rig(provers, [self.says], options, text)

        self.rig = self.runner.run(make())

    # What happens

    @rule(start=PLACES, length=st.integers(0, 12), piece=PIECES)
    def edit(self, start: float, length: int, piece: str) -> None:
        async def do() -> None:
            place = round(start * len(self.rig.text))
            self.rig.edit(place, min(len(self.rig.text), place + length), piece)

        self.runner.run(do())

    @rule(line=PLACES, piece=THEOREMS)
    def insert_theorem(self, line: float, piece: str) -> None:
        async def do() -> None:
            lines = self.rig.text.splitlines(keepends=True)
            place = sum(map(len, lines[: round(line * len(lines))]))
            self.rig.edit(place, place, piece)

        self.runner.run(do())

    @rule(which=PLACES, text=st.sampled_from(["a", "b", "sorry", "exact t0"]))
    def fill(self, which: float, text: str) -> None:
        async def do() -> None:
            holes = self.rig.session.view.holes
            if holes:
                hole = holes[min(len(holes) - 1, int(which * len(holes)))].hole
                characters = [len(self.rig.text.encode()[:p].decode()) for p in (hole.start, hole.end)]
                self.rig.edit(characters[0], characters[1], text)

        self.runner.run(do())

    @rule(place=PLACES)
    def look(self, place: float) -> None:
        async def do() -> None:
            offset = round(place * len(self.rig.text.encode()))
            self.rig.session.look(offset)
            self.rig.session.show(offset, offset + 40)

        self.runner.run(do())

    @rule(which=PLACES, deeper=st.booleans(), patience=st.sampled_from([0.0, 0.003, 1.0]))
    def prove(self, which: float, deeper: bool, patience: float) -> None:
        async def do() -> None:
            holes = self.rig.session.view.holes
            if holes:
                start = holes[min(len(holes) - 1, int(which * len(holes)))].hole.start
                asked = asyncio.create_task(self.rig.session.prove(start, 1.0, deeper=deeper))
                if patience < 1.0:
                    await asyncio.sleep(patience)
                    asked.cancel()
                self.asked.append(asked)

        self.runner.run(do())

    @rule(ticks=st.integers(0, 40))
    def time_passes(self, ticks: int) -> None:
        async def do() -> None:
            for _ in range(ticks):
                await asyncio.sleep(0)
            await asyncio.sleep(0.0005 * ticks)

        self.runner.run(do())

    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        async def do() -> None:
            self.rig.provers[which % len(self.rig.provers)].die()

        self.runner.run(do())

    @rule()
    def stop(self) -> None:
        async def do() -> None:
            self.rig.session.stop()

        self.runner.run(do())

    @rule()
    def refresh(self) -> None:
        async def do() -> None:
            self.rig.session.refresh("a test")

        self.runner.run(do())

    @rule()
    def look_again(self) -> None:
        async def do() -> None:
            self.rig.session.look_again("a test")

        self.runner.run(do())

    @rule()
    def lose_and_find_the_prover(self) -> None:
        async def do() -> None:
            self.rig.failure = NotInstalledError("there is none")
            self.rig.session.refresh("it is gone")
            assert not await self.rig.session.settle(5.0)
            assert self.rig.session.view.phase is Phase.FAILED
            self.rig.failure = None
            self.rig.session.refresh("it is back")

        self.runner.run(do())

    @rule()
    def ask_at_the_cursor(self) -> None:
        async def do() -> None:
            holes = self.rig.session.view.holes
            if holes and holes[0].hole.state is not None:
                asked = asyncio.create_task(self.rig.session.suggest(holes[0].hole, 0.5, wanted=2))
                await asyncio.sleep(0.001)
                self.asked.append(asked)

        self.runner.run(do())

    @rule(everything=st.sampled_from([False, False, True]))
    def settle(self, everything: bool) -> None:
        self.runner.run(self._settle(everything))

    # What holds then

    async def _settle(self, everything: bool) -> None:
        rig = self.rig
        if everything and await rig.session.settle(10.0):
            assert await rig.session.search_all(10.0, lambda _: None), rig.session.view
        if not await rig.session.settle(10.0):
            # It was killed, and once more while it was brought back.
            assert rig.session.view.failure == "the prover's process ended unexpectedly"
            rig.session.refresh("once more")
            assert await rig.session.settle(10.0), rig.session.view
        async with asyncio.timeout(10.0):
            results = await asyncio.gather(*self.asked, return_exceptions=True)
        self.asked.clear()
        assert all(not isinstance(r, Exception) or isinstance(r, UnsorryError) for r in results), results
        assert await rig.session.settle(10.0), rig.session.view
        view = rig.session.view
        check(rig.session)
        assert view.snapshot.text == rig.text
        assert view.document is not None
        assert view.document.complete
        fresh = FakeProver(SCRIPT)
        document = await fresh.open(Snapshot("u", 1, rig.text))
        assert [(h.start, h.end) for h in document.holes] == [(h.hole.start, h.hole.end) for h in view.holes]
        await really_proved(lambda: FakeProver(SCRIPT), view)
        if self.automatic or everything:
            assert all(h.stage in {Stage.PROVED, Stage.OPEN, Stage.ERROR} for h in view.holes), view.holes
        with contextlib.suppress(SupersededError):
            proofs = await rig.session.together()
            text = with_edits(rig.text, [p.edit for p in proofs])
            filled = await fresh.open(Snapshot("u", 2, text))
            assert len(filled.errors) <= len(document.errors)
            assert len(filled.holes) == len(document.holes) - len(proofs)
        await fresh.close()

    def teardown(self) -> None:
        async def do() -> None:
            before = {asyncio.current_task(), *self.asked}
            async with asyncio.timeout(10.0):
                await self.rig.session.close()
                await asyncio.gather(*self.asked, return_exceptions=True)
            for prover in self.rig.provers:
                await prover.close()
            assert asyncio.all_tasks() - before == set()
            assert self.says.running == 0

        try:
            if hasattr(self, "rig"):
                self.runner.run(do())
        finally:
            self.runner.close()


Sessions.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestSessions = Sessions.TestCase
