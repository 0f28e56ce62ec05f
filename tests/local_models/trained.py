"""A mini model for tests: trained once from the records beside ``test_mini.py``, and kept in the user's cache."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from filelock import FileLock

from unsorry.suggesters import mini, presets
from unsorry.suggesters.mini.trainer import Wish, train
from unsorry.suggesters.transformers.libraries import installed

TESTS = Path(__file__).resolve().parents[1]
RECORDS = TESTS / "suggesters" / "mini_corpus" / "records.jsonl"
#: Holes that the model was not trained on; ``never`` among them is false.
BASICS = TESTS / "cases" / "lean" / "Basics.lean"

#: How long the model is trained, in seconds.
SECONDS = 120.0

needs_torch = pytest.mark.skipif(not installed(), reason="the extra `local` (torch, transformers) is not installed")


@cache
def trained() -> Path:
    """The model's folder.  Takes two minutes the first time, and again when records, program or libraries change."""
    code = [*sorted(Path(mini.__file__).parent.glob("*.py")), Path(presets.__file__), RECORDS]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in code))
    digest.update(f"{version('torch')} {version('transformers')} {SECONDS}".encode())
    folder = platformdirs.user_cache_path("unsorry") / "tests" / f"mini-{digest.hexdigest()[:16]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # One trains, and the others wait for it.
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            _train_into(folder)
    return folder


def _train_into(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="training-") as place:
        made = Path(place) / "model"
        result = asyncio.run(train(Wish((str(RECORDS),), str(made), seconds=SECONDS)))
        (made / "trained.json").write_text(json.dumps(asdict(result)), "utf-8")
        # Whole or not at all.
        made.rename(folder)


def facts() -> dict[str, Any]:
    """What the training gave."""
    return json.loads((trained() / "trained.json").read_text("utf-8"))


def environment(**more: str) -> dict[str, str]:
    """What a process is started with that must not look for a model anywhere else."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", **more}
