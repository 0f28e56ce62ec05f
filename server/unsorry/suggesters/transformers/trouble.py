"""What keeps a model in a child process from answering, as one sentence for whoever shows it."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

from unsorry.errors import ModelError

_log = logging.getLogger(__name__)


class Trouble:
    """The last trouble with one model."""

    def __init__(self) -> None:
        """There was none yet."""
        #: One sentence; None since the last answer that had none.
        self.problem: str | None = None

    @contextmanager
    def noted(self) -> Generator[None]:
        """The block asks the model.  What goes wrong with that is kept here and ends the block without an exception."""
        try:
            yield
        except ModelError as error:
            # Once, and again only after it had gone.  Who asks shows it, and the other suggesters go on.
            if self.problem != str(error):
                _log.info("%s", error)
            self.problem = str(error)
        else:
            self.problem = None
