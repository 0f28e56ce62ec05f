"""The model's child process with real torch and tiny random models: faults of loading, streams, cancels, deaths."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from engine.sessions import at_work
from unsorry.errors import ModelError
from unsorry.provers.fake import FakeProver
from unsorry.provers.seam import Goal
from unsorry.suggesters.presets import MINI, PRESETS, Decoding
from unsorry.suggesters.seam import Candidate, GoalContext
from unsorry.suggesters.transformers.child import Child
from unsorry.suggesters.transformers.lane import Drawing, ModelLane, ModelSettings, Reply
from unsorry.suggesters.transformers.libraries import installed
from unsorry.suggesters.transformers.suggester import TransformersSuggester

pytestmark = [
    pytest.mark.skipif(not installed(), reason="the extra `local` (torch, transformers) is not installed"),
    pytest.mark.timeout(300),
]

PROMPT = "a b : Nat; ⊢ a + b = b + a"

#: Random models of both kinds, and what transformers' own greedy search writes with them.
MAKE_MODELS = """
import json, sys, torch, transformers as t
torch.manual_seed(1)
tokenizer = t.ByT5Tokenizer(extra_ids=0)
special = {"pad_token_id": 0, "eos_token_id": 1, "vocab_size": len(tokenizer), "initializer_factor": 1.0}
size = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_heads": 4, "num_layers": 2}
seq2seq = t.T5ForConditionalGeneration(t.T5Config(**size, **special, decoder_start_token_id=0))
size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
special.pop("initializer_factor")
causal = t.LlamaForCausalLM(t.LlamaConfig(**size, **special, bos_token_id=None, initializer_range=0.4))
for name, model in (("seq2seq", seq2seq), ("causal", causal)):
    folder = f"{sys.argv[1]}/{name}"
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    read = tokenizer([sys.argv[2]], return_tensors="pt")
    out = model.generate(**read, do_sample=False, max_new_tokens=24)
    new = out[0] if name == "seq2seq" else out[0][read.input_ids.shape[1]:]
    open(f"{folder}/greedy.json", "w").write(json.dumps(tokenizer.decode(new, skip_special_tokens=True)))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny random model of each kind."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([sys.executable, "-c", MAKE_MODELS, str(folder), PROMPT], check=True, capture_output=True)
    return folder


@asynccontextmanager
async def a_lane(settings: ModelSettings, said: list[str] | None = None) -> AsyncGenerator[ModelLane]:
    lane = ModelLane(settings, say=(said if said is not None else []).append)
    try:
        yield lane
    finally:
        await lane.close()


async def all_of(replies: AsyncGenerator[Reply]) -> list[Reply]:
    async with aclosing(replies):
        return [reply async for reply in replies]


#: So many replies at once that the first one ends after a few tokens and the last one after very many.
MANY = Drawing(count=48, max_tokens=20_000)


@pytest.mark.parametrize("kind", ["seq2seq", "causal"])
async def test_it_writes_what_transformers_writes(models: Path, kind: str) -> None:
    async with a_lane(ModelSettings(str(models / kind))) as lane:
        (reply,) = await all_of(lane.ask(PROMPT, Drawing(count=1, temperature=0.0, max_tokens=24)))
    assert reply.text == json.loads((models / kind / "greedy.json").read_text())


@pytest.mark.parametrize("kind", ["seq2seq", "causal"])
@pytest.mark.parametrize("beams", [0, 4])
async def test_goals_that_wait_together_are_one_batch_and_get_their_own_replies(
    models: Path, kind: str, beams: int
) -> None:
    prompts = [PROMPT, "⊢ True", "p q : Prop; hp : p; hq : q; ⊢ p ∧ q"]
    drawing = Drawing(count=4, beams=beams, max_tokens=12, seed=3)
    async with a_lane(ModelSettings(str(models / kind))) as lane:
        await lane.warm_up()
        together = await asyncio.gather(*(all_of(lane.ask(prompt, drawing)) for prompt in prompts))
        await lane.idle()
        assert [batch.requests for batch in lane.batches] == [1, 3]
        alone = [await all_of(lane.ask(prompt, drawing)) for prompt in prompts]
    for one, other in zip(together, alone, strict=True):
        assert len(one) == 4
        assert [reply.text for reply in one] == [reply.text for reply in other]
        assert [reply.total for reply in one] == pytest.approx([reply.total for reply in other], abs=1e-3)
        assert all(reply.score <= 0 and reply.tokens <= 12 for reply in one)


