"""A suggester that asks a model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from unsorry.errors import EndpointError, RefusedError
from unsorry.suggesters.http.choices import Choice, choices
from unsorry.suggesters.http.endpoint import Endpoint, Limits
from unsorry.suggesters.presets import Kind, Preset
from unsorry.suggesters.prompts import Prompt
from unsorry.suggesters.seam import Candidate, GoalContext

_log = logging.getLogger(__name__)

#: What a candidate scores where the server gives no log-probabilities, by how many came before it.
_FIRST_SCORE = -1.0
_SCORE_PER_RANK = 0.5

#: After how many requests for one choice each that bring nothing new no more are made.
_MAX_STALE = 2


class HttpSuggester:
    """Candidates from one model at one address.  EndpointError ends in :attr:`problem`, never in an exception.

    It opens no connection before it is asked and belongs to the event loop that asks first; :meth:`aclose` lets go.
    """

    def __init__(
        self,
        address: str,
        model: str,
        preset: Preset,
        *,
        key: str | None = None,
        proxy: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Raises :class:`~unsorry.errors.InputError` for an address or key that can't be one."""
        self._limits = limits or Limits()
        self._endpoint = Endpoint(address, key=key, proxy=proxy, limits=self._limits)
        self._model = model
        self._preset = preset
        # What this server was found not to do.
        self._no_logprobs = False
        self._one_by_one = False
        self._problem: str | None = None
        self._told: set[str] = set()

    @property
    def name(self) -> str:
        """The origin of its candidates: the model."""
        return f"http/{self._model}"

    @property
    def repairs(self) -> bool:
        """Can the model be shown what became of a proof it gave?"""
        return self._preset.repairs

    @property
    def problem(self) -> str | None:
        """The last trouble as one sentence; None since the last answer that had none."""
        return self._problem

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._endpoint.aclose()

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate]:
        """Candidates as the model completes them."""
        if not context.goals or context.prover not in self._preset.provers:
            return
        prompt = self._preset.prompt(context)
        seen: set[str] = set()
        try:
            async with aclosing(self._choices(prompt, seen)) as stream:
                async for choice in stream:
                    for candidate in self._candidates(choice, context, seen):
                        yield candidate
            self._problem = None
        except EndpointError as trouble:
            self._tell(trouble)

    def _tell(self, trouble: EndpointError) -> None:
        self._problem = str(trouble)
        if trouble.kind not in self._told:
            self._told.add(trouble.kind)
            _log.info("%s", trouble)

    def _candidates(self, choice: Choice, context: GoalContext, seen: set[str]) -> list[Candidate]:
        reply = choice.text
        found: list[Candidate] = []
        for text in self._preset.candidates(reply, context):
            key = " ".join(text.split())
            if key not in seen:
                rank = len(seen)
                seen.add(key)
                found.append(Candidate(text, _score(choice.logprob, text, reply, rank), self.name))
        return found

    async def _choices(self, prompt: Prompt, seen: set[str]) -> AsyncGenerator[Choice]:
        """As many choices as the preset wants, in one request if the server can do that, or else one by one.

        ``seen`` grows with what the caller makes of them.
        """
        wanted = self._preset.decoding.candidates
        stale = 0
        while wanted > 0 and stale < _MAX_STALE:
            known = len(seen)
            asked = 1 if self._one_by_one else wanted
            async with aclosing(self._request(prompt, asked)) as stream:
                got = 0
                async for choice in stream:
                    got += 1
                    yield choice
            # A request for several may have been refused on the way, or the server gives one whatever it is asked for.
            if not got:
                return
            if got < asked:
                self._one_by_one = True
            wanted -= got
            stale = 0 if len(seen) > known else stale + 1

    async def _request(self, prompt: Prompt, count: int) -> AsyncGenerator[Choice]:
        """One request; made again after passing trouble, and without what the server refuses of it."""
        path = "/chat/completions" if self._preset.kind is Kind.CHAT else "/completions"
        attempt = 0
        begun = False
        while True:
            body = self._body(prompt, 1 if self._one_by_one else count)
            try:
                async with (
                    self._endpoint.post(path, body) as response,
                    aclosing(choices(response, self._endpoint.shown, self._limits)) as stream,
                ):
                    async for choice in stream:
                        begun = True
                        yield choice
                return
            except RefusedError as refused:
                if not self._give_way(refused, body):
                    raise
            except EndpointError as trouble:
                attempt += 1
                if begun or not await self._endpoint.recovers(trouble, attempt):
                    raise

    def _give_way(self, refused: RefusedError, body: dict[str, Any]) -> bool:
        """Leaves out from now on what the server seems to mind; False when there is nothing left."""
        if "logprobs" in body and ("logprob" in refused.text.lower() or "n" not in body):
            self._no_logprobs = True
        elif "n" in body:
            self._one_by_one = True
        else:
            return False
        return True

    def _body(self, prompt: Prompt, count: int) -> dict[str, Any]:
        decoding = self._preset.decoding
        body: dict[str, Any] = {"model": self._model, "stream": True, "max_tokens": decoding.max_tokens}
        if isinstance(prompt, str):
            body["prompt"] = prompt
        else:
            body["messages"] = [{"role": message.role, "content": message.content} for message in prompt]
        if count > 1:
            body["n"] = count
        if not self._no_logprobs:
            body["logprobs"] = 1 if isinstance(prompt, str) else True
        optional = {"temperature": decoding.temperature, "top_p": decoding.top_p, "stop": list(self._preset.stop)}
        body.update({name: value for name, value in optional.items() if value is not None and value != []})
        return body


def _score(logprob: float | None, text: str, reply: str, rank: int) -> float:
    """A log-probability: of the reply the part that the text is, for a model may think at length before it."""
    if logprob is None:
        return _FIRST_SCORE - _SCORE_PER_RANK * rank
    return min(0.0, logprob * min(1.0, len(text) / max(1, len(reply))))
