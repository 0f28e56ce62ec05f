"""What the server is doing, for a status item, a benchmark or a curious user; told to clients that want to know."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from unsorry.engine.projects import Project
from unsorry.engine.views import BufferView, Phase, Stage
from unsorry.lsp.desk import Desk
from unsorry.lsp.loopwatch import LoopWatch
from unsorry.lsp.throttle import Throttle

#: The notification's name, the least time between two, in seconds, and the parts whose change is told.
_NOTICE: Final = "unsorry/status"
_SECONDS: Final = 0.25
_TOLD: Final = ("projects", "texts", "troubles")


async def status(desk: Desk, loop_watch: LoopWatch | None, *, asking: int = 0) -> dict[str, Any]:
    """One JSON object.  Times in seconds, memory in bytes.  So many open requests only ask for it, and don't count."""
    views = [(text, text.session.view) for text in desk.texts.values()]
    projects = desk.projects.made
    found: dict[str, Any] = {
        "projects": [_project(p, [view for text, view in views if text.session.project is p]) for p in projects],
        "texts": [
            {
                "uri": text.uri,
                "version": text.buffer.version,
                "phase": view.phase.value,
                "cause": text.session.cause,
                "failure": view.failure,
                "read": view.document is not None and view.document.complete,
                "holes": dict(Counter(h.stage.value for h in view.holes)),
                "counts": _counts(view),
            }
            for text, view in views
        ],
        "troubles": list(dict.fromkeys(t for project in projects for t in project.troubles)),
    }
    lanes = [lane for project in projects for lane in project.lanes]
    memory = await asyncio.gather(*(lane.prover.memory() for lane in lanes))
    return {
        **found,
        "lanes": [
            {
                "prover": lane.prover.info.prover,
                "version": lane.prover.info.version,
                "origin": lane.prover.info.origin,
                "cause": lane.cause,
                "queue": lane.queue,
                "busy": lane.prover.busy,
                "memory": size,
            }
            for lane, size in zip(lanes, memory, strict=True)
        ],
        "requests": desk.wire.ledger.open - asking,
        "tasks": len(asyncio.all_tasks()),
        "stalls": None if loop_watch is None else _stalls(loop_watch),
    }


def _project(project: Project, views: list[BufferView]) -> dict[str, Any]:
    info = project.lanes[0].prover.info
    return {
        "root": None if project.root is None else str(project.root),
        "prover": {"name": info.prover, "version": info.version, "origin": info.origin},
        "model": project.model,
        "trouble": next(iter(project.troubles), None),
        "working": any(view.phase not in {Phase.IDLE, Phase.FAILED} for view in views),
    }


def _counts(view: BufferView) -> dict[str, int]:
    """The holes, those that are proved, those that were searched in vain, and those whose turn is to come or to end."""
    stages = Counter(hole.stage for hole in view.holes)
    return {
        "total": stages.total(),
        "proved": stages[Stage.PROVED],
        "open": stages[Stage.OPEN] + stages[Stage.ERROR],
        "left": stages[Stage.WAITING] + stages[Stage.SEARCHING],
    }


def _stalls(watch: LoopWatch) -> dict[str, Any]:
    seconds, where = watch.worst or (0.0, "")
    return {"count": watch.stalls, "worst": seconds, "where": where}


class StatusFeed:
    """Tells a client what the server is doing whenever something of it that a user would see has changed."""

    def __init__(
        self, desk: Desk, loop_watch: LoopWatch | None, start: Callable[[Coroutine[Any, Any, None], str], None]
    ) -> None:
        """``start`` runs what no request waits for."""
        self._desk = desk
        self._loop_watch = loop_watch
        self._start = start
        self._throttle = Throttle(_SECONDS, self._begin)
        self._telling = False
        self._again = False
        self._told: Mapping[str, Any] | None = None

    def ask(self) -> None:
        """Something may have changed."""
        self._throttle.ask()

    def stop(self) -> None:
        """Nothing is told any more."""
        self._throttle.stop()

    def _begin(self) -> bool:
        if self._telling:
            self._again = True
        else:
            self._telling = True
            self._start(self._tell(), "tell the status")
        return True

    async def _tell(self) -> None:
        try:
            found = await status(self._desk, self._loop_watch)
            told = {part: found[part] for part in _TOLD}
            if told != self._told:
                self._told = told
                self._desk.wire.notify(_NOTICE, found)
        finally:
            self._telling = False
            if self._again:
                self._again = False
                self._throttle.ask()
