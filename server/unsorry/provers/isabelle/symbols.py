r"""Isabelle's symbols: ``\<forall>`` in what the prover reads and writes, ``∀`` in what people see.

The tables come from the distribution's own ``etc/symbols`` and from the user's, in the form that they have there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LINE = re.compile(r"^(\\<\^?[A-Za-z][A-Za-z0-9_']*>)\s.*\bcode:\s*0x([0-9a-fA-F]+)")
_SYMBOL = re.compile(r"\\<\^?[A-Za-z][A-Za-z0-9_']*>")


@dataclass(frozen=True, slots=True)
class Symbols:
    """The table, both ways."""

    characters: Mapping[str, str]
    names: Mapping[str, str] = field(init=False)
    foreign: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Makes the way back, and what finds everything in a buffer that Isabelle does not read as it stands."""
        names: dict[str, str] = {}
        for name, character in self.characters.items():
            names.setdefault(character, name)
        object.__setattr__(self, "names", names)
        letters = "".join(re.escape(c) for c in names)
        object.__setattr__(self, "foreign", re.compile(f"\r\n|[{letters}]" if letters else "\r\n"))

    @classmethod
    def of(cls, texts: Iterable[str]) -> Symbols:
        """Reads the texts of symbol files; a later one wins."""
        found: dict[str, str] = {}
        for text in texts:
            for line in text.splitlines():
                match = _LINE.match(line)
                # A symbol for an ASCII character would change what every text means.
                if match is not None and 0x7F < (code := int(match[2], 16)) < 0x110000:
                    found[match[1]] = chr(code)
        return cls(found)

    @classmethod
    def read(cls, files: Iterable[Path]) -> Symbols:
        """Reads the symbol files that are there."""
        return cls.of(f.read_text("utf-8", "replace") for f in files if f.is_file())

    def to_unicode(self, text: str) -> str:
        """A text of Isabelle's as people read it.  Symbols that have no character stay as they are."""
        if "\\<" not in text:
            return text
        return _SYMBOL.sub(lambda m: self.characters.get(m[0], m[0]), text)

    def to_isabelle(self, text: str) -> str:
        """A text as Isabelle reads it, with line feeds."""
        return self.foreign.sub(lambda m: "\n" if m[0] == "\r\n" else self.names[m[0]], text)
