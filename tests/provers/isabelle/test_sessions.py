"""ROOT files: which session a theory belongs to."""

from __future__ import annotations

from pathlib import Path

from unsorry.provers.isabelle.sessions import parse_root, session_of

ROOT = r"""
(* sessions = "of" this project *)
chapter "Our work"

session Base (main timing) in "base" = "HOL-Library" +
  description ‹
    session Fake = Pure +
  ›
  options [document = pdf, timeout = 600]
  sessions "HOL-Computational_Algebra"
  directories "more" "deep/er"
  theories [quick_and_dirty]
    A (global)
    "sub/B"
  theories
    "HOL-Library.Multiset" C
  document_files (in "doc") "root.tex"

session Top = Base +
  theories Main_Thing

session Pure_Thing in pure = Pure
"""


def test_a_root_file_is_read(tmp_path: Path) -> None:
    base, top, pure = parse_root(tmp_path / "ROOT", ROOT)
    assert (base.name, base.parent, base.directory) == ("Base", "HOL-Library", tmp_path / "base")
    assert base.directories == (tmp_path / "base" / "more", tmp_path / "base" / "deep/er")
    assert base.theories == ("A", "sub/B", "HOL-Library.Multiset", "C")
    assert (top.name, top.parent, top.directory, top.theories) == ("Top", "Base", tmp_path, ("Main_Thing",))
    assert (pure.name, pure.parent, pure.theories) == ("Pure_Thing", "Pure", ())


def test_a_root_file_that_is_none(tmp_path: Path) -> None:
    for text in ("", "session", "session X", "session X =", 'session "X', "theories A", "session X in", "(* session"):
        assert parse_root(tmp_path / "ROOT", text) == ()


def test_the_session_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "ROOT").write_text(ROOT)
    for place, name in (
        ("base/A.thy", "Base"),
        ("base/sub/B.thy", "Base"),
        ("base/more/C.thy", "Base"),
        ("base/deep/er/Unlisted.thy", "Base"),
        ("Main_Thing.thy", "Top"),
        ("pure/X.thy", "Pure_Thing"),
    ):
        found = session_of(tmp_path / "project" / place)
        assert found is not None, place
        assert (found[0].name, found[1]) == (name, tmp_path / "project")
    assert session_of(tmp_path / "project" / "elsewhere" / "Multiset.thy") is None
    assert session_of(tmp_path / "Other.thy") is None


def test_a_roots_file_above_is_what_isabelle_is_given(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "ROOTS").write_text("# all of them\none\ntwo\n")
    (tmp_path / "one" / "ROOT").write_text("session One = Two + theories A")
    found = session_of(tmp_path / "one" / "A.thy")
    assert found is not None
    assert (found[0].parent, found[1]) == ("Two", tmp_path)
