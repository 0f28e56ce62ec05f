"""Decodes a batch of requests token by token; what is finished is handed on at once.  Child only.

An own loop over the model and not its ``generate``: that hands everything on at the end, and can't stop one request of
a batch.  The rows of all requests go through the model together.  After each step every request says which rows go on
and with which token, so that beams, samples and requests that were cancelled are all the same to the loop.

torch has no types; what is got from it is ``Any`` and stays in the child's modules.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from unsorry.suggesters.transformers import libraries
from unsorry.suggesters.transformers.loading import Loaded

#: A model loops when its last tokens repeat a pattern no longer than this, this many tokens in a row.
_PERIOD: Final = 16
_LOOP: Final = 96

#: How many of the last tokens may hold a stop string, besides one for each of its bytes.
_SPARE_TOKENS: Final = 4

#: How much of a model's context a prompt may always take, however long replies may be.
_PROMPT_PART: Final = 0.75


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.  ``prompt`` is text, or the messages of a chat.  Without ``beams`` replies are sampled."""

    prompt: str | list[dict[str, str]]
    count: int = 8
    beams: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 128
    stop: Sequence[str] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Sequence_:  # noqa: N801 - the plain name is that of a type
    """A finished reply.  ``total`` is its log-probability; ``complete`` is False where it was cut off."""

    request: int
    text: str
    total: float
    tokens: int
    complete: bool


@dataclass(slots=True)
class _Row:
    """A reply that is being written."""

    tokens: list[int] = field(default_factory=list[int])
    total: float = 0.0


class _Writer:
    """The rows of one request."""

    def __init__(self, number: int, request: Request, loaded: Loaded, ends: frozenset[int]) -> None:
        torch = libraries.torch()

        self._number = number
        self._request = request
        self._tokenizer = loaded.tokenizer
        self._ends = ends
        self._given = 0
        #: How many tokens a reply may have.
        self.longest = request.max_tokens
        self._source: Any = torch.Generator().manual_seed(request.seed)
        longest = max((len(stop.encode()) for stop in request.stop), default=0)
        self._tail = longest + _SPARE_TOKENS if longest else 0
        # All start alike: a beam search from one row, samples from as many as are wanted.
        self.rows = [_Row() for _ in range(1 if request.beams else max(1, request.count))]

    def advance(self, scores: Any) -> tuple[list[int], list[int], list[Sequence_]]:
        """One token more: which of the rows go on, with which tokens, and what is finished.

        ``scores`` are the log-probabilities of the next token, a line for each row.
        """
        drawn = self._search(scores) if self._request.beams else self._sample(scores)
        parents: list[int] = []
        tokens: list[int] = []
        rows: list[_Row] = []
        finished: list[Sequence_] = []
        width = max(1, self._request.beams) if self._request.beams else len(self.rows)
        for rank, (parent, token, total) in enumerate(drawn):
            before = self.rows[parent]
            row = _Row([*before.tokens, token], total)
            if token in self._ends:
                # What ends below the beams is unlikelier than what goes on in them.
                if rank < width:
                    finished.append(self._finish(row, before.tokens, complete=True))
                continue
            if (text := self._stopped(row)) is not None:
                finished.append(Sequence_(self._number, text, row.total, len(row.tokens), complete=True))
            elif len(row.tokens) >= self.longest:
                finished.append(self._finish(row, row.tokens, complete=False))
            elif len(rows) < width and not _loops(row.tokens):
                rows.append(row)
                parents.append(parent)
                tokens.append(token)
        finished = finished[: self._request.count - self._given]
        self._given += len(finished)
        if self._given >= self._request.count:
            parents, tokens, rows = [], [], []
        self.rows = rows
        return parents, tokens, finished

    def _search(self, scores: Any) -> list[tuple[int, int, float]]:
        """The likeliest continuations of all rows, twice as many as beams: half of them may end here."""
        torch = libraries.torch()

        so_far = torch.tensor([row.total for row in self.rows], dtype=scores.dtype).unsqueeze(1)
        summed: Any = (scores + so_far).flatten()
        best: Any = summed.topk(min(2 * self._request.beams, summed.numel()))
        size = scores.shape[1]
        return [
            (index // size, index % size, value)
            for value, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            if math.isfinite(value)
        ]

    def _sample(self, scores: Any) -> list[tuple[int, int, float]]:
        """A token for each row.  What counts is how likely the model finds it, whatever the temperature."""
        torch = libraries.torch()

        request = self._request
        if request.temperature <= 0:
            chosen: Any = scores.argmax(dim=-1)
        else:
            shares: Any = torch.softmax(scores / request.temperature, dim=-1)
            if request.top_p < 1.0:
                ordered: Any = shares.sort(dim=-1, descending=True)
                above: Any = ordered.values.cumsum(dim=-1) - ordered.values >= request.top_p
                shares = shares.scatter(-1, ordered.indices, ordered.values.masked_fill(above, 0.0))
            chosen = torch.multinomial(shares, 1, generator=self._source).squeeze(1)
        values: Any = scores.gather(1, chosen.unsqueeze(1)).squeeze(1)
        pairs = zip(self.rows, chosen.tolist(), values.tolist(), strict=True)
        return [(at, token, row.total + value) for at, (row, token, value) in enumerate(pairs)]

    def _finish(self, row: _Row, tokens: Sequence[int], *, complete: bool) -> Sequence_:
        return Sequence_(self._number, self._text(tokens), row.total, len(row.tokens), complete)

    def _stopped(self, row: _Row) -> str | None:
        """The reply up to the first stop string, once there is one."""
        if not self._tail or not any(stop in self._text(row.tokens[-self._tail :]) for stop in self._request.stop):
            return None
        text = self._text(row.tokens)
        places = [place for stop in self._request.stop if (place := text.find(stop)) >= 0]
        return text[: min(places)] if places else None

    def _text(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))


