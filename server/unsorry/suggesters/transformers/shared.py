"""Models that several suggesters ask: each is loaded once, however many projects want it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from unsorry.suggesters.presets import Preset
from unsorry.suggesters.seam import Candidate, GoalContext
from unsorry.suggesters.transformers.lane import Download, ModelLane, ModelSettings
from unsorry.suggesters.transformers.suggester import TransformersSuggester


@dataclass(slots=True)
class _Shared:
    lane: ModelLane
    users: int = 0


class Models:
    """The models in use.  A model ends with the last suggester that asks it."""

    def __init__(self, downloading: Callable[[Download], object]) -> None:
        """None is loaded.  ``downloading`` hears how far a model is that is being fetched."""
        self._downloading = downloading
        self._lanes: dict[ModelSettings, _Shared] = {}

    def suggester(self, settings: ModelSettings, preset: Preset) -> SharedSuggester:
        """A suggester that asks this model; whoever gets it lets it go."""
        shared = self._lanes.setdefault(settings, _Shared(ModelLane(settings, downloading=self._downloading)))
        shared.users += 1
        return SharedSuggester(self, shared.lane, preset)

    async def leave(self, lane: ModelLane) -> None:
        """One suggester fewer asks this model."""
        shared = self._lanes[lane.settings]
        shared.users -= 1
        if not shared.users:
            del self._lanes[lane.settings]
            await lane.close()


class SharedSuggester:
    """One of the suggesters that ask a shared model."""

    def __init__(self, models: Models, lane: ModelLane, preset: Preset) -> None:
        """Counts as a user of the lane until :meth:`aclose`."""
        self._models = models
        self._lane: ModelLane | None = lane
        self._suggester = TransformersSuggester(lane, preset)

    @property
    def name(self) -> str:
        """The origin of its candidates: the model."""
        return self._suggester.name

    @property
    def problem(self) -> str | None:
        """The last trouble as one sentence; None since the last answer that had none."""
        return self._suggester.problem

    def suggest(self, context: GoalContext) -> AsyncIterator[Candidate]:
        """Candidates as the model finishes them."""
        return self._suggester.suggest(context)

    async def warm_up(self) -> None:
        """Has the model loaded before somebody waits for it."""
        await self._suggester.warm_up()

    async def aclose(self) -> None:
        """Lets the model go.  Calling it twice is fine."""
        lane, self._lane = self._lane, None
        if lane is not None:
            await self._models.leave(lane)
