"""How long a user waits for a proof: measured at a real server process, through a real client.

For each hole of a text its last character is taken away and, when the server has come to rest, typed again.  What
counts is the time from the end of the quiet time after that keystroke to the diagnostic which says that a proof of this
hole is ready.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from unsorry import __version__
from unsorry.errors import ProverError
from unsorry.lsp.diagnostics import READY

#: How often the server is asked whether it is at rest, in seconds.
_POLL: Final = 0.02

#: The quiet time that the measured server keeps, in seconds.
_QUIET: Final = 0.15

#: How long a search goes on before it is cancelled, in seconds.
_CANCEL_AFTER: Final = 0.3


@dataclass(frozen=True, slots=True)
class Measured:
    """One hole.  Times in milliseconds; those of the proof are None where none was found.

    ``waited`` runs from the end of the quiet time to the first proof at the client.  ``prover`` is what the prover
    worked of it, and ``winner`` what it worked on the proof that was shown: its candidate and its certification.
    ``idle`` runs from the keystroke to the server's rest.
    """

    hole: str
    waited: float | None
    prover: float | None
    winner: float | None
    candidates: int
    idle: float


async def measure(command: Sequence[str], texts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Starts a server, and measures every hole of every text (name, content).  Times in milliseconds."""
    measured: list[Measured] = []
    cancels: list[float] = []
    server = Latency(_QUIET)
    await server.start(command)
    try:
        for name, text in texts:
            uri = f"untitled:{name}"
            await server.open(uri, text)
            for hole in await server.holes(uri):
                measured.append(await server.measure(uri, hole, text))
                if measured[-1].waited is None:
                    cancels.append(await server.cancel(uri, hole))
            await server.close(uri)
        status = await server.status()
    finally:
        await server.stop()
    return _summary(measured, cancels, status)


def _summary(measured: Sequence[Measured], cancels: Sequence[float], status: dict[str, Any]) -> dict[str, Any]:
    """The distribution of the times, and the two ratios."""
    proved = [m for m in measured if m.waited is not None and m.prover and m.winner]
    (lane,) = status["lanes"][:1]
    return {
        "prover": {"name": lane["prover"], "version": lane["version"], "origin": lane["origin"]},
        "holes": len(measured),
        "proved": len(proved),
        "first_proof_ms": _spread([m.waited for m in proved if m.waited is not None]),
        "over_prover": _spread([m.waited / m.prover for m in proved if m.waited is not None and m.prover]),
        "prover_over_winner": _spread([m.prover / m.winner for m in proved if m.prover and m.winner]),
        "change_to_idle_ms": _spread([m.idle for m in measured]),
        "cancel_to_idle_ms": _spread(cancels),
        "stalls_over_50_ms": status["stalls"]["count"],
        "worst_stall_ms": status["stalls"]["worst"] * 1000,
        "worst_stall_in": status["stalls"]["where"],
        "each": [asdict(m) for m in measured],
    }


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    ordered = sorted(values)
    p50, p95 = (ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in (0.5, 0.95))
    return {"p50": p50, "p95": p95, "mean": statistics.fmean(ordered), "max": ordered[-1]}


