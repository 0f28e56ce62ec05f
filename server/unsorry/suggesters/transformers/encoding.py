"""Embeds texts: each becomes a vector of length 1, near to those of texts that mean much the same.  Child only.

What the model says of a text's tokens is averaged, or that of the first one taken where the model's folder says so (a
file that sentence-transformers writes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from unsorry.suggesters.transformers import libraries
from unsorry.suggesters.transformers.loading import Loaded

#: How many texts go through the model together.
_TEXTS: Final = 16

#: How many tokens of a text count.
_MAX_TOKENS: Final = 1024

_POOLING: Final = Path("1_Pooling") / "config.json"


@dataclass(frozen=True, slots=True)
class Vector:
    """The embedding of the text at ``place`` of a request, as the bytes of 32-bit floats, the lowest byte first."""

    request: int
    place: int
    numbers: bytes


class Encoder:
    """A model that embeds."""

    def __init__(self, loaded: Loaded) -> None:
        """The model was loaded as an encoder."""
        self._loaded = loaded
        self._first = _takes_first(loaded.folder)
        known = (loaded.tokenizer.model_max_length, getattr(loaded.model.config, "max_position_embeddings", None))
        self._tokens = min(_MAX_TOKENS, *(int(n) for n in known if n))
        #: How often texts went through the model.
        self.steps = 0

    def run(
        self,
        requests: Sequence[Sequence[str]],
        give: Callable[[Vector], None],
        done: Callable[[int], None],
        dropped: Callable[[int], bool],
    ) -> None:
        """Gives the embeddings of each request's texts, and says which request is done.

        A request that is dropped ends before the next few texts.
        """
        for at, texts in enumerate(requests):
            # Texts of much the same length go together, since each is as long as the longest beside it.
            order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
            for first in range(0, len(order), _TEXTS):
                if dropped(at):
                    break
                places = order[first : first + _TEXTS]
                for place, numbers in zip(places, self._embed([texts[p] for p in places]), strict=True):
                    give(Vector(at, place, numbers))
            done(at)

    def _embed(self, texts: list[str]) -> list[bytes]:
        torch = libraries.torch()
        self.steps += 1
        read: Any = self._loaded.tokenizer(
            texts, padding=True, truncation=True, max_length=self._tokens, return_tensors="pt"
        ).to(self._loaded.device)
        with torch.inference_mode():
            hidden = self._loaded.model(**read).last_hidden_state.float()
        if self._first:
            pooled = hidden[:, 0]
        else:
            mask = read["attention_mask"].unsqueeze(-1)
            pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        vectors: Any = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
        return [vector.astype("<f4").tobytes() for vector in vectors]


def _takes_first(folder: Path) -> bool:
    """Does the first token stand for the text?"""
    try:
        return bool(json.loads((folder / _POOLING).read_text("utf-8")).get("pooling_mode_cls_token"))
    except (OSError, ValueError, AttributeError):
        return False
