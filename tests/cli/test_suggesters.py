"""Which sources of candidates a run asks: a model behind a real endpoint on loopback, and what is wrong with others."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import keyring.backend
import keyring.errors
import pytest

from unsorry.cli.sources import Sources
from unsorry.provers.seam import ProverInfo
from unsorry.suggesters.presets import PRESETS
from unsorry.workspace.settings import HttpSettings, Settings, SuggestSettings

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


class Ring(keyring.backend.KeyringBackend):
    """A store of keys in memory; a locked one can't be asked."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = False
        self.keys: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.keys[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("it is locked")
        return self.keys.get((service, username))


@pytest.fixture
def ring() -> Iterator[Ring]:
    """In the place of the system's own."""
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    keyring.set_password("my-server", "unsorry", "kept")
    try:
        yield ring
    finally:
        keyring.set_keyring(before)


def asking(address: str, **more: str) -> str:
    """Settings that ask a model there."""
    http = {"address": address, "model": "m", **more}
    return '[suggest]\nuse = ["http"]\n[http]\n' + "".join(f"{k} = {json.dumps(v)}\n" for k, v in http.items())


@pytest.mark.embedded
def test_a_key_comes_from_the_keyring(address: str, folder: Path, run: Run, ring: Ring) -> None:
    del ring
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    (folder / "unsorry.toml").write_text(asking(address, keyring="my-server"), encoding="utf-8")
    ran = run("prove", "A.lean", "--embedded", "--json")
    assert ran.validated()["proved"] == 2
    assert {a["authorization"] for a in Endpoint.asked} == {"Bearer kept"}
    assert "kept" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("service", "locked", "says"),
    [("other", False, "keyring has no other for unsorry"), ("my-server", True, "can't be asked (it is locked)")],
)
@pytest.mark.embedded
def test_a_keyring_without_the_key_is_told(
    address: str, folder: Path, run: Run, ring: Ring, service: str, locked: bool, says: str
) -> None:
    ring.locked = locked
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    (folder / "unsorry.toml").write_text(asking(address, keyring=service), encoding="utf-8")
    ran = run("prove", "A.lean", "--embedded")
    assert ran.code == 2
    assert says in ran.err
    assert f"keyring set {service} unsorry" in ran.err
    assert Endpoint.asked == []


def test_a_locked_keyring_leaves_the_other_sources(ring: Ring) -> None:
    ring.locked = True
    http = HttpSettings(address="http://127.0.0.1:9/v1", model="m", keyring="my-server")
    settings = Settings(suggest=SuggestSettings(use=("http", "rules")), http=http)
    found, (trouble,) = Sources().usable(settings, ProverInfo("Lean", "4", "test"), None)
    assert {s.name for s in found} == {"rules"}
    assert trouble.startswith("http: The system's keyring can't be asked (it is locked)")


@pytest.mark.embedded
def test_a_proxy_is_used_where_one_is_named(address: str, folder: Path, run: Run) -> None:
    (folder / "A.lean").write_text(HOLES, encoding="utf-8")
    # The endpoint plays the proxy: what goes to an address that is not there reaches it all the same.
    proxy = address.removesuffix("/v1")
    (folder / "unsorry.toml").write_text(asking("http://model.invalid/v1", proxy=proxy), encoding="utf-8")
    assert run("prove", "A.lean", "--embedded", "--json").validated()["proved"] == 2


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


@pytest.mark.usefixtures("fake")
def test_a_model_for_premises_that_is_not_there_is_told_and_the_rest_goes_on(run: Run, folder: Path) -> None:
    (folder / "unsorry.toml").write_text('[premises]\nmodel = "./nowhere"\n', encoding="utf-8")
    (folder / "A.lean").write_text("theorem t : A := by\n  sorry\n", encoding="utf-8")
    ran = run("prove", "A.lean", "--json")
    assert (ran.code, ran.json["proved"]) == (0, 1)
    assert ran.err.splitlines() == ["warning: premises/nowhere: There is no folder ./nowhere."]
