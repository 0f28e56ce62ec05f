"""A strict client for tests: raw JSON over a real process's streams, or over TCP.

It keeps its own copy of every text, answers what a server may ask an editor, and remembers every answer, so that a
test can say that each request was answered exactly once and that nothing was offered for another version.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psutil

Json = dict[str, Any]

#: How long a server may take for something that it does at once, and for proofs, on a busy machine.
SOON = 20.0
LATER = 90.0

CAPABILITIES: Json = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceEdit": {"documentChanges": True},
        "codeLens": {"refreshSupport": True},
        "inlayHint": {"refreshSupport": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "synchronization": {"willSaveWaitUntil": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source.fixAll"]}},
            "isPreferredSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
}


class AnswerError(Exception):
    """The server answered with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.error = error


class Client:
    """One connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._heard = asyncio.Condition()
        self._task = asyncio.create_task(self._read())
        self.settings: Json = {}
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.diagnostics: dict[str, Json] = {}
        self.notices: list[Json] = []
        self.asked: list[Json] = []
        self.answers: Counter[int] = Counter()
        self.sent: set[int] = set()
        self.raw = b""
        #: Called with an edit that the server wants applied; says whether the client did.
        self.accept: Callable[[Json], bool] = self.apply
        #: Unanswered on purpose, by method.
        self.mute: set[str] = set()
        self.process: asyncio.subprocess.Process | None = None

    # Messages

    async def _read(self) -> None:
        while (head := await self._head()) is not None:
            body = await self._reader.readexactly(head)
            self.raw += body + b"\n"
            await self._take(json.loads(body))
        async with self._heard:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the server has gone"))
            self._heard.notify_all()

    async def _head(self) -> int | None:
        length: int | None = None
        while line := await self._reader.readline():
            if line == b"\r\n":
                return length
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return None

    async def _take(self, message: Json) -> None:
        if "method" not in message:
            ident = message["id"]
            self.answers[ident] += 1
            future = self._waiting.pop(ident, None)
            if future is not None and not future.done():
                if "error" in message:
                    future.set_exception(AnswerError(message["error"]))
                else:
                    future.set_result(message["result"])
        elif "id" in message:
            self.asked.append(message)
            if message["method"] not in self.mute:
                self._send({"id": message["id"], "result": self._answer(message["method"], message.get("params"))})
        else:
            self.notices.append(message)
            if message["method"] == "textDocument/publishDiagnostics":
                self.diagnostics[message["params"]["uri"]] = message["params"]
        async with self._heard:
            self._heard.notify_all()

    def _answer(self, method: str, params: Any) -> Any:
        match method:
            case "workspace/configuration":
                return [self.settings for _ in params["items"]]
            case "workspace/applyEdit":
                return {"applied": self.accept(params["edit"])}
            case "window/showDocument":
                return {"success": True}
            case _:
                return None

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def notify(self, method: str, params: Any = None) -> None:
        """Sends a notification."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any = None) -> tuple[int, asyncio.Future[Any]]:
        """Sends a request; its id and its answer to come."""
        ident = next(self._ids)
        self.sent.add(ident)
        future = self._waiting[ident] = asyncio.get_running_loop().create_future()
        self._send({"id": ident, "method": method, "params": params})
        return ident, future

    async def request(self, method: str, params: Any = None, seconds: float = LATER) -> Any:
        """Sends a request and waits for its answer."""
        _, future = self.ask(method, params)
        return await asyncio.wait_for(future, seconds)

    def cancel(self, ident: int) -> None:
        """Cancels a request."""
        self.notify("$/cancelRequest", {"id": ident})

    async def until(self, done: Callable[[], bool], seconds: float = LATER) -> None:
        """Waits until something was heard."""
        async with asyncio.timeout(seconds), self._heard:
            await self._heard.wait_for(done)

    async def command(self, command: str, *arguments: Any) -> Any:
        """Executes a command."""
        return await self.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})

    # Life

    async def initialize(self, folder: Path | None = None, capabilities: Json | None = None, **more: Any) -> Json:
        """Begins the conversation."""
        params: Json = {"processId": os.getpid(), "rootUri": None, "capabilities": capabilities or CAPABILITIES, **more}
        if folder is not None:
            params["workspaceFolders"] = [{"uri": folder.as_uri(), "name": folder.name}]
        result = await self.request("initialize", params, SOON)
        self.notify("initialized", {})
        return result

    async def shut_down(self) -> int | None:
        """Ends the conversation as an editor does; the process's exit status."""
        await self.request("shutdown", None, SOON)
        self.notify("exit")
        return await self.end()

    async def end(self) -> int | None:
        """Waits until the server has gone."""
        status = None
        if self.process is not None:
            status = await asyncio.wait_for(self.process.wait(), SOON)
        self._writer.close()
        await asyncio.wait_for(self._task, SOON)
        return status

    def unanswered(self) -> set[int]:
        """Requests that were not answered exactly once."""
        return {ident for ident in self.sent if self.answers[ident] != 1}

    # Texts

    def open(self, uri: str, text: str, language: str = "lean4", version: int = 1) -> None:
        """Opens a text."""
        self.texts[uri], self.versions[uri] = text, version
        document = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, text: str) -> None:
        """Puts a whole new text in the place of the old one."""
        self.texts[uri] = text
        self.versions[uri] += 1
        self._changed(uri, [{"text": text}])

    def edit(self, uri: str, old: str, new: str) -> None:
        """Puts one text, which must occur once, in the place of another."""
        text = self.texts[uri]
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        start = text.index(old)
        range_ = {"start": position(text, start), "end": position(text, start + len(old))}
        self.texts[uri] = text.replace(old, new)
        self.versions[uri] += 1
        self._changed(uri, [{"range": range_, "text": new}])

    def _changed(self, uri: str, changes: list[Json]) -> None:
        document = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def close(self, uri: str) -> None:
        """Closes a text."""
        del self.texts[uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def apply(self, edit: Json) -> bool:
        """Applies a server's edit as an editor would: not for another version.  Tells the server of it."""
        changes = cast("list[Json]", edit.get("documentChanges") or [])
        for change in changes:
            document: Json = change["textDocument"]
            if document["uri"] in self.texts and document["version"] != self.versions[document["uri"]]:
                return False
        for change in changes:
            uri: str = change["textDocument"]["uri"]
            if uri in self.texts:
                self.change(uri, applied(self.texts[uri], change["edits"]))
        for uri, edits in cast("dict[str, list[Json]]", edit.get("changes") or {}).items():
            self.change(uri, applied(self.texts[uri], edits))
        return True

    # Features

    def at(self, uri: str, needle: str, offset: int = 0) -> Json:
        """The parameters of a request at the first place of a text."""
        text = self.texts[uri]
        return {"textDocument": {"uri": uri}, "position": position(text, text.index(needle) + offset)}

    async def actions(self, uri: str, needle: str, **context: Any) -> list[Json]:
        """The code actions at the first place of a text."""
        place = self.at(uri, needle)["position"]
        params: Json = {
            "textDocument": {"uri": uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": [], "triggerKind": 1, **context},
        }
        return await self.request("textDocument/codeAction", params)

    async def hover(self, uri: str, needle: str) -> str:
        """What a hover shows at the first place of a text."""
        found = await self.request("textDocument/hover", self.at(uri, needle))
        return "" if found is None else found["contents"]["value"]

    async def ready(self, uri: str, count: int = 1, seconds: float = LATER) -> list[Json]:
        """Waits until so many holes of the newest version have a proof; their diagnostics."""

        def done() -> bool:
            found = self.diagnostics.get(uri)
            return (
                found is not None
                and found.get("version") == self.versions[uri]
                and len([d for d in found["diagnostics"] if d.get("code") == "proof-ready"]) >= count
            )

        await self.until(done, seconds)
        return self.diagnostics[uri]["diagnostics"]

    async def idle(self, uri: str, seconds: float = LATER) -> Json:
        """Waits until nothing is left to do for the newest version; the state of the text."""
        async with asyncio.timeout(seconds):
            while True:
                status = await self.command("unsorry.status")
                (text,) = [t for t in status["texts"] if t["uri"] == uri] or [{}]
                if text.get("version") == self.versions[uri] and text["phase"] in {"idle", "failed"}:
                    return text
                await asyncio.sleep(0.05)


def position(text: str, index: int) -> Json:
    """The position of a character, counted in UTF-16."""
    before = text[:index]
    line = before.count("\n")
    column = before[before.rfind("\n") + 1 :]
    return {"line": line, "character": len(column.encode("utf-16-le")) // 2}


def index(text: str, place: Mapping[str, int]) -> int:
    """The character at a position, counted in UTF-16."""
    lines = text.split("\n")
    before = sum(len(line) + 1 for line in lines[: place["line"]])
    units = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]]
    return before + len(units.decode("utf-16-le"))


def applied(text: str, edits: list[Json]) -> str:
    """A text with edits made that do not overlap."""
    spans = [(index(text, e["range"]["start"]), index(text, e["range"]["end"]), e["newText"]) for e in edits]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def environment() -> dict[str, str]:
    """What a server process is started with."""
    return {**os.environ, "PYTHONWARNINGS": "error"}


@asynccontextmanager
async def stdio(*arguments: str, log_folder: Path, program: list[str] | None = None) -> AsyncGenerator[Client]:
    """A server as a real process on its standard streams.  It must end by itself, and leave nothing behind."""
    command = program or [sys.executable, "-m", "unsorry", "lsp", "--log-folder", str(log_folder)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stdin is not None
    client = Client(process.stdout, process.stdin)
    client.process = process
    try:
        yield client
        if process.returncode is None:
            assert await client.shut_down() == 0
        assert client.unanswered() == set()
        assert b"Traceback" not in client.raw
    finally:
        if process.returncode is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            await process.wait()
