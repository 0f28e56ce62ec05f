"""The program's beginning: ``unsorry``, and ``python -m unsorry``."""

from __future__ import annotations

import sys
from typing import Final

#: What a shell says of a program that Ctrl-C ended.
_INTERRUPTED: Final = 130


def main() -> None:
    """Runs the command line and ends the process."""
    try:
        # Here and not above: Ctrl-C may come while all this is being loaded, and is no reason for a traceback.
        from unsorry.cli.app import main as run
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
