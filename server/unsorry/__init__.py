"""Unsorry turns ``sorry`` into proof: local suggestions, each checked by the real prover before it is shown."""

from __future__ import annotations

__version__ = "0.1.0"
