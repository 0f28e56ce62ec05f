"""What a candidate may be made of: the part of the trust gate that is Isabelle's own.

A candidate is proof text.  The driver reads it with the outer syntax of the theory it is for and looks at the tokens,
so none of this is fooled by comments, strings or white space.  Only the commands named here may occur: those of proofs
that embed no ML, leave the theory as it is and leave no hole.  What passes here is not trusted yet: certifying
re-checks the whole lemma and looks at the oracles it rests on.
"""

from __future__ import annotations

from typing import Any

#: Commands of proofs, apply scripts and structured ones.
COMMANDS = (
    "by",
    ".",
    "..",
    "apply",
    "done",
    "proof",
    "qed",
    "have",
    "hence",
    "show",
    "thus",
    "then",
    "from",
    "with",
    "note",
    "using",
    "unfolding",
    "supply",
    "fix",
    "assume",
    "presume",
    "define",
    "obtain",
    "consider",
    "let",
    "case",
    "next",
    "moreover",
    "ultimately",
    "also",
    "finally",
    "{",
    "}",
    "defer",
    "prefer",
    "subgoal",
    "back",
)

#: Methods that trust more than the kernel does, or wait: refused where a method stands.
METHODS = ("eval", "normalization", "sleep")

#: Words that embed ML or make a prover trust what it has not checked: refused wherever they stand, also in text that is
#: quoted, for methods can be.
ANYWHERE = ("tactic", "raw_tactic", "ml_tactic", "quick_and_dirty", "smt_oracle")

#: Options that a candidate may set in ``[[…]]``: they bound or steer a search, and switch nothing off.
CONFIGS = ("simproc", "simp_depth_limit", "linarith_split_limit", "linarith_neq_limit", "unify_search_bound")

#: Control symbols of the term language.  Others begin antiquotations, which can run ML.
CONTROLS = ("\\<^sub>", "\\<^sup>", "\\<^bold>", "\\<^bsub>", "\\<^esub>", "\\<^bsup>", "\\<^esup>")

#: Longest candidate that is looked at, in bytes of UTF-8.
MAX_LENGTH = 20_000


def as_params(*, holes: bool = False) -> dict[str, Any]:
    """The gate as the driver takes it; ``holes`` lets those pass that are written as such, for what is no proof."""
    return {
        "commands": [*COMMANDS, "sorry"] if holes else list(COMMANDS),
        "methods": list(METHODS),
        "anywhere": list(ANYWHERE),
        "configs": list(CONFIGS),
        "controls": list(CONTROLS),
    }
