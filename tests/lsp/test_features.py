"""What an editor gets from the server, feature by feature, with the real Lean behind it.

Every edit that is offered as a proof is made, and its text given to another Lean.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lsp.client import CAPABILITIES, SOON, AnswerError, Client, Json, applied, index, position
from lsp.conftest import Start
from lsp.fakes import until_free
from lsp.lean import Page, certified, patiently
from provers.leans import CASES, Bench

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module")]

INVALID_PARAMS = -32602
REQUEST_FAILED = -32803
CONTENT_MODIFIED = -32801
CANCELLED = -32800

PROOF = re.compile(r"`.+` — proves the goal")
FILL_ALL = "Prove all holes of this file"

COMM = "theorem comm (a b : Nat) : a + b = b + a := by ¦sorry\n"
NEVER = "theorem never (a b : Nat) : a + b = a * b := by ¦sorry\n"
AND = "theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n"
STEPS = "theorem t (a b : Nat) (h : a = b) : a * 1 + 0 = b * b := by\n  ¦\n"
TREE = """inductive Tree where
  | leaf : Tree
  | node : Tree → Tree → Tree

def Tree.mirror : Tree → Tree
  | leaf => leaf
  | node l r => node r.mirror l.mirror

"""


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    """What the shared server and the judge started is gone when they are."""
    before = set(psutil.Process().children(recursive=True))
    yield
    left = [p for p in psutil.Process().children(recursive=True) if p not in before]
    _, left = psutil.wait_procs(left, timeout=SOON)
    assert left == []


@pytest.fixture(autouse=True)
def no_child_left() -> None:
    """Not after each test: both may start their Lean afresh at any time."""


def row(ident: str, *values: Any) -> Any:
    return pytest.param(*values, id=ident)


def capabilities(**code_action: Any) -> Json:
    """The usual client's, with other abilities for code actions (None takes one away)."""
    found = json.loads(json.dumps(CAPABILITIES))
    actions = {**found["textDocument"]["codeAction"], **code_action}
    found["textDocument"]["codeAction"] = {k: v for k, v in actions.items() if v is not None}
    return found


async def resolved(client: Client, action: Json) -> Json:
    """The edit of an action, which may have to be asked for."""
    if "edit" not in action:
        action = await client.request("codeAction/resolve", action)
    return action["edit"]


# Code actions


@pytest.mark.parametrize(
    ("marked", "proofs", "left"),
    [
        row("a tactic hole", COMM, True, 0),
        row("the cursor anywhere on its line", "the¦orem t (a b : Nat) : a + b = b + a := by sorry\n", True, 0),
        row("a term hole", "theorem t (a b : Nat) (h : a ∣ b) : a ∣ b * b := ¦sorry\n", True, 0),
        row("a term within a term", "theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := ⟨¦sorry, g⟩\n", True, 0),
        row("admit", "theorem t (a b : Nat) : a + b = b + a := by ¦admit\n", True, 0),
        row("an example", "example (a b : Nat) : a + b = b + a := by ¦sorry\n", True, 0),
        row("a hole among others", AND + "  · ¦sorry\n  · sorry\n", True, 1),
        row("an induction", TREE + "theorem t (t : Tree) : t.mirror.mirror = t := by ¦sorry\n", True, 0),
        row("what is not true", NEVER, False, 0),
        row("no hole near", "def a¦ := 1\n\n" + COMM.replace("¦", ""), False, 0),
        row("a comment", "-- sorry¦\nexample : 1 = 1 := rfl\n", False, 0),
    ],
)
async def test_proofs_at_a_hole(server: Client, judge: Bench, marked: str, proofs: bool, left: int) -> None:
    page = Page(server, marked)
    await page.idle()
    offered = [a for a in await page.actions(["quickfix"]) if PROOF.fullmatch(a["title"])]
    assert bool(offered) == proofs
    assert [a.get("isPreferred", False) for a in offered] == [n == 0 for n in range(len(offered))]
    assert {a["kind"] for a in offered} <= {"quickfix"}
    assert len({a["title"] for a in offered}) == len(offered)
    for action in offered:
        await certified(judge, page.with_edit(await resolved(server, action)), left)
    page.close()


async def test_further_proofs_come_after_the_first(server: Client) -> None:
    page = Page(server, COMM)
    await server.ready(page.uri)
    server.notify("textDocument/didSave", {"textDocument": {"uri": page.uri}})
    await page.actions()
    await page.idle()
    assert len([a for a in await page.actions() if PROOF.fullmatch(a["title"])]) > 1
    page.close()


