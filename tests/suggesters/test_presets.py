"""The prompts of the presets, written out to the letter, and what is chosen and read for a model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unsorry.errors import InputError
from unsorry.provers.seam import Goal, Local, Premise
from unsorry.suggesters.http import HttpSuggester
from unsorry.suggesters.presets import PRESETS, Kind, for_model, preset
from unsorry.suggesters.prompts import Message, Prompt
from unsorry.suggesters.seam import EarlierTheorem, GoalContext, repairs
from unsorry.suggesters.transformers.lane import ModelSettings
from unsorry.suggesters.transformers.shared import Models

BEFORE = """import Mathlib

theorem aux (n : Nat) : n + 0 = n := by
  simp

theorem My.main (n : Nat) (h : 0 < n) : n ≠ 0 := by
  """
STATE = "n : Nat\nh : 0 < n\n⊢ n ≠ 0"
GOAL = Goal(STATE, "n ≠ 0", locals=(Local("n", "Nat"), Local("h", "0 < n", is_prop=True)))
EARLIER = (EarlierTheorem("aux", "theorem aux (n : Nat) : n + 0 = n"),)
CONTEXT = GoalContext("Lean", (GOAL,), "My.main", EARLIER, ("Mathlib",), BEFORE)
CODE = BEFORE.rstrip(" ")
PLAN = (
    "Before producing the Lean 4 code to formally prove the given theorem, provide a detailed proof plan outlining the "
    "main proof steps and strategies.\nThe plan should highlight key ideas, intermediate lemmas, and proof structures "
    "that will guide the construction of the final formal proof."
)
ISABELLE = GoalContext(
    "Isabelle",
    (Goal("goal (1 subgoal):\n 1. rev (rev xs) = xs", "rev (rev xs) = xs"),),
    "twice",
    before='theory T imports Main begin\n\nlemma twice: "rev (rev xs) = xs"\n  ',
)


def ask(name: str, context: GoalContext = CONTEXT) -> Prompt:
    return PRESETS[name].prompt(context)


def user(text: str) -> tuple[Message, ...]:
    return (Message("user", text),)


def test_reprover() -> None:
    assert ask("reprover") == STATE
    assert ask("reprover-premises") == f"theorem <a>aux</a> (n : Nat) : n + 0 = n\n\n{STATE}"


@pytest.mark.parametrize("name", ["reprover", "reprover-premises"])
def test_reprover_is_asked_with_no_more_than_it_reads(name: str) -> None:
    long = Goal("x : Nat\n⊢ " + "∧ x = x " * 1000, "x = x")
    prompt = str(ask(name, replace(CONTEXT, goals=(long,))))
    assert 2200 < len(prompt.encode()) <= 2300
    assert prompt.startswith("x : Nat")


def test_premises_of_reprover_have_their_whole_names_and_fit() -> None:
    far = EarlierTheorem("Far.away", "theorem away : " + "x" * 3000)
    near = EarlierTheorem("List.rev_rev", "@[simp] theorem rev_rev : rev rev_rev'")
    context = GoalContext("Lean", (GOAL,), earlier=(near, far, *EARLIER))
    first, second, goal = str(ask("reprover-premises", context)).split("\n\n")
    assert first.startswith("@[simp] theorem <a>List.rev_rev</a> : rev")
    assert second == "theorem <a>aux</a> (n : Nat) : n + 0 = n"
    assert goal == STATE


HELPFUL = tuple(
    Premise(f"Nat.far_{i}", statement=f"(n : Nat) : n ≠ {i} " + "∧ n = n " * 12, module="Init.Nat") for i in range(40)
)


def test_premises_of_the_goal_stand_in_for_those_before_it() -> None:
    context = replace(CONTEXT, premises=(Premise("Nat.pos", statement="(n : Nat) : 0 < n → n ≠ 0"), *HELPFUL[:1]))
    first, last, goal = str(ask("reprover-premises", context)).split("\n\n")
    assert last == "theorem <a>Nat.pos</a> (n : Nat) : 0 < n → n ≠ 0"
    assert first.startswith("theorem <a>Nat.far_0</a> (n : Nat)")
    assert goal == STATE


@pytest.mark.parametrize("name", ["chat", "base", "reprover-premises"])
def test_premises_keep_to_their_budget(name: str) -> None:
    def size(premises: tuple[Premise, ...]) -> int:
        prompt = ask(name, replace(CONTEXT, premises=premises))
        return sum(len(x.encode()) for x in ([prompt] if isinstance(prompt, str) else [m.content for m in prompt]))

    few, many = size(HELPFUL[:1]), size(HELPFUL)
    assert few + 400 < many <= few + 2100
    text = str(ask(name, replace(CONTEXT, premises=HELPFUL)))
    assert "far_0" in text
    assert "far_39" not in text


def test_premises_of_isabelle() -> None:
    context = replace(ISABELLE, premises=(Premise("rev_rev_ident", statement="rev (rev ?xs) = ?xs"),))
    chat = ask("chat", context)
    assert isinstance(chat, tuple)
    helpful = 'Theorems that may help:\n```isabelle\nlemma rev_rev_ident: "rev (rev ?xs) = ?xs"\n```'
    assert helpful in chat[-1].content
    assert "may help" not in str(ask("chat", ISABELLE))


def test_deepseek_prover() -> None:
    assert ask("deepseek-prover-v1.5") == f"Complete the following Lean 4 code:\n\n```lean4\n{CODE}"
    assert ask("deepseek-prover-v2") == user(
        f"Complete the following Lean 4 code:\n\n```lean4\n{CODE}  sorry\n```\n\n{PLAN}"
    )


def test_goedel_prover() -> None:
    assert ask("goedel-prover-v2") == user(
        f"Complete the following Lean 4 code:\n\n```lean4\n{CODE}  sorry```\n\n{PLAN}"
    )


def test_kimina_prover() -> None:
    assert ask("kimina-prover") == (
        Message(
            "system",
            "You are an expert programmer and mathematician who helps formalizing mathematical problems in Lean 4.",
        ),
        Message("user", f"Think about and solve the following problems step by step in Lean 4.\n\n{CODE}  sorry"),
    )


def test_bfs_prover() -> None:
    assert ask("bfs-prover-v1") == ask("bfs-prover-v2") == f"{STATE}:::"
    other = Goal("case inl\nthis✝ : True\nn : Nat\n⊢ n = n", "n = n")
    assert ask("bfs-prover-v2", GoalContext("Lean", (other, GOAL))) == "n : Nat\n⊢ n = n:::"


def test_internlm_stepprover() -> None:
    assert ask("internlm2.5-stepprover") == user(
        f"---\nNAME: My.main\n\n---\nPROOF_BEFORE: \n\n---\nSTATE_BEFORE: {STATE}\n\n---\nTACTIC: "
    )
    later = GoalContext("Lean", (GOAL, GOAL), "My.main", before=BEFORE + "constructor\n  · intro h\n    ")
    assert ask("internlm2.5-stepprover", later) == user(
        "---\nNAME: My.main\n\n---\nPROOF_BEFORE: constructor\n· intro h\n\n"
        f"---\nSTATE_BEFORE: {STATE}\n\n{STATE}\n\n---\nTACTIC: "
    )


def test_llemma() -> None:
    assert ask("llemma") == (
        "Given the Lean 4 tactic state, suggest a next tactic.\nHere are some examples:\n\n"
        "Tactic state:\n---\nα : Type u_1\nr : α → α → Prop\ninst✝¹ : DecidableEq α\ninst✝ : IsIrrefl α r\n"
        "⊢ CutExpand r ≤ InvImage (Finsupp.Lex (rᶜ ⊓ fun x x_1 => x ≠ x_1) fun x x_1 => x < x_1) ↑toFinsupp\n---\n"
        "Next tactic:\n---\nrintro s t ⟨u, a, hr, he⟩\n---\n\n"
        "Tactic state:\n---\nι : Type u_1\nI✝ J✝ : Box ι\nx y : ι → ℝ\nI J : WithBot (Box ι)\n⊢ ↑I = ↑J ↔ I = J\n---\n"
        "Next tactic:\n---\nsimp only [Subset.antisymm_iff, ← le_antisymm_iff, withBotCoe_subset_iff]\n---\n\n"
        "Tactic state:\n---\nm n : ℕ\nh : Nat.coprime m n\n⊢ Nat.gcd m n = 1\n---\n"
        "Next tactic:\n---\nrw [← h.gcd_eq_one]\n---\n\n"
        f"Tactic state:\n---\n{STATE}\n---\nNext tactic:\n---"
    )


def test_chat() -> None:
    system, question = ask("chat")
    assert isinstance(system, Message)
    assert isinstance(question, Message)
    assert system.role == "system"
    assert "expert in Lean 4" in system.content
    assert question == Message(
        "user",
        f"Code before the hole:\n```lean4\n{BEFORE.strip()}\n```\n\nProof state:\n```\n{STATE}\n```",
    )
    system, question = ask("chat", ISABELLE)
    assert isinstance(system, Message)
    assert "expert in Isabelle/HOL" in system.content
    assert question == Message(
        "user",
        'Code before the hole:\n```isabelle\ntheory T imports Main begin\n\nlemma twice: "rev (rev xs) = xs"\n```\n\n'
        "Proof state:\n```\ngoal (1 subgoal):\n 1. rev (rev xs) = xs\n```",
    )


def test_base() -> None:
    assert ask("base") == (
        "Lean proof states, each with the tactic that closes it.\n\n"
        "State:\nn : Nat\n⊢ n + 0 = n\n---\nNext tactic:\nsimp\n---\n\n"
        "State:\na b c : Nat\nh : a < b\n⊢ a + c < b + c\n---\nNext tactic:\nomega\n---\n\n"
        "State:\np q : Prop\nhp : p\nhq : q\n⊢ p ∧ q\n---\nNext tactic:\nexact ⟨hp, hq⟩\n---\n\n"
        "State:\nα : Type\nxs ys : List α\n⊢ (xs ++ ys).length = ys.length + xs.length\n---\n"
        "Next tactic:\nsimp [Nat.add_comm]\n---\n\n"
        f"Known:\ntheorem aux (n : Nat) : n + 0 = n\n---\nState:\n{STATE}\n---\nNext tactic:\n"
    )
    assert ask("base", ISABELLE) == (
        "Isabelle proof states, each with the proof that closes it.\n\n"
        "State:\ngoal (1 subgoal):\n 1. n + 0 = n\n---\nNext proof:\nby simp\n---\n\n"
        "State:\ngoal (1 subgoal):\n 1. rev (rev xs) = xs\n---\nNext proof:\nby (induct xs) auto\n---\n\n"
        "State:\ngoal (1 subgoal):\n 1. P ∧ Q ⟶ Q ∧ P\n---\nNext proof:\nby blast\n---\n\n"
        "State:\ngoal (1 subgoal):\n 1. a < b ⟹ a + c < b + (c :: nat)\n---\nNext proof:\nby linarith\n---\n\n"
        "State:\ngoal (1 subgoal):\n 1. rev (rev xs) = xs\n---\nNext proof:\n"
    )


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("theorem a : p := by ", "theorem a : p := by\n  sorry"),
        ("theorem a : p := ", "theorem a : p := by\n  sorry"),
        ("theorem a : p := by\n  intro h\n  ", "theorem a : p := by\n  intro h\n  sorry"),
        ("", "theorem a (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  sorry"),
    ],
)
def test_where_the_hole_stands(before: str, code: str) -> None:
    (message,) = ask("deepseek-prover-v2", GoalContext("Lean", (GOAL,), "a", before=before))
    assert isinstance(message, Message)
    assert message.content.startswith(f"Complete the following Lean 4 code:\n\n```lean4\n{code}\n```\n")


def test_a_long_text_is_cut_far_from_the_hole() -> None:
    filler = "theorem filler : True := by\n  trivial\n\n" * 1000
    context = GoalContext(
        "Lean", (GOAL,), "a", (), ("Mathlib",), "import Mathlib\n\n" + filler + "theorem a : p := by\n  "
    )
    text = str(ask("deepseek-prover-v1.5", context))
    assert text.startswith("Complete the following Lean 4 code:\n\n```lean4\nimport Mathlib\n\ntheorem filler")
    assert text.endswith("\n\ntheorem a : p := by\n")
    assert len(text) < 9000


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("kaiyuy/leandojo-lean4-tacgen-byt5-small", "reprover"),
        ("/models/leandojo-lean4-retriever-tacgen-byt5-small", "reprover-premises"),
        ("deepseek-ai/DeepSeek-Prover-V1.5-RL", "deepseek-prover-v1.5"),
        ("hf.co/x/DeepSeek-Prover-V2-7B-GGUF:Q4_K_M", "deepseek-prover-v2"),
        ("Goedel-LM/Goedel-Prover-V2-8B", "goedel-prover-v2"),
        ("AI-MO/Kimina-Prover-Distill-1.7B", "kimina-prover"),
        ("ByteDance-Seed/BFS-Prover-V1-7B", "bfs-prover-v1"),
        ("bytedance-research/BFS-Prover", "bfs-prover-v1"),
        ("zeyu-zheng/BFS-Prover-V2-7B:q8_0", "bfs-prover-v2"),
        ("internlm/internlm2_5-step-prover", "internlm2.5-stepprover"),
        ("EleutherAI/llemma_7b", "llemma"),
        ("Qwen/Qwen2.5-7B-Instruct", "chat"),
        ("gpt-5", "chat"),
        ("Qwen/Qwen3-8B-Base", "base"),
        ("EleutherAI/pythia-160m", "base"),
        ("", "chat"),
    ],
)
def test_the_name_of_a_model_tells_its_preset(model: str, name: str) -> None:
    assert for_model(model).name == name


def test_presets_by_name() -> None:
    assert preset(" Chat ") is PRESETS["chat"]
    with pytest.raises(InputError, match=r"no preset 'nope'.*reprover, "):
        preset("nope")
    assert all(p.source and p.decoding.candidates > 0 and p.decoding.max_tokens > 0 for p in PRESETS.values())
    assert [p.name for p in PRESETS.values() if "Isabelle" in p.provers] == ["chat", "base", "mini"]
    assert {p.kind for p in PRESETS.values()} == set(Kind)


@pytest.mark.parametrize(
    ("name", "reply", "found"),
    [
        ("reprover", "rw [<a>Nat.gcd</a>]", ["rw [Nat.gcd]"]),
        ("bfs-prover-v2", f"{STATE}:::positivity", ["positivity"]),
        ("llemma", "\nomega\n", ["omega"]),
        ("llemma", " sorry ", []),
        ("internlm2.5-stepprover", "", []),
        ("deepseek-prover-v1.5", "  intro h\n  omega\n```\n\nDone.", ["intro h\nomega"]),
        (
            "goedel-prover-v2",
            (
                "### Plan\n\nWe use `omega`.\n\n```lean4\ntheorem aux : True := by\n  trivial\n\n"
                "theorem My.main (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  omega\n```\n"
            ),
            ["omega"],
        ),
        ("chat", "```lean4\nomega\n```\n```lean4\nsimp\n```", ["omega", "simp"]),
        ("base", "omega\n", ["omega"]),
    ],
)
def test_how_replies_are_read(name: str, reply: str, found: list[str]) -> None:
    assert PRESETS[name].candidates(reply, CONTEXT) == found


def test_skeletons_are_kept_of_models_that_write_whole_proofs() -> None:
    context = GoalContext("Lean", ())
    reply = "```lean4\nhave h : a = b := by sorry\nexact h\n```"
    assert PRESETS["chat"].candidates(reply, context) == ["have h : a = b := by sorry\nexact h"]
    assert PRESETS["base"].candidates(reply, context) == []
    assert PRESETS["chat"].candidates("```lean4\nsorry\n```", context) == []
    assert PRESETS["chat"].candidates("```lean4\nconstructor\n· sorry\n· rfl\n```", context) == []
    cases = "induction n with\n| zero => sorry\n| succ n ih => simp"
    assert PRESETS["chat"].candidates(f"```lean4\n{cases}\n```", context) == [cases]
    isar = 'proof -\n  have "A" sorry\n  then show ?thesis by simp\nqed'
    context = GoalContext("Isabelle", ())
    assert PRESETS["chat"].candidates(f"```isabelle\n{isar}\n```", context) == [isar]
    assert PRESETS["chat"].candidates("```isabelle\napply simp\nsorry\n```", context) == []


async def test_whoever_asks_a_model_by_a_preset_that_repairs_has_it_repair() -> None:
    for one in PRESETS.values():
        local = Models(print).suggester(ModelSettings("m"), one)
        assert repairs(local) == repairs(HttpSuggester("http://127.0.0.1", "m", one)) == one.repairs
        await local.aclose()
        await local.aclose()
    assert {one.repairs for one in PRESETS.values()} == {True, False}
