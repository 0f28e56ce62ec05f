"""Files that change on disk beside the open one: settings, toolchains, Lake projects and builds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lsp.client import SOON, Client
from lsp.conftest import Start
from lsp.lean import Page, eventually

pytestmark = [pytest.mark.embedded]

EASY = "theorem easy (a b : Nat) : a + b = b + a := by ¦sorry\n"
CREATED, CHANGED, DELETED = 1, 2, 3


async def status(client: Client, uri: str) -> dict[str, Any]:
    found = await client.command("unsorry.status")
    (text,) = [t for t in found["texts"] if t["uri"] == uri]
    return text


async def caused(page: Page, part: str) -> None:
    """Waits until the text is worked on for such a reason, and then until that is done."""

    async def begun() -> bool:
        return part in ((await status(page.client, page.uri))["cause"] or "")

    await eventually(begun)
    await page.idle()


def lanes_of(found: dict[str, Any]) -> list[float]:
    return [lane["busy"] for lane in found["lanes"]]


async def begin(client: Client, file: Path) -> Page:
    file.parent.mkdir(parents=True, exist_ok=True)
    page = Page(client, EASY, file.as_uri())
    await client.ready(page.uri)
    await page.idle()
    # The root is watched by now, or very soon.
    await asyncio.sleep(0.3)
    return page


@pytest.mark.parametrize("by_client", [False, True], ids=["seen on disk", "told by the client"])
async def test_settings_files(start: Start, tmp_path: Path, by_client: bool) -> None:
    project = tmp_path / "project"
    async with start() as client:
        await client.initialize(project)
        page = await begin(client, project / "A.lean")

        async def shows(lenses: int) -> bool:
            return len(await page.ask("codeLens")) == lenses

        settings = project / "unsorry.toml"
        for text, expected in (("[server]\ncode_lens = false\n", 0), ("", 1)):
            settings.write_text(text, encoding="utf-8")
            if by_client:
                change = {"uri": settings.as_uri(), "type": CHANGED}
                client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
            await eventually(partial(shows, expected), SOON)


async def test_a_wrong_setting_in_a_file_is_told(start: Start, tmp_path: Path) -> None:
    async with start() as client:
        await client.initialize(tmp_path)
        await begin(client, tmp_path / "A.lean")
        (tmp_path / "unsorry.toml").write_text("[server]\nbudget = 'long'\n", encoding="utf-8")
        await client.until(
            lambda: any("`server.budget` is wrong" in str(m["params"]) for m in client.notices if "params" in m), SOON
        )


Touch = Callable[[Path], None]


def toolchain(root: Path) -> None:
    (root / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n\n", encoding="utf-8")


def lakefile(root: Path) -> None:
    (root / "lakefile.toml").write_text('name = "other"\n', encoding="utf-8")


@pytest.mark.parametrize("touch", [toolchain, lakefile])
@pytest.mark.parametrize("by_client", [False, True], ids=["seen on disk", "told by the client"])
async def test_the_prover_of_that_project_starts_afresh(
    start: Start, tmp_path: Path, touch: Touch, by_client: bool
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for root in (one, other):
        root.mkdir()
        (root / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n", encoding="utf-8")
        (root / "lakefile.toml").write_text(f'name = "{root.name}"\n', encoding="utf-8")
    async with start() as client:
        await client.initialize(one)
        page, kept = await begin(client, one / "A.lean"), await begin(client, other / "B.lean")
        before = await client.command("unsorry.status")
        touch(one)
        if by_client:
            names = [p.name for p in one.iterdir() if p.suffix != ".lean"]
            changes = [{"uri": (one / name).as_uri(), "type": CHANGED} for name in names]
            client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        await caused(page, "changed")
        await client.ready(page.uri)
        assert (await status(client, kept.uri))["cause"] == "opened"
        after = await client.command("unsorry.status")
        assert len(after["lanes"]) == len(before["lanes"]) == 2
        # One prover has gone on and one begun anew.
        gone_on = [busy for busy in lanes_of(after) if busy in lanes_of(before)]
        assert len(gone_on) == 1


async def test_a_build_has_the_text_read_again(start: Start, tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text('name = "one"\n', encoding="utf-8")
    built = tmp_path / ".lake" / "build" / "lib"
    built.mkdir(parents=True)
    async with start() as client:
        await client.initialize(tmp_path)
        page = await begin(client, tmp_path / "A.lean")
        (built / "x.olean").write_bytes(b"not a real one")
        await caused(page, "was rebuilt")
        await client.ready(page.uri)
        assert len((await client.command("unsorry.status"))["lanes"]) == 1


#: Only its lemma proves what `IMPORTER` leaves open.
IMPORTED = """\
def churn : Nat → Nat → Nat
  | 0, acc => acc
  | n + 1, acc => churn n (acc + 2 * n + 1)
