"""The prover seam: what the engine may ask of any prover, and the words both sides use.

Everything here is plain frozen data and one :class:`Prover` protocol.  Lean, Isabelle and the scripted fake of
:mod:`unsorry.provers.fake` implement it, and one contract test-suite runs unchanged on all of them.

Positions are byte offsets into the UTF-8 encoding of the snapshot's text, exactly as the buffer has it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

#: What a declaration rests on that has a hole, or uses one that has, whatever the prover itself calls it.
HOLE_AXIOM: Final = "sorryAx"


class HoleKind(StrEnum):
    """How a hole was written."""

    TACTIC = "tactic"
    TERM = "term"
    ADMIT = "admit"
    CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Field:
    """An explicit argument of a constructor, besides the parameters of its type; without a name it is empty.

    ``recursive`` says that it is of that type again, or gives values of it.
    """

    name: str
    recursive: bool


@dataclass(frozen=True, slots=True)
class InductiveType:
    """The inductive type behind a local's type or a goal's target.

    ``fields`` are those of each constructor; there are none where the prover names the cases of a proof by itself.
    """

    name: str
    constructors: tuple[str, ...]
    recursive: bool
    indices: int = 0
    parameters: int = 0
    fields: tuple[tuple[Field, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Local:
    """One hypothesis or variable of a goal.

    ``binders`` counts the arrows and ∀ in front of its conclusion, and ``head`` is the head symbol of that conclusion.
    """

    name: str
    type: str
    accessible: bool = True
    is_prop: bool = False
    is_type: bool = False
    is_instance: bool = False
    binders: int = 0
    head: str = ""
    inductive: InductiveType | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant that a goal mentions.  ``text`` is how one writes it there; ``module`` is None in the same file.

    ``is_prop`` says that it is a proposition or gives one.  Of definitions also: ``recursion`` is empty, ``structural``
    or ``well-founded``; ``major`` is the explicit argument that structural recursion is on, and ``varying`` are the
    explicit arguments besides it that recursive calls change.
    """

    name: str
    text: str
    kind: str
    module: str | None = None
    is_prop: bool = False
    recursion: str = ""
    major: int | None = None
    varying: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """A constant of this file applied in the goal: its explicit arguments, None for one that is no plain variable."""

    name: str
    arguments: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """Hypotheses and target as the prover prints them, with as much of their shape as rules need.

    ``nested`` are constants of the same file that the bodies of the mentioned definitions mention, ``nested_library``
    the names of the others there.  ``bound`` is the type that a ∃ or ∀ in front of the target ranges over.  ``inner``
    is the goal behind the target's binders, which the tactic in its ``opening`` leads to.  Where a goal that a step
    leaves has an ``opening``, it is as it is behind that, and a proof of it alone begins so.  One that is
    ``undetermined`` has something in it that is still to be found, and may occur in others, too.
    """

    pretty: str
    target: str
    case: str | None = None
    locals: tuple[Local, ...] = ()
    head: str = ""
    whnf_head: str = ""
    is_prop: bool = True
    inductive: InductiveType | None = None
    constants: tuple[Constant, ...] = ()
    hypothesis_constants: tuple[Constant, ...] = ()
    applications: tuple[Application, ...] = ()
    nested: tuple[Constant, ...] = ()
    nested_library: tuple[str, ...] = ()
    bound: str = ""
    bound_inductive: InductiveType | None = None
    opening: str = ""
    inner: Goal | None = None
    undetermined: bool = False


@dataclass(frozen=True, slots=True)
class StateHandle:
    """A proof state that the prover keeps.

    Candidates are run on its first goal, and the others stay behind what that leaves.  With ``goal`` they are run on
    that one of its goals (from 0), and the others are left aside: a candidate closes that goal, or makes progress on it
    alone.  Whoever holds a state may ask for each of its goals so (``dataclasses.replace``).

    ``steps`` are the candidates that led here from the hole at ``start``, each with the ``goal`` it was run on; a
    prover that lost its memory replays them.
    """

    uri: str
    start: int
    ident: int
    generation: int
    steps: tuple[tuple[int | None, str], ...] = ()
    goal: int | None = None

    def after(self, ident: int, generation: int, candidate: str) -> StateHandle:
        """The state that a candidate made of this one."""
        return StateHandle(self.uri, self.start, ident, generation, (*self.steps, (self.goal, candidate)))


@dataclass(frozen=True, slots=True)
class Hole:
    """A place where a proof is owed.  ``state`` is None where the prover never reached it (an error came before)."""

    start: int
    end: int
    kind: HoleKind
    command: int
    declaration: str | None
    goals: tuple[Goal, ...]
    state: StateHandle | None


