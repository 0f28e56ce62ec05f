"""Which models of the Hugging Face hub are on this machine already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unsorry.suggesters.transformers import libraries


@dataclass(frozen=True, slots=True)
class Cached:
    """A model in the hub's cache, and how much there is of it."""

    name: str
    bytes: int


def cached() -> list[Cached]:
    """The models in the hub's cache, by name.  Contacts nobody; none where the extra `local` is not installed."""
    if not libraries.installed():
        return []
    hub = libraries.hub()
    try:
        found: Any = hub.scan_cache_dir()
    except (hub.CacheNotFound, OSError):
        return []
    models = (Cached(str(one.repo_id), int(one.size_on_disk)) for one in found.repos if one.repo_type == "model")
    return sorted(models, key=lambda one: one.name)