@pytest.mark.parametrize(
    ("marked", "proofs"),
    [
        row("nothing typed", "theorem t (a b : Nat) : a + b = b + a := by\n  ¦\n", True),
        row("half a word", "theorem t (a b : Nat) : a + b = b + a := by\n  om¦\n", True),
        row("under a bullet", AND + "  · ¦\n  · exact hq\n", True),
        row("a whole proof", "theorem t : 1 = 1 := by\n  rfl¦\n", False),
        row("what is not true", "theorem t (a b : Nat) : a + b = a * b := by\n  ¦\n", False),
    ],
)
async def test_proofs_at_the_cursor_of_an_unfinished_proof(
    server: Client, judge: Bench, marked: str, proofs: bool
) -> None:
    page = Page(server, marked)
    offered = await patiently(lambda: page.actions(["quickfix"]), wanted=proofs)
    assert bool(offered) == proofs
    for action in offered:
        assert PROOF.fullmatch(action["title"])
        await certified(judge, page.with_edit(action["edit"]))
    page.close()


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        row("everything", None, {"quickfix", "source.fixAll.unsorry"}),
        row("quick fixes", ["quickfix"], {"quickfix"}),
        row("the source kinds", ["source"], {"source.fixAll.unsorry"}),
        row("fix all", ["source.fixAll"], {"source.fixAll.unsorry"}),
        row("ours", ["source.fixAll.unsorry"], {"source.fixAll.unsorry"}),
        row("two kinds", ["refactor", "quickfix"], {"quickfix"}),
        row("another's", ["source.fixAll.ruff"], set()),
        row("a kind that only looks the same", ["source.fix"], set()),
        row("refactorings", ["refactor"], set()),
    ],
)
async def test_kinds(server: Client, only: list[str] | None, kinds: set[str]) -> None:
    page = Page(server, COMM)
    await server.ready(page.uri)
    assert {a["kind"] for a in await page.actions(only)} == kinds
    page.close()


async def test_nothing_is_offered_in_a_file_without_holes(server: Client) -> None:
    page = Page(server, "example¦ : 1 = 1 := rfl\n")
    await page.idle()
    assert await page.actions() == []
    assert await page.actions(["source.fixAll.unsorry"]) == []
    page.close()


async def test_the_hint_is_what_the_action_resolves(server: Client) -> None:
    page = Page(server, COMM)
    (hint,) = await server.ready(page.uri)
    other = {**hint, "source": "lean4", "message": "declaration uses sorry"}
    first, *_ = await page.actions(diagnostics=[other, hint])
    assert first["diagnostics"] == [hint]
    page.close()


async def test_all_holes_at_once(server: Client, judge: Bench) -> None:
    page = Page(server, AND + "  · sorry\n  · ¦sorry\n\n" + COMM.replace("¦", "") + NEVER.replace("¦", ""))
    await page.idle()
    (action,) = await page.actions(["source.fixAll"])
    assert action["title"] == FILL_ALL
    filled = page.with_edit(await resolved(server, action))
    assert filled.count("sorry") == 1
    await certified(judge, filled, left=1)
    page.close()


async def test_an_edit_makes_what_was_offered_old(server: Client) -> None:
    page = Page(server, COMM)
    await page.idle()
    offered = [*await page.actions(["quickfix"]), *await page.actions(["source.fixAll"])]
    server.edit(page.uri, "comm", "commutes")
    for action in offered:
        with pytest.raises(AnswerError, match="changed") as caught:
            await server.request("codeAction/resolve", action)
        assert caught.value.code == CONTENT_MODIFIED
        assert caught.value.message.endswith(".")
    page.close()


@pytest.mark.parametrize(
    "data",
    [
        "text",
        {},
        {"uri": 1},
        {"uri": "{uri}"},
        {"uri": "{uri}", "what": "proof"},
        {"uri": "{uri}", "what": "proof", "version": "1"},
        {"uri": "{uri}", "what": "magic", "version": 1},
    ],
)
async def test_what_was_never_offered_is_not_resolved(server: Client, data: Any) -> None:
    page = Page(server, COMM)
    given = json.loads(json.dumps(data).replace("{uri}", page.uri))
    with pytest.raises(AnswerError, match="nothing to be resolved") as caught:
        await server.request("codeAction/resolve", {"title": "x", "data": given})
    assert caught.value.code == INVALID_PARAMS
    page.close()


async def test_an_action_that_is_a_command_is_resolved_to_itself(server: Client) -> None:
    page = Page(server, NEVER)
    await page.idle()
    for action in await page.actions():
        assert await server.request("codeAction/resolve", action) == action
        assert action["command"]["command"] in {"unsorry.searchDeeper", "unsorry.proveFile"}
    page.close()


async def test_a_proof_that_nobody_found_is_not_resolved(server: Client) -> None:
    page = Page(server, NEVER)
    await page.idle()
    data = {"uri": page.uri, "what": "proof", "version": 1, "start": NEVER.index("¦"), "proof": "omega"}
    with pytest.raises(AnswerError, match="not offered any more") as caught:
        await server.request("codeAction/resolve", {"title": "x", "data": data})
    assert caught.value.code == CONTENT_MODIFIED
    page.close()


