"""Programs that a real ML process has run, for theories that hold ML of the user's own."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import pytest

from provers.isabelle.isabelles import Bench, found, make_isabelle, needs_isabelle, programs, wait_for
from unsorry.provers.isabelle.sledgehammer import SLEDGEHAMMER
from unsorry.provers.isabelle.toolchain import require
from unsorry.provers.seam import Rejected, Snapshot

pytestmark = [
    *needs_isabelle,
    pytest.mark.skipif(sys.platform == "win32", reason="the service is not there on Windows"),
    pytest.mark.asyncio(loop_scope="module"),
]

SCRIPT: Final = (
    "theory Scratch imports Main begin\nML ‹\n"
    "fun run s =\n"
    "  let val r = Isabelle_System.bash_process s\n"
    "  in (Process_Result.rc r, Process_Result.out_lines r, Process_Result.err_lines r) end;\n"
    "fun expect x y = if x = y then () else error (@{make_string} x);\n"
    "›\nML ‹@@›\nend\n"
)


@pytest.mark.parametrize(
    "ml",
    [
        'expect (run (Bash.script "echo a; echo b >&2; exit 3")) (3, ["a"], ["b"])',
        'expect (run (Bash.script "cat" |> Bash.input "x\\ny")) (0, ["x", "y"], [])',
        'expect (run (Bash.script "echo $A$B" |> Bash.putenv [("A", "1"), ("B", "2")])) (0, ["12"], [])',
        'expect (run (Bash.script "pwd" |> Bash.cwd Path.root)) (0, ["/"], [])',
        'expect (run (Bash.script "echo a; echo b >&2" |> Bash.redirect)) (0, ["a", "b"], [])',
        'expect (#1 (run (Bash.script "test -d \\"$ISABELLE_TMP\\" -a -d \\"$ISABELLE_HOME\\""))) 0',
        "expect (length (Isabelle_System.bash_functions ()) > 0) true",
        'expect (can run (Bash.script "sleep 600" |> Bash.timeout (Time.fromMilliseconds 200))) false',
        'expect (can (Timeout.apply (Time.fromMilliseconds 300) run) (Bash.script "sleep 600")) false',
        'expect (Par_List.map (fn s => #2 (run (Bash.script ("echo " ^ s)))) ["1", "2", "3"]) [["1"], ["2"], ["3"]]',
        "expect (map size (#2 (run (Bash.script \"head -c 1000000 /dev/zero | tr '\\\\0' x\")))) [1000000]",
    ],
)
async def test_programs_of_a_theory(bench: Bench, ml: str) -> None:
    document = await bench.open(SCRIPT.replace("@@", ml))
    assert document.errors == ()
    await wait_for(lambda: not programs())


async def test_a_killed_prover_takes_its_programs_along() -> None:
    prover = make_isabelle()
    try:
        text = SCRIPT.replace("@@", 'run (Bash.script "sleep 600; true")')
        task = asyncio.create_task(prover.open(Snapshot("file:///k/K.thy", 1, text)))
        await wait_for(lambda: bool(programs()) or task.done())
        assert not task.done()
    finally:
        await prover.close()
    await asyncio.gather(task, return_exceptions=True)
    await wait_for(lambda: not programs())


async def test_without_external_provers_it_says_so_at_once(bench: Bench) -> None:
    installation = require(found())
    if installation.external_provers:
        pytest.skip("this Isabelle has external provers of its own")
    _, hole = await bench.hole('lemma "x = x" sorry\n')
    (outcome,) = await bench.outcomes(hole, SLEDGEHAMMER)
    assert outcome == Rejected(0, 0.0, "this Isabelle has no external provers")
