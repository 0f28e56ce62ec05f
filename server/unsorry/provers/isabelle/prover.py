"""Isabelle behind the prover seam: one driver process, restarted and brought back to where it was when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, Protocol

from unsorry.errors import ProverDiedError, ProverError, ProverTimeoutError
from unsorry.provers.facts import fewer
from unsorry.provers.isabelle import gate, skeletons
from unsorry.provers.isabelle.client import DriverClient
from unsorry.provers.isabelle.decode import Decoder
from unsorry.provers.isabelle.facts import fact_lists
from unsorry.provers.isabelle.insertion import edit_for, tactic_start
from unsorry.provers.isabelle.programs import Programs
from unsorry.provers.isabelle.sledgehammer import SLEDGEHAMMER
from unsorry.provers.isabelle.source import Source
from unsorry.provers.isabelle.symbols import Symbols
from unsorry.provers.process import Launch
from unsorry.provers.requests import Json, RequestError
from unsorry.provers.seam import (
    Certificate,
    Command,
    DeclarationAxioms,
    Document,
    Edit,
    Fault,
    Goal,
    Hole,
    HoleKind,
    LibraryModule,
    Limits,
    Outcome,
    Premise,
    ProverInfo,
    Refused,
    Rejected,
    Snapshot,
    StateHandle,
    TimedOut,
)

_log = logging.getLogger(__name__)

#: How much longer than a candidate's limit the driver may be silent before it is killed, in seconds.
KILL_GRACE = 4.0

#: How long the driver may take to be ready, in seconds (a cold disk, a large image, Isabelle's own Java process).
START_TIMEOUT = 120.0


class Installation(Protocol):
    """An Isabelle that was found, as :mod:`unsorry.provers.isabelle.toolchain` describes it."""

    @property
    def info(self) -> ProverInfo:
        """What to call it."""
        ...

    @property
    def symbols(self) -> Symbols:
        """Its symbols."""
        ...

    @property
    def session(self) -> str:
        """The session that the theories belong to."""
        ...

    @property
    def memory_limit(self) -> int:
        """Resident bytes at which an idle driver is started afresh."""
        ...

    @property
    def side_by_side(self) -> int:
        """How many candidates may run at a time."""
        ...

    @property
    def external_provers(self) -> Sequence[str]:
        """The external provers that it has."""
        ...

    def launch(self, address: str, token: str) -> Launch:
        """The driver's command line."""
        ...

    def guest_path(self, path: Path) -> str:
        """A path as Isabelle writes it."""
        ...


@dataclass(slots=True)
class _Open:
    document: Document
    source: Source
    #: Where `goals` found some: the end of the place by its start.
    cursors: dict[int, int] = field(default_factory=dict[int, int])


@dataclass(slots=True)
class _Coming:
    """What the driver has said of a document that it elaborates."""

    fresh: dict[int, Command] = field(default_factory=dict[int, Command])
    result: Mapping[str, Any] | None = None


@dataclass(slots=True)
class _Turn:
    """Candidates that go to the driver in one request, and what is known of them."""

    first: int
    texts: list[str]
    side_by_side: int
    #: Those that have ended and wait for one before them to be told.
    ended: set[int] = field(default_factory=set[int])
    #: Did one go on although the driver was well and its time was up?
    overdue: bool = False

    @property
    def alone(self) -> bool:
        """Does each have the driver for itself?"""
        return self.side_by_side == 1 or len(self.texts) == 1

    def suspects(self, done: int) -> list[int]:
        """Which may have brought the driver down, where all before ``done`` were told.

        The driver begins them in their order: those that run are among the first that have not ended.
        """
        if self.overdue:
            return [done]
        untold = range(done, self.first + len(self.texts))
        return list(islice((n for n in untold if n not in self.ended), self.side_by_side))


def _too_long(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) > gate.MAX_LENGTH


def _is_quick(text: str) -> bool:
    """Is it one of those that go to the driver together?"""
    return not _too_long(text) and text.strip() != SLEDGEHAMMER


