"""Sledgehammer with real external provers, where there are some: found, certified, cancelled, nothing left behind."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest
import pytest_asyncio

from provers.contract import PATIENT
from provers.isabelle.isabelles import Bench, found, needs_isabelle, programs, wait_for
from unsorry.engine.budget import Budget
from unsorry.engine.documents import DocumentProver
from unsorry.provers.isabelle.prover import IsabelleProver
from unsorry.provers.isabelle.sledgehammer import SLEDGEHAMMER
from unsorry.provers.isabelle.toolchain import discover, require
from unsorry.provers.seam import Closed, Limits, Progress, Rejected, Snapshot, TimedOut
from unsorry.suggesters.rules.isabelle import IsabelleRules


def _packaged() -> dict[str, str]:
    """Settings for programs that are packaged by systems, for an Isabelle that brings none of its own."""
    installation = found().installation
    settings: dict[str, str] = {}
    if installation is not None and not installation.external_provers:
        if (cvc5 := shutil.which("cvc5")) is not None:
            settings |= {"CVC5_SOLVER": cvc5}
        if (e := shutil.which("eprover")) is not None:
            # What Isabelle asks of this version and later is in part first-order, which an older one can do as well.
            settings |= {"E_HOME": str(Path(e).parent), "E_VERSION": "3.0"}
    return settings


def _some() -> bool:
    installation = found().installation
    return installation is not None and bool(installation.external_provers or _packaged())


pytestmark = [
    *needs_isabelle,
    pytest.mark.skipif(
        found().installation is not None and not _some(),
        reason="needs an external prover for Sledgehammer: one of Isabelle's own, or cvc5 or eprover on the PATH",
    ),
    pytest.mark.asyncio(loop_scope="module"),
]

THEORY: Final = "theory Scratch imports Main begin\n"
#: Statements with theorems of the library that no other candidate knows of.
FOUND: Final = (
    'lemma one: assumes "finite A" "inj_on f A" "f ` A ⊆ A" shows "f ` A = A" sorry\n',
    'lemma two: "coprime (a::nat) b ⟹ a dvd b * c ⟹ a dvd c" sorry\n',
)
FALSE: Final = 'lemma false: "(n::nat) = 7 * m + 1" sorry\n'


@pytest.fixture(scope="module")
def _settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _packaged().items():
            patch.setenv(name, value)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hammer(_settings: None) -> AsyncGenerator[Bench]:
    prover = IsabelleProver(require(discover()))
    try:
        bench = Bench(prover)
        await bench.open('lemma warm: "True" by simp\n')
        yield bench
    finally:
        await prover.close()


@pytest.mark.parametrize("statement", FOUND)
async def test_it_is_certified(hammer: Bench, statement: str) -> None:
    document, hole = await hammer.hole(THEORY + statement + "end\n")
    (outcome,) = await hammer.outcomes(hole, SLEDGEHAMMER, limits=Limits(seconds=30))
    assert isinstance(outcome, Closed), outcome
    assert outcome.replacements
    certificates = [await hammer.certify(document, hole, text) for text in outcome.replacements]
    assert any(c.ok and not c.axioms for c in certificates), certificates


async def test_it_comes_among_other_candidates(hammer: Bench) -> None:
    _, hole = await hammer.hole(THEORY + FOUND[0] + "end\n")
    kinds = [type(o) for o in await hammer.outcomes(hole, "by simp", f" {SLEDGEHAMMER}\n", "apply (rule refl)?")]
    assert kinds[0] is Rejected
    assert kinds[1] in {Closed, TimedOut}
    assert len(kinds) == 3


async def test_in_a_search_it_proves_what_the_rules_do_not(hammer: Bench) -> None:
    text = "theory Whole imports Main begin\n" + FOUND[1] + "end\n"
    document = DocumentProver([hammer.prover], [IsabelleRules(sledgehammer=True)], budget=Budget(60.0))
    report = await document.run(Snapshot("file:///whole/Whole.thy", 1, text))
    (hole,) = report.holes
    assert hole.proof is not None, hole.message
    assert hole.proof.origin == "rules/sledgehammer"
    assert SLEDGEHAMMER not in report.result.text


async def test_what_it_does_not_find_in_its_time_is_late(hammer: Bench) -> None:
    _, hole = await hammer.hole(THEORY + FALSE + "end\n")
    starts = hammer.prover.starts
    (outcome,) = await hammer.outcomes(hole, SLEDGEHAMMER, limits=Limits(seconds=3))
    assert isinstance(outcome, (TimedOut, Rejected)), outcome
    assert hammer.prover.starts == starts
    await wait_for(lambda: not programs())


async def test_a_cancel_ends_the_programs(hammer: Bench) -> None:
    _, hole = await hammer.hole(THEORY + FALSE + "end\n")
    starts = hammer.prover.starts
    for _ in range(2):
        task = asyncio.create_task(hammer.outcomes(hole, SLEDGEHAMMER, limits=Limits(seconds=60)))
        await wait_for(lambda task=task: bool(programs()) or task.done())
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await wait_for(lambda: not programs())
    (outcome,) = await hammer.outcomes(hole, "apply (induct n)", limits=PATIENT)
    assert isinstance(outcome, Progress)
    assert hammer.prover.starts == starts


async def test_it_learns_nothing_into_the_users_files(hammer: Bench) -> None:
    _, hole = await hammer.hole(THEORY + FOUND[0].replace("one", "again") + "end\n")
    await hammer.outcomes(hole, SLEDGEHAMMER, limits=Limits(seconds=30))
    assert hammer.prover.pid is not None
    home = psutil.Process(hammer.prover.pid).environ()["ISABELLE_HOME_USER"]
    state = Path(home) / "mash_state"
    assert not state.exists() or state.stat().st_mtime < psutil.Process(hammer.prover.pid).create_time()


async def test_it_is_for_one_goal_of_a_theory_that_has_it(hammer: Bench) -> None:
    two = THEORY + 'lemma "x = x ∧ y = y"\n  apply (rule conjI)\n  sorry\nend\n'
    _, hole = await hammer.hole(two)
    (outcome,) = await hammer.outcomes(hole, SLEDGEHAMMER)
    assert isinstance(outcome, Rejected)
    assert "one goal" in outcome.message
    _, hole = await hammer.hole('theory Bare imports Pure begin\nlemma "PROP A ⟹ PROP A" sorry\nend\n')
    (outcome,) = await hammer.outcomes(hole, SLEDGEHAMMER)
    assert isinstance(outcome, Rejected)
    assert "no Sledgehammer" in outcome.message


async def test_its_own_text_is_never_a_proof(hammer: Bench) -> None:
    document, hole = await hammer.hole(THEORY + FOUND[0] + "end\n")
    for text in (SLEDGEHAMMER, f"{SLEDGEHAMMER} by simp", f"{SLEDGEHAMMER} [timeout = 1]\nby simp"):
        certificate = await hammer.certify(document, hole, text)
        assert not certificate.ok
        assert "not allowed" in (certificate.reason or "")
