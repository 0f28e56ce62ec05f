"""Projects: the provers, suggesters and rules of trust that work on the files below one root.

What they are is handed in by an :class:`Outfitter`, so that the engine knows no prover and the language server no
suggester.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

from unsorry.engine.budget import Budget
from unsorry.engine.calm import Calm
from unsorry.engine.embeddings import Embedder
from unsorry.engine.graph import Caps
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.learners import Learners
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import PremiseIndex
from unsorry.engine.study import Study
from unsorry.engine.threads import in_thread
from unsorry.engine.trust import Policy
from unsorry.errors import ProverError, UnsorryError
from unsorry.provers.seam import Limits, Prover, ProverInfo
from unsorry.suggesters.seam import Suggester, let_go, models, troubles, warm_up
from unsorry.workspace.settings import Loaded, Settings

_log = logging.getLogger(__name__)

#: How much more a candidate may cost where the user asks to search deeper.
_DEEPER = 4
_DEEPER_HEARTBEATS = 10

#: Says what takes long: in words, and how much of it is done (0 to 1) where that is known.
Tell = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Outfit:
    """What works on a project's files.

    ``warnings`` are for the user; ``embedder`` helps to rank premises; ``troubles`` say why suggesters that are wanted
    are not among these, a sentence each.
    """

    info: ProverInfo
    make_prover: Callable[[], Prover]
    suggesters: Sequence[Suggester]
    warnings: tuple[str, ...] = ()
    embedder: Embedder | None = None
    troubles: tuple[str, ...] = ()


class Outfitter(Protocol):
    """Whoever composes the program says here what it is made of."""

    def language(self, language_id: str, path: Path | None) -> str | None:
        """The name of the prover for such a text; None where it is not one of ours."""
        ...

    def root(self, path: Path) -> Path | None:
        """The root of the project that a file belongs to; None for a loose one.  All loose files share a project."""
        ...

    def settings(self, root: Path | None, client: Mapping[str, object]) -> Loaded:
        """The settings that hold below a root.  Reads files, so it is called in a thread."""
        ...

    def outfit(self, language: str, path: Path | None, settings: Settings, tell: Tell) -> Outfit:
        """What is to work on a file.  May fetch what is missing; called in a thread.

        Raises:
            UnsorryError: there is nothing that could, with what to do about it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Project:
    """What works on the files of one project, for as long as its settings and its toolchain stay as they are."""

    outfit: Outfit
    settings: Settings
    lanes: tuple[Lane, ...]
    root: Path | None = None
    mixing: Mixing = field(default_factory=Mixing)
    premises: PremiseIndex = field(init=False)
    learners: Learners = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"], init=False)

    def __post_init__(self) -> None:
        """Finds out who learns, and who helps to find premises."""
        object.__setattr__(self, "premises", PremiseIndex(self.outfit.embedder))
        object.__setattr__(self, "learners", Learners(self.suggesters))

    @property
    def calm(self) -> Calm:
        """Whether anybody wants its provers."""
        return self.lanes[0].calm

    def run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Runs what nobody waits for, until it ends or the project does."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

    @property
    def suggesters(self) -> Sequence[Suggester]:
        """Where candidates come from."""
        return self.outfit.suggesters

    @property
    def sources(self) -> Sequence[object]:
        """All that may take long to be ready, have trouble, or hold something."""
        return (*self.suggesters, self.outfit.embedder)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What keeps suggesters from their work, a sentence each."""
        return (*self.outfit.troubles, *troubles(self.sources))

    @property
    def model(self) -> str | None:
        """The name of the model that is asked for candidates, the first one of several; None where there is none."""
        return next(models(self.suggesters), None)

    @property
    def policy(self) -> Policy:
        """What a proof may rest on."""
        return Policy(frozenset((*self.settings.trust.axioms, *self.settings.trust.oracles)))

    def budget(self, seconds: float, *, deeper: bool = False) -> Budget:
        """A budget of so many seconds for a hole."""
        limits = Limits(seconds=min(self.settings.prove.candidate_seconds, seconds), explain=False)
        slow_seconds = self.settings.isabelle.sledgehammer_seconds
        if deeper:
            limits = replace(
                limits,
                seconds=min(limits.seconds * _DEEPER, seconds),
                heartbeats=limits.heartbeats * _DEEPER_HEARTBEATS,
            )
            slow_seconds *= _DEEPER
        return Budget(seconds, limits, slow_seconds, Caps() if deeper else None, self.settings.prove.repair_rounds)

    async def close(self) -> None:
        """Ends what runs and all provers, whatever happens to one of them, and lets go of the suggesters."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for error in await asyncio.gather(*(lane.prover.close() for lane in self.lanes), return_exceptions=True):
            if isinstance(error, Exception):
                _log.error("a prover did not end as it should", exc_info=error)
        await let_go(self.sources)

    async def close_document(self, uri: str) -> None:
        """Lets all provers go of a text."""
        for lane in self.lanes:
            with contextlib.suppress(ProverError):
                async with lane.turn(Urgency.ASKED, f"closing {uri}") as prover:
                    await prover.close_document(uri)


