"""From holes to proofs: pipeline, search, ranking, trust.  Knows no LSP, no processes, no HTTP."""
