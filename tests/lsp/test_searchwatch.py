"""What a client with a search panel and a status item is told, and that others are not told of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from lsp import fake_server
from lsp.client import CAPABILITIES, SOON, Client, Json, position
from lsp.conftest import Start
from lsp.fakes import URI, fake, theorems
from lsp.lean import certified
from provers.leans import Bench

TELLS_STATUS: Final[Json] = {**CAPABILITIES, "experimental": {"unsorry": {"status": True}}}


def told(client: Client, method: str) -> list[Json]:
    return [notice["params"] for notice in client.notices if notice["method"] == method]


class Panel:
    """A search panel: it keeps what it is told, and sees that nothing comes twice or is missing."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.heard = 0
        self.candidates: list[Json] = []
        self.graph: Json | None = None
        self.last: Json = {}

    def take(self) -> None:
        """Takes in what was told since."""
        notices = told(self.client, "unsorry/search")
        for notice in notices[self.heard :]:
            if self.last.get("generation") != notice["generation"]:
                assert notice["generation"] > self.last.get("generation", 0)
                assert "graph" in notice
                self.candidates = []
            assert notice["first"] == len(self.candidates)
            self.candidates += notice["candidates"]
            assert len(self.candidates) <= notice["tried"]
            self.graph = notice.get("graph", self.graph)
            self.last = notice
        self.heard = len(notices)

    async def until(self, done: Callable[[Panel], bool]) -> None:
        """Waits until what it shows is as wanted."""

        def looked() -> bool:
            self.take()
            return bool(self.last) and done(self)

        await self.client.until(looked)

    async def settled(self, stage: str, declaration: str = "t0") -> None:
        """Waits until the search of a hole has ended so, and all of it was told."""
        await self.until(
            lambda p: (
                (p.last["declaration"], p.last["stage"]) == (declaration, stage)
                and len(p.candidates) == p.last["tried"]
            )
        )

    @property
    def texts(self) -> list[str]:
        """What was tried."""
        return [c["text"] for c in self.candidates]

    @property
    def outcomes(self) -> list[str]:
        """What became of it."""
        return [c["outcome"] for c in self.candidates]


async def watch(client: Client, needle: str = "sorry", uri: str = URI) -> Json:
    return await client.command("unsorry.watch", uri, client.at(uri, needle)["position"])


async def test_each_candidate_is_told_once_and_in_order(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("slow"), "fake")
        panel = Panel(client)
        start = client.at(URI, "sorry")["position"]
        assert await watch(client) == {"watching": True, "uri": URI, "position": start}
        await panel.until(lambda p: p.last["stage"] == "searching" and len(p.candidates) > 0)
        assert panel.last["proofs"] == []
        await panel.settled("proved")
        assert panel.texts == list(fake_server.CANDIDATES)
        assert panel.outcomes == [*["rejected"] * (len(panel.texts) - 1), "proves"]
        assert panel.candidates[0] == {
            "text": "exact easy",
            "origin": "list/test",
            "score": 0.0,
            "outcome": "rejected",
            "message": None,
            "goals": None,
            "steps": [],
            "seconds": panel.candidates[0]["seconds"],
        }
        end = {**start, "character": start["character"] + len("sorry")}
        assert panel.last == {
            "uri": URI,
            "version": 1,
            "range": {"start": start, "end": end},
            "declaration": "t0",
            "goals": ["⊢ slow x0"],
            "stage": "proved",
            "generation": panel.last["generation"],
            "first": panel.last["first"],
            "candidates": panel.last["candidates"],
            "tried": len(panel.texts),
            "proofs": [
                {
                    "number": 0,
                    "text": "exact late",
                    "title": "`exact late` — proves the goal",
                    "origin": "list/test",
                    "axioms": [],
                }
            ],
            "message": None,
        }
        # It is inserted by its number, and then there is nothing to watch any more.
        assert await client.command("unsorry.apply", URI, 1, start, 0) == {"applied": True}
        assert "exact late" in client.texts[URI]
        await panel.until(lambda p: p.last["stage"] == "gone")
        assert panel.texts == list(fake_server.CANDIDATES)