# Ghost text


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        row("at a hole", COMM, True),
        row("behind a hole", COMM.replace("¦sorry", "sorry¦"), True),
        row("nothing typed", "theorem t (a b : Nat) : a + b = b + a := by\n  ¦\n", True),
        row("nothing typed, then more", "theorem t (a b : Nat) : a + b = b + a := by\n  ¦\n\ndef z := 1\n", True),
        row("no line end", "theorem t (a b : Nat) : a + b = b + a := by\n  ¦", True),
        row("half a word", "theorem t (a b : Nat) : a + b = b + a := by\n  om¦\n", True),
        row("behind by", "theorem t (a b : Nat) : a + b = b + a := by ¦\n", True),
        row("half a word behind by", "theorem t (a b : Nat) : a + b = b + a := by om¦\n", True),
        row("behind a semicolon", "theorem t (a b : Nat) : a + b = b + a := by\n  skip; ¦\n", True),
        row("behind a combinator", AND + "  all_goals ¦\n", True),
        row("under a bullet", AND + "  · ¦\n  · exact hq\n", True),
        row("under the last bullet", AND + "  · exact hp\n  · ass¦\n", True),
        row("where a term is wanted", "theorem t (a b : Nat) : a + b = b + a := ¦\n", True),
        row("a term in a tactic", "theorem t (a b : Nat) : a + b = b + a := by\n  exact ¦\n", True),
        row("a case", "theorem t (n : Nat) : n = n := by\n  cases n with\n  | zero => ¦\n  | succ n => rfl\n", True),
        row("a step", "theorem t (a b : Nat) : a + b = b + a := by\n  have h : 1 + a = a + 1 := by ¦\n  omega\n", True),
        row("windows", "theorem t (a b : Nat) : a + b = b + a := by\r\n  ¦\r\n", True),
        row("beyond the first plane", "theorem t (𝔓 : Prop) (h𝔓 : 𝔓) : 𝔓 := by ¦\n", True),
        row("proved already", "theorem t : 1 = 1 := by\n  rfl¦\n", False),
        row("behind a whole proof", "theorem t : 1 = 1 := by\n  rfl\n  ¦\n", False),
        row("between declarations", "theorem t : 1 = 1 := by\n  rfl\n¦\n\ndef z := 1\n", False),
        row("a comment", "-- by ¦\nexample : 1 = 1 := rfl\n", False),
        row("a definition", "def a : Nat := 1\n¦\n", False),
        row("what is not true", "theorem t (a b : Nat) : a + b = a * b := by\n  ¦\n", False),
        row("a hole that is not true", NEVER, False),
        row("in a line that goes on", "theorem t (a b : Nat) : a + b = b + a := by ¦ sim\n", False),
    ],
)
async def test_ghost_text(server: Client, judge: Bench, marked: str, expected: bool) -> None:
    page = Page(server, marked)
    found = await patiently(lambda: page.ask("inlineCompletion", context={"triggerKind": 2}), wanted=expected)
    assert len(found) == expected
    for item in found:
        start, end = (index(page.text, item["range"][at]) for at in ("start", "end"))
        assert start <= page.cursor <= end
        assert item["range"]["start"]["line"] == item["range"]["end"]["line"] == page.here["line"]
        # VS Code shows an item only if what is to be replaced begins what it compares with.
        assert (item.get("filterText") or item["insertText"]).startswith(page.text[start : page.cursor])
        await certified(judge, page.with_edit(item))
    page.close()


async def test_no_ghost_text_for_an_older_text(server: Client) -> None:
    page = Page(server, "theorem t (a b : Nat) : a + b = b + a := by\n  ¦\n")
    _, asked = server.ask("textDocument/inlineCompletion", {**page.params, "context": {"triggerKind": 2}})
    server.edit(page.uri, "a + b = b + a", "b + a = a + b")
    assert await asyncio.wait_for(asked, SOON) == []
    page.close()


# Completions


