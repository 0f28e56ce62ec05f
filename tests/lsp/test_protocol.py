"""Every request gets exactly one answer, whatever the client sends and whatever the work does."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from unsorry.errors import InputError
from unsorry.lsp.protocol import Notice, Route, Wire
from unsorry.lsp.requests import Ledger, RequestError

PARSE, INVALID, NOT_FOUND, PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
EARLY, FAILED, MODIFIED, CANCELLED = -32002, -32803, -32801, -32800
HOVER = {"textDocument": {"uri": "file:///a.lean"}, "position": {"line": 1, "character": 2}}
INITIALIZE: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": {}}


async def initialize(params: types.InitializeParams) -> types.InitializeResult:
    assert params.capabilities == types.ClientCapabilities()
    return types.InitializeResult(types.ServerCapabilities(hover_provider=True))


async def shutdown(_: None) -> None:
    return None


class Client:
    """The other side of a wire, which says and hears raw messages."""

    def __init__(self, routes: dict[str, Route] | None = None, notices: dict[str, Notice] | None = None) -> None:
        self.wire = Wire({"initialize": initialize, "shutdown": shutdown, **(routes or {})}, notices or {})
        self.heard: list[dict[str, Any]] = []
        self.raw = b""
        self._more = asyncio.Event()
        self.wire.connect(self._hear)

    def _hear(self, data: bytes) -> None:
        head, body = data.split(b"\r\n\r\n")
        assert head == b"Content-Length: %d" % len(body)
        self.raw += data
        self.heard.append(json.loads(body))
        self._more.set()

    async def _hear_more(self) -> None:
        self._more.clear()
        await asyncio.wait_for(self._more.wait(), 5)

    def say(self, **message: Any) -> None:
        self.wire.receive(json.dumps({"jsonrpc": "2.0", **message}).encode())

    async def ask(self, ident: int | str, method: str, params: Any = None) -> dict[str, Any]:
        self.say(id=ident, method=method, params=params)
        return await self.answer(ident)

    async def answer(self, ident: int | str) -> dict[str, Any]:
        while not self.answers(ident):
            await self._hear_more()
        await settle()
        (found,) = self.answers(ident)
        return found

    def answers(self, ident: int | str | None) -> list[dict[str, Any]]:
        return [message for message in self.heard if "method" not in message and message["id"] == ident]

    async def next_request(self) -> dict[str, Any]:
        while not (found := [message for message in self.heard if "method" in message and "id" in message]):
            await self._hear_more()
        return found[-1]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def started(routes: dict[str, Route] | None = None, notices: dict[str, Notice] | None = None) -> Client:
    client = Client(routes, notices)
    answer = await client.ask("start", "initialize", INITIALIZE)
    assert answer == {"jsonrpc": "2.0", "id": "start", "result": {"capabilities": {"hoverProvider": True}}}
    return client


def code(answer: dict[str, Any]) -> int:
    assert set(answer) == {"jsonrpc", "id", "error"}
    assert set(answer["error"]) == {"code", "message"}
    return answer["error"]["code"]


def failing(error: BaseException) -> Route:
    async def route(_: object) -> None:
        raise error

    return route


def giving(result: object) -> Route:
    async def route(_: object) -> object:
        return result

    return route


async def test_parameters_and_results_are_typed() -> None:
    async def hover(params: types.HoverParams) -> types.Hover:
        return types.Hover(f"{params.text_document.uri} {params.position.line}")

    client = await started({"textDocument/hover": hover})
    assert (await client.ask(1, "textDocument/hover", HOVER))["result"] == {"contents": "file:///a.lean 1"}


async def test_methods_of_our_own_get_plain_json() -> None:
    async def own(params: Any) -> Any:
        return {"got": params["x"], "range": types.Position(1, 2)}

    client = await started({"unsorry/own": own})
    answer = await client.ask("a", "unsorry/own", {"x": [1, {"jsonrpc": "2.0"}]})
    assert answer["result"] == {"got": [1, {"jsonrpc": "2.0"}], "range": {"line": 1, "character": 2}}


async def test_an_empty_result_is_said() -> None:
    client = await started({"textDocument/hover": giving(None)})
    assert await client.ask(1, "textDocument/hover", HOVER) == {"jsonrpc": "2.0", "id": 1, "result": None}


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (InputError("Do this next."), FAILED, "Do this next."),
        (RequestError(MODIFIED, "It has changed."), MODIFIED, "It has changed."),
        (OSError(2, "secret", "/home/me/secret"), INTERNAL, "This is a fault of Unsorry; its log has the details."),
        (asyncio.CancelledError(), CANCELLED, "The request was cancelled."),
    ],
)
async def test_errors_become_answers(error: BaseException, expected: int, message: str) -> None:
    client = await started({"textDocument/hover": failing(error)})
    answer = await client.ask(1, "textDocument/hover", HOVER)
    assert (code(answer), answer["error"]["message"]) == (expected, message)


async def test_a_fault_is_logged_and_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> Awaitable[object]:
        raise ValueError("secret")

    def notice(_: object) -> None:
        raise ValueError("secret")

    client = await started(
        {"textDocument/hover": failing(ValueError("secret")), "textDocument/rename": broken},
        {"textDocument/didSave": notice},
    )
    assert code(await client.ask(1, "textDocument/hover", HOVER)) == INTERNAL
    assert code(await client.ask(2, "textDocument/rename", {**HOVER, "newName": "x"})) == INTERNAL
    client.say(method="textDocument/didSave", params={"textDocument": {"uri": "file:///a"}})
    assert caplog.text.count("Traceback") == 3
    for word in (b"Traceback", b"traceback", b"secret", b".py", str(Path.cwd()).encode()):
        assert word not in client.raw


@pytest.mark.parametrize("result", [{1, 2}, object(), float("nan"), {"x": Path("/secret")}])
async def test_a_result_that_is_no_json_is_a_fault(result: object, caplog: pytest.LogCaptureFixture) -> None:
    client = await started({"textDocument/hover": giving(result)})
    assert code(await client.ask(1, "textDocument/hover", HOVER)) == INTERNAL
    assert "can't be sent" in caplog.text


async def test_cancelling_answers_at_once_though_the_work_goes_on() -> None:
    release, ended = asyncio.Event(), asyncio.Event()

    async def stubborn(_: object) -> str:
        try:
            await asyncio.sleep(60)
        finally:
            await release.wait()
            ended.set()
        return "late"

    client = await started({"textDocument/hover": stubborn})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    await settle()
    assert client.wire.ledger.open == 1
    client.say(method="$/cancelRequest", params={"id": 1})
    assert code(client.answers(1)[0]) == CANCELLED
    assert client.wire.ledger.open == 0
    drain = asyncio.create_task(client.wire.ledger.drain())
    await settle()
    assert not drain.done()
    release.set()
    await asyncio.wait_for(drain, 5)
    assert ended.is_set()
    assert len(client.answers(1)) == 1


async def test_work_that_ends_well_in_spite_of_its_cancelling_is_dropped() -> None:
    async def deaf(_: object) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "late"
        return "never"

    client = await started({"textDocument/hover": deaf})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    await settle()
    client.say(method="$/cancelRequest", params={"id": 1})
    await client.wire.ledger.drain()
    assert [code(answer) for answer in client.answers(1)] == [CANCELLED]


async def test_cancelling_before_the_first_turn_and_after_the_answer() -> None:
    begun: list[int] = []

    async def hover(_: object) -> None:
        begun.append(1)

    client = await started({"textDocument/hover": hover})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    client.say(method="$/cancelRequest", params={"id": 1})
    client.say(method="$/cancelRequest", params={"id": 1})
    client.say(method="$/cancelRequest", params={"id": "never"})
    await client.wire.ledger.drain()
    assert ([code(answer) for answer in client.answers(1)], begun) == ([CANCELLED], [])
    assert (await client.ask(2, "textDocument/hover", HOVER))["result"] is None
    client.say(method="$/cancelRequest", params={"id": 2})
    await settle()
    assert len(client.answers(2)) == 1


async def test_work_that_has_ended_keeps_its_answer() -> None:
    client = await started({"textDocument/hover": giving("done")})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    await asyncio.sleep(0)
    client.say(method="$/cancelRequest", params={"id": 1})
    assert (await client.answer(1))["result"] == "done"


async def test_work_that_fails_after_its_cancelling_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(_: object) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("too late")

    client = await started({"textDocument/hover": fails})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    await settle()
    client.say(method="$/cancelRequest", params={"id": 1})
    await client.wire.ledger.drain()
    assert [code(answer) for answer in client.answers(1)] == [CANCELLED]
    assert "too late" in caplog.text


async def test_numbers_and_words_are_different_ids() -> None:
    client = await started({"textDocument/hover": giving(None)})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    client.say(id="1", method="textDocument/hover", params=HOVER)
    assert (await client.answer(1))["id"] == 1
    assert (await client.answer("1"))["id"] == "1"


async def test_an_open_id_is_not_taken_twice(caplog: pytest.LogCaptureFixture) -> None:
    client = await started({"textDocument/hover": giving("first"), "textDocument/definition": giving("second")})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    client.say(id=1, method="textDocument/definition", params=HOVER)
    assert (await client.answer(1))["result"] == "first"
    assert "still open" in caplog.text


async def test_shutdown_can_cancel_everything_but_itself() -> None:
    client: Client

    async def ends(_: None) -> None:
        client.wire.ledger.cancel_all("The server is going down.")
        await client.wire.ledger.drain()

    async def sleeps(_: object) -> None:
        await asyncio.sleep(60)

    client = await started({"shutdown": ends, "textDocument/hover": sleeps})
    client.say(id=1, method="textDocument/hover", params=HOVER)
    assert (await client.ask(2, "shutdown"))["result"] is None
    assert client.answers(1)[0]["error"] == {"code": CANCELLED, "message": "The server is going down."}


async def test_requests_come_between_initialize_and_shutdown() -> None:
    seen: list[object] = []
    client = Client({"textDocument/hover": giving(None)}, {"initialized": seen.append})
    assert code(await client.ask(1, "textDocument/hover", HOVER)) == EARLY
    assert code(await client.ask(2, "shutdown")) == EARLY
    client.say(method="initialized", params={})
    assert seen == []
    assert "result" in await client.ask(3, "initialize", INITIALIZE)
    assert code(await client.ask(4, "initialize", INITIALIZE)) == INVALID
    client.say(method="initialized")
    assert seen == [types.InitializedParams()]
    assert "result" in await client.ask(5, "textDocument/hover", HOVER)
    assert client.wire.exit_status == 1
    assert await client.ask(6, "shutdown") == {"jsonrpc": "2.0", "id": 6, "result": None}
    assert code(await client.ask(7, "textDocument/hover", HOVER)) == INVALID
    assert code(await client.ask(8, "shutdown")) == INVALID
    client.say(method="initialized", params={})
    assert len(seen) == 1
    assert not client.wire.exited
    client.say(method="exit")
    assert (client.wire.exited, client.wire.exit_status) == (True, 0)


async def test_exit_alone_is_a_failure() -> None:
    client = Client()
    client.say(method="exit")
    assert (client.wire.exited, client.wire.exit_status, client.heard) == (True, 1, [])


async def test_a_failed_initialize_may_be_tried_again() -> None:
    tries = [InputError("Not like this.")]

    async def initialize_second(params: types.InitializeParams) -> types.InitializeResult:
        if tries:
            raise tries.pop()
        return await initialize(params)

    client = Client({"initialize": initialize_second})
    assert code(await client.ask(1, "initialize", INITIALIZE)) == FAILED
    assert code(await client.ask(2, "shutdown")) == EARLY
    assert "result" in await client.ask(3, "initialize", INITIALIZE)


async def test_unknown_methods(caplog: pytest.LogCaptureFixture) -> None:
    client = await started()
    assert code(await client.ask(1, "textDocument/hover", HOVER)) == NOT_FOUND
    assert code(await client.ask(2, "$/unknown")) == NOT_FOUND
    heard = len(client.heard)
    client.say(method="$/setTrace", params={"value": "off"})
    client.say(method="$/unknown", params=[])
    assert caplog.records == []
    client.say(method="workspace/unknown", params={})
    assert "workspace/unknown" in caplog.text
    assert len(client.heard) == heard


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        "secret",
        {},
        {"textDocument": {"uri": "file:///secret"}},
        {**HOVER, "position": {"line": "secret", "character": 1}},
        {**HOVER, "position": {"line": -1, "character": 1}},
        {**HOVER, "position": None},
    ],
)
async def test_malformed_parameters(params: Any, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[object] = []
    client = await started({"textDocument/hover": giving(None)}, {"textDocument/didOpen": seen.append})
    answer = await client.ask(1, "textDocument/hover", params)
    assert code(answer) == PARAMS
    assert "textDocument/hover" in answer["error"]["message"]
    heard = len(client.heard)
    client.say(method="textDocument/didOpen", params=params)
    client.say(method="$/cancelRequest", params=params)
    assert (seen, len(client.heard)) == ([], heard)
    assert caplog.text.count("textDocument/didOpen") == 1
    assert "secret" not in caplog.text
    assert b"secret" not in client.raw


@pytest.mark.parametrize(
    ("body", "ident", "expected"),
    [
        (b"", None, PARSE),
        (b"{", None, PARSE),
        (b"\xff{}", None, PARSE),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "m", "params": {"x": NaN}}', None, PARSE),
        (b"[" * 100_000, None, PARSE),
        (b"1" * 5_000, None, PARSE),
        (b"[]", None, INVALID),
        (b"null", None, INVALID),
        (b'{"id": 1, "method": "textDocument/hover"}', 1, INVALID),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "textDocument/hover"}', 1, INVALID),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', 1, INVALID),
        (b'{"jsonrpc": "2.0", "id": null, "method": "textDocument/hover"}', None, INVALID),
        (b'{"jsonrpc": "2.0", "id": true, "method": "textDocument/hover"}', None, INVALID),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "textDocument/hover"}', None, INVALID),
    ],
)
async def test_what_is_no_message_is_refused_and_the_next_one_is_served(
    body: bytes, ident: int | None, expected: int
) -> None:
    client = await started({"textDocument/hover": giving(None)})
    client.wire.receive(body)
    (answer,) = client.answers(ident)
    assert code(answer) == expected
    assert "result" in await client.ask(9, "textDocument/hover", HOVER)


@pytest.mark.parametrize("message", [{}, {"id": 7}, {"id": 7, "result": 1}, {"id": None, "error": {}}, {"id": [7]}])
async def test_an_answer_to_nothing_is_dropped(message: dict[str, Any]) -> None:
    client = await started()
    heard = len(client.heard)
    client.say(**message)
    await settle()
    assert len(client.heard) == heard


APPLY = types.ApplyWorkspaceEditParams(types.WorkspaceEdit())


@pytest.mark.parametrize(
    ("method", "params", "said", "result"),
    [
        ("workspace/applyEdit", APPLY, {"result": {"applied": True}}, types.ApplyWorkspaceEditResult(True)),
        ("window/workDoneProgress/create", types.WorkDoneProgressCreateParams("t"), {"result": None}, None),
        ("window/workDoneProgress/create", types.WorkDoneProgressCreateParams("t"), {}, None),
        ("unsorry/own", {"x": 1}, {"result": {"y": [2]}}, {"y": [2]}),
        ("unsorry/own", {"x": 1}, {"result": {"y": [2]}, "error": None}, {"y": [2]}),
    ],
)
async def test_the_client_answers_us(method: str, params: object, said: dict[str, Any], result: object) -> None:
    client = await started()
    asking = asyncio.create_task(client.wire.request(method, params))
    request = await client.next_request()
    assert request["method"] == method
    client.say(id=request["id"], **said)
    client.say(id=request["id"], **said)
    assert await asyncio.wait_for(asking, 5) == result


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"error": {"code": -32001, "message": "No."}}, -32001),
        ({"error": {"code": 7, "message": "No.", "data": {"x": 1}}}, 7),
        ({"error": "No."}, INVALID),
        ({"error": {}}, INVALID),
        ({"result": 5}, INVALID),
    ],
)
async def test_the_client_fails_us(said: dict[str, Any], expected: int) -> None:
    client = await started()
    asking = asyncio.create_task(client.wire.request("workspace/applyEdit", APPLY))
    client.say(id=(await client.next_request())["id"], **said)
    with pytest.raises(RequestError) as caught:
        await asyncio.wait_for(asking, 5)
    assert caught.value.code == expected


async def test_a_request_of_ours_can_be_cancelled() -> None:
    client = await started()
    asking = asyncio.create_task(client.wire.request("workspace/applyEdit", APPLY))
    ident = (await client.next_request())["id"]
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert client.heard[-1] == {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": ident}}
    client.say(id=ident, result={"applied": True})


async def test_nothing_waits_for_a_client_that_is_gone() -> None:
    async def asks(_: object) -> Any:
        return await client.wire.request("workspace/applyEdit", APPLY)

    client = await started({"textDocument/hover": asks})
    asking = asyncio.create_task(asks(None))
    client.say(id=1, method="textDocument/hover", params=HOVER)
    await client.next_request()
    client.wire.abandon()
    await asyncio.wait([asking], timeout=5)
    assert asking.cancelled()
    await client.wire.ledger.drain()
    assert client.wire.ledger.open == 0
    with pytest.raises(asyncio.CancelledError):
        await asks(None)
    assert [message["method"] for message in client.heard if "method" in message] == ["workspace/applyEdit"] * 2


async def test_notifications_go_out_typed_or_plain() -> None:
    client = await started()
    client.wire.notify("window/logMessage", types.LogMessageParams(types.MessageType.Info, "α"))
    client.wire.notify("unsorry/own", {"at": types.Position(1, 2)})
    assert [(message["method"], message["params"]) for message in client.heard[-2:]] == [
        ("window/logMessage", {"type": 3, "message": "α"}),
        ("unsorry/own", {"at": {"line": 1, "character": 2}}),
    ]


async def test_notices_are_taken_at_once_and_in_order() -> None:
    seen: list[object] = []
    client = await started({}, {"textDocument/didClose": lambda params: seen.append(params.text_document.uri)})
    for name in "abc":
        client.say(method="textDocument/didClose", params={"textDocument": {"uri": name}})
    assert seen == ["a", "b", "c"]


async def test_what_the_user_writes_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("pygls").info("a logger of pygls is quiet")
    client = await started({"textDocument/hover": giving("private")})
    await client.ask(1, "textDocument/hover", HOVER)
    asking = asyncio.create_task(client.wire.request("unsorry/own", {"x": "private"}))
    client.say(id=(await client.next_request())["id"], result="private")
    await asking
    client.wire.notify("unsorry/own", "private")
    assert "private" not in caplog.text
    assert "quiet" not in caplog.text


async def test_a_ledger_counts_and_forgets() -> None:
    ledger = Ledger()
    outcomes: list[object] = []
    add: Callable[[object], None] = outcomes.append
    ledger.start(1, "m", asyncio.sleep(0, "one"), add)
    ledger.start(2, "m", asyncio.sleep(0, "two"), add)
    assert ledger.open == 2
    await ledger.drain()
    assert (sorted(map(str, outcomes)), ledger.open, 1 in ledger) == (["one", "two"], 0, False)
