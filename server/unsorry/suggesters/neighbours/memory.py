"""What is remembered from run to run: the neighbours of one workspace, and the store that keeps them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from unsorry.provers.seam import ProverInfo
from unsorry.suggesters.neighbours.suggester import MAX_ENTRIES, Neighbours
from unsorry.suggesters.seam import Candidate, GoalContext
from unsorry.workspace.store import KnowledgeStore, Learnt, Origin

_log = logging.getLogger(__name__)

#: How many are recalled before it is looked whether anybody still wants them.
_RECALLED_AT_ONCE = 500

#: How often it is looked whether another process has learned or forgotten something, in seconds.
_LOOK_SECONDS = 1.0


class Memory:
    """Neighbours that begin with what the store has, and write into it what they learn.

    What is learned counts at once, and is written in the background: what a crash takes away is what was learned in
    the last moment.  What another process learns or forgets counts soon.
    """

    name = Neighbours.name

    def __init__(self, store: KnowledgeStore, workspace: str, toolchain: str, neighbours: Neighbours) -> None:
        """Nothing is read before somebody asks.  It owns the store."""
        self._store = store
        self._workspace = workspace
        self._toolchain = toolchain
        self._neighbours = neighbours
        self._recalled: asyncio.Task[None] | None = None
        # The store's version that was recalled, and when it was last looked at.
        self._version = 0
        self._looked = 0.0
        # Nothing is learned while all is recalled anew.
        self._changing = asyncio.Lock()
        # The files from which all was learned, with digests of their texts.
        self._files: dict[str, str] = {}
        # What was not written yet, and who writes it.
        self._rows: list[Learnt] = []
        self._read_files: dict[str, str] = {}
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """What proved the nearest goals, adapted to the first goal."""
        await self._recall()
        await self._look()
        async for candidate in self._neighbours.suggest(context):
            yield candidate

    async def learn(self, context: GoalContext, tactic: str, origin: Origin) -> bool:
        """Takes into account from now on that a tactic proved a goal; False where that was known before."""
        await self._recall()
        if not context.goals or self._closed:
            return False
        async with self._changing:
            known = self._neighbours.knows(context.goal.pretty, tactic)
            # It looks at the whole text before the goal, and the event loop must not wait for that.
            learnt = await asyncio.to_thread(self._neighbours.learn, context, tactic, origin)
            if learnt is None:
                return False
            self._rows.append(learnt)
            self._write_soon()
        return not known

    async def has_read(self, name: str, digest: str) -> bool:
        """Has all been learned that this text of a file teaches?"""
        await self._recall()
        return self._files.get(name) == digest

    async def note_read(self, name: str, digest: str) -> None:
        """All has been learned that this text of a file teaches."""
        self._files[name] = self._read_files[name] = digest
        self._write_soon()

    async def _look(self) -> None:
        """Recalls all anew where another process has changed the store."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS or self._closed:
            return
        self._looked = now
        if await asyncio.to_thread(self._store.version) in {0, self._version} or self._changing.locked():
            return
        async with self._changing:
            # What is not written yet would be forgotten.
            if self._writing is not None:
                await asyncio.wait([self._writing])
            self._recalled = asyncio.create_task(self._read(anew=True), name="recall what was learned anew")
            await asyncio.shield(self._recalled)

    async def _recall(self) -> None:
        if self._recalled is None:
            self._recalled = asyncio.create_task(self._read(), name="recall what was learned")
        # Whoever waits may be cancelled, and others wait too.
        await asyncio.shield(self._recalled)

    async def _read(self, *, anew: bool = False) -> None:
        files = await asyncio.to_thread(self._stored, anew=anew)
        # What was learned while this was read is newer.
        self._files = {**files, **(self._read_files if anew else self._files)}

    def _stored(self, *, anew: bool) -> Mapping[str, str]:
        try:
            self._version = self._store.version()
            if anew:
                self._neighbours.forget()
            rows = iter(self._store.recall(self._toolchain, self._workspace, MAX_ENTRIES))
            while not self._closed and (some := list(itertools.islice(rows, _RECALLED_AT_ONCE))):
                self._neighbours.recall(some)
            return self._store.read(self._toolchain, self._workspace)
        except Exception:  # What can't be recalled must not keep anybody from proving.
            _log.exception("what was learned before can't be recalled")
            return {}

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="keep what was learned")

    async def _write(self) -> None:
        while self._rows or self._read_files:
            rows, self._rows = self._rows, []
            files, self._read_files = self._read_files, {}
            try:
                await asyncio.to_thread(self._store.add, self._workspace, self._toolchain, rows, files)
            except Exception:  # The same.
                _log.exception("what was learned can't be kept")

    async def aclose(self) -> None:
        """Writes what is not written yet, and lets go of the store.  Calling it twice is fine."""
        self._closed = True
        for task in (self._recalled, self._writing):
            if task is not None:
                await asyncio.wait([task])
        await asyncio.to_thread(self._store.close)


def toolchain_of(info: ProverInfo) -> str:
    """What must be the same for a proof to be worth remembering, as the store has it."""
    return f"{info.prover} {info.version}"


def workspace_of(root: Path | None) -> str:
    """The name of a workspace in the store; loose files share one."""
    return "" if root is None else str(root.resolve())


def open_memory(info: ProverInfo, root: Path | None) -> Memory:
    """The memory for the files below a root."""
    return Memory(KnowledgeStore(), workspace_of(root), toolchain_of(info), Neighbours(info.prover))
