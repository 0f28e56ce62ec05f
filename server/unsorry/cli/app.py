"""The command line's entry point: the commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Annotated, Any, Final

import psutil
import typer
from typer.core import TyperGroup

from unsorry import __version__
from unsorry.cli import console
from unsorry.cli.compose import reason_of

INTERRUPTED: Final = 130
FAILED: Final = 2


class _State:
    """What the options before the command say."""

    debug = False


class Guarded(TyperGroup):
    """Turns what goes wrong in a command into a message and an exit code, and leaves no child behind."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        with _ending_signals():
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt as error:
                console.note(str(error) or "Stopped.")
                raise typer.Exit(INTERRUPTED) from None
            except BrokenPipeError:
                raise
            except Exception as error:
                if isinstance(error, RuntimeError) and not str(error):  # typer.Exit and typer.Abort
                    raise
                _tell(error)
                raise typer.Exit(FAILED) from None
            finally:
                _end_children()


def _tell(error: Exception) -> None:
    reason = reason_of(error)
    if _State.debug:
        console.err.print_exception()
    if reason is not None:
        console.complain(str(reason))
    else:
        console.complain(f"{type(error).__name__}: {error}. This is a fault of Unsorry; --debug shows where it is.")
