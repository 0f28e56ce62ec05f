"""The contract, on every back-end that is here."""

from __future__ import annotations

import asyncio
import time

import psutil
import pytest

from provers.contract import Material, ProverContract
from provers.leans import make_lean
from unsorry.provers.fake import ANY, Closes, FakeProver, Hangs, Leaves
from unsorry.provers.lean.prover import LeanProver
from unsorry.provers.seam import Limits, Premise, Prover


def kill(pid: int) -> None:
    """Kills a process and waits until the system says that it has ended; reaping it is its owner's."""
    process = psutil.Process(pid)
    process.kill()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


class TestFake(ProverContract):
    material = Material(
        uri="file:///{}.fake",
        provable="theorem {name} : A ∧ B := by {hole}\n",
        target="A ∧ B",
        closing="tauto",
        failing="simp",
        progress="constructor",
        progress_goals=2,
        finishing=("exact a", "exact b"),
        two_goals="theorem {name} : A ∧ B := by {hole}\n",
        split="constructor",
        apart=("exact a", "exact b"),
        skeleton="have a : A := by sorry",
        owed=("exact b", "exact a"),
        told=("simp [a, b x]", "simp [b x]", "simp [a]", "simp"),
        false="theorem {name} : False := by {hole}\n",
        cheat="exact sorry",
        escaping="tauto\n\naxiom bad : False",
        sorry="sorry",
        slow="loop",
        slow_limits=Limits(seconds=60.0),
        proved="theorem {name} : A ∧ B := by tauto\n",
        broken="theorem {name} : A ∧ B := by simp\n",
    )

    @classmethod
    def make(cls) -> Prover:
        script = {
            "A ∧ B": {"tauto": Closes(), "constructor": Leaves(("A", "B")), "have a : A := ?_": Leaves(("B", "A"))},
            "A": {"exact a": Closes()},
            "B": {"exact b": Closes()},
            ANY: {"loop": Hangs(seconds=60.0)},
        }
        premises = [Premise(f"p{i}", ("A",), module=f"M{i % 3}", statement="A") for i in range(10)]
        return FakeProver(script, premises=premises)

    @classmethod
    async def kill(cls, prover: Prover) -> None:
        assert isinstance(prover, FakeProver)
        prover.die()

    @classmethod
    async def elaborated(cls, prover: Prover) -> int:
        assert isinstance(prover, FakeProver)
        return prover.counts.elaborated


@pytest.mark.embedded
class TestEmbeddedLean(ProverContract):
    material = Material(
        uri="file:///{}.lean",
        provable="theorem {name} (p q : Prop) (hp : p) (hq : q) : p ∧ q := by {hole}\n",
        target="p ∧ q",
        closing="exact ⟨hp, hq⟩",
        failing="rfl",
        progress="constructor",
        progress_goals=2,
        finishing=("exact hp", "exact hq"),
        two_goals="theorem {name} (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  {hole}\n",
        split="constructor",
        apart=("exact hp", "exact hq"),
        skeleton="have one : p := by sorry\nhave two : q := by\n  sorry\nexact ⟨one, two⟩",
        owed=("exact hq", "exact hp"),
        told=("simp [a, b x]", "simp [b x]", "simp [a]", "simp"),
        false="theorem {name} (a b : Nat) : a + b = a * b := by {hole}\n",
        cheat="exact sorry",
        escaping="rfl\n\naxiom bad : ∀ a b : Nat, a + b = a * b",
        sorry="sorry",
        slow="iterate 400 (try exact?)",
        # No limit of its own: only the clock stops it.
        slow_limits=Limits(seconds=60.0, heartbeats=0),
        proved="theorem {name} (p : Prop) (h : p) : p := by exact h\n",
        broken="theorem {name} (a b : Nat) : a + b = a * b := by rfl\n",
    )

    @classmethod
    def make(cls) -> Prover:
        return make_lean()

    @classmethod
    async def kill(cls, prover: Prover) -> None:
        assert isinstance(prover, LeanProver)
        assert prover.pid is not None
        await asyncio.to_thread(kill, prover.pid)

    @classmethod
    async def elaborated(cls, prover: Prover) -> int:
        assert isinstance(prover, LeanProver)
        return await prover.elaborations()
