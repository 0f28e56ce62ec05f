"""``unsorry lsp``: the language server, for any editor."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from unsorry.cli.compose import Options
from unsorry.cli.console import note, quiet_log, warn
from unsorry.cli.ending import end_children
from unsorry.errors import InputError
from unsorry.workspace import logs

_LOOPBACK: Final = "127.0.0.1"
_OWN_MACHINE: Final = frozenset({_LOOPBACK, "localhost", "::1"})

Level = Literal["error", "warning", "info", "debug"]


def lsp(
    tcp: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="Listen on TCP (this machine only unless HOST is given).")
    ] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="Use the embedded Lean whatever else is there.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Never fetch the embedded Lean by itself.")] = False,
    log_level: Annotated[Level | None, typer.Option(help="How much goes into the log.")] = None,
    log_folder: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where the log is written.")] = None,
    watch_loop: Annotated[
        bool, typer.Option("--watch-loop", help="Measure how long the event loop is held (for benchmarks).")
    ] = False,
) -> None:
    """Serve editors: verified proofs as code actions, completions and ghost text, over the Language Server Protocol.

    Standard input and output are the connection, unless --tcp is given.
    """
    address = _address(tcp) if tcp is not None else None
    # Here and not above: whoever proves from the command line does not load the server.
    from unsorry.cli.outfit import CommandLineOutfitter
    from unsorry.lsp.main import serve

    command_line: dict[str, object] = {}
    if embedded:
        command_line["lean"] = {"embedded_only": True}
    if log_level is not None:
        command_line["log"] = {"level": log_level}
    outfitter = CommandLineOutfitter(Options(embedded=embedded, install=not no_install), command_line)
    level = log_level or outfitter.settings(None, {}).settings.log.level
    quiet_log()
    file = logs.start(level, log_folder)
    try:
        if address is not None and address[0] not in _OWN_MACHINE:
            warn(f"whoever reaches {address[0]} can have this server run provers; it asks for no password")
        status = asyncio.run(serve(outfitter, address, _listening, log_file=file, watch_loop=watch_loop))
    finally:
        # Whatever is still being fetched ends with the server; what is there of it is taken up the next time.
        end_children()
        logging.getLogger(__name__).info("the server has ended")
        logs.stop()
    if status:
        raise typer.Exit(status)


def _listening(host: str, port: int) -> None:
    note(f"Listening on {host}:{port}")
    sys.stderr.flush()


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isdecimal() or not 0 <= int(port) <= 65535 or (colon and not host):
        raise InputError(f"`--tcp {text}` is not HOST:PORT or PORT, such as 127.0.0.1:2087")
    return host or _LOOPBACK, int(port)
