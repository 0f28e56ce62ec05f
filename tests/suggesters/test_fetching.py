"""A model is fetched from a hub of the tests' own by the hub's real client, and found again without it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from unsorry.errors import ModelError
from unsorry.suggesters.transformers.lane import Download, ModelLane, ModelSettings
from unsorry.suggesters.transformers.libraries import installed

pytestmark = [
    pytest.mark.skipif(not installed(), reason="the extra `local` (torch, transformers) is not installed"),
    pytest.mark.timeout(300),
]

NAME = "somebody/tiny"
COMMIT = "c0" * 20
#: The client writes 10 MB at a time; half of the weights is more.
SIZE = 24_000_000


def weights() -> bytes:
    """A file in the safe format, of one vector."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [SIZE // 4], "data_offsets": [0, SIZE]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(SIZE)


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as its client needs.  What is written of the weights comes in two parts."""

    files: ClassVar[dict[str, bytes]] = {
        "config.json": json.dumps({"model_type": "t5", "is_encoder_decoder": True}).encode(),
        "model.safetensors": weights(),
        "tokenizer_config.json": b"{}",
    }
    asked: ClassVar[list[str]] = []
    pause: ClassVar[float] = 0.0

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        self.asked.append(f"{self.command} {self.path}")
        if self.path.startswith(f"/api/models/{NAME}"):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in self.files.items()]
            data = json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings}).encode()
        else:
            data = self.files[self.path.rsplit("/", 1)[1].split("?")[0]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.end_headers()
        if body:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            if len(data) > SIZE:
                time.sleep(self.pause)
            self.wfile.write(data[len(data) // 2 :])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class has it so)
        """Nothing on standard error."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    """The hub that this process's children know, and an empty cache."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr(Hub, "asked", [])
    try:
        yield Hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def examined(*, download: bool) -> tuple[dict[str, Any], list[Download]]:
    """What is found out about the model, and what was said of its download."""
    heard: list[Download] = []
    lane = ModelLane(ModelSettings(NAME, local_only=not download), downloading=heard.append)
    try:
        return await lane.examine(), heard
    finally:
        await lane.close()


async def test_a_model_is_fetched_once_and_found_again_without_the_hub(hub: type[Hub]) -> None:
    found, heard = await examined(download=True)
    total = sum(len(data) for data in hub.files.values())
    assert heard[0] == Download(NAME, 0, total)
    assert heard[-1] == Download(NAME, total, total)
    assert Path(found["folder"]).name == COMMIT
    hub.asked.clear()
    for download in (False, True):
        again, nothing = await examined(download=download)
        assert (again["folder"], nothing) == (found["folder"], [])
    assert hub.asked == []


async def test_what_is_missing_of_a_model_is_fetched(hub: type[Hub]) -> None:
    found, _ = await examined(download=True)
    (Path(found["folder"]) / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="only a part of it is in the hub's cache; allow the download"):
        await examined(download=False)
    again, _ = await examined(download=True)
    assert again["folder"] == found["folder"]
    assert (Path(found["folder"]) / "model.safetensors").is_file()


async def test_how_much_of_a_file_has_come_is_said_while_it_comes(
    hub: type[Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "pause", 2.0)
    _, heard = await examined(download=True)
    total = sum(len(data) for data in hub.files.values())
    counts = [one.bytes for one in heard]
    assert counts == sorted(counts)
    # More than all but the weights, and less than when they are there.
    assert [count for count in counts if total - SIZE < count < SIZE]
