"""YXML, the form in which Isabelle's processes send each other structured values.

As ``src/Pure/PIDE/yxml.ML`` and ``xml.ML`` (``XML.Encode``) have it: a tree is marked up with two control characters,
an option is no node or one, a list is a node for each of its members, and a pair is two nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_X = b"\x05"
_Y = b"\x06"


@dataclass(slots=True)
class _Node:
    children: list[_Node | bytes] = field(default_factory=list["_Node | bytes"])

    @property
    def nodes(self) -> list[_Node]:
        return [c for c in self.children if isinstance(c, _Node)]

    @property
    def text(self) -> bytes:
        return b"".join(c for c in self.children if isinstance(c, bytes))


def _parse(data: bytes) -> _Node:
    root = _Node()
    open_nodes = [root]
    for piece in data.split(_X):
        if piece == _Y:
            if len(open_nodes) == 1:
                raise ValueError("an end of mark-up without its beginning")
            open_nodes.pop()
        elif piece.startswith(_Y):
            node = _Node()
            open_nodes[-1].children.append(node)
            open_nodes.append(node)
        elif piece:
            open_nodes[-1].children.append(piece)
    if len(open_nodes) > 1:
        raise ValueError("mark-up without its end")
    return root


def optional_text(data: bytes) -> bytes | None:
    """A text, or none.

    Raises:
        ValueError: it is something else.
    """
    match _parse(data).nodes:
        case []:
            return None
        case [node]:
            return node.text
        case _:
            raise ValueError("more than one value")


def text_pairs(data: bytes) -> list[tuple[bytes, bytes]]:
    """A list of pairs of texts.

    Raises:
        ValueError: it is something else.
    """
    pairs: list[tuple[bytes, bytes]] = []
    for node in _parse(data).nodes:
        match node.nodes:
            case [first, second]:
                pairs.append((first.text, second.text))
            case _:
                raise ValueError("not a pair")
    return pairs
