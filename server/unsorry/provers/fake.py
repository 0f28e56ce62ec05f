"""A scripted prover for tests: no process, no prover, and every outcome is what the script says.

Its language is one theorem after another, each with a list of tactics, one a line::

    theorem both : A ∧ B := by
      constructor
      sorry
      exact b

and its script says what each tactic does to each target::

    prover = FakeProver({
        "A ∧ B": {"constructor": Leaves(("A", "B")), "tauto": Closes()},
        "A": {"exact a": Closes(), "loop": Hangs(), "crash": Dies(times=1)},
        ANY: {"simp": Rejects("simp made no progress")},
    })

A tactic works on the first goal.  What the script does not have is rejected.  ``counts`` tells what was done, so that a
test can say that something was *not* done.  Nothing waits in real time unless ``sleep`` is left as it is.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from unsorry.errors import ProverDiedError, ProverError
from unsorry.provers.facts import fewer
from unsorry.provers.lean.facts import fact_lists
from unsorry.provers.lean.skeletons import opened
from unsorry.provers.seam import (
    HOLE_AXIOM,
    Certificate,
    Closed,
    Command,
    Declaration,
    DeclarationAxioms,
    Document,
    Edit,
    Fault,
    Goal,
    Hole,
    HoleKind,
    Limits,
    Message,
    Outcome,
    Premise,
    Progress,
    ProverInfo,
    Refused,
    Rejected,
    Severity,
    Snapshot,
    StateHandle,
    TimedOut,
)

#: The target that stands for every target in a script.
ANY: Final = "*"

#: What a hole rests on until it is filled.
SORRY_AXIOM: Final = HOLE_AXIOM


@dataclass(frozen=True, slots=True)
class Closes:
    """Closes the goal.  With a ``flaw``, :meth:`FakeProver.certify` finds out that it did not, for that reason."""

    seconds: float = 0.0
    replacements: tuple[str, ...] = ()
    axioms: tuple[str, ...] = ()
    flaw: str | None = None


@dataclass(frozen=True, slots=True)
class Leaves:
    """Puts these targets in the place of the goal."""

    targets: tuple[str, ...]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rejects:
    """Does not apply."""

    message: str = "this tactic does not apply"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Refuses:
    """The trust gate does not let it run."""

    reason: str = "this is not allowed in a proof"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Hangs:
    """Runs until it is stopped.  What takes longer than the limits allow hangs too."""

    seconds: float = float("inf")


@dataclass(frozen=True, slots=True)
class Faults:
    """A fault that the prover survives, with all its states."""

    reason: str = "the prover had to be stopped"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Dies:
    """Takes the prover with it: all states are lost and have to be replayed.

    With ``times`` it does so only that often, and then does what ``then`` says.
    """

    reason: str = "the prover's process ended unexpectedly"
    times: int | None = None
    then: Closes | Leaves | Rejects = Closes()
    seconds: float = 0.0


Step = Closes | Leaves | Rejects | Refuses | Hangs | Faults | Dies
Script = Mapping[str, Mapping[str, Step]]


@dataclass(slots=True)
class Counts:
    """What the prover was made to do."""

    starts: int = 0
    opens: int = 0
    elaborated: int = 0
    candidates: int = 0
    replayed: int = 0
    certifications: int = 0
    premises: int = 0
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class _Piece:
    """One tactic, with its place in the buffer."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One command as it is written.  ``error`` is set where it can't be read."""

    start: int
    end: int
    statement_end: int
    kind: str
    name: str = ""
    target: str = ""
    body: tuple[_Piece, ...] = ()
    term: bool = False
    error: str | None = None

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for piece in self.body for word in _WORD.findall(piece.text))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What running a command's proof gave."""

    holes: tuple[tuple[_Piece, HoleKind, tuple[str, ...] | None], ...]
    messages: tuple[Message, ...]
    axioms: tuple[str, ...]
    seconds: float
    flaw: str | None = None
    death: str | None = None


@dataclass(slots=True)
class _Open:
    document: Document
    parsed: tuple[_Parsed, ...]
    checked: tuple[_Checked, ...]
    generation: int
    #: Where `goals` found some: the targets by the start of the place.
    cursors: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


