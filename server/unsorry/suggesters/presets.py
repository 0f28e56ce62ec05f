"""What is known of each public model: how it is asked, where its answer ends, how that is read and how drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from unsorry.errors import InputError
from unsorry.suggesters import prompts
from unsorry.suggesters.mini import texts
from unsorry.suggesters.prompts import Prompt
from unsorry.suggesters.replies import tactics
from unsorry.suggesters.seam import GoalContext


class Kind(StrEnum):
    """What a model does with a prompt."""

    COMPLETION = "completion"
    CHAT = "chat"
    SEQ2SEQ = "seq2seq"


class Reading(StrEnum):
    """How a reply is read: as one tactic to the letter, or by the parser of :mod:`unsorry.suggesters.replies`."""

    STEP = "step"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How replies are drawn.

    None leaves a value to the model's own settings.  With ``beams`` a lane that can do so searches with that many beams
    and sums log-probabilities; one that can't samples, at ``temperature``.  ``max_tokens`` counts thoughts too.
    """

    candidates: int
    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None
    beams: int = 0


@dataclass(frozen=True, slots=True)
class Preset:
    """A way to ask one family of models.  ``source`` says where its prompt and its numbers are from."""

    name: str
    kind: Kind
    template: Callable[[GoalContext], Prompt]
    reading: Reading
    decoding: Decoding
    source: str
    stop: tuple[str, ...] = ()
    provers: tuple[str, ...] = ("Lean",)

    @property
    def repairs(self) -> bool:
        """Can the model be shown what became of a proof it gave?  Only in a chat about whole proofs."""
        return self.kind is Kind.CHAT and self.reading is Reading.REPLY

    def prompt(self, context: GoalContext) -> Prompt:
        """What the model is asked: text, or for a chat model messages."""
        asked = self.template(context)
        return asked if isinstance(asked, str) or not self.repairs else prompts.repairing(asked, context)

    def candidates(self, reply: str, context: GoalContext) -> list[str]:
        """What is to be tried of a reply."""
        if self.reading is Reading.REPLY:
            return tactics(
                reply,
                prover=context.prover,
                declaration=context.declaration,
                written=prompts.written(context),
                skeletons=self.repairs,
            )
        # Models that repeat the prompt end it with the separator; ReProver's mark the names of premises.
        step = re.sub(r"</?a>", "", reply.rsplit(":::", 1)[-1]).strip()
        return [step] if step and not re.search(r"\b(?:sorry|admit)\b|\ufffd", step) else []


#: How a mini model of one's own is asked (:mod:`unsorry.suggesters.mini`).
MINI = Preset(
    "mini",
    Kind.SEQ2SEQ,
    texts.prompt,
    Reading.STEP,
    Decoding(12, texts.MAX_TACTIC, temperature=1.0, beams=12),
    "Unsorry's own",
    provers=("Lean", "Isabelle"),
)

