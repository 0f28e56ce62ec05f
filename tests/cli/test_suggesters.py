"""Which sources of candidates a run asks: a model behind a real endpoint on loopback, and what is wrong with others."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from unsorry.suggesters.presets import PRESETS

if TYPE_CHECKING:
    from conftest import Run

HOLES = """theorem comm (a b : Nat) : a + b = b + a := by
  sorry

theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry
"""

# What a chatty model says, of which the second part is wrong for either hole.
REPLY = "Let me think.\n```lean4\nexact Nat.add_comm a b\n```\nor\n```lean4\nexact ⟨hp, hq⟩\n```\n"


class Endpoint(BaseHTTPRequestHandler):
    """Answers every chat with the same reply, and remembers what it was asked."""

    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append({**body, "authorization": self.headers.get("Authorization")})
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": REPLY}}
        data = json.dumps({"id": "1", "object": "chat.completion", "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class has it so)
        """Nothing on standard error."""


@pytest.fixture
def address() -> Iterator[str]:
    """A server on a port of its own."""
    Endpoint.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.embedded
def test_a_models_proofs_are_certified_like_any_other(
    address: str, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    monkeypatch.setenv("UNSORRY_HTTP_KEY", "secret")
    chosen = ("--suggester", "http", "--address", address, "--model", "some-model")
    ran = run("prove", "A.lean", "--embedded", "--json", *chosen)
    data = ran.validated()
    assert (ran.code, data["proved"]) == (0, 2)
    assert [h["proof"] for h in data["holes"]] == ["exact Nat.add_comm a b", "exact ⟨hp, hq⟩"]
    assert {h["origin"] for h in data["holes"]} == {"http/some-model"}
    assert Endpoint.asked[0]["model"] == "some-model"
    assert Endpoint.asked[0]["authorization"] == "Bearer secret"
    assert "secret" not in ran.out + ran.err


@pytest.mark.embedded
def test_a_server_that_is_down_leaves_the_rules(folder: Path, run: Run) -> None:
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    (folder / "unsorry.toml").write_text(
        '[suggest]\nuse = ["http", "rules"]\n[http]\naddress = "http://127.0.0.1:9/v1"\nmodel = "m"\n', encoding="utf-8"
    )
    ran = run("prove", "A.lean", "--embedded", "--json")
    assert (ran.code, ran.validated()["proved"]) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--suggester", "magic"), "--suggester wants one or several of rules, neighbours, http"),
        (("--suggester", "http"), "needs `http.address` and `http.model`"),
        (("--suggester", "http", "--address", "nowhere", "--model", "m"), "begins with http:// or https://"),
        (("--suggester", "http", "--address", "http://127.0.0.1:9", "--model", "m", "--preset", "x"), "no preset 'x'"),
    ],
)
@pytest.mark.embedded
def test_a_wrong_choice_is_told(folder: Path, run: Run, arguments: tuple[str, ...], says: str) -> None:
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    ran = run("prove", "A.lean", "--embedded", *arguments)
    assert ran.code == 2
    assert says in ran.err


def test_models_lists_the_presets(folder: Path, run: Run) -> None:
    (folder / "unsorry.toml").write_text('[http]\nmodel = "kimina-prover-7b"\n', encoding="utf-8")
    data = run("models", "--json").json
    assert {p["name"] for p in data["presets"]} == set(PRESETS)
    assert all(p["source"] for p in data["presets"])
    assert data["preset"] == "kimina-prover"
    assert "kimina-prover" in run("models").out
