"""Lean behind the prover seam: one driver process, restarted and brought back to where it was when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from unsorry.errors import ProverDiedError, ProverError, ProverTimeoutError
from unsorry.provers.facts import fewer
from unsorry.provers.lean import decode, gate, modules, skeletons
from unsorry.provers.lean.client import DriverClient
from unsorry.provers.lean.facts import fact_lists
from unsorry.provers.lean.insertion import edit_for, tactic_start
from unsorry.provers.lean.source import Source
from unsorry.provers.process import Launch
from unsorry.provers.requests import CANCEL_GRACE, RequestError
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
    Message,
    Outcome,
    Premise,
    ProverInfo,
    Refused,
    Severity,
    Snapshot,
    StateHandle,
    TimedOut,
)

_log = logging.getLogger(__name__)

#: How much longer than a candidate's limit the driver may be silent before it is killed, in seconds.
KILL_GRACE = 4.0

#: How long the driver may take to be ready, in seconds (a cold disk, a large Mathlib environment).
START_TIMEOUT = 120.0

#: How many constants of imported modules are told of in one request; a module is never divided.
_RUN = 2000

#: Of how many headers it is remembered what they import.
_MAX_HEADERS = 16


#: By how many bytes a named example is longer than one without a name.
_EXAMPLE_GROWS = len("def unsorry_certified_example") - len("example")


class Installation(Protocol):
    """A Lean that was found, as :mod:`unsorry.provers.lean.toolchain` describes it."""

    @property
    def info(self) -> ProverInfo:
        """What to call it."""
        ...

    @property
    def options(self) -> Mapping[str, bool | int | str]:
        """The project's own options (``leanOptions`` in the lakefile)."""
        ...

    @property
    def memory_limit(self) -> int:
        """Resident bytes at which an idle driver is started afresh."""
        ...

    def launch(self, token: str) -> Launch:
        """The driver's command line."""
        ...

    def missing_imports(self, path: Path | None, text: str) -> Sequence[LocalModule]:
        """Local modules that must be compiled before ``text`` can be elaborated, dependencies first."""
        ...

    def import_stamp(self, path: Path | None, text: str) -> str:
        """Changes whenever something that ``text`` imports locally has changed."""
        ...

    def imported_axioms(self, path: Path | None, text: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """By module, what the declarations that Lean can't see into rest on."""
        ...

    def module_name(self, path: Path | None) -> str:
        """The module name that the file at ``path`` has in its project."""
        ...


class LocalModule(Protocol):
    """A module of the user's project that Unsorry compiles itself (embedded Lean only)."""

    @property
    def name(self) -> str:
        """Dotted module name."""
        ...

    @property
    def path(self) -> Path:
        """The source."""
        ...

    @property
    def text(self) -> str:
        """The source's text."""
        ...

    @property
    def olean(self) -> str:
        """Where the driver is to write the compiled module, as the driver sees it."""
        ...

    def publish(self, axioms: Mapping[str, Sequence[str]]) -> None:
        """Puts the written file in its place and records what it was made from."""
        ...

    def discard(self) -> None:
        """Takes away a written file that was not put in its place."""
        ...


@dataclass(slots=True)
class _Open:
    document: Document
    source: Source
    stamp: str
    imported_axioms: Mapping[str, Mapping[str, Sequence[str]]]
    #: Where `goals` found some: the end of the place by its start.
    cursors: dict[int, int] = field(default_factory=dict[int, int])


@dataclass(slots=True)
class _Coming:
    """What the driver has said of a document that it elaborates."""

    fresh: dict[int, Command] = field(default_factory=dict[int, Command])
    result: Mapping[str, Any] | None = None


def _offset_edits(source: Source, edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Edits in the driver's coordinates, the last one first so that each leaves the places of the next alone."""
    ordered = sorted(edits, key=lambda e: e.start, reverse=True)
    return [
        {
            "start": source.from_buffer(e.start),
            "end": source.from_buffer(e.end),
            "text": e.text.replace("\r\n", "\n"),
        }
        for e in ordered
    ]


def _placed(
    messages: Sequence[Mapping[str, Any]], document: Document, command: int, edits: Sequence[Edit]
) -> tuple[Message, ...]:
    """Messages of a check, at their places in the buffer with the edits made."""
    if not messages:
        return ()
    data = document.snapshot.text.encode("utf-8", "surrogatepass")
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        data = data[: edit.start] + edit.text.encode("utf-8", "surrogatepass") + data[edit.end :]
    source = Source.of(data.decode("utf-8", "surrogatepass"))
    # The driver gives an example a name for the check, before all that messages are about.
    longer = _EXAMPLE_GROWS if document.commands[command].kind == "example" else 0
    return tuple(
        Message(
            Severity(m["severity"]),
            source.to_buffer(max(0, m["start"] - longer)),
            source.to_buffer(max(0, m["end"] - longer)),
            m["text"],
        )
        for m in messages
    )


def _changed(old: bytes, new: bytes) -> tuple[int, int, int]:
    """The changed part: it starts at the same byte in both, and ends at these in the old and in the new text.

    Both ends fall between characters.
    """
    limit = min(len(old), len(new))
    if old[:limit] == new[:limit]:
        start = limit
    else:
        # Halving beats a loop over bytes in Python by far on large texts.
        low, high = 0, limit
        while low < high:
            middle = (low + high + 1) // 2
            if old[:middle] == new[:middle]:
                low = middle
            else:
                high = middle - 1
        start = low
    while start > 0 and start < len(new) and new[start] & 0xC0 == 0x80:
        start -= 1
    while start > 0 and start < len(old) and old[start] & 0xC0 == 0x80:
        start -= 1
    low, high = 0, limit - start
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle :] == new[len(new) - middle :]:
            low = middle
        else:
            high = middle - 1
    tail = low
    while tail > 0 and new[len(new) - tail] & 0xC0 == 0x80:
        tail -= 1
    return start, len(old) - tail, len(new) - tail


class LeanProver:
    """A Lean driver as a :class:`~unsorry.provers.seam.Prover`."""

    def __init__(self, installation: Installation) -> None:
        """``installation`` says how to start it; nothing runs before the first call."""
        self._installation = installation
        self._client: DriverClient | None = None
        self._generation = 0
        self._open: dict[str, _Open] = {}
        # The start of the driver that each document was last opened in.
        self._generations: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self._closed = False
        # By start of the driver, stamp of the imports and header.
        self._libraries: dict[tuple[int, str, bytes], tuple[str, ...]] = {}
        # The busy time of drivers that have ended.
        self._spent = 0.0
        #: Starts so far, for the log and for tests.
        self.starts = 0
        #: How long the last start took until the driver was ready, in seconds.
        self.ready_seconds = 0.0

    @property
    def info(self) -> ProverInfo:
        """Which Lean this is."""
        info = self._installation.info
        if self._client is None or not self._client.version:
            return info
        return ProverInfo(info.prover, self._client.version, info.origin, info.command)

    @property
    def busy(self) -> float:
        """Seconds so far between sending requests and their last messages, over all drivers."""
        return self._spent + (0.0 if self._client is None else self._client.busy)

    @property
    def pid(self) -> int | None:
        """The driver's process id while it runs."""
        return None if self._client is None else self._client.child.pid

    # Life of the process

    async def _driver(self) -> DriverClient:
        """The running driver; starts one where there is none."""
        if self._closed:
            raise ProverError("this prover is closed")
        if self._client is not None and self._client.alive:
            return self._client
        await self._stop()
        begun = time.perf_counter()
        # The launch may compile the driver first, which takes seconds and must not hold the event loop.
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
                _log.info("the Lean driver has grown to %d MiB and is started afresh", size // 2**20)
                await self._stop()

    async def close(self) -> None:
        """Ends the driver.  Calling it twice is fine."""
        self._closed = True
        await self._stop()

    async def memory(self) -> int:
        """Resident memory of the driver, in bytes."""
        return 0 if self._client is None else await asyncio.to_thread(self._client.child.memory)

    def start_phases(self) -> dict[str, float]:
        """How long the phases of the last start took, in milliseconds, where the Lean's host tells."""
        if self._client is None:
            return {}
        for line in self._client.child.last_words.splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                phases = json.loads(line)["unsorryLeanStart"]
                return {str(k): float(v) for k, v in phases.items()}
        return {}

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
                _log.warning("the Lean driver ended while it elaborated %s: %s", snapshot.uri, error)
                # Once more from the start: whatever killed it may have been somebody's `kill`.
                await self._stop()
                return await self._elaborate(snapshot, on_command, until)

    async def _elaborate(
        self, snapshot: Snapshot, on_command: Callable[[Command], None] | None = None, until: int | None = None
    ) -> Document:
        client = await self._driver()
        await self._compile_imports(client, snapshot)
        generation = self._generation
        source = Source.of(snapshot.text)
        stamp = self._installation.import_stamp(snapshot.path, source.text)
        params: dict[str, Any] = {
            "doc": snapshot.uri,
            "file": str(snapshot.path) if snapshot.path else snapshot.uri,
            "module": self._installation.module_name(snapshot.path),
            "options": [{"name": k, "value": v} for k, v in self._installation.options.items()],
            "stamp": stamp,
        }
        if until is not None:
            params["until"] = source.from_buffer(until)
        known = await asyncio.to_thread(self._installation.imported_axioms, snapshot.path, source.text)
        old = self._open.get(snapshot.uri)
        kept: tuple[Command, ...] = ()
        start = old_end = new_end = 0
        if old is not None:
            start, old_end, new_end = _changed(old.source.data, source.data)
        # What is kept is kept with its places, so a buffer whose line ends have changed is opened whole.
        if old is not None and self._known(old) and source.same_places(old.source, start):
            text = source.data[start:new_end].decode("utf-8")
            params["edit"] = {"start": start, "end": old_end, "text": text}
            kept = old.document.commands
        else:
            params["text"] = source.text
        # An import can't be interrupted, and killing the driver in the middle of one only makes it begin again.
        first = kept[0].start if kept else 0
        grace = CANCEL_GRACE if kept and start > first else START_TIMEOUT
        cursors = old.cursors if old is not None and old.document.snapshot.text == snapshot.text else {}
        coming = _Coming()

        def take(last: bool, item: Mapping[str, Any]) -> Command | None:
            if last:
                coming.result = item
                return None
            command = decode.command(item, source, snapshot.uri, generation)
            coming.fresh[command.index] = command
            return command

        def keep() -> Document | None:
            document = self._document(snapshot, source, kept, coming)
            if document is None:
                # The next version is opened whole.
                self._generations.pop(snapshot.uri, None)
            else:
                self._open[snapshot.uri] = _Open(document, source, stamp, known, cursors)
                self._generations[snapshot.uri] = generation
            return document

        try:
            async with aclosing(client.stream("open", params, late=take, grace=grace)) as stream:
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

    @staticmethod
    def _document(snapshot: Snapshot, source: Source, kept: tuple[Command, ...], coming: _Coming) -> Document | None:
        """What the driver holds of a document now; None where that can't be told."""
        result = coming.result
        if result is None:
            return None
        reused = int(result["reused"])
        commands = (*kept[:reused], *(coming.fresh[i] for i in sorted(coming.fresh)))
        if len(commands) != int(result["commands"]):
            return None
        return Document(
            snapshot=snapshot,
            commands=commands,
            messages=tuple(decode.message(m, source) for m in result["messages"]),
            elaborated=int(result["elaborated"]),
            reused=reused,
            complete=not result["stopped"],
            imported=bool(result["imported"]),
            imports=tuple(modules.imports(snapshot.text)),
        )

    async def _compile_imports(self, client: DriverClient, snapshot: Snapshot) -> None:
        """Compiles local modules that the buffer imports.  Of one that fails, Lean says that it is missing."""
        for module in await asyncio.to_thread(self._installation.missing_imports, snapshot.path, snapshot.text):
            _log.info("compiling %s", module.path)
            try:
                await self._compile(client, module)
            finally:
                module.discard()

    async def _compile(self, client: DriverClient, module: LocalModule) -> None:
        result = await client.request(
            "open",
            {
                "doc": f"olean:{module.name}",
                "file": str(module.path),
                "module": module.name,
                "text": Source.of(module.text).text,
                "library": True,
                "olean": True,
                "oleanFile": module.olean,
                "stamp": self._installation.import_stamp(module.path, module.text),
            },
        )
        told = await client.request("axioms", {"doc": f"olean:{module.name}"})
        await client.request("close", {"doc": f"olean:{module.name}"})
        if result["imported"]:
            known = await asyncio.to_thread(self._installation.imported_axioms, module.path, module.text)
            found = [decode.declaration_axioms(d, Source.of(module.text), known) for d in told["declarations"]]
            await asyncio.to_thread(module.publish, {d.name: d.axioms for d in found})

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
            params = {**self._limit_params(limits), "state": ident, "goal": goal, "candidates": [step], "keep": True}
            found: int | None = None
            async with aclosing(client.stream("try", params)) as stream:
                async for last, item in stream:
                    if not last and item["outcome"] == "progress":
                        found = int(item["state"])
            if found is None:
                raise ProverError("this proof state can't be reached again")
            ident = found
        return ident

    @staticmethod
    def _limit_params(limits: Limits) -> dict[str, Any]:
        return {
            "milliseconds": max(1, round(limits.seconds * 1000)),
            "heartbeats": limits.heartbeats,
            "keep": limits.keep_states,
            "explain": limits.explain,
            "gate": gate.as_params(),
        }

    async def try_(
        self, state: StateHandle, candidates: Sequence[str], limits: Limits
    ) -> AsyncGenerator[Outcome, None]:
        """Runs candidates on a kept state.  One that kills the driver is a fault; the others still get their turn."""
        done = 0
        while done < len(candidates):
            if len(candidates[done].encode("utf-8", "replace")) > gate.MAX_LENGTH:
                yield Refused(done, 0.0, f"it is longer than {gate.MAX_LENGTH} bytes")
                done += 1
                continue
            batch: list[str] = []
            for text in candidates[done:]:
                if len(text.encode("utf-8", "replace")) > gate.MAX_LENGTH:
                    break
                batch.append(text)
            offset = done
            async with self._lock:
                try:
                    client = await self._driver()
                    ident = await self._ident(client, state, limits)
                    params = {
                        **self._limit_params(limits),
                        "state": ident,
                        "goal": state.goal,
                        "candidates": batch,
                    }
                    patience = limits.seconds + KILL_GRACE
                    async with aclosing(client.stream("try", params, timeout=patience)) as stream:
                        async for last, item in stream:
                            if last:
                                continue
                            text = batch[int(item["candidate"])]
                            result = decode.outcome(item, offset, state, text, self._generation)
                            done = result.candidate + 1
                            yield result
                    done = offset + len(batch)
                except ProverTimeoutError:
                    _log.warning("a candidate did not stop when it was told to; the driver is restarted")
                    await self._stop()
                    yield TimedOut(done, limits.seconds)
                    done += 1
                except ProverDiedError as error:
                    await self._stop()
                    yield Fault(done, 0.0, str(error))
                    done += 1

    async def forget(self, states: Sequence[StateHandle]) -> None:
        """Lets go of states."""
        async with self._lock:
            idents = [s.ident for s in states if s.generation == self._generation]
            if idents and self._client is not None and self._client.alive:
                with contextlib.suppress(ProverError):
                    await self._client.request("forget", {"states": idents}, timeout=KILL_GRACE)

    # Proofs

    def edit(self, document: Document, hole: Hole, text: str) -> Edit:
        """The edit that fills a hole with a tactic: `by` where a term is wanted, indentation, line ends."""
        return edit_for(document.snapshot.text.encode("utf-8", "surrogatepass"), hole, text)

    def tactic_start(self, line: bytes) -> int:
        """Where what is typed at the end of a line begins."""
        return tactic_start(line)

    def opened(self, text: str) -> str | None:
        """A skeleton with `?_` for its holes, so that Lean itself says what is left."""
        return skeletons.opened(text)

    def compose(self, step: str, left: Sequence[Goal], parts: Sequence[str]) -> str:
        """A tactic block: the step with its holes filled, or a block for each goal that it leaves."""
        return skeletons.composed(step, parts)

    def fewer_facts(self, text: str) -> Iterator[str]:
        """With fewer items in brackets."""
        return fewer(text, fact_lists(text))

    async def certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool = True, seconds: float = 10.0
    ) -> Certificate:
        """Re-checks a whole command with these edits made, and looks at the axioms it rests on."""
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
        async with self._lock:
            try:
                client = await self._driver()
                opened = await self._ensure(document.snapshot.uri)
                if opened.document.snapshot.text != document.snapshot.text:
                    return Certificate(False, "the document has changed since")
                if command >= len(opened.document.commands):
                    return Certificate(False, "this command has not been elaborated")
                result = await client.request(
                    "certify",
                    {
                        "doc": document.snapshot.uri,
                        "command": command,
                        "edits": _offset_edits(opened.source, edits),
                        "complete": complete,
                        "followers": not self._statement_only(opened.document.commands[command]),
                        "milliseconds": round(seconds * 1000),
                        "gate": gate.as_params(holes=holes),
                    },
                    timeout=seconds + KILL_GRACE,
                )
            except ProverTimeoutError:
                await self._stop()
                return Certificate(False, "the check did not end within its time limit")
            except ProverDiedError as error:
                await self._stop()
                return Certificate(False, f"the prover died of it: {error}")
            except RequestError as error:
                return Certificate(False, str(error))
        messages = _placed(result.get("messages", ()), document, command, edits)
        if not result["ok"]:
            return Certificate(False, result["reason"], (), messages)
        axioms: list[str] = []
        for json_ in result["declarations"]:
            one = decode.declaration_axioms(json_, opened.source, opened.imported_axioms)
            if one.error is not None:
                return Certificate(False, f"the axioms of {one.name} can't be told: {one.error}", (), messages)
            axioms.extend(a for a in one.axioms if a not in axioms)
            if decode.SORRY in decode.hidden_axioms(json_, opened.imported_axioms)[0]:
                return Certificate(False, "it uses something imported that is not proved", tuple(axioms), messages)
        if not result["declarations"]:
            return Certificate(False, "it declares nothing whose axioms could be looked at", (), messages)
        if complete and result["sorry"]:
            return Certificate(False, "it still rests on sorry", tuple(axioms), messages)
        if complete and result["imported"]:
            names = ", ".join(decode.public_name(n) for n in result["imported"])
            return Certificate(False, f"it uses {names}, which is imported and not proved", tuple(axioms), messages)
        borrowed = tuple(decode.public_name(n) for n in result["borrowed"])
        return Certificate(True, None, tuple(a for a in axioms if a != decode.SORRY), messages, borrowed)

    @staticmethod
    def _statement_only(command: Command) -> bool:
        """Do later commands see no more of this one than its statement?"""
        if not command.declarations:
            return command.kind in {"theorem", "lemma", "example"}
        return all(d.kind == "theorem" for d in command.declarations)

    async def replay(self, document: Document, hole: Hole, candidates: Sequence[str]) -> list[float]:
        """Elaborates the hole's whole command once for each candidate; how long each took, in seconds.

        This is how a checker without kept states works, and is here to be measured against.
        """
        async with self._lock:
            client = await self._driver()
            opened = await self._ensure(document.snapshot.uri)
            place = {"start": opened.source.from_buffer(hole.start), "end": opened.source.from_buffer(hole.end)}
            params = {"doc": document.snapshot.uri, "command": hole.command, "candidates": list(candidates), **place}
            result = await client.request("replay", params)
            return [r["us"] / 1_000_000 for r in result["runs"]]

    async def elaborations(self) -> int:
        """How many commands the driver has elaborated since it was started."""
        async with self._lock:
            client = await self._driver()
            return int((await client.request("hello", {}))["elaborations"])

    async def axioms(self, document: Document) -> tuple[DeclarationAxioms, ...]:
        """What each declaration rests on."""
        async with self._lock:
            client = await self._driver()
            opened = await self._ensure(document.snapshot.uri)
            result = await client.request("axioms", {"doc": document.snapshot.uri})
            known = opened.imported_axioms
            return tuple(decode.declaration_axioms(d, opened.source, known) for d in result["declarations"])

    async def goals(self, document: Document, start: int, end: int | None = None) -> Hole | None:
        """The goals at a place inside a proof: the command is elaborated with a ``sorry`` put there."""
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
        place = {"start": opened.source.from_buffer(start), "end": opened.source.from_buffer(end)}
        last = bisect_right(opened.document.commands, start, key=lambda c: c.start) - 1
        # A half-typed word may have ended its command early and begun one of its own (`open`).
        for index in range(last, max(last - 2, -1), -1):
            result = await client.request("probe", {"doc": uri, "command": index, **place})
            found = result["hole"]
            if found is None or found["state"] is None:
                continue
            handle = StateHandle(uri, start, int(found["state"]), self._generation)
            # Where a term is wanted, what is put there has to be one.
            kind = HoleKind.TERM if found["kind"] == HoleKind.TERM else HoleKind.CURSOR
            name = next((decode.public_name(n) for n in result["declarations"]), None)
            return Hole(start, end, kind, index, name, tuple(decode.goal(g) for g in found["goals"]), handle)
        return None

    async def libraries(self, state: StateHandle) -> tuple[str, ...]:
        """Runs of imported modules, with digests of what is in them.

        Which they are follows from what the text imports, so that they are asked for once for each header.
        """
        async with self._lock:
            client = await self._driver()
            ident = await self._ident(client, state, Limits())
            opened = self._open[state.uri]
            first = opened.document.commands[0].start if opened.document.commands else 0
            key = (self._generation, opened.stamp, opened.source.data[: opened.source.from_buffer(first)])
            if key not in self._libraries:
                result = await client.request("libraries", {"state": ident, "limit": _RUN})
                while len(self._libraries) >= _MAX_HEADERS:
                    del self._libraries[next(iter(self._libraries))]
                self._libraries[key] = tuple(f"{r['from']}:{r['to']}:{r['digest']}" for r in result["runs"])
            return self._libraries[key]

    async def premises(self, state: StateHandle, library: str | None = None) -> tuple[Premise, ...]:
        """Theorems by the constants in their statements."""
        async with self._lock:
            client = await self._driver()
            ident = await self._ident(client, state, Limits())
            params: dict[str, Any] = {"state": ident}
            if library is None:
                source = self._open[state.uri].source
                params |= {"own": True, "doc": state.uri, "start": source.from_buffer(state.start)}
            else:
                first, last, _ = library.split(":")
                params |= {"from": int(first), "to": int(last)}
            return decode.premises(await client.request("premises", params))

    async def stated(self, state: StateHandle, premises: Sequence[Premise]) -> tuple[Premise | None, ...]:
        """With their signatures."""
        async with self._lock:
            client = await self._driver()
            ident = await self._ident(client, state, Limits())
            params = {"state": ident, "names": [p.name for p in premises]}
            result = await client.request("statements", params)
        told = zip(premises, result["statements"], strict=True)
        return tuple(None if text is None else replace(p, statement=decode.statement(text)) for p, text in told)

    async def modules(self, state: StateHandle) -> list[LibraryModule]:
        """All imported modules, dependencies first."""
        found: list[LibraryModule] = []
        async with self._lock:
            client = await self._driver()
            ident = await self._ident(client, state, Limits())
            done, place = False, 0
            while not done:
                page = await client.request("modules", {"state": ident, "module": place, "limit": 50})
                found += [LibraryModule(m["name"], tuple(m["imports"]), tuple(m["theorems"])) for m in page["modules"]]
                done, place = page["done"], page["next"]
        return found

    async def signature(self, state: StateHandle, name: str) -> str | None:
        """An imported theorem's binders and type; None where it speaks of something that its own module brings."""
        async with self._lock:
            client = await self._driver()
            ident = await self._ident(client, state, Limits())
            result = await client.request("signature", {"state": ident, "name": name})
        found = result["signature"]
        return None if found is None else str(found).removeprefix(name)
