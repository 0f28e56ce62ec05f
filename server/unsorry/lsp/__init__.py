"""The language server.  Knows no prover's syntax and no model's format."""
