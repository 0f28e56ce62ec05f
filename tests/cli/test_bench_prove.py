"""The benchmark of proofs: what it counts on a scripted prover, that it goes on, its suites on the embedded Lean."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

import pytest

from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from unsorry.cli.suites import generated, lean_library, library, plot, results
from unsorry.cli.suites.builtin import ONE_SHOTS, Shot, union
from unsorry.cli.suites.isabelle_library import IsabelleLibrary
from unsorry.cli.suites.results import Result
from unsorry.provers.fake import Closes, Leaves
from unsorry.provers.seam import LibraryModule, Snapshot

if TYPE_CHECKING:
    from conftest import Fake, Run

HOLES: Final = "".join(f"theorem t{t} : {t} := by\n  sorry\n" for t in "ABCD")

KEYS: Final = {
    "prover", "settings", "skipped", "holes", "budget", "series", "levels", "search", "against",
}  # fmt: skip


@pytest.fixture
def holes(fake: Fake, folder: Path) -> Path:
    """A file of which A is for both, B for us, C for one of the prover's tactics, and D for nobody."""
    fake.script = {
        "A": {"grind": Closes(), "done": Closes()},
        "B": {"simp": Leaves(("E",))},
        "C": {"omega": Closes()},
        "E": {"done": Closes()},
    }
    path = folder / "A.lean"
    path.write_text(HOLES, encoding="utf-8")
    return path


def bench(run: Run, *arguments: str) -> dict[str, Any]:
    ran = run("bench", "prove", *arguments, "--json")
    assert ran.code == 0, ran.err
    assert set(ran.json) == KEYS
    return ran.json


@pytest.mark.usefixtures("holes")
def test_what_each_proves_is_told_side_by_side(run: Run) -> None:
    data = bench(run, "A.lean", "--against", "builtin", "--budget", "5")
    series = {s["name"]: s["proved"] for s in data["series"]}
    assert series == {"unsorry": 2, "grind": 1, "simp_all": 0, "omega": 1, "decide": 0, "union": 2}
    assert data["series"][0]["rate"] == 0.5
    assert list(data["series"][0]["rates"]) == ["0.5", "1.25", "2.5", "5"]
    against = data["against"]
    assert (against["union_open"], against["gained"], against["gained_rate"]) == (2, 1, 0.5)
    assert against["lost"] == ["A.lean#2"]
    (level,) = data["levels"]
    assert (level["level"], level["holes"], level["proved"]) == ("A", 4, series)
    assert level["rates"] == data["series"][0]["rates"]
    assert (level["candidates_p50"], level["nodes_p50"]) == (
        data["search"]["candidates_p50"],
        data["search"]["nodes_p50"],
    )
    assert data["search"]["nodes_max"] == 2


@pytest.mark.usefixtures("holes")
def test_premises_are_looked_for_as_prove_does_unless_they_are_not_wanted(fake: Fake, run: Run) -> None:
    data = bench(run, "A.lean", "--budget", "5")
    assert (data["settings"]["premises"], data["settings"]["premises_model"]) == (True, None)
    (prover,) = fake.provers
    # A search that needs none asks for none, so the index is made ready before.
    assert prover.counts.premises == 4
    fake.provers.clear()
    assert not bench(run, "A.lean", "--budget", "5", "--no-premises")["settings"]["premises"]
    (prover,) = fake.provers
    assert prover.counts.premises == 0


@pytest.mark.usefixtures("holes")
def test_without_others_only_this_program_is_measured(run: Run) -> None:
    data = bench(run, "A.lean")
    assert [s["name"] for s in data["series"]] == ["unsorry"]
    assert data["against"] is None
    shown = run("bench", "prove", "A.lean")
    assert shown.code == 0
    assert "2/4" in shown.out


@pytest.mark.usefixtures("holes")
def test_an_interrupted_run_goes_on(fake: Fake, run: Run, folder: Path) -> None:
    first = bench(run, "A.lean", "--out", "run")
    done = folder / "run" / "results.jsonl"
    lines = done.read_text("utf-8").splitlines()
    assert len(lines) == 4
    # As if it had been interrupted while it wrote the third line; the first is changed, to be told from a new one.
    kept = json.loads(lines[0]) | {"candidates": 77}
    done.write_text(json.dumps(kept) + "\n" + lines[1] + "\n" + lines[2][:20], "utf-8")
    assert "--resume" in run("bench", "prove", "A.lean", "--out", "run").err
    assert run("bench", "prove", "A.lean", "--out", "run", "--resume", "--budget", "3").code == 2
    (folder / "B.lean").write_text(HOLES, encoding="utf-8")
    assert "other settings" in run("bench", "prove", "A.lean", "B.lean", "--out", "run", "--resume").err
    fake.provers.clear()
    again = bench(run, "A.lean", "--out", "run", "--resume")
    assert again["series"] != []
    assert (again["holes"], again["series"][0]["proved"]) == (4, first["series"][0]["proved"])
    found = results.read(done)
    assert [r.key for r in found] == [f"A.lean#{n}" for n in range(4)]
    assert found[0].candidates == 77
    assert json.loads((folder / "run" / "summary.json").read_text("utf-8")) == again
    assert (folder / "run" / "summary.md").read_text("utf-8").startswith("| ")
    ElementTree.fromstring((folder / "run" / "rates.svg").read_text("utf-8"))


