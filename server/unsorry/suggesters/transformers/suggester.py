"""A suggester that asks a model in a child process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path, PurePath
from typing import cast

from unsorry.errors import ModelError
from unsorry.suggesters.presets import PRESETS, Preset, for_model
from unsorry.suggesters.seam import Candidate, GoalContext
from unsorry.suggesters.transformers.lane import Drawing, ModelLane
from unsorry.suggesters.transformers.trouble import Trouble


def preset_for(model: str) -> Preset:
    """How a model wants to be asked: mini models say so in their folder, of others the name tells."""
    try:
        config = json.loads((Path(model).expanduser() / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return for_model(model)
    named = cast("dict[str, object]", config).get("unsorry_preset") if isinstance(config, dict) else None
    return PRESETS.get(str(named)) or for_model(model)


class TransformersSuggester:
    """Candidates from one model.  What goes wrong ends in :attr:`problem`, never in an exception.

    Several of them, and several goals at once, can share a lane; who made the lane closes it.
    """

    def __init__(
        self, lane: ModelLane, preset: Preset, *, candidates: int | None = None, max_tokens: int | None = None
    ) -> None:
        """Asks for ``candidates`` replies for each goal of at most ``max_tokens``; the preset knows good numbers."""
        self._lane = lane
        self._preset = preset
        wanted = preset.decoding
        count = candidates or wanted.candidates
        self._drawing = Drawing(
            count=count,
            beams=max(wanted.beams, count) if wanted.beams else 0,
            temperature=1.0 if wanted.temperature is None else wanted.temperature,
            top_p=1.0 if wanted.top_p is None else wanted.top_p,
            max_tokens=max_tokens or wanted.max_tokens,
            stop=preset.stop,
        )
        self._trouble = Trouble()

    @property
    def name(self) -> str:
        """The origin of its candidates: the model."""
        return f"transformers/{PurePath(self._lane.settings.model).name}"

    @property
    def repairs(self) -> bool:
        """Can the model be shown what became of a proof it gave?"""
        return self._preset.repairs

    @property
    def problem(self) -> str | None:
        """The last trouble as one sentence; None since the last answer that had none."""
        return self._trouble.problem

    async def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Candidates as the model finishes them."""
        if not context.goals:
            return
        seen: set[str] = set()
        with self._trouble.noted():
            model = self._lane.settings.model
            if context.prover not in self._preset.provers:
                raise ModelError(
                    f"The model {model} is asked with the preset {self._preset.name}, which is for "
                    f"{' and '.join(self._preset.provers)} only; set another preset for {context.prover}."
                )
            silent = True
            async with aclosing(self._lane.ask(self._preset.prompt(context), self._drawing)) as replies:
                async for reply in replies:
                    silent = False
                    for text in self._preset.candidates(reply.text, context):
                        key = " ".join(text.split())
                        if key and key not in seen:
                            seen.add(key)
                            yield Candidate(text, reply.score, self.name)
            # A reply that repeats itself is dropped, and everything else that ends is one.
            if silent:
                raise ModelError(f"The model {model} repeated itself without end in all replies, and was stopped.")

    async def warm_up(self) -> None:
        """Has the model loaded before somebody waits for it."""
        with self._trouble.noted():
            await self._lane.warm_up()
