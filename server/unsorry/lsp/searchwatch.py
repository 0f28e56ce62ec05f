"""The search that a client watches, told of as it goes: each candidate once, and the rest when it has changed.

What there is to tell is looked up in the engine when it may be told, so that nothing is kept for it, and the time
between two notifications bounds their number whatever the prover does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lsprotocol import types

from unsorry.engine.graphview import GraphView
from unsorry.engine.report import Attempt
from unsorry.engine.session import Session
from unsorry.engine.views import HoleView, Phase, SearchView, Seen, Stage
from unsorry.lsp import wording
from unsorry.lsp.desk import Desk
from unsorry.lsp.texts import READ_LIMIT, Text
from unsorry.lsp.throttle import Throttle
from unsorry.provers.seam import Closed, Fault, Progress, Refused, Rejected, TimedOut

#: The notification's name, and the least time between two, in seconds.
_NOTICE: Final = "unsorry/search"
_SECONDS: Final = 0.2

#: The least time between two states of a graph that grows, in seconds.
_GRAPH_SECONDS: Final = 1.0

#: How many candidates one notification tells of, and how many characters of a prover's message.
_MOST: Final = 250
_MESSAGE: Final = 1000

#: The stage of a hole that is not there any more.
_GONE: Final = "gone"


@dataclass(slots=True, eq=False)
class _Watched:
    """A hole, and what the client knows of its search.

    ``start`` is where it begins in the newest version, and None while an edit that took it in is being read.
    """

    text: Text
    hole: HoleView
    start: int | None
    seen: Seen = field(default_factory=Seen)
    #: All but candidates and graph, as it was told last, or was when the watch began.
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    #: Whether the client has this generation's graph, which, and when it may have another.
    graph_told: bool = False
    graph: GraphView | None = None
    graph_due: float = -math.inf
    later: asyncio.TimerHandle | None = None
    #: Which hole of its declaration it was when that was last known, from 0.
    place: int = 0

    @property
    def beside(self) -> list[int]:
        """Where the holes of its declaration begin, as far as they are known."""
        declaration = self.hole.hole.declaration
        return [h.hole.start for h in self.text.session.view.holes if h.hole.declaration == declaration]

    def take_place(self) -> None:
        """Finds out which of them it is, where that is known."""
        if self.start in (beside := self.beside):
            self.place = beside.index(self.start)

    def find_again(self) -> None:
        """Finds out where it is after an edit that took it in, where that is known."""
        if self.start is None and self.place < len(beside := self.beside):
            self.start = beside[self.place]


class SearchWatch:
    """One connection's watch: at most one hole at a time."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is watched."""
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._throttle = Throttle(_SECONDS, self._tell)
        self._watched: _Watched | None = None
        # Counts what the client said of watching.
        self._wishes = 0
        self._generation = 0

    # What the client wants

    async def begin(self, text: Text, position: types.Position) -> dict[str, Any]:
        """Watches the hole at a position, in the place of any other; or else says which goals are there.

        Raises:
            SupersededError: the text has changed meanwhile.
        """
        self.end()
        wish = self._wishes
        offset = text.offset(position)
        goals: list[str] = []
        await text.session.read(offset, READ_LIMIT)
        hole = text.nearest_hole(offset)
        if hole is None and (here := await text.session.goals_at(offset)) is not None:
            goals = [goal.pretty for goal in here.goals]
        # The client may have come to want another one while this text was read.
        if hole is None or wish != self._wishes:
            return {"watching": False, "uri": text.uri, "position": position, "goals": goals}
        watched = self._watched = _Watched(text, hole, hole.hole.start)
        watched.take_place()
        watched.told = _state(watched)
        self._generation += 1
        text.session.watch(True)
        self._desk.listeners.add(self._hear)
        self._throttle.ask()
        return {"watching": True, "uri": text.uri, "position": text.position(hole.hole.start)}

    def end(self) -> None:
        """Nothing is watched any more."""
        self._wishes += 1
        watched, self._watched = self._watched, None
        self._desk.listeners.discard(self._hear)
        if watched is not None:
            watched.text.session.watch(False)
            if watched.later is not None:
                watched.later.cancel()

    # What happens to the text

    def follow(self, text: Text, start: int, old_end: int, new_end: int) -> None:
        """The bytes of a text from ``start`` to ``old_end`` are to become those up to ``new_end``."""
        watched = self._watched
        if watched is None or watched.text is not text or watched.start is None:
            return
        if old_end <= watched.start:
            watched.start += new_end - old_end
        elif start < watched.start:
            watched.take_place()
            watched.start = None

    def closed(self, text: Text) -> None:
        """A text was closed."""
        if self._watched is not None and self._watched.text is text:
            self.end()

    def stop(self) -> None:
        """The connection ends."""
        self.end()
        self._throttle.stop()

    # What there is to tell

    def _hear(self, session: Session) -> None:
        if self._watched is not None and self._watched.text.session is session:
            self._throttle.ask()

    def _tell(self) -> bool:
        watched = self._watched
        if watched is None:
            return False
        session = watched.text.session
        watched.find_again()
        search = None if watched.start is None else session.search_at(watched.start, watched.seen, _MOST)
        if search is not None:
            return self._tell_search(watched, search)
        view = session.view
        if view.phase is Phase.FAILED:
            return self._send(watched, {**watched.told, "stage": Stage.ERROR.value, "message": view.failure})
        read = view.document is not None and view.document.complete
        if read or (watched.start is not None and view.reaches(watched.start)):
            self._send(watched, {**watched.told, "stage": _GONE, "message": None})
            self.end()
            return True
        # It is being read again, and until then nothing is known.
        return False

    def _tell_search(self, watched: _Watched, search: SearchView) -> bool:
        watched.hole = search.hole
        if search.number != watched.seen.search:
            self._generation += 1
            watched.graph_told = False
        watched.seen = search.seen
        if search.seen.attempts < search.hole.tried:
            # What is left comes next.
            self._loop.call_soon(self._throttle.ask)
        return self._send(watched, _state(watched), [_candidate(a) for a in search.attempts], self._graph(watched))

    def _graph(self, watched: _Watched) -> dict[str, Any]:
        """The graph where the client has to have it now; nothing where it has it, or can wait."""
        now = self._loop.time()
        if watched.graph_told and watched.hole.stage is Stage.SEARCHING and now < watched.graph_due:
            if watched.later is None:
                watched.later = self._loop.call_at(watched.graph_due, self._ask_later, watched)
            return {}
        assert watched.start is not None, "it is told of a hole that is there"
        graph = watched.text.session.graph_at(watched.start)
        if watched.graph_told and graph == watched.graph:
            return {}
        watched.graph_told, watched.graph, watched.graph_due = True, graph, now + _GRAPH_SECONDS
        return {"graph": None if graph is None else _graph(graph)}

    def _ask_later(self, watched: _Watched) -> None:
        watched.later = None
        self._throttle.ask()

    def _send(
        self,
        watched: _Watched,
        state: Mapping[str, Any],
        candidates: Sequence[Mapping[str, Any]] = (),
        more: Mapping[str, Any] | None = None,
    ) -> bool:
        if state == watched.told and not candidates and not more:
            return False
        watched.told = state
        first = watched.seen.attempts - len(candidates)
        notice = {**state, "generation": self._generation, "first": first, "candidates": candidates, **(more or {})}
        self._desk.wire.notify(_NOTICE, notice)
        return True


