"""What can go wrong with an endpoint, each kind as one sentence to the user."""

from __future__ import annotations

import json
from typing import Any, cast

from unsorry.errors import UnsorryError


class EndpointError(UnsorryError):
    """An endpoint did not give what it was asked for.  ``kind`` groups what needs to be said only once."""

    def __init__(self, kind: str, sentence: str, *, again: bool = False, wait: float | None = None) -> None:
        """``again`` says that trying again may help; ``wait`` is after how many seconds, where the server says."""
        super().__init__(sentence)
        self.kind = kind
        self.again = again
        self.wait = wait


class RefusedError(EndpointError):
    """The request itself was refused; ``text`` is what the server said."""

    def __init__(self, sentence: str, text: str) -> None:
        super().__init__("refused", sentence)
        self.text = text


def said(body: str) -> str:
    """The message in the body of an error, short enough for a sentence; nothing where there is none."""
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    inner: object = cast("dict[str, Any]", read).get("error", read) if isinstance(read, dict) else read
    if isinstance(inner, dict):
        fields = cast("dict[str, Any]", inner)
        inner = fields.get("message") or fields.get("detail") or fields.get("msg")
    return " ".join(inner.split())[:200] if isinstance(inner, str) else ""
