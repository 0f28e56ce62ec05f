"""What the server is doing, for a status bar, a benchmark or a curious user."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from unsorry.lsp.desk import Desk
from unsorry.lsp.loopwatch import LoopWatch


async def status(desk: Desk, loop_watch: LoopWatch | None) -> dict[str, Any]:
    """One JSON object.  Times in seconds, memory in bytes."""
    texts: list[dict[str, Any]] = []
    for text in desk.texts.values():
        view = text.session.view
        texts.append(
            {
                "uri": text.uri,
                "version": text.buffer.version,
                "phase": view.phase.value,
                "cause": text.session.cause,
                "failure": view.failure,
                "read": view.document is not None and view.document.complete,
                "holes": dict(Counter(h.stage.value for h in view.holes)),
            }
        )
    lanes = [lane for project in desk.projects.made for lane in project.lanes]
    memory = await asyncio.gather(*(lane.prover.memory() for lane in lanes))
    return {
        "texts": texts,
        "lanes": [
            {
                "prover": lane.prover.info.prover,
                "version": lane.prover.info.version,
                "origin": lane.prover.info.origin,
                "cause": lane.cause,
                "queue": lane.queue,
                "busy": lane.prover.busy,
                "memory": size,
            }
            for lane, size in zip(lanes, memory, strict=True)
        ],
        "troubles": list(dict.fromkeys(t for project in desk.projects.made for t in project.troubles)),
        # The one that asks does not count.
        "requests": desk.wire.ledger.open - 1,
        "tasks": len(asyncio.all_tasks()),
        "stalls": None if loop_watch is None else _stalls(loop_watch),
    }


def _stalls(watch: LoopWatch) -> dict[str, Any]:
    seconds, where = watch.worst or (0.0, "")
    return {"count": watch.stalls, "worst": seconds, "where": where}
