"""Auto-proof on save: what is proved by the end of the save's budget is put into the text that is being saved."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from lsprotocol import types

from unsorry.engine.entries import SupersededError
from unsorry.engine.report import Proof
from unsorry.lsp.client import Client
from unsorry.lsp.texts import Text

_log = logging.getLogger(__name__)

#: The part of the budget that is kept for checking that the proofs hold together.
_TOGETHER: Final = 0.25


async def prove_on_save(text: Text, client: Client, why: types.TextDocumentSaveReason) -> list[types.TextEdit]:
    """The edits for the version that is being saved; none when the user did not opt in, or has typed on.

    A save that the editor makes by itself, while the user types or looks away, changes nothing.  Editors wait for this
    with the file unsaved, and stop asking whoever is late, so the budget is kept.
    """
    server = text.session.settings.server
    if not server.prove_on_save or why is not types.TextDocumentSaveReason.Manual:
        return []
    version = text.buffer.version
    budget = min(server.save_budget, client.save_patience)
    deadline = asyncio.get_running_loop().time() + budget
    proofs: tuple[Proof, ...] = ()
    with suppress(SupersededError, TimeoutError):
        await text.session.search_all(budget * (1 - _TOGETHER), lambda _: None)
        async with asyncio.timeout_at(deadline):
            proofs = await text.session.together()
    if text.buffer.version != version:
        return []
    _log.info("%s: %d proofs on save", text.uri, len(proofs))
    return [text.text_edit(p.edit) for p in proofs]
