"""Sessions: which image a theory is checked on, as the project's ROOT files say.

Isabelle's own reader of ROOT files needs its Scala side and reads all of them; what is needed here is the parent and
the theories of the session that a file belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_TOKEN = re.compile(
    r"""
      (?P<comment>\(\*.*?\*\))
    | "(?P<string>(?:[^"\\]|\\.)*)"
    | (?P<cartouche>\\<open>.*?\\<close>|‹.*?›|\{\*.*?\*\})
    | (?P<word>[^\s()\[\],=+:"]+)
    | (?P<symbol>[()\[\],=+:])
    """,
    re.VERBOSE | re.DOTALL,
)
_PARTS = frozenset(
    {
        "chapter",
        "chapter_definition",
        "session",
        "description",
        "options",
        "sessions",
        "directories",
        "theories",
        "document_theories",
        "document_files",
        "export_files",
        "export_classpath",
    }
)


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a ROOT file: its parent is the image that its theories build on."""

    name: str
    parent: str
    directory: Path
    directories: tuple[Path, ...]
    theories: tuple[str, ...]

    def lists(self, path: Path) -> bool:
        """Is the theory file at ``path`` among its theories?"""
        folders = (self.directory, *self.directories)
        for theory in self.theories:
            if "." in theory.rsplit("/", 1)[-1]:
                continue
            if any((folder / f"{theory}.thy").resolve() == path for folder in folders):
                return True
        return False

    def contains(self, path: Path) -> bool:
        """Does the file lie in one of its folders, as a theory does that others of the session import?"""
        return any(path.parent == folder.resolve() for folder in (self.directory, *self.directories))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    quoted: bool

    def is_part(self) -> bool:
        return not self.quoted and self.text in _PARTS


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match["string"] is not None:
            yield _Token(match["string"], True)
        elif match["cartouche"] is not None:
            yield _Token(match["cartouche"], True)
        elif match["comment"] is None:
            yield _Token(match[0], False)


def _balanced(tokens: list[_Token], place: int, opening: str, closing: str) -> int:
    """The place after a group in brackets that begins at ``place``, or ``place`` where none does."""
    if place >= len(tokens) or tokens[place] != _Token(opening, False):
        return place
    depth = 0
    while place < len(tokens):
        depth += (tokens[place] == _Token(opening, False)) - (tokens[place] == _Token(closing, False))
        place += 1
        if depth == 0:
            break
    return place


def _names(tokens: list[_Token]) -> Iterator[str]:
    """The names of a part, without what stands in brackets behind them."""
    place = 0
    while place < len(tokens):
        after = _balanced(tokens, _balanced(tokens, place, "(", ")"), "[", "]")
        if after > place:
            place = after
            continue
        yield tokens[place].text
        place += 1


def parse_root(root: Path, text: str) -> tuple[Session, ...]:
    """The sessions of a ROOT file; what can't be read is left out."""
    tokens = list(_tokens(text))
    starts = [i for i, t in enumerate(tokens) if not t.quoted and t.text == "session"]
    found: list[Session] = []
    for start, end in pairwise([*starts, len(tokens)]):
        session = _session(root.parent, tokens[start + 1 : end])
        if session is not None:
            found.append(session)
    return tuple(found)


def _session(folder: Path, tokens: list[_Token]) -> Session | None:
    """``NAME (groups) in "dir" = PARENT + parts…``; Pure has no parent."""
    if not tokens:
        return None
    name, place = tokens[0].text, _balanced(tokens, 1, "(", ")")
    directory = folder
    if place + 1 < len(tokens) and tokens[place] == _Token("in", False):
        directory, place = folder / tokens[place + 1].text, place + 2
    if place + 1 >= len(tokens) or tokens[place] != _Token("=", False):
        return None
    parent = tokens[place + 1].text
    parts: dict[str, list[_Token]] = {}
    current: list[_Token] = []
    for token in tokens[place + 2 :]:
        if token.is_part():
            current = parts.setdefault(token.text, [])
        else:
            current.append(token)
    directories = tuple(directory / d for d in _names(parts.get("directories", [])))
    theories = tuple(_names(parts.get("theories", [])))
    return Session(name, parent, directory, directories, theories)


def session_of(path: Path) -> tuple[Session, Path] | None:
    """The session of the theory file at ``path`` and the folder of the nearest ROOT file that says so.

    A ROOTS file above it makes that folder the one to give to Isabelle, so that the session's ancestors are found.
    """
    path = path.resolve()
    found: tuple[Session, Path] | None = None
    for folder in path.parents:
        root = folder / "ROOT"
        if found is None and root.is_file():
            sessions = parse_root(root, root.read_text("utf-8", "replace"))
            session = next((s for s in sessions if s.lists(path)), None) or next(
                (s for s in sessions if s.contains(path)), None
            )
            if session is not None:
                found = session, folder
        elif found is not None and (roots := folder / "ROOTS").is_file():
            listed = [line.strip() for line in roots.read_text("utf-8", "replace").splitlines()]
            if any((folder / line).resolve() == found[1] for line in listed if line and not line.startswith("#")):
                found = found[0], folder
    return found