def _loops(tokens: Sequence[int]) -> bool:
    """Do the last tokens repeat a short pattern again and again?"""
    if len(tokens) < _LOOP:
        return False
    last = tokens[-_LOOP:]
    return any(last[period:] == last[:-period] for period in range(1, _PERIOD + 1))


class Decoder:
    """Decodes batches with one model.  ``steps`` counts how often the model was run."""

    def __init__(self, loaded: Loaded) -> None:
        """``loaded`` stays with whoever loaded it."""
        self._loaded = loaded
        self.steps = 0
        #: The model's context in tokens once a prompt of the last batch did not fit into its part of it.
        self.cut: int | None = None
        ends: Any = loaded.model.generation_config.eos_token_id
        known: list[Any] = [*(ends if isinstance(ends, list) else [ends]), loaded.tokenizer.eos_token_id]
        self._ends = frozenset(int(end) for end in known if end is not None)

    def run(
        self,
        requests: Sequence[Request],
        give: Callable[[Sequence_], object],
        done: Callable[[int], object],
        dropped: Callable[[int], bool],
    ) -> None:
        """Decodes until all requests have what they want or ``dropped`` says that nobody wants it any more.

        ``give`` gets each reply as it is finished, ``done`` the number of a request that has no more.  ``dropped`` is
        asked before each step, for each request.
        """
        torch = libraries.torch()

        self.cut = None
        writers = {at: _Writer(at, one, self._loaded, self._ends) for at, one in enumerate(requests)}
        with torch.inference_mode():
            state: _State | None = None
            while True:
                gone = [at for at in writers if dropped(at)]
                if state is not None and gone:
                    state.keep(writers, gone)
                for at in gone:
                    del writers[at]
                if not writers:
                    return
                if state is None:
                    state = _State(self._loaded, requests)
                    self.cut = state.cut
                    for writer in writers.values():
                        writer.longest = min(writer.longest, state.room)
                self.steps += 1
                scores = state.step()
                if state.fresh:
                    # The prompts were read once each; now there is a row for each reply.
                    state.spread([at for at, writer in writers.items() for _ in writer.rows])
                    scores = scores[torch.tensor([at for at, w in writers.items() for _ in w.rows])]
                parents: list[int] = []
                tokens: list[int] = []
                start = 0
                for at, writer in list(writers.items()):
                    size = len(writer.rows)
                    mine, chosen, finished = writer.advance(scores[start : start + size])
                    parents += [start + parent for parent in mine]
                    tokens += chosen
                    start += size
                    for sequence in finished:
                        give(sequence)
                    if not writer.rows:
                        del writers[at]
                        done(at)
                if writers:
                    state.go_on(parents, tokens)


