"""A client that does anything in any order: whatever it does, the promises hold.

Each step is checked against the client's own texts: what the server offers must be for the version that it names, and
put into that text it must be what proves the hole.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import psutil
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from lsp import fake_server
from lsp.client import CAPABILITIES, LATER, AnswerError, Client, Json, stdio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Fakes: 16 clients with 40 steps each.  Set the variable to try more of them.
CLIENTS: Final = int(os.environ.get("UNSORRY_RANDOM_CLIENTS", "16"))
STEPS: Final = 40
EMBEDDED_CLIENTS: Final = 4
EMBEDDED_STEPS: Final = 16

#: Above this, the event loop was held for too long, in seconds.
STALL: Final = 0.1

#: What a request may fail with: cancelled, the text changed, it can't be done, wrong arguments.
EXPECTED: Final = frozenset({-32800, -32801, -32803, -32602})

T = TypeVar("T")

_LINE_END: Final = re.compile("\r\n?|\n")
_HOLE: Final = re.compile(r"\b(?:sorry|admit)\b")


# Positions, counted by this side's own rules


def units(text: str, encoding: str) -> int:
    match encoding:
        case "utf-8":
            return len(text.encode())
        case "utf-16":
            return len(text.encode("utf-16-le")) // 2
        case _:
            return len(text)


def position(text: str, index: int, encoding: str) -> Json:
    starts = [0, *(m.end() for m in _LINE_END.finditer(text) if m.end() <= index)]
    return {"line": len(starts) - 1, "character": units(text[starts[-1] : index], encoding)}


def index(text: str, place: Mapping[str, int], encoding: str) -> int:
    starts = [0, *(m.end() for m in _LINE_END.finditer(text))]
    start, count = starts[place["line"]], 0
    for offset, character in enumerate(text[start:]):
        if count == place["character"]:
            return start + offset
        assert character not in "\r\n", "a position behind the end of its line"
        count += units(character, encoding)
    assert count == place["character"], "a position within a character"
    return len(text)


def span(text: str, range_: Json, encoding: str) -> tuple[int, int]:
    return index(text, range_["start"], encoding), index(text, range_["end"], encoding)


# The texts, and what proves them


class Fakes:
    """Texts for the scripted prover."""

    suffix = ".fake"
    language = "fake"
    kinds: ClassVar[tuple[str, ...]] = tuple(fake_server.PROOFS)

    @staticmethod
    def theorem(number: int, kind: int) -> str:
        name = Fakes.kinds[kind % len(Fakes.kinds)]
        body = ("by\n  sorry", "by\n  -- 𝔸 ∀\n  sorry", "sorry", "by\n  split\n  · sorry\n  · sorry")[number % 4]
        return f"theorem t{number}_𝔸 : {name} x{number} := {body}\n\n"

    @staticmethod
    def holds(text: str, start: int, end: int, new: str) -> bool:
        """Is this what the script calls a proof of the hole?"""
        whole = new.replace("\r\n", "\n")
        start = start + len(whole) - len(whole.lstrip()) if not text[start:end].strip() else start
        head = list(fake_server.THEOREM.finditer(text, 0, start))[-1]
        family = next(iter(head[3].split(maxsplit=1)), "")
        body = text[head.end() : start].removeprefix("by")
        if family == "split" and re.search(r"^\s*split\b", body, re.MULTILINE):
            family = "easy"
        stripped = "\n".join(line.strip() for line in whole.strip().removeprefix("by").strip().split("\n"))
        return stripped.strip("()").removeprefix("by").strip() in fake_server.PROOFS.get(family, ())


class Leans:
    """Texts for the embedded Lean."""

    suffix = ".lean"
    language = "lean4"
    _TRUE: Final = (
        "1 + 1 = 2",
        "(a : Nat) : a + 0 = a",
        "(a b : Nat) : a + b = b + a",
        "(p q : Prop) (hp : p) (hq : q) : p ∧ q",
    )
    _FALSE: Final = ("1 + 1 = 3", "(p : Prop) : p", "(a b : Nat) : a + b = a")

    @classmethod
    def theorem(cls, number: int, kind: int) -> str:
        every = [*cls._TRUE, *cls._FALSE]
        statement = every[kind % len(every)]
        colon = "" if statement.startswith("(") else ": "
        body = ("by\n  sorry", "by\n  -- 𝔸 ∀\n  sorry", "sorry")[number % 3]
        return f"theorem t{number} {colon}{statement} := {body}\n\n"

    @classmethod
    def holds(cls, text: str, start: int, end: int, new: str) -> bool:
        """Is the statement true, and is no hole left?  That the proof checks is for the prover's own tests."""
        del end
        head = text[text.rindex("theorem t", 0, start) : start]
        return any(f" {s} :=" in head or f": {s} :=" in head for s in cls._TRUE) and not _HOLE.search(new)


