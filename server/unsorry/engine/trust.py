"""The trust gate's policy: which axioms or oracles a proof may rest on."""

from __future__ import annotations

from dataclasses import dataclass, field

from unsorry.provers.seam import Certificate

#: What Lean's own library rests on, and Isabelle/HOL's theorems rest on none of.
STANDARD_AXIOMS = frozenset({"propext", "Classical.choice", "Quot.sound"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be offered."""

    axioms: frozenset[str] = field(default=STANDARD_AXIOMS)

    def refusal(self, certificate: Certificate) -> str | None:
        """Why this certificate is not good enough; None when it is."""
        if not certificate.ok:
            return certificate.reason or "the prover did not certify it"
        foreign = [a for a in certificate.axioms if a not in self.axioms]
        if foreign:
            return f"it rests on {', '.join(foreign)}, which is not among the allowed axioms"
        return None