@pytest.mark.parametrize(
    ("marked", "labels"),
    [
        row("at a hole", COMM, {"proves the goal"}),
        row("nothing typed", "theorem t (a b : Nat) : a + b = b + a := by\n  ¦\n", {"proves the goal"}),
        row("half a word", "theorem t (a b : Nat) : a + b = b + a := by\n  om¦\n", {"proves the goal"}),
        row("a word that leads nowhere", AND + "  · exact hp\n  · zzz¦\n", {"proves the goal"}),
        row("a term", "theorem t (a b : Nat) : a + b = b + a := ¦\n", {"proves the goal"}),
        row(
            "steps only",
            "theorem t (a b : Nat) (h : a = b) : a * 1 + 0 = b * b := by\n  ¦\n",
            {"makes progress"},
        ),
        row("proved already", "theorem t : 1 = 1 := by\n  rfl\n  ¦\n", set()),
        row("no place for a tactic", "def a : Nat := ¦1\n", set()),
        row("a comment", "-- by ¦\nexample : 1 = 1 := rfl\n", set()),
    ],
)
async def test_completions(server: Client, judge: Bench, marked: str, labels: set[str]) -> None:
    page = Page(server, marked)
    if "sorry" in marked:
        await page.idle()

    async def ask() -> list[Json]:
        found = await page.ask("completion", context={"triggerKind": 1})
        assert found["isIncomplete"]  # what the next letter brings is asked again
        return found["items"]

    items = await patiently(ask, wanted=bool(labels))
    assert {i["labelDetails"]["description"].partition(",")[0] for i in items} == labels
    assert [i["sortText"] for i in items] == sorted({i["sortText"] for i in items})
    assert [i["label"] for i in items if i.get("preselect")] == [
        i["label"] for i in items[:1] if "proves" in i["detail"]
    ]
    for item in items:
        edit = item["textEdit"]
        start, end = (index(page.text, edit["range"][at]) for at in ("start", "end"))
        # The range is in the cursor's line and around it, and what stands there is what the item is found by.
        assert edit["range"]["start"]["line"] == edit["range"]["end"]["line"] == page.here["line"]
        assert start <= page.cursor <= end
        assert item.get("filterText", "").startswith(page.text[start : page.cursor])
        if item["labelDetails"]["description"] == "proves the goal":
            await certified(judge, page.with_edit(edit))
    page.close()


# Beside the text


async def test_lenses(server: Client) -> None:
    page = Page(server, COMM + NEVER.replace("¦", ""))
    await page.idle()
    proved, open_ = await page.ask("codeLens")
    assert proved["command"]["title"].startswith("✓ ")
    assert proved["command"]["command"] == "unsorry.apply"
    assert open_["command"]["title"].endswith("search deeper")
    assert open_["command"]["command"] == "unsorry.searchDeeper"
    assert [lens["range"]["start"]["line"] for lens in (proved, open_)] == [0, 1]
    assert await server.command(proved["command"]["command"], *proved["command"]["arguments"]) == {"applied": True}
    assert page.text.count("sorry") == 1
    page.close()


async def test_hints(server: Client) -> None:
    page = Page(server, COMM + NEVER.replace("¦", "") + "def z := 1\n")
    await page.idle()
    labels = {0: r"✓ .+", 1: r"1 goal, no proof found, \d+ candidates tried"}
    for first, last, expected in ((0, 1, [0]), (1, 2, [1]), (0, 2, [0, 1]), (2, 3, [])):
        start, end = ({"line": line, "character": 0} for line in (first, last))
        hints = await page.ask("inlayHint", range={"start": start, "end": end})
        assert [h["position"]["line"] for h in hints] == expected
        for hint in hints:
            assert re.fullmatch(labels[hint["position"]["line"]], hint["label"])
            assert "⊢" in hint["tooltip"]["value"]
    page.close()


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        row("proved", COMM, ["⊢ a + b = b + a", "**Proved** by `", "Tried: ", "Checked by Lean 4"]),
        row("open", NEVER, ["⊢ a + b = a * b", "**No proof found**", "does not mean that it is false", "Tried: "]),
        row("elsewhere", "def a¦ := 1\n" + COMM.replace("¦", ""), []),
    ],
)
async def test_hover(server: Client, marked: str, said: list[str]) -> None:
    page = Page(server, marked)
    await page.idle()
    found = await page.ask("hover")
    if not said:
        assert found is None
    else:
        assert page.text[index(page.text, found["range"]["start"]) : index(page.text, found["range"]["end"])] == "sorry"
        assert [part for part in said if part not in found["contents"]["value"]] == []
    page.close()


async def test_what_can_not_be_proved_is_not_offered(server: Client) -> None:
    text = (CASES / "lean" / "Basics.lean").read_text(encoding="utf-8")
    place = text.index("sorry", text.index("theorem never"))
    page = Page(server, text[:place] + "¦" + text[place:])
    await page.idle()
    assert page.here["line"] not in [d["range"]["start"]["line"] for d in server.diagnostics[page.uri]["diagnostics"]]
    assert [a["title"] for a in await page.actions(["quickfix"])] == ["Search deeper for a proof"]
    assert await page.ask("inlineCompletion", context={"triggerKind": 1}) == []
    assert (await page.ask("completion"))["items"] == []
    hover = (await page.ask("hover"))["contents"]["value"]
    assert re.search(r"Tried: .*\d+ failed.*\n- rules \d+ tried: `", hover)
    page.close()


# Diagnostics