class Driver:
    """One client and its server, and what the client knows."""

    def __init__(self, kind: type[Fakes] | type[Leans], folder: Path, encoding: str, checked: Counter[str]) -> None:
        self.kind = kind
        self.folder = folder
        self.encoding = encoding
        self.history: dict[tuple[str, int], str] = {}
        self.wrong: list[str] = []
        self.pending: list[tuple[str, str, int, int, asyncio.Future[Any]]] = []
        self.offers: list[Json] = []
        self.seen = 0
        #: Which generation of a watched search was told of last, and how many of its candidates.
        self.watched = 0, 0
        #: What was checked, so that it can be said that there was something to check.
        self.checked = checked
        self.numbers = 0
        self.tasks = 0
        names = ["one", "two 𝔸", "three"]
        self.uris = [(folder / f"{name}{kind.suffix}").as_uri() for name in names]
        self._context: AbstractAsyncContextManager[Client] | None = None
        self.client: Client = None  # type: ignore[assignment]

    # Life

    async def start(self) -> None:
        program, arguments = None, ["--embedded", "--no-install", "--watch-loop"]
        if self.kind is Fakes:
            program = [sys.executable, str(Path(fake_server.__file__)), "--log-folder", str(self.folder / "log")]
            arguments = []
        self._context = stdio(*arguments, program=program, log_folder=self.folder / "log")
        client = self.client = await self._context.__aenter__()
        client.accept = self.accept
        client.settings = {"server": {"budget": 0.8, "deeper_budget": 1.0, "quiet": 0.02}, "prove": {"budget": 0.8}}
        client.settings["server"]["prove_on_save"] = True
        capabilities = {**CAPABILITIES, "general": {"positionEncodings": [self.encoding]}}
        capabilities["experimental"] = {"unsorry": {"status": True}}
        result = await client.initialize(self.folder, capabilities)
        assert result["capabilities"]["positionEncoding"] == self.encoding
        self.tasks = (await client.command("unsorry.status"))["tasks"]

    async def stop(self) -> None:
        """Everything was answered, everything holds, and nothing goes on."""
        assert self._context is not None
        try:
            await self.settle()
            # Where nothing is searched without being asked, ghost text waits for as long as it may.
            await self.set("server", "automatic", True)
            for method in METHODS[:5]:
                await self.ask_at_rest(method, 0, 0)
            for uri in list(self.client.texts):
                await self.client.idle(uri)
                await self.same(uri)
                await self.holes(uri)
                self.client.close(uri)
            await self.rest()
            self.look()
            self.read_log()
            children = psutil.Process(self._pid).children(recursive=True)
            assert await self.client.shut_down() == 0
            assert not [child for child in children if child.is_running()]
        except BaseException:
            await self._context.__aexit__(*sys.exc_info())
            raise
        await self._context.__aexit__(None, None, None)
        self._context = None

    @property
    def _pid(self) -> int:
        assert self.client.process is not None
        return self.client.process.pid

    async def abandon(self) -> None:
        """After a failure: nothing may be left behind."""
        if self._context is not None:
            error = AssertionError("a step failed")
            await self._context.__aexit__(type(error), error, None)

    async def rest(self) -> None:
        """Waits until the server does nothing, and checks that it says so."""
        status: Json = {}
        for _ in range(200):
            status = await self.client.command("unsorry.status")
            # Each process has a task that reads what it says.
            running = sum(1 for lane in status["lanes"] if lane["memory"]) if self.kind is Leans else 0
            if status["tasks"] <= self.tasks + running and not status["texts"] and not status["requests"]:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError(f"something goes on: {status}")
        assert all(lane["cause"] is None and lane["queue"] == 0 for lane in status["lanes"])
        assert status["stalls"]["worst"] is None or status["stalls"]["worst"] < STALL, status["stalls"]

    def read_log(self) -> None:
        """Whatever a client does, it is no fault of the server's."""
        assert not (found := self.faults()), "\n".join(found)

    def faults(self) -> list[str]:
        """The errors in the log."""
        lines = [line for file in (self.folder / "log").glob("*.log") for line in file.read_text().splitlines()]
        return [line.replace("\\n", "\n") for line in lines if json.loads(line)["level"] == "error"]

    # What the server says

    def problem(self, text: str) -> None:
        self.wrong.append(text)

    def check_edit(self, what: str, uri: str, version: int, edit: Json) -> None:
        """An edit is for a text that this client had, and proves a hole of it."""
        self.checked[what] += 1
        text = self.history.get((uri, version))
        if text is None:
            self.problem(f"{what}: {uri} never had version {version}")
            return
        start, end = span(text, edit["range"], self.encoding)
        old = text[start:end].strip()
        # A proof of several lines takes in the white space before the hole.
        if _HOLE.fullmatch(old) is None or not self.kind.holds(text, end - len(old), end, edit["newText"]):
            self.problem(f"{what}: {edit} in version {version} of {text!r}")

    def check_edits(self, what: str, edit: Json, uri: str | None = None, version: int | None = None) -> None:
        for change in edit["documentChanges"]:
            document = change["textDocument"]
            if uri is not None and (document["uri"], document["version"]) != (uri, version):
                self.problem(f"{what} was asked for version {version} and is for {document}")
            for one in change["edits"]:
                if document["version"] is not None:
                    self.check_edit(what, document["uri"], document["version"], one)

    def accept(self, edit: Json) -> bool:
        """The server wants an edit made: the client does, if it is for what it has."""
        try:
            self.check_edits("workspace/applyEdit", edit)
            for change in edit["documentChanges"]:
                uri, version = change["textDocument"]["uri"], change["textDocument"]["version"]
                if uri in self.client.texts and version != self.client.versions[uri]:
                    return False
            for change in edit["documentChanges"]:
                uri = change["textDocument"]["uri"]
                if uri in self.client.texts:
                    text = self.client.texts[uri]
                    spans = [(*span(text, e["range"], self.encoding), e["newText"]) for e in change["edits"]]
                    for start, end, new in sorted(spans, reverse=True):
                        text = text[:start] + new + text[end:]
                    self.whole(uri, text)
        except (AssertionError, KeyError, IndexError) as error:
            self.problem(f"workspace/applyEdit: {error!r} of {edit}")
            return False
        return True

    def look(self) -> None:
        """Checks what was told without being asked."""
        for notice in self.client.notices[self.seen :]:
            if notice["method"] == "textDocument/publishDiagnostics":
                self.check_diagnostics(notice["params"])
            if notice["method"] == "unsorry/search":
                self.check_search(notice["params"])
            if notice["method"] == "window/logMessage" and notice["params"]["type"] == 1:
                self.problem(notice["params"]["message"])
        self.seen = len(self.client.notices)
        assert not self.wrong, "\n".join([*self.wrong, *self.faults()])

    def check_search(self, params: Json) -> None:
        """Candidates come one after another, and what is said to prove a hole does."""
        generation, told = self.watched
        if params["generation"] < generation or params["first"] != (told if params["generation"] == generation else 0):
            self.problem(f"after {told} candidates of generation {generation}: {params}")
        self.watched = params["generation"], params["first"] + len(params["candidates"])
        text = self.history.get((params["uri"], params["version"]))
        if text is None:
            self.problem(f"a search in a version that never was: {params}")
            return
        start, end = span(text, params["range"], self.encoding)
        if not _HOLE.fullmatch(text[start:end]):
            self.problem(f"a search of no hole: {params} in {text!r}")
        for proof in params["proofs"]:
            self.checked["proof of a watched hole"] += 1
            inserted = proof["title"].split("`")[1].replace("first_step last_step", "first_step\nlast_step")
            if not self.kind.holds(text, start, end, inserted):
                self.problem(f"{proof} in {text!r}")

    def check_diagnostics(self, params: Json) -> None:
        if not params["diagnostics"]:
            return
        text = self.history.get((params["uri"], params["version"]))
        if text is None:
            self.problem(f"diagnostics for a version that never was: {params}")
            return
        for one in params["diagnostics"]:
            self.checked["diagnostic"] += 1
            start, end = span(text, one["range"], self.encoding)
            proof = one["message"].split("`")[1].replace("first_step last_step", "first_step\nlast_step")
            if not _HOLE.fullmatch(text[start:end]) or not self.kind.holds(text, start, end, proof):
                self.problem(f"diagnostic {one} in {text!r}")

    async def take(self, method: str, uri: str, version: int, future: asyncio.Future[Any]) -> None:
        """Checks an answer, which may be an error of the kind that a client must expect."""
        try:
            result = await asyncio.wait_for(future, LATER)
        except AnswerError as error:
            if error.code not in EXPECTED:
                self.problem(f"{method}: {error}")
            return
        text = self.history.get((uri, version), "")
        match method:
            case "textDocument/codeAction":
                for action in result or ():
                    if (edit := action.get("edit")) is not None:
                        self.check_edits(method, edit, uri, version)
                    if (data := action.get("data")) is not None and data["version"] != version:
                        self.problem(f"{action} was asked for version {version}")
                    self.offers.append(action)
            case "codeAction/resolve" if (edit := result.get("edit")) is not None:
                self.check_edits(method, edit, uri, result["data"]["version"])
            case "textDocument/willSaveWaitUntil":
                for edit in result or ():
                    self.check_edit(method, uri, version, edit)
            case "textDocument/inlineCompletion":
                for item in result or ():
                    self.check_edit(method, uri, version, {"range": item["range"], "newText": item["insertText"]})
            case "textDocument/completion":
                for item in (result or {"items": ()})["items"]:
                    proves = item["labelDetails"]["description"] == "proves the goal"
                    start, end = span(text, item["textEdit"]["range"], self.encoding)
                    if proves and _HOLE.fullmatch(text[start:end]):
                        self.check_edit(method, uri, version, item["textEdit"])
            case "textDocument/hover" if result is not None:
                self.checked[method] += 1
                start, end = span(text, result["range"], self.encoding)
                if not _HOLE.fullmatch(text[start:end]):
                    self.problem(f"a hover over {text[start:end]!r} in {text!r}")
            case "textDocument/codeLens":
                for lens in result or ():
                    self.checked[method] += 1
                    start, end = span(text, lens["range"], self.encoding)
                    if not _HOLE.fullmatch(text[start:end]):
                        self.problem(f"a lens on {text[start:end]!r} in {text!r}")
            case _:
                pass

    async def settle(self) -> None:
        """Waits for every answer."""
        pending, self.pending = self.pending, []
        for method, uri, version, _, future in pending:
            await self.take(method, uri, version, future)
        self.look()
        assert not self.client.unanswered()

    # What the client does

    def uri(self, number: int) -> str | None:
        """An open text."""
        known = sorted(self.client.texts)
        return known[number % len(known)] if known else None

    def place(self, uri: str, number: int) -> Json:
        """A place in a text: at its holes mostly, and some that are nowhere."""
        text = self.client.texts.get(uri, "")
        found = [m.start() for m in _HOLE.finditer(text)]
        if found and number % 4:
            return position(text, found[number // 4 % len(found)] + number % 3, self.encoding)
        if number % 8 == 0:
            return {"line": 10**6 + number, "character": number}
        return {"line": number % 40, "character": number * 7 % 90}

    async def open(self, number: int, theorems: list[int], crlf: bool) -> None:
        uri = self.uris[number % len(self.uris)]
        text = "".join(self.kind.theorem(n, kind) for n, kind in enumerate(theorems))
        text = text.replace("\n", "\r\n") if crlf else text
        # A client that opens twice is wrong, and what it says last is the truth.
        version = self.client.versions.get(uri, 0) + 1
        self.client.open(uri, text, self.kind.language, version)
        self.history[uri, version] = text

    def whole(self, uri: str, text: str) -> None:
        self.client.change(uri, text)
        self.history[uri, self.client.versions[uri]] = text

    async def edit(self, number: int, edits: list[tuple[int, int, str]]) -> None:
        """Several edits in one message, each in the text that the one before has made."""
        uri = self.uri(number)
        if uri is None:
            return
        text = self.client.texts[uri]
        changes: list[Json] = []
        for where, length, new in edits:
            start = where % (len(text) + 1)
            end = min(len(text), start + length)
            # Nobody's cursor is within a line end.
            start -= text[start - 1 : start + 1] == "\r\n"
            end -= end > start and text[end - 1 : end + 1] == "\r\n"
            range_ = {"start": position(text, start, self.encoding), "end": position(text, end, self.encoding)}
            changes.append({"range": range_, "text": new})
            text = text[:start] + new + text[end:]
        self._change(uri, text, changes)

    async def insert_theorem(self, number: int, kind: int) -> None:
        """A theorem before another one, which all others move down for."""
        uri = self.uri(number)
        if uri is None:
            return
        text = self.client.texts[uri]
        starts = [m.start() for m in re.finditer(r"^theorem", text, re.MULTILINE)] or [0]
        start = starts[number % len(starts)]
        self.numbers += 1
        new = self.kind.theorem(100 + self.numbers, kind)
        place = position(text, start, self.encoding)
        self._change(uri, text[:start] + new + text[start:], [{"range": {"start": place, "end": place}, "text": new}])

    async def replace(self, number: int, theorems: list[int]) -> None:
        """The whole document anew."""
        if (uri := self.uri(number)) is not None:
            self.whole(uri, "".join(self.kind.theorem(n, kind) for n, kind in enumerate(theorems)))

    def _change(self, uri: str, text: str, changes: list[Json]) -> None:
        client = self.client
        client.texts[uri] = text
        client.versions[uri] += 1
        self.history[uri, client.versions[uri]] = text
        document = {"uri": uri, "version": client.versions[uri]}
        client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    async def repeat_version(self, number: int, back: int) -> None:
        """A change to a version that was there already must be refused and change nothing."""
        if (uri := self.uri(number)) is None:
            return
        document = {"uri": uri, "version": self.client.versions[uri] - back}
        change = {"text": "theorem wrong : easy := by\n  sorry\n"}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        await self.same(uri)

    async def same(self, uri: str) -> None:
        """Both sides have the same text."""
        if self.kind is Fakes:
            theirs = await self.client.request("test/text", {"uri": uri})
            assert theirs == {"version": self.client.versions[uri], "text": self.client.texts[uri]}

    async def holes(self, uri: str) -> None:
        """What the server shows of a text at rest are the holes in the client's."""
        text = self.client.texts[uri]
        lenses = await self.client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
        shown = [span(text, lens["range"], self.encoding) for lens in lenses]
        for start, end in shown:
            assert _HOLE.fullmatch(text[start:end]), f"{text[start:end]!r} in {text!r}"
            found = await self.client.request(
                "textDocument/hover",
                {"textDocument": {"uri": uri}, "position": position(text, start, self.encoding)},
            )
            assert found is not None
            ranges = span(text, found["range"], self.encoding)
            assert ranges in {(start, end), *((s, e) for s, e in shown if e == start)}

    async def request(self, method: str, number: int, place: int) -> None:
        """Asks for something, now and then of a document that is not open."""
        uri = self.uri(number) if number % 7 else "file:///nowhere.fake"
        uri = uri or self.uris[0]
        at = self.place(uri, place)
        params: Json = {"textDocument": {"uri": uri}, "position": at}
        match method:
            case "textDocument/codeAction":
                only = [None, ["quickfix"], ["source.fixAll"], ["source.fixAll.unsorry"], ["refactor"]][place % 5]
                context = {"diagnostics": [], "triggerKind": 1 + number % 2, **({"only": only} if only else {})}
                params = {"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": context}
            case "textDocument/inlineCompletion":
                params["context"] = {"triggerKind": 1 + number % 2}
            case "textDocument/codeLens":
                params = {"textDocument": {"uri": uri}}
            case "textDocument/inlayHint":
                end = {"line": at["line"] + 20, "character": 0}
                params = {"textDocument": {"uri": uri}, "range": {"start": at, "end": end}}
            case "textDocument/willSaveWaitUntil":
                params = {"textDocument": {"uri": uri}, "reason": 1}
            case _:
                pass
        self._ask(method, uri, params)

    def _ask(self, method: str, uri: str, params: Json) -> None:
        ident, future = self.client.ask(method, params)
        # After a failure nobody waits for it.
        future.add_done_callback(lambda f: f.cancelled() or f.exception())
        self.pending.append((method, uri, self.client.versions.get(uri, 0), ident, future))

    async def resolve(self, number: int) -> None:
        """Wants the edit of an action that was offered, lately or long ago."""
        known = [a for a in self.offers if a.get("data") is not None]
        if known:
            action = known[number % len(known)]
            self._ask("codeAction/resolve", action["data"]["uri"], action)

    async def execute(self, command: str, number: int, place: int, wrong: int) -> None:
        """Executes a command, now and then with arguments that are none."""
        uri = self.uri(number) or self.uris[0]
        arguments: list[Any] = [uri, self.place(uri, place)]
        match command:
            case "unsorry.proveFile" | "unsorry.restartProver":
                arguments = [uri] if number % 2 else [uri, None]
            case "unsorry.apply":
                arguments = [uri, self.client.versions.get(uri, 0) - place % 2, self.place(uri, place), place % 3]
            case _:
                pass
        match wrong:
            case 0:
                arguments = []
            case 1:
                arguments = [None, "nonsense", {"line": -1}]
            case 2:
                arguments = [uri, {"line": "one", "character": 1e9}, [], True]
            case 3:
                arguments = [uri, {"line": 2**31, "character": 2**31}]
            case _:
                pass
        self._ask(
            "workspace/executeCommand",
            uri,
            {"command": command, "arguments": arguments, **({"workDoneToken": f"t{number}"} if place % 3 else {})},
        )

    async def ask_at_rest(self, method: str, number: int, place: int) -> None:
        """Asks where there is something to be said, and takes it."""
        if (uri := self.uri(number)) is None:
            return
        await self.client.idle(uri)
        holes = [m.start() for m in _HOLE.finditer(self.client.texts[uri])]
        if not holes:
            return
        at = position(self.client.texts[uri], holes[place % len(holes)], self.encoding)
        params: Json = {"textDocument": {"uri": uri}, "position": at}
        match method:
            case "textDocument/codeAction":
                params |= {"range": {"start": at, "end": at}, "context": {"diagnostics": []}}
            case "textDocument/inlineCompletion":
                params["context"] = {"triggerKind": 1}
            case "textDocument/inlayHint":
                params["range"] = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
            case "textDocument/willSaveWaitUntil":
                params["reason"] = 1
            case _:
                pass
        self._ask(method, uri, params)
        await self.settle()
        if method == "textDocument/codeAction":
            for number_from_last in range(1, 4):
                await self.resolve(-number_from_last)
            await self.settle()

    async def fill(self, command: str, number: int, place: int) -> None:
        """Has the server put in what it has found."""
        if (uri := self.uri(number)) is None:
            return
        holes = [m.start() for m in _HOLE.finditer(self.client.texts[uri])]
        if holes:
            at = position(self.client.texts[uri], holes[place % len(holes)], self.encoding)
            arguments = [uri] if command == "unsorry.proveFile" else [uri, at]
            self._ask("workspace/executeCommand", uri, {"command": command, "arguments": arguments})
            await self.settle()
            await self.same(uri)

    async def cancel(self, number: int) -> None:
        if self.pending:
            self.client.cancel(self.pending[number % len(self.pending)][3])

    async def cancel_progress(self) -> None:
        begun = [m["params"]["token"] for m in self.client.asked if m["method"] == "window/workDoneProgress/create"]
        self.client.notify("window/workDoneProgress/cancel", {"token": begun[-1] if begun else "none"})

    async def close(self, number: int) -> None:
        if (uri := self.uri(number)) is not None:
            self.client.close(uri)

    async def reopen(self, number: int) -> None:
        """Closed and opened at once, as editors do that read a file again."""
        if (uri := self.uri(number)) is not None:
            text = self.client.texts[uri]
            self.client.close(uri)
            self.client.open(uri, text, self.kind.language, self.client.versions[uri] + 1)
            self.history[uri, self.client.versions[uri]] = text

    async def kill(self) -> None:
        if self.kind is Fakes:
            await self.client.request("test/kill", {})
            return
        for child in psutil.Process(self._pid).children(recursive=True):
            child.kill()

    async def set(self, section: str, key: str, value: Any) -> None:
        self.client.settings = {**self.client.settings, section: {**self.client.settings.get(section, {}), key: value}}
        self.client.notify("workspace/didChangeConfiguration", {"settings": None})

    async def nonsense(self, number: int) -> None:
        """What no client should send."""
        messages: list[tuple[str, Any]] = [
            ("textDocument/didChange", {"textDocument": {"uri": "file:///no", "version": 3}, "contentChanges": []}),
            ("textDocument/didClose", {"textDocument": {"uri": "file:///no"}}),
            ("$/unknown", {}),
            ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "file:///x/lakefile.toml", "type": 2}]}),
            ("window/workDoneProgress/cancel", {"token": 17}),
            ("$/cancelRequest", {"id": 10**9}),
        ]
        self.client.notify(*messages[number % len(messages)])

    async def pause(self, tenths: int) -> None:
        await asyncio.sleep(tenths / 10)
        self.look()


