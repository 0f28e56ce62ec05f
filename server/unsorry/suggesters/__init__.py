"""From a goal to candidates.  Knows no prover but the seam's words, and no LSP."""
