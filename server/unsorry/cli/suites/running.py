"""Runs a suite: at each hole this program and, where that is wanted, the prover's own tactics, one after another."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from unsorry.cli.suites.builtin import ONE_SHOTS, Shot, shoot
from unsorry.cli.suites.cases import Case
from unsorry.cli.suites.results import Result
from unsorry.engine.budget import Budget
from unsorry.engine.documents import context_of
from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.mixing import Mixing
from unsorry.engine.premises import PremiseIndex
from unsorry.engine.report import HoleReport
from unsorry.engine.search import HoleSearch
from unsorry.engine.trust import Policy
from unsorry.errors import InputError, ProverError
from unsorry.provers.seam import Document, Hole, Prover
from unsorry.suggesters.seam import Suggester


class Runner:
    """Measures cases on one prover.  Nothing is learned from one hole for the next."""

    def __init__(
        self,
        prover: Prover,
        suggesters: Sequence[Suggester],
        *,
        budget: Budget,
        policy: Policy,
        builtin: bool,
        premises: PremiseIndex | None,
    ) -> None:
        """With ``builtin`` the prover's own tactics are run at each hole too.

        ``premises`` is the index of what may help; without it none is looked for.
        """
        self._prover = prover
        self._suggesters = suggesters
        self._budget = budget
        self._policy = policy
        self._builtin = builtin
        self._premises = premises
        self._turn = 0

    async def run(self, case: Case, done: frozenset[str]) -> AsyncGenerator[Result]:
        """What became of each hole of a case but those that are ``done``, as soon as it is known."""
        document = await self._prover.open(case.snapshot)
        if not document.imported:
            raise InputError(f"{case.name}: its imports could not be loaded")
        try:
            holes = [h for h in document.holes if h.state is not None]
            for number, hole in enumerate(holes):
                key = case.name if len(holes) == 1 else f"{case.name}#{number}"
                if key not in done:
                    yield await self._measure(key, case, document, hole)
        finally:
            with contextlib.suppress(ProverError):
                await self._prover.close_document(document.snapshot.uri)

    async def _measure(self, key: str, case: Case, document: Document, hole: Hole) -> Result:
        # Who comes first changes from hole to hole, so that what else the machine does hits both alike.
        self._turn += 1
        builtin = await self._shots(document, hole) if self._turn % 2 else {}
        report, nodes = await self._search(document, hole)
        builtin = builtin or await self._shots(document, hole)
        proof = report.proof
        return Result(
            key=key,
            level=case.level,
            goal=hole.goals[0].pretty if hole.goals else "",
            proved=proof is not None,
            seconds=round(report.effort.elapsed if report.effort is not None else report.seconds, 3),
            candidates=report.candidates,
            nodes=nodes,
            proof=proof.text if proof is not None else None,
            origin=proof.origin if proof is not None else None,
            message=report.message,
            builtin=builtin,
        )

    async def _search(self, document: Document, hole: Hole) -> tuple[HoleReport, int]:
        lane, selection = Lane(self._prover), None
        if self._premises is not None and hole.state is not None:
            selection = self._premises.at(hole.state)
            # In a project what is imported is read once for very many holes; here every text imports something else.
            await selection.get_ready(lambda: lane.turn(Urgency.SEARCH, "premises"))
        search = HoleSearch(
            lane,
            document,
            hole,
            context_of(document, hole, prover=self._prover.info.prover),
            self._suggesters,
            policy=self._policy,
            budget=self._budget,
            mixing=Mixing(),
            premises=selection,
            borrowing=False,
        )
        async with aclosing(search):
            report = await search.run()
            assert report is not None, "nobody can pause this search"
            return report, search.nodes

    async def _shots(self, document: Document, hole: Hole) -> dict[str, Shot]:
        if not self._builtin:
            return {}
        complete = all(h.start == hole.start for h in document.commands[hole.command].holes)
        shots: dict[str, Shot] = {}
        for tactic in ONE_SHOTS[self._prover.info.prover]:
            shot = await shoot(
                self._prover,
                document,
                hole,
                tactic,
                seconds=self._budget.seconds,
                policy=self._policy,
                complete=complete,
            )
            shots[tactic] = Shot(shot.proved, round(shot.seconds, 3))
        return shots
