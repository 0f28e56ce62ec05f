"""A run with a model opens no socket to anything but the address that was configured, whatever proxies there are."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local_models.conftest import Command
from local_models.trained import needs_torch

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

#: In every Python that is started: what it connects to or looks up, a line of JSON each, before it does so.
WATCH = """
import json, os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        place = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[:2]
        # Streams between processes have no address.
        if isinstance(place, tuple):
            note([event, [str(part) for part in place[:2]]])

def note(what):
    with open(os.environ["WATCHED"], "a") as file:
        file.write(json.dumps(what) + "\\n")

note(["began", [str(argument) for argument in sys.orig_argv]])
sys.addaudithook(watch)
"""

NOWHERE = "http://127.0.0.1:9"
HOLES = "theorem comm (a b : Nat) : a + b = b + a := by sorry\ntheorem never (a b : Nat) : a + b = a * b := by sorry\n"


@pytest.fixture
def watched(tmp_path: Path) -> dict[str, str]:
    """What makes a process tell of its sockets, with proxies in its way."""
    import unsorry

    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(WATCH)
    proxies = {f"{scheme}_proxy": NOWHERE for scheme in ("http", "https", "all")}
    return {
        "PYTHONPATH": f"{hook}:{Path(unsorry.__file__).parents[1]}",
        "WATCHED": str(tmp_path / "watched.jsonl"),
        **proxies,
        **{name.upper(): value for name, value in proxies.items()},
    }


def told(watched: dict[str, str]) -> tuple[list[str], set[tuple[str, str]]]:
    """The programs that ran, and the places that they wanted to reach."""
    lines = [json.loads(line) for line in Path(watched["WATCHED"]).read_text().splitlines()]
    programs = [" ".join(what) for event, what in lines if event == "began"]
    return programs, {(place[0], place[1]) for event, place in lines if event != "began"}


@pytest.mark.slow
@needs_torch
def test_a_local_model(unsorry: Command, model: Path, watched: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "project" / "A.lean").write_text(HOLES)
    ran = unsorry("prove", "A.lean", "--embedded", "--model", model, "--explain", env=watched)
    assert ran.returncode == 1, ran.stderr
    assert f"transformers/{model.name}" in ran.stdout
    programs, places = told(watched)
    assert any("unsorry.suggesters.transformers.worker" in program for program in programs)
    assert places == set()


class Endpoint(BaseHTTPRequestHandler):
    """Says always the same."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        choice = {"index": 0, "finish_reason": "stop", "message": {"content": "```lean\nomega\n```"}}
        data = json.dumps({"choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class has it so)
        """Nothing on standard error."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_endpoint(unsorry: Command, port: int, watched: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "project" / "A.lean").write_text(HOLES)
    chosen = ("--suggester", "http", "--address", f"http://127.0.0.1:{port}/v1", "--model", "m")
    ran = unsorry("prove", "A.lean", "--embedded", "--json", *chosen, env=watched)
    assert json.loads(ran.stdout)["proved"] == 1, ran.stderr
    programs, places = told(watched)
    assert any("unsorry prove" in program for program in programs)
    assert places == {("127.0.0.1", str(port))}
