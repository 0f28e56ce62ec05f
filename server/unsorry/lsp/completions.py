"""Completions in the list and as ghost text: at a hole, and at the cursor in an unfinished proof."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from lsprotocol import types

from unsorry.engine.entries import SupersededError
from unsorry.engine.report import HoleReport, Proof
from unsorry.engine.views import BufferView, HoleView, Stage
from unsorry.lsp import wording
from unsorry.lsp.texts import Text
from unsorry.provers.seam import Edit, Hole, Progress

#: How long ghost text waits for a search that is under way, in seconds: a client asks again with the next keystroke.
_GHOST_PATIENCE: Final = 10.0

#: How long the search at the cursor of an unfinished proof may take, in seconds.
_CURSOR_SECONDS: Final = 1.5

#: How many proofs a list of completions has at most, and how many steps that make progress.
_PROOFS: Final = 3
_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class _Searched:
    """A goal at a cursor, what has been typed of a tactic there, and what the search gave that begins so."""

    hole: Hole
    typed: str
    report: HoleReport


async def ghost(text: Text, params: types.InlineCompletionParams) -> list[types.InlineCompletionItem]:
    """Verified text only: what proves the hole at the cursor, or the goal at the cursor of an unfinished proof."""
    offset = text.offset(params.position)
    session = text.session
    if not session.settings.server.inline_completion:
        return []
    session.look(offset)
    version = text.buffer.version
    try:
        if not await session.read(offset, _GHOST_PATIENCE, hurry=False):
            return []
        if session.view.at(offset):
            await session.wait_for(lambda view: _is_settled(text, view, offset), _GHOST_PATIENCE, hurry=False)
            return [_ghost_item(text, p.edit) for h in session.view.at(offset) for p in h.proofs[:1]]
        found = await _searched(text, offset, wanted=1)
    except SupersededError:
        return []
    if text.buffer.version != version or found is None or found.report.proof is None:
        return []
    return [_ghost_item(text, found.report.proof.edit)]


def _is_settled(text: Text, view: BufferView, offset: int) -> bool:
    """Is there nothing to wait for at a place?  A hole that waits is searched by itself only if the user wants that."""
    ended = {Stage.OPEN, Stage.ERROR}
    if not text.session.settings.server.automatic:
        ended.add(Stage.WAITING)
    return all(h.proofs or h.stage in ended for h in view.at(offset))


def _ghost_item(text: Text, edit: Edit) -> types.InlineCompletionItem:
    replaced = text.buffer.data[edit.start : edit.end].decode("utf-8", "replace")
    # Editors show a text only if it goes on from what stands there, unless they are told what to compare with.
    return types.InlineCompletionItem(edit.text, filter_text=replaced or None, range=text.range(edit.start, edit.end))


async def owed(text: Text, offset: int) -> tuple[Proof, ...]:
    """What proves the goal at the cursor of an unfinished proof; nothing where none is owed or the text has changed."""
    version = text.buffer.version
    with suppress(SupersededError):
        if not await text.session.read(offset, _CURSOR_SECONDS):
            return ()
        found = await _searched(text, offset, wanted=_PROOFS)
        if text.buffer.version == version and found is not None and found.report.proof is not None:
            return (found.report.proof, *found.report.alternatives)
    return ()


async def complete(text: Text, params: types.CompletionParams) -> types.CompletionList:
    """Tactics for the goal at the cursor, each tried: those that prove it first, then those that make progress."""
    offset = text.offset(params.position)
    session = text.session
    empty = types.CompletionList(is_incomplete=True, items=[])
    if not session.settings.server.completion:
        return empty
    session.look(offset)
    version = text.buffer.version
    items: list[types.CompletionItem] = []
    with suppress(SupersededError):
        if not await session.read(offset, _CURSOR_SECONDS, hurry=False):
            return empty
        here = next(iter(session.view.at(offset)), None)
        if here is not None:
            await session.wait_for(lambda view: _is_settled(text, view, offset), _CURSOR_SECONDS, hurry=False)
            here = next(iter(session.view.at(offset)), None)
            items = list(_at_hole(text, here)) if here is not None else []
        elif (found := await _searched(text, offset, wanted=_PROOFS)) is not None:
            items = [*_proof_items(text, found.report), *_step_items(text, found.hole, found.report)]
            if not items and found.typed:
                # Nothing goes on from what is typed; what would prove the goal in its place is worth knowing.
                items = list(_proof_items(text, await session.suggest(found.hole, _CURSOR_SECONDS, wanted=_PROOFS)))
    if text.buffer.version != version:
        return empty
    return types.CompletionList(is_incomplete=True, items=items)


def _at_hole(text: Text, hole: HoleView) -> Iterator[types.CompletionItem]:
    if hole.report is not None and hole.proofs:
        yield from _proof_items(text, hole.report)


def _proof_items(text: Text, report: HoleReport) -> Iterator[types.CompletionItem]:
    if report.proof is None:
        return
    for number, proof in enumerate((report.proof, *report.alternatives)):
        axioms = ", ".join(proof.axioms) or "no axioms"
        yield types.CompletionItem(
            wording.line(proof.edit.text),
            label_details=types.CompletionItemLabelDetails(description="proves the goal"),
            kind=types.CompletionItemKind.Event,
            detail=f"proves the goal ({proof.origin}; rests on {axioms})",
            sort_text=f"0{number:03}",
            filter_text=_replaced(text, proof.edit) or None,
            preselect=number == 0 or None,
            insert_text_mode=types.InsertTextMode.AsIs,
            text_edit=text.text_edit(proof.edit),
        )


def _step_items(text: Text, hole: Hole, report: HoleReport) -> Iterator[types.CompletionItem]:
    steps = [(a.candidate, a.outcome) for a in report.attempts if isinstance(a.outcome, Progress) and not a.below]
    # What closes this goal comes first; it is no proof, for others of the same proof are still owed.
    steps.sort(key=lambda step: bool(step[1].goals))
    for number, (candidate, outcome) in enumerate(steps[:_STEPS]):
        if "\n" in candidate.text:
            continue
        what = wording.progress(len(outcome.goals))
        yield types.CompletionItem(
            wording.line(candidate.text),
            label_details=types.CompletionItemLabelDetails(description=what),
            kind=types.CompletionItemKind.Keyword,
            detail=f"{what} ({candidate.origin})",
            documentation=types.MarkupContent(
                types.MarkupKind.Markdown, f"```\n{wording.goal_text(outcome.goals)}\n```"
            )
            if outcome.goals
            else None,
            sort_text=f"1{number:03}",
            filter_text=_replaced(text, Edit(hole.start, hole.end, "")) or None,
            insert_text_mode=types.InsertTextMode.AsIs,
            text_edit=text.text_edit(Edit(hole.start, hole.end, candidate.text)),
        )


def _replaced(text: Text, edit: Edit) -> str:
    """What the client compares with what is typed, so that nothing is filtered away: all was tried for this place."""
    return text.buffer.data[edit.start : edit.end].decode("utf-8", "replace")


async def _searched(text: Text, offset: int, wanted: int) -> _Searched | None:
    """What goes on from what is typed at a cursor; None where no tactic can be typed or nothing is owed."""
    first: _Searched | None = None
    async with aclosing(_cursors(text, offset)) as cursors:
        async for hole, typed in cursors:
            report = await text.session.suggest(hole, _CURSOR_SECONDS, wanted=wanted, prefix=typed)
            found = _Searched(hole, typed, report)
            first = first or found
            # A tactic that stands there is no news.
            if report.proof is not None and report.proof.edit.text != typed:
                return found
    return first if first is None or first.report.proof is None else None


async def _cursors(text: Text, offset: int) -> AsyncGenerator[tuple[Hole, str]]:
    """The goals at a cursor, with what is typed there: of a tactic, or else of the last word of one (`exact …`)."""
    start, end = text.line_bounds(offset)
    data = text.buffer.data
    # Not in the middle of a line that goes on, and not where all is proved.
    if data[offset:end].strip() or not _is_unfinished(text, offset):
        return
    before = data[start:offset]
    tactic = text.session.tactic_start(before)
    word = len(before) - len(before[tactic:].split(b" ")[-1])
    for begin in dict.fromkeys((tactic, word)):
        hole = await text.session.goals_at(start + begin, offset, hurry=False)
        if hole is not None and hole.goals:
            yield hole, before[begin:].decode("utf-8", "replace")


def _is_unfinished(text: Text, offset: int) -> bool:
    """Is there an error in the command that the cursor is in or behind?  A proof without one is complete."""
    document = text.session.view.document
    if document is None:
        return False
    nearest = [c for c in document.commands if c.start <= offset][-2:]
    return any(m.severity.value == "error" for c in nearest for m in c.messages)
