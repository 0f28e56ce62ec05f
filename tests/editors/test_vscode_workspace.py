"""VS Code with several folders, which are not trusted at first, and beside an extension for Lean 4."""

from __future__ import annotations

import json
import sys
from typing import Final

import pytest

from editors.code_server import EXTENSION, HERE, PROJECT_SETTINGS, Story, packed, prepare_or_skip, run
from editors.holes import judge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.embedded,
    pytest.mark.browser,
    # The first test waits for all that was done in the editor, and once for the editor itself.
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform == "win32", reason="process groups end these programs"),
]

HOLE: Final = "theorem comm (a b : Nat) : a + b = b + a := by\n  sorry\n"
FOLDERS: Final = {
    "one": {"unsorry.toml": PROJECT_SETTINGS, "First.lean": HOLE, "Third.lean": HOLE},
    "two": {"unsorry.toml": f"{PROJECT_SETTINGS}\n[server]\ncode_lens = false\n", "Second.lean": HOLE},
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole of it, done once."""
    prepare_or_skip()
    folder = tmp_path_factory.mktemp("vscode")
    around = folder / "around"
    for name, files in FOLDERS.items():
        (around / name).mkdir(parents=True)
        for file, text in files.items():
            (around / name / file).write_text(text, encoding="utf-8")
    workspace = around / "both.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": name} for name in FOLDERS]}), encoding="utf-8")
    neighbour = packed(HERE / "lean4", folder / "lean4.vsix")
    options = {
        "project": str(around),
        "workspace": str(workspace),
        "trusted": False,
        "extensions": [str(EXTENSION), str(neighbour)],
    }
    return Story(run("workspace.ts", folder, options, seconds=900))


def test_nothing_is_started_before_the_folders_are_trusted(story: Story) -> None:
    seen = story["trust"]
    assert seen["items"] == 0
    assert "Unsorry starts nothing before you trust this folder." in seen["words"]
    assert seen["started"] == []
    assert seen["text"] == HOLE
    assert seen["ghost"]


def test_beside_an_extension_for_lean(story: Story) -> None:
    seen = story["beside"]
    assert seen["language"] == "Lean 4"
    assert seen["converted"] == f"{HOLE}-- converted\n"
    judge(seen["after"], 0)
    assert seen["commented"].startswith("--~ theorem")


def test_each_folder_has_its_settings_and_all_have_one_server(story: Story) -> None:
    seen = story["folders"]
    assert seen["lenses"] == 0
    assert "2 holes proved; none is left." in seen["said"]
    for text in seen["texts"]:
        judge(text, 0)
    assert len(seen["servers"]) == 1


def test_a_restart_ends_one_server_and_starts_another(story: Story) -> None:
    seen = story["restart"]
    assert len(seen["started"]) == 1
    assert seen["complaints"] == 0


def test_nothing_is_left_running(story: Story) -> None:
    assert story.told["left"] == []
