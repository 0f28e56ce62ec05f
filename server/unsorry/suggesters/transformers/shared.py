"""Models that several projects ask: each is loaded once, however many want it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from unsorry.suggesters.presets import Preset
from unsorry.suggesters.transformers.embedder import TransformersEmbedder
from unsorry.suggesters.transformers.lane import Download, EncoderLane, ModelLane, ModelSettings
from unsorry.suggesters.transformers.suggester import TransformersSuggester


@dataclass(slots=True)
class _Shared:
    lane: ModelLane | EncoderLane
    users: int = 0


class Models:
    """The models in use.  A model ends with the last one that asks it."""

    def __init__(self, downloading: Callable[[Download], object]) -> None:
        """None is loaded.  ``downloading`` hears how far a model is that is being fetched."""
        self._downloading = downloading
        self._shared: dict[tuple[type[ModelLane | EncoderLane], ModelSettings], _Shared] = {}

    def suggester(self, settings: ModelSettings, preset: Preset) -> SharedSuggester:
        """A suggester that asks this model; whoever gets it lets it go."""
        lane = self._join(ModelLane, settings)
        assert isinstance(lane, ModelLane)
        return SharedSuggester(self, lane, preset)

    def embedder(self, settings: ModelSettings) -> SharedEmbedder:
        """Embeddings by this model; whoever gets it lets it go."""
        lane = self._join(EncoderLane, settings)
        assert isinstance(lane, EncoderLane)
        return SharedEmbedder(self, lane)

    def _join(self, kind: type[ModelLane | EncoderLane], settings: ModelSettings) -> ModelLane | EncoderLane:
        shared = self._shared.get((kind, settings))
        if shared is None:
            shared = self._shared[kind, settings] = _Shared(kind(settings, downloading=self._downloading))
        shared.users += 1
        return shared.lane

    async def leave(self, lane: ModelLane | EncoderLane) -> None:
        """One fewer asks this model."""
        key = type(lane), lane.settings
        shared = self._shared[key]
        shared.users -= 1
        if not shared.users:
            del self._shared[key]
            await lane.close()


class SharedSuggester(TransformersSuggester):
    """One of the suggesters that ask a shared model."""

    def __init__(self, models: Models, lane: ModelLane, preset: Preset) -> None:
        """Counts as a user of the lane until :meth:`aclose`."""
        super().__init__(lane, preset)
        self._leave: Callable[[], Awaitable[None]] | None = lambda: models.leave(lane)

    async def aclose(self) -> None:
        """Lets the model go.  Calling it twice is fine."""
        leave, self._leave = self._leave, None
        if leave is not None:
            await leave()


class SharedEmbedder(TransformersEmbedder):
    """One of those who have texts embedded by a shared model."""

    def __init__(self, models: Models, lane: EncoderLane) -> None:
        """Counts as a user of the lane until :meth:`aclose`."""
        super().__init__(lane)
        self._leave: Callable[[], Awaitable[None]] | None = lambda: models.leave(lane)

    async def aclose(self) -> None:
        """Lets the model go.  Calling it twice is fine."""
        leave, self._leave = self._leave, None
        if leave is not None:
            await leave()