_TABLE = (
    Preset(
        "reprover",
        Kind.SEQ2SEQ,
        prompts.reprover,
        Reading.STEP,
        # The README's example has 4 beams, which finds little; many more take a CPU too long.
        Decoding(16, 1024, temperature=1.0, beams=16),
        "lean-dojo/ReProver: README.md",
    ),
    Preset(
        "reprover-premises",
        Kind.SEQ2SEQ,
        prompts.reprover_premises,
        Reading.STEP,
        Decoding(16, 1024, temperature=1.0, beams=16),
        "lean-dojo/ReProver: README.md, common.py",
    ),
    Preset(
        "deepseek-prover-v1.5",
        Kind.COMPLETION,
        prompts.deepseek_v1_5,
        Reading.REPLY,
        Decoding(8, 2048, temperature=1.0, top_p=0.95),
        "deepseek-ai/DeepSeek-Prover-V1.5: prover/utils.py, quick_start.py",
        stop=("```",),
    ),
    Preset(
        "deepseek-prover-v2",
        Kind.CHAT,
        prompts.deepseek_v2,
        Reading.REPLY,
        Decoding(4, 8192),
        "deepseek-ai/DeepSeek-Prover-V2: README.md",
    ),
    Preset(
        "goedel-prover-v2",
        Kind.CHAT,
        prompts.goedel_v2,
        Reading.REPLY,
        Decoding(4, 8192),
        "Goedel-LM/Goedel-Prover-V2: README.md",
    ),
    Preset(
        "kimina-prover",
        Kind.CHAT,
        prompts.kimina,
        Reading.REPLY,
        Decoding(4, 16_000, temperature=0.8),
        "MoonshotAI/Kimina-Prover-Preview: kimina_prover_demo/error_fix.py",
    ),
    Preset(
        "bfs-prover-v1",
        Kind.COMPLETION,
        prompts.bfs,
        Reading.STEP,
        # Its model card gives no numbers; these are those of its successor.
        Decoding(8, 2048, temperature=1.3, top_p=1.0),
        "bytedance-research/BFS-Prover: model card",
    ),
    Preset(
        "bfs-prover-v2",
        Kind.COMPLETION,
        prompts.bfs,
        Reading.STEP,
        # Its search asks for 4 at each of many states; a hole is asked for once.
        Decoding(8, 2048, temperature=1.3, top_p=1.0),
        "zeyu-zheng/BFS-Prover-V2: src/search/prover_manager.py, src/search/run_local_search.sh",
    ),
    Preset(
        "internlm2.5-stepprover",
        Kind.CHAT,
        prompts.internlm_stepprover,
        Reading.STEP,
        Decoding(32, 256, temperature=1.0, beams=32),
        "InternLM/InternLM-Math: minif2f/proofsearch_internLM2.5-StepProver.py",
        stop=("<|im_end|>",),
    ),
    Preset(
        "llemma",
        Kind.COMPLETION,
        prompts.llemma,
        Reading.STEP,
        Decoding(32, 256, temperature=1.0, beams=32),
        "wellecks/llemma_formal2formal: proofsearch.py",
        stop=("---",),
    ),
    Preset(
        "chat",
        Kind.CHAT,
        prompts.chat,
        Reading.REPLY,
        Decoding(4, 2048, temperature=0.8, top_p=0.95),
        "Unsorry's own",
        provers=("Lean", "Isabelle"),
    ),
    Preset(
        "base",
        Kind.COMPLETION,
        prompts.base,
        Reading.REPLY,
        Decoding(8, 256, temperature=0.8, top_p=0.95),
        "Unsorry's own",
        stop=("---", "\n\nState:"),
        provers=("Lean", "Isabelle"),
    ),
    MINI,
)

#: All presets by name, in the order in which they are shown.
PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in _TABLE})

# What the names of models say, the most telling first.  Names are read in lower case, with `-` for what parts words.
_NAMES = (
    (r"retriever-tacgen|tacgen.*premise|reprover.*premise", "reprover-premises"),
    (r"reprover|tacgen", "reprover"),
    (r"deepseek-prover-v1|deepseek-prover-7b", "deepseek-prover-v1.5"),
    (r"deepseek-prover", "deepseek-prover-v2"),
    (r"goedel-prover-v2", "goedel-prover-v2"),
    (r"kimina-prover", "kimina-prover"),
    (r"bfs-prover-v2", "bfs-prover-v2"),
    (r"bfs-prover", "bfs-prover-v1"),
    (r"internlm.*step-?prover", "internlm2.5-stepprover"),
    (r"llemma", "llemma"),
    (r"(?:^|-)(?:base|pt)(?:-|$)|(?:^|-)(?:gpt2|pythia|starcoder|codellama-\d+b-hf|llama-\d+(?:-\d+b)?-hf)", "base"),
)


def for_model(name: str) -> Preset:
    """The preset that a model's name (of the hub, of a folder, of a file) suggests: if nothing else, ``chat``.

    A model that was tuned for nothing goes on with a text instead of answering, but most that are served can chat.
    """
    words = re.sub(r"[\s_/\\:@]+", "-", name.strip().lower())
    return PRESETS[next((preset for pattern, preset in _NAMES if re.search(pattern, words)), "chat")]


def preset(name: str) -> Preset:
    """The preset of a name."""
    found = PRESETS.get(name.strip().lower())
    if found is None:
        raise InputError(f"There is no preset {name!r}; use one of: {', '.join(PRESETS)}.")
    return found
