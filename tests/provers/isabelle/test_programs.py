"""The service that runs programs for an ML process, spoken to as the ML process does."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from provers.isabelle.isabelles import wait_for
from unsorry.provers.isabelle import programs as module
from unsorry.provers.isabelle import yxml
from unsorry.provers.isabelle.programs import ADDRESS_VARIABLE, PASSWORD_VARIABLE, Programs
from unsorry.provers.process import Launch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the service is not there on Windows")

NO_FOLDER = b""


class Line:
    """A connection to the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *chunks: bytes) -> None:
        self.writer.write(b",".join(b"%d" % len(c) for c in chunks) + b"\n" + b"".join(chunks))
        await self.writer.drain()

    async def hear(self) -> list[bytes]:
        header = await self.reader.readline()
        return [await self.reader.readexactly(int(n)) for n in header.split(b",")] if header else []

    async def run(
        self,
        script: str,
        *,
        given: bytes = b"",
        cwd: bytes = NO_FOLDER,
        variables: Sequence[tuple[str, str]] = (),
        redirect: bool = False,
        seconds: str = "0.0",
    ) -> bytes:
        """Has a script run; the identification of the run."""
        told = b"".join(node(node(k.encode()) + node(v.encode())) for k, v in variables)
        await self.say(b"run", script.encode(), given, cwd, told, str(redirect).lower().encode(), seconds.encode(), b"")
        name, ident = await self.hear()
        assert name == b"uuid"
        return ident

    async def result(self) -> tuple[int, list[bytes], list[bytes]]:
        """The exit code and the lines of both streams."""
        name, code, elapsed, cpu, count, *lines = await self.hear()
        assert name == b"result"
        assert int(elapsed) >= 0
        assert int(cpu) >= 0
        return int(code), lines[: int(count)], lines[int(count) :]


def node(text: bytes) -> bytes:
    """One node as `XML.Encode` and YXML have it."""
    return b"\x05\x06:\x05" + text + b"\x05\x06\x05"


@asynccontextmanager
async def connected(service: Programs, password: str | None = None) -> AsyncGenerator[Line]:
    host, port = service.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**27)
    writer.write((service.password if password is None else password).encode() + b"\n")
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def service() -> AsyncGenerator[Programs]:
    made = await Programs.start()
    assert made is not None
    made.serve(os.getpid())
    yield made
    await made.close()


async def gone(pid: int) -> None:
    """Waits until a process has ended."""
    await wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


async def appears(path: Path) -> int:
    """The process id that a script writes into a file."""
    await wait_for(lambda: path.exists() and path.read_text().endswith("\n"))
    return await asyncio.to_thread(lambda: int(path.read_text()))


async def run(service: Programs, script: str, **how: object) -> tuple[int, list[bytes], list[bytes]]:
    async with connected(service) as line:
        await line.run(script, **how)  # type: ignore[arg-type]
        return await line.result()


async def test_what_it_writes_and_its_exit_code(service: Programs) -> None:
    assert await run(service, "echo a; echo b; echo c >&2; exit 3") == (3, [b"a", b"b"], [b"c"])
    assert await run(service, "true") == (0, [], [])
    assert await run(service, "printf 'a\\r\\n\\nb'") == (0, [b"a", b"", b"b"], [])
    assert await run(service, "echo a; echo b >&2", redirect=True) == (0, [b"a", b"b"], [])
    assert await run(service, "kill -9 $$") == (137, [], [])


async def test_what_it_is_given(service: Programs, tmp_path: Path) -> None:
    assert await run(service, "cat", given=b"\x00\xff\nline\n") == (0, [b"\x00\xff", b"line"], [])
    (tmp_path / "here").touch()
    assert await run(service, "ls", cwd=node(str(tmp_path).encode())) == (0, [b"here"], [])
    assert await run(service, 'echo "$A"', variables=[("A", "ü 1")]) == (0, ["ü 1".encode()], [])
    # A program need not read all that there is for it.
    assert (await run(service, "exit 0", given=b"x" * 2**22))[0] == 0


async def test_it_has_the_environment_of_the_ml_process_and_not_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await Programs.start()
    assert service is not None
    told = service.announced(Launch(("sleep", "60"), {**os.environ, "SETTING": "this"}))
    assert told.environment is not None
    assert told.environment[ADDRESS_VARIABLE] == service.address
    assert told.environment[PASSWORD_VARIABLE] == service.password
    process = await asyncio.create_subprocess_exec(*told.argv, env=told.environment)
    try:
        # A driver has spoken by then; this one may have been begun so lately that it has no environment yet.
        await wait_for(lambda: bool(psutil.Process(process.pid).environ()))
        service.serve(process.pid)
        code, lines, _ = await run(service, "env; echo SETTING:$SETTING")
        assert code == 0
        assert b"SETTING:this" in lines
        assert not any(service.password.encode() in line or line.startswith(b"UNSORRY_ISABELLE") for line in lines)
    finally:
        process.kill()
        await process.wait()
        await service.close()


