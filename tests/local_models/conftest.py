"""What the tests of local models share: the embedded Lean, and a small model that has learned from other goals."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local_models.trained import trained
from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.embedded.install import cache_folder
from unsorry.provers.lean.image import driver_image

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def lean() -> None:
    """The embedded Lean with its driver, so that no test has to wait for them."""
    driver_image(runtime.locate() or runtime.install(), cache_folder())


@pytest.fixture(scope="session")
def model() -> Path:
    """The model's folder."""
    return trained()


@pytest.fixture
def unsorry(lean: None, tmp_path: Path) -> Command:
    """Runs the command line as a process of its own, in an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()

    def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "unsorry", *(str(a) for a in arguments)],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=280,
            check=False,
        )

    return run
