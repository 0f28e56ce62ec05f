"""Rewrites a WebAssembly module whose exports are too many to be handled by a loader.

The published ``lean.wasm`` exports more than 200,000 functions and addresses, only
so that ``dlsym`` can find them by name.  Each becomes an object in every thread
before the first line of Lean runs: seconds of start-up.  Here all exported functions
get a fixed slot in the function table instead (one more active element segment), the
exports are dropped but for the few that the loader itself reads, and the names move
to a sorted symbol table in a file of its own, which is searched when asked for.

The binary format: https://webassembly.github.io/spec/core/binary/
"""

from __future__ import annotations

import array
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from unsorry.errors import SetupError

MAGIC: Final = b"\0asm\x01\0\0\0"

_IMPORT, _FUNCTION_TABLE, _GLOBAL, _EXPORT, _ELEMENT, _DATA = 2, 4, 6, 7, 9, 11
_KIND_FUNCTION, _KIND_TABLE, _KIND_MEMORY, _KIND_GLOBAL, _KIND_TAG = range(5)
_I32_CONST, _I64_CONST, _F32_CONST, _F64_CONST, _END = 0x41, 0x42, 0x43, 0x44, 0x0B


@dataclass(frozen=True)
class Section:
    """One section: its number and what it holds, without the length in front."""

    id: int
    payload: bytes


@dataclass(frozen=True)
class Export:
    """One line of the export section."""

    name: bytes
    kind: int
    index: int


@dataclass(frozen=True)
class Rewritten:
    """The new module, and where each dropped name can be found.

    ``symbols`` gives a table slot for a function and an address for an exported
    constant, which is what ``dlsym`` answers in both cases.
    """

    module: bytes
    symbols: Mapping[bytes, int]


class _Reader:
    """A cursor over bytes, with the number encodings of the format."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def at_end(self) -> bool:
        return self.position >= len(self.data)

    def byte(self) -> int:
        value = self.data[self.position]
        self.position += 1
        return value

    def unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def signed(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def take(self, length: int) -> bytes:
        end = self.position + length
        if end > len(self.data):
            raise IndexError(f"{length} bytes wanted at {self.position}")
        value = self.data[self.position : end]
        self.position = end
        return value


def encode_unsigned(value: int) -> bytes:
    """LEB128, as every length and index in a module is written."""
    out = bytearray()
    while True:
        low, value = value & 0x7F, value >> 7
        if not value:
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def encode_signed(value: int) -> bytes:
    """Signed LEB128, as the operand of ``i32.const`` is written."""
    out = bytearray()
    while True:
        low, value = value & 0x7F, value >> 7
        if (value == 0 and not low & 0x40) or (value == -1 and low & 0x40):
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def split(module: bytes) -> list[Section]:
    """The module's sections, in order."""
    if not module.startswith(MAGIC):
        raise SetupError("The Lean package's lean.wasm is not a WebAssembly module of version 1.")
    reader = _Reader(module, len(MAGIC))
    sections: list[Section] = []
    while not reader.at_end():
        number = reader.byte()
        sections.append(Section(number, reader.take(reader.unsigned())))
    return sections


def join(sections: Sequence[Section]) -> bytes:
    """The module that has these sections."""
    out = bytearray(MAGIC)
    for section in sections:
        out.append(section.id)
        out += encode_unsigned(len(section.payload))
        out += section.payload
    return bytes(out)


def read_exports(payload: bytes) -> list[Export]:
    """What an export section lists."""
    reader = _Reader(payload)
    exports: list[Export] = []
    for _ in range(reader.unsigned()):
        name = reader.take(reader.unsigned())
        kind = reader.byte()
        exports.append(Export(name, kind, reader.unsigned()))
    return exports


def write_exports(exports: Sequence[Export]) -> bytes:
    """The payload of an export section."""
    out = bytearray(encode_unsigned(len(exports)))
    for export in exports:
        out += encode_unsigned(len(export.name)) + export.name
        out.append(export.kind)
        out += encode_unsigned(export.index)
    return bytes(out)


def retag(sections: Sequence[Section], old: bytes, new: bytes, count: int) -> list[Section]:
    """Replaces text in the data section; lengths can't change, as addresses would."""
    if len(old) != len(new):
        raise ValueError("the new text must be as long as the old")
    done: list[Section] = []
    found = 0
    for section in sections:
        if section.id == _DATA:
            found += section.payload.count(old)
            done.append(replace(section, payload=section.payload.replace(old, new)))
        else:
            done.append(section)
    if found != count:
        raise SetupError(
            f"The Lean package is not the one this version of Unsorry knows: its data has "
            f"{old!r} {found} times, not {count}. Install the version of Unsorry made for it."
        )
    return done


def drop_exports(sections: Sequence[Section], keep: Collection[str]) -> Rewritten:
    """Moves every export but ``keep`` to a symbol table, and gives each function a slot."""
    try:
        return _drop_exports(sections, {name.encode() for name in keep})
    except (IndexError, StopIteration, _UnexpectedError) as error:
        raise SetupError(
            f"The Lean package's lean.wasm has a form that this version of Unsorry does not know "
            f"({error}). Install the version of Unsorry made for it."
        ) from error


