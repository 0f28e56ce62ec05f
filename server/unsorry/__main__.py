"""``python -m unsorry`` is ``unsorry``."""

from __future__ import annotations

from unsorry.cli.app import main

if __name__ == "__main__":
    main()
