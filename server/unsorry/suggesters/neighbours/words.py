"""Texts taken apart: the tokens of a goal, a statement or a tactic, and what a source text declares before a hole.

This knows how the provers' texts are written in the rough only: what it takes wrongly costs a candidate that fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_PART = r"[^\W\d][\w'!?]*"

#: A name with its dots, a field of what stands before (`.size`), a number, or a sign.
TOKEN = re.compile(rf"{_PART}(?:\.(?:{_PART}|\d+))*|\.{_PART}|\d+|::|\+\+|->|=>|<=|>=|&&|\|\||==|!=|\\<\^?\w+>|[^\s\w]")
_NAME = re.compile(_PART)

_LEAN = "theorem|lemma|def|abbrev|inductive|structure|class|instance|axiom|opaque"
_ISABELLE = "corollary|proposition|definition|fun|function|primrec|datatype|abbreviation|inductive_set|record"
_OTHER = "example|namespace|section|end|open|variable|mutual|attribute|set_option|universe|import|export|notation"
_COMMAND = re.compile(
    rf"^[ \t]*(?:@\[[^\]]*\]\s*)?(?:(?:private|protected|noncomputable|partial|unsafe|nonrec|public|local|scoped|"
    rf"infix\w*|macro|syntax|#\w+)\s+)*(?P<kind>{_LEAN}|{_ISABELLE}|{_OTHER})\b[ \t]*(?P<rest>[^\n]*)",
    re.MULTILINE,
)
_DECLARED = re.compile(r"(?:\([^)]*\)\s*|'\w+\s+)?(?P<name>[^\W\d][\w'!?]*(?:\.[\w'!?]+)*)")
_COMMENT = re.compile(r"--[^\n]*|/-.*?-/|\(\*.*?\*\)", re.DOTALL)
_ARM = re.compile(rf"\|\s*(?P<name>{_PART})(?P<rest>[^|\n]*)")
_CASE = re.compile(rf"[|=]\s*(?P<name>{_PART})(?P<rest>[^|\n]*)")
_FIELD = re.compile(rf"^[ \t]+\(?(?P<names>{_PART}(?:[ \t]+{_PART})*)[ \t]*:(?!=)", re.MULTILINE)
_BINDER = re.compile(r"\((?P<names>[^:()]+):(?P<type>[^()]*(?:\([^()]*\)[^()]*)*)\)")
_IMPLICIT = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_FORALL = re.compile(r"\s*∀\s*(?P<names>[^,]*),")
_GROUP = re.compile(r"\([^()]*\)")
_ARROW = re.compile(r"→|->")

_TYPES = frozenset({"inductive", "structure", "class", "datatype", "record", "inductive_set"})
_FACTS = frozenset({"theorem", "lemma", "axiom", "corollary", "proposition"})

#: How much of a text before a hole is read, from its end, in characters: reading it must not hold up anybody.
_MAX_SOURCE = 150_000

#: How much of a declaration counts, in characters.
_MAX_TEXT = 800

#: The library's own types: a letter for each field, `r` for one of the type itself and `v` for another.
_LIBRARY = {
    "Nat": {"zero": "", "succ": "r"},
    "List": {"nil": "", "cons": "vr"},
    "Option": {"none": "", "some": "v"},
    "Int": {"ofNat": "v", "negSucc": "v"},
    "Bool": {"false": "", "true": ""},
    "Prod": {"mk": "vv"},
    "Sum": {"inl": "v", "inr": "v"},
    "And": {"intro": "vv"},
    "Or": {"inl": "v", "inr": "v"},
    "Exists": {"intro": "vv"},
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration of a source text: its name from the root, whether it is a theorem, and how it reads."""

    name: str
    is_fact: bool
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a source text declares, by names from the root.

    ``fields`` are of structures, in order.  ``constructors`` are by type and then by their short names, with a letter
    for each field: `r` for one of the type itself, else `v`.
    """

    declared: Mapping[str, Declared] = field(default_factory=dict[str, Declared])
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    constructors: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


def short(name: str) -> str:
    """The last part of a name."""
    return name.rsplit(".", 1)[-1]


def words_in(text: str) -> Iterator[str]:
    """The names in a text, each without what stands before its dots."""
    for token in TOKEN.findall(text):
        yield from (part for part in token.split(".") if _NAME.fullmatch(part))


def signature(type_: str, source: Source) -> Mapping[str, str]:
    """The fields of a type's constructors, as far as they are known."""
    return source.constructors.get(type_) or _LIBRARY.get(type_, {})


def read(text: str) -> Source:
    """Reads what stands before a hole.  Comments say nothing."""
    plain = _COMMENT.sub(" ", text[-_MAX_SOURCE:])
    commands = list(_COMMAND.finditer(plain))
    declared: dict[str, Declared] = {}
    fields: dict[str, tuple[str, ...]] = {}
    constructors: dict[str, Mapping[str, str]] = {}
    spaces: list[str] = []
    for place, match in enumerate(commands):
        kind, rest = match["kind"], match["rest"]
        if kind in {"namespace", "section"}:
            spaces.append(rest.strip() if kind == "namespace" else "")
        elif kind == "end":
            if spaces:
                spaces.pop()
        elif (named := _DECLARED.match(rest)) is not None and kind not in _OTHER:
            end = commands[place + 1].start() if place + 1 < len(commands) else len(plain)
            name = ".".join([*(s for s in spaces if s), named["name"].removeprefix("_root_.")])
            body = plain[match.start("rest") + named.end() : end][:_MAX_TEXT]
            is_fact = kind in _FACTS
            declared[name] = Declared(name, is_fact, body.split(":=")[0] if is_fact else body)
            if kind in _TYPES:
                if kind in {"structure", "record", "class"}:
                    fields[name] = tuple(n for f in _FIELD.finditer(body) for n in f["names"].split())
                    constructors[name] = {"mk": "v" * len(fields[name])}
                else:
                    constructors[name] = _constructors(body, short(name), equals=kind == "datatype")
    return Source(declared, fields, constructors)


def _constructors(body: str, type_: str, *, equals: bool) -> Mapping[str, str]:
    """The constructors in a type's declaration, by name, with the letters of those whose fields can be told."""
    found: dict[str, str] = {}
    for match in (_CASE if equals else _ARM).finditer(body):
        letters = _letters(match["rest"], type_)
        if letters is not None:
            found[match["name"]] = letters
    return found


def _letters(rest: str, type_: str) -> str | None:
    """The letters of the fields in ``(a : α) (l r : Tree α)``, in ``: Tree α → α → Tree α``, or in both together.

    None where that can't be told.
    """
    letters, end = "", 0
    rest = _IMPLICIT.sub(" ", rest)
    for match in _BINDER.finditer(rest):
        if rest[end : match.start()].strip():
            break
        end = match.end()
        letters += ("r" if type_ in words_in(match["type"]) else "v") * len(match["names"].split())
    before, colon, arrows = rest[end:].partition(":")
    if before.strip():
        return None
    if colon:
        # A field that is a function itself is one field.
        for part in _ARROW.split(_GROUP.sub(lambda m: _ARROW.sub(" ", m[0]), arrows))[:-1]:
            bound = _FORALL.match(part)
            names = "" if bound is None else _BINDER.sub(r"\g<names> ", bound["names"]).partition(":")[0]
            rest = part if bound is None else part[bound.end() :]
            letters += "v" * len(names.split()) + ("r" if type_ in words_in(rest) else "v")
    return letters
