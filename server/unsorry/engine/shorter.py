"""Shorter forms of a proof's text, to be tried in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ITEMS = re.compile(r"\[([^\[\]]+)\]")


def shorter(text: str) -> Iterable[str]:
    """Texts that say less than ``text``, the boldest cut first."""
    # One alternative of a closing `first | a | b` instead of all of them.
    if (start := text.rfind("(first | ")) >= 0 and text.endswith(")"):
        head, body = text[:start], text[start + len("(first | ") : -1]
        for alternative in body.split(" | "):
            plain = alternative.removeprefix("(").removesuffix("; done)").removesuffix(")")
            yield f"{head}{plain}" if ";" not in plain else f"{head}({plain})"
    pieces = text.split(" <;> ")
    if len(pieces) > 1:
        yield " <;> ".join(pieces[:-1])
    for match in _ITEMS.finditer(text):
        items = [x.strip() for x in match[1].split(",")]
        if len(items) == 1:
            yield (text[: match.start()].rstrip() + text[match.end() :]).strip()
        else:
            for place in range(len(items)):
                rest = ", ".join(items[:place] + items[place + 1 :])
                yield f"{text[: match.start()]}[{rest}]{text[match.end() :]}"
