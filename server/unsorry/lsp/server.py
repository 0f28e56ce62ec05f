"""The language server: one client's connection, from ``initialize`` to its end.

What each method does stands in a module of its own; here is which one, and how texts, settings and files that change
reach the sessions.  Every request is a task in the wire's ledger, and the event loop never waits for a prover.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from lsprotocol.types import ErrorCodes, LSPErrorCodes
from pygls.uris import to_fs_path

from unsorry import __version__
from unsorry.engine.attempts import Tried
from unsorry.engine.entries import SupersededError
from unsorry.engine.projects import Outfitter
from unsorry.engine.session import Session
from unsorry.engine.views import Phase
from unsorry.lsp import actions, completions, configuration, diagnostics, lenses, saving
from unsorry.lsp.buffers import Buffers, Change
from unsorry.lsp.client import Client
from unsorry.lsp.commands import Command
from unsorry.lsp.desk import Desk
from unsorry.lsp.executing import Executor
from unsorry.lsp.loopwatch import LoopWatch
from unsorry.lsp.protocol import Wire
from unsorry.lsp.requests import RequestError
from unsorry.lsp.searchwatch import SearchWatch
from unsorry.lsp.status import StatusFeed
from unsorry.lsp.texts import Text
from unsorry.lsp.throttle import Throttle
from unsorry.provers.seam import Snapshot
from unsorry.workspace import logs
from unsorry.workspace.settings import Settings
from unsorry.workspace.watch import Kind, Watch, concerns

_log = logging.getLogger(__name__)

#: The least time between two rounds of diagnostics for a text, and between two requests to ask for lenses and hints
#: again, in seconds.  The first of a round goes out at once.
_PUBLISH_SECONDS: Final = 0.1
_REFRESH_SECONDS: Final = 0.3

#: How long a client may take to answer such a request before it is asked again, in seconds.
_REFRESH_PATIENCE: Final = 5.0

_WATCHED: Final = (
    "**/lean-toolchain",
    "**/lakefile.lean",
    "**/lakefile.toml",
    "**/lake-manifest.json",
    "**/unsorry.toml",
    "**/pyproject.toml",
    "**/ROOT",
    "**/ROOTS",
    "**/*.lean",
    "**/*.thy",
)


class Server:
    """One client's server."""

    def __init__(
        self, outfitter: Outfitter, *, log_file: Path | None = None, loop_watch: LoopWatch | None = None
    ) -> None:
        """Made inside a running loop.  Nothing runs before the client says ``initialize``."""
        routes = self._routes()
        self.wire = Wire(routes, self._notices())
        self._desk = Desk(self.wire, outfitter)
        self._buffers = Buffers(self._desk.client.encoding)
        self._search_watch = SearchWatch(self._desk)
        executor = Executor(self._desk, self._restart, self._search_watch, log_file, loop_watch)
        routes[types.WORKSPACE_EXECUTE_COMMAND] = executor.execute
        self._loop_watch = loop_watch
        #: For a client that wants to be told.
        self._status: StatusFeed | None = None
        self._watch = Watch(self._files_changed)
        self._watched: set[Path] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._publishing: dict[str, Throttle] = {}
        self._refreshing = Throttle(_REFRESH_SECONDS, self._refresh)
        self._refreshes: set[str] = set()
        #: Counts what there was to ask for.
        self._news = 0
        self._reloading = asyncio.Lock()
        self._closed = False

    @property
    def listening(self) -> bool:
        """May the client be told something by now, and still?"""
        return self._desk.settings_known.is_set() and not self._closed

    # What goes where

    def _routes(self) -> dict[str, Callable[[Any], Awaitable[object]]]:
        return {
            types.INITIALIZE: self._initialize,
            types.SHUTDOWN: self._shutdown,
            types.TEXT_DOCUMENT_CODE_ACTION: self._code_action,
            types.CODE_ACTION_RESOLVE: self._resolve_action,
            types.TEXT_DOCUMENT_INLINE_COMPLETION: self._inline_completion,
            types.TEXT_DOCUMENT_COMPLETION: self._completion,
            types.TEXT_DOCUMENT_CODE_LENS: self._code_lens,
            types.TEXT_DOCUMENT_INLAY_HINT: self._inlay_hint,
            types.TEXT_DOCUMENT_HOVER: self._hover,
            types.TEXT_DOCUMENT_WILL_SAVE_WAIT_UNTIL: self._will_save,
        }

    def _notices(self) -> Mapping[str, Callable[[Any], None]]:
        return {
            types.INITIALIZED: self._initialized,
            types.TEXT_DOCUMENT_DID_OPEN: self._did_open,
            types.TEXT_DOCUMENT_DID_CHANGE: self._did_change,
            types.TEXT_DOCUMENT_DID_CLOSE: self._did_close,
            types.TEXT_DOCUMENT_DID_SAVE: self._did_save,
            types.WORKSPACE_DID_CHANGE_CONFIGURATION: self._settings_changed,
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES: self._client_saw_files,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self._folders_changed,
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: lambda params: self._desk.progresses.cancel(params.token),
            types.SET_TRACE: lambda _: None,
        }

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Runs what no request waits for, until it ends or the connection does."""
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

    # Beginning and end

    async def _initialize(self, params: types.InitializeParams) -> types.InitializeResult:
        client = self._desk.client = Client.of(
            params.capabilities, params.client_info.name if params.client_info else ""
        )
        self._buffers = Buffers(client.encoding)
        self._desk.initial_settings = configuration.ours(params.initialization_options)
        self._desk.client_settings = self._desk.initial_settings
        self._add_folders(params.workspace_folders or [])
        if not self._desk.folders and params.root_uri:
            self._add_folders([types.WorkspaceFolder(params.root_uri, "")])
        if not client.gives_settings:
            self._desk.settings_known.set()
        kinds = [types.CodeActionKind.QuickFix, actions.FIX_ALL, actions.PARTIAL]
        return types.InitializeResult(
            types.ServerCapabilities(
                position_encoding=client.encoding.value,
                text_document_sync=types.TextDocumentSyncOptions(
                    open_close=True,
                    change=types.TextDocumentSyncKind.Incremental,
                    will_save_wait_until=True,
                    save=True,
                ),
                code_action_provider=types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True),
                inline_completion_provider=types.InlineCompletionOptions(),
                completion_provider=types.CompletionOptions(),
                code_lens_provider=types.CodeLensOptions(),
                inlay_hint_provider=types.InlayHintOptions(),
                hover_provider=True,
                execute_command_provider=types.ExecuteCommandOptions([c.value for c in Command]),
                workspace=types.WorkspaceOptions(
                    workspace_folders=types.WorkspaceFoldersServerCapabilities(
                        supported=True, change_notifications=True
                    )
                ),
            ),
            types.ServerInfo("unsorry", __version__),
        )

    def _initialized(self, params: types.InitializedParams) -> None:
        del params
        if self._desk.client.takes_status:
            self._status = StatusFeed(self._desk, self._loop_watch, self._start)
        self._start(self._set_up(), "set up")

    async def _set_up(self) -> None:
        client = self._desk.client
        wanted: list[types.Registration] = []
        if client.registers_settings:
            wanted.append(
                types.Registration(
                    "unsorry-settings",
                    types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                    types.DidChangeConfigurationRegistrationOptions(section=configuration.SECTION),
                )
            )
        if client.watches_files:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            wanted.append(
                types.Registration(
                    "unsorry-files",
                    types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                    types.DidChangeWatchedFilesRegistrationOptions(watchers),
                )
            )
        try:
            if client.gives_settings:
                self._desk.client_settings = await configuration.ask(self.wire, self._desk)
        finally:
            self._desk.settings_known.set()
        self._ask_for_status()
        await self._set_log_level()
        if wanted:
            with suppress(RequestError):
                await self.wire.request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(wanted))

    async def _shutdown(self, params: object) -> None:
        del params
        self.wire.ledger.cancel_all("The server is shutting down.")
        await self.close()

    async def close(self) -> None:
        """Ends everything that this connection has started.  Calling it twice is fine."""
        if self._closed:
            return
        self._closed = True
        self._refreshing.stop()
        self._search_watch.stop()
        if self._status is not None:
            self._status.stop()
        for throttle in self._publishing.values():
            throttle.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._watch.close()
        await self._desk.close()
        await self.wire.ledger.drain()

    # Texts

    def _did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        self._let_go(document.uri)
        buffer = self._buffers.open(document.uri, document.language_id, document.version, document.text)
        text = self._desk.make_text(buffer, self)
        if text is None:
            self._buffers.close(document.uri)
            return
        self._desk.texts[document.uri] = text
        self._publishing[document.uri] = Throttle(_PUBLISH_SECONDS, lambda: self._publish(text))

    def _did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        text = self._desk.texts.get(uri)
        if text is None:
            return
        changed = self._buffers.change(uri, version, [_change(c) for c in params.content_changes])
        if changed is None:
            return
        self._search_watch.follow(text, changed.start, changed.old_end, changed.new_end)
        text.buffer = changed.buffer
        snapshot = Snapshot(uri, version, changed.buffer.text, text.path)
        text.session.change(snapshot, changed.start, changed.old_end, changed.new_end)

    def _did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        text = self._text(params.text_document)
        if text is not None:
            text.session.save()
            if text.path is not None:
                self._sources_changed(frozenset({text.path}))

    def _did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        if self._let_go(uri):
            self._buffers.close(uri)

    def _let_go(self, uri: str) -> bool:
        """Ends the work on a document; False where it is not open."""
        text = self._desk.texts.pop(uri, None)
        if text is None:
            return False
        self._publishing.pop(uri).stop()
        if text.shown:
            self._send_diagnostics(text, [], None)
        self._search_watch.closed(text)
        self._desk.close_text(text)
        self._ask_for_status()
        return True

    def _text(self, document: types.TextDocumentIdentifier) -> Text | None:
        """An open document of ours; None of others, about which there is nothing to say."""
        return self._desk.texts.get(document.uri)

    # What sessions have to show

    def changed(self, session: Session) -> None:
        """A session has something new to show."""
        if session.project is not None:
            self._watch_root(session.snapshot.uri)
        throttle = self._publishing.get(session.snapshot.uri)
        if throttle is not None:
            throttle.ask()
        self._ask_for_status()
        self._tell_news(session)

    def tried(self, session: Session, tried: Tried) -> None:
        """A candidate had its turn; lenses and hints count them, at their own pace."""
        del tried
        self._tell_news(session)

    def _tell_news(self, session: Session) -> None:
        self._desk.news(session)
        self._news += 1
        self._refreshing.ask()

    def _ask_for_status(self) -> None:
        if self._status is not None and not self._closed:
            self._status.ask()

    def _publish(self, text: Text) -> bool:
        if self._closed or self._desk.texts.get(text.uri) is not text:
            return False
        view = text.session.view
        if view.phase is Phase.FAILED and view.failure is not None:
            self._desk.complain(view.failure)
        # What keeps suggesters of a project from their work that is being made anew is no news.
        if text.session.project in self._desk.projects.made:
            for trouble in view.troubles:
                self._desk.warn(trouble)
        found = diagnostics.of(text)
        version = text.buffer.version
        if found is None or (found, version) == (text.shown, text.shown_version) or not (found or text.shown):
            return False
        # While holes below an edit wait for their turn, what is shown of them stays until there is news.
        settled = view.phase in {Phase.IDLE, Phase.FAILED}
        shown = {(d.range.start.line, d.range.start.character): d for d in text.shown or ()}
        if not settled and all(shown.get((d.range.start.line, d.range.start.character)) == d for d in found):
            return False
        self._send_diagnostics(text, found, version)
        return True

    def _send_diagnostics(self, text: Text, found: list[types.Diagnostic], version: int | None) -> None:
        text.shown, text.shown_version = found, version
        self.wire.notify(
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, types.PublishDiagnosticsParams(text.uri, found, version=version)
        )

    def _refresh(self) -> bool:
        client = self._desk.client
        for method, able in (
            (types.WORKSPACE_CODE_LENS_REFRESH, client.refreshes_lenses),
            (types.WORKSPACE_INLAY_HINT_REFRESH, client.refreshes_hints),
        ):
            # A client that has not answered yet is asked again when it has.
            if able and method not in self._refreshes:
                self._refreshes.add(method)
                self._start(self._ask_to_refresh(method), method)
        return client.refreshes_lenses or client.refreshes_hints

    async def _ask_to_refresh(self, method: str) -> None:
        begun = self._news
        try:
            with suppress(RequestError, TimeoutError):
                async with asyncio.timeout(_REFRESH_PATIENCE):
                    await self.wire.request(method)
        finally:
            self._refreshes.discard(method)
        if self._news != begun:
            self._refreshing.ask()

    # Requests

    async def _code_action(self, params: types.CodeActionParams) -> list[types.CodeAction | types.Command] | None:
        text = self._text(params.text_document)
        return None if text is None else await actions.offer(text, self._desk.client, params)

    async def _resolve_action(self, action: types.CodeAction) -> types.CodeAction:
        if action.data is None:
            # Some editors have every action resolved that has no edit, commands as well.
            return action
        text = self._desk.texts.get(actions.uri_of(action))
        if text is None:
            raise RequestError(LSPErrorCodes.ContentModified, "The document was closed.")
        try:
            return await actions.resolve(text, self._desk.client, action)
        except SupersededError as error:
            raise RequestError(LSPErrorCodes.ContentModified, f"{error}; ask again.") from None

    async def _inline_completion(self, params: types.InlineCompletionParams) -> list[types.InlineCompletionItem] | None:
        text = self._text(params.text_document)
        return None if text is None else await completions.ghost(text, params)

    async def _completion(self, params: types.CompletionParams) -> types.CompletionList | None:
        text = self._text(params.text_document)
        return None if text is None else await completions.complete(text, params)

    async def _code_lens(self, params: types.CodeLensParams) -> list[types.CodeLens] | None:
        text = self._text(params.text_document)
        return None if text is None else lenses.lenses(text)

    async def _inlay_hint(self, params: types.InlayHintParams) -> list[types.InlayHint] | None:
        text = self._text(params.text_document)
        if text is None:
            return None
        start, end = text.span(params.range)
        text.session.show(start, end)
        return lenses.hints(text, start, end)

    async def _hover(self, params: types.HoverParams) -> types.Hover | None:
        text = self._text(params.text_document)
        return None if text is None else lenses.hover(text, text.offset(params.position))

    async def _will_save(self, params: types.WillSaveTextDocumentParams) -> list[types.TextEdit] | None:
        text = self._text(params.text_document)
        return None if text is None else await saving.prove_on_save(text, self._desk.client, params.reason)

    # Settings, folders and files

    def _settings_changed(self, params: types.DidChangeConfigurationParams) -> None:
        given = configuration.pushed(params.settings)
        self._start(self._take_settings(given), "take new settings")

    async def _take_settings(self, given: Mapping[str, object]) -> None:
        async with self._reloading:
            if self._desk.client.gives_settings:
                given = await configuration.ask(self.wire, self._desk)
            # Some clients push nothing at all, or what other servers are told: then what came first holds on.
            self._desk.client_settings = given or self._desk.initial_settings
            await self._reload_settings("the settings changed")

    async def _set_log_level(self) -> None:
        """The log is one for all folders: what holds in the first one decides."""
        folder = next(iter(self._desk.folders.values()), None)
        loaded = await asyncio.to_thread(self._desk.outfitter.settings, folder, self._desk.client_settings)
        logs.set_level(loaded.settings.log.level)

    async def _reload_settings(self, cause: str) -> None:
        """Has changed settings take effect; a prover is started afresh only where that is needed for it."""
        await self._set_log_level()
        self._desk.forgive()
        for root, (old, new) in (await self._desk.reload_settings()).items():
            if _maker(new) != _maker(old):
                await self._start_afresh(cause, lambda _language, place, root=root: place == root)
            else:
                self._refresh_texts(cause, lambda text, root=root: text.root == root)
        # Where there was no prover the settings may have brought one.
        self._refresh_texts(cause, lambda text: text.session.view.phase is Phase.FAILED)

    def _folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        self._add_folders(params.event.added)
        for folder in params.event.removed:
            self._desk.folders.pop(folder.uri, None)

    def _add_folders(self, folders: Sequence[types.WorkspaceFolder]) -> None:
        for folder in folders:
            path = to_fs_path(folder.uri)
            if path:
                self._desk.folders[folder.uri] = Path(path)

    def _watch_root(self, uri: str) -> None:
        text = self._desk.texts.get(uri)
        if text is None:
            return
        # A loose file may get a project or settings where it lies.
        place = text.root or (text.path.parent if text.path is not None else None)
        if place is not None and place not in self._watched:
            self._watched.add(place)
            self._watch.add(place)

    def _client_saw_files(self, params: types.DidChangeWatchedFilesParams) -> None:
        paths = [Path(p) for change in params.changes if (p := to_fs_path(change.uri))]
        self._files_changed(frozenset(p for p in paths if concerns(p) is not None))

    def _files_changed(self, paths: frozenset[Path]) -> None:
        sources = frozenset(p for p in paths if concerns(p) is Kind.SOURCE)
        self._sources_changed(sources)
        if (others := paths - sources) and not self._closed:
            self._start(self._take_files(others), "take changed files")

    def _sources_changed(self, paths: frozenset[Path]) -> None:
        """Has the other texts of their language read again where they import these files, as the prover knows."""
        if self._closed:
            return
        language = self._desk.outfitter.language
        for text in self._desk.texts.values():
            changed = sorted({p.name for p in paths if p != text.path and language("", p) == text.language})
            if changed:
                text.session.look_again(f"{', '.join(changed[:3])} changed")

    async def _take_files(self, paths: frozenset[Path]) -> None:
        kinds = {concerns(path) for path in paths}
        named = ", ".join(sorted({path.name for path in paths})[:3])
        roots = {root for root in self._roots() if root is not None and any(p.is_relative_to(root) for p in paths)}
        if Kind.SETTINGS in kinds:
            async with self._reloading:
                await self._reload_settings(f"{named} changed")
        if kinds & {Kind.TOOLCHAIN, Kind.PROJECT}:
            self._desk.forgive()
            await self._start_afresh(f"{named} changed", lambda _language, root: root in roots)
        elif Kind.BUILD in kinds:
            self._refresh_texts(f"{named} was rebuilt", lambda text: text.root in roots)
        folders = {path.parent for path in paths}
        self._refresh_texts(
            f"{named} changed",
            lambda text: text.root is None and text.path is not None and not folders.isdisjoint(text.path.parents),
        )

    def _roots(self) -> set[Path | None]:
        return {text.root for text in self._desk.texts.values()}

    async def _restart(self, uri: str | None) -> int:
        """Starts provers afresh because the user says so: those of a document, or all."""
        text = self._desk.texts.get(uri) if uri is not None else None
        if uri is not None and text is None:
            raise RequestError(ErrorCodes.InvalidParams, f"{uri} is not open.")
        self._desk.forgive()
        return await self._start_afresh(
            "the prover was restarted", lambda _language, root: text is None or root == text.root
        )

    async def _start_afresh(self, cause: str, matches: Callable[[str, Path | None], bool]) -> int:
        before = len(self._desk.projects.made)
        ended = self._desk.projects.drop(matches)
        dropped = before - len(self._desk.projects.made)
        # Sessions let go of their provers before these end, and take what was dropped for what it is.
        self._refresh_texts(cause, lambda text: matches(text.language, text.root))
        await ended
        return dropped

    def _refresh_texts(self, cause: str, which: Callable[[Text], bool]) -> None:
        for text in self._desk.texts.values():
            if which(text):
                text.session.refresh(cause)


def _maker(settings: Settings) -> Mapping[str, object]:
    """The part of the settings that a project is made with and keeps; the others are looked up when they are needed."""
    return settings.model_dump(exclude={"server": True, "log": True, "prove": {"budget"}})


def _change(event: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(event, types.TextDocumentContentChangePartial):
        start, end = event.range.start, event.range.end
        return Change(((start.line, start.character), (end.line, end.character)), event.text)
    return Change(None, event.text)
