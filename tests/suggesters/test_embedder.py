"""Models that embed, with real torch: a tiny random one, and one that knows words and nothing else."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from operator import mul
from pathlib import Path

import pytest

from unsorry.cli import doctor
from unsorry.engine.premises import PremiseIndex
from unsorry.errors import ModelError
from unsorry.provers.fake import FakeProver
from unsorry.provers.seam import Constant, Goal, Local, Premise, Prover, Snapshot
from unsorry.suggesters.seam import troubles
from unsorry.suggesters.transformers.embedder import TransformersEmbedder
from unsorry.suggesters.transformers.lane import EncoderLane, ModelSettings
from unsorry.suggesters.transformers.libraries import installed
from unsorry.workspace.settings import load

pytestmark = [
    pytest.mark.skipif(not installed(), reason="the extra `local` (torch, transformers) is not installed"),
    pytest.mark.timeout(300),
]

WORDS = [f"w{number}" for number in range(400)]

#: ``words`` has no layer: what it makes of a text is the mean of its words.  ``bytes`` is half of a T5.
MAKE_MODELS = """
import json, os, sys, torch, tokenizers, transformers as t
torch.manual_seed(1)
words = {w: n for n, w in enumerate(["[PAD]", "[UNK]", *sys.argv[2].split()])}
plain = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
plain.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
by_words = t.PreTrainedTokenizerFast(tokenizer_object=plain, pad_token="[PAD]", unk_token="[UNK]")
size = {"hidden_size": 64, "num_attention_heads": 1, "intermediate_size": 1, "max_position_embeddings": 32}
bert = t.BertModel(t.BertConfig(vocab_size=len(words), num_hidden_layers=0, **size))
with torch.no_grad():
    bert.embeddings.position_embeddings.weight.zero_()
    bert.embeddings.token_type_embeddings.weight.zero_()
by_bytes = t.ByT5Tokenizer(extra_ids=0)
size = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_heads": 4, "num_layers": 2}
t5 = t.T5EncoderModel(t.T5Config(**size, vocab_size=len(by_bytes)))
for name, model, tokenizer in (("words", bert, by_words), ("first", bert, by_words), ("bytes", t5, by_bytes)):
    model.eval().save_pretrained(f"{sys.argv[1]}/{name}")
    tokenizer.save_pretrained(f"{sys.argv[1]}/{name}")
