"""Code actions: proofs at a hole, a deeper search, and all holes of a file at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from lsprotocol import types
from lsprotocol.types import ErrorCodes, LSPErrorCodes

from unsorry.engine.entries import SupersededError
from unsorry.engine.report import Partial, Proof
from unsorry.engine.views import BufferView, HoleView, Stage
from unsorry.lsp import completions, diagnostics, wording
from unsorry.lsp.client import Client
from unsorry.lsp.commands import Command
from unsorry.lsp.configuration import plain
from unsorry.lsp.requests import RequestError
from unsorry.lsp.texts import Text

#: The kind of the action that fills all holes, as editors ask for it on save.
FIX_ALL: Final = "source.fixAll.unsorry"

#: The kind of the action that inserts what proves only some goals.  No editor applies such a one by itself.
PARTIAL: Final = "refactor.rewrite.unsorry"

#: How long whoever asks for actions waits for a search that is under way, in seconds.
_PATIENCE: Final = 1.5

_PROOF: Final = "proof"
_ALL: Final = "all"
_PART: Final = "part"


async def offer(text: Text, client: Client, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    """What can be done at a range."""
    start, end = text.span(params.range)
    text.session.look(start)
    asked_by_hand = params.context.trigger_kind is not types.CodeActionTriggerKind.Automatic
    version = text.buffer.version
    wanted = params.context.only
    quick = _wants(wanted, types.CodeActionKind.QuickFix)
    if asked_by_hand and quick:
        with suppress(SupersededError):
            await text.session.wait_for(lambda view: _is_known(text, view, start, end), _PATIENCE)
    if text.buffer.version != version:
        return []
    actions: list[types.CodeAction | types.Command] = []
    if quick:
        holes = text.holes_at(start, end)
        for hole in holes:
            actions += _at_hole(text, client, hole, params.context.diagnostics)
        if not holes and start == end and client.literal_actions:
            actions += [_at_cursor(text, client, proof, n) for n, proof in enumerate(await completions.owed(text, end))]
        if text.buffer.version != version:
            return []
    if _wants(wanted, PARTIAL) and client.literal_actions:
        for hole in text.holes_at(start, end):
            if hole.stage is Stage.OPEN and hole.report is not None and hole.report.partial is not None:
                actions.append(_insert_part(text, client, hole, hole.report.partial))
    if _wants(wanted, FIX_ALL) and _may_have_holes(text.session.view, wanted):
        actions.append(await _fill_all(text, client, explicitly=bool(wanted)))
    if not client.literal_actions:
        return [a.command for a in actions if isinstance(a, types.CodeAction) and a.command is not None]
    return actions


def _wants(only: Sequence[str] | None, kind: str) -> bool:
    """Kinds are hierarchical: who asks for `source.fixAll` wants `source.fixAll.unsorry` too."""
    if not only:
        return True
    return any(kind == (k := str(getattr(o, "value", o))) or kind.startswith(f"{k}.") for o in only)


def _may_have_holes(view: BufferView, wanted: Sequence[str] | None) -> bool:
    """Whoever asks for this kind, such as an editor that saves, may do so before the text has been read."""
    return bool(view.holes) or (bool(wanted) and (view.document is None or not view.document.complete))


def _is_known(text: Text, view: BufferView, start: int, end: int) -> bool:
    """Has everything been read up to here, and is no hole here still being searched?"""
    document = view.document
    if document is None or not (document.complete or any(c.end >= end for c in document.commands)):
        return False
    return all(h.stage not in {Stage.WAITING, Stage.SEARCHING} for h in text.holes_at(start, end))


def _at_hole(
    text: Text, client: Client, hole: HoleView, known: Sequence[types.Diagnostic]
) -> list[types.CodeAction | types.Command]:
    # Only our own hints: what others say of this place may not be about the hole.
    range_ = text.range(hole.hole.start, hole.hole.end)
    resolved = [d for d in known if d.source == diagnostics.SOURCE and d.range == range_] or None
    found: list[types.CodeAction | types.Command] = [
        _insert(text, client, hole, index, wording.proves(proof), resolved, preferred=index == 0)
        for index, proof in enumerate(hole.proofs)
    ]
    conditional = hole.report.conditional if hole.report is not None else None
    if conditional is not None and not hole.proofs:
        found.append(_insert(text, client, hole, 0, wording.proves_given(conditional), resolved, preferred=False))
    if hole.stage in {Stage.OPEN, Stage.ERROR}:
        found.append(_command(Command.SEARCH_DEEPER, "Search deeper for a proof", text, hole))
    if hole.stage in {Stage.WAITING, Stage.SEARCHING}:
        found.append(_command(Command.PROVE_HERE, "Search for a proof here and insert it", text, hole))
    return found


def _at_cursor(text: Text, client: Client, proof: Proof, number: int) -> types.CodeAction:
    """What finishes the proof that the cursor is in, with its edit: nothing is kept that could be resolved."""
    return types.CodeAction(
        wording.proves(proof),
        kind=types.CodeActionKind.QuickFix,
        is_preferred=number == 0 or None,
        edit=text.workspace_edit(client, [proof]),
    )


def _command(command: Command, title: str, text: Text, hole: HoleView) -> types.CodeAction:
    arguments = [text.uri, _json(text.position(hole.hole.start))]
    return types.CodeAction(
        title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title=title, command=command.value, arguments=arguments),
    )


def _json(position: types.Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}


def _insert(
    text: Text,
    client: Client,
    hole: HoleView,
    index: int,
    title: str,
    resolved: list[types.Diagnostic] | None,
    *,
    preferred: bool,
) -> types.CodeAction:
    action = types.CodeAction(
        title, kind=types.CodeActionKind.QuickFix, diagnostics=resolved, is_preferred=preferred or None
    )
    proof = _proof(hole, index)
    if not client.literal_actions:
        arguments = [text.uri, text.buffer.version, _json(text.position(hole.hole.start)), index]
        action.command = types.Command(title=title, command=Command.APPLY.value, arguments=arguments)
    elif client.resolves_edits:
        action.data = {
            "what": _PROOF,
            "uri": text.uri,
            "version": text.buffer.version,
            "start": hole.hole.start,
            "proof": proof.text,
        }
    else:
        action.edit = text.workspace_edit(client, [proof])
    return action


def _insert_part(text: Text, client: Client, hole: HoleView, partial: Partial) -> types.CodeAction:
    action = types.CodeAction(wording.proves_in_part(partial), kind=PARTIAL)
    if client.resolves_edits:
        action.data = {
            "what": _PART,
            "uri": text.uri,
            "version": text.buffer.version,
            "start": hole.hole.start,
            "text": partial.text,
        }
    else:
        action.edit = text.workspace_edit(client, [partial])
    return action


def _proof(hole: HoleView, index: int) -> Proof:
    if hole.proofs:
        return hole.proofs[index]
    assert hole.report is not None
    assert hole.report.conditional is not None
    return hole.report.conditional


async def _fill_all(text: Text, client: Client, *, explicitly: bool) -> types.CodeAction:
    """Fills all holes.

    Whoever asks for just this kind waits for an edit, as an editor that saves does, and gets what there is soon.
    Whoever picks it from a menu gets everything, with progress, as far as the client lets a server make edits.
    """
    title = "Prove all holes of this file"
    action = types.CodeAction(title, kind=FIX_ALL)
    if not client.literal_actions or (client.applies_edits and not explicitly):
        action.command = types.Command(title=title, command=Command.PROVE_FILE.value, arguments=[text.uri])
    elif client.resolves_edits:
        action.data = {"what": _ALL, "uri": text.uri, "version": text.buffer.version}
    else:
        action.edit = await _all_edits(text, client, text.buffer.version)
    return action


async def _all_edits(text: Text, client: Client, version: int) -> types.WorkspaceEdit:
    """What is proved by the end of the budget of a save."""
    server = text.session.settings.server
    with suppress(SupersededError):
        await text.session.search_all(server.save_budget, lambda _: None)
        text.require(version)
        proofs = await text.session.together()
        text.require(version)
        return text.workspace_edit(client, proofs)
    raise RequestError(LSPErrorCodes.ContentModified, "The text has changed since; ask again.")


async def resolve(text: Text, client: Client, action: types.CodeAction) -> types.CodeAction:
    """Adds the edit to an action that was offered without.

    Raises:
        RequestError: the text has changed since it was offered, or it is none that was offered.
    """
    match plain(action.data):
        case {"what": "all", "version": int(version)}:
            text.require(version)
            action.edit = await _all_edits(text, client, version)
        case {"what": "proof", "version": int(version), "start": int(start), "proof": str(wanted)}:
            text.require(version)
            action.edit = text.workspace_edit(client, [_offered(text.hole_from(start), wanted)])
        case {"what": "part", "version": int(version), "start": int(start), "text": str(wanted)}:
            text.require(version)
            action.edit = text.workspace_edit(client, [_offered_part(text.hole_from(start), wanted)])
        case _:
            raise _nothing_to_resolve()
    return action


def _offered_part(hole: HoleView | None, wanted: str) -> Partial:
    found = hole.report.partial if hole is not None and hole.report is not None else None
    if found is None or found.text != wanted:
        raise _not_offered()
    return found


def _not_offered() -> RequestError:
    return RequestError(LSPErrorCodes.ContentModified, "This proof is not offered any more; ask again.")


def _offered(hole: HoleView | None, wanted: str) -> Proof:
    report = hole.report if hole is not None else None
    proofs = [*(hole.proofs if hole is not None else ()), *([report.conditional] if report is not None else [])]
    found = next((p for p in proofs if p is not None and p.text == wanted), None)
    if found is None:
        raise _not_offered()
    return found


def _nothing_to_resolve() -> RequestError:
    return RequestError(ErrorCodes.InvalidParams, "This code action has nothing to be resolved.")


def uri_of(action: types.CodeAction) -> str:
    """The document that an action is for.

    Raises:
        RequestError: it is not one of this server's.
    """
    match plain(action.data):
        case {"uri": str(uri)}:
            return uri
        case _:
            raise _nothing_to_resolve()