class _UnexpectedError(Exception):
    """The module uses a feature that the published one did not."""


def _drop_exports(sections: Sequence[Section], keep: Set[bytes]) -> Rewritten:
    payloads = {section.id: section.payload for section in sections if section.id}
    exports = read_exports(payloads[_EXPORT])
    missing = keep - {export.name for export in exports}
    if missing:
        raise _UnexpectedError(f"no export {b', '.join(sorted(missing)).decode()}")
    imported = _imported_globals(payloads.get(_IMPORT, b"\0"))
    constants = list(_constants(payloads.get(_GLOBAL, b"\0")))
    slots = _slots(payloads[_ELEMENT])
    table_size = _table_size(payloads[_FUNCTION_TABLE])

    added: list[int] = []
    symbols: dict[bytes, int] = {}
    for export in exports:
        if export.kind == _KIND_FUNCTION:
            if export.index not in slots:
                slots[export.index] = table_size + len(added)
                added.append(export.index)
            symbols[export.name] = slots[export.index]
        elif export.kind == _KIND_GLOBAL and export.index >= imported:
            value = constants[export.index - imported]
            if value is not None:
                symbols[export.name] = value

    elements = _Reader(payloads[_ELEMENT])
    count = elements.unsigned()
    segment = bytearray(b"\0" + bytes([_I32_CONST]) + encode_signed(table_size) + bytes([_END]))
    segment += encode_unsigned(len(added))
    for function in added:
        segment += encode_unsigned(function)
    new = {
        _FUNCTION_TABLE: b"\x01\x70\0" + encode_unsigned(table_size + len(added)),
        _EXPORT: write_exports([export for export in exports if export.name in keep]),
        _ELEMENT: encode_unsigned(count + 1) + payloads[_ELEMENT][elements.position :] + bytes(segment),
    }
    module = join([replace(s, payload=new.get(s.id, s.payload)) for s in sections])
    return Rewritten(module, symbols)


def _imported_globals(payload: bytes) -> int:
    reader = _Reader(payload)
    found = 0
    for _ in range(reader.unsigned()):
        reader.take(reader.unsigned())
        reader.take(reader.unsigned())
        kind = reader.byte()
        if kind == _KIND_FUNCTION:
            reader.unsigned()
        elif kind == _KIND_GLOBAL:
            reader.take(2)
            found += 1
        elif kind == _KIND_TAG:
            reader.take(1)
            reader.unsigned()
        elif kind in (_KIND_TABLE, _KIND_MEMORY):
            if kind == _KIND_TABLE:
                reader.byte()
            limits = reader.byte()
            reader.unsigned()
            if limits & 1:
                reader.unsigned()
        else:
            raise _UnexpectedError(f"an import of kind {kind}")
    return found


def _constants(payload: bytes) -> Iterator[int | None]:
    """The values of the module's own globals; None where it is mutable or no integer."""
    reader = _Reader(payload)
    for _ in range(reader.unsigned()):
        reader.byte()
        mutable = reader.byte()
        operator = reader.byte()
        value: int | None = None
        if operator in (_I32_CONST, _I64_CONST):
            value = reader.signed()
        elif operator == _F32_CONST:
            reader.take(4)
        elif operator == _F64_CONST:
            reader.take(8)
        else:
            raise _UnexpectedError(f"a global that starts with {operator:#x}")
        if reader.byte() != _END:
            raise _UnexpectedError("a global with a longer expression")
        yield None if mutable else value


def _slots(payload: bytes) -> dict[int, int]:
    """Function index to table slot, as the one segment that is there sets them."""
    reader = _Reader(payload)
    if reader.unsigned() != 1 or reader.unsigned() != 0 or reader.byte() != _I32_CONST:
        raise _UnexpectedError("more than one plain element segment")
    base = reader.signed()
    if reader.byte() != _END:
        raise _UnexpectedError("an element segment at a computed place")
    slots: dict[int, int] = {}
    for position in range(reader.unsigned()):
        slots.setdefault(reader.unsigned(), base + position)
    return slots


def _table_size(payload: bytes) -> int:
    reader = _Reader(payload)
    if reader.unsigned() != 1 or reader.byte() != 0x70:
        raise _UnexpectedError("more than one function table")
    reader.byte()
    return reader.unsigned()


def write_symbols(symbols: Mapping[bytes, int]) -> bytes:
    """The symbol table as ``host.cjs`` searches it.

    Little-endian: the number of names, the offset of each name, the value of each,
    then the names themselves, sorted, each ended by a zero byte.
    """
    names = sorted(symbols)
    offsets: list[int] = []
    position = 0
    for name in names:
        offsets.append(position)
        position += len(name) + 1
    header = array.array("I", [len(names), *offsets])
    values = array.array("i", [symbols[name] for name in names])
    if header.itemsize != 4 or values.itemsize != 4:
        raise SetupError("This Python's C integers are not of 32 bits: no symbol table can be made.")
    if sys.byteorder == "big":
        header.byteswap()
        values.byteswap()
    return header.tobytes() + values.tobytes() + b"".join(name + b"\0" for name in names)
