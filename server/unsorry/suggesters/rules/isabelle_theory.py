"""What the text of a theory says of its own constants: which are definitions, and what their bodies mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

_DECLARING = (
    "abbreviation", "definition", "fun", "function", "primrec", "partial_function", "inductive", "inductive_set",
    "coinductive", "datatype",
)  # fmt: skip
_COMMANDS = (
    *_DECLARING, "axiomatization", "begin", "class", "codatatype", "context", "corollary", "declare", "end",
    "export_code", "instance", "instantiation", "interpretation", "lemma", "lemmas", "locale", "method", "notation",
    "proposition", "record", "section", "subsection", "termination", "text", "theorem", "thm", "typedef",
    "type_synonym", "value",
)  # fmt: skip
_COMMAND = re.compile(rf"^[ \t]*({'|'.join(_COMMANDS)})\b", re.MULTILINE)
_COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\\<open>.*?\\<close>|‹.*?›', re.DOTALL)
_GROUP = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SYMBOL = re.compile(r"\\<\^?\w+>")
_WORD = re.compile(r"[^\W\d][\w']*(?:\.[^\W\d][\w']*)*")
_NAMES = re.compile(r"(?:^|\band)\s+([^\W\d][\w']*)")
_DATATYPE = re.compile(r"([^\W\d][\w']*)\s*=\s*(.*)", re.DOTALL)

_LIBRARY_SPLITS = (
    (re.compile(r"\b(?:None|Some)\b"), "option.splits"),
    (re.compile(r"\[\]|#"), "list.splits"),
    (re.compile(r"\bSuc\b"), "nat.splits"),
    (re.compile(r"\b(?:Inl|Inr)\b"), "sum.splits"),
    (re.compile(r"\([^()]*,[^()]*\)\s*(?:⇒|=>|\\<Rightarrow>)"), "prod.splits"),
)


#: Words of Isabelle/Isar that people call variables.
_KEYWORDS = frozenset({
    "also", "and", "apply", "assume", "assumes", "attach", "back", "begin", "binder", "by", "case", "checking",
    "consider", "define", "defines", "defer", "done", "file", "finally", "fix", "fixes", "for", "from", "have", "hence",
    "if", "imports", "in", "includes", "infix", "is", "keywords", "let", "monos", "moreover", "morphisms", "next",
    "note", "notes", "obtain", "obtains", "open", "output", "prefer", "premises", "private", "proof", "prop",
    "qualified", "qed", "rewrites", "show", "shows", "structure", "subgoal", "supply", "term", "then", "theory", "thus",
    "txt", "typ", "unchecked", "unfolding", "using", "when", "where", "with", "write",
})  # fmt: skip

#: A constant with its notation, and what of a notation is not a place for an argument.
_NOTATION = re.compile(r'([^\W\d][\w\']*)\s*::\s*"[^"]*"\s*\(\s*(?:infix[lr]?\s+)?"([^"]+)"')
_TOKEN = re.compile(r"(?:\\<\^?\w+>|[^\s_()/'\w\\])+")

#: Patterns of functions: in parentheses or brackets, or a constructor by itself.
_NESTED = re.compile(r"\([^()]*(?:\(|#[^()#]*#|#\s*\[)|\[[^\]]+\]")
_PATTERN = re.compile(r"\([^()]*\)|\[\]|\b[A-Z]\w*\b|\b0\b")


def words_of(text: str) -> frozenset[str]:
    """The identifiers in a text, each by its last part."""
    return frozenset(w.rsplit(".", 1)[-1] for w in _WORD.findall(_SYMBOL.sub(" ", text)))


def said(variable: str) -> str:
    """A variable as proof text names it: one that is called like a keyword stands in quotes."""
    return f'"{variable}"' if variable in _KEYWORDS or variable in _COMMANDS else variable


def short(name: str) -> str:
    """The last part of a name."""
    return name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Declared:
    """A command that declares constants or types, with the words in it."""

    command: str
    names: tuple[str, ...]
    words: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class Theory:
    """The declarations of a theory by the names that they declare."""

    declared: Mapping[str, Declared]
    constructors: Mapping[str, str]
    notations: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Theory:
        """Reads what stands before a hole; comments say nothing."""
        declared: dict[str, Declared] = {}
        constructors: dict[str, str] = {}
        notations: dict[str, str] = {}
        plain = _COMMENT.sub(" ", text)
        starts = list(_COMMAND.finditer(plain))
        for place, match in enumerate(starts):
            end = starts[place + 1].start() if place + 1 < len(starts) else len(plain)
            if match[1] not in _DECLARING:
                continue
            body = plain[match.end() : end]
            if match[1] == "datatype":
                for name, cases in _datatypes(body):
                    constructors.update(dict.fromkeys(cases, name))
            else:
                header = _GROUP.sub(" ", _QUOTED.sub(" ", body).split("where")[0])
                names = tuple(_NAMES.findall(" " + header))
                entry = Declared(match[1], names, words_of(body), body)
                declared.update(dict.fromkeys(names, entry))
                for name, template in _NOTATION.findall(body.split("where")[0]):
                    notations.update(dict.fromkeys(_TOKEN.findall(template), name or names[0]))
        theory = cls(declared, constructors, notations)
        if notations:
            known = {n: replace(d, words=theory.words(d.text)) for n, d in declared.items()}
            return cls(known, constructors, notations)
        return theory

    def words(self, text: str) -> frozenset[str]:
        """The identifiers in a text, and those that its notations stand for."""
        return words_of(text) | {name for token, name in self.notations.items() if token in text}

    @property
    def names(self) -> frozenset[str]:
        """All declared constants."""
        return frozenset(self.declared)

    def defines(self, name: str) -> bool:
        """Is it a plain definition of this text?"""
        return name in self.declared and self.declared[name].command == "definition"

    def induces(self, name: str) -> bool:
        """Is it an inductive predicate or set of this text?"""
        return name in self.declared and self.declared[name].command in {"inductive", "inductive_set"}

    def is_definition(self, text: str) -> bool:
        """May it have an equation named after it?  What the text does not show is given the benefit of the doubt."""
        name = text.rsplit(".", 1)[-1]
        return self.defines(name) or not self.declared

    def bodies(self, names: Iterable[str]) -> frozenset[str]:
        """The words in the declarations of these."""
        return frozenset(w for n in names if n in self.declared for w in self.declared[n].words)

    def together(self, name: str) -> tuple[str, ...]:
        """The constants that are declared by the same command."""
        return self.declared[name].names if name in self.declared else (name,)

    def deep(self, name: str) -> bool:
        """Do a function's equations take more apart than one constructor of one argument?

        That shows in a pattern within a pattern, and in two patterns side by side.
        """
        if name not in self.declared:
            return False
        equations = re.findall(rf'"{re.escape(name)} ([^"]*?)\s*=', self.declared[name].text)
        return any(_NESTED.search(e) or len(_PATTERN.findall(e)) > 1 for e in equations)

    def reach(self, names: Iterable[str]) -> frozenset[str]:
        """These names and the declared ones that their declarations mention, and so on."""
        found: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                if name in self.declared:
                    todo += self.declared[name].words & self.declared.keys()
        return frozenset(found)

    def splits(self, text: str, names: Iterable[str]) -> tuple[str, ...]:
        """The split rules for what a text and the bodies of these constants go through."""
        bodies = [text, *(self.declared[n].text for n in names if n in self.declared)]
        found: list[str] = []
        for body in bodies:
            if re.search(r"\bif\b", body):
                found.append("if_splits")
            if re.search(r"\bcase\b", body):
                cases = body[body.index("case") :]
                words = words_of(cases)
                found += sorted({f"{t}.splits" for c, t in self.constructors.items() if c in words})
                found += [rule for pattern, rule in _LIBRARY_SPLITS if pattern.search(cases)]
            elif re.search(r"\b(?:let|λ)\b|λ\(", body) and "," in body:
                found.append("prod.splits")
        return tuple(dict.fromkeys(found))


def _datatypes(body: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The types of a declaration with their constructors."""
    for part in re.split(r"\band\b", _GROUP.sub(" ", _QUOTED.sub(" ", body))):
        if match := _DATATYPE.search(part):
            heads = (re.sub(r"^\s*\w+\s*:", "", c).split() for c in match[2].split("|"))
            yield match[1], tuple(words[0] for words in heads if words)
