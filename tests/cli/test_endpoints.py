"""Endpoints that do what they should not: each is a sentence at the end of a run, and the rules still prove."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from unsorry.cli.sources import Sources
from unsorry.provers.fake import Closes, Step

if TYPE_CHECKING:
    from conftest import Fake, Run

HOLES = "theorem one : easy := by\n  sorry\n\ntheorem two : never := by\n  sorry\n"
OWN = Sources.suggesters

Answer = Callable[[socket.socket], None]


def plain(status: str, kind: str, body: bytes) -> Answer:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return lambda peer: peer.sendall(head.encode() + body)


def event(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


def stream(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")


def half(peer: socket.socket) -> None:
    stream(peer)
    peer.sendall(event("om"))


def loops(peer: socket.socket) -> None:
    stream(peer)
    while True:
        peer.sendall(event("again " * 100))


def failure(text: str) -> bytes:
    return json.dumps({"error": {"message": text}}).encode()


@pytest.fixture
def endpoint(answer: Answer | None) -> Iterator[str]:
    """The address of a server that always answers so; of one that is not there without an answer."""

    class Peer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if self.rfile.read(length) and answer is not None:
                with contextlib.suppress(OSError):
                    answer(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Peer) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/v1"
        if answer is None:
            server.server_close()
            yield address
            return
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(None, "can't be reached; start the server or correct the address", id="down"),
        pytest.param(plain("200 OK", "text/html", b"<html>"), "answers with a web page", id="html"),
        pytest.param(half, "ended its answer in the middle", id="half"),
        pytest.param(
            plain("429 Too Many Requests", "application/json", failure("slow down")), "too much to do", id="429"
        ),
        pytest.param(plain("500 No", "application/json", failure("broken")), "fails (status 500): broken", id="500"),
        pytest.param(plain("200 OK", "application/json", b"x" * 10_000_000), "more than 8192 KiB", id="10 MB"),
        pytest.param(loops, "did not come to an end and was stopped", id="loops"),
    ],
)
def test_each_is_a_sentence_and_the_rules_go_on(
    fake: Fake, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, endpoint: str, says: str
) -> None:
    def script(target: str, tactic: str) -> Step | None:
        return Closes() if target == "easy" and tactic else None

    monkeypatch.setattr(Sources, "suggesters", OWN)
    fake.script = script
    (folder / "A.lean").write_text(HOLES)
    ran = run("prove", "A.lean", "--json", "--suggester", "rules,http", "--address", endpoint, "--model", "m")
    data = ran.validated()
    assert ran.code == 1
    assert [h["status"] for h in data["holes"]] == ["proved", "open"]
    assert data["holes"][0]["origin"].startswith("rules")
    (line,) = ran.err.splitlines()
    assert line.startswith("warning: http/m: ")
    assert says in line