async def _with_programs(programs: Programs, request: Coroutine[Any, Any, Json]) -> Json:
    """Makes a request; the programs that it runs end with it, and at once when it is cancelled."""
    work = asyncio.create_task(request)
    try:
        return await asyncio.shield(work)
    finally:
        if not work.done():
            # ML waits for a program with little attention to anything else.
            work.cancel()
            await asyncio.sleep(0)
            programs.end_all()
            await asyncio.wait({work})
        programs.end_all()


class IsabelleProver:
    """An Isabelle driver as a :class:`~unsorry.provers.seam.Prover`.

    A command of a document is a whole lemma with its proof.  A candidate is proof text that stands where ``sorry``
    stood: it closes the goal when it ends the proof there (``by simp``), and makes progress when goals are left after
    it (``apply auto``).  A text without a theory header and without a path is taken as the body of a theory that
    imports Main.
    """

    def __init__(self, installation: Installation) -> None:
        """``installation`` says how to start it; nothing runs before the first call."""
        self._installation = installation
        self._decoder = Decoder(installation.symbols)
        self._client: DriverClient | None = None
        self._generation = 0
        self._open: dict[str, _Open] = {}
        # The start of the driver that each document was last opened in.
        self._generations: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self._closed = False
        # The busy time of drivers that have ended.
        self._spent = 0.0
        #: How many candidates run at a time; benchmarks compare.
        self.side_by_side = installation.side_by_side
        #: Starts so far, for the log and for tests.
        self.starts = 0
        #: How long the last start took until the driver was ready, in seconds.
        self.ready_seconds = 0.0

    @property
    def info(self) -> ProverInfo:
        """Which Isabelle this is."""
        return self._installation.info

    @property
    def busy(self) -> float:
        """Seconds so far between sending requests and their last messages, over all drivers."""
        return self._spent + (0.0 if self._client is None else self._client.busy)

    @property
    def pid(self) -> int | None:
        """The id of the process that holds the proof states, while it runs."""
        return None if self._client is None else self._client.pid

    # Life of the process

    async def _driver(self) -> DriverClient:
        """The running driver; starts one where there is none."""
        if self._closed:
            raise ProverError("this prover is closed")
        if self._client is not None and self._client.alive:
            return self._client
        await self._stop()
        begun = time.perf_counter()
        self._client = await DriverClient.start(self._installation.launch, timeout=START_TIMEOUT)
        self.ready_seconds = time.perf_counter() - begun
        if self._closed:
            # While it was being started, so that there was nothing to end.
            await self._stop()
            raise ProverError("this prover is closed")
        self._generation += 1
        self.starts += 1
        # What the new process knows of documents is nothing; `_ensure` opens each again when it is next needed.
        return self._client

    async def _stop(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            self._spent += client.busy
            await client.close()

    async def _recycle(self) -> None:
        """Ends an idle driver that has grown too large; its documents come back when they are needed."""
        if self._client is not None and self._client.alive:
            size = await asyncio.to_thread(self._client.child.memory)
            if size > self._installation.memory_limit:
                _log.info("the Isabelle driver has grown to %d MiB and is started afresh", size // 2**20)
                await self._stop()

    async def close(self) -> None:
        """Ends the driver.  Calling it twice is fine."""
        self._closed = True
        await self._stop()

    async def memory(self) -> int:
        """Resident memory of the driver and what Isabelle runs around it, in bytes."""
        return 0 if self._client is None else await asyncio.to_thread(self._client.child.memory)

    # Documents

    async def open(
        self, snapshot: Snapshot, *, on_command: Callable[[Command], None] | None = None, until: int | None = None
    ) -> Document:
        """Elaborates a buffer up to ``until``, keeping what the last version of it has in common with this one."""
        async with self._lock:
            await self._recycle()
            try:
                return await self._elaborate(snapshot, on_command, until)
            except (ProverDiedError, ProverTimeoutError) as error:
                _log.warning("the Isabelle driver ended while it elaborated %s: %s", snapshot.uri, error)
                # Once more from the start: whatever killed it may have been somebody's `kill`.
                await self._stop()
                return await self._elaborate(snapshot, on_command, until)

    async def _elaborate(
        self, snapshot: Snapshot, on_command: Callable[[Command], None] | None = None, until: int | None = None
    ) -> Document:
        client = await self._driver()
        generation = self._generation
        source = Source.of(snapshot.text, self._installation.symbols)
        old = self._open.get(snapshot.uri)
        # What is kept is kept with its places; a command that lies elsewhere in the buffer now is told again.
        kept = self._still_there(old, source) if old is not None and self._known(old) else ()
        cursors = old.cursors if old is not None and old.document.snapshot.text == snapshot.text else {}
        coming = _Coming()

        def take(last: bool, item: Mapping[str, Any]) -> Command | None:
            if last:
                coming.result = item if "commands" in item else None
                return None
            command = self._decoder.command(item, source, snapshot.uri, generation)
            coming.fresh[command.index] = command
            # One that was only told again is no news.
            return None if item["again"] else command

        def keep() -> Document | None:
            document = self._document(snapshot, source, kept, coming)
            if document is None:
                # The next version is told whole.
                self._generations.pop(snapshot.uri, None)
            else:
                self._open[snapshot.uri] = _Open(document, source, cursors)
                self._generations[snapshot.uri] = generation
            return document

        params = self._document_params(snapshot, source)
        params |= {"known": len(kept), "until": None if until is None else source.from_buffer(until)}
        try:
            async with aclosing(client.stream("open", params, late=take)) as stream:
                async for last, item in stream:
                    command = take(last, item)
                    if command is not None and on_command is not None:
                        on_command(command)
        except ProverError:
            raise
        except BaseException:
            keep()
            raise
        document = keep()
        if document is None:
            raise ProverError("the driver and its client disagree about the document")
        return document

    def _document_params(self, snapshot: Snapshot, source: Source) -> dict[str, Any]:
        path = snapshot.path
        return {
            "doc": snapshot.uri,
            "text": source.text,
            "file": snapshot.uri if path is None else self._installation.guest_path(path),
            "dir": self._installation.guest_path(Path.cwd() if path is None else path.resolve().parent),
            "qualifier": self._installation.session,
            "fragment": path is None,
        }

    @staticmethod
    def _still_there(old: _Open, source: Source) -> tuple[Command, ...]:
        """The commands of the last version up to the first that lies at another place in the buffer now."""
        commands = old.document.commands
        low, high = 0, len(commands)
        while low < high:
            middle = (low + high + 1) // 2
            if source.same_places(old.source, old.source.from_buffer(commands[middle - 1].end)):
                low = middle
            else:
                high = middle - 1
        return commands[:low]

    def _document(
        self, snapshot: Snapshot, source: Source, kept: tuple[Command, ...], coming: _Coming
    ) -> Document | None:
        """What the driver holds of a document now; None where that can't be told."""
        result = coming.result
        if result is None:
            return None
        reused = int(result["reused"])
        commands = {c.index: c for c in kept[:reused]} | coming.fresh
        if sorted(commands) != list(range(int(result["commands"]))):
            return None
        return Document(
            snapshot=snapshot,
            commands=tuple(commands[i] for i in sorted(commands)),
            messages=tuple(self._decoder.message(m, source) for m in result["messages"]),
            elaborated=int(result["elaborated"]),
            reused=reused,
            complete=not result["stopped"],
            imported=bool(result["imported"]),
        )

    def _known(self, opened: _Open) -> bool:
        return self._generations.get(opened.document.snapshot.uri) == self._generation

    async def _ensure(self, uri: str) -> _Open:
        """The open document, opened again if the driver has been restarted since."""
        opened = self._open.get(uri)
        if opened is None:
            raise ProverError(f"{uri} is not open")
        await self._driver()
        if not self._known(opened):
            document = opened.document
            reached = document.commands[-1].end if document.commands else 0
            await self._elaborate(document.snapshot, until=None if document.complete else reached)
            opened = self._open[uri]
        return opened

    async def close_document(self, uri: str) -> None:
        """Lets go of a document."""
        async with self._lock:
            opened = self._open.pop(uri, None)
            if opened is not None and self._client is not None and self._client.alive:
                with contextlib.suppress(ProverError):
                    await self._client.request("close", {"doc": uri}, timeout=KILL_GRACE)
            self._generations.pop(uri, None)

    # Candidates

    def _isabelle(self, text: str) -> str:
        return self._installation.symbols.to_isabelle(text)

    async def _ident(self, client: DriverClient, state: StateHandle, limits: Limits) -> int:
        """The driver's number of a state, found again by replaying its steps if the driver was restarted."""
        if state.generation == self._generation and state.uri in self._open:
            return state.ident
        opened = await self._ensure(state.uri)
        hole = next((h for h in opened.document.holes if h.start == state.start), None)
        if hole is None and state.start in opened.cursors:
            hole = await self._probe(client, opened, state.start, opened.cursors[state.start])
        if hole is None or hole.state is None:
            raise ProverError("this proof state belongs to a hole that is no longer there")
        ident = hole.state.ident
        for goal, step in state.steps:
            params = self._try_params(replace(limits, keep_states=True, holes=True), ident, goal, [step], 1)
            found: int | None = None
            async with aclosing(client.stream("try", params)) as stream:
                async for last, item in stream:
                    if not last and item["outcome"] == "progress":
                        found = int(item["state"])
            if found is None:
                raise ProverError("this proof state can't be reached again")
            ident = found
        return ident

    def _try_params(
        self, limits: Limits, ident: int, goal: int | None, texts: Sequence[str], side_by_side: int
    ) -> dict[str, Any]:
        return {
            "state": ident,
            "goal": goal,
            "candidates": [self._isabelle(text) for text in texts],
            "sideBySide": side_by_side,
            "milliseconds": max(1, round(limits.seconds * 1000)),
            "keep": limits.keep_states,
            "explain": limits.explain,
            "holes": limits.holes,
            "gate": gate.as_params(holes=limits.holes),
        }

    async def try_(
        self, state: StateHandle, candidates: Sequence[str], limits: Limits
    ) -> AsyncGenerator[Outcome, None]:
        """Runs candidates on a kept state.  One that kills the driver is a fault; the others still get their turn.

        Several run at a time.  Where the driver does not survive that, the ones that may be to blame run again one at
        a time, so that no other is blamed for it.
        """
        done = 0
        # Those before this one are run one at a time.
        apart = 0
        while done < len(candidates):
            if _too_long(candidates[done]):
                yield Refused(done, 0.0, f"it is longer than {gate.MAX_LENGTH} bytes")
                done += 1
                continue
            if candidates[done].strip() == SLEDGEHAMMER:
                yield await self._sledgehammer(done, state, limits)
                done += 1
                continue
            alone = done < apart
            texts = takewhile(_is_quick, candidates[done : apart if alone else None])
            turn = _Turn(done, list(texts), 1 if alone else self.side_by_side)
            trouble: Outcome | None = None
            broken = False
            async with self._lock:
                try:
                    async with aclosing(self._run(turn, state, limits)) as outcomes:
                        async for outcome in outcomes:
                            done = outcome.candidate + 1
                            yield outcome
                    broken = done < turn.first + len(turn.texts)
                    if broken:
                        # Nobody asked for it: the ML system itself broke a candidate off, and the rest of them.
                        trouble = Fault(done, 0.0, "the prover ran out of memory or of stack over it")
                except ProverTimeoutError:
                    _log.warning("a candidate did not stop when it was told to; the driver is restarted")
                    await self._stop()
                    trouble = TimedOut(done, limits.seconds)
                except ProverDiedError as error:
                    await self._stop()
                    trouble = Fault(done, 0.0, str(error))
                suspects = turn.suspects(done)
                if trouble is None or not suspects:
                    continue
                # What broke one off may have been one that has ended: what it computed for both, or its memory.
                if len(suspects) > 1 or (broken and not turn.alone):
                    _log.info("%d candidates that ran beside others are run again one at a time", len(suspects))
                    apart = suspects[-1] + 1
                else:
                    done += 1
                    yield trouble

    async def _run(self, turn: _Turn, state: StateHandle, limits: Limits) -> AsyncGenerator[Outcome, None]:
        """Outcomes in the order of the candidates, as far as the driver gets.

        Raises:
            ProverDiedError, ProverTimeoutError: it is gone, or a candidate goes on for too long after its limit.
        """
        client = await self._driver()
        ident = await self._ident(client, state, limits)
        params = self._try_params(limits, ident, state.goal, turn.texts, turn.side_by_side)
        patience = limits.seconds + KILL_GRACE
        # The first that was not told runs since then, or since before.
        since = time.monotonic()
        async with aclosing(client.stream("try", params, timeout=patience)) as stream:
            async for last, item in stream:
                if last:
                    return
                number = int(item["candidate"])
                if item["outcome"] != "ended":
                    yield self._decoder.outcome(item, turn.first, state, turn.texts[number], self._generation)
                    since = time.monotonic()
                    continue
                turn.ended.add(turn.first + number)
                if time.monotonic() - since > patience:
                    turn.overdue = True
                    # It would not hear of a cancel either.
                    client.child.kill()
                    raise ProverTimeoutError("a candidate goes on for too long after its limit")

    async def _sledgehammer(self, number: int, state: StateHandle, limits: Limits) -> Outcome:
        """Looks for proofs with the external provers; cancelling it ends those as well."""
        if not self._installation.external_provers:
            return Rejected(number, 0.0, "this Isabelle has no external provers")
        async with self._lock:
            try:
                client = await self._driver()
                if client.programs is None:
                    return Rejected(number, 0.0, "external provers can't be run on this system")
                params = {"state": await self._ident(client, state, limits)}
                params["milliseconds"] = max(1, round(limits.seconds * 1000))
                timeout = limits.seconds + KILL_GRACE
                result = await _with_programs(client.programs, client.request("sledgehammer", params, timeout=timeout))
            except ProverTimeoutError:
                _log.warning("Sledgehammer did not stop when it was told to; the driver is restarted")
                await self._stop()
                return TimedOut(number, limits.seconds)
            except RequestError as error:
                return Rejected(number, 0.0, str(error))
            except ProverDiedError as error:
                await self._stop()
                return Fault(number, 0.0, str(error))
        return self._decoder.sledgehammer(result, number)

    async def forget(self, states: Sequence[StateHandle]) -> None:
        """Lets go of states."""
        async with self._lock:
            idents = [s.ident for s in states if s.generation == self._generation]
            if idents and self._client is not None and self._client.alive:
                with contextlib.suppress(ProverError):
                    await self._client.request("forget", {"states": idents}, timeout=KILL_GRACE)

    # Proofs

    def edit(self, document: Document, hole: Hole, text: str) -> Edit:
        """The edit that fills a hole with proof text."""
        return edit_for(document.snapshot.text, hole, text, self._installation.symbols)

    def tactic_start(self, line: bytes) -> int:
        """Where what is typed at the end of a line begins."""
        return tactic_start(line)

    def opened(self, text: str) -> str | None:
        """The text itself: what is owed at its holes are the goals that it leaves."""
        return skeletons.opened(text)

    def compose(self, step: str, left: Sequence[Goal], parts: Sequence[str]) -> str:
        """A proof with its holes filled, or a script with each goal that is left in a `subgoal` of its own."""
        return skeletons.composed(step, left, parts)

    def fewer_facts(self, text: str) -> Iterator[str]:
        """With fewer facts behind `using` and its like, in sections of methods, and as arguments."""
        return fewer(text, fact_lists(text))

    async def certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool = True, seconds: float = 10.0
    ) -> Certificate:
        """Re-checks a whole lemma with these edits made, and looks at the oracles it rests on."""
        return await self._certify(document, command, edits, complete=complete, seconds=seconds)

    async def sketch(
        self, document: Document, command: int, edits: Sequence[Edit], *, seconds: float = 10.0
    ) -> Certificate:
        """The same for edits that may leave holes."""
        return await self._certify(document, command, edits, complete=False, seconds=seconds, holes=True)

    async def _certify(
        self,
        document: Document,
        command: int,
        edits: Sequence[Edit],
        *,
        complete: bool,
        seconds: float,
        holes: bool = False,
    ) -> Certificate:
        if any(len(e.text.encode("utf-8", "replace")) > gate.MAX_LENGTH for e in edits):
            return Certificate(False, f"it is longer than {gate.MAX_LENGTH} bytes")
        async with self._lock:
            try:
                client = await self._driver()
                opened = await self._ensure(document.snapshot.uri)
                if opened.document.snapshot.text != document.snapshot.text:
                    return Certificate(False, "the document has changed since")
                params = {
                    "doc": document.snapshot.uri,
                    "command": command,
                    "edits": self._offset_edits(opened.source, edits),
                    "complete": complete,
                    "holes": holes,
                    "milliseconds": round(seconds * 1000),
                    "gate": gate.as_params(holes=holes),
                }
                result = await client.request("certify", params, timeout=seconds + KILL_GRACE)
            except ProverTimeoutError:
                await self._stop()
                return Certificate(False, "the check did not end within its time limit")
            except ProverDiedError as error:
                await self._stop()
                return Certificate(False, f"the prover died of it: {error}")
            except RequestError as error:
                return Certificate(False, str(error))
        oracles = tuple(result["oracles"])
        if not result["ok"]:
            return Certificate(False, self._decoder.text(result["reason"]), oracles)
        borrowed = tuple(self._decoder.text(n) for n in result["borrowed"])
        return Certificate(True, None, oracles, borrowed=borrowed)

    def _offset_edits(self, source: Source, edits: Sequence[Edit]) -> list[dict[str, Any]]:
        """Edits in the driver's coordinates, the last one first so that each leaves the places of the next alone."""
        ordered = sorted(edits, key=lambda e: e.start, reverse=True)
        return [
            {
                "start": source.from_buffer(e.start),
                "end": source.from_buffer(e.end),
                "text": self._isabelle(e.text),
            }
            for e in ordered
        ]

    async def replay(self, document: Document, hole: Hole, candidates: Sequence[str]) -> list[float]:
        """Runs the proof up to the hole once for each candidate; how long each took, in seconds.

        This is how a checker without kept states works, and is here to be measured against.
        """
        async with self._lock:
            client = await self._driver()
            opened = await self._ensure(document.snapshot.uri)
            assert hole.state is not None
            params = {
                "doc": document.snapshot.uri,
                "command": hole.command,
                "state": await self._ident(client, hole.state, Limits()),
                "start": opened.source.from_buffer(hole.start),
                "candidates": [self._isabelle(text) for text in candidates],
                "milliseconds": 10_000,
                "gate": gate.as_params(),
            }
            result = await client.request("replay", params)
            return [r["us"] / 1_000_000 for r in result["runs"]]

    async def elaborations(self) -> int:
        """How many commands the driver has elaborated since it was started."""
        async with self._lock:
            client = await self._driver()
            return int((await client.request("count", {}))["elaborations"])

    async def axioms(self, document: Document) -> tuple[DeclarationAxioms, ...]:
        """What each theorem rests on."""
        async with self._lock:
            client = await self._driver()
            opened = await self._ensure(document.snapshot.uri)
            result = await client.request("axioms", {"doc": document.snapshot.uri})
            return tuple(self._decoder.declaration_axioms(d, opened.source) for d in result["declarations"])

    async def goals(self, document: Document, start: int, end: int | None = None) -> Hole | None:
        """The goals at a place inside a proof: what stands before it is elaborated as far as it is new."""
        end = start if end is None else end
        async with self._lock:
            client = await self._driver()
            opened = await self._ensure(document.snapshot.uri)
            if opened.document.snapshot.text != document.snapshot.text or end < start:
                return None
            hole = await self._probe(client, opened, start, end)
            if hole is not None:
                opened.cursors[start] = end
            return hole

    async def _probe(self, client: DriverClient, opened: _Open, start: int, end: int) -> Hole | None:
        uri = opened.document.snapshot.uri
        commands = opened.document.commands
        last = bisect_right(commands, start, key=lambda c: c.start) - 1
        # A half-typed word may have ended its lemma early and begun a command of its own.
        for index in range(last, max(last - 2, -1), -1):
            params = {"doc": uri, "command": index, "start": opened.source.from_buffer(start)}
            result = await client.request("goals", params)
            if result["state"] is None:
                continue
            handle = StateHandle(uri, start, int(result["state"]), self._generation)
            name = next((d.name for d in commands[index].declarations), None)
            return Hole(start, end, HoleKind.CURSOR, index, name, self._decoder.goals(result["goals"]), handle)
        return None

    async def libraries(self, state: StateHandle) -> tuple[str, ...]:
        """The theories that the text rests on."""
        async with self._lock:
            client = await self._driver()
            result = await client.request("libraries", {"state": await self._ident(client, state, Limits())})
            # What a process calls a theory is its own.
            return tuple(f"{name}:{self._generation}" for name in result["libraries"])

    async def premises(self, state: StateHandle, library: str | None = None) -> tuple[Premise, ...]:
        """Theorems of a theory by the constants and types in their statements."""
        async with self._lock:
            client = await self._driver()
            theory = None if library is None else library.split(":", 1)[0]
            params = {"state": await self._ident(client, state, Limits()), "library": theory}
            result = await client.request("premises", params)
        return self._decoder.premises(result, theory)

    async def stated(self, state: StateHandle, premises: Sequence[Premise]) -> tuple[Premise | None, ...]:
        """With their propositions, and with the shortest names."""
        async with self._lock:
            client = await self._driver()
            names = [self._isabelle(p.name) for p in premises]
            params = {"state": await self._ident(client, state, Limits()), "names": names}
            result = await client.request("statements", params)
        text = self._decoder.text
        told = zip(premises, result["statements"], strict=True)
        return tuple(
            None if found is None else replace(p, name=text(found[0]), statement=text(found[1])) for p, found in told
        )

    # The library as a suite

    async def modules(self, state: StateHandle) -> list[LibraryModule]:
        """The theories that the text rests on, the first one first."""
        async with self._lock:
            client = await self._driver()
            result = await client.request("theories", {"state": await self._ident(client, state, Limits())})
        text = self._decoder.text
        return [
            LibraryModule(theory["name"], tuple(theory["imports"]), tuple(map(text, theory["theorems"])))
            for theory in result["theories"]
        ]

    async def signatures(self, state: StateHandle, name: str) -> list[str]:
        """What stands behind an imported theorem's name where it is stated with what its own theory imports.

        In several forms, since not each reads back; none where it speaks of something that its theory brings.
        """
        async with self._lock:
            client = await self._driver()
            params = {"state": await self._ident(client, state, Limits()), "name": self._isabelle(name)}
            result = await client.request("signatures", params)
        return [self._decoder.text(form) for form in result["signatures"]]

    async def is_theorem(self, state: StateHandle, overview: StateHandle, name: str) -> bool:
        """Is what is to be proved at a state the theorem of this name that another one, ``overview``, knows?"""
        async with self._lock:
            client = await self._driver()
            params = {
                "state": await self._ident(client, state, Limits()),
                "overview": await self._ident(client, overview, Limits()),
                "name": self._isabelle(name),
            }
            return bool((await client.request("is_theorem", params))["same"])
