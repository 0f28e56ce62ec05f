"""What is remembered from run to run: the neighbours of one workspace, and the store that keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from unsorry.provers.seam import ProverInfo
from unsorry.suggesters.neighbours.suggester import Neighbours
from unsorry.suggesters.seam import Candidate, GoalContext
from unsorry.workspace.store import KnowledgeStore, Origin


class Memory:
    """Neighbours that begin with what the store has, and write into it what they learn."""

    name = Neighbours.name

    def __init__(self, store: KnowledgeStore, workspace: str, toolchain: str, neighbours: Neighbours) -> None:
        """Nothing is read before somebody asks.  It owns the store."""
        self._store = store
        self._workspace = workspace
        self._toolchain = toolchain
        self._neighbours = neighbours
        self._recalled: asyncio.Task[None] | None = None

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """What proved the nearest goals, adapted to the first goal."""
        await self._recall()
        async for candidate in self._neighbours.suggest(context):
            yield candidate

    async def learn(self, context: GoalContext, tactic: str, origin: Origin) -> None:
        """Remembers that a tactic proved a goal, at once; it is in the store when this returns."""
        await self._recall()
        learnt = self._neighbours.learn(context, tactic, origin)
        if learnt is not None:
            await asyncio.to_thread(self._store.add, self._workspace, self._toolchain, [learnt])

    async def _recall(self) -> None:
        if self._recalled is None:
            self._recalled = asyncio.create_task(asyncio.to_thread(self._read), name="recall what was learned")
        await asyncio.shield(self._recalled)

    def _read(self) -> None:
        self._neighbours.recall(self._store.rows(self._toolchain))

    async def aclose(self) -> None:
        """Lets go of the store.  Calling it twice is fine."""
        if self._recalled is not None:
            await asyncio.wait([self._recalled])
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
