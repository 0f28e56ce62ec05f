"""Candidates that go on from what the user has typed already."""

from __future__ import annotations

from collections.abc import AsyncIterator

from unsorry.suggesters.seam import Candidate, GoalContext, Suggester


class Beginning:
    """A suggester's candidates that begin with a text."""

    def __init__(self, suggester: Suggester, prefix: str) -> None:
        """``prefix`` is what stands in the buffer."""
        self._suggester = suggester
        self._prefix = prefix

    @property
    def name(self) -> str:
        """The name of the suggester itself."""
        return self._suggester.name

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Those of its candidates that begin so."""
        async for candidate in self._suggester.suggest(context):
            if candidate.text.startswith(self._prefix):
                yield candidate
