"""The driver's JSON as the seam's types."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unsorry.provers.isabelle import sledgehammer
from unsorry.provers.isabelle.source import Source
from unsorry.provers.isabelle.symbols import Symbols
from unsorry.provers.seam import (
    HOLE_AXIOM,
    Application,
    Closed,
    Command,
    Constant,
    Declaration,
    DeclarationAxioms,
    Goal,
    Hole,
    HoleKind,
    InductiveType,
    Local,
    Message,
    Outcome,
    Premise,
    Progress,
    Refused,
    Rejected,
    Severity,
    StateHandle,
    TimedOut,
)

Json = Mapping[str, Any]

#: The oracle by which Isabelle skips a proof: what `sorry` leaves in a theorem.
_SKIP_PROOF = "Pure.skip_proof"


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads what the driver says in terms of its symbols."""

    symbols: Symbols

    def text(self, text: str) -> str:
        """A text for people."""
        return self.symbols.to_unicode(text)

    def message(self, json: Json, source: Source) -> Message:
        """A message of Isabelle's."""
        return Message(
            Severity(json["severity"]),
            source.to_buffer(json["start"]),
            source.to_buffer(json["end"]),
            self.text(json["text"]),
        )

    def _inductive(self, json: Json | None) -> InductiveType | None:
        if json is None:
            return None
        return InductiveType(
            json["name"], tuple(json["constructors"]), bool(json["recursive"]), parameters=int(json["parameters"])
        )

    def _local(self, json: Json) -> Local:
        return Local(
            name=self.text(json["name"]),
            type=self.text(json["type"]),
            accessible=json["accessible"],
            is_prop=json["prop"],
            binders=json["binders"],
            head=json["head"],
            inductive=self._inductive(json["inductive"]),
        )

    def _constant(self, json: Json) -> Constant:
        return Constant(
            name=json["name"],
            text=self.text(json["text"]),
            kind=json["kind"],
            module=json["module"],
            is_prop=json["prop"],
            recursion=json["recursion"],
            major=json["major"],
            varying=tuple(json["varying"]),
        )

    def goal(self, json: Json) -> Goal:
        """A subgoal."""
        return Goal(
            pretty=self.text(json["pretty"]),
            target=self.text(json["target"]),
            locals=tuple(self._local(x) for x in json["locals"]),
            head=json["head"],
            whnf_head=json["head"],
            constants=tuple(self._constant(x) for x in json["constants"]),
            hypothesis_constants=tuple(self._constant(x) for x in json["hypothesisConstants"]),
            applications=tuple(
                Application(x["name"], tuple(None if a is None else self.text(a) for a in x["arguments"]))
                for x in json["applications"]
            ),
            opening=self.text(json["opening"]),
            undetermined=json["undetermined"],
        )

    def goals(self, json: Any) -> tuple[Goal, ...]:
        """All subgoals of a state."""
        return tuple(self.goal(g) for g in json)

    def command(self, json: Json, source: Source, uri: str, generation: int) -> Command:
        """A command of a document: a lemma with its whole proof, or another command of the theory."""
        index = int(json["index"])
        names = [self.text(n) for n in json["names"]]

        def hole(x: Json) -> Hole:
            start = source.to_buffer(x["start"])
            state = None if x["state"] is None else StateHandle(uri, start, int(x["state"]), generation)
            name = names[0] if names else None
            end = source.to_buffer(x["end"])
            return Hole(start, end, HoleKind.TACTIC, index, name, self.goals(x["goals"]), state)

        return Command(
            index=index,
            start=source.to_buffer(json["start"]),
            end=source.to_buffer(json["end"]),
            statement_end=source.to_buffer(json["statementEnd"]),
            kind=str(json["kind"]),
            declarations=tuple(Declaration(n, "theorem") for n in names),
            messages=tuple(self.message(m, source) for m in json["messages"]),
            holes=tuple(hole(h) for h in json["holes"]),
        )

    def outcome(self, json: Json, offset: int, state: StateHandle, candidate: str, generation: int) -> Outcome:
        """What became of a candidate.  ``offset`` is added to its number."""
        number = int(json["candidate"]) + offset
        seconds = json["us"] / 1_000_000
        match json["outcome"]:
            case "closed":
                # An apply script that leaves no goal is a proof once it is ended.
                return Closed(number, seconds, (f"{candidate.rstrip()}\ndone",) if json["done"] else ())
            case "progress":
                kept, text = json["state"], None if json["text"] is None else self.text(json["text"])
                handle = None if kept is None else state.after(int(kept), generation, text or candidate)
                return Progress(number, seconds, self.goals(json["goals"]), handle, text)
            case "timedOut":
                return TimedOut(number, seconds)
            case "refused":
                return Refused(number, seconds, self.text(json["message"]))
            case _:
                return Rejected(number, seconds, self.text(json["message"]))

    def sledgehammer(self, json: Json, number: int) -> Outcome:
        """What became of a run of Sledgehammer: texts to certify in its place, or nothing."""
        seconds = json["us"] / 1_000_000
        messages = [self.text(m) for m in json["found"]]
        if found := tuple(dict.fromkeys(text for m in messages for text in sledgehammer.proofs(m))):
            return Closed(number, seconds, found)
        if json["late"]:
            return TimedOut(number, seconds)
        return Rejected(number, seconds, self.text(json["reason"]))

    def declaration_axioms(self, json: Json, source: Source) -> DeclarationAxioms:
        """The oracles that a theorem rests on."""
        return DeclarationAxioms(
            self.text(json["name"]),
            json["kind"],
            source.to_buffer(json["start"]),
            tuple(HOLE_AXIOM if name == _SKIP_PROOF else name for name in json["oracles"]),
            json["error"],
        )

    def premises(self, json: Json, theory: str | None) -> tuple[Premise, ...]:
        """Theorems of a theory, None for the text's own."""
        return tuple(
            Premise(self.text(name), tuple(map(sys.intern, symbols)), head, left, theory)
            for name, head, left, symbols in json["premises"]
        )