NUMBER: Final = st.integers(0, 10**4)
KINDS: Final = st.lists(NUMBER, min_size=1, max_size=5)
PIECES: Final = st.sampled_from(
    ["", "x", "𝔸", "\n", "\r\n", "  sorry\n", "sorry", "by", "-- ∀\n", "theorem u : easy y := by\n  sorry\n", "é́"]
)
METHODS: Final = (
    "textDocument/hover",
    "textDocument/codeAction",
    "textDocument/completion",
    "textDocument/inlineCompletion",
    "textDocument/codeLens",
    "textDocument/inlayHint",
    "textDocument/willSaveWaitUntil",
)
COMMANDS: Final = (
    "unsorry.proveHere",
    "unsorry.searchDeeper",
    "unsorry.proveFile",
    "unsorry.apply",
    "unsorry.cancelAll",
    "unsorry.restartProver",
    "unsorry.showGoal",
    "unsorry.explain",
    "unsorry.showLog",
    "unsorry.status",
    "unsorry.watch",
    "unsorry.unwatch",
    "unsorry.proveWorkspace",
    "unsorry.none",
)
SETTINGS: Final = (
    ("server", "prove_on_save", False),
    ("server", "automatic", False),
    ("server", "automatic", True),
    ("server", "diagnostics", False),
    ("server", "diagnostics", True),
    ("server", "alternatives", 0),
    ("prove", "candidate_seconds", 0.3),
    ("prove", "budget", "nonsense"),
    ("prove", "jobs", 2),
    ("prove", "jobs", 1),
    ("nowhere", "key", None),
)