async def test_replies_come_as_they_are_finished_and_a_cancel_ends_decoding_before_the_next_token(
    models: Path,
) -> None:
    async with a_lane(ModelSettings(str(models / "seq2seq"))) as lane:
        async with aclosing(lane.ask(PROMPT, MANY)) as replies:
            first = await anext(replies)
        await lane.idle()
        (batch,) = lane.batches
    assert first.complete
    assert batch.after_cancel <= 1
    assert batch.steps < 2000


async def test_one_who_goes_away_takes_nobody_elses_replies_along(models: Path) -> None:
    async with a_lane(ModelSettings(str(models / "causal"))) as lane:
        await lane.warm_up()
        drawing = Drawing(count=4, max_tokens=60)
        staying = asyncio.create_task(all_of(lane.ask("⊢ True", drawing)))
        async with aclosing(lane.ask(PROMPT, MANY)) as replies:
            await anext(replies)
        assert len(await staying) == 4
        await lane.idle()
        assert lane.batches[-1].requests == 2
        assert lane.batches[-1].steps <= 2000


async def test_a_reply_ends_before_a_stop_string(models: Path) -> None:
    async with a_lane(ModelSettings(str(models / "seq2seq"))) as lane:
        plain = await all_of(lane.ask(PROMPT, Drawing(count=16, max_tokens=40)))
        letter = next(char for reply in plain for char in reply.text[3:] if char.isascii() and char.isprintable())
        stopped = await all_of(lane.ask(PROMPT, Drawing(count=16, max_tokens=40, stop=(letter,))))
    assert any(letter in reply.text for reply in plain)
    assert not any(letter in reply.text for reply in stopped)
    assert any(reply.complete and reply.tokens < 40 for reply in stopped)


async def test_a_model_that_loops_is_stopped(models: Path) -> None:
    async with a_lane(ModelSettings(str(models / "seq2seq"))) as lane:
        await all_of(lane.ask(PROMPT, Drawing(count=1, temperature=0.0, max_tokens=5000)))
        await lane.idle()
        assert lane.batches[-1].steps < 1000


async def test_a_model_that_only_repeats_itself_is_a_sentence(models: Path) -> None:
    context = GoalContext("Lean", (Goal("⊢ True", "True"),))
    greedy = replace(MINI, decoding=Decoding(2, 5000, temperature=0.0))
    async with a_lane(ModelSettings(str(models / "seq2seq"))) as lane:
        suggester = TransformersSuggester(lane, greedy)
        assert [candidate async for candidate in suggester.suggest(context)] == []
        assert suggester.problem is not None
        assert "repeated itself without end" in suggester.problem


