"""The facts that tactics are given: in brackets, with commas between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unsorry.provers.facts import FactList

_LIST = re.compile(r"\s*\[([^\[\]]+)\]")


def fact_lists(text: str) -> Iterator[FactList]:
    """All innermost lists in brackets of a text."""
    for match in _LIST.finditer(text):
        before = text[match.start() : match.start(1)]
        yield FactList(match.start(), match.end(), tuple(x.strip() for x in match[1].split(",")), before, ", ", "]")