async def test_hints_come_and_go(server: Client) -> None:
    page = Page(server, "-- 𝔓\n" + COMM)
    (hint,) = await server.ready(page.uri)
    start, end = (index(page.text, hint["range"][at]) for at in ("start", "end"))
    assert page.text[start:end] == "sorry"
    assert (hint["severity"], hint["source"], hint["code"]) == (4, "unsorry", "proof-ready")
    assert server.diagnostics[page.uri]["version"] == 1
    first, *_ = await page.actions(["quickfix"])
    assert server.apply(await resolved(server, first))
    await server.until(lambda: server.diagnostics[page.uri]["diagnostics"] == [])
    assert server.diagnostics[page.uri]["version"] == 2
    page.close()


async def test_hints_are_taken_away_with_the_text(server: Client) -> None:
    page = Page(server, COMM)
    await server.ready(page.uri)
    page.close()
    await server.until(lambda: server.diagnostics[page.uri]["diagnostics"] == [], SOON)
    assert "version" not in server.diagnostics[page.uri]


async def test_an_edit_elsewhere_keeps_the_proofs(server: Client, judge: Bench) -> None:
    page = Page(server, "def above := 1\n\n" + COMM + "\ndef below := 2\n")
    await server.ready(page.uri)
    for old, new in (("below := 2", "below := 3"), ("above := 1", "above := 4\n-- one more line")):
        server.edit(page.uri, old, new)
        page.cursor = page.text.index("sorry")
        (hint,) = await server.ready(page.uri)
        assert index(page.text, hint["range"]["start"]) == page.cursor
        first, *_ = await page.actions(["quickfix"])
        await certified(judge, page.with_edit(await resolved(server, first)))
    page.close()


async def test_an_older_version_is_refused(server: Client) -> None:
    page = Page(server, COMM)
    await server.ready(page.uri)
    server.edit(page.uri, "comm", "commutes")
    for version in (1, 2):
        change = {"textDocument": {"uri": page.uri, "version": version}, "contentChanges": [{"text": "def a := 1\n"}]}
        server.notify("textDocument/didChange", change)
    assert len(await server.ready(page.uri)) == 1
    page.close()


# What is inserted


@pytest.mark.parametrize(
    ("marked", "left"),
    [
        row(
            "several lines under by",
            TREE + "theorem t (t : Tree) : t.mirror.mirror = t ∧ True := by\n  constructor\n  · ¦sorry\n  · trivial\n",
            0,
        ),
        row("windows", COMM.replace("\n", "\r\n") + "\r\ndef a := 1\r\n", 0),
        row("two on a line", "theorem t : 1 = 1 ∧ 2 = 2 := ⟨by ¦sorry, by sorry⟩\n", 1),
        row("one of two lines", AND + "  · ¦sorry\n  · sorry\n", 1),
        row("tabs do not matter", "theorem t (a b : Nat) : a + b = b + a :=\n    by ¦sorry\n", 0),
    ],
)
async def test_what_is_inserted(server: Client, judge: Bench, marked: str, left: int) -> None:
    page = Page(server, marked)
    await page.idle()
    first, *_ = await page.actions(["quickfix"])
    filled = page.with_edit(await resolved(server, first))
    assert filled.count("\r\n") in {0, filled.count("\n")}
    assert filled.count("sorry") == page.text.count("sorry") - 1
    await certified(judge, filled, left)
    page.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_position_encodings(start: Start, judge: Bench, encoding: str) -> None:
    text = "theorem t (𝔓 𝔔 : Prop) (h𝔓 : 𝔓) (g : 𝔔) : /- αβ𝔊 -/ 𝔔 ∧ 𝔓 := by sorry -- 𝔓\n"
    unit = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]

    def units(of: str) -> int:
        return len(of.encode(f"{encoding}-le" if unit > 1 else encoding)) // unit

    async with start() as client:
        asked = {**CAPABILITIES, "general": {"positionEncodings": [encoding, "utf-16"]}}
        answer = await client.initialize(capabilities=asked)
        assert answer["capabilities"]["positionEncoding"] == encoding
        page = Page(client, text)
        (hint,) = await client.ready(page.uri)
        before = text[: text.index("sorry")]
        assert hint["range"]["start"] == {"line": 0, "character": units(before)}
        assert hint["range"]["end"] == {"line": 0, "character": units(before + "sorry")}
        range_ = {"start": hint["range"]["start"], "end": hint["range"]["start"]}
        params: Json = {"textDocument": {"uri": page.uri}, "range": range_, "context": {"diagnostics": []}}
        first, *_ = await client.request("textDocument/codeAction", params)
        (change,) = (await resolved(client, first))["documentChanges"]
        (edit,) = change["edits"]
        assert edit["range"] == hint["range"]
        await certified(judge, text.replace("sorry", edit["newText"]))