os.mkdir(f"{sys.argv[1]}/first/1_Pooling")
json.dump({"pooling_mode_cls_token": True}, open(f"{sys.argv[1]}/first/1_Pooling/config.json", "w"))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of each kind."""
    folder = tmp_path_factory.mktemp("encoders")
    subprocess.run([sys.executable, "-c", MAKE_MODELS, str(folder), " ".join(WORDS)], check=True, capture_output=True)
    return folder


@asynccontextmanager
async def a_lane(model: Path | str) -> AsyncGenerator[EncoderLane]:
    lane = EncoderLane(ModelSettings(str(model)))
    try:
        yield lane
    finally:
        await lane.close()


async def embedded(lane: EncoderLane, texts: Sequence[str]) -> list[Sequence[float]]:
    async with aclosing(lane.embed(texts)) as found:
        vectors = {one.place: one.vector async for one in found}
    assert sorted(vectors) == list(range(len(texts)))
    return [vectors[place] for place in range(len(texts))]


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))


@pytest.mark.parametrize("kind", ["words", "bytes"])
async def test_each_text_has_its_vector_of_length_one_whatever_is_beside_it(models: Path, kind: str) -> None:
    texts = [" ".join(WORDS[n : n + 1 + n % 5]) for n in range(40)]
    async with a_lane(models / kind) as lane:
        together = await embedded(lane, texts)
        alone = await embedded(lane, texts[7:8])
        assert await embedded(lane, []) == []
    assert all(nearness(v, v) == pytest.approx(1, abs=1e-4) for v in together)
    assert nearness(together[7], alone[0]) == pytest.approx(1, abs=1e-4)


async def test_texts_with_the_same_words_are_near(models: Path) -> None:
    async with a_lane(models / "words") as lane:
        same, turned, other = await embedded(lane, ["w1 w2 w3", "w3 w1 w2", "w4 w5 w6"])
    assert nearness(same, turned) == pytest.approx(1, abs=1e-4)
    assert nearness(same, other) < 0.9


async def test_the_first_token_stands_for_the_text_where_the_model_says_so(models: Path) -> None:
    async with a_lane(models / "first") as lane:
        one, same_first, other = await embedded(lane, ["w1 w2", "w1 w9 w8", "w2 w1"])
    assert nearness(one, same_first) == pytest.approx(1, abs=1e-4)
    assert nearness(one, other) < 0.9


async def test_who_goes_away_ends_it_before_the_next_few_texts(models: Path) -> None:
    async with a_lane(models / "bytes") as lane:
        async with aclosing(lane.embed(["w1 " * 100] * 20_000)) as found:
            await anext(found)
        await lane.idle()
        (batch,) = lane.batches
    assert batch.after_cancel <= 1
    assert batch.steps < 20_000 / 16


async def test_a_model_that_writes_only_is_no_trouble_and_one_that_is_missing_is_a_sentence() -> None:
    async with a_lane("/nowhere") as lane:
        embedder = TransformersEmbedder(lane)
        assert [one async for one in embedder.embed(["w1"])] == []
        assert troubles([embedder, None]) == ("premises/nowhere: There is no folder /nowhere.",)
        with pytest.raises(ModelError):
            await lane.warm_up()


# Recall


def look_alikes(count: int) -> tuple[list[Goal], list[Premise], list[str]]:
    """Goals, and theorems of which twenty have the symbols of each; one of these speaks of what the goal speaks of."""
    goals: list[Goal] = []
    premises: list[Premise] = []
    wanted: list[str] = []
    for number in range(count):
        symbols = (f"f{number}", f"g{number}")
        words = WORDS[20 * number : 20 * number + 20]
        said = " ".join(words[:3])
        constants = tuple(Constant(s, s, "def", "M") for s in symbols)
        goals.append(Goal(said, said, locals=(Local("h", words[3], is_prop=True),), constants=constants))
        # The right one neither comes last, where ties are broken for it, nor has a telling name.
        for place in range(20):
            right = place == 3
            text = f"( h : {words[3]} ) : {said}" if right else " ".join(words[4 + place % 12 : 9 + place % 12])
            premises.append(Premise(f"t{number}_{place}", symbols, "", "", "Lib", text))
        wanted.append(f"t{number}_3")
    return goals, premises, wanted


async def recall_at_5(index: PremiseIndex, prover: Prover, goals: Sequence[Goal], wanted: Sequence[str]) -> float:
    @asynccontextmanager
    async def turn() -> AsyncGenerator[Prover]:
        yield prover

    document = await prover.open(Snapshot("file:///a", 1, "theorem t : A := by sorry\n"))
    (hole,) = document.holes
    assert hole.state is not None
    selection = index.at(hole.state)
    hits = 0
    for goal, name in zip(goals, wanted, strict=True):
        found = await selection.select([goal], turn)
        hits += name in [p.name for p in found[:5]]
    return hits / len(goals)


async def test_a_model_tells_apart_what_symbols_do_not(models: Path) -> None:
    goals, premises, wanted = look_alikes(20)
    prover = FakeProver({}, premises=premises)
    async with a_lane(models / "words") as lane:
        await lane.warm_up()
        plain = await recall_at_5(PremiseIndex(), prover, goals, wanted)
        helped = await recall_at_5(PremiseIndex(TransformersEmbedder(lane)), prover, goals, wanted)
    await prover.close()
    assert plain < 0.5
    assert helped > 0.9


def test_the_doctor_looks_at_the_model_for_premises_too(models: Path, tmp_path: Path) -> None:
    text = f'[premises]\nmodel = "{(models / "words").as_posix()}"\n[transformers]\nmodel = "./gone"\n'
    (tmp_path / "unsorry.toml").write_text(text, encoding="utf-8")
    found = {f.what: (f.found, f.hint) for f in doctor._models(load(tmp_path), tmp_path)}  # pyright: ignore[reportPrivateUsage]
    assert found[(models / "words").as_posix()] == (True, None)
    assert found["./gone"][0] is False
    assert found["device"][0] is True
