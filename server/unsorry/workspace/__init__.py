"""Project roots, toolchains, settings and what was learned.  Knows no LSP and no prover's insides."""
