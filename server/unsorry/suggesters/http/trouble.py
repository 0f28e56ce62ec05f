"""What an endpoint says of what went wrong."""

from __future__ import annotations

import json
from typing import Any, cast


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