class _State:
    """What the model has read and written: a line for each prompt before the first step, then one for each row."""

    def __init__(self, loaded: Loaded, requests: Sequence[Request]) -> None:
        torch = libraries.torch()

        self._loaded = loaded
        self.fresh = True
        tokenizer, device = loaded.tokenizer, loaded.device
        texts = [self._prompt(one.prompt) for one in requests]
        #: How many tokens are left for a reply, and the context in tokens where a prompt had to be cut.
        self.room = max(one.max_tokens for one in requests)
        self.cut: int | None = None
        # A chat's own template has written the marks that begin a text.
        marked = all(isinstance(one.prompt, str) for one in requests)
        context: Any = getattr(loaded.model.config, "max_position_embeddings", None)
        longest: int | None = None
        if isinstance(context, int) and not loaded.seq2seq:
            # The prompt goes first, and replies get what it leaves.
            longest = max(1, context - self.room, int(context * _PROMPT_PART))
            counts = [len(tokens) for tokens in tokenizer(texts, add_special_tokens=marked).input_ids]
            self.cut = context if max(counts) > longest else None
            self.room = min(self.room, max(1, context - min(longest, max(counts))))
        tokenizer.truncation_side = "left"
        read: Any = tokenizer(
            texts,
            padding=True,
            return_tensors="pt",
            add_special_tokens=marked,
            truncation=longest is not None,
            max_length=longest,
        )
        self._mask: Any = read.attention_mask.to(device)
        self._known = inspect.signature(loaded.model.forward).parameters
        self._cache: Any = None
        self._read: Any = None
        if loaded.seq2seq:
            encoder: Any = loaded.model.get_encoder()
            self._read = encoder(input_ids=read.input_ids.to(device), attention_mask=self._mask).last_hidden_state
            config: Any = loaded.model.generation_config
            begin = config.decoder_start_token_id
            if begin is None:
                begin = loaded.model.config.decoder_start_token_id
            self._next: Any = torch.full((len(texts), 1), int(begin or 0), device=device)
        else:
            self._next = read.input_ids.to(device)

    def _prompt(self, prompt: str | list[dict[str, str]]) -> str:
        if isinstance(prompt, str):
            return prompt
        tokenizer = self._loaded.tokenizer
        if not getattr(tokenizer, "chat_template", None):
            return "\n\n".join(message["content"] for message in prompt) + "\n\n"
        return str(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True))

    def step(self) -> Any:
        """Log-probabilities of the next token, a line for each prompt or row, on the CPU."""
        torch = libraries.torch()

        model = self._loaded.model
        if self._loaded.seq2seq:
            out: Any = model(
                encoder_outputs=(self._read,),
                attention_mask=self._mask,
                decoder_input_ids=self._next,
                past_key_values=self._cache,
                use_cache=True,
            )
        else:
            # Prompts are padded on the left, so positions count what is there.
            positions: Any = (self._mask.cumsum(dim=-1) - 1).clamp(min=0)[:, -self._next.shape[1] :]
            # Not every model knows these: some count for themselves, and some give the logits of all tokens.
            options = {"position_ids": positions, "logits_to_keep": 1}
            out = model(
                input_ids=self._next,
                attention_mask=self._mask,
                past_key_values=self._cache,
                use_cache=True,
                **{name: value for name, value in options.items() if name in self._known},
            )
        self._cache = out.past_key_values
        return torch.log_softmax(out.logits[:, -1, :].float(), dim=-1).cpu()

    def spread(self, lines: Sequence[int]) -> None:
        """Rows instead of prompts: ``lines`` says for each row which prompt it goes on from."""
        self.fresh = False
        self._select(lines)

    def go_on(self, parents: Sequence[int], tokens: Sequence[int]) -> None:
        """These rows go on, with these tokens."""
        torch = libraries.torch()

        self._select(parents)
        self._next = torch.tensor(tokens, device=self._loaded.device).unsqueeze(1)
        if not self._loaded.seq2seq:
            self._mask = torch.cat([self._mask, self._mask.new_ones((len(tokens), 1))], dim=1)

    def keep(self, writers: dict[int, _Writer], gone: Sequence[int]) -> None:
        """Leaves out the rows of requests that nobody wants any more."""
        kept: list[int] = []
        start = 0
        for at, writer in writers.items():
            if at not in gone:
                kept += range(start, start + len(writer.rows))
            start += len(writer.rows)
        self._select(kept)
        self._next = self._next[kept]

    def _select(self, lines: Sequence[int]) -> None:
        torch = libraries.torch()

        if not lines or (len(lines) == self._mask.shape[0] and list(lines) == list(range(len(lines)))):
            return
        index: Any = torch.tensor(lines, device=self._loaded.device)
        self._mask = self._mask[index]
        if self._read is not None:
            self._read = self._read[index]
        self._cache.reorder_cache(index)
