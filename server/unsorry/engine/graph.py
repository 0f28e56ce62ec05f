"""The AND/OR graph of a search: goals, and the steps that lead from one to those that are left.

A goal is proved when one of its steps has all of its goals proved, a step without goals at once.  Goals that are the
same (:mod:`unsorry.engine.identity`) share a node, as in HyperTree Proof Search (Lample et al. 2022), and the next goal
is the one with the best log-probability by length, as in BFS-Prover (Xin et al. 2025): the sum over the steps from the
root, divided by their number to the power ``alpha``.

A node becomes proved only through nodes that were proved before it, so the proof that is read off has no cycle,
whatever cycles the graph has.
"""

from __future__ import annotations

import heapq
import itertools
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from unsorry.engine.identity import Identity, identity_of, translated
from unsorry.provers.seam import Goal

#: Lays out a proof that begins with a step and goes on with the proofs of the goals that it leaves.
Compose = Callable[[str, Sequence[Goal], Sequence[str]], str]

#: What every prover calls a hole in a proof.
_HOLE = "sorry"


@dataclass(frozen=True, slots=True)
class Caps:
    """How far a graph may grow: goals, steps in a row, and about how many bytes all goals may take.

    ``alpha`` is the weight of length: at 0 long ways count against themselves.
    """

    nodes: int = 600
    depth: int = 24
    memory: int = 64 * 2**20
    alpha: float = 0.5


@dataclass(frozen=True, slots=True)
class Sketch:
    """A proof with holes, and how many of its goals are proved.  ``origin`` is whose its first step is."""

    text: str
    proved: int
    goals: int
    origin: str


@dataclass(slots=True, eq=False)
class Step:
    """A tactic that turned a goal into others.

    These are ``left`` as the tactic left them; ``names`` are the hypotheses' names in each group that hangs together.
    A refused one closed its goal, and what was put together with it did not hold.
    """

    node: Node
    text: str
    score: float
    origin: str
    needs: tuple[Node, ...]
    names: tuple[tuple[str, ...], ...]
    left: tuple[Goal, ...] = ()
    refused: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """A goal, or several that share what is still undetermined and can only be proved together.

    ``total`` is the log-probability of the ``length`` steps that lead here on the best way.  ``reached`` is the step by
    which the node was found and the place of its goal in what that step left; None at the root.
    """

    goals: tuple[Goal, ...]
    identity: Identity
    total: float
    length: int
    reached: tuple[Step, int] | None
    steps: list[Step] = field(default_factory=list[Step])
    uses: list[Step] = field(default_factory=list[Step])
    proof: Step | None = None
    #: Nobody has more candidates for it.
    exhausted: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The hypotheses' names in the goal as it was first reached."""
        return self.identity.names