class Severity(StrEnum):
    """How bad a prover's message is."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the prover about a range of the buffer."""

    severity: Severity
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A name that a command declares, with its kind (``theorem``, ``def``, …)."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Command:
    """One top-level command of a document.

    What it says ends at the byte ``statement_end``, where a proof or a definition's body begins; at its ``end`` where
    there is none.
    """

    index: int
    start: int
    end: int
    statement_end: int
    kind: str
    declarations: tuple[Declaration, ...]
    messages: tuple[Message, ...]
    holes: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A buffer at one version.  ``path`` says where it lies, for its project and its imports."""

    uri: str
    version: int
    text: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An elaborated snapshot.

    ``elaborated`` and ``reused`` count commands; ``complete`` is False when elaboration was stopped on the way, and
    ``imported`` is False when the header's imports failed (there are no commands then).  ``imports`` are the modules
    that a Lean file's header names.
    """

    snapshot: Snapshot
    commands: tuple[Command, ...]
    messages: tuple[Message, ...] = ()
    elaborated: int = 0
    reused: int = 0
    complete: bool = True
    imported: bool = True
    imports: tuple[str, ...] = ()

    @property
    def holes(self) -> tuple[Hole, ...]:
        """All holes in the order of the text."""
        return tuple(hole for command in self.commands for hole in command.holes)

    @property
    def errors(self) -> tuple[Message, ...]:
        """All errors in the order of the text."""
        own = (m for m in self.messages if m.severity is Severity.ERROR)
        return (*own, *(m for c in self.commands for m in c.messages if m.severity is Severity.ERROR))


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one candidate: wall clock in seconds, and the prover's own deterministic step count.

    Without ``explain`` a rejection may come without the prover's message, which often costs more than the candidate.
    With ``holes`` a candidate may be a skeleton that :meth:`Prover.opened` gave: what its holes owe are the goals that
    it leaves, which are there to be worked on apart.
    """

    seconds: float = 2.0
    heartbeats: int = 200_000
    keep_states: bool = False
    explain: bool = True
    holes: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """No goal is left.  Not yet a proof: only :meth:`Prover.certify` makes one.

    ``replacements`` are the texts that the candidate itself says would do as well (what ``exact?`` found).
    """

    candidate: int
    seconds: float
    replacements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """It runs, and these goals are left.  ``state`` is None unless the limits asked to keep it.

    ``text`` is what the prover made of a candidate that only begins a structured proof: a skeleton with all its cases.
    """

    candidate: int
    seconds: float
    goals: tuple[Goal, ...]
    state: StateHandle | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The prover says no, with its message if it was asked for."""

    candidate: int
    seconds: float
    message: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """It did not end within its limits.  That is not a no."""

    candidate: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """The trust gate did not let it run, or did not let its result pass."""

    candidate: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The prover died of it or had to be killed."""

    candidate: int
    seconds: float
    reason: str


Outcome = Closed | Progress | Rejected | TimedOut | Refused | Fault


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the bytes from ``start`` to ``end`` of a snapshot by ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the prover's kernel said of a declaration with a hole filled.

    ``axioms`` are the axioms or oracles that the declarations of the command rest on, other than those of holes that
    are still open in it.  ``borrowed`` names earlier declarations of the same buffer that it uses and that are
    not proved themselves: until they are, neither is this.  ``reason`` says why not, when ``ok`` is False.  The places
    of ``messages`` are those of the buffer with the edits made.
    """

    ok: bool
    reason: str | None = None
    axioms: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    borrowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclarationAxioms:
    """What one declaration rests on.  ``error`` is set where the prover could not say."""

    name: str
    kind: str
    start: int
    axioms: tuple[str, ...]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Premise:
    """A theorem that is accessible at a place, under a name that can be used there.

    ``symbols`` are the constants that its statement mentions, each once, without connectives and instances.  ``head``
    is the head symbol of its conclusion, and ``left`` that of the left side where the conclusion is an equation or an
    equivalence; empty where that is no constant.  ``module`` is where it comes from, None for the same text.
    ``statement`` is what stands behind the name as the prover prints it; None until it is asked for.
    """

    name: str
    symbols: tuple[str, ...] = ()
    head: str = ""
    left: str = ""
    module: str | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class LibraryModule:
    """A part of a prover's own library, a module or a theory: what it imports itself, and its theorems."""

    name: str
    imports: tuple[str, ...]
    theorems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProverInfo:
    """Which prover checks here: shown to the user with every proof."""

    prover: str
    version: str
    origin: str
    command: tuple[str, ...] = field(default=())