@pytest.mark.usefixtures("holes")
def test_what_can_not_be_measured_is_told(run: Run, folder: Path) -> None:
    (folder / "Full.lean").write_text("theorem t : A := by\n  done\n", encoding="utf-8")
    assert "no hole" in run("bench", "prove", "Full.lean").err
    for wrong in (["--suite", "files"], ["A.lean", "--suite", "generated"], ["A.lean", "--resume"], ["missing.lean"]):
        assert run("bench", "prove", *wrong).code == 2
    for wrong in (["A.lean", "--prover", "isabelle"], ["--suite", "generated", "--prover", "isabelle"]):
        assert run("bench", "prove", *wrong).code == 2
    # A scripted prover has no library.
    assert "can't be drawn from" in run("bench", "prove", "--suite", "library").err


def test_the_union_shares_the_time_of_one() -> None:
    miss, late, quick = Shot(False, 8.0), Shot(True, 3.0), Shot(True, 0.5)
    assert union([miss, quick], 8.0) == Shot(True, 4.5)
    assert union([miss, miss, late], 6.0) == Shot(False, 6.0)
    # What one does not use is the others'.
    assert union([Shot(False, 0.1), late], 6.0) == Shot(True, 3.1)
    assert union([], 1.0) == Shot(False, 0.0)


def test_what_is_late_does_not_count_for_less_time() -> None:
    found = [
        Result("a", "x", "", True, 0.5, 3, 1, "p", "o", None, {"t": Shot(True, 0.1)}),
        Result("b", "y", "", True, 4.0, 5, 9, "p", "o", None, {"t": Shot(False, 0.1)}),
        Result("c", "y", "", False, 8.0, 9, 4, None, None, None, {"t": Shot(False, 0.1)}),
    ]
    data = results.summary(found, 8.0)
    ours = data["series"][0]
    assert ours["rates"] == {"0.8": 1 / 3, "2": 1 / 3, "4": 2 / 3, "8": 2 / 3}
    assert (ours["seconds_p50"], data["search"]["nodes_p50"]) == (2.25, 4)
    assert [(e["level"], e["proved"]["unsorry"]) for e in data["levels"]] == [("x", 1), ("y", 1)]
    assert [Result.from_line(r.line()) for r in found] == found
    tables = results.markdown(data)
    assert "2/3" in tables
    assert "| level | holes | 0.8 s | 2 s | 4 s | 8 s | median s | tried | nodes |" in tables
    assert "| x | 1 | 100% | 100% | 100% | 100% | 0.50 | 3 | 1 |" in tables
    assert "| y | 2 | 0% | 0% | 50% | 50% | 4.00 | 7 | 6.5 |" in tables
    assert "| all | 3 | 33% | 33% | 67% | 67% | 2.25 | 5 | 4 |" in tables
    assert "| level | holes | unsorry | t | union |" in tables
    drawn = ElementTree.fromstring(plot.pass_rates(found, 8.0))
    assert {"unsorry", "t", "union"} <= {e.text for e in drawn.iter() if e.text}


def test_the_same_seed_gives_the_same_goals() -> None:
    goals = list(generated.goals(3, 25))
    assert goals == list(generated.goals(3, 25))
    assert goals[:7] == list(generated.goals(3, 7))
    assert goals != list(generated.goals(4, 25))
    assert {g.level for g in goals} == {f"level {n}" for n in range(1, 6)}
    assert all(g.reference and g.text.count("sorry") == 1 for g in goals)


@pytest.mark.embedded
@pytest.mark.timeout(300)
def test_generated_goals_have_proofs(run: Run, folder: Path) -> None:
    data = bench(run, "--embedded", "--suite", "generated", "--count", "25", "--budget", "0.3", "--out", "run")
    assert data["holes"] == 25
    assert [e["holes"] for e in data["levels"]] == [5] * 5
    assert json.loads((folder / "run" / "suite.json").read_text("utf-8"))["skipped"] == {}


MODULES: Final = (
    LibraryModule("Init.Prelude", (), ()),
    LibraryModule("Init.Core", ("Init.Prelude",), ()),
    LibraryModule("Init.Grind", ("Init.Core", "Init.Core"), ()),
    LibraryModule("Std.Map", ("Init.Core", "Init.Core"), ()),
)


