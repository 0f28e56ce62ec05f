"""Arguments, tables and exit codes.  Knows no LSP; it may start the server."""
