"""Theorems ranked for a goal: by what they are about and whether they can be used, not by their names."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

import pytest

from unsorry.engine.ranking import Query, Ranking
from unsorry.provers.seam import Constant, Goal, Premise


def goal(head: str, *symbols: str, hypotheses: tuple[str, ...] = ()) -> Goal:
    def constants(names: tuple[str, ...]) -> tuple[Constant, ...]:
        return tuple(Constant(n, n, "def", "M") for n in names)

    return Goal("", "", head=head, constants=constants((head, *symbols)), hypothesis_constants=constants(hypotheses))


def theorem(name: str, head: str, *symbols: str, left: str = "", module: str | None = "Lib.A") -> Premise:
    return Premise(name, symbols, head, left, module)


def library(count: int) -> list[Premise]:
    """Theorems about lists, numbers and trees, each about two or three of some functions."""
    numbers = random.Random(7)
    functions = ["List.map", "List.append", "List.rev", "Nat.add", "Nat.mul", "Nat.sub", "Tree.size"]
    made: list[Premise] = []
    for i in range(count):
        used = numbers.sample(functions, numbers.randint(2, 3))
        kinds = sorted({f.split(".")[0] for f in used})
        head, left = ("Eq", used[0]) if numbers.random() < 0.7 else ("LE.le", "")
        made.append(theorem(f"lib_{i}", head, *kinds, *used, left=left, module=f"Lib.M{i % 9}"))
    return made


def names(ranking: Ranking, wanted: Goal, count: int = 5) -> list[str]:
    return [p.name for p in ranking.best(Query.of([wanted]), count)]


def test_what_can_be_used_comes_before_what_sounds_alike() -> None:
    """At five of two thousand: the theorem about these functions, and none that only has their names in its own."""
    alike = [theorem(f"tree_size_flip_{i}", "Eq", "Nat", "Nat.add", left="Nat.add") for i in range(20)]
    wanted = theorem("quillfeather", "Eq", "Tree", "Tree.size", "Tree.flip", left="Tree.size")
    ranking = Ranking([*library(1000), *alike, wanted, *library(1000)])
    found = names(ranking, goal("Eq", "Nat", "Tree", "Tree.size", "Tree.flip", "Nat.add"))
    assert "quillfeather" in found
    assert not any(name.startswith("tree_size_flip") for name in found)


def test_types_find_more_than_names_where_names_sound_alike() -> None:
    """Recall at five: of each goal's theorem, among twenty with its goal's name in theirs and other types."""
    wanted, decoys = list[Premise](), list[Premise]()
    goals = list[tuple[str, Goal]]()
    for number, (one, other) in enumerate((a, b) for a in range(6) for b in range(6) if a < b):
        kind, functions = f"K{one}", (f"K{one}.f{other}", f"K{other}.g{one}")
        goals.append((f"f{other}_g{one}", goal("Eq", kind, *functions)))
        wanted.append(theorem(f"quillfeather{number}", "Eq", kind, *functions, left=functions[0]))
        others = (f"K{other}", f"K{other}.h", f"K{one}.k")
        decoys += [theorem(f"f{other}_g{one}_{i}", "Eq", *others, left=others[1]) for i in range(20)]
    everything = [*library(1000), *wanted, *decoys]
    ranking = Ranking(everything)
    by_type = sum(w.name in names(ranking, g) for w, (_, g) in zip(wanted, goals, strict=True))
    by_name = 0
    for theorem_, (name, _) in zip(wanted, goals, strict=True):
        alike = sorted(everything, key=lambda p: -SequenceMatcher(None, p.name, name).quick_ratio())
        by_name += theorem_ in alike[:5]
    assert (by_name / len(goals), by_type / len(goals)) == (0.0, 1.0)


@pytest.mark.parametrize(("head", "better"), [("LE.le", "applies"), ("Eq", "rewrites")])
def test_the_head_of_the_conclusion_counts(head: str, better: str) -> None:
    symbols = ("Tree", "Tree.size", "Tree.flip")
    both = [theorem("applies", "LE.le", *symbols), theorem("rewrites", "Eq", *symbols, left="Tree.size")]
    assert names(Ranking([*library(300), *both]), goal(head, "Tree.size", "Tree.flip"), 2)[0] == better


def test_what_speaks_of_much_else_comes_later() -> None:
    plain = theorem("plain", "Eq", "Tree", "Tree.size", left="Tree.size")
    mixed = theorem("mixed", "Eq", "Tree", "Tree.size", "Heap.top", "Heap.pop", "Heap.push", left="Tree.size")
    found = names(Ranking([mixed, plain, *library(300)]), goal("Eq", "Tree", "Tree.size"), 302)
    assert found.index("plain") < found.index("mixed")


def test_of_equal_ones_of_the_text_the_newest_is_first() -> None:
    own = [theorem(f"own{i}", "Eq", "f", "g", left="f", module=None) for i in range(5)]
    assert names(Ranking(own), goal("Eq", "f", "g"), 3) == ["own4", "own3", "own2"]


def test_the_project_comes_before_the_library() -> None:
    symbols = ("Nat", "Nat.mul", "Nat.sub")
    mine = theorem("mine", "Eq", *symbols, left="Nat.mul", module="Project.A")
    same = [theorem(f"same{i}", "Eq", *symbols, left="Nat.mul") for i in range(40)]
    assert names(Ranking([*same[:20], mine, *same[20:], *library(500)]), goal("Eq", *symbols))[0] == "mine"


def test_what_shares_nothing_is_left_out() -> None:
    ranking = Ranking(library(50))
    assert names(ranking, goal("Prime", "Set.card")) == []
    assert names(Ranking([]), goal("Eq", "Nat")) == []
    assert names(Ranking([theorem("bare", "Eq")]), goal("Eq", "Nat")) == []