async def test_a_prompt_has_room_before_replies_and_it_is_said_once_when_it_is_cut(
    models: Path, tmp_path: Path
) -> None:
    for file in (models / "causal").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 64}))
    greedy = Drawing(count=1, temperature=0.0, max_tokens=2048)
    said: list[str] = []
    async with a_lane(ModelSettings(str(tmp_path)), said) as lane:
        # The beginning of this prompt changes the reply, so it was read; 17 tokens are left, one of them for the end.
        first, second = [(await all_of(lane.ask(start * 46, greedy)))[0] for start in "ab"]
        assert first.tokens <= 18
        assert first.text != second.text
        assert said == []
        for _ in range(2):
            await all_of(lane.ask("a" * 100, greedy))
    assert len(said) == 1
    assert "reads 64 tokens at a time" in said[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_a_killed_child_is_one_sentence_and_a_new_child(models: Path) -> None:
    said: list[str] = []
    async with a_lane(ModelSettings(str(models / "seq2seq")), said) as lane:
        await lane.warm_up()
        first = lane.pid
        assert first is not None
        async with aclosing(lane.ask(PROMPT, MANY)) as replies:
            await anext(replies)
            os.kill(first, signal.SIGKILL)
            while lane.pid in {first, None}:
                await anext(replies)
        assert len(await all_of(lane.ask(PROMPT, Drawing(count=2, max_tokens=4)))) == 2
        assert lane.pid != first
    (sentence,) = said
    assert "was killed" in sentence
    assert "started again" in sentence


@pytest.mark.parametrize("limit", [4_000_000_000, None])
async def test_a_child_that_takes_too_much_memory_is_stopped_and_started_again_once(
    models: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    said: list[str] = []

    def too_much(_: Child) -> int:
        return psutil.virtual_memory().total + 4_000_000_001

    monkeypatch.setattr(Child, "memory", too_much)
    async with a_lane(ModelSettings(str(models / "seq2seq"), memory=limit), said) as lane:
        with pytest.raises(ModelError, match=r"took more than \d+ MB and was stopped"):
            await all_of(lane.ask(PROMPT, MANY))
    (sentence,) = said
    amount = r"\d+" if limit is None else "4000"
    assert re.search(rf"took more than {amount} MB and was stopped; it is started again", sentence)


async def test_an_idle_child_ends_and_comes_back(models: Path) -> None:
    async with a_lane(ModelSettings(str(models / "seq2seq"), idle_seconds=0.05)) as lane:
        await lane.warm_up()
        await lane.unloaded()
        assert lane.pid is None
        assert len(await all_of(lane.ask(PROMPT, Drawing(count=2, max_tokens=4)))) == 2


def _without(*names: str) -> dict[str, str | None]:
    return dict.fromkeys(names)


TOKENIZER = ("tokenizer_config.json", "tokenizer.json")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (_without("config.json"), "has no config.json"),
        ({"config.json": "{"}, "config.json can't be read"),
        ({"config.json": "{}"}, "does not say of which type"),
        (_without("model.safetensors"), "has no weights"),
        ({"model.safetensors": "no weights"}, "can't be read"),
        (_without(*TOKENIZER), "has no tokenizer"),
    ],
)
async def test_what_is_no_model_is_a_sentence(
    models: Path, tmp_path: Path, changes: dict[str, str | None], part: str
) -> None:
    for file in (models / "seq2seq").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    for name, text in changes.items():
        if text is None:
            (tmp_path / name).unlink(missing_ok=True)
        else:
            (tmp_path / name).write_text(text)
    async with a_lane(ModelSettings(str(tmp_path))) as lane:
        with pytest.raises(ModelError, match=part):
            await lane.warm_up()
        with pytest.raises(ModelError, match=part):
            await lane.warm_up()
        assert lane.pid is None


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        (ModelSettings("/nowhere/at/all"), "There is no folder /nowhere/at/all"),
        (ModelSettings(__file__), "is a file; give the folder"),
        (ModelSettings("someone/some-model"), "neither a folder nor in the hub's cache"),
    ],
)
async def test_a_model_that_is_not_there_is_a_sentence(settings: ModelSettings, part: str) -> None:
    async with a_lane(settings) as lane:
        with pytest.raises(ModelError, match=part):
            await lane.warm_up()


async def test_too_little_memory_is_said_before_loading(models: Path) -> None:
    async with a_lane(ModelSettings(str(models / "seq2seq"), memory=1_000_000)) as lane:
        with pytest.raises(ModelError, match=r"needs about 1\d\d MB of memory and 0 MB are free"):
            await lane.warm_up()