def _state(watched: _Watched) -> dict[str, Any]:
    """All that is told of a hole each time anew."""
    text, hole, report = watched.text, watched.hole, watched.hole.report
    return {
        "uri": text.uri,
        "version": text.buffer.version,
        "range": text.range(hole.hole.start, hole.hole.end),
        "declaration": hole.hole.declaration,
        "goals": [goal.pretty for goal in hole.hole.goals],
        "stage": hole.stage.value,
        "tried": hole.tried,
        "proofs": [
            {
                "number": number,
                "text": proof.text,
                "title": wording.proves(proof),
                "origin": proof.origin,
                "axioms": list(proof.axioms),
            }
            for number, proof in enumerate(hole.proofs)
        ],
        "message": None if report is None or hole.stage is Stage.PROVED else report.message,
    }


def _candidate(attempt: Attempt) -> dict[str, Any]:
    kind, message, goals = _outcome(attempt)
    score = attempt.candidate.score
    return {
        "text": attempt.candidate.text,
        "origin": attempt.candidate.origin,
        "score": score if math.isfinite(score) else None,
        "outcome": kind,
        "message": wording.cut(message, _MESSAGE) if message else None,
        "goals": goals,
        "steps": list(attempt.steps),
        "seconds": attempt.outcome.seconds,
    }


def _outcome(attempt: Attempt) -> tuple[str, str | None, int | None]:
    """What became of a candidate: the kind, what prover or gate say, and how many goals are left where that was kept.

    Only what was certified proves: that something closed a goal is no proof yet.
    """
    match attempt.outcome:
        case Closed():
            return ("proves" if attempt.proves else "closes"), attempt.refusal, 0
        case Progress(goals=left):
            return "progress", attempt.refusal, None if attempt.below else len(left)
        case Rejected(message=message):
            return "rejected", message, None
        case TimedOut():
            return "timedOut", None, None
        case Refused(reason=reason):
            return "refused", reason, None
        case Fault(reason=reason):
            return "fault", reason, None


def _graph(graph: GraphView) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": n.ident, "goals": list(n.goals), "state": n.state.value, "depth": n.depth} for n in graph.nodes
        ],
        "steps": [{"from": s.source, "to": list(s.targets), "text": s.text} for s in graph.steps],
        "left_out": graph.left_out,
    }
