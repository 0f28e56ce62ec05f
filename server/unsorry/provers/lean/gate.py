"""What no candidate may contain, whatever it proves: the part of the trust gate that is Lean's own.

The driver looks at the *parsed* candidate, so none of this is fooled by comments, strings or white space, and a
hypothesis named ``sorry_free`` is no sorry.  What passes here is not trusted yet: certifying re-checks the whole
declaration with the kernel and looks at the axioms it rests on.
"""

from __future__ import annotations

#: Keywords that admit a goal, run code at elaboration time, leave the proof, or hold the prover up.
WORDS = (
    "sorry",
    "admit",
    "stop",
    "native_decide",
    "run_tac",
    "run_elab",
    "run_meta",
    "run_cmd",
    "by_elab",
    "eval%",
    "unsafe",
    "#eval",
    "#check",
    "#print",
    "#exit",
    "include_str",
    "sleep",
)

#: Last components of names that stand for an unproved goal, for trusted compiled code, or for a hole in the logic.
IDENTIFIERS = (
    "sorryAx",
    "lcProof",
    "lcAny",
    "lcUnreachable",
    "ofReduceBool",
    "ofReduceNat",
    "reduceBool",
    "reduceNat",
    "trustCompiler",
    "unsafeCast",
    "unsafeIO",
    "unsafeEIO",
    "unsafeBaseIO",
    "implemented_by",
)

#: Options that switch checks off.  (``set_option maxRecDepth … in`` and its like are fine.)
OPTIONS = ("debug.", "compiler.", "autoImplicit", "warn.sorry", "Elab.async")

#: Longest candidate that is looked at, in bytes of UTF-8.
MAX_LENGTH = 20_000


def as_params(*, holes: bool = False) -> dict[str, list[str]]:
    """The gate as the driver takes it; ``holes`` lets those pass that are written as such, for sketches."""
    words = [word for word in WORDS if not (holes and word == "sorry")]
    return {"words": words, "identifiers": list(IDENTIFIERS), "options": list(OPTIONS)}
