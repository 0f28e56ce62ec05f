"""Messages cross real streams, whole and in order, and the process always ends."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from lsprotocol import types

import unsorry
from unsorry.errors import InputError
from unsorry.lsp.protocol import Wire
from unsorry.lsp.transport import MESSAGE_LIMIT, serve_tcp

INITIALIZE: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": {}}

SERVER = r"""
import asyncio, os, subprocess, sys
from lsprotocol import types
from unsorry.lsp.protocol import Wire
from unsorry.lsp.transport import serve_stdio

class Session:
    def __init__(self):
        routes = {"initialize": self.initialize, "shutdown": self.shutdown, "test/print": self.print}
        self.wire = Wire(routes, {"test/flood": self.flood, "test/mark": self.mark})

    async def initialize(self, params):
        return types.InitializeResult(types.ServerCapabilities())

    async def shutdown(self, params):
        return None

    async def print(self, params):
        print("stray")
        os.write(1, b"stray\n")
        subprocess.run([sys.executable, "-c", "import sys; print('stray', repr(sys.stdin.read()))"], timeout=20)
        return "printed"

    def flood(self, count):
        for number in range(count):
            self.wire.notify("test/data", {"number": number, "text": "x" * 1000})

    def mark(self, word):
        print(word, file=sys.stderr, flush=True)

    async def close(self):
        await asyncio.sleep(0)
        self.mark("closed")

sys.exit(asyncio.run(serve_stdio(Session)))
"""


def framed(**message: Any) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def ask(ident: int, method: str, params: Any = None) -> bytes:
    return framed(id=ident, method=method, params=params)


STARTED = ask(1, "initialize", INITIALIZE)
SHUTDOWN = ask(2, "shutdown")
EXIT = framed(method="exit")


def messages(data: bytes) -> Iterator[dict[str, Any]]:
    """All messages of an output, between which there is nothing."""
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        name, _, length = head.partition(b": ")
        assert name == b"Content-Length"
        yield json.loads(data[: int(length)])
        data = data[int(length) :]


@contextmanager
def child(tmp_path: Path) -> Generator[subprocess.Popen[bytes]]:
    script = tmp_path / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(unsorry.__file__).parents[1])}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-Werror", str(script)], stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def opened(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def spoken(tmp_path: Path, said: bytes) -> tuple[int, list[dict[str, Any]], str]:
    """Says everything at once, ends the stream, and returns the status, the messages and what was on standard error."""
    with child(tmp_path) as process:
        out, errors = process.communicate(said, timeout=30)
        return process.returncode, list(messages(out)), errors.decode()


@pytest.mark.parametrize(
    ("said", "status", "answered"),
    [
        (STARTED + SHUTDOWN + EXIT, 0, [1, 2]),
        (STARTED + EXIT, 1, [1]),
        (STARTED, 1, [1]),
        (STARTED + SHUTDOWN, 0, [1, 2]),
        (b"", 1, []),
        (STARTED + b"Content-Length: 500\r\n\r\n{", 1, [1]),
        (STARTED + b"Content-Le", 1, [1]),
        (STARTED + EXIT + SHUTDOWN, 1, [1]),
    ],
)
def test_how_it_ends(tmp_path: Path, said: bytes, status: int, answered: list[int]) -> None:
    code, heard, errors = spoken(tmp_path, said)
    assert (code, [message["id"] for message in heard]) == (status, answered)
    assert errors.splitlines()[-1] == "closed"
    assert "Traceback" not in errors


def test_it_ends_though_the_input_stays_open(tmp_path: Path) -> None:
    with child(tmp_path) as process:
        opened(process.stdin).write(STARTED + SHUTDOWN + EXIT)
        opened(process.stdin).flush()
        assert process.wait(timeout=30) == 0


def test_a_stray_print_stays_out_of_the_protocol(tmp_path: Path) -> None:
    with child(tmp_path) as process:
        opened(process.stdin).write(STARTED + ask(5, "test/print"))
        opened(process.stdin).flush()
        # A child that reads its standard input gets nothing, and does not wait for what the client will say.
        words = [opened(process.stderr).readline().split() for _ in range(3)]
        out, _ = process.communicate(EXIT, timeout=30)
    assert sorted(words) == [[b"stray"], [b"stray"], [b"stray", b"''"]]
    assert [message["result"] for message in messages(out)] == [{"capabilities": {}}, "printed"]


def test_all_is_written_in_order_before_it_ends(tmp_path: Path) -> None:
    code, heard, _ = spoken(tmp_path, STARTED + framed(method="test/flood", params=3000) + SHUTDOWN + EXIT)
    numbers = [message["params"]["number"] for message in heard if "method" in message]
    assert (code, numbers) == (0, list(range(3000)))


def test_a_client_that_never_reads_blocks_nothing(tmp_path: Path) -> None:
    with child(tmp_path) as process:
        stdin, errors = opened(process.stdin), opened(process.stderr)
        stdin.write(STARTED + framed(method="test/flood", params=3000) + framed(method="test/mark", params="alive"))
        stdin.flush()
        assert errors.readline().strip() == b"alive"
        stdin.write(SHUTDOWN + EXIT)
        stdin.flush()
        assert errors.readline().strip() == b"closed"
        assert process.wait(timeout=30) == 0


def test_a_client_that_closes_its_end_is_left(tmp_path: Path) -> None:
    with child(tmp_path) as process:
        stdin, errors = opened(process.stdin), opened(process.stderr)
        opened(process.stdout).close()
        stdin.write(STARTED + framed(method="test/mark", params="alive"))
        stdin.flush()
        assert b"alive" in [errors.readline().strip(), errors.readline().strip()]
        stdin.write(SHUTDOWN + EXIT)
        stdin.flush()
        assert process.wait(timeout=30) == 0
        assert b"Traceback" not in errors.read()


class Session:
    """A session whose end can be waited for."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.closed = asyncio.Event()
        self.wire = Wire(
            {"initialize": self._initialize, "shutdown": self._shutdown, "test/note": self._note},
            {"test/note": self.seen.append},
        )

    async def _initialize(self, _: types.InitializeParams) -> types.InitializeResult:
        return types.InitializeResult(types.ServerCapabilities())

    async def _shutdown(self, _: None) -> None:
        return None

    async def _note(self, word: str) -> str:
        self.seen.append(word)
        return word

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed.set()


