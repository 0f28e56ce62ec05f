"""An editor's settings: where they come from, how they are written, and that they take effect without a restart."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lsp.client import CAPABILITIES, SOON, Client, Json
from lsp.conftest import Start
from lsp.fakes import URI, fake, theorems
from lsp.lean import Page, eventually
from unsorry.lsp.configuration import ours, pushed
from unsorry.workspace.settings import Settings, load

EASY = "theorem easy (a b : Nat) : a + b = b + a := by ¦sorry\n"
embedded = pytest.mark.embedded


def pushing() -> Json:
    """A client that does not answer questions about its settings."""
    found = json.loads(json.dumps(CAPABILITIES))
    del found["workspace"]["configuration"]
    return found


@pytest.mark.parametrize(
    "given",
    [
        {"server": {"prove_on_save": True}},
        {"server": {"proveOnSave": True}},
        {"server.prove_on_save": True},
        {"server.proveOnSave": True},
        {"unsorry": {"server": {"proveOnSave": True}}},
        {"unsorry": {"server.proveOnSave": True}},
        {"unsorry.server.proveOnSave": True},
        {"unsorry.server": {"proveOnSave": True}},
        {"unsorry": {"server": {"proveOnSave": True}}, "pylsp": {"plugins": {}}},
        {"unsorry": SimpleNamespace(server=SimpleNamespace(proveOnSave=True))},
        {"unsorry": {"server": {"proveOnSave": True, "budget": None}, "prove": None}},
    ],
)
def test_how_settings_may_be_written(tmp_path: Path, given: Any) -> None:
    for taken in (ours(given), pushed(given)):
        loaded = load(tmp_path, client=taken)
        assert loaded.settings.server.prove_on_save
        assert loaded.warnings == ()


@pytest.mark.parametrize("given", [None, {}, [], "text", 1, {"unsorry": None}, {"unsorry": {}}])
def test_what_says_nothing(tmp_path: Path, given: Any) -> None:
    for taken in (ours(given), pushed(given)):
        loaded = load(tmp_path, client=taken)
        assert (loaded.settings, loaded.warnings) == (Settings(), ())


def test_what_other_servers_are_told_is_not_ours(tmp_path: Path) -> None:
    assert pushed({"pylsp": {"plugins": {}}, "editor.tabSize": 2}) == {}
    # But what is meant for this server alone may have a slip of the pen.
    assert "sever" in load(tmp_path, client=ours({"sever": {"budget": 1}})).warnings[0]


async def told(client: Client, part: str) -> None:
    await client.until(
        lambda: any(m["method"] == "window/showMessage" and part in m["params"]["message"] for m in client.notices),
        SOON,
    )


@embedded
@pytest.mark.parametrize(
    ("initial", "asked", "lenses"),
    [
        pytest.param({"server": {"code_lens": False}}, None, 0, id="with initialize"),
        pytest.param({"server": {"code_lens": False}}, {}, 0, id="with initialize, and nothing when asked"),
        pytest.param(None, {"server": {"code_lens": False}}, 0, id="when asked"),
        pytest.param({"server": {"code_lens": False}}, {"server": {"code_lens": True}}, 1, id="when asked, otherwise"),
        pytest.param(None, None, 1, id="not at all"),
    ],
)
async def test_where_settings_come_from(start: Start, initial: Any, asked: Any, lenses: int) -> None:
    async with start() as client:
        client.settings = asked
        await client.initialize(initializationOptions=initial)
        page = Page(client, EASY)
        await client.ready(page.uri)
        assert len(await page.ask("codeLens")) == lenses
        (question,) = [m for m in client.asked if m["method"] == "workspace/configuration"]
        assert question["params"]["items"] == [{"section": "unsorry"}]


@embedded
@pytest.mark.parametrize("answers", [True, False], ids=["asked", "pushed"])
async def test_settings_change_without_a_restart(start: Start, answers: bool) -> None:
    async with start() as client:

        def take(server: Json) -> None:
            client.settings = {"server": server}
            given = None if answers else {"unsorry": client.settings}
            client.notify("workspace/didChangeConfiguration", {"settings": given})

        await client.initialize(capabilities=CAPABILITIES if answers else pushing())
        page = Page(client, EASY)
        await client.ready(page.uri)
        await page.idle()
        (lane,) = (await client.command("unsorry.status"))["lanes"]

        take({"diagnostics": False, "code_lens": False, "inlayHints": False, "inline_completion": False})
        await client.until(lambda: client.diagnostics[page.uri]["diagnostics"] == [], SOON)
        await page.idle()
        assert await page.ask("codeLens") == []
        everything = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
        assert await page.ask("inlayHint", range=everything) == []
        assert await page.ask("inlineCompletion", context={"triggerKind": 2}) == []
        saved = {"textDocument": {"uri": page.uri}, "reason": 1}
        assert await client.request("textDocument/willSaveWaitUntil", saved) == []

        take({"prove_on_save": True})
        await client.ready(page.uri)
        await page.idle()
        assert len(await page.ask("codeLens")) == 1
        assert len(await client.request("textDocument/willSaveWaitUntil", saved)) == 1
        (same,) = (await client.command("unsorry.status"))["lanes"]
        assert same["busy"] >= lane["busy"]  # it is the same prover still


@pytest.mark.parametrize("given", [{}, None, {"pylsp": {"plugins": {}}}])
async def test_what_came_with_initialize_holds_where_nothing_is_pushed(tmp_path: Path, given: Any) -> None:
    async with fake(tmp_path) as client:
        await client.initialize(capabilities=pushing(), initializationOptions={"server": {"code_lens": False}})
        client.open(URI, theorems("easy"), "fake")
        await client.ready(URI)
        client.notify("workspace/didChangeConfiguration", {"settings": given})
        client.change(URI, theorems("easy", "easy"))
        await client.ready(URI, 2)
        assert await client.request("textDocument/codeLens", {"textDocument": {"uri": URI}}) == []


@embedded
async def test_a_smaller_budget_takes_effect(start: Start) -> None:
    async with start() as client:
        client.settings = {"server": {"automatic": False}}
        await client.initialize()
        page = Page(client, EASY.replace("b + a", "b * a + b * b"))
        await page.idle()
        client.settings = {"server": {"automatic": False, "code_lens": False}, "prove": {"budget": 0.001}}
        client.notify("workspace/didChangeConfiguration", {"settings": None})

        async def known() -> bool:
            return await page.ask("codeLens") == []

        await eventually(known)
        await page.idle()
        found = await client.command("unsorry.proveHere", page.uri, page.here)
        assert found["open"] == 1
        await told(client, "the budget is used up")


async def test_what_a_proof_may_rest_on_takes_effect(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"trust": {"axioms": ["choice_of_mine"]}}
        await client.initialize()
        client.open(URI, theorems("axiom"), "fake")
        await client.ready(URI)
        client.settings = {"trust": {"axioms": []}}
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        await client.until(lambda: client.diagnostics[URI]["diagnostics"] == [], SOON)
        await client.idle(URI)
        explained = await client.command("unsorry.explain", URI, client.at(URI, "sorry")["position"])
        assert explained["stage"] == "open"
        refusals = {attempt["refusal"] for attempt in explained["report"]["attempts"]}
        assert "it rests on choice_of_mine, which is not among the allowed axioms" in refusals


@embedded
async def test_nothing_is_searched_without_being_asked(start: Start) -> None:
    async with start() as client:
        client.settings = {"server": {"automatic": False}}
        await client.initialize()
        page = Page(client, EASY)
        await page.idle()
        assert client.diagnostics.get(page.uri) is None
        (lens,) = await page.ask("codeLens")
        assert lens["command"]["command"] == "unsorry.proveHere"
        assert await client.command("unsorry.proveFile", page.uri) == {"proved": 1, "open": 0, "applied": True}


@embedded
async def test_a_wrong_value_is_named_and_the_default_used(start: Start) -> None:
    async with start() as client:
        client.settings = {"server": {"budget": -1, "magic": 1}, "prov": {}}
        await client.initialize()
        page = Page(client, EASY)
        await client.ready(page.uri)
        for part in ("`server.budget` is wrong", "`server.magic` is no setting", "no section `prov`"):
            await told(client, part)
        said = [m["params"] for m in client.notices if m["method"] == "window/showMessage"]
        assert {m["type"] for m in said} == {2}
        assert len({m["message"] for m in said}) == len(said)


@embedded
async def test_a_source_that_is_not_set_up_is_told_and_the_others_go_on(start: Start) -> None:
    async with start() as client:
        client.settings = {"suggest": {"use": ["http", "transformers", "rules"]}, "http": {"model": "m"}}
        await client.initialize()
        page = Page(client, EASY)
        await client.ready(page.uri)
        await told(client, "http: the suggester `http` needs `http.address`")
        await told(client, "transformers: the suggester `transformers` needs `transformers.model`")

        # What is typed next is wrong as well.
        for http, part in (
            ({"address": "localhost:1"}, "http: The address of a model server begins with http://"),
            ({"address": "http://127.0.0.1:9/v1", "preset": "none"}, "http: There is no preset 'none'"),
        ):
            client.settings = {"suggest": {"use": ["http", "rules"]}, "http": {"model": "m", **http}}
            client.notify("workspace/didChangeConfiguration", {"settings": None})
            await told(client, part)
            await client.ready(page.uri)
            (trouble,) = (await client.command("unsorry.status"))["troubles"]
            assert trouble.startswith(part)
        said = [m["params"]["message"] for m in client.notices if m["method"] == "window/showMessage"]
        assert len(said) == len(set(said)) == 4


@embedded
async def test_the_log_level_takes_effect(start: Start, tmp_path: Path) -> None:
    def proofs() -> int:
        return sum(file.read_text("utf-8").count("a proof was found") for file in (tmp_path / "log").glob("*.log"))

    async with start() as client:
        client.settings = {"log": {"level": "error"}}
        await client.initialize()
        page = Page(client, EASY)
        await client.ready(page.uri)
        await page.idle()
        assert proofs() == 0
        client.settings = {"log": {"level": "info"}, "server": {"code_lens": False}}
        client.notify("workspace/didChangeConfiguration", {"settings": None})

        async def known() -> bool:
            return await page.ask("codeLens") == []

        await eventually(known)
        client.edit(page.uri, "easy", "other")
        await client.ready(page.uri)
    assert proofs() > 0
