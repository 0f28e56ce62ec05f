"""The driver's JSON as the seam's types."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from unsorry.provers.lean.source import Source
from unsorry.provers.seam import (
    Application,
    Closed,
    Command,
    Constant,
    Declaration,
    DeclarationAxioms,
    Field,
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

#: The axiom behind `sorry`.
SORRY = "sorryAx"

# Lean's name for a private declaration of module M: `_private.M.0.name`.
_PRIVATE = re.compile(r"^_private\..*?\.\d+\.")
# What `exact?`, `simp?` and their like print; newer releases put `[apply]` in front of each line.
_TRY_THIS = re.compile(r"^Try th(?:is|ese):?\s*", re.DOTALL)
# What a signature begins with: a name, and its universes.
_NAMED = re.compile(r"^(?:«[^»]*»|[^\s«{])+?(?:\.\{[^}]*\})?\s+")
_APPLY = re.compile(r"^\s*\[apply\]\s*")
# A metavariable in a goal as it is printed; `a[i]?` is none.
_METAVARIABLE = re.compile(r"(?:^|[\s(\[⟨,:])\?\w")


def public_name(name: str) -> str:
    """A declaration's name as its user knows it."""
    return _PRIVATE.sub("", name)


def message(json: Json, source: Source) -> Message:
    """A message of Lean's."""
    return Message(
        Severity(json["severity"]),
        source.to_buffer(json["start"]),
        source.to_buffer(json["end"]),
        str(json["text"]),
    )


def _inductive(json: Json | None) -> InductiveType | None:
    if json is None:
        return None
    return InductiveType(
        public_name(json["name"]),
        tuple(public_name(c) for c in json["constructors"]),
        bool(json["recursive"]),
        int(json["indices"]),
        int(json["parameters"]),
        tuple(tuple(Field(x["name"], bool(x["recursive"])) for x in fields) for fields in json["fields"]),
    )


def _local(json: Json) -> Local:
    return Local(
        name=json["name"],
        type=json["type"],
        accessible=json["accessible"],
        is_prop=json["prop"],
        is_type=json["isType"],
        is_instance=json["instance"],
        binders=json["binders"],
        head=public_name(json["head"]),
        inductive=_inductive(json["inductive"]),
        value=json["value"],
    )


def _constant(json: Json) -> Constant:
    return Constant(
        name=public_name(json["name"]),
        text=json["text"],
        kind=json["kind"],
        module=json["module"],
        is_prop=json["prop"],
        recursion=json["recursion"],
        major=json["major"],
        varying=tuple(json["varying"]),
    )


def goal(json: Json) -> Goal:
    """A goal; one whose shape could not be computed has its text only."""
    if "locals" not in json:
        undetermined = _METAVARIABLE.search(json["target"]) is not None
        return Goal(pretty=json["pretty"], target=json["target"], undetermined=undetermined)
    said = (json["target"], *(x["type"] for x in json["locals"]))
    return Goal(
        pretty=json["pretty"],
        target=json["target"],
        case=json["case"],
        locals=tuple(_local(x) for x in json["locals"]),
        head=public_name(json["head"]),
        whnf_head=public_name(json["whnfHead"]),
        is_prop=json["prop"],
        inductive=_inductive(json["inductive"]),
        constants=tuple(_constant(x) for x in json["constants"]),
        hypothesis_constants=tuple(_constant(x) for x in json["hypothesisConstants"]),
        applications=tuple(Application(public_name(x["name"]), tuple(x["arguments"])) for x in json["applications"]),
        nested=tuple(_constant(x) for x in json["nested"]),
        nested_library=tuple(json["nestedLibrary"]),
        bound=json["bound"],
        bound_inductive=_inductive(json["boundInductive"]),
        opening=json["opening"],
        inner=None if json["inner"] is None else goal(json["inner"]),
        undetermined=any(_METAVARIABLE.search(text) for text in said),
    )