class Latency:
    """One server and the client that measures it."""

    def __init__(self, quiet: float) -> None:
        """``quiet`` is the server's quiet time, in seconds."""
        self._quiet = quiet
        self._client = LanguageClient("unsorry bench", __version__)
        self._version = 0
        self._ready: set[tuple[int, int, int]] = set()
        self._news = asyncio.Event()

        # pygls writes attributes to its handlers, so methods can't be handed to it.
        def diagnosed(params: types.PublishDiagnosticsParams) -> None:
            self._diagnosed(params)

        def logged(params: types.LogMessageParams) -> None:
            del params

        self._client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(diagnosed)
        self._client.feature(types.WINDOW_LOG_MESSAGE)(logged)

    def _diagnosed(self, params: types.PublishDiagnosticsParams) -> None:
        for found in params.diagnostics:
            if found.code == READY and params.version is not None:
                self._ready.add((params.version, found.range.start.line, found.range.start.character))
        self._news.set()

    async def start(self, command: Sequence[str]) -> None:
        """Starts the server."""
        start = cast("Callable[..., Awaitable[None]]", self._client.start_io)  # pyright: ignore[reportUnknownMemberType]
        await start(*command)
        settings = {"server": {"quiet": self._quiet, "alternatives": 0}}
        await self._client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), initialization_options=settings)
        )
        self._client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        """Ends the server."""
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()

    async def status(self) -> dict[str, Any]:
        """What the server is doing."""
        return await self._command("unsorry.status")

    async def _command(self, command: str, *arguments: object) -> dict[str, Any]:
        params = types.ExecuteCommandParams(command, list(arguments))
        return cast("dict[str, Any]", await self._client.workspace_execute_command_async(params))

    async def open(self, uri: str, text: str) -> None:
        """Opens a text and waits until the server is at rest."""
        self._version += 1
        item = types.TextDocumentItem(uri, "lean4", self._version, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await self._rest(uri)

    async def holes(self, uri: str) -> list[types.Range]:
        """Where the text's holes are."""
        lenses = await self._client.text_document_code_lens_async(
            types.CodeLensParams(types.TextDocumentIdentifier(uri))
        )
        return [lens.range for lens in lenses or ()]

    async def close(self, uri: str) -> None:
        """Closes a text."""
        self._client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def _rest(self, uri: str) -> None:
        while True:
            (text,) = [t for t in (await self.status())["texts"] if t["uri"] == uri]
            if text["phase"] == "failed":
                raise ProverError(text["failure"])
            if text["phase"] == "idle" and text["version"] == self._version:
                return
            await asyncio.sleep(_POLL)

    def _type(self, uri: str, range_: types.Range, text: str) -> None:
        self._version += 1
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version=self._version, uri=uri),
                [types.TextDocumentContentChangePartial(range=range_, text=text)],
            )
        )

    async def measure(self, uri: str, hole: types.Range, text: str) -> Measured:
        """Types a hole's last character again.  ``text`` is the document's, whose lines the hole's range is of."""
        last = types.Range(types.Position(hole.end.line, hole.end.character - 1), hole.end)
        line = text.split("\n")[hole.end.line]
        character = line.encode("utf-16-le")[2 * last.start.character : 2 * last.end.character].decode("utf-16-le")
        self._type(uri, last, "")
        await self._rest(uri)
        begun = time.perf_counter()
        self._type(uri, types.Range(last.start, last.start), character)
        key = (self._version, hole.start.line, hole.start.character)
        waiting = asyncio.create_task(self._rest(uri))
        waited: float | None = None
        while not waiting.done():
            self._news.clear()
            if key in self._ready:
                waited = time.perf_counter() - begun - self._quiet
                break
            news = asyncio.create_task(self._news.wait())
            await asyncio.wait({news, waiting}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
        await waiting
        idle = time.perf_counter() - begun
        told = await self._command("unsorry.explain", uri, _json(hole.start))
        return _measured(f"{uri.rsplit('/', 1)[-1]}:{hole.start.line + 1}", told, waited, idle)

    async def cancel(self, uri: str, hole: types.Range) -> float:
        """Searches a hole deeper, cancels everything, and says how long that took to have effect, in milliseconds."""
        search = asyncio.ensure_future(self._command("unsorry.searchDeeper", uri, _json(hole.start)))
        await asyncio.sleep(_CANCEL_AFTER)
        begun = time.perf_counter()
        await self._command("unsorry.cancelAll")
        await self._rest(uri)
        seconds = time.perf_counter() - begun
        await asyncio.gather(search, return_exceptions=True)
        return seconds * 1000


def _measured(name: str, told: dict[str, Any], waited: float | None, idle: float) -> Measured:
    report: dict[str, Any] = told["report"] or {}
    effort: dict[str, float] | None = report.get("effort")
    timings: dict[str, float] | None = report.get("timings")
    prover = winner = None
    if effort is not None and timings is not None:
        prover = (effort["prover"] + timings["reading_prover"]) * 1000
        winner = effort["winner"] * 1000
    return Measured(
        name,
        None if waited is None else waited * 1000,
        prover,
        winner,
        int(report.get("candidates", 0)),
        idle * 1000,
    )


def _json(position: types.Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}
