"""What the engine tells of a hole: the types that the command line, the server and the records share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from unsorry.engine.graphview import GraphView
from unsorry.provers.seam import Closed, Document, Edit, Hole, Outcome, ProverInfo, Snapshot
from unsorry.suggesters.seam import Candidate


class Status(StrEnum):
    """How a hole ended."""

    PROVED = "proved"
    OPEN = "open"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A candidate and what became of it.

    ``source`` is the name of the suggester; ``refusal`` is the trust gate's word on one that closed the goal.
    ``steps`` lead from the hole to the goals that it was run on.  ``proves`` says that it was certified as a proof of
    the hole.
    """

    candidate: Candidate
    outcome: Outcome
    source: str
    refusal: str | None = None
    steps: tuple[str, ...] = ()
    proves: bool = False

    @property
    def below(self) -> bool:
        """Was it run on a goal that a search came to from the hole's own?

        What it left is not kept then, for there may be very much of that.
        """
        return bool(self.steps)

    @property
    def closed(self) -> bool:
        """Did it close the goal, and was it certified?"""
        return isinstance(self.outcome, Closed) and self.refusal is None


@dataclass(frozen=True, slots=True)
class Tally:
    """How one suggester did: candidates that had their turn, and those that were certified."""

    source: str
    tried: int
    closed: int

    def __str__(self) -> str:
        return f"{self.source} {self.tried} tried" + (f", {self.closed} closed" if self.closed else "")


def tallies(attempts: Iterable[Attempt]) -> tuple[Tally, ...]:
    """How each suggester did, whoever had most turns first."""
    tried: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for attempt in attempts:
        tried[attempt.source] += 1
        closed[attempt.source] += attempt.closed
    return tuple(Tally(source, number, closed[source]) for source, number in tried.most_common())


@dataclass(frozen=True, slots=True)
class Proof:
    """A certified proof: this edit of this document was checked, whole declaration and all.

    ``text`` is the tactic text; ``edit`` is exactly what goes into the buffer.  ``borrowed`` names earlier
    theorems of the buffer that it uses and that were still open when it was certified.  ``seconds`` is how long the
    prover took for that.
    """

    text: str
    edit: Edit
    axioms: tuple[str, ...]
    origin: str
    borrowed: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """What proves some goals of a hole and leaves a hole for each of the others: checked, and no proof.

    Nothing puts it into a text but a user who picks it.
    """

    text: str
    edit: Edit
    proved: int
    goals: int
    origin: str

    def __str__(self) -> str:
        return f"{self.proved} of {self.goals} subgoals proved"


@dataclass(frozen=True, slots=True)
class Effort:
    """What the first proof of a hole took, in seconds.

    ``elapsed`` is wall clock, without pauses and waits for its turn, ``prover`` what the prover worked for
    it in that time, and ``winner`` what it worked on the proof itself: the candidate's own turn and its certification.
    """

    elapsed: float
    prover: float
    winner: float


@dataclass(frozen=True, slots=True)
class Timings:
    """When the first proof of a hole was there, in seconds of wall clock since the text came to rest.

    ``reading`` of them passed while the prover read the text; ``reading_prover`` is what it worked in that time.
    """

    since_quiet: float
    reading: float
    reading_prover: float


@dataclass(frozen=True, slots=True)
class HoleReport:
    """A hole, and what the search for a proof of it gave.  Seconds are wall clock.

    ``alternatives`` are further proofs, longer than the first or slower to check.  ``conditional`` is certified too,
    but rests on theorems of the same text that are still open, so it is not called a proof.  ``partial`` is there only
    where nothing else is.  ``search`` is the number of the search that gave it, 0 for none, and ``graph`` the goals
    that it found, where somebody watched it.
    """

    hole: Hole
    status: Status
    proof: Proof | None = None
    candidates: int = 0
    seconds: float = 0.0
    message: str | None = None
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    alternatives: tuple[Proof, ...] = ()
    conditional: Proof | None = None
    effort: Effort | None = None
    timings: Timings | None = None
    partial: Partial | None = None
    search: int = field(default=0, compare=False, repr=False)
    graph: GraphView | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """All holes of a document, in the order of the text.

    ``result`` is the document with the proved holes filled; its text is what may be written to the file.
    """

    document: Document
    holes: tuple[HoleReport, ...]
    result: Snapshot
    prover: ProverInfo

    @property
    def proved(self) -> int:
        """How many holes are proved."""
        return sum(1 for h in self.holes if h.status is Status.PROVED)
