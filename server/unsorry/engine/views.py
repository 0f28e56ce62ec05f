"""What a session shows of its text: frozen, and always of one version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from unsorry.engine.report import Attempt, HoleReport, Proof
from unsorry.provers.seam import Document, Hole, ProverInfo, Snapshot


class Stage(StrEnum):
    """How far the search for a hole is."""

    WAITING = "waiting"
    SEARCHING = "searching"
    PROVED = "proved"
    OPEN = "open"
    ERROR = "error"


class Phase(StrEnum):
    """What a session is doing."""

    #: The text changed, or was opened, and nothing was done about it yet.
    CHANGED = "changed"
    #: A prover is being found or fetched.
    PREPARING = "preparing"
    #: The prover reads the text.
    READING = "reading"
    SEARCHING = "searching"
    IDLE = "idle"
    #: It can't be worked on; the reason is with it.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HoleView:
    """One hole, as far as the search for it is.

    ``report`` is what it has given; ``tried`` counts candidates, and ``searched`` the goals that a search which is
    under way has tried them on.
    """

    hole: Hole
    stage: Stage
    tried: int = 0
    report: HoleReport | None = None
    searched: int = 0

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """What proves it in this very version of the text, the best first."""
        if self.stage is not Stage.PROVED or self.report is None or self.report.proof is None:
            return ()
        return (self.report.proof, *self.report.alternatives)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody who watches has by now: so many attempts of the search with this number."""

    search: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class SearchView:
    """A hole, and of the search with this ``number`` the ``attempts`` from the one with the index ``first`` on.

    The number is another one when the search was begun anew, and 0 as long as there is none.
    """

    hole: HoleView
    number: int
    first: int
    attempts: tuple[Attempt, ...]

    @property
    def seen(self) -> Seen:
        """What somebody has who has taken these, too."""
        return Seen(self.number, self.first + len(self.attempts))


@dataclass(frozen=True, slots=True)
class BufferView:
    """A text at one version, and what is known of it.

    ``document`` is of this version, and None until the prover has begun to read it; ``holes`` may be there before, for
    what stands far enough above an edit is as it was.  ``troubles`` says of suggesters what keeps them from their work.
    """

    snapshot: Snapshot
    phase: Phase
    holes: tuple[HoleView, ...] = ()
    document: Document | None = None
    prover: ProverInfo | None = None
    failure: str | None = None
    troubles: tuple[str, ...] = ()

    def reaches(self, offset: int) -> bool:
        """Has this version been read up to a byte?"""
        document = self.document
        if document is None:
            return False
        return document.complete or (bool(document.commands) and document.commands[-1].end >= offset)

    def at(self, start: int, end: int | None = None) -> tuple[HoleView, ...]:
        """The holes that a range of bytes touches."""
        end = start if end is None else end
        return tuple(h for h in self.holes if h.hole.start <= end and start <= h.hole.end)
