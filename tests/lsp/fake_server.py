"""The real server over its real transport, with a scripted prover in the place of Lean.

``python tests/lsp/fake_server.py`` serves files that end in `.fake`, and texts whose language is ``fake``.  The first
word of a theorem's statement says how hard it is:

========== ==========================================================================
``easy``   the first candidate proves it
``late``   the last candidate proves it
``many``   three candidates prove it
``split``  ``split`` leaves two easy goals
``wide``   ``split`` leaves two goals like it, and nothing proves it
``slow``   as ``late``, and each candidate takes some time
``long``   no candidate proves it, and each takes some time
``hang``   one candidate does not end, the one after it proves it
``die``    the prover dies of one candidate, the one after it proves it
``flaw``   a candidate claims to close it and is found out by the check
``axiom``  a candidate closes it with an axiom that is not allowed
``never``  nothing proves it
========== ==========================================================================

Requests of its own, for tests: ``test/text`` (what it has of a document), ``test/kill`` (as `kill` would), and
``test/counts``.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from unsorry.engine.projects import Outfit, Tell
from unsorry.errors import NotInstalledError
from unsorry.lsp.loopwatch import LoopWatch
from unsorry.lsp.main import Logged
from unsorry.lsp.server import Server
from unsorry.lsp.transport import serve_stdio, serve_tcp
from unsorry.provers.fake import Closes, Dies, FakeProver, Hangs, Leaves, Rejects, Step
from unsorry.suggesters.seam import Candidate, GoalContext, Suggester
from unsorry.workspace import logs
from unsorry.workspace.settings import Loaded, Settings, load

#: What is proposed for every goal, in this order.
CANDIDATES: Final = (
    "exact easy",
    "split",
    "cheat",
    "postulate",
    "loop",
    "crash",
    *(f"simp [lemma{n}]" for n in range(20)),
    "exact second",
    "exact third",
    "first_step\nlast_step",
    "exact late",
)

#: What proves a goal, by the first word of its statement.
PROOFS: Final[Mapping[str, frozenset[str]]] = {
    "easy": frozenset({"exact easy"}),
    "late": frozenset({"exact late"}),
    "many": frozenset({"exact easy", "exact second", "exact late"}),
    "block": frozenset({"first_step\nlast_step"}),
    "slow": frozenset({"exact late"}),
    "hang": frozenset({"exact late"}),
    "die": frozenset({"exact late"}),
    "split": frozenset(),
    "long": frozenset(),
    "flaw": frozenset(),
    "axiom": frozenset(),
    "never": frozenset(),
}

_SLOW: Final = 0.02
_LONG: Final = 0.3


def script(target: str, tactic: str) -> Step | None:
    """What a tactic does to a target."""
    family = next(iter(target.split(maxsplit=1)), "")
    if tactic in PROOFS.get(family, ()):
        return Closes()
    match family, tactic:
        case "block", "first_step":
            return Leaves((f"rest {target}",))
        case "rest", "last_step":
            return Closes()
        case "split", "split":
            return Leaves(("easy left", "easy right"))
        case "wide", "split":
            return Leaves((f"{target}l", f"{target}r"))
        case "hang", "loop":
            return Hangs()
        case "die", "crash":
            return Dies(times=1, then=Rejects())
        case "flaw", "cheat":
            return Closes(flaw="the kernel does not accept it")
        case "axiom", "postulate":
            return Closes(axioms=("choice_of_mine",))
        case "slow", _:
            return Rejects(seconds=_SLOW)
        case "long", _:
            return Rejects(seconds=_LONG)
        case _:
            return None


class Listed:
    """Suggests what is on the list."""

    name = "list"

    def __init__(self, more: int) -> None:
        """With so many more behind it, which prove nothing."""
        self._more = more

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """All of it, the first the likeliest."""
        del context
        for number, text in enumerate((*CANDIDATES, *(f"simp [more{n}]" for n in range(self._more)))):
            yield Candidate(text, -0.1 * number, "list/test")


class Silent:
    """A model that does not answer."""

    name = "http/silent"
    problem = "it does not answer"

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Nothing."""
        del context
        for text in ():
            yield Candidate(text, 0.0, self.name)


