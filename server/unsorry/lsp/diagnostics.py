"""Hint diagnostics: a hole for which a proof is ready says so by itself, so that light bulbs appear without asking."""

from __future__ import annotations

from typing import Final

from lsprotocol import types

from unsorry.engine.views import Phase
from unsorry.lsp import wording
from unsorry.lsp.texts import Text

#: Whose diagnostics these are.
SOURCE: Final = "unsorry"
#: The code of the hint that a proof is ready.
READY: Final = "proof-ready"


def of(text: Text) -> list[types.Diagnostic] | None:
    """What the client should show now; None while that is not known, and what it shows should stay."""
    view = text.session.view
    if not text.session.settings.server.diagnostics:
        return []
    if view.phase in {Phase.CHANGED, Phase.PREPARING, Phase.READING}:
        # Editors move what they show along with the text; taking it away for the time of a keystroke would flicker.
        return None
    return [
        types.Diagnostic(
            text.range(hole.hole.start, hole.hole.end),
            wording.ready(hole.proofs[0]),
            severity=types.DiagnosticSeverity.Hint,
            code=READY,
            source=SOURCE,
        )
        for hole in view.holes
        if hole.proofs
    ]
