"""What is made of the replies of models: the given cases, more of each kind, and replies that no one could want."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsorry.suggesters.replies import tactics

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "replies.jsonl").read_text(encoding="utf-8").splitlines()
]
ISAR = "proof (induct n)\n  case 0\n  then show ?case by simp\nqed"


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_given_cases(case: dict[str, object]) -> None:
    assert tactics(str(case["reply"])) == case["tactics"]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        # Options before a theorem.
        ("```lean4\nset_option maxHeartbeats 400000 in\ntheorem t : a = b := by\n  omega\n```", ["omega"]),
        ("```lean4\nopen Nat in\nset_option maxRecDepth 999 in\n@[simp]\nlemma t : a = b := by simp\n```", ["simp"]),
        ("```lean4\nopen Real in theorem t : a = b := by simp\n```", ["simp"]),
        ("set_option maxRecDepth 999 in\nsimp [foo]", ["set_option maxRecDepth 999 in\nsimp [foo]"]),
        # Marks of single models.
        (
            "<|channel|>analysis<|message|>We try simp.<|end|><|start|>assistant<|channel|>final<|message|>omega",
            ["omega"],
        ),
        ("◁think▷Let me try `simp`.◁/think▷omega", ["omega"]),
        ("[TACTIC]\nomega\n[/TACTIC]", ["omega"]),
        ("{'tactic': 'omega', 'why': 'it is linear'}", ["omega"]),
        ('{"lean_code": "omega", "reasoning": "it is linear"}', ["omega"]),
        ("The answer is: omega", ["omega"]),
        # Fences.
        ("Try:\n```\nomega\n```\nor\n~~~lean\nsimp\n~~~", ["omega", "simp"]),
        ("  omega\n```\nThis works because of arithmetic.", ["omega"]),
        ("```omega```", ["omega"]),
        ("```lean4\nomega\n```\n```bash\nlake build\n```", ["omega"]),
        ("1. First:\n   ```lean\n   intro h\n   exact h\n   ```", ["intro h\nexact h"]),
        ("```lean4\n-- by arithmetic\nomega\n```", ["omega"]),
        ("```lean4\nomega\n```lean4\nsimp\n```", ["omega", "simp"]),
        # Prose.
        ("We can use `omega` or `simp`, but not `Nat.add_comm`.", ["omega", "simp"]),
        ("The proof is by induction.\n\nby\n  induction n\n  · simp\n  · omega", ["induction n\n· simp\n· omega"]),
        ("The answer is:\nomega\n\nExplanation: omega decides linear arithmetic.", ["omega"]),
        ("### Solution\n\nomega", ["omega"]),
        ("simp should work here.", []),
        ("apply foo\nThis closes the goal.", ["apply foo"]),
        ("Try this: exact Nat.le_refl n", ["exact Nat.le_refl n"]),
        ("**Answer:** `omega`", ["omega"]),
        ("Tactic: omega", ["omega"]),
        ("The tactic is **omega**, which **decides** it.", ["omega"]),
        ("exact h.", ["exact h"]),
        ("omega -- closes it", ["omega"]),
        # Lists.
        ("1. **omega**\n2. `simp` - closes it\n3) exact h", ["omega", "simp", "exact h"]),
        ("a) omega\nb) simp", ["omega", "simp"]),
        ("Step 1: intro h\nStep 2: exact h", ["intro h", "exact h"]),
        ("* omega\n\n* omega\n* simp  [foo]\n* simp [foo]", ["omega", "simp  [foo]"]),
        ("1. induction n with\n   | zero => rfl\n2. omega", ["induction n with\n| zero => rfl", "omega"]),
        ("· simp\n· omega", ["· simp\n· omega"]),
        # JSON.
        ('{"tactics": ["omega", "si', ["omega"]),
        ('{"tactic": "omega", "reason": "simp"}', ["omega"]),
        ('```json\n[{"tactic": "omega", "score": 0.5}, {"tactic": "simp"}]\n```', ["omega", "simp"]),
        ('Here they are: ["omega", "simp"]', ["omega", "simp"]),
        ("['omega', 'simp']", ["omega", "simp"]),
        ('{"proof": "```lean\\nintro h\\nexact h\\n```"}', ["intro h\nexact h"]),
        ("[]", []),
        # Theorems.
        ("theorem foo (h : a := by simp) : b := h.foo", ["exact h.foo"]),
        (
            (
                "import Mathlib\nopen Nat\n\nlemma aux : True := by trivial\n\n"
                "theorem foo : P := by\n  have := aux\n  exact this.2\n\n#print axioms foo"
            ),
            ["have := aux\nexact this.2"],
        ),
        ("theorem foo : P := by\n  sorry", []),
        (":= by constructor\n        · simp\n        · rfl", ["constructor\n· simp\n· rfl"]),
        ("example : p := by induction n with\n  | zero => rfl", ["induction n with\n  | zero => rfl"]),
        # Thoughts and tokens.
        ("first thoughts: simp</think>\n\nomega", ["omega"]),
        ("<think>a <think>b</think> simp</think>omega", ["omega"]),
        ("<answer>omega</answer>", ["omega"]),
        ("<|im_start|>assistant\nomega<|im_end|>\n<|im_start|>user\nsimp", ["omega"]),
        ("rw [<a>Nat.gcd</a>, <a>Nat.gcd_self</a>]", ["rw [Nat.gcd, Nat.gcd_self]"]),
        ("exact f <| g |> h", ["exact f <| g |> h"]),
        (r'["exact f \ud83d", "exact f \ud83d\ude00"]', ["exact f 😀"]),
        # Ends that were cut off.
        ("intro h\nsimp [foo,", ["intro h"]),
        ("theorem t : a = b := by\n  intro h\n  have : c = d := by", ["intro h"]),
        # Layout.
        ("intro h\n  exact h", ["intro h\nexact h"]),
        ("have h : a = b := by\n    omega\n  exact h", ["have h : a = b := by\n  omega\nexact h"]),
        ("exact foo\n  bar baz", ["exact foo\n  bar baz"]),
        ("  intro h\r\n  exact h\r\n", ["intro h\nexact h"]),
        ("calc a = b := by simp\n  _ = c := by omega", ["calc a = b := by simp\n  _ = c := by omega"]),
    ],
)
def test_replies_for_lean(reply: str, found: list[str]) -> None:
    assert tactics(reply) == found


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("by simp", ["by simp"]),
        ("Try this: by presburger (2 ms)", ["by presburger"]),
        ("auto", ["by auto"]),
        ("(induct xs) auto", ["by (induct xs) auto"]),
        ("1) by auto\n2) by (metis foo bar)", ["by auto", "by (metis foo bar)"]),
        (
            'lemma foo: "xs @ [] = xs"\n  apply (induct xs)\n   apply auto\n  done\n\nend',
            ["apply (induct xs)\napply auto\ndone"],
        ),
        (
            (
                'theory X imports Main begin\n\nlemma a: "A" by simp\n\ntheorem foo:\n'
                '  assumes "A := by x"\n  shows "B"\n'
                "  using assms by auto\n\nend"
            ),
            ["using assms by auto"],
        ),
        (f'```isabelle\nlemma "n = (n::nat)"\n{ISAR}\n```', [ISAR]),
        (f"The proof:\n\n{ISAR}\n\nThis is it.", [ISAR]),
        ('lemma x: "A"\n  sorry', []),
        ("oops", []),
        ('["by auto", "by blast"]', ["by auto", "by blast"]),
    ],
)
def test_replies_for_isabelle(reply: str, found: list[str]) -> None:
    assert tactics(reply, prover="Isabelle") == found


def test_the_theorem_that_is_wanted() -> None:
    reply = "theorem foo : a := by\n  simp\n\ntheorem bar : b := by\n  omega\n"
    assert tactics(reply) == ["omega"]
    assert tactics(reply, declaration="N.foo") == ["simp"]


def test_what_is_there_already_is_not_repeated() -> None:
    reply = "theorem foo : a → a := by\n  intro  h\n  exact h"
    assert tactics(reply, written="intro h") == ["exact h"]
    assert tactics(reply, written="intro x") == ["intro  h\nexact h"]
    assert tactics("intro h", written="intro h") == []


@pytest.mark.parametrize(
    "unit",
    ["a ", "`", "(", "```\n", "<think>", 'x","', "simp\n", "1. omega\n", "theorem x : ", '"\\', "lemma a\n", "-- ",
     "\n", " ", "/-", "(*", "**", ":= by ", "\n\n- ", "\\<open>", "the ", "open ", "@[a]", "@[a]\n", "private\n",
     "let x := ", "x :=\n", "private ", "`a` ", "<|", "</s>", "open in ", "open in\n", "<|channel|>final"],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", '["', "```lean\n", "theorem x : ", "answer", "omega "])
def test_ten_megabytes_take_no_longer_than_it_takes_to_read_them(unit: str, before: str) -> None:
    # What comes after a beginning is cut, so that less of it will do.
    size = 300_000 if before else 10_000_000
    reply = before + unit * (size // len(unit)) + "x"
    begun = time.process_time()
    found = tactics(reply)
    assert time.process_time() - begun < 5
    assert all(len(text) <= 20_000 for text in found)
    assert len(found) <= 64


@given(st.lists(st.sampled_from([*"`'\"[]{}<>|:=-. \n\t1a·⟨(*", "by", "simp", "```", "theorem", "<think>", "\ufffd"])))
def test_no_reply_is_too_odd(parts: list[str]) -> None:
    for prover in ("Lean", "Isabelle"):
        found = tactics("".join(parts), prover=prover)
        assert len({" ".join(text.split()) for text in found}) == len(found)
        assert all(text == text.strip() and text for text in found)
