"""What there is to show of a search's graph: frozen, and bounded however far the graph has grown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from unsorry.engine.graph import Node, ProofGraph, Step

#: How many goals are shown.
_MOST: Final = 150


class NodeState(StrEnum):
    """What became of a goal so far."""

    OPEN = "open"
    PROVED = "proved"
    #: Nobody has more candidates for it.
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class NodeView:
    """A goal, or several that can only be proved together, as the prover prints them.

    ``ident`` counts the goals of the graph as they were found, from 0 for the hole's own, and stays the same.
    ``depth`` is the number of steps on the best way from the hole.
    """

    ident: int
    goals: tuple[str, ...]
    state: NodeState
    depth: int


@dataclass(frozen=True, slots=True)
class StepView:
    """A tactic that leads from one goal to those that are left; to none where it closes its goal."""

    source: int
    targets: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class GraphView:
    """Some goals of a graph, in the order in which they were found, and steps between them.

    Steps are those by which the goals were first reached, and those that prove one.  ``left_out`` counts goals.
    """

    nodes: tuple[NodeView, ...]
    steps: tuple[StepView, ...]
    left_out: int


def view_of(graph: ProofGraph, most: int = _MOST) -> GraphView | None:
    """What there is to show of a graph, of at most so many goals; None while it has only the hole's own."""
    if len(graph) == 1:
        return None
    numbers = {node: number for number, node in enumerate(graph.nodes)}
    shown = sorted(_chosen(graph, most), key=numbers.__getitem__)
    steps = _steps(shown)
    return GraphView(
        tuple(NodeView(numbers[n], tuple(goal.pretty for goal in n.goals), _state(n), n.length) for n in shown),
        tuple(StepView(numbers[s.node], tuple(numbers[n] for n in s.needs), s.text) for s in steps),
        len(graph) - len(shown),
    )


def _chosen(graph: ProofGraph, most: int) -> Collection[Node]:
    """What is proved, then what was looked at, the most promising first; each with the way there from the hole."""
    shown: dict[Node, None] = {}
    for node in sorted(graph.nodes, key=lambda n: (n.proof is None, not n.steps, -graph.priority(n))):
        if len(shown) == most:
            break
        more: dict[Node, None] = {}
        ahead = [node]
        while ahead:
            here = ahead.pop()
            if here not in shown and here not in more:
                more[here] = None
                if here.reached is not None:
                    step, _ = here.reached
                    # What stands beside it is to be proved, too.
                    ahead += (step.node, *step.needs)
        if len(shown) + len(more) <= most:
            shown |= more
    return shown.keys()


def _steps(shown: Sequence[Node]) -> Collection[Step]:
    there = set(shown)
    found: dict[Step, None] = {}
    for node in shown:
        for step in (None if node.reached is None else node.reached[0], node.proof):
            if step is not None and there.issuperset(step.needs):
                found[step] = None
    return found.keys()


def _state(node: Node) -> NodeState:
    if node.proof is not None:
        return NodeState.PROVED
    return NodeState.EXHAUSTED if node.exhausted else NodeState.OPEN
