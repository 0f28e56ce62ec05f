"""Candidates in JSON, whole or cut off, and in the lists that Python prints."""

from __future__ import annotations

import ast
import json
import re
from typing import cast

from unsorry.suggesters.replies.words import is_prose

_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)("?)(\s*+:)?', re.DOTALL)
_BEGINS_JSON = re.compile(r'\s*(?:\[\s*(?:["\[{]|\]\s*\Z)|\{\s*"[^"\n]*"\s*:)')
_QUOTED = re.compile(r'\s*"(?:[^"\\\n]|\\.)+"\s*\Z')
_LATER = re.compile(r'(?:^|:)[ ]*(?=\[\s*["{]|\{\s*"[^"\n]*"\s*:)', re.MULTILINE)
_BEGINS_LIST = re.compile(r"\s*[\[{]\s*'")

#: How many strings are looked at.
_MAX_STRINGS = 256

#: Under which keys models put what is to be tried.  Values of others are reasons, names, states.
_KEYS = frozenset({
    "answer", "answers", "candidate", "candidates", "code", "completion", "completions", "content", "final_proof",
    "lean", "lean4", "lean_code", "isabelle", "method", "next_tactic", "output", "proof", "proof_steps", "proofs",
    "result", "script", "solution", "step", "steps", "suggestion", "suggestions", "tactic", "tactics", "text",
})  # fmt: skip


def literals(text: str) -> list[str] | None:
    """The strings that are candidates; None where the text is no JSON.

    Strings are read one by one instead of the whole, so that those before a cut are found.
    """
    if _BEGINS_LIST.match(text):
        return _printed(text)
    if not _BEGINS_JSON.match(text) and not _QUOTED.match(text):
        later = _LATER.search(text)
        if later is None or not all(is_prose(line) for line in text[: later.end()].split("\n") if line.strip()):
            return None
        text = text[later.end() :]
    found: dict[str, None] = {}
    key: str | None = None
    for match in _STRING.finditer(text):
        if not match[2]:
            # The end was cut off.
            break
        value = _value(match[1])
        if match[3]:
            key = value.lower()
        elif key is None or key in _KEYS:
            found[value] = None
            if len(found) >= _MAX_STRINGS:
                break
    return list(found)


def _value(inner: str) -> str:
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        # A model that writes ∀ as \forall in JSON, or the like.
        return inner


def _printed(text: str) -> list[str] | None:
    try:
        read: object = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    items = cast("list[object]", read) if isinstance(read, list) else []
    if isinstance(read, dict):
        items = [value for key, value in cast("dict[object, object]", read).items() if str(key).lower() in _KEYS]
    return [item for item in items if isinstance(item, str)]
