"""Completions in the list and as ghost text: at a hole, and at the cursor in an unfinished proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lsprotocol import types

from unsorry.engine.entries import SupersededError
from unsorry.engine.report import HoleReport
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

# What stands before a tactic on its line: white space, bullets, and tactics that are complete.
_BEFORE_TACTIC: Final = re.compile(
    rb"\A(?:.*(?:;|<;>|=>|\bby\b|\bthen\b|\belse\b)[ \t]*|[ \t]*)(?:(?:\xc2\xb7|\*|-)[ \t]*)*"
)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A place in an unfinished proof, and what has been typed of a tactic there."""

    hole: Hole
    typed: str


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
            await session.wait_for(lambda view: _is_settled(view, offset), _GHOST_PATIENCE, hurry=False)
            return [_ghost_item(text, p.edit) for h in session.view.at(offset) for p in h.proofs[:1]]
        cursor = await _cursor(text, offset)
        if cursor is None:
            return []
        report = await session.suggest(cursor.hole, _CURSOR_SECONDS, wanted=1, prefix=cursor.typed)
    except SupersededError:
        return []
    if text.buffer.version != version or report.proof is None or report.proof.text == cursor.typed:
        return []
    return [_ghost_item(text, report.proof.edit)]


def _is_settled(view: BufferView, offset: int) -> bool:
    return all(h.proofs or h.stage in {Stage.OPEN, Stage.ERROR} for h in view.at(offset))


def _ghost_item(text: Text, edit: Edit) -> types.InlineCompletionItem:
    replaced = text.buffer.data[edit.start : edit.end].decode("utf-8", "replace")
    # Editors show a text only if it goes on from what stands there, unless they are told what to compare with.
    return types.InlineCompletionItem(edit.text, filter_text=replaced or None, range=text.range(edit.start, edit.end))


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
            await session.wait_for(lambda view: _is_settled(view, offset), _CURSOR_SECONDS, hurry=False)
            here = next(iter(session.view.at(offset)), None)
            items = list(_at_hole(text, here)) if here is not None else []
        elif (cursor := await _cursor(text, offset)) is not None:
            report = await session.suggest(cursor.hole, _CURSOR_SECONDS, wanted=_PROOFS, prefix=cursor.typed)
            items = [*_proof_items(text, report), *_step_items(text, cursor.hole, report)]
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
            wording.line(proof.text),
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
    steps = [(a.candidate, a.outcome) for a in report.attempts if isinstance(a.outcome, Progress)]
    for number, (candidate, outcome) in enumerate(steps[:_STEPS]):
        if "\n" in candidate.text:
            continue
        left = wording.counted(len(outcome.goals), "goal")
        yield types.CompletionItem(
            wording.line(candidate.text),
            label_details=types.CompletionItemLabelDetails(description=f"makes progress, {left} left"),
            kind=types.CompletionItemKind.Keyword,
            detail=f"makes progress, {left} left ({candidate.origin})",
            documentation=types.MarkupContent(
                types.MarkupKind.Markdown, f"```\n{wording.goal_text(outcome.goals)}\n```"
            ),
            sort_text=f"1{number:03}",
            filter_text=_replaced(text, Edit(hole.start, hole.end, "")) or None,
            insert_text_mode=types.InsertTextMode.AsIs,
            text_edit=text.text_edit(Edit(hole.start, hole.end, candidate.text)),
        )


def _replaced(text: Text, edit: Edit) -> str:
    """What the client compares with what is typed, so that nothing is filtered away: all was tried for this place."""
    return text.buffer.data[edit.start : edit.end].decode("utf-8", "replace")


async def _cursor(text: Text, offset: int) -> _Cursor | None:
    """The goal at a cursor where a tactic can be typed; None where nothing is owed."""
    start, end = text.line_bounds(offset)
    data = text.buffer.data
    if data[offset:end].strip():
        return None  # in the middle of a line that goes on
    before = data[start:offset]
    match = _BEFORE_TACTIC.match(before)
    begin = start + (match.end() if match is not None else 0)
    if not _is_unfinished(text, offset):
        return None
    typed = data[begin:offset].decode("utf-8", "replace")
    hole = await text.session.goals_at(begin, offset, hurry=False)
    return None if hole is None or not hole.goals else _Cursor(hole, typed)


def _is_unfinished(text: Text, offset: int) -> bool:
    """Is there an error in the command that the cursor is in or behind?  A proof without one is complete."""
    document = text.session.view.document
    if document is None:
        return False
    nearest = [c for c in document.commands if c.start <= offset][-2:]
    return any(m.severity.value == "error" for c in nearest for m in c.messages)
