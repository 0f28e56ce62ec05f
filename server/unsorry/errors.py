"""The one exception tree of Unsorry.

    UnsorryError
    ├── InputError            what the user gave can't be used (missing file, not UTF-8, bad option)
    ├── SetupError            something must be installed or could not be
    │   ├── NotInstalledError   it is not there; the message says which command brings it
    │   └── DownloadError       the package client failed or the integrity check did
    ├── ToolchainError        a prover was found but can't be used (too old, broken, import missing)
    └── ProverError           a prover process misbehaved
        ├── ProverDiedError     the process ended while work was under way
        ├── ProverTimeoutError  it did not answer within its time limit and was killed
        └── ProtocolError       it said something that is not in the protocol

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
