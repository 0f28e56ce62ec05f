"""Files are found, read and written so that nothing is lost."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from unsorry.cli import files
from unsorry.cli.files import Problem, SourceFile
from unsorry.errors import InputError


def found(*paths: Path) -> tuple[list[str], list[str]]:
    sources, problems = files.read_all(paths)
    return [s.path.name for s in sources], [p.message for p in problems]


def make(folder: Path, *names: str, text: str = "-- ∀\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def names(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir()]


def source(path: Path) -> SourceFile:
    read = files.read(path)
    assert isinstance(read, SourceFile)
    return read


def test_a_folder_is_searched_without_what_was_built(folder: Path) -> None:
    make(folder, "B.lean", "a/A.lean", ".lake/packages/X.lean", ".git/Y.lean", "build/Z.lean", "lakefile.lean", "n.txt")
    make(folder, ".hidden.lean", "lake-packages/m/M.lean")
    assert found(folder) == (["B.lean", "A.lean"], [])


def test_a_file_named_twice_is_read_once(folder: Path) -> None:
    make(folder, "A.lean")
    assert found(folder, folder / "A.lean", Path("A.lean")) == (["A.lean"], [])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.lean", None, "no such file or folder"),
        ("a.txt", b"x", "it is not a Lean file (.lean) or an Isabelle theory (.thy)"),
        ("a.ML", b"x", "or an Isabelle theory (.thy)"),
        ("latin.lean", "-- ok\n-- é".encode("latin-1"), "not UTF-8 (line 2)"),
        ("wide.lean", "-- ok".encode("utf-16"), "looks like UTF-16"),
    ],
)
def test_what_cant_be_read_is_told_and_the_others_go_on(
    folder: Path, name: str, content: bytes | None, says: str
) -> None:
    make(folder, "Good.lean")
    if content is not None:
        (folder / name).write_bytes(content)
    read, problems = found(folder / name, folder / "Good.lean")
    assert read == ["Good.lean"]
    (problem,) = problems
    assert says in problem


def test_a_folder_without_lean_files_is_told(folder: Path) -> None:
    make(folder, "a.txt", "build/B.lean")
    kinds = "a Lean file (.lean) or an Isabelle theory (.thy)"
    none = f"nothing in this folder is {kinds} (hidden and build folders are left out)"
    assert found(folder) == ([], [none])


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="whoever runs this may read everything")
def test_an_unreadable_file_is_told(folder: Path) -> None:
    make(folder, "A.lean")
    (folder / "A.lean").chmod(0)
    assert found(folder / "A.lean") == ([], ["it can't be read: Permission denied"])


def test_line_ends_and_mark_are_read_as_they_are(folder: Path) -> None:
    data = b"\xef\xbb\xbf-- a\r\n-- b\n"
    (folder / "A.lean").write_bytes(data)
    assert source(folder / "A.lean").text == "\ufeff-- a\r\n-- b\n"
    files.write(source(folder / "A.lean"), "\ufeff-- a\r\n-- c\n")
    assert (folder / "A.lean").read_bytes() == b"\xef\xbb\xbf-- a\r\n-- c\n"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_mode_is_kept(folder: Path) -> None:
    make(folder, "A.lean")
    (folder / "A.lean").chmod(0o640)
    files.write(source(folder / "A.lean"), "new")
    assert (folder / "A.lean").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_stays_one(folder: Path) -> None:
    make(folder, "real/A.lean")
    (folder / "L.lean").symlink_to(folder / "real" / "A.lean")
    files.write(source(folder / "L.lean"), "new")
    assert (folder / "L.lean").is_symlink()
    assert (folder / "real" / "A.lean").read_text() == "new"


def test_a_file_changed_meanwhile_is_left_alone(folder: Path) -> None:
    make(folder, "A.lean")
    old = source(folder / "A.lean")
    make(folder, "A.lean", text="edited")
    with pytest.raises(InputError, match="changed by someone else"):
        files.write(old, "new")
    assert (folder / "A.lean").read_text() == "edited"
    assert names(folder) == ["A.lean"]


def test_a_file_removed_meanwhile_is_not_made_again(folder: Path) -> None:
    make(folder, "A.lean")
    old = source(folder / "A.lean")
    (folder / "A.lean").unlink()
    with pytest.raises(InputError, match="no longer be read"):
        files.write(old, "new")
    assert names(folder) == []


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_full_disk_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    make(folder, "A.lean")
    old = source(folder / "A.lean")

    def full(*_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if where == "fsync" else (Path, "replace")), full)
    with pytest.raises(InputError, match=r"A.lean could not be written and is as it was: the disk is full"):
        files.write(old, "new")
    assert (folder / "A.lean").read_text(encoding="utf-8") == "-- ∀\n"
    assert names(folder) == ["A.lean"]


def test_a_failing_text_loses_nothing(folder: Path) -> None:
    make(folder, "A.lean")
    with pytest.raises(UnicodeEncodeError):
        files.write(source(folder / "A.lean"), "\ud800")
    assert names(folder) == ["A.lean"]


def test_a_problem_names_the_file(folder: Path) -> None:
    assert files.read(folder / "x.lean") == Problem(
        str(folder / "x.lean"), "it can't be read: No such file or directory"
    )
