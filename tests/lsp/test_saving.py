"""Proofs that are put in when a file is saved: only for who wants that, in time, and for the saved version only."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from lsp.client import SOON, Client, Json, applied
from lsp.conftest import Start
from lsp.lean import Page, certified
from provers.leans import Bench

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module")]

EASY = "theorem easy (a b : Nat) : a + b = b + a := by sorry\n"
TWO = "theorem two (p q : Prop) (h : p) (g : q) : p ∧ q := by\n  constructor\n  · sorry\n  · sorry\n"
NEVER = "theorem never (a b : Nat) : a + b = a * b := by sorry\n"
#: Searching all of these takes many times the budget of a save.
MANY = "".join(NEVER.replace("never", f"never{n}").replace("a * b", f"a * b + {n}") for n in range(40))

MANUAL, AFTER_DELAY, FOCUS_OUT = 1, 2, 3
ON = {"server": {"prove_on_save": True}}


async def save(page: Page, reason: int = MANUAL) -> list[Json]:
    params = {"textDocument": {"uri": page.uri}, "reason": reason}
    return await page.client.request("textDocument/willSaveWaitUntil", params, SOON)


async def begin(client: Client, settings: Any, file: Path, text: str) -> Page:
    client.settings = settings
    await client.initialize()
    return Page(client, text, file.as_uri())


@pytest.mark.parametrize(
    ("settings", "in_file", "filled"),
    [
        pytest.param(None, "", False, id="nobody asked for it"),
        pytest.param(ON, "", True, id="the editor's settings"),
        pytest.param(None, "[server]\nprove_on_save = true\n", True, id="the project's settings"),
        pytest.param({"server.proveOnSave": False}, "[server]\nprove_on_save = true\n", False, id="the editor wins"),
    ],
)
async def test_it_is_opt_in(
    start: Start, judge: Bench, tmp_path: Path, settings: Any, in_file: str, filled: bool
) -> None:
    (tmp_path / "unsorry.toml").write_text(in_file, encoding="utf-8")
    async with start() as client:
        page = await begin(client, settings, tmp_path / "A.lean", EASY + TWO + NEVER)
        await page.idle()
        edits = await save(page)
        assert len(edits) == (3 if filled else 0)
        await certified(judge, applied(page.text, edits), 1 if filled else 4)
        # An editor that saves by itself, while the user types or looks away, gets nothing.
        assert await save(page, AFTER_DELAY) == []
        assert await save(page, FOCUS_OUT) == []


async def test_the_budget_is_kept(start: Start, judge: Bench, tmp_path: Path) -> None:
    async with start() as client:
        page = await begin(client, ON, tmp_path / "A.lean", EASY + MANY)
        await client.ready(page.uri)
        begun = time.monotonic()
        edits = await save(page)
        assert time.monotonic() - begun < 3  # 0.8 and what a busy machine adds
        assert len(edits) == 1
        await certified(judge, applied(page.text, edits), 40)


async def test_a_save_right_after_opening_is_answered(start: Start, tmp_path: Path) -> None:
    async with start() as client:
        page = await begin(client, ON, tmp_path / "A.lean", EASY)
        begun = time.monotonic()
        await save(page)
        assert time.monotonic() - begun < 3


async def test_what_is_typed_meanwhile_makes_it_old(start: Start, tmp_path: Path) -> None:
    async with start() as client:
        page = await begin(client, ON, tmp_path / "A.lean", EASY + MANY)
        await client.ready(page.uri)
        params = {"textDocument": {"uri": page.uri}, "reason": MANUAL}
        _, asked = client.ask("textDocument/willSaveWaitUntil", params)
        client.edit(page.uri, "easy", "simple")
        assert await asyncio.wait_for(asked, SOON) == []


async def test_a_code_action_on_save(start: Start, judge: Bench, tmp_path: Path) -> None:
    async with start() as client:
        page = await begin(client, None, tmp_path / "A.lean", EASY + NEVER + MANY)
        await client.ready(page.uri)
        page.cursor = 0
        (action,) = await page.actions(["source.fixAll.unsorry"], triggerKind=2)
        begun = time.monotonic()
        action = await client.request("codeAction/resolve", action, SOON)
        assert time.monotonic() - begun < 3
        await certified(judge, page.with_edit(action["edit"]), 41)
