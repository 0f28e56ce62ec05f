"""A document follows its client's edits, whatever they are, and nothing else."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.lsp.buffers import Buffers, Change, Changed
from unsorry.lsp.positions import Encoding

URI = "file:///a.lean"
PIECES = st.text(st.sampled_from("ab\n\r ατ→한𝔸😀\ud83d\ude00\ufeff"), max_size=8)


def joined(text: str) -> str:
    """The text as a client has it, for which two halves that meet are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def settled(text: str, index: int) -> int:
    """An index that a position can name: none lies within a line terminator."""
    return index - 1 if text[index - 1 : index + 1] == "\r\n" and index else index


def place(text: str, index: int, encoding: Encoding) -> tuple[int, int]:
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    name = {Encoding.UTF_8: "utf-8", Encoding.UTF_16: "utf-16-le", Encoding.UTF_32: "utf-32-le"}[encoding]
    unit = {Encoding.UTF_8: 1, Encoding.UTF_16: 2, Encoding.UTF_32: 4}[encoding]
    return len(before) - 1, len(before[-1].encode(name, "surrogatepass")) // unit


@given(data=st.data(), encoding=st.sampled_from(Encoding))
def test_random_edits_do_what_they_do_to_a_plain_string(data: st.DataObject, encoding: Encoding) -> None:
    text = joined(data.draw(PIECES, "text"))
    buffers = Buffers(encoding)
    buffers.open(URI, "lean", 0, text)
    for version in range(1, data.draw(st.integers(1, 3)) + 1):
        old = text
        changes: list[Change] = []
        for _ in range(data.draw(st.integers(0, 3))):
            piece = data.draw(PIECES, "piece")
            if data.draw(st.integers(0, 5)) == 0:
                changes.append(Change(None, piece))
                text = joined(piece)
                continue
            ends = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2), "ends"))
            start, end = (settled(text, index) for index in ends)
            changes.append(Change((place(text, start, encoding), place(text, end, encoding)), piece))
            text = joined(text[:start] + piece + text[end:])
        changed = buffers.change(URI, version, changes)
        assert changed is not None
        assert changed.buffer == buffers.get(URI)
        assert (changed.buffer.text, changed.buffer.version) == (text, version)
        assert changed.buffer.data == raw(text)
        before, after = raw(old), raw(text)
        assert 0 <= changed.start <= min(changed.old_end, changed.new_end)
        assert before[: changed.start] == after[: changed.start]
        assert before[changed.old_end :] == after[changed.new_end :]


def change(text: str, *changes: Change, encoding: Encoding = Encoding.UTF_16) -> Changed:
    buffers = Buffers(encoding)
    buffers.open(URI, "lean", 1, text)
    changed = buffers.change(URI, 2, changes)
    assert changed is not None
    return changed


def span(changed: Changed) -> tuple[int, int, int]:
    return changed.start, changed.old_end, changed.new_end


@pytest.mark.parametrize(
    ("text", "changes", "result", "expected"),
    [
        ("aaaa", [Change(((0, 1), (0, 1)), "a")], "aaaaa", (1, 1, 2)),
        ("abcd", [Change(((0, 1), (0, 3)), "")], "ad", (1, 3, 1)),
        ("abcd", [Change(((0, 3), (0, 3)), "X"), Change(((0, 1), (0, 1)), "YY")], "aYYbcXd", (1, 3, 6)),
        ("abcd", [Change(((0, 0), (0, 1)), ""), Change(((0, 2), (0, 3)), "ZZ")], "bcZZ", (0, 4, 4)),
        ("abcd", [Change(((0, 1), (0, 1)), "XYZ"), Change(((0, 2), (0, 3)), "")], "aXZbcd", (1, 1, 3)),
        ("abcd", [Change(None, "abXd")], "abXd", (2, 3, 3)),
        ("abcd", [Change(None, "abcd")], "abcd", (4, 4, 4)),
        ("aa", [Change(None, "aaa")], "aaa", (2, 2, 3)),
        ("xαy", [Change(None, "xβy")], "xβy", (1, 3, 3)),
        ("x\u0141y", [Change(None, "x\u0101y")], "x\u0101y", (1, 3, 3)),
        ("abcd", [], "abcd", (0, 0, 0)),
    ],
)
def test_the_span_covers_the_changes_and_no_more(
    text: str, changes: list[Change], result: str, expected: tuple[int, int, int]
) -> None:
    changed = change(text, *changes)
    assert (changed.buffer.text, span(changed)) == (result, expected)


def test_halves_that_are_typed_one_after_the_other_become_one_character() -> None:
    buffers = Buffers(Encoding.UTF_16)
    buffers.open(URI, "lean", 1, "ab")
    buffers.change(URI, 2, [Change(((0, 1), (0, 1)), "\ud83d")])
    changed = buffers.change(URI, 3, [Change(((0, 2), (0, 2)), "\ude00")])
    assert changed is not None
    assert changed.buffer.data == "a😀b".encode()
    assert span(changed) == (1, 4, 5)


def test_halves_between_which_a_text_is_deleted_become_one_character() -> None:
    assert change("\ud83dx\ude00", Change(((0, 1), (0, 2)), "")).buffer.data == "😀".encode()


@pytest.mark.parametrize("version", [4, 5])
def test_a_version_that_is_not_higher_is_refused(version: int, caplog: pytest.LogCaptureFixture) -> None:
    buffers = Buffers(Encoding.UTF_16)
    buffer = buffers.open(URI, "lean", 5, "text")
    assert buffers.change(URI, version, [Change(None, "other")]) is None
    assert buffers.get(URI) is buffer
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "other" not in caplog.text


def test_a_version_may_leave_some_out() -> None:
    buffers = Buffers(Encoding.UTF_16)
    buffers.open(URI, "lean", 1, "")
    assert buffers.change(URI, 9, [Change(None, "x")]) is not None


def test_an_unknown_document_is_ignored(caplog: pytest.LogCaptureFixture) -> None:
    buffers = Buffers(Encoding.UTF_16)
    assert buffers.change(URI, 1, [Change(None, "x")]) is None
    buffers.close(URI)
    assert buffers.get(URI) is None
    assert len(caplog.records) == 2


def test_a_document_that_is_opened_again_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    buffers = Buffers(Encoding.UTF_16)
    first = buffers.open(URI, "lean", 7, "first")
    buffers.open(URI, "lean4", 1, "second")
    found = buffers.get(URI)
    assert found is not None
    assert (found.text, found.version, found.language) == ("second", 1, "lean4")
    assert first.text == "first"
    assert "opened while" in caplog.text


def test_a_closed_document_is_gone() -> None:
    buffers = Buffers(Encoding.UTF_16)
    buffers.open(URI, "lean", 1, "x")
    buffers.close(URI)
    assert buffers.get(URI) is None


def test_a_range_the_wrong_way_round_is_turned(caplog: pytest.LogCaptureFixture) -> None:
    assert change("abcd", Change(((0, 3), (0, 1)), "X")).buffer.text == "aXd"
    assert "swapped" in caplog.text


def test_a_snapshot_stays_as_it_was() -> None:
    buffers = Buffers(Encoding.UTF_8)
    old = buffers.open(URI, "lean", 1, "one\ntwo")
    buffers.change(URI, 2, [Change(((0, 0), (1, 0)), "")])
    assert (old.text, old.version, old.lines.offset(1, 0)) == ("one\ntwo", 1, 4)
