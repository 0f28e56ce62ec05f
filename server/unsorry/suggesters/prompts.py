"""The texts that models are asked with.  Each function gives the source of its wording: repository and file.

A model proves best what it is asked in the words it was trained on, so the wording is kept to the letter, blank lines
included; ``tests/suggesters/test_presets.py`` has each of them written out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from unsorry.suggesters.seam import Complaint, Failed, GoalContext

#: How much of the text before a hole a prompt holds, in characters: what is nearest to the hole.
_MAX_CODE = 8_000

#: How many bytes ReProver's models read.
_MAX_REPROVER = 2_300

#: How many tokens of a prompt premises may take, and how many bytes at least a token has on average: statements are
#: full of symbols, which tokenizers cut up.
_MAX_PREMISE_TOKENS = 1_000
_BYTES_PER_TOKEN = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: str
    content: str


#: What a model is asked: plain text to go on with, or a chat.
Prompt = str | tuple[Message, ...]


def state(context: GoalContext) -> str:
    """All goals as Lean prints them, a blank line between two."""
    return "\n\n".join(goal.pretty.strip() for goal in context.goals)


_DECLARATION = re.compile(r"^(?:theorem|lemma|example|instance|def|private|protected|@\[)", re.MULTILINE)
_OPENED = re.compile(r":=\s*by\b")


def written(context: GoalContext) -> str:
    """What stands of the proof already, behind the `by` of the declaration that the hole is in."""
    start = 0
    for declaration in _DECLARATION.finditer(context.before):
        start = declaration.start()
    opened = _OPENED.search(context.before, start)
    if opened is None:
        return ""
    lines = context.before[opened.end() :].strip("\n").split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in lines).strip()


def _code(context: GoalContext) -> str:
    """The text before the hole, without what is far from it; where there is none, the goal as a theorem."""
    text = context.before
    if not text.strip():
        return _stated(context)
    if len(text) <= _MAX_CODE:
        return text
    # Whole lines only, after the imports, so that the model sees what the library is.
    header = "".join(f"{kind} {module}\n" for kind, module in (("import", m) for m in context.imports))
    near = text[-_MAX_CODE:]
    end = "\n\n" if "\n\n" in near else "\n"
    return f"{header}\n{near[near.find(end) + len(end) :]}"


def _stated(context: GoalContext) -> str:
    """The goal as a theorem of its own."""
    binders = "".join(f" ({x.name} : {x.type})" for x in context.goal.locals if x.accessible and not x.is_instance)
    name = f"theorem {context.declaration}" if context.declaration else "example"
    return f"{name}{binders} : {context.goal.target} := by\n  "


def _opened(context: GoalContext) -> str:
    """The code up to the hole, with a `by` where a term is wanted, and the line of the hole begun."""
    code = _code(context).rstrip()
    return f"{code} by\n" if code.endswith(":=") else f"{code}\n"


def _with_sorry(context: GoalContext) -> str:
    """The code with the hole in it."""
    code = _code(context)
    if code.rstrip().endswith(":="):
        return f"{code.rstrip()} by\n  sorry"
    if re.search(r"\bby\s*\Z", code) and "\n" not in code[len(code.rstrip()) :]:
        return f"{code.rstrip()}\n  sorry"
    return f"{code}sorry"


def reprover(context: GoalContext) -> str:
    """The state alone, as much of its beginning as the model reads.

    Source: lean-dojo/ReProver, README.md, "Tactic Generator".
    """
    return state(context).encode()[:_MAX_REPROVER].decode(errors="ignore")


def reprover_premises(context: GoalContext) -> str:
    """Premises, then the state; a blank line between two, the nearest to the state last.

    Source: lean-dojo/ReProver, README.md, "Retrieval-Augmented Tactic Generator", and common.py, ``Premise.serialize``
    and ``format_augmented_state``.  The retriever is a model of its own; the premises of the goal stand in for it, and
    where there are none the theorems before the hole.
    """
    goals = reprover(context)
    if context.premises:
        texts = [f"theorem <a>{p.name}</a> {p.statement}" for p in context.premises]
    else:
        texts = [_marked(premise.name, premise.statement) for premise in reversed(context.earlier)]
    left = _MAX_REPROVER - len(goals.encode())
    chosen: list[str] = []
    for text in texts:
        size = len(text.encode()) + 2
        if size <= left:
            left -= size
            chosen.append(text)
    return "\n\n".join([*reversed(chosen), goals])


def _marked(name: str, statement: str) -> str:
    """A statement with its name in full and between marks."""
    parts = name.split(".")
    for i in range(len(parts)):
        pattern = rf"(?<=\s)«?{re.escape('.'.join(parts[i:]))}»?"
        text = re.sub(pattern, lambda _: f"<a>{name}</a>", statement)
        if text != statement:
            return text
    return statement


def deepseek_v1_5(context: GoalContext) -> str:
    """Source: deepseek-ai/DeepSeek-Prover-V1.5, prover/utils.py, ``non_cot_prompt``, and quick_start.py."""
    return f"Complete the following Lean 4 code:\n\n```lean4\n{_opened(context)}"


_PLAN = (
    "Before producing the Lean 4 code to formally prove the given theorem, provide a detailed proof plan outlining the "
    "main proof steps and strategies.\n"
    "The plan should highlight key ideas, intermediate lemmas, and proof structures that will guide the construction "
    "of the final formal proof."
)


def deepseek_v2(context: GoalContext) -> tuple[Message, ...]:
    """Source: deepseek-ai/DeepSeek-Prover-V2, README.md, "Quick Start"."""
    code = _with_sorry(context).strip()
    return (Message("user", f"Complete the following Lean 4 code:\n\n```lean4\n{code}\n```\n\n{_PLAN}"),)


def goedel_v2(context: GoalContext) -> tuple[Message, ...]:
    """As DeepSeek-Prover-V2's but for the end of the fence.

    Source: Goedel-LM/Goedel-Prover-V2, README.md, "Quick Start".
    """
    code = _with_sorry(context).strip()
    return (Message("user", f"Complete the following Lean 4 code:\n\n```lean4\n{code}```\n\n{_PLAN}"),)


def kimina(context: GoalContext) -> tuple[Message, ...]:
    """Source: MoonshotAI/Kimina-Prover-Preview, kimina_prover_demo/error_fix.py."""
    return (
        Message(
            "system",
            "You are an expert programmer and mathematician who helps formalizing mathematical problems in Lean 4.",
        ),
        Message(
            "user",
            "Think about and solve the following problems step by step in Lean 4.\n\n" + _with_sorry(context).strip(),
        ),
    )


def bfs(context: GoalContext) -> str:
    """The first goal without its case and trivial hypotheses, then the separator.

    Source: zeyu-zheng/BFS-Prover-V2 (ByteDance-Seed's), src/search/prover_manager.py, ``_pp1`` and
    ``TacticGenerator.generate``; the model card of bytedance-research/BFS-Prover has the same separator.
    """
    goal = re.sub(r"^\s*case .*\n?", "", context.goal.pretty.strip().split("\n\n")[0]).strip()
    return re.sub(r"^\s*this.*? : True\n?", "", goal, flags=re.MULTILINE) + ":::"


def internlm_stepprover(context: GoalContext) -> tuple[Message, ...]:
    """Source: InternLM/InternLM-Math, minif2f/proofsearch_internLM2.5-StepProver.py, ``_prompt_function``."""
    text = (
        f"---\nNAME: {context.declaration or 'example'}\n\n"
        f"---\nPROOF_BEFORE: {written(context)}\n\n"
        f"---\nSTATE_BEFORE: {state(context)}\n\n"
        "---\nTACTIC: "
    )
    return (Message("user", text),)


_LLEMMA = """\
Given the Lean 4 tactic state, suggest a next tactic.
Here are some examples:

Tactic state:
---
α : Type u_1
r : α → α → Prop
inst✝¹ : DecidableEq α
inst✝ : IsIrrefl α r
⊢ CutExpand r ≤ InvImage (Finsupp.Lex (rᶜ ⊓ fun x x_1 => x ≠ x_1) fun x x_1 => x < x_1) ↑toFinsupp
---
Next tactic:
---
rintro s t ⟨u, a, hr, he⟩
---

Tactic state:
---
ι : Type u_1
I✝ J✝ : Box ι
x y : ι → ℝ
I J : WithBot (Box ι)
⊢ ↑I = ↑J ↔ I = J
---
Next tactic:
---
simp only [Subset.antisymm_iff, ← le_antisymm_iff, withBotCoe_subset_iff]
---

Tactic state:
---
m n : ℕ
h : Nat.coprime m n
⊢ Nat.gcd m n = 1
---
Next tactic:
---
rw [← h.gcd_eq_one]
---

Tactic state:
---
"""


def llemma(context: GoalContext) -> str:
    """Three examples, then the state.  Source: wellecks/llemma_formal2formal, proofsearch.py, ``_prompt_fewshot``."""
    return f"{_LLEMMA}{state(context)}\n---\nNext tactic:\n---"


def helpful(context: GoalContext) -> str:
    """The goal's premises with their signatures, one a line and the likeliest first, as many as the budget allows."""
    left = _MAX_PREMISE_TOKENS
    lines: list[str] = []
    for premise in context.premises:
        if context.prover == "Isabelle":
            line = f'lemma {premise.name}: "{premise.statement}"'
        else:
            line = f"theorem {premise.name} {premise.statement}"
        left -= len(line.encode()) // _BYTES_PER_TOKEN + 1
        if left < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def _known(context: GoalContext) -> str:
    """The theorems that a general model may use: the goal's premises, or the nearest ones before the hole."""
    if context.premises:
        return helpful(context)
    statements = [theorem.statement.strip() for theorem in context.earlier[-8:]]
    return "\n\n".join(text for text in statements if len(text) <= 500)


_CHAT = {
    "Lean": (
        "You are an expert in Lean 4. You are given a proof state and the code before it. Answer with one or more "
        "tactic scripts that could close the first goal, the likeliest first, each in a fence of its own that begins "
        "with ```lean4. Give tactics only: do not restate the theorem, do not explain, and never use sorry or admit."
    ),
    "Isabelle": (
        "You are an expert in Isabelle/HOL. You are given a proof state and the theory text before it. Answer with one "
        "or more proofs that could finish it, the likeliest first, each in a fence of its own that begins with "
        "```isabelle. Give proof text only (such as `by auto`, an apply script that ends in done, or proof … qed): do "
        "not restate the lemma, do not explain, and never use sorry or oops."
    ),
}


def chat(context: GoalContext) -> tuple[Message, ...]:
    """For models that follow instructions and know Lean or Isabelle.  Source: Unsorry's own."""
    language = "isabelle" if context.prover == "Isabelle" else "lean4"
    code = _code(context).strip()
    parts = [f"Code before the hole:\n```{language}\n{code}\n```"] if context.before.strip() else []
    if theorems := helpful(context):
        parts.append(f"Theorems that may help:\n```{language}\n{theorems}\n```")
    parts.append(f"Proof state:\n```\n{state(context)}\n```")
    return (Message("system", _CHAT[context.prover]), Message("user", "\n\n".join(parts)))


#: How many of the prover's messages a repair is asked for with, and how many lines before the marked one are shown.
_MAX_COMPLAINTS = 8
_LINES_BEFORE = 4


def repairing(asked: tuple[Message, ...], context: GoalContext) -> tuple[Message, ...]:
    """A chat that goes on from what failed: each proof, then what the prover says of it, with the place marked.

    Source: Goedel-LM/Goedel-Prover-V2, src/utils.py, ``generate_correction_prompt`` and ``get_error_str``.
    """
    language = "isabelle" if context.prover == "Isabelle" else "lean4"
    messages = list(asked)
    for number, failed in enumerate(context.failed):
        said = "".join(_said(failed, c, n, language) for n, c in enumerate(failed.complaints[:_MAX_COMPLAINTS], 1))
        code = "Lean 4 code" if language == "lean4" else "Isabelle proof"
        messages += [
            Message("assistant", f"```{language}\n{failed.text}\n```"),
            Message(
                "user",
                f"The proof (Round {number}) is not correct. Following is the compilation error message, where we use "
                f"<error></error> to signal the position of the error.\n\n{said}\n\nBefore producing the {code} to "
                "formally prove the given theorem, provide a detailed analysis of the error message.",
            ),
        ]
    return tuple(messages)


def _said(failed: Failed, complaint: Complaint, number: int, language: str) -> str:
    if complaint.line is None:
        shown = ""
    else:
        lines = failed.text.split("\n")[max(0, complaint.line - _LINES_BEFORE) : complaint.line + 1]
        lead = len(lines[-1]) - len(lines[-1].lstrip())
        lines[-1] = f"{lines[-1][:lead]}<error>{lines[-1][lead:]}</error>"
        shown = f"\nCorresponding Code:\n```{language}\n" + "\n".join(lines) + "\n```\n"
    return f"\n\nError {number}:\n{shown}\nError Message: {complaint.message}\n"


_EXAMPLES = {
    "Lean": (
        ("n : Nat\n⊢ n + 0 = n", "simp"),
        ("a b c : Nat\nh : a < b\n⊢ a + c < b + c", "omega"),
        ("p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q", "exact ⟨hp, hq⟩"),
        ("α : Type\nxs ys : List α\n⊢ (xs ++ ys).length = ys.length + xs.length", "simp [Nat.add_comm]"),
    ),
    "Isabelle": (
        ("goal (1 subgoal):\n 1. n + 0 = n", "by simp"),
        ("goal (1 subgoal):\n 1. rev (rev xs) = xs", "by (induct xs) auto"),
        ("goal (1 subgoal):\n 1. P ∧ Q ⟶ Q ∧ P", "by blast"),
        ("goal (1 subgoal):\n 1. a < b ⟹ a + c < b + (c :: nat)", "by linarith"),
    ),
}


def base(context: GoalContext) -> str:
    """For models that go on with a text: four examples of state and proof, the theorems before the hole, the state.

    Source: Unsorry's own, in the layout of Llemma's.
    """
    noun = "proof" if context.prover == "Isabelle" else "tactic"
    shots = "".join(f"State:\n{goal}\n---\nNext {noun}:\n{text}\n---\n\n" for goal, text in _EXAMPLES[context.prover])
    known = _known(context)
    lemmas = f"Known:\n{known}\n---\n" if known else ""
    begin = f"{context.prover} proof states, each with the {noun} that closes it.\n\n{shots}{lemmas}"
    return f"{begin}State:\n{state(context)}\n---\nNext {noun}:\n"
