"""The client's settings: asked for where it gives them, and taken as they come where it does not."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final, cast

from lsprotocol import types

from unsorry.lsp.desk import Desk
from unsorry.lsp.protocol import Wire
from unsorry.lsp.requests import RequestError
from unsorry.workspace.settings import Settings

_log = logging.getLogger(__name__)

#: The section of the client's settings that is ours.
SECTION: Final = "unsorry"

#: How long a client may take to give its settings before work begins without them, in seconds.
_PATIENCE: Final = 3.0


def plain(value: object) -> object:
    """What a client sent as plain JSON: pygls makes objects of what it does not know."""

    def opened(inner: Any) -> object:
        # pygls makes named tuples of unknown objects, and lsprotocol has classes.
        return cast("object", inner._asdict() if hasattr(inner, "_asdict") else vars(inner))

    return json.loads(json.dumps(value, default=opened))


def ours(value: object) -> Mapping[str, object]:
    """Our part of what a client sends, which some wrap in a section and some don't, and some write with dots."""
    value = plain(value)
    if not isinstance(value, Mapping):
        return {}
    given = cast("Mapping[str, object]", value)
    inner = given.get(SECTION)
    if isinstance(inner, Mapping):
        return cast("Mapping[str, object]", inner)
    dotted = {k.removeprefix(f"{SECTION}."): v for k, v in given.items() if k.startswith(f"{SECTION}.")}
    return dotted or given


def pushed(value: object) -> Mapping[str, object]:
    """Our part of settings that the client sends unasked: some send those of all servers, or nothing at all."""
    given = ours(value)
    sections = {str(key).partition(".")[0] for key in given}
    return given if sections & set(Settings.model_fields) else {}


async def ask(wire: Wire, desk: Desk) -> Mapping[str, object]:
    """The client's settings.

    Those that it sent before where it does not answer, and those that came with ``initialize`` where it has none: some
    clients answer every question so, and have said all that there is.
    """
    params = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    try:
        async with asyncio.timeout(_PATIENCE):
            answer: object = plain(await wire.request(types.WORKSPACE_CONFIGURATION, params))
    except (RequestError, TimeoutError) as error:
        _log.warning("the client did not give its settings: %s", error or "no answer")
        return desk.client_settings
    given = cast("list[object]", answer)[:1] if isinstance(answer, list) else []
    return (ours(given[0]) if given and given[0] is not None else {}) or desk.initial_settings
