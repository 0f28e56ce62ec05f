"""``unsorry train``: what it makes, and what keeps it from doing so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_models.trained import RECORDS, needs_torch

if TYPE_CHECKING:
    from conftest import Run


@needs_torch
@pytest.mark.timeout(300)
def test_a_model_is_trained_and_can_be_seen(folder: Path, run: Run) -> None:
    ran = run("train", RECORDS, "--out", "made", "--epochs", "1", "--seconds", "5", "--seed", "3", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["folder"] == "made"
    assert 0 < ran.json["parameters"] <= 5_000_000
    (folder / "unsorry.toml").write_text('[transformers]\nmodel = "made"\n')
    local = run("models", "--json").json["local"]
    assert (local["model"], local["preset"], local["there"]) == (str(folder / "made"), "mini", True)
    again = run("train", RECORDS, "--out", "made")
    assert (again.code, "give a new folder" in again.err) == (2, True)


def test_a_record_that_is_none(folder: Path, run: Run) -> None:
    (folder / "r.jsonl").write_text(json.dumps({"other": 1}) + "\n")
    ran = run("train", "r.jsonl", "--out", "made")
    assert ran.code == 2
    assert "is no line of a record" in ran.err or "needs the extra `local`" in ran.err
    assert not (folder / "made").exists()
