"""Has a mini model trained in a child process: what is wished for, how it goes, and what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from unsorry.errors import InputError, ModelError, NotInstalledError
from unsorry.suggesters.mini.records import pairs
from unsorry.suggesters.transformers.child import Child
from unsorry.suggesters.transformers.libraries import installed


@dataclass(frozen=True, slots=True)
class Wish:
    """What to train from, where to put it and for how long: until ``seconds`` or ``epochs`` are over.

    With the same seed and ``epochs`` alone, on the same machine, the same model comes out.
    """

    records: tuple[str, ...]
    out: str
    seconds: float = 180.0
    epochs: int = 60
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """What became of it.  ``loss`` is that of the last steps, in nats for each byte."""

    folder: str
    pairs: int
    parameters: int
    steps: int
    seconds: float
    loss: float


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is.  ``done`` is the part of it that is over, ``loss`` is in nats for each byte."""

    steps: int
    done: float
    loss: float


async def train(wish: Wish, report: Callable[[Step], object] | None = None) -> Trained:
    """Trains and saves a model.  Being cancelled ends the training at once; nothing is saved then.

    Raises:
        InputError: the records can't be learned from, or the model can't be saved.
        NotInstalledError: torch or transformers are not there.
        ModelError: the training died.
    """
    if not installed():
        raise NotInstalledError("Training needs the extra `local`: pip install 'unsorry[local]'.")
    await asyncio.to_thread(pairs, [Path(record) for record in wish.records])
    child = await Child.start("unsorry.suggesters.mini.training", json.dumps(asdict(wish)), local_only=True)
    try:
        while (message := await child.next()) is not None:
            if "trained" in message:
                return Trained(**message["trained"])
            if "error" in message:
                raise InputError(str(message["error"]))
            if report is not None:
                report(Step(**message))
        raise ModelError(f"The training ended before its time: {child.last_words or 'it was killed'}.")
    finally:
        child.kill()
        await asyncio.shield(child.close())
