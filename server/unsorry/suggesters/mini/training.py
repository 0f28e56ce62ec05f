"""The training of a mini model: ``python -m unsorry.suggesters.mini.training TOKEN WISH``, a wish as JSON.

:mod:`unsorry.suggesters.mini.trainer` runs it as a child process, so that whoever wants a model need not load torch and
can stop the training at any time.  It writes one line of JSON for each report and one at the end, each after the token.

torch and transformers have no types; what is got from them is ``Any`` and stays in this file.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from unsorry.errors import InputError
from unsorry.suggesters.mini.records import Pair, pairs
from unsorry.suggesters.mini.texts import MAX_TACTIC
from unsorry.suggesters.mini.trainer import Trained, Wish
from unsorry.suggesters.presets import MINI
from unsorry.suggesters.transformers import libraries

#: The model's measures.  It has about 1.6 million parameters: what two cores can train in minutes.
_SHAPE: Final[dict[str, Any]] = {
    "d_model": 160,
    "d_kv": 32,
    "d_ff": 384,
    "num_heads": 5,
    "num_layers": 3,
    "num_decoder_layers": 2,
    "feed_forward_proj": "gated-gelu",
    "dropout_rate": 0.1,
    # Goals are short, and so are the distances that tell their parts apart.
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 96,
}

_BATCH: Final = 32
_RATE: Final = 2e-3
_WARM_UP_STEPS: Final = 40
_REPORT_EVERY: Final = 25


def train(wish: Wish, report: Callable[[int, float, float], object]) -> Trained:
    """Trains and saves a model; ``report`` gets steps, the part of the time that is over, and the loss.

    Raises:
        InputError: the records can't be learned from.
    """
    learned = pairs([Path(record) for record in wish.records])
    torch = libraries.torch()
    transformers = libraries.transformers()

    start = time.monotonic()
    torch.manual_seed(wish.seed)
    tokenizer: Any = _tokenizer()
    config: Any = transformers.T5Config(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        # Read by :func:`unsorry.suggesters.transformers.suggester.preset_for`.
        unsorry_preset=MINI.name,
        **_SHAPE,
    )
    model: Any = transformers.T5ForConditionalGeneration(config)
    model.train()
    optimizer: Any = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    total = max(1, wish.epochs * -(-len(learned) // _BATCH))
    steps, done, recent = 0, 0.0, 0.0
    for batch in _batches(learned, wish.epochs, random.Random(wish.seed)):
        # The rate rises at first and falls to nothing towards the end, whichever end comes first.
        done = max(steps / total, (time.monotonic() - start) / wish.seconds)
        if done >= 1.0:
            break
        for group in optimizer.param_groups:
            group["lr"] = _RATE * min(1.0, (steps + 1) / _WARM_UP_STEPS) * max(0.02, 1.0 - done)
        read: Any = tokenizer([pair.goal for pair in batch], padding=True, return_tensors="pt")
        written: Any = tokenizer([pair.tactic for pair in batch], padding=True, return_tensors="pt").input_ids
        labels: Any = written.masked_fill(written == tokenizer.pad_token_id, -100)
        loss: Any = model(input_ids=read.input_ids, attention_mask=read.attention_mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        steps += 1
        recent = loss.item() if steps == 1 else 0.9 * recent + 0.1 * loss.item()
        if steps % _REPORT_EVERY == 0:
            report(steps, done, recent)
    model.generation_config.max_new_tokens = MAX_TACTIC
    # Servers draw one reply at a time, and the same one again and again unless they are told to sample.
    model.generation_config.do_sample = True
    model.save_pretrained(wish.out)
    tokenizer.save_pretrained(wish.out)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Trained(wish.out, len(learned), parameters, steps, time.monotonic() - start, recent)


def _tokenizer() -> Any:
    """A token for each byte, in the form that every program for such models reads; ByT5's own is known to one alone."""
    tokenizers = libraries.tokenizers()
    transformers = libraries.transformers()

    special = ("<pad>", "</s>", "<unk>")
    letters: list[str] = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate((*special, *letters))}
    backend: Any = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    backend.post_processor = tokenizers.processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def _batches(learned: Sequence[Pair], epochs: int, source: random.Random) -> Iterator[list[Pair]]:
    """Every pair once in each epoch, pairs of about the same length together: what is padded is computed too."""
    for _ in range(epochs):
        shuffled = sorted(learned, key=lambda pair: len(pair.goal) + source.uniform(0, 24))
        batches = [list(shuffled[at : at + _BATCH]) for at in range(0, len(shuffled), _BATCH)]
        source.shuffle(batches)
        yield from batches


def main(token: str, argument: str) -> None:
    """Trains as the argument wishes, and writes how it goes."""
    # What is printed belongs to the libraries; standard output is for whoever started this.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        out.write(token + json.dumps(message, ensure_ascii=False) + "\n")

    wish = json.loads(argument)
    wish["records"] = tuple(wish["records"])
    try:
        trained = train(Wish(**wish), lambda steps, done, loss: say({"steps": steps, "done": done, "loss": loss}))
    except InputError as error:
        say({"error": str(error)})
    except OSError as error:
        say({"error": f"The model can't be saved in {wish['out']}: {error.strerror or error}."})
    else:
        say({"trained": asdict(trained)})


if __name__ == "__main__":
    main(*sys.argv[1:])