async def test_a_proof_by_an_open_theorem_is_only_conditional(server: Client, judge: Bench) -> None:
    text = (
        "opaque f : Nat → Nat\n\n"
        "theorem first (n : Nat) : f n = 7 := by sorry\n\n"
        "theorem second (n : Nat) : f n = 7 := by ¦sorry\n"
    )
    page = Page(server, text)
    await page.idle()
    assert server.diagnostics.get(page.uri, {"diagnostics": []})["diagnostics"] == []
    titles = [a["title"] for a in await page.actions(["quickfix"])]
    assert [t for t in titles if PROOF.fullmatch(t)] == []
    (conditional,) = [t for t in titles if "given first (still open)" in t]
    assert "proves" not in conditional
    (action,) = [a for a in await page.actions(["quickfix"]) if a["title"] == conditional]
    assert not action.get("isPreferred")
    await certified(judge, page.with_edit(await resolved(server, action)), left=1)
    (all_,) = await page.actions(["source.fixAll"])
    assert (await resolved(server, all_)).get("documentChanges") == []
    assert await page.ask("inlineCompletion", context={"triggerKind": 1}) == []
    page.close()


# Clients that can do less


@pytest.mark.parametrize(
    ("abilities", "key"),
    [
        row("edits with the action", capabilities(resolveSupport=None), "documentChanges"),
        row("no versions", {**capabilities(resolveSupport=None), "workspace": {"applyEdit": True}}, "changes"),
        row("resolve, no versions", {**capabilities(), "workspace": {"applyEdit": True}}, "changes"),
    ],
)
async def test_clients_that_can_do_less(start: Start, judge: Bench, abilities: Json, key: str) -> None:
    async with start() as client:
        await client.initialize(capabilities=abilities)
        page = Page(client, COMM)
        await page.idle()
        for kind in ("quickfix", "source.fixAll"):
            first, *_ = await page.actions([kind])
            edit = await resolved(client, first)
            assert list(edit) == [key]
            await certified(judge, page.with_edit(edit))


async def test_clients_that_know_commands_only(start: Start, judge: Bench) -> None:
    async with start() as client:
        await client.initialize(capabilities={"workspace": {"applyEdit": True}})
        page = Page(client, COMM)
        await page.idle()
        offered = await page.actions()
        assert {tuple(sorted(a)) for a in offered} == {("arguments", "command", "title")}
        assert [a["command"] for a in offered][-1] == "unsorry.proveFile"
        assert await client.command(offered[0]["command"], *offered[0]["arguments"]) == {"applied": True}
        await certified(judge, page.text)
        with pytest.raises(AnswerError, match="changed") as caught:
            await client.command(offered[0]["command"], *offered[0]["arguments"])
        assert caught.value.code == CONTENT_MODIFIED


# Commands


@pytest.mark.parametrize("command", ["unsorry.proveHere", "unsorry.searchDeeper"])
async def test_proving_a_hole_by_command(server: Client, judge: Bench, command: str) -> None:
    page = Page(server, COMM)
    assert await server.command(command, page.uri, page.here) == {"proved": 1, "open": 0, "applied": True}
    await certified(judge, page.text)
    page.close()


async def test_proving_what_is_not_true(server: Client) -> None:
    page = Page(server, NEVER)
    assert await server.command("unsorry.proveHere", page.uri, page.here) == {"proved": 0, "open": 1, "applied": False}
    (message,) = [m["params"]["message"] for m in server.notices if m["method"] == "window/showMessage"][-1:]
    assert re.fullmatch(r"Unsorry: \d+ candidates tried, none proves it.*\.", message)
    page.close()


async def test_proving_a_file(server: Client, judge: Bench) -> None:
    page = Page(server, AND + "  · sorry\n  · sorry\n\n" + COMM + NEVER.replace("¦", ""))
    assert await server.command("unsorry.proveFile", page.uri) == {"proved": 3, "open": 1, "applied": True}
    await certified(judge, page.text, left=1)
    page.close()


async def test_proving_a_workspace(start: Start, judge: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / ".hidden").mkdir(parents=True)
    closed, hidden = folder / "Closed.lean", folder / ".hidden" / "Hidden.lean"
    for path in (closed, hidden, folder / "Open.lean"):
        path.write_text(COMM.replace("¦", ""), encoding="utf-8")
    async with start() as client:
        await client.initialize(folder)
        page = Page(client, AND + "  · sorry\n  · sorry\n", (folder / "Open.lean").as_uri())
        edits: list[Json] = []
        client.accept = lambda edit: not edits.append(edit)
        found = await client.command("unsorry.proveWorkspace")
        assert found == {"proved": 3, "open": 0, "applied": True, "problems": []}
        (edit,) = edits
        texts = {page.uri: page.text, closed.as_uri(): COMM.replace("¦", "")}
        changes = {c["textDocument"]["uri"]: c for c in edit["documentChanges"]}
        assert changes.keys() == texts.keys()
        assert [changes[uri]["textDocument"]["version"] for uri in texts] == [1, None]
        for uri, text in texts.items():
            await certified(judge, applied(text, changes[uri]["edits"]))
        assert closed.read_text(encoding="utf-8") == texts[closed.as_uri()]


