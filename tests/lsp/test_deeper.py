"""A deeper search by command: what it says as it goes and in the end, and what becomes of it when it is cancelled."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from lsp.client import SOON, AnswerError, Client, Json
from lsp.conftest import Start
from lsp.fakes import URI, fake, theorems, until_free, until_tried
from lsp.lean import Page

TOKEN = "deeper"
CANCELLED = -32800
CONTENT_MODIFIED = -32801

COUNTS = re.compile(r"(\d+) goals?, (\d+) candidates?")
IN_VAIN = re.compile(r"Unsorry: searched (\d+) goals?, (\d+) candidates?, none verified.*\.")


def search_deeper(client: Client, uri: str, place: Json) -> asyncio.Future[Json]:
    params = {"command": "unsorry.searchDeeper", "arguments": [uri, place], "workDoneToken": TOKEN}
    return client.ask("workspace/executeCommand", params)[1]


def counted(client: Client) -> list[tuple[int, int]]:
    """The goals and candidates that the progress told of."""
    values = [m["params"]["value"] for m in client.notices if m["method"] == "$/progress"]
    found = [COUNTS.fullmatch(v["message"]) for v in values if v["kind"] == "report"]
    return [(int(m[1]), int(m[2])) for m in found if m is not None]


def in_vain(client: Client) -> re.Match[str]:
    """The message in the end."""
    said = [m["params"]["message"] for m in client.notices if m["method"] == "window/showMessage"]
    match = IN_VAIN.fullmatch(said[-1])
    assert match is not None, said
    return match


async def test_it_counts_as_it_goes(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"server": {"automatic": False, "deeper_budget": 3.0}}
        await client.initialize()
        client.open(URI, theorems("wide"), "fake")
        asked = search_deeper(client, URI, client.at(URI, "sorry")["position"])
        assert await asked == {"proved": 0, "open": 1, "applied": False}
        counts = counted(client)
        assert len(set(counts)) == len(counts) > 2
        assert counts == sorted(counts)
        assert counts[-1][0] > counts[0][0]
        goals, candidates = (int(n) for n in in_vain(client).groups())
        assert goals >= counts[-1][0]
        assert candidates >= counts[-1][1]


async def test_where_the_first_round_takes_all_of_the_budget_it_says_the_same(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"server": {"automatic": False, "deeper_budget": 1.0}}
        await client.initialize()
        client.open(URI, theorems("long"), "fake")
        asked = search_deeper(client, URI, client.at(URI, "sorry")["position"])
        assert await asked == {"proved": 0, "open": 1, "applied": False}
        message = in_vain(client)
        assert int(message[1]) == 1
        assert message[0].endswith("the budget is used up.")


async def test_a_change_of_the_text_ends_it(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"server": {"automatic": False, "deeper_budget": 60.0}}
        await client.initialize()
        client.open(URI, theorems("long"), "fake")
        asked = search_deeper(client, URI, client.at(URI, "sorry")["position"])
        await until_tried(client)
        client.edit(URI, "long", "never")
        with pytest.raises(AnswerError, match="changed") as caught:
            await asyncio.wait_for(asked, SOON)
        assert caught.value.code == CONTENT_MODIFIED
        await until_free(client)


# With the real Lean

HARD = "theorem hard (f : Nat → Nat) (h : ∀ n, f (f n) = n + 1) (a : Nat) : f a ≠ a + 2 := by ¦sorry\n"
EASY = "theorem easy (a b : Nat) : a + b = b + a := by ¦sorry\n"


@pytest.mark.embedded
@pytest.mark.asyncio(loop_scope="module")
async def test_a_cancel_frees_the_prover(start: Start) -> None:
    async with start() as client:
        client.settings = {"server": {"automatic": False}}
        await client.initialize()
        page = Page(client, HARD)
        asked = search_deeper(client, page.uri, page.here)
        await client.until(lambda: len(counted(client)) > 1)
        client.notify("window/workDoneProgress/cancel", {"token": TOKEN})
        with pytest.raises(AnswerError) as caught:
            await asyncio.wait_for(asked, SOON)
        assert caught.value.code == CANCELLED
        await until_free(client)
        assert (await client.idle(page.uri))["holes"] == {"open": 1}
        # The next one has it for itself.
        other = Page(client, EASY)
        assert (await client.command("unsorry.proveHere", other.uri, other.here))["proved"] == 1
