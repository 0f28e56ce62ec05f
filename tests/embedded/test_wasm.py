"""The section rewriter, on a module small enough to be written by hand."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from unsorry.errors import SetupError
from unsorry.provers.lean.embedded import wasm


def section(number: int, payload: bytes) -> wasm.Section:
    return wasm.Section(number, payload)


def name(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def small_module(elements: bytes = b"\x01\x00\x41\x01\x0b\x01\x01") -> list[wasm.Section]:
    """Three functions giving 10, 11 and 12; the table has function 1 in slot 1 of 2."""
    bodies = b"".join(b"\x04\x00\x41" + bytes([value]) + b"\x0b" for value in (10, 11, 12))
    exports = [
        wasm.Export(b"table", 1, 0),
        wasm.Export(b"first", 0, 0),
        wasm.Export(b"second", 0, 1),
        wasm.Export(b"third", 0, 2),
        wasm.Export(b"also_third", 0, 2),
        wasm.Export(b"address", 3, 0),
        wasm.Export(b"changing", 3, 1),
        wasm.Export(b"negative", 3, 2),
    ]
    return [
        section(1, b"\x01\x60\x00\x01\x7f"),
        section(3, b"\x03\x00\x00\x00"),
        section(4, b"\x01\x70\x00\x02"),
        section(5, b"\x01\x00\x01"),
        section(6, b"\x03\x7f\x00\x41\x80\x08\x0b\x7f\x01\x41\x07\x0b\x7f\x00\x41\x7f\x0b"),
        section(7, wasm.write_exports(exports)),
        section(9, elements),
        section(10, b"\x03" + bodies),
        section(11, b"\x01\x00\x41\x00\x0b\x0b[DEBUG:a] x"),
    ]


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 150_617, 2**32 - 1])
def test_unsigned_numbers_come_back(number: int) -> None:
    payload = wasm.encode_unsigned(1) + b"\x01n\x00" + wasm.encode_unsigned(number)
    assert wasm.read_exports(payload) == [wasm.Export(b"n", 0, number)]


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, b"\0"), (63, b"\x3f"), (64, b"\xc0\0"), (-1, b"\x7f"), (-65, b"\xbf\x7f")],
)
def test_signed_numbers_are_written_as_the_format_says(number: int, encoded: bytes) -> None:
    assert wasm.encode_signed(number) == encoded


def test_a_module_is_split_and_joined_unchanged() -> None:
    sections = small_module()
    assert wasm.split(wasm.join(sections)) == sections


def test_functions_get_slots_and_constants_keep_their_addresses() -> None:
    rewritten = wasm.drop_exports(small_module(), {"table", "first"})
    assert dict(rewritten.symbols) == {
        b"first": 2,
        b"second": 1,  # it had a slot already
        b"third": 3,
        b"also_third": 3,
        b"address": 1024,
        b"negative": -1,
    }
    payloads = {s.id: s.payload for s in wasm.split(rewritten.module)}
    assert [e.name for e in wasm.read_exports(payloads[7])] == [b"table", b"first"]
    assert payloads[4] == b"\x01\x70\x00\x04"
    assert payloads[9] == b"\x02\x00\x41\x01\x0b\x01\x01" + b"\x00\x41\x02\x0b\x02\x00\x02"


def test_the_slots_hold_the_functions(tmp_path: Path) -> None:
    """Runs the rewritten module; any Node or other JavaScript engine will do."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on the PATH")
    rewritten = wasm.drop_exports(small_module(), {"table"})
    (tmp_path / "m.wasm").write_bytes(rewritten.module)
    script = (
        "const b=require('fs').readFileSync(process.argv[1]);"
        "const t=new WebAssembly.Instance(new WebAssembly.Module(b)).exports.table;"
        "console.log([1,2,3].map(i=>t.get(i)()).join())"
    )
    done = subprocess.run([node, "-e", script, str(tmp_path / "m.wasm")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "11,10,12"


def test_a_kept_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SetupError, match="no export absent"):
        wasm.drop_exports(small_module(), {"absent"})


def test_an_unknown_form_is_an_error() -> None:
    with pytest.raises(SetupError, match="element segment"):
        wasm.drop_exports(small_module(elements=b"\x02\x00\x41\x01\x0b\x01\x01"), {"table"})


def test_what_is_no_module_is_an_error() -> None:
    with pytest.raises(SetupError, match="not a WebAssembly module"):
        wasm.split(b"<html>")


def test_text_is_replaced_in_data_only() -> None:
    sections = wasm.retag(small_module(), b"[DEBUG:", b"=TAGGED", 1)
    assert sections[-1].payload.endswith(b"=TAGGEDa] x")
    with pytest.raises(SetupError, match="0 times, not 1"):
        wasm.retag(sections, b"[DEBUG:", b"=TAGGED", 1)


def test_the_symbol_table_is_sorted() -> None:
    table = wasm.write_symbols({b"b": 7, b"a": -1, b"ab": 3})
    assert struct.unpack_from("<I3I3i", table) == (3, 0, 2, 5, -1, 3, 7)
    assert table[28:] == b"a\0ab\0b\0"
