"""The embedded Lean for tests: made, opened, tried and certified in a line each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provers.contract import PATIENT, collect, state_of
from unsorry.provers.lean.embedded import runtime
from unsorry.provers.lean.insertion import edit_for
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.lean.toolchain import discover, require
from unsorry.provers.seam import Certificate, Document, Hole, Limits, Outcome, Snapshot

CASES = Path(__file__).resolve().parents[1] / "cases"


def installed() -> runtime.EmbeddedLean:
    """The embedded Lean, installed first where it is not there."""
    return runtime.locate() or runtime.install()


def make_lean(path: Path | None = None) -> LeanProver:
    """A prover on the embedded Lean; nothing runs before its first call."""
    installed()
    return LeanProver(require(discover(path, prefer_embedded=True)))


class Bench:
    """A shared prover with short words for what tests ask of it."""

    def __init__(self, prover: LeanProver) -> None:
        self.prover = prover
        self._count = 0

    async def open(self, text: str, uri: str | None = None, path: Path | None = None) -> Document:
        """Opens a text, as a buffer of its own unless ``uri`` names one."""
        self._count += 1
        uri = uri or f"file:///bench/B{self._count}.lean"
        return await self.prover.open(Snapshot(uri, self._count, text, path))

    async def hole(self, text: str) -> tuple[Document, Hole]:
        """Opens a text that has one hole."""
        document = await self.open(text)
        (hole,) = document.holes
        return document, hole

    async def outcomes(self, hole: Hole, *candidates: str, limits: Limits = PATIENT) -> list[Outcome]:
        """What becomes of candidates at a hole."""
        return await collect(self.prover, state_of(hole), candidates, limits)

    async def certify(self, document: Document, hole: Hole, text: str, *, seconds: float = 20.0) -> Certificate:
        """Certifies what the pipeline would insert for a candidate."""
        edit = edit_for(document.snapshot.text.encode(), hole, text)
        return await self.prover.certify(document, hole.command, [edit], seconds=seconds)

    async def proves(self, text: str, *candidates: Sequence[str] | str) -> None:
        """Each of the text's holes is closed by its candidate, in both senses."""
        document = await self.open(text)
        assert not document.errors, document.errors
        assert len(document.holes) == len(candidates)
        for hole, candidate in zip(document.holes, candidates, strict=True):
            assert isinstance(candidate, str)
            (outcome,) = await self.outcomes(hole, candidate)
            assert type(outcome).__name__ == "Closed", outcome
