"""From what closes a hole to proofs of it: only the prover's certificate and the trust gate make one."""

from __future__ import annotations

from unsorry.engine.alternatives import likeness
from unsorry.engine.attempts import Attempts
from unsorry.engine.report import Effort, Proof
from unsorry.engine.trust import Policy
from unsorry.engine.turns import Turns
from unsorry.provers.seam import Certificate, Closed, Document, Edit, Hole, HoleKind, Progress
from unsorry.suggesters.seam import Candidate


class Certification:
    """The proofs of one hole."""

    def __init__(
        self, document: Document, hole: Hole, policy: Policy, turns: Turns, attempts: Attempts, *, borrowing: bool
    ) -> None:
        """Without ``borrowing`` a proof that uses an earlier theorem which is still open is a conditional one only."""
        self._hole = hole
        self._policy = policy
        self._turns = turns
        self._attempts = attempts
        self._borrowing = borrowing
        # Other holes in the same command stay open while this one is filled.
        self._alone = all(h.start == hole.start for h in document.commands[hole.command].holes)
        # What the last certification took, in seconds, and whether its certificate held.
        self._took = 0.0
        self._held = False
        #: The newest version of the text; up to the hole's command all versions are the same.
        self.document = document
        #: A candidate that closed the goal and was not looked at further yet.
        self.closed: tuple[Candidate, Closed] | None = None
        self.proofs: list[Proof] = []
        self.conditional: Proof | None = None
        #: What the first proof took.
        self.effort: Effort | None = None
        #: How many candidates closed the goal and were refused.
        self.refusals = 0

    def edit(self, text: str) -> Edit:
        """What puts a text into the place of the hole."""
        return self._turns.prover.edit(self.document, self._hole, text)

    async def certify(self, candidate: Candidate) -> tuple[Proof | None, str | None]:
        """A proof, or why it is none."""
        edit = self.edit(candidate.text)
        async with self._turns.turn() as prover:
            before = prover.busy
            certificate = await prover.certify(
                self.document, self._hole.command, [edit], complete=self._alone, seconds=self._turns.certify_seconds
            )
            self._took = prover.busy - before
        self._held = certificate.ok
        refusal = self._policy.refusal(certificate)
        if refusal is not None:
            return None, refusal
        proof = Proof(candidate.text, edit, certificate.axioms, candidate.origin, certificate.borrowed, self._took)
        if proof.borrowed and not self._borrowing:
            self.conditional = self.conditional or proof
            return None, f"it uses {', '.join(proof.borrowed)}, still open itself"
        return proof, None

    async def verdict(self, edit: Edit) -> Certificate:
        """What the prover says of a text that need not be a proof, in as long as a candidate may take."""
        async with self._turns.turn() as prover:
            return await prover.certify(
                self.document, self._hole.command, [edit], complete=False, seconds=self._turns.limits.seconds
            )

    async def holds(self, text: str) -> bool:
        """Does this hold but for the holes in it?"""
        edit = self.edit(text)
        async with self._turns.turn() as prover:
            certificate = await prover.sketch(
                self.document, self._hole.command, [edit], seconds=self._turns.certify_seconds
            )
        return certificate.ok

    def found(self, candidate: Candidate, outcome: Closed, proof: Proof) -> None:
        """A candidate was certified, itself or in the form of what it says would do as well."""
        self._attempts.note(candidate, outcome, proves=True)
        if all(likeness(proof.text) != likeness(p.text) for p in self.proofs):
            self.proofs.append(proof)
        if self.effort is None:
            self.effort = Effort(self._turns.clock.spent, self._turns.busy, outcome.seconds + self._took)

    async def settle(self) -> None:
        """Makes a proof of the candidate that closed the goal, if it is one.  Being cancelled loses nothing."""
        if self.closed is not None:
            await self._prove(*self.closed)
            self.closed = None

    async def _prove(self, candidate: Candidate, outcome: Closed) -> None:
        """Prefers what the candidate says would do as well."""
        for text in outcome.replacements:
            better = Candidate(text, candidate.score, candidate.origin)
            proof, _ = await self.certify(better)
            if proof is not None:
                self.found(candidate, outcome, proof)
                return
        # A search command is not left in the file: where what it found does not hold up, it proves nothing.
        if outcome.replacements:
            self.refusals += 1
            self._attempts.note(candidate, outcome, "what it found does not check by itself")
            return
        proof, refusal = await self.certify(candidate)
        if proof is None and self._hole.kind is HoleKind.CURSOR and not self._held:
            # In a proof that is being written the rest need not hold yet: a step like others, and not called a proof.
            self._attempts.note(candidate, Progress(outcome.candidate, outcome.seconds, (), None), refusal)
        elif proof is None:
            self.refusals += 1
            self._attempts.note(candidate, outcome, refusal)
        else:
            self.found(candidate, outcome, proof)