class Machine(RuleBasedStateMachine):
    """The rules are what a client can do."""

    kind: ClassVar[type[Fakes] | type[Leans]] = Fakes
    steps: ClassVar[int] = 0
    checked: ClassVar[Counter[str]]
    failure: ClassVar[Exception | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="unsorry-random-")
        self.driver: Driver | None = None
        self.failed = type(self).failure is not None

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        """One step, after which nothing wrong was heard."""
        type(self).steps += 1
        if (failure := type(self).failure) is not None:
            step.close()
            raise failure

        async def checked() -> T:
            async with asyncio.timeout(LATER):
                result = await step
            # The client reads on.
            await asyncio.sleep(0)
            assert self.driver is not None
            self.driver.look()
            return result

        return self.run(checked())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.runner.run(work)
        except Exception as error:
            self.failed = True
            # What happens at the same steps differs from run to run, so the first failure counts, and not whether
            # Hypothesis can have it again.
            type(self).failure = type(self).failure or error
            raise

    @property
    def it(self) -> Driver:
        assert self.driver is not None
        return self.driver

    @initialize(encoding=st.sampled_from(["utf-16", "utf-8", "utf-32"]), theorems=KINDS, crlf=st.booleans())
    def begin(self, encoding: str, theorems: list[int], crlf: bool) -> None:
        self.driver = Driver(self.kind, Path(self.folder.name).resolve(), encoding, self.checked)
        self.do(self.driver.start())
        self.do(self.driver.open(0, theorems, crlf))

    @rule(number=NUMBER, theorems=KINDS, crlf=st.booleans())
    def open(self, number: int, theorems: list[int], crlf: bool) -> None:
        self.do(self.it.open(number, theorems, crlf))

    @rule(number=NUMBER, edits=st.lists(st.tuples(NUMBER, st.integers(0, 12), PIECES), min_size=1, max_size=4))
    def edit(self, number: int, edits: list[tuple[int, int, str]]) -> None:
        self.do(self.it.edit(number, edits))

    @rule(number=NUMBER, kind=NUMBER)
    def insert_theorem(self, number: int, kind: int) -> None:
        self.do(self.it.insert_theorem(number, kind))

    @rule(number=NUMBER, theorems=KINDS)
    def replace(self, number: int, theorems: list[int]) -> None:
        self.do(self.it.replace(number, theorems))

    @rule(number=NUMBER, back=st.integers(0, 2))
    def repeat_version(self, number: int, back: int) -> None:
        self.do(self.it.repeat_version(number, back))

    @rule(method=st.sampled_from(METHODS), number=NUMBER, place=NUMBER)
    def request(self, method: str, number: int, place: int) -> None:
        self.do(self.it.request(method, number, place))

    @rule(method=st.sampled_from(METHODS), number=NUMBER, place=NUMBER)
    def another_request(self, method: str, number: int, place: int) -> None:
        self.do(self.it.request(method, number, place))

    @rule(method=st.sampled_from(METHODS), number=NUMBER, place=NUMBER)
    def ask_at_rest(self, method: str, number: int, place: int) -> None:
        self.do(self.it.ask_at_rest(method, number, place))

    @rule(command=st.sampled_from(COMMANDS[:3]), number=NUMBER, place=NUMBER)
    def fill(self, command: str, number: int, place: int) -> None:
        self.do(self.it.fill(command, number, place))

    @rule(number=NUMBER, theorems=KINDS)
    def replace_again(self, number: int, theorems: list[int]) -> None:
        self.do(self.it.replace(number, theorems))

    @rule(number=NUMBER)
    def resolve(self, number: int) -> None:
        self.do(self.it.resolve(number))

    @rule(command=st.sampled_from(COMMANDS), number=NUMBER, place=NUMBER, wrong=st.integers(0, 12))
    def execute(self, command: str, number: int, place: int, wrong: int) -> None:
        self.do(self.it.execute(command, number, place, wrong))

    @rule(number=NUMBER, place=NUMBER)
    def watch(self, number: int, place: int) -> None:
        self.do(self.it.execute("unsorry.watch", number, place, 12))

    @rule(number=NUMBER)
    def cancel(self, number: int) -> None:
        self.do(self.it.cancel(number))

    @rule()
    def cancel_progress(self) -> None:
        self.do(self.it.cancel_progress())

    @rule(number=NUMBER)
    def close(self, number: int) -> None:
        self.do(self.it.close(number))

    @rule(number=NUMBER)
    def reopen(self, number: int) -> None:
        self.do(self.it.reopen(number))

    @rule()
    def kill(self) -> None:
        self.do(self.it.kill())

    @rule(setting=st.sampled_from(SETTINGS))
    def set(self, setting: tuple[str, str, Any]) -> None:
        self.do(self.it.set(*setting))

    @rule(number=NUMBER)
    def nonsense(self, number: int) -> None:
        self.do(self.it.nonsense(number))

    @rule(tenths=st.integers(0, 3))
    def pause(self, tenths: int) -> None:
        self.do(self.it.pause(tenths))

    @rule()
    def settle(self) -> None:
        self.do(self.it.settle())

    def teardown(self) -> None:
        try:
            if self.driver is not None:
                self.run(self.driver.abandon() if self.failed else self.driver.stop())
        finally:
            self.runner.close()
            self.folder.cleanup()


class EmbeddedMachine(Machine):
    """The same with the real thing."""

    kind = Leans


def _run(machine: type[Machine], clients: int, steps: int) -> None:
    machine.steps, machine.checked, machine.failure = 0, Counter(), None
    try:
        _run_machine(machine, clients, steps)
    finally:
        if machine.failure is not None:
            raise machine.failure


def _run_machine(machine: type[Machine], clients: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=clients,
            stateful_step_count=steps,
            deadline=None,
            derandomize="UNSORRY_RANDOM_CLIENTS" not in os.environ,
            database=None,
            # A failure is shown as it came: to try it again in smaller steps would take minutes.
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )


def test_anything_in_any_order() -> None:
    _run(Machine, CLIENTS, STEPS)
    assert Machine.steps >= 500
    # There was something to check.
    assert sum(Machine.checked.values()) >= 50, Machine.checked


@pytest.mark.embedded
def test_anything_in_any_order_on_lean() -> None:
    _run(EmbeddedMachine, EMBEDDED_CLIENTS, EMBEDDED_STEPS)
    assert EmbeddedMachine.steps >= 60