_COMMAND = re.compile(r"(theorem|lemma|example|def|instance)[ \t]+(\S+)[ \t]*:\s*(.*?)\s*:=\s*", re.DOTALL)
_THEOREMS = {"theorem", "lemma"}
_BY = re.compile(r"by\b")
_WORD = re.compile(r"[\w.']+")
_HOLE = re.compile(r"\b(sorry|admit)\b")
_IMPORT = re.compile(r"import[ \t]+(\S+)")
_ESCAPE = re.compile(r"(theorem|lemma|example|def|instance|axiom|import|end|open|#\w+)\b", re.MULTILINE)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _pieces(text: str, start: int) -> Iterable[_Piece]:
    """The tactics in a text that begins at byte ``start``: one a line, without comments and bullets."""
    for line in text.splitlines(keepends=True):
        code = line.split("--", 1)[0]
        stripped = code.lstrip(" \t·")
        before = _bytes(code[: len(code) - len(stripped)])
        stripped = stripped.rstrip()
        if stripped:
            yield _Piece(start + before, start + before + _bytes(stripped), stripped)
        start += _bytes(line)


def _parse_command(text: str, start: int) -> _Parsed:
    end = start + _bytes(text.rstrip())
    match = _COMMAND.match(text)
    if match is None:
        word = (text.split() or [""])[0]
        return _Parsed(start, end, end, word, error=f"unknown command `{word}`")
    place, term = match.end(), True
    if by := _BY.match(text, place):
        place, term = by.end(), False
    body = tuple(_pieces(text[place:], start + _bytes(text[:place])))
    error = None if body else "unexpected end of input"
    statement_end = start + _bytes(text[: match.end(3)])
    return _Parsed(start, end, statement_end, match[1], match[2], match[3], body, term, error)


def _parse(text: str) -> tuple[list[str], list[_Parsed]]:
    """The imports and the commands of a buffer.  A command begins in the first column and goes on in indented lines."""
    imports: list[str] = []
    commands: list[_Parsed] = []
    gathered, begin, place = "", 0, 0
    if text.startswith("\ufeff"):
        text, place = text[1:], 3

    def finish() -> None:
        nonlocal gathered
        if gathered.strip():
            commands.append(_parse_command(gathered, begin))
        gathered = ""

    for line in text.splitlines(keepends=True):
        if found := _IMPORT.match(line):
            finish()
            imports.append(found[1])
        elif line.startswith("--"):
            finish()
        elif line[:1].isspace():
            gathered += line if gathered else ""
        else:
            finish()
            gathered, begin = line, place
        place += _bytes(line)
    finish()
    return imports, commands


def _focused(targets: tuple[str, ...], goal: int | None) -> tuple[str, ...]:
    if goal is None:
        return targets
    if goal >= len(targets):
        raise ProverError("this proof state has no such goal")
    return (targets[goal],)


def _edited(text: str, edits: Iterable[Edit]) -> tuple[str, int]:
    """A text with edits made, and by how many bytes it has grown."""
    data = text.encode("utf-8", "surrogatepass")
    grown = 0
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        new = edit.text.encode("utf-8", "surrogatepass")
        data = data[: edit.start] + new + data[edit.end :]
        grown += len(new) - (edit.end - edit.start)
    return data.decode("utf-8", "surrogatepass"), grown


def _ends_as_before(text: str, command: int, edits: Sequence[Edit]) -> bool:
    """Is the end of this command, after these edits, where it was before them?  Or would be if each put in a hole?"""
    old = _parse(text)[1]
    changed, grown = _edited(text, edits)
    new = _parse(changed)[1]
    if len(new) <= command:
        return False
    inside = all(edit.end <= old[command].end for edit in edits)
    if inside and len(new) == len(old) and new[command].end == old[command].end + grown:
        return True
    holed, less = _edited(text, [Edit(e.start, e.end, "sorry") for e in edits])
    held = _parse(holed)[1]
    return len(new) == len(held) and new[command].end - grown == held[command].end - less


def _same_start(old: str, new: str) -> int:
    """The first byte at which two texts differ; past the end of both where they don't."""
    a, b = old.encode("utf-8", "surrogatepass"), new.encode("utf-8", "surrogatepass")
    if a == b:
        return len(a) + 1
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