"""
LEMMA = """
theorem quillfeather (n acc : Nat) : churn n acc = n * n + acc := by
  induction n generalizing acc with
  | zero => simp [churn]
  | succ n ih => simp [churn, ih]; grind
"""
IMPORTER = """\
import Inner.A

theorem t (n k : Nat) : churn n 0 + churn k 1 = n * n + k * k + 1 := by sorry

theorem below : True := trivial
"""


@pytest.mark.parametrize("by_client", [False, True], ids=["saved", "told by the client"])
async def test_what_is_saved_reaches_the_texts_that_import_it(start: Start, tmp_path: Path, by_client: bool) -> None:
    # In a folder of its own, of which the server hears by nothing else.
    a, b, c = (tmp_path / name for name in ("Inner/A.lean", "B.lean", "C.lean"))
    a.parent.mkdir()
    (tmp_path / "lakefile.toml").write_text("", encoding="utf-8")
    a.write_text(IMPORTED, encoding="utf-8")
    async with start() as client:
        client.settings = {"server": {"budget": 20.0}}
        await client.initialize(tmp_path)
        imported, importer = Page(client, IMPORTED, a.as_uri()), Page(client, IMPORTER, b.as_uri())
        other = Page(client, EASY.replace("b + a", "b * a + b") + "\ntheorem below : True := trivial\n", c.as_uri())
        assert (await client.idle(b.as_uri()))["holes"] == {"open": 1}
        assert (await client.idle(c.as_uri()))["holes"] == {"open": 1}
        before = await client.command("unsorry.explain", other.uri, other.here)

        def tell() -> None:
            if by_client:
                client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": a.as_uri(), "type": CHANGED}]})
            else:
                client.notify("textDocument/didSave", {"textDocument": {"uri": imported.uri}})

        client.edit(imported.uri, IMPORTED, IMPORTED + LEMMA)
        a.write_text(imported.text, encoding="utf-8")
        tell()
        await client.ready(importer.uri)
        assert "quillfeather" in await client.hover(importer.uri, "sorry")

        # And back: what was proved with it is not offered any more.
        a.write_text(IMPORTED, encoding="utf-8")
        tell()
        await client.until(lambda: client.diagnostics[importer.uri]["diagnostics"] == [])
        # A text that does not import it is read as it was, and what was searched there in vain is not searched again.
        await other.idle()
        assert await client.command("unsorry.explain", other.uri, other.here) == before


async def test_what_does_not_matter_changes_nothing(start: Start, tmp_path: Path) -> None:
    async with start() as client:
        await client.initialize(tmp_path)
        page = await begin(client, tmp_path / "A.lean")
        notes = tmp_path / "notes.txt"
        notes.write_text("nothing", encoding="utf-8")
        change = {"uri": notes.as_uri(), "type": CREATED}
        client.notify("workspace/didChangeWatchedFiles", {"changes": [change, {"uri": "untitled:x", "type": DELETED}]})
        await asyncio.sleep(1)
        assert (await status(client, page.uri))["cause"] == "opened"


async def test_loose_files_share_a_prover(start: Start, tmp_path: Path) -> None:
    """Each Lean takes gigabytes with a large library, and files of no project need no one of their own."""
    async with start() as client:
        await client.initialize(tmp_path)
        first = await begin(client, tmp_path / "one" / "A.lean")
        await begin(client, tmp_path / "other" / "B.lean")
        assert len((await client.command("unsorry.status"))["lanes"]) == 1
        # One of them becomes part of a project.
        toolchain(tmp_path / "one")
        await caused(first, "changed")
        await client.ready(first.uri)
        assert len((await client.command("unsorry.status"))["lanes"]) == 2
