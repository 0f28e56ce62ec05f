"""The program of the child that runs a model: requests on standard input, answers on standard output, in JSON lines.

``python -m unsorry.suggesters.transformers.worker TOKEN``.  Each line that it writes begins with the token, and what
libraries print goes to standard error, so nothing gets in between.

    {"id": 1, "method": "load", "params": {"model": …, "encoder": …, "local_only": …, "device": …, "dtype": …}}
    {"id": 1, "method": "examine", "params": {…the same…}}
    {"id": 2, "method": "generate", "params": {"requests": [{"prompt": …, "count": …, "beams": …, …}]}}
    {"id": 2, "method": "embed", "params": {"requests": [{"texts": […]}]}}
    {"cancel": 2, "request": 0}

Each request is answered with any number of ``{"id", "item"}`` and one ``{"id", "result"}`` or ``{"id", "error"}``.  A
thread reads, so that a cancel is seen while the model works: it takes effect before the next token, or the next few
texts.  The end of the input ends the process at once, for then nobody is there who wants anything.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unsorry.suggesters.transformers.decoding import Decoder, Request, Sequence_
from unsorry.suggesters.transformers.encoding import Encoder, Vector
from unsorry.suggesters.transformers.loading import Refusal, default_device, examine, load

Json = dict[str, Any]


class Worker:
    """Takes one request after another."""

    def __init__(self, token: str, out: int) -> None:
        """``out`` is the file descriptor that answers are written to."""
        self._token = token
        self._out = os.fdopen(out, "w", encoding="utf-8", newline="\n")
        self._inbox: queue.SimpleQueue[Json] = queue.SimpleQueue()
        self._lock = threading.Lock()
        # Cancelled requests of batches, and how many steps were made when the first of them was.
        self._cancelled: dict[tuple[int, int], int] = {}
        self._decoder: Decoder | None = None
        self._encoder: Encoder | None = None

    def run(self) -> None:
        """Serves until the input ends."""
        threading.Thread(target=self._read, daemon=True).start()
        self._say({"ready": True})
        while True:
            request = self._inbox.get()
            ident = int(request["id"])
            try:
                methods = {
                    "load": self._load,
                    "examine": self._examine,
                    "generate": self._generate,
                    "embed": self._embed,
                }
                self._say({"id": ident, "result": methods[request["method"]](ident, request["params"])})
            except Refusal as refusal:
                self._say({"id": ident, "error": str(refusal), "lasting": refusal.lasting})
            except ImportError as error:
                sentence = f"Local models need the extra `local` (pip install 'unsorry[local]'): {_first_line(error)}."
                self._say({"id": ident, "error": sentence, "lasting": True})
            except (MemoryError, RuntimeError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
                words = "there was too little memory" if _no_memory(error) else _first_line(error)
                self._say({"id": ident, "error": f"The model could not answer: {words}.", "lasting": False})

    def _read(self) -> None:
        for line in sys.stdin:
            message: Json = json.loads(line)
            if "cancel" in message:
                with self._lock:
                    steps = 0 if (model := self._decoder or self._encoder) is None else model.steps
                    self._cancelled.setdefault((int(message["cancel"]), int(message["request"])), steps)
            else:
                self._inbox.put(message)
        os._exit(0)

    def _say(self, message: Json) -> None:
        self._out.write(self._token + json.dumps(message, ensure_ascii=False) + "\n")
        self._out.flush()

    def _load(self, ident: int, wish: Json) -> Json:
        begun = time.monotonic()
        loaded = load(wish, lambda item: self._say({"id": ident, "item": item}))
        # The first run is slow everywhere, so it is not the user's.
        if wish["encoder"]:
            model = self._encoder = Encoder(loaded)
            self._encoder.run([["a"]], _ignore, _ignore, lambda _: False)
        else:
            model = self._decoder = Decoder(loaded)
            self._decoder.run([Request("a", count=1, max_tokens=1)], _ignore, _ignore, lambda _: False)
        model.steps = 0
        return {
            "parameters": loaded.parameters,
            "seq2seq": loaded.seq2seq,
            "device": loaded.device,
            "dtype": loaded.dtype,
            "seconds": round(time.monotonic() - begun, 3),
        }

    def _examine(self, ident: int, wish: Json) -> Json:
        """What is known of a model before it is loaded; without one, what models would run on."""
        found = asdict(examine(wish, lambda item: self._say({"id": ident, "item": item}))) if wish["model"] else {}
        return {"device": default_device(), **found}

    def _generate(self, ident: int, params: Json) -> Json:
        decoder = self._decoder
        if decoder is None:
            raise Refusal("There is no model loaded.", lasting=False)
        wire: list[Json] = params["requests"]
        requests = [Request(**one) for one in wire]

        def give(sequence: Sequence_) -> None:
            self._say(
                {
                    "id": ident,
                    "item": {
                        "request": sequence.request,
                        "text": sequence.text,
                        "total": sequence.total,
                        "tokens": sequence.tokens,
                        "complete": sequence.complete,
                    },
                }
            )

        ran = self._run(ident, decoder, lambda done, dropped: decoder.run(requests, give, done, dropped))
        return {**ran, "cut": decoder.cut}

    def _embed(self, ident: int, params: Json) -> Json:
        encoder = self._encoder
        if encoder is None:
            raise Refusal("There is no model loaded.", lasting=False)
        requests: list[list[str]] = [one["texts"] for one in params["requests"]]

        def give(vector: Vector) -> None:
            numbers = base64.b64encode(vector.numbers).decode("ascii")
            self._say({"id": ident, "item": {"request": vector.request, "place": vector.place, "vector": numbers}})

        return self._run(ident, encoder, lambda done, dropped: encoder.run(requests, give, done, dropped))

    def _run(
        self,
        ident: int,
        model: Decoder | Encoder,
        work: Callable[[Callable[[int], None], Callable[[int], bool]], None],
    ) -> Json:
        """Runs a batch; ``work`` gets whom to tell that a request is done, and whom to ask whether it was dropped."""

        def done(at: int) -> None:
            self._say({"id": ident, "item": {"request": at, "done": True}})

        def dropped(at: int) -> bool:
            with self._lock:
                return (ident, at) in self._cancelled

        before = model.steps
        work(done, dropped)
        with self._lock:
            last = max((steps for (batch, _), steps in self._cancelled.items() if batch == ident), default=None)
            self._cancelled.clear()
        after = 0 if last is None else model.steps - max(last, before)
        return {"steps": model.steps - before, "after_cancel": after}


def _ignore(_: object) -> None:
    """Nobody wants to know."""


def _no_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "alloc" in str(error)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(". ")


def main(token: str) -> None:
    """Runs the worker with standard output for itself alone."""
    out = os.dup(1)
    os.dup2(2, 1)
    # Where memory runs out, the system ends this process and nothing of the user's.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    Worker(token, out).run()


if __name__ == "__main__":
    main(sys.argv[1])