async def test_what_was_tried_before_is_told_too(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("never", "flaw", "late"), "fake")
        await client.idle(URI)
        panel = Panel(client)
        await watch(client)
        await panel.settled("open")
        assert panel.texts == list(fake_server.CANDIDATES)
        assert "none proves it" in panel.last["message"]
        # Another hole takes its place.
        assert (await watch(client, "sorry\n\ntheorem t2"))["watching"]
        await panel.settled("open", "t1")
        closed = [c for c in panel.candidates if c["outcome"] == "closes"]
        assert [(c["text"], c["message"], c["goals"]) for c in closed] == [
            ("cheat", "the kernel does not accept it", 0)
        ]
        assert "proves" not in panel.outcomes


async def test_no_more_is_told_than_is_asked_for(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("long", "slow"), "fake")
        panel = Panel(client)
        await watch(client)
        await panel.until(lambda p: len(p.candidates) > 1)
        assert await client.command("unsorry.unwatch") == {"watching": False}
        panel.take()
        heard, tried = panel.heard, panel.last["tried"]
        # The search goes on, and nobody is told.
        for _ in range(200):
            if (await client.command("unsorry.explain", URI, panel.last["range"]["start"]))["tried"] > tried + 2:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the search does not go on")
        panel.take()
        assert panel.heard == heard
        await watch(client)
        client.close(URI)
        await client.command("unsorry.status")
        panel.take()
        heard = panel.heard
        client.open("untitled:two.fake", theorems("slow"), "fake")
        await client.idle("untitled:two.fake")
        panel.take()
        assert panel.heard == heard


@pytest.mark.parametrize("many", [False, True], ids=["one edit above", "one that takes it in"])
async def test_the_watch_follows_its_hole(tmp_path: Path, many: bool) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("easy", "never", "easy", "long", "easy", "easy"), "fake")
        line = 1 + client.at(URI, "t3")["position"]["line"]
        panel = Panel(client)
        await client.command("unsorry.watch", URI, {"line": line, "character": 0})
        await panel.until(lambda p: len(p.candidates) > 0)
        generation = panel.last["generation"]
        if many:
            # The hole lies between the first and the last difference.
            client.change(URI, "\n" + client.texts[URI] + "\n")
        else:
            client.edit(URI, "theorem t1 : never", "\ntheorem t1 : late")
        await panel.until(lambda p: p.last["version"] == 2 and len(p.candidates) > 0)
        assert panel.last["declaration"] == "t3"
        assert panel.last["range"]["start"] == {"line": line + 1, "character": 2}
        assert panel.last["generation"] > generation
        # What stands below it does not matter to it.
        generation, candidates = panel.last["generation"], len(panel.candidates)
        client.edit(URI, "theorem t5 : easy", "theorem t5 : late")
        await panel.until(lambda p: p.last["version"] == 3 and len(p.candidates) > candidates)
        assert panel.last["generation"] == generation


async def test_a_search_that_begins_anew(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("split"), "fake")
        await client.idle(URI)
        panel = Panel(client)
        await watch(client)
        await panel.settled("open")
        assert panel.graph is None
        assert [c["goals"] for c in panel.candidates if c["outcome"] == "progress"] == [2]
        generation = panel.last["generation"]
        client.accept = lambda _: False
        found = await client.command("unsorry.searchDeeper", URI, client.at(URI, "sorry")["position"])
        assert found == {"proved": 1, "open": 0, "applied": False}
        await panel.settled("proved")
        assert panel.last["generation"] > generation
        assert panel.outcomes[-1] == "proves"
        # What closes a goal further down proves nothing yet.
        further = [c for c in panel.candidates if c["steps"] == ["split"]]
        assert {c["outcome"] for c in further} == {"closes"}
        assert panel.graph == {
            "nodes": [
                {"id": 0, "goals": ["⊢ split x0"], "state": "proved", "depth": 0},
                {"id": 1, "goals": ["⊢ easy left"], "state": "proved", "depth": 1},
                {"id": 2, "goals": ["⊢ easy right"], "state": "proved", "depth": 1},
            ],
            "steps": [
                {"from": 0, "to": [1, 2], "text": "split"},
                {"from": 1, "to": [], "text": "exact easy"},
                {"from": 2, "to": [], "text": "exact easy"},
            ],
            "left_out": 0,
        }
        # Whoever looks again is told all of it again.
        again = Panel(client)
        again.heard = panel.heard
        await watch(client)
        await again.settled("proved")
        assert (again.texts, again.graph) == (panel.texts, panel.graph)


