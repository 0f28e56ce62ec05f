"""The language server learns: from what is saved and accepted, and from the files that are there already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client, Json
from lsp.conftest import Start
from lsp.lean import Page, eventually
from provers.leans import CASES

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]

ONLY = {"suggest": {"use": ["neighbours"]}, "server": {"alternatives": 0}}

DEFINITIONS = """\
def up (n : Nat) : Nat := n * 3 + 1
def down (n : Nat) : Nat := n * 5 + 2

theorem up_lt (n : Nat) : n < up n := by
  sorry

theorem down_lt (m : Nat) : m < down m := by
  sorry
"""

LEMMA = "theorem up_lt (n : Nat) : n < up n := by\n  unfold up\n  omega\n"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing was learned before."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project: a folder with settings of its own."""
    place = tmp_path.resolve() / "project"
    place.mkdir()
    (place / "unsorry.toml").write_text("[server]\nquiet = 0.05\n", encoding="utf-8")
    return place


def nothing_written(data: Path) -> bool:
    return not data.exists()


def learned(data: Path) -> list[Json]:
    """What is in the store, as another process sees it."""
    from unsorry.workspace.store import KnowledgeStore

    store = KnowledgeStore(data / "unsorry" / "knowledge.db")
    try:
        return [json.loads(line) for line in store.export()]
    finally:
        store.close()


async def begin(client: Client, settings: Any, folder: Path, text: str) -> Page:
    client.settings = settings
    await client.initialize(folder)
    (folder / "A.lean").write_text(text, encoding="utf-8")
    page = Page(client, text, (folder / "A.lean").as_uri())
    await page.idle()
    return page


def save(page: Page, path: Path) -> None:
    path.write_text(page.text, encoding="utf-8")
    page.client.notify("textDocument/didSave", {"textDocument": {"uri": page.uri}})


async def test_a_lemma_that_was_just_saved_proves_the_next_hole(start: Start, tmp_path: Path, data: Path) -> None:
    async with start() as client:
        page = await begin(client, ONLY, tmp_path, DEFINITIONS)
        assert (await client.idle(page.uri))["holes"] == {"open": 2}
        client.edit(page.uri, "theorem up_lt (n : Nat) : n < up n := by\n  sorry\n", LEMMA)
        save(page, tmp_path / "A.lean")
        # The one that was searched before is searched again, and one that comes now as well.
        await client.ready(page.uri)
        client.edit(page.uri, "theorem down_lt", "def most (n : Nat) : Nat := n * 7 + 3\n\ntheorem down_lt")
        client.edit(page.uri, "m < down m", "m < most m")
        await client.ready(page.uri)
        assert "omega" in await client.hover(page.uri, "sorry")
    assert {row["origin"] for row in learned(data)} == {"saved"}
    assert any(row["tactic"] == "unfold up\nomega" for row in learned(data))


async def test_a_proof_that_is_accepted_is_learned_at_once(start: Start, tmp_path: Path, data: Path) -> None:
    async with start() as client:
        page = await begin(client, None, tmp_path, "theorem easy (a b : Nat) : a + b = b + a := by sorry\n")
        await client.ready(page.uri)
        outcome = await client.command("unsorry.proveFile", page.uri)
        assert outcome["applied"]

        async def kept() -> bool:
            return bool(learned(data))

        await eventually(kept)
    (row,) = learned(data)
    assert (row["declaration"], row["origin"]) == ("easy", "accepted")


@pytest.mark.parametrize("off", [False, True], ids=["by default", "turned off"])
async def test_proofs_that_are_in_the_project_are_learned(start: Start, project: Path, data: Path, off: bool) -> None:
    (project / "Near.lean").write_bytes((CASES / "lean" / "Neighbours.lean").read_bytes())
    settings: Json = {**ONLY, "learn": {"workspace": not off}}
    async with start() as client:
        page = await begin(client, settings, project, DEFINITIONS)

        async def known() -> bool:
            return len(learned(data)) >= 20

        if off:
            await page.idle()
            assert learned(data) == []
            return
        await eventually(known)
        assert {row["origin"] for row in learned(data)} == {"workspace"}
        assert {row["workspace"] for row in learned(data)} == {str(project)}


async def test_opting_out_writes_nothing_and_takes_effect_at_once(start: Start, project: Path, data: Path) -> None:
    (project / "Near.lean").write_bytes((CASES / "lean" / "Neighbours.lean").read_bytes())
    text = DEFINITIONS + LEMMA.replace("up_lt", "there")
    async with start() as client:
        page = await begin(client, {"learn": {"enabled": False}}, project, text)
        save(page, project / "A.lean")
        await client.command("unsorry.proveFile", page.uri)
        save(page, project / "A.lean")
        await page.idle()
        assert nothing_written(data)

        client.settings = {"learn": {"enabled": True, "workspace": False}}
        client.notify("workspace/didChangeConfiguration", {"settings": None})

        async def kept() -> bool:
            save(page, project / "A.lean")
            return bool(learned(data))

        await eventually(kept)