async def test_the_commands_that_tell(server: Client) -> None:
    page = Page(server, COMM)
    await page.idle()
    assert await server.command("unsorry.showGoal", page.uri, page.here) == {"goals": ["a b : Nat\n⊢ a + b = b + a"]}
    explained = await server.command("unsorry.explain", page.uri, page.here)
    assert explained["stage"] == "proved"
    assert explained["report"]["attempts"][-1]["outcome"] == "proved it"
    log = Path((await server.command("unsorry.showLog"))["log"])
    assert log.name.endswith(".log")
    assert [m["params"]["uri"] for m in server.asked if m["method"] == "window/showDocument"] == [log.as_uri()]
    status = await server.command("unsorry.status")
    assert page.uri in [t["uri"] for t in status["texts"]]
    page.close()


async def test_what_the_cursor_owes_is_a_goal_too(server: Client) -> None:
    page = Page(server, AND + "  · ¦\n  · exact hq\n")
    found = await server.command("unsorry.showGoal", page.uri, page.here)
    assert [g.splitlines()[-1] for g in found["goals"]] == ["⊢ p"]
    page.close()


HERE = {"line": 0, "character": 0}


@pytest.mark.parametrize(
    ("command", "arguments", "code", "sentence"),
    [
        ("unsorry.magic", [], INVALID_PARAMS, "There is no command unsorry.magic; there are unsorry.proveHere, .*"),
        ("unsorry.proveHere", [], INVALID_PARAMS, "unsorry.proveHere needs a document's URI."),
        ("unsorry.proveHere", [1], INVALID_PARAMS, "unsorry.proveHere needs a document's URI as a string."),
        ("unsorry.proveHere", ["{uri}"], INVALID_PARAMS, "unsorry.proveHere needs a position."),
        ("unsorry.searchDeeper", ["{uri}", "here"], INVALID_PARAMS, "unsorry.searchDeeper needs a position: .*"),
        ("unsorry.explain", ["{uri}", {"line": -1, "character": 0}], INVALID_PARAMS, ".* needs a position: .*"),
        ("unsorry.showGoal", ["{uri}", {"line": 0}], INVALID_PARAMS, ".* needs a position: .*"),
        ("unsorry.apply", ["{uri}", "1"], INVALID_PARAMS, "unsorry.apply needs the version as a whole number."),
        ("unsorry.apply", ["{uri}", True], INVALID_PARAMS, "unsorry.apply needs the version as a whole number."),
        ("unsorry.apply", ["{uri}", 7, HERE], CONTENT_MODIFIED, "The text has changed since; ask again."),
        ("unsorry.apply", ["{uri}", 1, HERE], CONTENT_MODIFIED, "This proof is not offered any more."),
        ("unsorry.proveFile", ["file:///nowhere.lean"], REQUEST_FAILED, "file:///nowhere.lean is not open, .*"),
        (
            "unsorry.proveHere",
            ["{uri}", {"line": 9, "character": 0}],
            REQUEST_FAILED,
            "There is no hole .*",
        ),
        ("unsorry.restartProver", ["file:///nowhere.lean"], INVALID_PARAMS, "file:///nowhere.lean is not open."),
    ],
)
async def test_wrong_arguments(server: Client, command: str, arguments: list[Any], code: int, sentence: str) -> None:
    page = Page(server, COMM + "\n\n")
    given = [page.uri if a == "{uri}" else a for a in arguments]
    with pytest.raises(AnswerError) as caught:
        await server.command(command, *given)
    assert caught.value.code == code
    assert re.fullmatch(sentence, caught.value.message)
    page.close()


# Progress

HARD = "theorem hard (f : Nat → Nat) (h : ∀ n, f (f n) = n + 1) (a : Nat) : f a ≠ a + 2 := by ¦sorry\n"


def progress_of(client: Client, token: object) -> list[str]:
    found = [m["params"] for m in client.notices if m["method"] == "$/progress"]
    return [p["value"]["kind"] for p in found if p["token"] == token]


@pytest.mark.parametrize("own", [True, False], ids=["the client's token", "the server's token"])
async def test_progress(server: Client, own: bool) -> None:
    page = Page(server, COMM)
    before = len(server.asked)
    params: Json = {"command": "unsorry.proveHere", "arguments": [page.uri, page.here]}
    token = f"mine-{page.uri}"
    if own:
        params["workDoneToken"] = token
    await server.request("workspace/executeCommand", params)
    created = [m["params"]["token"] for m in server.asked[before:] if m["method"] == "window/workDoneProgress/create"]
    assert len(created) == (0 if own else 1)
    kinds = progress_of(server, token if own else created[0])
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    assert set(kinds[1:-1]) == {"report"}
    page.close()