async def test_a_large_graph_is_told_of_in_part(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"server": {"deeper_budget": 4.0}}
        await client.initialize()
        client.open(URI, theorems("wide"), "fake")
        panel = Panel(client)
        await watch(client)
        await client.command("unsorry.searchDeeper", URI, client.at(URI, "sorry")["position"])
        await panel.until(lambda p: p.last["stage"] == "open" and p.graph is not None)
        assert panel.graph is not None
        numbers = [node["id"] for node in panel.graph["nodes"]]
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 0
        assert 100 < len(numbers) <= 150
        assert panel.graph["left_out"] > 0
        ends = {end for step in panel.graph["steps"] for end in (step["from"], *step["to"])}
        assert ends == set(numbers)


async def test_the_traffic_of_a_long_search_grows_with_it_and_no_faster(tmp_path: Path) -> None:
    count = 10_000
    async with fake(tmp_path, "--more", str(count)) as client:
        client.settings = {"server": {"budget": 60.0}}
        await client.initialize()
        client.open(URI, theorems("never"), "fake")
        panel = Panel(client)
        await watch(client)
        await panel.settled("open")
        assert len(panel.candidates) == len(set(panel.texts)) == count + len(fake_server.CANDIDATES)
        notices = told(client, "unsorry/search")
        apart = [len(json.dumps({**notice, "candidates": []})) for notice in notices]
        assert max(apart) < 1000
        assert sum(len(notice["candidates"]) for notice in notices) == len(panel.candidates)
        assert len(notices) < 200


async def test_where_there_is_no_hole(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, "theorem t : split x := by\n  split\n  \n\n" + theorems("slow"), "fake")
        place = position(client.texts[URI], client.texts[URI].index("\n\n"))
        # Another one is watched, and is not any more.
        await watch(client)
        found = await client.command("unsorry.watch", URI, place)
        assert found == {"watching": False, "uri": URI, "position": place, "goals": ["⊢ easy left"]}
        panel = Panel(client)
        panel.heard = len(told(client, "unsorry/search"))
        await client.idle(URI)
        panel.take()
        assert panel.last == {}
        nowhere = {"line": 0, "character": 3}
        assert (await client.command("unsorry.watch", URI, nowhere))["goals"] == []


async def test_the_newest_wish_counts(tmp_path: Path) -> None:
    async with fake(tmp_path, "--read-seconds", "0.2") as client:
        await client.initialize()
        client.open(URI, theorems("never", "late"), "fake")
        text = client.texts[URI]
        places = [position(text, place) for place in (text.index("sorry"), text.rindex("sorry"))]
        asked = [
            client.ask("workspace/executeCommand", {"command": "unsorry.watch", "arguments": [URI, place]})[1]
            for place in places
        ]
        answers = [await asyncio.wait_for(answer, SOON) for answer in asked]
        assert [answer["watching"] for answer in answers] == [False, True]
        panel = Panel(client)
        await panel.settled("proved", "t1")
        assert {notice["declaration"] for notice in told(client, "unsorry/search")} == {"t1"}


async def test_what_can_not_be_searched(tmp_path: Path) -> None:
    async with fake(tmp_path, "--read-seconds", "0.2") as client:
        await client.initialize()
        client.open(URI, theorems("easy", "long", "easy"), "fake")
        panel = Panel(client)
        line = 1 + client.at(URI, "t1")["position"]["line"]
        await client.command("unsorry.watch", URI, {"line": line, "character": 0})
        await panel.until(lambda p: p.last["declaration"] == "t1" and len(p.candidates) > 0)
        # The prover dies whenever it reads the text again.
        client.edit(URI, "theorem t0", "\ntheorem t0")
        while panel.last["stage"] != "error":
            await client.request("test/kill", {})
            panel.take()
        assert panel.last["message"]
        # What is said of the hole is what was known of it.
        assert (panel.last["version"], panel.last["range"]["start"]["line"]) == (1, line)
        client.edit(URI, "theorem t2", "\ntheorem t2")
        await panel.until(lambda p: p.last["version"] == 3 and len(p.candidates) > 0)
        assert panel.last["range"]["start"]["line"] == line + 1
    async with fake(tmp_path, "--missing") as client:
        await client.initialize()
        client.open(URI, theorems("easy"), "fake")
        assert (await watch(client))["goals"] == []


