"""The names of the commands that a client may execute, and what they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeGuard, cast

from lsprotocol import types
from lsprotocol.types import ErrorCodes

from unsorry.lsp.requests import RequestError


class Command(StrEnum):
    """Every command.  Each takes a document's URI first, but for those that concern all documents."""

    #: URI, position: searches the hole there and inserts what it finds.
    PROVE_HERE = "unsorry.proveHere"
    #: URI, position: the same with a larger budget.
    SEARCH_DEEPER = "unsorry.searchDeeper"
    #: URI: all holes of a document.
    PROVE_FILE = "unsorry.proveFile"
    #: Nothing: all holes of all files in the workspace's folders.
    PROVE_WORKSPACE = "unsorry.proveWorkspace"
    #: URI, version, position, number: inserts a proof that was shown.
    APPLY = "unsorry.apply"
    #: Nothing: ends all searches and commands.
    CANCEL_ALL = "unsorry.cancelAll"
    #: Nothing, or a URI: ends its provers (or all) and starts them afresh.
    RESTART_PROVER = "unsorry.restartProver"
    #: URI, position: the goals there.
    SHOW_GOAL = "unsorry.showGoal"
    #: URI, position: what was tried at the hole there, and how long each stage took.
    EXPLAIN = "unsorry.explain"
    #: URI, position: the search for the hole there is told of as it goes.
    WATCH = "unsorry.watch"
    #: Nothing: no search is told of any more.
    UNWATCH = "unsorry.unwatch"
    #: Nothing: opens the log.
    SHOW_LOG = "unsorry.showLog"
    #: Nothing: what the server is doing.
    STATUS = "unsorry.status"


# The protocol's unsigned integers end here.
_LIMIT: Final = 2**31


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LIMIT


class Arguments:
    """A command's arguments, checked as they are taken."""

    def __init__(self, command: str, given: Sequence[object] | None) -> None:
        """``given`` is what the client sent."""
        self._command = command
        self._given = list(given or ())

    def _take(self, what: str) -> object:
        if not self._given:
            raise RequestError(ErrorCodes.InvalidParams, f"{self._command} needs {what}.")
        return self._given.pop(0)

    @property
    def more(self) -> bool:
        """Are there any left?"""
        return bool(self._given)

    def uri(self) -> str:
        """A document's URI.

        Raises:
            RequestError: it is not there.
        """
        value = self._take("a document's URI")
        if not isinstance(value, str):
            raise RequestError(ErrorCodes.InvalidParams, f"{self._command} needs a document's URI as a string.")
        return value

    def number(self, what: str) -> int:
        """A whole number.

        Raises:
            RequestError: it is not there.
        """
        value = self._take(what)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RequestError(ErrorCodes.InvalidParams, f"{self._command} needs {what} as a whole number.")
        return value

    def position(self) -> types.Position:
        """A position, as the protocol writes one.

        Raises:
            RequestError: it is not there.
        """
        value = self._take("a position")
        if isinstance(value, Mapping):
            place = cast("Mapping[str, object]", value)
            line, character = place.get("line"), place.get("character")
            if _is_count(line) and _is_count(character):
                return types.Position(line, character)
        raise RequestError(ErrorCodes.InvalidParams, f'{self._command} needs a position: {{"line", "character"}}.')
