"""The parts of the Lean prover that need no Lean: places, edits, imports, suggestions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.errors import InputError
from unsorry.provers.lean import modules
from unsorry.provers.lean.decode import declaration_axioms, public_name, replacements
from unsorry.provers.lean.prover import _changed  # pyright: ignore[reportPrivateUsage]
from unsorry.provers.lean.source import Source

TEXTS = st.text(alphabet="ab \t\r\n\ufeffé→𝔓", max_size=60)


# Source


@given(TEXTS)
def test_places_go_there_and_back(text: str) -> None:
    source = Source.of(text)
    assert source.text.encode() == source.data
    for place in range(len(source.data) + 1):
        assert source.from_buffer(source.to_buffer(place)) == place


@given(TEXTS)
def test_a_place_stands_before_the_same_text(text: str) -> None:
    source = Source.of(text)
    raw = text.encode()
    for place, byte in enumerate(source.data):
        there = source.to_buffer(place)
        assert raw[there] == byte or (byte == ord("\n") and raw[there : there + 2] == b"\r\n")
    places = [source.to_buffer(p) for p in range(len(source.data) + 1)]
    assert places == sorted(places)
    assert places[-1] == len(raw) if raw else places[-1] == 0


@given(TEXTS)
def test_every_place_of_the_buffer_has_one_in_the_text(text: str) -> None:
    source = Source.of(text)
    for place in range(len(text.encode()) + 1):
        assert 0 <= source.from_buffer(place) <= len(source.data)


@pytest.mark.parametrize(
    ("text", "newline", "plain"),
    [
        ("a\nb\n", "\n", "a\nb\n"),
        ("a\r\nb\r\n", "\r\n", "a\nb\n"),
        ("\ufeffa\r\n", "\r\n", "a\n"),
        ("a\r\nb\nc\n", "\n", "a\nb\nc\n"),
        ("a\rb\n", "\n", "a\rb\n"),
        ("a\r\r\nb", "\r\n", "a\r\nb"),
        ("", "\n", ""),
    ],
)
def test_line_ends(text: str, newline: str, plain: str) -> None:
    source = Source.of(text)
    assert (source.newline, source.text) == (newline, plain)


@given(TEXTS, TEXTS)
def test_kept_places_are_the_same_places(one: str, two: str) -> None:
    a, b = Source.of(one), Source.of(two)
    end = _changed(a.data, b.data)[0]
    if a.same_places(b, end):
        assert [a.to_buffer(p) for p in range(end)] == [b.to_buffer(p) for p in range(end)]


@pytest.mark.parametrize("text", ["a\ud800b", "a\ud800b\r\nc\udfff", "\ufeff\ud800"])
def test_a_surrogate_alone_is_a_character_of_its_length(text: str) -> None:
    source, whole = Source.of(text), Source.of(text.replace("\ud800", "\ufffd").replace("\udfff", "\ufffd"))
    assert (source.text, source.data) == (whole.text, source.text.encode())
    end = len(source.data)
    assert [source.to_buffer(p) for p in range(end)] == [whole.to_buffer(p) for p in range(end)]
    assert source.to_buffer(end) == len(text.encode("utf-8", "surrogatepass"))


# Edits


@given(TEXTS, TEXTS)
def test_the_edit_makes_the_new_text_of_the_old(one: str, two: str) -> None:
    old, new = one.encode(), two.encode()
    start, old_end, new_end = _changed(old, new)
    assert 0 <= start <= old_end <= len(old)
    assert start <= new_end <= len(new)
    assert old[:start] + new[start:new_end] + old[old_end:] == new
    # Each of the pieces is whole text: the driver gets them as JSON.
    for piece in (old[:start], old[old_end:], new[start:new_end]):
        piece.decode()


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_the_edit_is_small(head: str, old: str, new: str, tail: str) -> None:
    start, old_end, _ = _changed((head + old + tail).encode(), (head + new + tail).encode())
    assert old_end - start <= len(old.encode()) + 8


# Imports


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("import A", ["A"]),
        ("import A.B.C\nimport D\n\ntheorem x : True := trivial\nimport E", ["A.B.C", "D"]),
        ("\ufeffimport A\r\nimport B\r\n", ["A", "B"]),
        ("-- import A\n/- import B /- nested -/ import C -/ import D", ["D"]),
        ("/-! text -/\nimport A -- and\n  import B", ["A", "B"]),
        ("module\n\npublic import A\nmeta import B\npublic meta import C\nimport all D", ["A", "B", "C", "D"]),
        ("prelude\nimport Init.Core", ["Init.Core"]),
        ("import «A-b».«c d»", ["A-b.c d"]),
        ("import runtime A", ["A"]),
        ("importA", []),
        ("def x := 1\nimport A", []),
        ("/- never closed\nimport A", []),
        ("import A import B", ["A", "B"]),
        ("import Äé.𝔓", ["Äé.𝔓"]),
    ],
)
def test_imports(text: str, expected: list[str]) -> None:
    assert modules.imports(text) == expected


@given(TEXTS)
def test_reading_imports_ends(text: str) -> None:
    assert isinstance(modules.imports("import " + text), list)


def project(root: Path, **files: str) -> None:
    (root / "lakefile.toml").write_text("")
    for name, text in files.items():
        path = root.joinpath(*name.split("__")).with_suffix(".lean")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def test_dependencies_come_first_and_once(tmp_path: Path) -> None:
    project(tmp_path, A="import B\nimport Sub.C", B="import Sub.C\nimport Std", Sub__C="def c := 1")
    found = modules.ProjectModules(tmp_path / "cache", "/guest").closure(tmp_path / "Main.lean", "import A\nimport B")
    assert [m.name for m in found] == ["Sub.C", "B", "A"]
    assert found[0].path == tmp_path / "Sub" / "C.lean"


def written(module: modules.ProjectModule) -> Path:
    """Where the driver, which knows the cache as `/guest`, writes what it compiles."""
    return module.folder / Path(module.olean).relative_to("/guest")


def test_provers_that_compile_the_same_side_by_side_are_not_in_each_others_way(tmp_path: Path) -> None:
    project(tmp_path, A="def a := 1")
    local = modules.ProjectModules(tmp_path / "cache", "/guest")
    (first,), (second,) = (local.closure(tmp_path / "Main.lean", "import A") for _ in range(2))
    written(first).write_bytes(b"whole")
    written(second).write_bytes(b"ha")
    first.publish({})
    first.discard()
    assert (tmp_path / "cache" / "A.olean").read_bytes() == b"whole"
    written(second).write_bytes(b"whole too")
    second.publish({})
    third = local.closure(tmp_path / "Main.lean", "import A")[0]
    assert third.fresh
    written(third).write_bytes(b"given up")
    third.discard()
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["A.axioms.json", "A.olean", "A.stamp"]
    assert (tmp_path / "cache" / "A.olean").read_bytes() == b"whole too"


def test_a_name_that_leads_out_of_the_project_is_no_local_module(tmp_path: Path) -> None:
    project(tmp_path, B="def b := 1")
    outside, root = tmp_path.as_posix(), tmp_path / "inner"
    text = f"import «{outside}/B»\nimport «../B»\nimport «x/../../B»"
    assert modules.ProjectModules(tmp_path / "cache", "/guest").closure(root / "Main.lean", text) == []


def test_a_change_below_makes_everything_above_stale(tmp_path: Path) -> None:
    project(tmp_path, A="import B", B="def b := 1", C="def c := 1")
    local = modules.ProjectModules(tmp_path / "cache", "/guest")
    text, main = "import A\nimport C", tmp_path / "Main.lean"
    for module in local.closure(main, text):
        assert not module.fresh
        written(module).write_bytes(b"compiled")
        module.publish({"x": ["sorryAx"]})
    found = local.closure(main, text)
    assert [(m.name, m.fresh, m.axioms) for m in found] == [(n, True, {"x": ["sorryAx"]}) for n in ("B", "A", "C")]
    (tmp_path / "B.lean").write_text("def b := 2")
    assert [(m.name, m.fresh) for m in local.closure(main, text)] == [("B", False), ("A", False), ("C", True)]


@pytest.mark.parametrize("imported", ["A", "Main"])
def test_a_circle_is_an_error(tmp_path: Path, imported: str) -> None:
    project(tmp_path, A="import B", B="import A", Main="")
    with pytest.raises(InputError, match="circle"):
        modules.ProjectModules(tmp_path, "/guest").closure(tmp_path / "Main.lean", f"import {imported}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_module_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    project(tmp_path, A="def a := 1")
    (tmp_path / "A.lean").chmod(0)
    with pytest.raises(InputError, match="can't be read"):
        modules.ProjectModules(tmp_path, "/guest").closure(tmp_path / "Main.lean", "import A")


def test_a_module_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    project(tmp_path, A="")
    (tmp_path / "A.lean").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"A\.lean"):
        modules.ProjectModules(tmp_path, "/guest").closure(tmp_path / "Main.lean", "import A")


@pytest.mark.parametrize("mark", modules.ROOT_MARKS)
def test_module_names_are_relative_to_the_project(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).write_text("")
    path = tmp_path / "Some" / "Where.lean"
    path.parent.mkdir()
    assert modules.project_root(path) == tmp_path
    assert modules.module_name(path) == "Some.Where"
    assert modules.module_name(None) == "_stdin"


# What the driver says


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Try this: exact foo", ["exact foo"]),
        ("Try this:\n  [apply] exact foo", ["exact foo"]),
        ("Try this:\n  [apply] simp only [a,\n    b]", ["simp only [a,\n    b]"]),
        ("Try these:\n• exact a\n• exact b", ["exact a", "exact b"]),
        ("Try these:\n  [apply] exact a\n  [apply] exact b", ["exact a", "exact b"]),
        ("Try this: exact a\n-- Remaining subgoals:\n-- ⊢ b", ["exact a"]),
        ("Try this:\n  [apply] refine a ?_\n  -- Remaining subgoals:\n  -- ⊢ b", ["refine a ?_"]),
        ("Try this: ", []),
    ],
)
def test_suggestions_in_all_forms(text: str, expected: list[str]) -> None:
    assert replacements([text]) == tuple(expected)


def test_suggestions_are_given_once() -> None:
    assert replacements(["Try this: a", "Try this:\n  [apply] a", "Try this: b"]) == ("a", "b")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_private.A.B.0.Foo.bar", "Foo.bar"),
        ("_private._stdin.0.x", "x"),
        ("Foo.bar", "Foo.bar"),
        ("_private_thing", "_private_thing"),
    ],
)
def test_names_as_their_users_know_them(name: str, expected: str) -> None:
    assert public_name(name) == expected


def test_hidden_axioms_count() -> None:
    known = {"M": {"foo": ["bad"], "two": ["sorryAx"], "clean": []}}

    def axioms(*hidden: tuple[str, str | None]) -> tuple[tuple[str, ...], str | None]:
        json = {
            "name": "_private.X.0.t",
            "kind": "theorem",
            "start": 0,
            "axioms": ["propext"],
            "opaque": [{"name": n, "module": m} for n, m in hidden],
        }
        found = declaration_axioms(json, Source.of(""), known)
        assert found.name == "t"
        return found.axioms, found.error

    assert axioms() == (("propext",), None)
    assert axioms(("foo", "M")) == (("propext", "bad"), None)
    assert axioms(("_private.M.0.two._proof_1", "M"), ("clean", "M")) == (("propext", "sorryAx"), None)
    assert axioms(("Nat.add_comm", "Init.Core")) == (("propext",), None)
    assert axioms(("mystery", "M"))[1] is not None
