"""The lane of one model: a child process that is started when it is needed, and whoever waits for its replies.

Goals that wait at the same time go to the model in one batch.  An asker who goes away takes nobody else's replies
along; when the last one has gone, decoding ends before the next token.  A child that dies is started again and the
batch is asked once more; what the user must know of that is one sentence.

A model either writes (:class:`ModelLane`) or embeds texts (:class:`EncoderLane`).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import sys
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Final, Generic, TypeVar

import psutil

from unsorry.errors import ModelError
from unsorry.suggesters.prompts import Prompt
from unsorry.suggesters.transformers.child import Child, Json

_log = logging.getLogger(__name__)

_WORKER: Final = "unsorry.suggesters.transformers.worker"

#: How long a batch waits for others that want replies at the same moment, in seconds.
_GATHER: Final = 0.005

#: How many requests one batch holds.
_MAX_BATCH: Final = 8

#: After how many deaths in a row, without a batch that was finished, the model is not started again.
_MAX_DEATHS: Final = 3

#: How long a model that could not be loaded is not tried again, in seconds: each try loads torch.
_PAUSE: Final = 30.0

#: How often the child's memory is looked at while it works, in seconds.
_WATCH: Final = 0.5


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model, and how it is run.

    ``model`` is a folder or a name of the hub; without ``local_only`` what is missing may be fetched.  ``device`` is
    ``auto``, ``cpu``, ``cuda`` or ``mps``; ``dtype`` is ``auto``, ``float32``, ``bfloat16`` or ``float16``;
    ``quantization`` is ``none``, ``int8`` or ``int4``.  ``memory`` bounds the child, in bytes; None leaves it what is
    free when it is started.  After ``idle_seconds`` without work the child ends.  ``silence_seconds`` bounds the wait
    for anything from a child at work: one long token step at the most.
    """

    model: str
    local_only: bool = True
    device: str = "auto"
    dtype: str = "auto"
    quantization: str = "none"
    memory: int | None = None
    idle_seconds: float = 600.0
    load_seconds: float = 600.0
    silence_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """How replies are drawn: with ``beams`` by beam search, else sampled.  ``max_tokens`` bounds a model that loops."""

    count: int = 8
    beams: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 128
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A finished reply.  ``total`` is its log-probability, ``score`` that for each token of it, both at most 0."""

    text: str
    total: float
    tokens: int
    complete: bool

    @property
    def score(self) -> float:
        """The log-probability by length: a long reply is not worse because it is long."""
        return min(0.0, self.total / max(1, self.tokens))


@dataclass(frozen=True, slots=True)
class Model:
    """What was loaded."""

    parameters: int
    seq2seq: bool
    device: str
    dtype: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch took: requests, steps of the model, and how many of these came after its first cancel was seen."""

    requests: int
    steps: int
    after_cancel: int


@dataclass(frozen=True, slots=True)
class Download:
    """How far a download is, in bytes; the first word of one says its size."""

    model: str
    bytes: int
    total: int


@dataclass(frozen=True, slots=True)
class Embedded:
    """The embedding of one of the texts that were asked about, of length 1."""

    place: int
    vector: Sequence[float]


_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class _Asker(Generic[_T]):
    """Somebody who waits for replies; None in the queue is the end of them.  ``request`` is what the child is sent."""

    request: Json
    replies: asyncio.Queue[_T | ModelError | None]
    gone: bool = False
    finished: bool = False
    retried: bool = False

    def end(self, error: ModelError | None = None) -> None:
        if not self.finished:
            self.finished = True
            self.replies.put_nowait(error)


class _DiedError(Exception):
    """The child is gone."""