class Host:
    """A server that listens, and its sessions."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.address: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(serve_tcp("127.0.0.1", 0, self._make, self._ready))

    def _make(self) -> Session:
        self.sessions.append(Session())
        return self.sessions[-1]

    def _ready(self, host: str, port: int) -> None:
        self.address.set_result((host, port))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Client]:
        reader, writer = await asyncio.open_connection(*await asyncio.wait_for(self.address, 5))
        try:
            yield Client(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            return json.loads(await self.reader.readexactly(int(head.split()[1])))

    async def ask(self, ident: int, method: str, params: Any = None) -> Any:
        self.writer.write(ask(ident, method, params))
        answer = await self.hear()
        assert answer["id"] == ident
        return answer["result"]

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), 5)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    host = Host()
    yield host
    await host.stop()


async def test_clients_come_one_after_another(host: Host) -> None:
    for number in range(2):
        async with host.client() as client:
            await client.ask(1, "initialize", INITIALIZE)
            await client.ask(2, "shutdown")
            client.writer.write(EXIT)
            assert await client.rest() == b""
        assert len(host.sessions) == number + 1
        await asyncio.wait_for(host.sessions[number].closed.wait(), 5)
    assert not host.task.done()


async def test_clients_at_once_have_sessions_of_their_own(host: Host) -> None:
    async with host.client() as one, host.client() as other:
        for client in (one, other):
            await client.ask(1, "initialize", INITIALIZE)
        assert await one.ask(2, "test/note", "one") == "one"
        assert await other.ask(2, "test/note", "other") == "other"
        one.writer.write(EXIT)
        assert await one.rest() == b""
        assert await other.ask(3, "test/note", "still") == "still"
    assert sorted(session.seen for session in host.sessions) == [["one"], ["other", "still"]]


async def test_every_session_is_closed_when_the_server_stops(host: Host) -> None:
    async with host.client() as one, host.client() as other:
        for client in (one, other):
            await client.ask(1, "initialize", INITIALIZE)
        await host.stop()
        assert [session.closed.is_set() for session in host.sessions] == [True, True]
        assert (await one.rest(), await other.rest()) == (b"", b"")


async def test_a_client_that_vanishes_ends_its_session(host: Host) -> None:
    async with host.client() as client:
        await client.ask(1, "initialize", INITIALIZE)
        client.writer.transport.abort()
        await asyncio.wait_for(host.sessions[0].closed.wait(), 5)
    async with host.client() as client:
        await client.ask(1, "initialize", INITIALIZE)


async def test_a_session_that_can_not_be_made_costs_only_its_connection(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Host):
        def _make(self) -> Session:
            if not caplog.records:
                raise RuntimeError("no session")
            return super()._make()

    host = Failing()
    async with host.client() as client:
        assert await client.rest() == b""
    async with host.client() as client:
        await client.ask(1, "initialize", INITIALIZE)
    await host.stop()
    assert "no session" in caplog.text


async def test_a_taken_port_is_the_users_to_change(host: Host) -> None:
    name, port = await asyncio.wait_for(host.address, 5)
    with pytest.raises(InputError, match=f"{name}:{port} can't be listened on"):
        await serve_tcp(name, port, Session, lambda _, __: None)


async def test_a_request_begins_before_the_next_message_is_looked_at(host: Host) -> None:
    async with host.client() as client:
        await client.ask(1, "initialize", INITIALIZE)
        said = b"".join(
            ask(2 + number, "test/note", f"asked {number}") + framed(method="test/note", params=f"told {number}")
            for number in range(3)
        )
        client.writer.write(said)
        for _ in range(3):
            await client.hear()
        await client.ask(9, "test/note", "end")
        expected = [f"{how} {number}" for number in range(3) for how in ("asked", "told")]
        assert host.sessions[0].seen == [*expected, "end"]


BODY = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": INITIALIZE}).encode()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: {}\r\n\r\n",
        "content-length:{}\r\n\r\n",
        "CONTENT-LENGTH :  {} \r\n\r\n",
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: {}\r\nX-Other: 1\r\n\r\n",
        "Content-Length: {}\n\n",
    ],
)
async def test_headers_that_are_understood(host: Host, head: str) -> None:
    async with host.client() as client:
        for byte in head.format(len(BODY)).encode() + BODY:
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.hear())["id"] == 7


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"Content-Type: x\r\n\r\n{}", "does not say its length"),
        (b"\r\n\r\n", "does not say its length"),
        (b"Content-Length: -1\r\n\r\n", "the announced length"),
        (b"Content-Length: one\r\n\r\n", "the announced length"),
        (b"Content-Length: %d\r\n\r\n" % (MESSAGE_LIMIT + 1), "the announced length"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "the announced length"),
        (b"X" * 200_000 + b"\r\n", "too long"),
    ],
)
async def test_what_is_no_message_ends_the_connection(
    host: Host, said: bytes, complaint: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.client() as client:
        client.writer.write(said)
        assert await client.rest() == b""
    assert complaint in caplog.text
    assert host.sessions[0].closed.is_set()


@pytest.mark.usefixtures("loop_watch")
async def test_a_long_message_is_taken_whole(host: Host) -> None:
    async with host.client() as client:
        await client.ask(1, "initialize", INITIALIZE)
        started = time.monotonic()
        word = "x" * 2_000_000
        assert await client.ask(2, "test/note", word) == word
        assert time.monotonic() - started < 5