class Projects:
    """All projects of which files are open.  Each is made when it is first wanted."""

    def __init__(
        self, outfitter: Outfitter, tell: Tell, warn: Callable[[str], None], warmed: Callable[[Project], None]
    ) -> None:
        """``tell`` hears what takes long, from any thread; ``warn`` what the user should know.

        ``warmed`` is called when suggesters that take long to be ready are so, or never will be.
        """
        self._outfitter = outfitter
        self._tell = tell
        self._warn = warn
        self._warmed = warmed
        self._places: dict[tuple[str, Path | None], asyncio.Task[Project]] = {}
        self._closed = False

    @property
    def made(self) -> tuple[Project, ...]:
        """The projects that could be made."""
        done = [made for made in self._places.values() if made.done() and not made.cancelled()]
        return tuple(task.result() for task in done if task.exception() is None)

    async def project(self, language: str, root: Path | None, path: Path | None, settings: Settings) -> Project:
        """The project of a file.

        Raises:
            UnsorryError: nothing can work on it, with what to do about it.
        """
        while not self._closed:
            key = (language, root)
            made = self._places.get(key)
            if made is None or (made.done() and (made.cancelled() or made.exception() is not None)):
                made = asyncio.create_task(self._make(language, root, path, settings), name=f"find a prover for {root}")
                self._places[key] = made
            # Whoever waits may be cancelled by the next keystroke, and what is being fetched must not be.
            await asyncio.wait([made])
            if not made.cancelled():
                return made.result()
            # It was dropped meanwhile.
        raise ProverError("the server is shutting down")

    async def _make(self, language: str, root: Path | None, path: Path | None, settings: Settings) -> Project:
        # It may be fetching a prover, which takes minutes, when the user closes the editor.
        outfit = await in_thread("find a prover", lambda: self._outfitter.outfit(language, path, settings, self._tell))
        for warning in outfit.warnings:
            self._warn(warning)
        calm = Calm()
        lanes = tuple(Lane(outfit.make_prover(), calm) for _ in range(settings.prove.jobs))
        project = Project(outfit, settings, lanes, root)
        # Nobody waits for it: until then the others have something to say.
        project.run(self._warm_up(project), "get suggesters ready")
        if root is not None and project.learners.suggesters and settings.learn.enabled and settings.learn.workspace:
            study = Study(project.learners, calm, outfit.make_prover)
            project.run(study.run(root, self._belongs(language, root)), f"learn from the files of {root}")
        return project

    async def _warm_up(self, project: Project) -> None:
        if await warm_up(project.sources):
            self._warmed(project)

    def _belongs(self, language: str, root: Path) -> Callable[[Path], bool]:
        """Is a file this project's, and not that of another one further down, such as a package?"""
        return lambda file: self._outfitter.language("", file) == language and self._outfitter.root(file) == root

    def drop(self, matches: Callable[[str, Path | None], bool] = lambda _language, _root: True) -> Awaitable[object]:
        """Forgets projects, which are made anew when they are next wanted; awaiting the result ends their provers."""
        dropped = [key for key in self._places if matches(*key)]
        return asyncio.gather(*(self._end(self._places.pop(key)) for key in dropped))

    @staticmethod
    async def _end(made: asyncio.Task[Project]) -> None:
        made.cancel()
        await asyncio.wait([made])
        if not made.cancelled() and made.exception() is None:
            await made.result().close()

    async def close(self) -> None:
        """Ends everything."""
        self._closed = True
        await self.drop()


def is_expected(error: BaseException) -> bool:
    """Is it something that Unsorry raises on purpose, and no fault of its own?"""
    if isinstance(error, BaseExceptionGroup):
        return all(is_expected(e) for e in cast("BaseExceptionGroup[BaseException]", error).exceptions)
    return isinstance(error, UnsorryError)


def reason(error: BaseException) -> str:
    """What went wrong, in words for the user."""
    if isinstance(error, UnsorryError):
        return str(error)
    if isinstance(error, BaseExceptionGroup):
        return reason(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return f"{type(error).__name__}: {error}"