class _Lane(ABC, Generic[_T]):
    """One model.  Belongs to the event loop that asks first; :meth:`close` ends it for good."""

    #: How the child is to load the model, and what it is asked for.
    _encoder: ClassVar[bool]
    _method: ClassVar[str]

    def __init__(
        self,
        settings: ModelSettings,
        *,
        say: Callable[[str], object] | None = None,
        downloading: Callable[[Download], object] | None = None,
    ) -> None:
        """No process runs before somebody asks.  ``say`` gets what the user must know, a sentence each time."""
        self._settings = settings
        self._say = say or _log.warning
        self._downloading = downloading
        self._waiting: list[_Asker[_T]] = []
        self._news = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()
        self._runner: asyncio.Task[None] | None = None
        self._child: Child | None = None
        self._ident = 0
        self._batch: list[_Asker[_T]] = []
        self._deaths = 0
        self._too_large = False
        self._told_cut = False
        self._limit = 0
        self._failed: tuple[float, ModelError] | None = None
        self._lost: ModelError | None = None
        self._closed = False
        #: What is loaded, None while nothing is.
        self.model: Model | None = None
        #: What was decoded so far, a line for each batch.
        self.batches: list[Batch] = []

    @property
    def settings(self) -> ModelSettings:
        """Which model, and how it is run."""
        return self._settings

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return None if self._child is None else self._child.pid

    async def idle(self) -> None:
        """Waits until nothing is decoded and nobody waits."""
        await self._calm.wait()

    async def unloaded(self) -> None:
        """Waits until nobody asked for so long that the child has ended."""
        if self._runner is not None:
            await asyncio.wait([self._runner])

    @abstractmethod
    def _read(self, item: Json) -> _T:
        """A reply as the child says it."""

    async def _replies(self, request: Json) -> AsyncGenerator[_T]:
        if self._lost is not None:
            raise self._lost
        asker = _Asker[_T](request, asyncio.Queue())
        self._enqueue(asker)
        try:
            while (reply := await asker.replies.get()) is not None:
                if isinstance(reply, ModelError):
                    raise reply
                yield reply
        finally:
            self._drop(asker)

    async def close(self) -> None:
        """Ends the child and whatever waits for it.  Calling it twice is fine."""
        self._closed = True
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)

    def _enqueue(self, asker: _Asker[_T]) -> None:
        if self._closed:
            raise ModelError(f"The model {self._settings.model} was closed.")
        self._waiting.append(asker)
        self._calm.clear()
        self._news.set()
        if self._runner is None:
            self._runner = asyncio.create_task(self._run(), name=f"model {self._settings.model}")

    def _drop(self, asker: _Asker[_T]) -> None:
        asker.gone = True
        if asker in self._waiting:
            self._waiting.remove(asker)
        elif not asker.finished and asker in self._batch and self._child is not None:
            self._child.send({"cancel": self._ident, "request": self._batch.index(asker)})

    async def _run(self) -> None:
        """Serves batches until nobody has asked for a while."""
        try:
            while await self._wanted():
                self._batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
                try:
                    await self._serve()
                except ModelError as error:
                    for asker in self._batch:
                        asker.end(error)
                except _DiedError:
                    await self._mourn()
                self._batch = []
        finally:
            # Nothing is awaited between the last look at who waits and this, unless this lane is being closed.
            self._runner = None
            self._calm.set()
            for asker in [*self._batch, *self._waiting]:
                asker.end(ModelError(f"The model {self._settings.model} was closed."))
            await asyncio.shield(self._unload())

    async def _wanted(self) -> bool:
        """Waits until somebody asks; False when nobody did for so long that the child has ended."""
        while True:
            self._news.clear()
            if self._waiting:
                await asyncio.sleep(_GATHER)
                if self._waiting:
                    return True
            self._calm.set()
            try:
                async with asyncio.timeout(self._settings.idle_seconds):
                    await self._news.wait()
            except TimeoutError:
                await self._unload()
                if not self._waiting:
                    return False

    async def _serve(self) -> None:
        """Loads the model where it is not, and has one batch decoded."""
        if self._lost is not None:
            raise self._lost
        if self._child is None:
            await self._load_unless_in_vain()
        assert self._child is not None
        if all(asker.gone for asker in self._batch):
            return
        requests = [asker.request for asker in self._batch]
        self._ident += 1
        self._child.send({"id": self._ident, "method": self._method, "params": {"requests": requests}})
        for at, asker in enumerate(self._batch):
            if asker.gone:
                self._child.send({"cancel": self._ident, "request": at})
        watch = asyncio.create_task(self._watch(self._child))
        try:
            result = await self._answer(self._settings.silence_seconds, self._take)
        finally:
            watch.cancel()
        self._deaths = 0
        self.batches.append(Batch(len(requests), int(result["steps"]), int(result["after_cancel"])))
        if (context := result.get("cut")) is not None and not self._told_cut:
            self._told_cut = True
            self._say(
                f"The model {self._settings.model} reads {context} tokens at a time, which is too few for what it is "
                f"asked; the beginning was left out."
            )
        for asker in self._batch:
            asker.end()

    def _take(self, item: Json) -> None:
        asker = self._batch[int(item["request"])]
        if item.get("done"):
            asker.end()
        elif not asker.gone:
            asker.replies.put_nowait(self._read(item))

    async def _load_unless_in_vain(self) -> None:
        if self._failed is not None and time.monotonic() < self._failed[0]:
            raise self._failed[1]
        try:
            await self._load()
            self._failed = None
        except ModelError as error:
            self._failed = (time.monotonic() + _PAUSE, error)
            raise

    async def examine(self) -> Json:
        """What the child finds out about the model without loading it.  For a lane that nobody else asks.

        Raises:
            ModelError: it can't be loaded, and why.
        """
        try:
            return await self._begin("examine")
        except _DiedError:
            raise ModelError("The model's process ended before it had an answer.") from None
        finally:
            await self._unload()

    async def _begin(self, method: str) -> Json:
        """Starts the child with a first request; its answer."""
        settings = self._settings
        self._limit = settings.memory or int(psutil.virtual_memory().available)
        try:
            self._child = await Child.start(_WORKER, local_only=settings.local_only)
        except OSError as error:
            raise ModelError(f"The model's process can't be started: {error.strerror or error}.") from error
        self._ident += 1
        wish = {
            "model": settings.model,
            "encoder": self._encoder,
            "local_only": settings.local_only,
            "device": settings.device,
            "dtype": settings.dtype,
            "quantization": settings.quantization,
            "memory": settings.memory,
        }
        self._child.send({"id": self._ident, "method": method, "params": wish})
        try:
            return await self._answer(settings.load_seconds, self._note)
        except ModelError:
            await self._unload()
            raise

    async def _load(self) -> None:
        result = await self._begin("load")
        self.model = Model(
            int(result["parameters"]),
            bool(result["seq2seq"]),
            str(result["device"]),
            str(result["dtype"]),
            float(result["seconds"]),
        )

    def _note(self, item: Json) -> None:
        if self._downloading is not None and (download := item.get("download")) is not None:
            self._downloading(Download(str(download["model"]), int(download["bytes"]), int(download["total"])))

    async def _answer(self, seconds: float, take: Callable[[Json], None]) -> Json:
        """The result of the request under way; its items go to ``take``.  ``seconds`` bounds each silence."""
        child = self._child
        assert child is not None
        while True:
            try:
                async with asyncio.timeout(seconds):
                    message = await child.next()
            except TimeoutError as error:
                await self._unload()
                raise ModelError(
                    f"The model {self._settings.model} said nothing for {seconds:g} seconds and was stopped."
                ) from error
            if message is None:
                raise _DiedError
            if message.get("id") != self._ident:
                continue
            if "item" in message:
                take(message["item"])
            elif "error" in message:
                error = ModelError(str(message["error"]))
                if message.get("lasting"):
                    self._lost = error
                raise error
            else:
                return dict(message["result"])

    async def _watch(self, child: Child) -> None:
        """Kills a child that takes more memory than it may while it decodes; loading is checked before it begins."""
        while True:
            await asyncio.sleep(_WATCH)
            if await asyncio.to_thread(child.memory) > self._limit:
                self._too_large = True
                child.kill()
                return

    async def _mourn(self) -> None:
        """The child has died: says so, and lets those who wait ask once more."""
        words = self._child.last_words if self._child is not None else ""
        code = await self._unload()
        self._deaths += 1
        how = _how(code, words)
        if self._too_large:
            how = f"took more than {self._limit / 1e6:.0f} MB and was stopped"
            self._too_large = False
        if self._deaths >= _MAX_DEATHS:
            self._lost = ModelError(
                f"The process of the model {self._settings.model} {how}, {self._deaths} times in a row; it is not "
                f"started again."
            )
            for asker in self._batch:
                asker.end(self._lost)
            return
        again = [asker for asker in self._batch if not (asker.finished or asker.gone or asker.retried)]
        for asker in self._batch:
            if asker in again:
                asker.retried = True
            else:
                asker.end(ModelError(f"The process of the model {self._settings.model} {how}."))
        self._waiting[:0] = again
        if again:
            self._say(f"The process of the model {self._settings.model} {how}; it is started again.")

    async def _unload(self) -> int | None:
        """Ends the child, so that its memory is free; gives its exit code."""
        child, self._child, self.model = self._child, None, None
        return None if child is None else await child.close()


