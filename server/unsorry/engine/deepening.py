"""Best-first search from one hole: a graph of goals, the candidates for each, and the states that the prover keeps.

It is driven from outside, one batch of candidates after another, so that whoever drives it can pause between any two,
count the time and share the prover.  What it knows outlives the prover: a state that was let go, or was lost with the
prover's process, is found again by running the step that led to it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from unsorry.engine.drafts import skeletons
from unsorry.engine.feed import Feed
from unsorry.engine.graph import Caps, Compose, Node, ProofGraph, Sketch, Step
from unsorry.engine.graphview import GraphView, view_of
from unsorry.engine.mixing import Mixing
from unsorry.provers.seam import Closed, Goal, Hole, Limits, Outcome, Premise, Progress, Prover, StateHandle
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester

#: How many candidates a node gets in a row.  Then others have a turn, and it has its next one by what it has left.
_BATCH = 12

#: How many states the prover keeps for one search; the one used longest ago is let go first.
_MAX_STATES = 200

#: How many candidates one node may have in all.
_MAX_CANDIDATES = 120


class _LostError(Exception):
    """A state can't be reached again."""


class Deepening:
    """The search below one hole."""

    def __init__(
        self,
        hole: Hole,
        context: GoalContext,
        suggesters: Sequence[Suggester],
        mixing: Mixing,
        compose: Compose,
        opened: Callable[[str], str | None],
        *,
        tried: Callable[[str], bool],
        premises: Callable[[Sequence[Goal]], Awaitable[tuple[Premise, ...]]],
        caps: Caps,
    ) -> None:
        """``compose`` and ``opened`` are the prover's.

        ``tried`` says which candidates failed at the hole itself before, ``premises`` what may help with goals.
        """
        self._hole = hole
        self._context = context
        self._suggesters = suggesters
        self._mixing = mixing
        self._compose = compose
        self._opened = opened
        self._tried = tried
        self._premises = premises
        self._graph = ProofGraph(hole.goals, caps)
        self._feeds: dict[Node, Feed] = {}
        self._given: dict[Node, int] = {}
        self._left: dict[Node, list[Candidate]] = {}
        self._states: OrderedDict[Step, StateHandle] = OrderedDict()
        self._dropped: list[StateHandle] = []
        self._node: Node | None = None
        self._queue: list[Candidate] = []

    @property
    def goals(self) -> int:
        """How many different goals were found."""
        return len(self._graph)

    @property
    def expanded(self) -> int:
        """How many of them had candidates tried on them."""
        return len(self._given)

    @property
    def limits(self) -> tuple[str, ...]:
        """Because of what something was left out, a sentence for each cap."""
        return self._graph.limits

    @property
    def under_way(self) -> tuple[Goal, ...]:
        """The goals that the next candidates are run on."""
        return () if self._node is None else self._node.goals

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps from the hole to these."""
        return () if self._node is None else way(self._node)

    def view(self) -> GraphView | None:
        """What there is to show of the goals found so far; None where they are only the hole's own."""
        return view_of(self._graph)

    @property
    def partials(self) -> list[Sketch]:
        """What proves some goals of the hole, with holes for the others, the best first; to be checked."""
        return self._graph.partials(self._compose)

    @property
    def proof(self) -> Candidate | None:
        """What proves the hole, to be certified; None as long as nothing does."""
        text = self._graph.proof(self._compose)
        if text is None:
            return None
        step = self._graph.root.proof
        assert step is not None
        return Candidate(text, self._graph.root.total + step.score, step.origin)

    async def blame(self, holds: Callable[[str], Awaitable[bool]]) -> list[Step]:
        """The proof did not hold: finds out which of its parts don't, and goes on without them; these are given."""
        ends = self._graph.ends
        texts = [self._graph.proof(self._compose, end) for end in ends]
        guilty = [end for end, text in zip(ends, texts, strict=True) if text is not None and not await holds(text)]
        # Where each holds by itself they don't go together, and one has to give way.
        guilty = guilty or ends[:1]
        self._graph.refuse(guilty)
        return guilty

    async def refill(self) -> bool:
        """Gets candidates for the most promising goal; False when no goal has any left.  Being cancelled is fine."""
        while not self._queue:
            node = self._node
            if node is None or node.proof is not None:
                node = self._node = self._graph.pop()
                if node is None:
                    return False
            feed = await self._feed(node)
            batch = self._left.pop(node, None) or []
            if not batch and self._given[node] < _MAX_CANDIDATES:
                batch = await feed.batch(_BATCH)
            if not batch:
                node.exhausted = True
                self._node = None
                await feed.aclose()
                continue
            self._given[node] += len(batch)
            whole, steps = skeletons(batch, self._opened)
            batch = whole + steps
            self._queue = [c for c in batch if node is not self._graph.root or not self._tried(c.text)]
            if not self._queue:
                self._rest()
        return True

    async def _feed(self, node: Node) -> Feed:
        if node not in self._feeds:
            premises = await self._premises(node.goals)
            self._given[node] = 0
            context = replace(self._context, goals=node.goals, steps=way(node), premises=premises)
            self._feeds[node] = Feed(context, self._suggesters, self._mixing)
        return self._feeds[node]

    def _rest(self, score: float = 0.0) -> None:
        """The node under way waits for its next turn."""
        node, self._node = self._node, None
        if node is not None and node.proof is None:
            self._graph.put(node, score)

    async def run(self, prover: Prover, limits: Limits) -> AsyncGenerator[tuple[Candidate, Outcome]]:
        """Tries the candidates of the goal under way.  Closing it early loses nothing but the candidate under way.

        Raises:
            ProverError: the prover can't be brought back.
        """
        node = self._node
        if node is None:
            return
        limits = replace(limits, keep_states=True, holes=True)
        try:
            state = await self._state(prover, node, limits)
        except _LostError:
            # What led here does not lead here any more (it took too long this time): the goal is given up.
            node.exhausted = True
            self._node, self._queue = None, []
            return
        batch = list(self._queue)
        async with aclosing(prover.try_(state, [c.text for c in batch], limits)) as stream:
            async for outcome in stream:
                candidate = batch[outcome.candidate]
                self._queue = batch[outcome.candidate + 1 :]
                self._note(node, candidate, outcome)
                if node.proof is not None:
                    # Should the proof be refused, the others have their turn.
                    self._left[node], self._queue = self._queue, []
                yield candidate, outcome
                if node.proof is not None:
                    break
        if not self._queue:
            self._rest(batch[-1].score)
        await self._let_go(prover)

    async def plant(
        self, prover: Prover, beginnings: Sequence[Candidate], limits: Limits
    ) -> AsyncGenerator[tuple[Candidate, Outcome]]:
        """Tries beginnings of a proof at the hole, until one runs: from there the search goes on.

        One that closes the hole is for whoever asked to certify.

        Raises:
            ProverError: the prover can't be brought back.
        """
        limits = replace(limits, keep_states=True, holes=True)
        state, root = await self._state(prover, self._graph.root, limits), self._graph.root
        async with aclosing(prover.try_(state, [c.text for c in beginnings], limits)) as stream:
            async for outcome in stream:
                candidate = beginnings[outcome.candidate]
                if not isinstance(outcome, Closed):
                    self._note(root, candidate, outcome)
                yield candidate, outcome
                if isinstance(outcome, Progress | Closed):
                    break
        await self._let_go(prover)

    def _note(self, node: Node, candidate: Candidate, outcome: Outcome) -> None:
        match outcome:
            case Closed(replacements=texts):
                self._graph.close(node, texts[0] if texts else candidate.text, candidate.score, candidate.origin)
            case Progress(goals=goals, state=state, text=text) if state is not None and goals:
                text = text or candidate.text
                step = self._graph.grow(node, text, candidate.score, candidate.origin, _groups(goals))
                if step is None:
                    self._dropped.append(state)
                else:
                    self._keep(step, state)
            case _:
                return

    def _keep(self, step: Step, state: StateHandle) -> None:
        self._states[step] = state
        self._states.move_to_end(step)
        while len(self._states) > _MAX_STATES:
            _, old = self._states.popitem(last=False)
            self._dropped.append(old)

    async def _state(self, prover: Prover, node: Node, limits: Limits) -> StateHandle:
        """The state in which a node's goals are the ones to prove."""
        if node.reached is None:
            assert self._hole.state is not None
            return self._hole.state
        step, place = node.reached
        state = self._states.get(step)
        if state is None:
            state = await self._again(prover, step, limits)
        self._keep(step, state)
        return replace(state, goal=place) if len(node.goals) == 1 else state

    async def _again(self, prover: Prover, step: Step, limits: Limits) -> StateHandle:
        before = await self._state(prover, step.node, limits)
        async with aclosing(prover.try_(before, [step.text], limits)) as stream:
            async for outcome in stream:
                if isinstance(outcome, Progress) and outcome.state is not None:
                    return outcome.state
        raise _LostError

    async def _let_go(self, prover: Prover) -> None:
        dropped, self._dropped = self._dropped, []
        if dropped:
            await prover.forget(dropped)

    def stop(self) -> None:
        """Ends the suggesters' work."""
        for feed in self._feeds.values():
            feed.stop()

    async def aclose(self) -> None:
        """Ends the suggesters' work and waits until it has ended."""
        for feed in self._feeds.values():
            await feed.aclose()

    async def forget(self, prover: Prover) -> None:
        """Has the prover let go of all states that it kept for this search."""
        self._dropped += self._states.values()
        self._states.clear()
        await self._let_go(prover)


def _groups(goals: Sequence[Goal]) -> list[tuple[Goal, ...]]:
    """Goals that can be proved each by itself; all together where something in them is still undetermined."""
    if any(goal.undetermined for goal in goals):
        return [tuple(goals)]
    return [(goal,) for goal in goals]


def way(node: Node) -> tuple[str, ...]:
    """The steps from the hole to a node, on the way on which it was first reached."""
    found: list[str] = []
    while node.reached is not None:
        step, _ = node.reached
        found.append(step.text)
        node = step.node
    return tuple(reversed(found))
