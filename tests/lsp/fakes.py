"""What the tests of the language server on the scripted prover share."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from lsp import fake_server
from lsp.client import SOON, Client, Json, stdio

#: Above this, the event loop was held for too long, in seconds.
STALL: Final = 0.1

URI: Final = "untitled:one.fake"


def theorems(*kinds: str) -> str:
    return "".join(f"theorem t{n} : {kind} x{n} := by\n  sorry\n\n" for n, kind in enumerate(kinds))


def program(log_folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(Path(fake_server.__file__)), "--log-folder", str(log_folder), *arguments]


@asynccontextmanager
async def fake(folder: Path, *arguments: str) -> AsyncGenerator[Client]:
    """A server with a scripted prover, whose loop must not be held up and whose log must tell of no fault."""
    async with stdio(program=program(folder / "log", *arguments), log_folder=folder) as client:
        yield client
        if client.process is not None and client.process.returncode is None:
            await no_stall(client)
    assert not [record for record in log(folder) if record["level"] == "error"]


async def no_stall(client: Client) -> None:
    stalls = (await client.command("unsorry.status"))["stalls"]
    assert stalls["worst"] is None or stalls["worst"] < STALL, stalls


def log(folder: Path) -> list[Json]:
    files = [*(folder / "log").glob("*.log")]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


async def tried(client: Client) -> int:
    return (await client.request("test/counts", {})).get("candidates", 0)


async def until_tried(client: Client, more: int = 1) -> int:
    """Waits until the prover has worked on some candidates; how many."""
    before = now = await tried(client)
    for _ in range(1000):
        if now >= before + more:
            return now
        await asyncio.sleep(0.01)
        now = await tried(client)
    raise AssertionError("the prover has nothing to do")


async def until_free(client: Client) -> Json:
    """Waits until no lane has work."""
    async with asyncio.timeout(SOON):
        while True:
            status = await client.command("unsorry.status")
            if all(lane["cause"] is None and lane["queue"] == 0 for lane in status["lanes"]):
                return status
            await asyncio.sleep(0.02)
