"""What the tests of the embedded Lean share."""

from __future__ import annotations

import pytest

from unsorry.provers.lean.embedded import runtime


@pytest.fixture(scope="session")
def lean() -> runtime.EmbeddedLean:
    """The real embedded Lean from the cache, installed first where it is not there."""
    return runtime.locate() or runtime.install()
