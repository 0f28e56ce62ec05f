"""The language server on a theory: the same surface, on the second prover."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from lsp.client import Client, stdio
from provers.isabelle.isabelles import needs_isabelle

pytestmark = needs_isabelle

URI = "file:///unsorry-test/Page.thy"

TEXT = """theory Page
  imports Main
begin

lemma sum: "(a::nat) + b = b + a" sorry

lemma both: "∀x. P x ⟶ P x"
  sorry

lemma symbols: "\\<forall>x. Q x \\<longrightarrow> Q x" sorry

lemma never: "(1::nat) = 2" sorry

lemma unfinished: "rev (rev xs) = xs"
  ¦

end
"""


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    """A server with the text open."""
    async with stdio(log_folder=tmp_path) as client:
        await client.initialize()
        client.open(URI, TEXT.replace("¦", ""), language="isabelle")
        yield client


async def test_what_an_editor_shows(client: Client) -> None:
    hints = await client.ready(URI, 3)
    assert [h["range"]["start"] for h in hints] == [
        {"line": 4, "character": 34},
        {"line": 7, "character": 2},
        {"line": 9, "character": 55},
    ]
    assert (await client.idle(URI))["holes"] == {"proved": 3, "open": 1}
    hover = await client.hover(URI, "sorry\n\nlemma both")
    assert "a + b = b + a" in hover
    assert "**Proved**" in hover
    assert "Checked by Isabelle" in hover
    never = await client.hover(URI, "sorry\n\nlemma unfinished")
    assert "**No proof found**" in never
    assert "Tried: " in never
    actions = await client.actions(URI, "sorry\n\nlemma unfinished")
    assert not any("proves" in a["title"] for a in actions)


async def test_an_action_is_applied_and_the_others_stay(client: Client) -> None:
    await client.ready(URI, 3)
    (first, *_) = await client.actions(URI, "sorry\n\nlemma both")
    assert first["isPreferred"]
    resolved = await client.request("codeAction/resolve", first)
    assert client.apply(resolved["edit"])
    assert "sorry" not in client.texts[URI].split("lemma both")[0]
    await client.ready(URI, 2)
    assert await client.command("unsorry.proveFile", URI) == {"proved": 2, "open": 1, "applied": True}
    assert client.texts[URI].count("sorry") == 1


async def test_the_cursor_of_an_unfinished_proof(client: Client) -> None:
    await client.idle(URI)
    place = client.at(URI, "  \n\nend", 2)
    found = await client.request("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 1}})
    assert [item["insertText"].startswith("by ") for item in found] == [True]
    listed = await client.request("textDocument/completion", place)
    assert listed["items"][0]["labelDetails"]["description"] == "proves the goal"


async def test_what_goes_on_from_what_is_typed(client: Client) -> None:
    client.edit(URI, "  \n\nend", "  by si\n\nend")
    await client.idle(URI)
    place = client.at(URI, "by si", 5)
    found = await client.request("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 1}})
    assert [item["insertText"].startswith("by si") for item in found] == [True]


IMPORTED = """theory A
  imports Main
begin

fun churn :: "nat => nat => nat" where
  "churn 0 acc = acc"
| "churn (Suc n) acc = churn n (acc + 2 * n + 1)"

end
"""
LEMMA = """
lemma quillfeather [simp]: "churn n acc = n * n + acc"
  by (induction n arbitrary: acc) auto

end
"""
IMPORTER = """theory B
  imports A
begin

lemma far: "churn n 0 + churn k 1 = n * n + k * k + 1"
  sorry

end
"""


async def test_what_is_saved_reaches_the_theories_that_import_it(tmp_path: Path) -> None:
    a, b = tmp_path / "A.thy", tmp_path / "B.thy"
    a.write_text(IMPORTED, encoding="utf-8")
    b.write_text(IMPORTER, encoding="utf-8")
    async with stdio(log_folder=tmp_path / "log") as client:
        await client.initialize()
        client.open(a.as_uri(), IMPORTED, language="isabelle")
        client.open(b.as_uri(), IMPORTER, language="isabelle")
        assert (await client.idle(b.as_uri()))["holes"] == {"open": 1}
        client.edit(a.as_uri(), "\nend\n", LEMMA)
        a.write_text(client.texts[a.as_uri()], encoding="utf-8")
        client.notify("textDocument/didSave", {"textDocument": {"uri": a.as_uri()}})
        await client.ready(b.as_uri())