class FakeProver:
    """A :class:`~unsorry.provers.seam.Prover` that does what its script says."""

    def __init__(
        self,
        script: Script | Callable[[str, str], Step | None] | None = None,
        *,
        goals: Mapping[str, Goal] | None = None,
        premises: Sequence[Premise] = (),
        missing_imports: Iterable[str] = (),
        seconds_per_command: float = 0.0,
        bytes_per_state: int = 2**20,
        info: ProverInfo | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``script`` gives a step for a target and a tactic; None stands for a rejection.

        ``goals`` gives the shape of targets that need one, and ``sleep`` is how the prover spends its time.
        """
        self.counts = Counts()
        #: Every candidate that was begun, in order.
        self.tried: list[str] = []
        self._script = script or {}
        self._goals = goals or {}
        self._premises = tuple(premises)
        self._missing = frozenset(missing_imports)
        self._seconds_per_command = seconds_per_command
        self._bytes_per_state = bytes_per_state
        self._info = info or ProverInfo("Fake", "1.0", "script")
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._open: dict[str, _Open] = {}
        self._states: dict[int, tuple[str, ...]] = {}
        self._next_state = 0
        self._generation = 0
        self._deaths: dict[tuple[str, str], int] = {}
        self._death = asyncio.Event()
        self._alive = False
        self._closed = False
        self._busy = 0.0

    @property
    def info(self) -> ProverInfo:
        """What it calls itself."""
        return self._info

    @property
    def busy(self) -> float:
        """The scripted seconds that were really spent."""
        return self._busy

    # Life

    def die(self) -> None:
        """Ends the prover as a `kill` from outside would, also in the middle of a request."""
        self._alive = False
        self._states.clear()
        self._death.set()

    def _start(self) -> None:
        if self._closed:
            raise ProverError("this prover is closed")
        if not self._alive:
            self._alive = True
            self._death = asyncio.Event()
            self._generation += 1
            self.counts.starts += 1

    async def _spend(self, seconds: float) -> None:
        """Lets time pass.

        Raises:
            ProverDiedError: the prover was killed meanwhile.
        """
        death = self._death
        if seconds > 0 and not death.is_set():
            nap = asyncio.ensure_future(self._sleep(seconds))
            watch = asyncio.ensure_future(death.wait())
            begun = time.perf_counter()
            try:
                await asyncio.wait({nap, watch}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._busy += seconds if nap.done() else min(seconds, time.perf_counter() - begun)
                # A cancellation that comes only now must not be lost with those two.
                nap.cancel()
                watch.cancel()
                await asyncio.wait({nap, watch})
        else:
            await asyncio.sleep(0)
        if death.is_set():
            raise ProverDiedError("the prover's process ended unexpectedly")

    async def close(self) -> None:
        """Ends it.  Calling it twice is fine."""
        self._closed = True
        self.die()

    async def memory(self) -> int:
        """What it would take if it were real."""
        return (50 * 2**20 + len(self._states) * self._bytes_per_state) if self._alive else 0

    # What the script says

    def _step(self, target: str, tactic: str) -> Step:
        if callable(self._script):
            return self._script(target, tactic) or Rejects()
        for key in (target, ANY):
            if (found := self._script.get(key, {}).get(tactic)) is not None:
                return found
        return Rejects()

    def _goal(self, target: str) -> Goal:
        return self._goals.get(target) or Goal(pretty=f"⊢ {target}", target=target)

    def _run(self, targets: tuple[str, ...], tactic: str) -> tuple[Step, tuple[str, ...]]:
        """One tactic on the first of these goals: its step, and the goals after it."""
        if not targets:
            return Rejects("no goals to be proved"), ()
        step = self._step(targets[0], tactic)
        if isinstance(step, Dies) and step.times is not None:
            key = (targets[0], tactic)
            if self._deaths.get(key, 0) >= step.times:
                step = step.then
        match step:
            case Closes():
                return step, targets[1:]
            case Leaves(targets=new):
                return step, (*new, *targets[1:])
            case _:
                return step, targets

    def _note_death(self, target: str, tactic: str) -> None:
        self._deaths[target, tactic] = self._deaths.get((target, tactic), 0) + 1
        self.die()

    def _check(self, command: _Parsed) -> _Checked:
        """Runs the proof of a command as it stands."""
        if command.error is not None:
            message = Message(Severity.ERROR, command.start, command.end, command.error)
            return _Checked((), (message,), (), 0.0)
        targets: tuple[str, ...] | None = (command.target,)
        holes: list[tuple[_Piece, HoleKind, tuple[str, ...] | None]] = []
        messages: list[Message] = []
        axioms: list[str] = []
        seconds = 0.0
        flaw: str | None = None
        death: str | None = None
        for piece in command.body:
            if found := _HOLE.search(piece.text):
                start = piece.start + _bytes(piece.text[: found.start()])
                written = _Piece(start, start + len(found[0]), found[0])
                kind = HoleKind.ADMIT if found[0] == "admit" else HoleKind.TACTIC
                if found[0] != piece.text or command.term:
                    kind = HoleKind.TERM
                holes.append((written, kind, targets[:1] if targets else None))
                targets = targets[1:] if targets else targets
                axioms.append(SORRY_AXIOM)
                continue
            if targets is None:
                continue
            goal = targets[0] if targets else ""
            step, targets = self._run(targets, piece.text)
            seconds += step.seconds
            match step:
                case Closes():
                    axioms.extend(step.axioms)
                    flaw = flaw or step.flaw
                case Leaves():
                    pass
                case Dies():
                    death = step.reason
                    self._note_death(goal, piece.text)
                    targets = None
                case Hangs():
                    messages.append(Message(Severity.ERROR, piece.start, piece.end, "this does not come to an end"))
                    targets = None
                case Rejects(message=text) | Refuses(reason=text) | Faults(reason=text):
                    messages.append(Message(Severity.ERROR, piece.start, piece.end, text))
                    targets = None
        if targets:
            left = "\n".join(f"⊢ {t}" for t in targets)
            messages.append(Message(Severity.ERROR, command.start, command.end, f"unsolved goals\n{left}"))
        return _Checked(tuple(holes), tuple(messages), tuple(dict.fromkeys(axioms)), seconds, flaw, death)

    # Documents

    def _keep(self, targets: tuple[str, ...]) -> int:
        ident = self._next_state
        self._next_state += 1
        self._states[ident] = targets
        return ident

    def _hole(
        self, uri: str, index: int, name: str, piece: _Piece, kind: HoleKind, targets: tuple[str, ...] | None
    ) -> Hole:
        if targets is None:
            return Hole(piece.start, piece.end, kind, index, name, (), None)
        state = StateHandle(uri, piece.start, self._keep(targets), self._generation)
        return Hole(piece.start, piece.end, kind, index, name, tuple(self._goal(t) for t in targets), state)

    def _command(self, uri: str, index: int, parsed: _Parsed, checked: _Checked) -> Command:
        holes = tuple(self._hole(uri, index, parsed.name, *hole) for hole in checked.holes)
        kind = "theorem" if parsed.kind == "lemma" else parsed.kind
        declarations = (Declaration(parsed.name, kind),) if parsed.name else ()
        return Command(
            index, parsed.start, parsed.end, parsed.statement_end, parsed.kind, declarations, checked.messages, holes
        )

    async def open(
        self, snapshot: Snapshot, *, on_command: Callable[[Command], None] | None = None, until: int | None = None
    ) -> Document:
        """Reads a buffer up to ``until``, keeping the commands before the first changed one."""
        async with self._lock:
            self.counts.opens += 1
            try:
                return await self._elaborate(snapshot, on_command, until)
            except ProverDiedError:
                # Once more, as the real provers do: whatever ended it may have been somebody's `kill`.
                return await self._elaborate(snapshot, on_command, until)

    async def _elaborate(
        self, snapshot: Snapshot, on_command: Callable[[Command], None] | None = None, until: int | None = None
    ) -> Document:
        self._start()
        imports, parsed = _parse(snapshot.text)
        old = self._open.get(snapshot.uri)
        commands: list[Command] = []
        checked: list[_Checked] = []
        if old is not None and old.generation == self._generation:
            same = _same_start(old.document.snapshot.text, snapshot.text)
            pairs = zip(old.parsed[: len(old.checked)], parsed, strict=False)
            reused = sum(1 for a, b in pairs if a == b and b.end < same)
            commands, checked = list(old.document.commands[:reused]), list(old.checked[:reused])
            await self._drop(old.document.commands[reused:])
        missing = next((name for name in imports if name in self._missing), None)
        messages: tuple[Message, ...] = ()
        if missing is not None:
            text = f"unknown module prefix '{missing}'"
            messages, parsed, commands, checked = (Message(Severity.ERROR, 0, 0, text),), [], [], []
        reused = len(commands)
        cursors = old.cursors if old is not None and old.document.snapshot.text == snapshot.text else {}

        def keep() -> Document:
            document = Document(
                snapshot,
                tuple(commands),
                messages,
                len(commands) - reused,
                reused,
                complete=len(commands) == len(parsed),
                imported=missing is None,
                imports=tuple(imports),
            )
            self._open[snapshot.uri] = _Open(document, tuple(parsed), tuple(checked), self._generation, cursors)
            return document

        try:
            for index in range(reused, len(parsed)):
                if until is not None and commands and commands[-1].end >= until:
                    break
                await self._spend(self._seconds_per_command)
                one = self._check(parsed[index])
                if one.death is not None:
                    raise ProverDiedError(one.death)
                checked.append(one)
                self.counts.elaborated += 1
                commands.append(self._command(snapshot.uri, index, parsed[index], one))
                if on_command is not None:
                    on_command(commands[-1])
        except ProverError:
            raise
        except BaseException:
            keep()
            raise
        return keep()

    async def _drop(self, commands: Iterable[Command]) -> None:
        for command in commands:
            for hole in command.holes:
                if hole.state is not None:
                    self._states.pop(hole.state.ident, None)

    async def _ensure(self, uri: str) -> _Open:
        """The open document, read again if the prover has died since."""
        opened = self._open.get(uri)
        if opened is None:
            raise ProverError(f"{uri} is not open")
        self._start()
        if opened.generation != self._generation:
            document = opened.document
            reached = document.commands[-1].end if document.commands else 0
            await self._elaborate(document.snapshot, until=None if document.complete else reached)
            opened = self._open[uri]
        return opened

    async def close_document(self, uri: str) -> None:
        """Lets go of a document and its states."""
        async with self._lock:
            opened = self._open.pop(uri, None)
            if opened is not None:
                await self._drop(opened.document.commands)

    async def goals(self, document: Document, start: int, end: int | None = None) -> Hole | None:
        """The goals at a place: those of a ``sorry`` that stood there."""
        async with self._lock:
            opened = await self._ensure(document.snapshot.uri)
            text = opened.document.snapshot.text
            if text != document.snapshot.text:
                return None
            here = _Piece(start, start if end is None else end, "")
            changed, _ = _edited(text, [Edit(here.start, here.end, "sorry")])
            for index, parsed in enumerate(_parse(changed)[1][: len(opened.checked)]):
                for piece, written, targets in self._check(parsed).holes:
                    if piece.start == start and targets:
                        opened.cursors[start] = targets
                        kind = HoleKind.TERM if written is HoleKind.TERM else HoleKind.CURSOR
                        return self._hole(document.snapshot.uri, index, parsed.name, here, kind, targets)
            return None

    # Candidates

    async def _targets(self, state: StateHandle) -> tuple[str, ...]:
        """The goals of a state, found again by replaying its steps if the prover has died since."""
        opened = await self._ensure(state.uri)
        if state.generation == self._generation:
            if state.ident not in self._states:
                raise ProverError("this proof state was forgotten")
            return self._states[state.ident]
        hole = next((h for h in opened.document.holes if h.start == state.start and h.state is not None), None)
        if hole is not None and hole.state is not None:
            targets = self._states[hole.state.ident]
        elif state.start in opened.cursors:
            targets = opened.cursors[state.start]
        else:
            raise ProverError("this proof state belongs to a hole that is no longer there")
        for goal, text in state.steps:
            self.counts.replayed += 1
            targets = _focused(targets, goal)
            for line in _pieces(text, 0):
                _, targets = self._run(targets, line.text)
        return targets

    def _refusal(self, state: StateHandle, text: str) -> str | None:
        if found := _HOLE.search(text):
            return f"`{found[0]}` is not allowed in a proof"
        if _ESCAPE.search(text):
            return "not a tactic sequence: this is more than a tactic sequence"
        opened = self._open[state.uri].document
        own = {d.name for c in opened.commands if c.start <= state.start <= c.end for d in c.declarations}
        if own & set(_WORD.findall(text)):
            return "it uses the very declaration that is being proved"
        return None

    async def _try(self, number: int, state: StateHandle, text: str, limits: Limits) -> Outcome:
        targets = _focused(await self._targets(state), state.goal)
        if refusal := self._refusal(state, text):
            return Refused(number, 0.0, refusal)
        tactics = [piece.text for piece in _pieces(text, 0)]
        if not tactics:
            return Refused(number, 0.0, "not a tactic sequence: unexpected end of input")
        seconds = 0.0
        replacements: tuple[str, ...] = ()
        for tactic in tactics:
            before = targets
            step, targets = self._run(before, tactic)
            allowed = limits.seconds - seconds
            if isinstance(step, Hangs) or step.seconds > allowed:
                await self._spend(min(step.seconds, allowed))
                return TimedOut(number, limits.seconds)
            await self._spend(step.seconds)
            seconds += step.seconds
            match step:
                case Closes():
                    replacements = (*replacements, *step.replacements)
                case Leaves():
                    pass
                case Rejects(message=message):
                    return Rejected(number, seconds, message if limits.explain else "")
                case Refuses(reason=reason):
                    return Refused(number, seconds, reason)
                case Faults(reason=reason):
                    return Fault(number, seconds, reason)
                case Dies(reason=reason):
                    self._note_death(before[0], tactic)
                    return Fault(number, seconds, reason)
        if not targets:
            return Closed(number, seconds, replacements)
        goals = tuple(self._goal(t) for t in targets)
        kept: StateHandle | None = None
        if limits.keep_states:
            kept = state.after(self._keep(targets), self._generation, text)
        return Progress(number, seconds, goals, kept)

    async def try_(self, state: StateHandle, candidates: Sequence[str], limits: Limits) -> AsyncGenerator[Outcome]:
        """Runs candidates one after another.  One that the prover dies of is a fault; the others get their turn."""
        async with self._lock:
            for number, text in enumerate(candidates):
                self.counts.candidates += 1
                self.tried.append(text)
                try:
                    outcome = await self._try(number, state, text, limits)
                except ProverDiedError as error:
                    outcome = Fault(number, 0.0, str(error))
                yield outcome

    async def forget(self, states: Sequence[StateHandle]) -> None:
        """Lets go of states."""
        async with self._lock:
            for state in states:
                if state.generation == self._generation and self._states.pop(state.ident, None) is not None:
                    self.counts.forgotten += 1

    # Proofs

    def edit(self, document: Document, hole: Hole, text: str) -> Edit:
        """The text in the place of the hole, its lines below one another, behind `by` where the hole is a term."""
        data = document.snapshot.text.encode("utf-8", "surrogatepass")
        before = data[data.rfind(b"\n", 0, hole.start) + 1 : hole.start].decode("utf-8", "replace")
        newline = "\r\n" if b"\r\n" in data else "\n"
        first, *rest = text.strip().split("\n")
        by = "by " if hole.kind is HoleKind.TERM else ""
        return Edit(hole.start, hole.end, newline.join([by + first, *(" " * len(before) + line for line in rest)]))

    def tactic_start(self, line: bytes) -> int:
        """Behind the white space: each tactic has a line of its own."""
        return len(line) - len(line.lstrip())

    def opened(self, text: str) -> str | None:
        """The first step of a skeleton in Lean's words, which the script has with `?_` for its hole."""
        return opened(text)

    def compose(self, step: str, left: Sequence[Goal], parts: Sequence[str]) -> str:
        """One tactic after another: each works on the first goal that is left."""
        return "\n".join([step, *parts])

    def fewer_facts(self, text: str) -> Iterator[str]:
        """Lists are written as in Lean."""
        return fewer(text, fact_lists(text))

    async def certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool = True, seconds: float = 10.0
    ) -> Certificate:
        """Reads a command again with these edits made, and runs its proof."""
        if any(_HOLE.search(edit.text) for edit in edits):
            return Certificate(False, "`sorry` is not allowed in a proof")
        return await self._certify(document, command, edits, complete=complete, seconds=seconds)

    async def sketch(
        self, document: Document, command: int, edits: Sequence[Edit], *, seconds: float = 10.0
    ) -> Certificate:
        """The same for edits that may leave holes."""
        return await self._certify(document, command, edits, complete=False, seconds=seconds)

    async def _certify(
        self, document: Document, command: int, edits: Sequence[Edit], *, complete: bool, seconds: float
    ) -> Certificate:
        async with self._lock:
            self.counts.certifications += 1
            opened = await self._ensure(document.snapshot.uri)
            if opened.document.snapshot.text != document.snapshot.text:
                return Certificate(False, "the document has changed since")
            if command >= len(opened.checked):
                return Certificate(False, "this command has not been elaborated")
            if not _ends_as_before(document.snapshot.text, command, edits):
                return Certificate(False, "with this text the declaration does not end where it should")
            old = opened.parsed[command]
            parsed = _parse(_edited(document.snapshot.text, edits)[0])[1][command]
            if (parsed.kind, parsed.name) != (old.kind, old.name):
                return Certificate(False, "with this text other names are declared")
            if parsed.target != old.target:
                return Certificate(False, f"with this text the statement of {old.name} changes")
            if old.name in parsed.words:
                return Certificate(False, "it uses the very declaration that is being proved")
            checked = self._check(parsed)
            if checked.death is not None:
                return Certificate(False, f"the prover died of it: {checked.death}")
            if checked.seconds > seconds:
                await self._spend(seconds)
                return Certificate(False, "the check did not end within its time limit")
            try:
                await self._spend(checked.seconds)
            except ProverDiedError as error:
                return Certificate(False, f"the prover died of it: {error}")
            return self._verdict(opened, command, parsed, checked, complete)

    @staticmethod
    def _verdict(opened: _Open, command: int, parsed: _Parsed, checked: _Checked, complete: bool) -> Certificate:
        axioms = tuple(a for a in checked.axioms if a != SORRY_AXIOM)
        if checked.messages:
            return Certificate(False, checked.messages[0].text, axioms, checked.messages)
        if checked.flaw is not None:
            return Certificate(False, checked.flaw, axioms)
        if complete and checked.holes:
            return Certificate(False, "it still rests on sorry", axioms)
        earlier = zip(opened.parsed[:command], opened.checked[:command], strict=True)
        open_names = {p.name for p, c in earlier if SORRY_AXIOM in c.axioms or c.messages}
        return Certificate(True, None, axioms, borrowed=tuple(sorted(open_names & parsed.words)))

    async def axioms(self, document: Document) -> tuple[DeclarationAxioms, ...]:
        """What each declaration rests on."""
        async with self._lock:
            opened = await self._ensure(document.snapshot.uri)
            return tuple(
                DeclarationAxioms(d.name, d.kind, command.start, checked.axioms)
                for command, checked in zip(opened.document.commands, opened.checked, strict=True)
                for d in command.declarations
            )

    async def libraries(self, state: StateHandle) -> tuple[str, ...]:
        """The modules of the scripted premises."""
        async with self._lock:
            await self._targets(state)
            return tuple(dict.fromkeys(p.module for p in self._premises if p.module is not None))

    async def premises(self, state: StateHandle, library: str | None = None) -> tuple[Premise, ...]:
        """The scripted ones of a module, or the theorems of the text, whose symbols are the words of their targets."""
        self.counts.premises += 1
        async with self._lock:
            await self._targets(state)
            if library is not None:
                return tuple(replace(p, statement=None) for p in self._premises if p.module == library)
            parsed = self._open[state.uri].parsed
            before = (p for p in parsed if p.end <= state.start and p.kind in _THEOREMS and p.error is None)
            return tuple(Premise(p.name, tuple(dict.fromkeys(_WORD.findall(p.target)))) for p in before)

    async def stated(self, state: StateHandle, premises: Sequence[Premise]) -> tuple[Premise | None, ...]:
        """With their targets; scripted ones with the statements they have."""
        async with self._lock:
            await self._targets(state)
            said = {p.name: p.target for p in self._open[state.uri].parsed if p.end <= state.start}
            said |= {p.name: p.statement for p in self._premises if p.statement is not None}
            return tuple(replace(p, statement=said[p.name]) if p.name in said else None for p in premises)