class Prover(Protocol):
    """One prover process and what it holds.  All methods may raise :class:`~unsorry.errors.ProverError`.

    Calls are answered one after another.  Cancelling the asyncio task that waits for one makes the prover stop that
    work at the next candidate or sooner, and leaves it ready for the next call.
    """

    @property
    def info(self) -> ProverInfo:
        """Which prover this is.  Known after the first answer."""
        ...

    @property
    def busy(self) -> float:
        """Seconds so far that the prover has spent on requests; for benchmarks and logs."""
        ...

    async def open(
        self, snapshot: Snapshot, *, on_command: Callable[[Command], None] | None = None, until: int | None = None
    ) -> Document:
        """Elaborates a buffer, keeping the commands before the first changed one of the version opened before.

        With ``until`` it may stop after the first command that ends at that byte or behind it; the document is not
        ``complete`` then, and opening the same text again goes on from there.  So does the next version after an
        ``open`` that was cancelled: what was elaborated by then is kept.
        """
        ...

    async def goals(self, document: Document, start: int, end: int | None = None) -> Hole | None:
        """The goals at a place inside a proof, as a hole from ``start`` to ``end``; None where there is none.

        What stands between the two (a tactic half typed) is taken as not there.  Without ``end`` the hole has no width.
        Its kind is ``CURSOR``, or ``TERM`` where a term is wanted.
        """
        ...

    def try_(self, state: StateHandle, candidates: Sequence[str], limits: Limits) -> AsyncGenerator[Outcome, None]:
        """Runs candidates on a kept state, several at a time where the prover can, and gives outcomes in their order.

        Each comes as soon as it and those before it are known.  Closing the generator before its end makes the prover
        stop.
        """
        ...

    def edit(self, document: Document, hole: Hole, text: str) -> Edit:
        """The edit that fills a hole with a candidate's text, laid out as this prover's texts are.

        It is what :meth:`certify` checks and what users get, to the byte.
        """
        ...

    def tactic_start(self, line: bytes) -> int:
        """How many bytes of a line up to the cursor stand before the candidate that is being typed at its end.

        It is a guess: where nothing is owed at that place there are no goals.
        """
        ...

    def opened(self, text: str) -> str | None:
        """A text with holes as a step that leaves these as goals; None for what has none, or is no such step."""
        ...

    def compose(self, step: str, left: Sequence[Goal], parts: Sequence[str]) -> str:
        """The text of a proof that begins with a step and goes on with a proof for each of the goals it has left.

        One part for several goals proves them together.
        """
        ...

    def fewer_facts(self, text: str) -> Iterator[str]:
        """A text with fewer of the facts that its tactics are given, the boldest cut first.

        What belongs to a fact goes with it, and so does what only announces facts where none is left.
        """
        ...

    async def certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool = True, seconds: float = 10.0
    ) -> Certificate:
        """Re-checks a whole command with these edits made.  ``complete`` says that no hole may be left in it."""
        ...

    async def sketch(
        self, document: Document, command: int, edits: Sequence[Edit], *, seconds: float = 10.0
    ) -> Certificate:
        """Re-checks a whole command with these edits made, which may leave holes of their own, written as such.

        All else is as in :meth:`certify`, but what holds up here is a sketch and never a proof.
        """
        ...

    async def axioms(self, document: Document) -> tuple[DeclarationAxioms, ...]:
        """What each declaration of the document rests on."""
        ...

    async def libraries(self, state: StateHandle) -> tuple[str, ...]:
        """What is imported at a state, in parts that :meth:`premises` tells the theorems of.

        What is called the same has the same theorems in it, for as long as the prover is used.
        """
        ...

    async def premises(self, state: StateHandle, library: str | None = None) -> tuple[Premise, ...]:
        """The theorems of one of the state's libraries, or those of its own text that stand before it, in order.

        None has its statement.
        """
        ...

    async def stated(self, state: StateHandle, premises: Sequence[Premise]) -> tuple[Premise | None, ...]:
        """Each of these with its statement, and with its name as one writes it there; None for what is not there."""
        ...

    async def forget(self, states: Sequence[StateHandle]) -> None:
        """Lets go of states that :meth:`try_` kept."""
        ...

    async def memory(self) -> int:
        """Resident memory of the prover's processes, in bytes."""
        ...

    async def close_document(self, uri: str) -> None:
        """Lets go of a document and all its states."""
        ...

    async def close(self) -> None:
        """Ends the process and waits until it is gone.  Calling it twice is fine."""
        ...
