"""What one connection works with: its client, its open texts, their projects and settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from unsorry.engine.projects import Outfitter, Project, Projects
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
        self.projects = Projects(outfitter, self._tell_from_anywhere, self.warn)
        #: What the client's settings say, and whether they are known by now.
        self.client_settings: Mapping[str, object] = {}
        self.settings_known = asyncio.Event()
        self._loaded: dict[Path | None, Loaded] = {}
        self._said: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._preparing: _Preparing | None = None

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
            self.message(types.MessageType.Error, f"Unsorry: {text}")

    def forgive(self) -> None:
        """What was complained of may have changed, so it may be said again."""
        self._said.clear()

    # Settings

    def settings(self, root: Path | None) -> Settings:
        """The settings of a root, as far as they are known."""
        return self._loaded.get(root, _DEFAULTS).settings

    async def load_settings(self, root: Path | None) -> Settings:
        """Reads the settings of a root, once until they are forgotten."""
        await self.settings_known.wait()
        if root not in self._loaded:
            loaded = await asyncio.to_thread(self.outfitter.settings, root, self.client_settings)
            self._loaded[root] = loaded
            for warning in loaded.warnings:
                self.warn(warning)
        return self._loaded[root].settings

    def forget_settings(self) -> dict[Path | None, Loaded]:
        """Has all settings read again; returns what they were."""
        loaded, self._loaded = self._loaded, {}
        return loaded

    # Texts

    def make_text(self, buffer: Buffer, listener: Listener) -> Text | None:
        """Begins to work on a document; None where it is not one of ours."""
        name = to_fs_path(buffer.uri) if buffer.uri.startswith("file:") else None
        path = Path(name) if name else None
        language = self.outfitter.language(buffer.language, path)
        if language is None:
            return None

        async def connect() -> Project:
            text.root = await asyncio.to_thread(self.outfitter.root, path) if path is not None else None
            settings = await self.load_settings(text.root)
            return await self.projects.project(language, text.root, path, settings)

        session = Session(
            Snapshot(buffer.uri, buffer.version, buffer.text, path), connect, lambda: self.settings(text.root), listener
        )
        text = Text(buffer, language, path, session)
        return text

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

    # What takes long before there is a prover

    def _tell_from_anywhere(self, message: str, part: float | None) -> None:
        self._loop.call_soon_threadsafe(self._tell, message, part)

    def _tell(self, message: str, part: float | None) -> None:
        preparing = self._preparing
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

    def prepared(self) -> None:
        """Nothing is being prepared any more."""
        if self._preparing is not None:
            self._preparing.stop.set()
            self._preparing = None

    async def close(self) -> None:
        """Ends all texts and all provers."""
        preparing = self._preparing
        self.prepared()
        # The provers first: what they are in the middle of may not be interruptible, such as a large import.
        await self.projects.close()
        await asyncio.gather(*(t.session.close() for t in self.texts.values()), return_exceptions=True)
        self.texts.clear()
        if preparing is not None and preparing.task is not None:
            preparing.task.cancel()
            await asyncio.wait([preparing.task])
