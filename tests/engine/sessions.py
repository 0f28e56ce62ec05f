"""What tests of sessions share: texts, suggesters and sessions on the scripted prover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from unsorry.engine.attempts import Tried
from unsorry.engine.lanes import Lane
from unsorry.engine.projects import Outfit, Project
from unsorry.engine.session import Session
from unsorry.engine.views import BufferView, HoleView, Stage
from unsorry.errors import UnsorryError
from unsorry.provers.fake import FakeProver
from unsorry.provers.seam import Edit, Prover, Snapshot
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester
from unsorry.workspace.settings import ProveSettings, ServerSettings, Settings

URI = "file:///a"
PATIENCE = 5.0


class Says:
    """Suggests always the same, in this order, and then what it is told to wait for."""

    name = "says"

    def __init__(
        self, *texts: str, then: asyncio.Event | None = None, late: Sequence[str] = (), slow: Sequence[str] = ()
    ) -> None:
        self.texts = texts
        self.slow = slow
        self.then = then
        self.late = late
        self.asked: list[str | None] = []
        self.running = 0

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        self.asked.append(context.declaration)
        self.running += 1
        try:
            for place, text in enumerate(self.texts):
                yield Candidate(text, -float(place), self.name)
            for text in self.slow:
                yield Candidate(text, -100.0, self.name, slow=True)
            if self.then is not None:
                await self.then.wait()
                for text in self.late:
                    yield Candidate(text, -1.0, self.name)
        finally:
            self.running -= 1


@dataclass
class Rig:
    """A session with all that it works with."""

    provers: list[FakeProver]
    suggesters: Sequence[Suggester]
    settings: Settings
    text: str
    failure: UnsorryError | None = None
    connections: int = 0
    checked: bool = True
    views: list[BufferView] = field(default_factory=list[BufferView])
    attempts: list[Tried] = field(default_factory=list[Tried])

    def __post_init__(self) -> None:
        self.project = self.make_project()
        self.session = self.open(self.text)

    def make_project(self) -> Project:
        def never() -> Prover:
            raise AssertionError("the lanes are there")

        lanes = tuple(Lane(p) for p in self.provers)
        return Project(Outfit(self.provers[0].info, never, self.suggesters), self.settings, lanes)

    def open(self, text: str, uri: str = URI) -> Session:
        self.text = text
        return Session(Snapshot(uri, 1, text), self.connect, lambda: self.settings, self)

    async def connect(self) -> Project:
        self.connections += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return self.project

    def changed(self, session: Session) -> None:
        if self.checked:
            self.views.append(session.view)
            check(session)

    def tried(self, session: Session, tried: Tried) -> None:
        assert session is not None
        self.attempts.append(tried)

    # What the user does

    def replace(self, old: str, new: str) -> None:
        """Replaces a text that is there once."""
        assert self.text.count(old) == 1, f"{old!r} is there {self.text.count(old)} times"
        place = self.text.index(old)
        self.edit(place, place + len(old), new)

    def edit(self, start: int, end: int, new: str) -> None:
        """Replaces characters."""
        first, last = (len(self.text[:i].encode()) for i in (start, end))
        self.text = self.text[:start] + new + self.text[end:]
        snapshot = replace(self.session.snapshot, version=self.session.snapshot.version + 1, text=self.text)
        self.session.change(snapshot, first, last, first + len(new.encode()))

    def place(self, text: str) -> int:
        """The byte at which a text begins that is there once."""
        assert self.text.count(text) == 1
        return len(self.text[: self.text.index(text)].encode())

    def hole(self, declaration: str) -> HoleView:
        return next(h for h in self.session.view.holes if h.hole.declaration == declaration)

    def proofs(self) -> dict[str | None, list[str]]:
        return {h.hole.declaration: [p.text for p in h.proofs] for h in self.session.view.holes if h.proofs}

    async def until(self, done: Callable[[BufferView], bool]) -> None:
        assert await self.session.wait_for(done, PATIENCE), f"{self.session.view}"

    async def after(self, tried: int) -> None:
        """Waits until so many candidates had their turn."""
        await soon(lambda: len(self.attempts) >= tried)

    async def read(self) -> None:
        await self.until(lambda v: v.document is not None and v.document.complete)

    async def settle(self) -> None:
        assert await self.session.settle(PATIENCE), f"{self.session.view}"

    async def proved(self, declaration: str) -> None:
        await self.until(lambda v: any(h.hole.declaration == declaration and h.proofs for h in v.holes))

    async def at_work_on(self, declaration: str) -> None:
        await self.until(
            lambda v: any(h.hole.declaration == declaration and h.stage is Stage.SEARCHING for h in v.holes)
        )


def check(session: Session) -> None:
    """What holds of every view, whatever happens."""
    view = session.view
    assert view.snapshot is session.snapshot
    assert view.document is None or view.document.snapshot.text == view.snapshot.text
    data = view.snapshot.text.encode()
    for hole in view.holes:
        assert data[hole.hole.start : hole.hole.end] in {b"sorry", b"admit"}, (hole, view.snapshot.text)
        for proof in hole.proofs:
            assert 0 <= proof.edit.start <= proof.edit.end <= len(data)
            assert not proof.borrowed


async def really_proved(make: Callable[[], FakeProver], view: BufferView) -> None:
    """Every proof shown, put into the text by itself, is certified by a prover that has not seen anything yet."""
    for hole in view.holes:
        for proof in hole.proofs:
            prover = make()
            document = await prover.open(Snapshot(URI, 1, view.snapshot.text))
            here = next(h for h in document.holes if h.start == hole.hole.start)
            alone = len(document.commands[here.command].holes) == 1
            certificate = await prover.certify(document, here.command, [proof.edit], complete=alone)
            await prover.close()
            assert certificate.ok, (certificate, proof, view.snapshot.text)
            assert not certificate.borrowed


async def soon(done: Callable[[], bool]) -> None:
    """Waits until something is so that nobody tells of."""
    async with asyncio.timeout(PATIENCE):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def with_edits(text: str, edits: Sequence[Edit]) -> str:
    data = text.encode()
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode()


def quick(*, jobs: int = 1, **server: object) -> Settings:
    """Settings without quiet time."""
    return Settings(prove=ProveSettings(jobs=jobs), server=ServerSettings.model_validate({"quiet": 0.0, **server}))


@asynccontextmanager
async def at_work(
    provers: FakeProver | list[FakeProver], text: str, *suggesters: Suggester, settings: Settings | None = None
) -> AsyncGenerator[Rig]:
    """A session that is closed at the end, with nothing left behind."""
    before = asyncio.all_tasks()
    several = provers if isinstance(provers, list) else [provers]
    rig = Rig(several, suggesters, settings or quick(alternatives=0), text)
    try:
        yield rig
    finally:
        async with asyncio.timeout(PATIENCE):
            await rig.session.close()
        for prover in several:
            await prover.close()
    assert asyncio.all_tasks() - before == set()
    assert not any(s.running for s in suggesters if isinstance(s, Says))
