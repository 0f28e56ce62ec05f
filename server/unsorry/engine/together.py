"""Several proofs put into one text at once: which of them hold together."""

from __future__ import annotations

from collections.abc import Sequence

from unsorry.engine.lanes import Lane, Urgency
from unsorry.engine.report import HoleReport, Proof
from unsorry.engine.trust import Policy
from unsorry.provers.seam import Document


async def proofs_together(
    lane: Lane, document: Document, reports: Sequence[HoleReport], policy: Policy
) -> tuple[Proof, ...]:
    """The largest part of these proofs, in the order of the text, that may be inserted together.

    Each was certified with all other holes open.  So those of one command are certified once more as one, and a proof
    that uses an earlier theorem which is still open counts when that one is closed by the same edit.
    """
    by_command: dict[int, list[HoleReport]] = {}
    for report in reports:
        by_command.setdefault(report.hole.command, []).append(report)
    chosen: list[Proof] = []
    closed: set[str] = set()
    for index in sorted(by_command):
        proofs = [p for r in by_command[index] if (p := _usable(r, closed)) is not None]
        command = document.commands[index]
        if len(proofs) > 1:
            complete = len(proofs) == len(command.holes)
            proofs = await _certified(lane, document, index, proofs, closed, policy, complete=complete)
        chosen += proofs
        if len(proofs) == len(command.holes):
            # Of a theorem nothing is seen but its statement.  Another definition, once it is filled in, is another one.
            closed.update(d.name for d in command.declarations if d.kind == "theorem")
    return tuple(chosen)


def _usable(report: HoleReport, closed: set[str]) -> Proof | None:
    if report.proof is not None:
        return report.proof
    if report.conditional is not None and closed.issuperset(report.conditional.borrowed):
        return report.conditional
    return None


async def _certified(
    lane: Lane,
    document: Document,
    command: int,
    proofs: list[Proof],
    closed: set[str],
    policy: Policy,
    *,
    complete: bool,
) -> list[Proof]:
    async def holds(part: list[Proof], *, complete: bool) -> bool:
        async with lane.turn(Urgency.ASKED, f"several proofs in {document.snapshot.uri}") as prover:
            certificate = await prover.certify(document, command, [p.edit for p in part], complete=complete)
        return policy.refusal(certificate) is None and closed.issuperset(certificate.borrowed)

    if await holds(proofs, complete=complete):
        return proofs
    # One holds by itself; then what goes with it.
    chosen = proofs[:1]
    for proof in proofs[1:]:
        if await holds([*chosen, proof], complete=complete and len(chosen) + 1 == len(proofs)):
            chosen.append(proof)
    return chosen
