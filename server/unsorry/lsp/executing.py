"""The commands: what the user asks for by name, with progress, and cancelled when the user says so."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from lsprotocol.types import ErrorCodes, LSPErrorCodes
from pygls.uris import from_fs_path

from unsorry.engine.attempts import Tried
from unsorry.engine.entries import SupersededError
from unsorry.engine.report import HoleReport, Proof, Status
from unsorry.engine.session import Session
from unsorry.engine.views import HoleView, Stage
from unsorry.errors import UnsorryError
from unsorry.lsp import wording
from unsorry.lsp.buffers import Buffer
from unsorry.lsp.commands import Arguments, Command
from unsorry.lsp.desk import Desk
from unsorry.lsp.loopwatch import LoopWatch
from unsorry.lsp.progress import Report
from unsorry.lsp.requests import RequestError
from unsorry.lsp.searchwatch import SearchWatch
from unsorry.lsp.status import status
from unsorry.lsp.texts import READ_LIMIT, Text, workspace_edit
from unsorry.lsp.throttle import Throttle
from unsorry.workspace.folders import SKIPPED

_log = logging.getLogger(__name__)

#: How long a whole file may take for each of its holes before a command gives up on it, in seconds.
_SETTLE_LIMIT: Final = 3600.0

#: The least time between two counts of what a search has tried, in seconds.
_COUNT_SECONDS: Final = 0.3

#: How long a client may take to show the log before its place is told, in seconds.
_SHOW_SECONDS: Final = 5.0

Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Edits:
    """What a command has for one document, whose text was ``data`` then; and how many of its holes are left."""

    uri: str
    path: Path | None
    data: bytes
    changes: list[types.TextEdit]
    left: int


class _Nobody:
    """Listens to sessions that nothing is shown of."""

    def changed(self, session: Session) -> None:
        """Nothing to show."""

    def tried(self, session: Session, tried: Tried) -> None:
        """Nothing to show."""


class Executor:
    """Executes commands."""

    def __init__(
        self,
        desk: Desk,
        restart: Callable[[str | None], Awaitable[int]],
        watch: SearchWatch,
        log_file: Path | None,
        loop_watch: LoopWatch | None,
    ) -> None:
        """``restart`` ends provers and starts them afresh: those of a document, or all."""
        self._desk = desk
        self._restart = restart
        self._watch = watch
        self._log_file = log_file
        self._loop_watch = loop_watch
        self._running: set[asyncio.Task[object]] = set()
        self._commands: Mapping[Command, Callable[[Arguments, types.ExecuteCommandParams], Awaitable[object]]] = {
            Command.PROVE_HERE: self._prove_here,
            Command.SEARCH_DEEPER: self._search_deeper,
            Command.PROVE_FILE: self._prove_file,
            Command.PROVE_WORKSPACE: self._prove_workspace,
            Command.APPLY: self._apply,
            Command.CANCEL_ALL: self._cancel_all,
            Command.RESTART_PROVER: self._restart_prover,
            Command.SHOW_GOAL: self._show_goal,
            Command.EXPLAIN: self._explain,
            Command.WATCH: self._begin_watch,
            Command.UNWATCH: self._end_watch,
            Command.SHOW_LOG: self._show_log,
            Command.STATUS: self._status,
        }

    async def execute(self, params: types.ExecuteCommandParams) -> object:
        """Executes one command.

        Raises:
            RequestError: there is no such command, or its arguments are wrong.
        """
        try:
            command = Command(params.command)
        except ValueError:
            known = ", ".join(c.value for c in Command)
            raise RequestError(
                ErrorCodes.InvalidParams, f"There is no command {params.command}; there are {known}."
            ) from None
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            return await self._commands[command](Arguments(params.command, params.arguments), params)
        except SupersededError as error:
            raise RequestError(LSPErrorCodes.ContentModified, f"{error}; ask again.") from None
        finally:
            self._running.discard(task)

    def _text(self, arguments: Arguments) -> Text:
        uri = arguments.uri()
        text = self._desk.texts.get(uri)
        if text is None:
            raise RequestError(LSPErrorCodes.RequestFailed, f"{uri} is not open, or not a file that Unsorry works on.")
        return text

    @staticmethod
    def _stop() -> Callable[[], object]:
        task = asyncio.current_task()
        assert task is not None
        return task.cancel

    # Proving

    async def _prove_here(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        return await self._prove(self._text(arguments), arguments, params, deeper=False)

    async def _search_deeper(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        return await self._prove(self._text(arguments), arguments, params, deeper=True)

    async def _prove(
        self, text: Text, arguments: Arguments, params: types.ExecuteCommandParams, *, deeper: bool
    ) -> Outcome:
        offset = text.offset(arguments.position())
        version = text.buffer.version
        async with self._desk.progresses.show("Unsorry: proving", self._stop(), params.work_done_token) as report:
            await text.session.read(offset, READ_LIMIT)
            hole = self._hole_at(text, offset)
            report.say(wording.line(hole.hole.goals[0].target if hole.hole.goals else "", 80))
            # A text that was just opened has its settings only by now.
            settings = text.session.settings
            seconds = settings.server.deeper_budget if deeper else settings.prove.budget
            with self._counting(text, hole.hole.start, report):
                found = await text.session.prove(hole.hole.start, seconds, deeper=deeper)
            text.require(version)
            applied = False
            if found.proof is not None:
                applied = await self._insert(text, "Prove the goal", [found.proof])
            else:
                self._desk.message(types.MessageType.Info, f"Unsorry: {found.message}.")
        return {"proved": int(found.proof is not None), "open": int(found.proof is None), "applied": applied}

    @contextmanager
    def _counting(self, text: Text, start: int, report: Report) -> Generator[None]:
        """Shows how far the search for a hole is, while the block runs."""

        def say() -> bool:
            hole = text.hole_from(start)
            if hole is None or hole.stage is not Stage.SEARCHING:
                return False
            report.say(wording.counts(hole))
            return True

        def hear(session: Session) -> None:
            if session is text.session:
                throttle.ask()

        throttle = Throttle(_COUNT_SECONDS, say)
        self._desk.listeners.add(hear)
        try:
            yield
        finally:
            self._desk.listeners.discard(hear)
            throttle.stop()

    @staticmethod
    def _hole_at(text: Text, offset: int) -> HoleView:
        hole = text.nearest_hole(offset)
        if hole is None:
            failure = text.session.view.failure
            raise RequestError(LSPErrorCodes.RequestFailed, failure or "There is no hole at this place.")
        return hole

    async def _insert(self, text: Text, label: str, proofs: list[Proof]) -> bool:
        return await self._desk.apply(label, text.workspace_edit(self._desk.client, proofs))

    async def _prove_file(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        text = self._text(arguments)
        version = text.buffer.version
        async with self._desk.progresses.show(
            "Unsorry: proving the file", self._stop(), params.work_done_token
        ) as report:
            proofs, left = await self._all(text, report)
            text.require(version)
            applied = bool(proofs) and await self._insert(text, "Prove all holes", proofs)
        return {"proved": len(proofs), "open": left, "applied": applied}

    async def _all(self, text: Text, report: Report, before: str = "") -> tuple[list[Proof], int]:
        """All proofs of a text that hold together, and how many holes are left."""
        session = text.session

        def look(_: object) -> None:
            holes = session.view.holes
            done = sum(1 for h in holes if h.proofs or h.report is not None)
            report.say(f"{before}{done} of {wording.counted(len(holes), 'hole')}", done / len(holes) if holes else None)

        await session.search_all(_SETTLE_LIMIT, look)
        if (failure := session.view.failure) is not None:
            raise RequestError(LSPErrorCodes.RequestFailed, failure)
        proofs = list(await session.together())
        return proofs, len(session.view.holes) - len(proofs)

    async def _prove_workspace(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del arguments
        made: list[tuple[str, _Edits]] = []
        edits: list[tuple[str, int | None, list[types.TextEdit]]] = []
        problems: list[str] = []
        async with self._desk.progresses.show(
            "Unsorry: proving the workspace", self._stop(), params.work_done_token
        ) as report:
            paths = await asyncio.to_thread(self._files)
            # Texts that are open and lie in no file yet, or in another place.
            loose = [text for text in self._desk.texts.values() if text.path not in paths]
            works = [(text.uri.rsplit("/", 1)[-1], text) for text in loose] + [(path.name, path) for path in paths]
            for number, (name, place) in enumerate(works):
                before = f"{name} ({number + 1} of {len(works)}): "
                report.say(before, number / len(works))
                try:
                    found = await self._file_edits(place, report, before)
                except (UnsorryError, OSError, UnicodeDecodeError) as error:
                    problems.append(f"{name}: {error}")
                    continue
                if found is not None:
                    made.append((name, found))
            left = sum(found.left for _, found in made)
            for name, found in made:
                current = await self._current(found) if found.changes else None
                if current is not None:
                    edits.append((*current, found.changes))
                elif found.changes:
                    # It may have taken long until all others were proved.
                    problems.append(f"{name}: the text has changed meanwhile")
                    left += len(found.changes)
            proved = sum(len(changes) for _, _, changes in edits)
            edit = workspace_edit(self._desk.client, edits)
            applied = proved > 0 and await self._desk.apply("Prove all holes of the workspace", edit)
        for problem in problems:
            self._desk.warn(problem)
        return {"proved": proved, "open": left, "applied": applied, "problems": problems}

    def _files(self) -> list[Path]:
        """The files of the workspace that may have holes, but what is hidden, fetched or built."""
        found: list[Path] = []
        for folder in sorted(set(self._desk.folders.values())):
            for place, folders, names in os.walk(folder):
                folders[:] = sorted(f for f in folders if f not in SKIPPED and not f.startswith("."))
                found += [
                    path
                    for name in sorted(names)
                    if not name.startswith(".")
                    and self._desk.outfitter.language("", path := Path(place) / name) is not None
                ]
        return list(dict.fromkeys(found))

    async def _current(self, found: _Edits) -> tuple[str, int | None] | None:
        """The document's name and version where its text is what it was; None where it is not, and is left alone."""
        text = self._desk.texts.get(found.uri) or self._open_at(found.path)
        if text is not None:
            return (text.uri, text.buffer.version) if text.buffer.data == found.data else None
        with suppress(OSError):
            if found.path is not None and await asyncio.to_thread(found.path.read_bytes) == found.data:
                return found.uri, None
        return None

    def _open_at(self, path: Path | None) -> Text | None:
        return next((t for t in self._desk.texts.values() if path is not None and t.path == path), None)

    async def _file_edits(self, place: Path | Text, report: Report, before: str) -> _Edits | None:
        text = place if isinstance(place, Text) else self._open_at(place)
        if text is None:
            assert isinstance(place, Path)
            return await self._closed_file_edits(place, report, before)
        proofs, left = await self._all(text, report, before)
        return _Edits(text.uri, text.path, text.buffer.data, [text.text_edit(p.edit) for p in proofs], left)

    async def _closed_file_edits(self, path: Path, report: Report, before: str) -> _Edits | None:
        data = await asyncio.to_thread(path.read_bytes)
        data.decode("utf-8")  # what is not UTF-8 is told and left alone
        uri = from_fs_path(str(path)) or path.as_uri()
        # Under a name of its own: the user may open the document meanwhile, and neither may close the other's.
        buffer = Buffer(f"{uri}#{uuid.uuid4()}", "", 0, data, self._desk.client.encoding)
        text = self._desk.make_text(buffer, _Nobody(), path)
        if text is None:
            return None
        try:
            proofs, left = await self._all(text, report, before)
        finally:
            await text.session.close()
        return _Edits(uri, path, data, [text.text_edit(p.edit) for p in proofs], left)

    async def _apply(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del params
        text = self._text(arguments)
        text.require(arguments.number("the version"))
        start = text.offset(arguments.position())
        number = arguments.number("the proof's number") if arguments.more else 0
        hole = text.hole_from(start)
        if hole is None or number not in range(len(hole.proofs)):
            raise RequestError(LSPErrorCodes.ContentModified, "This proof is not offered any more.")
        return {"applied": await self._insert(text, "Insert the proof", [hole.proofs[number]])}

    # The rest

    async def _cancel_all(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del arguments, params
        present = asyncio.current_task()
        commands = [task for task in self._running if task is not present]
        for task in commands:
            task.cancel()
        searches = sum(text.session.stop() for text in self._desk.texts.values())
        return {"commands": len(commands), "searches": searches}

    async def _restart_prover(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del params
        return {"restarted": await self._restart(arguments.uri() if arguments.more else None)}

    async def _show_goal(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del params
        text = self._text(arguments)
        offset = text.offset(arguments.position())
        await text.session.read(offset, READ_LIMIT)
        here = next(iter(text.session.view.at(offset)), None)
        hole = here.hole if here is not None else await text.session.goals_at(offset)
        if hole is None:
            self._desk.message(types.MessageType.Info, "Unsorry: there is no goal at this place.")
            return {"goals": []}
        self._desk.message(types.MessageType.Info, wording.goal_text(hole.goals))
        return {"goals": [g.pretty for g in hole.goals]}

    async def _explain(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del params
        text = self._text(arguments)
        offset = text.offset(arguments.position())
        await text.session.read(offset, READ_LIMIT)
        hole = self._hole_at(text, offset)
        return {
            "stage": hole.stage.value,
            "tried": hole.tried,
            "explanation": wording.hover(hole, text.session.view),
            "report": None if hole.report is None else _record(hole.report),
        }

    async def _begin_watch(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del params
        return await self._watch.begin(self._text(arguments), arguments.position())

    async def _end_watch(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del arguments, params
        self._watch.end()
        return {"watching": False}

    async def _show_log(self, arguments: Arguments, _params: types.ExecuteCommandParams) -> Outcome:
        del arguments
        if self._log_file is None:
            self._desk.message(types.MessageType.Info, "Unsorry: no log is written.")
            return {"log": None}
        if self._desk.client.shows_documents:
            uri = from_fs_path(str(self._log_file)) or self._log_file.as_uri()
            with suppress(RequestError, TimeoutError):
                async with asyncio.timeout(_SHOW_SECONDS):
                    params = types.ShowDocumentParams(uri, take_focus=True)
                    shown: types.ShowDocumentResult = await self._desk.wire.request(types.WINDOW_SHOW_DOCUMENT, params)
                    if shown.success:
                        return {"log": str(self._log_file)}
        self._desk.message(types.MessageType.Info, f"Unsorry's log: {self._log_file}")
        return {"log": str(self._log_file)}

    async def _status(self, arguments: Arguments, params: types.ExecuteCommandParams) -> Outcome:
        del arguments, params
        return await status(self._desk, self._loop_watch, asking=1)


def _record(report: HoleReport) -> dict[str, object]:
    """A report as JSON.  Times in seconds."""
    return {
        "status": report.status.value,
        "proof": report.proof.text if report.proof is not None else None,
        "alternatives": [p.text for p in report.alternatives],
        "origin": report.proof.origin if report.proof is not None else None,
        "axioms": list(report.proof.axioms) if report.proof is not None else [],
        "candidates": report.candidates,
        "seconds": report.seconds,
        "message": report.message if report.status is not Status.PROVED else None,
        "effort": asdict(report.effort) if report.effort is not None else None,
        "timings": asdict(report.timings) if report.timings is not None else None,
        "attempts": [
            {
                "text": a.candidate.text,
                "origin": a.candidate.origin,
                "outcome": wording.outcome(a),
                "refusal": a.refusal,
            }
            for a in report.attempts
        ],
    }
