"""An open document: the client's newest text, and the session that works on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lsprotocol import types
from lsprotocol.types import LSPErrorCodes

from unsorry.engine.report import Partial, Proof
from unsorry.engine.session import Session
from unsorry.engine.views import HoleView
from unsorry.lsp.buffers import Buffer
from unsorry.lsp.client import Client
from unsorry.lsp.requests import RequestError
from unsorry.provers.seam import Edit

#: How long a text may take to be read up to a place that somebody asks about, in seconds: with what it imports it can
#: be much.
READ_LIMIT: Final = 300.0


@dataclass(slots=True, eq=False)
class Text:
    """One open document.  ``root`` is known once its project is."""

    buffer: Buffer
    language: str
    path: Path | None
    session: Session
    root: Path | None = None
    #: Diagnostics that the client shows now, and of which version; None before any were sent.
    shown: list[types.Diagnostic] | None = None
    shown_version: int | None = None

    @property
    def uri(self) -> str:
        """As the client names it."""
        return self.buffer.uri

    def offset(self, position: types.Position) -> int:
        """The byte at a position."""
        return self.buffer.lines.offset(position.line, position.character)

    def span(self, range_: types.Range) -> tuple[int, int]:
        """The bytes of a range, in order."""
        start, end = self.offset(range_.start), self.offset(range_.end)
        return min(start, end), max(start, end)

    def position(self, offset: int) -> types.Position:
        """The position of a byte."""
        return types.Position(*self.buffer.lines.position(offset))

    def range(self, start: int, end: int) -> types.Range:
        """The range of some bytes."""
        return types.Range(self.position(start), self.position(end))

    def line_bounds(self, offset: int) -> tuple[int, int]:
        """Where the line of a byte begins, and where it ends before its line feed."""
        data = self.buffer.data
        start = data.rfind(b"\n", 0, offset) + 1
        end = data.find(b"\n", offset)
        return start, len(data) if end < 0 else end

    def holes_at(self, start: int, end: int) -> tuple[HoleView, ...]:
        """The holes that a range touches, or else those on its lines."""
        view = self.session.view
        touched = view.at(start, end)
        if touched:
            return touched
        return view.at(self.line_bounds(start)[0], self.line_bounds(end)[1])

    def nearest_hole(self, offset: int) -> HoleView | None:
        """The hole at a byte, or else the nearest one on its line."""
        return min(self.holes_at(offset, offset), key=lambda h: abs(h.hole.start - offset), default=None)

    def hole_from(self, start: int) -> HoleView | None:
        """The hole that begins at a byte."""
        return next((h for h in self.session.view.holes if h.hole.start == start), None)

    def text_edit(self, edit: Edit) -> types.TextEdit:
        """An edit of this version in the protocol's terms."""
        return types.TextEdit(self.range(edit.start, edit.end), edit.text)

    def workspace_edit(self, client: Client, proofs: Iterable[Proof | Partial]) -> types.WorkspaceEdit:
        """Proofs put into this version of the text, and into no other where the client looks at versions."""
        return workspace_edit(client, [(self.uri, self.buffer.version, [self.text_edit(p.edit) for p in proofs])])

    def require(self, version: int) -> None:
        """Says no to what was asked of an older version.

        Raises:
            RequestError: the text has changed since.
        """
        if version != self.buffer.version:
            raise RequestError(LSPErrorCodes.ContentModified, "The text has changed since; ask again.")


def workspace_edit(
    client: Client, edits: Sequence[tuple[str, int | None, Sequence[types.TextEdit]]]
) -> types.WorkspaceEdit:
    """Edits of several documents: uri, version (None for one that is not open) and what changes."""
    if client.versioned_edits:
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version), list(e))
                for uri, version, e in edits
                if e
            ]
        )
    return types.WorkspaceEdit(changes={uri: list(e) for uri, _, e in edits if e})
