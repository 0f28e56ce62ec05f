"""The real provers behind one seam, a folder for each.  Knows no suggester and no LSP."""