class ProofGraph:
    """The goals found so far.  It knows no prover: whoever searches tells it what steps gave."""

    def __init__(self, goals: Sequence[Goal], caps: Caps) -> None:
        """``goals`` are those of the hole."""
        self._caps = caps
        self._numbers = itertools.count()
        self._frontier: list[tuple[float, int, Node]] = []
        # Goals that no proof can come of any more, but more of what is proved in part.
        self._aside: list[Node] = []
        self.root = Node(tuple(goals), identity_of(goals), 0.0, 0, None)
        self._nodes = {self.root.identity.key: self.root}
        self._memory = _memory(goals)
        self._limits: dict[str, None] = {}
        self.put(self.root, 0.0)

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def nodes(self) -> Collection[Node]:
        """All goals, in the order in which they were found: the root first."""
        return self._nodes.values()

    @property
    def limits(self) -> tuple[str, ...]:
        """Because of what something was left out, a sentence for each cap."""
        return tuple(self._limits)

    def priority(self, node: Node, score: float = 0.0) -> float:
        """How promising a node is, with the log-probability of the next step from it; at most 0, larger is better."""
        steps = node.length + (score != 0.0)
        return (node.total + score) / max(1, steps) ** self._caps.alpha

    def put(self, node: Node, score: float) -> None:
        """Has a node looked at, again if need be; ``score`` is that of its best candidate left, 0 if not known."""
        heapq.heappush(self._frontier, (-self.priority(node, score), next(self._numbers), node))

    def pop(self) -> Node | None:
        """The most promising node that can still matter; None when there is none.

        When nothing can prove the root any more, it is one that can prove a goal of the root's steps: part of a proof.
        """
        while self._frontier:
            _, _, node = heapq.heappop(self._frontier)
            if node.proof is None and not node.exhausted:
                if self._matters(node):
                    return node
                if self._matters(node, partly=True):
                    self._aside.append(node)
        while self._aside:
            node = self._aside.pop(0)
            if node.proof is None and not node.exhausted:
                return node
        return None

    def _matters(self, node: Node, *, partly: bool = False) -> bool:
        """Could a proof of this node still become part of one of the root?  Not if a goal beside it can't be proved.

        ``partly``: of one with holes for goals that the root's own steps leave.
        """
        seen: set[Node] = set()
        ahead = [node]
        while ahead:
            here = ahead.pop()
            if here is self.root:
                return True
            if here in seen or (here.proof is not None and here is not node):
                continue
            seen.add(here)
            ahead += [
                step.node
                for step in here.uses
                if not step.refused and ((partly and step.node is self.root) or not any(map(_is_lost, step.needs)))
            ]
        return False

    def grow(self, node: Node, text: str, score: float, origin: str, left: Sequence[Sequence[Goal]]) -> Step | None:
        """Notes that a step leaves these goals, in groups that hang together.

        None where it brings nothing new: it leads back to a goal that it is to prove, or there is no more room.
        """
        total, length = node.total + score, node.length + 1
        memory = self._memory + sum(map(_memory, left))
        if memory > self._caps.memory:
            # Before they are looked at: what is too large is not even to be told apart.
            return self._leave_out(f"goals reached their limit of {self._caps.memory / 2**20:g} MiB")
        identities = [identity_of(group) for group in left]
        known = [self._nodes.get(i.key) for i in identities]
        above = self._above(node)
        if any(k is not None and k in above for k in known):
            return None
        fresh = len({i.key for i, k in zip(identities, known, strict=True) if k is None})
        if length > self._caps.depth:
            return self._leave_out(f"the limit of {self._caps.depth} steps in a row was reached")
        if len(self._nodes) + fresh > self._caps.nodes:
            return self._leave_out(f"the limit of {self._caps.nodes} goals was reached")
        every = tuple(goal for group in left for goal in group)
        step = Step(node, text, score, origin, (), tuple(i.names for i in identities), every)
        needs: list[Node] = []
        for place, (group, identity) in enumerate(zip(left, identities, strict=True)):
            child = self._nodes.get(identity.key)
            if child is None:
                child = self._nodes[identity.key] = Node(tuple(group), identity, total, length, (step, place))
                self._memory += _memory(group)
                needs.append(child)
                self.put(child, 0.0)
            else:
                needs.append(child)
                if child.proof is None and self._rank(total, length) > self.priority(child):
                    child.total, child.length = total, length
                    self.put(child, 0.0)
            child.uses.append(step)
        step.needs = tuple(needs)
        node.steps.append(step)
        self._settle(step)
        return step

    def _leave_out(self, limit: str) -> None:
        self._limits[limit] = None

    def _rank(self, total: float, length: int) -> float:
        return total / max(1, length) ** self._caps.alpha

    @staticmethod
    def _above(node: Node) -> set[Node]:
        """The node and those on the way on which it was first reached."""
        found = {node}
        while node.reached is not None:
            node = node.reached[0].node
            found.add(node)
        return found

    def close(self, node: Node, text: str, score: float, origin: str) -> Step:
        """Notes that a step proves a node."""
        step = Step(node, text, score, origin, (), ())
        node.steps.append(step)
        self._settle(step)
        return step

    def _settle(self, step: Step) -> None:
        """Carries upwards what a step has proved."""
        waiting = [step]
        while waiting:
            step = waiting.pop()
            node = step.node
            if node.proof is None and not step.refused and all(n.proof is not None for n in step.needs):
                node.proof = step
                waiting += node.uses

    @property
    def ends(self) -> list[Step]:
        """The steps of the root's proof that leave no goal, each once."""
        found: dict[Step, None] = {}
        ahead = [self.root]
        while ahead:
            step = ahead.pop().proof
            assert step is not None, "only what is proved is read off"
            if not step.needs:
                found[step] = None
            ahead += step.needs
        return list(found)

    def refuse(self, steps: Sequence[Step]) -> None:
        """What was read off does not hold because of these steps: they are not taken again, and the search goes on."""
        for step in steps:
            step.refused = True
        for node in self._nodes.values():
            node.proof = None
        for node in self._nodes.values():
            for step in node.steps:
                self._settle(step)
        for node in self._nodes.values():
            if node.proof is None and not node.exhausted:
                self.put(node, 0.0)

    def proof(self, compose: Compose, only: Step | None = None) -> str | None:
        """The text that proves the root, None while it is not proved; with ``only``, holes for its other ends."""
        return None if self.root.proof is None else self._text(self.root, self.root.names, compose, only)

    def _text(self, node: Node, names: Sequence[str], compose: Compose, only: Step | None) -> str:
        step = node.proof
        assert step is not None, "only what is proved is read off"
        if only is not None and not step.needs and step is not only:
            return _HOLE
        # Below a node reached in two ways the names are those of the first; what stands there is translated as a whole.
        inner = [self._text(n, own, compose, only) for n, own in zip(step.needs, step.names, strict=True)]
        return translated(compose(step.text, step.left, inner) if inner else step.text, node.names, names)

    def partials(self, compose: Compose) -> list[Sketch]:
        """Proofs of the root with holes that prove some of its goals, what is most nearly a proof first.

        Of what begins with the same step there is what goes furthest, and what has holes wherever the step leaves a
        goal that is not proved: that holds where something further down does not.
        """
        root = self.root
        chosen: dict[Node, Step] = {}
        # A way back to the root is a hole.
        known = {root: (0, 1)}
        found: dict[Sketch, None] = {}
        for step in root.steps:
            if step.needs and not step.refused:
                for child in step.needs:
                    self._rate(child, chosen, known)
                for inner in (chosen, {}):
                    sketch = self._sketch(root, root.names, compose, {**inner, root: step}, frozenset())
                    if sketch.proved:
                        found[sketch] = None
        return sorted(found, key=lambda s: (-s.proved / s.goals, s.goals))

    def _rate(self, node: Node, chosen: dict[Node, Step], known: dict[Node, tuple[int, int]]) -> tuple[int, int]:
        """How many goals of how many are proved in the best that there is for a node; notes the step it begins with."""
        if node.proof is not None:
            return 1, 1
        if node in known:
            return known[node]
        # A way back here is one goal that is not proved.
        best = known[node] = (0, 1)
        for step in node.steps:
            if step.needs and not step.refused:
                parts = [self._rate(child, chosen, known) for child in step.needs]
                count = (sum(p for p, _ in parts), sum(n for _, n in parts))
                # A step that proves nothing only puts more holes in the place of one.
                if count[0] and (count[0] / count[1], -count[1]) > (best[0] / best[1], -best[1]):
                    best, chosen[node] = count, step
        known[node] = best
        return best

    def _sketch(
        self, node: Node, names: Sequence[str], compose: Compose, chosen: Mapping[Node, Step], above: frozenset[Node]
    ) -> Sketch:
        if node.proof is not None:
            return Sketch(self._text(node, names, compose, None), 1, 1, node.proof.origin)
        step = chosen.get(node)
        if step is None or node in above:
            return Sketch(_HOLE, 0, 1, "")
        parts = [
            self._sketch(child, own, compose, chosen, above | {node})
            for child, own in zip(step.needs, step.names, strict=True)
        ]
        text = translated(compose(step.text, step.left, [p.text for p in parts]), node.names, names)
        return Sketch(text, sum(p.proved for p in parts), sum(p.goals for p in parts), step.origin)


def _is_lost(node: Node) -> bool:
    """Can it not be proved any more?  Nobody has another candidate, and no step it has can come true."""
    return node.proof is None and node.exhausted and not node.steps


def _memory(goals: Sequence[Goal]) -> int:
    """About how many bytes goals take: their texts, and those again to tell which goals are the same."""
    return sum(2 * sys.getsizeof(t) for g in goals for t in (g.pretty, g.target, *(x.type for x in g.locals)))
