"""The one exception tree of Unsorry.

    UnsorryError
    ├── InputError            what the user gave can't be used (missing file, not UTF-8, bad option)
    ├── SetupError            something must be installed or could not be
    │   ├── NotInstalledError   it is not there; the message says which command brings it
    │   └── DownloadError       the package client failed or the integrity check did
    ├── ToolchainError        a prover was found but can't be used (too old, broken, import missing)
    ├── ProverError           a prover process misbehaved
    │   ├── ProverDiedError     the process ended while work was under way
    │   ├── ProverTimeoutError  it did not answer within its time limit and was killed
    │   └── ProtocolError       it said something that is not in the protocol
    └── ModelError            a model did not give what it was asked for; the other sources of candidates go on
        └── EndpointError       it is behind an endpoint
            └── RefusedError      which refused the request itself

A candidate that fails is never an exception: that is an
:class:`~unsorry.provers.seam.Outcome`.  Every message says what to do next.
"""

from __future__ import annotations


class UnsorryError(Exception):
    """Base of everything that Unsorry raises on purpose."""


class InputError(UnsorryError):
    """What the user gave can't be used."""


class SetupError(UnsorryError):
    """Something must be installed first, or could not be."""


class NotInstalledError(SetupError):
    """A needed part is not there."""


class DownloadError(SetupError):
    """A package could not be fetched, or what came is not what was pinned."""


class ToolchainError(UnsorryError):
    """A prover was found but can't be used."""


class ProverError(UnsorryError):
    """A prover process misbehaved."""


class ProverDiedError(ProverError):
    """The prover's process ended while work was under way."""


class ProverTimeoutError(ProverError):
    """The prover did not answer within its time limit and was killed."""


class ProtocolError(ProverError):
    """The prover said something that is not in the protocol."""


class ModelError(UnsorryError):
    """A model could not be loaded, or did not answer."""


class EndpointError(ModelError):
    """An endpoint did not give what it was asked for.  ``kind`` groups what needs to be said only once."""

    def __init__(self, kind: str, sentence: str, *, again: bool = False, wait: float | None = None) -> None:
        """``again`` says that trying again may help; ``wait`` is after how many seconds, where the server says."""
        super().__init__(sentence)
        self.kind = kind
        self.again = again
        self.wait = wait


class RefusedError(EndpointError):
    """The request itself was refused; ``text`` is what the server said."""

    def __init__(self, sentence: str, text: str) -> None:
        super().__init__("refused", sentence)
        self.text = text
