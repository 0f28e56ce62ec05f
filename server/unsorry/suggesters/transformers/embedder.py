"""A model in a child process that says how near texts are to each other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import PurePath

from unsorry.suggesters.transformers.lane import Embedded, EncoderLane
from unsorry.suggesters.transformers.trouble import Trouble


class TransformersEmbedder:
    """Embeddings of texts.  What goes wrong ends in :attr:`problem`, never in an exception."""

    def __init__(self, lane: EncoderLane) -> None:
        """Who made the lane closes it."""
        self._lane = lane
        self._trouble = Trouble()

    @property
    def name(self) -> str:
        """What it is called where its trouble is told."""
        return f"premises/{PurePath(self._lane.settings.model).name}"

    @property
    def problem(self) -> str | None:
        """The last trouble as one sentence; None since the last answer that had none."""
        return self._trouble.problem

    async def embed(self, texts: Sequence[str]) -> AsyncGenerator[Embedded]:
        """Each text's embedding, in any order; fewer where there is trouble.  Closing this early drops the rest."""
        with self._trouble.noted():
            async with aclosing(self._lane.embed(texts)) as vectors:
                async for vector in vectors:
                    yield vector

    async def warm_up(self) -> None:
        """Has the model loaded before somebody waits for it."""
        with self._trouble.noted():
            await self._lane.warm_up()
