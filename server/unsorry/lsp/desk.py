"""What one connection works with: its client, its open texts, their projects and settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls.uris import to_fs_path

from unsorry.engine.projects import Outfit, Outfitter, Project, Projects, Tell
from unsorry.engine.session import Listener, Session
from unsorry.lsp.buffers import Buffer
from unsorry.lsp.client import Client
from unsorry.lsp.progress import Progresses, Report
from unsorry.lsp.protocol import Wire
from unsorry.lsp.requests import RequestError
from unsorry.lsp.texts import Text
from unsorry.provers.seam import Snapshot
from unsorry.workspace.settings import Loaded, Settings

_log = logging.getLogger(__name__)

#: How long a client may take to apply an edit before it counts as not applied, in seconds.
_APPLY_SECONDS = 30.0

_DEFAULTS = Loaded(Settings())


@dataclass(slots=True, eq=False)
class _Preparing:
    """What a project's making is shown as: begun when there is first something to tell."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    report: Report | None = None
    task: asyncio.Task[None] | None = None
    said: tuple[str, float | None] = ("", None)


class _Watched:
    """An outfitter that says when it begins to look for a prover, and when it has ended, whoever still wants one."""

    def __init__(self, outfitter: Outfitter, outfitting: Callable[[int], None]) -> None:
        """``outfitting`` is called from any thread, with 1 and with -1."""
        self.language = outfitter.language
        self.root = outfitter.root
        self.settings = outfitter.settings
        self._outfit = outfitter.outfit
        self._outfitting = outfitting

    def outfit(self, language: str, path: Path | None, settings: Settings, tell: Tell) -> Outfit:
        """What is to work on a file."""
        self._outfitting(1)
        try:
            return self._outfit(language, path, settings, tell)
        finally:
            self._outfitting(-1)


#: What else a user wants to know of something that keeps Unsorry from working.
_AGAIN: Final = "It is tried again when the file changes, or when you restart the prover."