class ModelLane(_Lane[Reply]):
    """A model that writes."""

    _encoder = False
    _method = "generate"

    def ask(self, prompt: Prompt, drawing: Drawing) -> AsyncGenerator[Reply]:
        """Replies as the model finishes them.  Closing this early drops the rest.

        Raises:
            ModelError: the model can't be loaded or did not answer.
        """
        wire = prompt if isinstance(prompt, str) else [asdict(message) for message in prompt]
        return self._replies({"prompt": wire, **asdict(drawing)})

    async def warm_up(self) -> None:
        """Loads the model before somebody waits for it.  Raises ModelError where that can't be done."""
        async with contextlib.aclosing(self.ask("", Drawing(count=1, max_tokens=1))) as replies:
            async for _ in replies:
                pass

    def _read(self, item: Json) -> Reply:
        return Reply(str(item["text"]), float(item["total"]), int(item["tokens"]), bool(item["complete"]))


class EncoderLane(_Lane[Embedded]):
    """A model that embeds texts."""

    _encoder = True
    _method = "embed"

    def embed(self, texts: Sequence[str]) -> AsyncGenerator[Embedded]:
        """The embedding of each text, as the model has them and in any order.  Closing this early drops the rest.

        Raises:
            ModelError: the model can't be loaded or did not answer.
        """
        return self._replies({"texts": list(texts)})

    async def warm_up(self) -> None:
        """Loads the model before somebody waits for it.  Raises ModelError where that can't be done."""
        async with contextlib.aclosing(self.embed([])) as vectors:
            async for _ in vectors:
                pass

    def _read(self, item: Json) -> Embedded:
        vector = array("f", base64.b64decode(str(item["vector"])))
        if sys.byteorder == "big":
            vector.byteswap()
        return Embedded(int(item["place"]), vector)


def _how(code: int | None, words: str) -> str:
    """How a child ended, as words that follow its name."""
    if code in (-9, 137):
        return "was killed, perhaps for want of memory"
    return f"ended with exit code {code}" + (f" ({words[:200]})" if words else "")
