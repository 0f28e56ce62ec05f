"""Goals that are the same, and the graph of goals that a search grows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.engine.graph import Caps, Node, ProofGraph, Sketch, Step
from unsorry.engine.graphview import NodeState, StepView, view_of
from unsorry.engine.identity import identity_of, translated
from unsorry.provers.seam import Goal, Local


def goal(target: str, *hypotheses: str) -> Goal:
    """``hypotheses`` as ``name : type``."""
    parts = [h.split(" : ", 1) for h in hypotheses]
    locals_ = tuple(Local(name, type_) for name, type_ in parts)
    return Goal(pretty="\n".join([*hypotheses, f"⊢ {target}"]), target=target, locals=locals_)


def key(target: str, *hypotheses: str) -> str:
    return identity_of([goal(target, *hypotheses)]).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a + b = b + a", "a : Nat", "b : Nat"), ("m + n = n + m", "m : Nat", "n : Nat")),
        (("p", "hp : p", "hq : q"), ("p", "h : q", "h' : p")),
        (("p", "p : Prop", "q : Prop", "hp : p", "hq : q"), ("b", "b : Prop", "a : Prop", "x : a", "y : b")),
        (("y < x", "x : Nat", "y : Nat", "h : x < y"), ("a < b", "a : Nat", "b : Nat", "h : b < a")),
        (("x.1 = y", "x : Nat × Nat", "y : Nat"), ("z.1 = x", "x : Nat", "z : Nat × Nat")),
    ],
)
def test_goals_are_the_same_but_for_names_and_order(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert key(*one) == key(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("x < y", "x : Nat", "y : Nat", "h : x < y"), ("y < x", "x : Nat", "y : Nat", "h : x < y")),
        (("a + b = b + a", "a : Nat", "b : Nat"), ("a + b = b + a", "a : Int", "b : Int")),
        (("p", "hp : p"), ("p", "hp : p", "hq : q")),
        (("add a b = b", "add : Nat → Nat → Nat"), ("Nat.add a b = b", "add : Nat → Nat → Nat")),
        (("f (g x) = x", "f : A", "g : A"), ("g (g x) = x", "f : A", "g : A")),
    ],
)
def test_goals_that_differ_are_told_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert key(*one) != key(*other)


def test_goals_with_hypotheses_of_one_name_are_told_apart_as_they_are_printed() -> None:
    # What Lean prints of a context with two hypotheses that tactics can't name; in types and targets both are `n✝`.
    nameless = (Local("n", "Nat", accessible=False), Local("n", "Nat", accessible=False))

    def printed(target: str) -> Goal:
        return Goal(pretty=f"n✝¹ : Nat\nn✝ : Nat\n⊢ {target}", target="n✝ < 5", locals=nameless)

    assert identity_of([printed("n✝¹ < 5")]).key != identity_of([printed("n✝ < 5")]).key
    assert identity_of([printed("n✝ < 5")]) == identity_of([printed("n✝ < 5")])


NAMES = ["a", "b", "c", "h", "h₁", "x'"]
TYPES = ["Nat", "{} = {}", "{} < {}", "P {} {}"]


@given(st.permutations(NAMES), st.permutations(range(4)), st.data())
def test_the_key_forgets_names_and_the_translation_knows_them(
    fresh: list[str], order: list[int], data: st.DataObject
) -> None:
    pick = st.sampled_from(NAMES[:4])
    said = [(NAMES[i], data.draw(st.sampled_from(TYPES)).format(data.draw(pick), data.draw(pick))) for i in range(4)]
    target = f"Q {data.draw(pick)} {data.draw(pick)} {data.draw(pick)}"
    renaming = dict(zip(NAMES, fresh, strict=True))

    def renamed(text: str) -> str:
        return translated(text, list(renaming), list(renaming.values()))

    one = identity_of([goal(target, *(f"{n} : {t}" for n, t in said))])
    moved = [said[i] for i in order]
    other = identity_of([goal(renamed(target), *(f"{renaming[n]} : {renamed(t)}" for n, t in moved))])
    if one.key == other.key:
        # What is called the same is the same under the names' translation.
        assert translated(target, one.names, other.names) == renamed(target)
        told = dict(said)
        fresh_types = {renaming[n]: renamed(t) for n, t in moved}
        for mine, theirs in zip(one.names, other.names, strict=True):
            assert translated(told[mine], one.names, other.names) == fresh_types[theirs]
    if [renaming[n] for n, _ in said] == [renaming[n] for n, _ in moved]:
        assert one.key == other.key


def test_a_long_goal_is_told_apart_in_the_time_that_it_takes_to_read() -> None:
    """What stands for each use of a name may not be as long as the goal."""
    long = " ∧ ".join(["f x = y"] * 20_000)
    assert key(long, "x : Nat", "y : Nat") == key(long.replace("x", "a").replace("y", "b"), "b : Nat", "a : Nat")


def test_a_translation_leaves_other_names_alone() -> None:
    assert translated("exact h.1 (Nat.a a) a'", ["a", "h"], ["b", "k"]) == "exact k.1 (Nat.a b) a'"
    assert translated("rw [x, y]", ["x", "y"], ["y", "x"]) == "rw [y, x]"


def lines(step: str, _: Sequence[Goal], parts: Sequence[str]) -> str:
    return f"{step}({'; '.join(parts)})"


def grow(graph: ProofGraph, node: Node, text: str, *targets: str, score: float = -1.0) -> Step:
    step = graph.grow(node, text, score, "test", [[goal(t)] for t in targets])
    assert step is not None
    return step


def test_a_step_needs_all_of_its_goals_and_a_goal_one_of_its_steps() -> None:
    graph = ProofGraph([goal("root")], Caps())
    split = grow(graph, graph.root, "split", "left", "right")
    other = grow(graph, graph.root, "other", "third")
    graph.close(split.needs[0], "l", -1, "test")
    assert graph.proof(lines) is None
    assert graph.partials(lines) == [Sketch("split(l; sorry)", 1, 2, "test")]
    graph.close(other.needs[0], "o", -1, "test")
    assert graph.proof(lines) == "other(o)"


def test_a_goal_reached_in_two_ways_is_looked_at_once_and_proves_both() -> None:
    graph = ProofGraph([goal("root")], Caps())
    one = grow(graph, graph.root, "one", "common", "a")
    two = grow(graph, graph.root, "two", "common", "b", score=-0.5)
    assert one.needs[0] is two.needs[0]
    popped: list[str] = []
    while (node := graph.pop()) is not None:
        popped.append(node.goals[0].target)
        node.exhausted = True
    assert popped.count("common") == 1
    graph.close(two.needs[0], "c", -1, "test")
    graph.close(two.needs[1], "b", -1, "test")
    assert graph.proof(lines) == "two(c; b)"


def test_a_shared_proof_is_told_in_the_names_of_each_place() -> None:
    graph = ProofGraph([goal("root")], Caps())
    first = graph.grow(graph.root, "intro a b", -1, "test", [[goal("a < b", "a : Nat", "b : Nat", "h : a < b")]])
    assert first is not None
    second = graph.grow(
        graph.root, "split", -2, "test", [[goal("y < x", "k : y < x", "x : Nat", "y : Nat")], [goal("other")]]
    )
    assert second is not None
    assert second.needs[0] is first.needs[0]
    first.refused = True
    graph.close(first.needs[0], "exact h", -1, "test")
    graph.close(second.needs[1], "trivial", -1, "test")
    assert graph.proof(lines) == "split(exact k; trivial)"


def test_a_step_back_is_no_step() -> None:
    graph = ProofGraph([goal("a = b")], Caps())
    step = grow(graph, graph.root, "symm", "b = a")
    assert graph.grow(step.needs[0], "symm", -1, "test", [[goal("a = b")]]) is None
    assert graph.grow(graph.root, "skip", -1, "test", [[goal("a = b")]]) is None


def test_long_ways_are_not_worse_for_being_long() -> None:
    def first_after(alpha: float) -> str:
        graph = ProofGraph([goal("root")], Caps(alpha=alpha))
        node = graph.root
        for depth in range(5):
            (node,) = grow(graph, node, f"s{depth}", f"deep{depth}", score=-0.5).needs
        grow(graph, graph.root, "d", "shallow", score=-2.0)
        for skipped in ("root", *(f"deep{d}" for d in range(4))):
            graph._nodes[identity_of([goal(skipped)]).key].exhausted = True  # pyright: ignore[reportPrivateUsage]
        popped = graph.pop()
        assert popped is not None
        return popped.goals[0].target

    assert first_after(0.0) == "shallow"
    assert first_after(1.0) == "deep4"


def test_what_can_not_matter_is_not_looked_at_but_for_what_is_proved_in_part() -> None:
    graph = ProofGraph([goal("root")], Caps())
    graph.root.exhausted = True
    step = grow(graph, graph.root, "split", "hopeless", "fine")
    step.needs[0].exhausted = True
    assert graph.pop() is step.needs[1]
    deeper = grow(graph, step.needs[1], "deeper", "lost", "beside it")
    deeper.needs[0].exhausted = step.needs[1].exhausted = True
    assert graph.pop() is None
    other = grow(graph, graph.root, "other", "third", "fourth")
    graph.close(other.needs[0], "x", -1, "test")
    popped = graph.pop()
    assert popped is other.needs[1]


def test_bounds_hold() -> None:
    graph = ProofGraph([goal("root")], Caps(nodes=3, depth=2))
    (one,) = grow(graph, graph.root, "a", "1").needs
    (two,) = grow(graph, one, "b", "2").needs
    assert graph.limits == ()
    assert graph.grow(two, "c", -1, "test", [[goal("3")]]) is None
    assert graph.grow(graph.root, "d", -1, "test", [[goal("4")]]) is None
    assert graph.limits == ("the limit of 2 steps in a row was reached", "the limit of 3 goals was reached")
    assert len(graph) == 3


def test_large_goals_are_few() -> None:
    graph = ProofGraph([goal("root")], Caps(memory=2**21))
    large = [goal("x" * 100_000 + str(number)) for number in range(9)]
    taken = [graph.grow(graph.root, f"s{n}", -1, "test", [[one]]) for n, one in enumerate(large)]
    assert [step is not None for step in taken] == [True] * 3 + [False] * 6
    assert graph.limits == ("goals reached their limit of 2 MiB",)
    # Small ones still have room, and one that is there already takes none.
    assert grow(graph, graph.root, "small", "small").needs
    assert len(graph) == 5


def test_a_refused_proof_gives_way_to_the_next() -> None:
    graph = ProofGraph([goal("root")], Caps())
    step = grow(graph, graph.root, "one", "a")
    graph.close(step.needs[0], "bad", -1, "test")
    assert graph.proof(lines) == "one(bad)"
    graph.refuse(graph.ends)
    assert graph.proof(lines) is None
    graph.close(step.needs[0], "good", -1, "test")
    assert graph.proof(lines) == "one(good)"


# What is shown


def test_of_a_hole_alone_there_is_nothing_to_show() -> None:
    graph = ProofGraph([goal("root")], Caps())
    graph.close(graph.root, "easy", -1.0, "test")
    assert view_of(graph) is None


def test_a_graph_is_shown_with_what_proves_it() -> None:
    graph = ProofGraph([goal("root")], Caps())
    step = graph.grow(graph.root, "split", -1.0, "test", [[goal("left")], [goal("right")]])
    assert step is not None
    left, right = step.needs
    graph.close(left, "easy", -1.0, "test")
    right.exhausted = True
    shown = view_of(graph)
    assert shown is not None
    assert [(n.ident, n.goals, n.state, n.depth) for n in shown.nodes] == [
        (0, ("⊢ root",), NodeState.OPEN, 0),
        (1, ("⊢ left",), NodeState.PROVED, 1),
        (2, ("⊢ right",), NodeState.EXHAUSTED, 1),
    ]
    assert shown.steps == (StepView(0, (1, 2), "split"), StepView(1, (), "easy"))
    assert shown.left_out == 0
    # It is frozen: what comes later is not in it.
    graph.grow(right, "more", -1.0, "test", [[goal("further")]])
    assert len(shown.nodes) == 3


def test_of_a_large_graph_what_is_proved_is_shown_first_with_the_way_there() -> None:
    graph = ProofGraph([goal("root")], Caps())
    for number in range(200):
        graph.grow(graph.root, f"wide {number}", -0.1, "test", [[goal(f"wide {number}")]])
    node = graph.root
    for number in range(5):
        step = graph.grow(node, f"deep {number}", -9.0, "test", [[goal(f"deep {number}")], [goal(f"beside {number}")]])
        assert step is not None
        node = step.needs[0]
    graph.close(node, "easy", -9.0, "test")
    shown = view_of(graph, 20)
    assert shown is not None
    assert len(shown.nodes) == 20
    assert shown.left_out == len(graph) - 20
    there = [goals for n in shown.nodes for goals in n.goals]
    assert there[0] == "⊢ root"
    assert {f"⊢ {name} {number}" for name in ("deep", "beside") for number in range(5)} <= set(there)
    # Each is reached by a step that is shown.
    assert {end for step in shown.steps for end in step.targets} == {n.ident for n in shown.nodes} - {0}
