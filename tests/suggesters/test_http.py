"""The suggester for endpoints, against a server on loopback that does whatever a test wants, mostly wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from unsorry.errors import InputError
from unsorry.provers.seam import Goal
from unsorry.suggesters.http import HttpSuggester, Limits
from unsorry.suggesters.presets import PRESETS, Preset
from unsorry.suggesters.seam import Candidate, GoalContext

CONTEXT = GoalContext("Lean", (Goal("n : Nat\n⊢ n = n", "n = n"),), "here", before="theorem here : n = n := by\n  ")
FAST = Limits(connect=2.0, silence=0.5, total=5.0, pause=0.01, longest_pause=1.0)
CHAT = replace(PRESETS["chat"], decoding=replace(PRESETS["chat"].decoding, candidates=2))
BASE = replace(PRESETS["base"], decoding=replace(PRESETS["base"].decoding, candidates=3))
KEY = "sk-very-secret-4711"


@dataclass
class Connection:
    """What a handler gets: one request, and the means to answer it."""

    head: str
    body: dict[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def answer(self, status: str, kind: str, text: str, *headers: str) -> None:
        data = text.encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(data)}", *headers, "", ""]
        await self.say("\r\n".join(lines).encode() + data)

    async def stream(self) -> None:
        await self.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")

    async def event(self, *choices: dict[str, Any]) -> None:
        await self.say(f"data: {json.dumps({'choices': choices})}\n\n")


Handler = Callable[[Connection], Awaitable[None]]


@dataclass
class Server:
    port: int = 0
    requests: list[Connection] = field(default_factory=list[Connection])
    times: list[float] = field(default_factory=list[float])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def serving(*handlers: Handler) -> AsyncGenerator[Server]:
    """A server that answers each request with the next handler, and with the last one from then on."""
    server = Server()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(x.split(":")[1]) for x in head.split("\r\n") if x.lower().startswith("content-length"))
            connection = Connection(head, json.loads(await reader.readexactly(length)), reader, writer)
            server.requests.append(connection)
            server.times.append(time.monotonic())
            await handlers[min(len(server.requests), len(handlers)) - 1](connection)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


def suggester(server: Server, preset: Preset = CHAT, *, key: str | None = None, limits: Limits = FAST) -> HttpSuggester:
    return HttpSuggester(server.address, "some-model", preset, key=key, limits=limits)


async def candidates(of: HttpSuggester, context: GoalContext = CONTEXT) -> list[Candidate]:
    try:
        return [c async for c in of.suggest(context)]
    finally:
        await of.aclose()


def texts(found: list[Candidate]) -> list[str]:
    return [c.text for c in found]


def delta(index: int, text: str, finish: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": {"content": text}, "finish_reason": finish}


def part(index: int, text: str, finish: str | None = None, logprobs: list[float] | None = None) -> dict[str, Any]:
    logs = {"token_logprobs": logprobs} if logprobs is not None else None
    return {"index": index, "text": text, "finish_reason": finish, "logprobs": logs}


async def two(c: Connection) -> None:
    await c.stream()
    await c.event(delta(0, "om"), delta(1, "si"))
    await c.event(delta(0, "ega", "stop"))
    await c.event(delta(1, "mp", "stop"))
    await c.say("data: [DONE]\n\n")


async def one(c: Connection) -> None:
    await c.stream()
    await c.event(delta(0, "omega", "stop"))
    await c.say("data: [DONE]\n\n")


def status(line: str, text: str = "", *headers: str) -> Handler:
    async def handler(c: Connection) -> None:
        await c.answer(line, "application/json", text or '{"error": {"message": "no reason"}}', *headers)

    return handler


async def test_a_chat_streams_its_choices() -> None:
    async with serving(two) as server:
        asked = suggester(server, key=KEY)
        found = await candidates(asked)
    assert texts(found) == ["omega", "simp"]
    assert [c.origin for c in found] == ["http/some-model"] * 2
    assert found[1].score < found[0].score < 0
    assert asked.problem is None
    (request,) = server.requests
    assert request.head.startswith("POST /v1/chat/completions HTTP/1.1\r\n")
    assert f"authorization: Bearer {KEY}" in request.head.replace("Authorization", "authorization")
    assert request.body["n"] == 2
    assert request.body["max_tokens"] == 2048
    assert request.body["messages"][0]["role"] == "system"


async def test_log_probabilities_make_the_score() -> None:
    async def handler(c: Connection) -> None:
        await c.stream()
        await c.event(part(0, "ome", None, [-0.5]), part(1, "simp", "stop", [-0.25, -0.25]))
        await c.event(part(0, "ga", "stop", [-1.0]))
        await c.event(part(2, "rfl", "length", [float(5)]))
        await c.say("data: [DONE]\n\n")

    async with serving(handler) as server:
        found = await candidates(suggester(server, BASE))
    assert [(c.text, c.score) for c in found] == [("simp", -0.5), ("omega", -1.5), ("rfl", 0.0)]
    assert server.requests[0].head.startswith("POST /v1/completions ")
    assert server.requests[0].body["prompt"].endswith("⊢ n = n\n---\nNext tactic:\n")
    assert server.requests[0].body["stop"] == ["---", "\n\nState:"]


async def test_log_probabilities_of_a_chat_count_for_the_part_that_is_tried() -> None:
    reply = "<think>" + "x" * 75 + "</think>\n\n\nomega"

    async def handler(c: Connection) -> None:
        choice = {**delta(0, reply, "stop"), "logprobs": {"content": [{"logprob": -9.0}, {"logprob": -9.9}]}}
        await c.stream()
        await c.event(choice, delta(1, "simp", "stop"))
        await c.say("data: [DONE]\n\n")

    async with serving(handler) as server:
        found = await candidates(suggester(server))
    assert found[0].score == pytest.approx(-18.9 * len("omega") / len(reply))


async def test_a_candidate_is_there_before_the_last_is_done() -> None:
    goes_on = asyncio.Event()

    async def handler(c: Connection) -> None:
        await c.stream()
        await c.event(delta(0, "omega", "stop"))
        await goes_on.wait()
        await c.event(delta(1, "simp", "stop"))
        await c.say("data: [DONE]\n\n")

    async with serving(handler) as server:
        asked = suggester(server, limits=replace(FAST, silence=10.0, total=20.0))
        async with aclosing(asked.suggest(CONTEXT)) as stream:
            assert (await anext(stream)).text == "omega"
            assert not goes_on.is_set()
            goes_on.set()
            assert (await anext(stream)).text == "simp"
        await asked.aclose()


async def test_cancelling_closes_the_connection() -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def handler(c: Connection) -> None:
        await c.stream()
        await c.event(delta(0, "ome"))
        begun.set()
        # The other side is gone when there is nothing more to read from it.
        assert await c.reader.read() == b""
        closed.set()

    async with serving(handler) as server:
        asked = suggester(server, limits=replace(FAST, silence=30.0, total=30.0))
        task = asyncio.create_task(candidates(asked))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(closed.wait(), 5)
        assert asked.problem is None


async def test_a_server_that_refuses_n_is_asked_one_by_one() -> None:
    async def handler(c: Connection) -> None:
        if "n" in c.body:
            await c.answer("400 Bad Request", "application/json", '{"error": {"message": "n must be 1"}}')
        else:
            await c.stream()
            await c.event(delta(0, f"exact h{len(server.requests)}", "stop"))
            await c.say("data: [DONE]\n\n")

    async with serving(handler) as server:
        asked = suggester(server)
        found = await candidates(asked)
        assert texts(found) == ["exact h2", "exact h3"]
        assert texts(await candidates(asked)) == ["exact h4", "exact h5"]
    assert asked.problem is None
    assert ["n" in r.body for r in server.requests] == [True, False, False, False, False]


async def test_a_server_that_ignores_n_is_asked_until_nothing_new_comes() -> None:
    async with serving(one) as server:
        found = await candidates(suggester(server, BASE_CHAT))
    assert texts(found) == ["omega"]
    assert len(server.requests) == 3


BASE_CHAT = replace(CHAT, decoding=replace(CHAT.decoding, candidates=10))


async def test_a_server_without_log_probabilities() -> None:
    async def handler(c: Connection) -> None:
        if "logprobs" in c.body:
            await c.answer("422 Unprocessable", "application/json", '{"detail": "logprobs is not supported"}')
        else:
            await two(c)

    async with serving(handler) as server:
        assert texts(await candidates(suggester(server))) == ["omega", "simp"]
    assert server.requests[1].body["n"] == 2


async def test_a_server_that_does_not_stream() -> None:
    async def handler(c: Connection) -> None:
        choices = [
            {"index": i, "message": {"content": t}, "finish_reason": "stop"} for i, t in ((0, "omega"), (1, "rfl"))
        ]
        await c.answer("200 OK", "application/json", json.dumps({"choices": choices}))

    async with serving(handler) as server:
        assert texts(await candidates(suggester(server))) == ["omega", "rfl"]


async def test_nobody_there(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "unsorry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked = HttpSuggester(f"http://127.0.0.1:{port}", "m", CHAT, limits=FAST)
    assert await candidates(asked) == []
    assert asked.problem == f"http://127.0.0.1:{port}/v1 can't be reached; start the server or correct the address."
    assert await candidates(asked) == []
    assert [r.getMessage() for r in caplog.records if r.name.startswith("unsorry.")] == [asked.problem]


async def quiet(c: Connection) -> None:
    await c.reader.read()


async def html(c: Connection) -> None:
    await c.answer("200 OK", "text/html", "<!DOCTYPE html><html><body>Welcome</body></html>")


async def half(c: Connection) -> None:
    await c.stream()
    await c.event(delta(0, "omega", "stop"), delta(1, "si"))


async def torn(c: Connection) -> None:
    await c.say("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")


async def garbled(c: Connection) -> None:
    await c.stream()
    await c.say("data: {not json\n\n")


async def wide(c: Connection) -> None:
    await c.stream()
    for _ in range(100):
        await c.say("data: " + "x" * 100_000)


async def big(c: Connection) -> None:
    data = json.dumps({"choices": [{"index": 0, "message": {"content": "a " * 5_000_000}}]})
    await c.answer("200 OK", "application/json", data)


async def looping(c: Connection) -> None:
    await c.stream()
    while True:
        await c.event(delta(0, "simp\n" * 1000))


async def failing(c: Connection) -> None:
    await c.stream()
    await c.say('data: {"error": {"message": "out of memory"}}\n\n')


async def elsewhere(c: Connection) -> None:
    await c.answer("307 Temporary Redirect", "text/plain", "", "Location: http://127.0.0.2:9/v1/chat/completions")


@pytest.mark.parametrize(
    ("handler", "part", "requests", "found"),
    [
        (quiet, "said nothing for 0.5 seconds", 1, []),
        (html, "answers with a web page", 1, []),
        (half, "ended its answer in the middle", 1, ["omega"]),
        (torn, "broke off in the middle", 3, []),
        (garbled, "no answer of a model server", 1, []),
        (wide, "a line of more than 1024 KiB", 1, []),
        (big, "more than 8192 KiB in one answer", 1, []),
        (looping, "did not come to an end and was stopped", 1, None),
        (failing, "fails while it answers: out of memory.", 1, []),
        (elsewhere, "sends elsewhere, which is refused", 1, []),
        (status("500 Internal Server Error"), "fails (status 500): no reason.", 3, []),
        (status("429 Too Many Requests"), "has too much to do (status 429): no reason.", 3, []),
        (status("401 Unauthorized"), "does not accept the key (status 401)", 1, []),
        (status("404 Not Found"), "no such model or interface (status 404): no reason.", 1, []),
        (status("400 Bad Request"), "refuses the request (status 400): no reason.", 3, []),
        (status("418 Teapot", "<html>"), "refuses the request (status 418).", 3, []),
        (status("200 OK", "[]"), "no answer of a model server", 1, []),
        (status("200 OK", '{"choices": 7}'), "", 1, []),
        (status("200 OK", '{"choices": [null, {"text": 3, "logprobs": []}, {"index": "x"}]}'), "", None, []),
    ],
)
async def test_each_trouble_is_one_sentence(
    handler: Handler, part: str, requests: int | None, found: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "unsorry")
    async with serving(handler) as server:
        asked = suggester(server, key=KEY)
        got = texts(await candidates(asked))
        if part:
            assert asked.problem is not None
            assert part in asked.problem
            assert asked.problem.startswith((server.address, "The model at "))
            assert asked.problem.endswith(".")
            assert [r.getMessage() for r in caplog.records if r.name.startswith("unsorry.")] == [asked.problem]
    assert requests in {None, len(server.requests)}
    assert found is None or got == found


async def test_what_passes_is_waited_out() -> None:
    busy = status("429 Too Many Requests", "", "Retry-After: 1")
    async with serving(busy, status("503 Service Unavailable"), two) as server:
        asked = suggester(server)
        assert texts(await candidates(asked)) == ["omega", "simp"]
    assert asked.problem is None
    assert server.times[1] - server.times[0] >= 0.95


async def test_a_long_quiet_time_is_respected() -> None:
    async with serving(status("429 Too Many Requests", "", "Retry-After: 3600")) as server:
        asked = suggester(server)
        assert await candidates(asked) == []
        assert await candidates(asked) == []
        assert asked.problem is not None
        assert "left alone for another 3600 seconds" in asked.problem
    assert len(server.requests) == 1


async def test_the_key_is_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = status("401 Unauthorized", json.dumps({"error": {"message": f"Wrong key {KEY} given"}}))
    async with serving(two, echo) as server:
        asked = suggester(server, key=KEY)
        await candidates(asked)
        await candidates(asked)
    assert asked.problem is not None
    assert "Wrong key … given" in asked.problem
    assert KEY not in asked.problem + caplog.text + repr(asked)
    for address in (f"http://me:{KEY}@127.0.0.1/v1", f"http://127.0.0.1/v1?key={KEY}", f"ftp://{KEY}", KEY):
        with pytest.raises(InputError) as raised:
            HttpSuggester(address, "m", CHAT)
        assert KEY not in str(raised.value)
    with pytest.raises(InputError):
        HttpSuggester("http://127.0.0.1", "m", CHAT, key="a\nb")


async def test_nothing_but_the_address_is_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.3:9")
    peers: list[Any] = []
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def watched(sock: socket.socket, address: Any) -> None:
        peers.append(address)
        assert address == ("127.0.0.1", server.port)
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", watched)
    async with serving(two, elsewhere, html, status("500 x")) as server:
        asked = suggester(server)
        for _ in range(4):
            await candidates(asked)
    assert set(peers) == {("127.0.0.1", server.port)}
    assert len(server.requests) == 6


async def test_halves_of_characters_go_neither_way() -> None:
    async def handler(c: Connection) -> None:
        choices = [{"index": i, "message": {"content": t}} for i, t in ((0, "exact \ud800"), (1, "exact \U0001d400"))]
        await c.answer("200 OK", "application/json", json.dumps({"choices": choices}))

    async with serving(handler) as server:
        context = replace(CONTEXT, before="theorem \ud800 := by\n  ")
        assert texts(await candidates(suggester(server), context)) == ["exact \U0001d400"]


async def test_a_host_that_is_none() -> None:
    asked = HttpSuggester(f"http://{'a' * 70}.invalid/v1", "m", CHAT, limits=replace(FAST, tries=1))
    assert await candidates(asked) == []
    assert asked.problem is not None
    for proxy in ("gopher://x", "socks5://127.0.0.1:9050"):
        with pytest.raises(InputError):
            HttpSuggester("http://127.0.0.1", "m", CHAT, proxy=proxy)


async def test_other_provers_and_no_goals_are_not_asked_about() -> None:
    async with serving(two) as server:
        asked = HttpSuggester(server.address, "m", PRESETS["deepseek-prover-v2"], limits=FAST)
        assert await candidates(asked, replace(CONTEXT, prover="Isabelle")) == []
        assert await candidates(asked, replace(CONTEXT, goals=())) == []
    assert server.requests == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        (" https://a.example/api/v3/ ", "https://a.example/api/v3"),
        ("http://localhost:1/v1/chat/completions", "http://localhost:1/v1"),
        ("http://localhost:1/v1/completions", "http://localhost:1/v1"),
    ],
)
def test_addresses(address: str, shown: str) -> None:
    from unsorry.suggesters.http.endpoint import Endpoint

    assert Endpoint(address, limits=FAST).shown == shown