@pytest.mark.parametrize("how", ["progress", "request", "cancelAll"])
async def test_a_search_is_cancelled(server: Client, how: str) -> None:
    page = Page(server, HARD)
    token = f"cancel-{page.uri}"
    params = {"command": "unsorry.searchDeeper", "arguments": [page.uri, page.here], "workDoneToken": token}
    ident, asked = server.ask("workspace/executeCommand", params)
    await server.until(lambda: "report" in progress_of(server, token))
    if how == "progress":
        server.notify("window/workDoneProgress/cancel", {"token": token})
    elif how == "request":
        server.cancel(ident)
    else:
        found = await server.command("unsorry.cancelAll")
        assert found["commands"] == 1
    with pytest.raises(AnswerError) as caught:
        await asyncio.wait_for(asked, SOON)
    assert caught.value.code == CANCELLED
    await server.until(lambda: progress_of(server, token)[-1] == "end", SOON)
    await server.command("unsorry.cancelAll")
    await page.idle()
    # What was being tried gives the prover back in its own time, but soon.
    await until_free(server)
    page.close()


TWO = (
    TREE
    + """inductive Unary where
  | zero : Unary
  | succ : Unary → Unary

def Unary.add : Unary → Unary → Unary
  | a, zero => a
  | a, succ b => succ (add a b)

theorem two (t : Tree) (n : Unary) : t.mirror.mirror = t ∧ Unary.zero.add n = n := by ¦sorry
"""
)


async def test_a_deeper_search_shows_its_first_proof_and_then_goes_on(server: Client, judge: Bench) -> None:
    page = Page(server, TWO)
    token = f"deeper-{page.uri}"
    params = {"command": "unsorry.searchDeeper", "arguments": [page.uri, page.here], "workDoneToken": token}
    _, asked = server.ask("workspace/executeCommand", params)
    await server.until(lambda: "begin" in progress_of(server, token))
    # The proof is there before the command has its answer: that comes when it was made as short as it gets.
    await server.until(
        lambda: any("proves this" in d["message"] for d in server.diagnostics.get(page.uri, {}).get("diagnostics", ()))
    )
    assert not asked.done()
    assert await asked == {"proved": 1, "open": 0, "applied": True}
    assert progress_of(server, token)[-1] == "end"
    await certified(judge, page.text)
    page.close()


HALF = "theorem half (a b : Nat) : a + b = b + a ∧ a + b = a * b := by ¦sorry\n"


async def test_what_is_proved_in_part_is_an_action_of_its_own(start: Start, judge: Bench) -> None:
    async with start() as client:
        client.settings = {"server": {"budget": 0.5, "deeper_budget": 20.0, "prove_on_save": True}}
        await client.initialize()
        page = Page(client, HALF)
        await page.idle()
        answer = await client.command("unsorry.searchDeeper", page.uri, page.here)
        assert answer == {"proved": 0, "open": 1, "applied": False}
        (message,) = [m["params"]["message"] for m in client.notices if m["method"] == "window/showMessage"][-1:]
        assert re.match(
            r"Unsorry: searched \d+ goals, \d+ candidates, none verified; \d of \d subgoals proved", message
        )
        (action,) = await page.actions(["refactor"])
        assert action["kind"] == "refactor.rewrite.unsorry"
        found = re.fullmatch(r"(\d) of (\d) subgoals proved \(leaves (\d) sorry\)", action["title"])
        assert found is not None
        assert int(found[1]) + int(found[3]) == int(found[2])
        text = page.with_edit(await resolved(client, action))
        await certified(judge, text, left=int(found[3]))
        # It is offered nowhere else, and nothing applies it unasked.
        assert [a["title"] for a in await page.actions(["quickfix"])] == ["Search deeper for a proof"]
        assert await page.ask("inlineCompletion", context={"triggerKind": 1}) == []
        assert all("sorry" not in item["insertText"] for item in (await page.ask("completion"))["items"])
        assert await page.ask("willSaveWaitUntil", reason=1) in ([], None)
        for action in await page.actions(["source.fixAll"]):
            assert (await resolved(client, action)).get("documentChanges", []) == []
        page.close()


async def test_the_whole_range_counts(server: Client) -> None:
    page = Page(server, COMM + COMM.replace("comm", "again").replace("¦", ""))
    await page.idle()
    whole = {"start": {"line": 0, "character": 0}, "end": position(page.text, len(page.text))}
    params = {"textDocument": {"uri": page.uri}, "range": whole, "context": {"diagnostics": [], "only": ["quickfix"]}}
    found = [a["data"]["start"] for a in await server.request("textDocument/codeAction", params) if a.get("data")]
    assert set(found) == {m.start() for m in re.finditer("sorry", page.text)}
    page.close()
