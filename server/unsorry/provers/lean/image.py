"""The driver, compiled once for the embedded Lean.

Elaborating the driver takes ten seconds and more there, and a compiled module is of no use: importing it as the
embedded build imports things leaves the interpreter without the code of its inner functions.  So the code itself is
kept: the intermediate representation of every function of the driver, as the code generator left it in memory, written
with Lean's own serialiser.  Starting is then a file of ten lines that reads it back (Lean/Compiler/IR/CompilerM.lean,
`declMapExt`; Lean/Environment.lean, `saveModuleData`).
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

#: How long compiling the driver may take, in seconds.
_TIMEOUT = 300

_SAVE = """
unsafe def Unsorry.saveImage (env : Environment) : IO Unit := do
  let decls := Unsorry.listToArr (IR.getDecls env)
  let data : ModuleData := {
    isModule := false, imports := #[], constNames := #[], constants := #[], extraConstNames := #[],
    entries := #[(`image, unsafeCast decls)] }
  saveModuleData "%s" `UnsorryDriver data

unsafe def Unsorry.saveCommand : Lean.Elab.Command.CommandElabM Unit := fun _ ref => do
  let s ← ref.get
  (Unsorry.saveImage s.env).toEIO (fun e => Exception.error .missing e.toString)

run_cmd unsafe Unsorry.saveCommand
"""

# Elaborator monads are applied to their contexts by hand for the reason that `driver.lean` gives.
_BOOT = """import Lean

open Lean Elab Command

unsafe def load : CommandElabM Unit := fun _ ref => do
  let (data, _) ← (readModuleData "%s").toEIO (fun e => Exception.error .missing (toString e))
  let decls : Array IR.Decl := unsafeCast (data.entries[0]!).2
  let s ← ref.get
  let core ← IO.mkRef ({ env := s.env } : Core.State)
  IR.addDecls decls { fileName := "boot", fileMap := default } core
  let c ← core.get
  ref.set { s with env := c.env }

run_cmd unsafe load
"""


@dataclass(frozen=True, slots=True)
class DriverImage:
    """A folder with a compiled driver and the file that starts it."""

    folder: Path

    @property
    def boot(self) -> Path:
        """What ``lean --run`` is to run."""
        return self.folder / "boot.lean"


def _source() -> str:
    return DRIVER.read_text("utf-8")


def _key() -> str:
    return hashlib.sha256((_source() + _SAVE + _BOOT).encode()).hexdigest()[:16]


def driver_image(lean: EmbeddedLean, cache: Path) -> DriverImage:
    """The compiled driver; compiles it when this version of it has none yet.  Safe under several processes at once.

    Raises:
        SetupError: it can't be compiled, with what Lean said.
    """
    folder = cache / "driver" / _key()
    if (folder / "boot.lean").exists():
        return DriverImage(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "boot.lean").exists():
            _build(lean, folder)
    return DriverImage(folder)


def _build(lean: EmbeddedLean, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source, image = folder / "driver.lean", folder / "driver.image"
    guest = guest_path(folder)
    text = _source().replace("\nopen Lean Elab\n", "\npublic section\n\nopen Lean Elab\n", 1)
    source.write_text(text + _SAVE % f"{guest}/driver.image", "utf-8")
    argv, environment = lean.command([f"{guest}/driver.lean"], mounts=[(folder, guest)])
    done = subprocess.run(
        argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
    )
    if done.returncode != 0 or not image.exists():
        said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        raise SetupError(f"the Lean driver could not be compiled: {said[-2000:]}")
    temporary = folder / f"boot.{os.getpid()}"
    temporary.write_text(_BOOT % f"{guest}/driver.image", "utf-8")
    # This file is written last: where it is, the image is whole.
    temporary.replace(folder / "boot.lean")
