"""The command line on a real Isabelle, as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from provers.isabelle.isabelles import needs_isabelle

pytestmark = [*needs_isabelle, pytest.mark.timeout(300)]

THEORY = """theory Near
  imports Main
begin

datatype tree = Leaf | Node tree nat tree

fun size' :: "tree \\<Rightarrow> nat" where
  "size' Leaf = 0"
| "size' (Node l x r) = size' l + 1 + size' r"

fun mirror :: "tree \\<Rightarrow> tree" where
  "mirror Leaf = Leaf"
| "mirror (Node l x r) = Node (mirror r) x (mirror l)"

lemma one: "size' (mirror t) = size' t"
  by (induction t) auto

lemma two: "size' (mirror (mirror u)) = size' u"
  sorry

lemma three: "size' (mirror v) = size' v"
  sorry

end
"""


def unsorry(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unsorry", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=250, check=False)


def proved() -> set[str]:
    ran = unsorry("prove", "Near.thy", "--suggester", "neighbours", "--json")
    holes = json.loads(ran.stdout)["holes"]
    return {h["declaration"].rpartition(".")[2] for h in holes if h["status"] == "proved"}


def test_a_theory_is_learned_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(folder.parent / "data"))
    (folder / "Near.thy").write_text(THEORY, encoding="utf-8")
    assert proved() == set()
    ran = unsorry("learn", ".", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["new"] >= 1
    assert told["files"][0]["prover"]["name"] == "Isabelle"
    assert "three" in proved()


def test_the_doctor_makes_a_proof_with_what_the_files_need(folder: Path) -> None:
    (folder / "Near.thy").write_text(THEORY, encoding="utf-8")
    # Whatever Lean there is, it is not used.
    (folder / "unsorry.toml").write_text("[lean]\ncommand = 'no-such-lean'\n", encoding="utf-8")
    ran = unsorry("doctor", "--json")
    data = json.loads(ran.stdout)
    assert data["needed"] == ["Isabelle"]
    assert (data["trial"]["made"], data["isabelle_trial"]["made"]) == (False, True)
    assert data["isabelle_trial"]["prover"]["name"] == "Isabelle"
    assert ran.returncode == 0, ran.stderr

    (folder / "A.lean").write_text("theorem a : True := by sorry\n", encoding="utf-8")
    ran = unsorry("doctor")
    assert "the files here need Lean and Isabelle" in ran.stdout
    assert ran.returncode == 1, ran.stderr
