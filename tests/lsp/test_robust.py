"""What goes wrong around a server: dead provers, mute clients, lost connections, wrong arguments."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Final

import psutil
import pytest

from lsp import fake_server
from lsp.client import SOON, AnswerError, Client, Json, environment, stdio
from lsp.fakes import URI, fake, log, no_stall, program, theorems, tried, until_free, until_tried

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

REQUESTS: Final = (
    "textDocument/hover",
    "textDocument/codeAction",
    "textDocument/completion",
    "textDocument/inlineCompletion",
    "textDocument/codeLens",
    "textDocument/inlayHint",
    "textDocument/willSaveWaitUntil",
)


def everything(client: Client, uri: str = URI) -> list[tuple[str, asyncio.Future[object]]]:
    """Each kind of request, at the first hole."""
    at = client.at(uri, "sorry")
    range_ = {"start": at["position"], "end": at["position"]}
    more: Json = {**at, "range": range_, "context": {"diagnostics": [], "triggerKind": 1}, "reason": 1}
    return [(method, client.ask(method, more)[1]) for method in REQUESTS]


# Texts that change


@pytest.mark.parametrize("where", ["disk", "editor"])
async def test_a_workspaces_proofs_go_into_no_text_that_has_changed(tmp_path: Path, where: str) -> None:
    folder = tmp_path / "work"
    (folder / "build").mkdir(parents=True)
    first, typed, last = (folder / f"{name}.fake" for name in "ABC")
    for path, kind in ((first, "easy"), (typed, "long"), (last, "slow")):
        path.write_text(theorems(kind), encoding="utf-8")
    for hidden in (folder / "build" / "D.fake", folder / ".#C.fake"):
        hidden.write_text(theorems("easy"), encoding="utf-8")
    async with fake(tmp_path) as client:
        await client.initialize(folder)
        client.open(typed.as_uri(), theorems("long"), "fake")
        edits: list[Json] = []
        client.accept = lambda edit: not edits.append(edit)
        proving = asyncio.create_task(client.command("unsorry.proveWorkspace"))
        await client.until(
            lambda: any("(2 of 3)" in json.dumps(m) for m in client.notices if m["method"] == "$/progress")
        )
        if where == "disk":
            first.write_text("-- more\n" + theorems("easy"), encoding="utf-8")
        else:
            client.open(first.as_uri(), "-- more\n" + theorems("easy"), "fake")
        client.edit(typed.as_uri(), "theorem t0", "theorem t1")
        found = await asyncio.wait_for(proving, SOON)
    assert found["problems"] == [f"{name}.fake: the text has changed meanwhile" for name in "BA"]
    assert (found["proved"], found["open"], found["applied"]) == (1, 1, True)
    (edit,) = edits
    assert [change["textDocument"]["uri"] for change in edit["documentChanges"]] == [last.as_uri()]


# Provers that die


async def test_a_prover_that_dies_while_it_searches(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("slow", "late"), "fake")
        await until_tried(client)
        asked = everything(client)
        for _ in range(3):
            await client.request("test/kill", {})
            await asyncio.sleep(0.1)
        await client.ready(URI, 2)
        for _, future in asked:
            await asyncio.wait_for(future, SOON)
        assert (await client.request("test/counts", {}))["starts"] > 1


async def test_a_prover_that_dies_while_it_reads(tmp_path: Path) -> None:
    async with fake(tmp_path, "--read-seconds", "0.1") as client:
        await client.initialize()
        client.open(URI, theorems(*["easy"] * 5, "late"), "fake")
        asked = everything(client)
        await asyncio.sleep(0.2)
        await client.request("test/kill", {})
        await client.ready(URI, 6)
        for _, future in asked:
            await asyncio.wait_for(future, SOON)


async def test_a_prover_that_dies_again_and_again_while_it_reads_is_told_of_once(tmp_path: Path) -> None:
    async with fake(tmp_path, "--read-seconds", "0.2") as client:
        await client.initialize()
        client.open(URI, theorems(*["easy"] * 4), "fake")
        killing = True

        async def kill() -> None:
            while killing:
                await client.request("test/kill", {})
                await asyncio.sleep(0.05)

        killer = asyncio.create_task(kill())
        text = await client.idle(URI)
        asked = everything(client)
        for _, future in asked:
            await asyncio.wait_for(future, SOON)
        killing = False
        await killer
        assert text["phase"] == "failed"
        errors = [n["params"]["message"] for n in client.notices if n["method"] == "window/showMessage"]
        assert len(errors) == 1
        # And it is not the end: the next keystroke is another try.
        client.edit(URI, "t3 :", "t4 :")
        await client.ready(URI, 4)


# Cancelling


@pytest.mark.parametrize("command", ["proveHere", "searchDeeper", "proveFile"])
async def test_a_cancelled_request_is_answered_at_once_and_its_work_ends(tmp_path: Path, command: str) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"server": {"automatic": False}, "prove": {"budget": 60}}
        await client.initialize()
        client.open(URI, theorems("long"), "fake")
        arguments = [URI, client.at(URI, "sorry")["position"]]
        ident, future = client.ask(
            "workspace/executeCommand", {"command": f"unsorry.{command}", "arguments": arguments}
        )
        await until_tried(client)
        client.cancel(ident)
        with pytest.raises(AnswerError) as caught:
            await asyncio.wait_for(future, SOON)
        assert caught.value.code == -32800
        await until_free(client)
        before = await tried(client)
        await asyncio.sleep(0.5)
        assert await tried(client) == before < len(fake_server.CANDIDATES)


async def test_a_cancelled_progress_ends_the_command(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.settings = {"server": {"automatic": False}, "prove": {"budget": 60}}
        await client.initialize()
        client.open(URI, theorems("long"), "fake")
        params = {"command": "unsorry.proveFile", "arguments": [URI], "workDoneToken": "mine"}
        _, future = client.ask("workspace/executeCommand", params)
        await until_tried(client)
        client.notify("window/workDoneProgress/cancel", {"token": "mine"})
        with pytest.raises(AnswerError):
            await asyncio.wait_for(future, SOON)
        await until_free(client)
        kinds = [n["params"]["value"]["kind"] for n in client.notices if n["method"] == "$/progress"]
        assert (kinds[0], kinds[-1], kinds.count("begin"), kinds.count("end")) == ("begin", "end", 1, 1)


async def test_an_edit_cancels_the_work_on_what_it_changes(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("long"), "fake")
        await until_tried(client)
        client.edit(URI, "long", "never")
        text = await client.idle(URI)
        assert text["holes"] == {"open": 1}
        # Of the 30 candidates of the old text, which take 0.3 s each, most had no turn.
        assert await tried(client) < 45
        client.edit(URI, "never", "late")
        await client.ready(URI)


async def test_closing_a_text_ends_the_work_on_it(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        client.open(URI, theorems("long", "long"), "fake")
        await until_tried(client)
        client.close(URI)
        status = await until_free(client)
        assert status["texts"] == []
        before = await tried(client)
        await asyncio.sleep(0.5)
        assert await tried(client) == before


async def test_a_text_that_is_closed_and_opened_at_once_is_worked_on(tmp_path: Path) -> None:
    async with fake(tmp_path, "--jobs", "2") as client:
        await client.initialize()
        text = theorems("slow", "late", "easy")
        client.open(URI, text, "fake")
        for version in range(2, 12):
            await until_tried(client)
            client.close(URI)
            client.open(URI, text, "fake", version)
        assert len(await client.ready(URI, 3)) == 3


# Clients that do not do their part


@pytest.mark.parametrize(
    "method",
    [
        "workspace/configuration",
        "window/workDoneProgress/create",
        "workspace/codeLens/refresh",
        "workspace/inlayHint/refresh",
        "client/registerCapability",
    ],
)
async def test_a_client_that_never_answers_holds_nothing_up(tmp_path: Path, method: str) -> None:
    async with fake(tmp_path) as client:
        client.mute = {method}
        await client.initialize()
        client.open(URI, theorems("easy", "late"), "fake")
        await client.ready(URI, 2, SOON)
        for _ in range(10):
            client.edit(URI, "t0 :", "t9 :")
            client.edit(URI, "t9 :", "t0 :")
            await asyncio.sleep(0.02)
        await client.idle(URI, SOON)
        assert (await client.command("unsorry.proveFile", URI))["applied"]
        # What nobody answers does not pile up.
        assert len([m for m in client.asked if m["method"] == method]) <= 4
        assert (await client.command("unsorry.status"))["tasks"] <= 12


async def test_a_client_that_does_not_apply_an_edit_holds_only_that_command_up(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.mute = {"workspace/applyEdit"}
        await client.initialize()
        client.open(URI, theorems("easy"), "fake")
        await client.ready(URI)
        params = {"command": "unsorry.proveFile", "arguments": [URI]}
        ident, future = client.ask("workspace/executeCommand", params)
        await client.until(lambda: any(m["method"] == "workspace/applyEdit" for m in client.asked), SOON)
        assert "exact easy" in await client.hover(URI, "sorry")
        client.edit(URI, "easy", "late")
        await client.ready(URI)
        client.cancel(ident)
        with pytest.raises(AnswerError):
            await asyncio.wait_for(future, SOON)


async def test_a_client_that_shows_no_document_is_told_where_the_log_is(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        client.mute = {"window/showDocument"}
        await client.initialize()
        found = await client.command("unsorry.showLog")
        assert any(
            found["log"] in n["params"]["message"] for n in client.notices if n["method"] == "window/showMessage"
        )


@pytest.mark.parametrize("arguments", [[], ["--fetch-seconds", "3"], ["--read-seconds", "0.2"]])
async def test_a_client_that_is_gone_takes_the_server_with_it(tmp_path: Path, arguments: list[str]) -> None:
    async with fake(tmp_path, *arguments) as client:
        await client.initialize()
        client.open(URI, theorems("long", "slow", "hang"), "fake")
        for _, future in everything(client):
            future.add_done_callback(lambda f: f.cancelled() or f.exception())
        await asyncio.sleep(0.5)
        assert client.process is not None
        assert client.process.stdin is not None
        client.process.stdin.close()
        assert await client.end() == 1
        # Nobody was there to be answered.
        client.sent.clear()


@pytest.mark.embedded
async def test_a_client_that_is_gone_takes_lean_with_it(tmp_path: Path) -> None:
    arguments = ["--embedded", "--no-install", "--watch-loop"]
    async with stdio(*arguments, log_folder=tmp_path / "log") as client:
        await client.initialize(tmp_path)
        uri = (tmp_path / "One.lean").as_uri()
        client.open(uri, "theorem one (a b : Nat) : a + b = b + a := by\n  sorry\n")
        await client.ready(uri)
        await no_stall(client)
        assert client.process is not None
        assert client.process.stdin is not None
        children = psutil.Process(client.process.pid).children(recursive=True)
        assert children
        client.process.stdin.close()
        assert await client.end() == 1
        _, alive = psutil.wait_procs(children, timeout=2)
        assert not alive


@pytest.mark.embedded
async def test_a_lean_that_is_killed_is_started_again(tmp_path: Path) -> None:
    arguments = ["--embedded", "--no-install", "--watch-loop"]
    async with stdio(*arguments, log_folder=tmp_path / "log") as client:
        await client.initialize(tmp_path)
        uri = (tmp_path / "One.lean").as_uri()
        client.open(uri, "theorem one (a b : Nat) : a + b = b + a := by\n  sorry\n")
        await client.ready(uri)
        assert client.process is not None
        for child in psutil.Process(client.process.pid).children(recursive=True):
            child.kill()
        client.edit(uri, "b + a :=", "b + a + 0 :=")
        asked = everything(client, uri)
        await client.ready(uri)
        for _, future in asked:
            await asyncio.wait_for(future, SOON)
        await no_stall(client)


# Several clients


def _port(line: bytes) -> int:
    found = re.search(rb"Listening on 127\.0\.0\.1:(\d+)", line)
    assert found is not None, line
    return int(found[1])


async def test_two_clients_each_have_their_own_texts(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *program(tmp_path / "log", "--tcp"), stderr=asyncio.subprocess.PIPE, env=environment()
    )
    try:
        assert process.stderr is not None
        port = _port(await asyncio.wait_for(process.stderr.readline(), SOON))
        one, two = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(2)]
        for client, text in ((one, theorems("easy")), (two, theorems("late", "many"))):
            await client.initialize()
            client.open(URI, text, "fake")
        await one.ready(URI)
        await two.ready(URI, 2)
        assert "exact easy" in await one.hover(URI, "sorry")
        assert "exact late" in await two.hover(URI, "sorry")
        await one.shut_down()
        assert one.unanswered() == set()
        # The other one goes on.
        two.edit(URI, "late", "easy")
        await two.ready(URI, 2)
        await no_stall(two)
        two._writer.close()  # pyright: ignore[reportPrivateUsage]
        await two.end()
        three = Client(*await asyncio.open_connection("127.0.0.1", port))
        await three.initialize()
        await three.shut_down()
    finally:
        process.kill()
        await process.wait()


async def test_the_program_serves_tcp(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "unsorry", "lsp", "--tcp", "127.0.0.1:0", "--log-folder", str(tmp_path)],
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    try:
        assert process.stderr is not None
        port = _port(await asyncio.wait_for(process.stderr.readline(), SOON))
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        await client.initialize(tmp_path)
        assert (await client.command("unsorry.status"))["texts"] == []
        await client.shut_down()
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:", "127.0.0.1:99999", ":1", "1.2.3.4:x", "-1"])
async def test_a_wrong_address_is_refused_with_an_example(address: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "unsorry", "lsp", f"--tcp={address}"],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    out, said = await asyncio.wait_for(process.communicate(), SOON)
    assert process.returncode == 2
    assert out == b""
    assert b"--tcp" in said
    assert b"127.0.0.1:2087" in said
    assert b"Traceback" not in said


# What the user is told


async def test_without_a_prover_the_user_is_told_once_what_to_do(tmp_path: Path) -> None:
    async with fake(tmp_path, "--missing") as client:
        await client.initialize()
        await _without_a_prover(client, "unsorry setup fake", [URI, "untitled:two.fake"], theorems("easy"), "fake")


async def test_without_lean_the_user_is_told_once_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("UNSORRY_CACHE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    async with stdio("--no-install", "--watch-loop", "--log-level", "debug", log_folder=tmp_path / "log") as client:
        await client.initialize(tmp_path)
        uris = [(tmp_path / name).as_uri() for name in ("One.lean", "Two.lean")]
        await _without_a_prover(client, "unsorry setup", uris, "theorem t : True := by\n  sorry\n", "lean4")
        await no_stall(client)


async def _without_a_prover(client: Client, advice: str, uris: list[str], text: str, language: str) -> None:
    for uri in uris:
        client.open(uri, text, language)
        assert (await client.idle(uri))["phase"] == "failed"
    asked = [one for uri in uris for one in everything(client, uri)]
    for _, future in asked:
        await asyncio.wait_for(future, SOON)
    for command in ("proveHere", "searchDeeper", "proveFile", "explain"):
        with pytest.raises(AnswerError, match=re.escape(advice)) as caught:
            await client.command(f"unsorry.{command}", uris[0], client.at(uris[0], "sorry")["position"])
        assert caught.value.code == -32803
    errors = [n["params"] for n in client.notices if n["method"] == "window/showMessage"]
    assert [e["type"] for e in errors] == [1]
    assert advice in errors[0]["message"]
    assert advice in await client.hover(uris[0], "sorry")
    # What is not about a text works.
    assert len((await client.command("unsorry.status"))["texts"]) == 2


async def test_the_log_has_what_was_proved_and_nothing_else_of_the_users(tmp_path: Path) -> None:
    async with fake(tmp_path) as client:
        await client.initialize()
        secret = "-- my secret thoughts\n"
        client.open(URI, secret + theorems("easy my_secret", "never my_secret", "die my_secret"), "fake")
        await client.idle(URI)
        client.edit(URI, "my secret thoughts", "my secret afterthoughts")
        await client.idle(URI)
        for _, future in everything(client):
            await asyncio.wait_for(future, SOON)
        with pytest.raises(AnswerError):
            await client.command("unsorry.proveHere", "my_secret", {"line": "my secret"})
    records = log(tmp_path)
    assert any(r.get("proof") == "exact easy" for r in records)
    assert not any("secret" in json.dumps(r) for r in records)
    said = [n["params"]["message"] for n in client.notices if n["method"] == "window/logMessage"]
    assert not any("secret" in message for message in said)