async def test_without_the_password_nobody_is_served(service: Programs, tmp_path: Path) -> None:
    for password in ("", "guess", service.password[:-1]):
        async with connected(service, password) as line:
            await line.say(b"run", f"touch {tmp_path}/made".encode(), b"", b"", b"", b"false", b"0", b"")
            assert await line.hear() == []
    assert not (tmp_path / "made").exists()


async def test_what_is_no_message_is_answered_or_dropped(service: Programs) -> None:
    async with connected(service) as line:
        await line.say(b"dance")
        assert await line.hear() == [b"failure", b"Bad protocol message"]
    for wrong in (b"what\n", b"-1\n", b"99999999999\n", b"\n"):
        async with connected(service) as line:
            line.writer.write(wrong)
            assert await line.hear() == []
    assert await run(service, "echo still here") == (0, [b"still here"], [])


async def test_a_folder_that_is_not_there_is_a_failure(service: Programs) -> None:
    async with connected(service) as line:
        await line.say(b"run", b"true", b"", node(b"/no/such/folder"), b"", b"false", b"0", b"")
        assert (await line.hear())[0] == b"failure"
    assert service.running == 0


async def test_its_time_limit(service: Programs, tmp_path: Path) -> None:
    async with connected(service) as line:
        await line.run(f"echo before; sleep 600 & echo $! > {tmp_path}/pid; wait", seconds="0.5")
        code, out, _ = await line.result()
        assert (code, out) == (142, [b"before"])
    await gone(int((tmp_path / "pid").read_text()))


async def test_it_is_killed_on_request(service: Programs, tmp_path: Path) -> None:
    async with connected(service) as line:
        ident = await line.run(f"trap '' TERM INT; sleep 600 & echo $! > {tmp_path}/pid; while true; do wait; done")
        child = await appears(tmp_path / "pid")
        async with connected(service) as other:
            await other.say(b"kill", b"some-other")
            assert await other.hear() == []
        assert service.running == 1
        async with connected(service) as other:
            await other.say(b"kill", ident)
        assert (await line.result())[0] == 130
    await gone(child)
    assert service.running == 0


async def test_it_ends_with_its_connection(service: Programs, tmp_path: Path) -> None:
    async with connected(service) as line:
        await line.run(f"sleep 600 & echo $! > {tmp_path}/pid; wait")
        child = await appears(tmp_path / "pid")
    await gone(child)


async def test_it_leaves_nothing_behind_when_it_ends_by_itself(service: Programs, tmp_path: Path) -> None:
    script = f"sleep 600 > /dev/null 2>&1 & echo $! > {tmp_path}/pid; exit 0"
    assert (await run(service, script))[0] == 0
    await gone(await appears(tmp_path / "pid"))


async def test_all_end_with_the_service(tmp_path: Path) -> None:
    service = await Programs.start()
    assert service is not None
    async with connected(service) as one, connected(service) as two:
        for number, line in enumerate((one, two)):
            await line.run(f"echo $$ > {tmp_path}/{number}; sleep 600; true")
        pids = [await appears(tmp_path / str(number)) for number in range(2)]
        await service.close()
        for pid in pids:
            await gone(pid)
    await service.close()
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection(*service.address.split(":"))


async def test_what_runs_can_be_ended_together(service: Programs) -> None:
    async with connected(service) as one, connected(service) as two:
        await one.run("sleep 600")
        await two.run("sleep 600")
        service.end_all()
        assert [(await line.result())[0] for line in (one, two)] == [130, 130]


async def test_many_at_once(service: Programs) -> None:
    found = await asyncio.gather(*(run(service, f"sleep 0.05; echo {n}") for n in range(24)))
    assert found == [(0, [b"%d" % n], []) for n in range(24)]


async def test_much_is_taken_and_too_much_is_not(service: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = await run(service, "head -c 3000000 /dev/zero | tr '\\0' 'x'")
    assert (code, [len(line) for line in out]) == (0, [3_000_000])
    monkeypatch.setattr(module, "LIMIT", 2**20)
    async with connected(service) as line:
        await line.run("yes")
        name, reason = await line.hear()
    assert name == b"failure"
    assert b"more than 1 MiB" in reason
    assert service.running == 0


def test_structured_values() -> None:
    assert yxml.optional_text(b"") is None
    assert yxml.optional_text(node(b"")) == b""
    assert yxml.optional_text(node(b"/a b")) == b"/a b"
    assert yxml.text_pairs(b"") == []
    assert yxml.text_pairs(node(node(b"a") + node(b"1")) + node(node(b"b") + node(b""))) == [(b"a", b"1"), (b"b", b"")]


@pytest.mark.parametrize("data", [b"\x05\x06:\x05", b"\x05\x06\x05", node(node(b"a"))])
def test_what_is_no_structured_value(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — what exactly is wrong with it is nobody's business
        yxml.text_pairs(data)
