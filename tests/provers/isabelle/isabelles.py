"""The Isabelle of this machine for tests, if there is one: made, opened, tried and certified in a line each."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from provers.contract import PATIENT, collect, state_of
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.isabelle.toolchain import Discovery, discover, require
from unsorry.provers.seam import Certificate, Document, Hole, Limits, Outcome, Snapshot


@functools.lru_cache(maxsize=1)
def found() -> Discovery:
    """What there is; usual places don't count, so that a test run does not depend on what lies around."""
    if not os.environ.get("ISABELLE_HOME") and shutil.which("isabelle") is None:
        return Discovery((), None)
    return discover()


def _reason() -> str:
    told = "; ".join(f"{f.origin.value}: {f.detail}" for f in found().findings) or "no ISABELLE_HOME, none on the PATH"
    return f"needs an Isabelle with its HOL image ({told})"


#: For every test that runs an Isabelle.
needs_isabelle = [pytest.mark.isabelle, pytest.mark.skipif(found().installation is None, reason=_reason())]


def make_isabelle(path: Path | None = None) -> IsabelleProver:
    """A prover on this machine's Isabelle; nothing runs before its first call."""
    return IsabelleProver(require(discover(path)) if path is not None else require(found()))


def _kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


async def kill(prover: IsabelleProver) -> None:
    """Kills the process that holds the states and waits until the system says that it has ended."""
    assert prover.pid is not None
    await asyncio.to_thread(_kill, prover.pid)


def programs() -> list[psutil.Process]:
    """The programs that run for ML processes."""
    children = psutil.Process().children(recursive=True)
    return [c for c in children if "unsorry-programs-" in " ".join(_command(c))]


async def wait_for(holds: Callable[[], bool]) -> None:
    """Waits until something holds that nobody tells of."""
    while not holds():  # noqa: ASYNC110 — it is about processes
        await asyncio.sleep(0.01)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


class Bench:
    """A shared prover with short words for what tests ask of it."""

    def __init__(self, prover: IsabelleProver) -> None:
        self.prover = prover
        self._count = 0

    async def open(self, text: str, uri: str | None = None, path: Path | None = None) -> Document:
        """Opens a text, as a buffer of its own unless ``uri`` names one."""
        self._count += 1
        uri = uri or f"file:///bench/B{self._count}.thy"
        return await self.prover.open(Snapshot(uri, self._count, text, path))

    async def hole(self, text: str) -> tuple[Document, Hole]:
        """Opens a text that has one hole."""
        document = await self.open(text)
        (hole,) = document.holes
        return document, hole

    async def outcomes(self, hole: Hole, *candidates: str, limits: Limits = PATIENT) -> list[Outcome]:
        """What becomes of candidates at a hole."""
        return await collect(self.prover, state_of(hole), candidates, limits)

    async def certify(
        self, document: Document, hole: Hole, text: str, *, complete: bool = True, seconds: float = 20.0
    ) -> Certificate:
        """Certifies what the pipeline would insert for a candidate."""
        edit = self.prover.edit(document, hole, text)
        return await self.prover.certify(document, hole.command, [edit], complete=complete, seconds=seconds)

    async def proves(self, text: str, *candidates: str) -> None:
        """Each of the text's holes is closed by its candidate, in both senses; the others stay open meanwhile."""
        document = await self.open(text)
        assert not document.errors, document.errors
        assert len(document.holes) == len(candidates)
        for hole, candidate in zip(document.holes, candidates, strict=True):
            (outcome,) = await self.outcomes(hole, candidate)
            assert type(outcome).__name__ == "Closed", (candidate, outcome)
            alone = len(document.commands[hole.command].holes) == 1
            certificate = await self.certify(document, hole, candidate, complete=alone)
            assert certificate.ok, (candidate, certificate)
