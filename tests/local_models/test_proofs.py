"""The mini model proves what it was not trained on: from the command line, in the server, and behind an endpoint."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from local_models.conftest import Command
from local_models.trained import BASICS, RECORDS, environment, facts, needs_torch
from lsp.client import stdio
from unsorry.suggesters.presets import MINI
from unsorry.suggesters.transformers.suggester import preset_for

pytestmark = [pytest.mark.embedded, pytest.mark.slow, pytest.mark.timeout(600), needs_torch]

#: How many of the holes the model has to prove, all by itself.
WANTED = 5


def renamed(goal: str) -> str:
    """A goal with its variables and hypotheses numbered: what is left tells two goals apart."""
    names = [n for row in goal.splitlines() if not row.startswith("⊢") for n in row.split(" : ")[0].split()]
    for number, name in enumerate(names):
        goal = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w'])", f"#{number}", goal)
    return " ".join(goal.split())


def check(data: dict[str, Any], origin: str) -> None:
    """Enough holes are proved, each by the model, and what is false is not."""
    proved = [hole for hole in data["holes"] if hole["status"] == "proved"]
    assert len(proved) >= WANTED
    assert {hole["origin"] for hole in proved} == {origin}
    assert [hole["status"] for hole in data["holes"] if hole["declaration"] == "never"] == ["open"]


def test_the_model_is_small_and_has_learned(model: Path) -> None:
    assert facts()["parameters"] <= 5_000_000
    assert facts()["loss"] < 0.5
    assert preset_for(str(model)) is MINI


def test_from_the_command_line(unsorry: Command, model: Path) -> None:
    chosen = ("--suggester", "transformers", "--model", model)
    ran = unsorry("prove", BASICS, "--embedded", "--json", "--budget", "30", *chosen)
    assert ran.returncode == 1, ran.stderr
    data = json.loads(ran.stdout)
    check(data, f"transformers/{model.name}")
    seen = {renamed(json.loads(row)["goal"]) for row in RECORDS.read_text("utf-8").splitlines()}
    assert not seen.intersection(renamed(hole["goal"]) for hole in data["holes"])
    assert ran.stderr == ""


async def test_in_the_server(lean: None, model: Path, tmp_path: Path) -> None:
    async with stdio("--embedded", log_folder=tmp_path / "log") as client:
        client.settings = {
            "suggest": {"use": ["transformers"]},
            "transformers": {"model": str(model)},
            "server": {"budget": 60, "alternatives": 0},
        }
        await client.initialize()
        uri = BASICS.as_uri()
        client.open(uri, BASICS.read_text("utf-8"))
        await client.ready(uri, WANTED, seconds=240)
        told = [d for d in client.diagnostics[uri]["diagnostics"] if d.get("code") == "proof-ready"]
        for diagnostic in told[:WANTED]:
            explained = await client.command("unsorry.explain", uri, diagnostic["range"]["start"])
            assert explained["report"]["origin"] == f"transformers/{model.name}"
        assert (await client.command("unsorry.status"))["troubles"] == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server, not one of ours, that serves the model to whoever speaks OpenAI's protocol."""
    if importlib.util.find_spec("uvicorn") is None:
        pytest.skip("the extra `serving` (transformers[serving]) is not installed")
    port = free_port()
    program = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", model.name]
    log = tmp_path_factory.mktemp("served") / "log"
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [*program, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            cwd=model.parent,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + 200
            while not up(port):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()


def up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_behind_an_endpoint(unsorry: Command, served: str, model: Path) -> None:
    chosen = ("--suggester", "http", "--address", served, "--model", model.name, "--preset", "mini")
    ran = unsorry("prove", BASICS, "--embedded", "--json", "--budget", "30", *chosen)
    assert ran.returncode == 1, ran.stderr
    check(json.loads(ran.stdout), f"http/{model.name}")
    assert ran.stderr == ""
