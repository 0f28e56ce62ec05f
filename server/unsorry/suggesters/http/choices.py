"""Reads an answer: a stream of events or one JSON text, into choices that are handed on as soon as each is complete."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

import httpx

from unsorry.errors import EndpointError
from unsorry.suggesters.http.endpoint import Limits
from unsorry.suggesters.http.trouble import said

_MAX_LINE = 1024 * 1024


@dataclass(slots=True)
class Choice:
    """One of the texts that were asked for.  ``logprob`` is None where the server gives none."""

    parts: list[str] = field(default_factory=list[str])
    length: int = 0
    logprob: float | None = None
    ended: bool = False

    @property
    def text(self) -> str:
        """All of it so far, as sound Unicode: JSON can hold halves of characters."""
        return "".join(self.parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


async def choices(response: httpx.Response, shown: str, limits: Limits) -> AsyncGenerator[Choice]:
    """The choices in an answer, each once it is complete.

    A stream that ends in the middle is trouble, after what was complete.  A choice that grows beyond its limit is taken
    as complete: a model that loops never ends by itself.
    """
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    async with aclosing(_bytes(response, shown, limits)) as data:
        if kind == "text/event-stream":
            async with aclosing(_streamed(data, shown, limits)) as stream:
                async for choice in stream:
                    yield choice
            return
        body = b"".join([chunk async for chunk in data]).decode("utf-8", "replace").strip()
    if body.startswith("<"):
        raise EndpointError(
            "html", f"{shown} answers with a web page; the address is not that of a model server's interface."
        )
    if body.startswith(("data:", "event:", ":")):
        # A server that streams without saying so.
        async with aclosing(_streamed(_one(body), shown, limits)) as stream:
            async for choice in stream:
                yield choice
        return
    found: dict[int, Choice] = {}
    _take(_object(body, shown), found, shown)
    for choice in found.values():
        yield choice


async def _one(body: str) -> AsyncGenerator[bytes]:
    yield body.encode() + b"\n"


async def _bytes(response: httpx.Response, shown: str, limits: Limits) -> AsyncGenerator[bytes]:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limits.reply:
            raise EndpointError(
                "long", f"{shown} gave more than {limits.reply // 1024} KiB in one answer and was cut off."
            )
        yield chunk


async def _streamed(data: AsyncIterator[bytes], shown: str, limits: Limits) -> AsyncGenerator[Choice]:
    found: dict[int, Choice] = {}
    done = False
    async for line in _lines(data, shown):
        event, _, value = line.partition(":")
        if event != "data":
            continue
        if value.strip() == "[DONE]":
            done = True
            break
        for choice in _take(_object(value, shown), found, shown):
            choice.ended = choice.ended or choice.length > limits.choice
            if choice.ended:
                yield choice
        if all(c.ended for c in found.values()) and any(c.length > limits.choice for c in found.values()):
            raise EndpointError("loops", f"The model at {shown} did not come to an end and was stopped.")
    left = [choice for choice in found.values() if not choice.ended]
    if done:
        # Some servers end the stream without ending its choices.
        for choice in left:
            yield choice
    elif left or not found:
        raise EndpointError("half", f"{shown} ended its answer in the middle.", again=not found)


async def _lines(data: AsyncIterator[bytes], shown: str) -> AsyncGenerator[str]:
    rest = b""
    async for chunk in data:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").rstrip("\r")
        if len(rest) > _MAX_LINE:
            raise EndpointError("long", f"{shown} gave a line of more than {_MAX_LINE // 1024} KiB and was cut off.")
    if rest:
        yield rest.decode("utf-8", "replace")


def _object(text: str, shown: str) -> dict[str, Any]:
    try:
        read: object = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise EndpointError("garbled", f"{shown} gave something that is no answer of a model server.")
    return cast("dict[str, Any]", read)


def _take(data: dict[str, Any], found: dict[int, Choice], shown: str) -> list[Choice]:
    """Adds what one event or the whole answer says; the choices that it says something of and that were open."""
    if data.get("error"):
        text = said(json.dumps(data)).rstrip(".")
        raise EndpointError("failing", f"{shown} fails while it answers{': ' if text else ''}{text}.")
    touched: list[Choice] = []
    for entry in _dicts(data.get("choices")):
        index = entry.get("index")
        choice = found.setdefault(index if isinstance(index, int) else 0, Choice())
        if choice.ended:
            continue
        content = _fields(entry.get("delta")) or _fields(entry.get("message"))
        text = content.get("content") if content else entry.get("text")
        if isinstance(text, str):
            choice.parts.append(text)
            choice.length += len(text)
        _count(choice, entry.get("logprobs"))
        choice.ended = entry.get("finish_reason") is not None
        touched.append(choice)
    return touched


def _count(choice: Choice, logprobs: object) -> None:
    """Adds the log-probabilities of tokens, in the form of completions or that of chats."""
    fields = _fields(logprobs)
    numbers: list[object] = [token.get("logprob") for token in _dicts(fields.get("content"))]
    if isinstance(plain := fields.get("token_logprobs"), list):
        numbers += cast("list[object]", plain)
    for number in numbers:
        if isinstance(number, int | float) and not isinstance(number, bool) and number == number:
            choice.logprob = (choice.logprob or 0.0) + float(max(-100.0, min(0.0, number)))


def _fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]