class Desk:
    """The state that the handlers of one connection share.  All of it lives on the event loop."""

    def __init__(self, wire: Wire, outfitter: Outfitter) -> None:
        """Before ``initialize`` nothing is known of the client."""
        self.wire = wire
        self.outfitter = outfitter
        self.client = Client()
        self.texts: dict[str, Text] = {}
        self.folders: dict[str, Path] = {}
        self.progresses = Progresses(wire, lambda: self.client)
        self.projects = Projects(
            _Watched(outfitter, self._outfitting), self._tell_from_anywhere, self.warn, self._warmed
        )
        #: What came with ``initialize``.
        self.initial_settings: Mapping[str, object] = {}
        #: What the client's settings say, and whether they are known by now.
        self.client_settings: Mapping[str, object] = {}
        self.settings_known = asyncio.Event()
        #: Who is to hear at once when there may be something new in a session.
        self.listeners: set[Callable[[Session], None]] = set()
        self._loaded: dict[Path | None, Loaded] = {}
        self._loads = 0
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._said: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._preparing: _Preparing | None = None
        self._outfits = 0

    def news(self, session: Session) -> None:
        """There may be something new in a session."""
        for listener in tuple(self.listeners):
            listener(session)

    # What the user hears

    def message(self, kind: types.MessageType, text: str) -> None:
        """Something that the user must know."""
        self.wire.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, text))

    def warn(self, text: str) -> None:
        """A warning, once."""
        if text not in self._said:
            self._said.add(text)
            _log.warning("%s", text)
            self.message(types.MessageType.Warning, f"Unsorry: {text}")

    def complain(self, text: str) -> None:
        """Something that keeps Unsorry from working, once until it works again."""
        if text not in self._said:
            self._said.add(text)
            self.message(types.MessageType.Error, f"Unsorry: {text.rstrip('.')}. {_AGAIN}")

    def forgive(self) -> None:
        """What was complained of may have changed, so it may be said again."""
        self._said.clear()

    # Settings

    def settings(self, root: Path | None) -> Settings:
        """The settings of a root, as far as they are known."""
        return self._loaded.get(root, _DEFAULTS).settings

    async def load_settings(self, root: Path | None) -> Settings:
        """Reads the settings of a root, once."""
        await self.settings_known.wait()
        while root not in self._loaded:
            await self._load(root)
        return self._loaded[root].settings

    async def reload_settings(self) -> dict[Path | None, tuple[Settings, Settings]]:
        """Reads all settings again; those that have changed, as they were and as they are."""
        self._loads += 1
        changed: dict[Path | None, tuple[Settings, Settings]] = {}
        for root, old in list(self._loaded.items()):
            await self._load(root)
            if (new := self._loaded[root]).settings != old.settings:
                changed[root] = old.settings, new.settings
        return changed

    async def _load(self, root: Path | None) -> None:
        """Until this has ended, what was known holds: no default shines through."""
        begun = self._loads
        loaded = await asyncio.to_thread(self.outfitter.settings, root, self.client_settings)
        # What was read before the client sent others is of no use.
        if begun == self._loads:
            self._loaded[root] = loaded
            for warning in loaded.warnings:
                self.warn(warning)

    # Texts

    def make_text(self, buffer: Buffer, listener: Listener, path: Path | None = None) -> Text | None:
        """Begins to work on a document; None where it is not one of ours.  ``path`` is known of what is not open."""
        if path is None and buffer.uri.startswith("file:"):
            name = to_fs_path(buffer.uri)
            path = Path(name) if name else None
        language = self.outfitter.language(buffer.language, path)
        if language is None:
            return None

        async def connect() -> Project:
            # The document's name is the same to a prover, which would close the new one with the old one.
            while (closing := self._closing.get(buffer.uri)) is not None:
                await asyncio.wait([closing])
            text.root = await asyncio.to_thread(self.outfitter.root, path) if path is not None else None
            settings = await self.load_settings(text.root)
            return await self.projects.project(language, text.root, path, settings)

        session = Session(
            Snapshot(buffer.uri, buffer.version, buffer.text, path), connect, lambda: self.settings(text.root), listener
        )
        text = Text(buffer, language, path, session)
        return text

    def close_text(self, text: Text) -> None:
        """Ends the work on a document.  Whoever opens it again gets a prover when this is done."""
        uri = text.uri
        closing = asyncio.create_task(self._close_text(text, self._closing.get(uri)), name=f"close {uri}")
        self._closing[uri] = closing
        closing.add_done_callback(lambda task: self._was_closed(uri, task))

    @staticmethod
    async def _close_text(text: Text, before: asyncio.Task[None] | None) -> None:
        await text.session.close()
        if before is not None:
            await asyncio.wait([before])

    def _was_closed(self, uri: str, task: asyncio.Task[None]) -> None:
        if self._closing.get(uri) is task:
            del self._closing[uri]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

    async def apply(self, label: str, edit: types.WorkspaceEdit) -> bool:
        """Has the client make an edit that the user asked for; False when it did not."""
        if not self.client.applies_edits:
            self.warn("this editor lets no server make an edit; use the code action instead")
            return False
        params = types.ApplyWorkspaceEditParams(edit, label=label)
        try:
            async with asyncio.timeout(_APPLY_SECONDS):
                result: types.ApplyWorkspaceEditResult = await self.wire.request(types.WORKSPACE_APPLY_EDIT, params)
        except (RequestError, TimeoutError) as error:
            _log.warning("the client did not apply an edit: %s", error)
            return False
        if not result.applied:
            _log.warning("the client did not apply an edit: %s", result.failure_reason)
        return result.applied

    def _warmed(self, project: Project) -> None:
        """Suggesters that were not ready are: what was searched without them is searched again."""
        for trouble in project.troubles:
            self.warn(trouble)
        if project.troubles == project.outfit.troubles:
            for text in self.texts.values():
                if text.session.project is project:
                    text.session.search_again()

    # What takes long before there is a prover

    def _tell_from_anywhere(self, message: str, part: float | None) -> None:
        self._loop.call_soon_threadsafe(self._tell, message, part)

    def _tell(self, message: str, part: float | None) -> None:
        preparing = self._preparing
        if self._outfits == 0:
            return
        if preparing is None:
            preparing = self._preparing = _Preparing()
            preparing.task = asyncio.create_task(self._show_preparing(preparing), name="show what is being prepared")
        preparing.said = (message, part)
        if preparing.report is not None:
            preparing.report.say(message, part)

    async def _show_preparing(self, preparing: _Preparing) -> None:
        async with self.progresses.show("Unsorry prepares a prover", None) as report:
            preparing.report = report
            report.say(*preparing.said)
            await preparing.stop.wait()

    def _outfitting(self, number: int) -> None:
        self._loop.call_soon_threadsafe(self._count_outfits, number)

    def _count_outfits(self, number: int) -> None:
        self._outfits += number
        if self._outfits == 0:
            self._prepared()

    def _prepared(self) -> None:
        """Nothing is being prepared any more."""
        if self._preparing is not None:
            self._preparing.stop.set()
            self._preparing = None

    async def close(self) -> None:
        """Ends all texts and all provers."""
        preparing = self._preparing
        self._prepared()
        # The provers first: what they are in the middle of may not be interruptible, such as a large import.
        await self.projects.close()
        await asyncio.gather(*(t.session.close() for t in self.texts.values()), return_exceptions=True)
        self.texts.clear()
        if self._closing:
            await asyncio.wait(self._closing.values())
        if preparing is not None and preparing.task is not None:
            preparing.task.cancel()
            await asyncio.wait([preparing.task])
