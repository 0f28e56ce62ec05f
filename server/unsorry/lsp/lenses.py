"""Code lenses and inlay hints: the state of each hole's search, beside it."""

from __future__ import annotations

from lsprotocol import types

from unsorry.engine.views import HoleView, Phase, Stage
from unsorry.lsp import wording
from unsorry.lsp.commands import Command
from unsorry.lsp.texts import Text


def lenses(text: Text) -> list[types.CodeLens]:
    """A lens on each hole; clicking it does what is most useful there."""
    if not text.session.settings.server.code_lens:
        return []
    view = text.session.view
    return [_lens(text, hole, view.phase) for hole in view.holes]


def _lens(text: Text, hole: HoleView, phase: Phase) -> types.CodeLens:
    place = text.position(hole.hole.start)
    position = {"line": place.line, "character": place.character}
    state = wording.stage(hole, phase)
    match hole.stage:
        case Stage.PROVED if hole.proofs:
            command, arguments = Command.APPLY, [text.uri, text.buffer.version, position, 0]
        case Stage.OPEN:
            state = f"{state}: search deeper"
            command, arguments = Command.SEARCH_DEEPER, [text.uri, position]
        case Stage.ERROR:
            command, arguments = Command.SHOW_GOAL, [text.uri, position]
        case _:
            command, arguments = Command.PROVE_HERE, [text.uri, position]
    return types.CodeLens(
        text.range(hole.hole.start, hole.hole.end),
        command=types.Command(title=state, command=command.value, arguments=list(arguments)),
    )


def hints(text: Text, start: int, end: int) -> list[types.InlayHint]:
    """A hint behind each hole of a range: what proves it, or how many goals it has and how far the search is."""
    if not text.session.settings.server.inlay_hints:
        return []
    view = text.session.view
    found: list[types.InlayHint] = []
    for hole in view.holes:
        if start <= hole.hole.start and hole.hole.end <= end:
            state = wording.stage(hole, view.phase)
            label = state if hole.proofs else f"{wording.goals_left(hole)}, {state}"
            found.append(
                types.InlayHint(
                    text.position(hole.hole.end),
                    label,
                    tooltip=types.MarkupContent(types.MarkupKind.Markdown, wording.hover(hole, view)),
                    padding_left=True,
                )
            )
    return found


def hover(text: Text, offset: int) -> types.Hover | None:
    """All about the hole at a place, or why nothing can be said of any; None where there is nothing to say."""
    view = text.session.view
    hole = next(iter(view.at(offset)), None)
    if hole is None and view.failure is not None:
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, wording.failed(view.failure)))
    if hole is None:
        return None
    return types.Hover(
        types.MarkupContent(types.MarkupKind.Markdown, wording.hover(hole, view)),
        range=text.range(hole.hole.start, hole.hole.end),
    )
