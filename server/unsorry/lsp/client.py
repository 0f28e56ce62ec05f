"""What the client can do, read off its capabilities once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from lsprotocol import types
from pygls.capabilities import get_capability

from unsorry.lsp.positions import Encoding, choose

#: Neovim stops waiting after a second (`buf_request_sync`); the answer has to be on its way by then.
_SAVE_PATIENCE: Final = {"Neovim": 0.8}


@dataclass(frozen=True, slots=True)
class Client:
    """One client's abilities.  Each is named for what the server may do because of it."""

    encoding: Encoding = Encoding.UTF_16
    versioned_edits: bool = False
    resolves_edits: bool = False
    literal_actions: bool = False
    refreshes_lenses: bool = False
    refreshes_hints: bool = False
    shows_progress: bool = False
    shows_documents: bool = False
    gives_settings: bool = False
    registers_settings: bool = False
    watches_files: bool = False
    applies_edits: bool = False
    takes_status: bool = False
    #: How long it waits for what a save brings, in seconds, where that is known to be short.
    save_patience: float = math.inf

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities, name: str = "") -> Client:
        """Reads what a client says of itself."""

        def has(name: str) -> bool:
            return bool(get_capability(capabilities, name, False))

        encodings = get_capability(capabilities, "general.position_encodings", None)
        resolvable = get_capability(capabilities, "text_document.code_action.resolve_support.properties", None)
        return cls(
            encoding=choose(None if encodings is None else [str(getattr(e, "value", e)) for e in encodings]),
            versioned_edits=has("workspace.workspace_edit.document_changes"),
            resolves_edits="edit" in (resolvable or ()) and has("text_document.code_action.data_support"),
            literal_actions=get_capability(capabilities, "text_document.code_action.code_action_literal_support", None)
            is not None,
            refreshes_lenses=has("workspace.code_lens.refresh_support"),
            refreshes_hints=has("workspace.inlay_hint.refresh_support"),
            shows_progress=has("window.work_done_progress"),
            shows_documents=has("window.show_document.support"),
            gives_settings=has("workspace.configuration"),
            registers_settings=has("workspace.did_change_configuration.dynamic_registration"),
            watches_files=has("workspace.did_change_watched_files.dynamic_registration"),
            applies_edits=has("workspace.apply_edit"),
            takes_status=_own(capabilities, "status"),
            save_patience=_SAVE_PATIENCE.get(name, math.inf),
        )


def _own(capabilities: types.ClientCapabilities, name: str) -> bool:
    """Does the client say that it knows something that no other server has?"""
    found: object = capabilities.experimental
    for key in ("unsorry", name):
        found = cast("Mapping[str, object]", found).get(key) if isinstance(found, Mapping) else None
    return found is True
