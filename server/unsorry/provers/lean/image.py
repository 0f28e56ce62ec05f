"""The driver, compiled once for the embedded Lean.

Elaborating the driver takes fifteen seconds there, and a compiled module as Lean writes it is of no use: importing it
as the embedded build imports things leaves the interpreter without the code of its inner functions.  So the driver is
compiled to a module of another kind, by `image.lean`: nothing but code, and no imports.  Starting it elaborates two
lines and imports nothing of Lean's own library, which would be half of every start.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from unsorry.errors import SetupError
from unsorry.provers.lean.embedded.runtime import EmbeddedLean, guest_path

DRIVER = Path(__file__).with_name("driver.lean")
_IMAGE = Path(__file__).with_name("image.lean")

#: How long compiling the driver may take, in seconds.
_TIMEOUT = 300

_BOOT = "prelude\nimport UnsorryDriver\n"


@dataclass(frozen=True, slots=True)
class DriverImage:
    """A folder with a compiled driver and the file that starts it."""

    folder: Path


def _source() -> str:
    """The driver with its image maker.  What is not public would get names of a module that nobody imports."""
    driver = DRIVER.read_text("utf-8").replace("\nopen Lean Elab\n", "\npublic section\n\nopen Lean Elab\n", 1)
    return driver + _IMAGE.read_text("utf-8")


def driver_key() -> str:
    """Changes with the driver, and with how it is compiled."""
    return hashlib.sha256((_source() + _BOOT).encode()).hexdigest()[:16]


def driver_image(lean: EmbeddedLean, cache: Path) -> DriverImage:
    """The compiled driver; compiles it when this version of it has none yet.  Safe under several processes at once.

    Raises:
        SetupError: it can't be compiled, with what Lean said, or was not in time.
    """
    folder = cache / "driver" / driver_key()
    if (folder / "boot.lean").exists():
        return DriverImage(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "boot.lean").exists():
            _build(lean, folder)
    return DriverImage(folder)


def _build(lean: EmbeddedLean, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source, image = folder / "driver.lean", folder / "UnsorryDriver.olean"
    guest = guest_path(folder)
    source.write_text(_source().replace("@OLEAN@", f"{guest}/{image.name}"), "utf-8")
    argv, environment = lean.command([f"{guest}/driver.lean"], mounts=[(folder, guest)])
    try:
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise SetupError(
            f"the Lean driver was not compiled within {_TIMEOUT} seconds; try again when this machine has less to do"
        ) from None
    except OSError as error:
        raise SetupError(
            f"the Lean driver can't be compiled, since {argv[0]} can't be run: {error.strerror}"
        ) from error
    if done.returncode != 0 or not image.exists():
        said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        raise SetupError(f"the Lean driver could not be compiled: {said[-2000:]}")
    temporary = folder / f"boot.{os.getpid()}"
    temporary.write_text(_BOOT, "utf-8")
    # This file is written last: where it is, the image is whole.
    temporary.replace(folder / "boot.lean")
