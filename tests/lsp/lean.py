"""Texts with a mark where the cursor is, and what a Lean of the tests' own says of a text that a server has made."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from lsp.client import LATER, Client, Json, applied, position
from provers.leans import Bench
from unsorry.engine.trust import STANDARD_AXIOMS

MARK = "¦"
SORRY = "sorryAx"

_numbers = itertools.count(1)


class Page:
    """One open text of one client."""

    def __init__(self, client: Client, marked: str, uri: str | None = None) -> None:
        """Opens it.  ``marked`` has the mark where the cursor is, or none."""
        self.client = client
        self.uri = uri or f"file:///pages/P{next(_numbers)}.lean"
        self.cursor = marked.find(MARK)
        client.open(self.uri, marked.replace(MARK, ""))

    @property
    def text(self) -> str:
        """The newest text."""
        return self.client.texts[self.uri]

    @property
    def here(self) -> Json:
        """The position of the cursor."""
        return position(self.text, self.cursor)

    @property
    def params(self) -> Json:
        """What most requests need."""
        return {"textDocument": {"uri": self.uri}, "position": self.here}

    async def ask(self, method: str, **more: Any) -> Any:
        """A request at the cursor."""
        return await self.client.request(f"textDocument/{method}", {**self.params, **more})

    async def actions(self, only: list[str] | None = None, **context: Any) -> list[Json]:
        """The code actions at the cursor."""
        chosen = {} if only is None else {"only": only}
        params = {
            "textDocument": {"uri": self.uri},
            "range": {"start": self.here, "end": self.here},
            "context": {"diagnostics": [], "triggerKind": 1, **chosen, **context},
        }
        return await self.client.request("textDocument/codeAction", params)

    async def idle(self) -> None:
        """Waits until the server has done all that it does by itself."""
        await self.client.idle(self.uri)

    def with_edit(self, edit: Json) -> str:
        """The text with one edit made: a text edit, or a workspace edit of this version."""
        if "range" in edit:
            return applied(
                self.text, [{"range": edit["range"], "newText": edit.get("newText", edit.get("insertText"))}]
            )
        if "changes" in edit:
            ((uri, edits),) = edit["changes"].items()
        else:
            (change,) = edit["documentChanges"]
            uri, edits = change["textDocument"]["uri"], change["edits"]
            assert change["textDocument"]["version"] == self.client.versions[self.uri]
        assert uri == self.uri
        return applied(self.text, edits)

    def close(self) -> None:
        """Closes it."""
        self.client.close(self.uri)


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = LATER) -> None:
    """Asks again and again until it is so."""
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def patiently(ask: Callable[[], Awaitable[list[Json]]], *, wanted: bool) -> list[Json]:
    """The answer, asked for again where something is wanted: a search has little time, and a busy machine needs more.

    Where nothing is wanted the first answer counts.
    """
    found = await ask()
    for _ in range(4):
        if found or not wanted:
            break
        found = await ask()
    return found


async def warm(client: Client) -> None:
    """Has the server start the Lean that works on pages."""
    page = Page(client, "example : 1 = 1 := by sorry\n")
    await client.ready(page.uri)
    await page.idle()
    page.close()


async def certified(judge: Bench, text: str, left: int = 0) -> None:
    """Lean itself accepts the text, with so many holes left, and nothing in it rests on anything odd."""
    document = await judge.open(text)
    assert not document.errors, (text, document.errors)
    assert len(document.holes) == left, text
    for told in await judge.prover.axioms(document):
        allowed = STANDARD_AXIOMS | ({SORRY} if left else frozenset[str]())
        assert set(told.axioms) <= allowed, (told, text)
