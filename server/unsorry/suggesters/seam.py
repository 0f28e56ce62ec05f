"""The suggester seam: a goal and what surrounds it go in, candidates come out as they are thought of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from unsorry.provers.seam import Goal, Premise

if TYPE_CHECKING:
    from unsorry.workspace.store import Origin


@dataclass(frozen=True, slots=True)
class Candidate:
    """Tactic text to try.  ``score`` is a log-probability: at most 0, and larger is likelier.

    A ``slow`` one is a search of its own: it comes when nothing else is left to try, has a limit of its own, and gives
    way to others.
    """

    text: str
    score: float
    origin: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class EarlierTheorem:
    """A theorem declared before the hole in the same buffer, with its statement as the buffer writes it."""

    name: str
    statement: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the prover says against a text.  ``line`` is the one of the text that it means, from 0, if that is known."""

    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A whole proof that was tried and does not hold."""

    text: str
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class GoalContext:
    """What a suggester may know: the goals, where they stand, and which of the buffer's theorems come before.

    ``imports`` are the modules that the buffer imports, for suggesters that use what only some of them bring.

    ``steps`` lead from the hole to these goals, in a search that goes on from what a step leaves: steps that bring the
    proof nearer are wanted then, too.  It is None where only what closes the goals is.

    ``premises`` are theorems that may help with the first goal, with their statements and the likeliest first.  They
    are accessible there, imported ones included; choosing them takes time, so that there are none at first.

    ``failed`` is a proof that did not hold and what was made of it since, each with the prover's messages: what is
    wanted is the next one.  Only those suggesters are told of it that repair (:class:`Repairing`).
    """

    prover: str
    goals: tuple[Goal, ...]
    declaration: str | None = None
    earlier: tuple[EarlierTheorem, ...] = ()
    imports: tuple[str, ...] = ()
    before: str = field(default="", repr=False)
    steps: tuple[str, ...] | None = None
    premises: tuple[Premise, ...] = ()
    failed: tuple[Failed, ...] = ()

    @property
    def goal(self) -> Goal:
        """The goal that the hole must close first."""
        return self.goals[0]


@runtime_checkable
class Holding(Protocol):
    """What holds connections or processes, and lets go of them when nobody asks it any more."""

    async def aclose(self) -> None:
        """Lets go.  Calling it twice is fine."""
        ...


@runtime_checkable
class Troubled(Protocol):
    """What may be unable to do its work, as a model may, and says why."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def problem(self) -> str | None:
        """The last trouble as one sentence; None since the last answer that had none."""
        ...


@runtime_checkable
class Warming(Protocol):
    """What takes long to get ready, and can begin with that before it is asked."""

    async def warm_up(self) -> None:
        """Gets ready.  What goes wrong is no exception, but its trouble."""
        ...


@runtime_checkable
class Repairing(Protocol):
    """What may know how to mend a proof that failed."""

    @property
    def repairs(self) -> bool:
        """Does it make something of :attr:`GoalContext.failed`?"""
        ...


class Suggester(Protocol):
    """A source of candidates."""

    @property
    def name(self) -> str:
        """The origin of its candidates, as users see it."""
        ...

    def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Candidates for the goal, the likeliest first as far as that is known."""
        ...


@runtime_checkable
class Learning(Suggester, Protocol):
    """A source that learns from proofs."""

    async def learn(self, context: GoalContext, tactic: str, origin: Origin) -> bool:
        """Takes into account from now on that a tactic proved a goal; False where that was known before."""
        ...

    async def has_read(self, name: str, digest: str) -> bool:
        """Has it been taught all that this very text of a file teaches?"""
        ...

    async def note_read(self, name: str, digest: str) -> None:
        """It has been taught all that this text of a file teaches."""
        ...


def repairs(suggester: Suggester) -> bool:
    """Does this one mend proofs that failed?"""
    return isinstance(suggester, Repairing) and suggester.repairs


async def let_go(sources: Iterable[object]) -> None:
    """Has those let go that hold something."""
    for source in sources:
        if isinstance(source, Holding):
            await source.aclose()


def models(suggesters: Iterable[Suggester]) -> Iterator[str]:
    """The names of the models among suggesters."""
    return (s.name for s in suggesters if isinstance(s, Troubled))


def troubles(sources: Iterable[object]) -> tuple[str, ...]:
    """What keeps some from their work, each once: its name, and a sentence."""
    found = (f"{s.name}: {s.problem}" for s in sources if isinstance(s, Troubled) and s.problem is not None)
    return tuple(dict.fromkeys(found))


async def warm_up(sources: Iterable[object]) -> bool:
    """Gets those ready that take long to be; False where there are none."""
    slow = [source for source in sources if isinstance(source, Warming)]
    await asyncio.gather(*(source.warm_up() for source in slow))
    return bool(slow)
