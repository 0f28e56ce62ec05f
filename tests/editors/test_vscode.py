"""VS Code, the real one in a browser, with the extension as it is packed."""

from __future__ import annotations

import sys

import pytest

from editors.code_server import PROJECT_SETTINGS, Story, prepare_or_skip, project, run
from editors.holes import HOLES, judge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.embedded,
    pytest.mark.browser,
    # The first test waits for all that was done in the editor, and once for the editor itself.
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform == "win32", reason="process groups end these programs"),
]

SMALL = """theorem comm (a b : Nat) : a + b = b + a := by
  sorry
"""
# What no single step proves: there are two inductions to make.
DEEPER = """def snoc : List Nat → Nat → List Nat
  | [], y => [y]
  | x :: xs, y => x :: snoc xs y
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

theorem both (xs us vs : List Nat) (y : Nat) : snoc xs y = xs ++ [y] ∧ total (us ++ vs) = 2 * total vs + total us := by
  sorry
"""
FILES = {
    "Deeper.lean": DEEPER,
    "Keyboard.lean": SMALL,
    "Killed.lean": SMALL,
    "Panel.lean": SMALL,
    "Save.lean": HOLES,
    "Settings.lean": SMALL,
    "Unfinished.lean": SMALL.partition("  sorry")[0],
}
# Nothing else is searched for meanwhile, and a search that is asked for does not end before it is cancelled.
SETTINGS = f"""{PROJECT_SETTINGS}
[server]
alternatives = 0
deeper_budget = 600
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole of it, done once."""
    prepare_or_skip()
    folder = tmp_path_factory.mktemp("vscode")
    return Story(run("story.ts", folder, {"project": str(project(folder, FILES, SETTINGS))}, seconds=1500))


def test_each_hole_has_a_hint_and_a_lens(story: Story) -> None:
    seen = story["hints"]
    assert [lens for lens in seen["lenses"] if lens.startswith("✓ ")]
    assert seen["hints"]
    # A click on the status item has opened a menu of more than the one entry that was waited for.
    assert len(seen["menu"]) > 5


def test_tab_puts_the_grey_text_there(story: Story) -> None:
    seen = story["ghost"]
    # What the server calls the proof is what was shown, and what is in the file.
    assert seen["lens"] == f"✓ {seen['ghost']}"
    holes = seen["before"].split("  sorry")
    assert seen["after"] == "  sorry".join([f"{holes[0]}  {seen['ghost']}{holes[1]}", *holes[2:]])
    judge(seen["after"], len(holes) + 1)


def test_tab_ends_an_unfinished_proof(story: Story) -> None:
    seen = story["unfinished"]
    assert seen["shown"].strip()
    assert seen["after"].split() == [*seen["before"].split(), *seen["shown"].split()]
    judge(seen["after"], 0)


def test_a_quick_fix_is_applied(story: Story) -> None:
    seen = story["fix"]
    assert seen["titles"][0].endswith("— proves the goal")
    judge(seen["after"], 5)


def test_grey_text_and_a_fix_one_after_the_other(story: Story) -> None:
    # Of six holes one was filled before.
    judge(story["film"]["after"], 3)


def test_a_save_fills_what_can_be_proved(story: Story) -> None:
    after = story["save"]["after"]
    assert "a + b = a * b := by sorry" in after
    judge(after, 1)


def test_settings_count_without_a_reload(story: Story) -> None:
    seen = story["settings"]
    assert seen["shown"] == seen["again"]


def test_the_panel_inserts_with_one_click(story: Story) -> None:
    seen = story["panel"]
    assert "⊢ a + b = b + a" in seen["goals"]
    assert [row for row in seen["rows"] if "proposed by rules" in row]
    assert seen["after"] == seen["before"].replace("sorry", seen["shown"])
    judge(seen["after"], 0)


def test_the_panel_by_keyboard(story: Story) -> None:
    seen = story["keyboard"]
    proof = seen["passed"][-1].partition(": ")[0]
    assert seen["after"] == seen["before"].replace("sorry", proof)
    judge(seen["after"], 0)


def test_a_search_is_seen_as_it_goes_and_its_cancel_reaches_the_server(story: Story) -> None:
    seen = story["deeper"]
    assert seen["counts"] == sorted(set(seen["counts"]))
    assert "loading" in seen["busy"]
    assert seen["after"] == DEEPER


def test_in_high_contrast_all_parts_of_the_panel_have_edges(story: Story) -> None:
    edges = story["deeper"]["edges"]
    assert {"reveal", "pin", "words", "show", "goal"} <= {part for part, _, _ in edges}
    assert [part for part, edge, ground in edges if edge in {ground, "rgba(0, 0, 0, 0)"}] == []


def test_a_server_that_dies_is_started_again(story: Story) -> None:
    seen = story["killed"]
    assert len(seen["running"]) == 1
    assert len(seen["started"]) == 1
    assert "again" in seen["said"]


def test_the_first_steps_prove_a_hole_of_the_example(story: Story) -> None:
    seen = story["firstSteps"]
    assert seen["after"] == seen["before"] - 1


def test_nothing_is_left_running(story: Story) -> None:
    assert story.told["left"] == []