# The status


async def test_a_client_that_wants_it_is_told_the_status(tmp_path: Path) -> None:
    async with fake(tmp_path, "--model") as client:
        await client.initialize(tmp_path, TELLS_STATUS)
        await client.until(lambda: bool(told(client, "unsorry/status")))
        assert (told(client, "unsorry/status")[0]["projects"], told(client, "unsorry/status")[0]["texts"]) == ([], [])
        client.open(URI, theorems("slow", "easy", "never"), "fake")

        def last() -> Json:
            return told(client, "unsorry/status")[-1]

        await client.until(lambda: bool(last()["projects"]) and last()["projects"][0]["working"])
        await client.until(lambda: [t["phase"] for t in last()["texts"]] == ["idle"])
        (text,) = last()["texts"]
        assert text["counts"] == {"total": 3, "proved": 2, "open": 1, "left": 0}
        (project,) = last()["projects"]
        assert project == {
            "root": None,
            "prover": {"name": project["prover"]["name"], "version": "1.0", "origin": project["prover"]["origin"]},
            "model": "http/silent",
            "trouble": "http/silent: it does not answer",
            "working": False,
        }
        # It is what the command says, and is told again only when it has changed.
        asked = await client.command("unsorry.status")
        assert set(asked) == set(last())
        assert {k: asked[k] for k in ("projects", "texts", "troubles")} == {
            k: last()[k] for k in ("projects", "texts", "troubles")
        }
        heard = len(told(client, "unsorry/status"))
        await client.hover(URI, "sorry")
        await client.command("unsorry.cancelAll")
        assert len(told(client, "unsorry/status")) == heard
        client.close(URI)
        await client.until(lambda: last()["texts"] == [])
        for before, after in zip(told(client, "unsorry/status"), told(client, "unsorry/status")[1:], strict=False):
            assert any(before[k] != after[k] for k in ("projects", "texts", "troubles"))


@pytest.mark.parametrize("said", [None, {}, [], {"unsorry": True}, {"unsorry": {"status": "yes"}}])
async def test_others_are_told_nothing_of_it(tmp_path: Path, said: object) -> None:
    async with fake(tmp_path) as client:
        await client.initialize(tmp_path, CAPABILITIES if said is None else {**CAPABILITIES, "experimental": said})
        client.open(URI, theorems("slow", "split", "never"), "fake")
        await client.command("unsorry.searchDeeper", URI, client.at(URI, "sorry\n\ntheorem t2")["position"])
        await client.idle(URI)
        assert [n["method"] for n in client.notices if n["method"].startswith("unsorry/")] == []


# With the real Lean

LEAN: Final = "file:///watched.lean"
BOTH: Final = "theorem both (a b : Nat) (p : Prop) (h : p) : p ∧ a + b = b + a := by\n  sorry\n"


@pytest.mark.embedded
@pytest.mark.asyncio(loop_scope="module")
async def test_a_hole_in_lean(start: Start, judge: Bench) -> None:
    async with start() as client:
        client.settings = {"suggest": {"use": ["rules"]}}
        await client.initialize(None, TELLS_STATUS)
        client.open(LEAN, BOTH)
        panel = Panel(client)
        assert (await watch(client, "sorry", LEAN))["watching"]
        await panel.settled("proved", "both")
        assert panel.last["goals"] == ["a b : Nat\np : Prop\nh : p\n⊢ p ∧ a + b = b + a"]
        assert "proves" in panel.outcomes
        await client.until(lambda: told(client, "unsorry/status")[-1]["texts"][0]["counts"]["proved"] == 1)
        (project,) = told(client, "unsorry/status")[-1]["projects"]
        assert (project["prover"]["name"], project["model"], project["trouble"]) == ("Lean", None, None)
        panel.take()
        proof = panel.last["proofs"][-1]
        place = panel.last["range"]["start"]
        assert await client.command("unsorry.apply", LEAN, 1, place, proof["number"]) == {"applied": True}
        await certified(judge, client.texts[LEAN])
        await panel.until(lambda p: p.last["stage"] == "gone")