async def test_the_suggester_gives_candidates_once_and_keeps_what_went_wrong(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "unsorry")
    context = GoalContext("Lean", (Goal("⊢ True", "True"),))
    async with a_lane(ModelSettings(str(models / "seq2seq"))) as lane:
        suggester = TransformersSuggester(lane, MINI, max_tokens=6)
        found = [candidate async for candidate in suggester.suggest(context)]
        assert suggester.problem is None
        lean_only = TransformersSuggester(lane, PRESETS["reprover"])
        nothing = [c async for c in lean_only.suggest(GoalContext("Isabelle", context.goals))]
    assert found
    assert not nothing
    assert lean_only.problem is not None
    assert "which is for Lean only; set another preset for Isabelle" in lean_only.problem
    assert len({" ".join(candidate.text.split()) for candidate in found}) == len(found)
    assert all(c.score <= 0 and c.origin == "transformers/seq2seq" for c in found)

    async with a_lane(ModelSettings("/nowhere")) as lane:
        suggester = TransformersSuggester(lane, MINI)
        for _ in range(2):
            assert [candidate async for candidate in suggester.suggest(context)] == []
    assert suggester.problem == "There is no folder /nowhere."
    assert [record.message for record in caplog.records].count(suggester.problem) == 1


class Babble:
    """Suggests whatever a model writes, be it text or not."""

    name = "babble"

    def __init__(self, lane: ModelLane) -> None:
        self._lane = lane

    async def suggest(self, context: GoalContext) -> AsyncGenerator[Candidate]:
        async with aclosing(self._lane.ask(context.goal.pretty, MANY)) as replies:
            async for reply in replies:
                yield Candidate(repr(reply.text), reply.score, self.name)


async def test_a_keystroke_stops_decoding_and_verification(models: Path) -> None:
    prover = FakeProver({})
    async with a_lane(ModelSettings(str(models / "seq2seq"))) as lane:
        await lane.warm_up()
        await lane.idle()
        async with at_work(prover, "theorem one : A := by\n  sorry\n", Babble(lane)) as rig:
            await rig.after(1)
            rig.replace("sorry", "skip")
            tried = prover.counts.candidates
            await rig.settle()
            await lane.idle()
            assert prover.counts.candidates <= tried + 1
        _, batch = lane.batches
    assert batch.after_cancel <= 1
    assert batch.steps < 2000


async def test_what_failed_to_load_is_not_tried_again_at_once(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    start = Child.start

    async def counted(module: str, *arguments: str, local_only: bool) -> Child:
        begun.append(module)
        return await start(module, *arguments, local_only=local_only)

    monkeypatch.setattr(Child, "start", counted)
    async with a_lane(ModelSettings(str(models / "seq2seq"), memory=1_000_000)) as lane:
        for _ in range(3):
            with pytest.raises(ModelError, match="are free"):
                await lane.warm_up()
    assert len(begun) == 1


async def test_a_model_is_examined_without_being_loaded(models: Path) -> None:
    found = await ModelLane(ModelSettings(str(models / "causal"))).examine()
    assert (found["folder"], found["dtype"]) == (str(models / "causal"), "float32")
    assert 0 < found["needed"] < found["available"]
    assert (await ModelLane(ModelSettings("")).examine())["device"]
    with pytest.raises(ModelError, match="There is no folder"):
        await ModelLane(ModelSettings("/nowhere")).examine()


async def test_quantization_needs_its_package_or_works(models: Path) -> None:
    settings = ModelSettings(str(models / "causal"), quantization="int8")
    async with a_lane(settings) as lane:
        if find_spec("bitsandbytes") is None or find_spec("accelerate") is None:
            with pytest.raises(ModelError, match="The quantization int8 needs bitsandbytes"):
                await lane.warm_up()
        else:
            assert len(await all_of(lane.ask(PROMPT, Drawing(count=2, max_tokens=4)))) == 2