def command(json: Json, source: Source, uri: str, generation: int) -> Command:
    """A command of a document."""
    declarations = tuple(Declaration(public_name(d["name"]), d["kind"]) for d in json["declarations"])
    index = int(json.get("index", 0))
    name = declarations[0].name if declarations else None

    def hole(x: Json) -> Hole:
        start = source.to_buffer(x["start"])
        state = None if x["state"] is None else StateHandle(uri, start, int(x["state"]), generation)
        goals = tuple(goal(g) for g in x["goals"])
        return Hole(start, source.to_buffer(x["end"]), HoleKind(x["kind"]), index, name, goals, state)

    return Command(
        index=index,
        start=source.to_buffer(json["start"]),
        end=source.to_buffer(json["end"]),
        statement_end=source.to_buffer(json["statementEnd"]),
        kind=str(json["kind"]).rsplit(".", 1)[-1],
        declarations=declarations,
        messages=tuple(message(m, source) for m in json["messages"]),
        holes=tuple(hole(h) for h in json["holes"]),
    )


def replacements(texts: Sequence[str]) -> tuple[str, ...]:
    """The candidates inside "Try this" messages, in all the forms that releases print them."""
    found: list[str] = []
    for text in texts:
        body = _TRY_THIS.sub("", text)
        # `Try these:` lists one on each line behind a bullet.
        for part in re.split(r"\n\s*(?:•|\[apply\])\s*", "\n" + body):
            candidate = _APPLY.sub("", part).strip()
            candidate = re.sub(r"\n\s*--.*", "", candidate).strip()
            if candidate and candidate not in found:
                found.append(candidate)
    return tuple(found)


def outcome(json: Json, offset: int, state: StateHandle, candidate: str, generation: int) -> Outcome:
    """What became of a candidate.  ``offset`` is added to its number."""
    number = int(json["candidate"]) + offset
    seconds = json["us"] / 1_000_000
    match json["outcome"]:
        case "closed":
            return Closed(number, seconds, replacements(json["suggestions"]))
        case "progress":
            kept = json["state"]
            handle = None if kept is None else state.after(int(kept), generation, candidate)
            return Progress(number, seconds, tuple(goal(g) for g in json["goals"]), handle)
        case "timedOut":
            return TimedOut(number, seconds)
        case "refused":
            return Refused(number, seconds, json["message"])
        case _:
            return Rejected(number, seconds, json["message"])


def _hidden_axioms(name: str, known: Mapping[str, Sequence[str]]) -> Sequence[str] | None:
    """What a constant of a compiled module rests on.  A part that Lean made of a declaration counts as that."""
    parts = public_name(name).split(".")
    for length in range(len(parts), 0, -1):
        if (found := known.get(".".join(parts[:length]))) is not None:
            return found
    return None


def hidden_axioms(json: Json, known: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[list[str], str | None]:
    """What a declaration rests on through constants that Lean can't see into, and of which one nothing is known.

    ``known`` says so by module.  Modules that it has not are the library's.
    """
    axioms: list[str] = []
    unknown: str | None = None
    for one in json.get("opaque", ()):
        if (module := known.get(one["module"])) is None:
            continue
        if (found := _hidden_axioms(one["name"], module)) is None:
            unknown = f"nothing is known of {public_name(one['name'])} in {one['module']}"
        else:
            axioms.extend(a for a in found if a not in axioms)
    return axioms, unknown


def declaration_axioms(
    json: Json, source: Source, known: Mapping[str, Mapping[str, Sequence[str]]]
) -> DeclarationAxioms:
    """What a declaration rests on."""
    hidden, unknown = hidden_axioms(json, known)
    seen = (public_name(a) for a in json.get("axioms", ()))
    return DeclarationAxioms(
        public_name(json["name"]),
        json["kind"],
        source.to_buffer(json["start"]),
        tuple(dict.fromkeys([*seen, *hidden])),
        json.get("error") or unknown,
    )


def premises(json: Json) -> tuple[Premise, ...]:
    """Theorems with their symbols, which the answer has in a table."""
    # The same symbols come again and again.
    table = [sys.intern(public_name(s)) for s in json["symbols"]]

    def at(place: int | None) -> str:
        return "" if place is None else table[place]

    def premise(module: str | None, name: str, head: int | None, left: int | None, symbols: Sequence[int]) -> Premise:
        return Premise(public_name(name), tuple(table[i] for i in symbols), at(head), at(left), module)

    return tuple(premise(group["module"], *theorem) for group in json["groups"] for theorem in group["theorems"])


def statement(signature: str) -> str:
    """A signature without the name that it begins with, and without that one's universes."""
    return _NAMED.sub("", " ".join(signature.split()), count=1)
