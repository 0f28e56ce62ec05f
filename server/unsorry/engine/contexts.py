"""What a command can see of those before it, as a short text that changes when that does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from unsorry.provers.seam import Command, Document

# Lines that say nothing.  A comment that is missed here costs a search that would not have been needed, and no more.
_COMMENTS = (b"--", b"(*")


def contexts_of(document: Document, data: bytes, epoch: int) -> Mapping[int, str]:
    """By index of the commands that have holes, what they can see.  ``data`` is the text in UTF-8.

    Of a theorem later commands see its statement and not its proof.  ``epoch`` counts changes outside of the text.
    """
    seen = hashlib.blake2b(str(epoch).encode(), digest_size=16)
    if document.commands:
        header = data[: document.commands[0].start].splitlines()
        seen.update(b"\n".join(line for line in header if line.strip() and not line.lstrip().startswith(_COMMENTS)))
    found: dict[int, str] = {}
    for command in document.commands:
        if command.holes:
            found[command.index] = seen.hexdigest()
        seen.update(_shown(command, data))
        seen.update(b"\0")
    return found


def _shown(command: Command, data: bytes) -> bytes:
    if command.declarations and all(d.kind == "theorem" for d in command.declarations):
        return data[command.start : command.statement_end]
    return data[command.start : command.end]
