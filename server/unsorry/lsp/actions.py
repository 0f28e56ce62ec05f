"""Code actions: proofs at a hole, a deeper search, and all holes of a file at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from lsprotocol import types
from lsprotocol.types import ErrorCodes, LSPErrorCodes

from unsorry.engine.entries import SupersededError
from unsorry.engine.report import Proof
from unsorry.engine.views import BufferView, HoleView, Stage
from unsorry.lsp import diagnostics, wording
from unsorry.lsp.client import Client
from unsorry.lsp.commands import Command
from unsorry.lsp.requests import RequestError
from unsorry.lsp.texts import Text

#: The kind of the action that fills all holes, as editors ask for it on save.
FIX_ALL: Final = "source.fixAll.unsorry"

#: How long whoever asks for actions waits for a search that is under way, in seconds.
_PATIENCE: Final = 1.5

_PROOF: Final = "proof"
_ALL: Final = "all"


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
        for hole in text.holes_at(start, end):
            actions += _at_hole(text, client, hole, params.context.diagnostics)
    if _wants(wanted, FIX_ALL) and (text.session.view.holes or wanted):
        actions.append(await _fill_all(text, client, explicitly=bool(wanted)))
    if not client.literal_actions:
        return [a.command for a in actions if isinstance(a, types.CodeAction) and a.command is not None]
    return actions


def _wants(only: Sequence[str] | None, kind: str) -> bool:
    """Kinds are hierarchical: who asks for `source.fixAll` wants `source.fixAll.unsorry` too."""
    if not only:
        return True
    return any(kind == (k := str(getattr(o, "value", o))) or kind.startswith(f"{k}.") for o in only)


def _is_known(text: Text, view: BufferView, start: int, end: int) -> bool:
    """Has everything been read up to here, and is no hole here still being searched?"""
    document = view.document
    if document is None or not (document.complete or any(c.end >= end for c in document.commands)):
        return False
    return all(h.stage not in {Stage.WAITING, Stage.SEARCHING} for h in text.holes_at(start, end))


def _at_hole(
    text: Text, client: Client, hole: HoleView, known: Sequence[types.Diagnostic]
) -> list[types.CodeAction | types.Command]:
    # A diagnostic of another server's at the same place (Lean's own "declaration uses sorry") is resolved as well.
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


def _proof(hole: HoleView, index: int) -> Proof:
    if hole.proofs:
        return hole.proofs[index]
    assert hole.report is not None
    assert hole.report.conditional is not None
    return hole.report.conditional


async def _fill_all(text: Text, client: Client, *, explicitly: bool) -> types.CodeAction:
    title = "Prove all holes of this file"
    action = types.CodeAction(title, kind=FIX_ALL)
    if client.resolves_edits and client.literal_actions:
        action.data = {"what": _ALL, "uri": text.uri, "version": text.buffer.version}
    elif explicitly and client.literal_actions:
        action.edit = await _all_edits(text, client)
    else:
        action.command = types.Command(title=title, command=Command.PROVE_FILE.value, arguments=[text.uri])
    return action


async def _all_edits(text: Text, client: Client) -> types.WorkspaceEdit:
    with suppress(SupersededError):
        await text.session.settle(text.session.settings.server.save_budget)
    return text.workspace_edit(client, await text.session.together())


async def resolve(text: Text, client: Client, action: types.CodeAction) -> types.CodeAction:
    """Adds the edit to an action that was offered without.

    Raises:
        RequestError: the text has changed since it was offered.
    """
    data = cast("Mapping[str, Any]", action.data)
    text.require(int(data["version"]))
    if data["what"] == _ALL:
        action.edit = await _all_edits(text, client)
        text.require(int(data["version"]))
        return action
    hole = text.hole_from(int(data["start"]))
    report = hole.report if hole is not None else None
    offered = [*(hole.proofs if hole is not None else ()), *([report.conditional] if report is not None else [])]
    proof = next((p for p in offered if p is not None and p.text == data["proof"]), None)
    if proof is None:
        raise RequestError(LSPErrorCodes.ContentModified, "This proof is not offered any more; ask again.")
    action.edit = text.workspace_edit(client, [proof])
    return action


def uri_of(action: types.CodeAction) -> str:
    """The document that an action is for.

    Raises:
        RequestError: it is not one of this server's.
    """
    data = action.data
    uri = cast("Mapping[str, object]", data).get("uri") if isinstance(data, Mapping) else None
    if not isinstance(uri, str):
        raise RequestError(ErrorCodes.InvalidParams, "This code action has nothing to be resolved.")
    return uri
