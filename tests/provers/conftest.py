"""What the prover tests share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import discover, require

pytest.register_assert_rewrite("provers.contract", "provers.lean_bench")

CASES = Path(__file__).resolve().parents[1] / "cases"


@pytest.fixture(scope="session")
def installed() -> runtime.EmbeddedLean:
    """The embedded Lean, installed first where it is not there."""
    return runtime.locate() or runtime.install()


@pytest.fixture(scope="session")
def make_lean(installed: runtime.EmbeddedLean) -> Callable[..., LeanProver]:
    """Makes provers on the embedded Lean; nothing runs before the first call."""

    def make(path: Path | None = None) -> LeanProver:
        return LeanProver(require(discover(path, prefer_embedded=True)))

    return make