def test_a_statement_sees_what_its_module_imports() -> None:
    below = library.closures(MODULES)
    assert below["Std.Map"] == {"Init.Core", "Init.Prelude"}
    automation = ["Init.Grind", "Init.Missing"]
    assert library.scope(MODULES[3], below, []) == ["Init.Core"]
    assert library.scope(MODULES[3], below, automation) == ["Init.Core", "Init.Grind"]
    # The automation rests on this one itself.
    assert library.scope(MODULES[1], below, automation) == ["Init.Prelude"]


def test_variables_without_a_name_get_one() -> None:
    said = lean_library.statement("b", ".{u} {α✝ : Type u} {x✝¹² : α✝} : x✝¹² = x✝¹²")
    assert said == "theorem b.{u} {α_0 : Type u} {x_12 : α_0} : x_12 = x_12 := by"


@pytest.mark.embedded
@pytest.mark.timeout(300)
def test_theorems_of_the_library_are_stated_without_themselves(run: Run, folder: Path) -> None:
    options = ("--embedded", "--suite", "library", "--seed", "2", "--budget", "1", "--against", "builtin")
    data = bench(run, *options, "--count", "4", "--out", "run")
    assert data["holes"] == 4
    cases = json.loads((folder / "run" / "suite.json").read_text("utf-8"))["cases"]
    assert len({c["name"] for c in cases}) == 4
    for case in cases:
        assert case["text"].startswith("prelude\nimport ")
        assert case["name"].split(".")[0] not in {"Lean", "Std.Tactic"}
    fewer = bench(run, *options, "--count", "2", "--out", "fewer")
    assert fewer["holes"] == 2
    assert json.loads((folder / "fewer" / "suite.json").read_text("utf-8"))["cases"] == cases[:2]


@needs_isabelle[0]
@needs_isabelle[1]
@pytest.mark.timeout(300)
def test_theorems_of_isabelles_library_are_stated_without_themselves(run: Run, folder: Path) -> None:
    options = ("--prover", "isabelle", "--suite", "library", "--seed", "1", "--budget", "1", "--against", "builtin")
    data = bench(run, *options, "--count", "4", "--out", "run")
    assert (data["prover"]["name"], data["holes"]) == ("Isabelle", 4)
    assert [s["name"] for s in data["series"]][1:-1] == list(ONE_SHOTS["Isabelle"])
    said = json.loads((folder / "run" / "suite.json").read_text("utf-8"))
    assert set(said["skipped"]) <= {skip.value for skip in library.Skip}
    for case in said["cases"]:
        theory, name = case["name"].split(".")[:2]
        imports = case["text"].partition("imports ")[2].partition("\n")[0].split()
        assert f"HOL.{theory}" not in imports
        assert name not in case["text"]
    fewer = bench(run, *options, "--count", "2", "--out", "fewer")
    assert fewer["holes"] == 2
    assert json.loads((folder / "fewer" / "suite.json").read_text("utf-8"))["cases"] == said["cases"][:2]


SURJ: Final = """theory Scratch
  imports HOL.Set
begin

lemma same{}
  sorry
"""


@needs_isabelle[0]
@needs_isabelle[1]
@pytest.mark.timeout(200)
async def test_what_a_theory_states_is_compared_with_the_theorem() -> None:
    prover = make_isabelle()
    try:
        document = await prover.open(Snapshot("bench:overview", 1, IsabelleLibrary(prover).overview))
        overview = document.holes[0].state
        assert overview is not None
        assert await prover.signatures(overview, "List.append_assoc") == []
        plain, typed = await prover.signatures(overview, "Fun.surjI")
        assert plain.splitlines()[1:] == [
            "  fixes g :: \"'b ⇒ 'a\"",
            "    and f :: \"'a ⇒ 'b\"",
            '  shows "(⋀x. g (f x) = x) ⟹ range g = UNIV"',
        ]
        # Renamed, with types written out, with fewer types than it has, with another proposition.
        others = {
            plain: True,
            typed: True,
            re.sub(r"\bg\b", "h", plain): True,
            plain.replace("'b", "'a"): False,
            plain.replace("UNIV", "{}"): False,
        }
        for signature, same in others.items():
            probe = await prover.open(Snapshot("bench:draw", 1, SURJ.format(signature)))
            assert not probe.errors
            state = probe.holes[0].state
            assert state is not None
            assert await prover.is_theorem(state, overview, "Fun.surjI") is same
        sorts = await prover.signatures(overview, "Lattices.linorder_class.min.absorb4")
        assert "'a::linorder" in sorts[0]
    finally:
        await prover.close()
