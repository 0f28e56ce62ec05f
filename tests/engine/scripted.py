"""Suggesters that say what a test has them say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from unsorry.suggesters.seam import Candidate, Failed, GoalContext


class Drafts:
    """Has one draft, and another text for whoever shows it what was wrong with the one before."""

    name = "drafts"
    repairs = True

    def __init__(self, draft: str, *mended: str, needs: str = "") -> None:
        self.draft = draft
        self.mended = mended
        self.needs = needs
        self.shown: list[tuple[Failed, ...]] = []

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        if context.steps is not None:
            return
        if not context.failed:
            yield Candidate(self.draft, -1.0, self.name)
            return
        self.shown.append(context.failed)
        told = any(self.needs in c.message for c in context.failed[-1].complaints)
        if told and len(context.failed) <= len(self.mended):
            yield Candidate(self.mended[len(context.failed) - 1], -1.0, self.name)


class Steps:
    """Knows steps for goals that a search reaches, and repairs nothing."""

    name = "steps"

    def __init__(self, book: Mapping[str, Sequence[str]]) -> None:
        self.book = book
        self.failed = False

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate, None]:
        self.failed = self.failed or bool(context.failed)
        if context.steps is not None:
            for text in self.book.get(context.goal.target, ()):
                yield Candidate(text, -1.0, self.name)