class FakeOutfitter:
    """Fakes for all files."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self.provers: list[FakeProver] = []

    def language(self, language_id: str, path: Path | None) -> str | None:
        """Texts in the fake's language."""
        if path is not None and path.suffix:
            return "Fake" if path.suffix == ".fake" else None
        return "Fake" if language_id == "fake" else None

    def root(self, path: Path) -> Path:
        """Its folder."""
        return path.parent

    def settings(self, root: Path | None, client: Mapping[str, object]) -> Loaded:
        """As the real ones."""
        command_line = {"prove": {"jobs": self._options.jobs}, "log": {"level": self._options.log_level}}
        return load(root or Path.cwd(), client=client, command_line=command_line)

    def outfit(self, language: str, path: Path | None, settings: Settings, tell: Tell) -> Outfit:
        """Fakes, after as long as was wanted."""
        del language, path, settings
        if self._options.missing:
            raise NotInstalledError("no prover was found; run `unsorry setup fake`")
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < self._options.fetch_seconds:
            tell("fetching the fake", passed / self._options.fetch_seconds)
            time.sleep(0.02)  # in a thread, as the real one
        first = self._make()
        suggesters: list[Suggester] = [Listed(self._options.more)]
        if self._options.model:
            suggesters.append(Silent())
        return Outfit(first.info, self._make, suggesters)

    def _make(self) -> FakeProver:
        prover = FakeProver(script, seconds_per_command=self._options.read_seconds)
        self.provers.append(prover)
        return prover


class FakeServer(Server):
    """The server, and what tests ask of it."""

    def __init__(self, outfitter: FakeOutfitter, log_file: Path | None, loop_watch: LoopWatch | None) -> None:
        self._fakes = outfitter
        super().__init__(outfitter, log_file=log_file, loop_watch=loop_watch)

    def _routes(self) -> dict[str, Callable[[Any], Awaitable[object]]]:
        return {**super()._routes(), "test/text": self._show, "test/kill": self._kill, "test/counts": self._count}

    async def _show(self, params: Any) -> object:
        text = self._desk.texts.get(params["uri"])
        if text is None:
            return None
        assert text.buffer.text == text.session.snapshot.text
        assert text.buffer.version == text.session.snapshot.version
        return {"version": text.buffer.version, "text": text.buffer.text}

    async def _kill(self, params: Any) -> object:
        del params
        for prover in self._fakes.provers:
            prover.die()
        return len(self._fakes.provers)

    async def _count(self, params: Any) -> object:
        del params
        every = [asdict(prover.counts) for prover in self._fakes.provers]
        return {name: sum(counts[name] for counts in every) for name in (every[0] if every else {})}


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log-folder", type=Path)
    parser.add_argument("--log-level", default="debug")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--read-seconds", type=float, default=0.0, help="for each command")
    parser.add_argument("--fetch-seconds", type=float, default=0.0, help="before there is a prover")
    parser.add_argument("--more", type=int, default=0, help="so many more candidates for each goal")
    parser.add_argument("--model", action="store_true", help="with a model, which does not answer")
    parser.add_argument("--missing", action="store_true", help="there is no prover")
    parser.add_argument("--tcp", action="store_true", help="on any free port, which is told on standard error")
    return parser.parse_args(arguments)


async def serve(given: argparse.Namespace, log_file: Path | None) -> int:
    """Serves as `unsorry lsp` does."""
    watch = LoopWatch(0.05)
    watch.start()

    def make() -> Logged:
        return Logged(FakeServer(FakeOutfitter(given), log_file, watch))

    try:
        if not given.tcp:
            return await serve_stdio(make)
        await serve_tcp("127.0.0.1", 0, make, lambda host, port: print(f"Listening on {host}:{port}", file=sys.stderr))
        return 0
    finally:
        await watch.stop()
        if watch.worst is not None:
            logging.getLogger("unsorry.test").info("the worst stall was in: %s", watch.worst[1])


def main() -> int:
    """Runs until the client has gone."""
    given = options(sys.argv[1:])
    log_file = logs.start(given.log_level, given.log_folder) if given.log_folder is not None else None
    try:
        return asyncio.run(serve(given, log_file))
    finally:
        logs.stop()


#: A theorem as the fake reads it: its kind, its name and its statement.
THEOREM: Final = re.compile(r"(theorem|lemma|example|def|instance)[ \t]+(\S+)[ \t]*:\s*(.*?)\s*:=\s*", re.DOTALL)

if __name__ == "__main__":
    sys.exit(main())
