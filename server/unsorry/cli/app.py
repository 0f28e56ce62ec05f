"""The command line's entry point: the commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Generator
from types import FrameType
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup

from unsorry import __version__
from unsorry.cli import bench, console, records, store
from unsorry.cli.bench_latency import latency
from unsorry.cli.bench_prove import prove as bench_prove
from unsorry.cli.bench_suggest import suggest
from unsorry.cli.check import check
from unsorry.cli.compose import reason_of
from unsorry.cli.config import config
from unsorry.cli.doctor import doctor
from unsorry.cli.ending import end_children
from unsorry.cli.lean import lean
from unsorry.cli.learn import learn
from unsorry.cli.lsp import lsp
from unsorry.cli.models import models
from unsorry.cli.prove import prove
from unsorry.cli.setup import setup
from unsorry.cli.train import train

#: The exit code for whatever kept a command from running.
FAILED: Final = 2
#: Added to a signal's number, as shells do: 130 after Ctrl-C.
_SIGNALLED: Final = 128


class _Told:
    """What holds for the whole process: the option before the command, and the signal that ended it."""

    debug = False
    signal = signal.SIGINT


class Guarded(TyperGroup):
    """Turns what goes wrong in any command into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        with _signals():
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt as error:
                console.note(str(error) or "Stopped.")
                raise typer.Exit(_SIGNALLED + _Told.signal) from None
            except BrokenPipeError:
                raise
            # No command shows a traceback unasked, and an error that nobody foresaw is told as a fault.
            except Exception as error:
                if hasattr(error, "exit_code") or isinstance(error, typer.Abort):
                    raise  # Typer's own: an exit, or a wrong option
                _tell(error)
                raise typer.Exit(FAILED) from None


def _tell(error: Exception) -> None:
    if _Told.debug:
        console.err.print_exception()
    reason = reason_of(error)
    if reason is not None:
        console.complain(str(reason))
    else:
        first = _first(error)
        console.complain(f"{type(first).__name__}: {first}. This is a fault of Unsorry; --debug shows where it is.")


def _first(error: BaseException) -> BaseException:
    if isinstance(error, BaseExceptionGroup):
        return _first(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return error


@contextlib.contextmanager
def _signals() -> Generator[None]:
    """Lets a `kill` and a closed terminal end a command as Ctrl-C does: with its provers gone."""

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        _Told.signal = signal.Signals(number)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        # Through Ctrl-C's handler: asyncio has put its own there while a loop runs, and that one cancels the task.
        signal.raise_signal(signal.SIGINT)

    before: dict[signal.Signals, Any] = {}
    # Windows has no hang-up, but a break key.
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # `nohup` has the hang-up ignored, and that is to stay so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # not in the main thread
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


app = typer.Typer(
    cls=Guarded,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn `sorry` into proof: local suggestions, each checked by the real prover.",
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"unsorry {__version__}\n")
        raise typer.Exit


@app.callback()
def _start(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version
    _Told.debug = debug
    _Told.signal = signal.SIGINT
    console.prepare_log(debug=debug)


for _command in (prove, check, learn, lsp, setup, lean, doctor, models, train, config):
    app.command()(_command)
for _bench in (latency, suggest):
    bench.app.command()(_bench)
bench.app.command("prove")(bench_prove)
app.add_typer(bench.app, name="bench")
app.add_typer(store.app, name="store")
app.add_typer(records.app, name="records")


def main() -> None:
    """Runs the command line and ends the process."""
    console.prepare_streams()
    try:
        app()
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > _SIGNALLED:
            # Whoever presses Ctrl-C twice interrupts the tidying up; nothing is left running even then.
            end_children()
        raise
