"""Sledgehammer: the candidate that stands for it, what it says, and the external provers that an installation has.

``sledgehammer`` is no proof text.  It is a candidate that finds some, like Lean's ``exact?``, and is never offered
itself: what it found is certified as every other text is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: The candidate.
SLEDGEHAMMER: Final = "sledgehammer"

#: External provers by the settings that Isabelle finds them by, as ``sledgehammer_atp_systems.ML`` and
#: ``smt_systems.ML`` have them.
_SETTINGS: Final = {
    "CVC4_SOLVER": "cvc4",
    "CVC5_SOLVER": "cvc5",
    "E_HOME": "E",
    "IPROVER_HOME": "iProver",
    "ISABELLE_VERIT": "veriT",
    "LEO2_HOME": "LEO-II",
    "LEO3_HOME": "Leo-III",
    "SATALLAX_HOME": "Satallax",
    "SPASS_HOME": "SPASS",
    "VAMPIRE_HOME": "Vampire",
    "Z3_SOLVER": "Z3",
    "ZIPPERPOSITION_HOME": "Zipperposition",
}

#: The settings that name them.
SETTINGS: Final = tuple(_SETTINGS)

_PROPOSED: Final = "Try this: "
# How long the proof took when it was played, or what became of that.
_PLAYED: Final = re.compile(r" \((?:> )?(?:[\d.]+ m?s(?:, timed out)?|timed out|failed)\)$")
_ISAR: Final = re.compile(r"\n\nIsar proof(?: \([^)]*\))?:\n")


def external_provers(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the external provers that the settings of an Isabelle name."""
    return tuple(name for variable, name in _SETTINGS.items() if settings.get(variable))


def proofs(message: str) -> tuple[str, ...]:
    """The proofs that a message of Sledgehammer proposes: a line, and where that did not play in time an Isar proof."""
    _, proposed, rest = message.partition(_PROPOSED)
    if not proposed:
        return ()
    line, *longer = _ISAR.split(rest, maxsplit=1)
    found = [_PLAYED.sub("", line.strip()), *(text.strip() for text in longer)]
    # Without having played, the line is the less likely one of the two.
    return tuple(reversed(found)) if longer else tuple(found)
