"""The libraries of the extra ``local``, untyped and loaded on need.  Only the child's program loads them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def torch() -> Any:
    """Torch."""
    return import_module("torch")


def transformers() -> Any:
    """Transformers."""
    return import_module("transformers")


def tokenizers() -> Any:
    """The fast tokenizers, which come with transformers."""
    return import_module("tokenizers")


def hub() -> Any:
    """huggingface_hub, which comes with transformers."""
    return import_module("huggingface_hub")


def installed() -> bool:
    """Are they there?  Loads none of them."""
    return all(find_spec(name) is not None for name in ("torch", "transformers"))
