"""A local model that can't be used is a sentence, from the command line and in the server, and the others go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local_models.conftest import Command
from local_models.trained import needs_torch
from lsp.client import stdio
from lsp.lean import eventually

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]

HOLES = """theorem comm (a b : Nat) : a + b = b + a := by sorry
theorem never (a b : Nat) : a + b = a * b := by sorry -- no
"""


def no_model(folder: Path) -> Path:
    """A folder that has everything but a tokenizer."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "t5", "is_encoder_decoder": True}))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


@needs_torch
@pytest.mark.parametrize("kind", ["empty", "no tokenizer", "nothing"])
def test_a_folder_that_is_no_model(unsorry: Command, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "model"
    if kind == "empty":
        place.mkdir()
    elif kind == "no tokenizer":
        no_model(place)
    says = {"empty": "has no config.json", "no tokenizer": "has no tokenizer", "nothing": "There is no folder"}[kind]
    (tmp_path / "project" / "A.lean").write_text(HOLES)
    ran = unsorry("prove", "A.lean", "--embedded", "--json", "--model", place)
    assert (ran.returncode, json.loads(ran.stdout)["proved"]) == (1, 1)
    (line,) = ran.stderr.splitlines()
    assert line.startswith("warning: transformers/model: ")
    assert says in line


def test_without_the_extra(unsorry: Command, tmp_path: Path) -> None:
    import unsorry as package

    # As if it was not installed, wherever these tests run.
    hidden = tmp_path / "hidden"
    for name in ("torch", "transformers", "huggingface_hub"):
        (hidden / name).mkdir(parents=True)
        (hidden / name / "__init__.py").write_text(f'raise ImportError("No module named {name}")\n')
    model = no_model(tmp_path / "model")
    (model / "tokenizer.json").write_text("{}")
    (tmp_path / "project" / "A.lean").write_text(HOLES)
    paths = {"PYTHONPATH": f"{hidden}:{Path(package.__file__).parents[1]}"}
    ran = unsorry("prove", "A.lean", "--embedded", "--json", "--model", model, env=paths)
    assert (ran.returncode, json.loads(ran.stdout)["proved"]) == (1, 1)
    assert "Local models need the extra `local` (pip install 'unsorry[local]')" in ran.stderr


async def test_in_the_server(lean: None, tmp_path: Path) -> None:
    place = tmp_path / "model"
    place.mkdir()
    async with stdio("--embedded", log_folder=tmp_path / "log") as client:
        client.settings = {
            "suggest": {"use": ["transformers", "rules"]},
            "transformers": {"model": str(place)},
            "server": {"budget": 5},
        }
        await client.initialize()
        uri = "file:///troubles/A.lean"
        client.open(uri, HOLES)
        await client.ready(uri)

        async def told() -> bool:
            return (await client.command("unsorry.status"))["troubles"] != []

        await eventually(told)
        (trouble,) = (await client.command("unsorry.status"))["troubles"]
        assert trouble == f"transformers/model: {place} is not a model: it has no config.json."
        await client.idle(uri)
        assert trouble in await client.hover(uri, "sorry -- no")
        shown = [m["params"]["message"] for m in client.notices if m["method"] == "window/showMessage"]
        assert shown == [f"Unsorry: {trouble}"]
